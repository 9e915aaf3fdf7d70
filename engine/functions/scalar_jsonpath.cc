// jsonb_path_exists, jsonb_path_match, jsonb_path_query… and the operators @? and @@.
#include <optional>
#include <unordered_map>

#include "engine/functions/families.h"
#include "engine/functions/function_row.h"
#include "engine/functions/json_query.h"
#include "engine/functions/json_write.h"
#include "engine/functions/row_kernel.h"
#include "engine/functions/text_lists.h"

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

// `silent` takes errors of the document, never those of the path itself. False after Fail.
bool Run(QueryState& state, std::string_view json, std::string_view path,
         std::string_view variables, bool silent, JsonQuery::Found* found, Status* status) {
  if (state.last == nullptr || path != state.last_text) {
    auto known = state.compiled.find(std::string(path));
    if (known == state.compiled.end()) {
      auto query = JsonQuery::Compile(path);
      if (!query.ok()) {
        *status = query.status();
        return false;
      }
      if (state.compiled.size() >= kMaxRememberedPaths) state.compiled.clear();
      known = state.compiled.emplace(std::string(path), *std::move(query)).first;
    }
    state.last = known->second.get();
    state.last_text = path;
  }
  if (JsonKindOf(TrimJson(variables)) != JsonKind::kObject) {
    *status = InvalidArgument("\"vars\" argument is not an object");
    return false;
  }
  state.last->Run(json, variables, found);
  if (found->error.ok() || (silent && !found->fatal)) return true;
  *status = found->error;
  return false;
}

bool Run(RowState& row, std::string_view json, std::string_view path, std::string_view variables,
         bool silent, JsonQuery::Found* found) {
  Status status;
  if (Run(row.prepared<QueryState>(), json, path, variables, silent, found, &status)) return true;
  row.Fail(std::move(status));
  return false;
}

bool PathExists(RowState& row, std::string_view json, std::string_view path,
                std::string_view variables, bool silent) {
  JsonQuery::Found found;
  // In lax mode the first find settles it, whatever comes after.
  auto& state = row.prepared<QueryState>();
  Status status;
  const bool good = Run(state, json, path, variables, silent, &found, &status);
  if (!found.items.empty() && (found.error.ok() || state.last->is_lax())) return true;
  if (!good) {
    row.Fail(std::move(status));
  } else if (!found.error.ok()) {
    row.SetNull();
  }
  return false;
}

// The one boolean that a path gives; anything else is an error, or NULL when silent.
bool PathMatch(RowState& row, std::string_view json, std::string_view path,
               std::string_view variables, bool silent) {
  JsonQuery::Found found;
  if (!Run(row, json, path, variables, silent, &found)) return false;
  if (found.error.ok() && found.items.size() == 1) {
    const JsonKind kind = JsonKindOf(found.items[0]);
    if (kind == JsonKind::kBoolean) return found.items[0][0] == 't';
    if (kind == JsonKind::kNull) {
      row.SetNull();
      return false;
    }
  }
  if (silent) {
    row.SetNull();
  } else {
    row.Fail(InvalidArgument("single boolean result is expected"));
  }
  return false;
}

std::string_view PathFirst(RowState& row, std::string_view json, std::string_view path,
                           std::string_view variables, bool silent) {
  JsonQuery::Found found;
  if (!Run(row, json, path, variables, silent, &found)) return {};
  if (found.items.empty()) {
    row.SetNull();
    return {};
  }
  std::string& out = row.scratch();
  AppendCanonicalJson(found.items[0], &out);
  return row.Keep(out);
}

std::string_view PathArray(RowState& row, std::string_view json, std::string_view path,
                           std::string_view variables, bool silent) {
  JsonQuery::Found found;
  if (!Run(row, json, path, variables, silent, &found)) return {};
  std::string& out = row.scratch();
  out = "[";
  for (size_t i = 0; i < found.items.size(); ++i) {
    if (i > 0) out += ", ";
    AppendCanonicalJson(found.items[i], &out);
  }
  out += ']';
  return row.Keep(out);
}

// With two, three or four arguments: variables are none and errors are told unless given.
template <auto Fn, typename R>
R WithTwo(RowState& row, std::string_view json, std::string_view path) {
  return Fn(row, json, path, "{}", false);
}
template <auto Fn, typename R>
R WithThree(RowState& row, std::string_view json, std::string_view path,
            std::string_view variables) {
  return Fn(row, json, path, variables, false);
}
template <auto Fn, typename R>
R Silently(RowState& row, std::string_view json, std::string_view path) {
  return Fn(row, json, path, "{}", true);
}

// A list of what is found, for FROM jsonb_path_query(…).
Status PathValues(const KernelCall& call, Vector* result) {
  const Arg<std::string_view> json(call.args[0]), path(call.args[1]);
  std::optional<Arg<std::string_view>> variables;
  std::optional<Arg<uint8_t>> silent;
  if (call.args.size() > 2) variables.emplace(call.args[2]);
  if (call.args.size() > 3) silent.emplace(call.args[3]);
  auto& state = static_cast<QueryState&>(*call.state);
  TextLists lists(result, call.num_rows);
  Status status;
  std::string text;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    JsonQuery::Found found;
    if (!Run(state, json[row], path[row], variables ? (*variables)[row] : "{}",
             silent && (*silent)[row] != 0, &found, &status)) {
      return false;
    }
    lists.Begin();
    for (const std::string_view item : found.items) {
      text.clear();
      AppendCanonicalJson(item, &text);
      lists.Add(text);
    }
    lists.End(row);
    return true;
  });
  RETURN_IF_ERROR(status);
  return lists.Finish();
}

void AddQuery(Registry* registry, ScalarFunction row, size_t num_args, Type result,
              ScalarKernel kernel) {
  const Type all[] = {TypeId::kJson, TypeId::kText, TypeId::kJson, TypeId::kBoolean};
  row.args.assign(all, all + num_args);
  row.result = std::move(result);
  row.kernel = kernel;
  row.prepare = &PrepareQuery;
  registry->Add(std::move(row));
}

template <auto Fn, typename R>
void AddQueries(Registry* registry, const std::string& name, const std::string& to, Type result,
                const std::string& summary, const std::string& example,
                const std::string& example_result, bool condition = false) {
  const std::string with_variables = name + R"(('{"a": [1, 2]}', ')" +
                                     (condition ? "$.a[*] > $x" : "$.a[*] ? (@ > $x)") +
                                     R"(', '{"x": 1}'))";
  const std::string silent = name + R"(('{"a": [1, 2]}', 'strict )" +
                             (condition ? "$.a[1] == 2" : "$.a[1]") + R"(', '{}', true))";
  AddQuery(registry,
           FunctionRow("json", name, {}, "(json JSON, path TEXT) → " + to, summary, example,
                       example_result),
           2, result, RowKernel<WithTwo<Fn, R>>);
  AddQuery(registry,
           FunctionRow("json", name, {}, "(json JSON, path TEXT, vars JSON) → " + to,
                       "The same, with the members of vars as $variables.", with_variables,
                       example_result == "[1, 2]" ? "[2]" : example_result),
           3, result, RowKernel<WithThree<Fn, R>>);
  AddQuery(
      registry,
      FunctionRow("json", name, {}, "(json JSON, path TEXT, vars JSON, silent BOOLEAN) → " + to,
                  "The same, where silent takes a document's errors for no find.", silent,
                  example_result == "[1, 2]" ? "[2]" : example_result),
      4, result, RowKernel<Fn>);
}

}  // namespace

void RegisterJsonPath(Registry* registry) {
  AddQueries<PathExists, bool>(registry, "jsonb_path_exists", "BOOLEAN", TypeId::kBoolean,
                               "Whether an SQL/JSON path finds anything.",
                               R"(jsonb_path_exists('{"a": [1, 2]}', '$.a[*] ? (@ > 1)'))", "t");
  AddQuery(registry,
           FunctionRow("json", "@?", {}, "(json JSON, path TEXT) → BOOLEAN",
                       "jsonb_path_exists, NULL where the document does not fit the path.",
                       R"('{"a": [1, 2]}'::jsonb @? '$.a[*] ? (@ > 1)')", "t"),
           2, TypeId::kBoolean, RowKernel<Silently<PathExists, bool>>);
  AddQueries<PathMatch, bool>(registry, "jsonb_path_match", "BOOLEAN", TypeId::kBoolean,
                              "The boolean that an SQL/JSON path gives.",
                              R"(jsonb_path_match('{"a": [1, 2]}', '$.a[*] > 1'))", "t", true);
  AddQuery(registry,
           FunctionRow("json", "@@", {}, "(json JSON, path TEXT) → BOOLEAN",
                       "jsonb_path_match, NULL where the path gives no boolean.",
                       R"('{"a": [1, 2]}'::jsonb @@ '$.a[*] > 1')", "t"),
           2, TypeId::kBoolean, RowKernel<Silently<PathMatch, bool>>);
  AddQueries<PathFirst, std::string_view>(
      registry, "jsonb_path_query_first", "JSON", TypeId::kJson,
      "The first of what an SQL/JSON path finds; NULL for nothing.",
      R"(jsonb_path_query_first('{"a": [1, 2]}', '$.a[last]'))", "2");
  AddQueries<PathArray, std::string_view>(
      registry, "jsonb_path_query_array", "JSON", TypeId::kJson,
      "All that an SQL/JSON path finds, as an array.",
      R"(jsonb_path_query_array('[{"a": 1}, {"a": 2}]', '$.a'))", "[1, 2]");
  const Type values = Type::List(TypeId::kJson);
  AddQuery(registry,
           FunctionRow("json", "jsonb_path_values", {}, "(json JSON, path TEXT) → JSON[]",
                       "All that an SQL/JSON path finds, as JSON[].",
                       R"(jsonb_path_values('[{"a": 1}, {"a": 2}]', '$.a'))", "{1,2}"),
           2, values, &PathValues);
  for (const size_t num_args : {3, 4}) {
    AddQuery(
        registry,
        FunctionRow("json", "jsonb_path_values", {},
                    num_args == 3 ? "(json JSON, path TEXT, vars JSON) → JSON[]"
                                  : "(json JSON, path TEXT, vars JSON, silent BOOLEAN) → JSON[]",
                    "The same with variables, and without errors.",
                    num_args == 3
                        ? R"(jsonb_path_values('{"a": [1, 2]}', '$.a[*] ? (@ > $x)', '{"x": 1}'))"
                        : R"(jsonb_path_values('{"a": [1, 2]}', '$.a[1]', '{}', true))",
                    "{2}"),
        num_args, values, &PathValues);
  }
}

}  // namespace shale
