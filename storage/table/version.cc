#include "storage/table/version.h"

#include <algorithm>
#include <optional>

#include "engine/base/kill_point.h"
#include "engine/functions/value_io.h"

namespace shale {
namespace {

constexpr int64_t kDayUs = int64_t{86400} * 1'000'000;

}  // namespace

std::string StoreFiles::SegmentPath(uint64_t segment_id) const {
  return fmt::format("{}/{:012}.seg", segment_directory, segment_id);
}

Segment::~Segment() {
  if (!obsolete_.load()) return;
  std::string path = files_->SegmentPath(id_);
  reader_.reset();
  KillPoint("segment.remove");
  // A file that stays (a crash, an error) is named by no catalog and removed at the next open.
  files_->disk->Remove(path).IgnoreError();
}

const PartitionVersion* TableVersion::FindPartition(int64_t begin_us) const {
  auto it = std::lower_bound(
      partitions.begin(), partitions.end(), begin_us,
      [](const PartitionPtr& p, int64_t begin) { return p->range.begin_us < begin; });
  return it != partitions.end() && (*it)->range.begin_us == begin_us ? it->get() : nullptr;
}

void TableVersion::Put(PartitionVersion partition) {
  int64_t begin_us = partition.range.begin_us;
  auto it = std::lower_bound(
      partitions.begin(), partitions.end(), begin_us,
      [](const PartitionPtr& p, int64_t begin) { return p->range.begin_us < begin; });
  bool there = it != partitions.end() && (*it)->range.begin_us == begin_us;
  if (partition.segments.empty() && partition.damaged.empty() && partition.hot.empty()) {
    if (there) partitions.erase(it);
    return;
  }
  auto made = std::make_shared<const PartitionVersion>(std::move(partition));
  if (there) {
    *it = std::move(made);
  } else {
    partitions.insert(it, std::move(made));
  }
}

Value TableVersion::MissingValue(ColumnId id, const Type& type) const {
  auto it = missing_values->find(id);
  if (it == missing_values->end() || !(it->second.type() == type)) return Value::Null(type);
  return it->second;
}

const TableVersion* DatabaseVersion::Find(TableId id) const {
  auto it = tables.find(id);
  return it == tables.end() ? nullptr : it->second.get();
}

std::vector<RowsRef> AllRows(const TableVersion& table) {
  std::vector<RowsRef> out;
  for (const PartitionPtr& partition : table.partitions) {
    for (const SegmentRef& segment : partition->segments) {
      out.push_back({partition.get(), &segment, nullptr});
    }
    for (const HotRef& hot : partition->hot) out.push_back({partition.get(), nullptr, &hot});
  }
  return out;
}

std::string PartitionName(const TableSchema& schema, int64_t begin_us) {
  if (!schema.timestamp_column || schema.partition_unit == PartitionUnit::kNone) return "";
  int64_t days = begin_us / kDayUs - (begin_us % kDayUs < 0 ? 1 : 0);
  std::string day = ToText(Value::Int(TypeId::kDate, days));
  switch (schema.partition_unit) {
    case PartitionUnit::kHour:
      return fmt::format("{} {:02}:00", day, (begin_us - days * kDayUs) / (kDayUs / 24));
    case PartitionUnit::kMonth: return day.substr(0, 7);
    default: return day;
  }
}

Status DamagedError(const TableSchema& schema, const PartitionVersion& partition,
                    const SegmentRef& ref) {
  std::string when = PartitionName(schema, partition.range.begin_us);
  return DataLoss(
      "segment {} of table \"{}\" ({} rows{}) is in quarantine: {}; bring the file back from a "
      "backup and run CHECK TABLE {}, or give its rows up with ALTER TABLE {} DROP SEGMENT {} and "
      "load them again; SET skip_quarantined = on answers without it",
      ref.segment->id(), schema.name, ref.VisibleRows(),
      when.empty() ? "" : fmt::format(", partition {}", when), *ref.damage, schema.name,
      schema.name, ref.segment->id());
}

// ---- store.h ------------------------------------------------------------------------------------

uint64_t QuarantinedRows(const DatabaseVersion& version, TableId table) {
  const TableVersion* found = version.Find(table);
  uint64_t rows = 0;
  for (const PartitionPtr& partition : found ? found->partitions : std::vector<PartitionPtr>()) {
    for (const SegmentRef& ref : partition->damaged) rows += ref.VisibleRows();
  }
  return rows;
}

uint64_t QuarantinedSegments(const DatabaseVersion& version, TableId table) {
  const TableVersion* found = version.Find(table);
  uint64_t segments = 0;
  for (const PartitionPtr& partition : found ? found->partitions : std::vector<PartitionPtr>()) {
    segments += partition->damaged.size();
  }
  return segments;
}

Snapshot WithoutQuarantined(const Snapshot& snapshot) {
  for (const auto& [id, table] : snapshot->tables) {
    if (QuarantinedSegments(*snapshot, id) == 0) continue;
    auto copy = std::make_shared<DatabaseVersion>(*snapshot);
    copy->skips_damaged = true;
    return copy;
  }
  return snapshot;
}

std::vector<TableSchemaPtr> Tables(const DatabaseVersion& version) {
  std::vector<TableSchemaPtr> out;
  for (const auto& [id, table] : version.tables) out.push_back(table->schema);
  std::sort(out.begin(), out.end(),
            [](const TableSchemaPtr& a, const TableSchemaPtr& b) { return a->name < b->name; });
  return out;
}

TableSchemaPtr FindTable(const DatabaseVersion& version, std::string_view name) {
  // A temporary table, whose id is higher, hides a plain one.
  for (auto it = version.tables.rbegin(); it != version.tables.rend(); ++it) {
    if (it->second->schema->name == name) return it->second->schema;
  }
  return nullptr;
}

std::vector<ViewSchema> Views(const DatabaseVersion& version) {
  std::vector<ViewSchema> out;
  for (const auto& [name, view] : *version.views) out.push_back(view);
  return out;
}

std::vector<RoleSchema> Roles(const DatabaseVersion& version) {
  std::vector<RoleSchema> out;
  for (const auto& [name, role] : *version.roles) out.push_back(role);
  return out;
}

uint64_t CommitSequence(const DatabaseVersion& version) { return version.sequence; }

uint64_t RowCount(const DatabaseVersion& version, TableId table) {
  const TableVersion* found = version.Find(table);
  if (!found) return 0;
  uint64_t rows = 0;
  for (const PartitionPtr& partition : found->partitions) {
    for (const SegmentRef& ref : partition->segments) rows += ref.VisibleRows();
    for (const HotRef& ref : partition->hot) rows += ref.VisibleRows();
  }
  return rows;
}

namespace {

// Grows as values are taken in.
struct Bounds {
  std::optional<Value> min, max;
  void Take(const Value& value) {
    if (value.is_null()) return;
    if (!min || Value::Compare(value, *min) < 0) min = value;
    if (!max || Value::Compare(value, *max) > 0) max = value;
  }
};

template <typename T>
void TakeFlat(const Vector& vector, Bounds* bounds) {
  const T* values = vector.values<T>();
  size_t lowest = 0, highest = 0;
  bool any = false;
  const uint64_t* validity = vector.validity();
  for (size_t i = 0; i < vector.size(); ++i) {
    if (validity && !BitIsSet(validity, i)) continue;
    if (!any) lowest = highest = i;
    any = true;
    if (values[i] < values[lowest]) lowest = i;
    if (values[highest] < values[i]) highest = i;
  }
  if (!any) return;
  bounds->Take(vector.GetValue(lowest));
  bounds->Take(vector.GetValue(highest));
}

// False for types whose order is not that of their numbers.
bool TakeHot(const HotSlice& rows, size_t column, Bounds* bounds) {
  if (rows.type(column).IsStringLike()) {
    // Every entry is some visible row's value: entries come with rows and no row is hidden.
    DictionaryPtr dictionary = rows.ReadDictionary(column);
    if (dictionary->size() > 0) TakeFlat<std::string_view>(dictionary->values, bounds);
    return true;
  }
  for (size_t block = 0; block < rows.num_blocks(); ++block) {
    Vector vector = rows.Read(column, block);
    switch (vector.type().physical()) {
      case PhysicalType::kBool:
      case PhysicalType::kUInt8: TakeFlat<uint8_t>(vector, bounds); break;
      case PhysicalType::kInt8: TakeFlat<int8_t>(vector, bounds); break;
      case PhysicalType::kInt16: TakeFlat<int16_t>(vector, bounds); break;
      case PhysicalType::kInt32: TakeFlat<int32_t>(vector, bounds); break;
      case PhysicalType::kInt64: TakeFlat<int64_t>(vector, bounds); break;
      case PhysicalType::kUInt16: TakeFlat<uint16_t>(vector, bounds); break;
      case PhysicalType::kUInt32: TakeFlat<uint32_t>(vector, bounds); break;
      case PhysicalType::kUInt64: TakeFlat<uint64_t>(vector, bounds); break;
      case PhysicalType::kInt128: TakeFlat<int128_t>(vector, bounds); break;
      default: return false;
    }
  }
  return true;
}

}  // namespace

bool ColumnBounds(const DatabaseVersion& version, TableId table, ColumnId column, Value* min,
                  Value* max) {
  const TableVersion* found = version.Find(table);
  if (!found) return false;
  const ColumnSchema* schema = found->schema->Find(column);
  if (!schema) return false;
  Bounds bounds;
  for (const RowsRef& ref : AllRows(*found)) {
    if (HiddenCount(ref.hidden()) > 0) return false;
    if (ref.num_rows() == 0) continue;
    if (ref.hot) {
      int place = ref.hot->rows->FindColumn(column);
      if (place < 0) {
        bounds.Take(found->MissingValue(column, schema->type));
      } else if (!TakeHot(*ref.hot->rows, static_cast<size_t>(place), &bounds)) {
        return false;
      }
      continue;
    }
    const SegmentReader& reader = *ref.segment->segment->reader();
    int place = reader.FindColumn(column);
    if (place < 0) {
      bounds.Take(found->MissingValue(column, schema->type));
      continue;
    }
    const ZoneMap& zone = reader.info().columns[place].zone;
    if (zone.null_count == ref.num_rows()) continue;
    if (!zone.exact || !zone.min || !zone.max) return false;
    bounds.Take(*zone.min);
    bounds.Take(*zone.max);
  }
  if (!bounds.min) return false;
  *min = *bounds.min;
  *max = *bounds.max;
  return true;
}

}  // namespace shale
