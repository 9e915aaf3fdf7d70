// JSON: reaching into documents, their shape, containment.
#include <charconv>
#include <cstdlib>

#include "engine/functions/families.h"
#include "engine/functions/json_text.h"
#include "engine/functions/kernels.h"
#include "engine/functions/row_kernel.h"
#include "engine/functions/value_format.h"

namespace shale {
namespace {

// A JSON value as text: strings without their quotes, null as NULL.
std::string_view AsText(RowState& row, std::string_view value) {
  const JsonKind kind = JsonKindOf(value);
  if (kind == JsonKind::kNull) {
    row.SetNull();
    return {};
  }
  if (kind != JsonKind::kString) return value;
  std::string& buffer = row.scratch();
  std::string_view text;
  if (!JsonUnquote(value, &buffer, &text)) {
    row.Fail(
        InvalidArgument("unsupported Unicode escape sequence in JSON string {}: \\u0000 and "
                        "half a surrogate pair cannot be converted to text",
                        value));
    return {};
  }
  return text.data() == buffer.data() ? row.Keep(text) : text;
}

template <bool kText>
std::string_view Answer(RowState& row, std::optional<std::string_view> value) {
  if (!value) {
    row.SetNull();
    return {};
  }
  return kText ? AsText(row, *value) : *value;
}

template <bool kText>
std::string_view Member(RowState& row, std::string_view json, std::string_view name) {
  return Answer<kText>(row, JsonMember(json, name));
}

template <bool kText>
std::string_view Element(RowState& row, std::string_view json, int32_t index) {
  return Answer<kText>(row, JsonElement(json, index));
}

// A path is parsed once while it stays the same.
struct PathState : ScalarState {
  std::string text;
  JsonPath path;
  bool known = false;
};

StatusOr<std::unique_ptr<ScalarState>> PreparePath(const FunctionContext&,
                                                   std::span<const Value* const>) {
  return std::make_unique<PathState>();
}

template <bool kText, StatusOr<JsonPath> (*Parse)(std::string_view)>
std::string_view AtPath(RowState& row, std::string_view json, std::string_view text) {
  auto& state = row.prepared<PathState>();
  if (!state.known || state.text != text) {
    auto parsed = Parse(text);
    if (!parsed.ok()) {
      row.Fail(parsed.status());
      return {};
    }
    state.path = *std::move(parsed);
    state.text = text;
    state.known = true;
  }
  return Answer<kText>(row, JsonFollow(json, state.path));
}

// ---- paths of several arguments -----------------------------------------------------------------

// How the steps are read: PostgreSQL's are texts, and a number indexes an array from 0;
// ClickHouse's numbers are integers and count from 1.
enum class Steps : uint8_t { kPostgres, kClickHouse };

template <Steps kSteps>
std::optional<std::string_view> Follow(const KernelCall& call, size_t row) {
  std::optional<std::string_view> at = TrimJson(Arg<std::string_view>(call.args[0])[row]);
  for (size_t i = 1; i < call.args.size() && at; ++i) {
    const JsonKind kind = JsonKindOf(*at);
    if (call.args[i].type().id() == TypeId::kBigInt) {
      const int64_t index = Arg<int64_t>(call.args[i])[row];
      if (kind == JsonKind::kArray) {
        at = index == 0 ? std::nullopt : JsonElement(*at, index > 0 ? index - 1 : index);
      } else {
        at = std::nullopt;
      }
      continue;
    }
    const std::string_view name = Arg<std::string_view>(call.args[i])[row];
    if (kSteps == Steps::kPostgres && kind == JsonKind::kArray) {
      int64_t index = 0;
      const auto end = std::from_chars(name.data(), name.data() + name.size(), index);
      const bool whole = end.ec == std::errc() && end.ptr == name.data() + name.size();
      at = whole ? JsonElement(*at, index) : std::nullopt;
    } else {
      at = JsonMember(*at, name);
    }
  }
  return at;
}

template <bool kText>
Status ExtractPathKernel(const KernelCall& call, Vector* result) {
  RowState state(call);
  auto* const out = result->mutable_values<std::string_view>();
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    out[row] = Answer<kText>(state, Follow<Steps::kPostgres>(call, row));
    if (state.TakeNull()) result->SetNull(row);
    return !state.failed();
  });
  result->AddHeap(state.arena().heap());
  return state.status();
}

// A JSON document in front, then steps of a path. Text in front is read as JSON.
template <Steps kSteps>
StatusOr<ResolvedScalar> ResolvePath(std::span<const ArgumentType> args, size_t least, Type result,
                                     ScalarKernel kernel) {
  if (args.size() < least) return NotFound("needs {} arguments at least", least);
  const TypeId front = args[0].type.id();
  if (!args[0].untyped_literal && front != TypeId::kJson && front != TypeId::kText) {
    return NotFound("the first argument is JSON");
  }
  ResolvedScalar resolved;
  resolved.arg_types = {TypeId::kJson};
  for (const ArgumentType& arg : args.subspan(1)) {
    const bool integer = !arg.untyped_literal && arg.type.IsInteger();
    if (integer && kSteps == Steps::kClickHouse) {
      resolved.arg_types.push_back(TypeId::kBigInt);
    } else if (arg.untyped_literal || arg.type.id() == TypeId::kText) {
      resolved.arg_types.push_back(TypeId::kText);
    } else {
      return NotFound("the steps of a path are TEXT");
    }
  }
  resolved.result_type = std::move(result);
  resolved.kernel = kernel;
  return resolved;
}

// ---- ClickHouse's: a value always, the type's zero where there is none --------------------------

int64_t AsInteger(std::optional<std::string_view> value) {
  if (!value) return 0;
  std::string buffer;
  std::string_view text = *value;
  switch (JsonKindOf(*value)) {
    case JsonKind::kBoolean: return text.starts_with('t');
    case JsonKind::kString:
      if (!JsonUnquote(*value, &buffer, &text)) return 0;
      break;
    case JsonKind::kNumber: break;
    default: return 0;
  }
  int64_t out = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), out);
  if (end.ec == std::errc() && end.ptr == text.data() + text.size()) return out;
  const double number = std::strtod(std::string(text).c_str(), nullptr);
  return number > -9.2e18 && number < 9.2e18 ? static_cast<int64_t>(number) : 0;
}

double AsNumber(std::optional<std::string_view> value) {
  if (!value) return 0;
  std::string buffer;
  std::string_view text = *value;
  const JsonKind kind = JsonKindOf(*value);
  if (kind == JsonKind::kString && !JsonUnquote(*value, &buffer, &text)) return 0;
  if (kind == JsonKind::kBoolean) return text.starts_with('t');
  if (kind != JsonKind::kNumber && kind != JsonKind::kString) return 0;
  return std::strtod(std::string(text).c_str(), nullptr);
}

template <typename R, R (*Read)(std::optional<std::string_view>)>
Status ReadKernel(const KernelCall& call, Vector* result) {
  R* const out = result->mutable_values<R>();
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    out[row] = Read(Follow<Steps::kClickHouse>(call, row));
    return true;
  });
  return OkStatus();
}

uint8_t IsTrue(std::optional<std::string_view> value) {
  return value && JsonKindOf(*value) == JsonKind::kBoolean && value->starts_with('t');
}
uint8_t Exists(std::optional<std::string_view> value) { return value.has_value(); }
int64_t LengthOf(std::optional<std::string_view> value) {
  return value ? static_cast<int64_t>(JsonLength(*value)) : 0;
}

template <bool kRaw>
Status ReadTextKernel(const KernelCall& call, Vector* result) {
  RowState state(call);
  auto* const out = result->mutable_values<std::string_view>();
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    const auto value = Follow<Steps::kClickHouse>(call, row);
    if (!value) {
      out[row] = {};
    } else if (kRaw) {
      out[row] = *value;
    } else if (JsonKindOf(*value) == JsonKind::kString) {
      out[row] = AsText(state, *value);
    }
    return !state.failed();
  });
  result->AddHeap(state.arena().heap());
  return state.status();
}

// ---- shape --------------------------------------------------------------------------------------

int32_t ArrayLength(RowState& row, std::string_view json) {
  const JsonKind kind = JsonKindOf(json);
  if (kind != JsonKind::kArray) {
    row.Fail(InvalidArgument("cannot get array length of a {}",
                             kind == JsonKind::kObject ? "non-array" : "scalar"));
    return 0;
  }
  return static_cast<int32_t>(JsonLength(json));
}

std::string_view Keys(RowState& row, std::string_view json) {
  if (JsonKindOf(json) != JsonKind::kObject) {
    row.SetNull();
    return {};
  }
  std::string& out = row.scratch();
  out = "[";
  for (JsonItems members(json); members.Next();) {
    if (out.size() > 1) out += ", ";
    out += members.key();
  }
  out += ']';
  return row.Keep(out);
}

// Whether the text is a member's name, an element of an array, or the string itself.
bool HasKey(std::string_view json, std::string_view name) {
  if (JsonKindOf(json) == JsonKind::kObject) return JsonMember(json, name).has_value();
  std::string buffer;
  std::string_view text;
  const auto is_name = [&](std::string_view value) {
    return JsonKindOf(value) == JsonKind::kString && JsonUnquote(value, &buffer, &text) &&
           text == name;
  };
  if (JsonKindOf(json) != JsonKind::kArray) return is_name(TrimJson(json));
  for (JsonItems elements(json); elements.Next();) {
    if (is_name(elements.value())) return true;
  }
  return false;
}

// ---- rows ---------------------------------------------------------------------------------------

struct Doc {
  std::string_view name;
  std::vector<std::string> aliases;
  std::string_view summary;
  std::string_view example;
  std::string_view result;
};

void AddFixed(Registry* registry, const Doc& doc, std::vector<Type> args, Type result,
              ScalarKernel kernel, bool has_path = false) {
  std::string signature = "(json JSON";
  for (size_t i = 1; i < args.size(); ++i) {
    signature += fmt::format(", {} {}", has_path ? "path" : "key", args[i].ToString());
  }
  registry->Add(ScalarFunction{.name = std::string(doc.name),
                               .aliases = doc.aliases,
                               .category = "json",
                               .signature = fmt::format("{}) → {}", signature, result.ToString()),
                               .summary = std::string(doc.summary),
                               .example = std::string(doc.example),
                               .example_result = std::string(doc.result),
                               .args = std::move(args),
                               .result = std::move(result),
                               .kernel = kernel,
                               .prepare = has_path ? &PreparePath : nullptr});
}

using Resolve = StatusOr<ResolvedScalar> (*)(std::span<const ArgumentType>);

void AddPath(Registry* registry, const Doc& doc, std::string_view arguments, Resolve resolve,
             bool has_state = false) {
  registry->Add(ScalarFunction{.name = std::string(doc.name),
                               .aliases = doc.aliases,
                               .category = "json",
                               .signature = std::string(arguments),
                               .summary = std::string(doc.summary),
                               .example = std::string(doc.example),
                               .example_result = std::string(doc.result),
                               .resolve = resolve,
                               .prepare = has_state ? &PreparePath : nullptr});
}

void AddOperators(Registry* registry) {
  const Type json = TypeId::kJson;
  const Type text = TypeId::kText;
  const Type integer = TypeId::kInteger;
  AddFixed(
      registry,
      {"->", {}, "The member of that name.", "'{\"a\": {\"b\": 1}}'::json -> 'a'", "{\"b\": 1}"},
      {json, text}, json, RowKernel<Member<false>>);
  AddFixed(registry,
           {"->",
            {},
            "The element at an index from 0, or from -1 at the end.",
            "'[1, 2, 3]'::json -> -1",
            "3"},
           {json, integer}, json, RowKernel<Element<false>>);
  AddFixed(registry,
           {"->>", {}, "The member of that name as text.", "'{\"a\": \"x\"}'::json ->> 'a'", "x"},
           {json, text}, text, RowKernel<Member<true>>);
  AddFixed(registry,
           {"->>", {}, "The element at an index as text.", "'[1, 2, 3]'::json ->> 2", "3"},
           {json, integer}, text, RowKernel<Element<true>>);
  AddFixed(registry,
           {"#>",
            {},
            "What stands at a path of names and indexes.",
            "'{\"a\": [1, 2]}'::json #> '{a,1}'",
            "2"},
           {json, text}, json, RowKernel<AtPath<false, ParseArrayPath>>, true);
  AddFixed(registry,
           {"#>>",
            {},
            "What stands at a path, as text.",
            "'{\"a\": [1, \"x\"]}'::json #>> '{a,1}'",
            "x"},
           {json, text}, text, RowKernel<AtPath<true, ParseArrayPath>>, true);
  AddFixed(registry,
           {"@>",
            {"jsonb_contains"},
            "Whether the first contains the second: all its "
            "members and elements.",
            "'{\"a\": 1, \"b\": [2, 3]}'::json @> '{\"b\": [3]}'::json",
            "t"},
           {json, json}, TypeId::kBoolean,
           Binary<std::string_view, std::string_view, uint8_t>(
               [](std::string_view a, std::string_view b) { return JsonContains(a, b); }));
  AddFixed(registry,
           {"<@",
            {"jsonb_contained"},
            "Whether the second contains the first.",
            "'{\"b\": [3]}'::json <@ '{\"a\": 1, \"b\": [2, 3]}'::json",
            "t"},
           {json, json}, TypeId::kBoolean,
           Binary<std::string_view, std::string_view, uint8_t>(
               [](std::string_view a, std::string_view b) { return JsonContains(b, a); }));
  AddFixed(registry,
           {"jsonb_exists",
            {"?", "json_exists"},
            "Whether it has a member, or an "
            "element that is a string, of that name.",
            "jsonb_exists('{\"a\": 1}', 'a')",
            "t"},
           {json, text}, TypeId::kBoolean,
           Binary<std::string_view, std::string_view, uint8_t>(
               [](std::string_view a, std::string_view b) { return HasKey(a, b); }));
}

void AddShapes(Registry* registry) {
  const Type json = TypeId::kJson;
  AddFixed(registry,
           {"json_array_length",
            {"jsonb_array_length"},
            "The number of elements.",
            "json_array_length('[1, 2, 3]')",
            "3"},
           {json}, TypeId::kInteger, RowKernel<ArrayLength>);
  AddFixed(registry,
           {"json_typeof",
            {"jsonb_typeof", "json_type"},
            "'object', 'array', 'string', "
            "'number', 'boolean' or 'null'.",
            "json_typeof('[1, 2]')",
            "array"},
           {json}, TypeId::kText,
           StringUnary<std::string_view>([](std::string_view value, StringArena*) {
             return JsonKindName(JsonKindOf(value));
           }));
  AddFixed(registry,
           {"json_keys",
            {},
            "The names of an object's members, as an array.",
            "json_keys('{\"a\": 1, \"b\": 2}')",
            "[\"a\", \"b\"]"},
           {json}, json, RowKernel<Keys>);
  registry->Add(
      ScalarFunction{.name = "json_valid",
                     .aliases = {"is_json", "isValidJSON"},
                     .category = "json",
                     .signature = "(text TEXT) → BOOLEAN",
                     .summary = "Whether the text is JSON.",
                     .example = "json_valid('{\"a\": 1}')",
                     .example_result = "t",
                     .args = {TypeId::kText},
                     .result = TypeId::kBoolean,
                     .kernel = Unary<std::string_view, uint8_t>(
                         [](std::string_view text) { return IsValidJson(text, nullptr); })});
}

void AddPaths(Registry* registry) {
  AddPath(registry,
          {"json_extract_path",
           {"jsonb_extract_path"},
           "What stands at the path of "
           "names and indexes.",
           "json_extract_path('{\"a\": [1, 2]}', 'a', '1')",
           "2"},
          "(json JSON, step TEXT, …) → JSON", [](std::span<const ArgumentType> args) {
            return ResolvePath<Steps::kPostgres>(args, 2, TypeId::kJson, &ExtractPathKernel<false>);
          });
  AddPath(registry,
          {"json_extract_path_text",
           {"jsonb_extract_path_text"},
           "What stands at the "
           "path, as text.",
           "json_extract_path_text('{\"a\": [1, \"x\"]}', 'a', '1')",
           "x"},
          "(json JSON, step TEXT, …) → TEXT", [](std::span<const ArgumentType> args) {
            return ResolvePath<Steps::kPostgres>(args, 2, TypeId::kText, &ExtractPathKernel<true>);
          });
  AddPath(
      registry,
      {"json_extract",
       {},
       "What stands at a path: '$.a[0]', '/a/0' or a name.",
       "json_extract('{\"a\": [1, 2]}', '$.a[1]')",
       "2"},
      "(json JSON, path TEXT) → JSON",
      [](std::span<const ArgumentType> args) -> StatusOr<ResolvedScalar> {
        if (args.size() != 2) return NotFound("json_extract takes two arguments");
        return ResolvePath<Steps::kPostgres>(args, 2, TypeId::kJson,
                                             RowKernel<AtPath<false, ParseJsonPath>>);
      },
      true);
  AddPath(
      registry,
      {"json_extract_string",
       {},
       "What stands at a path, as text.",
       "json_extract_string('{\"a\": \"x\"}', '$.a')",
       "x"},
      "(json JSON, path TEXT) → TEXT",
      [](std::span<const ArgumentType> args) -> StatusOr<ResolvedScalar> {
        if (args.size() != 2) return NotFound("json_extract_string takes two arguments");
        return ResolvePath<Steps::kPostgres>(args, 2, TypeId::kText,
                                             RowKernel<AtPath<true, ParseJsonPath>>);
      },
      true);
}

template <typename R, R (*Read)(std::optional<std::string_view>), TypeId kResult, size_t kLeast>
StatusOr<ResolvedScalar> ResolveRead(std::span<const ArgumentType> args) {
  return ResolvePath<Steps::kClickHouse>(args, kLeast, kResult, &ReadKernel<R, Read>);
}

void AddClickHouse(Registry* registry) {
  const std::string_view arguments = "(json JSON, name TEXT or index INTEGER from 1, …) → ";
  const auto signature = [&](std::string_view result) {
    return std::string(arguments) + std::string(result);
  };
  AddPath(registry,
          {"json_extract_text",
           {"JSONExtractString"},
           "The string at a path, or empty.",
           "JSONExtractString('{\"a\": \"x\"}', 'a')",
           "x"},
          signature("TEXT"), [](std::span<const ArgumentType> args) {
            return ResolvePath<Steps::kClickHouse>(args, 1, TypeId::kText, &ReadTextKernel<false>);
          });
  AddPath(registry,
          {"json_extract_raw",
           {"JSONExtractRaw"},
           "The value at a path as it is "
           "written, or empty.",
           "JSONExtractRaw('{\"a\": [1, 2]}', 'a')",
           "[1, 2]"},
          signature("TEXT"), [](std::span<const ArgumentType> args) {
            return ResolvePath<Steps::kClickHouse>(args, 1, TypeId::kText, &ReadTextKernel<true>);
          });
  AddPath(registry,
          {"json_extract_int",
           {"JSONExtractInt", "JSONExtractUInt"},
           "The whole number "
           "at a path, or 0.",
           "JSONExtractInt('{\"a\": [1, 2]}', 'a', 2)",
           "2"},
          signature("BIGINT"), &ResolveRead<int64_t, AsInteger, TypeId::kBigInt, 1>);
  AddPath(registry,
          {"json_extract_float",
           {"JSONExtractFloat"},
           "The number at a path, or 0.",
           "JSONExtractFloat('{\"a\": 1.5}', 'a')",
           "1.5"},
          signature("DOUBLE"), &ResolveRead<double, AsNumber, TypeId::kDouble, 1>);
  AddPath(registry,
          {"json_extract_bool",
           {"JSONExtractBool"},
           "Whether true stands at a path.",
           "JSONExtractBool('{\"a\": true}', 'a')",
           "t"},
          signature("BOOLEAN"), &ResolveRead<uint8_t, IsTrue, TypeId::kBoolean, 1>);
  AddPath(registry,
          {"json_has",
           {"JSONHas"},
           "Whether there is anything at a path.",
           "JSONHas('{\"a\": 1}', 'b')",
           "f"},
          signature("BOOLEAN"), &ResolveRead<uint8_t, Exists, TypeId::kBoolean, 2>);
  AddPath(registry,
          {"json_length",
           {"JSONLength"},
           "Members or elements at a path, or 0.",
           "JSONLength('{\"a\": [1, 2]}', 'a')",
           "2"},
          signature("BIGINT"), &ResolveRead<int64_t, LengthOf, TypeId::kBigInt, 1>);
}

}  // namespace

void RegisterJson(Registry* registry) {
  AddOperators(registry);
  AddShapes(registry);
  AddPaths(registry);
  AddClickHouse(registry);
}

}  // namespace shale
