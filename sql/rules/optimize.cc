#include "sql/rules/rules.h"

namespace shale {

void Optimize(PlanPtr* plan, const std::vector<PlanColumn>& result, const RuleContext& context) {
  FoldPlanConstants(plan->get(), context);
  PushFilters(plan);
  LimitRanks(plan->get());
  AnswerFromMetadata(plan, context);
  ColumnVar next = MaxColumn(**plan) + 1;
  ShareShiftedSums(plan, &next);
  ChooseBuildSides(plan->get(), context);
  std::set<ColumnVar> required;
  for (const PlanColumn& column : result) required.insert(column.id);
  PruneColumns(plan->get(), required);
  UseKeyRanges(plan, context, &next);
  FetchColumnsLate(plan, &next);
}

}  // namespace shale
