// Each operation of opening and asking a small database fails once with an I/O error. The error
// must name the file, what needs another file must be answered, and right; asked again (opened
// again, where opening was hit) everything is answered: an error is not remembered as damage.
#include "fmt/format.h"
#include "tests/rel/support/rig.h"
#include "tests/rel/support/small_database.h"

namespace shale {
namespace {

Status Run(Rig* rig) {
  SimulatedDisk built;
  for (int step = 0; step < kBuildSteps; ++step) RETURN_IF_ERROR(BuildSmallDatabase(&built, step));
  const auto contents = built.Contents();
  const auto tables = TablesOfSegments(&built);
  std::vector<std::string> right;
  for (uint64_t nth = 0;; ++nth) {
    SimulatedDisk disk(SimulatedDisk::Options{false});
    disk.Restore(contents);
    if (right.empty()) {
      ASSIGN_OR_RETURN(auto database, OpenOn(&disk));
      ASSIGN_OR_RETURN(right, AskAll(database.get()));
    }
    const uint64_t begin = disk.num_operations();
    disk.FailOperation(nth);
    std::vector<std::string> errors;
    auto database = OpenOn(&disk);
    if (!database.ok()) {
      errors.emplace_back(Message(database.status()));
    } else {
      for (const std::string& note : (*database)->store().recovery().notes) errors.push_back(note);
      auto connection = (*database)->Connect();
      for (int round = 0; round < 2; ++round) {
        for (size_t i = 0; i < Probes().size(); ++i) {
          auto answer = Ask(connection.get(), Probes()[i].sql);
          if (answer.ok()) {
            if (*answer != right[i] && !Probes()[i].tables.empty()) {
              rig->Miss("silent", fmt::format("operation {}: {}", nth, Probes()[i].sql));
            }
            continue;
          }
          const std::string error(Message(answer.status()));
          errors.push_back(error);
          // A segment that could not be opened stays away until the next time; else once only.
          if (round == 1 && error.find("quarantine") == std::string::npos) {
            rig->Miss("sticky", fmt::format("operation {}: {}", nth, error));
          }
          bool others = true;
          for (const auto& [path, table] : tables) {
            for (const std::string& needed : Probes()[i].tables) {
              others &= error.find(path) == std::string::npos || needed != table;
            }
          }
          if (others) rig->Miss("others_refused", fmt::format("operation {}: {}", nth, error));
        }
      }
      // A check takes back what was no damage.
      auto report = (*database)->store().Check(std::nullopt);
      auto answers = AskAll(database->get());
      if (report.ok() && report->damages.empty() && !answers.ok()) {
        rig->Miss("sticky",
                  fmt::format("operation {}, after a check: {}", nth, Message(answers.status())));
      }
    }
    const bool struck = disk.num_operations() - begin > nth;
    if (!struck) return OkStatus();
    database = Status(StatusCode::kUnknown, "");
    rig->Add("errors", 1);
    if (errors.empty()) {
      rig->Add("without_effect", 1);  // of closing, or of work that was tried again
    } else if (errors[0].find("/db") == std::string::npos) {
      rig->Miss("unnamed", fmt::format("operation {}: {}", nth, errors[0]));
    }
    auto again = OpenOn(&disk);
    auto answers = again.ok() ? AskAll(again->get()) : again.status();
    if (!answers.ok() || *answers != right) {
      rig->Miss("lost", fmt::format("operation {}: {}", nth,
                                    answers.ok() ? "other answers" : answers.status().ToString()));
    }
  }
}

int Main(int argc, char** argv) {
  Rig rig("eioread", argc, argv);
  for (const char* figure :
       {"errors", "without_effect", "unnamed", "others_refused", "silent", "sticky", "lost"}) {
    rig.MustBeZero(figure);
  }
  const Status status = Run(&rig);
  if (!status.ok()) rig.Miss("broken", std::string(Message(status)));
  return rig.Finish();
}

}  // namespace
}  // namespace shale

int main(int argc, char** argv) { return shale::Main(argc, argv); }
