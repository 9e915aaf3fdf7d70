// Digests, JSON text, URLs and UTF-8: the parts beneath the functions, with hostile input too.
#include <gtest/gtest.h>

#include <random>

#include "engine/functions/digest.h"
#include "engine/functions/json_text.h"
#include "engine/functions/regexp.h"
#include "engine/functions/url.h"
#include "engine/functions/utf8.h"

namespace shale {
namespace {

template <size_t kSize>
std::string Hex(const std::array<uint8_t, kSize>& digest) {
  std::string out;
  AppendHex({reinterpret_cast<const char*>(digest.data()), kSize}, &out);
  return out;
}

TEST(Digest, PublishedVectors) {
  EXPECT_EQ(Hex(Md5Digest("")), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(Hex(Md5Digest("abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(Hex(Md5Digest(std::string(100, 'a'))), "36a92cc94a9e0fa21f625f8bfb007adf");
  EXPECT_EQ(Hex(Sha256Digest("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(Sha256Digest(std::string(100, 'a'))),
            "2816597888e4a0d3a36b82b83316ab32680eb8f00f8cd3b904d681246d285a0e");
  EXPECT_EQ(Crc32("123456789"), 0xcbf43926u);
}

TEST(JsonText, FindsValues) {
  const std::string_view json = R"( {"a" : [1, {"b" : "}\""}], "a\u0062": null, "a": 2} )";
  EXPECT_EQ(JsonMember(json, "a"), "2");
  EXPECT_EQ(JsonMember(json, "ab"), "null");
  EXPECT_EQ(JsonMember(json, "b"), std::nullopt);
  EXPECT_EQ(JsonLength(json), 3u);
  EXPECT_EQ(JsonElement("[1, [2, 3], 4]", 1), "[2, 3]");
  EXPECT_EQ(JsonElement("[1, [2, 3], 4]", -1), "4");
  EXPECT_EQ(JsonElement("[]", 0), std::nullopt);
  EXPECT_EQ(JsonFollow(R"({"x": [0, {"y z": 5}]})", *ParseArrayPath(R"({x,1,"y z"})")), "5");
  EXPECT_EQ(JsonFollow(R"({"x": [0, {"y z": 5}]})", *ParseJsonPath("$.x[-1].\"y z\"")), "5");
}

// Broken JSON never reaches these functions, yet they must stay inside it.
TEST(JsonText, SurvivesAnything) {
  std::mt19937 random(4);
  const std::string_view letters = "{}[]\",:\\ u1tn";
  for (int round = 0; round < 200000; ++round) {
    std::string text;
    for (size_t i = random() % 12; i > 0; --i) text.push_back(letters[random() % letters.size()]);
    const std::string exact(text);  // its end is the end of its memory, for AddressSanitizer
    JsonMember(exact, "u");
    JsonElement(exact, -1);
    JsonContains(exact, exact);
    std::string buffer;
    std::string_view out;
    if (exact.size() > 1 && exact.front() == '"') JsonUnquote(exact, &buffer, &out);
  }
}

TEST(Url, Parts) {
  const std::string_view url = "https://user:pw@www.example.co.uk:8080/a/b?q=1&r=#top";
  EXPECT_EQ(UrlProtocol(url), "https");
  EXPECT_EQ(UrlHost(url), "www.example.co.uk");
  EXPECT_EQ(UrlPort(url), "8080");
  EXPECT_EQ(UrlPath(url), "/a/b");
  EXPECT_EQ(UrlQuery(url), "q=1&r=");
  EXPECT_EQ(UrlFragment(url), "top");
  EXPECT_EQ(UrlParameter(url, "q"), "1");
  EXPECT_EQ(UrlParameter(url, "r"), "");
  EXPECT_EQ(UrlHost("not a url"), "");
  EXPECT_EQ(UrlHost("http://[::1]:80/"), "[::1]");
  std::mt19937 random(5);
  const std::string_view letters = "h:/?#@[].%w&=";
  for (int round = 0; round < 100000; ++round) {
    std::string text;
    for (size_t i = random() % 14; i > 0; --i) text.push_back(letters[random() % letters.size()]);
    UrlHost(text);
    UrlPort(text);
    UrlPath(text);
    UrlParameter(text, "w");
  }
}

TEST(Utf8, CountsAndSteps) {
  EXPECT_EQ(CountChars("Käse für alle"), 13u);
  EXPECT_EQ(SkipChars("Käse", 2), 3u);
  EXPECT_EQ(SkipCharsBack("für", 2), 1u);
  std::string out;
  AppendUpper("straße àé", &out);
  EXPECT_EQ(out, "STRAßE ÀÉ");
  EXPECT_TRUE(IsValidUtf8("Käse"));
  EXPECT_FALSE(IsValidUtf8("\xff"));
  EXPECT_FALSE(IsValidUtf8("\xc3"));
}

TEST(Regexp, NamesWhatItCannotDo) {
  const auto message = [](std::string_view pattern) {
    return std::string(Message(Regexp::Compile(pattern, {}).status()));
  };
  EXPECT_NE(message("a(?=b)").find("look-around"), std::string::npos);
  EXPECT_NE(message("(a)\\1").find("back-reference \\1"), std::string::npos);
  EXPECT_NE(message("a(").find("invalid regular expression"), std::string::npos);
}

}  // namespace
}  // namespace shale
