#include "storage/scan/dictionary_match.h"

#include <algorithm>

#include "engine/expr/entry_memo.h"
#include "engine/vector/hash.h"

namespace shale {

bool MatchesByHash(const Conjunct& conjunct, const Dictionary& dictionary) {
  if (!dictionary.values.type().IsStringLike()) return false;
  if (dictionary.hashes.size() != dictionary.size() || dictionary.values.has_nulls()) return false;
  if (conjunct.shape == Conjunct::Shape::kIn) return conjunct.values.size() <= 8;
  return conjunct.FixesColumn() || conjunct.shape == Conjunct::Shape::kNotEqual;
}

namespace {

Vector MatchByHash(const Conjunct& conjunct, const Dictionary& dictionary) {
  const size_t size = dictionary.size();
  Vector result = Vector::Flat(TypeId::kBoolean, size);
  auto* match = result.mutable_values<uint8_t>();
  std::fill(match, match + size, 0);
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
    for (size_t i = 0; i < size; ++i) match[i] ^= 1;
  }
  return result;
}

StatusOr<Vector> MatchByEvaluating(const Conjunct& conjunct, const Dictionary& dictionary,
                                   const FunctionContext& context) {
  const size_t size = dictionary.size();
  Vector result = Vector::Flat(TypeId::kBoolean, size);
  auto* match = result.mutable_values<uint8_t>();
  std::fill(match, match + size, 0);
  Evaluator evaluator(conjunct.narrow, &context);
  std::vector<uint32_t> rows(kChunkRows);
  for (size_t begin = 0; begin < size; begin += kChunkRows) {
    Chunk chunk;
    chunk.num_rows = std::min<size_t>(kChunkRows, size - begin);
    chunk.columns.push_back(dictionary.values.Slice(begin, chunk.num_rows));
    ASSIGN_OR_RETURN(size_t count, evaluator.Select(chunk, rows.data()));
    for (size_t i = 0; i < count; ++i) match[begin + rows[i]] = 1;
  }
  return result;
}

}  // namespace

StatusOr<DictionaryPtr> MatchDictionary(const Conjunct& conjunct, const Dictionary& dictionary,
                                        const FunctionContext& context) {
  if (MatchesByHash(conjunct, dictionary)) {
    return MakeDerivedDictionary(MatchByHash(conjunct, dictionary));
  }
  std::optional<std::string> fingerprint;
  if (context.kept) fingerprint = Fingerprint(*conjunct.narrow);
  if (fingerprint) {
    if (DictionaryPtr known = context.kept->Find(dictionary.id, *fingerprint)) return known;
  }
  ASSIGN_OR_RETURN(Vector values, MatchByEvaluating(conjunct, dictionary, context));
  DictionaryPtr match = MakeDerivedDictionary(std::move(values));
  if (fingerprint) context.kept->Keep(dictionary, *fingerprint, match);
  return match;
}

}  // namespace shale
