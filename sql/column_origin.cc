#include "sql/column_origin.h"

#include <algorithm>

#include "sql/catalog/catalog_relations.h"
#include "sql/catalog/object_ids.h"

namespace shale {
namespace {

void FindOrigin(const Plan& plan, ColumnVar id, ResultColumn* column) {
  const Plan* at = &plan;
  while (at) {
    auto made = std::find_if(at->output.begin(), at->output.end(),
                             [&](const PlanColumn& output) { return output.id == id; });
    if (made == at->output.end()) return;
    const auto index = static_cast<size_t>(made - at->output.begin());
    if (const auto* scan = at->As<ScanNode>()) {
      const ColumnId column_id = scan->columns[index];
      for (size_t i = 0; i < scan->schema->columns.size(); ++i) {
        if (scan->schema->columns[i].id != column_id) continue;
        column->table_oid = TableOid(scan->schema->table_id);
        column->attribute = static_cast<int16_t>(i + 1);
      }
      return;
    }
    if (const auto* values = at->As<ValuesNode>()) {
      column->is_oid =
          column->type.id() == TypeId::kUInteger && FindPostgresRelation(values->label) != nullptr;
      return;
    }
    if (const auto* project = at->As<ProjectNode>(); project && index < project->exprs.size()) {
      const Expr& expr = *project->exprs[index];
      if (expr.kind == Expr::Kind::kCall) {
        // to_regclass, 't'::regclass
        column->is_oid = expr.name == "shale_object_id" || expr.name.starts_with("to_reg");
      }
      if (expr.kind != Expr::Kind::kColumn) return;
      id = expr.column_index;
    }
    const Plan* next = nullptr;
    for (const PlanPtr& child : at->children) {
      for (const PlanColumn& output : child->output) {
        if (output.id == id) next = child.get();
      }
    }
    at = next;
  }
}

}  // namespace

void FindOrigins(const Plan& plan, std::vector<ResultColumn>* columns) {
  for (size_t i = 0; i < columns->size(); ++i) {
    FindOrigin(plan, plan.output[i].id, &(*columns)[i]);
  }
}

}  // namespace shale
