#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_set>
#include <utility>

#include "fmt/format.h"
#include "simdjson.h"
#include "tools/load/text/convert.h"
#include "tools/load/text/fast_parse.h"
#include "tools/load/text/infer.h"
#include "tools/load/text/reader.h"
#include "tools/load/text/splitter.h"

namespace shale {
namespace {

constexpr size_t kSlackBytes = 64;
constexpr size_t kInferRows = 512;
// Where a piece from the middle of a CSV file begins is tried at this many line ends.
constexpr int kAlignTries = 50;
constexpr size_t kAlignRows = 5;

// Text from one place of a file, with the slack that splitters read behind it.
struct Piece {
  std::string bytes;
  size_t size = 0;
  size_t begin = 0;  // of the first whole record

  std::string_view text() const { return {bytes.data() + begin, size - begin}; }
};

struct Sample {
  std::vector<Piece> pieces;  // the first is the file's beginning
  bool whole = false;
  int64_t total_bytes = -1;  // of the file as it lies on disk
  int64_t bytes_read = 0;    // of that, for the sample
  uint64_t num_rows = 0;
};

// Standard input from its beginning, after the survey has read some of it.
class ReplayInput : public Input {
 public:
  ReplayInput(std::shared_ptr<std::string> head, std::shared_ptr<Input> rest)
      : head_(std::move(head)), rest_(std::move(rest)) {
    name_ = rest_->name();
    compression_ = rest_->compression();
    total_bytes_ = rest_->total_bytes();
  }
  StatusOr<size_t> Read(char* out, size_t size) override {
    const size_t count = std::min(size, head_->size() - position_);
    if (count > 0) std::memcpy(out, head_->data() + position_, count);
    position_ += count;
    size_t more = 0;
    if (count < size) {
      ASSIGN_OR_RETURN(more, rest_->Read(out + count, size - count));
    }
    bytes_read_ = rest_->bytes_read();
    return count + more;
  }
  Status Seek(int64_t) override { return Unsupported("{}: cannot be read from the middle", name_); }

 private:
  std::shared_ptr<std::string> head_;
  std::shared_ptr<Input> rest_;
  size_t position_ = 0;
};

// Reads up to `limit` bytes of text from where the input stands.
StatusOr<Piece> ReadPiece(Input* input, size_t limit) {
  Piece piece;
  while (piece.size < limit) {
    const size_t step = std::min<size_t>(limit - piece.size, 1 << 20);
    piece.bytes.resize(piece.size + step);
    ASSIGN_OR_RETURN(const size_t count, input->Read(piece.bytes.data() + piece.size, step));
    piece.size += count;
    if (count < step) break;
  }
  piece.bytes.resize(piece.size + kSlackBytes);
  return piece;
}

class Surveyor {
 public:
  Surveyor(const DialectHints& hints, const std::vector<std::string>& column_names)
      : hints_(hints), column_names_(column_names) {}

  StatusOr<Survey> Run(const std::vector<std::string>& paths) {
    survey_.paths = paths;
    survey_.sampled_all = true;
    bool sizes_known = true;
    double estimated = 0;
    for (const std::string& path : paths) {
      ASSIGN_OR_RETURN(Sample sample, ReadSample(path));
      if (!sample.whole) survey_.sampled_all = false;
      const std::string_view head = sample.pieces[0].text();
      if (head.find_first_not_of(" \t\r\n") == std::string_view::npos && paths.size() > 1) {
        survey_.notes.push_back(path + " is empty");
        continue;
      }
      RETURN_IF_ERROR(AddFile(path, &sample));
      survey_.sampled_rows += sample.num_rows;
      if (sample.whole) {
        estimated += static_cast<double>(sample.num_rows);
      } else if (sample.total_bytes < 0) {
        sizes_known = false;
      } else if (sample.bytes_read > 0) {
        estimated += static_cast<double>(sample.num_rows) *
                     static_cast<double>(sample.total_bytes) /
                     static_cast<double>(sample.bytes_read);
      }
    }
    if (!have_dialect_) return InvalidArgument("every file is empty: there is nothing to load");
    if (sizes_known) survey_.estimated_rows = static_cast<uint64_t>(estimated);
    NameColumns();
    return std::move(survey_);
  }

 private:
  StatusOr<Sample> ReadSample(const std::string& path) {
    Sample sample;
    ASSIGN_OR_RETURN(std::unique_ptr<Input> input, Input::Open(path));
    sample.total_bytes = input->total_bytes();
    const size_t budget = kSampleWholeBytes - std::min(bytes_sampled_, kSampleWholeBytes);
    const int64_t size = input->total_bytes();
    size_t limit = kSampleHeadBytes;
    if (path != "-") {
      const bool fits = !input->seekable() || size <= static_cast<int64_t>(budget);
      if (fits) limit = std::max(budget, kSamplePieceBytes);
    }
    ASSIGN_OR_RETURN(Piece head, ReadPiece(input.get(), limit));
    sample.whole = head.size < limit;
    bytes_sampled_ += head.size;
    const bool more = !sample.whole && input->seekable() && size > static_cast<int64_t>(limit);
    if (more) {
      sample.pieces.push_back(std::move(head));
      // With many files each gets fewer pieces.
      const size_t pieces = budget > 0 ? kSamplePieces : 2;
      for (size_t i = 1; i <= pieces; ++i) {
        const int64_t room = size - static_cast<int64_t>(limit + kSamplePieceBytes);
        const int64_t offset =
            static_cast<int64_t>(limit) +
            static_cast<int64_t>(static_cast<double>(std::max<int64_t>(room, 0)) *
                                 static_cast<double>(i) / static_cast<double>(pieces));
        RETURN_IF_ERROR(input->Seek(offset));
        ASSIGN_OR_RETURN(Piece piece, ReadPiece(input.get(), kSamplePieceBytes));
        bytes_sampled_ += piece.size;
        sample.pieces.push_back(std::move(piece));
      }
    } else {
      sample.pieces.push_back(std::move(head));
    }
    sample.bytes_read = input->bytes_read();
    if (path == "-") {
      if (survey_.standard_input) {
        return InvalidArgument("standard input ('-') is named twice; it can be read once");
      }
      const Piece& piece = sample.pieces[0];
      survey_.standard_input_head = std::make_shared<std::string>(piece.bytes, 0, piece.size);
      survey_.standard_input = std::shared_ptr<Input>(std::move(input));
    }
    return sample;
  }

  Status AddFile(const std::string& path, Sample* sample) {
    Piece& head = sample->pieces[0];
    for (size_t i = 1; i < sample->pieces.size(); ++i) AlignToLine(&sample->pieces[i]);
    const bool is_first = !have_dialect_;
    if (is_first) {
      std::vector<std::string_view> texts;
      for (const Piece& piece : sample->pieces) texts.push_back(piece.text());
      ASSIGN_OR_RETURN(survey_.dialect, SniffDialect(path, texts, hints_));
      have_dialect_ = true;
      first_path_ = path;
    }
    const Dialect& dialect = survey_.dialect;
    const bool delimited = dialect.format == TextFormat::kCsv || dialect.format == TextFormat::kTsv;
    if (delimited) {
      RETURN_IF_ERROR(ReadHeader(path, head, is_first));
    } else if (!column_names_.empty()) {
      return InvalidArgument("column names are given for CSV and TSV only; {} is {}", path,
                             TextFormatName(dialect.format));
    }
    head.begin = SkipPreamble(head.bytes.data(), head.size, dialect, sample->whole);
    for (size_t i = 0; i < sample->pieces.size(); ++i) {
      Piece& piece = sample->pieces[i];
      if (i > 0 && delimited && !AlignToRecord(&piece)) continue;
      if (!sample->whole) {
        bool open_quote = false;
        piece.size = piece.begin + FindLastRecordEnd(piece.text().data(), piece.text().size(),
                                                     dialect, &open_quote);
      }
      survey_.sampled_bytes += piece.size - piece.begin;
      RETURN_IF_ERROR(InferPiece(path, piece, &sample->num_rows));
    }
    return OkStatus();
  }

  static void AlignToLine(Piece* piece) {
    const size_t end = piece->text().find('\n');
    piece->begin = end == std::string_view::npos ? piece->size : end + 1;
  }

  // Moves to a line from which the next records have the right number of fields: a line end may
  // also stand inside quotes.
  bool AlignToRecord(Piece* piece) const {
    std::vector<uint32_t> counts;
    const auto splitter = MakeDelimitedSplitter(survey_.dialect, 1, &counts);
    for (int i = 0; i < kAlignTries && piece->begin < piece->size; ++i) {
      TextBlock block;
      block.text = piece->text();
      FieldBatch batch;
      RejectList rejects;
      splitter->Start(block);
      splitter->Next(kAlignRows, &batch, &rejects);
      const bool fits = rejects.empty() && !counts.empty() &&
                        std::all_of(counts.begin(), counts.end(),
                                    [&](uint32_t count) { return count == num_fields_; });
      if (fits) return true;
      const size_t end = piece->text().find('\n');
      if (end == std::string_view::npos) return false;
      piece->begin += end + 1;
    }
    return false;
  }

  // Finds how many fields there are and what the header calls them.
  Status ReadHeader(const std::string& path, const Piece& head, bool is_first) {
    const Dialect& dialect = survey_.dialect;
    std::vector<uint32_t> counts;
    TextBlock block;
    block.text = head.text();
    if (block.text.starts_with("\xef\xbb\xbf")) block.text.remove_prefix(3);
    const auto splitter = MakeDelimitedSplitter(dialect, kMaxTextColumns, &counts);
    splitter->Start(block);
    FieldBatch batch;
    RejectList rejects;
    const size_t rows = dialect.header ? 1 : 200;
    if (!splitter->Next(rows, &batch, &rejects) || counts.empty()) {
      return InvalidArgument("{}: the first record is malformed: {}", path,
                             rejects.empty() ? "no fields" : rejects.Resolve(block)[0].reason);
    }
    if (dialect.header && !rejects.empty()) {
      return InvalidArgument("{}: line 1: the header is malformed: {}", path,
                             rejects.Resolve(block)[0].reason);
    }
    size_t num_fields = counts[0];
    if (!dialect.header) {
      std::map<uint32_t, size_t> by_count;
      for (const uint32_t count : counts) ++by_count[count];
      num_fields =
          std::max_element(by_count.begin(), by_count.end(), [](const auto& a, const auto& b) {
            return a.second < b.second;
          })->first;
    }
    if (num_fields > kMaxTextColumns) {
      return InvalidArgument("{}: {} columns; the limit is {}", path, num_fields, kMaxTextColumns);
    }
    std::vector<std::string> names(num_fields);
    for (size_t i = 0; i < num_fields && dialect.header; ++i) {
      const Field& field = batch.fields[i];
      if (field.is_null()) continue;
      ASSIGN_OR_RETURN(names[i], HeaderName(path, *splitter, field, batch.base, i));
    }
    if (is_first) {
      num_fields_ = num_fields;
      header_ = std::move(names);
      guesses_.resize(num_fields);
      if (!column_names_.empty() && column_names_.size() != num_fields) {
        return InvalidArgument("{} column names are given, but the records of {} have {} fields",
                               column_names_.size(), path, num_fields);
      }
      return OkStatus();
    }
    if (num_fields != num_fields_) {
      return InvalidArgument("{} has {} columns, {} has {}: load them one by one", path, num_fields,
                             first_path_, num_fields_);
    }
    for (size_t i = 0; i < num_fields && dialect.header && column_names_.empty(); ++i) {
      if (names[i] == header_[i]) continue;
      return InvalidArgument("column {} is called '{}' in {} and '{}' in {}: load them one by one",
                             i + 1, names[i], path, header_[i], first_path_);
    }
    return OkStatus();
  }

  static StatusOr<std::string> HeaderName(const std::string& path, const Splitter& splitter,
                                          const Field& field, const char* base, size_t index) {
    std::string name(field.text(base));
    size_t size = name.size();
    bool ok = true;
    if (field.is_escaped()) ok = splitter.Unescape(field.text(base), name.data(), &size);
    name.resize(size);
    if (!ok || name.find('\0') != std::string::npos ||
        !simdjson::validate_utf8(name.data(), name.size())) {
      return InvalidArgument("{}: the name of column {} in the header is not UTF-8 text", path,
                             index + 1);
    }
    const size_t begin = name.find_first_not_of(" \t");
    const size_t end = name.find_last_not_of(" \t");
    return begin == std::string::npos ? std::string() : name.substr(begin, end - begin + 1);
  }

  Status InferPiece(const std::string& path, const Piece& piece, uint64_t* num_rows) {
    const TextFormat format = survey_.dialect.format;
    TextBlock block;
    block.text = piece.text();
    bool overflow = false;
    std::unique_ptr<Splitter> splitter;
    if (format == TextFormat::kNdjson) {
      splitter = MakeNdjsonDiscoverer(&members_, survey_.dialect.flatten, &overflow);
    } else if (format == TextFormat::kCombined) {
      splitter = MakeCombinedSplitter();
      guesses_.resize(kNumCombinedColumns);
    } else {
      splitter = MakeDelimitedSplitter(survey_.dialect, num_fields_);
    }
    FieldBatch batch;
    RejectList rejects;
    splitter->Start(block);
    while (splitter->Next(kInferRows, &batch, &rejects)) {
      *num_rows += batch.num_rows;
      if (survey_.dialect.null_text) MarkNullText(*survey_.dialect.null_text, format, &batch);
      if (guesses_.size() < members_.size()) GrowGuesses(*num_rows - batch.num_rows);
      for (size_t i = 0; i < guesses_.size(); ++i) InferColumn(batch, i, *splitter);
      // Refused rows are counted when they are loaded.
      rejects = RejectList();
    }
    if (overflow) {
      return InvalidArgument(
          "{}: more than {} different members; the limit of columns is {}. Load it without "
          "flattening, or into a table with the columns that you need",
          path, kMaxTextColumns, kMaxTextColumns);
    }
    return OkStatus();
  }

  // A member that comes up late was missing from the rows before.
  void GrowGuesses(uint64_t rows_before) {
    const size_t old_size = guesses_.size();
    guesses_.resize(members_.size());
    for (size_t i = old_size; i < guesses_.size(); ++i) {
      if (rows_before > 0) guesses_[i].AddNull();
    }
  }

  void InferColumn(const FieldBatch& batch, size_t column, const Splitter& splitter) {
    const TextFormat format = survey_.dialect.format;
    TypeGuess& guess = guesses_[column];
    const bool is_log_time = format == TextFormat::kCombined &&
                             CombinedColumns()[column].second.id() == TypeId::kTimestampTz;
    const Field* field = batch.fields.data() + column;
    for (size_t row = 0; row < batch.num_rows; ++row, field += batch.stride) {
      if (field->is_null()) {
        guess.AddNull();
        continue;
      }
      std::string_view text = field->text(batch.base);
      if (field->is_escaped() && !guess.settled()) {
        scratch_.resize(text.size());
        size_t size = 0;
        if (splitter.Unescape(text, scratch_.data(), &size)) {
          text = std::string_view(scratch_).substr(0, size);
        }
      }
      if (format == TextFormat::kNdjson) {
        guess.AddJson(*field, text);
      } else if (is_log_time) {
        int64_t micros = 0;
        if (fast_parse::LogTimestamp(text, &micros)) guess.AddInstant(micros);
      } else {
        guess.AddText(text);
      }
    }
  }

  void NameColumns() {
    const TextFormat format = survey_.dialect.format;
    const bool by_member = format == TextFormat::kNdjson;
    std::unordered_set<std::string> taken;
    for (size_t i = 0; i < guesses_.size(); ++i) {
      const TypeGuess& guess = guesses_[i];
      SurveyColumn column;
      column.type = guess.Decide();
      if (format == TextFormat::kCombined) {
        column.name = column.found = CombinedColumns()[i].first;
        const bool is_host = i == 0 && column.type.id() == TypeId::kText && guess.num_values() > 0;
        if (is_host) {
          survey_.notes.push_back("clients are host names: column ip is TEXT");
        } else {
          column.type = CombinedColumns()[i].second;
        }
      } else if (by_member) {
        column.found = members_[i];
        column.name = members_[i];
      } else {
        column.found = header_[i];
        column.name = column_names_.empty() ? header_[i] : column_names_[i];
      }
      if (column.name.empty()) {
        column.name = fmt::format("column_{}", i + 1);
        if (survey_.dialect.header || by_member) {
          survey_.notes.push_back(
              fmt::format("column {} has no name: it is called {}", i + 1, column.name));
        }
      }
      if (!taken.insert(column.name).second) {
        std::string name;
        for (int n = 2; name.empty() || !taken.insert(name).second; ++n) {
          name = fmt::format("{}_{}", column.name, n);
        }
        survey_.notes.push_back(
            fmt::format("column {} is another '{}': it is called {}", i + 1, column.name, name));
        column.name = std::move(name);
      }
      column.num_values = guess.num_values();
      column.num_nulls = guess.num_nulls();
      const bool has_time = column.type.id() == TypeId::kDate ||
                            column.type.id() == TypeId::kTimestamp ||
                            column.type.id() == TypeId::kTimestampTz;
      if (has_time && guess.has_time_range()) {
        column.has_time_range = true;
        column.min_micros = guess.min_micros();
        column.max_micros = guess.max_micros();
      }
      survey_.columns.push_back(std::move(column));
    }
  }

  const DialectHints& hints_;
  const std::vector<std::string>& column_names_;
  Survey survey_;
  bool have_dialect_ = false;
  std::string first_path_;
  size_t bytes_sampled_ = 0;
  size_t num_fields_ = 0;
  std::vector<std::string> header_;
  std::vector<std::string> members_;  // NDJSON
  std::vector<TypeGuess> guesses_;
  std::string scratch_;
};

}  // namespace

const std::vector<std::pair<std::string, Type>>& CombinedColumns() {
  static const auto* const kColumns = new std::vector<std::pair<std::string, Type>>{
      {"ip", TypeId::kInet},        {"ident", TypeId::kText},      {"user", TypeId::kText},
      {"ts", TypeId::kTimestampTz}, {"method", TypeId::kText},     {"url", TypeId::kText},
      {"protocol", TypeId::kText},  {"status", TypeId::kSmallInt}, {"bytes", TypeId::kBigInt},
      {"referer", TypeId::kText},   {"user_agent", TypeId::kText}};
  return *kColumns;
}

ReadSchema Survey::Schema() const {
  ReadSchema schema;
  for (size_t i = 0; i < columns.size(); ++i) {
    ReadColumn column;
    column.name = columns[i].name;
    column.type = columns[i].type;
    column.field = i;
    if (dialect.format == TextFormat::kNdjson) column.member = columns[i].found;
    schema.columns.push_back(std::move(column));
  }
  schema.num_fields = columns.size();
  return schema;
}

StatusOr<Survey> SurveyFiles(const std::vector<std::string>& paths, const DialectHints& hints,
                             const std::vector<std::string>& column_names) {
  if (paths.empty()) return InvalidArgument("no file is named");
  return Surveyor(hints, column_names).Run(paths);
}

StatusOr<std::unique_ptr<BlockSource>> OpenBlocks(const std::string& path, Survey* survey) {
  std::unique_ptr<Input> input;
  if (path == "-") {
    if (!survey->standard_input) {
      return InvalidArgument("standard input was read already; it can be read once");
    }
    input = std::make_unique<ReplayInput>(std::move(survey->standard_input_head),
                                          std::move(survey->standard_input));
    survey->standard_input.reset();
    survey->standard_input_head.reset();
  } else {
    ASSIGN_OR_RETURN(input, Input::Open(path));
  }
  return std::make_unique<BlockSource>(std::move(input), survey->dialect);
}

}  // namespace shale
