// The scan of a table in no order. A morsel is a run of blocks of one segment (or of hot blocks).
// Each worker reads a segment of its own, so that what is settled or remembered once a segment (the
// matches of a dictionary, the groups of its codes) is so by one worker, while others do theirs; in
// the end they help each other.
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
  size_t home = SIZE_MAX;  // the item that it reads
  std::unique_ptr<BlockScan::State> scan;
  const BlockScan::Item* item = nullptr;
  size_t block = 0, end = 0;
};

class TableSource : public Source {
 public:
  TableSource(Snapshot snapshot, TableId table, ScanSpec spec,
              std::shared_ptr<ScanCounters> counters, ScanTop top)
      : scan_(std::move(snapshot), table, std::move(spec), std::move(counters), std::move(top)) {}

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    auto state = std::make_unique<TableState>();
    state->scan = scan_.MakeState(context);
    MutexLock lock(&mutex_);
    if (!listed_) {
      listed_ = true;
      next_blocks_ = std::make_unique<std::atomic<size_t>[]>(scan_.items().size());
      if (scan_.top().bound) list_status_ = ListBestFirst();
    }
    return state;
  }

  StatusOr<bool> Next(WorkerState* worker_state, Chunk* out) override {
    if (!list_status_.ok()) return list_status_;
    auto* state = static_cast<TableState*>(worker_state);
    RETURN_IF_ERROR(scan_.readable());
    while (true) {
      if (state->block == state->end) {
        ASSIGN_OR_RETURN(bool more, TakeMorsel(state));
        if (!more) return false;
      }
      const size_t block = state->block++;
      RETURN_IF_ERROR(scan_.Read(state->scan.get(), block, 0, state->item->BlockRows(block), out));
      // Without rows, too: the pipeline sees that there is work, and may call for help.
      if (out->num_rows > 0 || state->scan->looked()) return true;
    }
  }

  std::vector<std::string> Details() const override { return scan_.Details(); }

 private:
  // For a top-n: single blocks, those with the best values first, so that its bound is soon tight.
  Status ListBestFirst() {
    std::vector<std::pair<int64_t, Morsel>> ranked;
    for (size_t item = 0; item < scan_.items().size(); ++item) {
      for (size_t block = 0; block < scan_.items()[item]->num_blocks(); ++block) {
        ASSIGN_OR_RETURN(int64_t first, scan_.FirstOfTop(*scan_.items()[item], block));
        ranked.push_back({first, {item, block, block + 1}});
      }
    }
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [first, morsel] : ranked) morsels_.push_back(morsel);
    return OkStatus();
  }

  StatusOr<bool> TakeMorsel(TableState* state) {
    Morsel morsel;
    while (scan_.top().bound ? NextBest(&morsel) : NextAtHome(state, &morsel)) {
      ASSIGN_OR_RETURN(bool open,
                       scan_.Open(state->scan.get(), morsel.item, morsel.begin, morsel.end));
      if (!open) continue;
      state->item = scan_.items()[morsel.item].get();
      state->block = morsel.begin;
      state->end = morsel.end;
      return true;
    }
    scan_.Flush(state->scan.get());
    return false;
  }

  bool NextBest(Morsel* morsel) {
    const size_t index = next_.fetch_add(1, std::memory_order_relaxed);
    if (index >= morsels_.size()) return false;
    *morsel = morsels_[index];
    return true;
  }

  bool NextAtHome(TableState* state, Morsel* morsel) {
    const auto& items = scan_.items();
    while (true) {
      if (state->home < items.size()) {
        const size_t blocks = items[state->home]->num_blocks();
        const size_t begin =
            next_blocks_[state->home].fetch_add(kMorselBlocks, std::memory_order_relaxed);
        if (begin < blocks) {
          *morsel = {state->home, begin, std::min(blocks, begin + kMorselBlocks)};
          return true;
        }
      }
      state->home = next_.fetch_add(1, std::memory_order_relaxed);
      if (state->home < items.size()) continue;
      // None is left for itself: whichever has most to do gets help.
      size_t most = 0;
      for (size_t item = 0; item < items.size(); ++item) {
        const size_t next = next_blocks_[item].load(std::memory_order_relaxed);
        const size_t blocks = items[item]->num_blocks();
        if (next >= blocks || blocks - next <= most) continue;
        most = blocks - next;
        state->home = item;
      }
      if (most == 0) return false;
    }
  }

  BlockScan scan_;
  Mutex mutex_;
  bool listed_ SHALE_GUARDED_BY(mutex_) = false;
  Status list_status_;           // set with listed_, before any worker reads
  std::vector<Morsel> morsels_;  // below a top-n
  // Otherwise: the block of each item that is taken next.
  std::unique_ptr<std::atomic<size_t>[]> next_blocks_;
  std::atomic<size_t> next_{0};  // morsel, or item
};

}  // namespace

std::unique_ptr<Source> MakeTableSource(Snapshot snapshot, TableId table, ScanSpec spec,
                                        std::shared_ptr<ScanCounters> counters) {
  return MakeTopTableSource(std::move(snapshot), table, std::move(spec), {}, std::move(counters));
}

std::unique_ptr<Source> MakeTopTableSource(Snapshot snapshot, TableId table, ScanSpec spec,
                                           ScanTop top, std::shared_ptr<ScanCounters> counters) {
  if (!spec.order.columns.empty()) {
    return MakeRangeSource(std::move(snapshot), table, std::move(spec), std::move(counters));
  }
  return std::make_unique<TableSource>(std::move(snapshot), table, std::move(spec),
                                       std::move(counters), std::move(top));
}

}  // namespace shale
