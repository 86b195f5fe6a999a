// SPDX-License-Identifier: Apache-2.0
// Findings of one model to incidents: grouped, graded, with likely causes.
//
// Arithmetic only; time comes in with the findings. Not thread-safe; one owner.
#ifndef REASONWATCH_INCIDENTS_INCIDENT_BOOK_H_
#define REASONWATCH_INCIDENTS_INCIDENT_BOOK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/finding.h"
#include "core/incident.h"
#include "core/signal.h"
#include "core/verdict.h"
#include "incidents/canary_finding.h"
#include "incidents/grouping.h"
#include "incidents/options.h"

namespace reasonwatch {

class IncidentBook {
 public:
  explicit IncidentBook(IncidentOptions options) : options_(options) {}

  // Findings of the detectors, put into incidents as grouping.h says.
  // `responses` is the model's count of live responses so far. An incident that
  // was not reproduced is pending again if a finding is renewed, or if a signal
  // opens that the verdict did not test.
  std::vector<IncidentEvent> Observe(const std::vector<Finding>& findings,
                                     int64_t responses);

  // Closes, as kEndedUnreproduced, the incidents that were not reproduced a day
  // ago and have brought nothing new since. Evidence that grows a hundredfold
  // opens them again.
  std::vector<IncidentEvent> EndUnreproduced(absl::Time now);
  // The operator wants the change: closes the open incidents as `accepted`, and
  // puts the cause `version_change` with this evidence before the others.
  // Accepted incidents are not reopened.
  std::vector<IncidentEvent> Accept(absl::Time now,
                                    const std::string& evidence);
  // The verdict of asking the model again about an open incident. A verdict
  // that says nothing does not take back one that does. None: no such incident
  // is open, or nothing changes. A verdict of canaries (Verdict::trigger) that
  // is confirmed opens its incident, with the signal consistency_regression, if
  // none of that signal is open; one that is not closes it. `asked`: the
  // problems of Verdict::outcomes by name, for the incident that it opens.
  std::optional<IncidentEvent> ApplyVerdict(
      const Verdict& verdict, std::vector<FailingProblem> asked = {});

  // Signals that were open when they were put into shadow mode stay so until
  // they close.
  void SetAlerting(uint32_t signals) { options_.alerting_signals = signals; }

  // The open signals, as events of kind kOpenAtEnd, one a signal.
  std::vector<IncidentEvent> OpenAtEnd() const;

  std::vector<Incident> Open() const;
  bool can_confirm() const { return options_.can_confirm; }

  // The time of an incident's last finding, which its own record does not have;
  // stored with the detectors' state.
  struct Progress {
    std::string id;
    int64_t last_responses = 0;
    absl::Time last_finding = absl::InfinitePast();
    template <typename Archive>
    friend void Describe(Archive& archive, Progress& p) {
      archive.Field("id", p.id);
      archive.Field("last_responses", p.last_responses);
      archive.Field("last_finding", p.last_finding);
    }
  };
  std::vector<Progress> Save() const;
  // Incidents of an earlier run that are open or closed under 24 h ago.
  void Restore(std::vector<Incident> incidents,
               const std::vector<Progress>& progress);

 private:
  std::optional<IncidentEvent> ObserveFinding(const Finding& finding,
                                              int64_t responses);
  std::optional<IncidentEvent> OpenByCanaries(
      const Verdict& verdict, std::vector<FailingProblem> asked);
  std::optional<IncidentEvent> CloseByCanaries(const Verdict& verdict);
  bool Alerting(Signal signal) const {
    return (options_.alerting_signals >> static_cast<int>(signal) & 1) != 0;
  }

  IncidentOptions options_;
  IncidentGroups groups_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_INCIDENTS_INCIDENT_BOOK_H_
