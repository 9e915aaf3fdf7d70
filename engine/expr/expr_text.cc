// Expressions as SQL text. Distinct expressions over the same columns have distinct texts, since
// caches are keyed by them.
#include "engine/expr/expr.h"
#include "engine/functions/value_io.h"

namespace shale {
namespace {

void AppendQuoted(std::string_view text, std::string* out) {
  out->push_back('\'');
  for (char c : text) {
    if (c == '\'') out->push_back('\'');
    out->push_back(c);
  }
  out->push_back('\'');
}

void AppendConstant(const Value& value, std::string* out) {
  const Type& type = value.type();
  if (value.is_null()) {
    *out += type.id() == TypeId::kNull ? "NULL" : "NULL::" + type.ToString();
    return;
  }
  std::string text = ToText(value);
  switch (type.id()) {
    case TypeId::kBoolean: *out += value.AsBool() ? "true" : "false"; return;
    case TypeId::kText: AppendQuoted(text, out); return;
    case TypeId::kInteger: *out += text; return;
    case TypeId::kDate:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
    case TypeId::kInterval:
      *out += type.ToString() + " ";
      AppendQuoted(text, out);
      return;
    default:
      if (type.IsNumeric()) {
        *out += text;
      } else {
        AppendQuoted(text, out);
      }
      *out += "::" + type.ToString();
  }
}

bool IsOperator(std::string_view name) {
  if (name.empty()) return false;
  char c = static_cast<char>(name[0] | 0x20);
  return !(c >= 'a' && c <= 'z') && name[0] != '_';
}

// Functions that SQL writes between their operands.
std::string_view Infix(std::string_view name) {
  if (name == "~~" || name == "like") return "LIKE";
  if (name == "!~~" || name == "not_like") return "NOT LIKE";
  if (name == "~~*" || name == "ilike") return "ILIKE";
  if (name == "!~~*" || name == "not_ilike") return "NOT ILIKE";
  if (name == "is_distinct_from") return "IS DISTINCT FROM";
  if (name == "is_not_distinct_from") return "IS NOT DISTINCT FROM";
  return IsOperator(name) ? name : std::string_view();
}

std::string_view Postfix(std::string_view name) {
  if (name == "is_null") return "IS NULL";
  if (name == "is_not_null") return "IS NOT NULL";
  if (name == "is_true") return "IS TRUE";
  if (name == "is_not_true") return "IS NOT TRUE";
  if (name == "is_false") return "IS FALSE";
  if (name == "is_not_false") return "IS NOT FALSE";
  if (name == "is_unknown") return "IS UNKNOWN";
  if (name == "is_not_unknown") return "IS NOT UNKNOWN";
  return {};
}

void Append(const Expr& expr, std::string* out);

void AppendList(const std::vector<ExprPtr>& args, size_t begin, std::string* out) {
  for (size_t i = begin; i < args.size(); ++i) {
    if (i > begin) *out += ", ";
    Append(*args[i], out);
  }
}

void AppendCall(const Expr& expr, std::string* out) {
  std::string_view name = expr.function.function->name;
  const auto& args = expr.args;
  if ((name == "cast" || name == "try_cast") && args.size() == 1) {
    *out += name == "cast" ? "CAST(" : "TRY_CAST(";
    Append(*args[0], out);
    *out += " AS " + expr.type.ToString() + ")";
    return;
  }
  if ((name == "in" || name == "not_in") && args.size() >= 2) {
    out->push_back('(');
    Append(*args[0], out);
    *out += name == "in" ? " IN (" : " NOT IN (";
    AppendList(args, 1, out);
    *out += "))";
    return;
  }
  if (std::string_view infix = Infix(name); !infix.empty() && args.size() == 2) {
    out->push_back('(');
    Append(*args[0], out);
    out->push_back(' ');
    *out += infix;
    out->push_back(' ');
    Append(*args[1], out);
    out->push_back(')');
    return;
  }
  if (std::string_view postfix = Postfix(name); !postfix.empty() && args.size() == 1) {
    out->push_back('(');
    Append(*args[0], out);
    out->push_back(' ');
    *out += postfix;
    out->push_back(')');
    return;
  }
  if (args.size() == 1 && (IsOperator(name) || name == "not")) {
    out->push_back('(');
    *out += name == "not" ? "NOT " : name;
    Append(*args[0], out);
    out->push_back(')');
    return;
  }
  *out += name;
  out->push_back('(');
  AppendList(args, 0, out);
  out->push_back(')');
}

void Append(const Expr& expr, std::string* out) {
  switch (expr.kind) {
    case Expr::Kind::kColumn:
      if (expr.name.empty()) {
        *out += fmt::format("#{}", expr.column_index);
      } else {
        *out += expr.name;
      }
      return;
    case Expr::Kind::kConstant: return AppendConstant(expr.value, out);
    case Expr::Kind::kCall: return AppendCall(expr, out);
    case Expr::Kind::kAnd:
    case Expr::Kind::kOr:
      out->push_back('(');
      for (size_t i = 0; i < expr.args.size(); ++i) {
        if (i > 0) *out += expr.kind == Expr::Kind::kAnd ? " AND " : " OR ";
        Append(*expr.args[i], out);
      }
      out->push_back(')');
      return;
    case Expr::Kind::kCase:
      *out += "CASE";
      for (size_t i = 0; i + 1 < expr.args.size(); i += 2) {
        *out += " WHEN ";
        Append(*expr.args[i], out);
        *out += " THEN ";
        Append(*expr.args[i + 1], out);
      }
      *out += " ELSE ";
      Append(*expr.args.back(), out);
      *out += " END";
      return;
    case Expr::Kind::kCoalesce:
      *out += "coalesce(";
      AppendList(expr.args, 0, out);
      out->push_back(')');
      return;
  }
}

}  // namespace

std::string ToString(const Expr& expr) {
  std::string out;
  Append(expr, &out);
  return out;
}

}  // namespace shale
