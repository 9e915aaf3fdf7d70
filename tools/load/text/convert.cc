#include "tools/load/text/convert.h"

#include <cstring>
#include <limits>

#include "engine/functions/json_text.h"
#include "engine/functions/utf8.h"
#include "fmt/format.h"
#include "simdjson.h"
#include "tools/load/text/fast_parse.h"

namespace shale {
namespace {

// Longer texts are not quoted in full in a reason.
constexpr size_t kMaxQuotedBytes = 200;
// Where an access log's time stands among its fields.
constexpr size_t kLogTimeField = 3;

constexpr int64_t kPowersOf10[19] = {1,
                                     10,
                                     100,
                                     1000,
                                     10000,
                                     100000,
                                     1000000,
                                     10000000,
                                     100000000,
                                     1000000000,
                                     10000000000,
                                     100000000000,
                                     1000000000000,
                                     10000000000000,
                                     100000000000000,
                                     1000000000000000,
                                     10000000000000000,
                                     100000000000000000,
                                     1000000000000000000};

// Why a text that is not TEXT is none.
std::string TextFault(std::string_view text) {
  if (const void* nul = std::memchr(text.data(), 0, text.size())) {
    return fmt::format("a NUL byte at byte {} of the value",
                       static_cast<const char*>(nul) - text.data() + 1);
  }
  size_t at = 0;
  while (at < text.size()) {
    const size_t next = NextChar(text, at);
    if (!simdjson::validate_utf8(text.data() + at, next - at)) break;
    at = next;
  }
  if (at == text.size()) return "invalid UTF-8";
  return fmt::format("invalid UTF-8 at byte {} of the value (0x{:02x})", at + 1,
                     static_cast<unsigned char>(text[at]));
}

bool IsText(std::string_view text) {
  return std::memchr(text.data(), 0, text.size()) == nullptr &&
         simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace

void ColumnReader::Begin(size_t max_rows) {
  vector_ = Vector::Flat(type_, max_rows);
  lists_.reset();
  if (type_.id() == TypeId::kList) lists_.emplace(type_, max_rows);
  arena_ = StringArena();
}

Vector ColumnReader::Finish(size_t num_rows, const ConvertState& state) {
  Vector out = lists_ ? lists_->Finish() : std::move(vector_);
  lists_.reset();
  vector_ = Vector();
  if (out.type().IsStringLike()) {
    out.AddHeap(state.block);
    out.AddHeap(arena_.heap());
  }
  return num_rows == out.size() ? out : out.Slice(0, num_rows);
}

bool ColumnReader::ValueText(const Field& field, const FieldBatch& batch, const ConvertState& state,
                             std::string_view* text) {
  *text = field.text(batch.base);
  if (!field.is_escaped()) return true;
  if (scratch_.size() < text->size()) scratch_.resize(text->size());
  size_t size = 0;
  if (!state.splitter->Unescape(*text, scratch_.data(), &size)) return false;
  *text = {scratch_.data(), size};
  return true;
}

void ColumnReader::Refuse(const FieldBatch& batch, size_t row, size_t first_row,
                          ConvertState* state, std::string reason) {
  state->bad[first_row + row] = 1;
  state->rejects->Add(batch.row_begin[row], batch.row_end[row], name_, std::move(reason));
}

void ColumnReader::RefuseValue(const FieldBatch& batch, size_t row, size_t first_row,
                               ConvertState* state, std::string_view text) {
  if (!IsText(text)) {
    Refuse(batch, row, first_row, state, TextFault(text));
  } else if (text.size() > kMaxQuotedBytes) {
    Refuse(batch, row, first_row, state,
           fmt::format("a text of {} bytes is no {}", text.size(), type_.ToString()));
  } else {
    Refuse(batch, row, first_row, state, std::string(Message(ParseError(text, type_))));
  }
}

void ColumnReader::Check(const FieldBatch& batch, size_t first_row, bool not_null,
                         int32_t max_length, ConvertState* state) {
  const uint64_t* const validity = vector_.validity();
  if (not_null && validity) {
    for (size_t row = 0; row < batch.num_rows; ++row) {
      if (BitIsSet(validity, first_row + row) || state->bad[first_row + row]) continue;
      Refuse(batch, row, first_row, state, "NULL in a NOT NULL column");
    }
  }
  if (max_length <= 0 || !type_.IsStringLike()) return;
  const auto limit = static_cast<size_t>(max_length);
  const std::string_view* const texts = vector_.values<std::string_view>() + first_row;
  for (size_t row = 0; row < batch.num_rows; ++row) {
    // No text has more characters than bytes.
    if (texts[row].size() <= limit || state->bad[first_row + row]) continue;
    if (validity && !BitIsSet(validity, first_row + row)) continue;
    if (CountChars(texts[row]) <= limit) continue;
    Refuse(batch, row, first_row, state,
           fmt::format("value too long for type character varying({})", max_length));
  }
}

// `fast(text, T*)` reads the common forms; what it refuses goes to ParseValue.
template <typename T, typename Fast>
void ColumnReader::ReadWith(const FieldBatch& batch, size_t first_row, ConvertState* state,
                            Fast fast) {
  T* const out = vector_.mutable_values<T>() + first_row;
  const Field* field = batch.fields.data() + source_;
  const uint8_t* const bad = state->bad.data() + first_row;
  uint64_t* validity = nullptr;
  for (size_t row = 0; row < batch.num_rows; ++row, field += batch.stride) {
    if (field->is_null()) {
      if (!validity) validity = vector_.mutable_validity();
      ClearBit(validity, first_row + row);
      out[row] = T{};
      continue;
    }
    std::string_view text = field->text(batch.base);
    if (!field->is_escaped() && fast(text, &out[row])) [[likely]]
      continue;
    out[row] = T{};
    if (bad[row]) continue;
    if (!ValueText(*field, batch, *state, &text)) {
      Refuse(batch, row, first_row, state, "a wrong escape");
    } else if (!ParseValue(text, type_, "UTC", &out[row], &parse_scratch_)) {
      out[row] = T{};
      RefuseValue(batch, row, first_row, state, text);
    }
  }
}

template <typename T>
void ColumnReader::ReadSigned(const FieldBatch& batch, size_t first_row, ConvertState* state) {
  ReadWith<T>(batch, first_row, state, [](std::string_view text, T* out) {
    int64_t value = 0;
    if (!fast_parse::Int64(text, &value) || value < std::numeric_limits<T>::min() ||
        value > std::numeric_limits<T>::max()) {
      return false;
    }
    *out = static_cast<T>(value);
    return true;
  });
}

template <typename T>
void ColumnReader::ReadUnsigned(const FieldBatch& batch, size_t first_row, ConvertState* state) {
  ReadWith<T>(batch, first_row, state, [](std::string_view text, T* out) {
    uint64_t value = 0;
    if (!fast_parse::Digits18(text.data(), text.size(), &value) ||
        value > std::numeric_limits<T>::max()) {
      return false;
    }
    *out = static_cast<T>(value);
    return true;
  });
}

template <typename T>
void ColumnReader::ReadDecimal(const FieldBatch& batch, size_t first_row, ConvertState* state) {
  const int scale = type_.scale();
  const int whole_digits = type_.precision() - scale;
  ReadWith<T>(batch, first_row, state, [scale, whole_digits](std::string_view text, T* out) {
    const bool negative = !text.empty() && text[0] == '-';
    if (negative) text.remove_prefix(1);
    const size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    const std::string_view fraction =
        point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
    const int missing = scale - static_cast<int>(fraction.size());
    uint64_t high = 0;
    uint64_t low = 0;
    // More digits than the scale are rounded elsewhere.
    if (missing < 0 || static_cast<int>(whole.size()) > whole_digits ||
        whole.size() + static_cast<size_t>(scale) > 18 ||
        !fast_parse::Digits18(whole.data(), whole.size(), &high) ||
        (!fraction.empty() && !fast_parse::Digits18(fraction.data(), fraction.size(), &low))) {
      return false;
    }
    const int64_t value = static_cast<int64_t>(high) * kPowersOf10[scale] +
                          static_cast<int64_t>(low) * kPowersOf10[missing];
    *out = negative ? -value : value;
    return true;
  });
}

void ColumnReader::ReadTimestamps(const FieldBatch& batch, size_t first_row, ConvertState* state) {
  if (state->format == TextFormat::kCombined && source_ == kLogTimeField) {
    ReadWith<int64_t>(batch, first_row, state, [](std::string_view text, int64_t* out) {
      return fast_parse::LogTimestamp(text, out);
    });
    return;
  }
  // Where wall time is wanted, an offset is not this function's to judge.
  const bool with_offset = type_.id() == TypeId::kTimestampTz;
  ReadWith<int64_t>(batch, first_row, state, [with_offset](std::string_view text, int64_t* out) {
    bool has_offset = false;
    return fast_parse::Timestamp(text, out, &has_offset) && (with_offset || !has_offset);
  });
}

void ColumnReader::ReadText(const FieldBatch& batch, size_t first_row, ConvertState* state) {
  std::string_view* const out = vector_.mutable_values<std::string_view>() + first_row;
  const Field* field = batch.fields.data() + source_;
  const char* const base = batch.base;
  const bool valid_utf8 = state->valid_utf8;
  uint64_t* validity = nullptr;
  for (size_t row = 0; row < batch.num_rows; ++row, field += batch.stride) {
    if (field->is_null()) {
      if (!validity) validity = vector_.mutable_validity();
      ClearBit(validity, first_row + row);
      out[row] = {};
      continue;
    }
    std::string_view text = field->text(base);
    if (field->is_escaped()) {
      char* const bytes = arena_.Allocate(text.size());
      size_t size = 0;
      if (!state->splitter->Unescape(text, bytes, &size)) {
        out[row] = {};
        if (!state->bad[first_row + row]) {
          Refuse(batch, row, first_row, state, "escapes that make no text (or a NUL)");
        }
        continue;
      }
      text = {bytes, size};
    }
    if (!valid_utf8 && !IsText(text)) [[unlikely]] {
      out[row] = {};
      if (!state->bad[first_row + row]) {
        Refuse(batch, row, first_row, state, TextFault(text));
      }
      continue;
    }
    out[row] = text;
  }
}

void ColumnReader::ReadJson(const FieldBatch& batch, size_t first_row, ConvertState* state) {
  if (state->format != TextFormat::kNdjson) {
    ReadBytes(batch, first_row, state);
    return;
  }
  // The splitter has checked it: what stands in the line is the value, a string with its quotes.
  std::string_view* const out = vector_.mutable_values<std::string_view>() + first_row;
  const Field* field = batch.fields.data() + source_;
  for (size_t row = 0; row < batch.num_rows; ++row, field += batch.stride) {
    if (field->is_null()) {
      vector_.SetNull(first_row + row);
      out[row] = {};
      continue;
    }
    std::string_view text = field->text(batch.base);
    if (field->is_quoted()) text = {text.data() - 1, text.size() + 2};
    out[row] = text;
  }
}

// Strings that ParseValue makes: BYTEA, INET, JSON from a text field.
void ColumnReader::ReadBytes(const FieldBatch& batch, size_t first_row, ConvertState* state) {
  const bool is_inet = type_.id() == TypeId::kInet;
  std::string_view* const out = vector_.mutable_values<std::string_view>() + first_row;
  const Field* field = batch.fields.data() + source_;
  std::string_view last_text;
  std::string_view last_value;
  for (size_t row = 0; row < batch.num_rows; ++row, field += batch.stride) {
    out[row] = {};
    if (field->is_null()) {
      vector_.SetNull(first_row + row);
      continue;
    }
    if (state->bad[first_row + row]) continue;
    std::string_view text = field->text(batch.base);
    // The same visitor often comes twice in a row.
    if (is_inet && text == last_text && !last_value.empty()) {
      out[row] = last_value;
      continue;
    }
    char address[6];
    if (is_inet && fast_parse::Ipv4(text, address)) {
      last_text = text;
      last_value = arena_.Add({address, sizeof(address)});
      out[row] = last_value;
      continue;
    }
    std::string_view value;
    if (!ValueText(*field, batch, *state, &text)) {
      Refuse(batch, row, first_row, state, "a wrong escape");
    } else if (!state->valid_utf8 && !IsText(text)) {
      Refuse(batch, row, first_row, state, TextFault(text));
    } else if (!ParseValue(text, type_, "UTC", &value, &parse_scratch_)) {
      RefuseValue(batch, row, first_row, state, text);
    } else {
      out[row] = arena_.Add(value);
    }
  }
}

namespace {

// Appends a JSON array as a list; an error leaves `out` as it was.
Status AppendJsonList(std::string_view json, VectorBuilder* out) {
  VectorBuilder* const items = &out->child();
  const Type& type = items->type();
  const size_t begin = items->size();
  const auto append = [&](std::string_view value, std::string* buffer) -> Status {
    const JsonKind kind = JsonKindOf(value);
    std::string_view text = value;
    if (kind == JsonKind::kNull) {
      items->AppendNull();
      return OkStatus();
    }
    if (kind == JsonKind::kArray && type.id() == TypeId::kList) {
      return AppendJsonList(value, items);
    }
    if (type.id() == TypeId::kList) return InvalidArgument("an array is expected: {}", value);
    if (type.id() != TypeId::kJson) {
      if (kind == JsonKind::kArray || kind == JsonKind::kObject) {
        return InvalidArgument("an element is no {} but {}", type.ToString(), JsonKindName(kind));
      }
      if (kind == JsonKind::kString && !JsonUnquote(value, buffer, &text)) {
        return InvalidArgument("an escape that is no character: {}", value);
      }
    }
    return AppendParsed(text, "UTC", items) ? OkStatus() : ParseError(text, type);
  };
  std::string buffer;
  JsonItems elements(json);
  while (elements.Next()) {
    Status status = append(elements.value(), &buffer);
    if (!status.ok()) {
      items->Truncate(begin);
      return status;
    }
  }
  out->EndList();
  return OkStatus();
}

}  // namespace

// JSON arrays; elsewhere, and in JSON's strings, PostgreSQL's {1,2,NULL}.
void ColumnReader::ReadLists(const FieldBatch& batch, size_t first_row, ConvertState* state) {
  const Field* field = batch.fields.data() + source_;
  for (size_t row = 0; row < batch.num_rows; ++row, field += batch.stride) {
    std::string_view text;
    if (state->bad[first_row + row] || field->is_null()) {
      if (field->is_null()) vector_.SetNull(first_row + row);
      lists_->AppendNull();
      continue;
    }
    Status status;
    if (!ValueText(*field, batch, *state, &text)) {
      status = InvalidArgument("a wrong escape");
    } else if (!state->valid_utf8 && !IsText(text)) {
      status = InvalidArgument("{}", TextFault(text));
    } else if (field->is_nested()) {
      status = text.starts_with('[')
                   ? AppendJsonList(text, &*lists_)
                   : InvalidArgument("an object where {} is expected", type_.ToString());
    } else {
      status = ParseList(text, "UTC", &*lists_);
    }
    if (status.ok()) continue;
    lists_->AppendNull();
    Refuse(batch, row, first_row, state, std::string(Message(status)));
  }
}

void ColumnReader::Read(const FieldBatch& batch, size_t first_row, ConvertState* state) {
  switch (type_.id()) {
    case TypeId::kTinyInt: return ReadSigned<int8_t>(batch, first_row, state);
    case TypeId::kSmallInt: return ReadSigned<int16_t>(batch, first_row, state);
    case TypeId::kInteger: return ReadSigned<int32_t>(batch, first_row, state);
    case TypeId::kBigInt: return ReadSigned<int64_t>(batch, first_row, state);
    case TypeId::kUTinyInt: return ReadUnsigned<uint8_t>(batch, first_row, state);
    case TypeId::kUSmallInt: return ReadUnsigned<uint16_t>(batch, first_row, state);
    case TypeId::kUInteger: return ReadUnsigned<uint32_t>(batch, first_row, state);
    case TypeId::kUBigInt: return ReadUnsigned<uint64_t>(batch, first_row, state);
    case TypeId::kBoolean:
      return ReadWith<uint8_t>(batch, first_row, state, fast_parse::BooleanWord);
    case TypeId::kDouble: return ReadWith<double>(batch, first_row, state, fast_parse::Double);
    case TypeId::kReal:
      // Not through a double, which would round twice.
      return ReadWith<float>(batch, first_row, state,
                             [](std::string_view, float*) { return false; });
    case TypeId::kDecimal:
      if (type_.physical() == PhysicalType::kInt64) {
        return ReadDecimal<int64_t>(batch, first_row, state);
      }
      return ReadDecimal<int128_t>(batch, first_row, state);
    case TypeId::kDate: return ReadWith<int32_t>(batch, first_row, state, fast_parse::Date);
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz: return ReadTimestamps(batch, first_row, state);
    case TypeId::kInterval:
      return ReadWith<Interval>(batch, first_row, state,
                                [](std::string_view, Interval*) { return false; });
    case TypeId::kUuid: return ReadWith<int128_t>(batch, first_row, state, fast_parse::Uuid);
    case TypeId::kText: return ReadText(batch, first_row, state);
    case TypeId::kJson: return ReadJson(batch, first_row, state);
    case TypeId::kBytea:
    case TypeId::kInet: return ReadBytes(batch, first_row, state);
    case TypeId::kList: return ReadLists(batch, first_row, state);
    case TypeId::kNull:
    case TypeId::kStruct: SHALE_CHECK(false);  // MakeTextParser refuses them
  }
}

void MarkNullText(std::string_view null_text, TextFormat format, FieldBatch* batch) {
  const size_t count = batch->num_rows * batch->stride;
  Field* const fields = batch->fields.data();
  for (size_t i = 0; i < count; ++i) {
    const Field field = fields[i];
    if (field.size() != null_text.size() || field.is_null() || field.is_escaped()) continue;
    if (format == TextFormat::kCsv && field.is_quoted()) continue;
    if (std::memcmp(batch->base + field.begin, null_text.data(), null_text.size()) == 0) {
      fields[i].bits = Field::kNull;
    }
  }
}

}  // namespace shale
