// WITH: common tables are bound when first read, once, and read as shared plans; recursive ones as
// PostgreSQL has it: a non-recursive term, UNION [ALL], and a term that reads what the last step
// gave.
#include <algorithm>

#include "engine/expr/evaluator.h"
#include "sql/binder_internal.h"

namespace shale {

void Binder::DeclareCommonTables(const std::vector<ast::CommonTable>& tables, bool recursive,
                                 Scope* outer) {
  const size_t first = common_tables_.size();
  for (const ast::CommonTable& table : tables) {
    auto state = std::make_shared<CommonTableState>();
    state->may_recurse = recursive;
    common_tables_.push_back({&table, common_tables_.size(), outer, std::move(state)});
  }
  if (!recursive) return;
  for (size_t i = first; i < common_tables_.size(); ++i) {
    common_tables_[i].visible = common_tables_.size();
  }
}

Status Binder::BindUnreadCommonTables(size_t first) {
  for (size_t i = first; i < common_tables_.size(); ++i) {
    const ast::Identifier& name = common_tables_[i].table->name;
    for (size_t j = first; j < i; ++j) {
      if (Folded(common_tables_[j].table->name) != Folded(name)) continue;
      return ErrorAt(name.at,
                     fmt::format("WITH query name \"{}\" specified more than once", name.name));
    }
    if (common_tables_[i].state->step == CommonTableState::Step::kUnbound) {
      RETURN_IF_ERROR(BindCommonTable(i));
    }
  }
  return OkStatus();
}

StatusOr<PlanPtr> Binder::ReadCommonTable(size_t index, ast::Position at, Scope* scope) {
  const ast::CommonTable& table = *common_tables_[index].table;
  const std::shared_ptr<CommonTableState> state = common_tables_[index].state;
  if (state->step == CommonTableState::Step::kUnbound) RETURN_IF_ERROR(BindCommonTable(index));
  if (state->step == CommonTableState::Step::kBound && !state->shared) {
    return ErrorAt(
        at, fmt::format("WITH query \"{}\" does not have a RETURNING clause", table.name.name));
  }
  if (state->step == CommonTableState::Step::kBound) {
    // What a recursive term reads of its own last step is another each time.
    const Plan& plan = *state->shared->plan;
    if (state->recursive && !FreeColumns(plan).empty()) {
      return Status(StatusCode::kUnimplemented,
                    ErrorAt(at,
                            "a recursive query that uses columns of the query around it is not "
                            "supported; join with the recursive query instead")
                        .message());
    }
    const bool copied =
        !state->recursive && (table.materialized == std::optional<bool>(false) ||
                              !FreeColumns(plan).empty() || ReadsWorkingTable(plan));
    if (copied) return ClonePlan(plan, &next_column_);
    return ReadShared(state->shared, &next_column_);
  }
  // A reference to itself.
  ++state->num_references;
  const std::string& name = table.name.name;
  const auto refuse = [&](std::string_view where) {
    return ErrorAt(
        at, fmt::format("recursive reference to query \"{}\" must not appear {}", name, where));
  };
  if (!state->refusal.empty()) return ErrorAt(at, state->refusal);
  if (!state->working) return refuse("within its non-recursive term");
  if (recursion_barrier_) return refuse(fmt::format("within {}", recursion_barrier_));
  if (state->num_references > 1) return refuse("more than once");
  scope->self_reference = true;
  WorkingReadNode read{state->working};
  std::vector<PlanColumn> output = state->working_columns;
  for (PlanColumn& column : output) column.id = next_column_++;
  return MakePlan(std::move(read), std::move(output), {});
}

Status Binder::BindCommonTable(size_t index) {
  const CommonTableScope entry = common_tables_[index];
  const ast::CommonTable& table = *entry.table;
  if (table.change) {
    return ErrorAt(table.change->begin,
                   "WITH clause containing a data-modifying statement must be at the top level");
  }
  CommonTableState& state = *entry.state;
  // Siblings that are being bound wait for this one: it must not lead back to them.
  std::vector<std::pair<std::shared_ptr<CommonTableState>, std::string>> waiting;
  for (const CommonTableScope& other : common_tables_) {
    if (other.state->step != CommonTableState::Step::kBinding) continue;
    // Those of one WITH RECURSIVE all see the same.
    if (!state.may_recurse || !other.state->may_recurse || other.visible != entry.visible) continue;
    waiting.emplace_back(other.state, other.state->refusal);
    other.state->refusal = "mutual recursion between WITH items is not supported";
  }
  // Its query sees the common tables written before it, and with RECURSIVE all of its WITH.
  std::vector<CommonTableScope> saved = common_tables_;
  common_tables_.resize(entry.visible);
  const char* barrier = std::exchange(recursion_barrier_, nullptr);
  state.step = CommonTableState::Step::kBinding;
  StatusOr<PlanPtr> plan = state.may_recurse ? BindRecursive(table, &state, entry.outer)
                                             : BindSelect(*table.query, entry.outer);
  state.step = CommonTableState::Step::kBound;
  recursion_barrier_ = barrier;
  common_tables_ = std::move(saved);
  for (auto& [other, refusal] : waiting) other->refusal = std::move(refusal);
  RETURN_IF_ERROR(plan.status());
  if (table.columns.size() > (*plan)->output.size()) {
    return ErrorAt(table.name.at,
                   fmt::format("WITH query \"{}\" has {} columns available but {} columns "
                               "specified",
                               table.name.name, (*plan)->output.size(), table.columns.size()));
  }
  for (size_t c = 0; c < table.columns.size(); ++c) {
    (*plan)->output[c].name = Folded(table.columns[c]);
  }
  state.shared = std::make_shared<SharedPlan>();
  state.shared->name = table.name.name;
  state.shared->plan = *std::move(plan);
  state.shared->materialized = table.materialized.value_or(false);
  return OkStatus();
}

StatusOr<PlanPtr> Binder::BindRecursive(const ast::CommonTable& table, CommonTableState* state,
                                        Scope* outer) {
  const ast::Select& query = *table.query;
  const auto* operation = std::get_if<ast::SetOperation>(&query.body);
  if (!operation || operation->kind != ast::SetOperation::Kind::kUnion) {
    state->refusal = fmt::format(
        "recursive query \"{}\" does not have the form non-recursive-term UNION [ALL] "
        "recursive-term",
        table.name.name);
    auto plan = BindSelect(query, outer);
    state->refusal.clear();
    return plan;
  }
  const size_t first = common_tables_.size();
  DeclareCommonTables(query.with, query.recursive, outer);
  ASSIGN_OR_RETURN(PlanPtr left, BindSelect(*operation->left, outer));
  // The rows have the types of the non-recursive term.
  ProjectNode seed;
  std::vector<PlanColumn> seed_output;
  for (size_t i = 0; i < left->output.size(); ++i) {
    PlanColumn& column = left->output[i];
    Type type = column.type;
    // Digits would not be enough for long.
    if (type.id() == TypeId::kDecimal) type = Type::Decimal(38, std::max(type.scale(), 9));
    ASSIGN_OR_RETURN(ExprPtr cast, MakeCast(ColumnOf(column), type));
    seed.exprs.push_back(std::move(cast));
    const std::string name = i < table.columns.size() ? Folded(table.columns[i]) : column.name;
    seed_output.push_back(NewColumn(name, type));
  }
  state->working = std::make_shared<WorkingTable>(WorkingTable{table.name.name});
  state->working_columns = seed_output;
  ASSIGN_OR_RETURN(PlanPtr right, BindSelect(*operation->right, outer));
  if (state->num_references == 0) {
    ASSIGN_OR_RETURN(PlanPtr plan, CombineSets(*operation, std::move(left), std::move(right)));
    RETURN_IF_ERROR(ApplyOrderAndLimit(query, &plan));
    RETURN_IF_ERROR(BindUnreadCommonTables(first));
    common_tables_.resize(first);
    return plan;
  }
  common_tables_.resize(first);
  state->recursive = true;
  const auto not_implemented = [&](const ast::Expr& at, std::string_view what) {
    return ErrorAt(at.at,
                   fmt::format("{} in a recursive query is not implemented; put it where the "
                               "query is read",
                               what));
  };
  if (!query.order_by.empty()) return not_implemented(*query.order_by[0].expr, "ORDER BY");
  if (query.offset) return not_implemented(*query.offset, "OFFSET");
  if (query.limit) return not_implemented(*query.limit, "LIMIT");
  if (query.limit_by_count) return not_implemented(*query.limit_by_count, "LIMIT BY");
  if (left->output.size() != right->output.size()) {
    return ErrorAt(operation->right->at, "each UNION query must have the same number of columns");
  }
  RecursiveNode node;
  node.table = state->working;
  node.distinct = !operation->all;
  node.inputs.resize(2);
  ProjectNode step;
  std::vector<PlanColumn> step_output, output;
  for (size_t i = 0; i < seed_output.size(); ++i) {
    const PlanColumn& to = seed_output[i];
    const PlanColumn& from = right->output[i];
    auto common = CommonType({to.type, false}, {from.type, false});
    const bool decimals =
        to.type.id() == TypeId::kDecimal && common.ok() && common->id() == TypeId::kDecimal;
    if (!common.ok() || (!(*common == to.type) && !decimals)) {
      return ErrorAt(operation->right->at,
                     fmt::format("recursive query \"{}\" column {} has type {} in non-recursive "
                                 "term but type {} overall; cast the output of the non-recursive "
                                 "term to the correct type",
                                 table.name.name, i + 1, to.type.ToString(),
                                 common.ok() ? common->ToString() : from.type.ToString()));
    }
    ASSIGN_OR_RETURN(ExprPtr cast, MakeCast(ColumnOf(from), to.type));
    step.exprs.push_back(std::move(cast));
    step_output.push_back(NewColumn(to.name, to.type));
    output.push_back(NewColumn(to.name, to.type));
    node.inputs[0].push_back(to.id);
    node.inputs[1].push_back(step_output.back().id);
  }
  left = MakePlan(std::move(seed), std::move(seed_output), PlanList(std::move(left)));
  right = MakePlan(std::move(step), std::move(step_output), PlanList(std::move(right)));
  return MakePlan(std::move(node), std::move(output), PlanList(std::move(left), std::move(right)));
}

}  // namespace shale
