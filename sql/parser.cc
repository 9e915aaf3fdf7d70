// Runs the grammar over lexed statements and hands the tree to the builder.
#include "sql/parser.h"

#include <exception>
#include <memory>
#include <new>

#include "sql/parser_build.h"
#include "sql/parser_errors.h"

namespace shale {
namespace {

enum class Entry { kStatement, kExpression };

// One pass of the grammar over tokens. Owns the parse tree.
class GrammarRun {
 public:
  enum class Outcome { kParsed, kSyntaxError, kTooDeep };

  GrammarRun(const std::vector<LexedToken>& tokens, uint32_t end_offset)
      : stream_(tokens.data(), tokens.size(), end_offset), parser_(&stream_) {
    parser_.removeErrorListeners();
    parser_.setErrorHandler(std::make_shared<StopAtFirstError>());
  }

  // SLL is several times faster than LL and gives the same tree whenever it gives one.
  Outcome Run(Entry entry, antlr4::atn::PredictionMode mode, int rule_depth) {
    parser_.Prepare(mode);
    parser_.set_depth(rule_depth);
    try {
      if (entry == Entry::kStatement) {
        statement_ = parser_.singleStatement()->statement();
      } else {
        expression_ = parser_.singleExpression()->expr();
      }
      return Outcome::kParsed;
    } catch (const ParseFailed& failure) {
      error_index_ = failure.token_index;
      return Outcome::kSyntaxError;
    } catch (const ParseTooDeep&) {
      error_index_ = parser_.getCurrentToken()->getTokenIndex();
      return Outcome::kTooDeep;
    }
  }

  size_t error_index() const { return error_index_; }
  ShaleParser::StatementContext* statement() const { return statement_; }
  ShaleParser::ExprContext* expression() const { return expression_; }

 private:
  LexedTokenStream stream_;
  ShaleParser parser_;
  size_t error_index_ = 0;
  ShaleParser::StatementContext* statement_ = nullptr;
  ShaleParser::ExprContext* expression_ = nullptr;
};

// Parses folded tokens and calls `build` with the successful run.
template <typename Build>
Status ParseFolded(std::string_view sql, const FoldedTokens& folded, uint32_t end_offset,
                   Entry entry, int rule_depth, const Build& build) {
  using Outcome = GrammarRun::Outcome;
  using Mode = antlr4::atn::PredictionMode;
  try {
    GrammarRun run(folded.tokens, end_offset);
    Outcome outcome = run.Run(entry, Mode::SLL, rule_depth);
    if (outcome == Outcome::kSyntaxError) outcome = run.Run(entry, Mode::LL, rule_depth);
    switch (outcome) {
      case Outcome::kParsed: return build(run);
      case Outcome::kTooDeep: {
        const size_t index = run.error_index();
        const uint32_t offset =
            index < folded.tokens.size() ? folded.tokens[index].begin : end_offset;
        return ResourceExhausted(
            "{}", DescribeError(sql, static_cast<int>(offset),
                                fmt::format("the statement nests too deeply here; the limit is {} "
                                            "levels (kMaxNesting)",
                                            kMaxNesting)));
      }
      case Outcome::kSyntaxError: break;
    }
    const ProbeParse probe = [&](const std::vector<LexedToken>& tokens) {
      GrammarRun attempt(tokens, end_offset);
      return attempt.Run(entry, Mode::SLL, rule_depth) == Outcome::kParsed ? SIZE_MAX
                                                                           : attempt.error_index();
    };
    return InvalidArgument(
        "{}", ExplainSyntaxError(sql, folded.tokens, run.error_index(), end_offset, probe));
  } catch (const std::bad_alloc&) {
    return ResourceExhausted("not enough memory to parse a statement of {} bytes", sql.size());
  } catch (const std::exception& e) {
    return MakeError(StatusCode::kInternal, "the SQL parser failed: {}", e.what());
  }
}

// Where the text of tokens[range] ends: at the next token's begin if that closes the range (a
// bracket, comma or semicolon), else behind the last token.
uint32_t EndOffset(const std::vector<LexedToken>& tokens, TokenRange range) {
  return range.end > range.begin ? tokens[range.end - 1].end : 0;
}

Status ParseStatement(std::string_view sql, const std::vector<LexedToken>& tokens, TokenRange range,
                      std::vector<ast::Statement>* statements) {
  ASSIGN_OR_RETURN(const FoldedTokens folded, FoldTokens(sql, tokens, range));
  return ParseFolded(sql, folded, EndOffset(tokens, range), Entry::kStatement, 0,
                     [&](const GrammarRun& run) {
                       AstBuilder builder(sql, tokens, folded, {});
                       ast::Statement statement = builder.BuildStatement(run.statement());
                       if (builder.status().ok()) statements->push_back(std::move(statement));
                       return builder.status();
                     });
}

}  // namespace

StatusOr<ast::ExprPtr> ParseExpressionTokens(std::string_view sql,
                                             const std::vector<LexedToken>& tokens,
                                             TokenRange range, ParseSurroundings surroundings) {
  ASSIGN_OR_RETURN(const FoldedTokens folded, FoldTokens(sql, tokens, range));
  // The frames below us on the stack count too; an expression's level takes about four rules.
  const int rule_depth = surroundings.expression_depth * 4;
  ast::ExprPtr expr;
  RETURN_IF_ERROR(ParseFolded(sql, folded, EndOffset(tokens, range), Entry::kExpression, rule_depth,
                              [&](const GrammarRun& run) {
                                AstBuilder builder(sql, tokens, folded, surroundings);
                                expr = builder.BuildExpr(run.expression());
                                return builder.status();
                              }));
  return expr;
}

StatusOr<std::vector<ast::Statement>> ParseSql(std::string_view sql) {
  ASSIGN_OR_RETURN(const LexedSql lexed, LexSql(sql));
  std::vector<ast::Statement> statements;
  statements.reserve(lexed.statements.size());
  for (const TokenRange range : lexed.statements) {
    RETURN_IF_ERROR(ParseStatement(sql, lexed.tokens, range, &statements));
  }
  return statements;
}

std::vector<std::string_view> SplitSql(std::string_view sql) {
  auto lexed = LexSql(sql);
  if (!lexed.ok()) return {sql};
  std::vector<std::string_view> texts;
  for (const TokenRange& range : lexed->statements) {
    const size_t begin = lexed->tokens[range.begin].begin;
    texts.push_back(sql.substr(begin, lexed->tokens[range.end - 1].end - begin));
  }
  return texts;
}

StatusOr<ast::ExprPtr> ParseExpression(std::string_view text) {
  ASSIGN_OR_RETURN(const LexedSql lexed, LexSql(text));
  if (lexed.statements.empty()) return InvalidArgument("an expression is missing");
  if (lexed.statements.size() > 1) {
    return InvalidArgument(
        "{}", DescribeError(text, static_cast<int>(EndOffset(lexed.tokens, lexed.statements[0])),
                            "one expression is expected here, not several"));
  }
  return ParseExpressionTokens(text, lexed.tokens, lexed.statements[0], {});
}

void WarmParser() {
  static const bool warm = [] {
    return ParseSql(
               "WITH c AS (SELECT a, count(*) FROM t GROUP BY 1) "
               "SELECT DISTINCT c.a AS b, sum(x) + 1 * 2 n, max(y) FILTER (WHERE z > 0), "
               "row_number() OVER (PARTITION BY a ORDER BY b DESC), d::date, -1, NULL, "
               "extract(hour FROM ts), CASE WHEN a = 1 THEN 'x' ELSE 'y' END, "
               "date_trunc('minute', ts), count(DISTINCT u), avg(length(a)), t.*, "
               "regexp_replace(a, '^x', '') AS k, CAST(a AS int), a || b, a / b, a - 1, f(a) + "
               "f(b) "
               "FROM t AS u LEFT JOIN c ON u.a = c.a AND u.b <> 1, (SELECT 1) s, d "
               "WHERE (a LIKE '%x%' OR b IS NOT NULL) AND c IN (1, 2) AND d BETWEEN 1 AND 2 "
               "AND NOT e AND f IN (SELECT 1) AND ts >= TIMESTAMP '2024-01-01' - INTERVAL '1 day' "
               "AND x = -1 AND EXISTS (SELECT * FROM t) AND a ~ 'x' "
               "GROUP BY a, b, f(x), a - 1 HAVING count(*) > 10 "
               "ORDER BY n DESC, f(x), count(*) DESC, 1 LIMIT 10 OFFSET 5;"
               "SELECT * FROM t WHERE a = 'x' ORDER BY b LIMIT 10;"
               "SELECT count(*) FROM t;"
               "SELECT a, b FROM t JOIN u USING (a) UNION ALL SELECT 1, 2 ORDER BY 1;"
               "INSERT INTO t (a, b) VALUES (1, now());"
               "CREATE TABLE t (a TIMESTAMP NOT NULL, b VARCHAR(10) DEFAULT 'x') TIMESTAMP(a) "
               "PARTITION BY DAY ORDER BY (a) WITH (k = 1)")
        .ok();
  }();
  static_cast<void>(warm);
}

}  // namespace shale
