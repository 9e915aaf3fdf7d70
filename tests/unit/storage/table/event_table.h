// A small table of events for the store's tests: making it, rows for it, and reading them back as
// plain values.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "engine/exec/operator.h"
#include "engine/vector/vector_builder.h"
#include "storage/io/simulated_io.h"
#include "storage/table/store.h"

namespace shale {

#define ASSERT_OK(expr)                                  \
  do {                                                   \
    auto status_of = (expr);                             \
    ASSERT_TRUE(status_of.ok()) << status_of.ToString(); \
  } while (false)
#define EXPECT_OK(expr)                                  \
  do {                                                   \
    auto status_of = (expr);                             \
    EXPECT_TRUE(status_of.ok()) << status_of.ToString(); \
  } while (false)

struct Event {
  int64_t id = 0;
  int64_t ts = 0;
  std::string page;
  std::optional<double> value;
  friend bool operator==(const Event&, const Event&) = default;
  friend bool operator<(const Event& a, const Event& b) { return a.id < b.id; }
};

inline void PrintTo(const Event& e, std::ostream* out) {
  *out << "{" << e.id << " ts=" << e.ts << " " << e.page << " "
       << (e.value ? std::to_string(*e.value) : "NULL") << "}";
}

constexpr int64_t kTestDayUs = int64_t{86400} * 1'000'000;

inline TableSchema EventSchema(const std::string& name = "events",
                               PartitionUnit unit = PartitionUnit::kDay) {
  TableSchema schema;
  schema.name = name;
  auto add = [&](const char* column, Type type, bool not_null = false) {
    ColumnSchema c;
    c.name = column;
    c.type = std::move(type);
    c.not_null = not_null;
    schema.columns.push_back(std::move(c));
  };
  add("id", TypeId::kBigInt, true);
  add("ts", TypeId::kTimestamp, true);
  add("page", TypeId::kText);
  add("value", TypeId::kDouble);
  if (unit != PartitionUnit::kNone) {
    schema.timestamp_column = 2;
    schema.partition_unit = unit;
  }
  return schema;
}

// Event number `id`: days 0 to 4 in turn, pages of a few, a NULL value now and then.
inline Event MakeEvent(int64_t id) {
  Event e;
  e.id = id;
  e.ts = (id * 7919 % 5) * kTestDayUs + id * 1000 % kTestDayUs;
  e.page = "/page/" + std::to_string(id * 31 % 17);
  if (id % 11 != 0) e.value = static_cast<double>(id) / 4;
  return e;
}

inline std::vector<Event> MakeEvents(int64_t first, int64_t count) {
  std::vector<Event> out;
  for (int64_t i = 0; i < count; ++i) out.push_back(MakeEvent(first + i));
  return out;
}

inline std::vector<Chunk> ToChunks(const std::vector<Event>& events) {
  std::vector<Chunk> chunks;
  for (size_t begin = 0; begin < events.size(); begin += kChunkRows) {
    size_t end = std::min<size_t>(events.size(), begin + kChunkRows);
    VectorBuilder id(TypeId::kBigInt), ts(TypeId::kTimestamp), page(TypeId::kText),
        value(TypeId::kDouble);
    for (size_t i = begin; i < end; ++i) {
      id.Append<int64_t>(events[i].id);
      ts.Append<int64_t>(events[i].ts);
      page.Append<std::string_view>(events[i].page);
      if (events[i].value) {
        value.Append<double>(*events[i].value);
      } else {
        value.AppendNull();
      }
    }
    Chunk chunk;
    chunk.num_rows = end - begin;
    chunk.columns = {id.Finish(), ts.Finish(), page.Finish(), value.Finish()};
    chunks.push_back(std::move(chunk));
  }
  return chunks;
}

// Every chunk of a scan by one worker.
inline std::vector<Chunk> Scan(const Snapshot& snapshot, TableId table, ScanSpec spec,
                               std::shared_ptr<ScanCounters> counters = nullptr) {
  auto source = MakeTableSource(snapshot, table, std::move(spec), std::move(counters));
  ExecutionContext context;
  auto state = source->MakeState(&context);
  std::vector<Chunk> chunks;
  while (true) {
    Chunk chunk;
    auto more = source->Next(state.get(), &chunk);
    EXPECT_TRUE(more.ok()) << more.status().ToString();
    if (!more.ok() || !*more) return chunks;
    chunks.push_back(std::move(chunk));
  }
}

// All events of the table (columns by the ids they were made with), sorted by id.
inline std::vector<Event> ReadEvents(const Snapshot& snapshot, TableId table,
                                     std::map<int64_t, uint64_t>* row_ids = nullptr) {
  ScanSpec spec;
  spec.columns = {1, 2, 3, 4, kRowIdColumn};
  std::vector<Event> out;
  for (const Chunk& chunk : Scan(snapshot, table, spec)) {
    for (size_t i = 0; i < chunk.num_rows; ++i) {
      Event e;
      e.id = chunk.columns[0].GetValue(i).AsInt();
      e.ts = chunk.columns[1].GetValue(i).AsInt();
      e.page = chunk.columns[2].GetValue(i).AsString();
      Value value = chunk.columns[3].GetValue(i);
      if (!value.is_null()) e.value = value.AsDouble();
      if (row_ids) (*row_ids)[e.id] = chunk.columns[4].GetValue(i).AsUInt();
      out.push_back(std::move(e));
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

inline StoreOptions TestOptions(Disk* disk) {
  StoreOptions options;
  options.disk = disk;
  options.create = true;
  options.background_jobs = false;
  options.log_file_bytes = 64 << 10;
  options.cache_bytes = 16 << 20;
  return options;
}

}  // namespace shale
