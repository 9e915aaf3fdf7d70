#include "storage/codec/select.h"

#include <gtest/gtest.h>

#include "storage/codec/block_encoder.h"
#include "tests/unit/storage/segment/random_rows.h"

namespace shale {
namespace {

// A block held by one codec, with NULLs.
struct Encoded {
  std::string payload;
  LoadedBlock block;
};

void EncodeWith(const Codec* codec, const BlockInput& input, const uint64_t* validity,
                Encoded* out) {
  std::string nulls;
  const NullKind kind = EncodeNulls(validity, input.rows, &nulls);
  out->payload = {static_cast<char>(codec->id), static_cast<char>(kind)};
  if (kind != NullKind::kNone && kind != NullKind::kAll) PutText(nulls, &out->payload);
  if (kind != NullKind::kAll) codec->encode(input, &out->payload);
  auto parsed = ParsePayload(AsBytes(out->payload), nullptr, input.rows);
  ASSERT_TRUE(parsed.ok()) << Message(parsed.status());
  out->block = *std::move(parsed);
}

std::vector<uint64_t> RandomValidity(size_t rows, double null_share, Random* random) {
  std::vector<uint64_t> bits(BitmapWords(rows), ~uint64_t{0});
  for (size_t i = 0; i < rows; ++i) {
    if (std::uniform_real_distribution<double>(0, 1)(*random) < null_share) {
      ClearBit(bits.data(), i);
    }
  }
  return bits;
}

TEST(SelectMatching, AgreesWithLookingAtEachRow) {
  Random random(21);
  for (int round = 0; round < 600; ++round) {
    const size_t rows = round % 3 == 0 ? 8192 : 1 + random() % 8192;
    const uint32_t num_codes = round % 4 == 0 ? 1 + random() % 70000 : 1 + random() % 300;
    const uint32_t low = random() % num_codes;
    const uint32_t reach = 1 + random() % (num_codes - low);
    std::vector<uint32_t> codes(rows);
    uint32_t code = low;
    for (uint32_t& value : codes) {
      if (round % 2 == 0 || random() % 20 == 0) code = low + random() % reach;
      value = code;
    }
    std::vector<uint8_t> match(num_codes);
    const int kind = round % 5;
    if (kind == 0) {
      match[codes[random() % rows]] = 1;  // one
    } else if (kind == 1) {
      const uint32_t from = random() % num_codes;
      std::fill(match.begin() + from, match.begin() + from + random() % (num_codes - from + 1), 1);
    } else if (kind == 2) {
      for (uint8_t& value : match) value = random() % 2 ? 255 : 0;
    } else if (kind == 3) {
      for (uint8_t& value : match) value = random() % 50 == 0;
    } else {
      std::fill(match.begin(), match.end(), round % 10 == 4);  // all or none
    }
    const std::vector<uint64_t> validity = RandomValidity(rows, round % 7 == 0 ? 0.3 : 0, &random);
    std::vector<uint32_t> expected;
    for (uint32_t i = 0; i < rows; ++i) {
      if (BitIsSet(validity.data(), i) && match[codes[i]] != 0) expected.push_back(i);
    }
    const BlockInput input = MeasureBlock(PhysicalType::kUInt32, codes.data(), rows);
    for (const Codec* codec : AllCodecs()) {
      if (codec->measure(input) == Codec::kCannot) continue;
      Encoded encoded;
      EncodeWith(codec, input, validity.data(), &encoded);
      std::vector<uint32_t> found(kMaxBlockRows);
      const auto count = SelectMatching(encoded.block, match.data(), num_codes, found.data());
      ASSERT_TRUE(count.ok()) << Message(count.status());
      found.resize(*count);
      ASSERT_EQ(found, expected) << codec->name << " round " << round;
    }
  }
}

template <typename S>
void CheckRanges(PhysicalType type, uint64_t seed) {
  Random random(seed);
  for (int round = 0; round < 300; ++round) {
    const size_t rows = 1 + random() % 3000;
    std::vector<S> values(rows);
    const S base = static_cast<S>(random());
    const uint64_t reach = round % 3 == 0 ? random() : 1 + random() % 1000;
    const uint64_t factor = round % 4 == 0 ? 1000 : 1;
    for (S& value : values) {
      value = static_cast<S>(static_cast<uint64_t>(base) + random() % (reach | 1) * factor);
    }
    if (round % 5 == 0) {
      values[random() % rows] = std::numeric_limits<S>::min();
      values[random() % rows] = std::numeric_limits<S>::max();
    }
    const std::vector<uint64_t> validity = RandomValidity(rows, round % 7 == 0 ? 0.3 : 0, &random);
    const BlockInput input = MeasureBlock(type, values.data(), rows);
    const auto bound = [&]() -> int64_t {
      switch (random() % 5) {
        case 0: return static_cast<int64_t>(random());
        case 1: return random() % 2 ? INT64_MIN : INT64_MAX;
        default: return static_cast<int64_t>(values[random() % rows]) + int64_t(random() % 3) - 1;
      }
    };
    for (int query = 0; query < 6; ++query) {
      const int64_t low = bound(), high = query == 0 ? low : bound();
      const bool negate = random() % 3 == 0;
      std::vector<uint32_t> expected;
      for (uint32_t i = 0; i < rows; ++i) {
        const __int128 value = values[i];
        const bool hit = value >= low && value <= high;
        if (BitIsSet(validity.data(), i) && hit != negate) expected.push_back(i);
      }
      for (const Codec* codec : AllCodecs()) {
        if (codec->measure(input) == Codec::kCannot) continue;
        Encoded encoded;
        EncodeWith(codec, input, validity.data(), &encoded);
        std::vector<uint32_t> found(kMaxBlockRows);
        const auto count = SelectBetween(encoded.block, type, low, high, negate, found.data());
        ASSERT_TRUE(count.ok()) << Message(count.status());
        found.resize(*count);
        ASSERT_EQ(found, expected) << codec->name << " round " << round << " [" << low << ", "
                                   << high << "]" << (negate ? " negated" : "");
      }
    }
  }
}

TEST(SelectBetween, AgreesWithLookingAtEachRow) {
  CheckRanges<int8_t>(PhysicalType::kInt8, 1);
  CheckRanges<int16_t>(PhysicalType::kInt16, 2);
  CheckRanges<int32_t>(PhysicalType::kInt32, 3);
  CheckRanges<int64_t>(PhysicalType::kInt64, 4);
  CheckRanges<uint8_t>(PhysicalType::kUInt8, 5);
  CheckRanges<uint16_t>(PhysicalType::kUInt16, 6);
  CheckRanges<uint32_t>(PhysicalType::kUInt32, 7);
  CheckRanges<uint64_t>(PhysicalType::kUInt64, 8);
}

}  // namespace
}  // namespace shale
