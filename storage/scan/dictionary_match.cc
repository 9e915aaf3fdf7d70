#include "storage/scan/dictionary_match.h"

#include <algorithm>

#include "engine/vector/hash.h"

namespace shale {

bool MatchesByHash(const Conjunct& conjunct, const Dictionary& dictionary) {
  if (!dictionary.values.type().IsStringLike()) return false;
  if (dictionary.hashes.size() != dictionary.size() || dictionary.values.has_nulls()) return false;
  if (conjunct.shape == Conjunct::Shape::kIn) return conjunct.values.size() <= 8;
  return conjunct.FixesColumn() || conjunct.shape == Conjunct::Shape::kNotEqual;
}

StatusOr<std::vector<uint8_t>> MatchDictionary(const Conjunct& conjunct,
                                               const Dictionary& dictionary,
                                               const FunctionContext& context) {
  size_t size = dictionary.size();
  std::vector<uint8_t> match(size, 0);
  if (MatchesByHash(conjunct, dictionary)) {
    const auto* texts = dictionary.values.values<std::string_view>();
    const uint64_t* hashes = dictionary.hashes.data();
    auto mark = [&](const std::string& text) {
      uint64_t hash = HashBytes(text);
      for (size_t i = 0; i < size; ++i) {
        if (hashes[i] == hash && texts[i] == text) match[i] = 1;
      }
    };
    if (conjunct.shape == Conjunct::Shape::kIn) {
      for (const Value& value : conjunct.values) mark(value.AsString());
    } else {
      mark(conjunct.low->AsString());
    }
    if (conjunct.shape == Conjunct::Shape::kNotEqual) {
      for (uint8_t& byte : match) byte ^= 1;
    }
    return match;
  }
  Evaluator evaluator(conjunct.narrow, &context);
  std::vector<uint32_t> rows(kChunkRows);
  for (size_t begin = 0; begin < size; begin += kChunkRows) {
    Chunk chunk;
    chunk.num_rows = std::min<size_t>(kChunkRows, size - begin);
    chunk.columns.push_back(dictionary.values.Slice(begin, chunk.num_rows));
    ASSIGN_OR_RETURN(size_t count, evaluator.Select(chunk, rows.data()));
    for (size_t i = 0; i < count; ++i) match[begin + rows[i]] = 1;
  }
  return match;
}

}  // namespace shale
