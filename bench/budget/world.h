// SPDX-License-Identifier: Apache-2.0
// The questions of users on ten routes, and a healthy model's answers: topics
// with words of their own, prompts, and the readings of a response.
//
// Drawn once from a seed, so that each seed is another product with other
// users. Not thread-safe.
#ifndef REASONWATCH_BENCH_BUDGET_WORLD_H_
#define REASONWATCH_BENCH_BUDGET_WORLD_H_

#include <array>
#include <cstdint>
#include <vector>

#include "bench/budget/draw.h"
#include "core/scored.h"

namespace reasonwatch::budget {

inline constexpr int kRoutes = 10;
inline constexpr int kTopics = 12;
// Topics that only a new client has, and the one of a nightly job.
inline constexpr int kNewTopics = 2;
inline constexpr int kBatchTopic = kTopics + kNewTopics;
inline constexpr int kAllTopics = kBatchTopic + 1;

struct Word {
  uint16_t term = 0;
  double length = 0;  // that it adds, in log2
  double script = 0;  // chance of letters of another script
};

struct Topic {
  std::vector<Word> words;
  double length = 0;  // log2 of tokens
  double thinks = 0;  // chance of any reasoning
  double direct = 0;  // chances of readings
  double steps = 0;
  double boxed = 0;
  double code = 0;
  double json = 0;
  double symbols = 0;
  double foreign = 0;  // prompts in the second language
  double habit = 0;    // of each phrase
  uint8_t task = 0;
};

struct Prompt {
  uint64_t key = 0;
  int topic = 0;
  std::vector<uint16_t> terms;
  double length = 0;  // visible and hidden together, in log2
  double script = 0;
  double failing = 0;  // chance that it gets no answer
  uint8_t language = 1;
  uint64_t problem = 0;  // graded, 0 = not
  double wrong = 0;      // chance that it is answered wrongly
};

// All that changes a response beside its prompt.
struct Mood {
  double length = 0;   // in log2, added
  double spread = 1;   // of the noise
  double ratio = 1;    // of the tokens: a loss
  double counted = 1;  // tokens as the server counts them
  bool terse = false;  // an agent's step: no prose
};

class World {
 public:
  explicit World(uint64_t seed);

  // A prompt of a route; one in ten is asked again and again. `growth`: how
  // much longer prompts are.
  Prompt AskRoute(int route, int topic, double growth, Draw& draw);
  // The prompt that everybody asks.
  Prompt HotPrompt() const { return hot_; }
  // A topic of the route; `tilt` in [-1, 1] moves the mix.
  int TopicOf(int route, double tilt, Draw& draw) const;

  // Fills the prompt's part and the readings of a response.
  void Answer(const Prompt& prompt, const Mood& mood, Draw& draw,
              Scored& scored) const;

 private:
  struct Route {
    std::array<int, 3> topics{};
    std::vector<Prompt> usual;
  };
  Topic MakeTopic(int index, Draw& draw) const;
  Prompt MakePrompt(int topic, double growth, Draw& draw) const;
  void ReadShape(const Topic& topic, const Mood& mood, double reasoning,
                 Draw& draw, Scored& scored) const;

  std::array<Topic, kAllTopics> topics_;
  std::array<Route, kRoutes> routes_;
  Prompt hot_;
};

}  // namespace reasonwatch::budget

#endif  // REASONWATCH_BENCH_BUDGET_WORLD_H_
