// MessageReader: bytes from a client cut into messages of PostgreSQL's protocol 3, and the fields
// of one message. Never reads outside what it was given, whatever stands there: the target of
// tests/fuzz/pg_wire_fuzz.cc. Owned by one session.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace shale::pg {

inline constexpr size_t kMaxStartupBytes = 10'000;  // as PostgreSQL
// Of a message before and after the client has logged in.
inline constexpr size_t kMaxLoginMessageBytes = 65'536;
inline constexpr size_t kMaxMessageBytes = size_t{256} << 20;

struct Message {
  char type = 0;  // 0: a startup packet, which has none
  std::string_view body;
};

class MessageReader {
 public:
  std::string* buffer() { return &buffer_; }  // where new bytes are appended
  // The next whole message; nothing when more bytes are needed. Its body is valid until Release.
  // InvalidArgument: the length cannot be right; nothing more can be read then.
  StatusOr<std::optional<Message>> Next(bool is_startup, size_t max_bytes);
  // The type of the message behind that, if it is there whole.
  std::optional<char> PeekType() const;
  // Everything that was handed out may be forgotten.
  void Release();
  bool empty() const { return used_ == buffer_.size(); }

 private:
  std::string buffer_;
  size_t used_ = 0;
};

// Fields from the front of a message's body. After a field that is not there, ok() is false and
// every further one is empty.
class FieldReader {
 public:
  explicit FieldReader(std::string_view body) : left_(body) {}
  int8_t Byte();
  int16_t Int16();
  int32_t Int32();
  std::string_view CString();  // up to a zero byte
  std::string_view Bytes(size_t size);
  std::string_view Rest() { return Bytes(left_.size()); }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && left_.empty(); }
  size_t left() const { return left_.size(); }
  Status Check(std::string_view message) const;  // InvalidArgument (08P01) unless at_end

 private:
  std::string_view left_;
  bool ok_ = true;
};

// ---- messages with a shape of their own ---------------------------------------------------------

struct Startup {
  int32_t version = 0;
  std::vector<std::pair<std::string, std::string>> parameters;
};
inline constexpr int32_t kProtocol3 = 196608;
inline constexpr int32_t kCancelRequest = 80877102;
inline constexpr int32_t kSslRequest = 80877103;
inline constexpr int32_t kGssEncRequest = 80877104;
StatusOr<Startup> ReadStartup(std::string_view body);  // of version 3

struct Parse {
  std::string_view name, query;
  std::vector<uint32_t> types;
};
StatusOr<Parse> ReadParse(std::string_view body);

struct Bind {
  std::string_view portal, statement;
  std::vector<int16_t> parameter_formats;
  std::vector<std::optional<std::string_view>> parameters;
  std::vector<int16_t> result_formats;
};
StatusOr<Bind> ReadBind(std::string_view body);

}  // namespace shale::pg
