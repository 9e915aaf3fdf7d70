// Bytes and texts into each other: encode and decode, digests, checksums, hashes.
#include <string>
#include <string_view>

#include "engine/functions/digest.h"
#include "engine/functions/kernels.h"
#include "engine/functions/row_kernel.h"
#include "engine/functions/string_families.h"
#include "engine/functions/utf8.h"
#include "engine/vector/hash.h"

namespace shale {
namespace {

constexpr char kBase64Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr size_t kBase64LineLength = 76;  // RFC 2045

void AppendBase64(std::string_view bytes, std::string* out) {
  size_t line = 0;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t word = 0;
    const size_t have = std::min<size_t>(3, bytes.size() - at);
    for (size_t i = 0; i < 3; ++i) {
      word = word << 8 | (i < have ? static_cast<uint8_t>(bytes[at + i]) : 0);
    }
    for (size_t i = 0; i < 4; ++i) {
      out->push_back(i <= have ? kBase64Digits[(word >> (18 - 6 * i)) & 63] : '=');
    }
    line += 4;
    if (line == kBase64LineLength && at + 3 < bytes.size()) {
      out->push_back('\n');
      line = 0;
    }
  }
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

Status DecodeBase64(std::string_view text, std::string* out) {
  uint32_t word = 0;
  int count = 0;
  int padding = 0;
  for (const char c : text) {
    if (IsBlank(c)) continue;
    uint32_t digit = 0;
    if (c >= 'A' && c <= 'Z') {
      digit = static_cast<uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      digit = static_cast<uint32_t>(c - 'a' + 26);
    } else if (IsAsciiDigit(c)) {
      digit = static_cast<uint32_t>(c - '0' + 52);
    } else if (c == '+' || c == '/') {
      digit = c == '+' ? 62 : 63;
    } else if (c == '=' && count >= 2) {
      ++padding;
    } else {
      return InvalidArgument("invalid symbol \"{}\" found while decoding base64 sequence", c);
    }
    if (padding > 0 && c != '=') return InvalidArgument("unexpected \"=\" in base64 sequence");
    word = word << 6 | digit;
    if (++count == 4) {
      for (int i = 0; i < 3 - padding; ++i) {
        out->push_back(static_cast<char>(word >> (16 - 8 * i)));
      }
      word = 0;
      count = 0;
    }
  }
  if (count != 0) {
    return InvalidArgument("invalid base64 end sequence: input is missing padding or truncated");
  }
  return OkStatus();
}

Status DecodeHex(std::string_view text, std::string* out) {
  int high = -1;
  for (const char c : text) {
    if (IsBlank(c)) continue;
    int digit = 0;
    if (IsAsciiDigit(c)) {
      digit = c - '0';
    } else if (AsciiLower(c) >= 'a' && AsciiLower(c) <= 'f') {
      digit = AsciiLower(c) - 'a' + 10;
    } else {
      return InvalidArgument("invalid hexadecimal digit: \"{}\"", c);
    }
    if (high < 0) {
      high = digit;
    } else {
      out->push_back(static_cast<char>(high << 4 | digit));
      high = -1;
    }
  }
  if (high >= 0) return InvalidArgument("invalid hexadecimal data: odd number of digits");
  return OkStatus();
}

void AppendEscaped(std::string_view bytes, std::string* out) {
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte == 0 || byte >= 0x80) {
      out->push_back('\\');
      for (const int shift : {6, 3, 0})
        out->push_back(static_cast<char>('0' + (byte >> shift & 7)));
    } else {
      out->push_back(c);
      if (c == '\\') out->push_back(c);
    }
  }
}

Status DecodeEscaped(std::string_view text, std::string* out) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      out->push_back(text[at]);
      continue;
    }
    const std::string_view rest = text.substr(at + 1);
    const auto octal = [&](size_t i, char most) { return rest[i] >= '0' && rest[i] <= most; };
    if (rest.starts_with('\\')) {
      out->push_back('\\');
      at += 1;
    } else if (rest.size() >= 3 && octal(0, '3') && octal(1, '7') && octal(2, '7')) {
      out->push_back(
          static_cast<char>((rest[0] - '0') << 6 | (rest[1] - '0') << 3 | (rest[2] - '0')));
      at += 3;
    } else {
      return InvalidArgument(
          "invalid input syntax for type bytea: a backslash stands before "
          "another, or before three octal digits");
    }
  }
  return OkStatus();
}

std::string LowerName(std::string_view name) {
  std::string lower;
  AppendLower(name, &lower);
  return lower;
}

Status UnknownEncoding(std::string_view name) {
  return InvalidArgument("unrecognized encoding: \"{}\"; use 'hex', 'base64' or 'escape'", name);
}

std::string_view Encode(RowState& row, std::string_view bytes, std::string_view encoding) {
  const std::string name = LowerName(encoding);
  if (!row.HasRoom(bytes.size() * 4, "encode")) return {};
  std::string& out = row.scratch();
  if (name == "hex") {
    AppendHex(bytes, &out);
  } else if (name == "base64") {
    AppendBase64(bytes, &out);
  } else if (name == "escape") {
    AppendEscaped(bytes, &out);
  } else {
    row.Fail(UnknownEncoding(encoding));
  }
  return row.Keep(out);
}

std::string_view Decode(RowState& row, std::string_view text, std::string_view encoding) {
  const std::string name = LowerName(encoding);
  std::string& out = row.scratch();
  Status status;
  if (name == "hex") {
    status = DecodeHex(text, &out);
  } else if (name == "base64") {
    status = DecodeBase64(text, &out);
  } else if (name == "escape") {
    status = DecodeEscaped(text, &out);
  } else {
    status = UnknownEncoding(encoding);
  }
  if (!status.ok()) row.Fail(std::move(status));
  return row.Keep(out);
}

template <bool kIn>
std::string_view Convert(RowState& row, std::string_view text, std::string_view encoding) {
  const std::string name = LowerName(encoding);
  if (name != "utf8" && name != "utf-8") {
    row.Fail(Unsupported("encoding \"{}\" is not supported: texts are UTF8", encoding));
    return {};
  }
  if (kIn) {
    for (size_t at = 0; at < text.size();) {
      const size_t begin = at;
      const char32_t point = DecodeChar(text, &at);
      if (point == 0 || (point >= 0x80 && at == begin + 1)) {
        row.Fail(InvalidArgument("invalid byte sequence for encoding \"UTF8\": 0x{:02x} at byte {}",
                                 static_cast<uint8_t>(text[begin]), begin + 1));
        return {};
      }
    }
  }
  return text;
}

std::string_view Md5Hex(RowState& row, std::string_view bytes) {
  const auto digest = Md5Digest(bytes);
  std::string& out = row.scratch();
  AppendHex({reinterpret_cast<const char*>(digest.data()), digest.size()}, &out);
  return row.Keep(out);
}

StatusOr<ResolvedScalar> ResolveHash(std::span<const ArgumentType> args) {
  if (args.size() != 1) return NotFound("hash takes one argument");
  ResolvedScalar resolved;
  const Type& type = args[0].type;
  resolved.result_type = TypeId::kUBigInt;
  const PhysicalType physical = args[0].untyped_literal ? PhysicalType::kString : type.physical();
  if (physical == PhysicalType::kString) {
    resolved.kernel =
        Unary<std::string_view, uint64_t>([](std::string_view bytes) { return HashBytes(bytes); });
    resolved.arg_types = {args[0].untyped_literal ? Type(TypeId::kText) : type};
  } else if (type.IsSignedInteger()) {
    resolved.kernel = Unary<int64_t, uint64_t>(
        [](int64_t value) { return HashInt(static_cast<uint64_t>(value)); });
    resolved.arg_types = {TypeId::kBigInt};
  } else if (type.IsUnsignedInteger()) {
    resolved.kernel = Unary<uint64_t, uint64_t>([](uint64_t value) { return HashInt(value); });
    resolved.arg_types = {TypeId::kUBigInt};
  } else {
    resolved.kernel =
        Unary<std::string_view, uint64_t>([](std::string_view bytes) { return HashBytes(bytes); });
    resolved.arg_types = {TypeId::kText};
  }
  return resolved;
}

void AddDigests(Registry* registry) {
  for (const TypeId type : {TypeId::kText, TypeId::kBytea}) {
    const std::string arg = type == TypeId::kText ? "(text TEXT)" : "(bytes BYTEA)";
    registry->Add(ScalarFunction{.name = "md5",
                                 .category = "hash",
                                 .signature = arg + " → TEXT",
                                 .summary = "The MD5 digest in hexadecimal.",
                                 .example = "md5('abc')",
                                 .example_result = "900150983cd24fb0d6963f7d28e17f72",
                                 .args = {type},
                                 .result = TypeId::kText,
                                 .kernel = RowKernel<Md5Hex>});
    registry->Add(
        ScalarFunction{.name = "crc32",
                       .category = "hash",
                       .signature = arg + " → BIGINT",
                       .summary = "The CRC-32 checksum, as zlib computes it.",
                       .example = "crc32('123456789')",
                       .example_result = "3421780262",
                       .args = {type},
                       .result = TypeId::kBigInt,
                       .kernel = Unary<std::string_view, int64_t>([](std::string_view bytes) {
                         return static_cast<int64_t>(Crc32(bytes));
                       })});
  }
  registry->Add(ScalarFunction{
      .name = "hash",
      .category = "hash",
      .signature = "(value ANY) → UBIGINT",
      .summary = "A fast 64-bit hash: XXH3 of texts and bytes, a mix of the bits of integers.",
      .example = "hash('')",
      .example_result = "3244421341483603138",
      .resolve = &ResolveHash});
}

}  // namespace

void RegisterStringEncoding(Registry* registry) {
  AddDigests(registry);
  registry->Add(ScalarFunction{.name = "encode",
                               .category = "binary",
                               .signature = "(bytes BYTEA, encoding TEXT) → TEXT",
                               .summary = "Bytes written as 'hex', 'base64' or 'escape'.",
                               .example = "encode('abc'::bytea, 'base64')",
                               .example_result = "YWJj",
                               .args = {TypeId::kBytea, TypeId::kText},
                               .result = TypeId::kText,
                               .kernel = RowKernel<Encode>});
  registry->Add(ScalarFunction{.name = "decode",
                               .category = "binary",
                               .signature = "(text TEXT, encoding TEXT) → BYTEA",
                               .summary = "Bytes read from 'hex', 'base64' or 'escape'.",
                               .example = "decode('YWJj', 'base64')",
                               .example_result = "\\x616263",
                               .args = {TypeId::kText, TypeId::kText},
                               .result = TypeId::kBytea,
                               .kernel = RowKernel<Decode>});
  registry->Add(ScalarFunction{.name = "convert_to",
                               .category = "binary",
                               .signature = "(text TEXT, encoding TEXT) → BYTEA",
                               .summary = "The bytes of a text; the encoding is 'UTF8'.",
                               .example = "convert_to('é', 'UTF8')",
                               .example_result = "\\xc3a9",
                               .args = {TypeId::kText, TypeId::kText},
                               .result = TypeId::kBytea,
                               .kernel = RowKernel<Convert<false>>});
  registry->Add(ScalarFunction{.name = "convert_from",
                               .category = "binary",
                               .signature = "(bytes BYTEA, encoding TEXT) → TEXT",
                               .summary = "The text of bytes; the encoding is 'UTF8'.",
                               .example = "convert_from('\\xc3a9'::bytea, 'UTF8')",
                               .example_result = "é",
                               .args = {TypeId::kBytea, TypeId::kText},
                               .result = TypeId::kText,
                               .kernel = RowKernel<Convert<true>>});
}

}  // namespace shale
