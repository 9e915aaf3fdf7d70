// Whatever a file holds, the readers of the load command do not crash, and blocks may be cut
// anywhere: parsed in small ones it gives as many rows and rejects as parsed at once.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/check.h"
#include "tools/load/text/reader.h"

namespace shale {
namespace {

struct Totals {
  uint64_t rows = 0;
  uint64_t rejects = 0;
};

Totals ParseAll(const std::string& text, const Dialect& dialect, const ReadSchema& schema,
                size_t block_bytes) {
  Totals totals;
  auto parser = MakeTextParser(dialect, schema);
  if (!parser.ok()) return totals;
  BlockSource source(Input::FromText("fuzz", text), dialect, block_bytes);
  TextBlock block;
  while (true) {
    const auto more = source.Next(&block);
    SHALE_CHECK(more.ok());
    if (!*more) return totals;
    const ParsedBlock parsed = (*parser)->Parse(block);
    totals.rows += parsed.num_rows;
    totals.rejects += parsed.rejects.size();
  }
}

void Check(const std::string& text, const DialectHints& hints) {
  const auto dialect = SniffDialect("fuzz", {text}, hints);
  if (!dialect.ok()) return;
  ReadSchema schema;
  schema.num_fields = dialect->format == TextFormat::kCombined ? 11 : 4;
  const Type types[] = {TypeId::kText,    TypeId::kBigInt, TypeId::kTimestampTz, TypeId::kDouble,
                        TypeId::kInet,    TypeId::kUuid,   TypeId::kJson,        TypeId::kDate,
                        TypeId::kBoolean, TypeId::kText,   Type::Decimal(12, 3)};
  for (size_t i = 0; i < schema.num_fields; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    schema.columns.push_back({name, types[i], i, name});
  }
  const Totals whole = ParseAll(text, *dialect, schema, 1 << 18);
  const Totals pieces = ParseAll(text, *dialect, schema, 16);
  SHALE_CHECK(whole.rows == pieces.rows && whole.rejects == pieces.rejects);
}

}  // namespace
}  // namespace shale

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  shale::DialectHints hints;
  hints.format = static_cast<shale::TextFormat>(data[0] % 5);
  hints.flatten = (data[0] & 8) != 0;
  if (data[0] & 16) hints.header = (data[0] & 32) != 0;
  shale::Check(std::string(reinterpret_cast<const char*>(data) + 1, size - 1), hints);
  return 0;
}
