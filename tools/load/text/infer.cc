#include "tools/load/text/infer.h"

#include <algorithm>

#include "engine/functions/json_text.h"
#include "tools/load/text/fast_parse.h"

namespace shale {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// One to eight groups of hexadecimal digits around at most one "::", perhaps an IPv4 tail.
bool LooksLikeIpv6(std::string_view text) {
  if (text.size() < 2 || text.size() > 45) return false;
  int groups = 0;
  bool gap = false;
  size_t i = 0;
  if (text.starts_with("::")) {
    gap = true;
    i = 2;
    if (text.size() == 2) return true;
  } else if (text[0] == ':') {
    return false;
  }
  while (i < text.size()) {
    const size_t begin = i;
    while (i < text.size() && i - begin < 5 &&
           (IsDigit(text[i]) || ((text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'f'))) {
      ++i;
    }
    if (i < text.size() && text[i] == '.') {
      char bytes[6];
      if (!fast_parse::Ipv4(text.substr(begin), bytes)) return false;
      groups += 2;
      i = text.size();
      break;
    }
    if (i == begin || i - begin > 4) return false;
    ++groups;
    if (i == text.size()) break;
    if (text[i] != ':') return false;
    ++i;
    if (i < text.size() && text[i] == ':') {
      if (gap) return false;
      gap = true;
      ++i;
    } else if (i == text.size()) {
      return false;
    }
  }
  return gap ? groups < 8 : groups == 8;
}

bool LooksLikeInet(std::string_view text) {
  const size_t slash = text.rfind('/');
  const std::string_view address = text.substr(0, slash);
  char bytes[6];
  const bool is_v4 = fast_parse::Ipv4(address, bytes);
  if (!is_v4 && !LooksLikeIpv6(address)) return false;
  if (slash == std::string_view::npos) return true;
  uint64_t prefix = 0;
  return text.size() - slash <= 4 &&
         fast_parse::Digits18(text.data() + slash + 1, text.size() - slash - 1, &prefix) &&
         prefix <= (is_v4 ? 32 : 128);
}

}  // namespace

// The numeric types that hold the number as it is written.
uint32_t TypeGuess::NumberKinds(std::string_view text, bool* finite) {
  *finite = false;
  if (text == "NaN" || text == "nan" || text == "Infinity" || text == "-Infinity" ||
      text == "inf" || text == "-inf") {
    return kDouble;
  }
  std::string_view digits = text;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  if (digits.empty() || !(IsDigit(digits[0]) || digits[0] == '.')) return 0;
  if (digits.size() > 1 && digits[0] == '0' && IsDigit(digits[1])) return 0;
  if (std::all_of(digits.begin(), digits.end(), IsDigit)) {
    if (digits.size() > kMaxDecimalPrecision) return 0;
    *finite = true;
    int64_t value = 0;
    return fast_parse::Int64(text, &value) ? kNumeric : kDecimal | kDouble;
  }
  double value = 0;
  if (!fast_parse::Double(text, &value)) return 0;
  *finite = true;
  return kDouble;
}

uint32_t TypeGuess::TimeKinds(std::string_view text) {
  int64_t micros = 0;
  bool has_offset = false;
  if (!fast_parse::Timestamp(text, &micros, &has_offset)) return 0;
  min_micros_ = std::min(min_micros_, micros);
  max_micros_ = std::max(max_micros_, micros);
  if (has_offset) return kTimestampTz;
  return text.size() == 10 ? kTime : kTimestamp | kTimestampTz;
}

void TypeGuess::AddText(std::string_view text) {
  ++num_values_;
  if (possible_ == 0) return;
  uint32_t fits = 0;
  if (possible_ & kNumeric) {
    bool finite = false;
    fits |= NumberKinds(text, &finite);
    has_finite_ |= finite;
  }
  uint8_t word = 0;
  int128_t uuid = 0;
  if ((possible_ & kTime) && fits == 0) fits |= TimeKinds(text);
  if ((possible_ & kBoolean) && fast_parse::BooleanWord(text, &word)) fits |= kBoolean;
  if ((possible_ & kUuid) && fast_parse::Uuid(text, &uuid)) fits |= kUuid;
  if ((possible_ & kInet) && LooksLikeInet(text)) fits |= kInet;
  possible_ &= fits;
}

void TypeGuess::AddJson(const Field& field, std::string_view text) {
  if (field.is_nested()) {
    ++num_values_;
    only_arrays_ &= num_values_ == 1 || has_nested_;
    has_nested_ = true;
    possible_ = 0;
    AddArray(text);
    return;
  }
  only_arrays_ = false;
  const uint32_t before = possible_;
  if (!field.is_quoted()) {
    // true, false, or a number.
    possible_ &= text[0] == 't' || text[0] == 'f' ? kBoolean : kNumeric;
    if (possible_ == 0) {
      ++num_values_;
      return;
    }
    AddText(text);
    return;
  }
  possible_ = before & ~(kNumeric | kBoolean);
  AddText(text);
}

void TypeGuess::AddArray(std::string_view json) {
  if (!only_arrays_) return;
  if (JsonKindOf(TrimJson(json)) != JsonKind::kArray) {
    only_arrays_ = false;
    return;
  }
  if (!elements_) elements_ = std::make_unique<TypeGuess>();
  JsonItems items(TrimJson(json));
  std::string buffer;
  while (items.Next() && only_arrays_) {
    const JsonKind kind = JsonKindOf(items.value());
    if (kind == JsonKind::kNull) {
      elements_->AddNull();
      continue;
    }
    Field field;
    std::string_view text = items.value();
    field.bits = kind == JsonKind::kString ? Field::kQuoted : 0;
    only_arrays_ = kind != JsonKind::kArray && kind != JsonKind::kObject &&
                   (kind != JsonKind::kString || JsonUnquote(items.value(), &buffer, &text));
    element_kinds_ |= 1u << static_cast<int>(kind);
    only_arrays_ &= (element_kinds_ & (element_kinds_ - 1)) == 0;
    if (only_arrays_) elements_->AddJson(field, text);
  }
}

void TypeGuess::AddInstant(int64_t micros) {
  ++num_values_;
  possible_ &= kTimestampTz;
  min_micros_ = std::min(min_micros_, micros);
  max_micros_ = std::max(max_micros_, micros);
}

Type TypeGuess::Decide() const {
  if (has_nested_ && only_arrays_ && element_kinds_ != 0) return Type::List(elements_->Decide());
  if (has_nested_) return TypeId::kJson;
  if (num_values_ == 0) return TypeId::kText;
  if (possible_ & kBoolean) return TypeId::kBoolean;
  if (possible_ & kBigInt) return TypeId::kBigInt;
  if (possible_ & kDecimal) return Type::Decimal(kMaxDecimalPrecision, 0);
  if ((possible_ & kDouble) && has_finite_) return TypeId::kDouble;
  if (possible_ & kDate) return TypeId::kDate;
  if (possible_ & kTimestamp) return TypeId::kTimestamp;
  if (possible_ & kTimestampTz) return TypeId::kTimestampTz;
  if (possible_ & kUuid) return TypeId::kUuid;
  if (possible_ & kInet) return TypeId::kInet;
  return TypeId::kText;
}

}  // namespace shale
