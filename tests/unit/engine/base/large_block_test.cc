#include "engine/base/large_block.h"

#include <gtest/gtest.h>

#include <cstring>

namespace shale {
namespace {

bool AllZero(const LargeBlock& block) {
  for (size_t i = 0; i < block.size(); ++i) {
    if (block.data()[i] != std::byte{0}) return false;
  }
  return true;
}

TEST(LargeBlock, ZeroedIsZeroAlsoWhenTheBlockWasUsedBefore) {
  for (size_t size : {size_t{1}, size_t{4096}, size_t{2} << 20, size_t{5} << 20}) {
    for (int round = 0; round < 2; ++round) {
      LargeBlock block = LargeBlock::AllocateZeroed(size);
      ASSERT_NE(block.data(), nullptr);
      ASSERT_GE(block.size(), size);
      EXPECT_TRUE(AllZero(block)) << size;
      std::memset(block.data(), 7, block.size());
    }
  }
}

TEST(LargeBlock, GrowKeepsWhatWasThere) {
  LargeBlock block;
  size_t used = 0;
  for (size_t size : {100, 5000, 1 << 20, 3 << 20, 9 << 20}) {
    ASSERT_TRUE(block.Grow(size, used));
    ASSERT_GE(block.size(), size);
    for (size_t i = 0; i < used; ++i) ASSERT_EQ(block.as<uint8_t>()[i], i % 251);
    used = size;
    for (size_t i = 0; i < used; ++i) block.as<uint8_t>()[i] = static_cast<uint8_t>(i % 251);
  }
}

TEST(LargeBlock, FreedBlocksAreKept) {
  const int64_t before = LargeBlock::KeptBytes();
  {
    LargeBlock block = LargeBlock::Allocate(size_t{64} << 20);
  }
  EXPECT_GE(LargeBlock::KeptBytes(), before);
  LargeBlock again = LargeBlock::Allocate(size_t{64} << 20);
  LargeBlock moved = std::move(again);
  EXPECT_EQ(again.data(), nullptr);
  EXPECT_GE(moved.size(), size_t{64} << 20);
}

}  // namespace
}  // namespace shale
