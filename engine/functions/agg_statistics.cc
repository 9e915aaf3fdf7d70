// Variance, covariance, correlation, regression. One pass, by Welford's update and the pairwise
// merge of Chan, Golub and LeVeque ("Updating formulae and a pairwise algorithm for computing
// sample variances", 1979).
#include <limits>

#include "engine/functions/agg_kernel.h"
#include "engine/functions/families.h"

namespace shale {
namespace {

// ---- one variable -------------------------------------------------------------------------------

struct MomentState {
  int64_t count;
  double mean;
  double m2;  // sum of squared differences from the mean
};

// What PostgreSQL refuses: finite values of which a sum or a square is not.
bool Overflows(std::initializer_list<double> before, std::initializer_list<double> after) {
  const auto finite = [](double value) { return std::isfinite(value); };
  if (std::all_of(after.begin(), after.end(), finite)) [[likely]]
    return false;
  return std::all_of(before.begin(), before.end(), finite);
}
Status FloatOverflow() { return OutOfRange("value out of range: overflow"); }
// A mean is kept where PostgreSQL keeps the sum.
bool SumOverflows(double mean, int64_t count) {
  return std::isfinite(mean) && std::isinf(mean * static_cast<double>(count));
}

struct MomentOp {
  using State = MomentState;
  using Value = double;
  static constexpr std::string_view kName = "variance";
  static constexpr uint8_t kVersion = 1;
  static bool Add(const AggregateCall&, State* state, double value) {
    ++state->count;
    const State before = *state;
    const double delta = value - state->mean;
    state->mean += delta / static_cast<double>(state->count);
    state->m2 += delta * (value - state->mean);
    return !Overflows({value, before.mean, before.m2}, {state->mean, state->m2});
  }
  static bool AddMany(const AggregateCall& call, State* state, double value, size_t n) {
    // n equal values have no spread, but NaN and infinity must show.
    return Merge(call, state, {static_cast<int64_t>(n), value, value - value});
  }
  static bool AddBlock(const AggregateCall& call, State* state, const double* values, size_t n) {
    // Two passes over a stretch that is in cache; both vectorise better than the running update.
    for (size_t begin = 0; begin < n; begin += 1024) {
      const size_t end = n - begin < 1024 ? n : begin + 1024;
      double sums[4] = {};
      size_t i = begin;
      for (; i + 4 <= end; i += 4) {
        for (int lane = 0; lane < 4; ++lane) sums[lane] += values[i + lane];
      }
      for (; i < end; ++i) sums[0] += values[i];
      const double rows = static_cast<double>(end - begin);
      const double mean = ((sums[0] + sums[1]) + (sums[2] + sums[3])) / rows;
      double squares[4] = {};
      i = begin;
      for (; i + 4 <= end; i += 4) {
        for (int lane = 0; lane < 4; ++lane) {
          const double delta = values[i + lane] - mean;
          squares[lane] += delta * delta;
        }
      }
      for (; i < end; ++i) squares[0] += (values[i] - mean) * (values[i] - mean);
      const State block = {static_cast<int64_t>(end - begin), mean,
                           (squares[0] + squares[1]) + (squares[2] + squares[3])};
      if (!std::isfinite(block.m2) && std::all_of(values + begin, values + end, [](double value) {
            return std::isfinite(value);
          })) {
        return false;
      }
      if (!Merge(call, state, block)) return false;
    }
    return true;
  }
  static bool Merge(const AggregateCall&, State* into, const State& from) {
    if (from.count == 0) return true;
    if (into->count == 0) {
      *into = from;
      return true;
    }
    const double a = static_cast<double>(into->count);
    const double b = static_cast<double>(from.count);
    const double delta = from.mean - into->mean;
    into->count += from.count;
    const State before = *into;
    into->mean += delta * (b / (a + b));
    into->m2 += from.m2 + delta * delta * (a * b / (a + b));
    return !Overflows({before.mean, before.m2, from.mean, from.m2}, {into->mean, into->m2});
  }
  static void Write(const State& state, StateWriter* writer) {
    writer->Put(state.count);
    writer->Put(state.mean);
    writer->Put(state.m2);
  }
  static bool Read(const AggregateCall&, StateReader* reader, State* state) {
    return reader->Get(&state->count) && reader->Get(&state->mean) && reader->Get(&state->m2) &&
           state->count >= 0;
  }
  static Status Failure(const AggregateCall&) { return FloatOverflow(); }
};

template <bool kSample, bool kRoot>
struct MomentFinish {
  static Status Finish(const AggregateCall&, const MomentState& state, ResultWriter* writer,
                       size_t row) {
    if (SumOverflows(state.mean, state.count)) return FloatOverflow();
    const int64_t freedom = state.count - (kSample ? 1 : 0);
    if (freedom <= 0) {
      writer->SetNull<double>(row);
      return OkStatus();
    }
    const double variance = state.m2 / static_cast<double>(freedom);
    writer->Set<double>(row, kRoot ? std::sqrt(variance) : variance);
    return OkStatus();
  }
};

bool GoesToDouble(const ArgumentType& arg) { return SettledType(arg, TypeId::kDouble).IsNumeric(); }

template <bool kSample, bool kRoot>
StatusOr<ResolvedAggregate> ResolveMoment(std::span<const ArgumentType> args) {
  if (args.size() != 1 || !GoesToDouble(args[0])) return NoSuchOverload();
  return Resolved(UnaryKernels<MomentOp, MomentFinish<kSample, kRoot>>(), {TypeId::kDouble},
                  TypeId::kDouble);
}

// ---- two variables ------------------------------------------------------------------------------

struct PairState {
  int64_t count;
  double mean_y, mean_x;
  double yy, xx, xy;  // sums of products of differences from the means
};

// The first argument is y, the dependent variable, as in the SQL standard.
struct PairOp {
  using State = PairState;
  using Value = double;
  using Second = double;
  static constexpr std::string_view kName = "covariance";
  static constexpr uint8_t kVersion = 1;
  static bool Add(const AggregateCall&, State* state, double y, double x) {
    const State before = *state;
    ++state->count;
    const double n = static_cast<double>(state->count);
    const double delta_y = y - state->mean_y;
    const double delta_x = x - state->mean_x;
    state->mean_y += delta_y / n;
    state->mean_x += delta_x / n;
    state->yy += delta_y * (y - state->mean_y);
    state->xx += delta_x * (x - state->mean_x);
    state->xy += delta_x * (y - state->mean_y);
    return !Overflows({y, x, before.yy, before.xx, before.xy}, {state->yy, state->xx, state->xy});
  }
  static bool Merge(const AggregateCall&, State* into, const State& from) {
    if (from.count == 0) return true;
    if (into->count == 0) {
      *into = from;
      return true;
    }
    const double a = static_cast<double>(into->count);
    const double b = static_cast<double>(from.count);
    const double delta_y = from.mean_y - into->mean_y;
    const double delta_x = from.mean_x - into->mean_x;
    const double weight = a * b / (a + b);
    const State before = *into;
    into->count += from.count;
    into->mean_y += delta_y * (b / (a + b));
    into->mean_x += delta_x * (b / (a + b));
    into->yy += from.yy + delta_y * delta_y * weight;
    into->xx += from.xx + delta_x * delta_x * weight;
    into->xy += from.xy + delta_x * delta_y * weight;
    return !Overflows({before.yy, before.xx, before.xy, from.yy, from.xx, from.xy},
                      {into->yy, into->xx, into->xy});
  }
  static void Write(const State& state, StateWriter* writer) {
    writer->Put(state.count);
    for (double value : {state.mean_y, state.mean_x, state.yy, state.xx, state.xy}) {
      writer->Put(value);
    }
  }
  static bool Read(const AggregateCall&, StateReader* reader, State* state) {
    return reader->Get(&state->count) && reader->Get(&state->mean_y) &&
           reader->Get(&state->mean_x) && reader->Get(&state->yy) && reader->Get(&state->xx) &&
           reader->Get(&state->xy) && state->count >= 0;
  }
  static Status Failure(const AggregateCall&) { return FloatOverflow(); }
};

// regr_count alone: whatever the values.
struct PairCountOp : PairOp {
  static bool Add(const AggregateCall&, State* state, double, double) {
    ++state->count;
    return true;
  }
  static bool Merge(const AggregateCall&, State* into, const State& from) {
    into->count += from.count;
    return true;
  }
};

enum class PairResult {
  kCovarPop,
  kCovarSamp,
  kCorr,
  kSlope,
  kIntercept,
  kR2,
  kAvgX,
  kAvgY,
  kSxx,
  kSyy,
  kSxy,
  kCount
};

// NaN stands for NULL only where the formulas below have no value.
template <PairResult kResult>
struct PairFinish {
  static Status Finish(const AggregateCall&, const PairState& s, ResultWriter* writer, size_t row) {
    if constexpr (kResult == PairResult::kCount) {
      writer->Set<int64_t>(row, s.count);
      return OkStatus();
    } else {
      if (SumOverflows(s.mean_x, s.count) || SumOverflows(s.mean_y, s.count)) {
        return FloatOverflow();
      }
      const double n = static_cast<double>(s.count);
      bool defined = s.count > 0;
      double value = 0;
      switch (kResult) {
        case PairResult::kCovarPop: value = s.xy / n; break;
        case PairResult::kCovarSamp:
          defined = s.count > 1;
          value = s.xy / (n - 1);
          break;
        case PairResult::kCorr:
          defined = defined && s.xx != 0 && s.yy != 0;
          value = s.xy / std::sqrt(s.xx * s.yy);
          // Rounding must not leave the range that a correlation has.
          if (value > 1) value = 1;
          if (value < -1) value = -1;
          break;
        case PairResult::kSlope:
          defined = defined && s.xx != 0;
          value = s.xy / s.xx;
          break;
        case PairResult::kIntercept:
          defined = defined && s.xx != 0;
          value = s.mean_y - s.mean_x * (s.xy / s.xx);
          break;
        case PairResult::kR2:
          defined = defined && s.xx != 0;
          value = s.yy == 0 ? 1 : (s.xy * s.xy) / (s.xx * s.yy);
          break;
        case PairResult::kAvgX: value = s.mean_x; break;
        case PairResult::kAvgY: value = s.mean_y; break;
        case PairResult::kSxx: value = s.xx; break;
        case PairResult::kSyy: value = s.yy; break;
        case PairResult::kSxy: value = s.xy; break;
        case PairResult::kCount: break;
      }
      if (defined)
        writer->Set<double>(row, value);
      else
        writer->SetNull<double>(row);
      return OkStatus();
    }
  }
};

template <PairResult kResult>
StatusOr<ResolvedAggregate> ResolvePair(std::span<const ArgumentType> args) {
  if (args.size() != 2 || !GoesToDouble(args[0]) || !GoesToDouble(args[1])) {
    return NoSuchOverload();
  }
  using Op = std::conditional_t<kResult == PairResult::kCount, PairCountOp, PairOp>;
  return Resolved(BinaryKernels<Op, PairFinish<kResult>>(), {TypeId::kDouble, TypeId::kDouble},
                  kResult == PairResult::kCount ? TypeId::kBigInt : TypeId::kDouble);
}

struct Row {
  std::string name;
  std::vector<std::string> aliases;
  std::string summary;
  std::string expression;
  std::string result;
  StatusOr<ResolvedAggregate> (*resolve)(std::span<const ArgumentType>);
};

}  // namespace

void RegisterStatisticsAggregates(Registry* registry) {
  const Row moments[] = {
      {"stddev_samp",
       {"stddev", "stddevSamp"},
       "Sample standard deviation; NULL for fewer than "
       "two values.",
       "stddev_samp(x)",
       "1",
       ResolveMoment<true, true>},
      {"stddev_pop",
       {"stddevPop"},
       "Standard deviation of the population.",
       "stddev_pop(x)",
       "0.816496580927726",
       ResolveMoment<false, true>},
      {"var_samp",
       {"variance", "varSamp"},
       "Sample variance; NULL for fewer than two values.",
       "var_samp(x)",
       "1",
       ResolveMoment<true, false>},
      {"var_pop",
       {"varPop"},
       "Variance of the population.",
       "var_pop(x)",
       "0.6666666666666666",
       ResolveMoment<false, false>},
  };
  for (const Row& row : moments) {
    AggregateFunction function;
    function.name = row.name;
    function.aliases = row.aliases;
    function.signature = "(x NUMERIC) → DOUBLE";
    function.summary = row.summary;
    function.example = "SELECT " + row.expression + " FROM (VALUES (1), (2), (3)) t(x)";
    function.example_result = row.result;
    function.resolve = row.resolve;
    registry->Add(std::move(function));
  }
  using enum PairResult;
  const Row pairs[] = {
      {"covar_pop",
       {"covarPop"},
       "Covariance of the population.",
       "covar_pop(y, x)",
       "1.3333333333333333",
       ResolvePair<kCovarPop>},
      {"covar_samp",
       {"covarSamp"},
       "Sample covariance; NULL for fewer than two pairs.",
       "covar_samp(y, x)",
       "2",
       ResolvePair<kCovarSamp>},
      {"corr", {}, "Correlation coefficient.", "corr(y, x)", "1", ResolvePair<kCorr>},
      {"regr_slope",
       {},
       "Slope of the least-squares line of y over x.",
       "regr_slope(y, x)",
       "2",
       ResolvePair<kSlope>},
      {"regr_intercept",
       {},
       "Where the least-squares line of y over x meets x = 0.",
       "regr_intercept(y, x)",
       "0",
       ResolvePair<kIntercept>},
      {"regr_r2",
       {},
       "Square of the correlation coefficient.",
       "regr_r2(y, x)",
       "1",
       ResolvePair<kR2>},
      {"regr_avgx",
       {},
       "Mean of x over the pairs without NULL.",
       "regr_avgx(y, x)",
       "2",
       ResolvePair<kAvgX>},
      {"regr_avgy",
       {},
       "Mean of y over the pairs without NULL.",
       "regr_avgy(y, x)",
       "4",
       ResolvePair<kAvgY>},
      {"regr_sxx",
       {},
       "Sum of squared differences of x from its mean.",
       "regr_sxx(y, x)",
       "2",
       ResolvePair<kSxx>},
      {"regr_syy",
       {},
       "Sum of squared differences of y from its mean.",
       "regr_syy(y, x)",
       "8",
       ResolvePair<kSyy>},
      {"regr_sxy",
       {},
       "Sum of products of the differences of x and y from their means.",
       "regr_sxy(y, x)",
       "4",
       ResolvePair<kSxy>},
      {"regr_count",
       {},
       "Number of pairs without NULL.",
       "regr_count(y, x)",
       "3",
       ResolvePair<kCount>},
  };
  for (const Row& row : pairs) {
    AggregateFunction function;
    function.name = row.name;
    function.aliases = row.aliases;
    function.signature = row.name == "regr_count" ? "(y NUMERIC, x NUMERIC) → BIGINT"
                                                  : "(y NUMERIC, x NUMERIC) → DOUBLE";
    function.summary = row.summary;
    function.example = "SELECT " + row.expression + " FROM (VALUES (1, 2), (2, 4), (3, 6)) t(x, y)";
    function.example_result = row.result;
    function.resolve = row.resolve;
    registry->Add(std::move(function));
  }
}

}  // namespace shale
