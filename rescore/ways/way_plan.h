// SPDX-License-Identifier: Apache-2.0
// The ways of asking that a failure's conditions need, in the order in which
// the incident's own evidence points at them.
//
//   replica/NAME  at that replica's own address
//   concurrent    several problems at once, as many as ran when it failed
//   warm          behind another request with the same beginning
//   aba           after the problem itself and another, long request
//   streamed      delivered as live responses are, if the problem was recorded
//   unstreamed    the other way
//
// A filled context is a way of the fault search (fault_search.h), which
// compares it with the usual one, because it costs any model something. The
// plain way, one question at a time, is "alone" in documents and "" here. A
// kept request itself can't be repeated: no request is kept.
//
// Pure.
#ifndef REASONWATCH_RESCORE_WAYS_WAY_PLAN_H_
#define REASONWATCH_RESCORE_WAYS_WAY_PLAN_H_

#include <string>
#include <string_view>
#include <vector>

#include "rescore/statistics/group.h"
#include "rescore/ways/live_conditions.h"

namespace reasonwatch {

// RescoreSample::way of the ways here; a replica's is kReplicaPrefix and its
// name.
inline constexpr char kConcurrent[] = "concurrent";
inline constexpr char kWarm[] = "warm";
inline constexpr char kAba[] = "aba";
inline constexpr char kStreamed[] = "streamed";
inline constexpr char kUnstreamed[] = "unstreamed";

struct FailureWay {
  std::string name;
  std::string cause;  // that it names if it carries the loss
  int at_once = 1;    // questions at a time, with those of others
  // Whether the failure can't be cleared before this way was asked. A way that
  // is not needed can confirm and stands in nobody's way.
  bool needed = true;
  int budget = 64;           // samples at most
  std::string untried = "";  // why it can't be asked; "" = it can
};

// `replicas`: those with an address of their own. `groups`: the problems that
// would be asked, of which at least one differs from live delivery if it is to
// be streamed.
std::vector<FailureWay> PlanFailureWays(
    const FailureConditions& conditions,
    const std::vector<std::string>& replicas,
    const std::vector<GroupView>& groups);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_WAYS_WAY_PLAN_H_
