#include "server/session/admission.h"

#include <utility>
#include <vector>

#include "engine/base/clock.h"

namespace shale {

StatusOr<Admission::Outcome> Admission::Enter(std::function<void(Status)> admitted) {
  MutexLock lock(&mutex_);
  if (running_ < limits_.max_running && waiters_.empty() && reentering_ == 0) {
    ++running_;
    return Outcome::kRuns;
  }
  if (static_cast<int>(waiters_.size()) >= limits_.max_waiting) {
    return ResourceExhausted(
        "too many statements wait: {} run (max_running) and {} wait (max_waiting); try again later",
        running_, waiters_.size());
  }
  waiters_.push_back(
      {std::move(admitted), Clock::System()->MonotonicMicros() + limits_.max_wait_us});
  return Outcome::kWaits;
}

void Admission::Leave() {
  std::function<void(Status)> next;
  {
    MutexLock lock(&mutex_);
    // Statements under way go before new ones.
    if (reentering_ > 0 || waiters_.empty()) {
      --running_;
      if (reentering_ > 0) room_.NotifyOne();
      return;
    }
    next = std::move(waiters_.front().admitted);
    waiters_.pop_front();
  }
  next(OkStatus());
}

void Admission::Reenter() {
  MutexLock lock(&mutex_);
  ++reentering_;
  while (running_ >= limits_.max_running) room_.Wait(&mutex_);
  --reentering_;
  ++running_;
}

void Admission::Sweep(int64_t now_us) {
  std::vector<std::function<void(Status)>> late;
  std::function<void(Status)> next;
  {
    MutexLock lock(&mutex_);
    while (!waiters_.empty() && waiters_.front().deadline_us <= now_us) {
      late.push_back(std::move(waiters_.front().admitted));
      waiters_.pop_front();
    }
    if (!waiters_.empty() && running_ < limits_.max_running && reentering_ == 0) {
      ++running_;
      next = std::move(waiters_.front().admitted);
      waiters_.pop_front();
    }
  }
  for (auto& waiter : late) {
    waiter(ResourceExhausted("the statement waited more than {} s for its turn (max_wait)",
                             limits_.max_wait_us / 1'000'000));
  }
  if (next) next(OkStatus());
}

int Admission::running() {
  MutexLock lock(&mutex_);
  return running_;
}
int Admission::waiting() {
  MutexLock lock(&mutex_);
  return static_cast<int>(waiters_.size());
}

}  // namespace shale
