// What a detector found, and what an operator is told.
#ifndef REASONWATCH_CORE_INCIDENT_H_
#define REASONWATCH_CORE_INCIDENT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/verdict.h"

namespace reasonwatch {

// Persisted and exported names stand in SignalName().
enum class Signal : uint8_t {
  kLengthCollapse,
  kLengthRunaway,
  kFormatMarkers,
  kConsistencyRegression,
  kRepetitionLoop,
  kLanguageMixing,
  kDecorativeSymbols,
  kEmptyOrTruncated,
  kAnswerChainMismatch,
  kCount
};
inline constexpr int kSignalCount = static_cast<int>(Signal::kCount);
std::string_view SignalName(Signal signal);

enum class Scope : uint8_t { kRoute, kModel, kReplica };
std::string_view ScopeName(Scope scope);

enum class Severity : uint8_t { kInfo, kWarning, kCritical };
std::string_view SeverityName(Severity severity);

enum class Confirmation : uint8_t {
  kPending,
  kConfirmed,
  kNotReproduced,
  kUnavailable
};
std::string_view ConfirmationName(Confirmation confirmation);

// Size of a change. unit "ratio": value is a length ratio (1 = unchanged);
// unit "points": a difference of rates in [-1, 1]. low..high is a 95 %
// interval; NaN where it cannot be given.
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
inline constexpr size_t kMaxFailingProblems = 20;
inline constexpr size_t kMaxFamilyCounts = 20;

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
  double threshold = 0;  // A of the warning budget
  bool passed_critical = false;
  bool provisional = false;   // young reference: warnings only
  bool low_coverage = false;  // responses were lost: warnings only
  // Has grown a hundredfold since re-scoring cleared it; `statistic` and
  // `effect` are of what came since.
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
  std::vector<std::string> strata;                       // where it sits
  std::vector<Cause> hints;  // unnormalised evidence for causes
  // Of consistency_regression, over the model's routes: the families of the
  // solved problems that were asked, those that fail most first, and the
  // failing problems, the surest first; at most so many as stands above.
  std::vector<FamilyCount> families;
  std::vector<FailingProblem> failing;
};

struct IncidentSignal {
  Signal signal = Signal::kLengthCollapse;
  Finding finding;  // the latest of this signal
  bool open = true;
};

struct Incident {
  std::string id;  // "inc-" + 12 hex digits, stable across reopening
  std::string model;
  std::string route;
  std::string replica;
  Scope scope = Scope::kRoute;
  Severity severity = Severity::kWarning;
  Confirmation confirmation = Confirmation::kPending;
  absl::Time opened = absl::InfinitePast();
  absl::Time updated = absl::InfinitePast();
  absl::Time closed = absl::InfiniteFuture();
  std::string close_reason;  // "recovered", "no_data", "accepted"
  std::string onset_id;
  absl::Time onset_time = absl::InfinitePast();
  std::vector<IncidentSignal> signals;
  std::vector<Cause> causes;       // ranked, the likeliest first
  std::optional<Verdict> verdict;  // of asking the model again
  bool open() const { return closed == absl::InfiniteFuture(); }
};

// What happened to an incident, in the form that `replay` writes.
struct IncidentEvent {
  enum class Kind : uint8_t { kOpened, kUpdated, kClosed, kOpenAtEnd };
  Kind kind = Kind::kOpened;
  Signal signal = Signal::kLengthCollapse;
  Finding finding;
  Incident incident;  // as it stands after the event
};
std::string_view IncidentEventName(IncidentEvent::Kind kind);

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_INCIDENT_H_
