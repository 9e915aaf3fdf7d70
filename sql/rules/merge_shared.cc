#include "sql/rules/rules.h"

namespace shale {
namespace {

struct Reader {
  PlanPtr* plan;
  bool repeated;  // inside a recursive term: it reads once a step
};

void FindReaders(PlanPtr* plan, bool repeated,
                 std::map<const SharedPlan*, std::vector<Reader>>* readers) {
  if (auto* read = (*plan)->As<SharedReadNode>()) {
    (*readers)[read->shared.get()].push_back({plan, repeated});
  }
  const bool recursive = (*plan)->As<RecursiveNode>() != nullptr;
  for (size_t c = 0; c < (*plan)->children.size(); ++c) {
    FindReaders(&(*plan)->children[c], repeated || (recursive && c == 1), readers);
  }
}

// The reader's columns over `source`, whose ids are `renamed` ones of the shared plan.
void Replace(PlanPtr* reader, PlanPtr source, const std::map<ColumnVar, ColumnVar>& renamed) {
  const auto& read = *(*reader)->As<SharedReadNode>();
  ProjectNode project;
  std::vector<PlanColumn> output = (*reader)->output;
  for (size_t i = 0; i < output.size(); ++i) {
    auto found = renamed.find(read.inputs[i]);
    const ColumnVar id = found == renamed.end() ? read.inputs[i] : found->second;
    project.exprs.push_back(MakeColumn(id, output[i].type, output[i].name));
  }
  *reader = MakePlan(std::move(project), std::move(output), PlanList(std::move(source)));
}

}  // namespace

void MergeShared(PlanPtr* plan, ColumnVar* next) {
  while (true) {
    std::map<const SharedPlan*, std::vector<Reader>> readers;
    FindReaders(plan, false, &readers);
    const std::vector<std::shared_ptr<SharedPlan>> all = SharedPlans(**plan);
    for (const std::shared_ptr<SharedPlan>& shared : all) {
      FindReaders(&shared->plan, false, &readers);
    }
    bool merged = false;
    for (const std::shared_ptr<SharedPlan>& shared : all) {
      const std::vector<Reader>& of_this = readers[shared.get()];
      if (shared->materialized) continue;
      if (IsPlainRead(*shared->plan)) {
        for (const Reader& reader : of_this) {
          std::map<ColumnVar, ColumnVar> renamed;
          PlanPtr copy = ClonePlan(*shared->plan, next, &renamed);
          Replace(reader.plan, std::move(copy), renamed);
        }
        merged = true;
        break;
      }
      if (of_this.size() == 1 && !of_this[0].repeated) {
        Replace(of_this[0].plan, std::move(shared->plan), {});
        merged = true;
        break;
      }
    }
    if (!merged) return;
  }
}

}  // namespace shale
