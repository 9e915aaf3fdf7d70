// The hits table: page views of many web sites, 105 columns as ClickBench's table has them, with
// skew like a real counter's (see docs/benchmarks.md). Every row is a function of the seed and of
// its place, so the table is the same at any order; only 12 bytes a row are held in memory.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/rows/row_writer.h"

namespace shale::bench {

const TableSpec& HitsTable();

// One page view: the user's `view`-th of the session, at `seconds` after the month's start.
struct Hit {
  uint32_t seconds;
  uint32_t user;
  uint16_t session;
  uint16_t view;
};

enum class HitOrder { kTime, kKey };  // kKey: the table's order

// Exactly `rows` hits, in order.
std::vector<Hit> PlanHits(uint64_t rows, uint64_t seed, HitOrder order);

// Writes the rows of hits. `rows` and `seed` as in PlanHits.
class HitMaker {
 public:
  HitMaker(uint64_t rows, uint64_t seed);
  Status Write(const Hit& hit, RowWriter* out);

 private:
  struct Page;
  struct Person;
  struct Visit;
  Person PersonOf(uint32_t user) const;
  Visit VisitOf(uint32_t user, uint16_t session) const;
  Page PageOf(const Visit& visit, uint16_t view) const;
  void AppendUrl(const Page& page, std::string* out) const;
  void AppendTitle(const Page& page, std::string* out) const;
  void AppendReferer(const Visit& visit, uint16_t view, std::string* out) const;
  void AppendPhrase(const Visit& visit, uint16_t view, std::string* out) const;
  void AppendHost(uint64_t site, std::string* out) const;
  void AppendWords(uint64_t key, size_t size_bytes, bool cyrillic, std::string_view gap,
                   std::string* out) const;

  const uint64_t rows_, seed_;
  std::vector<std::string> words_, cyrillic_words_;
  std::string url_, title_, referer_, phrase_, small_;
};

}  // namespace shale::bench
