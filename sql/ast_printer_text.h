// The printer's inside, shared by the two files that hold it (expressions; queries and statements).
// Private to ast_printer*.cc.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/ast.h"

namespace shale {

std::string PrintName(const ast::Identifier& name);
std::string PrintNames(const std::vector<ast::Identifier>& names, std::string_view separator);
std::string PrintString(std::string_view value);

class SqlPrinter {
 public:
  std::string Take() { return std::move(out_); }

  void Print(const ast::Expr& expr);
  void Print(const ast::Select& select);
  void Print(const ast::Statement& statement);
  void Print(const ast::Constraint& constraint, bool of_table);

 private:
  // Puts `expr` in parentheses if it binds weaker than `at_least`.
  void Child(const ast::ExprPtr& expr, int at_least);
  void List(const std::vector<ast::ExprPtr>& list);
  void Order(const std::vector<ast::OrderItem>& items);
  void Window(const ast::WindowSpec& window);
  void Frame(const ast::WindowFrame& frame);
  void Subquery(const ast::SelectPtr& query);
  void With(const std::vector<ast::CommonTable>& tables, bool recursive);
  void Items(const std::vector<ast::SelectItem>& items);
  void Returning(const std::vector<ast::SelectItem>& items);
  void Operand(const ast::Select& select, const ast::SetOperation& parent, bool right);
  void Core(const ast::SelectCore& core);
  void Grouping(const ast::GroupingElement& element);
  void Table(const ast::TableRef& table);
  void JoinOf(const ast::Join& join);
  void Column(const ast::ColumnDef& column);
  void Options(const std::vector<ast::Option>& options);

  void Node(const ast::Literal& node);
  void Node(const ast::ColumnRef& node);
  void Node(const ast::Star& node);
  void Node(const ast::Parameter& node);
  void Node(const ast::Unary& node);
  void Node(const ast::Binary& node);
  void Node(const ast::IsTest& node);
  void Node(const ast::Between& node);
  void Node(const ast::Like& node);
  void Node(const ast::InList& node);
  void Node(const ast::InSubquery& node);
  void Node(const ast::Exists& node);
  void Node(const ast::ScalarSubquery& node);
  void Node(const ast::Quantified& node);
  void Node(const ast::Case& node);
  void Node(const ast::Cast& node);
  void Node(const ast::FunctionCall& node);
  void Node(const ast::ArrayLiteral& node);
  void Node(const ast::ArraySubquery& node);
  void Node(const ast::Subscript& node);
  void Node(const ast::Row& node);
  void Node(const ast::Collate& node);

  void Node(const ast::Select& node) { Print(node); }
  void Node(const ast::CreateTable& node);
  void Node(const ast::CreateView& node);
  void Node(const ast::CreateIndex& node);
  void Node(const ast::Drop& node);
  void Node(const ast::Truncate& node);
  void Node(const ast::AlterTable& node);
  void Node(const ast::Insert& node);
  void Node(const ast::Delete& node);
  void Node(const ast::Update& node);
  void Node(const ast::Explain& node);
  void Node(const ast::Show& node);
  void Node(const ast::Describe& node);
  void Node(const ast::Set& node);
  void Node(const ast::CopyTo& node);
  void Node(const ast::Prepare& node);
  void Node(const ast::Execute& node);
  void Node(const ast::Deallocate& node);
  void Node(const ast::Transaction& node);
  void Node(const ast::DeclareCursor& node);
  void Node(const ast::Fetch& node);
  void Node(const ast::CloseCursor& node);
  void Node(const ast::Maintain& node);

  std::string out_;
};

}  // namespace shale
