// INSERT, UPDATE and DELETE: what a statement changes in one table is computed against one snapshot
// before anything is changed, then done in one commit. Within WITH the changes of all statements
// are gathered first and done together, so that none sees another's.
#pragma once

#include <map>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "sql/execute.h"

namespace shale {

// Rows that a statement holds in memory before they are written: of RETURNING, and within WITH.
inline constexpr uint64_t kMaxGatheredBytes = uint64_t{1} << 30;

struct Change {
  TableSchemaPtr schema;
  std::vector<uint64_t> row_ids;  // of the rows that go
  std::vector<Chunk> rows;        // that come
  Snapshot snapshot;              // that the ids are of
  bool done = false;              // written already: a large INSERT
  uint64_t count = 0;             // as the command's tag tells
  bool returns = false;           // RETURNING:
  std::vector<PlanColumn> columns;
  std::vector<Chunk> returned;
};

// Changes of several statements that read one snapshot. A row that one of them changes is left
// alone by those after it, as in PostgreSQL.
class ChangeSet {
 public:
  // Rows of the table that are to be deleted or replaced.
  absl::flat_hash_set<uint64_t>* Touched(TableId table) { return &tables_[table].touched; }
  void Add(const Change& change);
  Status Apply(const Snapshot& seen, SessionTransaction* data) const;

 private:
  struct Table {
    TableSchemaPtr schema;
    absl::flat_hash_set<uint64_t> touched;
    std::vector<uint64_t> row_ids;
    std::vector<Chunk> rows;
  };
  std::map<TableId, Table> tables_;
};

StatusOr<Change> MakeInsert(const ast::Insert& insert, StatementContext& context);
StatusOr<Change> MakeDelete(const ast::Delete& del, StatementContext& context);
StatusOr<Change> MakeUpdate(const ast::Update& update, StatementContext& context);
// By kind. `statement` is one of the three.
StatusOr<Change> MakeChange(const ast::Statement& statement, StatementContext& context);

// Declares what the statement's WITH names, run already or not.
void DeclareWith(const ast::With& with, const StatementContext& context, Binder* binder);
// Runs the plan, whose output is the columns of `change->schema` (if it makes rows), what RETURNING
// gives, and (with `row_ids`) the row's id; a row of several ids' rows is taken once.
Status GatherChange(PlanPtr plan, const Snapshot& snapshot, bool rows, bool row_ids,
                    StatementContext& context, Change* change);
// The items' columns as outputs of a projection.
void AddReturned(const std::vector<SelectItemBound>& items, Binder* binder, ProjectNode* project,
                 std::vector<PlanColumn>* output, Change* change);

// Whether a WITH holds an INSERT, UPDATE or DELETE.
bool HasChanges(const std::vector<ast::CommonTable>& tables);
// Runs a statement whose WITH does.
Status ExecuteWithChanges(const ast::Statement& statement,
                          const std::vector<ast::CommonTable>& tables, bool recursive,
                          StatementContext& context);

}  // namespace shale
