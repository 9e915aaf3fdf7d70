#include <algorithm>

#include "sql/rules/rules.h"

namespace shale {

void Optimize(PlanPtr* plan, const std::vector<PlanColumn>& result, const RuleContext& context) {
  ColumnVar next = MaxColumn(**plan) + 1;
  for (const auto& shared : SharedPlans(**plan)) {
    next = std::max(next, MaxColumn(*shared->plan) + 1);
  }
  MergeShared(plan, &next);
  // Readers before what they read: so a shared plan's columns are wanted before it is pruned.
  std::vector<std::shared_ptr<SharedPlan>> shared = SharedPlans(**plan);
  std::vector<PlanPtr*> plans = {plan};
  for (const auto& read : shared) plans.push_back(&read->plan);
  for (PlanPtr* part : plans) {
    FoldPlanConstants(part->get(), context);
    PushFilters(part);
    UnwrapComparisons(part->get(), context);
    LimitRanks(part->get());
    AnswerFromMetadata(part, context);
    ShareShiftedSums(part, &next);
    OrderJoins(part, context);
    ChooseBuildSides(part->get(), context);
    PushLimits(part);
  }
  std::set<ColumnVar> required;
  for (const PlanColumn& column : result) required.insert(column.id);
  PruneColumns(plan->get(), required);
  for (const auto& read : shared) PruneColumns(read->plan.get(), read->required);
  for (PlanPtr* part : plans) {
    UseKeyRanges(part, context, &next);
    FetchColumnsLate(part, &next);
    ShareExpressions(part, &next);
  }
}

}  // namespace shale
