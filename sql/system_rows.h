// How system relations are made: rows of boxed values, column by column, since they are few.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/vector/vector_builder.h"
#include "sql/system_relations.h"

namespace shale {

struct SystemRelationEntry {
  std::string_view name;
  StatusOr<SystemRelation> (*make)(const Session&, const DatabaseVersion&);
};
class SystemRows {
 public:
  explicit SystemRows(std::vector<std::pair<std::string, Type>> columns) {
    relation_.columns = std::move(columns);
    for (auto& [name, type] : relation_.columns) builders_.emplace_back(type);
  }
  void Add(std::vector<Value> row) {
    for (size_t i = 0; i < row.size(); ++i) builders_[i].AppendValue(row[i]);
    if (builders_[0].size() == kChunkRows) Flush();
  }
  SystemRelation Take() {
    if (builders_[0].size() > 0) Flush();
    return std::move(relation_);
  }

 private:
  void Flush() {
    Chunk chunk;
    chunk.num_rows = builders_[0].size();
    for (VectorBuilder& builder : builders_) chunk.columns.push_back(builder.Finish());
    relation_.chunks.push_back(std::move(chunk));
  }
  SystemRelation relation_;
  std::vector<VectorBuilder> builders_;
};

inline Value SystemText(std::string_view text) { return Value::Text(std::string(text)); }

}  // namespace shale
