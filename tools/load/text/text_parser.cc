#include <algorithm>
#include <cstring>

#include "simdjson.h"
#include "tools/load/text/convert.h"
#include "tools/load/text/reader.h"
#include "tools/load/text/splitter.h"

namespace shale {
namespace {

// Fields held at a time between cutting and reading: they stay in the second-level cache.
constexpr size_t kBatchFields = 16 << 10;
constexpr size_t kMinBatchRows = 64;
constexpr size_t kSmallBlockBytes = 1 << 20;

class BlockParser : public TextParser {
 public:
  BlockParser(const Dialect& dialect, const ReadSchema& schema) : dialect_(dialect) {
    std::vector<std::string> members;
    for (const ReadColumn& column : schema.columns) {
      const bool by_name = dialect.format == TextFormat::kNdjson;
      const size_t field = by_name ? members.size() : column.field;
      if (by_name) members.push_back(column.member);
      columns_.emplace_back(column.name, column.type, field);
      checks_.push_back({column.not_null, column.max_length});
    }
    switch (dialect.format) {
      case TextFormat::kNdjson:
        splitter_ = MakeNdjsonSplitter(members, dialect.flatten, &unknown_);
        num_fields_ = members.size();
        break;
      case TextFormat::kCombined:
        splitter_ = MakeCombinedSplitter();
        num_fields_ = kNumCombinedColumns;
        break;
      default:
        splitter_ = MakeDelimitedSplitter(dialect, schema.num_fields);
        num_fields_ = schema.num_fields;
    }
    max_batch_rows_ = std::clamp<size_t>(kBatchFields / std::max<size_t>(num_fields_, 1),
                                         kMinBatchRows, kChunkRows);
  }

  ParsedBlock Parse(const TextBlock& block) override {
    ParsedBlock result;
    RejectList rejects;
    ConvertState state;
    state.format = dialect_.format;
    state.splitter = splitter_.get();
    state.block = block.memory;
    state.rejects = &rejects;
    // Of JSON simdjson checks each line.
    state.valid_utf8 = dialect_.format == TextFormat::kNdjson ||
                       (std::memchr(block.text.data(), 0, block.text.size()) == nullptr &&
                        simdjson::validate_utf8(block.text.data(), block.text.size()));
    unknown_.clear();
    splitter_->Start(block);
    // A small block is not worth a full chunk's memory in every column.
    size_t max_chunk_rows = kChunkRows;
    if (block.text.size() < kSmallBlockBytes) {
      const auto lines = std::count(block.text.begin(), block.text.end(), '\n') + 1;
      max_chunk_rows = std::min<size_t>(kChunkRows, static_cast<size_t>(lines));
    }
    size_t chunk_rows = 0;
    bool more = true;
    while (more) {
      if (chunk_rows == 0) BeginChunk(max_chunk_rows, &state);
      const size_t room = std::min(max_batch_rows_, max_chunk_rows - chunk_rows);
      more = splitter_->Next(room, &batch_, &rejects);
      if (more) {
        if (dialect_.null_text) MarkNullText(*dialect_.null_text, dialect_.format, &batch_);
        for (ColumnReader& column : columns_) column.Read(batch_, chunk_rows, &state);
        CheckColumns(chunk_rows, &state);
        chunk_rows += batch_.num_rows;
      }
      if (chunk_rows == max_chunk_rows || (!more && chunk_rows > 0)) {
        FinishChunk(chunk_rows, state, &result);
        chunk_rows = 0;
      }
    }
    result.rejects = rejects.Resolve(block);
    result.unknown_members = std::move(unknown_);
    unknown_ = {};
    return result;
  }

 private:
  struct ColumnCheck {
    bool not_null = false;
    int32_t max_length = 0;
  };

  void CheckColumns(size_t first_row, ConvertState* state) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      const ColumnCheck& check = checks_[i];
      if (!check.not_null && check.max_length == 0) continue;
      columns_[i].Check(batch_, first_row, check.not_null, check.max_length, state);
    }
  }

  void BeginChunk(size_t max_rows, ConvertState* state) {
    for (ColumnReader& column : columns_) column.Begin(max_rows);
    state->bad.assign(max_rows, 0);
  }

  void FinishChunk(size_t num_rows, const ConvertState& state, ParsedBlock* result) {
    Chunk chunk;
    chunk.num_rows = num_rows;
    for (ColumnReader& column : columns_) chunk.columns.push_back(column.Finish(num_rows, state));
    const size_t num_bad = static_cast<size_t>(
        std::count(state.bad.begin(), state.bad.begin() + static_cast<int64_t>(num_rows), 1));
    if (num_bad > 0) {
      std::vector<uint32_t> good;
      good.reserve(num_rows - num_bad);
      for (uint32_t row = 0; row < num_rows; ++row) {
        if (!state.bad[row]) good.push_back(row);
      }
      if (good.empty()) return;
      chunk = chunk.Gather(good.data(), good.size());
    }
    result->num_rows += chunk.num_rows;
    result->chunks.push_back(std::move(chunk));
  }

  const Dialect dialect_;
  std::vector<ColumnReader> columns_;
  std::vector<ColumnCheck> checks_;  // one a column
  std::unique_ptr<Splitter> splitter_;
  size_t num_fields_ = 0;
  size_t max_batch_rows_ = 0;
  FieldBatch batch_;
  std::map<std::string, uint64_t> unknown_;
};

}  // namespace

StatusOr<std::unique_ptr<TextParser>> MakeTextParser(const Dialect& dialect,
                                                     const ReadSchema& schema) {
  const size_t num_fields =
      dialect.format == TextFormat::kCombined ? kNumCombinedColumns : schema.num_fields;
  for (const ReadColumn& column : schema.columns) {
    const TypeId id = column.type.id();
    if (id == TypeId::kStruct || id == TypeId::kNull) {
      return InvalidArgument("column {}: {} is not read from text; declare it JSON or TEXT",
                             column.name, column.type.ToString());
    }
    if (dialect.format != TextFormat::kNdjson && column.field >= num_fields) {
      return InvalidArgument("column {}: field {} of records with {} fields", column.name,
                             column.field + 1, num_fields);
    }
  }
  if (schema.columns.size() > kMaxTextColumns || num_fields > kMaxTextColumns) {
    return InvalidArgument("{} columns; the limit of a text file is {}",
                           std::max(schema.columns.size(), num_fields), kMaxTextColumns);
  }
  return std::make_unique<BlockParser>(dialect, schema);
}

}  // namespace shale
