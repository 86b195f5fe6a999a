// SPDX-License-Identifier: Apache-2.0
// Paired ways: the same problems and seeds, asked in the usual way and in
// another, to find where a loss sits.
//
// The result for each way is the paired difference of rewards from the usual
// way, with an interval for matched pairs (Agresti and Min 2005: half a pair is
// added to each of the four cells), at 95 % over all ways together
// (Bonferroni). Both sides are asked afresh. The samples behind the verdict
// would be no fair partner: sampling stopped because they failed, so any way
// would look better.
#ifndef REASONWATCH_RESCORE_STATISTICS_PAIRED_WAYS_H_
#define REASONWATCH_RESCORE_STATISTICS_PAIRED_WAYS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/rescore_job.h"
#include "core/verdict.h"
#include "rescore/statistics/group.h"

namespace reasonwatch {

// RescoreSample::way of the fresh samples that the ways are compared with.
inline constexpr char kAgain[] = "again";
inline constexpr char kOtherStream[] = "other_stream";
inline constexpr char kThinkingOn[] = "thinking_on";
inline constexpr char kFilledContext[] = "filled_context";
inline constexpr char kVariant[] = "variant";
inline constexpr char kReplicaPrefix[] = "replica/";

// A way to ask, by its name:
//   fresh_cache     a salt of its own, so that nothing cached is used
//   other_stream    streamed if the problem was not, and the reverse
//   thinking_on     thinking is requested explicitly
//   replica/NAME    another replica's endpoint
//   reference       an endpoint that serves the weights that were tested
//   filled_context  behind a long talk about something else
//   variant         the problem with other numbers
struct Way {
  std::string name;
  std::string cause;
  // Names its cause by doing worse than the usual way, not better.
  bool by_loss = false;
  // Names it by either: a replica that does worse is at fault, and if none
  // does, one that does better shows that the watched one is.
  bool by_either = false;
};

struct WaysAvailable {
  std::vector<std::string> replicas;
  bool reference = false;
  bool thinking = false;  // the problems don't request it themselves
  bool filled_context = false;
  bool variants = false;
};
// The ways to ask, the most specific first. The reference is last, since it
// does better whatever the fault is.
std::vector<Way> PlanWays(const WaysAvailable& available);

struct Pairs {
  int both = 0;    // both passed
  int better = 0;  // only the way passed
  int worse = 0;   // only the usual way passed
  int neither = 0;
  int count() const { return both + better + worse + neither; }
};
// Counts pairs of a sample of `way` and one of the way `partner` with the same
// index.
Pairs PairsOf(const std::vector<GroupView>& groups, std::string_view way,
              Reward reward, std::string_view partner = kAgain);

// The difference and its interval, without name and cause. `ways`: how many are
// compared, 1 or more.
Difference PairedDifference(const Pairs& pairs, int ways);

// The difference of each way that has samples, in the order of `ways`. The
// first way whose interval excludes 0 in its direction names its cause, the
// others name none.
std::vector<Difference> CompareWays(const std::vector<GroupView>& groups,
                                    const std::vector<Way>& ways,
                                    Reward reward);

// A problem of a template, in other numbers.
struct ProblemVariant {
  std::string original;  // the words of the problem itself
  std::string prompt;    // of the variant
  std::string answer;
};
// The question with the problem's words replaced by the variant's; the text
// around them stays. None: the words are not in the question.
std::optional<Response> AskVariant(const Response& question,
                                   const ProblemVariant& variant);

// The question as OpenAI messages behind a talk of about `tokens` tokens about
// something else. InvalidArgument: messages that are not an array of JSON.
absl::StatusOr<std::string> FillContext(const Response& question,
                                        int64_t tokens);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_STATISTICS_PAIRED_WAYS_H_
