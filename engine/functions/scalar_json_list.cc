// JSON containers as arrays: elements, members' names and values. The functions of FROM that give a
// row an element (json_array_elements, json_each …) are made of these.
#include "engine/functions/families.h"
#include "engine/functions/json_text.h"
#include "engine/functions/kernels.h"
#include "engine/functions/text_lists.h"

namespace shale {
namespace {

enum class Part : uint8_t { kElement, kElementText, kKey, kValue, kValueText };

constexpr bool OfObjects(Part part) {
  return part == Part::kKey || part == Part::kValue || part == Part::kValueText;
}

// PostgreSQL's words, which name the set-returning functions.
Status WrongKind(JsonKind kind, Part part) {
  const bool container = kind == JsonKind::kArray || kind == JsonKind::kObject;
  switch (part) {
    case Part::kElement:
    case Part::kElementText:
      return InvalidArgument("cannot call json_array_elements{} on a {}",
                             part == Part::kElementText ? "_text" : "",
                             container ? "non-array" : "scalar");
    case Part::kKey:
      return InvalidArgument("cannot call json_object_keys on {}",
                             container ? "an array" : "a scalar");
    default:
      return InvalidArgument("cannot deconstruct {}",
                             container ? "an array as an object" : "a scalar");
  }
}

// False for an escape that is no character.
bool AddPart(std::string_view value, bool as_text, std::string* buffer, TextLists* lists) {
  const JsonKind kind = as_text ? JsonKindOf(value) : JsonKind::kObject;
  if (kind == JsonKind::kNull) {
    lists->AddNull();
  } else if (kind == JsonKind::kString) {
    std::string_view text;
    if (!JsonUnquote(value, buffer, &text)) return false;
    lists->Add(text);
  } else {
    lists->Add(value);
  }
  return true;
}

template <Part kPart>
Status PartsKernel(const KernelCall& call, Vector* result) {
  constexpr bool kOfObjects = OfObjects(kPart);
  constexpr bool kText = kPart != Part::kElement && kPart != Part::kValue;
  const Arg<std::string_view> json(call.args[0]);
  TextLists lists(result, call.num_rows);
  std::string buffer;
  Status status;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    const std::string_view container = TrimJson(json[row]);
    const JsonKind kind = JsonKindOf(container);
    if (kind != (kOfObjects ? JsonKind::kObject : JsonKind::kArray)) {
      status = WrongKind(kind, kPart);
      return false;
    }
    lists.Begin();
    JsonItems items(container);
    while (items.Next()) {
      const std::string_view part = kPart == Part::kKey ? items.key() : items.value();
      if (AddPart(part, kText, &buffer, &lists)) continue;
      status = InvalidArgument(
          "unsupported Unicode escape sequence in JSON string {}: \\u0000 and "
          "half a surrogate pair cannot be converted to text",
          part);
      return false;
    }
    lists.End(row);
    return true;
  });
  RETURN_IF_ERROR(status);
  return lists.Finish();
}

// Whether a container has any, or all, of the names in a TEXT[].
bool HasName(std::string_view json, std::string_view name) {
  const JsonKind kind = JsonKindOf(json);
  if (kind == JsonKind::kObject) return JsonMember(json, name).has_value();
  std::string buffer;
  std::string_view text;
  const auto is_name = [&](std::string_view value) {
    return JsonKindOf(value) == JsonKind::kString && JsonUnquote(value, &buffer, &text) &&
           text == name;
  };
  if (kind != JsonKind::kArray) return is_name(json);
  for (JsonItems elements(json); elements.Next();) {
    if (is_name(elements.value())) return true;
  }
  return false;
}

template <bool kAll>
Status HasNamesKernel(const KernelCall& call, Vector* result) {
  const Arg<std::string_view> json(call.args[0]);
  const Vector lists = call.args[1].Flatten();
  const Vector names = lists.children()[0].Flatten();
  const auto* entries = lists.values<ListEntry>();
  auto* out = result->mutable_values<uint8_t>();
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    const std::string_view document = TrimJson(json[row]);
    bool has = kAll;
    for (uint32_t i = 0; i < entries[row].length && has == kAll; ++i) {
      const uint32_t at = entries[row].offset + i;
      if (!names.IsNull(at)) has = HasName(document, names.values<std::string_view>()[at]);
    }
    out[row] = has;
    return true;
  });
  return OkStatus();
}

template <bool kAll>
void AddHasNames(Registry* registry, std::string name, std::string op, std::string summary,
                 std::string example_result) {
  ScalarFunction function;
  function.example = name + R"(('{"a": 1, "b": 2}', ARRAY['a', 'c']))";
  function.name = std::move(name);
  function.aliases = {std::move(op)};
  function.category = "json";
  function.signature = "(json JSON, names TEXT[]) → BOOLEAN";
  function.summary = std::move(summary);
  function.example_result = std::move(example_result);
  function.args = {TypeId::kJson, Type::List(TypeId::kText)};
  function.result = TypeId::kBoolean;
  function.kernel = &HasNamesKernel<kAll>;
  registry->Add(std::move(function));
}

template <Part kPart>
void AddParts(Registry* registry, std::string name, std::vector<std::string> aliases,
              std::string summary, std::string example, std::string example_result) {
  constexpr bool kText = kPart != Part::kElement && kPart != Part::kValue;
  ScalarFunction function;
  function.name = std::move(name);
  function.aliases = std::move(aliases);
  function.category = "json";
  function.signature = kText ? "(json JSON) → TEXT[]" : "(json JSON) → JSON[]";
  function.summary = std::move(summary);
  function.example = std::move(example);
  function.example_result = std::move(example_result);
  function.args = {TypeId::kJson};
  function.result = Type::List(kText ? TypeId::kText : TypeId::kJson);
  function.kernel = &PartsKernel<kPart>;
  registry->Add(std::move(function));
}

}  // namespace

void RegisterJsonList(Registry* registry) {
  AddHasNames<false>(
      registry, "jsonb_exists_any", "?|",
      "Whether it has a member, or an element that is a string, of any of the names.", "t");
  AddHasNames<true>(
      registry, "jsonb_exists_all", "?&",
      "Whether it has a member, or an element that is a string, of each of the names.", "f");
  AddParts<Part::kElement>(
      registry, "json_array_values", {"jsonb_array_values", "JSONExtractArrayRaw"},
      "The elements of a JSON array.", "json_array_values('[1, \"a\"]')", "{1,\"\\\"a\\\"\"}");
  AddParts<Part::kElementText>(registry, "json_array_texts", {"jsonb_array_texts"},
                               "The elements of a JSON array as texts, null as NULL.",
                               "json_array_texts('[1, \"a\", null]')", "{1,a,NULL}");
  AddParts<Part::kKey>(registry, "json_member_names", {"jsonb_member_names", "JSONExtractKeys"},
                       "The names of a JSON object's members.",
                       "json_member_names('{\"a\": 1, \"b\": 2}')", "{a,b}");
  AddParts<Part::kValue>(registry, "json_member_values", {"jsonb_member_values"},
                         "The values of a JSON object's members.",
                         "json_member_values('{\"a\": 1, \"b\": [2]}')", "{1,[2]}");
  AddParts<Part::kValueText>(registry, "json_member_texts", {"jsonb_member_texts"},
                             "The values of a JSON object's members as texts, null as NULL.",
                             "json_member_texts('{\"a\": 1, \"b\": \"x\"}')", "{1,x}");
}

}  // namespace shale
