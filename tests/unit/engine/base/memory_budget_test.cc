#include "engine/base/memory_budget.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>

namespace shale {
namespace {

TEST(MemoryBudget, EvictableBytesMakeRoom) {
  MemoryBudget budget("memory_limit", 1000);
  budget.set_reclaim(
      [&](int64_t bytes) { budget.ReleaseEvictable(std::min(bytes, budget.evictable_bytes())); });
  budget.ChargeEvictable(700);
  EXPECT_FALSE(budget.under_pressure());
  EXPECT_TRUE(budget.Reserve(500).ok());
  EXPECT_EQ(budget.evictable_bytes(), 500);
  EXPECT_TRUE(budget.Reserve(500).ok());
  EXPECT_EQ(budget.evictable_bytes(), 0);
  EXPECT_FALSE(budget.Reserve(1).ok());
  EXPECT_TRUE(budget.under_pressure());
  budget.Charge(10);  // cannot be refused
  EXPECT_EQ(budget.used_bytes(), 1010);
  budget.Release(1010);
}

TEST(MemoryBudget, PressureIsOfTheWholeTree) {
  MemoryBudget process("process", 1000);
  MemoryBudget query("query", 1000, &process);
  EXPECT_TRUE(process.Reserve(700).ok());
  EXPECT_TRUE(query.under_pressure());
  process.Release(700);
  EXPECT_FALSE(query.under_pressure());
}

class Cgroups : public testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path whole = root_ + path;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole) << text << "\n";
  }
  void SetUp() override { std::filesystem::remove_all(root_); }
  const std::string root_ = testing::TempDir() + "/cgroups";
};

TEST_F(Cgroups, SecondVersion) {
  Write("/a/memory.max", "5000000");
  Write("/a/b/memory.max", "max");
  EXPECT_EQ(CgroupMemoryBytes("0::/a/b\n", root_), 5000000);
  Write("/a/b/memory.max", "4000000");
  EXPECT_EQ(CgroupMemoryBytes("0::/a/b\n", root_), 4000000);
  // A container sees its own group as the root.
  Write("/memory.max", "3000000");
  EXPECT_EQ(CgroupMemoryBytes("0::/\n", root_), 3000000);
  EXPECT_EQ(CgroupMemoryBytes("0::/somewhere/else\n", root_), 3000000);
}

TEST_F(Cgroups, FirstVersion) {
  Write("/memory/memory.limit_in_bytes", "9223372036854771712");
  Write("/memory/x/memory.limit_in_bytes", "7000000");
  EXPECT_EQ(CgroupMemoryBytes("5:cpu,cpuacct:/y\n4:memory:/x\n0::/\n", root_), 7000000);
  EXPECT_EQ(CgroupMemoryBytes("4:memory:/\n", root_), 9223372036854771712);
}

TEST_F(Cgroups, None) {
  EXPECT_EQ(CgroupMemoryBytes("", root_), INT64_MAX);
  EXPECT_EQ(CgroupMemoryBytes("nonsense\n1:name=systemd:/a\n", root_), INT64_MAX);
  EXPECT_GT(MachineMemoryBytes(), 0);
}

}  // namespace
}  // namespace shale
