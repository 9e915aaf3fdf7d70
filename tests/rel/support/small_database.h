// A small database with every kind of file and block in it, on a simulated disk, and questions
// whose right answers are known: for rigs that damage it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "sql/database.h"
#include "storage/io/simulated_io.h"

namespace shale {

inline constexpr char kSmallDatabase[] = "/db";

// Opens the database at kSmallDatabase without background jobs.
StatusOr<std::unique_ptr<Database>> OpenOn(Disk* disk);

// A question and the tables that it reads.
struct Probe {
  std::string sql;
  std::vector<std::string> tables;
};
const std::vector<Probe>& Probes();

// Makes the database by `step` 0, 1, 2: later steps change what earlier ones made (deletes,
// compaction, ALTER, rows that stay in the log). Every step closes it in order.
inline constexpr int kBuildSteps = 3;
Status BuildSmallDatabase(SimulatedDisk* disk, int step);

// The rows as text, a line each, in order.
StatusOr<std::string> Ask(Connection* connection, const std::string& sql);
// The answers to Probes().
StatusOr<std::vector<std::string>> AskAll(Database* database);

// What a damaged database did with the questions.
struct Verdict {
  bool opened = false;
  bool found = false;         // by opening, a question or the check
  std::string silent;         // a wrong answer: what and how
  std::string unnamed;        // an error that does not name the file
  std::string unreadable;     // a question refused that does not need the file
  std::string error;          // the first
  std::vector<Damage> check;  // what the check found
};
// Opens the database, asks everything and checks it. `file`: what was damaged, "" when nothing was;
// `table`: whose it is ("" for the catalog and the log).
Verdict Examine(Disk* disk, const std::vector<std::string>& right, const std::string& file,
                const std::string& table);
// Segment files by the table that they belong to.
std::map<std::string, std::string> TablesOfSegments(Disk* disk);

}  // namespace shale
