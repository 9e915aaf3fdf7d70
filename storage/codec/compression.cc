#include "storage/codec/compression.h"

#include <lz4.h>
#include <zstd.h>

#include <memory>

#include "engine/base/check.h"

namespace shale {
namespace {

constexpr int kZstdLevel = 3;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};
// Making one costs more than a block.
ZSTD_CCtx* CompressionContext() {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  return context.get();
}
ZSTD_DCtx* DecompressionContext() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  return context.get();
}

}  // namespace

std::string_view CompressionName(Compression compression) {
  switch (compression) {
    case Compression::kNone: return "";
    case Compression::kLz4: return "LZ4";
    case Compression::kZstd: return "zstd";
  }
  return "?";
}

std::string Compress(Compression compression, std::string_view bytes) {
  std::string out;
  if (compression == Compression::kLz4) {
    SHALE_CHECK(bytes.size() <= LZ4_MAX_INPUT_SIZE);
    const int size = static_cast<int>(bytes.size());
    out.resize(LZ4_compressBound(size));
    const int written =
        LZ4_compress_default(bytes.data(), out.data(), size, static_cast<int>(out.size()));
    SHALE_CHECK(written > 0);
    out.resize(written);
  } else if (compression == Compression::kZstd) {
    out.resize(ZSTD_compressBound(bytes.size()));
    const size_t written = ZSTD_compressCCtx(CompressionContext(), out.data(), out.size(),
                                             bytes.data(), bytes.size(), kZstdLevel);
    SHALE_CHECK(!ZSTD_isError(written));
    out.resize(written);
  } else {
    out = bytes;
  }
  return out;
}

Status Decompress(uint8_t compression, ByteSpan bytes, uint8_t* out, size_t size) {
  switch (static_cast<Compression>(compression)) {
    case Compression::kNone:
      if (bytes.size() != size) return DataLoss("{} bytes instead of {}", bytes.size(), size);
      if (size > 0) std::memcpy(out, bytes.data(), size);
      return OkStatus();
    case Compression::kLz4: {
      if (bytes.size() > LZ4_MAX_INPUT_SIZE || size > LZ4_MAX_INPUT_SIZE) {
        return DataLoss("LZ4: {} bytes are more than it holds", bytes.size());
      }
      const int written = LZ4_decompress_safe(
          reinterpret_cast<const char*>(bytes.data()), reinterpret_cast<char*>(out),
          static_cast<int>(bytes.size()), static_cast<int>(size));
      if (written < 0 || static_cast<size_t>(written) != size) {
        return DataLoss("LZ4: the bytes do not unpack to {}", size);
      }
      return OkStatus();
    }
    case Compression::kZstd: {
      const size_t written =
          ZSTD_decompressDCtx(DecompressionContext(), out, size, bytes.data(), bytes.size());
      if (ZSTD_isError(written)) return DataLoss("zstd: {}", ZSTD_getErrorName(written));
      if (written != size) return DataLoss("zstd: {} bytes instead of {}", written, size);
      return OkStatus();
    }
  }
  return DataLoss("compression {} is not known to this version", compression);
}

}  // namespace shale
