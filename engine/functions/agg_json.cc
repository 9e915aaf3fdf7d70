// json_agg, jsonb_agg, json_object_agg, jsonb_object_agg: values joined to one JSON document in the
// order of rows.
#include "engine/functions/agg_kernel.h"
#include "engine/functions/families.h"
#include "engine/functions/json_write.h"

namespace shale {
namespace {

// ", value" or ", "name" : value" for every row: two states join by appending.
template <bool kObject, JsonStyle kStyle>
struct JsonAggOp {
  struct State {
    ArenaList<char> bytes;
    uint64_t seen;
  };
  static constexpr std::string_view kName = kObject ? "json_object_agg" : "json_agg";
  static constexpr uint8_t kVersion = 1;

  static Status Add(const AggregateCall& call, State* state, std::span<const Vector> args,
                    size_t row, std::string* scratch) {
    scratch->assign(", ");
    if (kObject) {
      if (args[0].IsNull(row)) {
        return InvalidArgument("field name must not be null");
      }
      std::string name;
      AppendValueAsJson(args[0], row, call.context.time_zone, &name);
      if (name[0] == '"' && args[0].type().id() != TypeId::kJson) {
        *scratch += name;
      } else {
        AppendJsonString(name, scratch);
      }
      *scratch += " : ";
    }
    AppendValueAsJson(args[kObject ? 1 : 0], row, call.context.time_zone, scratch);
    state->seen = 1;
    return state->bytes.AddAll(call.arena, scratch->data(), scratch->size()) ? OkStatus()
                                                                             : Failure(call);
  }
  static Status Update(const AggregateCall& call, std::byte* base, size_t stride,
                       const uint32_t* groups, std::span<const Vector> args, size_t num_rows) {
    std::string scratch;
    for (size_t row = 0; row < num_rows; ++row) {
      RETURN_IF_ERROR(Add(call, StateAt<State>(base, stride, groups[row]), args, row, &scratch));
    }
    return OkStatus();
  }
  static Status UpdateOne(const AggregateCall& call, std::byte* bytes, std::span<const Vector> args,
                          size_t num_rows) {
    std::vector<Vector> flat;
    for (const Vector& arg : args) {
      Vector storage;
      flat.push_back(FlatOrConstant(arg, &storage));
    }
    std::string scratch;
    for (size_t row = 0; row < num_rows; ++row) {
      RETURN_IF_ERROR(Add(call, reinterpret_cast<State*>(bytes), flat, row, &scratch));
    }
    return OkStatus();
  }
  static bool Merge(const AggregateCall& call, State* into, const State& from) {
    if (!from.seen) return true;
    if (!into->seen) {
      into->seen = 1;
      into->bytes.Share(from.bytes);
      return true;
    }
    return into->bytes.AddAll(call.arena, from.bytes.data, from.bytes.size);
  }
  static void Write(const State& state, StateWriter* writer) {
    writer->Put<uint8_t>(state.seen != 0);
    writer->Put(std::string_view(state.bytes.data, state.bytes.size));
  }
  static bool Read(const AggregateCall& call, StateReader* reader, State* state) {
    uint8_t seen;
    std::string_view bytes;
    if (!reader->Get(&seen) || seen > 1 || !reader->Get(&bytes)) return false;
    if (seen ? !bytes.starts_with(", ") : !bytes.empty()) return false;
    state->seen = seen;
    return state->bytes.AddAll(call.arena, bytes.data(), bytes.size());
  }
  static Status Failure(const AggregateCall&) {
    return ResourceExhausted("{} of one group holds more than 4294967295 bytes", kName);
  }
  static void Finish(const AggregateCall&, const State& state, ResultWriter* writer, size_t row) {
    if (!state.seen) return writer->SetNull<std::string_view>(row);
    std::string document = kObject ? "{ " : "[";
    document += std::string_view(state.bytes.data, state.bytes.size).substr(2);
    document += kObject ? " }" : "]";
    if (kStyle == JsonStyle::kAsWritten) return writer->Set<std::string_view>(row, document);
    std::string canonical;
    AppendCanonicalJson(document, &canonical);
    writer->Set<std::string_view>(row, canonical);
  }
};

template <bool kObject, JsonStyle kStyle>
StatusOr<ResolvedAggregate> Resolve(std::span<const ArgumentType> args) {
  if (args.size() != (kObject ? 2 : 1)) return NoSuchOverload();
  std::vector<Type> types;
  for (const ArgumentType& arg : args) types.push_back(SettledType(arg));
  return Resolved(KernelsOf<JsonAggOp<kObject, kStyle>>(), std::move(types), TypeId::kJson);
}

}  // namespace

void RegisterJsonAggregates(Registry* registry) {
  const AggregateFunction functions[] = {
      {.name = "json_agg",
       .signature = "(x ANY) → JSON",
       .summary = "All values, NULLs too, as a JSON array.",
       .example = "SELECT json_agg(x ORDER BY x) FROM (VALUES (2), (1)) t(x)",
       .example_result = "[1, 2]",
       .order_sensitive = true,
       .resolve = Resolve<false, JsonStyle::kAsWritten>},
      {.name = "jsonb_agg",
       .signature = "(x ANY) → JSON",
       .summary = "All values, NULLs too, as a JSON array in jsonb's form.",
       .example = "SELECT jsonb_agg(x ORDER BY x) FROM (VALUES (2), (1)) t(x)",
       .example_result = "[1, 2]",
       .order_sensitive = true,
       .resolve = Resolve<false, JsonStyle::kCanonical>},
      {.name = "json_object_agg",
       .signature = "(name ANY, value ANY) → JSON",
       .summary = "A JSON object with a member for every row.",
       .example =
           "SELECT json_object_agg(k, v ORDER BY k) FROM (VALUES ('a', 1), ('b', 2)) t(k, v)",
       .example_result = R"({ "a" : 1, "b" : 2 })",
       .order_sensitive = true,
       .resolve = Resolve<true, JsonStyle::kAsWritten>},
      {.name = "jsonb_object_agg",
       .signature = "(name ANY, value ANY) → JSON",
       .summary = "A JSON object in jsonb's form; of rows with one name the last counts.",
       .example = "SELECT jsonb_object_agg(k, v) FROM (VALUES ('b', 1), ('a', 2)) t(k, v)",
       .example_result = R"({"a": 2, "b": 1})",
       .order_sensitive = true,
       .resolve = Resolve<true, JsonStyle::kCanonical>},
  };
  for (const AggregateFunction& function : functions) registry->Add(function);
}

}  // namespace shale
