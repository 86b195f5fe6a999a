// SPDX-License-Identifier: Apache-2.0
#include "rescore/ways/way_plan.h"

#include <algorithm>
#include <utility>

#include "rescore/statistics/paired_ways.h"

namespace reasonwatch {
namespace {

constexpr char kCacheOrBatching[] = "cache_or_batching";
constexpr char kReplicaFault[] = "replica_fault";

// `aba` is asked beside `warm` and clears nothing; so many samples show a loss
// of half.
constexpr int kAbaBudget = 16;

bool AnyDelivered(const std::vector<GroupView>& groups, bool streamed) {
  return std::any_of(groups.begin(), groups.end(), [&](const GroupView& g) {
    return g.problem->question.streamed == streamed;
  });
}

}  // namespace

std::vector<FailureWay> PlanFailureWays(
    const FailureConditions& conditions,
    const std::vector<std::string>& replicas,
    const std::vector<GroupView>& groups) {
  std::vector<FailureWay> ways;
  for (const Condition condition : conditions.needed) {
    FailureWay way;
    switch (condition) {
      case Condition::kConcurrent:
        way.name = kConcurrent;
        way.cause = kCacheOrBatching;
        way.at_once = conditions.at_once;
        break;
      case Condition::kWarm:
        way.name = kWarm;
        way.cause = kCacheOrBatching;
        break;
      case Condition::kStreamed:
      case Condition::kUnstreamed: {
        const bool streamed = condition == Condition::kStreamed;
        // Asked as the baseline was, they are delivered so already.
        if (!AnyDelivered(groups, !streamed)) continue;
        way.name = streamed ? kStreamed : kUnstreamed;
        way.cause = "server_parser_split";
        break;
      }
      case Condition::kReplica:
        way.name = kReplicaPrefix + conditions.replica;
        way.cause = kReplicaFault;
        if (std::find(replicas.begin(), replicas.end(), conditions.replica) ==
            replicas.end())
          way.untried = "no_address";
        break;
      case Condition::kFilled:
        continue;  // a way of the fault search
    }
    ways.push_back(std::move(way));
  }
  if (conditions.any_replica)
    for (const std::string& name : replicas)
      ways.push_back({kReplicaPrefix + name, kReplicaFault});
  if (conditions.Needs(Condition::kWarm)) {
    FailureWay aba{kAba, kCacheOrBatching};
    aba.needed = false;
    aba.budget = kAbaBudget;
    ways.push_back(std::move(aba));
  }
  return ways;
}

}  // namespace reasonwatch
