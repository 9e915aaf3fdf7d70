// Whole files of a small database go wrong: emptied, cut, filled with zeros, missing, swapped with
// another, an older version put back. The database must say so when it is opened, asked or checked;
// no answer may be wrong, and a segment must not take the others' tables with it.
#include <algorithm>

#include "fmt/format.h"
#include "tests/rel/support/rig.h"
#include "tests/rel/support/small_database.h"

namespace shale {
namespace {

using Contents = std::map<std::string, std::string>;

class Mangler {
 public:
  Mangler(Rig* rig, Contents now, Contents before)
      : rig_(rig), now_(std::move(now)), before_(std::move(before)) {
    SimulatedDisk disk(SimulatedDisk::Options{false});
    disk.Restore(now_);
    tables_ = TablesOfSegments(&disk);
    auto database = OpenOn(&disk);
    auto right = AskAll(database->get());
    right_ = *right;
  }

  void Run() {
    for (const auto& [path, bytes] : now_) {
      if (path.find("LOCK") != std::string::npos) continue;
      rig_->Add("files", 1);
      std::vector<uint64_t> cuts = {0, 1, bytes.size() / 4, bytes.size() / 2, bytes.size() - 1};
      for (uint64_t at = 512; at < bytes.size(); at += 512) cuts.push_back(at);
      for (uint64_t cut : cuts) {
        if (cut < bytes.size()) Try("cut", path, With(path, bytes.substr(0, cut)), {path});
      }
      for (uint64_t begin = 0; begin < bytes.size(); begin += 512) {
        std::string zeroed = bytes;
        for (uint64_t i = begin; i < std::min<uint64_t>(begin + 512, bytes.size()); ++i) {
          zeroed[i] = 0;
        }
        if (zeroed != bytes) Try("zeros", path, With(path, zeroed), {path});
      }
      Try("longer", path, With(path, bytes + std::string(100, 'x')), {path});
      Contents without = now_;
      without.erase(path);
      Try("missing", path, without, {path});
      for (const auto& [other, other_bytes] : now_) {
        if (other <= path || other.find("LOCK") != std::string::npos) continue;
        Contents swapped = With(path, other_bytes);
        swapped[other] = bytes;
        Try("swapped with " + other, path, swapped, {path, other});
      }
      const auto old = before_.find(path);
      if (old != before_.end() && old->second != bytes) {
        Try("older version", path, With(path, old->second), {path});
      }
    }
  }

 private:
  Contents With(const std::string& path, std::string bytes) const {
    Contents contents = now_;
    contents[path] = std::move(bytes);
    return contents;
  }

  void Try(const std::string& how, const std::string& path, const Contents& contents,
           const std::vector<std::string>& mangled) {
    SimulatedDisk disk(SimulatedDisk::Options{false});
    disk.Restore(contents);
    // Which tables may be refused.
    std::string table;
    bool several = false;
    for (const std::string& one : mangled) {
      const auto found = tables_.find(one);
      const std::string of = found == tables_.end() ? "" : found->second;
      several |= of.empty() || (!table.empty() && of != table);
      table = of;
    }
    const Verdict verdict = Examine(&disk, right_, "", table);
    rig_->Add("cases", 1);
    const std::string where = path + ", " + how;
    if (!verdict.found) rig_->Miss("undetected", where);
    if (!verdict.silent.empty()) {
      rig_->Miss("silent", where + ": " + verdict.silent + " answers otherwise");
    }
    const auto names = [&](const std::string& text) {
      return std::any_of(mangled.begin(), mangled.end(), [&](const std::string& one) {
        return text.find(one) != std::string::npos;
      });
    };
    // Without its catalog a directory is no database: that error names the directory.
    if (!verdict.error.empty() && !names(verdict.error) &&
        verdict.error.find("catalog") == std::string::npos) {
      rig_->Miss("unnamed", where + ": " + verdict.error);
    }
    if (!table.empty() && !several && !verdict.unreadable.empty()) {
      rig_->Miss("unreadable", where + ": " + verdict.unreadable);
    }
  }

  Rig* rig_;
  const Contents now_, before_;
  std::map<std::string, std::string> tables_;
  std::vector<std::string> right_;
};

Status Run(Rig* rig) {
  // At each stage, against the stage before.
  SimulatedDisk disk;
  Contents before;
  for (int step = 0; step < kBuildSteps; ++step) {
    RETURN_IF_ERROR(BuildSmallDatabase(&disk, step));
    Contents now = disk.Contents();
    if (step > 0) Mangler(rig, now, before).Run();
    before = std::move(now);
  }
  return OkStatus();
}

int Main(int argc, char** argv) {
  Rig rig("mangle", argc, argv);
  for (const char* figure : {"files", "cases", "undetected", "silent", "unnamed", "unreadable"}) {
    rig.MustBeZero(figure);
  }
  const Status status = Run(&rig);
  if (!status.ok()) rig.Miss("broken", std::string(Message(status)));
  return rig.Finish();
}

}  // namespace
}  // namespace shale

int main(int argc, char** argv) { return shale::Main(argc, argv); }
