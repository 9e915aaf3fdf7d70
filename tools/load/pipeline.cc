#include "tools/load/pipeline.h"

#include <atomic>
#include <deque>
#include <memory>
#include <set>

#include "engine/base/clock.h"
#include "engine/base/sync.h"
#include "tools/console/interrupt.h"
#include "tools/console/progress_bar.h"
#include "tools/console/terminal.h"

namespace shale {
namespace {

struct Item {
  TextBlock block;
  size_t file = 0;
  uint64_t sequence = 0;  // over all files
};

// A parsed block's refused rows, waiting for those of earlier blocks.
struct Refused {
  size_t file = 0;
  std::vector<Reject> rejects;
};

class Pipeline {
 public:
  Pipeline(const LoadJob& job, LoadCounts* counts)
      : job_(job), counts_(counts), max_queue_(static_cast<size_t>(job.num_workers) + 1) {}

  Status Run() {
    for (int i = 0; i < job_.num_workers; ++i) {
      ASSIGN_OR_RETURN(auto parser, MakeTextParser(job_.survey->dialect, job_.mapping->read));
      parsers_.push_back(std::move(parser));
    }
    begin_us_ = Clock::System()->MonotonicMicros();
    std::vector<Thread> threads;
    threads.emplace_back("load-read", [this] { ReadAll(); });
    for (int i = 0; i < job_.num_workers; ++i) {
      threads.emplace_back("load-parse", [this, i] { Work(i); });
    }
    Watch();
    for (Thread& thread : threads) thread.Join();
    MutexLock lock(&mutex_);
    if (!error_.ok()) return error_;
    if (counts_->over_limit) return OkStatus();
    // Of a resumed load the refused rows were written with their commits.
    if (!job_.resume) RETURN_IF_ERROR(WriteRefusedLocked());
    if (job_.limit.Exceeded(counts_->num_bad + bad_before_, TotalRowsLocked())) {
      counts_->over_limit = true;
    }
    return OkStatus();
  }

 private:
  uint64_t TotalRowsLocked() const SHALE_REQUIRES(mutex_) {
    return counts_->num_rows + counts_->num_bad + rows_before_ + bad_before_;
  }

  void Fail(Status status) {
    MutexLock lock(&mutex_);
    if (error_.ok()) error_ = std::move(status);
    stop_ = true;
    changed_.NotifyAll();
  }

  // ---- the reading thread ----
  void ReadAll() {
    Status status = ReadFiles();
    if (!status.ok()) Fail(std::move(status));
    MutexLock lock(&mutex_);
    read_done_ = true;
    changed_.NotifyAll();
  }

  Status ReadFiles() {
    int64_t bytes_before = 0;
    for (size_t file = 0; file < job_.survey->paths.size(); ++file) {
      const std::string& path = job_.survey->paths[file];
      ASSIGN_OR_RETURN(std::unique_ptr<BlockSource> source, OpenBlocks(path, job_.survey));
      if (file == 0) CountTotal();
      bool first = true;
      while (true) {
        TextBlock block;
        ASSIGN_OR_RETURN(bool more, source->Next(&block));
        bytes_read_.store(bytes_before + source->bytes_read(), std::memory_order_relaxed);
        if (!more) break;
        text_bytes_.fetch_add(block.text.size(), std::memory_order_relaxed);
        if (job_.resume) {
          if (first) {
            RETURN_IF_ERROR(job_.resume->BeginFile(path, source->total_bytes(), block));
            MutexLock lock(&mutex_);
            rows_before_ = job_.resume->rows_loaded();
            bad_before_ = job_.resume->bad_loaded();
          }
          first = false;
          ASSIGN_OR_RETURN(bool loaded, job_.resume->IsLoaded(block));
          if (loaded) continue;
          NoteForToken(block);
        }
        if (!Push({std::move(block), file, next_sequence_++})) return OkStatus();
        if (job_.resume && group_bytes_ >= kResumeGroupBytes) RETURN_IF_ERROR(CommitGroup());
        if (stopped()) return OkStatus();
      }
      bytes_before += std::max<int64_t>(source->bytes_read(), 0);
    }
    if (job_.resume && group_bytes_ > 0) return CommitGroup();
    return OkStatus();
  }

  bool stopped() {
    MutexLock lock(&mutex_);
    return stop_;
  }

  // Sizes of all files, for the progress bar.
  void CountTotal() {
    int64_t total = 0;
    for (const auto& path : job_.survey->paths) {
      if (path == "-") return;
      auto input = Input::Open(path);
      if (!input.ok() || (*input)->total_bytes() < 0) return;
      total += (*input)->total_bytes();
    }
    bytes_total_.store(total, std::memory_order_relaxed);
  }

  // The block joins the ranges of the group's token.
  void NoteForToken(const TextBlock& block) {
    uint64_t begin = block.byte_offset, end = begin + block.text.size();
    group_bytes_ += block.text.size();
    auto& ranges = group_.ranges;
    bool goes_on = !ranges.empty() && ranges.back().file.Is(job_.resume->file()) &&
                   ranges.back().file.name == job_.resume->file().name &&
                   ranges.back().end == begin;
    if (!goes_on) ranges.push_back({job_.resume->file(), begin, begin, 0});
    ranges.back().end = end;
    ranges.back().content_hash = FoldBlockHash(ranges.back().content_hash, block.text);
  }

  // Waits until every block that was handed out is appended, then commits them.
  Status CommitGroup() {
    MutexLock lock(&mutex_);
    while (!stop_ && (!queue_.empty() || num_busy_ > 0)) changed_.Wait(&mutex_);
    if (stop_) return OkStatus();
    if (job_.limit.Exceeded(counts_->num_bad + bad_before_, TotalRowsLocked())) {
      OverLimitLocked();
      return OkStatus();
    }
    group_.num_rows = counts_->num_rows - rows_committed_;
    group_.num_bad = counts_->num_bad - bad_committed_;
    RETURN_IF_ERROR(job_.writer->Commit(group_.ToString()));
    RETURN_IF_ERROR(WriteRefusedLocked());
    ++counts_->commits;
    rows_committed_ = counts_->num_rows;
    bad_committed_ = counts_->num_bad;
    group_ = ResumeToken();
    group_bytes_ = 0;
    return OkStatus();
  }

  bool Push(Item item) {
    MutexLock lock(&mutex_);
    while (!stop_ && queue_.size() >= max_queue_) changed_.Wait(&mutex_);
    if (stop_) return false;
    queue_.push_back(std::move(item));
    changed_.NotifyAll();
    return true;
  }

  // ---- workers ----
  void Work(int worker) {
    while (true) {
      Item item;
      {
        MutexLock lock(&mutex_);
        while (!stop_ && queue_.empty() && !read_done_) changed_.Wait(&mutex_);
        if (stop_ || queue_.empty()) return;
        item = std::move(queue_.front());
        queue_.pop_front();
        ++num_busy_;
        changed_.NotifyAll();
      }
      ParsedBlock parsed = parsers_[worker]->Parse(item.block);
      item.block = TextBlock();
      Status status = AppendRows(worker, &parsed.chunks);
      if (!status.ok()) return Fail(std::move(status));
      Deliver(item, std::move(parsed));
    }
  }

  Status AppendRows(int worker, std::vector<Chunk>* chunks) {
    const ColumnMapping& mapping = *job_.mapping;
    for (Chunk& read : *chunks) {
      if (read.num_rows == 0) continue;
      Chunk rows;
      rows.num_rows = read.num_rows;
      rows.columns.reserve(mapping.sources.size());
      for (size_t i = 0; i < mapping.sources.size(); ++i) {
        int source = mapping.sources[i];
        if (source >= 0) {
          rows.columns.push_back(std::move(read.columns[source]));
        } else if (job_.defaults[i].is_null()) {
          rows.columns.push_back(Vector::ConstantNull(job_.table->columns[i].type, read.num_rows));
        } else {
          rows.columns.push_back(Vector::Constant(job_.defaults[i], read.num_rows));
        }
      }
      RETURN_IF_ERROR(job_.writer->Append(worker, std::move(rows)));
      rows_done_.fetch_add(static_cast<int64_t>(read.num_rows), std::memory_order_relaxed);
    }
    return OkStatus();
  }

  void Deliver(const Item& item, ParsedBlock parsed) {
    MutexLock lock(&mutex_);
    --num_busy_;
    counts_->num_rows += parsed.num_rows;
    counts_->num_bad += parsed.rejects.size();
    for (const Reject& reject : parsed.rejects) CountReasonLocked(reject);
    for (const auto& [name, count] : parsed.unknown_members) {
      constexpr size_t kMaxNames = 1000;
      auto& members = counts_->unknown_members;
      if (members.size() < kMaxNames || members.contains(name)) members[name] += count;
    }
    if (!parsed.rejects.empty()) {
      refused_.emplace(item.sequence, Refused{item.file, std::move(parsed.rejects)});
    }
    if (!job_.resume) {
      finished_.emplace(item.sequence);
      // In the order of the files: what no earlier block can come before.
      while (!finished_.empty() && *finished_.begin() == next_finished_) {
        finished_.erase(finished_.begin());
        ++next_finished_;
      }
      Status status = WriteRefusedLocked(next_finished_);
      if (!status.ok() && error_.ok()) {
        error_ = status;
        stop_ = true;
      }
    }
    // A number of rows may be checked at once; a share only when all rows are known.
    if (!job_.limit.is_percent &&
        job_.limit.Exceeded(counts_->num_bad + bad_before_, TotalRowsLocked())) {
      OverLimitLocked();
    }
    changed_.NotifyAll();
  }

  void OverLimitLocked() SHALE_REQUIRES(mutex_) {
    counts_->over_limit = true;
    stop_ = true;
    Status status = WriteRefusedLocked();
    if (!status.ok() && error_.ok()) error_ = status;
    changed_.NotifyAll();
  }

  void CountReasonLocked(const Reject& reject) SHALE_REQUIRES(mutex_) {
    std::string kind = ReasonKind(reject.column, reject.reason);
    auto& reasons = counts_->reasons;
    if (reasons.size() >= kMaxReasonKinds && !reasons.contains(kind)) kind = "other reasons";
    ++reasons[kind];
  }

  // Those of blocks before `end`, in order.
  Status WriteRefusedLocked(uint64_t end = UINT64_MAX) SHALE_REQUIRES(mutex_) {
    while (!refused_.empty() && refused_.begin()->first < end) {
      const Refused& refused = refused_.begin()->second;
      const std::string& path = job_.survey->paths[refused.file];
      if (counts_->first_reject.empty()) {
        const Reject& first = refused.rejects[0];
        counts_->first_reject = fmt::format("{}:{}: {}{}{}", path, first.line, first.column,
                                            first.column.empty() ? "" : ": ", first.reason);
      }
      RETURN_IF_ERROR(job_.rejects->Write(path, refused.rejects));
      refused_.erase(refused_.begin());
    }
    return OkStatus();
  }

  // ---- the calling thread ----
  void Watch() {
    constexpr int64_t kTickUs = 100'000;
    ProgressBar bar;
    MutexLock lock(&mutex_);
    while (true) {
      counts_->text_bytes = static_cast<uint64_t>(text_bytes_.load(std::memory_order_relaxed));
      if (stop_ || (read_done_ && queue_.empty() && num_busy_ == 0)) break;
      changed_.WaitFor(&mutex_, kTickUs);
      if (InterruptPending() && error_.ok()) {
        error_ = Status(StatusCode::kCancelled, "canceled by user request");
        stop_ = true;
        changed_.NotifyAll();
      }
      int64_t elapsed_us = Clock::System()->MonotonicMicros() - begin_us_;
      if (job_.show_progress && bar.enabled() && elapsed_us > next_draw_us_) {
        next_draw_us_ = std::max<int64_t>(elapsed_us, 400'000) + kTickUs;
        if (elapsed_us > 500'000) Draw(&bar, elapsed_us);
      }
    }
    bar.Clear();
  }

  void Draw(ProgressBar* bar, int64_t elapsed_us) {
    int64_t done = bytes_read_.load(std::memory_order_relaxed);
    int64_t total = bytes_total_.load(std::memory_order_relaxed);
    double fraction = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : -1;
    std::string of = total > 0 ? " of " + HumanBytes(static_cast<uint64_t>(total)) : "";
    bar->Draw(fraction, fmt::format("{}{}, {}", HumanBytes(static_cast<uint64_t>(done)), of,
                                    ProgressText(rows_done_.load(std::memory_order_relaxed),
                                                 elapsed_us, fraction)));
  }

  const LoadJob& job_;
  LoadCounts* counts_;
  const size_t max_queue_;
  std::vector<std::unique_ptr<TextParser>> parsers_;
  int64_t begin_us_ = 0;
  int64_t next_draw_us_ = 0;

  std::atomic<int64_t> bytes_read_{0}, bytes_total_{0}, text_bytes_{0}, rows_done_{0};

  // Of the reading thread alone.
  uint64_t next_sequence_ = 0;
  ResumeToken group_;
  uint64_t group_bytes_ = 0;
  uint64_t rows_committed_ = 0, bad_committed_ = 0;

  Mutex mutex_;
  CondVar changed_;
  std::deque<Item> queue_ SHALE_GUARDED_BY(mutex_);
  int num_busy_ SHALE_GUARDED_BY(mutex_) = 0;
  bool read_done_ SHALE_GUARDED_BY(mutex_) = false;
  bool stop_ SHALE_GUARDED_BY(mutex_) = false;
  Status error_ SHALE_GUARDED_BY(mutex_);
  std::map<uint64_t, Refused> refused_ SHALE_GUARDED_BY(mutex_);
  std::set<uint64_t> finished_ SHALE_GUARDED_BY(mutex_);
  uint64_t next_finished_ SHALE_GUARDED_BY(mutex_) = 0;
  uint64_t rows_before_ SHALE_GUARDED_BY(mutex_) = 0;
  uint64_t bad_before_ SHALE_GUARDED_BY(mutex_) = 0;
};

}  // namespace

Status RunLoadPipeline(const LoadJob& job, LoadCounts* counts) {
  return Pipeline(job, counts).Run();
}

}  // namespace shale
