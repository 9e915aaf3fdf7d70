#include "sql/system_relations.h"

#include "engine/functions/function.h"
#include "engine/functions/window_function.h"
#include "sql/catalog/catalog_relations.h"
#include "sql/database.h"
#include "sql/parser.h"
#include "sql/system_rows.h"

namespace shale {
namespace {

Value Text(std::string_view text) { return SystemText(text); }
Value Count(uint64_t count) { return Value::Int(TypeId::kBigInt, static_cast<int64_t>(count)); }

const char* UnitName(PartitionUnit unit) {
  switch (unit) {
    case PartitionUnit::kNone: return "";
    case PartitionUnit::kHour: return "HOUR";
    case PartitionUnit::kDay: return "DAY";
    case PartitionUnit::kWeek: return "WEEK";
    case PartitionUnit::kMonth: return "MONTH";
  }
  return "";
}

StatusOr<SystemRelation> Functions(const Session&, const DatabaseVersion&) {
  SystemRows rows({{"name", TypeId::kText},
                   {"kind", TypeId::kText},
                   {"category", TypeId::kText},
                   {"signature", TypeId::kText},
                   {"summary", TypeId::kText},
                   {"example", TypeId::kText},
                   {"example_result", TypeId::kText},
                   {"aliases", TypeId::kText}});
  auto joined = [](const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
  };
  for (const auto& function : Registry::Get().scalars()) {
    rows.Add({Text(function->name), Text("scalar"), Text(function->category),
              Text(function->signature), Text(function->summary), Text(function->example),
              Text(function->example_result), Text(joined(function->aliases))});
  }
  for (const auto& function : Registry::Get().aggregates()) {
    rows.Add({Text(function->name), Text("aggregate"), Text("aggregate"), Text(function->signature),
              Text(function->summary), Text(function->example), Text(function->example_result),
              Text(joined(function->aliases))});
  }
  for (const auto& function : Registry::Get().sets()) {
    rows.Add({Text(function->name), Text("set"), Text("set"), Text(function->signature),
              Text(function->summary), Text(function->example), Text(function->example_result),
              Text(joined(function->aliases))});
  }
  for (const auto& function : Registry::Get().windows()) {
    rows.Add({Text(function->name), Text("window"), Text("window"), Text(function->signature),
              Text(function->summary), Text(function->example), Text(function->example_result),
              Text(joined(function->aliases))});
  }
  return rows.Take();
}

StatusOr<SystemRelation> Settings(const Session& session, const DatabaseVersion&) {
  SystemRows rows(
      {{"name", TypeId::kText}, {"value", TypeId::kText}, {"description", TypeId::kText}});
  for (const Setting& setting : session.settings()) {
    rows.Add({Text(setting.name), Text(setting.value), Text(setting.description)});
  }
  return rows.Take();
}

StatusOr<SystemRelation> TableList(const Session&, const DatabaseVersion& version) {
  SystemRows rows({{"name", TypeId::kText},
                   {"kind", TypeId::kText},
                   {"rows", TypeId::kBigInt},
                   {"columns", TypeId::kBigInt},
                   {"timestamp_column", TypeId::kText},
                   {"partition_by", TypeId::kText},
                   {"order_by", TypeId::kText}});
  for (const TableSchemaPtr& table : Tables(version)) {
    std::string order;
    for (ColumnId id : table->order_by)
      order += (order.empty() ? "" : ", ") + table->Find(id)->name;
    rows.Add({Text(table->name), Text("table"), Count(RowCount(version, table->table_id)),
              Count(table->columns.size()),
              table->timestamp_column ? Text(table->Find(*table->timestamp_column)->name)
                                      : Value::Null(TypeId::kText),
              table->timestamp_column ? Text(UnitName(table->partition_unit))
                                      : Value::Null(TypeId::kText),
              Text(order)});
  }
  for (const ViewSchema& view : Views(version)) {
    rows.Add({Text(view.name), Text("view"), Value::Null(TypeId::kBigInt),
              Value::Null(TypeId::kBigInt), Value::Null(TypeId::kText), Value::Null(TypeId::kText),
              Text("")});
  }
  return rows.Take();
}

StatusOr<SystemRelation> Columns(const Session&, const DatabaseVersion& version) {
  SystemRows rows({{"table_name", TypeId::kText},
                   {"position", TypeId::kInteger},
                   {"name", TypeId::kText},
                   {"type", TypeId::kText},
                   {"nullable", TypeId::kBoolean},
                   {"default_value", TypeId::kText}});
  for (const TableSchemaPtr& table : Tables(version)) {
    for (size_t i = 0; i < table->columns.size(); ++i) {
      const ColumnSchema& column = table->columns[i];
      rows.Add(
          {Text(table->name), Value::Int(TypeId::kInteger, static_cast<int64_t>(i + 1)),
           Text(column.name), Text(column.type.ToString()), Value::Bool(!column.not_null),
           column.default_text.empty() ? Value::Null(TypeId::kText) : Text(column.default_text)});
    }
  }
  return rows.Take();
}

StatusOr<SystemRelation> Segments(const Session&, const DatabaseVersion& version) {
  SystemRows rows({{"table_name", TypeId::kText},
                   {"segment", TypeId::kBigInt},
                   {"partition", TypeId::kText},
                   {"hot", TypeId::kBoolean},
                   {"rows", TypeId::kBigInt},
                   {"hidden_rows", TypeId::kBigInt},
                   {"bytes", TypeId::kBigInt},
                   {"path", TypeId::kText},
                   {"damage", TypeId::kText}});
  for (const TableSchemaPtr& table : Tables(version)) {
    ASSIGN_OR_RETURN(std::vector<SegmentStorage> segments,
                     DescribeStorage(version, table->table_id));
    for (const SegmentStorage& segment : segments) {
      rows.Add({Text(table->name), Count(segment.id), Text(segment.partition),
                Value::Bool(segment.hot), Count(segment.rows), Count(segment.hidden_rows),
                Count(segment.file_bytes), Text(segment.path),
                segment.damage.empty() ? Value::Null(TypeId::kText) : Text(segment.damage)});
    }
  }
  return rows.Take();
}

StatusOr<SystemRelation> JobList(const Session&, const DatabaseVersion& version) {
  SystemRows rows({{"id", TypeId::kBigInt},
                   {"kind", TypeId::kText},
                   {"table_name", TypeId::kText},
                   {"partition", TypeId::kText},
                   {"state", TypeId::kText},
                   {"rows", TypeId::kBigInt},
                   {"bytes", TypeId::kBigInt},
                   {"started", TypeId::kTimestampTz},
                   {"finished", TypeId::kTimestampTz},
                   {"error", TypeId::kText}});
  for (const JobRecord& job : Jobs(version)) {
    const bool running = job.state == JobRecord::State::kRunning;
    const bool failed = job.state == JobRecord::State::kFailed;
    rows.Add({Count(job.id), Text(job.kind), Text(job.table), Text(job.partition),
              Text(running  ? "running"
                   : failed ? "failed"
                            : "done"),
              Count(job.rows), running ? Value::Null(TypeId::kBigInt) : Count(job.bytes),
              Value::Int(TypeId::kTimestampTz, job.started_us),
              running ? Value::Null(TypeId::kTimestampTz)
                      : Value::Int(TypeId::kTimestampTz, job.finished_us),
              failed ? Text(job.error) : Value::Null(TypeId::kText)});
  }
  return rows.Take();
}

// What the server's sessions do. Embedded: none.
StatusOr<SystemRelation> Activity(const Session& session, const DatabaseVersion&) {
  SystemRows rows({{"pid", TypeId::kInteger},
                   {"user_name", TypeId::kText},
                   {"application_name", TypeId::kText},
                   {"client_address", TypeId::kText},
                   {"state", TypeId::kText},
                   {"waits_for", TypeId::kText},
                   {"began", TypeId::kTimestampTz},
                   {"query_began", TypeId::kTimestampTz},
                   {"rows_read", TypeId::kBigInt},
                   {"query", TypeId::kText}});
  if (!session.identity.sessions) return rows.Take();
  auto time = [](int64_t micros) {
    return micros == 0 ? Value::Null(TypeId::kTimestampTz)
                       : Value::Int(TypeId::kTimestampTz, micros);
  };
  for (const SessionDirectory::Entry& entry : session.identity.sessions->Sessions()) {
    rows.Add({Value::Int(TypeId::kInteger, entry.pid), Text(entry.user),
              Text(entry.application_name), Text(entry.client_address), Text(entry.state),
              Text(entry.wait_event), time(entry.began_us), time(entry.query_began_us),
              Value::Int(TypeId::kBigInt, entry.rows_read), Text(entry.query)});
  }
  return rows.Take();
}

StatusOr<SystemRelation> Keywords(const Session&, const DatabaseVersion&) {
  SystemRows rows({{"word", TypeId::kText},
                   {"catcode", TypeId::kText},
                   {"barelabel", TypeId::kBoolean},
                   {"catdesc", TypeId::kText},
                   {"baredesc", TypeId::kText}});
  for (const std::string& word : SqlKeywords()) {
    const bool reserved = QuoteIdentifier(word) != word;
    rows.Add({Text(word), Text(reserved ? "R" : "U"), Value::Bool(!reserved),
              Text(reserved ? "reserved" : "unreserved"),
              Text(reserved ? "requires AS" : "can be bare label")});
  }
  return rows.Take();
}

// Catalogs that clients asked for and that have nothing, or are not there.
StatusOr<SystemRelation> Misses(const Session& session, const DatabaseVersion&) {
  SystemRows rows({{"name", TypeId::kText}, {"times", TypeId::kBigInt}});
  if (!session.identity.sessions) return rows.Take();
  for (const auto& [name, times] : session.identity.sessions->Misses()) {
    rows.Add({Text(name), Value::Int(TypeId::kBigInt, times)});
  }
  return rows.Take();
}

constexpr SystemRelationEntry kRelations[] = {
    {"shale_functions", Functions},  {"shale_settings", Settings},    {"shale_tables", TableList},
    {"shale_columns", Columns},      {"shale_segments", Segments},    {"shale_activity", Activity},
    {"shale_compat_misses", Misses}, {"pg_get_keywords()", Keywords}, {"shale_jobs", JobList},
};

}  // namespace

StatusOr<std::optional<SystemRelation>> MakeSystemRelation(std::string_view name,
                                                           const Session& session,
                                                           const DatabaseVersion& version) {
  for (const SystemRelationEntry& entry : kRelations) {
    if (entry.name != name) continue;
    ASSIGN_OR_RETURN(SystemRelation relation, entry.make(session, version));
    return std::optional<SystemRelation>(std::move(relation));
  }
  return MakeCatalogRelation(name, session, version);
}

std::vector<std::string> SystemRelationNames() {
  std::vector<std::string> names;
  for (const SystemRelationEntry& entry : kRelations) {
    if (!entry.name.ends_with(')')) names.emplace_back(entry.name);
  }
  return names;
}

}  // namespace shale
