// Common subexpressions: what a node computes more than once, a projection below it computes once.
// Only what is computed for every row in any case moves there, so nothing is evaluated that would
// not have been: of AND, OR, CASE and COALESCE the first argument, of filters the first condition.
#include <algorithm>
#include <unordered_map>

#include "engine/vector/hash.h"
#include "sql/rules/rules.h"

namespace shale {
namespace {

// A place where an expression stands. `always`: it is evaluated for every row of the input.
struct Place {
  ExprPtr* expr;
  bool always;
  bool counts = true;  // false: the node itself computes it together with another place
};

bool MayMove(const Expr& expr) {
  if (expr.args.empty() || expr.type.id() == TypeId::kStruct) return false;
  if (VolatilityOf(expr) == Volatility::kVolatile) return false;
  std::vector<size_t> columns;
  CollectColumns(expr, &columns);
  return !columns.empty();  // without columns it is computed once anyway
}

class Candidates {
 public:
  void Add(const ExprPtr& expr, bool always) { Visit(expr, always); }

  // What is worth computing beforehand.
  std::vector<ExprPtr> Shared() const {
    std::vector<ExprPtr> shared;
    for (const Candidate& candidate : all_) {
      if (candidate.uses > 1 && candidate.always && MayMove(*candidate.expr)) {
        shared.push_back(candidate.expr);
      }
    }
    return shared;
  }

 private:
  struct Candidate {
    ExprPtr expr;
    size_t uses = 0;
    bool always = false;
  };

  // A second use counts as a whole: its parts are shared with it.
  uint64_t Visit(const ExprPtr& expr, bool always) {
    if (expr->args.empty()) return HashLeaf(*expr);
    const uint64_t hash = Hash(*expr);
    auto [begin, end] = by_hash_.equal_range(hash);
    for (auto found = begin; found != end; ++found) {
      Candidate& candidate = all_[found->second];
      if (!Equal(*candidate.expr, *expr)) continue;
      ++candidate.uses;
      if (always && !candidate.always) {
        candidate.always = true;
        VisitArgs(*expr, true);  // its parts were only seen where they might not be needed
      }
      return hash;
    }
    by_hash_.emplace(hash, all_.size());
    all_.push_back({expr, 1, always});
    VisitArgs(*expr, always);
    return hash;
  }
  void VisitArgs(const Expr& expr, bool always) {
    for (size_t i = 0; i < expr.args.size(); ++i) {
      Visit(expr.args[i], always && (expr.kind == Expr::Kind::kCall || i == 0));
    }
  }

  static uint64_t HashLeaf(const Expr& expr) {
    uint64_t hash = HashInt(static_cast<uint64_t>(expr.kind) + 1);
    if (expr.kind == Expr::Kind::kColumn) hash = HashCombine(hash, expr.column_index);
    if (expr.kind == Expr::Kind::kConstant) hash = HashCombine(hash, HashBytes(ToString(expr)));
    return hash;
  }
  uint64_t Hash(const Expr& expr) {
    if (expr.args.empty()) return HashLeaf(expr);
    auto [known, is_new] = hashes_.try_emplace(&expr, 0);
    if (!is_new) return known->second;
    uint64_t hash = HashInt(static_cast<uint64_t>(expr.kind) + 1);
    if (expr.kind == Expr::Kind::kCall) {
      hash = HashCombine(hash, reinterpret_cast<uintptr_t>(expr.function.function));
    }
    for (const ExprPtr& arg : expr.args) hash = HashCombine(hash, Hash(*arg));
    return hashes_[&expr] = hash;
  }

  std::vector<Candidate> all_;
  std::unordered_multimap<uint64_t, size_t> by_hash_;
  std::unordered_map<const Expr*, uint64_t> hashes_;
};

// Puts a projection of what `places` share between them and *child. `wanted` (may be null): the
// columns of *child that are read besides, else all of them are.
bool Share(const std::vector<Place>& places, PlanPtr* child, ColumnVar* next,
           const std::set<ColumnVar>* wanted) {
  Candidates candidates;
  for (const Place& place : places) {
    if (place.counts) candidates.Add(*place.expr, place.always);
  }
  const std::vector<ExprPtr> shared = candidates.Shared();
  if (shared.empty()) return false;
  std::vector<PlanColumn> computed;
  for (const ExprPtr& expr : shared) computed.push_back({(*next)++, ToString(*expr), expr->type});
  std::set<ColumnVar> used;
  for (const Place& place : places) {
    *place.expr = Rewrite(*place.expr, [&](const ExprPtr& part) -> ExprPtr {
      for (size_t i = 0; i < shared.size(); ++i) {
        if (part->args.size() == shared[i]->args.size() && Equal(*part, *shared[i])) {
          return ColumnOf(computed[i]);
        }
      }
      return nullptr;
    });
    std::vector<size_t> columns;
    CollectColumns(**place.expr, &columns);
    used.insert(columns.begin(), columns.end());
  }
  ProjectNode project;
  std::vector<PlanColumn> output;
  for (const PlanColumn& column : (*child)->output) {
    if (wanted && !wanted->contains(column.id) && !used.contains(column.id)) continue;
    project.exprs.push_back(ColumnOf(column));
    output.push_back(column);
  }
  // One that stands only within others is a column of the next projection down.
  for (size_t i = 0; i < shared.size(); ++i) {
    if (!used.contains(computed[i].id)) continue;
    project.exprs.push_back(shared[i]);
    output.push_back(computed[i]);
  }
  *child = MakePlan(std::move(project), std::move(output), PlanList(std::move(*child)));
  return true;
}

// Whether no aggregate before `part` has this argument and the same FILTER: those are one.
bool IsFirst(const AggregateNode& node, const AggregateExpr& part, const ExprPtr& arg) {
  for (const AggregateExpr& other : node.aggregates) {
    const bool same_filter = other.filter && part.filter ? Equal(*other.filter, *part.filter)
                                                         : !other.filter && !part.filter;
    for (const ExprPtr& before : other.args) {
      if (&before == &arg) return true;
      if (same_filter && Equal(*before, *arg)) return false;
    }
  }
  return true;
}

// Aggregates with a FILTER compute their arguments for the rows that pass it.
std::vector<Place> PlacesOf(Plan* plan) {
  std::vector<Place> places;
  if (auto* aggregate = plan->As<AggregateNode>()) {
    for (ExprPtr& key : aggregate->keys) places.push_back({&key, true});
    for (AggregateExpr& part : aggregate->aggregates) {
      if (part.filter) places.push_back({&part.filter, true});
      for (ExprPtr& arg : part.args) {
        places.push_back({&arg, !part.filter, IsFirst(*aggregate, part, arg)});
      }
      for (SortKey& key : part.order_by) places.push_back({&key.expr, !part.filter});
    }
  } else if (auto* project = plan->As<ProjectNode>()) {
    for (ExprPtr& expr : project->exprs) places.push_back({&expr, true});
  }
  return places;
}

}  // namespace

void ShareExpressions(PlanPtr* plan, ColumnVar* next) {
  Plan& node = **plan;
  std::vector<Place> places = PlacesOf(&node);
  const std::set<ColumnVar> nothing;
  if (!places.empty()) {
    Share(places, &node.children[0], next, &nothing);
    // Through a filter below: what its first condition needs of every row is there for the rest.
    Plan* child = node.children[0].get();
    if (auto* filter = child->As<FilterNode>()) {
      std::vector<Place> both;
      for (ExprPtr& conjunct : filter->conjuncts) both.push_back({&conjunct, both.empty()});
      for (Place& place : places) both.push_back({place.expr, false, place.counts});
      if (Share(both, &child->children[0], next, &nothing)) {
        child->output = child->children[0]->output;
      }
    }
  } else if (auto* filter = node.As<FilterNode>()) {
    for (ExprPtr& conjunct : filter->conjuncts) places.push_back({&conjunct, places.empty()});
    Share(places, &node.children[0], next, nullptr);
  }
  for (PlanPtr& child : node.children) ShareExpressions(&child, next);
}

}  // namespace shale
