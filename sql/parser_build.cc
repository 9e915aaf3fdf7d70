// The leaves of the AST: names, types, numbers, strings.
#include "sql/parser_build.h"

#include <limits>

namespace shale {

AstBuilder::Level::Level(AstBuilder* builder, size_t levels,
                         const antlr4::ParserRuleContext* context)
    : builder_(builder),
      levels_(levels > kMaxNesting ? kMaxNesting + 1 : static_cast<int>(levels)) {
  builder_->depth_ += levels_;
  ok_ = builder_->depth_ <= kMaxNesting;
  if (!ok_) {
    builder_->Fail(context->start,
                   fmt::format("operators, functions and subqueries nest deeper than {} here "
                               "(kMaxNesting)",
                               kMaxNesting),
                   StatusCode::kResourceExhausted);
  }
}

void AstBuilder::Fail(int offset, std::string_view message, StatusCode code) {
  if (status_.ok()) status_ = Status(code, DescribeError(sql_, offset, message));
}

ast::Identifier AstBuilder::Name(const antlr4::ParserRuleContext* context) const {
  auto [name, quoted] = DecodeIdentifier(sql_, Lexed(context->start));
  return {std::move(name), quoted, At(context->start)};
}

std::string AstBuilder::LowerName(const antlr4::ParserRuleContext* context) const {
  ast::Identifier name = Name(context);
  return name.quoted ? std::move(name.name) : AsciiLower(name.name);
}

ast::QualifiedName AstBuilder::Qualified(P::QualifiedNameContext* context) const {
  ast::QualifiedName name;
  for (P::IdentifierContext* part : context->identifier()) name.parts.push_back(Name(part));
  return name;
}

ast::QualifiedName AstBuilder::TableName(P::QualifiedNameContext* context) {
  ast::QualifiedName name = Qualified(context);
  if (name.parts.size() > 3) {
    Fail(context->start, "a table's name has at most three parts: database.schema.table");
  }
  return name;
}

std::vector<ast::Identifier> AstBuilder::Names(P::IdentifierListContext* context) const {
  std::vector<ast::Identifier> names;
  if (context == nullptr) return names;
  for (P::IdentifierContext* name : context->identifier()) names.push_back(Name(name));
  return names;
}

// Lower case unless quoted; pg_catalog.f is f.
std::string AstBuilder::TypeOrFunctionName(P::QualifiedNameContext* context) const {
  const std::vector<P::IdentifierContext*> parts = context->identifier();
  std::string name;
  for (size_t i = 0; i < parts.size(); ++i) {
    std::string part = LowerName(parts[i]);
    if (i + 1 < parts.size() && part == "pg_catalog") continue;
    if (!name.empty()) name += '.';
    name += part;
  }
  return name;
}

ast::TypeName AstBuilder::MultiwordType(const antlr4::Token* token) {
  ast::TypeName type;
  type.at = At(token);
  const std::string text = AsciiLower(Text(token));
  const bool with_zone = text.find("with ") != std::string::npos ||
                         text.find("with\t") != std::string::npos ||
                         text.find("with\n") != std::string::npos;
  if (text.compare(0, 6, "double") == 0) {
    type.name = "double";
  } else if (text.find("varying") != std::string::npos) {
    type.name = "varchar";
  } else {
    type.name = text.compare(0, 9, "timestamp") == 0 ? "timestamp" : "time";
    if (with_zone) type.name += "tz";
    // The only digits in it are a precision's.
    if (const size_t digit = text.find_first_of("0123456789"); digit != std::string::npos) {
      type.modifiers.push_back(std::strtoll(text.c_str() + digit, nullptr, 10));
    }
  }
  return type;
}

ast::TypeName AstBuilder::BuildType(P::TypeNameContext* context) {
  ast::TypeName type;
  if (context->multiword != nullptr) {
    type = MultiwordType(context->multiword);
  } else {
    type.name = TypeOrFunctionName(context->name);
    if (type.name == "character" || type.name == "bpchar") type.name = "char";
  }
  type.at = At(context->start);
  for (P::TypeModifierContext* modifier : context->typeModifier()) {
    const int64_t value = IntegerValue(modifier->NUMBER()->getSymbol(), "a type's modifier");
    type.modifiers.push_back(modifier->MINUS() != nullptr ? -value : value);
  }
  type.array_depth =
      static_cast<int>(context->LBRACKET().size()) + static_cast<int>(context->K_ARRAY().size());
  return type;
}

std::string AstBuilder::StringValue(const antlr4::Token* token) {
  StatusOr<std::string> value = DecodeString(sql_, Lexed(token));
  if (value.ok()) return *std::move(value);
  Fail(std::move(value).status());
  return {};
}

std::string AstBuilder::NumberValue(const antlr4::Token* token) {
  StatusOr<std::string> value = DecodeNumber(sql_, Lexed(token));
  if (value.ok()) return *std::move(value);
  Fail(std::move(value).status());
  return {};
}

int64_t AstBuilder::IntegerValue(const antlr4::Token* token, std::string_view what) {
  const std::string digits = NumberValue(token);
  if (digits.size() > 18 || digits.find_first_not_of("0123456789") != std::string::npos) {
    Fail(token, fmt::format("{} must be a whole number of at most 18 digits", what));
    return 0;
  }
  return std::strtoll(digits.c_str(), nullptr, 10);
}

}  // namespace shale
