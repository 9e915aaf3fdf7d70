// Scans in ranges of keys, against a plain list of the rows.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "engine/expr/expr.h"
#include "storage/table/store.h"
#include "tests/unit/storage/table/event_table.h"

namespace shale {
namespace {

constexpr int64_t kNoUser = -1;  // stands for NULL

struct Row {
  std::string site;
  int64_t user;
  int64_t ts;
  int64_t id;
  friend bool operator==(const Row&, const Row&) = default;
};
// As the table sorts: NULL users last.
bool Before(const Row& a, const Row& b) {
  auto key = [](const Row& r) { return r.user == kNoUser ? INT64_MAX : r.user; };
  return std::make_tuple(key(a), a.ts) < std::make_tuple(key(b), b.ts);
}

enum : ColumnId { kSite = 1, kUser = 2, kTs = 3, kId = 4 };

class RangeSourceTest : public ::testing::Test {
 protected:
  void Create(std::vector<ColumnId> order_by, Type user_type = TypeId::kBigInt) {
    StoreOptions options = TestOptions(nullptr);
    options.in_memory = true;
    store_ = *Store::Open("/db", options);
    TableSchema schema;
    schema.name = "t";
    auto add = [&](const char* name, Type type) {
      ColumnSchema column;
      column.name = name;
      column.type = std::move(type);
      schema.columns.push_back(std::move(column));
    };
    add("site", TypeId::kText);
    add("user_id", user_type);
    add("ts", TypeId::kTimestamp);
    add("id", TypeId::kBigInt);
    schema.columns[2].not_null = true;
    schema.timestamp_column = kTs;
    schema.partition_unit = PartitionUnit::kDay;
    schema.order_by = std::move(order_by);
    schema_ = *store_->CreateTable(schema);
    text_users_ = user_type == Type(TypeId::kText);
  }
  static std::string UserText(int64_t user) { return "user" + std::to_string(10'000'000 + user); }

  void Insert(size_t count, int64_t num_users) {
    VectorBuilder site(TypeId::kText), user(schema_->columns[1].type), ts(TypeId::kTimestamp),
        id(TypeId::kBigInt);
    for (size_t i = 0; i < count; ++i) {
      Row row;
      row.site = "site" + std::to_string(random_() % 3);
      row.user = random_() % 50 == 0 ? kNoUser : static_cast<int64_t>(random_() % num_users);
      row.ts = static_cast<int64_t>(random_() % (4 * kTestDayUs));
      row.id = static_cast<int64_t>(rows_.size());
      site.Append<std::string_view>(row.site);
      if (row.user == kNoUser) {
        user.AppendNull();
      } else if (text_users_) {
        user.Append<std::string_view>(UserText(row.user));
      } else {
        user.Append<int64_t>(row.user);
      }
      ts.Append<int64_t>(row.ts);
      id.Append<int64_t>(row.id);
      rows_.push_back(std::move(row));
    }
    Chunk all;
    all.num_rows = count;
    all.columns = {site.Finish(), user.Finish(), ts.Finish(), id.Finish()};
    std::vector<Chunk> chunks;
    for (size_t begin = 0; begin < count; begin += kChunkRows) {
      chunks.push_back(all.Slice(begin, std::min<size_t>(kChunkRows, count - begin)));
    }
    ASSERT_OK(store_->Insert(*schema_, chunks));
  }

  Row RowAt(const Chunk& chunk, size_t i) const {
    Row row;
    row.site = chunk.columns[0].GetValue(i).AsString();
    Value user = chunk.columns[1].GetValue(i);
    row.user = user.is_null() ? kNoUser
               : text_users_  ? std::stoll(user.AsString().substr(4)) - 10'000'000
                              : user.AsInt();
    row.ts = chunk.columns[2].GetValue(i).AsInt();
    row.id = chunk.columns[3].GetValue(i).AsInt();
    return row;
  }

  // Reads with `num_workers` in turn and checks what a ScanOrder promises; returns the ranges.
  size_t Check(bool sorted, int num_workers, std::vector<ExprPtr> filters,
               const std::function<bool(const Row&)>& keeps) {
    ScanSpec spec;
    spec.columns = {kSite, kUser, kTs, kId};
    spec.filters = std::move(filters);
    spec.order.columns = {1};
    if (sorted) spec.order.columns.push_back(2);
    spec.order.sorted = sorted;
    auto source = MakeTableSource(store_->snapshot(), schema_->table_id, spec, nullptr);
    ExecutionContext context;
    std::vector<WorkerStatePtr> states;
    for (int i = 0; i < num_workers; ++i) states.push_back(source->MakeState(&context));
    std::vector<Row> seen;
    std::set<int64_t> done_users;  // of ranges that ended
    size_t ranges = 0;
    size_t range_begin = 0;
    for (size_t turn = 0; !states.empty(); ++turn) {
      // A worker reads one range, then it is the next one's turn.
      WorkerStatePtr& state = states[turn % states.size()];
      Chunk chunk;
      while (true) {
        auto more = source->Next(state.get(), &chunk);
        EXPECT_TRUE(more.ok()) << more.status().ToString();
        if (!more.ok() || !*more) {
          states.erase(states.begin() + static_cast<int64_t>(turn % states.size()));
          break;
        }
        for (size_t i = 0; i < chunk.num_rows; ++i) seen.push_back(RowAt(chunk, i));
        if (!source->AtBoundary(state.get())) continue;
        ++ranges;
        std::set<int64_t> users;
        for (size_t i = range_begin; i < seen.size(); ++i) users.insert(seen[i].user);
        for (int64_t user : users) {
          EXPECT_TRUE(done_users.insert(user).second) << "user " << user << " in two ranges";
        }
        if (sorted) {
          EXPECT_TRUE(
              std::is_sorted(seen.begin() + static_cast<int64_t>(range_begin), seen.end(), Before));
        }
        range_begin = seen.size();
        break;
      }
    }
    EXPECT_EQ(range_begin, seen.size()) << "the last chunk ends a range";
    if (sorted && num_workers == 1) {
      EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end(), Before)) << "ranges ascend";
    }
    std::vector<Row> expected;
    std::copy_if(rows_.begin(), rows_.end(), std::back_inserter(expected), keeps);
    auto by_id = [](const Row& a, const Row& b) { return a.id < b.id; };
    std::sort(expected.begin(), expected.end(), by_id);
    std::sort(seen.begin(), seen.end(), by_id);
    EXPECT_EQ(seen.size(), expected.size());
    EXPECT_TRUE(seen == expected);
    return ranges;
  }
  void CheckAll(const std::vector<ExprPtr>& filters, const std::function<bool(const Row&)>& keeps) {
    for (bool sorted : {false, true}) {
      for (int workers : {1, 3}) {
        SCOPED_TRACE(testing::Message() << "sorted " << sorted << " workers " << workers);
        Check(sorted, workers, filters, keeps);
      }
    }
  }
  static ExprPtr Is(size_t column, Value value) {
    Type type = value.type();
    return *MakeCall("=", {MakeColumn(column, type), MakeConstant(std::move(value))});
  }
  void DeleteSome() {
    ScanSpec spec;
    spec.columns = {kId, kRowIdColumn};
    Snapshot snapshot = store_->snapshot();
    std::vector<uint64_t> gone;
    for (const Chunk& chunk : Scan(snapshot, schema_->table_id, spec)) {
      for (size_t i = 0; i < chunk.num_rows; ++i) {
        if (chunk.columns[0].GetValue(i).AsInt() % 13 == 4) {
          gone.push_back(chunk.columns[1].GetValue(i).AsUInt());
        }
      }
    }
    ASSERT_TRUE(store_->Delete(schema_->table_id, snapshot, gone).ok());
    std::erase_if(rows_, [](const Row& row) { return row.id % 13 == 4; });
  }

  std::mt19937_64 random_{20240301};
  std::unique_ptr<Store> store_;
  TableSchemaPtr schema_;
  std::vector<Row> rows_;
  bool text_users_ = false;
};

const auto kEveryRow = [](const Row&) { return true; };

TEST_F(RangeSourceTest, HotRowsSegmentsAndHiddenRowsComeInRanges) {
  Create({kUser, kTs});
  CheckAll({}, kEveryRow);  // an empty table
  Insert(60'000, 20'000);
  CheckAll({}, kEveryRow);
  ASSERT_OK(store_->SealAll());
  CheckAll({}, kEveryRow);
  Insert(150'000, 30'000);
  ASSERT_OK(store_->SealAll());
  Insert(50'000, 25'000);
  CheckAll({}, kEveryRow);
  DeleteSome();
  CheckAll({}, kEveryRow);
  ASSERT_OK(store_->Compact(schema_->table_id));
  CheckAll({}, kEveryRow);
  EXPECT_GE(Check(false, 2, {}, kEveryRow), 3u) << "more than one range, or nothing was tested";
}

TEST_F(RangeSourceTest, FiltersNarrowRanges) {
  Create({kUser, kTs});
  Insert(200'000, 30'000);
  ASSERT_OK(store_->SealAll());
  Insert(20'000, 30'000);
  CheckAll({Is(0, Value::Text("site1"))}, [](const Row& row) { return row.site == "site1"; });
  CheckAll({Is(1, Value::Int(TypeId::kBigInt, 777))},
           [](const Row& row) { return row.user == 777; });
  CheckAll({*MakeCall("<", {MakeColumn(2, TypeId::kTimestamp),
                            MakeConstant(Value::Int(TypeId::kTimestamp, kTestDayUs))})},
           [](const Row& row) { return row.ts < kTestDayUs; });
  CheckAll({Is(0, Value::Text("nowhere"))}, [](const Row&) { return false; });
}

TEST_F(RangeSourceTest, ColumnsFixedByAFilterDoNotCount) {
  Create({kSite, kUser, kTs});
  Insert(250'000, 30'000);
  ASSERT_OK(store_->SealAll());
  Insert(150'000, 30'000);
  ASSERT_OK(store_->Compact(schema_->table_id));
  Insert(10'000, 30'000);
  for (const char* site : {"site0", "site1", "site2", "site9"}) {
    SCOPED_TRACE(site);
    CheckAll({Is(0, Value::Text(site))}, [&](const Row& row) { return row.site == site; });
  }
  FunctionContext functions;
  EXPECT_EQ(OrderedBy(*schema_, {kSite}, {Is(0, Value::Text("x"))}, functions),
            (std::vector<ColumnId>{kUser, kTs}));
  EXPECT_EQ(OrderedBy(*schema_, {kSite}, {}, functions),
            (std::vector<ColumnId>{kSite, kUser, kTs}));
}

TEST_F(RangeSourceTest, TextKeys) {
  Create({kUser, kTs}, TypeId::kText);
  Insert(150'000, 20'000);
  ASSERT_OK(store_->SealAll());
  Insert(60'000, 30'000);
  DeleteSome();
  CheckAll({}, kEveryRow);
  CheckAll({Is(0, Value::Text("site1"))}, [](const Row& row) { return row.site == "site1"; });
}

TEST_F(RangeSourceTest, OneKeyHasAllRows) {
  Create({kUser, kTs});
  Insert(120'000, 1);
  ASSERT_OK(store_->SealAll());
  Insert(30'000, 1);
  CheckAll({}, kEveryRow);
}

TEST_F(RangeSourceTest, KeysAreEstimated) {
  Create({kUser, kTs});
  EXPECT_EQ(*EstimateKeys(*store_->snapshot(), schema_->table_id, kUser), 0);
  Insert(300'000, 2'000);
  ASSERT_OK(store_->SealAll());
  double keys = *EstimateKeys(*store_->snapshot(), schema_->table_id, kUser);
  EXPECT_GT(keys, 1000);
  EXPECT_LT(keys, 4000);
}

}  // namespace
}  // namespace shale
