// SPDX-License-Identifier: Apache-2.0
// The health of a model as load balancers and roll-out controllers ask for it:
// one word, and the reason.
//
//   ok         no open incident casts doubt on it
//   suspect    an incident is open that asking again has not settled
//   confirmed  asking again has confirmed a loss
//
// Pure.
#ifndef REASONWATCH_DAEMON_API_MODEL_HEALTH_H_
#define REASONWATCH_DAEMON_API_MODEL_HEALTH_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/incident.h"

namespace reasonwatch {

// The replica that asking again has found to be at fault, so that it should get
// no more requests; "" = none, or it is not one replica.
std::string FaultyReplica(const Incident& incident);

struct HealthQuery {
  std::string model;
  // Leaves out incidents of other replicas, and those whose fault asking again
  // has found on another one; "" = all count.
  std::string replica;
  // When the status is 503, for checks that read nothing else: "suspect" and
  // "confirmed": the health is that or worse; "replica": asking again has found
  // this very replica at fault, so that a fault of all replicas ejects none.
  // "" = never.
  std::string fail;
};

struct HealthAnswer {
  int status = 200;
  std::string json;
};

// The answer from the incidents that are open, of any model. If they can't be
// read the health is "suspect". Status 400: `fail` is another word.
HealthAnswer AnswerHealth(const absl::StatusOr<std::vector<Incident>>& open,
                          const HealthQuery& query);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_API_MODEL_HEALTH_H_
