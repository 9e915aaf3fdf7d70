// Every codec of the list: round trips over types, shapes and sizes, and what damage does.
#include "storage/codec/codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "storage/codec/bit_packing.h"
#include "storage/codec/block.h"
#include "storage/codec/block_encoder.h"
#include "tests/unit/storage/segment/random_rows.h"

namespace shale {
namespace {

constexpr size_t kSizes[] = {1, 2, 7, 8, 100, 1023, 1024, 1025, 3000, 8191, 8192};

bool IsText(PhysicalType type) { return type == PhysicalType::kString; }

// Equal bit by bit (texts by content).
bool SameValues(PhysicalType type, const void* a, const void* b, size_t rows) {
  if (IsText(type)) {
    const auto* left = static_cast<const std::string_view*>(a);
    const auto* right = static_cast<const std::string_view*>(b);
    return std::equal(left, left + rows, right);
  }
  return std::memcmp(a, b, rows * PhysicalSize(type)) == 0;
}

TEST(Codecs, IdsAreDistinctAndPermanent) {
  std::set<CodecId> ids;
  for (const Codec* codec : AllCodecs()) {
    EXPECT_TRUE(ids.insert(codec->id).second) << codec->name;
    EXPECT_EQ(FindCodec(static_cast<uint8_t>(codec->id)), codec);
  }
  EXPECT_EQ(FindCodec(0), nullptr);
  EXPECT_EQ(FindCodec(255), nullptr);
  // On disk since the first version.
  EXPECT_EQ(FindCodec(1)->name, "constant");
  EXPECT_EQ(FindCodec(2)->name, "run-length");
  EXPECT_EQ(FindCodec(3)->name, "bit-packed");
  EXPECT_EQ(FindCodec(4)->name, "delta");
  EXPECT_EQ(FindCodec(5)->name, "decimal float");
  EXPECT_EQ(FindCodec(6)->name, "plain");
  EXPECT_EQ(FindCodec(7)->name, "plain text");
  EXPECT_EQ(FindCodec(8)->name, "scaled");
  EXPECT_EQ(FindCodec(9)->name, "list");
}

TEST(Codecs, EveryCodecBringsBackWhatItTakes) {
  Random random(1);
  std::map<std::string_view, int> tried;
  for (const Type& type : StorableTypes()) {
    for (const Shape shape : kShapes) {
      for (const size_t rows : kSizes) {
        const std::vector<Value> values = RandomValues(type, shape, rows, 0, &random);
        const Vector vector = MakeVector(type, values, Encoding::kFlat);
        BlockInput input = MeasureBlock(type.physical(), vector.values<uint8_t>(), rows);
        for (const bool aligned : {false, true}) {
          input.byte_aligned = aligned;
          for (const Codec* codec : AllCodecs()) {
            const size_t measured = codec->measure(input);
            if (measured == Codec::kCannot) continue;
            SCOPED_TRACE(fmt::format("{} of {} {}, shape {}", codec->name, rows, type.ToString(),
                                     static_cast<int>(shape)));
            ++tried[codec->name];
            std::string bytes;
            codec->encode(input, &bytes);
            if (codec->id != CodecId::kDecimalFloat) {
              EXPECT_EQ(bytes.size(), measured);
            }
            Vector out = Vector::Flat(type, rows);
            const Status status =
                codec->decode(AsBytes(bytes), type.physical(), rows, out.mutable_values<uint8_t>());
            ASSERT_TRUE(status.ok()) << Message(status);
            ASSERT_TRUE(
                SameValues(type.physical(), vector.values<uint8_t>(), out.values<uint8_t>(), rows));
            codec->describe(AsBytes(bytes), type.physical());
          }
        }
      }
    }
  }
  for (const Codec* codec : AllCodecs()) {
    if (codec->id == CodecId::kList) continue;  // list_block_test.cc
    EXPECT_GT(tried[codec->name], 0) << codec->name;
  }
}

// The best and the worst of each integer type side by side.
TEST(Codecs, ExtremesComeBack) {
  const auto check = [](PhysicalType type, const auto& values) {
    using T = std::decay_t<decltype(values[0])>;
    for (size_t rows = 1; rows <= values.size(); ++rows) {
      const BlockInput input = MeasureBlock(type, values.data(), rows);
      for (const Codec* codec : AllCodecs()) {
        if (codec->measure(input) == Codec::kCannot) continue;
        std::string bytes;
        codec->encode(input, &bytes);
        std::vector<T> out(rows);
        ASSERT_TRUE(codec->decode(AsBytes(bytes), type, rows, out.data()).ok()) << codec->name;
        ASSERT_TRUE(SameValues(type, values.data(), out.data(), rows)) << codec->name;
      }
    }
  };
  check(PhysicalType::kInt8, std::vector<int8_t>{INT8_MIN, INT8_MAX, 0, -1, INT8_MIN});
  check(PhysicalType::kInt16, std::vector<int16_t>{INT16_MAX, INT16_MIN, 0, -1});
  check(PhysicalType::kInt32, std::vector<int32_t>{INT32_MIN, INT32_MAX, 0, -1, INT32_MIN});
  check(PhysicalType::kInt64, std::vector<int64_t>{INT64_MAX, INT64_MIN, 0, -1, INT64_MIN});
  check(PhysicalType::kInt64, std::vector<int64_t>{0, INT64_MIN, 0, INT64_MIN});
  check(PhysicalType::kUInt64, std::vector<uint64_t>{0, UINT64_MAX, 0, UINT64_MAX, 5});
  check(PhysicalType::kUInt64, std::vector<uint64_t>{0, UINT64_MAX - 1, 2, UINT64_MAX - 3});
  const int128_t huge = static_cast<int128_t>(1) << 126;
  check(PhysicalType::kInt128, std::vector<int128_t>{huge, -huge, 0, huge + 1});
  check(PhysicalType::kInt128, std::vector<int128_t>{huge, huge + 1, huge + (int128_t{1} << 63)});
  const double nan = std::nan(""), infinity = INFINITY;
  check(PhysicalType::kDouble,
        std::vector<double>{0.1, 0.2, 0.3, -0.0, 0.0, nan, infinity, -infinity, 1e308, 5e-324});
  check(PhysicalType::kFloat, std::vector<float>{0.1f, -0.0f, 1e38f, std::nanf(""), 3.25f});
}

TEST(Codecs, DecimalsAreSmall) {
  std::vector<double> prices(8192);
  Random random(3);
  for (double& price : prices) price = static_cast<double>(random() % 100000) / 100;
  const BlockInput input = MeasureBlock(PhysicalType::kDouble, prices.data(), prices.size());
  const Codec* codec = FindCodec(static_cast<uint8_t>(CodecId::kDecimalFloat));
  std::string bytes;
  codec->encode(input, &bytes);
  EXPECT_LT(bytes.size(), prices.size() * 18 / 8);
}

TEST(Codecs, SecondsInMicrosecondsAreSmall) {
  std::vector<int64_t> times(8192);
  Random random(3);
  for (int64_t& time : times) time = 1373760000000000 + int64_t(random() % 86400) * 1000000;
  const BlockInput input = MeasureBlock(PhysicalType::kInt64, times.data(), times.size());
  EXPECT_EQ(input.stats.factor, 1000000u);
  EXPECT_LE(FindCodec(static_cast<uint8_t>(CodecId::kScaled))->measure(input), 8192 * 17 / 8 + 40);
}

// A damaged payload decodes to something or is refused, and never reads or writes out of bounds
// (the sanitizers see to that).
TEST(Codecs, DamagedBytesAreSafe) {
  Random random(5);
  for (const Type& type : StorableTypes()) {
    for (const Shape shape : kShapes) {
      const size_t rows = 1 + random() % 1500;
      const Vector vector =
          MakeVector(type, RandomValues(type, shape, rows, 0, &random), Encoding::kFlat);
      const BlockInput input = MeasureBlock(type.physical(), vector.values<uint8_t>(), rows);
      for (const Codec* codec : AllCodecs()) {
        if (codec->measure(input) == Codec::kCannot) continue;
        std::string bytes;
        codec->encode(input, &bytes);
        Vector out = Vector::Flat(type, rows);
        for (int i = 0; i < 60; ++i) {
          std::string damaged = bytes;
          if (i % 3 == 0) {
            damaged.resize(random() % (bytes.size() + 1));
          } else if (!damaged.empty()) {
            // The first bytes steer the decoder.
            const size_t reach = i % 3 == 1 ? std::min<size_t>(damaged.size(), 20) : damaged.size();
            damaged[random() % reach] ^= static_cast<char>(1 << (random() % 8));
          }
          // An exact copy on the heap, so that a read past its end is seen.
          const std::vector<uint8_t> exact(damaged.begin(), damaged.end());
          const Status status =
              codec->decode(exact, type.physical(), rows, out.mutable_values<uint8_t>());
          EXPECT_TRUE(status.ok() || status.code() == StatusCode::kDataLoss) << Message(status);
          codec->describe(exact, type.physical());
        }
      }
    }
  }
}

TEST(Nulls, EveryKindComesBack) {
  Random random(8);
  for (const size_t rows : kSizes) {
    for (const double share : {0.0, 0.001, 0.1, 0.5, 0.9, 1.0}) {
      std::vector<uint64_t> bits(BitmapWords(rows), ~uint64_t{0});
      size_t nulls = 0;
      for (size_t i = 0; i < rows; ++i) {
        if (std::uniform_real_distribution<double>(0, 1)(random) < share) {
          ClearBit(bits.data(), i);
          ++nulls;
        }
      }
      std::string section;
      const NullKind kind = EncodeNulls(bits.data(), rows, &section);
      if (nulls == 0 || nulls == rows) {
        EXPECT_EQ(kind, nulls == 0 ? NullKind::kNone : NullKind::kAll);
        EXPECT_TRUE(section.empty());
        continue;
      }
      EXPECT_LE(section.size(), (rows + 7) / 8);
      const auto decoded = DecodeNulls(kind, AsBytes(section), rows);
      ASSERT_TRUE(decoded.ok()) << Message(decoded.status());
      const auto* words = reinterpret_cast<const uint64_t*>((*decoded)->data());
      for (size_t i = 0; i < rows; ++i) ASSERT_EQ(BitIsSet(words, i), BitIsSet(bits.data(), i));
      EXPECT_EQ(CountSetBits(words, rows), rows - nulls);
      for (size_t i = rows; i < BitmapWords(rows) * 64; ++i) EXPECT_FALSE(BitIsSet(words, i));
    }
  }
}

// Encoded, sealed, every single bit turned over: always noticed.
TEST(Blocks, EveryFlippedBitIsNoticed) {
  Random random(11);
  size_t flips = 0;
  for (const Type& type : StorableTypes()) {
    for (const Shape shape : kShapes) {
      const size_t rows = 1 + random() % 40;
      const Vector vector =
          MakeVector(type, RandomValues(type, shape, rows, 0, &random), Encoding::kFlat);
      BlockEncoder encoder(type.physical(), false);
      CodecId codec;
      const std::string payload = encoder.Encode(vector.values<uint8_t>(), nullptr, rows, &codec);
      for (const Compression compression :
           {Compression::kNone, Compression::kLz4, Compression::kZstd}) {
        std::string sealed;
        SealBlock(payload, static_cast<uint8_t>(codec), static_cast<uint32_t>(rows), compression,
                  BlockPlace(1, 2, 3), &sealed);
        const auto open = [&](const std::string& bytes, uint64_t place) {
          BufferPtr buffer = Buffer::Allocate(bytes.size());
          std::memcpy(buffer->data(), bytes.data(), bytes.size());
          return OpenBlock(buffer, bytes.size(), place);
        };
        const auto opened = open(sealed, BlockPlace(1, 2, 3));
        ASSERT_TRUE(opened.ok()) << Message(opened.status());
        EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(opened->payload.data()),
                                   opened->payload.size()),
                  payload);
        // Elsewhere it is wrong.
        EXPECT_FALSE(open(sealed, BlockPlace(1, 2, 4)).ok());
        EXPECT_FALSE(open(sealed, BlockPlace(1, 3, 3)).ok());
        EXPECT_FALSE(open(sealed, BlockPlace(2, 2, 3)).ok());
        for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
          std::string damaged = sealed;
          damaged[bit / 8] ^= static_cast<char>(1 << (bit % 8));
          const auto result = open(damaged, BlockPlace(1, 2, 3));
          ASSERT_EQ(result.status().code(), StatusCode::kDataLoss) << "bit " << bit;
          ++flips;
        }
        for (size_t size = 0; size < sealed.size(); ++size) {
          ASSERT_FALSE(open(sealed.substr(0, size), BlockPlace(1, 2, 3)).ok());
        }
      }
    }
  }
  EXPECT_GT(flips, 100000u);
}

// With a checksum that matches, whatever is inside.
TEST(Blocks, DamagedPayloadsAreSafe) {
  Random random(12);
  for (const Type& type : StorableTypes()) {
    for (const Shape shape : kShapes) {
      const size_t rows = 1 + random() % 2000;
      const Vector vector =
          MakeVector(type, RandomValues(type, shape, rows, 0.1, &random), Encoding::kFlat);
      BlockEncoder encoder(type.physical(), false);
      CodecId codec;
      const std::string payload =
          encoder.Encode(vector.values<uint8_t>(), vector.validity(), rows, &codec);
      Vector out = Vector::Flat(type, rows);
      for (int i = 0; i < 100; ++i) {
        std::vector<uint8_t> damaged(payload.begin(), payload.end());
        if (i % 4 == 0) damaged.resize(random() % (damaged.size() + 1));
        if (!damaged.empty()) {
          damaged[random() % std::min<size_t>(damaged.size(), 1 + random() % 200)] =
              static_cast<uint8_t>(random());
        }
        const auto parsed = ParsePayload(damaged, nullptr, rows);
        if (!parsed.ok()) {
          EXPECT_EQ(parsed.status().code(), StatusCode::kDataLoss);
        } else if (!parsed->all_null()) {
          const Status status =
              DecodeValues(*parsed, type.physical(), out.mutable_values<uint8_t>());
          EXPECT_TRUE(status.ok() || status.code() == StatusCode::kDataLoss);
        }
      }
    }
  }
}

TEST(BitPacking, EveryWidthComesBack) {
  const auto check = []<typename T>(T) {
    Random random(2);
    for (int width = 0; width <= static_cast<int>(sizeof(T) * 8); ++width) {
      for (const size_t count : {0, 1, 10, 1023, 1024, 1025, 8191, 8192}) {
        std::vector<T> values(count), out(count);
        const T base = static_cast<T>(random());
        const uint64_t mask = width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1;
        for (T& value : values) value = static_cast<T>(base + (random() & mask));
        std::vector<uint8_t> bytes(PackedBytes(count, width));
        PackBits<T>(values.data(), base, count, width, bytes.data());
        UnpackBits<T>(bytes.data(), count, width, base, out.data());
        ASSERT_EQ(values, out) << "width " << width << " count " << count;
        for (size_t i = 0; i < count; i += 1 + count / 40) {
          const uint64_t one = UnpackOne(bytes.data(), count, width, i);
          ASSERT_EQ(static_cast<T>(base + one), values[i]) << "width " << width << " row " << i;
        }
      }
    }
  };
  check(uint8_t{});
  check(uint16_t{});
  check(uint32_t{});
  check(uint64_t{});
}

}  // namespace
}  // namespace shale
