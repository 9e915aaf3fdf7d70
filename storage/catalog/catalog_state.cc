#include "storage/catalog/catalog_state.h"

#include <algorithm>

namespace shale {
namespace {

// Applies one edit; a Status because a damaged or foreign catalog may name what is not there.
struct ApplyEdit {
  CatalogState* state;

  StatusOr<TableEntry*> Table(TableId id) const {
    auto it = state->tables.find(id);
    if (it == state->tables.end()) return DataLoss("catalog: an edit names table {}, unknown", id);
    return &it->second;
  }
  Status operator()(const PutTable& e) const {
    TableEntry& table = state->tables[e.schema->table_id];
    table.schema = e.schema;
    table.missing_values = e.missing_values;
    table.next_column_id = e.next_column_id;
    return OkStatus();
  }
  Status operator()(const DropTableEdit& e) const {
    RETURN_IF_ERROR(Table(e.table_id).status());
    state->tables.erase(e.table_id);
    return OkStatus();
  }
  Status operator()(const PutView& e) const {
    state->views[e.view.name] = e.view;
    return OkStatus();
  }
  Status operator()(const DropViewEdit& e) const {
    if (state->views.erase(e.name) == 0) {
      return DataLoss("catalog: an edit drops view {}, unknown", e.name);
    }
    return OkStatus();
  }
  Status operator()(const PutRole& e) const {
    state->roles[e.role.name] = e.role;
    return OkStatus();
  }
  Status operator()(const DropRoleEdit& e) const {
    if (state->roles.erase(e.name) == 0) {
      return DataLoss("catalog: an edit drops role {}, unknown", e.name);
    }
    return OkStatus();
  }
  Status operator()(const AddSegment& e) const {
    ASSIGN_OR_RETURN(TableEntry * table, Table(e.segment.table_id));
    if (!table->segments.emplace(e.segment.segment_id, e.segment).second) {
      return DataLoss("catalog: segment {} is added twice", e.segment.segment_id);
    }
    return OkStatus();
  }
  Status operator()(const RemoveSegment& e) const {
    ASSIGN_OR_RETURN(TableEntry * table, Table(e.table_id));
    if (table->segments.erase(e.segment_id) == 0) {
      return DataLoss("catalog: an edit removes segment {}, unknown", e.segment_id);
    }
    return OkStatus();
  }
  Status operator()(const HideRows& e) const {
    ASSIGN_OR_RETURN(TableEntry * table, Table(e.table_id));
    auto it = table->segments.find(e.segment_id);
    if (it == table->segments.end()) {
      return DataLoss("catalog: an edit hides rows of segment {}, unknown", e.segment_id);
    }
    it->second.hidden[e.reason] = e.rows;
    return OkStatus();
  }
  Status operator()(const PartitionReplayedTo& e) const {
    ASSIGN_OR_RETURN(TableEntry * table, Table(e.table_id));
    uint64_t& at = table->partition_replayed_to[e.partition_begin_us];
    at = std::max(at, e.sequence);
    return OkStatus();
  }
  Status operator()(const TableReplayedTo& e) const {
    ASSIGN_OR_RETURN(TableEntry * table, Table(e.table_id));
    table->replayed_to = std::max(table->replayed_to, e.sequence);
    // An emptied table may be loaded from the same files again.
    table->resume_tokens.clear();
    table->partition_replayed_to.clear();
    return OkStatus();
  }
  Status operator()(const AddResumeToken& e) const {
    ASSIGN_OR_RETURN(TableEntry * table, Table(e.table_id));
    table->resume_tokens.insert(e.token);
    return OkStatus();
  }
  Status operator()(const LogBegins& e) const {
    state->first_log_file = std::max(state->first_log_file, e.first_file);
    return OkStatus();
  }
  Status operator()(const MarkDamaged& e) const {
    ASSIGN_OR_RETURN(TableEntry * table, Table(e.table_id));
    auto it = table->segments.find(e.segment_id);
    if (it == table->segments.end()) {
      return DataLoss("catalog: an edit marks segment {}, unknown", e.segment_id);
    }
    it->second.damage = e.damage;
    return OkStatus();
  }
  Status operator()(const Counters& e) const {
    state->counters.next_table_id = std::max(state->counters.next_table_id, e.next_table_id);
    state->counters.next_segment_id = std::max(state->counters.next_segment_id, e.next_segment_id);
    return OkStatus();
  }
};

}  // namespace

Status CatalogState::Apply(uint64_t sequence, const std::vector<CatalogEdit>& edits) {
  for (const CatalogEdit& edit : edits) RETURN_IF_ERROR(std::visit(ApplyEdit{this}, edit));
  last_sequence = std::max(last_sequence, sequence);
  return OkStatus();
}

std::vector<CatalogEdit> CatalogState::Snapshot() const {
  std::vector<CatalogEdit> edits;
  edits.push_back(counters);
  edits.push_back(LogBegins{first_log_file});
  for (const auto& [id, table] : tables) {
    edits.push_back(PutTable{table.schema, table.missing_values, table.next_column_id});
    if (table.replayed_to != 0) edits.push_back(TableReplayedTo{id, table.replayed_to});
    for (const auto& [begin, sequence] : table.partition_replayed_to) {
      edits.push_back(PartitionReplayedTo{id, begin, sequence});
    }
    for (const auto& [segment_id, segment] : table.segments) {
      edits.push_back(AddSegment{segment});
      if (!segment.damage.empty()) edits.push_back(MarkDamaged{id, segment_id, segment.damage});
    }
    for (const std::string& token : table.resume_tokens) edits.push_back(AddResumeToken{id, token});
  }
  for (const auto& [name, view] : views) edits.push_back(PutView{view});
  for (const auto& [name, role] : roles) edits.push_back(PutRole{role});
  return edits;
}

}  // namespace shale
