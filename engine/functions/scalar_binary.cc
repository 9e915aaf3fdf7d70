// Bytes: digests of them, single bytes and bits, parts.
#include <bit>

#include "engine/functions/digest.h"
#include "engine/functions/kernels.h"
#include "engine/functions/row_kernel.h"
#include "engine/functions/string_families.h"

namespace shale {
namespace {

template <auto Digest>
std::string_view DigestBytes(RowState& row, std::string_view bytes) {
  const auto digest = Digest(bytes);
  return row.Keep({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

// A literal is read as BYTEA, as in PostgreSQL; a TEXT column is hashed as its UTF-8 bytes.
template <auto Digest>
StatusOr<ResolvedScalar> ResolveDigest(std::span<const ArgumentType> args) {
  if (args.size() != 1) return NotFound("a digest takes one argument");
  ResolvedScalar resolved;
  resolved.kernel = RowKernel<DigestBytes<Digest>>;
  const bool is_text = !args[0].untyped_literal && args[0].type.id() == TypeId::kText;
  resolved.arg_types = {is_text ? TypeId::kText : TypeId::kBytea};
  resolved.result_type = TypeId::kBytea;
  return resolved;
}

void AddDigest(Registry* registry, int bits, std::string example_result,
               StatusOr<ResolvedScalar> (*resolve)(std::span<const ArgumentType>)) {
  registry->Add(
      ScalarFunction{.name = fmt::format("sha{}", bits),
                     .aliases = {fmt::format("SHA{}", bits)},
                     .category = "hash",
                     .signature = "(bytes BYTEA) → BYTEA; (text TEXT) → BYTEA",
                     .summary = fmt::format("The SHA-{} digest.", bits),
                     .example = fmt::format("left(encode(sha{}('abc'), 'hex'), 16)", bits),
                     .example_result = std::move(example_result),
                     .resolve = resolve});
}

// ---- bytes and bits
// ------------------------------------------------------------------------------

// Byte `index` of `bytes`, or an error as PostgreSQL's.
bool InRange(RowState& row, int64_t index, size_t count) {
  if (index >= 0 && index < static_cast<int64_t>(count)) return true;
  row.Fail(
      OutOfRange("index {} out of valid range, 0..{}", index, static_cast<int64_t>(count) - 1));
  return false;
}

int32_t GetByte(RowState& row, std::string_view bytes, int32_t index) {
  return InRange(row, index, bytes.size()) ? static_cast<uint8_t>(bytes[index]) : 0;
}
// Bit 0 is the lowest of the first byte.
int32_t GetBit(RowState& row, std::string_view bytes, int64_t index) {
  if (!InRange(row, index, bytes.size() * 8)) return 0;
  return (static_cast<uint8_t>(bytes[index / 8]) >> (index % 8)) & 1;
}
std::string_view ReplaceByte(RowState& row, std::string_view bytes, int32_t index, int32_t value) {
  if (!InRange(row, index, bytes.size())) return {};
  std::string& out = row.scratch();
  out = bytes;
  out[index] = static_cast<char>(value);
  return row.Keep(out);
}
std::string_view ReplaceBit(RowState& row, std::string_view bytes, int64_t index, int32_t value) {
  if (!InRange(row, index, bytes.size() * 8)) return {};
  if (value != 0 && value != 1) {
    row.Fail(InvalidArgument("new bit must be 0 or 1"));
    return {};
  }
  std::string& out = row.scratch();
  out = bytes;
  const int bit = 1 << (index % 8);
  out[index / 8] = static_cast<char>(value ? (out[index / 8] | bit) : (out[index / 8] & ~bit));
  return row.Keep(out);
}
int64_t CountBits(std::string_view bytes) {
  int64_t count = 0;
  for (const char c : bytes) count += std::popcount(static_cast<uint8_t>(c));
  return count;
}

// ---- parts
// ---------------------------------------------------------------------------------------

std::string_view BytesFrom(RowState&, std::string_view bytes, int32_t from) {
  return from <= 1 ? bytes : bytes.substr(std::min(bytes.size(), static_cast<size_t>(from) - 1));
}
int32_t BytesPosition(RowState&, std::string_view bytes, std::string_view part) {
  const size_t at = bytes.find(part);
  return at == std::string_view::npos ? 0 : static_cast<int32_t>(at) + 1;
}
template <bool kLeft, bool kRight>
std::string_view TrimBytes(RowState&, std::string_view bytes, std::string_view set) {
  size_t begin = 0, end = bytes.size();
  const auto in_set = [&](size_t at) { return set.find(bytes[at]) != std::string_view::npos; };
  while (kLeft && begin < end && in_set(begin)) ++begin;
  while (kRight && end > begin && in_set(end - 1)) --end;
  return bytes.substr(begin, end - begin);
}
std::string_view OverlayBytes(RowState& row, std::string_view bytes, std::string_view placing,
                              int32_t from, int32_t count) {
  if (from <= 0) {
    row.Fail(InvalidArgument("negative substring length not allowed; positions start at 1"));
    return {};
  }
  std::string& out = row.scratch();
  const size_t first = std::min(bytes.size(), static_cast<size_t>(from) - 1);
  const int64_t behind = std::max<int64_t>(int64_t{from} - 1 + count, 0);
  out.append(bytes.substr(0, first));
  out.append(placing);
  out.append(bytes.substr(std::min(bytes.size(), static_cast<size_t>(behind))));
  return row.Keep(out);
}
std::string_view OverlayAllBytes(RowState& row, std::string_view bytes, std::string_view placing,
                                 int32_t from) {
  return OverlayBytes(row, bytes, placing, from, static_cast<int32_t>(placing.size()));
}
std::string_view ReverseBytes(RowState& row, std::string_view bytes) {
  std::string& out = row.scratch();
  out.assign(bytes.rbegin(), bytes.rend());
  return row.Keep(out);
}

struct Doc {
  std::string_view name;
  std::string_view signature;
  std::string_view summary;
  std::string_view example;
  std::string_view result;
};

void AddBytes(Registry* registry, const Doc& doc, std::vector<Type> args, Type result,
              ScalarKernel kernel) {
  registry->Add(ScalarFunction{.name = std::string(doc.name),
                               .category = "binary",
                               .signature = std::string(doc.signature),
                               .summary = std::string(doc.summary),
                               .example = std::string(doc.example),
                               .example_result = std::string(doc.result),
                               .args = std::move(args),
                               .result = std::move(result),
                               .kernel = kernel});
}

}  // namespace

void RegisterBinary(Registry* registry) {
  AddDigest(registry, 224, "23097d223405d822", &ResolveDigest<&Sha224Digest>);
  AddDigest(registry, 256, "ba7816bf8f01cfea", &ResolveDigest<&Sha256Digest>);
  AddDigest(registry, 384, "cb00753f45a35e8b", &ResolveDigest<&Sha384Digest>);
  AddDigest(registry, 512, "ddaf35a193617aba", &ResolveDigest<&Sha512Digest>);
  const Type bytes = TypeId::kBytea;
  const Type integer = TypeId::kInteger;
  const Type bigint = TypeId::kBigInt;
  AddBytes(registry,
           {"get_byte", "(bytes BYTEA, index INTEGER) → INTEGER", "A byte, counted from 0.",
            "get_byte('\\x1234'::bytea, 1)", "52"},
           {bytes, integer}, integer, RowKernel<GetByte>);
  AddBytes(registry,
           {"get_bit", "(bytes BYTEA, index BIGINT) → INTEGER",
            "A bit, counted from the lowest one of the first byte.", "get_bit('\\x1234'::bytea, 1)",
            "1"},
           {bytes, bigint}, integer, RowKernel<GetBit>);
  AddBytes(registry,
           {"set_byte", "(bytes BYTEA, index INTEGER, value INTEGER) → BYTEA",
            "The bytes with one replaced.", "set_byte('\\x1234'::bytea, 1, 64)", "\\x1240"},
           {bytes, integer, integer}, bytes, RowKernel<ReplaceByte>);
  AddBytes(registry,
           {"set_bit", "(bytes BYTEA, index BIGINT, value INTEGER) → BYTEA",
            "The bytes with one bit replaced.", "set_bit('\\x1234'::bytea, 0, 1)", "\\x1334"},
           {bytes, bigint, integer}, bytes, RowKernel<ReplaceBit>);
  AddBytes(registry,
           {"bit_count", "(bytes BYTEA) → BIGINT", "How many bits are set.",
            "bit_count('\\x1234'::bytea)", "5"},
           {bytes}, bigint, Unary<std::string_view, int64_t>([](std::string_view value) {
             return CountBits(value);
           }));
  for (const std::string_view name : {"substring", "substr"}) {
    AddBytes(registry,
             {name, "(bytes BYTEA, from INTEGER) → BYTEA", "The bytes from a position on.",
              "substring('\\x010203'::bytea, 2)", "\\x0203"},
             {bytes, integer}, bytes, RowKernel<BytesFrom>);
  }
  for (const std::string_view name : {"position", "strpos"}) {
    AddBytes(registry,
             {name, "(bytes BYTEA, part BYTEA) → INTEGER",
              "Where the part begins, from 1; 0 when it is not there.",
              "position('\\x02'::bytea IN '\\x0102'::bytea)", "2"},
             {bytes, bytes}, integer, RowKernel<BytesPosition>);
  }
  AddBytes(registry,
           {"btrim", "(bytes BYTEA, set BYTEA) → BYTEA",
            "The bytes without those at both ends that are in the set.",
            "btrim('\\x00aa00'::bytea, '\\x00'::bytea)", "\\xaa"},
           {bytes, bytes}, bytes, RowKernel<TrimBytes<true, true>>);
  AddBytes(registry,
           {"ltrim", "(bytes BYTEA, set BYTEA) → BYTEA",
            "The bytes without those at the start that are in the set.",
            "ltrim('\\x00aa00'::bytea, '\\x00'::bytea)", "\\xaa00"},
           {bytes, bytes}, bytes, RowKernel<TrimBytes<true, false>>);
  AddBytes(registry,
           {"rtrim", "(bytes BYTEA, set BYTEA) → BYTEA",
            "The bytes without those at the end that are in the set.",
            "rtrim('\\x00aa00'::bytea, '\\x00'::bytea)", "\\x00aa"},
           {bytes, bytes}, bytes, RowKernel<TrimBytes<false, true>>);
  AddBytes(registry,
           {"overlay", "(bytes BYTEA, placing BYTEA, from INTEGER, count INTEGER) → BYTEA",
            "The bytes with so many replaced from a position on.",
            "overlay('\\x0102'::bytea PLACING '\\xff'::bytea FROM 2 FOR 1)", "\\x01ff"},
           {bytes, bytes, integer, integer}, bytes, RowKernel<OverlayBytes>);
  AddBytes(registry,
           {"overlay", "(bytes BYTEA, placing BYTEA, from INTEGER) → BYTEA",
            "The bytes with others laid over them from a position on.",
            "overlay('\\x010203'::bytea PLACING '\\xff'::bytea FROM 1)", "\\xff0203"},
           {bytes, bytes, integer}, bytes, RowKernel<OverlayAllBytes>);
  AddBytes(registry,
           {"reverse", "(bytes BYTEA) → BYTEA", "The bytes in reverse order.",
            "reverse('\\x0102'::bytea)", "\\x0201"},
           {bytes}, bytes, RowKernel<ReverseBytes>);
}

}  // namespace shale
