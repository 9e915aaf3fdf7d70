#include "engine/operators/intern_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "engine/vector/hash.h"
#include "engine/vector/vector_builder.h"

namespace shale {
namespace {

// A dictionary of the texts of numbers [begin, end) in random order; the first entry is NULL.
DictionaryPtr Numbers(int begin, int end, bool with_hashes, std::mt19937* random) {
  std::vector<int> numbers;
  for (int i = begin; i < end; ++i) numbers.push_back(i);
  std::shuffle(numbers.begin(), numbers.end(), *random);
  VectorBuilder values(TypeId::kText);
  values.AppendNull();
  auto dictionary = std::make_shared<Dictionary>();
  dictionary->id = NextDictionaryId();
  if (with_hashes) dictionary->hashes.push_back(0);
  for (int number : numbers) {
    const std::string text = "/products/" + std::to_string(number);
    values.Append<std::string_view>(text);
    if (with_hashes) dictionary->hashes.push_back(HashBytes(text));
  }
  dictionary->values = values.Finish();
  return dictionary;
}

// Whatever share of a dictionary was asked for, by one worker or by three at once, equal strings
// have equal ids, different ones different ids, and Get gives the string.
TEST(InternTable, CodesOfManyDictionaries) {
  for (int num_workers : {1, 2, 3}) {
    SCOPED_TRACE(num_workers);
    std::mt19937 random(7);
    std::vector<DictionaryPtr> dictionaries;
    for (int i = 0; i < 4; ++i) {
      dictionaries.push_back(Numbers(i * 7000, i * 7000 + 20000, i % 2 == 0, &random));
    }
    InternTable table(num_workers, nullptr);
    // Each worker asks for 600 batches of codes and keeps what it was told.
    using Told = std::vector<std::tuple<size_t, uint32_t, uint32_t>>;
    std::vector<Told> told(num_workers);
    const auto ask = [&](int worker) {
      std::mt19937 own(worker);
      for (int batch = 0; batch < 600; ++batch) {
        const size_t which = own() % dictionaries.size();
        // The last dictionary stays below the share from which the rest is interned.
        const size_t span = which == 3 ? 900 : dictionaries[which]->size() - 1;
        std::vector<uint32_t> codes(own() % 100 + 1), ids(codes.size());
        for (uint32_t& code : codes) code = 1 + own() % span;
        ASSERT_TRUE(
            table.InternCodes(dictionaries[which], codes.data(), codes.size(), ids.data()).ok());
        for (size_t i = 0; i < codes.size(); ++i) {
          told[worker].emplace_back(which, codes[i], ids[i]);
        }
      }
    };
    {
      std::vector<Thread> threads;
      for (int i = 0; i < num_workers; ++i) threads.emplace_back("worker", [&, i] { ask(i); });
    }
    std::map<std::string, uint32_t> id_of;
    std::map<uint32_t, std::string> text_of;
    for (const Told& of_worker : told) {
      for (const auto& [which, code, id] : of_worker) {
        const std::string text(dictionaries[which]->values.values<std::string_view>()[code]);
        EXPECT_EQ(table.Get(id), text);
        EXPECT_EQ(id_of.emplace(text, id).first->second, id);
        EXPECT_EQ(text_of.emplace(id, text).first->second, text);
      }
    }
    EXPECT_GT(id_of.size(), 15000);
  }
}

TEST(InternTable, TellsWhenMemoryIsOut) {
  std::mt19937 random(7);
  MemoryBudget budget("query_memory_limit", 100000);
  InternTable table(2, &budget);
  const DictionaryPtr dictionary = Numbers(0, 50000, true, &random);
  uint32_t code = 1, id;
  EXPECT_EQ(table.InternCodes(dictionary, &code, 1, &id).code(),
            absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace shale
