// Window functions against a slow oracle: every row's frame is found by looking at every row of its
// partition, every aggregate is computed from scratch over it.
#include "engine/operators/window.h"

#include <gtest/gtest.h>

#include "tests/support/random_chunks.h"
#include "tests/support/row_oracle.h"

namespace shale {
namespace {

using testing::CompareValues;
using testing::NearlyEqual;
using testing::OracleAggregate;
using testing::Print;
using testing::RandomChunks;
using testing::ReadRows;
using testing::Row;
using testing::RowsOf;
using testing::RunInto;
using Bound = WindowFrame::Bound;
using Unit = WindowFrame::Unit;

// Columns of every test: a row number (so that no order has ties unless asked for), the partition,
// the order, and values.
enum Column : size_t { kId, kPart, kOrder, kValue, kWide, kReal, kText, kBool, kDecimal };
const std::vector<Type>& Types() {
  static const std::vector<Type> types = {TypeId::kInteger, TypeId::kInteger, TypeId::kInteger,
                                          TypeId::kInteger, TypeId::kBigInt,  TypeId::kDouble,
                                          TypeId::kText,    TypeId::kBoolean, Type::Decimal(9, 2)};
  return types;
}

struct Case {
  std::vector<size_t> partition_by;
  std::vector<SortKey> order_by;
  std::vector<WindowExpr> functions;
};

ExprPtr Col(size_t column) { return MakeColumn(column, Types()[column]); }

WindowExpr Aggregate(const std::string& name, std::vector<ExprPtr> args) {
  WindowExpr expr;
  std::vector<ArgumentType> types;
  for (const ExprPtr& arg : args) types.push_back({arg->type, false});
  expr.aggregate = *Registry::Get().ResolveAggregate(name, types);
  for (size_t i = 0; i < args.size(); ++i) {
    args[i] = *MakeCast(args[i], expr.aggregate.arg_types[i]);
  }
  expr.args = std::move(args);
  return expr;
}

WindowExpr Function(const std::string& name, std::vector<ExprPtr> args) {
  WindowExpr expr;
  std::vector<ArgumentType> types;
  for (const ExprPtr& arg : args) types.push_back({arg->type, false});
  expr.window = *Registry::Get().ResolveWindow(name, types);
  for (size_t i = 0; i < args.size(); ++i) args[i] = *MakeCast(args[i], expr.window.arg_types[i]);
  expr.args = std::move(args);
  return expr;
}

ExprPtr Number(int64_t value) { return MakeConstant(Value::Int(TypeId::kBigInt, value)); }

// ---- the oracle ---------------------------------------------------------------------------------

class Oracle {
 public:
  Oracle(const Case& what, std::vector<Row> rows) : case_(what), rows_(std::move(rows)) {
    // Ties keep the order of the input, which is that of the ids.
    std::sort(rows_.begin(), rows_.end(), [&](const Row& a, const Row& b) {
      for (size_t column : case_.partition_by) {
        const int compared = CompareValues(a[column], b[column]);
        if (compared != 0) return compared < 0;
      }
      const int compared = CompareOrder(a, b);
      return compared != 0 ? compared < 0 : a[kId].AsInt() < b[kId].AsInt();
    });
  }

  // The rows with their functions, as the operator should give them.
  std::vector<Row> Run() {
    std::vector<Row> result;
    for (begin_ = 0; begin_ < rows_.size(); begin_ = end_) {
      end_ = begin_ + 1;
      while (end_ < rows_.size() && SamePartition(rows_[begin_], rows_[end_])) ++end_;
      for (size_t row = begin_; row < end_; ++row) {
        Row out = rows_[row];
        for (const WindowExpr& function : case_.functions) out.push_back(Answer(function, row));
        result.push_back(std::move(out));
      }
    }
    return result;
  }

 private:
  int CompareOrder(const Row& a, const Row& b) const {
    for (const SortKey& key : case_.order_by) {
      const Value& x = a[key.expr->column_index];
      const Value& y = b[key.expr->column_index];
      if (x.is_null() || y.is_null()) {
        if (x.is_null() && y.is_null()) continue;
        return x.is_null() == key.nulls_first ? -1 : 1;
      }
      const int compared = Value::Compare(x, y);
      if (compared != 0) return key.descending ? -compared : compared;
    }
    return 0;
  }
  bool SamePartition(const Row& a, const Row& b) const {
    for (size_t column : case_.partition_by) {
      if (CompareValues(a[column], b[column]) != 0) return false;
    }
    return true;
  }
  bool Peers(size_t a, size_t b) const { return CompareOrder(rows_[a], rows_[b]) == 0; }
  // Number of a row's group of peers in its partition.
  int64_t Group(size_t row) const {
    int64_t group = 0;
    for (size_t i = begin_ + 1; i <= row; ++i) group += !Peers(i - 1, i);
    return group;
  }
  static int64_t Offset(const ExprPtr& expr) { return expr ? expr->value.AsInt() : 0; }

  // How far `other` lies behind (or before, negative) `row`, in the unit of the frame; only for
  // RANGE keys that are not NULL.
  int64_t Distance(Unit unit, size_t row, size_t other) const {
    switch (unit) {
      case Unit::kRows: return static_cast<int64_t>(other) - static_cast<int64_t>(row);
      case Unit::kGroups: return Group(other) - Group(row);
      case Unit::kRange: {
        const size_t key = case_.order_by[0].expr->column_index;
        const int64_t apart = rows_[other][key].AsInt() - rows_[row][key].AsInt();
        return case_.order_by[0].descending ? -apart : apart;
      }
    }
    return 0;
  }

  bool Reaches(const WindowFrame& frame, size_t row, size_t other, bool is_start) const {
    const Bound bound = is_start ? frame.start : frame.end;
    switch (bound) {
      case Bound::kUnboundedPreceding: return is_start;
      case Bound::kUnboundedFollowing: return !is_start;
      case Bound::kCurrentRow:
        if (frame.unit == Unit::kRows) return is_start ? other >= row : other <= row;
        return Peers(row, other) || (is_start ? other > row : other < row);
      default: break;
    }
    int64_t by = Offset(is_start ? frame.start_offset : frame.end_offset);
    if (bound == Bound::kPreceding) by = -by;
    if (frame.unit == Unit::kRange) {
      const size_t key = case_.order_by[0].expr->column_index;
      if (rows_[row][key].is_null() || rows_[other][key].is_null()) {
        // NULLs are near each other only, and lie before or behind all others.
        return Peers(row, other) || (is_start ? other > row : other < row);
      }
    }
    const int64_t apart = Distance(frame.unit, row, other);
    return is_start ? apart >= by : apart <= by;
  }

  std::vector<size_t> Frame(const WindowFrame& frame, size_t row) const {
    std::vector<size_t> in;
    for (size_t other = begin_; other < end_; ++other) {
      if (!Reaches(frame, row, other, true) || !Reaches(frame, row, other, false)) continue;
      switch (frame.exclusion) {
        case FrameExclusion::kNoOthers: break;
        case FrameExclusion::kCurrentRow:
          if (other == row) continue;
          break;
        case FrameExclusion::kGroup:
          if (Peers(other, row)) continue;
          break;
        case FrameExclusion::kTies:
          if (other != row && Peers(other, row)) continue;
          break;
      }
      in.push_back(other);
    }
    return in;
  }

  static Value ArgOf(const ExprPtr& arg, const Row& row) {
    const Expr* expr = arg.get();
    while (expr->kind == Expr::Kind::kCall) expr = expr->args[0].get();  // a cast
    return expr->kind == Expr::Kind::kConstant ? expr->value : row[expr->column_index];
  }

  Value Answer(const WindowExpr& function, size_t row) const {
    const std::string& name = function.name();
    const Type& type = function.result_type();
    const auto n = static_cast<int64_t>(end_ - begin_);
    const auto place = static_cast<int64_t>(row - begin_);
    if (name == "row_number") return Value::Int(type, place + 1);
    size_t first_peer = row, last_peer = row;
    while (first_peer > begin_ && Peers(first_peer - 1, row)) --first_peer;
    while (last_peer + 1 < end_ && Peers(last_peer + 1, row)) ++last_peer;
    const auto rank = static_cast<int64_t>(first_peer - begin_) + 1;
    if (name == "rank") return Value::Int(type, rank);
    if (name == "dense_rank") return Value::Int(type, Group(row) + 1);
    if (name == "percent_rank") {
      return Value::Float(type, n == 1 ? 0 : static_cast<double>(rank - 1) / (n - 1));
    }
    if (name == "cume_dist") {
      return Value::Float(type, static_cast<double>(last_peer - begin_ + 1) / n);
    }
    if (name == "ntile") {
      const int64_t buckets = ArgOf(function.args[0], rows_[row]).AsInt();
      int64_t bucket = 1, end = 0;
      for (; bucket <= buckets; ++bucket) {
        end += n / buckets + (bucket <= n % buckets ? 1 : 0);
        if (place < end) break;
      }
      return Value::Int(type, bucket);
    }
    const auto value_at = [&](size_t at) { return ArgOf(function.args[0], rows_[at]); };
    if (name == "lag" || name == "lead") {
      int64_t by = function.args.size() > 1 ? ArgOf(function.args[1], rows_[row]).AsInt() : 1;
      if (name == "lag") by = -by;
      const int64_t step = by < 0 ? -1 : 1;
      int64_t at = static_cast<int64_t>(row);
      for (int64_t left = by * step; left > 0;) {
        at += step;
        if (at < static_cast<int64_t>(begin_) || at >= static_cast<int64_t>(end_)) {
          return function.args.size() > 2 ? ArgOf(function.args[2], rows_[row]) : Value::Null(type);
        }
        if (!function.ignore_nulls || !value_at(at).is_null()) --left;
      }
      return value_at(at);
    }
    std::vector<size_t> frame = Frame(function.frame, row);
    if (function.window.function) {
      if (function.ignore_nulls)
        std::erase_if(frame, [&](size_t at) { return value_at(at).is_null(); });
      if (name == "last_value") std::reverse(frame.begin(), frame.end());
      const int64_t nth = name == "nth_value" ? ArgOf(function.args[1], rows_[row]).AsInt() : 1;
      if (nth > static_cast<int64_t>(frame.size())) return Value::Null(type);
      return value_at(frame[nth - 1]);
    }
    std::vector<Row> rows;
    for (size_t at : frame) {
      if (function.filter) {
        const Value keep = ArgOf(function.filter, rows_[at]);
        if (keep.is_null() || !keep.AsBool()) continue;
      }
      Row args;
      for (const ExprPtr& arg : function.args) args.push_back(ArgOf(arg, rows_[at]));
      rows.push_back(std::move(args));
    }
    if (name == "string_agg") {
      std::string text;
      bool any = false;
      for (const Row& args : rows) {
        if (args[0].is_null()) continue;
        if (any) text += args[1].AsString();
        text += args[0].AsString();
        any = true;
      }
      return any ? Value::Text(text) : Value::Null(type);
    }
    return OracleAggregate(name, rows, type);
  }

  const Case& case_;
  std::vector<Row> rows_;
  size_t begin_ = 0, end_ = 0;  // of the partition
};

// ---- random cases -------------------------------------------------------------------------------

WindowFrame RandomFrame(RandomChunks* random, bool ordered) {
  WindowFrame frame;
  frame.unit = static_cast<Unit>(random->Below(3));
  frame.exclusion = static_cast<FrameExclusion>(random->Chance(0.5) ? 0 : random->Below(4));
  frame.start = static_cast<Bound>(random->Below(4));
  frame.end = static_cast<Bound>(1 + random->Below(4));
  if (frame.start > frame.end) std::swap(frame.start, frame.end);
  const bool offsets = frame.start == Bound::kPreceding || frame.start == Bound::kFollowing ||
                       frame.end == Bound::kPreceding || frame.end == Bound::kFollowing;
  if (frame.unit == Unit::kRange && offsets && !ordered) frame.unit = Unit::kRows;
  const int64_t step = frame.unit == Unit::kRange ? 1001 : 1;  // of RandomValue's integers
  const auto offset = [&](Bound bound) -> ExprPtr {
    if (bound != Bound::kPreceding && bound != Bound::kFollowing) return nullptr;
    return Number(static_cast<int64_t>(random->Below(5)) * step);
  };
  frame.start_offset = offset(frame.start);
  frame.end_offset = offset(frame.end);
  if (frame.unit == Unit::kRange && offsets) frame.range_key = Col(kOrder);
  return frame;
}

Case RandomCase(RandomChunks* random) {
  Case result;
  if (random->Chance(0.8)) result.partition_by.push_back(kPart);
  const bool ordered = random->Chance(0.85);
  if (ordered) {
    result.order_by.push_back({Col(kOrder), random->Chance(0.5), random->Chance(0.5)});
  }
  // Ranks and orders of text need rows in one order; the id settles it.
  const bool unique = ordered && random->Chance(0.5);
  if (unique) result.order_by.push_back({Col(kId), false, false});
  std::vector<WindowFrame> frames;
  for (int i = 0; i < 3; ++i) frames.push_back(RandomFrame(random, ordered && !unique));
  const auto add = [&](WindowExpr expr) {
    expr.frame = frames[random->Below(frames.size())];
    if (!expr.window.function && random->Chance(0.25)) expr.filter = Col(kBool);
    result.functions.push_back(std::move(expr));
  };
  add(Aggregate("sum", {Col(kValue)}));
  add(Aggregate("sum", {Col(kWide)}));
  add(Aggregate("sum", {Col(kDecimal)}));
  add(Aggregate("avg", {Col(kValue)}));
  add(Aggregate("avg", {Col(kReal)}));
  add(Aggregate("count", {}));
  add(Aggregate("count", {Col(kText)}));
  add(Aggregate("min", {Col(kValue)}));
  add(Aggregate("max", {Col(kText)}));
  add(Aggregate("min", {Col(kReal)}));
  add(Aggregate("bool_or", {Col(kBool)}));
  add(Function("rank", {}));
  add(Function("dense_rank", {}));
  add(Function("percent_rank", {}));
  add(Function("cume_dist", {}));
  // What depends on the order of peers: with one worker ties keep the order of the input.
  add(Function("row_number", {}));
  add(Function("ntile", {MakeConstant(Value::Int(TypeId::kInteger, 1 + random->Below(7)))}));
  add(Aggregate("string_agg", {Col(kText), MakeConstant(Value::Text(","))}));
  for (const char* name : {"first_value", "last_value"}) {
    WindowExpr expr = Function(name, {Col(random->Chance(0.5) ? kText : kValue)});
    expr.ignore_nulls = random->Chance(0.4);
    add(std::move(expr));
  }
  WindowExpr nth = Function("nth_value", {Col(kText), Number(1 + random->Below(4))});
  nth.ignore_nulls = random->Chance(0.4);
  add(std::move(nth));
  for (const char* name : {"lag", "lead"}) {
    std::vector<ExprPtr> args = {Col(random->Chance(0.5) ? kText : kWide)};
    if (random->Chance(0.6)) args.push_back(Number(static_cast<int64_t>(random->Below(7)) - 2));
    if (args.size() > 1 && random->Chance(0.6)) args.push_back(args[0]);
    WindowExpr expr = Function(name, std::move(args));
    expr.ignore_nulls = random->Chance(0.4);
    add(std::move(expr));
  }
  return result;
}

void Check(const Case& what, const std::vector<Chunk>& chunks, int workers,
           const std::string& label) {
  const std::vector<Row> expected = Oracle(what, RowsOf(chunks)).Run();
  ExecutionContext context;
  context.num_workers = workers;
  MemoryBudget budget("memory_limit", int64_t{1} << 32);
  context.memory = &budget;
  {
    std::vector<ExprPtr> partition_by;
    for (size_t column : what.partition_by) partition_by.push_back(Col(column));
    auto window = MakeWindow(partition_by, what.order_by, what.functions, std::nullopt, Types());
    Status status = RunInto(chunks, {}, window, &context);
    ASSERT_TRUE(status.ok()) << label << status;
    auto rows = ReadRows(*window, &context);
    ASSERT_TRUE(rows.ok());
    ASSERT_EQ(rows->size(), expected.size());
    // Workers take chunks in any order; ids bring the rows together again.
    std::vector<Row> by_id = expected;
    const auto id_less = [](const Row& a, const Row& b) { return a[kId].AsInt() < b[kId].AsInt(); };
    std::sort(by_id.begin(), by_id.end(), id_less);
    std::sort(rows->begin(), rows->end(), id_less);
    for (size_t i = 0; i < by_id.size(); ++i) {
      for (size_t c = 0; c < by_id[i].size(); ++c) {
        ASSERT_TRUE(NearlyEqual((*rows)[i][c], by_id[i][c]))
            << label << " row " << Print(by_id[i]) << " column " << c << " ("
            << (c < Types().size() ? "input" : what.functions[c - Types().size()].name()) << ") is "
            << Print({(*rows)[i][c]}) << ", not " << Print({by_id[i][c]});
      }
    }
  }
  EXPECT_EQ(budget.used_bytes(), 0);
}

std::vector<Chunk> RandomInput(RandomChunks* random, size_t num_chunks, size_t max_rows,
                               size_t partitions, size_t variety) {
  std::vector<Chunk> chunks;
  int32_t id = 0;
  for (size_t c = 0; c < num_chunks; ++c) {
    const size_t count = 1 + random->Below(max_rows);
    Chunk chunk = random->RandomChunk(Types(), count, variety, 0.15);
    Vector ids = Vector::Flat(TypeId::kInteger, count);
    for (size_t i = 0; i < count; ++i) ids.mutable_values<int32_t>()[i] = id++;
    chunk.columns[kId] = ids;
    chunk.columns[kPart] = random->RandomVector(TypeId::kInteger, count, partitions, 0.05);
    chunks.push_back(std::move(chunk));
  }
  return chunks;
}

TEST(WindowTest, AgainstOracle) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    RandomChunks random(seed);
    const Case what = RandomCase(&random);
    const auto chunks =
        RandomInput(&random, 1 + random.Below(4), 40, 1 + random.Below(8), 2 + random.Below(12));
    Check(what, chunks, 1, "seed " + std::to_string(seed));
    if (::testing::Test::HasFatalFailure()) return;
  }
}

// Long partitions: pieces share steps, trees have several levels.
TEST(WindowTest, LongPartitions) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    RandomChunks random(seed * 77);
    Case what;
    if (seed == 2) what.partition_by.push_back(kPart);
    what.order_by.push_back({Col(kId), seed == 3, false});
    const auto chunks = RandomInput(&random, 5, 8000, 2, 50);
    size_t num_rows = 0;
    for (const Chunk& chunk : chunks) num_rows += chunk.num_rows;
    // Frames of ROWS whose oracle is quick: a sum over all rows up to here, and small frames.
    WindowExpr running = Aggregate("sum", {Col(kValue)});
    WindowExpr least = Aggregate("min", {Col(kText)});
    WindowExpr sliding = Aggregate("max", {Col(kWide)});
    sliding.frame.unit = Unit::kRows;
    sliding.frame.start = Bound::kPreceding;
    sliding.frame.start_offset = Number(100);
    what.functions = {running, least, sliding};
    std::vector<Row> rows = RowsOf(chunks);
    ExecutionContext context;
    context.num_workers = 3;
    std::vector<ExprPtr> partition_by;
    for (size_t column : what.partition_by) partition_by.push_back(Col(column));
    auto window = MakeWindow(partition_by, what.order_by, what.functions, std::nullopt, Types());
    ASSERT_TRUE(RunInto(chunks, {}, window, &context).ok());
    auto got = ReadRows(*window, &context);
    ASSERT_TRUE(got.ok());
    ASSERT_EQ(got->size(), num_rows);
    std::sort(got->begin(), got->end(), [&](const Row& a, const Row& b) {
      if (seed == 2) {
        const int parts = CompareValues(a[kPart], b[kPart]);
        if (parts != 0) return parts < 0;
      }
      return seed == 3 ? a[kId].AsInt() > b[kId].AsInt() : a[kId].AsInt() < b[kId].AsInt();
    });
    int64_t sum = 0;
    Value smallest;
    size_t begin = 0;
    for (size_t i = 0; i < got->size(); ++i) {
      const Row& row = (*got)[i];
      if (i > 0 && seed == 2 && CompareValues(row[kPart], (*got)[i - 1][kPart]) != 0) {
        begin = i;
        sum = 0;
        smallest = Value();
      }
      if (!row[kValue].is_null()) sum += row[kValue].AsInt();
      if (!row[kText].is_null() &&
          (smallest.is_null() || row[kText].AsString() < smallest.AsString())) {
        smallest = row[kText];
      }
      Value greatest;
      for (size_t j = i >= begin + 100 ? i - 100 : begin; j <= i; ++j) {
        const Value& value = (*got)[j][kWide];
        if (!value.is_null() && (greatest.is_null() || value.AsInt() > greatest.AsInt())) {
          greatest = value;
        }
      }
      const size_t first = Types().size();
      ASSERT_EQ(row[first].AsInt(), sum) << "seed " << seed << " row " << i;
      ASSERT_EQ(CompareValues(row[first + 1], smallest), 0) << "seed " << seed << " row " << i;
      ASSERT_EQ(CompareValues(row[first + 2], greatest), 0) << "seed " << seed << " row " << i;
    }
  }
}

// A limit gives what a filter above the window would; ranks alone let it drop rows before the sort.
TEST(WindowTest, KeepsTheFirstRanks) {
  for (uint64_t seed = 1; seed <= 24; ++seed) {
    RandomChunks random(seed);
    const auto chunks = RandomInput(&random, 6, 4000, seed % 3 == 0 ? 5000 : 30, 20);
    const char* name = seed % 3 == 0 ? "row_number" : seed % 3 == 1 ? "rank" : "dense_rank";
    std::vector<WindowExpr> functions = {Function(name, {})};
    if (seed % 4 == 0) functions.push_back(Aggregate("count", {}));
    std::vector<SortKey> order = {{Col(seed % 2 ? kOrder : kText), random.Chance(0.5), false}};
    if (seed % 3 == 0) order.push_back({Col(kId), false, false});
    std::vector<ExprPtr> parts;
    if (seed % 5 != 0) parts.push_back(Col(seed % 2 ? kPart : kText));
    const auto most = static_cast<int64_t>(random.Below(5));
    ExecutionContext context;
    context.num_workers = 2;
    auto all = MakeWindow(parts, order, functions, std::nullopt, Types());
    auto few = MakeWindow(parts, order, functions, WindowRankLimit{0, most}, Types());
    ASSERT_TRUE(RunInto(chunks, {}, all, &context).ok());
    ASSERT_TRUE(RunInto(chunks, {}, few, &context).ok());
    auto expected = ReadRows(*all, &context);
    auto got = ReadRows(*few, &context);
    ASSERT_TRUE(expected.ok() && got.ok());
    std::erase_if(*expected, [&](const Row& row) { return row[Types().size()].AsInt() > most; });
    const auto id_less = [](const Row& a, const Row& b) { return a[kId].AsInt() < b[kId].AsInt(); };
    std::sort(expected->begin(), expected->end(), id_less);
    std::sort(got->begin(), got->end(), id_less);
    ASSERT_EQ(got->size(), expected->size()) << "seed " << seed;
    for (size_t i = 0; i < got->size(); ++i) {
      ASSERT_TRUE(NearlyEqual((*got)[i], (*expected)[i])) << name << " " << Print((*got)[i]);
    }
  }
}

TEST(WindowTest, NegativeOffsetsAreErrors) {
  RandomChunks random(6);
  const auto chunks = RandomInput(&random, 1, 40, 2, 5);
  WindowExpr sum = Aggregate("sum", {Col(kValue)});
  sum.frame.unit = Unit::kRows;
  sum.frame.start = Bound::kPreceding;
  sum.frame.start_offset = Number(-1);
  ExecutionContext context;
  auto window = MakeWindow({}, {}, {sum}, std::nullopt, Types());
  Status status = RunInto(chunks, {}, window, &context);
  EXPECT_EQ(Message(status), "frame starting offset must not be negative");
}

}  // namespace
}  // namespace shale
