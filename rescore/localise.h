// Where a loss sits: the same problems and seeds, asked in two ways.
//
// Of each way the paired difference of rewards from the usual way, with an
// interval for matched pairs (Agresti and Min 2005: half a pair is added to
// each of the four cells), at 95 % over all ways together (Bonferroni). Both
// sides are asked afresh: the samples behind the verdict were stopped because
// they failed, and anything would look better beside them.
#ifndef REASONWATCH_RESCORE_LOCALISE_H_
#define REASONWATCH_RESCORE_LOCALISE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "rescore/group.h"

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
//   other_stream    streamed where the problem was not, and the reverse
//   thinking_on     thinking is requested explicitly
//   replica/NAME    another replica's endpoint
//   reference       an endpoint that serves what was tested
//   filled_context  behind a long talk about something else
//   variant         the problem with other numbers
struct Way {
  std::string name;
  std::string cause;
  // Names its cause by doing worse than the usual way, not better.
  bool by_loss = false;
};

struct WaysAvailable {
  std::vector<std::string> replicas;
  bool reference = false;
  bool thinking = false;  // the problems did not ask for it themselves
  bool filled_context = false;
  bool variants = false;
};
// The most specific first; the reference last, since it does better whatever
// the fault is.
std::vector<Way> PlanWays(const WaysAvailable& available);

struct Pairs {
  int both = 0;    // both passed
  int better = 0;  // only the way passed
  int worse = 0;   // only the usual way passed
  int neither = 0;
  int count() const { return both + better + worse + neither; }
};
// Samples of `way` and of kAgain with the same index.
Pairs PairsOf(const std::vector<GroupView>& groups, std::string_view way,
              Reward reward);

// `ways`: how many are compared, 1 or more. No cause yet.
Difference PairedDifference(const Pairs& pairs, int ways);

// Of the ways that were sampled, in their order. Only the first that carries
// the loss names its cause.
std::vector<Difference> Localise(const std::vector<GroupView>& groups,
                                 const std::vector<Way>& ways, Reward reward);

// A problem of a template, in other numbers.
struct ProblemVariant {
  std::string original;  // the words of the problem itself
  std::string prompt;    // of the variant
  std::string answer;
};
// The question with the variant in the place of the problem, whatever wrapping
// stands round it. None where its words are not there as they are.
std::optional<Response> AskVariant(const Response& question,
                                   const ProblemVariant& variant);

// The question as OpenAI messages behind a talk of about `tokens` tokens about
// something else. InvalidArgument: messages that are not an array of JSON.
absl::StatusOr<std::string> FillContext(const Response& question,
                                        int64_t tokens);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_LOCALISE_H_
