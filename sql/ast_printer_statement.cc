// Queries and statements.
#include <fmt/format.h>

#include "sql/ast_printer.h"
#include "sql/ast_printer_text.h"
#include "sql/parser.h"

namespace shale {

void SqlPrinter::Subquery(const ast::SelectPtr& query) {
  out_ += '(';
  Print(*query);
  out_ += ')';
}

void SqlPrinter::With(const std::vector<ast::CommonTable>& tables, bool recursive) {
  if (tables.empty()) return;
  out_ += recursive ? "WITH RECURSIVE " : "WITH ";
  for (size_t i = 0; i < tables.size(); ++i) {
    const ast::CommonTable& table = tables[i];
    if (i > 0) out_ += ", ";
    out_ += PrintName(table.name);
    if (!table.columns.empty()) out_ += " (" + PrintNames(table.columns, ", ") + ")";
    out_ += " AS ";
    if (table.materialized.has_value()) {
      out_ += *table.materialized ? "MATERIALIZED " : "NOT MATERIALIZED ";
    }
    if (table.change != nullptr) {
      out_ += '(';
      Print(*table.change);
      out_ += ')';
    } else {
      Subquery(table.query);
    }
  }
  out_ += ' ';
}

void SqlPrinter::Items(const std::vector<ast::SelectItem>& items) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out_ += ", ";
    Print(*items[i].expr);
    if (items[i].alias.has_value()) out_ += " AS " + PrintName(*items[i].alias);
  }
}

void SqlPrinter::Returning(const std::vector<ast::SelectItem>& items) {
  if (items.empty()) return;
  out_ += " RETURNING ";
  Items(items);
}

void SqlPrinter::Print(const ast::Select& select) {
  With(select.with, select.recursive);
  if (const auto* core = std::get_if<ast::SelectCore>(&select.body)) {
    Core(*core);
  } else if (const auto* values = std::get_if<ast::ValuesCore>(&select.body)) {
    out_ += "VALUES ";
    for (size_t i = 0; i < values->rows.size(); ++i) {
      out_ += i > 0 ? ", (" : "(";
      List(values->rows[i]);
      out_ += ')';
    }
  } else {
    const auto& set = std::get<ast::SetOperation>(select.body);
    Operand(*set.left, set, false);
    out_ += set.kind == ast::SetOperation::Kind::kUnion       ? " UNION "
            : set.kind == ast::SetOperation::Kind::kIntersect ? " INTERSECT "
                                                              : " EXCEPT ";
    if (set.all) out_ += "ALL ";
    Operand(*set.right, set, true);
  }
  if (!select.order_by.empty()) {
    out_ += " ORDER BY ";
    Order(select.order_by);
  }
  if (select.limit_by_count != nullptr) {
    out_ += " LIMIT ";
    Print(*select.limit_by_count);
    if (select.limit_by_offset != nullptr) {
      out_ += " OFFSET ";
      Print(*select.limit_by_offset);
    }
    out_ += " BY ";
    List(select.limit_by);
  }
  if (select.limit != nullptr) {
    out_ += " LIMIT ";
    Print(*select.limit);
    if (select.with_ties) out_ += " WITH TIES";
  }
  if (select.offset != nullptr) {
    out_ += " OFFSET ";
    Print(*select.offset);
  }
}

// INTERSECT binds tighter than UNION and EXCEPT, all associate to the left.
void SqlPrinter::Operand(const ast::Select& select, const ast::SetOperation& parent, bool right) {
  using Kind = ast::SetOperation::Kind;
  bool bare = select.with.empty() && select.order_by.empty() && select.limit == nullptr &&
              select.offset == nullptr && select.limit_by_count == nullptr;
  if (const auto* set = std::get_if<ast::SetOperation>(&select.body)) {
    const bool tighter = set->kind == Kind::kIntersect && parent.kind != Kind::kIntersect;
    const bool same = (set->kind == Kind::kIntersect) == (parent.kind == Kind::kIntersect);
    bare = bare && (tighter || (same && !right));
  }
  if (!bare) out_ += '(';
  Print(select);
  if (!bare) out_ += ')';
}

void SqlPrinter::Core(const ast::SelectCore& core) {
  out_ += "SELECT ";
  if (core.distinct) out_ += "DISTINCT ";
  if (!core.distinct_on.empty()) {
    out_ += "DISTINCT ON (";
    List(core.distinct_on);
    out_ += ") ";
  }
  Items(core.items);
  if (core.from != nullptr) {
    out_ += " FROM ";
    Table(*core.from);
  }
  if (core.where != nullptr) {
    out_ += " WHERE ";
    Print(*core.where);
  }
  if (core.group_by_all) out_ += " GROUP BY ALL";
  for (size_t i = 0; i < core.group_by.size(); ++i) {
    out_ += i > 0 ? ", " : " GROUP BY ";
    Grouping(core.group_by[i]);
  }
  if (core.having != nullptr) {
    out_ += " HAVING ";
    Print(*core.having);
  }
  for (size_t i = 0; i < core.windows.size(); ++i) {
    out_ += (i > 0 ? ", " : " WINDOW ") + PrintName(core.windows[i].first) + " AS ";
    Window(core.windows[i].second);
  }
  if (core.qualify != nullptr) {
    out_ += " QUALIFY ";
    Print(*core.qualify);
  }
}

void SqlPrinter::Grouping(const ast::GroupingElement& element) {
  using Kind = ast::GroupingElement::Kind;
  const auto list = [&](const std::vector<ast::ExprPtr>& exprs, bool always) {
    const bool parentheses = always || exprs.size() != 1;
    if (parentheses) out_ += '(';
    List(exprs);
    if (parentheses) out_ += ')';
  };
  switch (element.kind) {
    case Kind::kExpr: return list(element.lists[0], false);
    case Kind::kRollup: out_ += "ROLLUP ("; break;
    case Kind::kCube: out_ += "CUBE ("; break;
    case Kind::kSets: out_ += "GROUPING SETS ("; break;
  }
  for (size_t i = 0; i < element.lists.size(); ++i) {
    if (i > 0) out_ += ", ";
    list(element.lists[i], false);
  }
  for (size_t i = 0; i < element.sets.size(); ++i) {
    if (i > 0) out_ += ", ";
    Grouping(element.sets[i]);
  }
  out_ += ')';
}

void SqlPrinter::Table(const ast::TableRef& table) {
  if (const auto* named = std::get_if<ast::NamedTable>(&table.node)) {
    out_ += PrintNames(named->name.parts, ".");
  } else if (const auto* subquery = std::get_if<ast::SubqueryTable>(&table.node)) {
    if (subquery->lateral) out_ += "LATERAL ";
    Subquery(subquery->query);
  } else if (const auto* function = std::get_if<ast::FunctionTable>(&table.node)) {
    if (function->lateral) out_ += "LATERAL ";
    Print(*function->call);
    if (function->ordinality) out_ += " WITH ORDINALITY";
  } else {
    if (table.alias.has_value()) out_ += '(';
    JoinOf(std::get<ast::Join>(table.node));
    if (table.alias.has_value()) out_ += ')';
  }
  if (table.alias.has_value()) {
    out_ += " AS " + PrintName(table.alias->name);
    if (!table.alias->columns.empty()) {
      out_ += " (" + PrintNames(table.alias->columns, ", ") + ")";
    }
  }
  const auto* named = std::get_if<ast::NamedTable>(&table.node);
  if (named == nullptr || !named->sample.has_value()) return;
  const ast::Sample& sample = *named->sample;
  if (sample.method == ast::Sample::Method::kUsers) {
    out_ += fmt::format(" SAMPLE {}", sample.fraction);
    if (sample.offset > 0) out_ += fmt::format(" OFFSET {}", sample.offset);
    return;
  }
  const bool system = sample.method == ast::Sample::Method::kSystem;
  out_ +=
      fmt::format(" TABLESAMPLE {} ({})", system ? "system" : "bernoulli", sample.fraction * 100);
  if (sample.seed) out_ += fmt::format(" REPEATABLE ({})", *sample.seed);
}

void SqlPrinter::JoinOf(const ast::Join& join) {
  using Kind = ast::Join::Kind;
  Table(*join.left);
  out_ += join.natural ? " NATURAL" : "";
  switch (join.kind) {
    case Kind::kInner: out_ += " JOIN "; break;
    case Kind::kLeft: out_ += " LEFT JOIN "; break;
    case Kind::kRight: out_ += " RIGHT JOIN "; break;
    case Kind::kFull: out_ += " FULL JOIN "; break;
    case Kind::kCross: out_ += " CROSS JOIN "; break;
    case Kind::kSemi: out_ += " SEMI JOIN "; break;
    case Kind::kAnti: out_ += " ANTI JOIN "; break;
    case Kind::kAsof: out_ += join.asof_left ? " ASOF LEFT JOIN " : " ASOF JOIN "; break;
  }
  const bool nested =
      std::holds_alternative<ast::Join>(join.right->node) && !join.right->alias.has_value();
  if (nested) out_ += '(';
  Table(*join.right);
  if (nested) out_ += ')';
  if (join.on != nullptr) {
    out_ += " ON ";
    Print(*join.on);
  }
  if (!join.using_columns.empty()) out_ += " USING (" + PrintNames(join.using_columns, ", ") + ")";
}

// ---- statements -------------------------------------------------------------------------------

void SqlPrinter::Print(const ast::Statement& statement) {
  std::visit([this](const auto& node) { Node(node); }, statement.node);
}

void SqlPrinter::Column(const ast::ColumnDef& column) {
  out_ += PrintName(column.name) + " " + PrintType(column.type);
  if (column.not_null) out_ += " NOT NULL";
  if (column.default_value != nullptr) {
    // DEFAULT takes no bare AND, comparison and so on.
    out_ += " DEFAULT (";
    Print(*column.default_value);
    out_ += ')';
  }
  for (const ast::Constraint& constraint : column.constraints) {
    out_ += ' ';
    Print(constraint, false);
  }
  if (column.unsupported.has_value()) out_ += " /* " + *column.unsupported + " */";
}

void SqlPrinter::Options(const std::vector<ast::Option>& options) {
  out_ += " WITH (";
  for (size_t i = 0; i < options.size(); ++i) {
    if (i > 0) out_ += ", ";
    out_ += PrintName(options[i].name) + " = " + PrintString(options[i].value);
  }
  out_ += ')';
}

void SqlPrinter::Node(const ast::CreateTable& create) {
  out_ += "CREATE ";
  if (create.or_replace) out_ += "OR REPLACE ";
  if (create.temporary) out_ += "TEMPORARY ";
  out_ += "TABLE ";
  if (create.if_not_exists) out_ += "IF NOT EXISTS ";
  out_ += PrintNames(create.name.parts, ".");
  if (!create.columns.empty()) {
    out_ += " (";
    for (size_t i = 0; i < create.columns.size(); ++i) {
      if (i > 0) out_ += ", ";
      Column(create.columns[i]);
    }
    for (const ast::Constraint& constraint : create.constraints) {
      out_ += ", ";
      Print(constraint, true);
    }
    if (create.unsupported_constraint.has_value()) {
      out_ += " /* " + *create.unsupported_constraint + " */";
    }
    out_ += ')';
  }
  if (create.timestamp_column.has_value()) {
    out_ += " TIMESTAMP (" + PrintName(*create.timestamp_column) + ")";
  }
  if (create.partition_by.has_value()) {
    out_ += " PARTITION BY " + PrintName(*create.partition_by);
  }
  if (!create.order_by.empty()) out_ += " ORDER BY (" + PrintNames(create.order_by, ", ") + ")";
  if (!create.options.empty()) Options(create.options);
  if (create.as != nullptr) {
    out_ += " AS ";
    Print(*create.as);
    if (create.no_data) out_ += " WITH NO DATA";
  }
}

void SqlPrinter::Node(const ast::CreateView& view) {
  out_ += view.or_replace ? "CREATE OR REPLACE VIEW " : "CREATE VIEW ";
  if (view.if_not_exists) out_ += "IF NOT EXISTS ";
  out_ += PrintNames(view.name.parts, ".");
  if (!view.columns.empty()) out_ += " (" + PrintNames(view.columns, ", ") + ")";
  out_ += " AS ";
  Print(*view.query);
}

void SqlPrinter::Print(const ast::Constraint& constraint, bool of_table) {
  if (constraint.name.has_value()) out_ += "CONSTRAINT " + PrintName(*constraint.name) + " ";
  switch (constraint.kind) {
    case ast::Constraint::Kind::kPrimaryKey: out_ += "PRIMARY KEY"; break;
    case ast::Constraint::Kind::kUnique: out_ += "UNIQUE"; break;
    case ast::Constraint::Kind::kCheck:
      out_ += "CHECK (";
      Print(*constraint.condition);
      out_ += ")";
      return;
  }
  if (of_table) out_ += " (" + PrintNames(constraint.columns, ", ") + ")";
}

void SqlPrinter::Node(const ast::CreateIndex& index) {
  out_ += index.unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ";
  if (index.if_not_exists) out_ += "IF NOT EXISTS ";
  if (index.name.has_value()) out_ += PrintName(*index.name) + " ";
  out_ += "ON " + PrintNames(index.table.parts, ".") + " (" + PrintNames(index.columns, ", ") + ")";
  if (index.computed) out_ += " /* computed */";
}

void SqlPrinter::Node(const ast::Drop& drop) {
  switch (drop.what) {
    case ast::Drop::What::kTable: out_ += "DROP TABLE "; break;
    case ast::Drop::What::kView: out_ += "DROP VIEW "; break;
    case ast::Drop::What::kIndex: out_ += "DROP INDEX "; break;
  }
  if (drop.if_exists) out_ += "IF EXISTS ";
  for (size_t i = 0; i < drop.names.size(); ++i) {
    if (i > 0) out_ += ", ";
    out_ += PrintNames(drop.names[i].parts, ".");
  }
}

void SqlPrinter::Node(const ast::Truncate& truncate) {
  out_ += "TRUNCATE TABLE ";
  for (size_t i = 0; i < truncate.names.size(); ++i) {
    if (i > 0) out_ += ", ";
    out_ += PrintNames(truncate.names[i].parts, ".");
  }
}

void SqlPrinter::Node(const ast::AlterTable& alter) {
  out_ += "ALTER TABLE ";
  if (alter.if_exists) out_ += "IF EXISTS ";
  out_ += PrintNames(alter.name.parts, ".");
  for (size_t i = 0; i < alter.actions.size(); ++i) {
    out_ += i > 0 ? ", " : " ";
    if (const auto* add = std::get_if<ast::AlterTable::AddColumn>(&alter.actions[i])) {
      out_ += add->if_not_exists ? "ADD COLUMN IF NOT EXISTS " : "ADD COLUMN ";
      Column(add->column);
    } else if (const auto* drop = std::get_if<ast::AlterTable::DropColumn>(&alter.actions[i])) {
      out_ += drop->if_exists ? "DROP COLUMN IF EXISTS " : "DROP COLUMN ";
      out_ += PrintName(drop->column);
    } else if (const auto* column = std::get_if<ast::AlterTable::RenameColumn>(&alter.actions[i])) {
      out_ += "RENAME COLUMN " + PrintName(column->from) + " TO " + PrintName(column->to);
    } else if (const auto* made = std::get_if<ast::Constraint>(&alter.actions[i])) {
      out_ += "ADD ";
      Print(*made, true);
    } else if (const auto* gone = std::get_if<ast::AlterTable::DropConstraint>(&alter.actions[i])) {
      out_ += gone->if_exists ? "DROP CONSTRAINT IF EXISTS " : "DROP CONSTRAINT ";
      out_ += PrintName(gone->name);
    } else if (const auto* change = std::get_if<ast::AlterTable::AlterColumn>(&alter.actions[i])) {
      using What = ast::AlterTable::AlterColumn::What;
      out_ += "ALTER COLUMN " + PrintName(change->column);
      switch (change->what) {
        case What::kSetDefault:
          out_ += " SET DEFAULT ";
          Print(*change->default_value);
          break;
        case What::kDropDefault: out_ += " DROP DEFAULT"; break;
        case What::kSetNotNull: out_ += " SET NOT NULL"; break;
        case What::kDropNotNull: out_ += " DROP NOT NULL"; break;
      }
    } else {
      out_ += "RENAME TO " + PrintName(std::get<ast::AlterTable::RenameTable>(alter.actions[i]).to);
    }
  }
}

void SqlPrinter::Node(const ast::Insert& insert) {
  With(insert.with.tables, insert.with.recursive);
  out_ += "INSERT INTO " + PrintNames(insert.table.parts, ".");
  if (insert.alias.has_value()) out_ += " AS " + PrintName(*insert.alias);
  if (!insert.columns.empty()) out_ += " (" + PrintNames(insert.columns, ", ") + ")";
  out_ += ' ';
  if (insert.query != nullptr) {
    Print(*insert.query);
  } else {
    out_ += "DEFAULT VALUES";
  }
  if (insert.on_conflict) out_ += " /* ON CONFLICT */";
  Returning(insert.returning);
}

void SqlPrinter::Node(const ast::Delete& node) {
  With(node.with.tables, node.with.recursive);
  out_ += "DELETE FROM " + PrintNames(node.table.parts, ".");
  if (node.alias.has_value()) out_ += " AS " + PrintName(*node.alias);
  if (node.others != nullptr) {
    out_ += " USING ";
    Table(*node.others);
  }
  if (node.where != nullptr) {
    out_ += " WHERE ";
    Print(*node.where);
  }
  Returning(node.returning);
}

void SqlPrinter::Node(const ast::Update& update) {
  With(update.with.tables, update.with.recursive);
  out_ += "UPDATE " + PrintNames(update.table.parts, ".");
  if (update.alias.has_value()) out_ += " AS " + PrintName(*update.alias);
  out_ += " SET ";
  for (size_t i = 0; i < update.assignments.size(); ++i) {
    if (i > 0) out_ += ", ";
    out_ += PrintName(update.assignments[i].column) + " = ";
    if (update.assignments[i].value != nullptr) {
      Print(*update.assignments[i].value);
    } else {
      out_ += "DEFAULT";
    }
  }
  if (update.others != nullptr) {
    out_ += " FROM ";
    Table(*update.others);
  }
  if (update.where != nullptr) {
    out_ += " WHERE ";
    Print(*update.where);
  }
  Returning(update.returning);
}

void SqlPrinter::Node(const ast::Explain& explain) {
  out_ += "EXPLAIN ";
  if (explain.format == "json") {
    out_ += explain.analyze ? "(ANALYZE, FORMAT JSON) " : "(FORMAT JSON) ";
  } else if (explain.analyze) {
    out_ += "ANALYZE ";
  }
  Print(*explain.statement);
}

void SqlPrinter::Node(const ast::Show& show) { out_ += "SHOW " + show.what; }

void SqlPrinter::Node(const ast::Describe& describe) {
  out_ += "DESCRIBE ";
  if (describe.query != nullptr) return Print(*describe.query);
  out_ += PrintNames(describe.table.parts, ".");
}

void SqlPrinter::Node(const ast::Set& set) {
  if (set.is_default) {
    out_ += "RESET " + set.name;
  } else {
    out_ += "SET " + set.name + " = " + PrintString(set.value);
  }
}

void SqlPrinter::Node(const ast::CopyTo& copy) {
  out_ += "COPY ";
  if (copy.query != nullptr) {
    Subquery(copy.query);
  } else {
    out_ += PrintNames(copy.table.parts, ".");
    if (!copy.columns.empty()) out_ += " (" + PrintNames(copy.columns, ", ") + ")";
  }
  out_ += " TO " + PrintString(copy.path);
  if (copy.options.empty()) return;
  out_ += " (";
  for (size_t i = 0; i < copy.options.size(); ++i) {
    if (i > 0) out_ += ", ";
    out_ += PrintName(copy.options[i].name) + " " + PrintString(copy.options[i].value);
  }
  out_ += ')';
}

void SqlPrinter::Node(const ast::Prepare& prepare) {
  out_ += "PREPARE " + PrintName(prepare.name);
  for (size_t i = 0; i < prepare.types.size(); ++i) {
    out_ += (i == 0 ? " (" : ", ") + PrintType(prepare.types[i]);
  }
  out_ += prepare.types.empty() ? " AS " : ") AS ";
  std::visit([this](const auto& node) { Node(node); }, prepare.statement->node);
}

void SqlPrinter::Node(const ast::Execute& execute) {
  out_ += "EXECUTE " + PrintName(execute.name);
  for (size_t i = 0; i < execute.args.size(); ++i) {
    out_ += i == 0 ? " (" : ", ";
    Print(*execute.args[i]);
  }
  if (!execute.args.empty()) out_ += ")";
}

void SqlPrinter::Node(const ast::Deallocate& deallocate) {
  out_ += "DEALLOCATE " + (deallocate.name ? PrintName(*deallocate.name) : "ALL");
}

void SqlPrinter::Node(const ast::Transaction& transaction) {
  switch (transaction.kind) {
    case ast::Transaction::Kind::kBegin: out_ += "BEGIN"; break;
    case ast::Transaction::Kind::kCommit: out_ += "COMMIT"; break;
    case ast::Transaction::Kind::kRollback: out_ += "ROLLBACK"; break;
    case ast::Transaction::Kind::kSavepoint: out_ += "SAVEPOINT "; break;
    case ast::Transaction::Kind::kRelease: out_ += "RELEASE SAVEPOINT "; break;
    case ast::Transaction::Kind::kRollbackTo: out_ += "ROLLBACK TO SAVEPOINT "; break;
  }
  if (transaction.savepoint.has_value()) out_ += PrintName(*transaction.savepoint);
}

void SqlPrinter::Node(const ast::DeclareCursor& declare) {
  out_ += "DECLARE " + PrintName(declare.name) + (declare.no_scroll ? " NO SCROLL" : "");
  out_ += declare.hold ? " CURSOR WITH HOLD FOR " : " CURSOR FOR ";
  Print(*declare.query);
}

void SqlPrinter::Node(const ast::Fetch& fetch) {
  using How = ast::Fetch::How;
  out_ += fetch.move ? "MOVE " : "FETCH ";
  switch (fetch.how) {
    case How::kForward: out_ += "FORWARD "; break;
    case How::kBackward: out_ += "BACKWARD "; break;
    case How::kAbsolute: out_ += "ABSOLUTE "; break;
    case How::kRelative: out_ += "RELATIVE "; break;
  }
  out_ += (fetch.all ? "ALL" : std::to_string(fetch.count)) + " FROM " + PrintName(fetch.name);
}

void SqlPrinter::Node(const ast::CloseCursor& close) {
  out_ += "CLOSE " + (close.name ? PrintName(*close.name) : "ALL");
}

void SqlPrinter::Node(const ast::Maintain& maintain) {
  using Kind = ast::Maintain::Kind;
  switch (maintain.kind) {
    case Kind::kCheckpoint: out_ += "CHECKPOINT"; break;
    case Kind::kOptimize: out_ += "OPTIMIZE TABLE"; break;
    case Kind::kAnalyze: out_ += "ANALYZE"; break;
    case Kind::kVacuum: out_ += "VACUUM"; break;
    case Kind::kCheck: out_ += maintain.tables.empty() ? "CHECK ALL" : "CHECK TABLE"; break;
    case Kind::kDropSegment: out_ += "ALTER TABLE"; break;
  }
  for (size_t i = 0; i < maintain.tables.size(); ++i) {
    out_ += (i > 0 ? ", " : " ") + PrintNames(maintain.tables[i].parts, ".");
  }
  if (maintain.kind == Kind::kDropSegment) {
    out_ += " DROP SEGMENT " + std::to_string(maintain.segment);
  }
}

std::string PrintSelect(const ast::Select& select) {
  SqlPrinter printer;
  printer.Print(select);
  return printer.Take();
}

std::string PrintStatement(const ast::Statement& statement) {
  SqlPrinter printer;
  printer.Print(statement);
  return printer.Take();
}

}  // namespace shale
