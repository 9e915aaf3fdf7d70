// INET: addresses of both families with a prefix length (see type.h for the bytes).
#include <algorithm>

#include "engine/functions/families.h"
#include "engine/functions/kernels.h"
#include "engine/functions/row_kernel.h"
#include "engine/functions/value_format.h"

namespace shale {
namespace {

size_t AddressSize(std::string_view inet) { return InetAddressSize(inet); }
int PrefixOf(std::string_view inet) { return InetPrefix(inet); }
bool IsInet(std::string_view inet) { return InetAddressSize(inet) != 0; }
bool OneFamily(std::string_view a, std::string_view b) {
  return InetAddressSize(a) == InetAddressSize(b);
}

std::string_view KeepText(void (*append)(std::string_view, std::string*), std::string_view inet,
                          StringArena* arena) {
  std::string text;
  append(inet, &text);
  return arena->Add(text);
}

// The bits behind the prefix set to `host_bits`, the prefix length to `prefix`.
std::string_view Masked(std::string_view inet, bool host_bits, bool all_of_network, int prefix,
                        StringArena* arena) {
  if (!IsInet(inet)) return {};
  uint8_t address[16];
  const size_t size = AddressSize(inet);
  for (size_t i = 0; i < size; ++i) {
    const int bits = std::clamp(PrefixOf(inet) - static_cast<int>(i) * 8, 0, 8);
    const auto mask = static_cast<uint8_t>(0xff00 >> bits);
    uint8_t byte = InetAddress(inet)[i];
    byte = all_of_network ? mask : static_cast<uint8_t>(byte & mask);
    if (host_bits) byte |= static_cast<uint8_t>(~mask);
    address[i] = byte;
  }
  std::string bytes;
  AssignInet(inet[0], address, prefix, &bytes);
  return arena->Add(bytes);
}

int MaxPrefix(std::string_view inet) { return static_cast<int>(AddressSize(inet)) * 8; }

// Whether `inner` lies in `outer` (its network, at least as long a prefix).
bool Contains(std::string_view outer, std::string_view inner, bool strictly) {
  if (!IsInet(outer) || !OneFamily(outer, inner)) return false;
  const int prefix = PrefixOf(outer);
  if (PrefixOf(inner) < prefix + (strictly ? 1 : 0)) return false;
  for (int i = 0; i * 8 < prefix; ++i) {
    const int bits = std::min(prefix - i * 8, 8);
    const auto mask = static_cast<uint8_t>(0xff00 >> bits);
    if ((InetAddress(outer)[i] ^ InetAddress(inner)[i]) & mask) return false;
  }
  return true;
}

// ---- arithmetic
// ----------------------------------------------------------------------------------

// The address's bytes as a number, and back with the family and prefix of `like`.
uint128_t NumberOf(std::string_view inet) {
  uint128_t number = 0;
  for (size_t i = 0; i < AddressSize(inet); ++i) {
    number = number << 8 | InetAddress(inet)[i];
  }
  return number;
}
std::string_view AddressOf(RowState& row, uint128_t number, std::string_view like, int prefix) {
  uint8_t address[16];
  for (size_t i = AddressSize(like); i-- > 0; number >>= 8) {
    address[i] = static_cast<uint8_t>(number);
  }
  std::string& out = row.scratch();
  AssignInet(like[0], address, prefix, &out);
  return row.Keep(out);
}
bool SameSize(RowState& row, std::string_view a, std::string_view b, std::string_view operation) {
  if (OneFamily(a, b)) return true;
  row.Fail(InvalidArgument("cannot {} inet values of different sizes", operation));
  return false;
}

std::string_view Moved(RowState& row, std::string_view inet, int64_t distance) {
  const uint128_t number = NumberOf(inet);
  const uint128_t moved = number + static_cast<uint128_t>(static_cast<int128_t>(distance));
  const bool wrapped = distance < 0 ? moved > number : moved < number;
  if (wrapped || (AddressSize(inet) == 4 && moved >> 32 != 0)) {
    row.Fail(OutOfRange("result is out of range"));
    return {};
  }
  return AddressOf(row, moved, inet, PrefixOf(inet));
}
std::string_view MovedBy(RowState& row, int64_t distance, std::string_view inet) {
  return Moved(row, inet, distance);
}
std::string_view MovedBack(RowState& row, std::string_view inet, int64_t distance) {
  if (distance == INT64_MIN) {
    row.Fail(OutOfRange("result is out of range"));
    return {};
  }
  return Moved(row, inet, -distance);
}
int64_t Distance(RowState& row, std::string_view a, std::string_view b) {
  if (!SameSize(row, a, b, "subtract")) return 0;
  const auto distance = static_cast<int128_t>(NumberOf(a) - NumberOf(b));
  if (distance != static_cast<int64_t>(distance)) {
    row.Fail(OutOfRange("result is out of range"));
    return 0;
  }
  return static_cast<int64_t>(distance);
}
std::string_view Turned(RowState& row, std::string_view inet) {
  return AddressOf(row, ~NumberOf(inet), inet, PrefixOf(inet));
}
template <bool kAnd>
std::string_view Combined(RowState& row, std::string_view a, std::string_view b) {
  if (!SameSize(row, a, b, kAnd ? "AND" : "OR")) return {};
  const uint128_t number = kAnd ? NumberOf(a) & NumberOf(b) : NumberOf(a) | NumberOf(b);
  return AddressOf(row, number, a, std::max(PrefixOf(a), PrefixOf(b)));
}
bool Overlap(std::string_view a, std::string_view b) {
  return Contains(a, b, false) || Contains(b, a, false);
}
std::string_view Merged(RowState& row, std::string_view a, std::string_view b) {
  if (!OneFamily(a, b)) {
    row.Fail(InvalidArgument("cannot merge addresses from different families"));
    return {};
  }
  const int bits = MaxPrefix(a);
  const uint128_t differing = NumberOf(a) ^ NumberOf(b);
  int prefix = std::min(PrefixOf(a), PrefixOf(b));
  while (prefix > 0 && (differing >> (bits - prefix)) != 0) --prefix;
  const uint128_t host = prefix == 0 ? ~uint128_t{0} : (uint128_t{1} << (bits - prefix)) - 1;
  return AddressOf(row, NumberOf(a) & ~host, a, prefix);
}

ScalarFunction Row(std::string name, std::vector<Type> args, Type result, std::string signature,
                   std::string summary, std::string example, std::string example_result,
                   ScalarKernel kernel) {
  ScalarFunction row;
  row.name = std::move(name);
  row.category = "network";
  row.signature = std::move(signature);
  row.summary = std::move(summary);
  row.example = std::move(example);
  row.example_result = std::move(example_result);
  row.args = std::move(args);
  row.result = std::move(result);
  row.kernel = kernel;
  return row;
}

}  // namespace

void RegisterNetwork(Registry* registry) {
  using View = std::string_view;
  const Type inet(TypeId::kInet), text(TypeId::kText), integer(TypeId::kInteger),
      boolean(TypeId::kBoolean);
  registry->Add(Row("host", {inet}, text, "(address INET) → TEXT",
                    "The address without its prefix length.", "host(INET '10.1.2.3/8')", "10.1.2.3",
                    StringUnary<View>([](View a, StringArena* arena) {
                      return KeepText(&AppendInetAddress, a, arena);
                    })));
  registry->Add(Row("abbrev", {inet}, text, "(address INET) → TEXT",
                    "The address as it is printed.", "abbrev(INET '10.1.0.0/16')", "10.1.0.0/16",
                    StringUnary<View>([](View a, StringArena* arena) {
                      return KeepText(&AppendInet, a, arena);
                    })));
  registry->Add(Row("family", {inet}, integer, "(address INET) → INTEGER",
                    "4 for an IPv4 address, 6 for IPv6.", "family(INET '::1')", "6",
                    Unary<View, int32_t>([](View a) { return a.empty() ? 0 : int32_t{a[0]}; })));
  registry->Add(Row("masklen", {inet}, integer, "(address INET) → INTEGER", "The prefix length.",
                    "masklen(INET '192.168.1.5/24')", "24",
                    Unary<View, int32_t>([](View a) { return a.empty() ? 0 : PrefixOf(a); })));
  registry->Add(Row("network", {inet}, inet, "(address INET) → INET",
                    "The network that the address is in: the bits behind the prefix cleared.",
                    "network(INET '192.168.1.5/24')", "192.168.1.0/24",
                    StringUnary<View>([](View a, StringArena* arena) {
                      return Masked(a, false, false, a.empty() ? 0 : PrefixOf(a), arena);
                    })));
  registry->Add(Row("broadcast", {inet}, inet, "(address INET) → INET",
                    "The last address of the address's network.",
                    "broadcast(INET '192.168.1.5/24')", "192.168.1.255/24",
                    StringUnary<View>([](View a, StringArena* arena) {
                      return Masked(a, true, false, a.empty() ? 0 : PrefixOf(a), arena);
                    })));
  registry->Add(Row("netmask", {inet}, inet, "(address INET) → INET",
                    "The mask of the address's network.", "netmask(INET '192.168.1.5/24')",
                    "255.255.255.0", StringUnary<View>([](View a, StringArena* arena) {
                      return Masked(a, false, true, a.empty() ? 0 : MaxPrefix(a), arena);
                    })));
  registry->Add(Row("hostmask", {inet}, inet, "(address INET) → INET",
                    "The mask of the address's bits behind its prefix.",
                    "hostmask(INET '192.168.23.20/30')", "0.0.0.3",
                    StringUnary<View>([](View a, StringArena* arena) -> View {
                      if (!IsInet(a)) return {};
                      const View mask = Masked(a, false, true, MaxPrefix(a), arena);
                      char* out = arena->Allocate(mask.size());
                      for (size_t i = 0; i < mask.size(); ++i) out[i] = mask[i];
                      for (size_t i = 1; i + 1 < mask.size(); ++i) {
                        out[i] = static_cast<char>(~out[i]);
                      }
                      return {out, mask.size()};
                    })));
  registry->Add(Row("set_masklen", {inet, integer}, inet, "(address INET, length INTEGER) → INET",
                    "The address with another prefix length, -1 for the longest.",
                    "set_masklen(INET '192.168.1.5/24', 16)", "192.168.1.5/16",
                    [](const KernelCall& call, Vector* result) {
                      const Arg<View> address(call.args[0]);
                      const Arg<int32_t> length(call.args[1]);
                      StringArena arena;
                      std::string bytes;
                      auto* out = result->mutable_values<View>();
                      for (size_t row = 0; row < call.num_rows; ++row) {
                        if (result->has_nulls() && !BitIsSet(result->validity(), row)) continue;
                        const View a = address[row];
                        const int bits = length[row] == -1 ? MaxPrefix(a) : length[row];
                        if (bits < 0 || bits > MaxPrefix(a))
                          return InvalidArgument("invalid mask length: {}", bits);
                        if (!IsInet(a)) continue;
                        AssignInet(a[0], InetAddress(a), bits, &bytes);
                        out[row] = arena.Add(bytes);
                      }
                      result->AddHeap(arena.heap());
                      return OkStatus();
                    }));
  const Type bigint(TypeId::kBigInt);
  registry->Add(Row("+", {inet, bigint}, inet, "(address INET, distance BIGINT) → INET",
                    "The address so many behind.", "INET '192.168.1.5' + 10", "192.168.1.15",
                    RowKernel<Moved>));
  registry->Add(Row("+", {bigint, inet}, inet, "(distance BIGINT, address INET) → INET",
                    "The address so many behind.", "10 + INET '192.168.1.5'", "192.168.1.15",
                    RowKernel<MovedBy>));
  registry->Add(Row("-", {inet, bigint}, inet, "(address INET, distance BIGINT) → INET",
                    "The address so many before.", "INET '192.168.1.5' - 5", "192.168.1.0",
                    RowKernel<MovedBack>));
  registry->Add(Row("-", {inet, inet}, bigint, "(a INET, b INET) → BIGINT",
                    "How many addresses lie between.", "INET '192.168.1.43' - INET '192.168.1.19'",
                    "24", RowKernel<Distance>));
  registry->Add(Row("~", {inet}, inet, "(address INET) → INET", "Every bit turned over.",
                    "~ INET '192.168.1.6'", "63.87.254.249", RowKernel<Turned>));
  registry->Add(Row("&", {inet, inet}, inet, "(a INET, b INET) → INET",
                    "The bits set on both sides.", "INET '192.168.1.6' & INET '0.0.0.255'",
                    "0.0.0.6", RowKernel<Combined<true>>));
  registry->Add(Row("|", {inet, inet}, inet, "(a INET, b INET) → INET",
                    "The bits set on either side.", "INET '192.168.1.6' | INET '0.0.0.255'",
                    "192.168.1.255", RowKernel<Combined<false>>));
  registry->Add(Row("&&", {inet, inet}, boolean, "(a INET, b INET) → BOOLEAN",
                    "Whether one network holds the other.",
                    "INET '192.168.1.0/24' && INET '192.168.1.80/28'", "t",
                    Binary<View, View, uint8_t>([](View a, View b) { return Overlap(a, b); })));
  registry->Add(Row("inet_merge", {inet, inet}, inet, "(a INET, b INET) → INET",
                    "The smallest network that holds both.",
                    "inet_merge(INET '192.168.1.5/24', INET '192.168.2.5/24')", "192.168.0.0/22",
                    RowKernel<Merged>));
  registry->Add(Row("inet_same_family", {inet, inet}, boolean, "(a INET, b INET) → BOOLEAN",
                    "Whether both addresses are of one family.",
                    "inet_same_family(INET '10.0.0.1', INET '::1')", "f",
                    Binary<View, View, uint8_t>([](View a, View b) { return OneFamily(a, b); })));
  registry->Add(
      Row("<<", {inet, inet}, boolean, "(inner INET, outer INET) → BOOLEAN",
          "Whether the left network lies inside the right one and is smaller.",
          "INET '10.1.2.3' << INET '10.0.0.0/8'", "t",
          Binary<View, View, uint8_t>([](View a, View b) { return Contains(b, a, true); })));
  registry->Add(
      Row("<<=", {inet, inet}, boolean, "(inner INET, outer INET) → BOOLEAN",
          "Whether the left network lies inside the right one or is the same.",
          "INET '10.0.0.0/8' <<= INET '10.0.0.0/8'", "t",
          Binary<View, View, uint8_t>([](View a, View b) { return Contains(b, a, false); })));
  registry->Add(
      Row(">>", {inet, inet}, boolean, "(outer INET, inner INET) → BOOLEAN",
          "Whether the right network lies inside the left one and is smaller.",
          "INET '10.0.0.0/8' >> INET '10.1.2.3'", "t",
          Binary<View, View, uint8_t>([](View a, View b) { return Contains(a, b, true); })));
  registry->Add(
      Row(">>=", {inet, inet}, boolean, "(outer INET, inner INET) → BOOLEAN",
          "Whether the right network lies inside the left one or is the same.",
          "INET '10.0.0.0/8' >>= INET '10.0.0.0/8'", "t",
          Binary<View, View, uint8_t>([](View a, View b) { return Contains(a, b, false); })));
}

}  // namespace shale
