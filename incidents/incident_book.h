// Findings of one model to incidents: grouped, graded, with likely causes.
//
// Arithmetic only; time comes in with the findings. Not thread-safe; one owner.
#ifndef REASONWATCH_INCIDENTS_INCIDENT_BOOK_H_
#define REASONWATCH_INCIDENTS_INCIDENT_BOOK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/incident.h"

namespace reasonwatch {

struct IncidentOptions {
  // Somebody can ask the model again. Without, no verdict will ever come:
  // confirmation is "unavailable" from the start.
  bool can_confirm = false;
  // Bit a Signal: those that may open an incident. The others are in shadow
  // mode: watched, and told to nobody.
  uint32_t alerting_signals = ~0u;
};

// Finding::channel of an incident that canaries have opened. Detectors know
// nothing of it: canaries close it too.
inline constexpr char kCanaryChannel[] = "consistency_regression/canaries";

class IncidentBook {
 public:
  explicit IncidentBook(IncidentOptions options) : options_(options) {}

  // `responses` is the model's count of live responses so far. A finding
  // within 200 responses or 10 minutes of an open incident's last joins it; one
  // that comes back within 24 h of its close reopens it under its id. What was
  // not reproduced is pending again where a finding is renewed, or a signal
  // opens that was not asked about.
  std::vector<IncidentEvent> Take(const std::vector<Finding>& findings,
                                  int64_t responses);

  // The operator wants the change: closes what is open as `accepted`, and puts
  // the cause `version_change` with this evidence before the others. Accepted
  // incidents are not reopened.
  std::vector<IncidentEvent> Accept(absl::Time now,
                                    const std::string& evidence);
  // What asking the model again has shown of an open incident. A verdict that
  // says nothing does not take back one that does. None: no such incident is
  // open, or nothing changes. A verdict of canaries (Verdict::trigger) that is
  // confirmed opens its incident, with the signal consistency_regression, where
  // none of that signal is open; one that is not closes it. `asked`: the
  // problems of Verdict::outcomes by name, for the incident that it opens.
  std::optional<IncidentEvent> TakeVerdict(
      const Verdict& verdict, std::vector<FailingProblem> asked = {});

  // What a signal in shadow mode has open stays until it closes.
  void SetAlerting(uint32_t signals) { options_.alerting_signals = signals; }

  // What is open now, as events of kind kOpenAtEnd, one a signal.
  std::vector<IncidentEvent> OpenAtEnd() const;

  std::vector<Incident> Open() const;
  bool can_confirm() const { return options_.can_confirm; }

  // What an incident's own record does not say, to go with the detectors'
  // state: when its last finding came.
  struct Progress {
    std::string id;
    int64_t last_responses = 0;
    absl::Time last_finding = absl::InfinitePast();
  };
  std::vector<Progress> Save() const;
  // Incidents of an earlier run that are open or closed under 24 h ago.
  void Restore(std::vector<Incident> incidents,
               const std::vector<Progress>& progress);

 private:
  struct Entry {
    Incident incident;
    int64_t last_responses = 0;
    absl::Time last_finding = absl::InfinitePast();
  };
  // nullptr: a close of what is not open, or a signal in shadow mode.
  Entry* EntryFor(const Finding& finding, int64_t responses);
  Entry& NewEntry(absl::Time now);
  std::optional<IncidentEvent> OpenByCanaries(
      const Verdict& verdict, std::vector<FailingProblem> asked);
  std::optional<IncidentEvent> CloseByCanaries(const Verdict& verdict);

  IncidentOptions options_;
  std::vector<Entry> entries_;  // open ones and those closed under 24 h ago
};

// Severity of one finding: contracts in docs/architecture.md, "Severity".
Severity GradeFinding(const Finding& finding, Confirmation confirmation);

// Ranked likely causes of an incident's signals, weights of sum 1.
std::vector<Cause> RankCauses(const Incident& incident);

}  // namespace reasonwatch

#endif  // REASONWATCH_INCIDENTS_INCIDENT_BOOK_H_
