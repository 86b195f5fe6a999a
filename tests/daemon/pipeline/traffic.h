// SPDX-License-Identifier: Apache-2.0
// Responses of a made-up model for the tests of the pipeline.
#ifndef REASONWATCH_TESTS_DAEMON_PIPELINE_TRAFFIC_H_
#define REASONWATCH_TESTS_DAEMON_PIPELINE_TRAFFIC_H_

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "core/intent.h"
#include "core/problem.h"
#include "core/response.h"

namespace reasonwatch {

struct TrafficOptions {
  std::string model = "m";
  std::string route = "r";
  std::string id_prefix = "id";
  absl::Time begin = absl::FromUnixSeconds(1750000000);
  absl::Duration apart = absl::Seconds(3);
  bool collapsed = false;   // answers at once, without reasoning
  bool with_ends = true;    // says when each response ended
  bool with_prefix = true;  // the prompts share their beginning
  uint32_t seed = 1;
};

// `n` responses, numbered from `first`; the same options give the same ones.
inline std::vector<Response> Traffic(int first, int n,
                                     const TrafficOptions& options) {
  std::vector<Response> rows;
  for (int i = first; i < first + n; ++i) {
    std::mt19937 random(options.seed * 1000003u + static_cast<uint32_t>(i));
    const auto uniform = [&] {
      return static_cast<double>(random()) / 4294967296.0;
    };
    Response r;
    r.id = absl::StrFormat("%s-%d", options.id_prefix, i);
    r.model = options.model;
    r.route = options.route;
    r.replica = uniform() < .5 ? "a" : "b";
    if (uniform() < .4) {
      r.session = absl::StrFormat("session-%d", i / 6);
      r.turn = i % 6 + 1;
    }
    r.time = options.begin + i * options.apart;
    const int a = static_cast<int>(random() % 90) + 10;
    const int b = static_cast<int>(random() % 90) + 10;
    const int topic = static_cast<int>(random() % 40);
    if (options.with_prefix)
      r.prompt = "You are the tutor of a small school. Answer kindly.\n\n";
    r.prompt += absl::StrFormat(
        "Question of topic%d word%d: what is %d plus %d, and why is that so?",
        topic, topic * 7 % 13, a, b);
    const bool right = uniform() < .97;
    const int answer = right ? a + b : a + b + 1;
    std::string thought;
    const int sentences =
        1 + static_cast<int>(std::exp(1.6 + .5 * (uniform() + uniform() - 1)));
    for (int s = 0; s < sentences; ++s)
      thought += absl::StrFormat(
          "Step %d looks at the digits of %d and of %d with care. ", s, a, b);
    if (options.collapsed) {
      r.content = absl::StrFormat("The answer is %d.", answer + a % 3);
    } else {
      r.content = absl::StrFormat(
          "<think>\n%s\n</think>\n\nThe sum is made of tens and ones. The "
          "answer is %d.",
          thought, answer);
    }
    r.finish_reason = "stop";
    r.usage.output_tokens = static_cast<int64_t>(r.content->size() / 4);
    r.intent.thinking = Thinking::kOn;
    r.regime.fingerprint = options.collapsed ? "new" : "old";
    r.problem = Problem{absl::StrFormat("p%d", topic), std::to_string(a + b),
                        AnswerKind::kNumber};
    if (options.with_ends)
      r.end_time =
          r.time + absl::Milliseconds(20 * r.usage.output_tokens.value_or(0));
    rows.push_back(std::move(r));
  }
  return rows;
}

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_DAEMON_PIPELINE_TRAFFIC_H_
