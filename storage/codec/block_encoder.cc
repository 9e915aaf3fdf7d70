#include "storage/codec/block_encoder.h"

#include <algorithm>

namespace shale {

extern const Codec kConstantCodec;
extern const Codec kRunLengthCodec;
extern const Codec kBitPackedCodec;
extern const Codec kDeltaCodec;
extern const Codec kDecimalFloatCodec;
extern const Codec kPlainCodec;
extern const Codec kPlainTextCodec;
extern const Codec kScaledCodec;

namespace {

// Blocks that are small already are not worth a decompression.
constexpr size_t kMinBytesToCompress = 128;

}  // namespace

// A codec that is slower to read has to save more: delta a fifth, runs and decimals a tenth.
const Codec* BlockEncoder::Pick(const BlockInput& input) const {
  if (input.stats.constant) return &kConstantCodec;
  if (type_ == PhysicalType::kString) return &kPlainTextCodec;
  const Codec* best = &kPlainCodec;
  size_t bytes = kPlainCodec.measure(input);
  const auto consider = [&](const Codec* codec, size_t tenths) {
    const size_t size = codec->measure(input);
    if (size == Codec::kCannot || size * 10 >= bytes * tenths) return;
    best = codec;
    bytes = size;
  };
  if (IsIntegerPhysical(type_)) {
    best = &kBitPackedCodec;
    bytes = kBitPackedCodec.measure(input);
    if (!codes_) consider(&kDeltaCodec, 8);
    consider(&kScaledCodec, 9);
    consider(&kRunLengthCodec, 9);
  } else {
    consider(&kBitPackedCodec, 9);
    consider(&kDecimalFloatCodec, 9);
    consider(&kRunLengthCodec, 9);
  }
  return best;
}

void BlockEncoder::Sample(const void* values, size_t rows) {
  BlockInput input = MeasureBlock(type_, values, rows);
  std::string light, aligned;
  Pick(input)->encode(input, &light);
  light_ += light.size();
  if (light.size() < kMinBytesToCompress) {
    for (uint64_t* sum : {&light_lz4_, &light_zstd_, &aligned_lz4_, &aligned_zstd_}) {
      *sum += light.size();
    }
    return;
  }
  light_lz4_ += Compress(Compression::kLz4, light).size();
  light_zstd_ += Compress(Compression::kZstd, light).size();
  input.byte_aligned = true;
  Pick(input)->encode(input, &aligned);
  aligned_lz4_ += Compress(Compression::kLz4, aligned).size();
  aligned_zstd_ += Compress(Compression::kZstd, aligned).size();
}

// LZ4 has to save an eighth, zstd three tenths more; widths rounded up to bytes a tenth, because
// they take more room in the cache.
void BlockEncoder::Decide() {
  decided_ = true;
  double best = static_cast<double>(light_);
  const auto consider = [&](uint64_t bytes, double share, Compression compression, bool aligned) {
    if (static_cast<double>(bytes) >= best * share) return;
    best = static_cast<double>(bytes);
    compression_ = compression;
    byte_aligned_ = aligned;
  };
  consider(light_lz4_, 0.875, Compression::kLz4, false);
  consider(aligned_lz4_, compression_ == Compression::kNone ? 0.8 : 0.9, Compression::kLz4, true);
  const double lz4 = best;
  consider(light_zstd_, 0.7, Compression::kZstd, false);
  if (static_cast<double>(aligned_zstd_) < lz4 * 0.7) {
    consider(aligned_zstd_, compression_ == Compression::kZstd ? 0.9 : 0.7, Compression::kZstd,
             true);
  }
}

Compression BlockEncoder::compression() {
  if (!decided_) Decide();
  return compression_;
}

std::string BlockEncoder::Encode(const void* values, const uint64_t* validity, size_t rows,
                                 CodecId* codec) {
  if (!decided_) Decide();
  std::string nulls;
  const NullKind kind = EncodeNulls(validity, rows, &nulls);
  std::string payload;
  if (kind == NullKind::kAll) {
    *codec = CodecId::kConstant;
    payload.push_back(static_cast<char>(CodecId::kConstant));
    payload.push_back(static_cast<char>(kind));
    return payload;
  }
  BlockInput input = MeasureBlock(type_, values, rows);
  input.byte_aligned = byte_aligned_;
  const Codec* chosen = Pick(input);
  *codec = chosen->id;
  payload.push_back(static_cast<char>(chosen->id));
  payload.push_back(static_cast<char>(kind));
  if (kind != NullKind::kNone) PutText(nulls, &payload);
  chosen->encode(input, &payload);
  return payload;
}

}  // namespace shale
