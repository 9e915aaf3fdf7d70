// CHECKPOINT, OPTIMIZE, ANALYZE, VACUUM, CHECK and ALTER TABLE … DROP SEGMENT.
#include "sql/execute.h"

namespace shale {
namespace {

using Kind = ast::Maintain::Kind;

const char* NameOf(Kind kind) {
  switch (kind) {
    case Kind::kCheckpoint: return "CHECKPOINT";
    case Kind::kOptimize: return "OPTIMIZE";
    case Kind::kAnalyze: return "ANALYZE";
    case Kind::kVacuum: return "VACUUM";
    case Kind::kCheck: return "CHECK";
    case Kind::kDropSegment: break;
  }
  return "ALTER TABLE";
}

Value TextOrNull(const std::string& text) {
  return text.empty() ? Value::Null(TypeId::kText) : Value::Text(text);
}

// A row for each damage.
Status Check(std::optional<TableId> table, StatementContext& context) {
  ASSIGN_OR_RETURN(CheckReport report, context.store->Check(table));
  Snapshot snapshot = context.store->snapshot();
  std::vector<std::vector<Value>> rows;
  for (const Damage& damage : report.damages) {
    std::string name;
    for (const TableSchemaPtr& schema : Tables(*snapshot)) {
      if (schema->table_id == damage.table) name = schema->name;
    }
    rows.push_back({TextOrNull(name),
                    damage.table == 0
                        ? Value::Null(TypeId::kBigInt)
                        : Value::Int(TypeId::kBigInt, static_cast<int64_t>(damage.segment_id)),
                    Value::Text(damage.file), TextOrNull(damage.column), TextOrNull(damage.place),
                    Value::Text(damage.message)});
  }
  for (uint64_t id : report.quarantined) {
    context.receiver->Notice("WARNING", "XX001",
                             fmt::format("segment {} was put into quarantine", id));
  }
  for (uint64_t id : report.lifted) {
    context.receiver->Notice("NOTICE", "00000",
                             fmt::format("segment {} is sound again and out of quarantine", id));
  }
  return SendRows({{"table_name", TypeId::kText},
                   {"segment", TypeId::kBigInt},
                   {"file", TypeId::kText},
                   {"column_name", TypeId::kText},
                   {"place", TypeId::kText},
                   {"damage", TypeId::kText}},
                  rows, fmt::format("CHECK {}", rows.size()), context);
}

}  // namespace

Status ExecuteMaintain(const ast::Maintain& maintain, StatementContext& context) {
  // ANALYZE may stand in a transaction, as PostgreSQL has it.
  if (maintain.kind != Kind::kAnalyze) {
    RETURN_IF_ERROR(context.data->CheckOutside(NameOf(maintain.kind)));
  }
  TableSchemaPtr table;  // the last one: only ANALYZE and VACUUM take several
  Binder binder(context.sql, context.session, context.data->snapshot());
  for (const ast::QualifiedName& name : maintain.tables) {
    ASSIGN_OR_RETURN(table, binder.LookupTable(name));
  }
  const bool temporary = table && IsTemporary(table->table_id);
  switch (maintain.kind) {
    case Kind::kAnalyze:
    case Kind::kVacuum: break;
    case Kind::kCheckpoint: RETURN_IF_ERROR(context.store->SealAll()); break;
    case Kind::kOptimize:
      if (!temporary) RETURN_IF_ERROR(context.store->Compact(table->table_id));
      break;
    case Kind::kCheck:
      return Check(table ? std::optional<TableId>(table->table_id) : std::nullopt, context);
    case Kind::kDropSegment: {
      Status status = context.store->DropSegment(table->table_id, maintain.segment);
      if (status.code() == StatusCode::kNotFound) {
        return context.ErrorAt(maintain.segment_at, Message(status));
      }
      RETURN_IF_ERROR(status);
      break;
    }
  }
  return context.receiver->End(NameOf(maintain.kind), 0);
}

}  // namespace shale
