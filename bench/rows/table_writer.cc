#include "bench/rows/row_writer.h"
#include "engine/vector/vector_builder.h"
#include "sql/database.h"

namespace shale::bench {
namespace {

class TableWriter : public RowWriter {
 public:
  TableWriter(std::unique_ptr<Database> database, std::unique_ptr<BulkWriter> bulk,
              const TableSchema& schema)
      : database_(std::move(database)), bulk_(std::move(bulk)) {
    for (const auto& column : schema.columns) builders_.emplace_back(column.type, kChunkRows);
  }

  void Integer(int64_t value) override {
    VectorBuilder& builder = builders_[field_++];
    switch (builder.type().id()) {
      case TypeId::kSmallInt: builder.Append(static_cast<int16_t>(value)); break;
      case TypeId::kInteger: builder.Append(static_cast<int32_t>(value)); break;
      default: builder.Append(value);
    }
  }
  void Hundredths(int64_t value) override {
    builders_[field_++].Append(static_cast<double>(value) / 100);
  }
  void Text(std::string_view value) override { builders_[field_++].Append(value); }
  void Date(int64_t days) override { builders_[field_++].Append(static_cast<int32_t>(days)); }
  void Time(int64_t millis) override { builders_[field_++].Append(millis * 1000); }
  Status EndRow() override {
    field_ = 0;
    return builders_[0].size() < kChunkRows ? OkStatus() : Flush();
  }
  Status Finish() override {
    RETURN_IF_ERROR(Flush());
    RETURN_IF_ERROR(bulk_->Commit(""));
    bulk_.reset();
    database_.reset();
    return OkStatus();
  }

 private:
  Status Flush() {
    Chunk chunk;
    chunk.num_rows = builders_[0].size();
    if (chunk.num_rows == 0) return OkStatus();
    for (VectorBuilder& builder : builders_) chunk.columns.push_back(builder.Finish());
    return bulk_->Append(0, std::move(chunk));
  }

  std::unique_ptr<Database> database_;
  std::unique_ptr<BulkWriter> bulk_;
  std::vector<VectorBuilder> builders_;
  size_t field_ = 0;
};

}  // namespace

StatusOr<std::unique_ptr<RowWriter>> MakeTableWriter(const TableSpec& table,
                                                     const std::string& database_path) {
  ASSIGN_OR_RETURN(std::string create, CreateTableText(table, "shale"));
  ASSIGN_OR_RETURN(auto database, Database::Open(database_path, {.create = true}));
  RETURN_IF_ERROR(database->Connect()->Query(create).status());
  TableSchemaPtr schema = FindTable(*database->store().snapshot(), table.name);
  if (schema == nullptr) {
    return MakeError(StatusCode::kInternal, "table \"{}\" is not there after CREATE", table.name);
  }
  ASSIGN_OR_RETURN(auto bulk, database->store().StartBulk(*schema, 1));
  return std::make_unique<TableWriter>(std::move(database), std::move(bulk), *schema);
}

}  // namespace shale::bench
