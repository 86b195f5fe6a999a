// SPDX-License-Identifier: Apache-2.0
// Thirteen ways in which healthy traffic moves, and six in which a model goes
// bad within it.
#ifndef REASONWATCH_BENCH_BUDGET_KINDS_H_
#define REASONWATCH_BENCH_BUDGET_KINDS_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace reasonwatch::budget {

enum class Kind : uint8_t {
  kIndependent,  // every response by itself
  kDaily,        // day and week, sessions, a hidden difficulty; so all below
  kScaling,      // 2 replicas become 20 for two days, and 2 again
  kOtherCounts,  // the server counts 12 % more tokens for the same text
  kRenamed,      // three routes get other names
  kTemperature,  // half of the requests are sampled more widely
  kHoliday,      // four days with a quarter of the traffic, another mix
  kHotPrompt,    // one prompt is 30 % of the traffic for half a day
  kGrowth,       // prompts grow by 2 % a day
  kNightBatch,   // a job of short questions every night
  kNewApp,       // two topics with words of their own on two routes
  kRetries,      // clients ask again after a failure, up to five times
  kAgents,       // a few sessions of hundreds of turns a day
  // Degradations, in traffic as kDaily, from the middle of the time on.
  kCollapse,      // all lengths to a tenth
  kLoss,          // all lengths lose 30 %
  kOneReplica,    // one replica of ten, to a fifth
  kRamp,          // to 40 %, over three days
  kOneHourInSix,  // to 30 %, one hour on and five off
  kLongContext,   // to 15 %, if the context is over 64,000 tokens
  kCount
};
inline constexpr int kKinds = static_cast<int>(Kind::kCount);
inline constexpr bool IsFault(Kind kind) { return kind >= Kind::kCollapse; }
inline constexpr std::array<std::string_view, kKinds> kKindNames = {
    "independent", "daily",   "scaling",         "other_counts", "renamed",
    "temperature", "holiday", "hot_prompt",      "growth",       "night_batch",
    "new_app",     "retries", "agents",          "collapse",     "loss",
    "one_replica", "ramp",    "one_hour_in_six", "long_context"};
inline constexpr std::string_view KindName(Kind kind) {
  return kKindNames[static_cast<size_t>(kind)];
}

struct Size {
  double days = 30;   // after the first week
  int routes = 10;    // at most kRoutes
  int reference = 0;  // responses of a route's first week, evenly; 0 = all
};

}  // namespace reasonwatch::budget

#endif  // REASONWATCH_BENCH_BUDGET_KINDS_H_
