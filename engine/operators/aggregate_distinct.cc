// DISTINCT aggregates: each worker has a set of (group, value) rows; here the sets become one and
// each different row goes to its group's state once.
#include <algorithm>
#include <atomic>
#include <bit>

#include "engine/exec/pipeline.h"
#include "engine/operators/aggregate_plan.h"

namespace shale {
namespace {

constexpr size_t kBatch = 2048;
// Partitions of values are so many that the table of one stays in the nearer caches.
constexpr int kMinPartBits = 4, kMaxPartBits = 8;
constexpr size_t kPartRows = 32768;
// Sets smaller than this are not worth several threads.
constexpr size_t kSmallSet = 65536;
// States a partition of values keeps for itself, before they are merged; of all partitions.
constexpr size_t kMaxPartialGroups = 32768;
constexpr size_t kMaxPartialStates = size_t{1} << 20;

class DistinctMerge {
 public:
  DistinctMerge(const AggregatePlan& plan, const AggregateLayouts& layouts, size_t set,
                const std::vector<GroupPlaces>& places, ExecutionContext* context,
                MergedGroups* merged)
      : plan_(plan),
        layout_(layouts.distinct[set]),
        set_(set),
        places_(places),
        context_(context),
        merged_(merged),
        with_groups_(!plan.keys.empty()) {}

  Status Run() {
    size_t total = 0, not_empty = 0, only = 0;
    bool with_nulls = false, repeats = false;
    for (size_t w = 0; w < merged_->workers.size(); ++w) {
      const Grouper& grouper = *merged_->workers[w]->distinct[set_];
      // Values that several groups of one key have count once, too.
      repeats |= grouper.table().repeats() || merged_->workers[w]->table().repeats();
      total += grouper.table().size();
      if (grouper.table().size() > 0) {
        ++not_empty;
        only = w;
      }
      with_nulls |= grouper.with_nulls();
    }
    if (total == 0) return OkStatus();
    if (not_empty == 1 && !repeats && merged_->parts.size() == 1) {
      // One worker's set is the set; its groups only have to be found again.
      Grouper& grouper = *merged_->workers[only]->distinct[set_];
      return FeedTable(&grouper.table(), grouper.with_nulls(), &places_[only], nullptr);
    }
    if (with_nulls) {
      for (auto& worker : merged_->workers) {
        RETURN_IF_ERROR(worker->distinct[set_]->WidenForNulls());
      }
    }
    with_nulls_ = with_nulls;
    if (merged_->parts.size() > 1) return MergeByGroup();
    const size_t num_groups = merged_->parts[0].table->size();
    if (total < kSmallSet || num_groups > kMaxPartialGroups) return MergeOne();
    return MergeByValue();
  }

 private:
  int KeyWords() const { return layout_.words(with_nulls_); }

  // The keys of rows `rows` of worker w's set, the worker's group replaced by the merged one.
  void KeysOf(size_t w, const uint32_t* rows, size_t count, uint64_t* keys) const {
    const GroupTable& table = merged_->workers[w]->distinct[set_]->table();
    const size_t words = table.key_words();
    const size_t stride = table.row_words();
    constexpr size_t kAhead = 24;
    for (size_t i = 0; i < count; ++i) {
      if (i + kAhead < count) __builtin_prefetch(table.keys() + rows[i + kAhead] * stride);
      const uint64_t* key = table.keys() + rows[i] * stride;
      for (size_t word = 0; word < words; ++word) keys[i * words + word] = key[word];
    }
    if (!with_groups_) return;
    const KeyColumn& column = layout_.columns[0];
    const uint64_t mask = uint64_t{UINT32_MAX} << column.shift;
    for (size_t i = 0; i < count; ++i) {
      uint64_t& word = keys[i * words + column.word];
      const auto group = static_cast<uint32_t>(word >> column.shift);
      word = (word & ~mask) | (uint64_t{places_[w].RowOf(group)} << column.shift);
    }
  }

  uint32_t GroupOf(const GroupTable& table, size_t row) const {
    const KeyColumn& column = layout_.columns[0];
    return static_cast<uint32_t>(table.keys()[row * table.row_words() + column.word] >>
                                 column.shift);
  }

  // Adds rows of worker w to `table`.
  Status AddRows(size_t w, const uint32_t* rows, size_t count, GroupTable* table) const {
    std::vector<uint64_t> keys(kBatch * KeyWords());
    std::vector<uint32_t> ignored(kBatch);
    for (size_t begin = 0; begin < count; begin += kBatch) {
      const size_t n = std::min(kBatch, count - begin);
      KeysOf(w, rows + begin, n, keys.data());
      RETURN_IF_ERROR(table->FindOrAdd(keys.data(), n, ignored.data()));
    }
    return OkStatus();
  }

  // Every row of `table` goes to the states of its group: in `part` (with `places`: where the
  // worker's group went), or in `partial`, which has a row a group.
  Status FeedTable(const GroupTable* table, bool with_nulls, const GroupPlaces* places,
                   GroupTable* partial, size_t part = 0, Arena* arena = nullptr) {
    std::vector<uint32_t> groups(kBatch);
    for (size_t begin = 0; begin < table->size(); begin += kBatch) {
      const size_t count = std::min(kBatch, table->size() - begin);
      std::vector<Vector> args;
      const size_t skip = with_groups_ ? 1 : 0;
      const auto unpack = [&]() {
        for (size_t i = skip; i < layout_.columns.size(); ++i) {
          args.push_back(UnpackKeys(layout_, i, with_nulls,
                                    table->keys() + begin * table->row_words(), table->row_words(),
                                    count));
        }
      };
      if (plan_.distinct_sets[set_].skip_nulls) {
        // Only rows without NULL are in the set and its aggregates look at nothing else.
        args.assign(layout_.columns.size() - skip, Vector::Constant(Value::Bool(true), count));
      } else {
        unpack();
      }
      for (size_t i = 0; i < count; ++i) {
        groups[i] = with_groups_ ? GroupOf(*table, begin + i) : 0;
      }
      if (places != nullptr) {
        for (size_t i = 0; i < count; ++i) groups[i] = places->RowOf(groups[i]);
      }
      GroupTable* target = partial ? partial : merged_->parts[part].table;
      RETURN_IF_ERROR(Update(target, groups.data(), args, count, arena));
    }
    return OkStatus();
  }

  Status Update(GroupTable* target, const uint32_t* groups, const std::vector<Vector>& args,
                size_t count, Arena* arena) {
    if (arena == nullptr) arena = merged_->workers[0]->arena.get();
    for (const StateSlot& slot : plan_.slots) {
      if (slot.distinct_set != static_cast<int>(set_)) continue;
      RETURN_IF_ERROR(slot.function.kernels.update(CallOf(slot, context_->functions, arena),
                                                   target->states() + slot.offset,
                                                   target->row_bytes(), groups, args, count));
    }
    return OkStatus();
  }

  Status MergeOne() {
    GroupTable table(KeyWords(), 0, context_->memory);
    for (size_t w = 0; w < merged_->workers.size(); ++w) {
      std::vector<uint32_t> rows(merged_->workers[w]->distinct[set_]->table().size());
      for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<uint32_t>(i);
      RETURN_IF_ERROR(AddRows(w, rows.data(), rows.size(), &table));
    }
    return FeedTable(&table, with_nulls_, nullptr, nullptr);
  }

  // Rows of each worker's set by partition.
  struct Lists {
    std::vector<uint32_t> rows;
    std::vector<size_t> begins;
  };
  template <typename PartOf>
  Lists Divide(size_t size, size_t num_parts, const PartOf& part_of) {
    std::vector<uint32_t> parts(size);
    Lists lists;
    lists.begins.assign(num_parts + 1, 0);
    for (size_t i = 0; i < size; ++i) {
      parts.data()[i] = part_of(i);
      ++lists.begins[parts.data()[i] + 1];
    }
    for (size_t p = 1; p <= num_parts; ++p) lists.begins[p] += lists.begins[p - 1];
    std::vector<size_t> next(lists.begins);
    lists.rows.resize(size);
    for (size_t i = 0; i < size; ++i) {
      lists.rows.data()[next[parts.data()[i]]++] = static_cast<uint32_t>(i);
    }
    return lists;
  }

  template <typename Body>
  Status ForEach(size_t count, const Body& body) {
    std::atomic<size_t> next{0};
    return RunParallel(context_->num_workers, [&](int) -> Status {
      for (size_t i; (i = next.fetch_add(1)) < count;) {
        if (context_->cancellation) RETURN_IF_ERROR(context_->cancellation->Check());
        RETURN_IF_ERROR(body(i));
      }
      return OkStatus();
    });
  }

  // Groups are in parts already: a value's partition is its group's part.
  Status MergeByGroup() {
    const size_t num_workers = merged_->workers.size();
    const size_t num_parts = merged_->parts.size();
    std::vector<Lists> lists(num_workers);
    RETURN_IF_ERROR(ForEach(num_workers, [&](size_t w) -> Status {
      const GroupTable& table = merged_->workers[w]->distinct[set_]->table();
      lists[w] = Divide(table.size(), num_parts,
                        [&](size_t row) { return places_[w].PartOf(GroupOf(table, row)); });
      return OkStatus();
    }));
    return ForEach(num_parts, [&](size_t p) -> Status {
      GroupTable table(KeyWords(), 0, context_->memory);
      for (size_t w = 0; w < num_workers; ++w) {
        const size_t begin = lists[w].begins[p];
        RETURN_IF_ERROR(
            AddRows(w, lists[w].rows.data() + begin, lists[w].begins[p + 1] - begin, &table));
      }
      return FeedTable(&table, with_nulls_, nullptr, nullptr, p, merged_->arenas[p].get());
    });
  }

  // Few groups, many values: partitions of the hash, each with states of its own.
  Status MergeByValue() {
    const size_t num_workers = merged_->workers.size();
    const size_t num_groups = merged_->parts[0].table->size();
    size_t total = 0;
    for (const auto& worker : merged_->workers) total += worker->distinct[set_]->table().size();
    int bits = kMinPartBits;
    while (bits < kMaxPartBits && total >> bits > kPartRows &&
           num_groups << (bits + 1) <= kMaxPartialStates) {
      ++bits;
    }
    const size_t num_parts = size_t{1} << bits;
    std::vector<Lists> lists(num_workers);
    RETURN_IF_ERROR(ForEach(num_workers, [&](size_t w) -> Status {
      const GroupTable& table = merged_->workers[w]->distinct[set_]->table();
      std::vector<uint32_t> parts(table.size());
      std::vector<uint32_t> rows(kBatch);
      std::vector<uint64_t> keys(kBatch * KeyWords()), hashes(kBatch);
      for (size_t begin = 0; begin < table.size(); begin += kBatch) {
        const size_t count = std::min(kBatch, table.size() - begin);
        for (size_t i = 0; i < count; ++i) rows[i] = static_cast<uint32_t>(begin + i);
        KeysOf(w, rows.data(), count, keys.data());
        HashKeys(keys.data(), KeyWords(), KeyWords(), count, hashes.data());
        for (size_t i = 0; i < count; ++i) {
          parts[begin + i] = static_cast<uint32_t>(hashes[i] >> (64 - bits));
        }
      }
      lists[w] = Divide(table.size(), num_parts, [&](size_t row) { return parts.data()[row]; });
      return OkStatus();
    }));
    std::vector<std::unique_ptr<GroupTable>> partials(num_parts);
    std::vector<std::shared_ptr<Arena>> arenas(num_parts);
    RETURN_IF_ERROR(ForEach(num_parts, [&](size_t p) -> Status {
      GroupTable table(KeyWords(), 0, context_->memory);
      size_t num_rows = 0;
      for (const Lists& mine : lists) num_rows += mine.begins[p + 1] - mine.begins[p];
      RETURN_IF_ERROR(table.ReserveIndexed(num_rows / num_workers));
      for (size_t w = 0; w < num_workers; ++w) {
        const size_t begin = lists[w].begins[p];
        RETURN_IF_ERROR(
            AddRows(w, lists[w].rows.data() + begin, lists[w].begins[p + 1] - begin, &table));
      }
      arenas[p] = std::make_shared<Arena>();
      // Rows of the same form as the groups' own, so that merge sees one stride.
      const GroupTable& main = *merged_->parts[0].table;
      partials[p] =
          std::make_unique<GroupTable>(main.key_words(), plan_.state_bytes, context_->memory);
      partials[p]->set_init(plan_.Inits());
      std::vector<uint64_t> no_key(main.key_words() + 1);
      for (size_t group = 0; group < num_groups; ++group) {
        uint32_t row;
        RETURN_IF_ERROR(partials[p]->AddUnindexed(no_key.data(), 1, &row));
      }
      return FeedTable(&table, with_nulls_, nullptr, partials[p].get(), 0, arenas[p].get());
    }));
    std::vector<uint32_t> all(num_groups);
    for (size_t group = 0; group < num_groups; ++group) all[group] = static_cast<uint32_t>(group);
    GroupTable* main = merged_->parts[0].table;
    Arena* arena = merged_->workers[0]->arena.get();
    for (size_t p = 0; p < num_parts; ++p) {
      merged_->arenas.push_back(arenas[p]);
      for (const StateSlot& slot : plan_.slots) {
        if (slot.distinct_set != static_cast<int>(set_)) continue;
        RETURN_IF_ERROR(slot.function.kernels.merge(
            CallOf(slot, context_->functions, arena), main->states() + slot.offset, all.data(),
            partials[p]->states() + slot.offset, all.data(), main->row_bytes(), num_groups));
      }
    }
    return OkStatus();
  }

  const AggregatePlan& plan_;
  const KeyLayout& layout_;
  const size_t set_;
  const std::vector<GroupPlaces>& places_;
  ExecutionContext* context_;
  MergedGroups* merged_;
  const bool with_groups_;
  bool with_nulls_ = false;
};

}  // namespace

Status FeedDistinct(const AggregatePlan& plan, const AggregateLayouts& layouts,
                    const std::vector<GroupPlaces>& places, ExecutionContext* context,
                    MergedGroups* merged) {
  for (size_t set = 0; set < plan.distinct_sets.size(); ++set) {
    RETURN_IF_ERROR(DistinctMerge(plan, layouts, set, places, context, merged).Run());
  }
  return OkStatus();
}

}  // namespace shale
