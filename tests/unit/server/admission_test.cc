#include "server/session/admission.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/base/clock.h"

namespace shale {
namespace {

using Outcome = Admission::Outcome;

TEST(AdmissionTest, WaitersTakeTurns) {
  Admission admission({1, 2, 1'000'000});
  std::vector<int> order;
  auto waiter = [&](int number) {
    return [&order, number](Status status) { order.push_back(status.ok() ? number : -number); };
  };
  EXPECT_EQ(*admission.Enter(waiter(1)), Outcome::kRuns);
  EXPECT_EQ(*admission.Enter(waiter(2)), Outcome::kWaits);
  EXPECT_EQ(*admission.Enter(waiter(3)), Outcome::kWaits);
  EXPECT_EQ(admission.Enter(waiter(4)).status().code(), StatusCode::kResourceExhausted);
  admission.Leave();
  EXPECT_EQ(order, std::vector<int>({2}));
  admission.Leave();
  EXPECT_EQ(order, std::vector<int>({2, 3}));
  admission.Leave();
  EXPECT_EQ(admission.running(), 0);
}

TEST(AdmissionTest, WhoWaitsTooLongIsTold) {
  Admission admission({1, 2, 1000});
  int told = 0;
  EXPECT_EQ(*admission.Enter([](Status) {}), Outcome::kRuns);
  EXPECT_EQ(*admission.Enter([&](Status status) { told = status.ok() ? 1 : 2; }), Outcome::kWaits);
  admission.Sweep(Clock::System()->MonotonicMicros() + 10'000);
  EXPECT_EQ(told, 2);
  EXPECT_EQ(admission.waiting(), 0);
  EXPECT_EQ(admission.running(), 1);
}

TEST(AdmissionTest, WhoComesBackGoesBeforeNewOnes) {
  Admission admission({1, 2, 1'000'000});
  EXPECT_EQ(*admission.Enter([](Status) {}), Outcome::kRuns);
  admission.Leave();
  admission.Reenter();
  EXPECT_EQ(admission.running(), 1);
}

}  // namespace
}  // namespace shale
