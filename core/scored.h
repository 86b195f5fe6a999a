// What is left of a response when its text has been read: numbers.
//
// Everything to the right of the Evaluator (order, detectors, incidents,
// storage, export) sees this type and no text. Ids, model, route and replica
// are labels of the operator's own; sessions are keyed hashes.
#ifndef REASONWATCH_CORE_SCORED_H_
#define REASONWATCH_CORE_SCORED_H_

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/response.h"
#include "core/trace.h"

namespace reasonwatch {

// Every number that is read off a response. The names are persisted; never
// rename one, add a new one instead. Rates are 0 or 1.
enum class Feature : uint8_t {
  kOutputTokens,     // log2(1 + tokens)
  kReasoningTokens,  // log2(1 + tokens); absent = 0 where none was delivered
  kZeroThinking,     // no or empty reasoning
  kSingleSentence,   // the chain is at most one sentence
  kDirectAnswer,     // the answer stands in the first two sentences
  kFinishLength,     // finish reason: token limit
  kThinkTags,        // reasoning came between markers in the text
  kReasoningField,   // reasoning came in a field of its own
  kSteps,            // numbered or named steps
  kBoxed,            // \boxed{}
  kAnswerTag,        // <answer>
  kCodeFence,        // ```
  kJsonKeys,         // an object with named keys
  kUnclosed,         // reasoning block without an end
  kDoubled,          // a marker more often than allowed
  kLeaked,           // a marker inside the answer
  kSplitDiffers,     // the server's split is not ours
  kUnknownFormat,    // no format of the registry fits

  kLanguageMismatch,   // the answer is not in the language that was asked for
  kMinorityScript,     // log2(1 + 1000 x share of letters of other scripts)
  kSymbolDensity,      // log2(1 + 1000 x decorative symbols a character)
  kGarbageRun,         // a run of replacement, control or one same character
  kExactPeriod,        // the tail repeats with an exact period
  kShingleRecurrence,  // the same passages come back, not exactly
  kStopEmpty,          // finish reason stop, and an empty answer
  kReasoningWithoutAnswer,  // reasoning, no answer, whatever the reason
  kCutInTransport,          // the connection ended before the response did
  kAnswerNotInChain,        // the chain never comes to the stated answer
  kAnswerContradictsChain,  // the chain concludes something else
  kContradictoryAnswers,    // two final answers that differ
  kRubricSelfContained,     // 0 to 2
  kRubricConnected,         // 0 to 2
  kRubricFollows,           // 0 to 2
  kRubricLow,               // the three together are under 4

  kHabitsShown,  // log2(1 + phrases of the model's profile that begin a line)
  kCount
};
inline constexpr int kFeatureCount = static_cast<int>(Feature::kCount);

// Persisted name, e.g. "output_tokens".
std::string_view FeatureName(Feature feature);

inline constexpr float kNoReading = std::numeric_limits<float>::quiet_NaN();

// What makes responses comparable, made from the request only (features/
// strata). Packed so that it can be a key; fields are small enumerations.
struct Stratum {
  uint8_t intent = 0;         // thinking x effort
  uint8_t task = 0;           // task kind
  uint8_t fill = 0;           // 0 under 50 % or unknown, 1 50-75 %, 2 over
  uint8_t turn = 0;           // 0 first or unknown, 1 2-5, 2 6 and later
  uint8_t tool = 0;           // 1 = tool turn
  uint8_t prompt_length = 0;  // tercile, only for rows without text
  uint8_t language = 0;       // script of the prompt
  bool operator==(const Stratum&) const = default;
  uint64_t Key() const;
};

enum class MatchKind : uint8_t { kNone, kExact, kNear };
struct Match {
  MatchKind kind = MatchKind::kNone;
  uint64_t problem = 0;    // digest of the problem that is asked, 0 = unknown
  uint64_t neighbour = 0;  // kNear: the baseline's problem that is like it
  float distance = 0;      // kNear: to the neighbour, in (0, 0.5]
};

enum class Grade : uint8_t { kNotGraded, kCorrect, kIncorrect, kUngradable };
std::string_view GradeName(Grade grade);

// Why the server says that a response ended.
enum class Finish : uint8_t {
  kUnstated,
  kStop,
  kLength,
  kThinkingBudget,
  kToolCalls,
  kContentFilter,
  kOther,
  kCount
};
std::string_view FinishName(Finish finish);
// How the response was marked up. For counting when it arrives; it is neither
// held nor learnt.
struct Markup {
  MarkerState state = MarkerState::kNone;
  ReasoningSource source = ReasoningSource::kNone;
  std::string reasoning_field;  // of the API body, see Trace
  std::string unknown_shape;    // of an unknown format, without its words
  std::string_view body_error;  // of BodyErrorName(), "" = none
};

struct Scored {
  std::string id;
  absl::Time start = absl::InfinitePast();
  absl::Time end = absl::InfinitePast();
  std::string model;
  std::string route;
  std::string replica;
  uint64_t session = 0;  // keyed hash, 0 = none
  Origin origin = Origin::kLive;
  Stratum stratum;
  Regime regime;

  // Indexed by Feature; kNoReading where it could not be read.
  std::array<float, kFeatureCount> readings;
  // The response was cut by its client: lengths are lower bounds.
  bool lower_bound = false;
  Finish finish = Finish::kUnstated;  // for export; not kept over a restart

  // Hashed words of the prompt, ascending, without repeats; see
  // features/prompt.h. Empty = no text.
  std::vector<uint16_t> prompt_terms;
  // Digests of the prompt's beginnings, shortest first; only while the usual
  // prefix of the model's prompts is not known. See features/prompt.h.
  std::vector<uint64_t> prompt_beginnings;
  // Digest of the prefix that was taken off, 0 = none.
  uint64_t prefix_digest = 0;
  uint64_t system_prompt_digest = 0;

  // Language that was asked for (stated, else the prompt's) and the answer's,
  // as codes of features/language; 0 = not known.
  uint8_t expected_language = 0;
  uint8_t answer_language = 0;

  // Habits of this model: bit i = phrase i of its profile begins a line of the
  // response. Phrases are mined when the baseline is made; 0 known = none were,
  // or the response was cut.
  uint32_t habits = 0;
  uint8_t habits_known = 0;  // number of phrases in the profile, at most 32

  Markup markup;
  // Keyed hashes of the prompt and of its normalised final answer, 0 = none: so
  // that a problem nobody labelled is known again.
  uint64_t prompt_key = 0;
  uint64_t answer_key = 0;

  Match match;
  Grade grade = Grade::kNotGraded;
  uint64_t digest = 0;  // of prompt and response, for repeats
  int32_t choices = 1;  // n of the request
  int32_t choice_index = 0;

  Scored() { readings.fill(kNoReading); }
  float reading(Feature f) const { return readings[static_cast<int>(f)]; }
  float& reading(Feature f) { return readings[static_cast<int>(f)]; }
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_SCORED_H_
