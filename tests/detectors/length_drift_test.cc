// SPDX-License-Identifier: Apache-2.0
// A length that drifts by a percent or two a day is followed; one that falls
// within days is not.
#include "detectors/reference/length_drift.h"

#include <cmath>
#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "tests/detectors/synthetic.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

using testing::Draw;

constexpr int64_t kDay = int64_t{86400} * 1'000'000'000;
constexpr double kSpread = 1.2;  // octaves, as of lengths

// Lives through `days` of 1,000 healthy responses each whose lengths lie
// `shift(day)` octaves beside those of the reference.
template <typename Shift>
LengthDrift Live(uint64_t seed, double days, const Shift& shift) {
  Draw draw(seed);
  LengthDrift drift;
  const auto responses = static_cast<int64_t>(1000 * days);
  for (int64_t i = 0; i < responses; ++i) {
    const double day = static_cast<double>(i) / 1000;
    const double residual =
        shift(day) + kSpread * draw.Normal() - drift.offset();
    drift.Learn(.5 * std::erfc(-residual / kSpread / std::sqrt(2)),
                static_cast<int64_t>(day * static_cast<double>(kDay)));
  }
  return drift;
}

TEST(LengthDrift, StaysNearNothingWhileNothingDrifts) {
  for (uint64_t seed = 1; seed <= 20; ++seed)
    EXPECT_NEAR(Live(seed, 60, [](double) { return 0; }).offset(), 0, .15)
        << "seed " << seed;
}

TEST(LengthDrift, FollowsASlowDriftEitherWay) {
  for (const double a_day : {.01, .02, -.015}) {
    const LengthDrift drift =
        Live(31, 40, [&](double day) { return a_day * day; });
    EXPECT_NEAR(drift.offset(), a_day * 40, .25) << a_day;
  }
}

TEST(LengthDrift, DoesNotFollowAFallWithinDays) {
  const LengthDrift drift = Live(41, 3, [](double day) { return -.44 * day; });
  EXPECT_LT(std::abs(drift.offset()), 3 * kDriftADay + 1e-9);
}

TEST(LengthDrift, KeepsItsBound) {
  EXPECT_DOUBLE_EQ(Live(51, 200, [](double) { return 8; }).offset(),
                   kMostDrift);
  EXPECT_DOUBLE_EQ(Live(52, 200, [](double) { return -8; }).offset(),
                   -kMostDrift);
}

TEST(LengthDrift, DoesNotLeapAfterASilence) {
  LengthDrift drift = Live(61, 2, [](double) { return 2; });
  const double before = drift.offset();
  drift.Learn(1, 400 * kDay);
  EXPECT_LE(drift.offset() - before, kDriftADay + 1e-9);
}

TEST(LengthDrift, IsStored) {
  LengthDrift drift = Live(71, 9, [](double day) { return .02 * day; });
  StateWriter out;
  out.Field("drift", drift);
  LengthDrift restored;
  const std::string bytes = out.Finish();
  StateReader in(bytes);
  in.Field("drift", restored);
  ASSERT_TRUE(in.AtEnd());
  EXPECT_EQ(restored.offset(), drift.offset());
  drift.Learn(.9, 10 * kDay);
  restored.Learn(.9, 10 * kDay);
  EXPECT_EQ(restored.offset(), drift.offset());
}

}  // namespace
}  // namespace reasonwatch
