// EntryMemo: an expression of one dictionary column, computed once an entry and remembered.
//
// While a dictionary is not much larger than the rows that asked so far, it is computed whole and
// rows answer with their old codes over a derived dictionary. Before that, and when computing it
// whole fails, only the entries that rows at hand use are computed, so an entry's error reaches
// nobody who does not use it. Lists are computed whole, or for the rows at hand and forgotten. One
// a node and worker; not thread-safe, but what Lookup returned stays valid and may be read by any
// thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/status.h"
#include "engine/expr/kept_results.h"
#include "engine/vector/vector_builder.h"

namespace shale {

// What an expression came to over the entries of a dictionary, as a dictionary for the same codes.
DictionaryPtr MakeDerivedDictionary(Vector values);

class EntryMemo {
 public:
  // Computes the expression over entries (a flat vector of them; at least one).
  using Evaluate = std::function<StatusOr<Vector>(Vector entries)>;

  // `fingerprint` of the expression in `kept`, where its results over whole dictionaries are looked
  // for and put; null: nowhere.
  EntryMemo(DictionaryPtr source, Type type, KeptResults* kept, const std::string* fingerprint);

  // The expression's value for each row of `column`, whose dictionary is this memo's.
  // `null_for_null`: a NULL row is NULL without asking.
  StatusOr<Vector> Lookup(const Vector& column, bool null_for_null, const Evaluate& evaluate);

  const DictionaryPtr& source() const { return source_; }
  size_t size_bytes() const;

 private:
  StatusOr<Vector> FromWhole(const Vector& column, bool null_for_null, const Evaluate& evaluate);
  StatusOr<Vector> FromUsed(const Vector& column, bool null_for_null, const Evaluate& evaluate);
  Status ComputeNull(const Vector& column, const Evaluate& evaluate);
  void StoreEntries(const Vector& values, const std::vector<uint32_t>& entries);

  DictionaryPtr source_;
  Type type_;
  KeptResults* kept_;
  const std::string* fingerprint_;
  size_t rows_seen_ = 0;
  bool whole_failed_ = false;
  DictionaryPtr whole_;               // an entry each
  DictionaryPtr whole_with_null_;     // and one more, the value for NULL
  std::optional<Vector> null_value_;  // one row
  // Entries one by one: a value, a validity byte and a computed byte each, the last for NULL.
  BufferPtr values_;
  std::vector<uint8_t> valid_;
  std::vector<uint8_t> computed_;
  StringArena arena_;
};

// The memos of one node, the least recently used forgotten when they grow large.
class EntryMemos {
 public:
  // `expr` is what is computed, the same one each time.
  EntryMemo& Of(const DictionaryPtr& source, const Expr& expr, KeptResults* kept);

 private:
  std::optional<std::string> fingerprint_;  // of the expression, once it was asked for
  bool has_fingerprint_ = false;
  static constexpr size_t kKeptAtLeast = 16;
  static constexpr size_t kMaxBytes = size_t{64} << 20;
  std::vector<std::unique_ptr<EntryMemo>> memos_;  // the latest used last
};

}  // namespace shale
