// Reading text files into columns, as the load command does it:
//
//   Survey survey = SurveyFiles(paths, hints)             dialect, columns, types (one thread)
//   ReadSchema schema = survey.Schema()                   or one made for an existing table
//   for each file: source = OpenBlocks(path, &survey)     (one thread)
//     while source->Next(&block): hand the block to a worker
//       worker: parser->Parse(block)                      one parser a thread
//
// A block becomes chunks of at most kChunkRows rows plus the rows that were refused. Nothing is
// dropped silently: every record is a row, a reject or an empty line.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/vector/vector.h"
#include "tools/load/text/block_source.h"
#include "tools/load/text/dialect.h"
#include "tools/load/text/fields.h"

namespace shale {

// A column to be read.
struct ReadColumn {
  std::string name;  // for rejects
  Type type;         // any but STRUCT
  // CSV, TSV and combined: which field of a record. NDJSON: unused.
  size_t field = 0;
  // NDJSON: the member, or with flatten the dotted path. Others: unused.
  std::string member;
  // What the table asks for; a row without it is refused.
  bool not_null = false;
  int32_t max_length = 0;  // of text, in characters; 0 is no limit
};

struct ReadSchema {
  std::vector<ReadColumn> columns;
  // CSV and TSV: how many fields a record must have.
  size_t num_fields = 0;
};

struct ParsedBlock {
  std::vector<Chunk> chunks;  // columns in the schema's order
  uint64_t num_rows = 0;      // in chunks
  std::vector<Reject> rejects;
  // NDJSON: members that the schema does not have, and in how many rows; the first
  // kMaxUnknownKeys names.
  std::map<std::string, uint64_t> unknown_members;
};

class TextParser {
 public:
  virtual ~TextParser() = default;
  virtual ParsedBlock Parse(const TextBlock& block) = 0;
};
// InvalidArgument: a type that no text is read as, a field beyond num_fields.
StatusOr<std::unique_ptr<TextParser>> MakeTextParser(const Dialect& dialect,
                                                     const ReadSchema& schema);

// ---- survey: what the files hold ---------------------------------------------------------------

// A file up to this size is sampled whole. Of a larger one the first kSampleHeadBytes are, and
// kSamplePieces pieces of kSamplePieceBytes spread over the rest; a compressed one, which cannot
// be read from the middle, up to this much text. Of standard input kSampleHeadBytes.
inline constexpr size_t kSampleWholeBytes = 64 << 20;
inline constexpr size_t kSampleHeadBytes = 4 << 20;
inline constexpr size_t kSamplePieceBytes = 1 << 20;
inline constexpr size_t kSamplePieces = 12;

struct SurveyColumn {
  std::string name;   // unique; from the header or the members, else column_1 …
  std::string found;  // as the header has it; "" for none
  Type type;
  uint64_t num_values = 0;  // in the sample, not NULL
  uint64_t num_nulls = 0;
  // DATE, TIMESTAMP, TIMESTAMPTZ: the range in the sample, microseconds since 1970.
  bool has_time_range = false;
  int64_t min_micros = 0;
  int64_t max_micros = 0;
};

struct Survey {
  Dialect dialect;
  std::vector<SurveyColumn> columns;  // in the order of the fields, or of appearance
  std::vector<std::string> paths;
  uint64_t sampled_rows = 0;
  uint64_t sampled_bytes = 0;
  bool sampled_all = false;
  // Rows in all files, from the sample and the sizes; 0 where a size is unknown.
  uint64_t estimated_rows = 0;
  // For the user: duplicate header names that were renamed, unnamed columns, left-out members …
  std::vector<std::string> notes;
  // Standard input can be read once: what the survey read of it is kept here.
  std::shared_ptr<std::string> standard_input_head;
  std::shared_ptr<Input> standard_input;

  // Every column, with its type.
  ReadSchema Schema() const;
};

// `column_names`, where not empty, name the fields of a CSV or TSV instead of its header (which is
// skipped when there is one). Errors name the file: no such file, empty, no text, headers that
// differ between files, more or fewer names than fields, more than kMaxTextColumns columns.
StatusOr<Survey> SurveyFiles(const std::vector<std::string>& paths, const DialectHints& hints,
                             const std::vector<std::string>& column_names = {});

// Opens a file of the survey from its beginning. "-" once only.
StatusOr<std::unique_ptr<BlockSource>> OpenBlocks(const std::string& path, Survey* survey);

// The columns of an access log, in the order of its fields.
const std::vector<std::pair<std::string, Type>>& CombinedColumns();

}  // namespace shale
