// KeptResults: what expressions came to over whole dictionaries, kept from query to query. A
// dictionary of a segment never changes and has one id for as long as the segment is open, so
// (dictionary id, Fingerprint) needs no invalidation; what is no longer asked for is forgotten,
// the least recently used first. Only immutable expressions may be kept.
// Thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "engine/base/sync.h"
#include "engine/expr/expr.h"

namespace shale {

// Equal for two expressions only if both are the same function of their one column: types, names,
// constants to the last bit. nullopt when the expression is not immutable or reads more columns.
std::optional<std::string> Fingerprint(const Expr& expr);

class KeptResults {
 public:
  explicit KeptResults(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Null when nothing is known.
  DictionaryPtr Find(uint64_t dictionary, const std::string& fingerprint) SHALE_EXCLUDES(mutex_);
  // `derived` has an entry for each of `source`'s.
  void Keep(const Dictionary& source, const std::string& fingerprint, DictionaryPtr derived)
      SHALE_EXCLUDES(mutex_);
  size_t size_bytes() const SHALE_EXCLUDES(mutex_);

 private:
  using Key = std::pair<uint64_t, std::string>;
  struct Entry {
    Key key;
    DictionaryPtr derived;
    size_t bytes;
  };
  const size_t max_bytes_;
  mutable Mutex mutex_;
  std::list<Entry> entries_ SHALE_GUARDED_BY(mutex_);  // the latest used first
  absl::flat_hash_map<Key, std::list<Entry>::iterator> places_ SHALE_GUARDED_BY(mutex_);
  size_t bytes_ SHALE_GUARDED_BY(mutex_) = 0;
};

}  // namespace shale
