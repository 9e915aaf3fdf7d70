#include "engine/expr/kept_results.h"

#include <gtest/gtest.h>

#include "engine/expr/evaluator.h"
#include "engine/vector/vector_builder.h"

namespace shale {
namespace {

ExprPtr Call(std::string_view name, std::vector<ExprPtr> args) {
  auto call = MakeCall(name, std::move(args));
  EXPECT_TRUE(call.ok()) << call.status().ToString();
  return *call;
}
ExprPtr Text(std::string value) { return MakeConstant(Value::Text(std::move(value))); }
ExprPtr Column(size_t index, Type type = TypeId::kText) { return MakeColumn(index, type); }

DictionaryPtr MakeTexts(std::vector<std::string> texts) {
  VectorBuilder builder(TypeId::kText);
  for (const std::string& text : texts) builder.Append<std::string_view>(text);
  auto dictionary = std::make_shared<Dictionary>();
  dictionary->id = NextDictionaryId();
  dictionary->distinct = true;
  dictionary->values = builder.Finish();
  return dictionary;
}
Chunk RowsOf(const DictionaryPtr& dictionary) {
  BufferPtr codes = Buffer::Allocate(dictionary->size() * sizeof(uint32_t));
  for (uint32_t i = 0; i < dictionary->size(); ++i) {
    reinterpret_cast<uint32_t*>(codes->data())[i] = i;
  }
  Chunk chunk;
  chunk.num_rows = dictionary->size();
  chunk.columns.push_back(Vector::FromDictionary(dictionary, codes, dictionary->size()));
  return chunk;
}

TEST(FingerprintTest, TellsApartWhatDiffersInAnything) {
  auto of = [](const ExprPtr& expr) { return *Fingerprint(*expr); };
  const std::string like = of(Call("like", {Column(0), Text("%a%")}));
  EXPECT_EQ(like, of(Call("like", {Column(7), Text("%a%")})))
      << "where the column stands is no part";
  EXPECT_NE(like, of(Call("like", {Column(0), Text("%b%")})));
  EXPECT_NE(like, of(Call("ilike", {Column(0), Text("%a%")})));
  EXPECT_NE(of(Call("=", {Column(0), Text("1")})), of(Call("<>", {Column(0), Text("1")})));
  auto plus = [&](Value value) {
    return of(Call("+", {Column(0, TypeId::kDouble), MakeConstant(std::move(value))}));
  };
  EXPECT_NE(plus(Value::Float(TypeId::kDouble, 0.0)), plus(Value::Float(TypeId::kDouble, -0.0)));
  EXPECT_NE(plus(Value::Float(TypeId::kDouble, 0.1)),
            plus(Value::Float(TypeId::kDouble, 0.1 + 1e-17 * 2)));
  EXPECT_NE(of(Call("concat", {Column(0), Text("a"), Text("b")})),
            of(Call("concat", {Column(0), Text("ab"), Text("")})));
  EXPECT_NE(of(*MakeCast(Column(0), TypeId::kBigInt)), of(*MakeCast(Column(0), TypeId::kInteger)));
}

TEST(FingerprintTest, OnlyImmutableExpressionsOfOneColumnHaveOne) {
  EXPECT_FALSE(Fingerprint(*Call("concat", {Column(0), Column(1)})));
  EXPECT_FALSE(Fingerprint(*Text("x")));
  EXPECT_FALSE(Fingerprint(*Call("=", {Column(0, TypeId::kDouble), Call("random", {})})));
  EXPECT_FALSE(Fingerprint(*Call("<", {Column(0, TypeId::kTimestampTz), Call("now", {})})));
}

TEST(KeptResultsTest, AnotherEvaluatorFindsWhatOneComputed) {
  KeptResults kept(1 << 20);
  FunctionContext context;
  context.kept = &kept;
  DictionaryPtr dictionary = MakeTexts({"a", "bb", "ccc"});
  ExprPtr expr = Call("upper", {Column(0)});
  Vector first = *Evaluator(expr, &context).Evaluate(RowsOf(dictionary));
  Vector second = *Evaluator(Call("upper", {Column(0)}), &context).Evaluate(RowsOf(dictionary));
  ASSERT_TRUE(first.is_dictionary() && second.is_dictionary());
  EXPECT_EQ(first.dictionary()->id, second.dictionary()->id) << "one computation, one dictionary";
  EXPECT_EQ(second.GetValue(2).AsString(), "CCC");
  Vector other = *Evaluator(expr, &context).Evaluate(RowsOf(MakeTexts({"x", "y", "z"})));
  EXPECT_EQ(other.GetValue(0).AsString(), "X") << "another dictionary has results of its own";
}

TEST(KeptResultsTest, AnErrorIsNotKept) {
  KeptResults kept(1 << 20);
  FunctionContext context;
  context.kept = &kept;
  DictionaryPtr dictionary = MakeTexts({"1", "x"});
  ExprPtr cast = *MakeCast(Column(0), TypeId::kBigInt);
  EXPECT_FALSE(Evaluator(cast, &context).Evaluate(RowsOf(dictionary)).ok());
  EXPECT_EQ(kept.size_bytes(), 0u);
  Chunk one = RowsOf(dictionary).Slice(0, 1);
  auto value = Evaluator(cast, &context).Evaluate(one);
  ASSERT_TRUE(value.ok()) << value.status().ToString();
  EXPECT_EQ(value->GetValue(0).AsInt(), 1);
}

TEST(KeptResultsTest, ForgetsTheLeastRecentlyUsed) {
  DictionaryPtr source = MakeTexts(std::vector<std::string>(100, "text"));
  auto derived = [] {
    auto dictionary = std::make_shared<Dictionary>();
    dictionary->values = Vector::Flat(TypeId::kBigInt, 100);
    return dictionary;
  };
  KeptResults kept(8000);
  kept.Keep(*source, "a", derived());
  const size_t each = kept.size_bytes();
  const int fit = static_cast<int>(8000 / each);
  ASSERT_GE(fit, 4);
  for (int i = 1; i < fit; ++i) kept.Keep(*source, "fill" + std::to_string(i), derived());
  EXPECT_NE(kept.Find(source->id, "a"), nullptr);
  for (int i = 0; i < fit - 1; ++i) kept.Keep(*source, "more" + std::to_string(i), derived());
  EXPECT_NE(kept.Find(source->id, "a"), nullptr) << "used lately";
  EXPECT_EQ(kept.Find(source->id, "fill1"), nullptr);
  EXPECT_LE(kept.size_bytes(), 8000u);
}

}  // namespace
}  // namespace shale
