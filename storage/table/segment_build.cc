#include "storage/table/segment_build.h"

#include <algorithm>
#include <cstring>

#include "storage/table/row_sort.h"

namespace shale {
namespace {

// Rows a segment, so that `num_rows` rows of `raw_bytes` make segments of about equal length within
// both limits; whole blocks, but for the last.
uint64_t RowsPerSegment(uint64_t num_rows, uint64_t raw_bytes) {
  uint64_t limit = kMaxSegmentRows;
  uint64_t row_bytes = std::max<uint64_t>(1, raw_bytes / std::max<uint64_t>(1, num_rows));
  limit = std::min(limit, (kMaxSegmentRawBytes - kMaxSegmentRawBytes / 16) / row_bytes);
  limit = std::max<uint64_t>(limit / kChunkRows, 1) * kChunkRows;
  uint64_t pieces = (num_rows + limit - 1) / limit;
  uint64_t rows = (num_rows + pieces - 1) / pieces;
  return std::min(limit, (rows + kChunkRows - 1) / kChunkRows * kChunkRows);
}

template <typename T>
void GatherValues(const std::vector<const uint8_t*>& blocks, std::span<const uint32_t> order,
                  uint8_t* out) {
  T* to = reinterpret_cast<T*>(out);
  const uint8_t* const* from = blocks.data();
  const uint32_t* rows = order.data();
  for (size_t i = 0, count = order.size(); i < count; ++i) {
    to[i] = reinterpret_cast<const T*>(from[rows[i] / kChunkRows])[rows[i] % kChunkRows];
  }
}
template <typename T>
void FillValues(const uint8_t* value, size_t count, uint8_t* out) {
  std::fill_n(reinterpret_cast<T*>(out), count, *reinterpret_cast<const T*>(value));
}

// One column of a hot slice, read row by row from anywhere.
struct ColumnGather {
  const HotSlice* rows;
  size_t column;
  size_t width;
  bool strings;  // or lists: codes of a dictionary
  bool any_nulls = false;
  bool one_value = true;  // in all rows: nothing to gather
  std::vector<const uint8_t*> values, nulls;
  // Strings: the dictionary of the segment being written and each code's place in it.
  DictionaryPtr dictionary;
  std::vector<uint32_t> new_code;  // empty: codes stay

  ColumnGather(const HotSlice& slice, size_t place)
      : rows(&slice),
        column(place),
        strings(slice.type(place).IsStringLike() || slice.type(place).id() == TypeId::kList) {
    width = strings ? sizeof(uint32_t) : PhysicalSize(slice.type(place).physical());
    for (size_t block = 0; block < slice.num_blocks(); ++block) {
      const HotColumn& raw = slice.Raw(place, block);
      values.push_back(raw.values->data());
      nulls.push_back(raw.nulls ? raw.nulls->data() : nullptr);
      any_nulls |= raw.nulls != nullptr;
    }
    for (size_t block = 0; block < values.size() && one_value; ++block) {
      const uint8_t* at = values[block];
      one_value = std::memcmp(at, values[0], width) == 0 &&
                  std::memcmp(at, at + width, (slice.BlockRows(block) - 1) * width) == 0;
    }
  }

  bool IsNull(uint32_t row) const {
    const uint8_t* of = nulls[row / kChunkRows];
    return of && of[row % kChunkRows];
  }
  uint32_t Code(uint32_t row) const {
    return reinterpret_cast<const uint32_t*>(values.data()[row / kChunkRows])[row % kChunkRows];
  }

  // Chooses the dictionary of the segment that will hold the rows of `order`.
  void StartSegment(std::span<const uint32_t> order) {
    if (!strings) return;
    DictionaryPtr whole = rows->ReadDictionary(column);
    if (whole->values.type().id() == TypeId::kList) {  // written without one
      dictionary = std::move(whole);
      return;
    }
    new_code.clear();
    if (order.size() == rows->num_rows()) {  // every entry stands in some row
      dictionary = std::move(whole);
      return;
    }
    std::vector<uint8_t> used(whole->size());
    if (any_nulls) {
      for (uint32_t row : order) {
        if (!IsNull(row)) used[Code(row)] = 1;
      }
    } else {
      for (uint32_t row : order) used.data()[Code(row)] = 1;
    }
    size_t count = std::count(used.begin(), used.end(), 1);
    if (count == whole->size()) {
      dictionary = std::move(whole);
      return;
    }
    new_code.resize(whole->size());
    auto cut = std::make_shared<Dictionary>();
    cut->id = NextDictionaryId();
    cut->distinct = true;
    cut->values = Vector::Flat(whole->values.type(), count);
    auto* to = cut->values.mutable_values<std::string_view>();
    const auto* from = whole->values.values<std::string_view>();
    uint32_t next = 0;
    for (size_t i = 0; i < used.size(); ++i) {
      if (!used[i]) continue;
      to[next] = from[i];
      cut->hashes.push_back(whole->hashes[i]);
      new_code[i] = next++;
    }
    cut->values.AddHeapsOf(whole->values);
    dictionary = std::move(cut);
  }

  Vector Gather(std::span<const uint32_t> order) const {
    const Type& type = rows->type(column);
    if (strings && dictionary->size() == 0) return Vector::ConstantNull(type, order.size());
    BufferPtr out = Buffer::Allocate(order.size() * width);
    const size_t count = order.size();
    uint8_t* to = out->data();
    switch (width) {
      case 1:
        one_value ? FillValues<uint8_t>(values[0], count, to)
                  : GatherValues<uint8_t>(values, order, to);
        break;
      case 2:
        one_value ? FillValues<uint16_t>(values[0], count, to)
                  : GatherValues<uint16_t>(values, order, to);
        break;
      case 4:
        one_value ? FillValues<uint32_t>(values[0], count, to)
                  : GatherValues<uint32_t>(values, order, to);
        break;
      case 8:
        one_value ? FillValues<uint64_t>(values[0], count, to)
                  : GatherValues<uint64_t>(values, order, to);
        break;
      default: GatherValues<int128_t>(values, order, to); break;
    }
    BufferPtr validity;
    if (any_nulls) {
      validity = Buffer::AllocateZeroed(BitmapWords(order.size()) * 8);
      auto* words = reinterpret_cast<uint64_t*>(validity->data());
      for (size_t i = 0; i < order.size(); ++i) {
        words[i >> 6] |= uint64_t{!IsNull(order[i])} << (i & 63);
      }
    }
    Vector made;
    if (strings) {
      if (!new_code.empty()) {
        auto* codes = reinterpret_cast<uint32_t*>(out->data());
        const uint32_t* new_codes = new_code.data();
        for (size_t i = 0; i < count; ++i) codes[i] = new_codes[codes[i]];
      }
      made = Vector::FromDictionary(dictionary, std::move(out), order.size());
    } else {
      made = Vector::FromBuffer(type, std::move(out), order.size());
    }
    if (validity) made.set_validity(std::move(validity));
    return made;
  }
};

// The order in which visible rows are written.
std::vector<uint32_t> WriteOrder(const HotSlice& rows, const Visibility* hidden,
                                 const SegmentBuild& build) {
  std::vector<uint32_t> order;
  std::vector<int> places;
  for (ColumnId id : SortColumns(*build.schema)) places.push_back(rows.FindColumn(id));
  if (!build.sorted_already && !places.empty()) {
    std::vector<Chunk> keys(rows.num_blocks());
    for (size_t block = 0; block < keys.size(); ++block) {
      keys[block].num_rows = rows.BlockRows(block);
      for (int place : places) keys[block].columns.push_back(rows.Read(place, block));
    }
    order = SortRows(keys);
  }
  if (order.empty()) {
    order.resize(rows.num_rows());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<uint32_t>(i);
  }
  if (hidden) std::erase_if(order, [&](uint32_t row) { return hidden->IsHidden(row); });
  return order;
}

}  // namespace

std::vector<ColumnId> SortColumns(const TableSchema& schema) {
  if (!schema.order_by.empty()) return schema.order_by;
  if (schema.timestamp_column) return {*schema.timestamp_column};
  return {};
}

void RemoveSegmentFiles(const StoreFiles& files, const std::vector<SegmentInfo>& segments) {
  for (const SegmentInfo& info : segments) {
    files.disk->Remove(files.SegmentPath(info.segment_id)).IgnoreError();
  }
}

StatusOr<BuiltSegments> BuildSegments(const HotSlice& rows, const Visibility* hidden,
                                      const SegmentBuild& build) {
  BuiltSegments built;
  if (hidden && hidden->count() == 0) hidden = nullptr;
  std::vector<uint32_t> order = WriteOrder(rows, hidden, build);
  if (build.want_moves) built.to.assign(rows.num_rows(), RowMoves::kGone);
  if (order.empty()) return built;

  std::vector<ColumnGather> columns;
  for (size_t i = 0; i < rows.column_ids().size(); ++i) columns.emplace_back(rows, i);
  uint64_t per_segment = RowsPerSegment(rows.num_rows(), rows.raw_bytes());
  auto write = [&]() -> Status {
    for (size_t begin = 0; begin < order.size();) {
      size_t end = std::min<size_t>(order.size(), begin + per_segment);
      std::span<const uint32_t> part(order.data() + begin, end - begin);
      SegmentWriter::Options options;
      options.segment_id = build.next_segment_id();
      options.sorted_by = SortColumns(*build.schema);
      options.sort_dictionaries = build.sort_dictionaries;
      options.num_workers = build.num_workers;
      auto writer = SegmentWriter::Create(*build.schema, options);
      for (ColumnGather& column : columns) column.StartSegment(part);
      size_t written = 0;
      while (written < part.size()) {
        auto some = part.subspan(written, std::min<size_t>(kChunkRows, part.size() - written));
        Chunk chunk;
        chunk.num_rows = some.size();
        for (const ColumnGather& column : columns) chunk.columns.push_back(column.Gather(some));
        RETURN_IF_ERROR(writer->Append(chunk));
        written += some.size();
        // Rows may be wider than the average: leave the rest to the next segment.
        if (writer->raw_bytes() > kMaxSegmentRawBytes - kMaxSegmentRawBytes / 32) break;
      }
      if (build.want_moves) {
        for (size_t i = 0; i < written; ++i) {
          built.to[part[i]] = uint64_t{built.segments.size()} << 32 | i;
        }
      }
      std::string path = build.files->SegmentPath(options.segment_id);
      auto info = writer->Finish(build.files->disk, path);
      if (!info.ok()) {
        build.files->disk->Remove(path).IgnoreError();
        return info.status();
      }
      built.segments.push_back(*std::move(info));
      begin += written;
    }
    return OkStatus();
  };
  Status status = write();
  if (!status.ok()) {
    RemoveSegmentFiles(*build.files, built.segments);
    return status;
  }
  return built;
}

}  // namespace shale
