// pg_catalog and information_schema as relations of our own engine. Their shapes are PostgreSQL
// 15's (postgres_relations.cc); what fills them is made from a snapshot when a query binds them.
// What nothing here fills is an empty relation. Adding one: a function and a line in a list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/vector/vector_builder.h"
#include "sql/session.h"
#include "sql/system_relations.h"
#include "storage/table/store.h"

namespace shale {

// Of every catalog the last column, which * leaves out.
inline constexpr const char* kTableOidColumn = "tableoid";

struct PostgresRelation {
  std::string_view name;  // "pg_class", "information_schema.tables"
  uint32_t oid;
  char kind;  // r, v
  std::string_view columns;
};
extern const PostgresRelation kPostgresRelations[];
extern const size_t kNumPostgresRelations;

struct PostgresType {
  uint32_t oid;
  std::string_view name;
  int16_t length;
  bool by_value;
  bool preferred;
  char kind;      // b base, p pseudo
  char category;  // N, S, D …
  uint32_t element, array;
  uint32_t io_ids[4];            // input, output, receive, send
  std::string_view io_names[4];  // of the same
  char align;
  char storage;
  uint32_t collation;
};
extern const PostgresType kPostgresTypes[];
extern const size_t kNumPostgresTypes;

inline std::span<const PostgresRelation> PostgresRelations() {
  return {kPostgresRelations, kNumPostgresRelations};
}
inline std::span<const PostgresType> PostgresTypes() { return {kPostgresTypes, kNumPostgresTypes}; }
const PostgresRelation* FindPostgresRelation(std::string_view name);
// Its columns by name, in order, and which of them say NOT NULL.
struct PostgresColumn {
  std::string name;
  Type type;
  bool not_null;
};
std::vector<PostgresColumn> PostgresColumns(const PostgresRelation& relation);

// Rows of one relation. A row names the columns that it fills; in the others stands NULL, or the
// zero of a column that is NOT NULL.
class CatalogRows {
 public:
  explicit CatalogRows(std::string_view relation);
  using Cell = std::pair<std::string_view, Value>;
  void Add(std::initializer_list<Cell> cells) { Add(std::span(cells.begin(), cells.size())); }
  void Add(std::span<const Cell> cells);
  SystemRelation Take();

 private:
  void Flush();
  SystemRelation relation_;
  std::vector<Value> defaults_;
  std::vector<VectorBuilder> builders_;
  std::vector<Value> row_;
};

struct CatalogRelation {
  std::string_view name;
  SystemRelation (*make)(const Session&, const DatabaseVersion&);
};
std::span<const CatalogRelation> SchemaCatalogs();       // relations_schema.cc: tables, columns …
std::span<const CatalogRelation> TypeCatalogs();         // relations_type.cc: types, functions
std::span<const CatalogRelation> ServerCatalogs();       // relations_server.cc: settings, sessions
std::span<const CatalogRelation> InformationCatalogs();  // relations_information.cc

// The catalog relation of this name ("pg_class", "information_schema.tables"); nothing when
// PostgreSQL has none either.
std::optional<SystemRelation> MakeCatalogRelation(std::string_view name, const Session& session,
                                                  const DatabaseVersion& version);

// ---- cells ----
inline Value OidCell(uint32_t oid) { return Value::UInt(TypeId::kUInteger, oid); }
inline Value TextCell(std::string_view text) { return Value::Text(std::string(text)); }
inline Value SmallCell(int64_t number) { return Value::Int(TypeId::kSmallInt, number); }
inline Value IntCell(int64_t number) { return Value::Int(TypeId::kInteger, number); }
inline Value BigCell(int64_t number) { return Value::Int(TypeId::kBigInt, number); }
inline Value BoolCell(bool value) { return Value::Bool(value); }
inline Value RealCell(double number) { return Value::Float(TypeId::kReal, number); }

// A relation with columns, as several catalogs list them.
struct ListedColumn {
  std::string name;
  Type type;
  int32_t max_length = 0;
  bool not_null = false;
  std::string default_text;
  uint32_t type_oid = 0;  // 0: as `type` says
};
struct ListedRelation {
  uint32_t oid;
  uint32_t schema;
  std::string name;
  char kind;  // r, v
  bool temporary = false;
  std::vector<ListedColumn> columns;
  int64_t rows = -1;
  std::string view_query;
};
// The user's tables and views (columns of a view are told by binding it), by name; with
// `system` also PostgreSQL's catalogs.
std::vector<ListedRelation> ListRelations(const Session& session, const DatabaseVersion& version,
                                          bool system, bool with_columns);
uint32_t OidOf(const ListedColumn& column);
int32_t ModifierOf(const ListedColumn& column);
std::string_view SchemaName(uint32_t oid);

}  // namespace shale
