// approx_quantile: the t-digest of Ted Dunning and Otmar Ertl, "Computing extremely accurate
// quantiles using t-digests" (2019), in its merging form with the scale function k1: centroids
// are small at both ends and large in the middle, so that extreme quantiles stay sharp.
//
// A state collects up to kMaxCentroids centroids (a value is one of weight 1) and is compressed to
// about kCompression of them when it is full. Up to that many values it is exact: then the answer
// is quantile's. NaN is left out.
#include <algorithm>
#include <limits>
#include <numbers>

#include "engine/functions/agg_kernel.h"
#include "engine/functions/families.h"

namespace shale {
namespace {

constexpr double kCompression = 200;
constexpr uint32_t kMaxCentroids = 1024;

struct Centroid {
  double mean;
  double weight;  // values that it stands for
};

struct DigestState {
  ArenaList<Centroid> centroids;  // the first `sorted` of them in order, the rest as they came
  double min, max;                // of the values; set with the first
  double fraction;                // the last one given
  uint32_t sorted;
  uint32_t fraction_is_null;
};

// k1 of the paper and its inverse: a centroid may span one unit of it.
double ScaleOf(double q) {
  return kCompression / (2 * std::numbers::pi) * std::asin(std::clamp(2 * q - 1, -1.0, 1.0));
}
double QuantileOf(double k) {
  const double angle = std::min(k * 2 * std::numbers::pi / kCompression, std::numbers::pi / 2);
  return (std::sin(angle) + 1) / 2;
}

// One centroid out of two. Infinite means stay what they are.
void Join(Centroid* into, const Centroid& other) {
  into->weight += other.weight;
  if (into->mean != other.mean) {
    into->mean += (other.mean - into->mean) * (other.weight / into->weight);
  }
}

void Sort(DigestState* state) {
  if (state->sorted == state->centroids.size) return;
  std::sort(state->centroids.data, state->centroids.data + state->centroids.size,
            [](const Centroid& a, const Centroid& b) { return a.mean < b.mean; });
  state->sorted = state->centroids.size;
}

// Neighbours joined as far as the scale function lets them.
void Compress(DigestState* state) {
  Sort(state);
  Centroid* const data = state->centroids.data;
  double total = 0;
  for (uint32_t i = 0; i < state->centroids.size; ++i) total += data[i].weight;
  double before = 0;  // weight of the centroids that are done
  double limit = total * QuantileOf(ScaleOf(0) + 1);
  uint32_t last = 0;
  for (uint32_t i = 1; i < state->centroids.size; ++i) {
    if (before + data[last].weight + data[i].weight <= limit) {
      Join(&data[last], data[i]);
      continue;
    }
    before += data[last].weight;
    limit = total * QuantileOf(ScaleOf(before / total) + 1);
    data[++last] = data[i];
  }
  state->centroids.size = state->sorted = last + 1;
}

bool AddCentroid(Arena* arena, DigestState* state, const Centroid& centroid) {
  if (state->centroids.size == kMaxCentroids) Compress(state);
  return state->centroids.Add(arena, centroid);
}

bool AddValue(const AggregateCall& call, DigestState* state, double value, double weight) {
  if (value != value) return true;
  const bool first = state->centroids.size == 0;
  state->min = first ? value : std::min(state->min, value);
  state->max = first ? value : std::max(state->max, value);
  // A weight is kept in ones while they are few, so that small states are exact.
  for (; weight > 0 && weight < kMaxCentroids; --weight) {
    if (!AddCentroid(call.arena, state, {value, 1})) return false;
  }
  return weight <= 0 || AddCentroid(call.arena, state, {value, weight});
}

struct DigestOp {
  using State = DigestState;
  static constexpr std::string_view kName = "approx_quantile";
  static constexpr uint8_t kVersion = 1;
  static bool Merge(const AggregateCall& call, State* into, const State& from) {
    if (from.centroids.size == 0) return true;
    const bool first = into->centroids.size == 0;
    into->min = first ? from.min : std::min(into->min, from.min);
    into->max = first ? from.max : std::max(into->max, from.max);
    into->fraction = from.fraction;
    into->fraction_is_null = from.fraction_is_null;
    bool ok = true;
    for (uint32_t i = 0; i < from.centroids.size; ++i) {
      ok &= AddCentroid(call.arena, into, from.centroids.data[i]);
    }
    return ok;
  }
  static void Write(const State& state, StateWriter* writer) {
    writer->Put(state.fraction);
    writer->Put(static_cast<uint8_t>(state.fraction_is_null != 0));
    writer->Put(state.min);
    writer->Put(state.max);
    writer->Put(state.centroids.size);
    for (uint32_t i = 0; i < state.centroids.size; ++i) {
      writer->Put(state.centroids.data[i].mean);
      writer->Put(state.centroids.data[i].weight);
    }
  }
  static bool Read(const AggregateCall& call, StateReader* reader, State* state) {
    uint8_t is_null;
    uint32_t size;
    if (!reader->Get(&state->fraction) || !reader->Get(&is_null) || is_null > 1 ||
        !reader->Get(&state->min) || !reader->Get(&state->max) || !reader->Get(&size) ||
        size > kMaxCentroids) {
      return false;
    }
    state->fraction_is_null = is_null;
    for (uint32_t i = 0; i < size; ++i) {
      Centroid centroid;
      if (!reader->Get(&centroid.mean) || !reader->Get(&centroid.weight)) return false;
      if (centroid.mean != centroid.mean || !(centroid.weight >= 1 && centroid.weight < 1e18)) {
        return false;
      }
      if (!state->centroids.Add(call.arena, centroid)) return false;
    }
    return true;
  }
  static Status Failure(const AggregateCall&) {
    return OutOfRange("approx_quantile cannot hold more values");
  }

  static Status Update(const AggregateCall& call, std::byte* base, size_t stride,
                       const uint32_t* groups, std::span<const Vector> args, size_t num_rows) {
    bool ok = true;
    ForEachValid<double>(args[0], num_rows, [&](size_t i, double value) {
      State* state = StateAt<State>(base, stride, groups[i]);
      SetFraction(args[1], i, state);
      ok &= AddValue(call, state, value, 1);
    });
    return ok ? OkStatus() : Failure(call);
  }
  static Status UpdateOne(const AggregateCall& call, std::byte* bytes, std::span<const Vector> args,
                          size_t num_rows) {
    State* state = reinterpret_cast<State*>(bytes);
    Vector storage, fraction_storage;
    const Vector& values = FlatOrConstant(args[0], &storage);
    const Vector& fractions = FlatOrConstant(args[1], &fraction_storage);
    bool ok = true;
    if (values.is_constant()) {
      if (num_rows > 0 && !values.is_constant_null()) {
        SetFraction(fractions, num_rows - 1, state);
        ok = AddValue(call, state, values.values<double>()[0], static_cast<double>(num_rows));
      }
    } else {
      ForEachValid<double>(values, num_rows, [&](size_t i, double value) {
        SetFraction(fractions, i, state);
        ok &= AddValue(call, state, value, 1);
      });
    }
    return ok ? OkStatus() : Failure(call);
  }

  static Status Finish(const AggregateCall&, const State& state, ResultWriter* writer, size_t row) {
    if (state.centroids.size == 0 || state.fraction_is_null) {
      writer->SetNull<double>(row);
      return OkStatus();
    }
    if (!(state.fraction >= 0 && state.fraction <= 1)) {
      return OutOfRange("percentile value {} is not between 0 and 1", state.fraction);
    }
    DigestState copy = state;
    std::vector<Centroid> centroids(state.centroids.data,
                                    state.centroids.data + state.centroids.size);
    copy.centroids.data = centroids.data();
    Sort(&copy);
    writer->Set<double>(row, Quantile(copy));
    return OkStatus();
  }

 private:
  static void SetFraction(const Vector& fractions, size_t row, State* state) {
    if (fractions.is_constant()) row = 0;
    state->fraction_is_null = fractions.IsNull(row);
    state->fraction = state->fraction_is_null ? 0 : fractions.values<double>()[row];
  }

  // Linear between the ranks that the centroids' middles have; the ends are the least and the
  // greatest value. Of single values that is percentile_cont.
  static double Quantile(const State& state) {
    const Centroid* const data = state.centroids.data;
    double total = 0;
    for (uint32_t i = 0; i < state.centroids.size; ++i) total += data[i].weight;
    const double target = state.fraction * (total - 1);
    double before = 0, low_rank = 0, low = state.min;
    for (uint32_t i = 0; i < state.centroids.size; ++i) {
      const double rank = before + (data[i].weight - 1) / 2;
      if (rank >= target) return Between(low_rank, low, rank, data[i].mean, target);
      low_rank = rank;
      low = data[i].mean;
      before += data[i].weight;
    }
    return Between(low_rank, low, total - 1, state.max, target);
  }
  static double Between(double low_rank, double low, double high_rank, double high, double target) {
    if (high_rank <= low_rank || low == high) return high;
    if (target <= low_rank) return low;
    if (target >= high_rank) return high;
    return low + (high - low) * ((target - low_rank) / (high_rank - low_rank));
  }
};

bool GoesToDouble(const ArgumentType& arg) { return SettledType(arg, TypeId::kDouble).IsNumeric(); }
StatusOr<ResolvedAggregate> ResolveDigest(std::span<const ArgumentType> args) {
  if (args.size() != 2 || !GoesToDouble(args[0]) || !GoesToDouble(args[1])) {
    return NoSuchOverload();
  }
  return Resolved(KernelsOf<DigestOp>(), {TypeId::kDouble, TypeId::kDouble}, TypeId::kDouble);
}

}  // namespace

void RegisterDigestAggregates(Registry* registry) {
  AggregateFunction function;
  function.name = "approx_quantile";
  function.aliases = {"approx_percentile", "quantileTDigest"};
  function.signature = "(x NUMERIC, fraction DOUBLE) → DOUBLE";
  function.summary =
      "About the value below which the fraction of the values lies, by a t-digest of at most 16 "
      "KiB; exact up to 1,024 values.";
  function.example = "SELECT approx_quantile(x, 0.5) FROM (VALUES (1), (2), (10)) t(x)";
  function.example_result = "2";
  function.exact = false;
  function.resolve = ResolveDigest;
  registry->Add(std::move(function));
}

}  // namespace shale
