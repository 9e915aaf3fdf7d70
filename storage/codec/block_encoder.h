// BlockEncoder: decides how the blocks of one column of one segment are encoded, by measuring, and
// encodes them. The light codecs' sizes are known from a block's statistics; whether LZ4 or zstd
// goes over them is tried on sample blocks and then holds for the column. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "storage/codec/block.h"

namespace shale {

class BlockEncoder {
 public:
  // `codes`: values are dictionary codes, which predicates are tested on: no delta.
  BlockEncoder(PhysicalType type, bool codes) : type_(type), codes_(codes) {}

  // Tries compression on a block without regard to its NULLs. Any number of samples, before the
  // first Encode.
  void Sample(const void* values, size_t rows);

  // The payload of a block. Values under NULLs must have been filled with neighbours. `codec` says
  // which codec was taken (kConstant for all NULL).
  std::string Encode(const void* values, const uint64_t* validity, size_t rows, CodecId* codec);

  // What to give SealBlock for a payload; decided at the first call of Encode or this.
  Compression compression();

 private:
  const Codec* Pick(const BlockInput& input) const;
  void Decide();

  PhysicalType type_;
  bool codes_;
  bool decided_ = false;
  bool byte_aligned_ = false;
  Compression compression_ = Compression::kNone;
  // Bytes of the samples, by way.
  uint64_t light_ = 0, light_lz4_ = 0, light_zstd_ = 0, aligned_lz4_ = 0, aligned_zstd_ = 0;
};

}  // namespace shale
