#include "sql/catalog/catalog_relations.h"

#include <algorithm>

#include "engine/vector/postgres_oid.h"
#include "sql/binder.h"
#include "sql/catalog/object_ids.h"
#include "sql/database.h"
#include "sql/parser.h"
#include "storage/table/transaction.h"

namespace shale {
namespace {

Type TypeOfLetter(char letter) {
  switch (letter) {
    case 'o': return TypeId::kUInteger;
    case 's': return TypeId::kSmallInt;
    case 'i': return TypeId::kInteger;
    case 'l': return TypeId::kBigInt;
    case 'b': return TypeId::kBoolean;
    case 'r': return TypeId::kReal;
    case 'd': return TypeId::kDouble;
    case 'z': return TypeId::kTimestampTz;
    case 'v': return TypeId::kInterval;
    case 'n': return TypeId::kInet;
    case 'y': return TypeId::kBytea;
    default: break;
  }
  if (letter >= 'A' && letter <= 'Z')
    return Type::List(TypeOfLetter(static_cast<char>(letter | 32)));
  return TypeId::kText;
}

// What a NOT NULL column has that nobody fills.
Value ZeroOf(const Type& type) {
  switch (type.id()) {
    case TypeId::kBoolean: return Value::Bool(false);
    case TypeId::kUInteger: return Value::UInt(type, 0);
    case TypeId::kReal:
    case TypeId::kDouble: return Value::Float(type, 0);
    case TypeId::kText: return Value::Text("");
    case TypeId::kList: return Value::List(type, {});
    default: break;
  }
  return type.IsInteger() ? Value::Int(type, 0) : Value::Null(type);
}

}  // namespace

const PostgresRelation* FindPostgresRelation(std::string_view name) {
  for (const PostgresRelation& relation : PostgresRelations()) {
    if (relation.name == name) return &relation;
  }
  return nullptr;
}

std::vector<PostgresColumn> PostgresColumns(const PostgresRelation& relation) {
  std::vector<PostgresColumn> columns;
  std::string_view left = relation.columns;
  while (!left.empty()) {
    const size_t blank = left.find(' ');
    const std::string_view column = left.substr(0, blank);
    left = blank == std::string_view::npos ? std::string_view() : left.substr(blank + 1);
    const size_t equals = column.find('=');
    columns.push_back({std::string(column.substr(0, equals)), TypeOfLetter(column[equals + 1]),
                       column.ends_with('!')});
  }
  return columns;
}

CatalogRows::CatalogRows(std::string_view relation) {
  for (PostgresColumn& column : PostgresColumns(*FindPostgresRelation(relation))) {
    defaults_.push_back(column.not_null ? ZeroOf(column.type) : Value::Null(column.type));
    builders_.emplace_back(column.type);
    relation_.columns.emplace_back(std::move(column.name), std::move(column.type));
  }
}

void CatalogRows::Add(std::span<const Cell> cells) {
  row_ = defaults_;
  for (const Cell& cell : cells) {
    for (size_t i = 0; i < row_.size(); ++i) {
      if (relation_.columns[i].first != cell.first) continue;
      row_[i] = cell.second;
      break;
    }
  }
  for (size_t i = 0; i < row_.size(); ++i) builders_[i].AppendValue(row_[i]);
  if (builders_[0].size() == kChunkRows) Flush();
}

void CatalogRows::Flush() {
  Chunk chunk;
  chunk.num_rows = builders_[0].size();
  for (VectorBuilder& builder : builders_) chunk.columns.push_back(builder.Finish());
  relation_.chunks.push_back(std::move(chunk));
}

SystemRelation CatalogRows::Take() {
  if (builders_[0].size() > 0) Flush();
  return std::move(relation_);
}

std::optional<SystemRelation> MakeCatalogRelation(std::string_view name, const Session& session,
                                                  const DatabaseVersion& version) {
  const PostgresRelation* known = FindPostgresRelation(name);
  if (!known) return std::nullopt;
  std::optional<SystemRelation> relation;
  for (std::span<const CatalogRelation> list :
       {SchemaCatalogs(), TypeCatalogs(), ServerCatalogs(), InformationCatalogs()}) {
    for (const CatalogRelation& entry : list) {
      if (entry.name == name) relation = entry.make(session, version);
    }
  }
  if (!relation) {
    if (session.identity.sessions) session.identity.sessions->NoteMiss(name);
    relation = CatalogRows(name).Take();
  }
  // The system column that says which catalog a row is of.
  relation->columns.emplace_back(kTableOidColumn, TypeId::kUInteger);
  for (Chunk& chunk : relation->chunks) {
    VectorBuilder one(TypeId::kUInteger);
    one.AppendValue(OidCell(known->oid));
    chunk.columns.push_back(one.Finish().Broadcast(chunk.num_rows));
  }
  return relation;
}

uint32_t OidOf(const ListedColumn& column) {
  if (column.type_oid != 0) return column.type_oid;
  return column.max_length > 0 ? pg_oid::kVarchar : PostgresOid(column.type);
}

int32_t ModifierOf(const ListedColumn& column) {
  return column.max_length > 0 ? column.max_length + 4 : PostgresTypeModifier(column.type);
}

std::string_view SchemaName(uint32_t oid) {
  switch (oid) {
    case kPgCatalogOid: return "pg_catalog";
    case kPublicOid: return "public";
    case kInformationSchemaOid: return "information_schema";
    case kTemporarySchemaOid: return "pg_temp";
    default: return "";
  }
}

std::vector<ListedRelation> ListRelations(const Session& session, const DatabaseVersion& version,
                                          bool system, bool with_columns) {
  std::vector<ListedRelation> relations;
  for (const TableSchemaPtr& table : Tables(version)) {
    ListedRelation relation{TableOid(table->table_id),    kPublicOid, table->name, 'r',
                            IsTemporary(table->table_id), {},         0,           ""};
    if (relation.temporary) relation.schema = kTemporarySchemaOid;
    relation.rows = static_cast<int64_t>(RowCount(version, table->table_id));
    for (const ColumnSchema& column : table->columns) {
      relation.columns.push_back(
          {column.name, column.type, column.max_length, column.not_null, column.default_text, 0});
    }
    relations.push_back(std::move(relation));
  }
  for (const ViewSchema& view : Views(version)) {
    ListedRelation relation{ViewOid(view.name), kPublicOid, view.name, 'v', false, {}, -1,
                            view.query};
    if (with_columns) {
      // A view that no longer binds has no columns, and an error where it is read.
      auto statements = ParseSql(view.query);
      // Not owned: the session and snapshot outlive this call.
      Binder binder(view.query, &session, Snapshot(Snapshot(), &version));
      const auto* select = statements.ok() && !statements->empty()
                               ? std::get_if<ast::Select>(&(*statements)[0].node)
                               : nullptr;
      auto plan = select ? binder.BindQuery(*select) : StatusOr<PlanPtr>(InvalidArgument(""));
      for (size_t i = 0; plan.ok() && i < (*plan)->output.size(); ++i) {
        const PlanColumn& column = (*plan)->output[i];
        relation.columns.push_back({i < view.columns.size() ? view.columns[i] : column.name,
                                    column.type, 0, false, "", 0});
      }
    }
    relations.push_back(std::move(relation));
  }
  if (!system) return relations;
  for (const PostgresRelation& catalog : PostgresRelations()) {
    ListedRelation relation{
        catalog.oid, kPgCatalogOid, std::string(catalog.name), catalog.kind, false, {}, -1, ""};
    const size_t dot = relation.name.find('.');
    if (dot != std::string::npos) {
      relation.schema = kInformationSchemaOid;
      relation.name.erase(0, dot + 1);
    }
    if (with_columns) {
      for (PostgresColumn& column : PostgresColumns(catalog)) {
        const bool oid = column.type.id() == TypeId::kUInteger;
        relation.columns.push_back({std::move(column.name), std::move(column.type), 0,
                                    column.not_null, "", oid ? pg_oid::kOid : 0});
      }
    }
    relations.push_back(std::move(relation));
  }
  return relations;
}

}  // namespace shale
