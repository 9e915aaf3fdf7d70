// DateTimeText: dates and times as people write them, by PostgreSQL's rules for DateStyle "ISO,
// MDY": fields in nearly any order ("Mon Feb 10 17:32:01 1997 PST", "97FEB10 5:32PM",
// "20010210T173201-08", "2001.041", "J2451187", "44-03-15 BC"), told apart by their form and by
// what is there already. The usual ISO form has a faster way in value_io_datetime.cc.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/functions/value_format.h"

namespace shale {

struct DateTimeText {
  int64_t days = 0;       // since 1970-01-01
  int64_t micros = 0;     // of the day, as written
  bool has_time = false;  // a time of day was written
  bool has_offset = false;
  int64_t offset_us = 0;  // east of UTC
  enum class Special : uint8_t {
    kNone,
    kInfinity,
    kMinusInfinity,
    kEpoch
  } special = Special::kNone;
};

ParseOutcome ReadDateTime(std::string_view text, DateTimeText* out);

}  // namespace shale
