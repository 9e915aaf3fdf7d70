#include "server/pg/message_reader.h"

#include "sql/sql_error.h"

namespace shale::pg {
namespace {

uint32_t BigEndian32(const char* bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

Status Violation(std::string_view what) {
  return WithSqlState(InvalidArgument("{}", what), "08P01");
}

}  // namespace

StatusOr<std::optional<Message>> MessageReader::Next(bool is_startup, size_t max_bytes) {
  const std::string_view left = std::string_view(buffer_).substr(used_);
  const size_t head = is_startup ? 4 : 5;
  if (left.size() < head) return std::optional<Message>();
  const uint32_t length = BigEndian32(left.data() + (is_startup ? 0 : 1));
  if (length < 4 || (is_startup && length < 8) || length > max_bytes) {
    return Violation(
        is_startup ? fmt::format("invalid length of startup packet: {}", length)
                   : fmt::format("invalid message length: {} (at most {})", length, max_bytes));
  }
  const size_t whole = length + (is_startup ? 0u : 1u);
  if (left.size() < whole) {
    buffer_.reserve(used_ + whole);
    return std::optional<Message>();
  }
  used_ += whole;
  return std::optional<Message>(
      Message{is_startup ? '\0' : left[0], left.substr(head, whole - head)});
}

std::optional<char> MessageReader::PeekType() const {
  const std::string_view left = std::string_view(buffer_).substr(used_);
  if (left.size() < 5 || left.size() - 1 < BigEndian32(left.data() + 1)) return std::nullopt;
  return left[0];
}

void MessageReader::Release() {
  buffer_.erase(0, used_);
  used_ = 0;
  // An idle session keeps no buffer.
  if (buffer_.empty() && buffer_.capacity() > 4096) buffer_.shrink_to_fit();
}

int8_t FieldReader::Byte() {
  std::string_view bytes = Bytes(1);
  return bytes.empty() ? 0 : bytes[0];
}

int16_t FieldReader::Int16() {
  std::string_view bytes = Bytes(2);
  if (bytes.empty()) return 0;
  return static_cast<int16_t>(static_cast<uint8_t>(bytes[0]) << 8 | static_cast<uint8_t>(bytes[1]));
}

int32_t FieldReader::Int32() {
  std::string_view bytes = Bytes(4);
  return bytes.empty() ? 0 : static_cast<int32_t>(BigEndian32(bytes.data()));
}

std::string_view FieldReader::CString() {
  const size_t end = left_.find('\0');
  if (!ok_ || end == std::string_view::npos) {
    ok_ = false;
    left_ = {};
    return {};
  }
  std::string_view text = left_.substr(0, end);
  left_.remove_prefix(end + 1);
  return text;
}

std::string_view FieldReader::Bytes(size_t size) {
  if (!ok_ || size > left_.size()) {
    ok_ = false;
    left_ = {};
    return {};
  }
  std::string_view bytes = left_.substr(0, size);
  left_.remove_prefix(size);
  return bytes;
}

Status FieldReader::Check(std::string_view message) const {
  if (at_end()) return OkStatus();
  return Violation(fmt::format("invalid message format: {}", message));
}

StatusOr<Startup> ReadStartup(std::string_view body) {
  FieldReader fields(body);
  Startup startup;
  startup.version = fields.Int32();
  while (fields.ok() && fields.left() > 0) {
    std::string_view name = fields.CString();
    if (name.empty()) break;
    std::string_view value = fields.CString();
    startup.parameters.emplace_back(name, value);
  }
  if (!fields.ok()) return Violation("invalid startup packet layout: expected terminator");
  return startup;
}

StatusOr<Parse> ReadParse(std::string_view body) {
  FieldReader fields(body);
  Parse parse;
  parse.name = fields.CString();
  parse.query = fields.CString();
  const int16_t count = fields.Int16();
  if (count < 0 || static_cast<size_t>(count) * 4 > fields.left()) {
    return Violation("invalid message format: Parse");
  }
  parse.types.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) parse.types.push_back(static_cast<uint32_t>(fields.Int32()));
  RETURN_IF_ERROR(fields.Check("Parse"));
  return parse;
}

StatusOr<Bind> ReadBind(std::string_view body) {
  FieldReader fields(body);
  Bind bind;
  bind.portal = fields.CString();
  bind.statement = fields.CString();
  auto formats = [&](std::vector<int16_t>* out) {
    const int16_t count = fields.Int16();
    if (count < 0 || static_cast<size_t>(count) * 2 > fields.left()) return false;
    for (int i = 0; i < count; ++i) out->push_back(fields.Int16());
    return true;
  };
  if (!formats(&bind.parameter_formats)) return Violation("invalid message format: Bind");
  // Counts are 16 bits without a sign: 65,535 parameters.
  const auto count = static_cast<uint16_t>(fields.Int16());
  if (static_cast<size_t>(count) * 4 > fields.left()) {
    return Violation("invalid message format: Bind");
  }
  bind.parameters.reserve(count);
  for (uint16_t i = 0; i < count && fields.ok(); ++i) {
    const int32_t size = fields.Int32();
    if (size == -1) {
      bind.parameters.emplace_back();
    } else if (size < 0) {
      return Violation("invalid message format: Bind");
    } else {
      bind.parameters.emplace_back(fields.Bytes(static_cast<size_t>(size)));
    }
  }
  if (!formats(&bind.result_formats)) return Violation("invalid message format: Bind");
  RETURN_IF_ERROR(fields.Check("Bind"));
  if (bind.parameter_formats.size() > 1 &&
      bind.parameter_formats.size() != bind.parameters.size()) {
    return Violation(fmt::format("bind message has {} parameter formats but {} parameters",
                                 bind.parameter_formats.size(), bind.parameters.size()));
  }
  return bind;
}

}  // namespace shale::pg
