// SELECT, VALUES, set operations and FROM.
#include <cstdlib>

#include "sql/parser_build.h"

namespace shale {
namespace {
using T = ShaleParser;
}

std::vector<ast::CommonTable> AstBuilder::BuildCommonTables(
    const std::vector<P::CommonTableContext*>& contexts) {
  std::vector<ast::CommonTable> with;
  for (P::CommonTableContext* parsed : contexts) {
    ast::CommonTable table;
    table.name = Name(parsed->name);
    table.columns = Names(parsed->columns);
    if (parsed->materialized != nullptr) table.materialized = parsed->neg == nullptr;
    if (parsed->change() != nullptr) {
      table.change = std::make_shared<ast::Statement>();
      BuildChange(parsed->change(), table.change.get());
    } else {
      table.query = BuildQuery(parsed->query());
    }
    with.push_back(std::move(table));
  }
  return with;
}

ast::SelectPtr AstBuilder::BuildQuery(P::QueryContext* context) {
  Level level(this, 1, context);
  if (!level.ok()) return nullptr;
  std::vector<ast::CommonTable> with;
  P::WithClauseContext* clause = context->withClause();
  if (clause != nullptr) with = BuildCommonTables(clause->commonTable());
  ast::SelectPtr select = BuildTerm(context->body);
  if (select == nullptr || !status_.ok()) return nullptr;
  // The body may be a query in parentheses with clauses of its own; as in PostgreSQL each clause
  // may stand inside or outside, not both.
  if (clause != nullptr) {
    if (!select->with.empty()) {
      Fail(context->body->start, "two WITH clauses for one query; merge them into the first");
      return nullptr;
    }
    select->with = std::move(with);
    select->recursive = clause->K_RECURSIVE() != nullptr;
  }
  if (context->sortItems() != nullptr) {
    if (!select->order_by.empty()) {
      Fail(context->K_ORDER()->getSymbol(), "two ORDER BY clauses for one query");
      return nullptr;
    }
    select->order_by = BuildOrder(context->sortItems());
  }
  for (P::LimitPartContext* part : context->limitPart()) BuildLimit(part, select.get());
  select->at = At(context->start);
  return select;
}

void AstBuilder::BuildLimit(P::LimitPartContext* context, ast::Select* select) {
  const size_t kind = context->kind->getType();
  if (kind == T::K_FOR) {
    Fail(context->kind, "FOR UPDATE is not supported: readers see a snapshot and never block",
         StatusCode::kUnimplemented);
    return;
  }
  if (kind == T::K_OFFSET) {
    if (select->offset != nullptr) return Fail(context->kind, "two OFFSET clauses for one query");
    select->offset = BuildExpr(context->count);
    return;
  }
  if (context->second != nullptr && context->by == nullptr) {
    Fail(context->second->start, "LIMIT a, b is not supported; write LIMIT b OFFSET a");
    return;
  }
  if (context->by != nullptr) {
    if (select->limit_by_count != nullptr || select->limit != nullptr) {
      return Fail(context->kind, "LIMIT … BY comes once, and before LIMIT");
    }
    if (context->count == nullptr) return Fail(context->kind, "LIMIT … BY needs a number of rows");
    // LIMIT m, n BY is LIMIT n OFFSET m BY.
    select->limit_by_count = BuildExpr(context->second ? context->second : context->count);
    if (context->second) select->limit_by_offset = BuildExpr(context->count);
    if (context->skip) select->limit_by_offset = BuildExpr(context->skip);
    select->limit_by = BuildList(context->by);
    return;
  }
  if (select->limit != nullptr) {
    return Fail(context->kind, "two LIMIT or FETCH clauses for one query");
  }
  select->with_ties = context->ties != nullptr;
  if (context->count != nullptr) {
    select->limit = BuildExpr(context->count);
  } else if (context->number != nullptr && context->number->getType() == T::PARAM) {
    const int index = std::atoi(std::string(Text(context->number).substr(1)).c_str());
    const ast::Position at = At(context->number);
    select->limit = Make(ast::Parameter{index}, at, at, at);
  } else if (kind == T::K_FETCH) {
    const ast::Position at = At(context->number != nullptr ? context->number : context->kind);
    select->limit = Make(
        ast::Literal{ast::Literal::Kind::kNumber,
                     context->number != nullptr ? NumberValue(context->number) : "1", std::nullopt},
        at, at, at);
  }
}

// UNION, INTERSECT and EXCEPT chains are walked in a loop.
ast::SelectPtr AstBuilder::BuildTerm(P::QueryTermContext* context) {
  std::vector<P::QueryTermContext*> steps;
  P::QueryTermContext* base = context;
  for (; base->op != nullptr; base = base->left) steps.push_back(base);
  Level level(this, steps.size(), context);
  if (!level.ok()) return nullptr;
  ast::SelectPtr select = BuildTermLeaf(base);
  for (size_t i = steps.size(); i-- > 0 && status_.ok();) {
    ast::SetOperation set;
    switch (steps[i]->op->getType()) {
      case T::K_INTERSECT: set.kind = ast::SetOperation::Kind::kIntersect; break;
      case T::K_EXCEPT: set.kind = ast::SetOperation::Kind::kExcept; break;
      default: set.kind = ast::SetOperation::Kind::kUnion;
    }
    set.all = steps[i]->quantifier != nullptr && steps[i]->quantifier->getType() == T::K_ALL;
    set.left = std::move(select);
    set.right = BuildTerm(steps[i]->right);
    select = std::make_unique<ast::Select>();
    select->body = std::move(set);
    select->at = At(steps[i]->start);
  }
  return select;
}

ast::SelectPtr AstBuilder::BuildTermLeaf(P::QueryTermContext* context) {
  if (context->query() != nullptr) return BuildQuery(context->query());
  if (context->VALUES_LIST() != nullptr) return BuildValuesList(context->start);
  auto select = std::make_unique<ast::Select>();
  select->at = At(context->start);
  if (context->selectCore() != nullptr) {
    select->body = BuildCore(context->selectCore());
    return select;
  }
  // TABLE t is SELECT * FROM t.
  ast::SelectCore core;
  ast::SelectItem all;
  all.expr = Make(ast::Star{}, context);
  core.items.push_back(std::move(all));
  core.from = std::make_unique<ast::TableRef>();
  core.from->node = ast::NamedTable{TableName(context->qualifiedName()), std::nullopt};
  core.from->at = At(context->qualifiedName()->start);
  select->body = std::move(core);
  return select;
}

ast::SelectPtr AstBuilder::BuildValuesList(const antlr4::Token* token) {
  auto select = std::make_unique<ast::Select>();
  select->at = At(token);
  ast::ValuesCore values;
  BuildRows(folded_.ranges[Lexed(token).payload], &values);
  select->body = std::move(values);
  return select;
}

ast::SelectCore AstBuilder::BuildCore(P::SelectCoreContext* context) {
  ast::SelectCore core;
  if (P::DistinctClauseContext* distinct = context->distinctClause(); distinct != nullptr) {
    if (distinct->exprList() != nullptr) core.distinct_on = BuildList(distinct->exprList());
    core.distinct = distinct->K_DISTINCT() != nullptr && distinct->exprList() == nullptr;
  }
  for (P::SelectItemContext* item : context->selectItem()) BuildSelectItem(item, &core.items);
  if (P::IntoClauseContext* into = context->intoClause(); into != nullptr) {
    // BuildStatement makes a table of it, where it may stand.
    if (into_ != nullptr) Fail(into->start, "two INTO clauses for one query");
    into_ = into;
  }
  if (context->fromItems() != nullptr) core.from = BuildFrom(context->fromItems());
  if (context->where != nullptr) core.where = BuildExpr(context->where);
  if (context->groupByClause() != nullptr) BuildGroupBy(context->groupByClause(), &core);
  if (context->having != nullptr) core.having = BuildExpr(context->having);
  for (P::WindowClauseContext* clause : context->windowClause()) {
    for (P::WindowDefinitionContext* definition : clause->windowDefinition()) {
      core.windows.emplace_back(Name(definition->name), BuildWindow(definition->windowSpec()));
    }
  }
  for (P::QualifyClauseContext* clause : context->qualifyClause()) {
    if (core.qualify != nullptr) Fail(clause->start, "two QUALIFY clauses for one query");
    core.qualify = BuildExpr(clause->expr());
  }
  return core;
}

void AstBuilder::BuildSelectItem(P::SelectItemContext* context,
                                 std::vector<ast::SelectItem>* items) {
  if (!status_.ok()) return;
  ast::SelectItem item;
  if (P::StarContext* parsed = context->star(); parsed != nullptr) {
    ast::Star star;
    if (parsed->qualifiedName() != nullptr) {
      star.qualifier = Qualified(parsed->qualifiedName()).parts;
    }
    star.exclude = Names(parsed->columns);
    if (parsed->one != nullptr) star.exclude.push_back(Name(parsed->one));
    item.expr = Make(std::move(star), context);
  } else {
    item.expr = BuildExpr(context->expr());
    if (context->label != nullptr) {
      item.alias = Name(context->label);
    } else if (context->bare != nullptr) {
      item.alias = Name(context->bare);
    } else if (context->start == context->stop &&
               context->start->getType() == T::K_CURRENT_TIMESTAMP) {
      // now() in the tree, but its column is called what was written.
      item.alias = ast::Identifier{"current_timestamp", false, At(context->start)};
    }
  }
  items->push_back(std::move(item));
}

// (a, b) as one element.
void AstBuilder::FlattenRow(ast::ExprPtr expr, std::vector<ast::ExprPtr>* list) {
  if (expr == nullptr) return;
  if (auto* row = std::get_if<ast::Row>(&expr->node); row != nullptr && row->items.size() > 1) {
    for (ast::ExprPtr& item : row->items) list->push_back(std::move(item));
  } else {
    list->push_back(std::move(expr));
  }
}

ast::GroupingElement AstBuilder::BuildGrouping(P::GroupingElementContext* parsed) {
  using Kind = ast::GroupingElement::Kind;
  ast::GroupingElement element;
  element.at = At(parsed->start);
  Level level(this, 1, parsed);
  if (!level.ok()) return element;
  if (parsed->kind == nullptr) {
    element.lists.emplace_back();
    if (parsed->expr() != nullptr) FlattenRow(BuildExpr(parsed->expr()), &element.lists[0]);
  } else if (parsed->kind->getType() == T::K_GROUPING) {
    element.kind = Kind::kSets;
    for (P::GroupingElementContext* set : parsed->groupingElement()) {
      element.sets.push_back(BuildGrouping(set));
    }
  } else {
    element.kind = parsed->kind->getType() == T::K_ROLLUP ? Kind::kRollup : Kind::kCube;
    for (ast::ExprPtr& expr : BuildList(parsed->exprList())) {
      FlattenRow(std::move(expr), &element.lists.emplace_back());
    }
  }
  return element;
}

void AstBuilder::BuildGroupBy(P::GroupByClauseContext* context, ast::SelectCore* core) {
  core->group_by_all = context->K_ALL() != nullptr;
  for (P::GroupingElementContext* parsed : context->groupingElement()) {
    core->group_by.push_back(BuildGrouping(parsed));
  }
}

// ---- FROM -------------------------------------------------------------------------------------

ast::TableRefPtr AstBuilder::BuildFrom(P::FromItemsContext* context) {
  ast::TableRefPtr from;
  const std::vector<P::TableRefContext*> tables = context->tableRef();
  Level level(this, tables.size(), context);
  if (!level.ok()) return nullptr;
  for (P::TableRefContext* table : tables) {
    ast::TableRefPtr next = BuildTable(table);
    if (!status_.ok()) return nullptr;
    if (from == nullptr) {
      from = std::move(next);
      continue;
    }
    ast::Join join;
    join.kind = ast::Join::Kind::kCross;
    join.left = std::move(from);
    join.right = std::move(next);
    from = std::make_unique<ast::TableRef>();
    from->node = std::move(join);
    from->at = At(table->start);
  }
  return from;
}

ast::TableRefPtr AstBuilder::BuildTable(P::TableRefContext* context) {
  std::vector<P::TableRefContext*> steps;
  P::TableRefContext* base = context;
  for (; base->left != nullptr; base = base->left) steps.push_back(base);
  Level level(this, steps.size() + 1, context);
  if (!level.ok()) return nullptr;
  ast::TableRefPtr table = BuildTablePrimary(base->tablePrimary());
  for (size_t i = steps.size(); i-- > 0 && status_.ok();) {
    table = BuildJoin(steps[i], std::move(table));
  }
  return table;
}

ast::TableRefPtr AstBuilder::BuildJoin(P::TableRefContext* context, ast::TableRefPtr left) {
  using Kind = ast::Join::Kind;
  ast::Join join;
  join.left = std::move(left);
  if (context->kind != nullptr && context->kind->getType() == T::K_CROSS) join.kind = Kind::kCross;
  join.natural = context->kind != nullptr && context->kind->getType() == T::K_NATURAL;
  if (P::JoinKindContext* kind = context->joinKind(); kind != nullptr) {
    const size_t side = kind->side != nullptr ? kind->side->getType() : 0;
    if (kind->form == nullptr) {
      join.kind = side == T::K_LEFT    ? Kind::kLeft
                  : side == T::K_RIGHT ? Kind::kRight
                  : side == T::K_FULL  ? Kind::kFull
                                       : Kind::kInner;
    } else {
      const size_t form = kind->form->getType();
      if (side == T::K_RIGHT) {
        Fail(kind->side, "RIGHT SEMI, ANTI and ASOF joins are not supported; swap the two tables",
             StatusCode::kUnimplemented);
      }
      join.kind = form == T::K_SEMI ? Kind::kSemi : form == T::K_ANTI ? Kind::kAnti : Kind::kAsof;
      join.asof_left = form == T::K_ASOF && side == T::K_LEFT;
    }
  }
  join.right =
      context->nested != nullptr ? BuildTable(context->nested) : BuildTablePrimary(context->right);
  if (P::JoinConditionContext* condition = context->joinCondition(); condition != nullptr) {
    if (condition->expr() != nullptr) {
      join.on = BuildExpr(condition->expr());
    } else {
      join.using_columns = Names(condition->identifierList());
    }
  }
  auto table = std::make_unique<ast::TableRef>();
  table->node = std::move(join);
  table->at = At(context->start);
  return table;
}

ast::TableRefPtr AstBuilder::BuildTablePrimary(P::TablePrimaryContext* context) {
  if (context->recordAlias() != nullptr) return BuildRecordTable(context);
  ast::TableRefPtr table;
  if (context->tableRef() != nullptr) {
    table = BuildTable(context->tableRef());
    if (table == nullptr) return nullptr;
    if (table->alias.has_value() && context->tableAlias() != nullptr) {
      Fail(context->tableAlias()->start, "this table has two aliases");
    }
  } else {
    table = std::make_unique<ast::TableRef>();
    table->at = At(context->start);
    if (context->table != nullptr) {
      ast::NamedTable named;
      named.name = TableName(context->table);
      if (context->sample() != nullptr) BuildSample(context->sample(), &named);
      table->node = std::move(named);
    } else if (context->query() != nullptr) {
      table->node = ast::SubqueryTable{BuildQuery(context->query()), context->lateral != nullptr};
    } else if (context->VALUES_LIST() != nullptr) {
      table->node = ast::SubqueryTable{BuildValuesList(context->start), false};
    } else {
      table->node = ast::FunctionTable{BuildCall(context->function), context->lateral != nullptr,
                                       context->ordinality != nullptr};
    }
  }
  if (P::TableAliasContext* alias = context->tableAlias(); alias != nullptr) {
    table->alias = ast::TableAlias{Name(alias->identifier()), Names(alias->identifierList())};
  }
  return table;
}

void AstBuilder::BuildSample(P::SampleContext* context, ast::NamedTable* table) {
  ast::Sample sample;
  sample.at = At(context->start);
  const auto number = [&](const antlr4::Token* token) {
    return std::strtod(NumberValue(token).c_str(), nullptr);
  };
  if (context->fraction != nullptr) {
    sample.method = ast::Sample::Method::kUsers;
    sample.fraction = number(context->fraction);
    if (context->divisor != nullptr) sample.fraction /= number(context->divisor);
    if (context->skip != nullptr) sample.offset = number(context->skip);
    if (context->part != nullptr) sample.offset /= number(context->part);
    if (!(sample.fraction > 0 && sample.fraction <= 1)) {
      return Fail(context->fraction,
                  "SAMPLE takes a fraction above 0 and at most 1, such as SAMPLE 0.1");
    }
    if (!(sample.offset >= 0 && sample.offset < 1)) {
      return Fail(context->skip, "the OFFSET of SAMPLE is a fraction from 0 to below 1");
    }
  } else {
    const std::string method = LowerName(context->method);
    if (method != "bernoulli" && method != "system") {
      return Fail(context->method->start,
                  fmt::format("there is no sampling method {}; use BERNOULLI or SYSTEM", method));
    }
    sample.method =
        method == "system" ? ast::Sample::Method::kSystem : ast::Sample::Method::kBernoulli;
    sample.fraction = number(context->percent) / 100;
    if (!(sample.fraction >= 0 && sample.fraction <= 1)) {
      return Fail(context->percent, "sample percentage must be between 0 and 100");
    }
    if (context->repeatable != nullptr) {
      if (LowerName(context->repeatable) != "repeatable") {
        return Fail(context->repeatable->start, "only REPEATABLE (seed) may follow here");
      }
      sample.seed = number(context->seed);
    }
  }
  table->sample = sample;
}

}  // namespace shale
