#include "tools/load/summary.h"

#include <algorithm>
#include <set>

#include "sql/row_text.h"
#include "tools/console/terminal.h"

namespace shale {
namespace {

std::string Plural(uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", WithThousands(count), noun, count == 1 ? "" : "s");
}

double Seconds(const LoadSummary& summary) {
  return static_cast<double>(std::max<int64_t>(summary.elapsed_us, 1)) / 1e6;
}

// Most frequent first.
std::vector<std::pair<std::string, uint64_t>> ByCount(
    const std::map<std::string, uint64_t>& counts) {
  std::vector<std::pair<std::string, uint64_t>> list(counts.begin(), counts.end());
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return list;
}

}  // namespace

Status MeasureTable(const DatabaseVersion& version, TableId table, LoadSummary* summary) {
  ASSIGN_OR_RETURN(std::vector<SegmentStorage> segments, DescribeStorage(version, table));
  std::set<std::string> partitions;
  summary->disk_bytes = 0;
  for (const SegmentStorage& segment : segments) {
    summary->disk_bytes += segment.file_bytes;
    partitions.insert(segment.partition);
  }
  summary->num_partitions = partitions.size();
  summary->table_rows = RowCount(version, table);
  return OkStatus();
}

std::string SummaryInWords(const LoadSummary& summary) {
  const LoadCounts& counts = summary.counts;
  std::string text;
  auto add = [&](std::string line) { text += line + "\n"; };
  if (summary.loaded) {
    double seconds = Seconds(summary);
    add(fmt::format(
        "loaded {} into {} in {} ({} rows/s, {}/s)", Plural(counts.num_rows, "row"), summary.table,
        HumanDuration(summary.elapsed_us),
        HumanCount(static_cast<double>(counts.num_rows) / seconds),
        HumanBytes(static_cast<uint64_t>(static_cast<double>(counts.text_bytes) / seconds))));
  }
  if (summary.resumed_rows > 0) {
    add(fmt::format("{} from an earlier run were there already",
                    Plural(summary.resumed_rows, "row")));
  }
  if (counts.num_bad > 0) {
    add(fmt::format("{} refused (the limit is {}), see {}", Plural(counts.num_bad, "row"),
                    summary.limit, summary.rejects_path));
    constexpr size_t kMaxShown = 10;
    size_t shown = 0;
    for (const auto& [reason, count] : ByCount(counts.reasons)) {
      if (shown++ == kMaxShown) {
        add("  …");
        break;
      }
      std::string printable;
      AppendPrintable(reason, &printable);
      add(fmt::format("  {} × {}", WithThousands(count), printable));
    }
    std::string first;
    AppendPrintable(counts.first_reject, &first);
    if (!first.empty()) add(fmt::format("  the first: {}", first));
  }
  if (!counts.unknown_members.empty()) {
    std::string names;
    constexpr size_t kMaxNames = 20;
    size_t shown = 0;
    for (const auto& [name, count] : ByCount(counts.unknown_members)) {
      if (shown++ == kMaxNames) {
        names += " …";
        break;
      }
      std::string printable;
      AppendPrintable(name, &printable);
      names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", printable, WithThousands(count));
    }
    add(fmt::format("members that are no columns of the table, left out: {}", names));
  }
  if (summary.loaded) {
    add(fmt::format("table {}: {}, {} on disk in {}", summary.table,
                    Plural(summary.table_rows, "row"), HumanBytes(summary.disk_bytes),
                    Plural(summary.num_partitions, "partition")));
  }
  return text;
}

std::string SummaryAsJson(const LoadSummary& summary) {
  const LoadCounts& counts = summary.counts;
  double seconds = Seconds(summary);
  auto text = [](std::string_view value) {
    std::string out;
    AppendJsonText(value, &out);
    return out;
  };
  auto object = [&](const std::map<std::string, uint64_t>& map) {
    std::string out;
    for (const auto& [name, count] : map) {
      out += fmt::format("{}{}:{}", out.empty() ? "" : ",", text(name), count);
    }
    return "{" + out + "}";
  };
  uint64_t rows = summary.loaded ? counts.num_rows : 0;
  return fmt::format(
      "{{\"table\":{},\"loaded\":{},\"files\":{},\"rows\":{},\"resumed_rows\":{},"
      "\"rows_refused\":{},\"rejects\":{},\"rejects_file\":{},\"unknown_members\":{},"
      "\"bytes\":{},\"seconds\":{:.6f},\"rows_per_second\":{:.0f},\"mb_per_second\":{:.2f},"
      "\"table_rows\":{},\"bytes_on_disk\":{},\"partitions\":{}}}\n",
      text(summary.table), summary.loaded ? "true" : "false", summary.num_files, rows,
      summary.resumed_rows, counts.num_bad, object(counts.reasons),
      summary.rejects_path.empty() ? "null" : text(summary.rejects_path),
      object(counts.unknown_members), counts.text_bytes, seconds,
      static_cast<double>(rows) / seconds, static_cast<double>(counts.text_bytes) / 1e6 / seconds,
      summary.table_rows, summary.disk_bytes, summary.num_partitions);
}

}  // namespace shale
