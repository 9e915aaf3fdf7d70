#include "tools/load/plan.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "engine/base/edit_distance.h"
#include "sql/parser.h"
#include "tools/console/table_lookup.h"
#include "tools/console/terminal.h"

namespace shale {
namespace {

bool IsInstant(const Type& type) {
  return type.id() == TypeId::kTimestamp || type.id() == TypeId::kTimestampTz;
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase({a.data(), a.size()}, {b.data(), b.size()});
}

// The exact name, else the only one equal but for case; npos for none, npos - 1 for several.
constexpr size_t kNone = SIZE_MAX, kSeveral = SIZE_MAX - 1;
template <typename Names, typename NameOf>
size_t FindName(const Names& items, std::string_view name, NameOf name_of) {
  size_t found = kNone;
  for (size_t i = 0; i < items.size(); ++i) {
    if (name_of(items[i]) == name) return i;
    if (EqualsIgnoreCase(name_of(items[i]), name)) found = found == kNone ? i : kSeveral;
  }
  return found;
}

StatusOr<size_t> FindColumn(const Survey& survey, std::string_view name, std::string_view option) {
  size_t at = FindName(survey.columns, name,
                       [](const SurveyColumn& c) -> const std::string& { return c.name; });
  if (at < survey.columns.size()) return at;
  if (at == kSeveral) {
    return InvalidArgument(
        "{}: several columns are called {} but for capitals: write it as the "
        "header does",
        option, name);
  }
  std::vector<std::string_view> names;
  for (const auto& column : survey.columns) names.push_back(column.name);
  std::string_view near = NearestName(name, names);
  std::string hint;
  if (!near.empty()) {
    hint = fmt::format(", did you mean {}?", near);
  } else {
    for (auto known : names) hint += (hint.empty() ? "; there are " : ", ") + std::string(known);
  }
  return InvalidArgument("{}: the files have no column {}{}", option, name, hint);
}

struct TimestampChoice {
  size_t column = kNone;
  std::string note;
};

StatusOr<TimestampChoice> ChooseTimestamp(const LoadOptions& options, const Survey& survey) {
  TimestampChoice choice;
  if (!options.timestamp.empty()) {
    ASSIGN_OR_RETURN(choice.column, FindColumn(survey, options.timestamp, "--timestamp"));
    const SurveyColumn& column = survey.columns[choice.column];
    if (!IsInstant(column.type) && column.type.id() != TypeId::kDate) {
      return InvalidArgument(
          "--timestamp: column {} is {}, and a TIMESTAMP or TIMESTAMPTZ is needed (values such as "
          "2020-01-31 12:00:00)",
          column.name, column.type.ToString());
    }
    if (column.num_nulls > 0) {
      choice.note = fmt::format("column {} has empty values: rows without a time will be refused",
                                column.name);
    }
    return choice;
  }
  std::string with_nulls;
  std::vector<std::string> others;
  for (size_t i = 0; i < survey.columns.size(); ++i) {
    const SurveyColumn& column = survey.columns[i];
    if (!IsInstant(column.type)) continue;
    if (column.num_nulls > 0) {
      with_nulls += (with_nulls.empty() ? "" : ", ") + column.name;
    } else if (choice.column == kNone) {
      choice.column = i;
    } else {
      others.push_back(column.name);
    }
  }
  if (choice.column == kNone) {
    choice.note = with_nulls.empty()
                      ? "no column of times: the table is one partition"
                      : fmt::format(
                            "every column of times has empty values ({}): the table is one "
                            "partition; --timestamp COL chooses one all the same",
                            with_nulls);
  } else if (!others.empty()) {
    choice.note = fmt::format(
        "time of an event: {} (the first of {} columns of times; --timestamp "
        "COL chooses another)",
        survey.columns[choice.column].name, others.size() + 1);
  }
  return choice;
}

}  // namespace

PartitionUnit ChoosePartitionUnit(uint64_t num_rows, int64_t min_us, int64_t max_us) {
  constexpr int64_t kHourUs = int64_t{3600} * 1'000'000;
  constexpr std::pair<PartitionUnit, int64_t> kUnits[] = {{PartitionUnit::kHour, kHourUs},
                                                          {PartitionUnit::kDay, 24 * kHourUs},
                                                          {PartitionUnit::kWeek, 168 * kHourUs}};
  if (num_rows == 0 || max_us < min_us) return PartitionUnit::kMonth;
  for (const auto& [unit, length_us] : kUnits) {
    // Partitions that the range touches.
    auto parts = static_cast<double>((max_us - min_us) / length_us + 1);
    if (static_cast<double>(num_rows) / parts >= static_cast<double>(kRowsPerPartition)) {
      return unit;
    }
  }
  return PartitionUnit::kMonth;
}

StatusOr<NewTable> PlanNewTable(const LoadOptions& options, const Survey& survey) {
  NewTable table;
  ASSIGN_OR_RETURN(TimestampChoice choice, ChooseTimestamp(options, survey));
  if (!choice.note.empty()) table.notes.push_back(choice.note);
  size_t width = 0;
  for (const auto& column : survey.columns) {
    width = std::max(width, DisplayWidth(QuoteIdentifier(column.name)));
  }
  table.sql = fmt::format("CREATE TABLE {} (\n", QuoteIdentifier(options.table));
  for (size_t i = 0; i < survey.columns.size(); ++i) {
    const SurveyColumn& column = survey.columns[i];
    bool is_time = i == choice.column;
    Type type =
        is_time && column.type.id() == TypeId::kDate ? Type(TypeId::kTimestamp) : column.type;
    std::string name = QuoteIdentifier(column.name);
    table.sql += fmt::format("  {}{} {}{}{}\n", name, std::string(width - DisplayWidth(name), ' '),
                             type.ToString(), is_time ? " NOT NULL" : "",
                             i + 1 < survey.columns.size() ? "," : "");
  }
  table.sql += ")";
  if (choice.column != kNone) {
    const SurveyColumn& column = survey.columns[choice.column];
    PartitionUnit unit = PartitionUnit::kMonth;
    if (options.unit) {
      unit = *options.unit;
    } else if (column.has_time_range) {
      unit = ChoosePartitionUnit(survey.estimated_rows, column.min_micros, column.max_micros);
    }
    table.sql += fmt::format("\nTIMESTAMP ({}) PARTITION BY {}", QuoteIdentifier(column.name),
                             PartitionUnitName(unit));
  } else if (options.unit) {
    return InvalidArgument(
        "--partition-by needs a column of times, and there is none to choose; "
        "name one with --timestamp");
  }
  std::string order;
  for (const auto& name : options.order_by) {
    ASSIGN_OR_RETURN(size_t at, FindColumn(survey, name, "--order-by"));
    order += (order.empty() ? "" : ", ") + QuoteIdentifier(survey.columns[at].name);
  }
  if (order.empty() && choice.column != kNone) {
    order = QuoteIdentifier(survey.columns[choice.column].name);
  }
  if (!order.empty()) table.sql += fmt::format("\nORDER BY ({})", order);
  table.sql += ";";
  return table;
}

StatusOr<ColumnMapping> MapColumns(const Survey& survey, bool has_names, const TableSchema& table) {
  ColumnMapping mapping;
  ReadSchema all = survey.Schema();
  mapping.read.num_fields = all.num_fields;
  mapping.sources.assign(table.columns.size(), -1);
  std::vector<size_t> target(all.columns.size(), kNone);
  if (has_names) {
    for (size_t i = 0; i < all.columns.size(); ++i) {
      size_t at = FindName(table.columns, survey.columns[i].name,
                           [](const ColumnSchema& c) -> const std::string& { return c.name; });
      if (at == kSeveral) {
        return InvalidArgument(
            "column {} of the files could be any of several columns of table {} "
            "that differ in capitals only",
            survey.columns[i].name, table.name);
      }
      target[i] = at;
    }
  } else {
    if (all.columns.size() > table.columns.size()) {
      return InvalidArgument(
          "the files have {} fields and no header, and table {} has {} columns: "
          "name the fields with --columns",
          all.columns.size(), table.name, table.columns.size());
    }
    for (size_t i = 0; i < all.columns.size(); ++i) target[i] = i;
  }

  std::string left_out;
  for (size_t i = 0; i < all.columns.size(); ++i) {
    if (target[i] == kNone) {
      left_out += (left_out.empty() ? "" : ", ") + survey.columns[i].name;
      continue;
    }
    const ColumnSchema& column = table.columns[target[i]];
    int& source = mapping.sources[target[i]];
    if (source >= 0) {
      return InvalidArgument("two columns of the files, {} and {}, are the table's {}",
                             mapping.read.columns[source].name, survey.columns[i].name,
                             column.name);
    }
    source = static_cast<int>(mapping.read.columns.size());
    ReadColumn read = all.columns[i];
    read.type = column.type;
    read.not_null = column.not_null;
    read.max_length = column.max_length;
    mapping.read.columns.push_back(std::move(read));
  }
  if (mapping.read.columns.empty()) {
    std::string names;
    for (const auto& column : table.columns) names += (names.empty() ? "" : ", ") + column.name;
    return InvalidArgument("no column of the files ({}) is one of table {} ({})", left_out,
                           table.name, names);
  }
  if (!left_out.empty()) {
    mapping.notes.push_back(
        fmt::format("left out, for table {} has no such columns: {}", table.name, left_out));
  }
  std::string defaulted;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (mapping.sources[i] >= 0) continue;
    const ColumnSchema& column = table.columns[i];
    bool has_default = !column.default_value.is_null() || !column.default_text.empty();
    bool is_nested = column.type.id() == TypeId::kStruct;
    if (survey.dialect.format == TextFormat::kNdjson && !has_default && !is_nested) {
      mapping.sources[i] = static_cast<int>(mapping.read.columns.size());
      ReadColumn read;
      read.name = read.member = column.name;
      read.type = column.type;
      read.not_null = column.not_null;
      read.max_length = column.max_length;
      mapping.read.columns.push_back(std::move(read));
      continue;
    }
    if (column.not_null && !has_default) {
      return InvalidArgument(
          "column {} of table {} is NOT NULL without a default, and the files "
          "have no such column",
          column.name, table.name);
    }
    defaulted += (defaulted.empty() ? "" : ", ") + column.name;
  }
  if (!defaulted.empty()) {
    mapping.notes.push_back(
        fmt::format("not in the files, so NULL or their default: {}", defaulted));
  }
  return mapping;
}

}  // namespace shale
