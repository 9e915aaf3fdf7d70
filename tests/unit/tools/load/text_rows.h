// Reads a text through survey and parser as the load command does, and gives rows as text: what
// the tests of the readers compare.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/functions/value_io.h"
#include "gtest/gtest.h"
#include "tools/load/text/reader.h"

namespace shale {

struct ReadResult {
  Survey survey;
  // "a|b|c": values as PostgreSQL prints them, NULL as NULL.
  std::vector<std::string> rows;
  std::vector<Reject> rejects;
  std::map<std::string, uint64_t> unknown_members;

  // "name TYPE, name TYPE".
  std::string Columns() const {
    std::string out;
    for (const SurveyColumn& column : survey.columns) {
      if (!out.empty()) out += ", ";
      out += column.name + " " + column.type.ToString();
    }
    return out;
  }
};

inline std::string RowText(const Chunk& chunk, size_t row) {
  std::string out;
  for (size_t i = 0; i < chunk.columns.size(); ++i) {
    if (i > 0) out += "|";
    out += ToText(chunk.columns[i].GetValue(row));
  }
  return out;
}

inline void CollectBlock(ParsedBlock parsed, ReadResult* result) {
  uint64_t num_rows = 0;
  for (const Chunk& chunk : parsed.chunks) {
    EXPECT_LE(chunk.num_rows, static_cast<size_t>(kChunkRows));
    num_rows += chunk.num_rows;
    for (size_t row = 0; row < chunk.num_rows; ++row) result->rows.push_back(RowText(chunk, row));
  }
  EXPECT_EQ(num_rows, parsed.num_rows);
  for (Reject& reject : parsed.rejects) result->rejects.push_back(std::move(reject));
  for (const auto& [name, count] : parsed.unknown_members) result->unknown_members[name] += count;
}

// Parses `text` under a dialect and schema, in blocks of about `block_bytes`.
inline ReadResult ParseText(const std::string& text, const Dialect& dialect,
                            const ReadSchema& schema, size_t block_bytes = kBlockBytes) {
  ReadResult result;
  auto parser = MakeTextParser(dialect, schema);
  if (!parser.ok()) {
    ADD_FAILURE() << Message(parser.status());
    return result;
  }
  BlockSource source(Input::FromText("test", text), dialect, block_bytes);
  TextBlock block;
  while (true) {
    const auto more = source.Next(&block);
    if (!more.ok()) {
      ADD_FAILURE() << Message(more.status());
      break;
    }
    if (!*more) break;
    CollectBlock((*parser)->Parse(block), &result);
  }
  return result;
}

// Surveys and reads files.
inline ReadResult ReadFiles(const std::vector<std::string>& paths, const DialectHints& hints = {},
                            const std::vector<std::string>& names = {}) {
  ReadResult result;
  auto survey = SurveyFiles(paths, hints, names);
  if (!survey.ok()) {
    ADD_FAILURE() << Message(survey.status());
    return result;
  }
  result.survey = *survey;
  auto parser = MakeTextParser(survey->dialect, survey->Schema());
  if (!parser.ok()) {
    ADD_FAILURE() << Message(parser.status());
    return result;
  }
  for (const std::string& path : paths) {
    auto source = OpenBlocks(path, &*survey);
    if (!source.ok()) {
      ADD_FAILURE() << Message(source.status());
      return result;
    }
    TextBlock block;
    while (true) {
      const auto more = (*source)->Next(&block);
      if (!more.ok()) {
        ADD_FAILURE() << Message(more.status());
        return result;
      }
      if (!*more) break;
      CollectBlock((*parser)->Parse(block), &result);
    }
  }
  return result;
}

// A file in the test's folder that holds `text`.
std::string WriteFile(const std::string& name, const std::string& text);

// Surveys and reads a file called `name` with that text.
inline ReadResult ReadText(const std::string& name, const std::string& text,
                           const DialectHints& hints = {},
                           const std::vector<std::string>& names = {}) {
  return ReadFiles({WriteFile(name, text)}, hints, names);
}

// The message with which a survey of such a file fails.
std::string SurveyError(const std::string& name, const std::string& text,
                        const DialectHints& hints = {}, const std::vector<std::string>& names = {});

// A CSV schema with columns a, b, c … of these types.
inline ReadSchema SchemaOf(const std::vector<Type>& types) {
  ReadSchema schema;
  for (size_t i = 0; i < types.size(); ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    schema.columns.push_back({name, types[i], i, name});
  }
  schema.num_fields = types.size();
  return schema;
}

}  // namespace shale
