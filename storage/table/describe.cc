// What `shale inspect` and shale_segments show.
#include <algorithm>

#include "engine/functions/value_io.h"
#include "storage/table/version.h"

namespace shale {
namespace {

constexpr size_t kShownText = 64;

std::string ShownText(const std::optional<Value>& value) {
  if (!value || value->is_null()) return "";
  std::string text = ToText(*value);
  if (text.size() <= kShownText) return text;
  size_t end = kShownText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

void DescribeSegment(const TableSchema& schema, const SegmentReader& reader, SegmentStorage* out) {
  for (const SegmentColumn& column : reader.info().columns) {
    const ColumnSchema* known = schema.Find(column.id);
    if (!known && column.id != kSeqColumn) continue;  // dropped since
    ColumnStorage of;
    of.id = column.id;
    of.name = known ? known->name : "_seq";
    of.type = column.type;
    of.encodings = column.encodings;
    of.raw_bytes = column.raw_bytes;
    of.stored_bytes = column.stored_bytes;
    of.null_count = column.zone.null_count;
    of.distinct = column.dictionary_size;
    of.min = ShownText(column.zone.min);
    of.max = ShownText(column.zone.max);
    out->columns.push_back(std::move(of));
  }
}

void DescribeHot(const TableSchema& schema, const HotSlice& rows, SegmentStorage* out) {
  for (size_t i = 0; i + 1 < rows.column_ids().size(); ++i) {
    const ColumnSchema* known = schema.Find(rows.column_ids()[i]);
    if (!known) continue;
    ColumnStorage of;
    of.id = known->id;
    of.name = known->name;
    of.type = known->type;
    bool strings = known->type.IsStringLike();
    of.encodings = strings ? "dictionary" : "plain";
    if (known->type.id() == TypeId::kList) {
      of.encodings = "list";
      DictionaryPtr dictionary = rows.ReadDictionary(i);
      of.distinct = dictionary->size();
      of.stored_bytes = dictionary->values.MemoryUsage();
    }
    size_t width = strings ? sizeof(uint32_t) : PhysicalSize(known->type.physical());
    of.raw_bytes = rows.num_rows() * width;
    of.stored_bytes += of.raw_bytes;
    if (strings) {
      DictionaryPtr dictionary = rows.ReadDictionary(i);
      of.distinct = dictionary->size();
      const auto* texts = dictionary->values.values<std::string_view>();
      for (size_t entry = 0; entry < dictionary->size(); ++entry) {
        of.stored_bytes += texts[entry].size() + sizeof(std::string_view);
      }
    }
    for (size_t block = 0; block < rows.num_blocks(); ++block) {
      const BufferPtr& nulls = rows.Raw(i, block).nulls;
      if (!nulls) continue;
      of.null_count += static_cast<uint64_t>(
          std::count(nulls->data(), nulls->data() + rows.BlockRows(block), 1));
    }
    out->columns.push_back(std::move(of));
  }
}

}  // namespace

StatusOr<std::vector<SegmentStorage>> DescribeStorage(const DatabaseVersion& version,
                                                      TableId table_id) {
  const TableVersion* table = version.Find(table_id);
  if (!table) return NotFound("table {} does not exist", table_id);
  std::vector<SegmentStorage> out;
  for (const RowsRef& ref : AllRows(*table)) {
    SegmentStorage of;
    of.table = table_id;
    of.partition = PartitionName(*table->schema, ref.partition->range.begin_us);
    of.rows = ref.num_rows();
    of.hidden_rows = HiddenCount(ref.hidden());
    if (ref.segment) {
      const SegmentReader& reader = *ref.segment->segment->reader();
      of.id = reader.info().segment_id;
      of.path = reader.path();
      of.file_bytes = reader.info().file_bytes;
      DescribeSegment(*table->schema, reader, &of);
    } else {
      of.id = ref.hot->tail->id;
      of.hot = true;
      DescribeHot(*table->schema, *ref.hot->rows, &of);
    }
    out.push_back(std::move(of));
  }
  for (const PartitionPtr& partition : table->partitions) {
    for (const SegmentRef& ref : partition->damaged) {
      SegmentStorage of;
      of.id = ref.segment->id();
      of.path = ref.segment->path();
      of.table = table_id;
      of.partition = PartitionName(*table->schema, partition->range.begin_us);
      of.rows = ref.segment->num_rows();
      of.hidden_rows = HiddenCount(ref.hidden);
      if (ref.segment->reader()) of.file_bytes = ref.segment->reader()->info().file_bytes;
      of.damage = *ref.damage;
      out.push_back(std::move(of));
    }
  }
  return out;
}

}  // namespace shale
