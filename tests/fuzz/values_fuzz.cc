// Times, dates, intervals, numbers and other values from any text: what is read prints to a text
// that reads the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/check.h"
#include "engine/functions/value_format.h"
#include "engine/functions/value_io.h"

using namespace shale;  // NOLINT

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const Type kTypes[] = {TypeId::kTimestamp, TypeId::kTimestampTz, TypeId::kDate,
                                TypeId::kInterval,  TypeId::kBoolean,     TypeId::kSmallInt,
                                TypeId::kInteger,   TypeId::kBigInt,      TypeId::kUBigInt,
                                TypeId::kDouble,    TypeId::kUuid,        TypeId::kInet,
                                TypeId::kBytea,     Type::Decimal(20, 4), TypeId::kJson};
  for (const Type& type : kTypes) {
    const auto value = ParseBoxed(text, type);
    if (!value.ok() || value->is_null()) continue;
    const std::string printed = ToText(*value);
    const auto again = ParseBoxed(printed, type);
    SHALE_CHECK(again.ok());
    SHALE_CHECK(ToText(*again) == printed);
  }
  std::string why;
  IsValidJson(text, &why);
  return 0;
}
