#include "tools/console/table_lookup.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "engine/base/edit_distance.h"
#include "engine/functions/value_io.h"
#include "sql/parser.h"
#include "tools/console/terminal.h"
#include "tools/console/text_table.h"

namespace shale {
namespace {

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase({a.data(), a.size()}, {b.data(), b.size()});
}

// The index of `name` among `names` by the rule of references; `what` is for errors.
StatusOr<size_t> Match(std::string_view what, std::string_view name,
                       const std::vector<std::string_view>& names) {
  auto exact = std::find(names.begin(), names.end(), name);
  if (exact != names.end()) return static_cast<size_t>(exact - names.begin());
  std::vector<size_t> found;
  for (size_t i = 0; i < names.size(); ++i) {
    if (EqualsIgnoreCase(names[i], name)) found.push_back(i);
  }
  if (found.size() == 1) return found[0];
  if (found.size() > 1) {
    std::string list;
    for (size_t i : found) list += (list.empty() ? "" : ", ") + std::string(names[i]);
    return InvalidArgument("{} \"{}\" could be any of {}: write it as one of them", what, name,
                           list);
  }
  std::string_view near = NearestName(name, names);
  return NotFound("there is no {} \"{}\"{}", what, name,
                  near.empty() ? "" : fmt::format(", did you mean \"{}\"?", near));
}

std::string DefaultText(const ColumnSchema& column) {
  if (!column.default_text.empty()) return column.default_text;
  return column.default_value.is_null() ? "" : ToText(column.default_value);
}

std::string TypeText(const ColumnSchema& column) {
  if (column.max_length > 0) return fmt::format("VARCHAR({})", column.max_length);
  return column.type.ToString();
}

}  // namespace

StatusOr<TableSchemaPtr> LookUpTable(const DatabaseVersion& version, std::string_view name) {
  if (name.size() > 7 && EqualsIgnoreCase(name.substr(0, 7), "public.")) name.remove_prefix(7);
  if (name.size() > 2 && name.front() == '"' && name.back() == '"') {
    name = name.substr(1, name.size() - 2);
  }
  std::vector<TableSchemaPtr> tables = Tables(version);
  std::vector<std::string_view> names;
  for (const auto& table : tables) names.push_back(table->name);
  ASSIGN_OR_RETURN(size_t index, Match("table", name, names));
  return tables[index];
}

StatusOr<const ColumnSchema*> LookUpColumn(const TableSchema& table, std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& column : table.columns) names.push_back(column.name);
  ASSIGN_OR_RETURN(size_t index,
                   Match(fmt::format("column of table \"{}\" called", table.name), name, names));
  return &table.columns[index];
}

std::string_view PartitionUnitName(PartitionUnit unit) {
  switch (unit) {
    case PartitionUnit::kNone: return "NONE";
    case PartitionUnit::kHour: return "HOUR";
    case PartitionUnit::kDay: return "DAY";
    case PartitionUnit::kWeek: return "WEEK";
    case PartitionUnit::kMonth: return "MONTH";
  }
  return "NONE";
}

Status PrintTables(const DatabaseVersion& version, bool views, size_t max_width, TextSink* sink) {
  struct Line {
    std::string name, kind, rows, columns;
  };
  std::vector<Line> lines;
  for (const auto& table : Tables(version)) {
    lines.push_back({table->name, "table", WithThousands(RowCount(version, table->table_id)),
                     std::to_string(table->columns.size())});
  }
  if (views) {
    for (const auto& view : Views(version)) lines.push_back({view.name, "view", "", ""});
  }
  if (lines.empty()) return sink->Write("There are no tables yet.\n");
  std::sort(lines.begin(), lines.end(),
            [](const Line& a, const Line& b) { return a.name < b.name; });
  TextTable table(TextTable::Style::kBox,
                  {{"name", false}, {"kind", false}, {"rows", true}, {"columns", true}}, true,
                  max_width, sink);
  for (const auto& line : lines) {
    std::string name;
    AppendPrintable(line.name, &name);
    RETURN_IF_ERROR(table.AddRow({name, line.kind, line.rows, line.columns}));
  }
  return table.Finish();
}

Status PrintTable(const DatabaseVersion& version, const TableSchema& table, size_t max_width,
                  TextSink* sink) {
  TextTable box(TextTable::Style::kBox, {{"column"}, {"type"}, {"null"}, {"default"}}, true,
                max_width, sink);
  for (const auto& column : table.columns) {
    std::string name, default_text;
    AppendPrintable(column.name, &name);
    AppendPrintable(DefaultText(column), &default_text);
    RETURN_IF_ERROR(
        box.AddRow({name, TypeText(column), column.not_null ? "not null" : "", default_text}));
  }
  RETURN_IF_ERROR(sink->Write(fmt::format("Table {}\n", QuoteIdentifier(table.name))));
  RETURN_IF_ERROR(box.Finish());
  std::string layout;
  if (table.timestamp_column) {
    const ColumnSchema* column = table.Find(*table.timestamp_column);
    layout +=
        fmt::format("TIMESTAMP({}) PARTITION BY {}\n", column ? QuoteIdentifier(column->name) : "?",
                    PartitionUnitName(table.partition_unit));
  }
  if (!table.order_by.empty()) {
    std::string list;
    for (ColumnId id : table.order_by) {
      const ColumnSchema* column = table.Find(id);
      list += (list.empty() ? "" : ", ") + (column ? QuoteIdentifier(column->name) : "?");
    }
    layout += fmt::format("ORDER BY ({})\n", list);
  }
  for (const auto& [key, value] : table.options) layout += fmt::format("{} = {}\n", key, value);
  uint64_t rows = RowCount(version, table.table_id);
  layout += fmt::format("{} row{}\n", WithThousands(rows), rows == 1 ? "" : "s");
  return sink->Write(layout);
}

std::string RecoveryText(const RecoveryReport& report) {
  std::string text;
  if (report.replayed_batches > 0) {
    text += fmt::format("recovered {} row{} in {} batch{} from the log\n",
                        WithThousands(report.replayed_rows), report.replayed_rows == 1 ? "" : "s",
                        WithThousands(report.replayed_batches),
                        report.replayed_batches == 1 ? "" : "es");
  }
  if (report.torn_bytes > 0) {
    text += fmt::format("cut {} unacknowledged bytes from the end of the log\n",
                        WithThousands(report.torn_bytes));
  }
  for (const auto& note : report.notes) text += note + "\n";
  return text;
}

}  // namespace shale
