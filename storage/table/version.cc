#include "storage/table/version.h"

#include <algorithm>
#include <optional>

namespace shale {

std::string StoreFiles::SegmentPath(uint64_t segment_id) const {
  return fmt::format("{}/{:012}.seg", segment_directory, segment_id);
}

Segment::~Segment() {
  if (!obsolete_.load()) return;
  std::string path = reader_->path();
  reader_.reset();
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
  if (partition.segments.empty() && partition.hot.empty()) {
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

// ---- store.h ------------------------------------------------------------------------------------

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
