// Compaction: the rows of several segments in the order of the table's sort columns, cut into as
// few segments as the limits allow, hidden rows left out, dictionaries united and sorted.
//
// The sort columns of all rows are read and sorted first; then rows are copied in that order, block
// of output by block. A segment sorted like its table gives its rows in its own order, so each of
// its blocks is decoded about once.
#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/kill_point.h"
#include "storage/jobs/jobs.h"
#include "storage/table/row_sort.h"

namespace shale {
namespace {

// Rows that one compaction sorts at a time; larger partitions are compacted range by range.
constexpr uint64_t kMaxCompactionRows = 16 * kMaxSegmentRows;

// Reads one column of one segment for the copy; remembers the last block.
class ColumnCursor {
 public:
  ColumnCursor(const TableVersion& table, const Segment& segment, ColumnId id, Type type)
      : segment_(segment), column_(segment.reader()->FindColumn(id)) {
    if (id == kSeqColumn && segment.commit_sequence() != 0) {
      constant_ = Value::UInt(TypeId::kUBigInt, segment.commit_sequence());
      column_ = -1;
    } else if (column_ < 0) {
      constant_ = table.MissingValue(id, type);
    }
  }
  StatusOr<Vector> Read(size_t block) {
    if (column_ < 0) {
      size_t rows = segment_.reader()->BlockRows(block);
      return constant_.is_null() ? Vector::ConstantNull(constant_.type(), rows)
                                 : Vector::Constant(constant_, rows);
    }
    if (block != block_) {
      ASSIGN_OR_RETURN(vector_, segment_.reader()->ReadBlock(column_, block));
      // Runs are gathered from many times over.
      if (vector_.is_run()) vector_ = vector_.Flatten();
      block_ = block;
    }
    return vector_;
  }

 private:
  const Segment& segment_;
  int column_;
  Value constant_;
  size_t block_ = ~size_t{0};
  Vector vector_;
};

class Compaction {
 public:
  Compaction(StoreCore* core, const TableVersion& table, PartitionRange range,
             std::vector<SegmentRef> segments)
      : core_(core), table_(table), range_(range), segments_(std::move(segments)) {
    // Commit order, so that rows with equal keys keep it.
    std::stable_sort(segments_.begin(), segments_.end(),
                     [](const SegmentRef& a, const SegmentRef& b) {
                       return FirstSequence(*a.segment) < FirstSequence(*b.segment);
                     });
  }

  Status Run() {
    KillPoint("compact.begin");
    Status status = Build();
    if (!status.ok()) {
      RemoveSegmentFiles(*core_->files, built_);
      if (IsDamage(status)) QuarantineDamaged();
      return status;
    }
    for (const SegmentInfo& segment : built_) bytes_written_ += segment.file_bytes;
    KillPoint("compact.built");
    Replacement replacement;
    replacement.table_id = table_.schema->table_id;
    replacement.range = range_;
    replacement.segments = std::move(segments_);
    replacement.built = std::move(built_);
    replacement.to = std::move(to_);
    return core_->CommitReplacement(std::move(replacement));
  }
  uint64_t bytes_written() const { return bytes_written_; }

 private:
  // So that the next attempt does without what can never be read.
  void QuarantineDamaged() {
    for (const SegmentRef& ref : segments_) {
      const Status damage = ref.segment->reader()->Check();
      if (damage.ok() || !IsDamage(damage)) continue;
      core_->Quarantine(table_.schema->table_id, ref.segment->id(), std::string(Message(damage)))
          .IgnoreError();
    }
  }

  static uint64_t FirstSequence(const Segment& segment) {
    return segment.commit_sequence() != 0 ? segment.commit_sequence()
                                          : segment.reader()->info().min_seq;
  }

  Status Build() {
    RETURN_IF_ERROR(ReadKeys());
    for (const SegmentRef& ref : segments_) {
      to_.emplace_back(ref.segment->num_rows(), RowMoves::kGone);
    }
    for (const ColumnSchema& column : table_.schema->columns) {
      AddCursors(column.id, column.type);
    }
    AddCursors(kSeqColumn, TypeId::kUBigInt);
    for (size_t begin = 0; begin < origins_.size(); begin += kChunkRows) {
      size_t count = std::min<size_t>(kChunkRows, origins_.size() - begin);
      RETURN_IF_ERROR(CopyRows(begin, count));
      if (buffer_->num_rows() >= kMaxSegmentRows ||
          buffer_->raw_bytes() > kMaxSegmentRawBytes - kMaxSegmentRawBytes / 8) {
        RETURN_IF_ERROR(WriteSegments(begin + count));
      }
    }
    if (buffer_ && buffer_->num_rows() > 0) return WriteSegments(origins_.size());
    return OkStatus();
  }

  void AddCursors(ColumnId id, const Type& type) {
    auto& of = cursors_.emplace_back();
    for (const SegmentRef& ref : segments_) of.emplace_back(table_, *ref.segment, id, type);
  }

  // Fills origins_: segment << 32 | row of each output row.
  Status ReadKeys() {
    std::vector<Chunk> keys;
    std::vector<ColumnId> sort = SortColumns(*table_.schema);
    std::vector<uint64_t> given;
    std::vector<uint32_t> visible(kChunkRows);
    for (size_t s = 0; s < segments_.size(); ++s) {
      const SegmentRef& ref = segments_[s];
      std::vector<ColumnCursor> cursors;
      for (ColumnId id : sort) {
        cursors.emplace_back(table_, *ref.segment, id, table_.schema->Find(id)->type);
      }
      const SegmentReader& reader = *ref.segment->reader();
      for (size_t block = 0; block < reader.num_blocks(); ++block) {
        auto first = static_cast<uint32_t>(block * kChunkRows);
        auto rows = static_cast<uint32_t>(reader.BlockRows(block));
        size_t count = rows;
        if (ref.hidden) {
          count = ref.hidden->Visible(first, first + rows, visible.data());
        } else {
          for (uint32_t i = 0; i < rows; ++i) visible[i] = i;
        }
        if (count == 0) continue;
        Chunk chunk;
        chunk.num_rows = rows;
        for (ColumnCursor& cursor : cursors) {
          ASSIGN_OR_RETURN(Vector vector, cursor.Read(block));
          chunk.columns.push_back(std::move(vector));
        }
        if (count < rows) chunk = chunk.Gather(visible.data(), count);
        keys.push_back(std::move(chunk));
        for (size_t i = 0; i < count; ++i)
          given.push_back(uint64_t{s} << 32 | (first + visible[i]));
      }
    }
    std::vector<uint32_t> order;
    if (!sort.empty() && !keys.empty()) order = SortRows(keys);
    if (order.empty()) {
      origins_ = std::move(given);
      return OkStatus();
    }
    origins_.resize(given.size());
    for (size_t i = 0; i < order.size(); ++i) origins_[i] = given[order[i]];
    return OkStatus();
  }

  // Appends output rows [begin, begin + count) to the buffer.
  Status CopyRows(size_t begin, size_t count) {
    if (!buffer_) {
      buffer_ = std::make_unique<HotBuffer>(*table_.schema);
      buffer_begin_ = begin;
    }
    // Grouped by segment and block, each group in output order.
    struct Group {
      size_t segment, block;
      std::vector<uint32_t> rows, positions;
    };
    std::vector<uint32_t> by_place(count);
    for (size_t i = 0; i < count; ++i) by_place[i] = static_cast<uint32_t>(i);
    auto place = [&](uint32_t i) { return origins_[begin + i] / kChunkRows; };
    std::stable_sort(by_place.begin(), by_place.end(),
                     [&](uint32_t a, uint32_t b) { return place(a) < place(b); });
    std::vector<Group> groups;
    for (uint32_t i : by_place) {
      uint64_t origin = origins_[begin + i];
      size_t segment = origin >> 32;
      auto row = static_cast<uint32_t>(origin);
      size_t block = row / kChunkRows;
      if (groups.empty() || groups.back().segment != segment || groups.back().block != block) {
        groups.push_back({segment, block, {}, {}});
      }
      groups.back().rows.push_back(row % kChunkRows);
      groups.back().positions.push_back(i);
    }
    std::vector<std::vector<HotBuffer::Piece>> pieces(cursors_.size());
    for (size_t c = 0; c < cursors_.size(); ++c) {
      for (const Group& group : groups) {
        ASSIGN_OR_RETURN(Vector block, cursors_[c][group.segment].Read(group.block));
        pieces[c].push_back(
            {block.Gather(group.rows.data(), group.rows.size()), group.positions.data()});
      }
    }
    buffer_->AppendPieces(pieces, count);
    return OkStatus();
  }

  // The buffer holds output rows [buffer_begin_, end).
  Status WriteSegments(size_t end) {
    SegmentBuild build;
    build.files = core_->files.get();
    build.schema = table_.schema.get();
    build.next_segment_id = [this] { return core_->TakeSegmentId(); };
    build.sorted_already = true;
    build.sort_dictionaries = true;
    build.want_moves = true;
    build.num_workers = core_->num_workers;
    ASSIGN_OR_RETURN(BuiltSegments made, BuildSegments(*buffer_->Slice(), nullptr, build));
    SHALE_CHECK(made.to.size() == end - buffer_begin_);
    for (size_t i = 0; i < made.to.size(); ++i) {
      uint64_t origin = origins_[buffer_begin_ + i];
      to_[origin >> 32][static_cast<uint32_t>(origin)] =
          made.to[i] + (uint64_t{built_.size()} << 32);
    }
    for (SegmentInfo& info : made.segments) built_.push_back(std::move(info));
    buffer_ = nullptr;
    return OkStatus();
  }

  StoreCore* core_;
  const TableVersion& table_;
  PartitionRange range_;
  std::vector<SegmentRef> segments_;
  std::vector<uint64_t> origins_;
  std::vector<std::vector<ColumnCursor>> cursors_;  // by column, then segment
  std::unique_ptr<HotBuffer> buffer_;
  size_t buffer_begin_ = 0;
  uint64_t bytes_written_ = 0;
  std::vector<SegmentInfo> built_;
  std::vector<std::vector<uint64_t>> to_;
};

bool HasUnsortedDictionary(const Segment& segment) {
  for (const SegmentColumn& column : segment.reader()->info().columns) {
    bool text = column.type.IsStringLike();
    if (text && column.dictionary_size > 0 && !column.dictionary_sorted) return true;
  }
  return false;
}

uint64_t RawBytes(const Segment& segment) {
  uint64_t bytes = 0;
  for (const SegmentColumn& column : segment.reader()->info().columns) bytes += column.raw_bytes;
  return bytes;
}

const ZoneMap* SortZone(const TableSchema& schema, const Segment& segment) {
  std::vector<ColumnId> sort = SortColumns(schema);
  if (sort.empty()) return nullptr;
  int column = segment.reader()->FindColumn(sort[0]);
  return column < 0 ? nullptr : &segment.reader()->info().columns[column].zone;
}

// Nothing would be gained: as few segments as can be, no hidden rows, in order, sorted
// dictionaries.
bool IsCompact(const TableSchema& schema, const std::vector<SegmentRef>& segments) {
  size_t num_small = 0;
  for (const SegmentRef& ref : segments) {
    if (ref.hidden || HasUnsortedDictionary(*ref.segment)) return false;
    bool large = ref.segment->num_rows() >= kMaxSegmentRows / 2 ||
                 RawBytes(*ref.segment) >= kMaxSegmentRawBytes / 4;
    num_small += !large;
  }
  if (num_small > 1) return false;
  for (size_t i = 1; i < segments.size(); ++i) {
    const ZoneMap* before = SortZone(schema, *segments[i - 1].segment);
    const ZoneMap* after = SortZone(schema, *segments[i].segment);
    if (before && after && before->max && after->min &&
        Value::Compare(*before->max, *after->min) > 0) {
      return false;
    }
  }
  return true;
}

}  // namespace

Status CompactSegments(StoreCore* core, TableId table_id, PartitionRange range,
                       std::vector<SegmentRef> segments) {
  Snapshot snapshot = core->snapshot();
  const TableVersion* table = snapshot->Find(table_id);
  if (!table) return OkStatus();
  uint64_t rows = 0;
  for (const SegmentRef& ref : segments) rows += ref.VisibleRows();
  const uint64_t job =
      core->jobs->Start("compact", table->schema->name,
                        PartitionName(*table->schema, range.begin_us), rows, core->clock);
  Compaction compaction(core, *table, range, std::move(segments));
  Status status = compaction.Run();
  core->jobs->Finish(job, status, compaction.bytes_written(), core->clock);
  return status;
}

Status CompactTable(StoreCore* core, TableId table_id) {
  MutexLock job(&core->job_mutex);
  Snapshot snapshot = core->snapshot();
  const TableVersion* table = snapshot->Find(table_id);
  if (!table) return NotFound("table {} does not exist", table_id);
  for (const PartitionPtr& partition : table->partitions) {
    for (size_t i = 0; i < partition->hot.size(); ++i) {
      RETURN_IF_ERROR(SealOldest(core, table_id, partition->range.begin_us));
    }
  }
  snapshot = core->snapshot();
  table = snapshot->Find(table_id);
  if (!table) return OkStatus();
  for (const PartitionPtr& partition : table->partitions) {
    std::vector<SegmentRef> all = partition->segments;
    std::stable_sort(all.begin(), all.end(), [&](const SegmentRef& a, const SegmentRef& b) {
      const ZoneMap* left = SortZone(*table->schema, *a.segment);
      const ZoneMap* right = SortZone(*table->schema, *b.segment);
      if (!left || !right || !left->min || !right->min) return false;
      return Value::Compare(*left->min, *right->min) < 0;
    });
    std::vector<SegmentRef> group;
    uint64_t rows = 0;
    for (size_t i = 0; i <= all.size(); ++i) {
      bool full = i < all.size() && rows + all[i].VisibleRows() > kMaxCompactionRows;
      if (!group.empty() && (i == all.size() || full)) {
        if (!IsCompact(*table->schema, group)) {
          RETURN_IF_ERROR(CompactSegments(core, table_id, partition->range, std::move(group)));
        }
        group.clear();
        rows = 0;
      }
      if (i == all.size()) break;
      group.push_back(all[i]);
      rows += all[i].VisibleRows();
    }
  }
  return OkStatus();
}

}  // namespace shale
