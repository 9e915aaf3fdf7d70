// JSON made and changed: to_json, json_build_object, jsonb_set, jsonb's operators that edit. What
// is named jsonb_… gives jsonb's canonical form, what is named json_… the layout of PostgreSQL's
// json.
#include "engine/functions/families.h"
#include "engine/functions/json_write.h"
#include "engine/functions/kernels.h"
#include "engine/functions/row_kernel.h"

namespace shale {
namespace {

// ---- out of SQL values
// ---------------------------------------------------------------------------

Type SettledArgument(const ArgumentType& arg) {
  if (arg.untyped_literal || arg.type.id() == TypeId::kNull) return TypeId::kText;
  return arg.type;
}

StatusOr<ResolvedScalar> ResolveAny(std::span<const ArgumentType> args, ScalarKernel kernel) {
  ResolvedScalar resolved;
  for (const ArgumentType& arg : args) resolved.arg_types.push_back(SettledArgument(arg));
  resolved.result_type = TypeId::kJson;
  resolved.kernel = kernel;
  return resolved;
}

// Calls make(row, &text) for each row that is not NULL and keeps the text.
template <typename F>
Status MakeTexts(const KernelCall& call, Vector* result, std::string_view function, F make) {
  RowState state(call);
  auto* const out = result->mutable_values<std::string_view>();
  Status status;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    std::string& text = state.scratch();
    status = make(row, &text);
    if (!status.ok() || !state.HasRoom(text.size(), function)) return false;
    out[row] = state.Keep(text);
    return true;
  });
  result->AddHeap(state.arena().heap());
  return status.ok() ? state.status() : status;
}

void Canonicalise(std::string* text) {
  const std::string plain = std::exchange(*text, std::string());
  AppendCanonicalJson(plain, text);
}

template <JsonStyle kStyle>
Status ToJsonKernel(const KernelCall& call, Vector* result) {
  return MakeTexts(call, result, "to_json", [&](size_t row, std::string* text) {
    AppendValueAsJson(call.args[0], row, call.context.time_zone, text);
    if (kStyle == JsonStyle::kCanonical) Canonicalise(text);
    return OkStatus();
  });
}

// A member's name out of any value.
Status AppendKey(const KernelCall& call, size_t arg, size_t row, bool canonical, std::string* out) {
  const Vector& vector = call.args[arg];
  if (vector.IsNull(row)) {
    return canonical ? InvalidArgument("argument {}: key must not be null", arg + 1)
                     : InvalidArgument("argument {} cannot be null", arg + 1);
  }
  std::string key;
  AppendValueAsJson(vector, row, call.context.time_zone, &key);
  if (key[0] == '"' && vector.type().id() != TypeId::kJson) {
    *out += key;
  } else if (key[0] == '{' || key[0] == '[') {
    return InvalidArgument("key value must be scalar, not array, composite, or json");
  } else {
    AppendJsonString(key, out);
  }
  return OkStatus();
}

template <JsonStyle kStyle>
Status BuildObjectKernel(const KernelCall& call, Vector* result) {
  if (call.args.size() % 2 != 0 && call.num_rows > 0) {
    return InvalidArgument(
        "argument list must have even number of elements; a name comes before each value");
  }
  return MakeTexts(call, result, "json_build_object", [&](size_t row, std::string* text) {
    text->push_back('{');
    for (size_t i = 0; i < call.args.size(); i += 2) {
      if (i > 0) *text += ", ";
      RETURN_IF_ERROR(AppendKey(call, i, row, kStyle == JsonStyle::kCanonical, text));
      *text += " : ";
      AppendValueAsJson(call.args[i + 1], row, call.context.time_zone, text);
    }
    text->push_back('}');
    if (kStyle == JsonStyle::kCanonical) Canonicalise(text);
    return OkStatus();
  });
}

// As row_to_json lays it out: no blanks.
Status RowKernelOfPairs(const KernelCall& call, Vector* result) {
  if (call.args.size() % 2 != 0 && call.num_rows > 0) {
    return InvalidArgument("row_to_json takes a row: a table's name, or ROW(…)");
  }
  return MakeTexts(call, result, "row_to_json", [&](size_t row, std::string* text) {
    text->push_back('{');
    for (size_t i = 0; i < call.args.size(); i += 2) {
      if (i > 0) text->push_back(',');
      RETURN_IF_ERROR(AppendKey(call, i, row, false, text));
      text->push_back(':');
      AppendValueAsJson(call.args[i + 1], row, call.context.time_zone, text);
    }
    text->push_back('}');
    return OkStatus();
  });
}

template <JsonStyle kStyle>
Status BuildArrayKernel(const KernelCall& call, Vector* result) {
  return MakeTexts(call, result, "json_build_array", [&](size_t row, std::string* text) {
    text->push_back('[');
    for (size_t i = 0; i < call.args.size(); ++i) {
      if (i > 0) *text += ", ";
      AppendValueAsJson(call.args[i], row, call.context.time_zone, text);
    }
    text->push_back(']');
    if (kStyle == JsonStyle::kCanonical) Canonicalise(text);
    return OkStatus();
  });
}

// ---- changed documents
// ---------------------------------------------------------------------------

struct EditPath : ScalarState {
  std::string text;
  JsonPath path;
  bool known = false;
};
StatusOr<std::unique_ptr<ScalarState>> PrepareEditPath(const FunctionContext&,
                                                       std::span<const Value* const>) {
  return std::make_unique<EditPath>();
}

std::string_view Edited(RowState& row, std::string_view json, std::string_view path_text,
                        JsonEditKind kind, std::string_view value) {
  auto& state = row.prepared<EditPath>();
  if (!state.known || state.text != path_text) {
    auto parsed = ParseArrayPath(path_text);
    if (!parsed.ok()) {
      row.Fail(parsed.status());
      return {};
    }
    state.path = *std::move(parsed);
    state.text = path_text;
    state.known = true;
  }
  std::string& text = row.scratch();
  if (Status status = AppendEditedJson(json, state.path, kind, value, &text); !status.ok()) {
    row.Fail(std::move(status));
    return {};
  }
  return row.Keep(text);
}

std::string_view Set(RowState& row, std::string_view json, std::string_view path,
                     std::string_view value) {
  return Edited(row, json, path, JsonEditKind::kSet, value);
}
std::string_view SetOrReplace(RowState& row, std::string_view json, std::string_view path,
                              std::string_view value, bool create) {
  return Edited(row, json, path, create ? JsonEditKind::kSet : JsonEditKind::kReplace, value);
}
std::string_view Insert(RowState& row, std::string_view json, std::string_view path,
                        std::string_view value) {
  return Edited(row, json, path, JsonEditKind::kInsertBefore, value);
}
std::string_view InsertAfter(RowState& row, std::string_view json, std::string_view path,
                             std::string_view value, bool after) {
  return Edited(row, json, path, after ? JsonEditKind::kInsertAfter : JsonEditKind::kInsertBefore,
                value);
}
std::string_view DeletePath(RowState& row, std::string_view json, std::string_view path) {
  return Edited(row, json, path, JsonEditKind::kDelete, "");
}

std::string_view Keep(RowState& row, Status status, const std::string& text) {
  if (status.ok()) return row.Keep(text);
  row.Fail(std::move(status));
  return {};
}

std::string_view Joined(RowState& row, std::string_view a, std::string_view b) {
  std::string& text = row.scratch();
  return Keep(row, AppendJoinedJson(a, b, &text), text);
}

std::string_view DeleteName(RowState& row, std::string_view json, std::string_view name) {
  std::string& text = row.scratch();
  const std::string_view value = TrimJson(json);
  if (JsonKindOf(value) != JsonKind::kArray) {
    Status status = JsonKindOf(value) == JsonKind::kObject
                        ? AppendEditedJson(value, {{std::string(name), false, 0}},
                                           JsonEditKind::kDelete, "", &text)
                        : InvalidArgument("cannot delete from scalar");
    return Keep(row, std::move(status), text);
  }
  // Elements that are that string.
  std::string plain = "[", buffer;
  for (JsonItems items(value); items.Next();) {
    std::string_view element;
    if (JsonKindOf(items.value()) == JsonKind::kString &&
        JsonUnquote(items.value(), &buffer, &element) && element == name) {
      continue;
    }
    if (plain.size() > 1) plain += ',';
    plain += items.value();
  }
  plain += ']';
  AppendCanonicalJson(plain, &text);
  return row.Keep(text);
}

std::string_view DeleteIndex(RowState& row, std::string_view json, int32_t index) {
  std::string& text = row.scratch();
  const JsonKind kind = JsonKindOf(TrimJson(json));
  Status status =
      kind == JsonKind::kObject  ? InvalidArgument("cannot delete from object using integer index")
      : kind != JsonKind::kArray ? InvalidArgument("cannot delete from scalar")
                                 : AppendEditedJson(json, {{std::to_string(index), true, index}},
                                                    JsonEditKind::kDelete, "", &text);
  return Keep(row, std::move(status), text);
}

std::string_view Canonical(RowState& row, std::string_view json) {
  std::string& text = row.scratch();
  AppendCanonicalJson(json, &text);
  return row.Keep(text);
}
std::string_view Pretty(RowState& row, std::string_view json) {
  std::string& text = row.scratch();
  AppendPrettyJson(json, 0, &text);
  return row.Keep(text);
}
template <JsonStyle kStyle>
std::string_view WithoutNulls(RowState& row, std::string_view json) {
  std::string& text = row.scratch();
  AppendJsonWithoutNulls(json, kStyle, &text);
  return row.Keep(text);
}

// ---- rows
// ----------------------------------------------------------------------------------------

struct Doc {
  std::string_view name;
  std::vector<std::string> aliases;
  std::string_view signature;
  std::string_view summary;
  std::string_view example;
  std::string_view result;
};

ScalarFunction FunctionOf(const Doc& doc) {
  ScalarFunction function;
  function.name = doc.name;
  function.aliases = doc.aliases;
  function.category = "json";
  function.signature = doc.signature;
  function.summary = doc.summary;
  function.example = doc.example;
  function.example_result = doc.result;
  return function;
}

void AddAny(Registry* registry, const Doc& doc, NullRule nulls,
            StatusOr<ResolvedScalar> (*resolve)(std::span<const ArgumentType>)) {
  ScalarFunction function = FunctionOf(doc);
  function.nulls = nulls;
  function.volatility = Volatility::kStable;  // instants are written in the session's zone
  function.resolve = resolve;
  registry->Add(std::move(function));
}

void AddFixed(Registry* registry, const Doc& doc, std::vector<Type> args, Type result,
              ScalarKernel kernel, bool has_path = false) {
  ScalarFunction function = FunctionOf(doc);
  function.args = std::move(args);
  function.result = std::move(result);
  function.kernel = kernel;
  if (has_path) function.prepare = &PrepareEditPath;
  registry->Add(std::move(function));
}

template <ScalarKernel kKernel>
StatusOr<ResolvedScalar> ResolveOne(std::span<const ArgumentType> args) {
  if (args.size() != 1) return NotFound("takes one argument");
  return ResolveAny(args, kKernel);
}

void AddMaking(Registry* registry) {
  AddAny(registry,
         {"to_json",
          {},
          "(value ANY) → JSON",
          "The value as JSON; times in ISO 8601.",
          "to_json('a \"b\"'::text)",
          R"("a \"b\"")"},
         NullRule::kStrict, &ResolveOne<&ToJsonKernel<JsonStyle::kAsWritten>>);
  AddAny(registry,
         {"to_jsonb",
          {},
          "(value ANY) → JSON",
          "The value as JSON in jsonb's form.",
          "to_jsonb(TIMESTAMP '2024-02-29 10:00:00')",
          R"("2024-02-29T10:00:00")"},
         NullRule::kStrict, &ResolveOne<&ToJsonKernel<JsonStyle::kCanonical>>);
  AddAny(registry,
         {"json_build_object",
          {},
          "(name ANY, value ANY, …) → JSON",
          "An object of names and values in turn.",
          "json_build_object('a', 1, 'b', NULL)",
          R"({"a" : 1, "b" : null})"},
         NullRule::kCustom, [](std::span<const ArgumentType> args) {
           return ResolveAny(args, &BuildObjectKernel<JsonStyle::kAsWritten>);
         });
  AddAny(registry,
         {"row_to_json",
          {},
          "(row) → JSON",
          "A row as an object: a table's name, ROW(…), or names and values in turn.",
          "row_to_json('a', 1, 'b', NULL)",
          R"({"a":1,"b":null})"},
         NullRule::kCustom,
         [](std::span<const ArgumentType> args) { return ResolveAny(args, &RowKernelOfPairs); });
  AddAny(registry,
         {"jsonb_build_object",
          {},
          "(name ANY, value ANY, …) → JSON",
          "An object of names and values in turn, in jsonb's form.",
          "jsonb_build_object('b', 1, 'a', true)",
          R"({"a": true, "b": 1})"},
         NullRule::kCustom, [](std::span<const ArgumentType> args) {
           return ResolveAny(args, &BuildObjectKernel<JsonStyle::kCanonical>);
         });
  AddAny(registry,
         {"json_build_array",
          {},
          "(value ANY, …) → JSON",
          "An array of the values, of any types.",
          "json_build_array(1, 'a', NULL)",
          R"([1, "a", null])"},
         NullRule::kCustom, [](std::span<const ArgumentType> args) {
           return ResolveAny(args, &BuildArrayKernel<JsonStyle::kAsWritten>);
         });
  AddAny(registry,
         {"jsonb_build_array",
          {},
          "(value ANY, …) → JSON",
          "An array of the values, in jsonb's form.",
          "jsonb_build_array(1, '{\"b\":2}'::json)",
          R"([1, {"b": 2}])"},
         NullRule::kCustom, [](std::span<const ArgumentType> args) {
           return ResolveAny(args, &BuildArrayKernel<JsonStyle::kCanonical>);
         });
}

void AddEditing(Registry* registry) {
  const Type json = TypeId::kJson;
  const Type text = TypeId::kText;
  const Type flag = TypeId::kBoolean;
  AddFixed(registry,
           {"jsonb_set",
            {},
            "(json JSON, path TEXT, value JSON) → JSON",
            "The document with the value at a path; a name or element that is missing at its end "
            "is added.",
            R"(jsonb_set('{"a": [1, 2]}', '{a,0}', '9'))",
            R"({"a": [9, 2]})"},
           {json, text, json}, json, RowKernel<Set>, true);
  AddFixed(registry,
           {"jsonb_set",
            {},
            "(json JSON, path TEXT, value JSON, create_if_missing BOOLEAN) → JSON",
            "The document with the value at a path.",
            R"(jsonb_set('{"a": 1}', '{b}', '9', false))",
            R"({"a": 1})"},
           {json, text, json, flag}, json, RowKernel<SetOrReplace>, true);
  AddFixed(registry,
           {"jsonb_insert",
            {},
            "(json JSON, path TEXT, value JSON) → JSON",
            "The document with the value as a new element before the one at a path, or a new "
            "member.",
            R"(jsonb_insert('{"a": [1, 2]}', '{a,0}', '9'))",
            R"({"a": [9, 1, 2]})"},
           {json, text, json}, json, RowKernel<Insert>, true);
  AddFixed(registry,
           {"jsonb_insert",
            {},
            "(json JSON, path TEXT, value JSON, insert_after BOOLEAN) → JSON",
            "The document with the value as a new element before or after the one at a path.",
            R"(jsonb_insert('{"a": [1, 2]}', '{a,0}', '9', true))",
            R"({"a": [1, 9, 2]})"},
           {json, text, json, flag}, json, RowKernel<InsertAfter>, true);
  AddFixed(registry,
           {"#-",
            {"jsonb_delete_path"},
            "(json JSON, path TEXT) → JSON",
            "The document without what stands at a path.",
            R"('{"a": [1, 2]}'::jsonb #- '{a,0}')",
            R"({"a": [2]})"},
           {json, text}, json, RowKernel<DeletePath>, true);
  AddFixed(registry,
           {"-",
            {"jsonb_delete"},
            "(json JSON, name TEXT) → JSON",
            "The object without that member, or the array without strings like that.",
            R"('{"a": 1, "b": 2}'::jsonb - 'a')",
            R"({"b": 2})"},
           {json, text}, json, RowKernel<DeleteName>);
  AddFixed(registry,
           {"-",
            {"jsonb_delete"},
            "(json JSON, index INTEGER) → JSON",
            "The array without the element at an index from 0, or from -1 at the end.",
            "'[1, 2, 3]'::jsonb - 0",
            "[2, 3]"},
           {json, TypeId::kInteger}, json, RowKernel<DeleteIndex>);
  AddFixed(registry,
           {"||",
            {"jsonb_concat"},
            "(a JSON, b JSON) → JSON",
            "Two objects as one, or two arrays; what is neither counts as an array of one.",
            R"('{"a": 1}'::jsonb || '{"b": 2}'::jsonb)",
            R"({"a": 1, "b": 2})"},
           {json, json}, json, RowKernel<Joined>);
  AddFixed(registry,
           {"jsonb",
            {},
            "(json JSON) → JSON",
            "The document in jsonb's form, as a cast to JSONB gives it: members ordered by the "
            "length of their names and then by them, each name once, plain numbers.",
            R"(jsonb('{"bb":1e2,"a":[1,2]}'))",
            R"({"a": [1, 2], "bb": 100})"},
           {json}, json, RowKernel<Canonical>);
  AddFixed(registry,
           {"jsonb_pretty",
            {},
            "(json JSON) → TEXT",
            "The document with a line for each member and element.",
            "length(jsonb_pretty('{\"a\": 1}'))",
            "14"},
           {json}, text, RowKernel<Pretty>);
  AddFixed(registry,
           {"json_strip_nulls",
            {},
            "(json JSON) → JSON",
            "The document without members that are null.",
            R"(json_strip_nulls('{"a": null, "b": [null]}'))",
            R"({"b":[null]})"},
           {json}, json, RowKernel<WithoutNulls<JsonStyle::kAsWritten>>);
  AddFixed(registry,
           {"jsonb_strip_nulls",
            {},
            "(json JSON) → JSON",
            "The document without members that are null, in jsonb's form.",
            R"(jsonb_strip_nulls('{"a": null, "b": [null]}'))",
            R"({"b": [null]})"},
           {json}, json, RowKernel<WithoutNulls<JsonStyle::kCanonical>>);
}

}  // namespace

void RegisterJsonBuild(Registry* registry) {
  AddMaking(registry);
  AddEditing(registry);
}

}  // namespace shale
