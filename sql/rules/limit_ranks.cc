// A filter on a window's row_number, rank or dense_rank from above (QUALIFY … <= 3, or WHERE around
// a subquery) becomes the window's own limit: it keeps that many rows a partition.
#include <algorithm>

#include "sql/rules/rules.h"

namespace shale {
namespace {

bool IsRank(const WindowExpr& function) {
  if (!function.window.function) return false;
  const std::string& name = function.name();
  return name == "row_number" || name == "rank" || name == "dense_rank";
}

bool IsColumn(const Expr& expr) { return expr.kind == Expr::Kind::kColumn; }
bool IsNumber(const Expr& expr) {
  return expr.kind == Expr::Kind::kConstant && !expr.value.is_null() && expr.type.IsSignedInteger();
}

// The greatest value that `conjunct` allows its one column, if it is of the form column <= number.
struct RankBound {
  ColumnVar column = 0;
  int64_t most = 0;
  bool exact = true;  // it says nothing more of a rank
};
std::optional<RankBound> UpperBound(const Expr& conjunct) {
  if (conjunct.kind != Expr::Kind::kCall || conjunct.args.size() != 2) return std::nullopt;
  std::string name = conjunct.function.function->name;
  const Expr* left = conjunct.args[0].get();
  const Expr* right = conjunct.args[1].get();
  if (IsNumber(*left) && IsColumn(*right)) {
    std::swap(left, right);
    name = name == ">=" ? "<=" : name == ">" ? "<" : name == "=" ? "=" : "";
  }
  if (!IsColumn(*left) || !IsNumber(*right)) return std::nullopt;
  const int64_t number = right->value.AsInt();
  if (name == "<=") return RankBound{left->column_index, number};
  if (name == "=") return RankBound{left->column_index, number, number <= 1};  // ranks begin at 1
  if (name == "<" && number > INT64_MIN) return RankBound{left->column_index, number - 1};
  return std::nullopt;
}

}  // namespace

void LimitRanks(Plan* plan) {
  for (PlanPtr& child : plan->children) LimitRanks(child.get());
  auto* filter = plan->As<FilterNode>();
  if (!filter) return;
  Plan& child = *plan->children[0];
  auto* window = child.As<WindowNode>();
  if (!window || window->limit) return;
  const size_t first = child.output.size() - window->functions.size();
  // One bound becomes the limit; others go on filtering.
  for (auto conjunct = filter->conjuncts.begin(); conjunct != filter->conjuncts.end(); ++conjunct) {
    const std::optional<RankBound> bound = UpperBound(**conjunct);
    if (!bound) continue;
    size_t i = 0;
    while (i < window->functions.size() && child.output[first + i].id != bound->column) ++i;
    if (i == window->functions.size() || !IsRank(window->functions[i])) continue;
    window->limit = WindowRankLimit{i, bound->most};
    if (bound->exact) filter->conjuncts.erase(conjunct);
    break;
  }
  if (window->limit && filter->conjuncts.empty()) {
    PlanPtr only = std::move(plan->children[0]);
    *plan = std::move(*only);
  }
}

}  // namespace shale
