// The scan of a table in no order. A morsel is a run of blocks of one segment (or of hot blocks),
// taken by workers from one counter.
#include <algorithm>

#include "storage/scan/block_scan.h"
#include "storage/scan/range_source.h"

namespace shale {
namespace {

constexpr size_t kMorselBlocks = 16;

struct Morsel {
  size_t item;
  size_t begin, end;  // blocks
};

struct TableState : WorkerState {
  std::unique_ptr<BlockScan::State> scan;
  const BlockScan::Item* item = nullptr;
  size_t block = 0, end = 0;
};

class TableSource : public Source {
 public:
  TableSource(Snapshot snapshot, TableId table, ScanSpec spec,
              std::shared_ptr<ScanCounters> counters)
      : scan_(std::move(snapshot), table, std::move(spec), std::move(counters)) {}

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    auto state = std::make_unique<TableState>();
    state->scan = scan_.MakeState(context);
    MutexLock lock(&mutex_);
    if (!listed_) ListMorsels();
    return state;
  }

  StatusOr<bool> Next(WorkerState* worker_state, Chunk* out) override {
    auto* state = static_cast<TableState*>(worker_state);
    RETURN_IF_ERROR(scan_.readable());
    while (true) {
      if (state->block == state->end) {
        ASSIGN_OR_RETURN(bool more, TakeMorsel(state));
        if (!more) return false;
      }
      const size_t block = state->block++;
      RETURN_IF_ERROR(scan_.Read(state->scan.get(), block, 0, state->item->BlockRows(block), out));
      if (out->num_rows > 0) return true;
    }
  }

  std::vector<std::string> Details() const override { return scan_.Details(); }

 private:
  void ListMorsels() SHALE_REQUIRES(mutex_) {
    listed_ = true;
    for (size_t item = 0; item < scan_.items().size(); ++item) {
      const size_t blocks = scan_.items()[item]->num_blocks();
      for (size_t begin = 0; begin < blocks; begin += kMorselBlocks) {
        morsels_.push_back({item, begin, std::min(blocks, begin + kMorselBlocks)});
      }
    }
  }

  StatusOr<bool> TakeMorsel(TableState* state) {
    while (true) {
      const size_t index = next_.fetch_add(1);
      if (index >= morsels_.size()) {
        scan_.Flush(state->scan.get());
        return false;
      }
      const Morsel& morsel = morsels_[index];
      ASSIGN_OR_RETURN(bool open,
                       scan_.Open(state->scan.get(), morsel.item, morsel.begin, morsel.end));
      if (!open) continue;
      state->item = scan_.items()[morsel.item].get();
      state->block = morsel.begin;
      state->end = morsel.end;
      return true;
    }
  }

  BlockScan scan_;
  Mutex mutex_;
  bool listed_ SHALE_GUARDED_BY(mutex_) = false;
  std::vector<Morsel> morsels_;
  std::atomic<size_t> next_{0};
};

}  // namespace

std::unique_ptr<Source> MakeTableSource(Snapshot snapshot, TableId table, ScanSpec spec,
                                        std::shared_ptr<ScanCounters> counters) {
  if (!spec.order.columns.empty()) {
    return MakeRangeSource(std::move(snapshot), table, std::move(spec), std::move(counters));
  }
  return std::make_unique<TableSource>(std::move(snapshot), table, std::move(spec),
                                       std::move(counters));
}

}  // namespace shale
