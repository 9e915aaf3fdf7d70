// Edits to bytes and back.
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "storage/catalog/catalog_state.h"
#include "storage/log/chunk_codec.h"
#include "storage/log/wire.h"

namespace shale {
namespace {

constexpr uint32_t kMaxEdits = 1 << 26;
constexpr uint32_t kMaxColumns = 1 << 16;

void PutMissing(const std::map<ColumnId, Value>& values, WireWriter* wire) {
  wire->Put<uint32_t>(static_cast<uint32_t>(values.size()));
  for (const auto& [id, value] : values) {
    wire->Put<int32_t>(id);
    PutValue(value, wire);
  }
}

// Keys and checks stand among the options, under names that no option can have.
constexpr std::string_view kKeyOption = "key ";
constexpr std::string_view kCheckOption = "check ";

std::map<std::string, std::string> StoredOptions(const TableSchema& schema) {
  std::map<std::string, std::string> options = schema.options;
  for (const TableKey& key : schema.keys) {
    std::string& value = options[std::string(kKeyOption) + key.name];
    value = std::to_string(static_cast<int>(key.kind));
    for (ColumnId id : key.columns) value += " " + std::to_string(id);
  }
  for (const TableCheck& check : schema.checks) {
    options[std::string(kCheckOption) + check.name] = check.condition;
  }
  return options;
}

void TakeOption(std::string_view name, std::string_view value, TableSchema* schema,
                WireReader* wire) {
  if (name.starts_with(kCheckOption)) {
    schema->checks.push_back({std::string(name.substr(kCheckOption.size())), std::string(value)});
    return;
  }
  if (!name.starts_with(kKeyOption)) {
    schema->options[std::string(name)] = std::string(value);
    return;
  }
  TableKey key;
  key.name = name.substr(kKeyOption.size());
  bool first = true;
  for (absl::string_view word :
       absl::StrSplit(absl::string_view(value.data(), value.size()), ' ')) {
    int number = 0;
    if (!absl::SimpleAtoi(word, &number)) return wire->Fail();
    if (first && (number < 1 || number > static_cast<int>(TableKey::Kind::kIndex))) {
      return wire->Fail();
    }
    if (first) {
      key.kind = static_cast<TableKey::Kind>(number);
    } else {
      key.columns.push_back(number);
    }
    first = false;
  }
  schema->keys.push_back(std::move(key));
}

void PutSchema(const TableSchema& schema, WireWriter* wire) {
  wire->Put<uint64_t>(schema.table_id);
  wire->Put<uint32_t>(schema.schema_id);
  wire->PutString(schema.name);
  wire->Put<uint32_t>(static_cast<uint32_t>(schema.columns.size()));
  for (const ColumnSchema& column : schema.columns) {
    wire->Put<int32_t>(column.id);
    wire->PutString(column.name);
    PutType(column.type, wire);
    wire->Put<uint8_t>(column.not_null ? 1 : 0);
    PutValue(column.default_value, wire);
    wire->PutString(column.default_text);
    wire->Put<int32_t>(column.max_length);
  }
  wire->Put<int32_t>(schema.timestamp_column.value_or(0));
  wire->Put<uint8_t>(static_cast<uint8_t>(schema.partition_unit));
  wire->Put<uint32_t>(static_cast<uint32_t>(schema.order_by.size()));
  for (ColumnId id : schema.order_by) wire->Put<int32_t>(id);
  const std::map<std::string, std::string> stored = StoredOptions(schema);
  wire->Put<uint32_t>(static_cast<uint32_t>(stored.size()));
  for (const auto& [key, value] : stored) {
    wire->PutString(key);
    wire->PutString(value);
  }
}

TableSchemaPtr GetSchema(WireReader* wire) {
  auto schema = std::make_shared<TableSchema>();
  schema->table_id = wire->Get<uint64_t>();
  schema->schema_id = wire->Get<uint32_t>();
  schema->name = wire->GetString();
  uint32_t columns = wire->Get<uint32_t>();
  if (columns > kMaxColumns) wire->Fail();
  for (uint32_t i = 0; i < columns && wire->ok(); ++i) {
    ColumnSchema column;
    column.id = wire->Get<int32_t>();
    column.name = wire->GetString();
    column.type = GetType(wire);
    column.not_null = wire->Get<uint8_t>() != 0;
    column.default_value = GetValue(wire);
    column.default_text = wire->GetString();
    column.max_length = wire->Get<int32_t>();
    schema->columns.push_back(std::move(column));
  }
  ColumnId timestamp = wire->Get<int32_t>();
  if (timestamp != 0) schema->timestamp_column = timestamp;
  uint8_t unit = wire->Get<uint8_t>();
  if (unit > static_cast<uint8_t>(PartitionUnit::kMonth)) wire->Fail();
  schema->partition_unit = static_cast<PartitionUnit>(unit);
  uint32_t order = wire->Get<uint32_t>();
  for (uint32_t i = 0; i < order && wire->ok(); ++i) {
    schema->order_by.push_back(wire->Get<int32_t>());
  }
  uint32_t options = wire->Get<uint32_t>();
  for (uint32_t i = 0; i < options && wire->ok(); ++i) {
    std::string key(wire->GetString());
    TakeOption(key, wire->GetString(), schema.get(), wire);
  }
  return schema;
}

void PutHidden(HiddenReason reason, const HiddenRows& rows, WireWriter* wire) {
  wire->Put<uint8_t>(static_cast<uint8_t>(reason));
  wire->Put<uint64_t>(rows.since_sequence);
  wire->PutString(rows.bitmap);
}

std::pair<HiddenReason, HiddenRows> GetHidden(WireReader* wire) {
  auto reason = static_cast<HiddenReason>(wire->Get<uint8_t>());
  HiddenRows rows;
  rows.since_sequence = wire->Get<uint64_t>();
  rows.bitmap = wire->GetString();
  return {reason, std::move(rows)};
}

struct Encode {
  WireWriter* wire;
  void operator()(const PutTable& e) const {
    PutSchema(*e.schema, wire);
    PutMissing(e.missing_values, wire);
    wire->Put<int32_t>(e.next_column_id);
  }
  void operator()(const DropTableEdit& e) const { wire->Put<uint64_t>(e.table_id); }
  void operator()(const PutView& e) const {
    wire->PutString(e.view.name);
    wire->PutString(e.view.query);
    wire->Put<uint32_t>(static_cast<uint32_t>(e.view.columns.size()));
    for (const std::string& name : e.view.columns) wire->PutString(name);
  }
  void operator()(const DropViewEdit& e) const { wire->PutString(e.name); }
  void operator()(const PutRole& e) const {
    wire->Put<uint64_t>(e.role.role_id);
    wire->PutString(e.role.name);
    wire->PutString(e.role.verifier);
  }
  void operator()(const DropRoleEdit& e) const { wire->PutString(e.name); }
  void operator()(const AddSegment& e) const {
    const SegmentEntry& s = e.segment;
    wire->Put<uint64_t>(s.table_id);
    wire->Put<uint64_t>(s.segment_id);
    wire->Put<int64_t>(s.partition_begin_us);
    wire->Put<uint64_t>(s.num_rows);
    wire->Put<uint64_t>(s.file_bytes);
    wire->Put<uint64_t>(s.footer_checksum);
    wire->Put<uint64_t>(s.commit_sequence);
    wire->Put<uint32_t>(static_cast<uint32_t>(s.hidden.size()));
    for (const auto& [reason, rows] : s.hidden) PutHidden(reason, rows, wire);
  }
  void operator()(const RemoveSegment& e) const {
    wire->Put<uint64_t>(e.table_id);
    wire->Put<uint64_t>(e.segment_id);
  }
  void operator()(const HideRows& e) const {
    wire->Put<uint64_t>(e.table_id);
    wire->Put<uint64_t>(e.segment_id);
    PutHidden(e.reason, e.rows, wire);
  }
  void operator()(const PartitionReplayedTo& e) const {
    wire->Put<uint64_t>(e.table_id);
    wire->Put<int64_t>(e.partition_begin_us);
    wire->Put<uint64_t>(e.sequence);
  }
  void operator()(const TableReplayedTo& e) const {
    wire->Put<uint64_t>(e.table_id);
    wire->Put<uint64_t>(e.sequence);
  }
  void operator()(const AddResumeToken& e) const {
    wire->Put<uint64_t>(e.table_id);
    wire->PutString(e.token);
  }
  void operator()(const LogBegins& e) const { wire->Put<uint64_t>(e.first_file); }
  void operator()(const Counters& e) const {
    wire->Put<uint64_t>(e.next_table_id);
    wire->Put<uint64_t>(e.next_segment_id);
  }
  void operator()(const MarkDamaged& e) const {
    wire->Put<uint64_t>(e.table_id);
    wire->Put<uint64_t>(e.segment_id);
    wire->PutString(e.damage);
  }
};

// The position in the variant plus one is the permanent id of the edit: only append to the list.
template <size_t kIndex>
CatalogEdit Make(WireReader* wire);
template <>
CatalogEdit Make<0>(WireReader* wire) {
  PutTable edit;
  edit.schema = GetSchema(wire);
  uint32_t count = wire->Get<uint32_t>();
  for (uint32_t i = 0; i < count && wire->ok(); ++i) {
    ColumnId id = wire->Get<int32_t>();
    edit.missing_values[id] = GetValue(wire);
  }
  edit.next_column_id = wire->Get<int32_t>();
  return edit;
}
template <>
CatalogEdit Make<1>(WireReader* wire) {
  return DropTableEdit{wire->Get<uint64_t>()};
}
template <>
CatalogEdit Make<2>(WireReader* wire) {
  PutView edit;
  edit.view.name = wire->GetString();
  edit.view.query = wire->GetString();
  uint32_t count = wire->Get<uint32_t>();
  for (uint32_t i = 0; i < count && wire->ok(); ++i) {
    edit.view.columns.emplace_back(wire->GetString());
  }
  return edit;
}
template <>
CatalogEdit Make<3>(WireReader* wire) {
  return DropViewEdit{std::string(wire->GetString())};
}
template <>
CatalogEdit Make<4>(WireReader* wire) {
  AddSegment edit;
  SegmentEntry& s = edit.segment;
  s.table_id = wire->Get<uint64_t>();
  s.segment_id = wire->Get<uint64_t>();
  s.partition_begin_us = wire->Get<int64_t>();
  s.num_rows = wire->Get<uint64_t>();
  s.file_bytes = wire->Get<uint64_t>();
  s.footer_checksum = wire->Get<uint64_t>();
  s.commit_sequence = wire->Get<uint64_t>();
  uint32_t count = wire->Get<uint32_t>();
  for (uint32_t i = 0; i < count && wire->ok(); ++i) s.hidden.insert(GetHidden(wire));
  return edit;
}
template <>
CatalogEdit Make<5>(WireReader* wire) {
  TableId table = wire->Get<uint64_t>();
  return RemoveSegment{table, wire->Get<uint64_t>()};
}
template <>
CatalogEdit Make<6>(WireReader* wire) {
  HideRows edit;
  edit.table_id = wire->Get<uint64_t>();
  edit.segment_id = wire->Get<uint64_t>();
  std::tie(edit.reason, edit.rows) = GetHidden(wire);
  return edit;
}
template <>
CatalogEdit Make<7>(WireReader* wire) {
  PartitionReplayedTo edit;
  edit.table_id = wire->Get<uint64_t>();
  edit.partition_begin_us = wire->Get<int64_t>();
  edit.sequence = wire->Get<uint64_t>();
  return edit;
}
template <>
CatalogEdit Make<8>(WireReader* wire) {
  TableId table = wire->Get<uint64_t>();
  return TableReplayedTo{table, wire->Get<uint64_t>()};
}
template <>
CatalogEdit Make<9>(WireReader* wire) {
  TableId table = wire->Get<uint64_t>();
  return AddResumeToken{table, std::string(wire->GetString())};
}
template <>
CatalogEdit Make<10>(WireReader* wire) {
  return LogBegins{wire->Get<uint64_t>()};
}
template <>
CatalogEdit Make<11>(WireReader* wire) {
  uint64_t table = wire->Get<uint64_t>();
  return Counters{table, wire->Get<uint64_t>()};
}
template <>
CatalogEdit Make<12>(WireReader* wire) {
  PutRole edit;
  edit.role.role_id = wire->Get<uint64_t>();
  edit.role.name = wire->GetString();
  edit.role.verifier = wire->GetString();
  return edit;
}
template <>
CatalogEdit Make<13>(WireReader* wire) {
  return DropRoleEdit{std::string(wire->GetString())};
}
template <>
CatalogEdit Make<14>(WireReader* wire) {
  MarkDamaged edit;
  edit.table_id = wire->Get<uint64_t>();
  edit.segment_id = wire->Get<uint64_t>();
  edit.damage = wire->GetString();
  return edit;
}

template <size_t... kIndexes>
bool MakeByIndex(size_t index, WireReader* wire, CatalogEdit* out,
                 std::index_sequence<kIndexes...>) {
  return ((index == kIndexes && ((*out = Make<kIndexes>(wire)), true)) || ...);
}

}  // namespace

std::string EncodeEdits(const std::vector<CatalogEdit>& edits) {
  std::string out;
  WireWriter wire(&out);
  wire.Put<uint32_t>(static_cast<uint32_t>(edits.size()));
  for (const CatalogEdit& edit : edits) {
    wire.Put<uint16_t>(static_cast<uint16_t>(edit.index() + 1));
    std::string body;
    WireWriter body_wire(&body);
    std::visit(Encode{&body_wire}, edit);
    wire.PutString(body);
  }
  return out;
}

StatusOr<std::vector<CatalogEdit>> DecodeEdits(std::string_view payload) {
  WireReader wire(payload);
  uint32_t count = wire.Get<uint32_t>();
  if (!wire.ok() || count > kMaxEdits) return DataLoss("a catalog group has a malformed head");
  std::vector<CatalogEdit> edits;
  for (uint32_t i = 0; i < count; ++i) {
    uint16_t id = wire.Get<uint16_t>();
    WireReader body(wire.GetString());
    CatalogEdit edit;
    constexpr size_t kKinds = std::variant_size_v<CatalogEdit>;
    if (!wire.ok() || id == 0 ||
        !MakeByIndex(id - 1, &body, &edit, std::make_index_sequence<kKinds>()) || !body.ok() ||
        !body.at_end()) {
      return DataLoss("a catalog group is malformed at edit {} (kind {})", i, id);
    }
    edits.push_back(std::move(edit));
  }
  if (!wire.at_end()) return DataLoss("a catalog group has bytes after its last edit");
  return edits;
}

}  // namespace shale
