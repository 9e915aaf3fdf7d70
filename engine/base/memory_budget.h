// MemoryBudget: a named limit that growth reserves from before it allocates. Budgets form a tree
// (process → query): a reservation counts against every ancestor. Thread-safe.
//
// One that is held by a shared_ptr lives as long as any Reservation on it: a query's result may
// share an operator's memory and outlive the query.
#pragma once

#include <atomic>
#include <cstdint>
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
  int64_t used_bytes() const { return used_.load(std::memory_order_relaxed); }
  int64_t peak_bytes() const { return peak_.load(std::memory_order_relaxed); }
  int64_t limit_bytes() const { return limit_; }

 private:
  std::string name_;
  int64_t limit_;
  MemoryBudget* parent_;
  std::shared_ptr<MemoryBudget> kept_parent_;
  std::atomic<int64_t> used_{0};
  std::atomic<int64_t> peak_{0};
};

// Memory that this process may use: the machine's, or less where a limit stands.
int64_t MachineMemoryBytes();

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

 private:
  MemoryBudget* budget_;
  std::shared_ptr<MemoryBudget> kept_budget_;
  int64_t bytes_ = 0;
};

}  // namespace shale
