#include "tools/inspect/report.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/functions/value_io.h"
#include "sql/row_text.h"
#include "tools/console/table_lookup.h"
#include "tools/console/terminal.h"
#include "tools/console/text_table.h"

namespace shale {
namespace {

std::string Ratio(uint64_t raw, uint64_t stored) {
  if (stored == 0 || raw == 0) return "";
  return fmt::format("{:.1f}:1", static_cast<double>(raw) / static_cast<double>(stored));
}

// A bar of at most ten cells, in eighths.
std::string Bar(double share) {
  constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  auto eighths = static_cast<int>(share * 80 + 0.5);
  std::string bar;
  for (int i = 0; i < eighths / 8; ++i) bar += "█";
  return bar + kEighths[eighths % 8];
}

std::string Printable(std::string_view text) {
  std::string out;
  AppendPrintable(text, &out);
  return out;
}

std::string JsonText(std::string_view text) {
  std::string out;
  AppendJsonText(text, &out);
  return out;
}

// One column over several segments.
struct ColumnTotal {
  const ColumnSchema* schema = nullptr;
  std::map<std::string, uint64_t> encodings;  // → segments
  uint64_t raw = 0, stored = 0, nulls = 0, distinct = 0, segments = 0;

  void Add(const ColumnStorage& column) {
    if (!column.encodings.empty()) ++encodings[column.encodings];
    ++segments;
    raw += column.raw_bytes;
    stored += column.stored_bytes;
    nulls += column.null_count;
    distinct = std::max(distinct, column.distinct);
  }
  // The most frequent, and how many others.
  std::string Encodings() const {
    std::vector<std::pair<std::string, uint64_t>> list(encodings.begin(), encodings.end());
    std::stable_sort(list.begin(), list.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    if (list.empty()) return "";
    if (list.size() == 1) return list[0].first;
    return fmt::format("{} (and {} other{})", list[0].first, list.size() - 1,
                       list.size() == 2 ? "" : "s");
  }
};

// Segments have dictionaries of their own, so of several only a lower bound is known.
std::string Distinct(const ColumnTotal& column) {
  if (column.distinct == 0) return "";
  return (column.segments > 1 ? "≥ " : "") + WithThousands(column.distinct);
}

struct TableTotal {
  uint64_t rows = 0, hidden = 0, files = 0, hot = 0, file_bytes = 0, raw = 0;
  std::set<std::string> partitions;
  std::vector<ColumnTotal> columns;
};

TableTotal Sum(const TableSchema& table, const std::vector<SegmentStorage>& segments) {
  TableTotal total;
  std::map<ColumnId, size_t> index;
  for (const auto& column : table.columns) {
    index[column.id] = total.columns.size();
    total.columns.push_back({&column, {}, 0, 0, 0, 0, 0});
  }
  for (const auto& segment : segments) {
    total.rows += segment.rows - segment.hidden_rows;
    total.hidden += segment.hidden_rows;
    total.file_bytes += segment.file_bytes;
    ++(segment.hot ? total.hot : total.files);
    total.partitions.insert(segment.partition);
    for (const auto& column : segment.columns) {
      total.raw += column.raw_bytes;
      auto found = index.find(column.id);
      if (found != index.end()) total.columns[found->second].Add(column);
    }
  }
  return total;
}

// Bounds over the visible rows, from metadata; the segments' own when the store cannot tell.
void Bounds(const DatabaseVersion& version, const TableSchema& table, const ColumnSchema& column,
            const std::vector<SegmentStorage>& segments, std::string* min, std::string* max) {
  Value low, high;
  if (ColumnBounds(version, table.table_id, column.id, &low, &high)) {
    *min = ToText(low);
    *max = ToText(high);
    return;
  }
  std::vector<const ColumnStorage*> parts;
  for (const auto& segment : segments) {
    for (const auto& part : segment.columns) {
      if (part.id == column.id && !(part.min.empty() && part.max.empty())) parts.push_back(&part);
    }
  }
  // Texts of bounds compare only where they are texts; one segment needs no comparison.
  if (parts.size() == 1 || (!parts.empty() && column.type.id() == TypeId::kText)) {
    *min = parts[0]->min;
    *max = parts[0]->max;
    for (const auto* part : parts) {
      *min = std::min(*min, part->min);
      *max = std::max(*max, part->max);
    }
  }
}

Status PrintSegments(const std::vector<SegmentStorage>& segments, size_t max_width,
                     TextSink* sink) {
  TextTable box(TextTable::Style::kBox,
                {{"segment", true},
                 {"partition"},
                 {"rows", true},
                 {"hidden", true},
                 {"size", true},
                 {"ratio", true},
                 {"file"}},
                true, max_width, sink);
  for (const auto& segment : segments) {
    uint64_t raw = 0;
    for (const auto& column : segment.columns) raw += column.raw_bytes;
    RETURN_IF_ERROR(
        box.AddRow({segment.hot ? "hot" : std::to_string(segment.id), segment.partition,
                    WithThousands(segment.rows), WithThousands(segment.hidden_rows),
                    HumanBytes(segment.file_bytes),
                    segment.hot ? "" : Ratio(raw, segment.file_bytes), Printable(segment.path)}));
  }
  return box.Finish();
}

std::string SegmentJson(const SegmentStorage& segment) {
  return fmt::format(
      "{{\"segment\":{},\"partition\":{},\"hot\":{},\"rows\":{},\"hidden_rows\":{},"
      "\"bytes\":{},\"path\":{}}}",
      segment.id, JsonText(segment.partition), segment.hot ? "true" : "false", segment.rows,
      segment.hidden_rows, segment.file_bytes, JsonText(segment.path));
}

std::string SegmentsJson(const std::vector<SegmentStorage>& segments) {
  std::string out;
  for (const auto& segment : segments) {
    out += (out.empty() ? "\n  " : ",\n  ") + SegmentJson(segment);
  }
  return "[" + out + "]";
}

std::string TableJson(const TableSchema& table, const TableTotal& total) {
  return fmt::format(
      "\"table\":{},\"rows\":{},\"hidden_rows\":{},\"raw_bytes\":{},\"bytes\":{},"
      "\"segments\":{},\"hot_buffers\":{},\"partitions\":{}",
      JsonText(table.name), total.rows, total.hidden, total.raw, total.file_bytes, total.files,
      total.hot, total.partitions.size());
}

}  // namespace

Status InspectDatabase(const DatabaseVersion& version, const InspectOptions& options,
                       TextSink* sink) {
  std::vector<TableSchemaPtr> tables = Tables(version);
  if (tables.empty() && !options.json) return sink->Write("There are no tables yet.\n");
  std::vector<TableTotal> totals;
  uint64_t all_bytes = 0;
  for (const auto& table : tables) {
    ASSIGN_OR_RETURN(auto segments, DescribeStorage(version, table->table_id));
    totals.push_back(Sum(*table, segments));
    all_bytes += totals.back().file_bytes;
  }
  if (options.json) {
    std::string out;
    for (size_t i = 0; i < tables.size(); ++i) {
      out += (i == 0 ? "\n{" : ",\n{") + TableJson(*tables[i], totals[i]) + "}";
    }
    return sink->Write("[" + out + "]\n");
  }
  TextTable box(TextTable::Style::kBox,
                {{"table"},
                 {"rows", true},
                 {"columns", true},
                 {"partitions", true},
                 {"segments", true},
                 {"raw", true},
                 {"on disk", true},
                 {"ratio", true},
                 {"share"}},
                true, options.max_width, sink);
  for (size_t i = 0; i < tables.size(); ++i) {
    const TableTotal& total = totals[i];
    double share =
        all_bytes == 0 ? 0 : static_cast<double>(total.file_bytes) / static_cast<double>(all_bytes);
    RETURN_IF_ERROR(box.AddRow(
        {Printable(tables[i]->name), WithThousands(total.rows),
         std::to_string(tables[i]->columns.size()), WithThousands(total.partitions.size()),
         fmt::format("{}{}", total.files, total.hot > 0 ? fmt::format(" + {} hot", total.hot) : ""),
         HumanBytes(total.raw), HumanBytes(total.file_bytes), Ratio(total.raw, total.file_bytes),
         Bar(share)}));
  }
  return box.Finish();
}

Status InspectTable(const DatabaseVersion& version, const TableSchema& table,
                    const InspectOptions& options, TextSink* sink) {
  ASSIGN_OR_RETURN(auto segments, DescribeStorage(version, table.table_id));
  TableTotal total = Sum(table, segments);
  if (options.json) {
    std::string columns;
    for (const auto& column : total.columns) {
      std::string min, max, encodings;
      Bounds(version, table, *column.schema, segments, &min, &max);
      for (const auto& [name, count] : column.encodings) {
        encodings += fmt::format("{}{}:{}", encodings.empty() ? "" : ",", JsonText(name), count);
      }
      columns += fmt::format(
          "{}{{\"column\":{},\"type\":{},\"encodings\":{{{}}},\"raw_bytes\":{},\"bytes\":{},"
          "\"nulls\":{},\"distinct\":{},\"min\":{},\"max\":{}}}",
          columns.empty() ? "\n  " : ",\n  ", JsonText(column.schema->name),
          JsonText(column.schema->type.ToString()), encodings, column.raw, column.stored,
          column.nulls, column.distinct, JsonText(min), JsonText(max));
    }
    std::string list =
        options.segments ? fmt::format(",\n \"segment_list\":{}", SegmentsJson(segments)) : "";
    return sink->Write(
        fmt::format("{{{},\n \"columns\":[{}]{}}}\n", TableJson(table, total), columns, list));
  }
  uint64_t stored = 0;
  for (const auto& column : total.columns) stored += column.stored;
  RETURN_IF_ERROR(sink->Write(fmt::format(
      "table {}: {} rows in {} partition{}, {} segment{}{}; {} raw, {} on disk{}\n",
      Printable(table.name), WithThousands(total.rows), WithThousands(total.partitions.size()),
      total.partitions.size() == 1 ? "" : "s", WithThousands(total.files),
      total.files == 1 ? "" : "s",
      total.hot > 0 ? fmt::format(" and {} hot buffer{}", total.hot, total.hot == 1 ? "" : "s")
                    : "",
      HumanBytes(total.raw), HumanBytes(total.file_bytes),
      total.file_bytes > 0 ? " (" + Ratio(total.raw, total.file_bytes) + ")" : "")));
  TextTable box(TextTable::Style::kBox,
                {{"column"},
                 {"type"},
                 {"raw", true},
                 {"stored", true},
                 {"ratio", true},
                 {"share"},
                 {"nulls", true},
                 {"distinct", true},
                 {"encodings"},
                 {"min"},
                 {"max"}},
                true, options.max_width, sink);
  for (const auto& column : total.columns) {
    std::string min, max;
    Bounds(version, table, *column.schema, segments, &min, &max);
    double share =
        stored == 0 ? 0 : static_cast<double>(column.stored) / static_cast<double>(stored);
    constexpr size_t kMaxBound = 40;
    RETURN_IF_ERROR(box.AddRow(
        {Printable(column.schema->name), column.schema->type.ToString(), HumanBytes(column.raw),
         HumanBytes(column.stored), Ratio(column.raw, column.stored), Bar(share),
         WithThousands(column.nulls), Distinct(column), column.Encodings(),
         CutToWidth(Printable(min), kMaxBound), CutToWidth(Printable(max), kMaxBound)}));
  }
  RETURN_IF_ERROR(box.Finish());
  return options.segments ? PrintSegments(segments, options.max_width, sink) : OkStatus();
}

Status InspectColumn(const DatabaseVersion& version, const TableSchema& table,
                     const ColumnSchema& column, const InspectOptions& options, TextSink* sink) {
  ASSIGN_OR_RETURN(auto segments, DescribeStorage(version, table.table_id));
  TextTable box(TextTable::Style::kBox,
                {{"segment", true},
                 {"partition"},
                 {"rows", true},
                 {"raw", true},
                 {"stored", true},
                 {"ratio", true},
                 {"nulls", true},
                 {"distinct", true},
                 {"encodings"},
                 {"min"},
                 {"max"}},
                true, options.max_width, sink);
  std::string json;
  for (const auto& segment : segments) {
    for (const auto& part : segment.columns) {
      if (part.id != column.id) continue;
      if (options.json) {
        json += fmt::format(
            "{}{{\"segment\":{},\"hot\":{},\"partition\":{},\"rows\":{},\"encodings\":{},"
            "\"raw_bytes\":{},\"bytes\":{},\"nulls\":{},\"distinct\":{},\"min\":{},\"max\":{}}}",
            json.empty() ? "\n  " : ",\n  ", segment.id, segment.hot ? "true" : "false",
            JsonText(segment.partition), segment.rows, JsonText(part.encodings), part.raw_bytes,
            part.stored_bytes, part.null_count, part.distinct, JsonText(part.min),
            JsonText(part.max));
        continue;
      }
      RETURN_IF_ERROR(box.AddRow(
          {segment.hot ? "hot" : std::to_string(segment.id), segment.partition,
           WithThousands(segment.rows), HumanBytes(part.raw_bytes), HumanBytes(part.stored_bytes),
           Ratio(part.raw_bytes, part.stored_bytes), WithThousands(part.null_count),
           part.distinct > 0 ? WithThousands(part.distinct) : "", part.encodings,
           Printable(part.min), Printable(part.max)}));
    }
  }
  if (options.json) {
    return sink->Write(fmt::format(
        "{{\"table\":{},\"column\":{},\"type\":{},\n \"segments\":[{}]}}\n", JsonText(table.name),
        JsonText(column.name), JsonText(column.type.ToString()), json));
  }
  RETURN_IF_ERROR(sink->Write(fmt::format("table {}, column {}: {}{}\n", Printable(table.name),
                                          Printable(column.name), column.type.ToString(),
                                          column.not_null ? " NOT NULL" : "")));
  return box.Finish();
}

}  // namespace shale
