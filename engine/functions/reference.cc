#include "engine/functions/reference.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "engine/functions/function.h"

namespace shale {
namespace {

// Inside a table cell.
std::string Cell(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string Code(std::string_view text) { return text.empty() ? "" : "`" + Cell(text) + "`"; }

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// name(…), or the bare operator with its types.
std::string Heading(const std::string& name, const std::string& signature) {
  if (IsLetter(name[0]) && signature.starts_with("(")) return name + signature;
  if (IsLetter(name[0])) return signature.empty() ? name : signature;
  return name + " " + signature;
}

std::string Aliases(const std::vector<std::string>& aliases) {
  std::string out;
  for (const std::string& alias : aliases) {
    out += out.empty() ? " Also " : ", ";
    out += Code(alias);
  }
  return out.empty() ? out : out + ".";
}

std::string Line(const std::string& name, const std::vector<std::string>& aliases,
                 const std::string& signature, const std::string& summary,
                 const std::string& example, const std::string& result) {
  return fmt::format("| {} | {}{} | {} | {} |\n", Code(Heading(name, signature)), Cell(summary),
                     Aliases(aliases), Code(example), Code(result));
}

std::string Title(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text;
}

constexpr auto ByName = [](const auto* a, const auto* b) {
  return std::tie(a->name, a->signature) < std::tie(b->name, b->signature);
};

constexpr std::string_view kTableHead =
    "| function | what it gives | example | result |\n|---|---|---|---|\n";

}  // namespace

std::string FunctionReferenceMarkdown() {
  const Registry& registry = Registry::Get();
  std::map<std::string, std::vector<const ScalarFunction*>> categories;
  for (const auto& function : registry.scalars()) {
    categories[function->category].push_back(function.get());
  }
  std::string out =
      "# Functions\n\nWritten from the registry by `shale functions --markdown`; edit the "
      "functions' own rows instead.\nA function of a NULL is NULL unless its text says "
      "otherwise. Names are not case-sensitive.\n";
  for (auto& [category, functions] : categories) {
    std::sort(functions.begin(), functions.end(), ByName);
    out += fmt::format("\n## {}\n\n{}", Title(category), kTableHead);
    for (const ScalarFunction* f : functions) {
      out += Line(f->name, f->aliases, f->signature, f->summary, f->example, f->example_result);
    }
  }
  std::vector<const AggregateFunction*> aggregates;
  for (const auto& function : registry.aggregates()) aggregates.push_back(function.get());
  std::sort(aggregates.begin(), aggregates.end(), ByName);
  out += fmt::format(
      "\n## Aggregates\n\nEach takes `DISTINCT` and `FILTER (WHERE …)`; NULLs do not count unless "
      "its text says so.\n\n{}",
      kTableHead);
  for (const AggregateFunction* f : aggregates) {
    std::string summary = f->summary;
    if (!f->exact) summary += " An estimate.";
    if (f->order_sensitive) summary += " Depends on the order of rows: give it an `ORDER BY`.";
    out += Line(f->name, f->aliases, f->signature, summary, f->example, f->example_result);
  }
  return out;
}

}  // namespace shale
