// VALUES rows and long lists of literals without the grammar: a row of plain literals costs a few
// comparisons a token. Any other expression of a row goes through the grammar by itself.
#include "sql/parser_build.h"

namespace shale {
namespace {

using T = ShaleParser;

// TYPE 'text', such as DATE '2024-05-01'.
bool IsTypedLiteral(const std::vector<LexedToken>& tokens, size_t index, size_t end) {
  if (index + 1 >= end || tokens[index + 1].type != T::STRING) return false;
  const uint16_t type = tokens[index].type;
  return type == T::IDENT || type == T::K_TIME || type == T::K_TIMESTAMP;
}

// The index of the comma or bracket that ends the expression at `index`, `end` if none does.
size_t SkipExpression(const std::vector<LexedToken>& tokens, size_t index, size_t end) {
  while (index < end) {
    switch (tokens[index].type) {
      case T::LPAREN:
      case T::QPAREN:
      case T::LBRACKET:
        if (tokens[index].payload == 0) return end;
        index = tokens[index].payload + 1;
        break;
      case T::COMMA:
      case T::RPAREN:
      case T::RBRACKET: return index;
      default: ++index;
    }
  }
  return end;
}

}  // namespace

ast::ExprPtr AstBuilder::BuildPlainLiteral(size_t index, size_t length) {
  const LexedToken& first = tokens_[index];
  if (length == 2) {
    ast::Unary negative{"-", BuildPlainLiteral(index + 1, 1)};
    return Make(std::move(negative), {static_cast<int32_t>(first.begin)},
                {static_cast<int32_t>(first.begin)},
                {static_cast<int32_t>(tokens_[index + 1].end)});
  }
  ast::Literal literal;
  switch (first.type) {
    case T::K_NULL: literal.kind = ast::Literal::Kind::kNull; break;
    case T::K_TRUE: literal.kind = ast::Literal::Kind::kTrue; break;
    case T::K_FALSE: literal.kind = ast::Literal::Kind::kFalse; break;
    default: {
      const bool number = first.type == T::NUMBER;
      literal.kind = number ? ast::Literal::Kind::kNumber : ast::Literal::Kind::kString;
      StatusOr<std::string> text = number ? DecodeNumber(sql_, first) : DecodeString(sql_, first);
      if (!text.ok()) {
        Fail(std::move(text).status());
        return nullptr;
      }
      literal.text = *std::move(text);
    }
  }
  const ast::Position begin{static_cast<int32_t>(first.begin)};
  return Make(std::move(literal), begin, begin, {static_cast<int32_t>(first.end)});
}

void AstBuilder::AppendLiterals(TokenRange range, std::vector<ast::ExprPtr>* out) {
  for (size_t i = range.begin; i < range.end && status_.ok();) {
    const size_t length = PlainLiteralLength(tokens_, i, range.end);
    out->push_back(BuildPlainLiteral(i, length));
    i += length + 1;  // and the comma
  }
}

void AstBuilder::BuildRows(TokenRange range, ast::ValuesCore* values) {
  ParseSurroundings inside = surroundings_;
  inside.expression_depth = depth_ + 1;
  if (++inside.values_depth > kMaxNestedValues) {
    Fail(static_cast<int>(tokens_[range.begin].begin),
         fmt::format("VALUES lists nest deeper than {} here (kMaxNestedValues)", kMaxNestedValues),
         StatusCode::kResourceExhausted);
    return;
  }
  const auto fail_at = [&](size_t index, std::string_view message) {
    const LexedToken& token = tokens_[index < range.end ? index : range.end - 1];
    Fail(static_cast<int>(index < range.end ? token.begin : token.end), message);
  };
  size_t width = 0;
  for (size_t i = range.begin; i < range.end;) {
    const size_t open = i++;
    std::vector<ast::ExprPtr> row;
    row.reserve(width);
    while (true) {
      size_t length = PlainLiteralLength(tokens_, i, range.end);
      const auto ends_at = [&](size_t index) {
        return index < range.end &&
               (tokens_[index].type == T::COMMA || tokens_[index].type == T::RPAREN);
      };
      if (length > 0 && ends_at(i + length)) {
        row.push_back(BuildPlainLiteral(i, length));
      } else if (IsTypedLiteral(tokens_, i, range.end) && ends_at(i + 2)) {
        length = 2;
        StatusOr<std::string> text = DecodeString(sql_, tokens_[i + 1]);
        if (!text.ok()) return Fail(std::move(text).status());
        auto [name, quoted] = DecodeIdentifier(sql_, tokens_[i]);
        ast::Literal literal{ast::Literal::Kind::kTyped, *std::move(text), ast::TypeName{}};
        literal.type->name = quoted ? name : AsciiLower(name);
        const ast::Position begin{static_cast<int32_t>(tokens_[i].begin)};
        literal.type->at = begin;
        row.push_back(
            Make(std::move(literal), begin, begin, {static_cast<int32_t>(tokens_[i + 1].end)}));
      } else {
        const size_t end = SkipExpression(tokens_, i, range.end);
        length = end - i;
        if (length == 0) {
          return fail_at(i, end < range.end && i == open + 1 && tokens_[i].type == T::RPAREN
                                ? "a row of VALUES needs at least one value"
                                : "a value is missing here");
        }
        if (length == 1 && tokens_[i].type == T::K_DEFAULT) {
          ast::Literal literal;
          literal.kind = ast::Literal::Kind::kDefault;
          const ast::Position begin{static_cast<int32_t>(tokens_[i].begin)};
          row.push_back(
              Make(std::move(literal), begin, begin, {static_cast<int32_t>(tokens_[i].end)}));
        } else {
          StatusOr<ast::ExprPtr> expr = ParseExpressionTokens(sql_, tokens_, {i, end}, inside);
          if (!expr.ok()) return Fail(std::move(expr).status());
          row.push_back(*std::move(expr));
        }
      }
      i += length;
      if (i >= range.end) return fail_at(open, "this ( is not closed");
      if (tokens_[i].type == T::RBRACKET) return fail_at(i, "unexpected \"]\"");
      const bool more = tokens_[i++].type == T::COMMA;
      if (!status_.ok()) return;
      if (!more) break;
    }
    if (open != range.begin && row.size() != width) {
      return fail_at(
          open, fmt::format("this row has {} values, the first one has {}", row.size(), width));
    }
    width = row.size();
    values->rows.push_back(std::move(row));
    if (i < range.end) ++i;  // the comma between rows
  }
}

}  // namespace shale
