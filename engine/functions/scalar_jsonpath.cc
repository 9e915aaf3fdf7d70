// jsonb_path_exists, jsonb_path_match, jsonb_path_query_first, jsonb_path_query_array and the
// operators @? and @@.
#include <unordered_map>

#include "engine/functions/families.h"
#include "engine/functions/function_row.h"
#include "engine/functions/json_query.h"
#include "engine/functions/json_write.h"
#include "engine/functions/row_kernel.h"

namespace shale {
namespace {

// Paths that are no constant are remembered up to this many.
constexpr size_t kMaxRememberedPaths = 64;

struct QueryState : ScalarState {
  std::unordered_map<std::string, std::unique_ptr<JsonQuery>> compiled;
  std::string last_text;
  const JsonQuery* last = nullptr;
};

StatusOr<std::unique_ptr<ScalarState>> PrepareQuery(const FunctionContext&,
                                                    std::span<const Value* const>) {
  return std::make_unique<QueryState>();
}

bool Run(RowState& row, std::string_view json, std::string_view path, JsonQuery::Found* found) {
  auto& state = row.prepared<QueryState>();
  if (state.last == nullptr || path != state.last_text) {
    auto known = state.compiled.find(std::string(path));
    if (known == state.compiled.end()) {
      auto query = JsonQuery::Compile(path);
      if (!query.ok()) {
        row.Fail(query.status());
        return false;
      }
      if (state.compiled.size() >= kMaxRememberedPaths) state.compiled.clear();
      known = state.compiled.emplace(std::string(path), *std::move(query)).first;
    }
    state.last = known->second.get();
    state.last_text = path;
  }
  state.last->Run(json, found);
  return true;
}

bool PathExists(RowState& row, std::string_view json, std::string_view path) {
  JsonQuery::Found found;
  return Run(row, json, path, &found) && !found.items.empty();
}

// The one boolean that a path gives; anything else is an error, or NULL of the operator.
template <bool kOperator>
bool PathMatch(RowState& row, std::string_view json, std::string_view path) {
  JsonQuery::Found found;
  if (!Run(row, json, path, &found)) return false;
  if (found.items.size() == 1) {
    const JsonKind kind = JsonKindOf(found.items[0]);
    if (kind == JsonKind::kBoolean) return found.items[0][0] == 't';
    if (kind == JsonKind::kNull || kOperator) {
      row.SetNull();
      return false;
    }
  }
  if (kOperator) {
    row.SetNull();
  } else {
    row.Fail(InvalidArgument("single boolean result is expected"));
  }
  return false;
}

std::string_view PathFirst(RowState& row, std::string_view json, std::string_view path) {
  JsonQuery::Found found;
  if (!Run(row, json, path, &found)) return {};
  if (found.items.empty()) {
    row.SetNull();
    return {};
  }
  std::string& out = row.scratch();
  AppendCanonicalJson(found.items[0], &out);
  return row.Keep(out);
}

std::string_view PathArray(RowState& row, std::string_view json, std::string_view path) {
  JsonQuery::Found found;
  if (!Run(row, json, path, &found)) return {};
  std::string& out = row.scratch();
  out = "[";
  for (size_t i = 0; i < found.items.size(); ++i) {
    if (i > 0) out += ", ";
    AppendCanonicalJson(found.items[i], &out);
  }
  out += ']';
  return row.Keep(out);
}

void AddQuery(Registry* registry, ScalarFunction row, Type result, ScalarKernel kernel) {
  row.args = {TypeId::kJson, TypeId::kText};
  row.result = std::move(result);
  row.kernel = kernel;
  row.prepare = &PrepareQuery;
  registry->Add(std::move(row));
}

}  // namespace

void RegisterJsonPath(Registry* registry) {
  AddQuery(registry,
           FunctionRow("json", "jsonb_path_exists", {"@?"}, "(json JSON, path TEXT) → BOOLEAN",
                       "Whether an SQL/JSON path finds anything; json @? path too.",
                       R"(jsonb_path_exists('{"a": [1, 2]}', '$.a[*] ? (@ > 1)'))", "t"),
           TypeId::kBoolean, RowKernel<PathExists>);
  AddQuery(registry,
           FunctionRow("json", "jsonb_path_match", {}, "(json JSON, path TEXT) → BOOLEAN",
                       "The boolean that an SQL/JSON path gives.",
                       R"(jsonb_path_match('{"a": [1, 2]}', '$.a[*] > 1'))", "t"),
           TypeId::kBoolean, RowKernel<PathMatch<false>>);
  AddQuery(registry,
           FunctionRow("json", "@@", {}, "(json JSON, path TEXT) → BOOLEAN",
                       "jsonb_path_match, NULL where the path gives no boolean.",
                       R"('{"a": [1, 2]}'::jsonb @@ '$.a[*] > 1')", "t"),
           TypeId::kBoolean, RowKernel<PathMatch<true>>);
  AddQuery(registry,
           FunctionRow("json", "jsonb_path_query_first", {}, "(json JSON, path TEXT) → JSON",
                       "The first of what an SQL/JSON path finds; NULL for nothing.",
                       R"(jsonb_path_query_first('{"a": [1, 2]}', '$.a[last]'))", "2"),
           TypeId::kJson, RowKernel<PathFirst>);
  AddQuery(registry,
           FunctionRow("json", "jsonb_path_query_array", {}, "(json JSON, path TEXT) → JSON",
                       "All that an SQL/JSON path finds, as an array.",
                       R"(jsonb_path_query_array('[{"a": 1}, {"a": 2}]', '$.a'))", "[1, 2]"),
           TypeId::kJson, RowKernel<PathArray>);
}

}  // namespace shale
