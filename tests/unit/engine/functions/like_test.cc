// LIKE against the obvious matcher, and the substring search against std::string_view::find.
#include "engine/functions/scalar_like.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "engine/functions/utf8.h"

namespace shale {
namespace {

// The definition: '%' any text, '_' one character, no escapes.
bool Obvious(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '%') {
    for (size_t i = 0; i <= text.size(); ++i) {
      if (Obvious(text.substr(i), pattern.substr(1))) return true;
    }
    return false;
  }
  if (text.empty()) return false;
  if (pattern[0] == '_') return Obvious(text.substr(NextChar(text, 0)), pattern.substr(1));
  return text[0] == pattern[0] && Obvious(text.substr(1), pattern.substr(1));
}

std::string Random(std::mt19937& random, const std::vector<std::string>& alphabet, size_t most) {
  std::string out;
  for (size_t i = random() % (most + 1); i > 0; --i) out += alphabet[random() % alphabet.size()];
  return out;
}

TEST(Like, AgreesWithTheDefinition) {
  std::mt19937 random(1);
  int matches = 0;
  for (int round = 0; round < 100000; ++round) {
    const std::string pattern = Random(random, {"a", "b", "%", "_", "é", "%"}, 7);
    const std::string text = Random(random, {"a", "b", "é", "aa"}, 9);
    const auto compiled = LikePattern::Compile(pattern, false);
    ASSERT_TRUE(compiled.ok());
    const bool expected = Obvious(text, pattern);
    matches += expected;
    ASSERT_EQ(compiled->Matches(text), expected) << text << " LIKE " << pattern;
    std::string_view view = text;
    uint8_t result = 2;
    compiled->MatchAll(&view, 1, true, &result);
    ASSERT_EQ(result, !expected) << text << " NOT LIKE " << pattern;
  }
  EXPECT_GT(matches, 10000);
}

TEST(Like, IgnoresCaseOnDemand) {
  EXPECT_TRUE(LikePattern::Compile("sh_LE%", true)->Matches("ShaLe oil"));
  EXPECT_TRUE(LikePattern::Compile("ÀB%", true)->Matches("àbc"));
  EXPECT_FALSE(LikePattern::Compile("ÀB%", false)->Matches("àbc"));
}

TEST(Like, Escapes) {
  EXPECT_TRUE(LikePattern::Compile("a\\%b", false)->Matches("a%b"));
  EXPECT_FALSE(LikePattern::Compile("a\\%b", false)->Matches("axb"));
  EXPECT_TRUE(LikePattern::Compile("a#_b", false, "#")->Matches("a_b"));
  EXPECT_TRUE(LikePattern::Compile("a\\b", false, "")->Matches("a\\b"));
  EXPECT_TRUE(LikePattern::Compile("%%", false, "%")->Matches("%"));
  EXPECT_FALSE(LikePattern::Compile("a\\", false).ok());
  EXPECT_FALSE(LikePattern::Compile("a", false, "##").ok());
}

TEST(Like, RecognisesSimplePatterns) {
  EXPECT_EQ(LikePattern::Compile("abc", false)->kind(), LikePattern::Kind::kExact);
  EXPECT_EQ(LikePattern::Compile("abc%", false)->kind(), LikePattern::Kind::kPrefix);
  EXPECT_EQ(LikePattern::Compile("%%abc", false)->kind(), LikePattern::Kind::kSuffix);
  EXPECT_EQ(LikePattern::Compile("%abc%", false)->kind(), LikePattern::Kind::kContains);
  EXPECT_EQ(LikePattern::Compile("ab%c", false)->kind(), LikePattern::Kind::kBoth);
  EXPECT_EQ(LikePattern::Compile("a_c%", false)->literal_prefix(), "");
  EXPECT_EQ(LikePattern::Compile("http%x%y", false)->literal_prefix(), "http");
}

TEST(FindBytes, AgreesWithFind) {
  std::mt19937 random(2);
  for (int round = 0; round < 100000; ++round) {
    const std::string text = Random(random, {"a", "b"}, 70);
    const std::string needle = Random(random, {"a", "b"}, 7);
    ASSERT_EQ(FindBytes(text, needle), text.find(needle)) << text << " / " << needle;
  }
}

}  // namespace
}  // namespace shale
