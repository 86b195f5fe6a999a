// SPDX-License-Identifier: Apache-2.0
// A response after its text has been read: numbers.
//
// Everything to the right of the Evaluator (order, detectors, incidents,
// storage, export) sees this type and no text. Ids, model, route and replica
// are labels of the operator's own; sessions are keyed hashes.
#ifndef REASONWATCH_CORE_SCORED_H_
#define REASONWATCH_CORE_SCORED_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/feature.h"
#include "core/finish.h"
#include "core/grade.h"
#include "core/markers.h"
#include "core/match.h"
#include "core/origin.h"
#include "core/regime.h"
#include "core/stratum.h"

namespace reasonwatch {

// How the response was marked up. For counting when it arrives; it is neither
// held nor learnt.
struct Markup {
  MarkerState state = MarkerState::kNone;
  ReasoningSource source = ReasoningSource::kNone;
  std::string reasoning_field;  // of the API body, see Trace
  std::string unknown_shape;    // of an unknown format, without its words
  std::string_view body_error;  // of BodyErrorName(), "" = none
};

// Sources of a response's lengths.
struct LengthSources {
  // The reading is our estimate; else the server's count, or not known.
  bool output_estimated = false;
  bool reasoning_estimated = false;
  // No more than a tokenizer is between the server's counts and the text; see
  // features/counts.h. Absent = nothing to compare. Not kept over a restart.
  std::optional<bool> counts_agree;

  bool Estimated(Feature length) const {
    return length == Feature::kOutputTokens ? output_estimated
                                            : reasoning_estimated;
  }
};

struct Scored {
  std::string id;
  absl::Time start = absl::InfinitePast();
  absl::Time end = absl::InfinitePast();
  std::string model;
  std::string route;
  std::string replica;
  std::string trace_id;  // for links; not kept over a restart
  uint64_t session = 0;  // keyed hash, 0 = none
  Origin origin = Origin::kLive;
  Stratum stratum;
  Regime regime;

  // Indexed by Feature; kNoReading if it could not be read.
  std::array<float, kFeatureCount> readings;
  // The response was cut by its client: lengths are lower bounds.
  bool lower_bound = false;
  LengthSources lengths;
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
  // Signs that something between the client and the model changed the exchange
  // (features/gateway.h). Not kept over a restart.
  bool request_changed = false;
  bool reasoning_withheld = false;
  bool streamed = false;  // sent as a stream; not kept over a restart
  int32_t choices = 1;    // n of the request
  int32_t choice_index = 0;

  Scored() { readings.fill(kNoReading); }
  float reading(Feature f) const { return readings[static_cast<int>(f)]; }
  float& reading(Feature f) { return readings[static_cast<int>(f)]; }
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_SCORED_H_
