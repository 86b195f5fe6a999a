// SPDX-License-Identifier: Apache-2.0
// The result of a detector.
#ifndef REASONWATCH_CORE_FINDING_H_
#define REASONWATCH_CORE_FINDING_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "core/signal.h"
#include "util/enum_names.h"

namespace reasonwatch {

// Size of a change. unit "ratio": value is a length ratio (1 = unchanged);
// unit "points": a difference of rates in [-1, 1]. low..high is a 95 %
// interval; NaN if it cannot be given.
struct Effect {
  double value = 0;
  double low = 0;
  double high = 0;
  std::string unit;
};

struct Cause {
  std::string cause;  // a name of docs/glossary.md, "Causes"
  double weight = 0;  // share of the evidence, sums to 1
  std::string evidence;
};

enum class FindingEvent : uint8_t { kOpened, kUpdated, kClosed };
inline constexpr EnumNames<FindingEvent, 3> kFindingEventNames = {
    {"opened", "updated", "closed"}};
static_assert(AllNamed(kFindingEventNames));

// How the solved problems of one family fare since the suspected change.
struct FamilyCount {
  std::string family;  // "" = of problems without one
  int32_t asked = 0;
  int32_t failing = 0;  // failed in over a quarter of their trials since
  bool operator==(const FamilyCount&) const = default;
};

// A solved problem that fails now, without its words.
struct FailingProblem {
  uint64_t problem = 0;  // digest
  std::string id;        // the operator's name, or the digest in hex digits
  std::string family;
  int32_t trials_before = 0;  // while healthy
  int32_t passed_before = 0;
  int32_t trials_now = 0;  // since the suspected change
  int32_t passed_now = 0;
  bool operator==(const FailingProblem&) const = default;
};
inline constexpr size_t kMaxFailingProblems = 20;  // a screen of them
inline constexpr size_t kMaxFamilyCounts = 20;     // a screen

// A signal of one level (model, route or replica) passed its threshold, still
// does, or has recovered.
struct Finding {
  FindingEvent event = FindingEvent::kOpened;
  Signal signal = Signal::kLengthCollapse;
  Scope scope = Scope::kRoute;
  std::string model;
  std::string route;    // "" for Scope::kModel
  std::string replica;  // only for Scope::kReplica
  std::string response_id;
  absl::Time time = absl::InfinitePast();
  double statistic = 0;  // R
  double threshold = 0;  // gamma of the warning budget
  bool passed_critical = false;
  // Young reference and no gross effect (detectors/level/finding.h): warnings
  // only.
  bool provisional = false;
  bool low_coverage = false;  // over 2 % of the last met a full queue
  // Has grown a hundredfold since re-scoring cleared it; `statistic` and
  // `effect` are of the responses since.
  bool renewed = false;
  std::string onset_id;
  absl::Time onset_time = absl::InfinitePast();
  int64_t responses_since_onset = 0;
  Effect effect;
  double affected_share = 0;  // estimated share of traffic gone bad, 0..1
  // Channel that carries most of the evidence, and its share.
  std::string channel;
  double channel_share = 0;
  std::vector<std::pair<std::string, double>> channels;  // name, share
  std::vector<std::string> strata;                       // that it is in
  std::vector<Cause> hints;  // unnormalised evidence for causes
  // Only consistency_regression, over the model's routes: the families of the
  // solved problems that were asked, those that fail most first, and the
  // failing problems, the surest first; at most as many as above.
  std::vector<FamilyCount> families;
  std::vector<FailingProblem> failing;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_FINDING_H_
