// A thousand bits are turned over in as many blocks, dictionaries, footers and records of a larger
// database; the check must find each, by its file, column and block, and nothing else. Then what is
// damaged is given up and the rest read.
#include <algorithm>
#include <set>
#include <tuple>

#include "fmt/format.h"
#include "storage/log/record_file.h"
#include "storage/segment/segment.h"
#include "tests/rel/support/rig.h"
#include "tests/rel/support/small_database.h"

namespace shale {
namespace {

// Segments of several blocks a column, a few of them in each partition.
Status Build(SimulatedDisk* disk, int64_t segments) {
  ASSIGN_OR_RETURN(auto database, OpenOn(disk));
  auto connection = database->Connect();
  RETURN_IF_ERROR(connection
                      ->Query("CREATE TABLE t (ts TIMESTAMP, id BIGINT, word TEXT, hash TEXT, x "
                              "DOUBLE, flag BOOLEAN) TIMESTAMP(ts) PARTITION BY DAY")
                      .status());
  for (int64_t i = 0; i < segments; ++i) {
    RETURN_IF_ERROR(
        connection
            ->Query(fmt::format(
                "INSERT INTO t SELECT TIMESTAMP '2024-01-01 00:00:00' + INTERVAL '1 day' * {} + "
                "INTERVAL '1 second' * (i * 7 % 80000), i * 37 % 100003, 'word ' || i % 300, md5(("
                "i % 100)::text), sqrt(i), i * 7919 % 3 = 0 FROM generate_series(1, 30000) s(i)",
                i))
            .status());
    RETURN_IF_ERROR(connection->Query("CHECKPOINT").status());
  }
  RETURN_IF_ERROR(
      connection->Query("INSERT INTO t VALUES ('2025-01-01', 1, 'hot', '', 1, true)").status());
  return OkStatus();
}

using Place = std::tuple<std::string, std::string, std::string>;  // file, column, place

Status Run(Rig* rig) {
  SimulatedDisk disk(SimulatedDisk::Options{false});
  const int64_t planted = rig->Get("planted");
  RETURN_IF_ERROR(Build(&disk, std::max<int64_t>(2, planted / 20)));
  RigRandom random(rig->seed());

  // Sound: nothing may be found.
  {
    ASSIGN_OR_RETURN(auto database, OpenOn(&disk));
    ASSIGN_OR_RETURN(CheckReport report, database->store().Check(std::nullopt));
    for (const Damage& damage : report.damages) rig->Miss("false", damage.message);
    rig->Add("blocks", static_cast<int64_t>(report.blocks));
    rig->Add("bytes", static_cast<int64_t>(report.bytes));
  }
  // One byte a place: a segment's own reader tells which place a byte belongs to.
  const auto contents = disk.Contents();
  std::vector<std::pair<std::string, uint64_t>> candidates;
  for (const auto& [path, bytes] : contents) {
    if (path.find(".seg") == std::string::npos) continue;
    for (uint64_t at = 16; at < bytes.size(); at += 64) candidates.emplace_back(path, at);
  }
  for (size_t i = candidates.size(); i > 1; --i) {
    std::swap(candidates[i - 1], candidates[random.Below(i)]);
  }
  ASSIGN_OR_RETURN(auto database, OpenOn(&disk));
  std::map<std::string, std::shared_ptr<SegmentReader>> readers;
  std::map<std::string, size_t> damaged;  // places, by file
  std::set<Place> wanted;
  for (const auto& [path, at] : candidates) {
    if (static_cast<int64_t>(wanted.size()) >= planted) break;
    auto& reader = readers[path];
    if (!reader) {
      ASSIGN_OR_RETURN(reader, SegmentReader::Open(&disk, path, nullptr, 0));
    }
    const int bit = static_cast<int>(random.Below(8));
    RETURN_IF_ERROR(disk.FlipBit(path, at, bit));
    const auto now = reader->FindDamage();
    const bool in_footer =
        std::any_of(now.begin(), now.end(), [](const auto& one) { return one.place == "footer"; });
    if (in_footer || now.size() != damaged[path] + 1) {
      // A footer stands for the whole file, and a place that is damaged already would hide this.
      RETURN_IF_ERROR(disk.FlipBit(path, at, bit));
      continue;
    }
    damaged[path] = now.size();
    for (const SegmentDamage& one : now) wanted.emplace(path, one.column, one.place);
  }
  readers.clear();
  // A record of the log, too.
  std::string log;
  for (const auto& [path, bytes] : contents) {
    if (path.find("/log-") != std::string::npos) log = path;
  }
  RETURN_IF_ERROR(disk.FlipBit(log, kRecordFileHeaderBytes + 40, 1));
  wanted.emplace(log, "", "");
  rig->Add("planted", static_cast<int64_t>(wanted.size()));

  ASSIGN_OR_RETURN(CheckReport report, database->store().Check(std::nullopt));
  std::set<Place> found;
  for (const Damage& damage : report.damages) {
    const Place place{damage.file, damage.column, damage.place};
    if (!wanted.contains(place)) rig->Miss("false", damage.message);
    found.insert(place);
  }
  for (const auto& [file, column, place] : wanted) {
    if (!found.contains({file, column, place})) {
      rig->Miss("not_found", fmt::format("{}, column {}, {}", file, column, place));
    }
  }
  rig->Add("found", static_cast<int64_t>(found.size()));
  rig->Add("quarantined", static_cast<int64_t>(report.quarantined.size()));

  // Refused, then given up; the rest is there.
  auto connection = database->Connect();
  if (Ask(connection.get(), "SELECT count(*) FROM t").ok()) {
    rig->Miss("silent", "a count over damaged segments is answered");
  }
  ASSIGN_OR_RETURN(std::string segments,
                   Ask(connection.get(),
                       "SELECT segment FROM shale_segments WHERE damage IS NOT "
                       "NULL"));
  for (size_t at = 0; at < segments.size(); at = segments.find('\n', at) + 1) {
    RETURN_IF_ERROR(connection
                        ->Query("ALTER TABLE t DROP SEGMENT " +
                                segments.substr(at, segments.find('|', at) - at))
                        .status());
  }
  return Ask(connection.get(), "SELECT count(*), sum(x), max(word) FROM t").status();
}

int Main(int argc, char** argv) {
  Rig rig("scrub", argc, argv, {{"planted", 1000, "blocks to damage", 100}});
  for (const char* figure : {"planted", "found", "false", "not_found", "quarantined", "silent"}) {
    rig.MustBeZero(figure);
  }
  const Status status = Run(&rig);
  if (!status.ok()) rig.Miss("broken", std::string(Message(status)));
  return rig.Finish();
}

}  // namespace
}  // namespace shale

int main(int argc, char** argv) { return shale::Main(argc, argv); }
