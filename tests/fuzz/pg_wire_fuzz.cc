// Whatever bytes a client sends, cutting them into messages and reading the fields of those neither
// crashes nor reads outside; and it does not matter where the bytes are cut.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/check.h"
#include "server/pg/message_reader.h"
#include "server/session/scram.h"
#include "server/session/session_statement.h"

namespace shale {
namespace {

struct Seen {
  std::string bodies;
  bool failed = false;
};

Seen ReadAll(std::string_view bytes, size_t piece, bool is_startup) {
  Seen seen;
  pg::MessageReader reader;
  while (!seen.failed) {
    auto message =
        reader.Next(is_startup, is_startup ? pg::kMaxStartupBytes : pg::kMaxLoginMessageBytes);
    if (!message.ok()) {
      seen.failed = true;
      break;
    }
    if (*message) {
      seen.bodies.push_back((*message)->type);
      seen.bodies += (*message)->body;
      reader.PeekType();
      pg::ReadStartup((*message)->body).status().IgnoreError();
      pg::ReadParse((*message)->body).status().IgnoreError();
      pg::ReadBind((*message)->body).status().IgnoreError();
      ReadSessionStatement((*message)->body).status().IgnoreError();
      ScramServer scram(std::nullopt, "user", "secret");
      if (scram.First((*message)->body).ok()) scram.Final((*message)->body).status().IgnoreError();
      is_startup = false;
      continue;
    }
    reader.Release();
    if (bytes.empty()) break;
    reader.buffer()->append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return seen;
}

}  // namespace
}  // namespace shale

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (bool is_startup : {true, false}) {
    const shale::Seen whole = shale::ReadAll(bytes, size + 1, is_startup);
    const shale::Seen pieces = shale::ReadAll(bytes, 3, is_startup);
    SHALE_CHECK(whole.bodies == pieces.bodies && whole.failed == pieces.failed);
  }
  return 0;
}
