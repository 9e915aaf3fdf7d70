#include "sql/lower.h"

#include <algorithm>
#include <map>

#include "engine/operators/collect.h"
#include "engine/operators/filter.h"
#include "engine/operators/unnest.h"

namespace shale {
namespace {

// Rows on their way: where they come from, what has been done to them, which column is where.
struct Stream {
  std::vector<Pipeline::Branch> branches;
  std::vector<ColumnVar> layout;
  bool ordered = false;  // the source's order matters: one worker
};

class Lowering {
 public:
  Lowering(Snapshot snapshot, bool analyze) : snapshot_(std::move(snapshot)), analyze_(analyze) {}

  StatusOr<Stream> Lower(Plan* plan) {
    return std::visit([&](auto& node) { return LowerNode(plan, node); }, plan->node);
  }

  void Finish(Stream stream, std::shared_ptr<Sink> sink, std::shared_ptr<PartProfile> profile) {
    Pipeline pipeline;
    pipeline.branches = std::move(stream.branches);
    pipeline.sink = std::move(sink);
    pipeline.sink_profile = std::move(profile);
    pipeline.single_worker = stream.ordered;
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
      if (analyze_) branch.profiles.push_back(profile);
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
    return FromSource(
        plan,
        [snapshot, table, spec, counters]() -> StatusOr<std::unique_ptr<Source>> {
          return MakeTableSource(snapshot, table, spec, counters);
        },
        node.sorted);
  }
  StatusOr<Stream> LowerNode(Plan* plan, ValuesNode& node) {
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
    TopN top =
        MakeTopN(Positioned(node.keys, stream.layout), TypesOf(*child), node.limit, node.offset);
    stream.ordered = false;
    Finish(std::move(stream), top.sink, SinkProfile(plan));
    return FromSink(plan, top.sink, true);
  }
  StatusOr<Stream> LowerNode(Plan* plan, LimitNode& node) {
    ASSIGN_OR_RETURN(Stream stream, Lower(plan->children[0].get()));
    Add(plan, &stream, MakeLimit(node.limit, node.offset));
    return stream;
  }
  StatusOr<Stream> LowerNode(Plan* plan, JoinNode& node) {
    Plan* probe = plan->children[0].get();
    Plan* build = plan->children[1].get();
    ASSIGN_OR_RETURN(Stream built, Lower(build));
    ProjectTo(&built, build->output);
    ASSIGN_OR_RETURN(Stream stream, Lower(probe));
    ProjectTo(&stream, probe->output);
    std::vector<ColumnVar> both = stream.layout;
    both.insert(both.end(), built.layout.begin(), built.layout.end());
    HashJoin join = MakeHashJoin(node.kind, Positioned(node.probe_keys, stream.layout),
                                 Positioned(node.build_keys, built.layout),
                                 node.residual ? Positioned(node.residual, both) : nullptr,
                                 TypesOf(*probe), TypesOf(*build));
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
      for (Pipeline::Branch& branch : stream.branches) all.branches.push_back(std::move(branch));
    }
    return all;
  }

  std::shared_ptr<PartProfile> SinkProfile(Plan* plan) {
    return analyze_ ? Profile(plan) : nullptr;
  }

  Snapshot snapshot_;
  bool analyze_;
  std::vector<Pipeline> pipelines_;
};

}  // namespace

StatusOr<LoweredQuery> LowerQuery(Plan* plan, const std::vector<PlanColumn>& result,
                                  Snapshot snapshot, std::shared_ptr<Sink> sink, bool analyze) {
  Lowering lowering(std::move(snapshot), analyze);
  ASSIGN_OR_RETURN(Stream stream, lowering.Lower(plan));
  lowering.ProjectTo(&stream, result);
  lowering.Finish(std::move(stream), std::move(sink), nullptr);
  LoweredQuery query;
  query.pipelines = lowering.TakePipelines();
  return query;
}

}  // namespace shale
