// SPDX-License-Identifier: Apache-2.0
// Healthy traffic of a synthetic reasoning model: 400 word problems, solved in
// a <think> block and answered in a box, in sessions of one to nine requests,
// on four replicas. Seeded; the same with every standard library.
#ifndef REASONWATCH_TESTS_FAKES_FAULTS_HEALTHY_TRAFFIC_H_
#define REASONWATCH_TESTS_FAKES_FAULTS_HEALTHY_TRAFFIC_H_

#include <array>
#include <cstdint>
#include <random>
#include <string>

#include "core/response.h"

namespace reasonwatch::testing {

class HealthyTraffic {
 public:
  // `repeats`: share of a session's later turns that ask its first question
  // again.
  explicit HealthyTraffic(uint64_t seed, double repeats = 0)
      : random_(seed), repeats_(repeats) {}

  // Returns the next response: prompt, content, usage, session, turn, replica,
  // times a minute apart. One answer in twenty is wrong. `problem` carries the
  // right answer, as a baseline has it.
  Response Next();

 private:
  struct Session {
    int id = 0;
    int turn = 0;
    int turns = 0;
    bool long_document = false;
    uint64_t first_problem = 0;
  };
  // Uses 64-bit draws only: distributions differ between standard libraries.
  int Below(int n) {
    return static_cast<int>(random_() % static_cast<uint64_t>(n));
  }
  bool Chance(double p) {
    return static_cast<double>(random_() >> 11) * 0x1p-53 < p;
  }
  Session& NextTurn();
  std::string Aside();

  std::mt19937_64 random_;
  double repeats_;
  int64_t index_ = 0;
  int sessions_ = 0;
  std::array<Session, 12> active_{};
};

inline constexpr char kFaultyReplica[] = "replica-2";

}  // namespace reasonwatch::testing

#endif  // REASONWATCH_TESTS_FAKES_FAULTS_HEALTHY_TRAFFIC_H_
