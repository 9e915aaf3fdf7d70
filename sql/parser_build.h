// Parse tree to AST. One builder a parse; the first error wins and is found in status().
//
// Private to parser*.cc. After an error the builder goes on giving trees with holes (null
// children), which the caller drops: every function here must bear null.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ShaleParser.h"
#include "sql/ast.h"
#include "sql/parser.h"

namespace shale {

// What a parse of part of a statement inherits from the parse around it.
struct ParseSurroundings {
  int expression_depth = 0;
  int rule_depth = 0;
  int values_depth = 0;  // VALUES lists inside one another
};
inline constexpr int kMaxNestedValues = 16;

// Parses tokens[range] as one expression through the grammar.
StatusOr<ast::ExprPtr> ParseExpressionTokens(std::string_view sql,
                                             const std::vector<LexedToken>& tokens,
                                             TokenRange range, ParseSurroundings surroundings);

class AstBuilder {
 public:
  AstBuilder(std::string_view sql, const std::vector<LexedToken>& tokens,
             const FoldedTokens& folded, ParseSurroundings surroundings)
      : sql_(sql),
        tokens_(tokens),
        folded_(folded),
        surroundings_(surroundings),
        depth_(surroundings.expression_depth) {}

  const Status& status() const { return status_; }

  ast::Statement BuildStatement(ShaleParser::StatementContext* context);
  ast::ExprPtr BuildExpr(ShaleParser::ExprContext* context);

 private:
  using P = ShaleParser;

  // Counts one or more levels of the tree for as long as it lives.
  class Level {
   public:
    Level(AstBuilder* builder, size_t levels, const antlr4::ParserRuleContext* context);
    ~Level() { builder_->depth_ -= levels_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    bool ok() const { return ok_; }

   private:
    AstBuilder* builder_;
    int levels_;
    bool ok_;
  };

  // ---- parser_build_expr.cc
  ast::ExprPtr BuildChain(P::ExprContext* context);
  ast::ExprPtr BuildPostfixed(P::ExprContext* context, ast::ExprPtr operand);
  ast::ExprPtr BuildOverlaps(P::ExprContext* context, ast::ExprPtr operand);
  ast::ExprPtr BuildValue(P::ValueExprContext* context);
  ast::ExprPtr BuildValueStep(P::ValueExprContext* context, ast::ExprPtr operand);
  ast::ExprPtr BuildPrimary(P::PrimaryContext* context);
  ast::ExprPtr BuildTypedLiteral(P::PrimaryContext* context, const ast::FunctionCall& call);
  ast::ExprPtr BuildLiteral(P::LiteralContext* context);
  ast::ExprPtr BuildInterval(P::LiteralContext* context);
  ast::ExprPtr BuildCase(P::CaseExprContext* context);
  ast::ExprPtr BuildCall(P::FunctionCallContext* context);
  static bool IgnoresNulls(P::NullTreatmentContext* context);
  void BuildSpecial(P::SpecialContext* context, ast::FunctionCall* call);
  ast::ExprPtr BuildCurrent(P::CurrentValueContext* context);
  std::vector<ast::ExprPtr> BuildList(P::ExprListContext* context);
  ast::WindowSpec BuildWindow(P::WindowSpecContext* context);
  void BuildFrameBound(P::FrameBoundContext* context, ast::WindowFrame::Bound* bound,
                       ast::ExprPtr* offset);
  std::vector<ast::OrderItem> BuildOrder(P::SortItemsContext* context);
  ast::ExprPtr Operator(std::string op, const antlr4::Token* at, ast::ExprPtr left,
                        ast::ExprPtr right, const antlr4::ParserRuleContext* context);

  // ---- parser_build_query.cc
  ast::SelectPtr BuildQuery(P::QueryContext* context);
  std::vector<ast::CommonTable> BuildCommonTables(
      const std::vector<P::CommonTableContext*>& contexts);
  ast::SelectPtr BuildTerm(P::QueryTermContext* context);
  ast::SelectPtr BuildTermLeaf(P::QueryTermContext* context);
  ast::SelectCore BuildCore(P::SelectCoreContext* context);
  void BuildSelectItem(P::SelectItemContext* context, std::vector<ast::SelectItem>* items);
  static void FlattenRow(ast::ExprPtr expr, std::vector<ast::ExprPtr>* list);
  ast::GroupingElement BuildGrouping(P::GroupingElementContext* context);
  void BuildGroupBy(P::GroupByClauseContext* context, ast::SelectCore* core);
  ast::TableRefPtr BuildFrom(P::FromItemsContext* context);
  ast::TableRefPtr BuildTable(P::TableRefContext* context);
  ast::TableRefPtr BuildJoin(P::TableRefContext* context, ast::TableRefPtr left);
  // parser_build_cursor.cc
  ast::DeclareCursor BuildDeclare(P::DeclareCursorContext* context);
  ast::Fetch BuildFetch(P::FetchContext* context);
  // parser_build_record.cc
  ast::TableRefPtr BuildRecordTable(P::TablePrimaryContext* context);
  ast::TableRefPtr BuildTablePrimary(P::TablePrimaryContext* context);
  void BuildSample(P::SampleContext* context, ast::NamedTable* table);
  void BuildLimit(P::LimitPartContext* context, ast::Select* select);
  ast::SelectPtr BuildValuesList(const antlr4::Token* token);

  // ---- parser_values.cc: rows without the grammar
  void BuildRows(TokenRange range, ast::ValuesCore* values);
  void AppendLiterals(TokenRange range, std::vector<ast::ExprPtr>* out);
  ast::ExprPtr BuildPlainLiteral(size_t index, size_t length);

  // ---- parser_build_statement.cc
  ast::CreateTable BuildCreateTable(P::CreateTableContext* context);
  void BuildTableOption(P::TableOptionContext* context, ast::CreateTable* create);
  ast::ColumnDef BuildColumn(P::ColumnDefContext* context);
  ast::CreateView BuildCreateView(P::CreateViewContext* context);
  ast::Constraint BuildConstraint(P::TableConstraintContext* context);
  ast::CreateIndex BuildCreateIndex(P::CreateIndexContext* context);
  ast::Drop BuildDrop(P::DropContext* context);
  ast::AlterTable BuildAlter(P::AlterTableContext* context);
  void BuildChange(P::ChangeContext* context, ast::Statement* statement);
  ast::Transaction BuildTransaction(P::TransactionContext* context);
  std::vector<ast::SelectItem> BuildReturning(P::ReturningContext* context);
  ast::Insert BuildInsert(P::InsertContext* context);
  ast::Delete BuildDelete(P::DeleteFromContext* context);
  ast::Prepare BuildPrepare(P::PrepareContext* context);
  ast::Update BuildUpdate(P::UpdateContext* context);
  ast::Explain BuildExplain(P::ExplainContext* context);
  ast::Show BuildShow(P::ShowContext* context);
  ast::Set BuildSet(P::SetContext* context);
  ast::CopyTo BuildCopy(P::CopyContext* context);
  std::string OptionValue(P::OptionValueContext* context);
  std::string SettingValue(P::SetValueContext* context);
  std::string SettingName(P::SettingNameContext* context);

  // ---- parser_build.cc: names and other leaves
  static const LexedToken& Lexed(const antlr4::Token* token) {
    return static_cast<const StreamToken*>(token)->lexed();
  }
  static ast::Position At(const antlr4::Token* token) {
    return {static_cast<int32_t>(Lexed(token).begin)};
  }
  static ast::Position EndOf(const antlr4::ParserRuleContext* context) {
    return {static_cast<int32_t>(Lexed(context->stop).end)};
  }
  std::string_view Text(const antlr4::Token* token) const { return TokenText(sql_, Lexed(token)); }
  // Every name, label and word rule of the grammar is one token long.
  ast::Identifier Name(const antlr4::ParserRuleContext* context) const;
  std::string LowerName(const antlr4::ParserRuleContext* context) const;
  ast::QualifiedName Qualified(P::QualifiedNameContext* context) const;
  // For tables: at most three parts.
  ast::QualifiedName TableName(P::QualifiedNameContext* context);
  std::vector<ast::Identifier> Names(P::IdentifierListContext* context) const;
  ast::TypeName BuildType(P::TypeNameContext* context);
  ast::TypeName MultiwordType(const antlr4::Token* token);
  std::string TypeOrFunctionName(P::QualifiedNameContext* context) const;
  std::string StringValue(const antlr4::Token* token);
  std::string NumberValue(const antlr4::Token* token);
  int64_t IntegerValue(const antlr4::Token* token, std::string_view what);

  template <typename Node>
  ast::ExprPtr Make(Node node, ast::Position at, ast::Position begin, ast::Position end) const {
    auto expr = std::make_unique<ast::Expr>();
    expr->node = std::move(node);
    expr->at = at;
    expr->begin = begin;
    expr->end = end;
    return expr;
  }
  template <typename Node>
  ast::ExprPtr Make(Node node, const antlr4::ParserRuleContext* context) const {
    const ast::Position begin = At(context->start);
    return Make(std::move(node), begin, begin, EndOf(context));
  }

  void Fail(int offset, std::string_view message, StatusCode code = StatusCode::kInvalidArgument);
  void Fail(const antlr4::Token* token, std::string_view message,
            StatusCode code = StatusCode::kInvalidArgument) {
    Fail(At(token).offset, message, code);
  }
  void Fail(Status status) {
    if (status_.ok()) status_ = std::move(status);
  }

  std::string_view sql_;
  const std::vector<LexedToken>& tokens_;  // unfolded
  const FoldedTokens& folded_;
  ParseSurroundings surroundings_;
  int depth_;
  P::IntoClauseContext* into_ = nullptr;  // of the statement; not dealt with yet
  Status status_;
};

}  // namespace shale
