// Opening files: compression by content, damage, bombs and formats that are no text.
#include "tools/load/text/input.h"

#include <gmock/gmock.h>
#include <zlib.h>
#include <zstd.h>

#include "tests/unit/tools/load/text_rows.h"

namespace shale {
namespace {

using testing::HasSubstr;

std::string Gzip(const std::string& text) {
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

// All of the text, or the error's message.
std::string ReadAll(const std::string& path) {
  auto input = Input::Open(path);
  if (!input.ok()) return "error: " + std::string(Message(input.status()));
  std::string out;
  std::string part(777, '\0');
  while (true) {
    const auto count = (*input)->Read(part.data(), part.size());
    if (!count.ok()) return "error: " + std::string(Message(count.status()));
    out.append(part, 0, *count);
    if (*count < part.size()) return out;
  }
}

std::string SomeText() {
  std::string text;
  for (int i = 0; i < 50000; ++i) text += "line " + std::to_string(i * 7919) + "\n";
  return text;
}

TEST(Input, CompressionIsSeenInTheContent) {
  const std::string text = SomeText();
  EXPECT_EQ(ReadAll(WriteFile("plain", text)), text);
  EXPECT_EQ(ReadAll(WriteFile("gzip-by-no-name", Gzip(text))), text);
  EXPECT_EQ(ReadAll(WriteFile("zstd-by-no-name", Zstd(text))), text);
  EXPECT_EQ(ReadAll(WriteFile("nothing", "")), "");
  EXPECT_EQ(ReadAll(WriteFile("short", "a")), "a");
}

TEST(Input, SeveralMembersAndFrames) {
  const std::string text = SomeText();
  EXPECT_EQ(ReadAll(WriteFile("two.gz", Gzip(text) + Gzip("more\n"))), text + "more\n");
  EXPECT_EQ(ReadAll(WriteFile("two.zst", Zstd(text) + Zstd("more\n"))), text + "more\n");
  EXPECT_EQ(ReadAll(WriteFile("padded.gz", Gzip("x\n") + std::string(600, '\0'))), "x\n");
}

TEST(Input, DamageIsAnError) {
  const std::string text = SomeText();
  const std::string gzip = Gzip(text);
  const std::string zstd = Zstd(text);
  EXPECT_THAT(ReadAll(WriteFile("cut.gz", gzip.substr(0, gzip.size() / 2))),
              HasSubstr("cut.gz: the gzip stream ends early"));
  EXPECT_THAT(ReadAll(WriteFile("cut.zst", zstd.substr(0, zstd.size() / 2))),
              HasSubstr("cut.zst: the zstd stream ends early"));
  std::string flipped = gzip;
  flipped[flipped.size() / 2] ^= 0x55;
  EXPECT_THAT(ReadAll(WriteFile("flip.gz", flipped)), HasSubstr("error: "));
  EXPECT_THAT(ReadAll(WriteFile("junk.gz", Gzip("x\n") + "trailing junk")),
              HasSubstr("is damaged"));
}

TEST(Input, BombsAreRefused) {
  std::string bomb;
  // A megabyte of zeros packs to about a hundred bytes.
  const std::string frame = Zstd(std::string(1 << 20, '0'));
  for (int i = 0; i < 300; ++i) bomb += frame;
  EXPECT_THAT(ReadAll(WriteFile("bomb.zst", bomb)), HasSubstr("decompression bomb"));
}

TEST(Input, WhatIsNoText) {
  EXPECT_THAT(ReadAll("/nonexistent/file.csv"), HasSubstr("cannot open"));
  EXPECT_THAT(ReadAll(testing::TempDir()), HasSubstr("is a folder"));
  EXPECT_THAT(ReadAll(WriteFile("a.zip", "PK\x03\x04 and so on")), HasSubstr("a zip archive"));
  EXPECT_THAT(ReadAll(WriteFile("a.bz2", "BZh91AY&SY")), HasSubstr("bunzip2"));
  EXPECT_THAT(ReadAll(WriteFile("a.parquet", "PAR1\x15\x04")), HasSubstr("a Parquet file"));
  EXPECT_THAT(ReadAll(WriteFile("utf16", std::string("\xff\xfe"
                                                     "a\0",
                                                     4))),
              HasSubstr("UTF-16"));
}

TEST(Input, Progress) {
  const std::string packed = Gzip(SomeText());
  auto input = Input::Open(WriteFile("progress.gz", packed));
  ASSERT_TRUE(input.ok());
  EXPECT_EQ((*input)->total_bytes(), static_cast<int64_t>(packed.size()));
  EXPECT_FALSE((*input)->seekable());
  std::string part(1 << 20, '\0');
  ASSERT_TRUE((*input)->Read(part.data(), part.size()).ok());
  EXPECT_EQ((*input)->bytes_read(), (*input)->total_bytes());
}

}  // namespace
}  // namespace shale
