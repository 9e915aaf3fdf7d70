// Cutting a file into blocks of whole records.
#include "tools/load/text/block_source.h"

#include <gmock/gmock.h>

#include "tests/unit/tools/load/text_rows.h"

namespace shale {
namespace {

using testing::HasSubstr;

std::vector<TextBlock> Blocks(const std::string& text, const Dialect& dialect, size_t bytes) {
  BlockSource source(Input::FromText("test", text), dialect, bytes);
  std::vector<TextBlock> blocks;
  TextBlock block;
  while (true) {
    const auto more = source.Next(&block);
    if (!more.ok()) {
      ADD_FAILURE() << Message(more.status());
      break;
    }
    if (!*more) break;
    blocks.push_back(block);
  }
  return blocks;
}

TEST(BlockSource, BlocksJoinToTheTextWithLinesAndOffsets) {
  std::string body;
  for (int i = 0; i < 200; ++i) {
    body += std::to_string(i) + (i % 3 == 0 ? ",\"a\nb\"\n" : ",c\n");
  }
  const std::string header = "\xef\xbb\xbf\nx,\"y\nz\"\n";
  for (const size_t bytes : {1, 10, 100, 100000}) {
    std::string joined;
    uint64_t line = 4;
    size_t index = 0;
    for (const TextBlock& block : Blocks(header + body, Dialect(), bytes)) {
      EXPECT_EQ(block.first_line, line);
      EXPECT_EQ(block.byte_offset, header.size() + joined.size());
      EXPECT_EQ(block.index, index++);
      EXPECT_TRUE(block.text.ends_with('\n'));
      joined += block.text;
      line += static_cast<uint64_t>(std::count(block.text.begin(), block.text.end(), '\n'));
    }
    EXPECT_EQ(joined, body);
  }
}

TEST(BlockSource, OnlyAHeader) {
  EXPECT_TRUE(Blocks("a,b\n", Dialect(), 1000).empty());
  EXPECT_TRUE(Blocks("a,b", Dialect(), 1000).empty());
  EXPECT_TRUE(Blocks("", Dialect(), 1000).empty());
}

TEST(BlockSource, ARecordLongerThanABlock) {
  Dialect dialect;
  dialect.format = TextFormat::kNdjson;
  const std::string text = "{\"a\":\"" + std::string(100000, 'x') + "\"}\n{}\n";
  const auto blocks = Blocks(text, dialect, 100);
  ASSERT_FALSE(blocks.empty());
  EXPECT_GE(blocks[0].text.size(), 100000u);
}

TEST(BlockSource, AnEndlessRecordIsAnError) {
  Dialect dialect;
  dialect.format = TextFormat::kNdjson;
  BlockSource source(Input::FromText("big", std::string(kMaxRecordBytes + 5000000, 'x')), dialect);
  TextBlock block;
  const auto more = source.Next(&block);
  ASSERT_FALSE(more.ok());
  EXPECT_THAT(std::string(Message(more.status())), HasSubstr("big: line 1: a record of more than"));
}

TEST(BlockSource, AStrayQuoteFarFromTheEndCostsOneLine) {
  std::string text = "a,b\n1,x\n\"2,y\n";
  std::vector<std::string> expected = {"1|x"};
  const std::string line = "3," + std::string(100000, 'z') + "\n";
  size_t rows = 1;
  for (size_t bytes = 0; bytes < kMaxQuotedBytes + 2000000; bytes += line.size()) {
    text += line;
    ++rows;
  }
  const ReadResult result = ParseText(text, Dialect(), SchemaOf({TypeId::kBigInt, TypeId::kText}));
  EXPECT_EQ(result.rows.size(), rows);
  ASSERT_EQ(result.rejects.size(), 1u);
  EXPECT_EQ(result.rejects[0].raw, "\"2,y");
  EXPECT_EQ(result.rejects[0].line, 3u);
}

}  // namespace
}  // namespace shale
