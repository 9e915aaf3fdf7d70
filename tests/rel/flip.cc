// Every byte of every file of a small database is damaged, one at a time; then the database is
// opened, asked and checked. A flip must be noticed by one of the three, no answer may be wrong, an
// error must name the file, and what does not need the file must stay readable.
//
// Twice: as an orderly close leaves the files, and as kill -9 does (log and catalog unfinished).
// LOCK holds nothing.
#include "fmt/format.h"
#include "tests/rel/support/rig.h"
#include "tests/rel/support/small_database.h"

namespace shale {
namespace {

using Contents = std::map<std::string, std::string>;

bool IsSegment(const std::string& path) { return path.find(".seg") != std::string::npos; }

class Flips {
 public:
  explicit Flips(Rig* rig) : rig_(rig) {}

  // `step`: how far the database is built; `killed`: the last step's work is not closed.
  Status Run(bool killed) {
    SimulatedDisk disk;
    for (int step = 0; step < kBuildSteps; ++step) {
      RETURN_IF_ERROR(BuildSmallDatabase(&disk, step));
    }
    Contents contents = disk.Contents();
    if (killed) {
      ASSIGN_OR_RETURN(auto database, OpenOn(&disk));
      auto connection = database->Connect();
      RETURN_IF_ERROR(connection->Query("INSERT INTO hot VALUES (99, 'unclosed')").status());
      RETURN_IF_ERROR(connection->Query("CREATE VIEW later AS SELECT 1").status());
      RETURN_IF_ERROR(connection->Query("INSERT INTO hot VALUES (100, 'unclosed')").status());
      contents = disk.Contents();
    }
    disk.Restore(contents);
    tables_ = TablesOfSegments(&disk);
    {
      disk.Restore(contents);
      ASSIGN_OR_RETURN(auto database, OpenOn(&disk));
      ASSIGN_OR_RETURN(right_, AskAll(database.get()));
    }
    disk.Restore(contents);
    const Verdict sound = Examine(&disk, right_, "", "");
    if (!sound.error.empty() || !sound.silent.empty() || !sound.check.empty() ||
        (sound.found && !killed)) {
      rig_->Miss("false", "a sound database is called damaged: " + sound.error +
                              (sound.check.empty() ? "" : sound.check[0].message));
    }
    for (const auto& [path, bytes] : contents) {
      if (path.find("LOCK") != std::string::npos) continue;
      rig_->Add("files", 1);
      // Of a file that is reserved but not written yet, a page after the last byte will do.
      const uint64_t end =
          std::min<uint64_t>(bytes.size(), bytes.find_last_not_of('\0') + uint64_t{1} + 4096);
      const auto stride = static_cast<uint64_t>(rig_->Get("stride"));
      for (uint64_t at = rig_->seed() % stride; at < end; at += stride) Flip(contents, path, at);
    }
    return OkStatus();
  }

 private:
  void Flip(const Contents& contents, const std::string& path, uint64_t at) {
    Contents damaged = contents;
    damaged[path][at] = static_cast<char>(damaged[path][at] ^ (1 << ((at + rig_->seed()) % 8)));
    SimulatedDisk disk(SimulatedDisk::Options{false});
    disk.Restore(damaged);
    const auto table = tables_.find(path);
    const Verdict verdict =
        Examine(&disk, right_, path, table == tables_.end() ? "" : table->second);
    rig_->Add("flips", 1);
    const std::string where = fmt::format("{}, byte {} of {}", path, at, contents.at(path).size());
    if (!verdict.found) rig_->Miss("undetected", where);
    if (!verdict.silent.empty()) {
      // Bytes that a kill cut off the end were nobody's; those below the mark are.
      rig_->Miss("silent", where + ": " + verdict.silent + " answers otherwise");
    }
    if (!verdict.unnamed.empty()) rig_->Miss("unnamed", where + ": " + verdict.unnamed);
    if (!IsSegment(path)) return;
    if (!verdict.unreadable.empty()) rig_->Miss("unreadable", where + ": " + verdict.unreadable);
    bool placed = false;
    for (const Damage& damage : verdict.check) {
      placed |= damage.file == path && (damage.place == "footer" || !damage.column.empty());
    }
    if (!placed) rig_->Miss("unplaced", where + ": the check names no column and block");
  }

  Rig* rig_;
  std::map<std::string, std::string> tables_;
  std::vector<std::string> right_;
};

int Main(int argc, char** argv) {
  Rig rig("flip", argc, argv, {{"stride", 1, "flip every n-th byte", 20}});
  for (const char* figure :
       {"files", "flips", "undetected", "silent", "unnamed", "unplaced", "unreadable", "false"}) {
    rig.MustBeZero(figure);
  }
  for (bool killed : {false, true}) {
    const Status status = Flips(&rig).Run(killed);
    if (!status.ok()) rig.Miss("broken", std::string(Message(status)));
  }
  return rig.Finish();
}

}  // namespace
}  // namespace shale

int main(int argc, char** argv) { return shale::Main(argc, argv); }
