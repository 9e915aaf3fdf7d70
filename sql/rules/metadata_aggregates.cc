#include "engine/vector/vector_builder.h"
#include "sql/rules/rules.h"

namespace shale {

void AnswerFromMetadata(PlanPtr* plan, const RuleContext& context) {
  for (PlanPtr& child : (*plan)->children) AnswerFromMetadata(&child, context);
  auto* aggregate = (*plan)->As<AggregateNode>();
  if (!aggregate || !aggregate->keys.empty() || aggregate->aggregates.empty()) return;
  const Plan& child = *(*plan)->children[0];
  const auto* scan = child.As<ScanNode>();
  if (!scan || !scan->filters.empty()) return;
  TableId table = scan->schema->table_id;
  // The scan will say so.
  if (QuarantinedSegments(*context.version, table) > 0) return;
  Chunk row;
  row.num_rows = 1;
  for (const AggregateExpr& part : aggregate->aggregates) {
    if (part.distinct || part.filter) return;
    const std::string& name = part.function.function->name;
    Value value;
    if (name == "count" && part.args.empty()) {
      value = Value::Int(TypeId::kBigInt, static_cast<int64_t>(RowCount(*context.version, table)));
    } else if ((name == "min" || name == "max") && part.args[0]->kind == Expr::Kind::kColumn) {
      ColumnId column = 0;
      for (size_t i = 0; i < child.output.size(); ++i) {
        if (child.output[i].id == part.args[0]->column_index) column = scan->columns[i];
      }
      Value min, max;
      if (!ColumnBounds(*context.version, table, column, &min, &max)) return;
      value = name == "min" ? min : max;
    } else {
      return;
    }
    if (value.is_null()) value = Value::Null(part.function.result_type);
    row.columns.push_back(Vector::Constant(value, 1).Flatten());
  }
  ValuesNode values;
  values.label = "metadata of " + scan->schema->name;
  values.chunks = std::make_shared<const std::vector<Chunk>>(std::vector<Chunk>{std::move(row)});
  std::vector<PlanColumn> output = (*plan)->output;
  *plan = MakePlan(std::move(values), std::move(output), {});
}

}  // namespace shale
