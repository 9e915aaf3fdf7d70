// approx_top_k: the most frequent values, after SpaceSaving (Metwally, Agrawal and El Abbadi,
// "Efficient computation of frequent and top-k elements in data streams", 2005), merged as in
// Agarwal et al., "Mergeable summaries" (2012). histogram: every value with its count, exact.
//
// At most kMaxCounters values are kept with a count each. When they are full, the half with the
// least counts goes (SpaceSaving gives up one at a time; by halves it is constant time a row), and
// every value that is new from then on starts at the greatest count that went: counts are never
// too small, and too great by rows / (kMaxCounters / 2) at most. So it is exact while there are no
// more different values than that, and no value of more rows than that is ever missed.
#include <algorithm>

#include "engine/functions/agg_kernel.h"
#include "engine/functions/families.h"
#include "engine/functions/json_text.h"
#include "engine/functions/value_io.h"
#include "engine/vector/hash.h"

namespace shale {
namespace {

constexpr uint32_t kMaxCounters = 1024;
constexpr uint32_t kMaxHistogramValues = 1 << 20;
constexpr int64_t kMaxTop = 1000;
constexpr int64_t kMaxCount = int64_t{1} << 60;  // that stored bytes may claim

// A value as text (its canonical one, so that all types are alike) and how often it came.
struct Counter {
  char* data;
  uint32_t size;
  uint32_t next;  // index + 1 of the next counter in the bucket's chain
  int64_t count;
  uint64_t hash;
  std::string_view text() const { return {data, size}; }
};

// Counters with chained buckets, all in the arena. All zero bytes is empty.
struct CounterState {
  ArenaList<Counter> counters;
  uint32_t* buckets;  // index + 1 of the first counter; num_buckets of them
  uint32_t num_buckets;
  uint32_t k;     // of approx_top_k; the last one given
  int64_t floor;  // what a value that is not there may have been counted
};

uint64_t HashOfText(std::string_view text) { return HashBytes(text); }

void Rebuild(Arena* arena, CounterState* state, uint32_t num_buckets) {
  if (num_buckets != state->num_buckets) {
    state->buckets = reinterpret_cast<uint32_t*>(arena->Allocate(num_buckets * sizeof(uint32_t)));
    state->num_buckets = num_buckets;
  }
  std::memset(state->buckets, 0, num_buckets * sizeof(uint32_t));
  for (uint32_t i = 0; i < state->counters.size; ++i) {
    Counter& counter = state->counters.data[i];
    uint32_t& bucket = state->buckets[counter.hash & (num_buckets - 1)];
    counter.next = bucket;
    bucket = i + 1;
  }
}

Counter* FindCounter(CounterState* state, std::string_view text, uint64_t hash) {
  if (state->num_buckets == 0) return nullptr;
  for (uint32_t at = state->buckets[hash & (state->num_buckets - 1)]; at != 0;) {
    Counter& counter = state->counters.data[at - 1];
    if (counter.hash == hash && counter.text() == text) return &counter;
    at = counter.next;
  }
  return nullptr;
}

bool NewCounter(Arena* arena, CounterState* state, std::string_view text, uint64_t hash,
                int64_t count) {
  const std::string_view kept = arena->Copy(text);
  const Counter counter{const_cast<char*>(kept.data()), static_cast<uint32_t>(kept.size()), 0,
                        count, hash};
  if (!state->counters.Add(arena, counter)) return false;
  if (state->counters.size > state->num_buckets) {
    Rebuild(arena, state, std::max<uint32_t>(16, state->num_buckets * 2));
  } else {
    uint32_t& bucket = state->buckets[hash & (state->num_buckets - 1)];
    state->counters.data[state->counters.size - 1].next = bucket;
    bucket = state->counters.size;
  }
  return true;
}

// The half with the greatest counts stays.
void DropHalf(Arena* arena, CounterState* state) {
  Counter* const data = state->counters.data;
  const uint32_t keep = kMaxCounters / 2;
  std::nth_element(data, data + keep, data + state->counters.size,
                   [](const Counter& a, const Counter& b) {
                     return a.count != b.count ? a.count > b.count : a.text() < b.text();
                   });
  state->floor = std::max(state->floor, data[keep].count);
  state->counters.size = keep;
  Rebuild(arena, state, state->num_buckets);
}

bool Count(Arena* arena, CounterState* state, std::string_view text, int64_t count, bool bounded) {
  const uint64_t hash = HashOfText(text);
  if (Counter* counter = FindCounter(state, text, hash)) {
    counter->count += count;
    return true;
  }
  if (bounded && state->counters.size == kMaxCounters) DropHalf(arena, state);
  if (!bounded && state->counters.size == kMaxHistogramValues) return false;
  return NewCounter(arena, state, text, hash, count + state->floor);
}

// Greatest count first, then by text.
std::vector<Counter> Ordered(const CounterState& state, bool by_count) {
  std::vector<Counter> counters(state.counters.data, state.counters.data + state.counters.size);
  std::sort(counters.begin(), counters.end(), [&](const Counter& a, const Counter& b) {
    return by_count && a.count != b.count ? a.count > b.count : a.text() < b.text();
  });
  return counters;
}

template <bool kTop>
struct CountOp {
  using State = CounterState;
  static constexpr std::string_view kName = kTop ? "approx_top_k" : "histogram";
  static constexpr uint8_t kVersion = 1;
  static bool Merge(const AggregateCall& call, State* into, const State& from) {
    if (from.counters.size == 0) return true;
    into->k = from.k;
    // A value that one side lacks counts as that side's floor there.
    for (uint32_t i = 0; i < into->counters.size; ++i) into->counters.data[i].count += from.floor;
    bool ok = true;
    for (uint32_t i = 0; i < from.counters.size; ++i) {
      const Counter& counter = from.counters.data[i];
      if (Counter* same = FindCounter(into, counter.text(), counter.hash)) {
        same->count += counter.count - from.floor;
      } else {
        ok &= Count(call.arena, into, counter.text(), counter.count, kTop);
      }
    }
    into->floor += from.floor;
    return ok;
  }
  static void Write(const State& state, StateWriter* writer) {
    writer->Put(state.k);
    writer->Put(state.floor);
    writer->Put(state.counters.size);
    for (const Counter& counter : Ordered(state, false)) {
      writer->Put(counter.count);
      writer->Put(counter.text());
    }
  }
  static bool Read(const AggregateCall& call, StateReader* reader, State* state) {
    uint32_t size;
    if (!reader->Get(&state->k) || !reader->Get(&state->floor) || state->floor < 0 ||
        state->floor > kMaxCount || !reader->Get(&size) ||
        size > (kTop ? kMaxCounters : kMaxHistogramValues)) {
      return false;
    }
    for (uint32_t i = 0; i < size; ++i) {
      int64_t count;
      std::string_view text;
      if (!reader->Get(&count) || count < 1 || count > kMaxCount || !reader->Get(&text))
        return false;
      const uint64_t hash = HashOfText(text);
      if (FindCounter(state, text, hash) != nullptr ||
          !NewCounter(call.arena, state, text, hash, count)) {
        return false;
      }
    }
    return true;
  }
  static Status Failure(const AggregateCall&) {
    return ResourceExhausted(
        "histogram: more than {} different values in one group; use "
        "approx_top_k, or round the values",
        kMaxHistogramValues);
  }

  static Status Rows(const AggregateCall& call, std::byte* base, size_t stride,
                     const uint32_t* groups, std::span<const Vector> args, size_t num_rows) {
    const Vector& values = args[0];
    const bool is_text =
        values.type().physical() == PhysicalType::kString && values.type().id() == TypeId::kText;
    std::string scratch;
    for (size_t row = 0; row < num_rows; ++row) {
      if (values.IsNull(row)) continue;
      State* state = StateAt<State>(base, stride, groups ? groups[row] : 0);
      if (kTop) RETURN_IF_ERROR(SetK(args[1], row, state));
      std::string_view text;
      if (is_text) {
        text = values.values<std::string_view>()[values.is_constant() ? 0 : row];
      } else {
        scratch.clear();
        AppendText(values, values.is_constant() ? 0 : row, "UTC", &scratch);
        text = scratch;
        if (text == "-0") text = "0";  // they are equal
      }
      if (!Count(call.arena, state, text, 1, kTop)) return Failure(call);
    }
    return OkStatus();
  }
  static Status SetK(const Vector& ks, size_t row, State* state) {
    if (ks.IsNull(row)) return InvalidArgument("approx_top_k: k must not be NULL");
    const int64_t k = ks.values<int64_t>()[ks.is_constant() ? 0 : row];
    if (k < 1 || k > kMaxTop) {
      return InvalidArgument("approx_top_k: k is 1 to {}, not {}", kMaxTop, k);
    }
    state->k = static_cast<uint32_t>(k);
    return OkStatus();
  }
  static Status Update(const AggregateCall& call, std::byte* base, size_t stride,
                       const uint32_t* groups, std::span<const Vector> args, size_t num_rows) {
    return Rows(call, base, stride, groups, args, num_rows);
  }
  static Status UpdateOne(const AggregateCall& call, std::byte* state, std::span<const Vector> args,
                          size_t num_rows) {
    const Vector& values = args[0];
    if (values.is_dictionary() && values.type().id() == TypeId::kText && num_rows > 0) {
      return OverDictionary(call, state, args, num_rows);
    }
    std::vector<Vector> flat;
    for (const Vector& arg : args) {
      Vector storage;
      flat.push_back(FlatOrConstant(arg, &storage));
    }
    return Rows(call, state, 0, nullptr, flat, num_rows);
  }
  // Codes are counted first, each entry in use is looked up once.
  static Status OverDictionary(const AggregateCall& call, std::byte* bytes,
                               std::span<const Vector> args, size_t num_rows) {
    auto* state = reinterpret_cast<State*>(bytes);
    const Vector& values = args[0];
    const Dictionary& dictionary = *values.dictionary();
    std::vector<int64_t> counts(dictionary.size());
    const uint32_t* codes = values.codes();
    const uint64_t* validity = values.validity();
    for (size_t row = 0; row < num_rows; ++row) {
      if (!validity || BitIsSet(validity, row)) ++counts[codes[row]];
    }
    const auto* entries = dictionary.values.template values<std::string_view>();
    for (uint32_t code = 0; code < counts.size(); ++code) {
      if (counts[code] == 0 || dictionary.values.IsNull(code)) continue;
      if (!Count(call.arena, state, entries[code], counts[code], kTop)) return Failure(call);
    }
    if (kTop && state->counters.size > 0) {
      Vector storage;
      return SetK(FlatOrConstant(args[1], &storage), num_rows - 1, state);
    }
    return OkStatus();
  }

  // [{"value": "a", "count": 3}, …] or {"a": 3, …}.
  static void Finish(const AggregateCall& call, const State& state, ResultWriter* writer,
                     size_t row) {
    if (state.counters.size == 0) return writer->SetNull<std::string_view>(row);
    const bool plain = call.arg_types[0].IsNumeric() && !call.arg_types[0].IsFloat();
    std::string out = kTop ? "[" : "{";
    const std::vector<Counter> ordered = Ordered(state, kTop);
    const size_t shown = kTop ? std::min<size_t>(state.k, ordered.size()) : ordered.size();
    for (size_t i = 0; i < shown; ++i) {
      if (i > 0) out += ", ";
      if (kTop) out += "{\"value\": ";
      if (kTop && plain) {
        out += ordered[i].text();
      } else {
        AppendJsonString(ordered[i].text(), &out);
      }
      out += kTop ? ", \"count\": " : ": ";
      out += std::to_string(ordered[i].count);
      if (kTop) out += '}';
    }
    out += kTop ? "]" : "}";
    writer->Set<std::string_view>(row, out);
  }
};

StatusOr<ResolvedAggregate> ResolveTop(std::span<const ArgumentType> args) {
  if (args.size() != 2 || args[1].untyped_literal || !args[1].type.IsInteger()) {
    return NoSuchOverload();
  }
  const Type type = SettledType(args[0]);
  if (IsNested(type)) return NoSuchOverload();
  return Resolved(KernelsOf<CountOp<true>>(), {type, TypeId::kBigInt}, TypeId::kJson);
}

StatusOr<ResolvedAggregate> ResolveHistogram(std::span<const ArgumentType> args) {
  if (args.size() != 1) return NoSuchOverload();
  const Type type = SettledType(args[0]);
  if (IsNested(type)) return NoSuchOverload();
  return Resolved(KernelsOf<CountOp<false>>(), {type}, TypeId::kJson);
}

}  // namespace

void RegisterTopAggregates(Registry* registry) {
  AggregateFunction top;
  top.name = "approx_top_k";
  top.aliases = {"topK", "approx_top_count"};
  top.signature = "(x ANY, k BIGINT) → JSON";
  top.summary =
      "The k most frequent values with their counts, by SpaceSaving with 1,024 counters: exact up "
      "to that many different values; topK(10)(x) is the same.";
  top.example = "SELECT approx_top_k(x, 1) FROM (VALUES ('a'), ('b'), ('a')) t(x)";
  top.example_result = R"([{"value": "a", "count": 2}])";
  top.exact = false;
  top.resolve = ResolveTop;
  registry->Add(std::move(top));
  AggregateFunction histogram;
  histogram.name = "histogram";
  histogram.signature = "(x ANY) → JSON";
  histogram.summary = "Every different value with its count, as a JSON object; at most 2^20.";
  histogram.example = "SELECT histogram(x) FROM (VALUES ('a'), ('b'), ('a')) t(x)";
  histogram.example_result = R"({"a": 2, "b": 1})";
  histogram.resolve = ResolveHistogram;
  registry->Add(std::move(histogram));
}

}  // namespace shale
