// JoinTable: what the build and the probe of a join share: the plan, and after the build's Finalize
// all rows of the build side with a table of their keys. Private to engine/operators/*join*.cc.
//
// One owner each; the build fills it, then any number of probing workers read it. Only `met`,
// `probing` and `unmet_taken` are written while probing: they are atomic.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/base/sync.h"
#include "engine/expr/evaluator.h"
#include "engine/operators/group_table.h"
#include "engine/operators/join.h"
#include "engine/operators/key_packer.h"
#include "engine/operators/spill_parts.h"

namespace shale {

// The range of a key's values, and the values themselves while they are few. Of one worker, then of
// all.
class KeyDigest {
 public:
  explicit KeyDigest(const Type& type);
  void Add(const Vector& key);
  void Merge(const KeyDigest& other);
  std::vector<ExprPtr> Conditions(const ExprPtr& column) const;

 private:
  template <typename T>
  void AddNumbers(const Vector& flat);

  static constexpr size_t kMaxListed = 32;
  Type type_;
  bool numbers_ = false;  // signed integers and what is stored as such
  bool texts_ = false;
  bool many_ = false;  // more than kMaxListed: values_ and strings_ are not kept
  int64_t min_ = INT64_MAX, max_ = INT64_MIN;
  std::set<int64_t> values_;
  std::set<std::string, std::less<>> strings_;
};

struct JoinTable : JoinBounds {
  JoinKind kind;
  std::vector<ExprPtr> probe_keys;
  std::vector<ExprPtr> build_keys;
  std::vector<bool> null_safe;  // of each key: NULL equals NULL
  ExprPtr residual;
  std::vector<Type> probe_types;
  std::vector<Type> build_types;

  mutable Mutex mutex;
  // Made by the first worker of the build.
  bool begun SHALE_GUARDED_BY(mutex) = false;
  Status status;
  KeyLayout layout;

  // All rows of the build side; a string column also as a dictionary, of which a row number is the
  // code: so that what is computed over a joined column is computed once a build row.
  size_t num_rows = 0;
  std::vector<Vector> columns;
  std::vector<DictionaryPtr> dictionaries;
  std::vector<Vector> keys;  // kMark that must look at NULLs one by one
  std::unique_ptr<Reservation> memory;

  // Rows with the same key are chained: a group's state is its last row + 1, next[row] the one
  // before + 1, 0 the end.
  std::unique_ptr<GroupTable> table;
  std::vector<uint32_t> next;
  bool unique = true;
  std::vector<uint32_t> null_rows;  // rows with a NULL in a key that is not null-safe

  std::vector<KeyDigest> digests SHALE_GUARDED_BY(mutex);  // kinds that drop probe rows

  // kRight, kFull: build rows that met a probe row; workers that still probe; whether the rows that
  // met none were given out.
  std::unique_ptr<std::atomic<uint8_t>[]> met;
  std::atomic<int> probing{0};
  std::atomic<bool> unmet_taken{false};

  // ---- a build side that does not fit into memory (join_spill.cc) ----
  // Both sides are dealt to disk by the hash of their keys, then joined part by part, each with a
  // table of its own (grace hash join: Kitsuregawa et al., 1983). `level`: how often these rows
  // were dealt before.
  int level = 0;
  std::atomic<bool> spilled{false};
  std::unique_ptr<SpillParts> build_parts;                          // made under the lock
  std::unique_ptr<SpillParts> probe_parts SHALE_GUARDED_BY(mutex);  // rows of the present round
  std::atomic<uint64_t> spilled_bytes{0};
  // Some build row has a NULL in a key that is not null-safe.
  std::atomic<bool> met_null{false};
  // Of a part, for kMark: what is known of the other parts.
  bool others_have_rows = false, others_have_nulls = false;

  bool any_rows() const { return num_rows > 0 || others_have_rows; }
  bool any_nulls() const { return !null_rows.empty() || others_have_nulls; }

  bool keys_with_nulls() const {
    for (bool safe : null_safe) {
      if (safe) return true;
    }
    return false;
  }
  int key_words() const { return layout.words(keys_with_nulls()); }
  bool needs_keys() const {
    return kind == JoinKind::kMark && !build_keys.empty() &&
           (build_keys.size() > 1 || residual != nullptr);
  }
  bool emits_build() const {
    return kind == JoinKind::kInner || kind == JoinKind::kLeft || kind == JoinKind::kRight ||
           kind == JoinKind::kFull || kind == JoinKind::kSingle;
  }
  bool keeps_probe() const {
    return kind == JoinKind::kLeft || kind == JoinKind::kFull || kind == JoinKind::kSingle;
  }
  bool keeps_build() const { return kind == JoinKind::kRight || kind == JoinKind::kFull; }

  bool drops_probe() const {
    return kind == JoinKind::kInner || kind == JoinKind::kSemi || kind == JoinKind::kRight;
  }
  std::vector<ExprPtr> Conditions(size_t key, const ExprPtr& column) const override;

  // Rows of a build column.
  Vector Rows(size_t column, const uint32_t* rows, size_t count) const;
  // One row of a build column, `count` times.
  Vector Repeat(size_t column, size_t row, size_t count) const;
};

// Fills the table.
std::shared_ptr<Sink> MakeJoinBuild(std::shared_ptr<JoinTable> join);

// ---- join_spill.cc ----
// Whether a join's rows may go to disk.
bool JoinCanSpill(const JoinTable& join, const ExecutionContext& context);
// Deals a chunk of a side to disk; `keys` are evaluated over it.
Status DealBuildRows(JoinTable* join, ExecutionContext* context, const Chunk& chunk,
                     std::vector<Evaluator>* keys);
Status DealProbeRows(JoinTable* join, ExecutionContext* context, const Chunk& chunk,
                     std::vector<Evaluator>* keys);
// Joins what was dealt, part by part: by the last probing worker.
StatusOr<Flow> JoinParts(JoinTable* join, ExecutionContext* context, const Emit& emit);
// The join of join.h at a level.
std::shared_ptr<JoinTable> MakeJoinTable(const JoinTable& like, int level);
std::shared_ptr<Operator> MakeHashProbe(std::shared_ptr<JoinTable> join);

// What every probe does alike. `matched`: a byte for each row of the input.
class JoinProbe : public Operator {
 public:
  explicit JoinProbe(std::shared_ptr<JoinTable> join);

 protected:
  // Counts a worker in, and out again: the last one gives out the build rows that met none.
  void Begin() { join_->probing.fetch_add(1); }
  StatusOr<Flow> End(const Emit& emit);
  // Pairs of rows as an output chunk.
  Chunk Pairs(const Chunk& input, const uint32_t* probe_rows, const uint32_t* build_rows,
              size_t count) const;
  // Notes who met whom; an error when a row of kSingle meets two.
  Status Meet(const uint32_t* probe_rows, const uint32_t* build_rows, size_t count,
              uint8_t* matched) const;
  // kLeft, kFull, kSingle: input rows that met none, with NULLs.
  StatusOr<Flow> EmitUnmatched(const Chunk& input, const uint8_t* matched, const Emit& emit) const;
  // kSemi, kAnti.
  StatusOr<Flow> EmitExisting(Chunk input, const uint8_t* matched, const Emit& emit) const;

  std::shared_ptr<JoinTable> join_;
  std::vector<size_t> residual_columns_;
};

// The probe of a join without keys.
std::shared_ptr<Operator> MakeLoopProbe(std::shared_ptr<JoinTable> join);

}  // namespace shale
