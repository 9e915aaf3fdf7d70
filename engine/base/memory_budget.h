// MemoryBudget: a named limit that growth reserves from before it allocates. Budgets form a tree
// (process → query): a reservation counts against every ancestor. Thread-safe.
//
// Two kinds of bytes count. Reserved ones are what somebody needs; evictable ones (a cache) may go
// at any moment: when a reservation finds no room because of them, the budget's reclaimer is asked
// to give some back before the reservation fails.
//
// One that is held by a shared_ptr lives as long as any Reservation on it: a query's result may
// share an operator's memory and outlive the query.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/base/status.h"

namespace shale {

class MemoryBudget : public std::enable_shared_from_this<MemoryBudget> {
 public:
  // `name` appears in the error ("memory_limit of the query").
  MemoryBudget(std::string name, int64_t limit_bytes, MemoryBudget* parent = nullptr)
      : name_(std::move(name)), limit_(limit_bytes), parent_(parent) {
    if (parent) kept_parent_ = parent->weak_from_this().lock();
  }
  ~MemoryBudget() {
    if (parent_) parent_->Release(used_.load());
  }
  MemoryBudget(const MemoryBudget&) = delete;

  // ResourceExhausted naming the limit, its size and what is in use; nothing is reserved then.
  Status Reserve(int64_t bytes);
  void Release(int64_t bytes);
  // Counts what cannot be refused (rows that are acknowledged): may pass the limit.
  void Charge(int64_t bytes);
  // So much is in use that who can put rows elsewhere (on disk) had better do so now: the last part
  // of a limit is left to what cannot.
  bool under_pressure() const {
    const int64_t limit = limit_.load(std::memory_order_relaxed);
    if (used_.load(std::memory_order_relaxed) > limit / 100 * kPressurePercent) return true;
    return parent_ != nullptr && parent_->under_pressure();
  }

  // ---- evictable bytes; of a budget without a parent ----
  void ChargeEvictable(int64_t bytes) { evictable_.fetch_add(bytes, std::memory_order_relaxed); }
  void ReleaseEvictable(int64_t bytes) { evictable_.fetch_sub(bytes, std::memory_order_relaxed); }
  // Bytes by which evictable and reserved bytes together pass the limit.
  int64_t excess_bytes() const {
    return used_.load(std::memory_order_relaxed) + evictable_.load(std::memory_order_relaxed) -
           limit_bytes();
  }
  // `reclaim(bytes)` evicts at least so many bytes if it can. Set before anybody reserves, and kept
  // valid until nobody does any more.
  void set_reclaim(std::function<void(int64_t bytes)> reclaim) { reclaim_ = std::move(reclaim); }

  int64_t used_bytes() const { return used_.load(std::memory_order_relaxed); }
  int64_t peak_bytes() const { return peak_.load(std::memory_order_relaxed); }
  int64_t evictable_bytes() const { return evictable_.load(std::memory_order_relaxed); }
  int64_t limit_bytes() const { return limit_.load(std::memory_order_relaxed); }
  // Holds for what is reserved from now on.
  void set_limit_bytes(int64_t bytes) { limit_.store(bytes, std::memory_order_relaxed); }

 private:
  static constexpr int64_t kPressurePercent = 60;

  Status TooLittle(int64_t in_use, int64_t asked) const;

  const std::string name_;
  std::atomic<int64_t> limit_;
  MemoryBudget* parent_;
  std::shared_ptr<MemoryBudget> kept_parent_;
  std::atomic<int64_t> used_{0};
  std::atomic<int64_t> peak_{0};
  std::atomic<int64_t> evictable_{0};
  std::function<void(int64_t)> reclaim_;
};

// Memory that this process may use: the machine's, or less where a limit stands: of the process
// (ulimit -v), or of a control group that it is in (version 1 or 2, the tightest of all levels).
int64_t MachineMemoryBytes();
// The tightest memory limit of the control groups that `cgroup_text` (as /proc/self/cgroup) names,
// below `root` (as /sys/fs/cgroup); INT64_MAX when there is none.
int64_t CgroupMemoryBytes(const std::string& cgroup_text, const std::string& root);

// Follows one structure's growth: Resize(n) reserves or releases the difference.
class Reservation {
 public:
  explicit Reservation(MemoryBudget* budget) : budget_(budget) {
    if (budget) kept_budget_ = budget->weak_from_this().lock();
  }
  ~Reservation() {
    if (budget_) budget_->Release(bytes_);
  }
  Reservation(const Reservation&) = delete;
  Status Resize(int64_t bytes) {
    if (!budget_) return OkStatus();
    if (bytes > bytes_) RETURN_IF_ERROR(budget_->Reserve(bytes - bytes_));
    if (bytes < bytes_) budget_->Release(bytes_ - bytes);
    bytes_ = bytes;
    return OkStatus();
  }
  int64_t bytes() const { return bytes_; }

 private:
  MemoryBudget* budget_;
  std::shared_ptr<MemoryBudget> kept_budget_;
  int64_t bytes_ = 0;
};

}  // namespace shale
