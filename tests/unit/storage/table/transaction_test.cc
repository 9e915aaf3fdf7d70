#include "storage/table/transaction.h"

#include <gtest/gtest.h>

#include "tests/unit/storage/table/event_table.h"

namespace shale {
namespace {

std::vector<int64_t> Ids(const Snapshot& snapshot, const TableSchemaPtr& schema) {
  std::vector<int64_t> ids;
  for (const Event& event : ReadEvents(snapshot, schema->table_id)) ids.push_back(event.id);
  return ids;
}
std::vector<int64_t> Range(int64_t first, int64_t count) {
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < count; ++i) ids.push_back(first + i);
  return ids;
}
std::vector<uint64_t> RowIds(const Snapshot& snapshot, const TableSchemaPtr& schema,
                             const std::vector<int64_t>& ids) {
  std::map<int64_t, uint64_t> rows;
  ReadEvents(snapshot, schema->table_id, &rows);
  std::vector<uint64_t> found;
  for (int64_t id : ids) found.push_back(rows.at(id));
  return found;
}

TEST(TransactionTest, SeesItsOwnChangesAndNobodyElseDoesUntilCommit) {
  StoreOptions options = TestOptions(nullptr);
  options.in_memory = true;
  auto store = *Store::Open("/db", options);
  TableSchemaPtr schema = *store->CreateTable(EventSchema());
  ASSERT_OK(store->Insert(*schema, ToChunks(MakeEvents(0, 10))));
  ASSERT_OK(store->SealAll());
  ASSERT_OK(store->Insert(*schema, ToChunks(MakeEvents(10, 10))));

  Transaction transaction(store->snapshot(), {});
  ASSERT_OK(transaction.Insert(*schema, ToChunks(MakeEvents(20, 10))));
  ASSERT_OK(store->Insert(*schema, ToChunks(MakeEvents(100, 1))));
  EXPECT_EQ(Ids(transaction.snapshot(), schema), Range(0, 30)) << "not what others did since";
  // One row each: sealed, hot, its own.
  EXPECT_EQ(
      *transaction.Delete(schema->table_id, RowIds(transaction.snapshot(), schema, {0, 10, 20})),
      3u);
  EXPECT_EQ(Ids(transaction.snapshot(), schema).size(), 27u);
  EXPECT_EQ(Ids(store->snapshot(), schema).size(), 21u);
  ASSERT_OK(store->SealAll());  // rows move; the transaction's row ids still find them
  ASSERT_OK(store->Commit(*transaction.Batch()));
  std::vector<int64_t> expected = Range(1, 9);
  for (int64_t id : Range(11, 9)) expected.push_back(id);
  for (int64_t id : Range(21, 9)) expected.push_back(id);
  expected.push_back(100);
  EXPECT_EQ(Ids(store->snapshot(), schema), expected);
}

TEST(TransactionTest, ARowThatAnotherDeletedAbortsTheCommit) {
  StoreOptions options = TestOptions(nullptr);
  options.in_memory = true;
  auto store = *Store::Open("/db", options);
  TableSchemaPtr schema = *store->CreateTable(EventSchema());
  ASSERT_OK(store->Insert(*schema, ToChunks(MakeEvents(0, 10))));
  Snapshot before = store->snapshot();
  Transaction transaction(before, {});
  ASSERT_TRUE(transaction.Delete(schema->table_id, RowIds(before, schema, {3, 4})).ok());
  ASSERT_OK(transaction.Insert(*schema, ToChunks(MakeEvents(50, 1))));
  ASSERT_TRUE(store->Delete(schema->table_id, before, RowIds(before, schema, {4})).ok());
  EXPECT_EQ(store->Commit(*transaction.Batch()).code(), StatusCode::kAborted);
  EXPECT_EQ(Ids(store->snapshot(), schema).size(), 9u) << "nothing of it was done";
}

TEST(TransactionTest, TemporaryTablesStayOutsideTheStore) {
  StoreOptions options = TestOptions(nullptr);
  options.in_memory = true;
  auto store = *Store::Open("/db", options);
  Transaction first(store->snapshot(), {});
  TableSchemaPtr schema = *first.CreateTemporary(EventSchema("mine"));
  ASSERT_OK(first.Insert(*schema, ToChunks(MakeEvents(0, 5))));
  EXPECT_TRUE(first.Batch()->empty());
  TemporaryTables kept = first.temporary();
  for (int i = 1; i <= 100; ++i) {  // far more than there are buffers
    Transaction next(store->snapshot(), kept);
    ASSERT_OK(next.Insert(*schema, ToChunks(MakeEvents(5 * i, 5))));
    kept = next.temporary();
  }
  Transaction last(store->snapshot(), kept);
  EXPECT_EQ(Ids(last.snapshot(), schema), Range(0, 505));
  EXPECT_EQ(*last.Delete(schema->table_id, RowIds(last.snapshot(), schema, {7})), 1u);
  EXPECT_EQ(Ids(last.snapshot(), schema).size(), 504u);
  EXPECT_FALSE(last.CreateTemporary(EventSchema("mine")).ok());
  ASSERT_OK(last.DropTemporary(schema->table_id));
  EXPECT_EQ(FindTable(*last.snapshot(), "mine"), nullptr);
}

// Power goes at every operation of a commit over two tables: afterwards all of it is there or
// nothing, and all of it when it was acknowledged.
TEST(TransactionTest, AfterAPowerCutAllOfItIsThereOrNothing) {
  int all = 0, nothing = 0;
  for (uint64_t cut = 0;; ++cut) {
    SimulatedDisk disk;
    bool committed = false;
    uint64_t used = 0;
    {
      auto store = *Store::Open("/db", TestOptions(&disk));
      TableSchemaPtr events = *store->CreateTable(EventSchema("events"));
      TableSchemaPtr others = *store->CreateTable(EventSchema("others", PartitionUnit::kNone));
      ASSERT_OK(store->Insert(*events, ToChunks(MakeEvents(0, 100))));
      Transaction transaction(store->snapshot(), {});
      ASSERT_OK(transaction.Insert(*events, ToChunks(MakeEvents(100, 700))));
      ASSERT_OK(transaction.Insert(*others, ToChunks(MakeEvents(0, 50))));
      ASSERT_TRUE(
          transaction
              .Delete(events->table_id, RowIds(transaction.snapshot(), events, {1, 2, 3, 150}))
              .ok());
      WriteBatch batch = *transaction.Batch();
      const uint64_t before = disk.num_operations();
      disk.CutPowerAfter(cut);
      committed = store->Commit(batch).ok();
      used = disk.num_operations() - before;
    }
    disk.Crash(cut * 7919 + 1);
    auto reopened = Store::Open("/db", TestOptions(&disk));
    ASSERT_TRUE(reopened.ok()) << reopened.status().ToString();
    Snapshot snapshot = (*reopened)->snapshot();
    const size_t events = Ids(snapshot, FindTable(*snapshot, "events")).size();
    const size_t others = Ids(snapshot, FindTable(*snapshot, "others")).size();
    if (others == 50) {
      EXPECT_EQ(events, 796u) << "cut " << cut;
      ++all;
    } else {
      EXPECT_EQ(others, 0u) << "cut " << cut;
      EXPECT_EQ(events, 100u) << "cut " << cut;
      EXPECT_FALSE(committed) << "an acknowledged commit is gone, cut " << cut;
      ++nothing;
    }
    if (cut > used) break;  // the power outlived the commit
  }
  EXPECT_GT(all, 0);
  EXPECT_GT(nothing, 0);
}

}  // namespace
}  // namespace shale
