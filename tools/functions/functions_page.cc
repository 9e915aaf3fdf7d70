#include "tools/functions/functions_page.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <vector>

#include "engine/functions/function.h"
#include "engine/functions/window_function.h"
#include "fmt/format.h"

namespace shale {
namespace {

// A row of a table: pipes inside cells would end them.
std::string Cell(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

// The text as code: with double backquotes when it has one itself.
std::string Code(const std::string& text) {
  if (text.empty()) return "";
  std::string cell = Cell(text);
  return text.find('`') == std::string::npos ? "`" + cell + "`" : "`` " + cell + " ``";
}

std::string Names(const std::string& name, const std::vector<std::string>& aliases) {
  std::string out = Code(name);
  for (const auto& alias : aliases) out += ", " + Code(alias);
  return out;
}

template <typename Function>
void AddTable(const std::vector<const Function*>& functions, std::string* page) {
  *page +=
      "| function | arguments → result | what it does | example | gives |\n"
      "|---|---|---|---|---|\n";
  for (const Function* function : functions) {
    *page += fmt::format("| {} | {} | {} | {} | {} |\n", Names(function->name, function->aliases),
                         Code(function->signature), Cell(function->summary),
                         Code(function->example), Code(function->example_result));
  }
  *page += '\n';
}

}  // namespace

std::string FunctionsPage() {
  const Registry& registry = Registry::Get();
  std::string page =
      "# Functions\n\n"
      "Made by `shale functions` from the registry of functions; do not edit. The relation\n"
      "`shale_functions` holds the same, to be queried.\n\n";
  std::map<std::string, std::vector<const ScalarFunction*>> categories;
  for (const auto& function : registry.scalars()) {
    categories[function->category].push_back(function.get());
  }
  for (auto& [category, functions] : categories) {
    std::stable_sort(functions.begin(), functions.end(),
                     [](const auto* a, const auto* b) { return a->name < b->name; });
    std::string heading = category.empty() ? "Other" : category;
    heading[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(heading[0])));
    page += "## " + heading + "\n\n";
    AddTable(functions, &page);
  }
  std::vector<const AggregateFunction*> aggregates;
  for (const auto& function : registry.aggregates()) aggregates.push_back(function.get());
  std::stable_sort(aggregates.begin(), aggregates.end(),
                   [](const auto* a, const auto* b) { return a->name < b->name; });
  page += "## Aggregates\n\n";
  AddTable(aggregates, &page);
  std::vector<const SetFunction*> sets;
  for (const auto& function : registry.sets()) sets.push_back(function.get());
  std::stable_sort(sets.begin(), sets.end(),
                   [](const auto* a, const auto* b) { return a->name < b->name; });
  page += "## Set-returning functions\n\n";
  AddTable(sets, &page);
  std::vector<const WindowFunction*> windows;
  for (const auto& function : registry.windows()) windows.push_back(function.get());
  page +=
      "## Window functions\n\n"
      "Every aggregate is one too, with OVER behind it.\n\n";
  AddTable(windows, &page);
  return page;
}

}  // namespace shale
