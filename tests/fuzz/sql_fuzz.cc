// Any text is a list of statements or an error.
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "sql/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  shale::IsCompleteStatement(text);
  const auto statements = shale::ParseSql(text);
  if (!statements.ok()) SHALE_CHECK(!shale::Message(statements.status()).empty());
  return 0;
}
