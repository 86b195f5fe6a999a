// SPDX-License-Identifier: Apache-2.0
// The traffic of a kind: requests in the order of their start, answered.
//
// The first week is the reference's; it knows nothing of the changes after it.
// Not thread-safe; the same seed gives the same responses.
#ifndef REASONWATCH_BENCH_BUDGET_TRAFFIC_H_
#define REASONWATCH_BENCH_BUDGET_TRAFFIC_H_

#include <array>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "bench/budget/draw.h"
#include "bench/budget/kinds.h"
#include "bench/budget/world.h"
#include "core/scored.h"

namespace reasonwatch::budget {

inline constexpr double kReferenceDays = 7;

class Traffic {
 public:
  Traffic(Kind kind, uint64_t seed, const Size& size);

  // The next response; false at the end. `day` is counted from the end of the
  // reference and below 0 within it.
  bool Next(Scored& scored, double& day);
  // Day on which the degradation begins.
  double onset() const { return onset_; }

 private:
  struct Session {
    uint64_t id = 0;
    int topic = 0;
    int turns = 0;
    double length = 0;
  };
  // A request that is due beside the usual ones.
  struct Due {
    double minute = 0;
    int route = 0;
    Prompt prompt;
    uint64_t session = 0;
    int turn = 0;
    int left = 0;  // retries that remain, or turns of an agent
    bool agent = false;
    double length = 0;  // of an agent's session
    bool operator>(const Due& other) const { return minute > other.minute; }
  };

  double Day() const { return minute_ / 1440; }
  bool Plain() const { return kind_ == Kind::kIndependent; }
  double Rate() const;  // requests a minute, of all routes
  double Tilt(int route) const;
  void StartDays(int day);
  Due Ask();
  void ContinueSession(int route, Due& due);
  void Respond(const Due& due, Scored& scored);
  void AskAgain(const Due& due, const Scored& scored);
  Mood MoodOf(const Due& due, const Scored& scored);
  void MoveHidden();
  double LossOf(const Scored& scored) const;
  int Replicas() const;

  Kind kind_;
  int routes_;
  World world_;
  Draw draw_;
  double end_;
  double onset_;
  double minute_ = 0;  // since the beginning of the reference
  int day_ = -1;
  int64_t count_ = 0;
  uint64_t next_session_ = 1;
  std::array<double, kRoutes> hidden_{};
  double hidden_minute_ = 0;
  std::array<std::vector<Session>, kRoutes> sessions_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

}  // namespace reasonwatch::budget

#endif  // REASONWATCH_BENCH_BUDGET_TRAFFIC_H_
