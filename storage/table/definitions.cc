#include "storage/table/definitions.h"

#include "engine/base/kill_point.h"

#include <algorithm>
#include <set>

#include "storage/table/row_keys.h"

namespace shale {
namespace {

constexpr size_t kMaxColumns = 4096;
constexpr size_t kMaxNameBytes = 512;

Status CheckName(std::string_view what, const std::string& name) {
  if (name.empty()) return InvalidArgument("a {} needs a name", what);
  if (name.size() > kMaxNameBytes) {
    return InvalidArgument("the name of a {} may have {} bytes, this one has {}", what,
                           kMaxNameBytes, name.size());
  }
  return OkStatus();
}

Status CheckDefinition(const TableSchema& schema) {
  RETURN_IF_ERROR(CheckName("table", schema.name));
  if (schema.columns.empty()) {
    return InvalidArgument("table \"{}\" needs at least one column", schema.name);
  }
  if (schema.columns.size() > kMaxColumns) {
    return InvalidArgument("table \"{}\" may have {} columns, this one has {}", schema.name,
                           kMaxColumns, schema.columns.size());
  }
  std::set<std::string> names;
  for (const ColumnSchema& column : schema.columns) {
    RETURN_IF_ERROR(CheckName("column", column.name));
    if (!names.insert(column.name).second) {
      return InvalidArgument("column \"{}\" is there twice in table \"{}\"", column.name,
                             schema.name);
    }
    const Type* innermost = &column.type;
    while (innermost->id() == TypeId::kList) innermost = &innermost->child();
    if (innermost->id() == TypeId::kNull || innermost->id() == TypeId::kStruct) {
      return Unsupported("column \"{}\": a table cannot hold columns of type {} yet; use JSON",
                         column.name, column.type.ToString());
    }
    if (!column.default_value.is_null() && !(column.default_value.type() == column.type)) {
      return InvalidArgument("column \"{}\": the default is {}, the column {}", column.name,
                             column.default_value.type().ToString(), column.type.ToString());
    }
  }
  if (schema.timestamp_column) {
    const ColumnSchema* column = schema.Find(*schema.timestamp_column);
    if (!column) return InvalidArgument("table \"{}\": no such TIMESTAMP column", schema.name);
    if (column->type.id() != TypeId::kTimestamp && column->type.id() != TypeId::kTimestampTz) {
      return InvalidArgument("the TIMESTAMP column \"{}\" must be TIMESTAMP or TIMESTAMPTZ, not {}",
                             column->name, column->type.ToString());
    }
  } else if (schema.partition_unit != PartitionUnit::kNone) {
    return InvalidArgument("table \"{}\": PARTITION BY needs a TIMESTAMP column", schema.name);
  }
  for (ColumnId id : schema.order_by) {
    const ColumnSchema* column = schema.Find(id);
    if (!column) return InvalidArgument("table \"{}\": no such ORDER BY column", schema.name);
    if (column->type.id() == TypeId::kList) {
      return Unsupported("table \"{}\": rows cannot be kept in the order of \"{}\", which is {}",
                         schema.name, column->name, column->type.ToString());
    }
  }
  return CheckKeyDefinitions(schema);
}

// Tables, views and keys share their names.
Status CheckFree(const DatabaseVersion& version, const std::string& name) {
  if (FindTable(version, name)) {
    return MakeError(StatusCode::kAlreadyExists, "table \"{}\" already exists", name);
  }
  if (version.views->contains(name)) {
    return MakeError(StatusCode::kAlreadyExists, "view \"{}\" already exists", name);
  }
  for (const auto& [id, table] : version.tables) {
    for (const TableKey& key : table->schema->keys) {
      if (key.name != name) continue;
      return MakeError(StatusCode::kAlreadyExists,
                       "relation \"{}\" already exists: it is a key of "
                       "table \"{}\"",
                       name, table->schema->name);
    }
  }
  return OkStatus();
}

// The keys of `schema` that `old` (may be null) does not have.
Status CheckNewKeys(const DatabaseVersion& version, const TableSchema& schema,
                    const TableSchema* old) {
  for (const TableKey& key : schema.keys) {
    const bool kept = old != nullptr &&
                      std::any_of(old->keys.begin(), old->keys.end(),
                                  [&](const TableKey& before) { return before.name == key.name; });
    if (!kept) RETURN_IF_ERROR(CheckFree(version, key.name));
  }
  return OkStatus();
}

bool HasRows(const TableVersion& table) {
  for (const RowsRef& ref : AllRows(table)) {
    if (ref.num_rows() > HiddenCount(ref.hidden())) return true;
  }
  for (const PartitionPtr& partition : table.partitions) {
    if (!partition->damaged.empty()) return true;
  }
  return false;
}

Status NoTable(TableId table) { return NotFound("table {} does not exist (any more)", table); }

// Says that the next rows go to fresh buffers.
void FreezeTails(const TableVersion& table) {
  for (const PartitionPtr& partition : table.partitions) {
    for (const HotRef& ref : partition->hot) ref.tail->frozen = true;
  }
}

}  // namespace

Status SettleDefinition(TableSchema* definition) {
  TableSchema& schema = *definition;
  RETURN_IF_ERROR(CheckName("table", schema.name));
  // References keep pointing to the column they named (by the id it came with, or by place when it
  // came with none).
  std::map<ColumnId, ColumnId> numbers;
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    auto place = static_cast<ColumnId>(i + 1);
    ColumnId& id = schema.columns[i].id;
    numbers[id != 0 ? id : place] = place;
    id = place;
  }
  auto renumber = [&](ColumnId id) { return numbers.contains(id) ? numbers[id] : ColumnId{0}; };
  if (schema.timestamp_column) schema.timestamp_column = renumber(*schema.timestamp_column);
  for (ColumnId& id : schema.order_by) id = renumber(id);
  for (TableKey& key : schema.keys) {
    for (ColumnId& id : key.columns) id = renumber(id);
  }
  RETURN_IF_ERROR(CheckDefinition(schema));
  if (schema.timestamp_column) {
    schema.columns[*schema.timestamp_column - 1].not_null = true;
  }
  schema.schema_id = 1;
  return OkStatus();
}

StatusOr<TableSchemaPtr> CreateTable(StoreCore* core, TableSchema schema) {
  MutexLock lock(&core->commit_mutex);
  VersionEdit edit = core->Begin();
  RETURN_IF_ERROR(SettleDefinition(&schema));
  RETURN_IF_ERROR(CheckFree(edit.next(), schema.name));
  RETURN_IF_ERROR(CheckNewKeys(edit.next(), schema, nullptr));
  schema.table_id = core->catalog->state().counters.next_table_id;
  auto next_column = static_cast<ColumnId>(schema.columns.size() + 1);

  auto table = std::make_shared<TableVersion>();
  table->schema = std::make_shared<const TableSchema>(std::move(schema));
  table->missing_values = std::make_shared<const std::map<ColumnId, Value>>();
  TableSchemaPtr made = table->schema;
  edit.PutTable(made->table_id, std::move(table));
  KillPoint("create.table");
  RETURN_IF_ERROR(core->CommitCatalog(std::move(edit), {PutTable{made, {}, next_column}}));
  return made;
}

Status DropTable(StoreCore* core, TableId id) {
  MutexLock lock(&core->commit_mutex);
  VersionEdit edit = core->Begin();
  auto it = edit.next().tables.find(id);
  if (it == edit.next().tables.end()) return NoTable(id);
  TablePtr old = it->second;
  edit.DropTable(id);
  std::vector<CatalogEdit> edits = {DropTableEdit{id}};
  KillPoint("drop.table");
  RETURN_IF_ERROR(core->CommitCatalog(std::move(edit), std::move(edits)));
  KillPoint("drop.committed");
  core->Forget(*old);
  return OkStatus();
}

Status TruncateTable(StoreCore* core, TableId id) {
  MutexLock lock(&core->commit_mutex);
  VersionEdit edit = core->Begin();
  auto it = edit.next().tables.find(id);
  if (it == edit.next().tables.end()) return NoTable(id);
  TablePtr old = it->second;
  edit.Table(id)->partitions.clear();
  std::vector<CatalogEdit> edits;
  for (const auto& [segment, entry] : core->catalog->state().tables.at(id).segments) {
    edits.push_back(RemoveSegment{id, segment});
  }
  edits.push_back(TableReplayedTo{id, core->NextSequence()});
  KillPoint("truncate.table");
  RETURN_IF_ERROR(core->CommitCatalog(std::move(edit), std::move(edits)));
  KillPoint("truncate.committed");
  core->Forget(*old);
  return OkStatus();
}

StatusOr<TableSchemaPtr> AlterTable(StoreCore* core, const TableSchema& schema) {
  MutexLock lock(&core->commit_mutex);
  VersionEdit edit = core->Begin();
  TableVersion* table = edit.Table(schema.table_id);
  if (!table) return NoTable(schema.table_id);
  const TableSchema& old = *table->schema;
  if (schema.schema_id != old.schema_id) {
    return MakeError(StatusCode::kAborted,
                     "table \"{}\" was altered meanwhile: run the statement again", old.name);
  }
  if (schema.name != old.name) RETURN_IF_ERROR(CheckFree(edit.next(), schema.name));
  RETURN_IF_ERROR(CheckNewKeys(edit.next(), schema, &old));
  bool rows = HasRows(*table);
  bool moved = schema.partition_unit != old.partition_unit ||
               schema.timestamp_column != old.timestamp_column;
  if (!table->partitions.empty() && (moved || schema.order_by != old.order_by)) {
    return Unsupported(
        "table \"{}\" has rows: its TIMESTAMP column, PARTITION BY and ORDER BY stay "
        "as they are; make a new table and INSERT … SELECT into it",
        old.name);
  }
  const TableEntry& entry = core->catalog->state().tables.at(schema.table_id);
  PutTable put;
  put.next_column_id = entry.next_column_id;
  put.missing_values = entry.missing_values;
  auto next = std::make_shared<TableSchema>(schema);
  next->schema_id = old.schema_id + 1;
  for (ColumnSchema& column : next->columns) {
    if (column.id == 0) {
      if (rows && column.not_null && column.default_value.is_null()) {
        return InvalidArgument(
            "column \"{}\" cannot be added as NOT NULL to table \"{}\", which has "
            "rows: give it a DEFAULT",
            column.name, old.name);
      }
      column.id = put.next_column_id++;
      if (!column.default_value.is_null()) put.missing_values[column.id] = column.default_value;
      continue;
    }
    const ColumnSchema* before = old.Find(column.id);
    if (!before) {
      return InvalidArgument("column \"{}\" has the id {}, which table \"{}\" does not have",
                             column.name, column.id, old.name);
    }
    if (!(before->type == column.type)) {
      return Unsupported(
          "the type of column \"{}\" cannot be changed: add a column of type {} and "
          "copy",
          before->name, column.type.ToString());
    }
    if (rows && column.not_null && !before->not_null) {
      RETURN_IF_ERROR(CheckNoNulls(core->snapshot(), old, *before));
    }
  }
  for (const ColumnSchema& column : old.columns) {
    if (next->Find(column.id)) continue;
    if (column.id == old.timestamp_column) {
      return InvalidArgument(
          "column \"{}\" is the TIMESTAMP column of table \"{}\" and cannot be "
          "dropped",
          column.name, old.name);
    }
    if (std::count(old.order_by.begin(), old.order_by.end(), column.id) > 0) {
      return InvalidArgument(
          "column \"{}\" is in the ORDER BY of table \"{}\" and cannot be dropped", column.name,
          old.name);
    }
    put.missing_values.erase(column.id);
  }
  RETURN_IF_ERROR(CheckDefinition(*next));
  for (const TableKey& key : next->keys) {
    const bool before = std::any_of(old.keys.begin(), old.keys.end(),
                                    [&](const TableKey& other) { return other.name == key.name; });
    if (!before && rows) RETURN_IF_ERROR(CheckRowsThere(core->snapshot(), old, key));
  }
  put.schema = next;
  table->schema = next;
  table->missing_values = std::make_shared<const std::map<ColumnId, Value>>(put.missing_values);
  TablePtr frozen = edit.next().tables.at(schema.table_id);
  std::vector<CatalogEdit> edits = {std::move(put)};
  // Rows of the log would fall into other partitions than those that say where they went.
  if (moved) edits.push_back(TableReplayedTo{schema.table_id, core->NextSequence()});
  KillPoint("alter.table");
  RETURN_IF_ERROR(core->CommitCatalog(std::move(edit), std::move(edits)));
  FreezeTails(*frozen);
  return TableSchemaPtr(std::move(next));
}

Status CreateView(StoreCore* core, ViewSchema view, bool or_replace) {
  MutexLock lock(&core->commit_mutex);
  VersionEdit edit = core->Begin();
  RETURN_IF_ERROR(CheckName("view", view.name));
  if (!or_replace || !edit.next().views->contains(view.name)) {
    RETURN_IF_ERROR(CheckFree(edit.next(), view.name));
  }
  auto views = std::make_shared<std::map<std::string, ViewSchema>>(*edit.next().views);
  (*views)[view.name] = view;
  edit.next().views = std::move(views);
  return core->CommitCatalog(std::move(edit), {PutView{std::move(view)}});
}

Status DropView(StoreCore* core, const std::string& name) {
  MutexLock lock(&core->commit_mutex);
  VersionEdit edit = core->Begin();
  auto views = std::make_shared<std::map<std::string, ViewSchema>>(*edit.next().views);
  if (views->erase(name) == 0) return NotFound("view \"{}\" does not exist", name);
  edit.next().views = std::move(views);
  return core->CommitCatalog(std::move(edit), {DropViewEdit{name}});
}

Status SaveRole(StoreCore* core, const std::string& name, const std::string& verifier,
                bool must_exist) {
  MutexLock lock(&core->commit_mutex);
  VersionEdit edit = core->Begin();
  RETURN_IF_ERROR(CheckName("role", name));
  auto roles = std::make_shared<std::map<std::string, RoleSchema>>(*edit.next().roles);
  auto found = roles->find(name);
  if (must_exist && found == roles->end()) return NotFound("role \"{}\" does not exist", name);
  if (!must_exist && found != roles->end()) {
    return MakeError(StatusCode::kAlreadyExists, "role \"{}\" already exists", name);
  }
  RoleSchema role;
  // Roles take their ids from the tables' counter: neither is ever used twice.
  role.role_id =
      found != roles->end() ? found->second.role_id : core->catalog->state().counters.next_table_id;
  role.name = name;
  role.verifier = verifier;
  (*roles)[name] = role;
  edit.next().roles = std::move(roles);
  return core->CommitCatalog(std::move(edit), {PutRole{std::move(role)}});
}

Status RemoveRole(StoreCore* core, const std::string& name) {
  MutexLock lock(&core->commit_mutex);
  VersionEdit edit = core->Begin();
  auto roles = std::make_shared<std::map<std::string, RoleSchema>>(*edit.next().roles);
  if (roles->erase(name) == 0) return NotFound("role \"{}\" does not exist", name);
  edit.next().roles = std::move(roles);
  return core->CommitCatalog(std::move(edit), {DropRoleEdit{name}});
}
}  // namespace shale
