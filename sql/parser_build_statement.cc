// Everything that is not a query: DDL, INSERT, COPY, settings, transactions.
#include <cctype>
#include <charconv>

#include "sql/parser_build.h"

namespace shale {
namespace {
using T = ShaleParser;
}

ast::Statement AstBuilder::BuildStatement(P::StatementContext* context) {
  ast::Statement statement;
  statement.begin = At(context->start);
  statement.end = EndOf(context);
  if (context->query() != nullptr) {
    ast::SelectPtr select = BuildQuery(context->query());
    P::QueryTermContext* first = context->query()->body;
    while (first != nullptr && first->left != nullptr) first = first->left;
    P::SelectCoreContext* core = first != nullptr ? first->selectCore() : nullptr;
    if (into_ != nullptr && core != nullptr && core->intoClause() == into_ && select != nullptr) {
      ast::CreateTable create;  // SELECT … INTO t
      create.name = TableName(into_->qualifiedName());
      create.temporary = into_->temporary != nullptr;
      create.as = std::move(select);
      statement.node = std::move(create);
      into_ = nullptr;
    } else if (select != nullptr) {
      statement.node = std::move(*select);
    }
  } else if (context->createTable() != nullptr) {
    statement.node = BuildCreateTable(context->createTable());
  } else if (context->createView() != nullptr) {
    statement.node = BuildCreateView(context->createView());
  } else if (context->drop() != nullptr) {
    statement.node = BuildDrop(context->drop());
  } else if (context->createIndex() != nullptr) {
    statement.node = BuildCreateIndex(context->createIndex());
  } else if (P::TruncateContext* parsed = context->truncate(); parsed != nullptr) {
    ast::Truncate truncate;
    for (P::QualifiedNameContext* name : parsed->qualifiedName()) {
      truncate.names.push_back(TableName(name));
    }
    statement.node = std::move(truncate);
  } else if (context->alterTable() != nullptr) {
    statement.node = BuildAlter(context->alterTable());
  } else if (context->change() != nullptr) {
    BuildChange(context->change(), &statement);
  } else if (context->explain() != nullptr) {
    statement.node = BuildExplain(context->explain());
  } else if (context->show() != nullptr) {
    statement.node = BuildShow(context->show());
  } else if (P::DescribeContext* parsed = context->describe(); parsed != nullptr) {
    ast::Describe describe;
    if (parsed->table != nullptr) describe.table = TableName(parsed->table);
    if (parsed->query() != nullptr) describe.query = BuildQuery(parsed->query());
    statement.node = std::move(describe);
  } else if (context->set() != nullptr) {
    statement.node = BuildSet(context->set());
  } else if (context->copy() != nullptr) {
    statement.node = BuildCopy(context->copy());
  } else if (context->transaction() != nullptr) {
    statement.node = BuildTransaction(context->transaction());
  } else if (context->prepare() != nullptr) {
    statement.node = BuildPrepare(context->prepare());
  } else if (P::ExecuteContext* parsed = context->execute(); parsed != nullptr) {
    ast::Execute execute;
    execute.name = Name(parsed->name);
    if (parsed->exprList() != nullptr) execute.args = BuildList(parsed->exprList());
    statement.node = std::move(execute);
  } else if (P::DeallocateContext* parsed = context->deallocate(); parsed != nullptr) {
    ast::Deallocate deallocate;
    if (parsed->name != nullptr) deallocate.name = Name(parsed->name);
    statement.node = std::move(deallocate);
  } else if (P::MaintainContext* parsed = context->maintain(); parsed != nullptr) {
    ast::Maintain maintain;
    using Kind = ast::Maintain::Kind;
    if (parsed->table != nullptr) maintain.tables.push_back(TableName(parsed->table));
    if (parsed->nothing != nullptr) {
      maintain.kind = parsed->nothing->getType() == T::K_VACUUM ? Kind::kVacuum : Kind::kAnalyze;
      for (P::AnalysedContext* one : parsed->analysed()) {
        maintain.tables.push_back(TableName(one->table));
      }
    } else if (parsed->check != nullptr) {
      maintain.kind = Kind::kCheck;
    } else if (parsed->number != nullptr) {
      maintain.kind = Kind::kDropSegment;
      maintain.segment_at = At(parsed->number);
      const std::string_view digits = Text(parsed->number);
      const auto read =
          std::from_chars(digits.data(), digits.data() + digits.size(), maintain.segment);
      std::string word(Text(parsed->word));
      for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      if (word != "segment") {
        Fail(parsed->word, "DROP COLUMN name or DROP SEGMENT number is expected");
      } else if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) {
        Fail(parsed->number, "a segment's number is whole, as shale_segments shows it");
      }
    } else if (parsed->checkpoint == nullptr) {
      maintain.kind = Kind::kOptimize;
    }
    statement.node = std::move(maintain);
  } else if (context->declareCursor() != nullptr) {
    statement.node = BuildDeclare(context->declareCursor());
  } else if (context->fetch() != nullptr) {
    statement.node = BuildFetch(context->fetch());
  } else if (P::CloseCursorContext* parsed = context->closeCursor(); parsed != nullptr) {
    ast::CloseCursor close;
    if (parsed->name != nullptr) close.name = Name(parsed->name);
    statement.node = std::move(close);
  }
  if (into_ != nullptr) {
    Fail(into_->start,
         "INTO goes with the first SELECT of a statement; or write CREATE TABLE … AS");
    into_ = nullptr;
  }
  return statement;
}

// ---- CREATE, DROP, ALTER ----------------------------------------------------------------------

ast::CreateTable AstBuilder::BuildCreateTable(P::CreateTableContext* context) {
  ast::CreateTable create;
  create.name = TableName(context->table);
  create.if_not_exists = context->exists != nullptr;
  create.or_replace = context->replace != nullptr;
  create.temporary = context->temporary != nullptr;
  if (context->query() != nullptr) {
    create.as = BuildQuery(context->query());
    create.no_data = context->no != nullptr;
  }
  for (P::TableElementContext* element : context->tableElement()) {
    if (element->columnDef() != nullptr) {
      ast::ColumnDef column = BuildColumn(element->columnDef());
      if (column.type.name.empty() != (create.as != nullptr)) {
        Fail(element->start,
             create.as != nullptr
                 ? "CREATE TABLE … AS takes types from its query; cast there"
                 : fmt::format("column \"{}\" has no type, such as TEXT, BIGINT or TIMESTAMP",
                               column.name.name));
      }
      create.columns.push_back(std::move(column));
    } else if (element->tableConstraint()->kind->getType() == T::K_FOREIGN) {
      create.unsupported_constraint = "FOREIGN KEY";
      create.unsupported_at = At(element->tableConstraint()->kind);
    } else {
      create.constraints.push_back(BuildConstraint(element->tableConstraint()));
    }
  }
  for (P::TableOptionContext* option : context->tableOption()) BuildTableOption(option, &create);
  if (create.columns.empty() && create.as == nullptr) {
    Fail(context->stop,
         "a table needs columns: CREATE TABLE t (ts TIMESTAMP, name TEXT), or "
         "CREATE TABLE t AS SELECT …");
  }
  return create;
}

void AstBuilder::BuildTableOption(P::TableOptionContext* context, ast::CreateTable* create) {
  const auto once = [&](bool seen, std::string_view clause) {
    if (seen) Fail(context->kind, fmt::format("{} is given twice", clause));
  };
  switch (context->kind->getType()) {
    case T::K_TIMESTAMP:
      once(create->timestamp_column.has_value(), "TIMESTAMP (…)");
      create->timestamp_column = Name(context->column);
      break;
    case T::K_PARTITION:
      once(create->partition_by.has_value(), "PARTITION BY");
      create->partition_by = Name(context->column);
      break;
    case T::K_ORDER:
      once(!create->order_by.empty(), "ORDER BY");
      create->order_by = Names(context->columns);
      if (context->column != nullptr) create->order_by.push_back(Name(context->column));
      break;
    default:
      for (P::OptionContext* option : context->option()) {
        create->options.push_back({Name(option->name), option->optionValue() != nullptr
                                                           ? OptionValue(option->optionValue())
                                                           : "true"});
      }
  }
}

namespace {

ast::Constraint::Kind ConstraintKind(size_t token) {
  switch (token) {
    case T::K_PRIMARY: return ast::Constraint::Kind::kPrimaryKey;
    case T::K_UNIQUE: return ast::Constraint::Kind::kUnique;
    default: return ast::Constraint::Kind::kCheck;
  }
}

}  // namespace

ast::Constraint AstBuilder::BuildConstraint(P::TableConstraintContext* context) {
  ast::Constraint made;
  made.kind = ConstraintKind(context->kind->getType());
  if (context->label != nullptr) made.name = Name(context->label);
  if (context->columns != nullptr) made.columns = Names(context->columns);
  if (context->expr() != nullptr) made.condition = BuildExpr(context->expr());
  made.at = At(context->kind);
  return made;
}

ast::CreateIndex AstBuilder::BuildCreateIndex(P::CreateIndexContext* context) {
  ast::CreateIndex index;
  if (context->index != nullptr) index.name = Name(context->index);
  index.table = TableName(context->table);
  index.unique = context->unique != nullptr;
  index.if_not_exists = context->exists != nullptr;
  index.computed = context->partial != nullptr;
  index.at = At(context->start);
  for (P::IndexItemContext* item : context->indexItem()) {
    ast::ExprPtr expr = BuildExpr(item->expr());
    const auto* column = std::get_if<ast::ColumnRef>(&expr->node);
    if (column != nullptr && column->parts.size() == 1) {
      index.columns.push_back(column->parts[0]);
    } else {
      index.computed = true;
    }
  }
  return index;
}

ast::ColumnDef AstBuilder::BuildColumn(P::ColumnDefContext* context) {
  ast::ColumnDef column;
  column.name = Name(context->name);
  if (context->typeName() != nullptr) column.type = BuildType(context->typeName());
  for (P::ColumnConstraintContext* constraint : context->columnConstraint()) {
    if (constraint->value != nullptr) {
      if (column.default_value != nullptr) {
        Fail(constraint->start, "this column has two DEFAULT values");
      }
      column.default_value = BuildValue(constraint->value);
    } else if (constraint->kind == nullptr) {
      if (constraint->K_NOT() != nullptr) column.not_null = true;
    } else if (!column.unsupported.has_value()) {
      switch (constraint->kind->getType()) {
        case T::K_PRIMARY:
        case T::K_UNIQUE:
        case T::K_CHECK: {
          ast::Constraint made;
          made.kind = ConstraintKind(constraint->kind->getType());
          if (constraint->label != nullptr) made.name = Name(constraint->label);
          made.columns.push_back(column.name);
          if (constraint->expr() != nullptr) made.condition = BuildExpr(constraint->expr());
          made.at = At(constraint->kind);
          column.constraints.push_back(std::move(made));
          break;
        }
        case T::K_REFERENCES: column.unsupported = "REFERENCES"; break;
        case T::K_GENERATED: column.unsupported = "GENERATED"; break;
        default: {
          // The only collation there is orders by bytes.
          const std::string name = TypeOrFunctionName(constraint->qualifiedName());
          if (name != "C" && name != "c" && name != "POSIX" && name != "default") {
            column.unsupported = "COLLATE";
          }
        }
      }
    }
  }
  return column;
}

ast::CreateView AstBuilder::BuildCreateView(P::CreateViewContext* context) {
  ast::CreateView view;
  if (context->materialized != nullptr) {
    Fail(context->materialized,
         "materialized views are not supported; use CREATE VIEW or "
         "CREATE TABLE … AS",
         StatusCode::kUnimplemented);
  }
  view.name = TableName(context->view);
  view.or_replace = context->replace != nullptr;
  view.if_not_exists = context->exists != nullptr;
  view.columns = Names(context->columns);
  view.query = BuildQuery(context->query());
  const int32_t begin = At(context->query()->start).offset;
  view.query_text = sql_.substr(begin, EndOf(context->query()).offset - begin);
  return view;
}

ast::Drop AstBuilder::BuildDrop(P::DropContext* context) {
  ast::Drop drop;
  drop.what = context->view != nullptr    ? ast::Drop::What::kView
              : context->index != nullptr ? ast::Drop::What::kIndex
                                          : ast::Drop::What::kTable;
  drop.if_exists = context->exists != nullptr;
  for (P::QualifiedNameContext* name : context->qualifiedName()) {
    drop.names.push_back(TableName(name));
  }
  return drop;
}

ast::AlterTable AstBuilder::BuildAlter(P::AlterTableContext* context) {
  ast::AlterTable alter;
  alter.name = TableName(context->table);
  alter.if_exists = context->exists != nullptr;
  for (P::AlterActionContext* action : context->alterAction()) {
    if (action->tableConstraint() != nullptr) {
      if (action->tableConstraint()->kind->getType() == T::K_FOREIGN) {
        Fail(action->tableConstraint()->kind,
             "FOREIGN KEY is not supported; a LEFT JOIN finds rows without a partner",
             StatusCode::kUnimplemented);
      }
      alter.actions.emplace_back(BuildConstraint(action->tableConstraint()));
    } else if (action->constraint != nullptr) {
      alter.actions.emplace_back(
          ast::AlterTable::DropConstraint{Name(action->column), action->exists != nullptr});
    } else if (action->kind->getType() == T::K_ALTER) {
      using What = ast::AlterTable::AlterColumn::What;
      ast::AlterTable::AlterColumn change{What::kSetDefault, Name(action->column), nullptr};
      if (action->value != nullptr) {
        change.default_value = BuildExpr(action->value);
      } else if (action->alteration != nullptr) {
        const bool set = action->alteration->getType() == T::K_SET;
        change.what = action->K_NULL() == nullptr ? What::kDropDefault
                      : set                       ? What::kSetNotNull
                                                  : What::kDropNotNull;
      } else {
        Fail(action->kind,
             "the type of a column cannot be changed; add a column of the new type, or CREATE "
             "TABLE … AS SELECT with a cast",
             StatusCode::kUnimplemented);
      }
      alter.actions.emplace_back(std::move(change));
    } else if (action->columnDef() != nullptr) {
      ast::AlterTable::AddColumn add{BuildColumn(action->columnDef()), action->exists != nullptr};
      if (add.column.type.name.empty()) {
        Fail(action->columnDef()->start,
             fmt::format("column \"{}\" has no type, such as TEXT, BIGINT or TIMESTAMP",
                         add.column.name.name));
      }
      alter.actions.push_back(std::move(add));
    } else if (action->kind->getType() == T::K_DROP) {
      alter.actions.push_back(
          ast::AlterTable::DropColumn{Name(action->column), action->exists != nullptr});
    } else if (action->column != nullptr) {
      alter.actions.push_back(
          ast::AlterTable::RenameColumn{Name(action->column), Name(action->renamed)});
    } else {
      alter.actions.push_back(ast::AlterTable::RenameTable{Name(action->renamed)});
    }
  }
  return alter;
}

// ---- rows -------------------------------------------------------------------------------------

void AstBuilder::BuildChange(P::ChangeContext* context, ast::Statement* statement) {
  Level level(this, 1, context);
  if (!level.ok()) return;
  statement->begin = At(context->start);
  statement->end = EndOf(context);
  ast::With with{context->K_RECURSIVE() != nullptr, BuildCommonTables(context->commonTable())};
  const auto set = [&](auto node) {
    node.with = std::move(with);
    statement->node = std::move(node);
  };
  if (context->insert() != nullptr) {
    set(BuildInsert(context->insert()));
  } else if (context->deleteFrom() != nullptr) {
    set(BuildDelete(context->deleteFrom()));
  } else if (context->update() != nullptr) {
    set(BuildUpdate(context->update()));
  }
}

std::vector<ast::SelectItem> AstBuilder::BuildReturning(P::ReturningContext* context) {
  std::vector<ast::SelectItem> items;
  if (context == nullptr) return items;
  for (P::SelectItemContext* item : context->selectItem()) BuildSelectItem(item, &items);
  return items;
}

ast::Insert AstBuilder::BuildInsert(P::InsertContext* context) {
  ast::Insert insert;
  insert.table = TableName(context->table);
  if (context->alias != nullptr) insert.alias = Name(context->alias);
  insert.columns = Names(context->columns);
  if (context->query() != nullptr) insert.query = BuildQuery(context->query());
  if (context->conflict != nullptr) {
    insert.on_conflict = true;
    insert.on_conflict_at = At(context->K_ON()->getSymbol());
  }
  insert.returning = BuildReturning(context->returning());
  return insert;
}

ast::Delete AstBuilder::BuildDelete(P::DeleteFromContext* context) {
  ast::Delete result;
  result.table = TableName(context->table);
  if (context->alias != nullptr) result.alias = Name(context->alias);
  if (context->fromItems() != nullptr) result.others = BuildFrom(context->fromItems());
  if (context->expr() != nullptr) result.where = BuildExpr(context->expr());
  result.returning = BuildReturning(context->returning());
  return result;
}

ast::Update AstBuilder::BuildUpdate(P::UpdateContext* context) {
  ast::Update result;
  result.table = TableName(context->table);
  if (context->alias != nullptr) result.alias = Name(context->alias);
  for (P::AssignmentContext* assignment : context->assignment()) {
    if (assignment->row != nullptr) {
      // (a, b) = (x, y)
      std::vector<ast::Identifier> columns = Names(assignment->identifierList());
      if (assignment->query() != nullptr) {
        Fail(assignment->row,
             "UPDATE … SET (a, b) = (SELECT …) is not supported; put the query into FROM and write "
             "SET a = q.x, b = q.y",
             StatusCode::kUnimplemented);
        continue;
      }
      std::vector<ast::ExprPtr> values = BuildList(assignment->exprList());
      if (values.size() != columns.size()) {
        Fail(assignment->row,
             fmt::format("number of columns ({}) does not match number of values ({})",
                         columns.size(), values.size()));
        continue;
      }
      for (size_t i = 0; i < columns.size(); ++i) {
        result.assignments.push_back({std::move(columns[i]), std::move(values[i])});
      }
      continue;
    }
    // DEFAULT is no value.
    result.assignments.push_back({Name(assignment->column), assignment->isDefault != nullptr
                                                                ? nullptr
                                                                : BuildExpr(assignment->expr())});
  }
  if (context->fromItems() != nullptr) result.others = BuildFrom(context->fromItems());
  if (context->expr() != nullptr) result.where = BuildExpr(context->expr());
  result.returning = BuildReturning(context->returning());
  return result;
}

ast::Transaction AstBuilder::BuildTransaction(P::TransactionContext* context) {
  using Kind = ast::Transaction::Kind;
  ast::Transaction transaction;
  if (context->savepoint != nullptr) transaction.savepoint = Name(context->savepoint);
  if (context->begin != nullptr) {
    transaction.kind = Kind::kBegin;
  } else if (context->commit != nullptr) {
    transaction.kind = Kind::kCommit;
  } else if (context->save != nullptr) {
    transaction.kind = Kind::kSavepoint;
  } else if (context->release != nullptr) {
    transaction.kind = Kind::kRelease;
  } else {
    transaction.kind = context->savepoint != nullptr ? Kind::kRollbackTo : Kind::kRollback;
  }
  return transaction;
}

ast::Prepare AstBuilder::BuildPrepare(P::PrepareContext* context) {
  ast::Prepare result;
  result.name = Name(context->name);
  for (P::TypeNameContext* type : context->typeName()) result.types.push_back(BuildType(type));
  result.statement = std::make_unique<ast::Statement>(BuildStatement(context->statement()));
  if (std::holds_alternative<ast::Prepare>(result.statement->node)) {
    Fail(context->statement()->start, "a prepared statement cannot be PREPARE");
  }
  return result;
}

// ---- EXPLAIN, SHOW, SET, COPY -----------------------------------------------------------------

ast::Explain AstBuilder::BuildExplain(P::ExplainContext* context) {
  ast::Explain explain;
  explain.format = "text";
  explain.analyze = context->analyze != nullptr;
  if (context->verbose != nullptr && LowerName(context->verbose) != "verbose") {
    Fail(context->verbose->start,
         fmt::format("EXPLAIN is followed by a statement, ANALYZE, VERBOSE or options in "
                     "parentheses, not by \"{}\"",
                     Text(context->verbose->start)));
  }
  for (P::ExplainOptionContext* option : context->explainOption()) {
    const std::string name = option->name != nullptr ? LowerName(option->name) : "analyze";
    const std::string value =
        option->optionValue() != nullptr ? AsciiLower(OptionValue(option->optionValue())) : "true";
    const bool on = value == "true" || value == "on" || value == "1";
    if (name == "analyze") {
      explain.analyze = on;
    } else if (name == "format") {
      if (value != "text" && value != "json") {
        Fail(option->start, "EXPLAIN's formats are TEXT and JSON");
      }
      explain.format = value;
    } else if (name != "verbose" && name != "costs" && name != "buffers" && name != "timing" &&
               name != "summary" && name != "settings" && name != "wal") {
      Fail(option->start,
           fmt::format("EXPLAIN has no option {}; it takes ANALYZE and FORMAT", name));
    }
  }
  explain.statement = std::make_unique<ast::Statement>(BuildStatement(context->statement()));
  return explain;
}

std::string AstBuilder::SettingName(P::SettingNameContext* context) {
  const std::vector<P::IdentifierContext*> parts = context->identifier();
  const bool dotted = !context->DOT().empty();
  std::string name;
  for (P::IdentifierContext* part : parts) {
    if (!name.empty()) name += dotted ? '.' : ' ';
    name += AsciiLower(Name(part).name);
  }
  if (!dotted && parts.size() > 1) {
    if (name != "transaction isolation level") {
      Fail(context->start, "a setting's name is one word");
    }
    return "transaction_isolation";
  }
  return name;
}

ast::Show AstBuilder::BuildShow(P::ShowContext* context) {
  if (context->all != nullptr) return {"all"};
  if (context->zone != nullptr) return {"timezone"};
  return {SettingName(context->settingName())};
}

std::string AstBuilder::OptionValue(P::OptionValueContext* context) {
  if (context->STRING() != nullptr) return StringValue(context->start);
  if (context->NUMBER() != nullptr) {
    std::string number = NumberValue(context->NUMBER()->getSymbol());
    return context->sign != nullptr && context->sign->getType() == T::MINUS ? "-" + number : number;
  }
  return Name(context->columnLabel()).name;
}

std::string AstBuilder::SettingValue(P::SetValueContext* context) {
  if (context->STRING() != nullptr) return StringValue(context->STRING()->getSymbol());
  if (context->NUMBER() != nullptr) {
    std::string number = NumberValue(context->NUMBER()->getSymbol());
    return context->sign != nullptr && context->sign->getType() == T::MINUS ? "-" + number : number;
  }
  return Name(context->columnLabel()).name;
}

ast::Set AstBuilder::BuildSet(P::SetContext* context) {
  ast::Set set;
  if (context->characteristics != nullptr) {
    // SET TRANSACTION ISOLATION LEVEL …: every transaction reads one snapshot.
    set.name = "transaction_isolation";
    for (P::TransactionModeContext* mode : context->transactionMode()) {
      if (!set.value.empty()) set.value += ' ';
      set.value += AsciiLower(Text(mode->start));
    }
    return set;
  }
  if (context->names != nullptr) {
    if (LowerName(context->names) != "names") {
      Fail(context->names->start, "SET takes a name, = or TO, and a value");
    }
    set.name = "client_encoding";
    set.value = StringValue(context->text);
    return set;
  }
  set.name = context->zone != nullptr            ? "timezone"
             : context->settingName() != nullptr ? SettingName(context->settingName())
                                                 : "all";
  set.is_default = context->reset != nullptr;
  for (P::SetValueContext* value : context->setValue()) {
    if (value->isDefault != nullptr) {
      set.is_default = true;
      continue;
    }
    if (!set.value.empty()) set.value += ", ";
    set.value += SettingValue(value);
  }
  // SET TIME ZONE LOCAL is the server's own zone, which is the default.
  if (context->zone != nullptr && AsciiLower(set.value) == "local") {
    set.value.clear();
    set.is_default = true;
  }
  return set;
}

ast::CopyTo AstBuilder::BuildCopy(P::CopyContext* context) {
  ast::CopyTo copy;
  copy.to_client = context->out != nullptr;
  copy.from_client = context->from != nullptr;
  if (copy.from_client &&
      (context->identifier() == nullptr || LowerName(context->identifier()) != "stdin")) {
    Fail(context->from, "COPY … FROM takes STDIN; load files with shale load",
         StatusCode::kUnimplemented);
    return copy;
  }
  if (copy.from_client && context->query() != nullptr) {
    Fail(context->from, "COPY … FROM fills a table, not a query");
    return copy;
  }
  if (context->query() != nullptr) copy.query = BuildQuery(context->query());
  if (context->table != nullptr) copy.table = TableName(context->table);
  copy.columns = Names(context->columns);
  if (context->path != nullptr) copy.path = StringValue(context->path);
  for (P::CopyOptionContext* option : context->copyOption()) {
    ast::Identifier name = Name(option->name);
    std::string value = "true";
    if (option->optionValue() != nullptr) value = OptionValue(option->optionValue());
    if (option->STAR() != nullptr) value = "*";
    if (option->identifierList() != nullptr) {
      value.clear();
      for (const ast::Identifier& column : Names(option->identifierList())) {
        value += (value.empty() ? "" : ", ") + column.name;
      }
    }
    copy.options.push_back({std::move(name), std::move(value)});
  }
  // COPY t TO 'f' WITH CSV HEADER DELIMITER ',': the spelling before PostgreSQL 9.
  for (P::LegacyCopyOptionContext* option : context->legacyCopyOption()) {
    const antlr4::Token* word = option->name != nullptr ? option->name : option->word->start;
    ast::Identifier name{AsciiLower(Text(word)), false, At(word)};
    std::string value = option->text != nullptr ? StringValue(option->text) : "true";
    if (name.name == "csv" || name.name == "binary") {
      value = std::exchange(name.name, "format");
    }
    copy.options.push_back({std::move(name), std::move(value)});
  }
  return copy;
}

}  // namespace shale
