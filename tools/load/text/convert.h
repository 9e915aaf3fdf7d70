// ColumnReader: turns one field of every row of a batch into a column of its type. Loops run over
// one column at a time, so that each is a plain loop of one kind of value.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/functions/value_io.h"
#include "engine/vector/vector.h"
#include "engine/vector/vector_builder.h"
#include "tools/load/text/dialect.h"
#include "tools/load/text/fields.h"
#include "tools/load/text/splitter.h"

namespace shale {

// What all columns of a block share.
struct ConvertState {
  TextFormat format = TextFormat::kCsv;
  const Splitter* splitter = nullptr;
  bool valid_utf8 = true;    // the block's bytes are UTF-8 without NUL
  HeapPtr block;             // keeps text alive
  std::vector<uint8_t> bad;  // a row of the chunk: 1 when it was refused
  RejectList* rejects = nullptr;
};

class ColumnReader {
 public:
  // Reads field `source` of each row; `name` is for rejects.
  ColumnReader(std::string name, Type type, size_t source)
      : name_(std::move(name)), type_(std::move(type)), source_(source) {}

  const std::string& name() const { return name_; }
  const Type& type() const { return type_; }
  size_t source() const { return source_; }

  // Begins a chunk of at most `max_rows` rows.
  void Begin(size_t max_rows);
  // Rows [first_row, first_row + batch.num_rows) of the chunk. A value that is none of the type
  // marks its row in state->bad and says why; rows that are bad already are passed over.
  void Read(const FieldBatch& batch, size_t first_row, ConvertState* state);
  // After Read of the same rows: refuses NULLs, and texts longer than max_length characters (0: no
  // limit).
  void Check(const FieldBatch& batch, size_t first_row, bool not_null, int32_t max_length,
             ConvertState* state);
  // The chunk's column; bad rows hold a default.
  Vector Finish(size_t num_rows, const ConvertState& state);

 private:
  template <typename T, typename Fast>
  void ReadWith(const FieldBatch& batch, size_t first_row, ConvertState* state, Fast fast);
  template <typename T>
  void ReadSigned(const FieldBatch& batch, size_t first_row, ConvertState* state);
  template <typename T>
  void ReadUnsigned(const FieldBatch& batch, size_t first_row, ConvertState* state);
  template <typename T>
  void ReadDecimal(const FieldBatch& batch, size_t first_row, ConvertState* state);
  void ReadTimestamps(const FieldBatch& batch, size_t first_row, ConvertState* state);
  void ReadText(const FieldBatch& batch, size_t first_row, ConvertState* state);
  void ReadJson(const FieldBatch& batch, size_t first_row, ConvertState* state);
  void ReadBytes(const FieldBatch& batch, size_t first_row, ConvertState* state);
  void ReadLists(const FieldBatch& batch, size_t first_row, ConvertState* state);

  // The value's text: the field itself, or unescaped into scratch_. False: the escapes are wrong.
  bool ValueText(const Field& field, const FieldBatch& batch, const ConvertState& state,
                 std::string_view* text);
  void Refuse(const FieldBatch& batch, size_t row, size_t first_row, ConvertState* state,
              std::string reason);
  void RefuseValue(const FieldBatch& batch, size_t row, size_t first_row, ConvertState* state,
                   std::string_view text);

  const std::string name_;
  const Type type_;
  const size_t source_;
  Vector vector_;
  std::optional<VectorBuilder> lists_;  // LIST: the values, vector_ has the NULLs alone
  StringArena arena_;
  ParseScratch parse_scratch_;
  std::string scratch_;
};

// Marks the fields whose text is `null_text` as NULL (CSV: the unquoted ones only).
void MarkNullText(std::string_view null_text, TextFormat format, FieldBatch* batch);

}  // namespace shale
