// The rescorer's campaigns: from an incident's event to its verdict, and to
// where its loss sits.
#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "rescore/rescorer.h"

namespace reasonwatch {
namespace {

constexpr size_t kMaxCampaigns = 64;
constexpr size_t kMaxNotes = 1024;
// Errors in a row after which nobody answers.
constexpr int kNobodyAnswers = 5;

}  // namespace

void Rescorer::TakeNote(const Incident& incident, absl::Time now) {
  if (!incident.open() && canaries_.IncidentOf(incident.model) == incident.id)
    canaries_.Forget(incident.model);
  const auto it = campaigns_.find(incident.id);
  if (it != campaigns_.end()) {
    Campaign& campaign = it->second;
    if (!incident.open())
      return EndCampaign(incident.id, VerdictName(VerdictKind::kUndecided),
                         kClosed, now);
    campaign.incident = incident;
    if (!campaign.verdict.has_value()) {
      campaign.rewards |= RewardsOf(incident);
      return;
    }
    if (!WaitsAnew(incident, now)) return;
    // What is left to be asked is about an answer that counts no more.
    EndCampaign(incident.id, VerdictName(campaign.verdict->kind),
                campaign.verdict->reason, now);
  }
  if (!incident.open()) {
    for (const std::string& id : queue_.IdsOf(incident.id))
      queue_.Finish(id, VerdictName(VerdictKind::kUndecided), kClosed, now);
    return;
  }
  // Told by an earlier run, which did not come to an end.
  const bool half_done = incident.confirmation != Confirmation::kPending &&
                         incident.verdict.has_value() &&
                         queue_.HasAnyOf(incident.id);
  if (half_done || WaitsAnew(incident, now)) {
    StartCampaign(incident, now);
  } else if (incident.confirmation == Confirmation::kPending) {
    Defer(incident);
  }
}

bool Rescorer::WaitsAnew(const Incident& incident, absl::Time now) const {
  if (incident.confirmation != Confirmation::kPending) return false;
  const auto told = concluded_.find(incident.id);
  if (told == concluded_.end() || now - told->second > kVerdictOnItsWay)
    return true;
  return incident.verdict.has_value() && incident.verdict->time >= told->second;
}

void Rescorer::Defer(const Incident& incident) {
  MutexLock lock(mutex_);
  const bool newer =
      std::any_of(notes_.begin(), notes_.end(),
                  [&](const Incident& n) { return n.id == incident.id; });
  if (!newer && notes_.size() < kMaxNotes) notes_.push_front(incident);
}

void Rescorer::StartCampaign(const Incident& incident, absl::Time now) {
  Verdict none = NoVerdict(incident, now);
  const bool by_canaries = canaries_.IncidentOf(incident.model) == incident.id;
  if (endpoints_.watched == nullptr) {
    none.reason = "no_endpoint";
    return Tell(std::move(none));
  }
  if (campaigns_.size() >= kMaxCampaigns) {
    tally_.Count(&RescoreCounters::jobs, "dropped");
    none.reason = "too_many";
    if (!by_canaries) Tell(std::move(none));
    return;
  }
  Campaign campaign;
  campaign.incident = incident;
  campaign.rewards = RewardsOf(incident);
  campaign.begun = now;
  campaign.by_canaries = by_canaries;
  campaign.jobs = queue_.IdsOf(incident.id);
  for (const std::string& id : campaign.jobs)
    campaign.begun = std::min(campaign.begun, queue_.Find(id)->created);
  if (campaign.jobs.empty() && set_ != nullptr) {
    for (const auto& [problem, trigger] :
         ChooseProblems(incident, symptoms_.Of(incident.model), *set_,
                        by_canaries ? RescoreTrigger::kCanary
                                    : RescoreTrigger::kIncident)) {
      RescoreJob job;
      // Reopened, it is asked anew.
      job.id =
          JobId(absl::StrFormat("%s %d", incident.id, absl::ToUnixSeconds(now)),
                incident.model, problem);
      job.incident = incident.id;
      job.model = incident.model;
      job.problem = problem;
      job.trigger = trigger;
      job.created = now;
      job.limit = options_.group;
      if (const RescoreJob* added = queue_.Add(std::move(job));
          added != nullptr)
        campaign.jobs.push_back(added->id);
    }
  }
  // The same order after a restart, so that what was under way comes first.
  std::sort(campaign.jobs.begin(), campaign.jobs.end());
  const std::vector<GroupView> groups = Groups(campaign);
  if (groups.empty()) {
    none.reason = "no_problem";
    for (const std::string& id : campaign.jobs)
      queue_.Finish(id, VerdictName(none.kind), none.reason, now);
    if (!by_canaries) Tell(std::move(none));
    return;
  }
  if (!EnoughTrials(groups, campaign.rewards))
    campaign.comparison =
        endpoints_.reference != nullptr ? kReference : kFreshCache;
  campaign.late = incident.confirmation == Confirmation::kUnavailable;
  if (incident.verdict.has_value() && !campaign.late &&
      incident.confirmation != Confirmation::kPending)
    Conclude(campaign, *incident.verdict);
  Campaign& added =
      campaigns_.emplace(incident.id, std::move(campaign)).first->second;
  // An earlier run may have ended between the last sample and its verdict.
  if (!added.verdict.has_value()) JudgeCampaign(added, now);
}

void Rescorer::EndCampaign(const std::string& incident, std::string_view result,
                           std::string_view reason, absl::Time now) {
  const auto node = campaigns_.extract(incident);
  if (node.empty()) return;
  for (const std::string& id : node.mapped().jobs)
    queue_.Finish(id, result, reason, now);
}

std::optional<RescoreQuestion> Rescorer::NextOf(const Campaign& campaign) {
  return NextSample(campaign, queue_, set_.get(),
                    errors_in_a_row_ >= kNobodyAnswers);
}

void Rescorer::LookAtDeadlines(absl::Time now) {
  absl::Time next = absl::InfiniteFuture();
  for (auto& [id, campaign] : campaigns_) {
    if (campaign.late || campaign.by_canaries || campaign.verdict.has_value())
      continue;
    const absl::Time deadline = campaign.begun + options_.verdict_within;
    if (now < deadline) {
      next = std::min(next, deadline);
      continue;
    }
    campaign.late = true;
    Verdict v = VerdictOf(campaign, Groups(campaign), *set_, now);
    v.kind = VerdictKind::kUnavailable;
    v.reason = tally_.Blocked();
    Tell(std::move(v));
  }
  deadline_ns_ = absl::ToUnixNanos(next);
}

void Rescorer::JudgeCampaign(Campaign& campaign, absl::Time now) {
  Verdict v = VerdictOf(campaign, Groups(campaign), *set_, now);
  if (v.kind == VerdictKind::kUndecided && NextOf(campaign)) return;
  // All were asked as often as they may, or could not be.
  if (v.kind == VerdictKind::kUndecided && v.reason.empty())
    v.reason = errors_in_a_row_ > 0 ? tally_.Blocked() : "cap";
  Conclude(campaign, std::move(v));
}

void Rescorer::Conclude(Campaign& campaign, Verdict verdict) {
  const bool told = campaign.incident.verdict.has_value() &&
                    campaign.incident.verdict->kind == verdict.kind &&
                    campaign.incident.verdict->time == verdict.time;
  const bool confirmed = verdict.kind == VerdictKind::kConfirmed;
  if (campaign.by_canaries) {
    verdict.trigger = RescoreTrigger::kCanary;
    canaries_.SetIncident(verdict.model, confirmed ? campaign.incident.id : "");
  }
  // An alarm of canaries that does not come to anything concerns nobody.
  if (!told && (confirmed || !campaign.by_canaries)) Tell(verdict);
  const bool cleared =
      verdict.kind == VerdictKind::kNotReproduced && !campaign.by_canaries;
  if (options_.localise && (confirmed || cleared))
    campaign.localisation.Plan(
        verdict.kind, Groups(campaign), endpoints_, asker_,
        SitsInFilledContexts(campaign.incident) ||
            FailsInFilledContexts(symptoms_.Of(campaign.incident.model),
                                  campaign.incident.onset_time));
  campaign.verdict = std::move(verdict);
}

void Rescorer::EndLocalising(Campaign& campaign, absl::Time now) {
  const std::string incident = campaign.incident.id;
  if (options_.localise && !campaign.probed &&
      campaign.verdict->kind == VerdictKind::kConfirmed &&
      fingerprints_.Has(campaign.incident.model)) {
    if (!fingerprints_.taking())
      fingerprints_.StartFor(incident, campaign.incident.model);
    return;
  }
  Verdict v = *campaign.verdict;
  if (campaign.localisation.planned()) {
    campaign.localisation.Conclude(Groups(campaign), v);
    v.time = now;
    v.statistic = StatisticOf(campaign.incident);
    if (!v.differences.empty() || !std::isnan(v.fingerprint_p)) Tell(v);
  }
  EndCampaign(incident, VerdictName(v.kind), v.reason, now);
}

}  // namespace reasonwatch
