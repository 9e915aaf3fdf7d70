// Late materialisation: the columns of few rows, found by their row ids. The ids are sorted so that
// each block is read once.
#include <algorithm>
#include <numeric>

#include "engine/vector/vector_builder.h"
#include "storage/table/store.h"
#include "storage/table/version.h"

namespace shale {
namespace {

class RowFetch : public Operator {
 public:
  RowFetch(Snapshot snapshot, TableId table, size_t row_id_column, std::vector<ColumnId> columns)
      : snapshot_(std::move(snapshot)),
        row_id_column_(row_id_column),
        columns_(std::move(columns)) {
    table_ = snapshot_->Find(table);
    if (table_) refs_ = AllRows(*table_);
  }

  WorkerStatePtr MakeState(ExecutionContext*) override { return std::make_unique<WorkerState>(); }

  StatusOr<Flow> Process(WorkerState*, Chunk input, const Emit& emit) override {
    if (input.num_rows == 0) return Flow::kMore;
    Vector flat = input.columns[row_id_column_].Flatten();
    const uint64_t* ids = flat.values<uint64_t>();
    std::vector<uint32_t> order(input.num_rows);
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return ids[a] < ids[b]; });
    std::vector<uint32_t> place(input.num_rows);  // of each row in sorted order
    for (uint32_t i = 0; i < order.size(); ++i) place[order[i]] = i;
    for (ColumnId column : columns_) {
      ASSIGN_OR_RETURN(Vector sorted, FetchColumn(column, ids, order));
      input.columns.push_back(sorted.Gather(place.data(), place.size()));
    }
    return emit(std::move(input));
  }

 private:
  StatusOr<Vector> FetchColumn(ColumnId column, const uint64_t* ids,
                               const std::vector<uint32_t>& order) {
    const ColumnSchema* schema = table_->schema->Find(column);
    VectorBuilder builder(schema ? schema->type : Type(TypeId::kUBigInt), order.size());
    std::vector<uint32_t> rows;
    for (size_t begin = 0; begin < order.size();) {
      const uint64_t first = ids[order[begin]];
      const size_t ref_index = first >> 32, block = (first & 0xffffffff) / kChunkRows;
      size_t end = begin;
      rows.clear();
      for (; end < order.size(); ++end) {
        uint64_t id = ids[order[end]];
        if (id >> 32 != ref_index || (id & 0xffffffff) / kChunkRows != block) break;
        rows.push_back(static_cast<uint32_t>((id & 0xffffffff) % kChunkRows));
      }
      const RowsRef& ref = refs_[ref_index];
      Vector vector;
      bool found = false;
      if (ref.segment) {
        SegmentReader& reader = *ref.segment->segment->reader();
        if (int at = reader.FindColumn(column); at >= 0) {
          ASSIGN_OR_RETURN(vector, reader.ReadRows(at, block, rows.data(), rows.size()));
          found = true;
        }
      } else if (int at = ref.hot->rows->FindColumn(column); at >= 0) {
        vector =
            ref.hot->rows->Read(static_cast<size_t>(at), block).Gather(rows.data(), rows.size());
        found = true;
      }
      if (found) {
        builder.AppendRange(vector, 0, rows.size());
      } else {
        Value missing = table_->MissingValue(column, builder.type());
        for (size_t i = 0; i < rows.size(); ++i) builder.AppendValue(missing);
      }
      begin = end;
    }
    return builder.Finish();
  }

  Snapshot snapshot_;
  const TableVersion* table_ = nullptr;
  std::vector<RowsRef> refs_;
  size_t row_id_column_;
  std::vector<ColumnId> columns_;
};

}  // namespace

std::shared_ptr<Operator> MakeRowFetch(Snapshot snapshot, TableId table, size_t row_id_column,
                                       std::vector<ColumnId> columns) {
  return std::make_shared<RowFetch>(std::move(snapshot), table, row_id_column, std::move(columns));
}

}  // namespace shale
