// SPDX-License-Identifier: Apache-2.0
// Campaigns: from the event of an incident to its verdict, and on to where the
// loss sits.
//
// A campaign asks up to 64 problems in turn until the pooled verdict is
// decided. If nothing is found so, and live responses failed under conditions
// that one question at a time does not have, the verdict is held back until
// the ways that have them were asked (ways/). After the verdict it goes on as a
// fault search: the same problems asked in other ways, which ends in the same
// verdict once more, with the differences. Alarms of canaries are campaigns
// too.
//
// Not thread-safe; stepped by the Rescorer's thread.
#ifndef REASONWATCH_RESCORE_CAMPAIGNS_CAMPAIGN_RUNNER_H_
#define REASONWATCH_RESCORE_CAMPAIGNS_CAMPAIGN_RUNNER_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/incident.h"
#include "core/verdict.h"
#include "rescore/campaigns/campaign.h"
#include "rescore/campaigns/symptoms.h"
#include "rescore/canaries/canary_book.h"
#include "rescore/canaries/fingerprint_book.h"
#include "rescore/question_runner.h"
#include "rescore/verdict_ledger.h"
#include "rescore/ways/conditions_book.h"
#include "rescore/ways/live_conditions.h"

namespace reasonwatch {

class CampaignRunner : public QuestionRunner {
 public:
  // All must outlive it.
  CampaignRunner(RunnerContext& context, const SymptomLog& symptoms,
                 const LiveConditions& live, ConditionsBook& conditions,
                 const VerdictLedger& ledger, CanaryBook& canaries,
                 FingerprintBook& fingerprints)
      : context_(context),
        symptoms_(symptoms),
        live_(live),
        conditions_(conditions),
        ledger_(ledger),
        canaries_(canaries),
        fingerprints_(fingerprints) {}

  // The latest state of an incident, which the ledger has observed already.
  // Starts its campaign, renews or ends it. False: the incident is pending and
  // has not heard its last verdict yet, so it must be observed again.
  bool Observe(const Incident& incident, absl::Time now);
  // A campaign for this incident, which has none. Emits at once why there is no
  // verdict if there is no one to ask.
  void Start(const Incident& incident, absl::Time now);
  // Emits `unavailable` for each incident that has waited as long as it may.
  // Returns when the next will have; needs problems in the context.
  absl::Time EmitOverdue(absl::Time now);

  bool empty() const { return campaigns_.empty(); }
  bool Has(const std::string& incident) const {
    return campaigns_.contains(incident);
  }
  // Whether some incident of the model has a campaign.
  bool Investigates(const std::string& model) const;
  // The fingerprint that was taken for a campaign.
  void ObserveFingerprint(const TakenFingerprint& taken);

  bool Owns(const RescoreJob& job) const override {
    return !job.incident.empty();
  }
  // The oldest campaign without a verdict first, then the oldest fault search.
  std::optional<RescoreQuestion> Next(absl::Time now) override;
  void ObserveSample(const RescoreQuestion& question, absl::Time now) override;
  Standing StandingOf(const RescoreQuestion& question) const override;
  void ObserveError(const RescoreQuestion& question,
                    std::string_view error) override;
  void ObserveYield(const RescoreQuestion& question) override;

 private:
  bool WaitsAnew(const Incident& incident) const;
  void AddJobs(Campaign& campaign, absl::Time now);
  void End(const std::string& incident, std::string_view result,
           std::string_view reason, absl::Time now);
  std::vector<GroupView> Groups(const Campaign& campaign) const {
    return GroupsOf(campaign, context_.queue, context_.problems.get());
  }
  std::optional<RescoreQuestion> NextSampleOf(const Campaign& campaign) const;
  // Concludes the campaign if its samples decide, or nothing is left to ask.
  void Decide(Campaign& campaign, absl::Time now);
  // The campaign's verdict is known: emits it unless the incident has it
  // already, and plans the fault search.
  void Conclude(Campaign& campaign, Verdict verdict, bool incident_has_it);
  // Reads the failure's conditions from live traffic, or else as they are kept.
  void ReadConditions(Campaign& campaign);
  // Plans the ways that they need, and holds the verdict back for them.
  void PlanWays(Campaign& campaign, const Verdict& verdict);
  // The held verdict with the ways asked so far. `unfinished`: why a way that
  // is not decided is not asked to its end.
  Verdict WithWays(const Campaign& campaign, Verdict verdict,
                   std::string_view unfinished) const;
  // All ways were asked. True: one of them has confirmed the loss, and the
  // campaign is over.
  bool EndWays(Campaign& campaign, absl::Time now);
  void EndFaultSearch(Campaign& campaign, absl::Time now);

  RunnerContext& context_;
  const SymptomLog& symptoms_;
  const LiveConditions& live_;
  ConditionsBook& conditions_;
  const VerdictLedger& ledger_;
  CanaryBook& canaries_;
  FingerprintBook& fingerprints_;
  std::map<std::string, Campaign> campaigns_;  // by incident
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CAMPAIGNS_CAMPAIGN_RUNNER_H_
