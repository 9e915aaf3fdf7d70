// Chunks for the engine's benchmarks, and the road through a pipeline.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/exec/pipeline.h"
#include "engine/operators/collect.h"
#include "engine/vector/hash.h"
#include "engine/vector/vector.h"

namespace shale::bench {

// num_rows values of value(row), in chunks of kChunkRows.
template <typename T, typename F>
std::vector<Vector> Flats(Type type, size_t num_rows, const F& value) {
  std::vector<Vector> vectors;
  for (size_t begin = 0; begin < num_rows; begin += kChunkRows) {
    const size_t count = std::min<size_t>(kChunkRows, num_rows - begin);
    Vector vector = Vector::Flat(type, count);
    T* out = vector.mutable_values<T>();
    for (size_t i = 0; i < count; ++i) out[i] = static_cast<T>(value(begin + i));
    vectors.push_back(std::move(vector));
  }
  return vectors;
}

inline DictionaryPtr MakeTexts(size_t size, bool with_hashes = true) {
  auto dictionary = std::make_shared<Dictionary>();
  dictionary->id = NextDictionaryId();
  dictionary->distinct = true;
  auto texts = std::make_shared<std::vector<std::string>>();
  for (size_t i = 0; i < size; ++i) {
    texts->push_back("https://example.org/section/" + std::to_string(HashInt(i + 1) % 100000) +
                     "/page/" + std::to_string(i) + "?source=newsletter");
  }
  dictionary->values = Vector::Flat(TypeId::kText, size);
  for (size_t i = 0; i < size; ++i) {
    dictionary->values.mutable_values<std::string_view>()[i] = (*texts)[i];
    if (with_hashes) dictionary->hashes.push_back(HashBytes((*texts)[i]));
  }
  dictionary->values.AddHeap(texts);
  return dictionary;
}

// A new dictionary for every `rows_per_dictionary` rows (a segment's), of the same texts.
template <typename F>
std::vector<Vector> Dictionaries(const std::vector<DictionaryPtr>& dictionaries, size_t num_rows,
                                 size_t rows_per_dictionary, const F& code) {
  std::vector<Vector> vectors;
  for (size_t begin = 0; begin < num_rows; begin += kChunkRows) {
    const size_t count = std::min<size_t>(kChunkRows, num_rows - begin);
    const DictionaryPtr& dictionary =
        dictionaries[begin / rows_per_dictionary % dictionaries.size()];
    BufferPtr codes = Buffer::Allocate(count * sizeof(uint32_t));
    auto* out = reinterpret_cast<uint32_t*>(codes->data());
    for (size_t i = 0; i < count; ++i) {
      out[i] = static_cast<uint32_t>(code(begin + i) % dictionary->size());
    }
    vectors.push_back(Vector::FromDictionary(dictionary, codes, count));
  }
  return vectors;
}

inline std::vector<Chunk> Zip(const std::vector<std::vector<Vector>>& columns) {
  std::vector<Chunk> chunks(columns[0].size());
  for (size_t i = 0; i < chunks.size(); ++i) {
    for (const auto& column : columns) chunks[i].columns.push_back(column[i]);
    chunks[i].num_rows = columns[0][i].size();
  }
  return chunks;
}

inline void RunInto(const std::shared_ptr<const std::vector<Chunk>>& chunks,
                    std::vector<std::shared_ptr<Operator>> operators, std::shared_ptr<Sink> sink,
                    int workers) {
  ExecutionContext context;
  context.num_workers = workers;
  std::vector<Pipeline> pipelines(1);
  Pipeline::Branch branch;
  branch.make_source = [chunks]() -> StatusOr<std::unique_ptr<Source>> {
    return MakeChunkSource(chunks);
  };
  branch.operators = std::move(operators);
  pipelines[0].branches.push_back(std::move(branch));
  pipelines[0].sink = std::move(sink);
  SHALE_CHECK(RunPipelines(pipelines, &context).ok());
}

// Reads a result to its end; returns its rows.
inline size_t CountRows(SinkSource& sink) {
  ExecutionContext context;
  size_t rows = 0;
  SHALE_CHECK(Drain(*sink.MakeSource(), &context, [&](Chunk chunk) -> StatusOr<Flow> {
                rows += chunk.num_rows;
                return Flow::kMore;
              }).ok());
  return rows;
}

}  // namespace shale::bench
