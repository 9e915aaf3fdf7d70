#include "sql/lower.h"

#include <algorithm>
#include <map>

#include "engine/operators/asof_join.h"
#include "engine/operators/collect.h"
#include "engine/operators/expand.h"
#include "engine/operators/filter.h"
#include "engine/operators/recursion.h"
#include "engine/operators/row_limits.h"
#include "engine/operators/unnest.h"

namespace shale {
namespace {

// Rows that a top-n keeps in memory, limit or offset.
constexpr int64_t kMaxTopRows = 1 << 20;

// Conditions that a scan gets when it starts: what joins further on then know of their other side.
using LateFilters = std::vector<std::function<void(std::vector<ExprPtr>*)>>;
struct ScanColumn {
  std::shared_ptr<LateFilters> filters;
  size_t position;
  ScanNode* scan;
};

// Rows on their way: where they come from, what has been done to them, which column is where.
struct Stream {
  std::vector<Pipeline::Branch> branches;
  std::vector<ColumnVar> layout;
  bool ordered = false;     // the source's order may matter to who reads: one worker
  bool sequential = false;  // it does matter to an operator already added
  // Columns that a scan reads and every operator so far hands on row by row: where a condition on
  // one may be added that drops rows early.
  std::map<ColumnVar, ScanColumn> scanned;
};

// What one lowering of a recursive term leaves to the next: inputs that stay as they are.
struct RecursionInputs {
  SharedChunks working;
  std::map<const SharedPlan*, std::shared_ptr<CollectSink>> shared;
  std::map<const Plan*, HashJoin> joins;  // whose build side does not read the working table
};

class Lowering {
 public:
  Lowering(Snapshot snapshot, bool analyze, std::shared_ptr<RecursionInputs> inputs)
      : snapshot_(std::move(snapshot)), analyze_(analyze), inputs_(std::move(inputs)) {}

  StatusOr<Stream> Lower(Plan* plan) {
    return std::visit([&](auto& node) { return LowerNode(plan, node); }, plan->node);
  }

  void Finish(Stream stream, std::shared_ptr<Sink> sink, std::shared_ptr<PartProfile> profile) {
    Pipeline pipeline;
    pipeline.branches = std::move(stream.branches);
    pipeline.sink = std::move(sink);
    pipeline.sink_profile = std::move(profile);
    pipeline.single_worker = stream.ordered || stream.sequential;
    pipelines_.push_back(std::move(pipeline));
  }

  // A projection to exactly these columns, unless the stream has them so already.
  void ProjectTo(Stream* stream, const std::vector<PlanColumn>& columns) {
    std::vector<ColumnVar> wanted;
    std::vector<ExprPtr> exprs;
    for (const PlanColumn& column : columns) {
      wanted.push_back(column.id);
      exprs.push_back(Positioned(ColumnOf(column), stream->layout));
    }
    if (wanted == stream->layout) return;
    Add(nullptr, stream, MakeProject(std::move(exprs)));
    stream->layout = std::move(wanted);
  }

  std::vector<Pipeline> TakePipelines() { return std::move(pipelines_); }

 private:
  static ExprPtr Positioned(const ExprPtr& expr, const std::vector<ColumnVar>& layout) {
    return Rewrite(expr, [&](const ExprPtr& part) -> ExprPtr {
      if (part->kind != Expr::Kind::kColumn) return nullptr;
      auto found = std::find(layout.begin(), layout.end(), part->column_index);
      SHALE_CHECK(found != layout.end());
      return MakeColumn(static_cast<size_t>(found - layout.begin()), part->type, part->name);
    });
  }
  static size_t PositionOf(ColumnVar id, const std::vector<ColumnVar>& layout) {
    auto found = std::find(layout.begin(), layout.end(), id);
    SHALE_CHECK(found != layout.end());
    return static_cast<size_t>(found - layout.begin());
  }
  static std::vector<ExprPtr> Positioned(const std::vector<ExprPtr>& exprs,
                                         const std::vector<ColumnVar>& layout) {
    std::vector<ExprPtr> result;
    for (const ExprPtr& expr : exprs) result.push_back(Positioned(expr, layout));
    return result;
  }
  static std::vector<SortKey> Positioned(const std::vector<SortKey>& keys,
                                         const std::vector<ColumnVar>& layout) {
    std::vector<SortKey> result = keys;
    for (SortKey& key : result) key.expr = Positioned(key.expr, layout);
    return result;
  }
  static std::vector<ColumnVar> LayoutOf(const Plan& plan) {
    std::vector<ColumnVar> layout;
    for (const PlanColumn& column : plan.output) layout.push_back(column.id);
    return layout;
  }
  static std::vector<Type> TypesOf(const Plan& plan) {
    std::vector<Type> types;
    for (const PlanColumn& column : plan.output) types.push_back(column.type);
    return types;
  }

  std::shared_ptr<PartProfile> Profile(Plan* plan) {
    auto profile = std::make_shared<PartProfile>();
    if (plan) plan->profiles.push_back(profile);
    return profile;
  }
  void Add(Plan* plan, Stream* stream, std::shared_ptr<Operator> op) {
    std::shared_ptr<PartProfile> profile = analyze_ ? Profile(plan) : nullptr;
    for (Pipeline::Branch& branch : stream->branches) {
      branch.operators.push_back(op);
      if (!analyze_) continue;
      branch.profiles.push_back(profile);
      // A plan that is no source itself may tell something of its operator.
      if (plan && plan->As<JoinNode>()) {
        if (!plan->details) plan->details = std::make_shared<std::vector<std::string>>();
        branch.operator_details.resize(branch.operators.size());
        branch.operator_details.back() = plan->details;
      }
    }
  }
  Stream FromSource(Plan* plan, std::function<StatusOr<std::unique_ptr<Source>>()> make,
                    bool ordered) {
    Stream stream;
    Pipeline::Branch branch;
    branch.make_source = std::move(make);
    if (analyze_) {
      branch.profiles.push_back(Profile(plan));
      plan->details = std::make_shared<std::vector<std::string>>();
      branch.source_details = plan->details;
    }
    stream.branches.push_back(std::move(branch));
    stream.layout = LayoutOf(*plan);
    stream.ordered = ordered;
    return stream;
  }
  Stream FromSink(Plan* plan, std::shared_ptr<SinkSource> sink, bool ordered) {
    return FromSource(
        plan, [sink]() -> StatusOr<std::unique_ptr<Source>> { return sink->MakeSource(); },
        ordered);
  }

  StatusOr<Stream> LowerNode(Plan* plan, ScanNode& node) {
    ScanSpec spec;
    spec.columns = node.columns;
    std::vector<ColumnVar> layout = LayoutOf(*plan);
    spec.filters = Positioned(node.filters, layout);
    spec.filter_only = node.filter_only;
    spec.filter_only.resize(node.columns.size());
    for (ColumnVar id : node.order) {
      auto found = std::find(layout.begin(), layout.end(), id);
      spec.order.columns.push_back(static_cast<size_t>(found - layout.begin()));
    }
    spec.order.sorted = node.sorted;
    TableId table = node.schema->table_id;
    auto counters = node.counters;
    Snapshot snapshot = snapshot_;
    auto late = std::make_shared<LateFilters>();
    Stream stream = FromSource(
        plan,
        [snapshot, table, spec, counters, late]() -> StatusOr<std::unique_ptr<Source>> {
          ScanSpec with_late = spec;
          for (const auto& add : *late) add(&with_late.filters);
          with_late.join_filters = with_late.filters.size() - spec.filters.size();
          return MakeTableSource(snapshot, table, std::move(with_late), counters);
        },
        node.sorted);
    // A late condition could fix what the order of a scan is by.
    for (size_t i = 0; node.order.empty() && i < layout.size(); ++i) {
      stream.scanned[layout[i]] = {late, i, &node};
    }
    return stream;
  }
  StatusOr<Stream> LowerNode(Plan* plan, ValuesNode& node) {
    if (node.series) {
      const NumberSeries series = *node.series;
      return FromSource(
          plan,
          [series]() -> StatusOr<std::unique_ptr<Source>> { return MakeSeriesSource(series); },
          false);
    }
    auto chunks = node.chunks;
    return FromSource(
        plan, [chunks]() -> StatusOr<std::unique_ptr<Source>> { return MakeChunkSource(chunks); },
        false);
  }
  StatusOr<Stream> LowerNode(Plan* plan, FilterNode& node) {
    ASSIGN_OR_RETURN(Stream stream, Lower(plan->children[0].get()));
    Add(plan, &stream, MakeFilter(Positioned(node.conjuncts, stream.layout)));
    return stream;
  }
  StatusOr<Stream> LowerNode(Plan* plan, ProjectNode& node) {
    ASSIGN_OR_RETURN(Stream stream, Lower(plan->children[0].get()));
    Add(plan, &stream, MakeProject(Positioned(node.exprs, stream.layout)));
    stream.layout = LayoutOf(*plan);
    for (size_t i = 0; i < node.exprs.size(); ++i) {
      if (node.exprs[i]->kind != Expr::Kind::kColumn) continue;
      auto found = stream.scanned.find(node.exprs[i]->column_index);
      if (found != stream.scanned.end()) stream.scanned[plan->output[i].id] = found->second;
    }
    return stream;
  }
  StatusOr<Stream> LowerNode(Plan* plan, AggregateNode& node) {
    ASSIGN_OR_RETURN(Stream stream, Lower(plan->children[0].get()));
    std::vector<AggregateExpr> aggregates = node.aggregates;
    for (AggregateExpr& aggregate : aggregates) {
      aggregate.args = Positioned(aggregate.args, stream.layout);
      if (aggregate.filter) aggregate.filter = Positioned(aggregate.filter, stream.layout);
      aggregate.order_by = Positioned(aggregate.order_by, stream.layout);
    }
    std::vector<ExprPtr> keys = Positioned(node.keys, stream.layout);
    if (node.in_ranges) {
      Add(plan, &stream, MakeRangeAggregate(std::move(keys), std::move(aggregates)));
      stream.layout = LayoutOf(*plan);
      return stream;
    }
    auto sink = MakeAggregate(std::move(keys), std::move(aggregates));
    // Grouping asks for no order, but array_agg and such take their rows as they come.
    stream.ordered &= std::any_of(
        node.aggregates.begin(), node.aggregates.end(), [](const AggregateExpr& aggregate) {
          return aggregate.function.function->order_sensitive && aggregate.order_by.empty();
        });
    Finish(std::move(stream), sink, SinkProfile(plan));
    return FromSink(plan, sink, false);
  }
  StatusOr<Stream> LowerNode(Plan* plan, WindowNode& node) {
    Plan* child = plan->children[0].get();
    ASSIGN_OR_RETURN(Stream stream, Lower(child));
    ProjectTo(&stream, child->output);
    std::vector<WindowExpr> functions = node.functions;
    for (WindowExpr& function : functions) {
      ForEachExpr(function, [&](ExprPtr& expr) { expr = Positioned(expr, stream.layout); });
    }
    auto sink = MakeWindow(Positioned(node.partition_by, stream.layout),
                           Positioned(node.order_by, stream.layout), std::move(functions),
                           node.limit, TypesOf(*child));
    stream.ordered = false;  // ties of the window's order keep no promise
    Finish(std::move(stream), sink, SinkProfile(plan));
    return FromSink(plan, sink, false);
  }
  StatusOr<Stream> LowerNode(Plan* plan, SortNode& node) {
    Plan* child = plan->children[0].get();
    ASSIGN_OR_RETURN(Stream stream, Lower(child));
    ProjectTo(&stream, child->output);
    auto sink = MakeSort(Positioned(node.keys, stream.layout), TypesOf(*child));
    stream.ordered = false;
    Finish(std::move(stream), sink, SinkProfile(plan));
    return FromSink(plan, sink, true);
  }
  StatusOr<Stream> LowerNode(Plan* plan, TopNNode& node) {
    Plan* child = plan->children[0].get();
    ASSIGN_OR_RETURN(Stream stream, Lower(child));
    ProjectTo(&stream, child->output);
    // So many rows had better be sorted: a sort may put them on disk.
    if (node.limit > kMaxTopRows || node.offset > kMaxTopRows) {
      auto sink = MakeSort(Positioned(node.keys, stream.layout), TypesOf(*child));
      stream.ordered = false;
      Finish(std::move(stream), sink, SinkProfile(plan));
      Stream sorted = FromSink(plan, sink, true);
      sorted.sequential = true;
      Add(nullptr, &sorted, MakeLimit(node.limit, node.offset));
      return sorted;
    }
    TopN top =
        MakeTopN(Positioned(node.keys, stream.layout), TypesOf(*child), node.limit, node.offset);
    stream.ordered = false;
    Finish(std::move(stream), top.sink, SinkProfile(plan));
    return FromSink(plan, top.sink, true);
  }
  StatusOr<Stream> LowerNode(Plan* plan, LimitNode& node) {
    ASSIGN_OR_RETURN(Stream stream, Lower(plan->children[0].get()));
    stream.sequential |= stream.ordered;
    stream.scanned.clear();
    if (node.ties.empty()) {
      Add(plan, &stream, MakeLimit(node.limit, node.offset));
    } else {
      stream.sequential = true;
      Add(plan, &stream,
          MakeLimitWithTies(Positioned(node.ties, stream.layout), node.limit, node.offset));
    }
    return stream;
  }
  StatusOr<Stream> LowerNode(Plan* plan, ComputedLimitNode& node) {
    std::vector<std::shared_ptr<LimitNumber>> numbers;
    for (size_t c = 1; c < plan->children.size(); ++c) {
      Plan* child = plan->children[c].get();
      ASSIGN_OR_RETURN(Stream number, Lower(child));
      ProjectTo(&number, {child->output[0]});
      numbers.push_back(MakeLimitNumber(c == 1 && node.has_limit ? "LIMIT" : "OFFSET"));
      Finish(std::move(number), numbers.back()->sink, SinkProfile(plan));
    }
    ASSIGN_OR_RETURN(Stream stream, Lower(plan->children[0].get()));
    stream.sequential |= stream.ordered;
    stream.scanned.clear();
    Add(plan, &stream,
        MakeComputedLimit(node.has_limit ? numbers[0] : nullptr,
                          node.has_offset ? numbers.back() : nullptr));
    return stream;
  }
  StatusOr<Stream> LowerNode(Plan* plan, LimitByNode& node) {
    ASSIGN_OR_RETURN(Stream stream, Lower(plan->children[0].get()));
    stream.sequential |= stream.ordered;
    stream.scanned.clear();
    Add(plan, &stream, MakeLimitBy(Positioned(node.keys, stream.layout), node.limit, node.offset));
    return stream;
  }
  StatusOr<Stream> LowerNode(Plan* plan, ExpandNode& node) {
    Plan* child = plan->children[0].get();
    ASSIGN_OR_RETURN(Stream stream, Lower(child));
    ProjectTo(&stream, child->output);
    std::vector<size_t> keys;
    for (ColumnVar id : node.keys) keys.push_back(PositionOf(id, stream.layout));
    Add(plan, &stream, MakeExpand(std::move(keys), node.sets));
    stream.layout = LayoutOf(*plan);
    return stream;
  }
  StatusOr<Stream> LowerNode(Plan* plan, RepeatNode& node) {
    ASSIGN_OR_RETURN(Stream stream, Lower(plan->children[0].get()));
    const size_t count = PositionOf(node.count, stream.layout);
    Add(plan, &stream, MakeRepeat(count));
    stream.layout.erase(stream.layout.begin() + static_cast<ptrdiff_t>(count));
    return stream;
  }
  StatusOr<Stream> LowerNode(Plan* plan, AsofJoinNode& node) {
    Plan* probe = plan->children[0].get();
    Plan* build = plan->children[1].get();
    ASSIGN_OR_RETURN(Stream built, Lower(build));
    ProjectTo(&built, build->output);
    ASSIGN_OR_RETURN(Stream stream, Lower(probe));
    ProjectTo(&stream, probe->output);
    AsofPlan asof;
    asof.left = node.left;
    asof.op = node.op;
    asof.probe_keys = Positioned(node.probe_keys, stream.layout);
    asof.build_keys = Positioned(node.build_keys, built.layout);
    asof.probe_order = Positioned(node.probe_order, stream.layout);
    asof.build_order = Positioned(node.build_order, built.layout);
    asof.probe_types = TypesOf(*probe);
    asof.build_types = TypesOf(*build);
    ASSIGN_OR_RETURN(HashJoin join, MakeAsofJoin(std::move(asof)));
    built.ordered = false;
    Finish(std::move(built), join.build, SinkProfile(plan));
    Add(plan, &stream, join.probe);
    stream.layout = LayoutOf(*plan);
    return stream;
  }

  // ---- shared and recursive queries ----

  // The shared plan's rows, computed by a pipeline before the first that reads them.
  StatusOr<std::shared_ptr<CollectSink>> LowerShared(SharedPlan* shared) {
    std::shared_ptr<CollectSink>& sink = inputs_->shared[shared];
    if (sink) return sink;
    ASSIGN_OR_RETURN(Stream stream, Lower(shared->plan.get()));
    ProjectTo(&stream, shared->plan->output);
    std::shared_ptr<CollectSink> collect = MakeCollect();
    Finish(std::move(stream), collect, SinkProfile(shared->plan.get()));
    inputs_->shared[shared] = collect;
    return collect;
  }
  StatusOr<Stream> LowerNode(Plan* plan, SharedReadNode& node) {
    ASSIGN_OR_RETURN(std::shared_ptr<CollectSink> sink, LowerShared(node.shared.get()));
    Stream stream = FromSink(plan, sink, false);
    stream.layout = LayoutOf(*node.shared->plan);
    std::vector<ExprPtr> exprs;
    for (size_t i = 0; i < plan->output.size(); ++i) {
      const size_t position = PositionOf(node.inputs[i], stream.layout);
      exprs.push_back(MakeColumn(position, plan->output[i].type, plan->output[i].name));
    }
    Add(nullptr, &stream, MakeProject(std::move(exprs)));
    stream.layout = LayoutOf(*plan);
    return stream;
  }
  StatusOr<Stream> LowerNode(Plan* plan, WorkingReadNode&) {
    SharedChunks working = inputs_->working;
    return FromSource(
        plan, [working]() -> StatusOr<std::unique_ptr<Source>> { return MakeChunkSource(working); },
        false);
  }
  static std::vector<PlanColumn> Inputs(const Plan& plan, const std::vector<ColumnVar>& ids) {
    std::vector<PlanColumn> columns;
    for (size_t i = 0; i < ids.size(); ++i) {
      columns.push_back({ids[i], plan.output[i].name, plan.output[i].type});
    }
    return columns;
  }
  StatusOr<Stream> LowerNode(Plan* plan, RecursiveNode& node) {
    ASSIGN_OR_RETURN(Stream first, Lower(plan->children[0].get()));
    ProjectTo(&first, Inputs(*plan, node.inputs[0]));
    std::shared_ptr<CollectSink> seed = MakeCollect();
    Finish(std::move(first), seed, SinkProfile(plan));
    // What the recursive term reads besides is computed once.
    Plan* term = plan->children[1].get();
    for (const std::shared_ptr<SharedPlan>& shared : SharedPlans(*term)) {
      RETURN_IF_ERROR(LowerShared(shared.get()).status());
    }
    auto inputs = std::make_shared<RecursionInputs>(*inputs_);
    inputs->joins.clear();
    const std::vector<PlanColumn> columns = Inputs(*plan, node.inputs[1]);
    const Snapshot snapshot = snapshot_;
    RecursionStep step = [=](SharedChunks working,
                             ExecutionContext* context) -> StatusOr<SharedChunks> {
      inputs->working = std::move(working);
      Lowering lowering(snapshot, false, inputs);
      ASSIGN_OR_RETURN(Stream stream, lowering.Lower(term));
      lowering.ProjectTo(&stream, columns);
      std::shared_ptr<CollectSink> rows = MakeCollect();
      lowering.Finish(std::move(stream), rows, nullptr);
      std::vector<Pipeline> pipelines = lowering.TakePipelines();
      RETURN_IF_ERROR(RunPipelines(pipelines, context));
      return rows->shared();
    };
    std::vector<Type> types = TypesOf(*plan);
    const bool distinct = node.distinct;
    return FromSource(
        plan,
        [=]() -> StatusOr<std::unique_ptr<Source>> {
          return MakeRecursion(seed->shared(), types, distinct, step);
        },
        true);
  }
  StatusOr<Stream> LowerNode(Plan* plan, JoinNode& node) {
    Plan* probe = plan->children[0].get();
    Plan* build = plan->children[1].get();
    const bool keeps_build = node.kind == JoinKind::kRight || node.kind == JoinKind::kFull;
    // Within a recursion, a build side that stays the same is built once.
    const bool reused = inputs_->working && !keeps_build && !ReadsWorkingTable(*build);
    if (auto known = inputs_->joins.find(plan); reused && known != inputs_->joins.end()) {
      ASSIGN_OR_RETURN(Stream stream, Lower(probe));
      ProjectTo(&stream, probe->output);
      Add(plan, &stream, known->second.probe);
      stream.layout = LayoutOf(*plan);
      return stream;
    }
    ASSIGN_OR_RETURN(Stream built, Lower(build));
    ProjectTo(&built, build->output);
    ASSIGN_OR_RETURN(Stream stream, Lower(probe));
    ProjectTo(&stream, probe->output);
    // Rows that met none come out once: behind one source.
    if (keeps_build && stream.branches.size() > 1) {
      auto rows = MakeCollect();
      std::vector<ColumnVar> layout = stream.layout;
      stream.ordered = false;
      Finish(std::move(stream), rows, nullptr);
      stream = FromSink(probe, rows, false);
      stream.layout = std::move(layout);
    }
    std::vector<ColumnVar> both = stream.layout;
    both.insert(both.end(), built.layout.begin(), built.layout.end());
    HashJoin join = MakeHashJoin(node.kind, Positioned(node.probe_keys, stream.layout),
                                 Positioned(node.build_keys, built.layout),
                                 node.residual ? Positioned(node.residual, both) : nullptr,
                                 TypesOf(*probe), TypesOf(*build), node.null_safe);
    if (reused) inputs_->joins[plan] = join;
    for (size_t k = 0; join.bounds && k < node.probe_keys.size(); ++k) {
      if (node.probe_keys[k]->kind != Expr::Kind::kColumn) continue;
      auto found = stream.scanned.find(node.probe_keys[k]->column_index);
      if (found == stream.scanned.end()) continue;
      found->second.scan->join_filters.push_back(ToString(*node.probe_keys[k]) + " = " +
                                                 ToString(*node.build_keys[k]));
      const ExprPtr column = MakeColumn(found->second.position, node.probe_keys[k]->type);
      found->second.filters->push_back([bounds = join.bounds, k, column](auto* filters) {
        for (ExprPtr& condition : bounds->Conditions(k, column)) {
          filters->push_back(std::move(condition));
        }
      });
    }
    built.ordered = false;
    // The build must be ready before the probe's own pipeline runs, which is finished later.
    Finish(std::move(built), join.build, SinkProfile(plan));
    Add(plan, &stream, join.probe);
    stream.layout = LayoutOf(*plan);
    return stream;
  }
  StatusOr<Stream> LowerNode(Plan* plan, ScalarJoinNode& node) {
    Plan* child = plan->children[1].get();
    ASSIGN_OR_RETURN(Stream value, Lower(child));
    std::vector<PlanColumn> column;
    for (const PlanColumn& candidate : child->output) {
      if (candidate.id == node.value) column.push_back(candidate);
    }
    ProjectTo(&value, column);
    ASSIGN_OR_RETURN(Stream stream, Lower(plan->children[0].get()));
    ProjectTo(&stream, plan->children[0]->output);
    ScalarJoin join = MakeScalarJoin(column[0].type);
    Finish(std::move(value), join.build, SinkProfile(plan));
    Add(plan, &stream, join.probe);
    stream.layout = LayoutOf(*plan);
    return stream;
  }
  StatusOr<Stream> LowerNode(Plan* plan, FetchNode& node) {
    ASSIGN_OR_RETURN(Stream stream, Lower(plan->children[0].get()));
    auto row_id = std::find(stream.layout.begin(), stream.layout.end(), node.row_id);
    SHALE_CHECK(row_id != stream.layout.end());
    Add(plan, &stream,
        MakeRowFetch(snapshot_, node.schema->table_id,
                     static_cast<size_t>(row_id - stream.layout.begin()), node.columns));
    size_t first = plan->output.size() - node.columns.size();
    for (size_t i = first; i < plan->output.size(); ++i)
      stream.layout.push_back(plan->output[i].id);
    return stream;
  }
  StatusOr<Stream> LowerNode(Plan* plan, UnnestNode& node) {
    ASSIGN_OR_RETURN(Stream stream, Lower(plan->children[0].get()));
    std::vector<size_t> kept;
    const size_t own = node.lists.size() + node.ordinality;
    for (size_t i = 0; i + own < plan->output.size(); ++i) {
      auto found = std::find(stream.layout.begin(), stream.layout.end(), plan->output[i].id);
      SHALE_CHECK(found != stream.layout.end());
      kept.push_back(static_cast<size_t>(found - stream.layout.begin()));
    }
    Add(plan, &stream,
        MakeUnnest(std::move(kept), Positioned(node.lists, stream.layout), node.ordinality,
                   node.keep_empty));
    stream.layout = LayoutOf(*plan);
    return stream;
  }
  StatusOr<Stream> LowerNode(Plan* plan, UnionAllNode& node) {
    Stream all;
    all.layout = LayoutOf(*plan);
    for (size_t c = 0; c < plan->children.size(); ++c) {
      ASSIGN_OR_RETURN(Stream stream, Lower(plan->children[c].get()));
      std::vector<PlanColumn> columns;
      for (size_t i = 0; i < plan->output.size(); ++i) {
        columns.push_back({node.inputs[c][i], plan->output[i].name, plan->output[i].type});
      }
      ProjectTo(&stream, columns);
      all.ordered |= stream.ordered;
      all.sequential |= stream.sequential;
      for (Pipeline::Branch& branch : stream.branches) all.branches.push_back(std::move(branch));
    }
    return all;
  }

  std::shared_ptr<PartProfile> SinkProfile(Plan* plan) {
    return analyze_ ? Profile(plan) : nullptr;
  }

  Snapshot snapshot_;
  bool analyze_;
  std::shared_ptr<RecursionInputs> inputs_;
  std::vector<Pipeline> pipelines_;
};

}  // namespace

StatusOr<LoweredQuery> LowerQuery(Plan* plan, const std::vector<PlanColumn>& result,
                                  Snapshot snapshot, std::shared_ptr<Sink> sink, bool analyze) {
  Lowering lowering(std::move(snapshot), analyze, std::make_shared<RecursionInputs>());
  ASSIGN_OR_RETURN(Stream stream, lowering.Lower(plan));
  lowering.ProjectTo(&stream, result);
  lowering.Finish(std::move(stream), std::move(sink), nullptr);
  LoweredQuery query;
  query.pipelines = lowering.TakePipelines();
  return query;
}

}  // namespace shale
