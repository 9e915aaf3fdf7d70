#include "tools/load/text/dialect.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <map>
#include <set>
#include <utility>

#include "simdjson.h"
#include "tools/load/text/infer.h"
#include "tools/load/text/splitter.h"

namespace shale {
namespace {

// How much of each piece is looked at.
constexpr size_t kSniffBytes = 256 << 10;
constexpr size_t kSniffRows = 1000;
constexpr size_t kMaxSniffFields = 512;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
// Of a format's lines this share must read as it.
constexpr double kEnough = 0.8;

constexpr std::pair<TextFormat, std::string_view> kFormats[] = {
    {TextFormat::kAuto, "auto"},     {TextFormat::kCsv, "csv"},           {TextFormat::kTsv, "tsv"},
    {TextFormat::kNdjson, "ndjson"}, {TextFormat::kCombined, "combined"},
};

std::string_view DelimiterName(char delimiter) {
  switch (delimiter) {
    case ',': return "commas";
    case ';': return "semicolons";
    case '|': return "bars";
    case '\t': return "tabs";
    default: return "";
  }
}

// What a delimiter would make of the text.
struct Trial {
  Dialect dialect;
  size_t num_fields = 1;   // of most records
  double consistency = 0;  // the share of records with as many
  size_t num_records = 0;
};

// A copy of a piece with the slack that splitters read behind it.
class PaddedText {
 public:
  explicit PaddedText(std::string_view text) : bytes_(text) {
    size_ = bytes_.size();
    bytes_.append(simdjson::SIMDJSON_PADDING + 64, '\0');
    block_.text = {bytes_.data(), size_};
  }
  const TextBlock& block() const { return block_; }

 private:
  std::string bytes_;
  size_t size_ = 0;
  TextBlock block_;
};

Trial Try(const std::vector<std::unique_ptr<PaddedText>>& pieces, TextFormat format,
          char delimiter) {
  Trial trial;
  trial.dialect.format = format;
  trial.dialect.delimiter = delimiter;
  std::map<uint32_t, size_t> by_count;
  std::vector<uint32_t> counts;
  const auto splitter = MakeDelimitedSplitter(trial.dialect, 1, &counts);
  for (const auto& piece : pieces) {
    FieldBatch batch;
    RejectList rejects;
    splitter->Start(piece->block());
    splitter->Next(kSniffRows, &batch, &rejects);
    for (const uint32_t count : counts) ++by_count[count];
    // A record that makes no sense counts against the delimiter.
    trial.num_records += counts.size() + rejects.size();
  }
  size_t most = 0;
  for (const auto& [count, records] : by_count) {
    if (records < most) continue;
    most = records;
    trial.num_fields = count;
  }
  if (trial.num_records > 0) {
    trial.consistency = static_cast<double>(most) / static_cast<double>(trial.num_records);
  }
  return trial;
}

bool HasExtension(std::string_view name, std::string_view extension) {
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (name.ends_with(packed)) name.remove_suffix(packed.size());
  }
  return name.ends_with(extension);
}

// Fields in double quotes are no part of COPY's text format: tabs between such are CSV.
bool HasQuotedFields(std::string_view text) {
  size_t lines = 0;
  size_t quoted = 0;
  size_t at = 0;
  while (at < text.size() && lines < kSniffRows) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++lines;
    size_t field = 0;
    while (field <= line.size()) {
      const size_t tab = std::min(line.find('\t', field), line.size());
      const std::string_view value = line.substr(field, tab - field);
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        ++quoted;
        break;
      }
      field = tab + 1;
    }
    at = end + 1;
  }
  return quoted * 10 > lines;
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

// A line of a CSV header rather than data: no cell is a value of the kind that the column has, and
// cells look like names.
bool LooksLikeHeader(const PaddedText& piece, const Dialect& dialect, size_t num_fields,
                     const std::vector<std::string>& column_names) {
  num_fields = std::min(num_fields, kMaxSniffFields);
  std::vector<uint32_t> counts;
  const auto splitter = MakeDelimitedSplitter(dialect, num_fields, &counts);
  FieldBatch batch;
  RejectList rejects;
  splitter->Start(piece.block());
  if (!splitter->Next(kSniffRows, &batch, &rejects)) return true;
  bool typed_column = false;
  bool all_names = true;
  bool repeated = false;
  std::string value;
  const auto text_of = [&](const Field& field) {
    const std::string_view raw = field.text(batch.base);
    if (!field.is_escaped()) return raw;
    value.resize(raw.size());
    size_t size = 0;
    if (!splitter->Unescape(raw, value.data(), &size)) return raw;
    return std::string_view(value).substr(0, size);
  };
  const auto is_name = [&](size_t column) {
    const Field& head = batch.fields[column];
    return !head.is_null() &&
           std::any_of(column_names.begin(), column_names.end(), [&](const std::string& name) {
             return EqualsIgnoringCase(text_of(head), name);
           });
  };
  // Columns' names and nothing else are a header, however many fields the other records have.
  const size_t own = std::min<size_t>(counts[0], num_fields);
  size_t named = 0;
  while (named < own && is_name(named)) ++named;
  if (own > 0 && named == own) return true;
  // Fewer names than fields is no header; the row is one of the data's.
  if (counts[0] != num_fields && num_fields < kMaxSniffFields) return false;
  for (size_t column = 0; column < num_fields; ++column) {
    const Field& head = batch.fields[column];
    const std::string name(head.is_null() ? "" : text_of(head));
    TypeGuess head_guess;
    if (!name.empty()) head_guess.AddText(name);
    // A number, date or address names nothing.
    if (!name.empty() && head_guess.Decide().id() != TypeId::kText &&
        head_guess.Decide().id() != TypeId::kBoolean) {
      return false;
    }
    all_names &= name.size() <= 64 && name.find('\n') == std::string::npos;
    TypeGuess guess;
    for (size_t row = 1; row < batch.num_rows; ++row) {
      const Field& field = batch.fields[row * num_fields + column];
      if (field.is_null()) {
        guess.AddNull();
        continue;
      }
      const std::string_view text = text_of(field);
      if (text.empty()) {
        guess.AddNull();
        continue;
      }
      guess.AddText(text);
      repeated |= !name.empty() && text == name;
    }
    if (guess.num_values() > 0 && guess.Decide().id() != TypeId::kText && !name.empty()) {
      if (guess.Decide() == head_guess.Decide()) return false;
      typed_column = true;
    }
  }
  if (typed_column) return true;
  return all_names && !repeated;
}

// The share of the first lines for which `test` holds.
template <typename Test>
double ShareOfLines(const std::vector<std::string_view>& pieces, Test test) {
  size_t lines = 0;
  size_t good = 0;
  for (const std::string_view piece : pieces) {
    size_t at = 0;
    size_t here = 0;
    while (at < piece.size() && here < 100) {
      const size_t end = std::min(piece.find('\n', at), piece.size());
      std::string_view line = piece.substr(at, end - at);
      at = end + 1;
      while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
      if (line.empty()) continue;
      ++lines;
      ++here;
      good += test(line);
    }
  }
  return lines == 0 ? 0 : static_cast<double>(good) / static_cast<double>(lines);
}

bool IsJsonObjectLine(std::string_view line) {
  if (!line.starts_with('{')) return false;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  return parser.parse(line.data(), line.size(), true).get(object) == simdjson::SUCCESS;
}

Status CheckNdjson(std::string_view name, const std::vector<std::string_view>& pieces) {
  const std::string_view text = pieces[0];
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (text[first] == '[') {
    return InvalidArgument(
        "{}: is one JSON array; one object a line is read: convert it with jq -c '.[]'", name);
  }
  if (ShareOfLines(pieces, IsJsonObjectLine) < 0.5) {
    return InvalidArgument(
        "{}: most lines are no JSON object; one object a line is read. An object over several "
        "lines is converted with jq -c .",
        name);
  }
  return OkStatus();
}

}  // namespace

std::string_view TextFormatName(TextFormat format) {
  for (const auto& [id, name] : kFormats) {
    if (id == format) return name;
  }
  return "";
}

StatusOr<TextFormat> TextFormatFromName(std::string_view name) {
  for (const auto& [id, known] : kFormats) {
    if (known == name) return id;
  }
  return InvalidArgument("unknown format '{}': it is auto, csv, tsv, ndjson or combined", name);
}

std::string Dialect::ToString() const {
  std::string out;
  switch (format) {
    case TextFormat::kAuto: return "not known yet";
    case TextFormat::kCombined: out = "access log (combined)"; break;
    case TextFormat::kNdjson:
      out = flatten ? "NDJSON, nested objects as dotted columns" : "NDJSON";
      break;
    case TextFormat::kCsv:
    case TextFormat::kTsv: {
      out = format == TextFormat::kCsv ? "CSV with " : "TSV with ";
      const std::string_view between = DelimiterName(delimiter);
      out += between.empty() ? fmt::format("'{}'", delimiter) : std::string(between);
      out += header ? ", a header line" : ", no header line";
      break;
    }
  }
  if (crlf) out += ", CRLF";
  if (bom) out += ", a byte order mark";
  return out;
}

StatusOr<Dialect> SniffDialect(std::string_view name, const std::vector<std::string_view>& pieces,
                               const DialectHints& hints) {
  std::vector<std::string_view> texts;
  for (const std::string_view piece : pieces) {
    // The first line whole, however long it is.
    const size_t line_end = piece.find('\n');
    texts.push_back(piece.substr(
        0, std::max(kSniffBytes, line_end == piece.npos ? piece.size() : line_end + 1)));
  }
  Dialect dialect;
  dialect.format = hints.format;
  dialect.flatten = hints.flatten;
  dialect.null_text = hints.null_text;
  if (!texts.empty() && texts[0].starts_with(kByteOrderMark)) {
    dialect.bom = true;
    texts[0].remove_prefix(kByteOrderMark.size());
  }
  if (texts.empty() || texts[0].find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return InvalidArgument("{}: is empty: there is nothing to load", name);
  }
  // Cut what was cut short back to whole lines.
  for (size_t i = 0; i < texts.size(); ++i) {
    const bool is_cut = texts[i].data() + texts[i].size() != pieces[i].data() + pieces[i].size();
    if (!is_cut) continue;
    const size_t end = texts[i].rfind('\n');
    if (end != std::string_view::npos) texts[i] = texts[i].substr(0, end + 1);
  }
  const size_t line_end = texts[0].find('\n');
  dialect.crlf =
      line_end != std::string_view::npos && line_end > 0 && texts[0][line_end - 1] == '\r';
  if (line_end == std::string_view::npos && texts[0].find('\r') + 1 < texts[0].size() &&
      texts[0].find('\r') != std::string_view::npos) {
    return InvalidArgument(
        "{}: lines end in CR alone, which is not read; convert it with tr '\\r' '\\n'", name);
  }

  if (dialect.format == TextFormat::kAuto && !hints.delimiter) {
    const char first = texts[0][texts[0].find_first_not_of(" \t\r\n")];
    if (first == '{' &&
        (ShareOfLines(texts, IsJsonObjectLine) >= kEnough || HasExtension(name, ".ndjson") ||
         HasExtension(name, ".jsonl") || HasExtension(name, ".json"))) {
      dialect.format = TextFormat::kNdjson;
    } else if (first == '[' && (HasExtension(name, ".json") || HasExtension(name, ".ndjson"))) {
      dialect.format = TextFormat::kNdjson;
    } else if (ShareOfLines(texts, IsCombinedLine) >= kEnough) {
      dialect.format = TextFormat::kCombined;
    }
  }
  if (dialect.format == TextFormat::kNdjson) {
    RETURN_IF_ERROR(CheckNdjson(name, texts));
    return dialect;
  }
  if (dialect.format == TextFormat::kCombined) {
    if (ShareOfLines(texts, IsCombinedLine) < 0.5) {
      return InvalidArgument(
          "{}: most lines are not of the combined format: host ident user [time] \"request\" "
          "status bytes \"referrer\" \"user agent\"",
          name);
    }
    return dialect;
  }

  std::vector<std::unique_ptr<PaddedText>> padded;
  for (const std::string_view text : texts) padded.push_back(std::make_unique<PaddedText>(text));
  std::vector<Trial> trials;
  const TextFormat wanted = dialect.format;
  if (wanted != TextFormat::kCsv) {
    if (!hints.delimiter || *hints.delimiter == '\t' || wanted == TextFormat::kTsv) {
      trials.push_back(Try(padded, TextFormat::kTsv, hints.delimiter.value_or('\t')));
    }
  }
  if (wanted != TextFormat::kTsv) {
    const bool tabs_are_csv =
        wanted == TextFormat::kCsv || HasExtension(name, ".csv") || HasQuotedFields(texts[0]);
    for (const char delimiter : {',', ';', '|', '\t'}) {
      if (hints.delimiter && *hints.delimiter != delimiter) continue;
      if (delimiter == '\t' && !tabs_are_csv) continue;
      if (delimiter == '\t' && !trials.empty()) trials.erase(trials.begin());
      trials.push_back(Try(padded, TextFormat::kCsv, delimiter));
    }
    if (hints.delimiter && trials.empty()) {
      trials.push_back(Try(padded, TextFormat::kCsv, *hints.delimiter));
    }
  }
  // The delimiter that cuts most records alike; among equals the one that makes more fields. One
  // that makes a single field cuts nothing.
  const Trial* best = nullptr;
  for (const Trial& trial : trials) {
    if (trial.num_fields < 2) continue;
    if (!best || trial.consistency > best->consistency + 0.02 ||
        (trial.consistency > best->consistency - 0.02 && trial.num_fields > best->num_fields)) {
      best = &trial;
    }
  }
  if (best) {
    dialect.format = best->dialect.format;
    dialect.delimiter = best->dialect.delimiter;
  } else {
    // One column.
    dialect.format = wanted == TextFormat::kTsv || HasExtension(name, ".tsv") ? TextFormat::kTsv
                                                                              : TextFormat::kCsv;
    dialect.delimiter = hints.delimiter.value_or(dialect.format == TextFormat::kTsv ? '\t' : ',');
  }
  if (hints.header) {
    dialect.header = *hints.header;
  } else {
    dialect.header =
        LooksLikeHeader(*padded[0], dialect, best ? best->num_fields : 1, hints.column_names);
  }
  return dialect;
}

}  // namespace shale
