// Whole segments: appending and encoding rows, reading blocks from the cache and from the file.
#include <benchmark/benchmark.h>

#include <random>

#include "engine/vector/hash.h"
#include "storage/cache/block_cache.h"
#include "storage/io/simulated_io.h"
#include "storage/segment/segment.h"

namespace shale {
namespace {

constexpr size_t kRows = 200000;

// A column of texts with the given number of distinct ones, and one of timestamps.
TableSchema EventSchema() {
  TableSchema schema;
  schema.name = "events";
  schema.columns.push_back({1, "page", TypeId::kText, true, Value(), "", 0});
  schema.columns.push_back({2, "ts", TypeId::kTimestamp, true, Value(), "", 0});
  return schema;
}

std::vector<Chunk> EventChunks(size_t distinct) {
  std::vector<std::string> pages;
  for (size_t i = 0; i < distinct; ++i) {
    pages.push_back("https://shop.example.org/category/" + std::to_string(i * 7919 % distinct) +
                    "/product.html?from=" + std::to_string(i));
  }
  std::mt19937_64 random(1);
  std::vector<Chunk> chunks;
  auto kept = std::make_shared<std::vector<std::string>>(std::move(pages));
  int64_t time = 1700000000000000;
  for (size_t begin = 0; begin < kRows; begin += kChunkRows) {
    const size_t rows = std::min<size_t>(kChunkRows, kRows - begin);
    Chunk chunk;
    chunk.num_rows = rows;
    Vector page = Vector::Flat(TypeId::kText, rows);
    Vector ts = Vector::Flat(TypeId::kTimestamp, rows);
    for (size_t i = 0; i < rows; ++i) {
      page.mutable_values<std::string_view>()[i] = (*kept)[random() % distinct];
      ts.mutable_values<int64_t>()[i] = time += static_cast<int64_t>(random() % 100000);
    }
    page.AddHeap(kept);
    chunk.columns = {page, ts, Vector::Constant(Value::UInt(TypeId::kUBigInt, 1), rows)};
    chunks.push_back(std::move(chunk));
  }
  return chunks;
}

SegmentInfo WriteSegment(const std::vector<Chunk>& chunks, Disk* disk) {
  const auto writer = SegmentWriter::Create(EventSchema(), {});
  for (const Chunk& chunk : chunks) SHALE_CHECK(writer->Append(chunk).ok());
  return *writer->Finish(disk, "segment");
}

void AppendRows(benchmark::State& state) {
  const std::vector<Chunk> chunks = EventChunks(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    const auto writer = SegmentWriter::Create(EventSchema(), {});
    for (const Chunk& chunk : chunks) SHALE_CHECK(writer->Append(chunk).ok());
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(AppendRows)->Arg(100)->Arg(40000)->Unit(benchmark::kMillisecond);

void AppendAndFinish(benchmark::State& state) {
  const std::vector<Chunk> chunks = EventChunks(static_cast<size_t>(state.range(0)));
  uint64_t bytes = 0;
  for (auto _ : state) {
    SimulatedDisk disk({.track_durability = false});
    bytes = WriteSegment(chunks, &disk).file_bytes;
  }
  state.SetItemsProcessed(state.iterations() * kRows);
  state.counters["bytes_per_row"] = static_cast<double>(bytes) / kRows;
}
BENCHMARK(AppendAndFinish)->Arg(100)->Arg(40000)->Unit(benchmark::kMillisecond);

// Argument: 1 with a cache that holds everything, 0 without.
void ReadColumn(benchmark::State& state, int column) {
  SimulatedDisk disk({.track_durability = false});
  WriteSegment(EventChunks(40000), &disk);
  BlockCache cache(1 << 30);
  const auto reader =
      *SegmentReader::Open(&disk, "segment", state.range(0) != 0 ? &cache : nullptr, 0);
  const auto dictionary = *reader->ReadDictionary(0);  // held, so that it is read once
  for (auto _ : state) {
    for (size_t block = 0; block < reader->num_blocks(); ++block) {
      benchmark::DoNotOptimize(reader->ReadBlock(column, block)->size());
    }
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK_CAPTURE(ReadColumn, codes, 0)->Arg(1)->Arg(0);
BENCHMARK_CAPTURE(ReadColumn, timestamps, 1)->Arg(1)->Arg(0);

// Argument: one row in so many.
void ReadSomeRows(benchmark::State& state) {
  SimulatedDisk disk({.track_durability = false});
  WriteSegment(EventChunks(40000), &disk);
  BlockCache cache(1 << 30);
  const auto reader = *SegmentReader::Open(&disk, "segment", &cache, 0);
  std::vector<uint32_t> rows;
  for (uint32_t row = 3; row < kChunkRows; row += static_cast<uint32_t>(state.range(0))) {
    rows.push_back(row);
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(reader->ReadRows(0, 1, rows.data(), rows.size())->size());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(rows.size()));
}
BENCHMARK(ReadSomeRows)->Arg(4000)->Arg(100)->Arg(10)->Arg(2);

// What a dictionary's hashes cost, which are not stored: beside LoadDictionary.
void HashEntries(benchmark::State& state) {
  SimulatedDisk disk({.track_durability = false});
  WriteSegment(EventChunks(40000), &disk);
  const auto reader = *SegmentReader::Open(&disk, "segment", nullptr, 0);
  const auto dictionary = *reader->ReadDictionary(0);
  const auto* texts = dictionary->values.values<std::string_view>();
  for (auto _ : state) {
    uint64_t sum = 0;
    for (size_t i = 0; i < dictionary->size(); ++i) sum += HashBytes(texts[i]);
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(dictionary->size()));
}
BENCHMARK(HashEntries)->Unit(benchmark::kMillisecond);

void LoadDictionary(benchmark::State& state) {
  SimulatedDisk disk({.track_durability = false});
  WriteSegment(EventChunks(40000), &disk);
  const auto reader = *SegmentReader::Open(&disk, "segment", nullptr, 0);
  size_t entries = 0;
  for (auto _ : state) entries = (*reader->ReadDictionary(0))->size();
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(entries));
}
BENCHMARK(LoadDictionary)->Unit(benchmark::kMillisecond);

void OpenSegment(benchmark::State& state) {
  SimulatedDisk disk({.track_durability = false});
  WriteSegment(EventChunks(100), &disk);
  for (auto _ : state) benchmark::DoNotOptimize(SegmentReader::Open(&disk, "segment", nullptr, 0));
}
BENCHMARK(OpenSegment);

void CacheHit(benchmark::State& state) {
  BlockCache cache(1 << 30);
  for (uint32_t block = 0; block < 10000; ++block) {
    cache.Insert({1, 2, block}, std::make_shared<int>(1), 100);
  }
  uint32_t block = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(cache.Find({1, 2, block}));
    block = (block + 7919) % 10000;
  }
}
BENCHMARK(CacheHit);

}  // namespace
}  // namespace shale
