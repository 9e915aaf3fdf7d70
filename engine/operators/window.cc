#include "engine/operators/window.h"

#include <algorithm>
#include <atomic>

#include "engine/exec/pipeline.h"
#include "engine/expr/evaluator.h"
#include "engine/operators/rank_filter.h"
#include "engine/operators/spill_parts.h"
#include "engine/operators/window_plan.h"

namespace shale {
namespace {

// Partitions are gathered into blocks of about this many rows.
constexpr size_t kBlockRows = size_t{8} * kChunkRows;

// Settles the expressions into columns: the input's own, and others that are computed as chunks
// come in.
class Planner {
 public:
  Planner(size_t num_partition_keys, const std::vector<SortKey>& order_by,
          std::vector<WindowExpr> functions, std::optional<WindowRankLimit> limit,
          std::vector<Type> input_types) {
    plan_.num_partition_keys = num_partition_keys;
    plan_.num_order_keys = order_by.size();
    plan_.num_input_columns = input_types.size();
    plan_.types = std::move(input_types);
    plan_.limit = limit;
    for (WindowExpr& expr : functions) {
      PlannedFunction function;
      for (const ExprPtr& arg : expr.args) {
        WindowArg planned;
        if (arg->kind == Expr::Kind::kConstant)
          planned.constant = arg->value;
        else
          planned.column = Column(arg);
        function.args.push_back(std::move(planned));
      }
      if (expr.filter) function.filter = Column(expr.filter);
      const bool uses_frame = expr.window.function
                                  ? expr.window.function->uses_frame
                                  : !IsWholePartition(expr.frame, !order_by.empty());
      if (uses_frame) {
        function.frame = Frame(expr.frame, !order_by.empty() && order_by[0].descending);
      }
      function.expr = std::move(expr);
      plan_.functions.push_back(std::move(function));
    }
  }
  WindowPlan Take() { return std::move(plan_); }

 private:
  size_t Column(const ExprPtr& expr) {
    if (expr->kind == Expr::Kind::kColumn) return expr->column_index;
    for (size_t i = 0; i < plan_.columns.size(); ++i) {
      if (Equal(*plan_.columns[i], *expr)) return plan_.num_input_columns + i;
    }
    plan_.columns.push_back(expr);
    plan_.types.push_back(expr->type);
    return plan_.types.size() - 1;
  }

  size_t Frame(const WindowFrame& frame, bool descending) {
    const auto same = [](const ExprPtr& a, const ExprPtr& b) {
      return (!a && !b) || (a && b && Equal(*a, *b));
    };
    for (size_t i = 0; i < plan_.frames.size(); ++i) {
      const WindowFrame& other = plan_.frames[i].frame;
      if (other.unit == frame.unit && other.start == frame.start && other.end == frame.end &&
          other.exclusion == frame.exclusion && same(other.start_offset, frame.start_offset) &&
          same(other.end_offset, frame.end_offset)) {
        return i;
      }
    }
    PlannedFrame planned;
    planned.frame = frame;
    planned.range_descending = descending;
    if (frame.range_key) planned.range_key = Column(frame.range_key);
    if (frame.start_value) planned.start_value = Column(frame.start_value);
    if (frame.end_value) planned.end_value = Column(frame.end_value);
    plan_.frames.push_back(std::move(planned));
    return plan_.frames.size() - 1;
  }

  WindowPlan plan_;
};

std::vector<SortKey> AllKeys(const std::vector<ExprPtr>& partition_by,
                             const std::vector<SortKey>& order_by) {
  std::vector<SortKey> keys;
  for (const ExprPtr& expr : partition_by) keys.push_back({expr, false, false});
  keys.insert(keys.end(), order_by.begin(), order_by.end());
  return keys;
}

// Whether ranks of the rows that a limit keeps are the same without the rows that it drops.
bool CanDropEarly(const WindowPlan& plan) {
  if (!plan.limit || plan.limit->most < 1 || plan.limit->most > RankFilter::kMaxRanks) return false;
  return std::all_of(plan.functions.begin(), plan.functions.end(), [](const PlannedFunction& f) {
    const std::string& name = f.expr.name();
    return f.expr.window.function &&
           (name == "row_number" || name == "rank" || name == "dense_rank");
  });
}

struct WindowWorker : WorkerState {
  std::vector<Evaluator> partition_keys;  // to deal rows by, once they go to disk
  std::unique_ptr<RankFilter> filter;     // null: every row is wanted
  WorkerStatePtr rows;
  std::vector<Evaluator> columns;
};

// What a window is made of, to make another one for a part of the rows.
struct WindowSpec {
  std::vector<ExprPtr> partition_by;
  std::vector<SortKey> order_by;
  std::vector<WindowExpr> functions;
  std::optional<WindowRankLimit> limit;
  std::vector<Type> input_types;
};
std::shared_ptr<SinkSource> MakeWindowAt(WindowSpec spec, int level);

// A finished piece of at most kChunkRows rows.
struct Piece {
  size_t first_row = 0;
  uint32_t num_rows = 0;
  std::vector<Vector> results;  // one a function
  bool filtered = false;
  std::vector<uint32_t> kept;  // rows of the piece that the limit leaves, when filtered
};

class Window : public SinkSource, public std::enable_shared_from_this<Window> {
 public:
  Window(WindowSpec spec, WindowPlan plan, int level)
      : spec_(std::move(spec)),
        level_(level),
        plan_(std::move(plan)),
        partition_by_(spec_.partition_by),
        order_by_(spec_.order_by),
        drops_early_(CanDropEarly(plan_)),
        sorter_(AllKeys(partition_by_, order_by_), plan_.types) {
    // Results are as wide as a string, and bits stand for starts.
    sorter_.set_row_overhead(static_cast<int64_t>(16 * plan_.functions.size() + 8));
  }

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    auto worker = std::make_unique<WindowWorker>();
    {
      MutexLock lock(&mutex_);
      context_ = context;
      spills_ = context->spill && !partition_by_.empty() && level_ < kMaxSpillLevel &&
                CanSpill(spec_.input_types);
    }
    for (const ExprPtr& key : partition_by_) {
      worker->partition_keys.emplace_back(key, &context->functions);
    }
    worker->rows = sorter_.MakeState(context);
    if (drops_early_) {
      const bool distinct = plan_.functions[plan_.limit->function].expr.name() == "dense_rank";
      worker->filter = std::make_unique<RankFilter>(partition_by_, order_by_, distinct,
                                                    plan_.limit->most, context);
    }
    for (const ExprPtr& expr : plan_.columns) {
      worker->columns.emplace_back(expr, &context->functions);
    }
    return worker;
  }

  StatusOr<Flow> Consume(WorkerState* state, Chunk input) override {
    auto* worker = static_cast<WindowWorker*>(state);
    if (input.num_rows == 0) return Flow::kMore;
    if (worker->filter) RETURN_IF_ERROR(worker->filter->Filter(&input));
    std::vector<Vector> extra;
    for (Evaluator& column : worker->columns) {
      ASSIGN_OR_RETURN(Vector values, column.Evaluate(input));
      extra.push_back(std::move(values));
    }
    for (Vector& values : extra) input.columns.push_back(std::move(values));
    Status status = sorter_.Consume(worker->rows.get(), &input);
    if (status.code() == StatusCode::kResourceExhausted && spills_ &&
        RowSorter::HeldBytes(*worker->rows) > 0) {
      RETURN_IF_ERROR(Spill(RowSorter::TakeChunks(worker->rows.get()), &worker->partition_keys));
      status = sorter_.Consume(worker->rows.get(), &input);
    }
    RETURN_IF_ERROR(status);
    if (spills_ && ShouldSpill(*context_, RowSorter::HeldBytes(*worker->rows))) {
      RETURN_IF_ERROR(Spill(RowSorter::TakeChunks(worker->rows.get()), &worker->partition_keys));
    }
    return Flow::kMore;
  }

  Status Combine(WorkerState* state) override {
    sorter_.Combine(static_cast<WindowWorker*>(state)->rows.get());
    return OkStatus();
  }

  Status Finalize(ExecutionContext* context) override {
    if (parts_) {
      std::vector<Evaluator> keys;
      for (const ExprPtr& key : partition_by_) keys.emplace_back(key, &context->functions);
      RETURN_IF_ERROR(Spill(sorter_.TakeCombinedChunks(), &keys));
      return parts_->Flush();
    }
    RETURN_IF_ERROR(sorter_.Sort(context));
    const size_t num_rows = sorter_.num_rows();
    if (num_rows == 0) return OkStatus();
    for (PlannedFrame& frame : plan_.frames) {
      RETURN_IF_ERROR(EvaluateOffsets(context->functions, &frame));
    }
    RETURN_IF_ERROR(FindStarts(context));
    sorter_.ForgetKeys();
    RETURN_IF_ERROR(CutBlocks());
    std::vector<std::vector<Piece>> pieces(blocks_.size() - 1);
    std::atomic<size_t> next{0};
    std::atomic<int64_t> result_bytes{0};
    result_memory_ = std::make_unique<Reservation>(context->memory);
    const int workers =
        static_cast<int>(std::min<size_t>(std::max(context->num_workers, 1), pieces.size()));
    RETURN_IF_ERROR(RunParallel(workers, [&](int) -> Status {
      Reservation memory(context->memory);
      int64_t own_bytes = 0;
      for (size_t block; (block = next.fetch_add(1)) < pieces.size();) {
        if (context->cancellation) RETURN_IF_ERROR(context->cancellation->Check());
        RETURN_IF_ERROR(
            ComputeBlock(block, context->functions, context->memory, &pieces[block], &own_bytes));
        RETURN_IF_ERROR(memory.Resize(own_bytes));
      }
      result_bytes.fetch_add(own_bytes);
      return OkStatus();
    }));
    RETURN_IF_ERROR(result_memory_->Resize(result_bytes.load()));
    for (std::vector<Piece>& of_block : pieces) {
      for (Piece& piece : of_block) pieces_.push_back(std::move(piece));
    }
    partition_starts_ = {};
    peer_starts_ = {};
    return OkStatus();
  }

  std::unique_ptr<Source> MakeSource() override;

  size_t num_pieces() const { return pieces_.size(); }
  Chunk Rows(size_t index) const {
    const Piece& piece = pieces_[index];
    std::vector<RowRef> refs;
    const SortEntry* entries = sorter_.entries() + piece.first_row;
    Chunk chunk;
    chunk.num_rows = piece.filtered ? piece.kept.size() : piece.num_rows;
    refs.resize(chunk.num_rows);
    for (size_t i = 0; i < chunk.num_rows; ++i) {
      refs.data()[i] = entries[piece.filtered ? piece.kept[i] : i].ref;
    }
    for (size_t c = 0; c < plan_.num_input_columns; ++c) {
      chunk.columns.push_back(
          sorter_.gatherer().GatherColumn(c, refs.data(), refs.size(), shared_from_this()));
    }
    for (const Vector& result : piece.results) {
      chunk.columns.push_back(result);
      // Picked strings stand in the sorted chunks.
      if (result.type().IsStringLike()) chunk.columns.back().AddHeap(shared_from_this());
    }
    return chunk;
  }

 private:
  // Rows to disk, dealt by their partition's hash: partitions stay whole.
  Status Spill(std::vector<Chunk> chunks, std::vector<Evaluator>* partition_keys) {
    {
      MutexLock lock(&mutex_);
      if (!parts_) {
        ASSIGN_OR_RETURN(parts_, SpillParts::Create(*context_, spec_.input_types, level_));
      }
    }
    std::vector<uint64_t> hashes;
    for (Chunk& chunk : chunks) {
      std::vector<Vector> keys;
      for (Evaluator& key : *partition_keys) {
        ASSIGN_OR_RETURN(Vector values, key.Evaluate(chunk));
        keys.push_back(std::move(values));
      }
      hashes.resize(std::max(hashes.size(), chunk.num_rows));
      HashRows(keys, chunk.num_rows, hashes.data());
      chunk.columns.resize(plan_.num_input_columns);
      RETURN_IF_ERROR(parts_->Add(chunk, hashes.data()));
      chunk = {};
    }
    return OkStatus();
  }
  // One part of the rows on disk, by a window of its own.
  StatusOr<std::unique_ptr<Source>> PartSource(size_t part, ExecutionContext* context) const;

  // Bits for the first row of every partition, and of every group of peers.
  Status FindStarts(ExecutionContext* context) {
    const size_t num_rows = sorter_.num_rows();
    const size_t words = BitmapWords(num_rows);
    partition_starts_.assign(words, 0);
    const size_t all_keys = plan_.num_partition_keys + plan_.num_order_keys;
    const bool peers_apart = plan_.num_order_keys > 0;
    if (peers_apart) peer_starts_.assign(words, 0);
    const int workers = num_rows < kBlockRows ? 1 : std::max(context->num_workers, 1);
    RETURN_IF_ERROR(RunParallel(workers, [&](int worker) -> Status {
      const size_t first = words * worker / workers, last = words * (worker + 1) / workers;
      const size_t begin = first * 64, end = std::min(last * 64, num_rows);
      sorter_.MarkStarts(plan_.num_partition_keys, begin, end, partition_starts_.data() + first);
      if (peers_apart) sorter_.MarkStarts(all_keys, begin, end, peer_starts_.data() + first);
      return OkStatus();
    }));
    SetBit(partition_starts_.data(), 0);
    if (peers_apart) SetBit(peer_starts_.data(), 0);
    return OkStatus();
  }

  Status CutBlocks() {
    const size_t num_rows = sorter_.num_rows();
    blocks_ = {0};
    while (blocks_.back() < num_rows) {
      size_t end = blocks_.back() + kBlockRows;
      while (end < num_rows && !BitIsSet(partition_starts_.data(), end)) {
        // Words without a start are passed over whole.
        if (end % 64 == 0 && partition_starts_[end / 64] == 0)
          end += 64;
        else
          ++end;
      }
      end = std::min(end, num_rows);
      if (end - blocks_.back() > kMaxPartitionRows) {
        return ResourceExhausted("a window's partition may have {} rows (kMaxPartitionRows)",
                                 kMaxPartitionRows);
      }
      blocks_.push_back(end);
    }
    return OkStatus();
  }

  static void ReadStarts(const std::vector<uint64_t>& bits, size_t first, uint32_t num_rows,
                         std::vector<uint32_t>* starts, std::vector<uint32_t>* of_row) {
    of_row->resize(num_rows);
    uint32_t* out = of_row->data();
    for (uint32_t row = 0; row < num_rows; ++row) {
      if (row == 0 || BitIsSet(bits.data(), first + row)) starts->push_back(row);
      out[row] = static_cast<uint32_t>(starts->size() - 1);
    }
    starts->push_back(num_rows);
  }

  Status ComputeBlock(size_t index, const FunctionContext& functions, MemoryBudget* budget,
                      std::vector<Piece>* pieces, int64_t* bytes) const {
    const size_t first_row = blocks_[index];
    const auto num_rows = static_cast<uint32_t>(blocks_[index + 1] - first_row);
    WindowBlock block(plan_, sorter_, first_row);
    Reservation memory(budget), states(budget);
    size_t row_bytes = 16 + 8 * plan_.frames.size();
    for (const PlannedFunction& function : plan_.functions) {
      for (const WindowArg& arg : function.args) {
        if (arg.column) row_bytes += PhysicalSize(plan_.types[*arg.column].physical());
      }
    }
    RETURN_IF_ERROR(memory.Resize(static_cast<int64_t>(num_rows * row_bytes)));
    WindowRows& rows = block.rows();
    rows.num_rows = num_rows;
    ReadStarts(partition_starts_, first_row, num_rows, &rows.partition_starts, &rows.partition_of);
    if (peer_starts_.empty()) {
      rows.peer_starts = rows.partition_starts;
      rows.peers_of = rows.partition_of;
    } else {
      ReadStarts(peer_starts_, first_row, num_rows, &rows.peer_starts, &rows.peers_of);
    }
    std::vector<WindowFrames> frames;
    for (const PlannedFrame& frame : plan_.frames) frames.push_back(ComputeFrames(frame, block));
    pieces->resize(block.num_pieces());
    for (uint32_t piece = 0; piece < block.num_pieces(); ++piece) {
      (*pieces)[piece].first_row = first_row + block.PieceBegin(piece);
      (*pieces)[piece].num_rows = block.PieceEnd(piece) - block.PieceBegin(piece);
    }
    for (const PlannedFunction& function : plan_.functions) {
      const WindowFrames* own = function.frame ? &frames[*function.frame] : nullptr;
      std::vector<Vector> results;
      if (function.expr.window.function) {
        ASSIGN_OR_RETURN(results, ComputeWindowFunction(function, own, &block));
      } else {
        ASSIGN_OR_RETURN(results,
                         ComputeWindowAggregate(function, own, functions, &states, &block));
      }
      for (size_t piece = 0; piece < results.size(); ++piece) {
        *bytes += static_cast<int64_t>(results[piece].MemoryUsage());
        (*pieces)[piece].results.push_back(std::move(results[piece]));
      }
    }
    if (plan_.limit) {
      for (Piece& piece : *pieces) Limit(&piece);
    }
    return OkStatus();
  }

  void Limit(Piece* piece) const {
    const int64_t* ranks = piece->results[plan_.limit->function].values<int64_t>();
    piece->filtered = true;
    for (uint32_t i = 0; i < piece->num_rows; ++i) {
      if (ranks[i] <= plan_.limit->most) piece->kept.push_back(i);
    }
    for (Vector& result : piece->results) {
      result = result.Gather(piece->kept.data(), piece->kept.size());
    }
  }

  const WindowSpec spec_;
  const int level_;
  WindowPlan plan_;
  const std::vector<ExprPtr>& partition_by_;
  const std::vector<SortKey>& order_by_;
  const bool drops_early_;
  RowSorter sorter_;
  Mutex mutex_;
  // Set by the first worker, before it takes rows.
  ExecutionContext* context_ = nullptr;
  bool spills_ = false;
  std::unique_ptr<SpillParts> parts_;  // made under the lock; null: all rows are in memory
  std::vector<uint64_t> partition_starts_, peer_starts_;  // bitmaps; peer_starts_ empty: the same
  std::vector<size_t> blocks_;                            // first row of each, then all rows
  std::vector<Piece> pieces_;
  std::unique_ptr<Reservation> result_memory_;
};

struct NoState : WorkerState {};

class WindowSource : public Source {
 public:
  explicit WindowSource(std::shared_ptr<const Window> window) : window_(std::move(window)) {}
  WorkerStatePtr MakeState(ExecutionContext*) override { return std::make_unique<NoState>(); }
  StatusOr<bool> Next(WorkerState*, Chunk* out) override {
    const size_t piece = next_.fetch_add(1, std::memory_order_relaxed);
    if (piece >= window_->num_pieces()) return false;
    *out = window_->Rows(piece);
    return true;
  }
  int UsefulWorkers() const override {
    return static_cast<int>(std::min<size_t>(window_->num_pieces() / 4 + 1, 1024));
  }

 private:
  std::shared_ptr<const Window> window_;
  std::atomic<size_t> next_{0};
};

StatusOr<std::unique_ptr<Source>> Window::PartSource(size_t part, ExecutionContext* context) const {
  std::shared_ptr<SinkSource> window = MakeWindowAt(spec_, level_ + 1);
  {
    WorkerStatePtr state = window->MakeState(context);
    RETURN_IF_ERROR(parts_->Read(part, context->cancellation, [&](Chunk chunk) {
      return window->Consume(state.get(), std::move(chunk)).status();
    }));
    RETURN_IF_ERROR(window->Combine(state.get()));
  }
  RETURN_IF_ERROR(window->Finalize(context));
  return window->MakeSource();
}

std::unique_ptr<Source> Window::MakeSource() {
  if (parts_) {
    auto self = shared_from_this();
    return MakeSourceSequence(
        SpillParts::kParts,
        [self](size_t part, ExecutionContext* context) { return self->PartSource(part, context); },
        {SpillDetail(parts_->bytes())});
  }
  return std::make_unique<WindowSource>(shared_from_this());
}

}  // namespace

Vector WindowBlock::Values(const WindowArg& arg, const Type& type, uint32_t begin,
                           uint32_t end) const {
  if (!arg.column) {
    return arg.constant.is_null() ? Vector::ConstantNull(type, end - begin)
                                  : Vector::Constant(arg.constant, end - begin);
  }
  std::vector<RowRef> refs(end - begin);
  for (uint32_t row = begin; row < end; ++row) refs.data()[row - begin] = Ref(row);
  return sorter_.gatherer().GatherColumn(*arg.column, refs.data(), refs.size(), nullptr);
}

Vector WindowBlock::Pick(size_t column, const uint32_t* picked, size_t count) const {
  std::vector<RowRef> refs(count);
  for (size_t i = 0; i < count; ++i) {
    refs.data()[i] = Ref(picked[i] < rows_.num_rows ? picked[i] : 0);
  }
  return sorter_.gatherer().GatherColumn(column, refs.data(), count, nullptr);
}

std::vector<Vector> WindowBlock::Pieces(const WindowArg& arg, const Type& type, bool any_encoding) {
  std::vector<Vector> pieces;
  if (arg.column) {
    auto known = pieces_.find({*arg.column, any_encoding});
    if (known != pieces_.end()) return known->second;
  }
  for (uint32_t piece = 0; piece < num_pieces(); ++piece) {
    Vector values = Values(arg, type, PieceBegin(piece), PieceEnd(piece));
    if (values.is_dictionary() && !any_encoding) values = values.Flatten();
    pieces.push_back(std::move(values));
  }
  if (arg.column) pieces_[{*arg.column, any_encoding}] = pieces;
  return pieces;
}

namespace {

std::shared_ptr<SinkSource> MakeWindowAt(WindowSpec spec, int level) {
  WindowPlan plan =
      Planner(spec.partition_by.size(), spec.order_by, spec.functions, spec.limit, spec.input_types)
          .Take();
  return std::make_shared<Window>(std::move(spec), std::move(plan), level);
}

}  // namespace

std::shared_ptr<SinkSource> MakeWindow(std::vector<ExprPtr> partition_by,
                                       std::vector<SortKey> order_by,
                                       std::vector<WindowExpr> functions,
                                       std::optional<WindowRankLimit> limit,
                                       std::vector<Type> input_types) {
  return MakeWindowAt({std::move(partition_by), std::move(order_by), std::move(functions), limit,
                       std::move(input_types)},
                      0);
}

}  // namespace shale
