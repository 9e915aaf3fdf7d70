// The events table: a product-analytics stream of 20 columns. Users come in sessions that walk some
// way down a funnel from landing to purchase, from campaigns or by themselves; 5 % of the events
// arrive late, 1 % twice. Every row is a function of the seed and of its place.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/rows/row_writer.h"

namespace shale::bench {

const TableSpec& EventsTable();

// One event: the `step`-th of a user's session, `millis` after the first day.
struct Event {
  int64_t millis;
  int64_t arrival_millis;
  uint32_t user;
  uint16_t session;
  uint16_t step;
};

// Exactly `rows` events as they arrive.
std::vector<Event> PlanEvents(uint64_t rows, uint64_t seed);

class EventMaker {
 public:
  EventMaker(uint64_t rows, uint64_t seed);
  Status Write(const Event& event, RowWriter* out);

 private:
  void AppendPage(uint64_t page, std::string* out) const;

  const uint64_t rows_, seed_;
  std::vector<std::string> names_;
  std::string url_, referrer_, campaign_;
};

}  // namespace shale::bench
