// What rows must satisfy before they are stored, and the partitions that they fall into.
#include <algorithm>
#include <map>

#include <simdjson.h>

#include "storage/table/store_core.h"

namespace shale {
namespace {

bool IsUtf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

int64_t CountCharacters(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; });
}

// Checks one text value; `describe` is called only for an error.
struct TextRule {
  bool utf8;
  int32_t max_length;  // characters; 0 is no limit

  bool Holds(std::string_view text) const {
    if (utf8 && !IsUtf8(text)) return false;
    return max_length == 0 || text.size() <= static_cast<size_t>(max_length) ||
           CountCharacters(text) <= max_length;
  }
  Status Explain(const TableSchema& schema, const ColumnSchema& column, std::string_view text,
                 uint64_t row) const {
    if (utf8 && !IsUtf8(text)) {
      // The longest valid beginning ends where the trouble begins; a cut character is 3 bytes at
      // most.
      size_t at = text.size();
      while (at > 0 && !IsUtf8(text.substr(0, at))) --at;
      return InvalidArgument(
          "column \"{}\" of table \"{}\", row {}: the text is not valid UTF-8 near "
          "byte {}; convert it to UTF-8 or use a BYTEA column",
          column.name, schema.name, row + 1, at + 1);
    }
    return InvalidArgument(
        "value too long for column \"{}\" of table \"{}\", row {}: {} characters, "
        "the type allows {}",
        column.name, schema.name, row + 1, CountCharacters(text), max_length);
  }
};

Status CheckTexts(const TableSchema& schema, const ColumnSchema& column, const Vector& vector,
                  uint64_t first_row) {
  TextRule rule{column.type.id() == TypeId::kText || column.type.id() == TypeId::kJson,
                column.max_length};
  if (!rule.utf8 && rule.max_length == 0) return OkStatus();
  if (vector.is_constant()) {
    if (vector.is_constant_null() || vector.size() == 0) return OkStatus();
    std::string_view text = vector.values<std::string_view>()[0];
    return rule.Holds(text) ? OkStatus() : rule.Explain(schema, column, text, first_row);
  }
  const std::string_view* texts;
  std::vector<uint8_t> bad;  // dictionary entries that break the rule, once known
  if (vector.is_dictionary() && vector.dictionary()->size() <= 2 * vector.size()) {
    const Dictionary& dictionary = *vector.dictionary();
    texts = dictionary.values.values<std::string_view>();
    bad.resize(dictionary.size());
    bool any = false;
    for (size_t i = 0; i < bad.size(); ++i) any |= bad[i] = !rule.Holds(texts[i]);
    if (!any) return OkStatus();
    for (size_t row = 0; row < vector.size(); ++row) {
      if (vector.IsNull(row) || !bad[vector.codes()[row]]) continue;
      return rule.Explain(schema, column, texts[vector.codes()[row]], first_row + row);
    }
    return OkStatus();
  }
  Vector flat = vector.Flatten();
  texts = flat.values<std::string_view>();
  const uint64_t* validity = flat.validity();
  for (size_t row = 0; row < flat.size(); ++row) {
    if (validity && !BitIsSet(validity, row)) continue;
    if (!rule.Holds(texts[row])) return rule.Explain(schema, column, texts[row], first_row + row);
  }
  return OkStatus();
}

// The texts in lists.
Status CheckLists(const TableSchema& schema, const ColumnSchema& column, const Vector& vector,
                  uint64_t first_row) {
  const Vector flat = vector.Flatten();
  ColumnSchema element = column;
  element.type = column.type.child();
  element.max_length = 0;
  if (element.type.id() == TypeId::kList) {
    return CheckLists(schema, element, flat.children()[0], first_row);
  }
  if (!element.type.IsStringLike()) return OkStatus();
  const TextRule rule{element.type.id() == TypeId::kText || element.type.id() == TypeId::kJson, 0};
  if (!rule.utf8) return OkStatus();
  const Vector items = flat.children()[0].Flatten();
  const auto* entries = flat.values<ListEntry>();
  for (size_t row = 0; row < flat.size(); ++row) {
    if (flat.IsNull(row) || entries[row].length == 0) continue;
    for (uint32_t i = entries[row].offset; i < entries[row].offset + entries[row].length; ++i) {
      const std::string_view text = items.values<std::string_view>()[i];
      if (!items.IsNull(i) && !rule.Holds(text)) {
        return rule.Explain(schema, column, text, first_row + row);
      }
    }
  }
  return OkStatus();
}

}  // namespace

Status CheckRows(const TableSchema& schema, const Chunk& rows, uint64_t first_row) {
  if (rows.columns.size() != schema.columns.size()) {
    return InvalidArgument("table \"{}\" has {} columns, the rows have {}", schema.name,
                           schema.columns.size(), rows.columns.size());
  }
  for (size_t i = 0; i < rows.columns.size(); ++i) {
    const ColumnSchema& column = schema.columns[i];
    const Vector& vector = rows.columns[i];
    if (!(vector.type() == column.type)) {
      return InvalidArgument("column \"{}\" of table \"{}\" is {}, the rows have {}", column.name,
                             schema.name, column.type.ToString(), vector.type().ToString());
    }
    if (vector.size() != rows.num_rows) {
      return InvalidArgument("column \"{}\" of table \"{}\" has {} values in a batch of {} rows",
                             column.name, schema.name, vector.size(), rows.num_rows);
    }
    bool not_null = column.not_null || column.id == schema.timestamp_column;
    bool entry_nulls = vector.is_dictionary() && vector.dictionary()->values.has_nulls();
    if (not_null && (vector.has_nulls() || entry_nulls)) {
      for (size_t row = 0; row < rows.num_rows; ++row) {
        if (!vector.IsNull(row)) continue;
        return InvalidArgument(
            "null value in column \"{}\" of relation \"{}\" violates not-null constraint (row {})",
            column.name, schema.name, first_row + row + 1);
      }
    }
    if (column.type.IsStringLike()) {
      RETURN_IF_ERROR(CheckTexts(schema, column, vector, first_row));
    } else if (column.type.id() == TypeId::kList) {
      RETURN_IF_ERROR(CheckLists(schema, column, vector, first_row));
    }
  }
  return OkStatus();
}

StatusOr<std::vector<PartitionRows>> SplitByPartition(const TableSchema& schema,
                                                      const std::vector<Chunk>& chunks) {
  std::vector<PartitionRows> out;
  if (!schema.timestamp_column || schema.partition_unit == PartitionUnit::kNone) {
    PartitionRows all{PartitionOf(0, PartitionUnit::kNone), {}};
    for (const Chunk& chunk : chunks) {
      if (chunk.num_rows > 0) all.chunks.push_back(chunk);
    }
    if (!all.chunks.empty()) out.push_back(std::move(all));
    return out;
  }
  size_t place = 0;
  while (schema.columns[place].id != *schema.timestamp_column) ++place;
  std::map<int64_t, PartitionRows> by_begin;
  std::map<int64_t, std::vector<uint32_t>> rows_of;  // of one chunk
  for (const Chunk& chunk : chunks) {
    if (chunk.num_rows == 0) continue;
    Vector flat = chunk.columns[place].Flatten();
    const int64_t* micros = flat.values<int64_t>();
    PartitionRange range = PartitionOf(micros[0], schema.partition_unit);
    auto [low, high] = std::minmax_element(micros, micros + chunk.num_rows);
    PartitionRange first = PartitionOf(*low, schema.partition_unit);
    if (first.begin_us == PartitionOf(*high, schema.partition_unit).begin_us) {
      PartitionRows& to = by_begin[first.begin_us];
      to.range = first;
      to.chunks.push_back(chunk);
      continue;
    }
    rows_of.clear();
    std::vector<uint32_t>* rows = nullptr;
    for (size_t i = 0; i < chunk.num_rows; ++i) {
      if (!rows || micros[i] < range.begin_us || micros[i] >= range.end_us) {
        range = PartitionOf(micros[i], schema.partition_unit);
        rows = &rows_of[range.begin_us];
        by_begin[range.begin_us].range = range;
      }
      rows->push_back(static_cast<uint32_t>(i));
    }
    for (const auto& [begin, list] : rows_of) {
      by_begin[begin].chunks.push_back(chunk.Gather(list.data(), list.size()));
    }
  }
  for (auto& [begin, part] : by_begin) out.push_back(std::move(part));
  return out;
}

}  // namespace shale
