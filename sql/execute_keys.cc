// PRIMARY KEY, UNIQUE, CHECK and indexes: how definitions get them, and CHECKs upon rows. Keys are
// checked by the store (storage/table/row_keys.h).
#include <algorithm>
#include <set>

#include "engine/expr/evaluator.h"
#include "engine/functions/utf8.h"
#include "engine/vector/vector_builder.h"
#include "sql/ast_printer.h"
#include "sql/binder_internal.h"
#include "sql/execute.h"
#include "sql/parser.h"

namespace shale {
namespace {

// BASE_SUFFIX, or with the first number that makes it free.
std::string FreeName(const std::string& base, std::string_view suffix,
                     const std::set<std::string>& taken) {
  std::string name = fmt::format("{}_{}", base, suffix);
  for (int number = 1; taken.contains(name); ++number) {
    name = fmt::format("{}_{}{}", base, suffix, number);
  }
  return name;
}

std::set<std::string> TakenNames(const TableSchema& schema, const StatementContext& context) {
  std::set<std::string> taken;
  const Snapshot snapshot = context.data->snapshot();
  for (const TableSchemaPtr& table : Tables(*snapshot)) {
    taken.insert(table->name);
    for (const TableKey& key : table->keys) taken.insert(key.name);
  }
  for (const TableKey& key : schema.keys) taken.insert(key.name);
  return taken;
}

// t_a_b for the columns a and b of t.
std::string NameOf(const TableSchema& schema, const std::vector<ColumnId>& columns) {
  std::string name = schema.name;
  for (ColumnId id : columns) name += "_" + schema.Find(id)->name;
  return name;
}

// Blanks behind what VARCHAR(n) and CHAR(n) hold are cut off, as the standard has it; other text
// that is too long stays, for the store to refuse.
void CutBlanks(const TableSchema& schema, std::vector<Chunk>* chunks) {
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    const auto limit = static_cast<size_t>(schema.columns[i].max_length);
    if (limit == 0) continue;
    for (Chunk& chunk : *chunks) {
      const Vector flat = chunk.columns[i].Flatten();
      const auto* texts = flat.values<std::string_view>();
      const auto fitting = [&](size_t row) {
        const std::string_view text = texts[row];
        if (text.size() <= limit || text.back() != ' ') return text;
        const size_t end = SkipChars(text, limit);
        const bool blank = text.find_first_not_of(' ', end) == std::string_view::npos;
        return blank ? text.substr(0, end) : text;
      };
      bool any = false;
      for (size_t row = 0; row < chunk.num_rows && !any; ++row) {
        any = !flat.IsNull(row) && fitting(row).size() != texts[row].size();
      }
      if (!any) continue;
      VectorBuilder builder(flat.type());
      for (size_t row = 0; row < chunk.num_rows; ++row) {
        if (flat.IsNull(row)) {
          builder.AppendNull();
        } else {
          builder.Append<std::string_view>(fitting(row));
        }
      }
      chunk.columns[i] = builder.Finish();
    }
  }
}

struct BoundCheck {
  ExprPtr condition;            // over columns numbered as the table's
  std::vector<ColumnId> reads;  // ascending
};

StatusOr<BoundCheck> BindCheck(const ast::Expr& written, std::string_view text,
                               const TableSchema& schema, StatementContext& context) {
  Binder binder(text, context.session, context.data->snapshot());
  Scope scope;
  ASSIGN_OR_RETURN(PlanPtr plan, binder.BindTable(std::make_shared<const TableSchema>(schema),
                                                  schema.name, &scope));
  Binder::ExprContext expr_context;
  expr_context.scope = &scope;
  expr_context.clause = "CHECK";
  ExprBinder expr_binder{binder, expr_context};
  ASSIGN_OR_RETURN(Bound bound, expr_binder.Bind(written));
  ASSIGN_OR_RETURN(ExprPtr condition,
                   expr_binder.Coerce(bound, TypeId::kBoolean, written.at, false));
  BoundCheck check;
  std::vector<size_t> used;
  CollectColumns(*condition, &used);
  std::vector<size_t> map;
  for (size_t i = 0; i < plan->output.size(); ++i) {
    const size_t id = plan->output[i].id;
    if (map.size() <= id) map.resize(id + 1);
    map[id] = i;
    if (i < schema.columns.size() && std::count(used.begin(), used.end(), id) > 0) {
      check.reads.push_back(schema.columns[i].id);
    }
  }
  check.condition = RemapColumns(condition, map);
  return check;
}

}  // namespace

Status AddConstraint(const ast::Constraint& constraint, StatementContext& context,
                     TableSchema* schema) {
  if (constraint.kind == ast::Constraint::Kind::kCheck) {
    ASSIGN_OR_RETURN(BoundCheck bound,
                     BindCheck(*constraint.condition, context.sql, *schema, context));
    TableCheck check;
    check.condition = PrintExpr(*constraint.condition);
    std::set<std::string> taken;
    for (const TableCheck& other : schema->checks) taken.insert(other.name);
    check.name = constraint.name ? Folded(*constraint.name)
                                 : FreeName(bound.reads.size() == 1 ? NameOf(*schema, bound.reads)
                                                                    : schema->name,
                                            "check", taken);
    schema->checks.push_back(std::move(check));
    return OkStatus();
  }
  TableKey key;
  key.kind = constraint.kind == ast::Constraint::Kind::kPrimaryKey ? TableKey::Kind::kPrimary
                                                                   : TableKey::Kind::kUnique;
  for (const ast::Identifier& name : constraint.columns) {
    ASSIGN_OR_RETURN(size_t position, ColumnPosition(*schema, name, context));
    ColumnSchema& column = schema->columns[position];
    if (std::count(key.columns.begin(), key.columns.end(), column.id) > 0) {
      return context.ErrorAt(
          name.at, fmt::format("column \"{}\" appears twice in the constraint", column.name));
    }
    key.columns.push_back(column.id);
    if (key.kind == TableKey::Kind::kPrimary) column.not_null = true;
  }
  for (const TableKey& other : schema->keys) {
    if (key.kind != TableKey::Kind::kPrimary || other.kind != key.kind) continue;
    return context.ErrorAt(
        constraint.at,
        fmt::format("multiple primary keys for table \"{}\" are not allowed", schema->name));
  }
  const std::set<std::string> taken = TakenNames(*schema, context);
  if (constraint.name) {
    key.name = Folded(*constraint.name);
  } else if (key.kind == TableKey::Kind::kPrimary) {
    key.name = FreeName(schema->name, "pkey", taken);
  } else {
    key.name = FreeName(NameOf(*schema, key.columns), "key", taken);
  }
  schema->keys.push_back(std::move(key));
  return OkStatus();
}

Status DropConstraintsOf(ColumnId column, StatementContext& context, TableSchema* schema) {
  std::erase_if(schema->keys, [&](const TableKey& key) {
    return std::count(key.columns.begin(), key.columns.end(), column) > 0;
  });
  std::vector<TableCheck> kept;
  for (TableCheck& check : schema->checks) {
    ASSIGN_OR_RETURN(std::vector<ColumnId> read, ColumnsOfCheck(check, *schema, context));
    if (std::count(read.begin(), read.end(), column) == 0) kept.push_back(std::move(check));
  }
  schema->checks = std::move(kept);
  return OkStatus();
}

StatusOr<std::vector<ColumnId>> ColumnsOfCheck(const TableCheck& check, const TableSchema& schema,
                                               StatementContext& context) {
  ASSIGN_OR_RETURN(ast::ExprPtr written, ParseExpression(check.condition));
  ASSIGN_OR_RETURN(BoundCheck bound, BindCheck(*written, check.condition, schema, context));
  return bound.reads;
}

Status CheckConditions(const TableSchema& schema, const std::vector<Chunk>& rows,
                       StatementContext& context) {
  for (const TableCheck& check : schema.checks) {
    ASSIGN_OR_RETURN(ast::ExprPtr written, ParseExpression(check.condition));
    ASSIGN_OR_RETURN(BoundCheck bound, BindCheck(*written, check.condition, schema, context));
    Evaluator evaluator(bound.condition, &context.session->functions);
    for (const Chunk& chunk : rows) {
      ASSIGN_OR_RETURN(Vector result, evaluator.Evaluate(chunk));
      const Vector flat = result.Flatten();
      for (size_t row = 0; row < chunk.num_rows; ++row) {
        if (flat.IsNull(row) || flat.values<uint8_t>()[row]) continue;
        return InvalidArgument("new row for relation \"{}\" violates check constraint \"{}\": {}",
                               schema.name, check.name, check.condition);
      }
    }
  }
  return OkStatus();
}

Status FitRows(const TableSchema& schema, std::vector<Chunk>* rows, StatementContext& context) {
  CutBlanks(schema, rows);
  return CheckConditions(schema, *rows, context);
}

Status ExecuteCreateIndex(const ast::CreateIndex& create, StatementContext& context) {
  Binder binder(context.sql, context.session, context.data->snapshot());
  ASSIGN_OR_RETURN(TableSchemaPtr table, binder.LookupTable(create.table));
  TableSchema schema = *table;
  TableKey key;
  key.kind = create.unique ? TableKey::Kind::kUnique : TableKey::Kind::kIndex;
  for (const ast::Identifier& name : create.columns) {
    ASSIGN_OR_RETURN(size_t position, ColumnPosition(schema, name, context));
    key.columns.push_back(schema.columns[position].id);
  }
  if (create.unique && create.computed) {
    return context.ErrorAt(create.at,
                           "a UNIQUE index of an expression or with WHERE is not supported: store "
                           "the expression in a column and make that UNIQUE");
  }
  const std::set<std::string> taken = TakenNames(schema, context);
  key.name =
      create.name ? Folded(*create.name) : FreeName(NameOf(schema, key.columns), "idx", taken);
  if (create.name && taken.contains(key.name)) {
    if (create.if_not_exists) return context.receiver->End("CREATE INDEX", 0);
    return Status(
        StatusCode::kAlreadyExists,
        context.ErrorAt(create.name->at, fmt::format("relation \"{}\" already exists", key.name))
            .message());
  }
  schema.keys.push_back(std::move(key));
  RETURN_IF_ERROR(context.data->AlterTable(schema));
  return context.receiver->End("CREATE INDEX", 0);
}

Status ExecuteDropIndex(const ast::QualifiedName& name, bool if_exists, StatementContext& context) {
  const std::string wanted = Folded(name.parts.back());
  const Snapshot snapshot = context.data->snapshot();
  for (const TableSchemaPtr& table : Tables(*snapshot)) {
    for (size_t i = 0; i < table->keys.size(); ++i) {
      if (table->keys[i].name != wanted) continue;
      if (table->keys[i].kind == TableKey::Kind::kPrimary) {
        return context.ErrorAt(
            name.parts[0].at,
            fmt::format("cannot drop index {0} because constraint {0} on table {1} requires it: "
                        "ALTER TABLE {1} DROP CONSTRAINT {0}",
                        QuoteIdentifier(wanted), QuoteIdentifier(table->name)));
      }
      TableSchema schema = *table;
      schema.keys.erase(schema.keys.begin() + static_cast<std::ptrdiff_t>(i));
      return context.data->AlterTable(schema);
    }
  }
  if (if_exists) return OkStatus();
  return context.ErrorAt(name.parts[0].at, fmt::format("index \"{}\" does not exist", wanted));
}

}  // namespace shale
