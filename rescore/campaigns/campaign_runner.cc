// SPDX-License-Identifier: Apache-2.0
// A campaign has two halves: samples until the verdict, then the fault search
// over the same jobs. `Campaign::verdict` says which half it is in.
//
// Everything a campaign knows is either in its incident or in its jobs on disk,
// so that after a crash Observe() of the open incident rebuilds it: with the
// verdict if the incident has heard one, else without, and then Decide() looks
// at the samples at once because the last one may have decided it.
//
// In order: observing incidents, starting and ending campaigns, questions,
// answers, verdicts, the fault search, deadlines.
#include "rescore/campaigns/campaign_runner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "rescore/ways/way_plan.h"

namespace reasonwatch {
namespace {

// Each open incident has a campaign of its own; 64 is more than the incidents
// that a few models have open at one time.
constexpr size_t kMaxCampaigns = 64;
// Errors in a row after which a campaign that is late gives up: with the
// Rescorer's pauses of 1, 2, 4 and 8 s between them the server has not answered
// for 15 s or more.
constexpr int kNobodyAnswers = 5;

}  // namespace

bool CampaignRunner::Observe(const Incident& incident, absl::Time now) {
  const auto it = campaigns_.find(incident.id);
  if (it != campaigns_.end()) {
    Campaign& campaign = it->second;
    if (!incident.open()) {
      End(incident.id, VerdictName(VerdictKind::kUndecided), kClosed, now);
      return true;
    }
    campaign.incident = incident;
    if (!campaign.verdict.has_value()) {
      campaign.rewards |= RewardsOf(incident);
      return true;
    }
    if (!WaitsAnew(incident)) return true;
    // The incident asks anew, so the fault search is about a verdict that no
    // longer counts.
    End(incident.id, VerdictName(campaign.verdict->kind),
        campaign.verdict->reason, now);
  }
  if (!incident.open()) {
    for (const std::string& id : context_.queue.IdsOf(incident.id))
      context_.queue.Finish(id, VerdictName(VerdictKind::kUndecided), kClosed,
                            now);
    return true;
  }
  // An earlier run emitted the verdict and did not finish the fault search.
  const bool half_done = incident.confirmation != Confirmation::kPending &&
                         incident.verdict.has_value() &&
                         context_.queue.HasAnyOf(incident.id);
  if (half_done || WaitsAnew(incident)) {
    Start(incident, now);
    return true;
  }
  return incident.confirmation != Confirmation::kPending;
}

// Pending, and not only because its last verdict has not reached it yet.
bool CampaignRunner::WaitsAnew(const Incident& incident) const {
  return incident.confirmation == Confirmation::kPending &&
         ledger_.HasHeard(incident);
}

void CampaignRunner::Start(const Incident& incident, absl::Time now) {
  Verdict none = NoVerdict(incident, now);
  const bool by_canaries = canaries_.IncidentOf(incident.model) == incident.id;
  if (context_.endpoints.watched == nullptr) {
    none.reason = "no_endpoint";
    return context_.emit(std::move(none));
  }
  if (campaigns_.size() >= kMaxCampaigns) {
    context_.tally.Count(&RescoreCounters::jobs, "dropped");
    none.reason = "too_many";
    if (!by_canaries) context_.emit(std::move(none));
    return;
  }
  Campaign campaign;
  campaign.incident = incident;
  campaign.rewards = RewardsOf(incident);
  campaign.begun = now;
  campaign.by_canaries = by_canaries;
  AddJobs(campaign, now);
  const std::vector<GroupView> groups = Groups(campaign);
  if (groups.empty()) {
    none.reason = "no_problem";
    for (const std::string& id : campaign.jobs)
      context_.queue.Finish(id, VerdictName(none.kind), none.reason, now);
    if (!by_canaries) context_.emit(std::move(none));
    return;
  }
  if (!EnoughTrials(groups, campaign.rewards))
    campaign.comparison =
        context_.endpoints.reference != nullptr ? kReference : kFreshCache;
  campaign.late = incident.confirmation == Confirmation::kUnavailable;
  if (!by_canaries) ReadConditions(campaign);
  if (incident.verdict.has_value() && !campaign.late &&
      incident.confirmation != Confirmation::kPending)
    Conclude(campaign, *incident.verdict, /*incident_has_it=*/true);
  Campaign& added =
      campaigns_.emplace(incident.id, std::move(campaign)).first->second;
  // An earlier run may have ended between the last sample and its verdict.
  if (!added.verdict.has_value()) Decide(added, now);
}

// The jobs that an earlier run has left of the incident, or new ones.
void CampaignRunner::AddJobs(Campaign& campaign, absl::Time now) {
  const Incident& incident = campaign.incident;
  campaign.jobs = context_.queue.IdsOf(incident.id);
  for (const std::string& id : campaign.jobs)
    campaign.begun = std::min(campaign.begun, context_.queue.Find(id)->created);
  if (campaign.jobs.empty() && context_.problems != nullptr) {
    const RescoreTrigger rest = campaign.by_canaries
                                    ? RescoreTrigger::kCanary
                                    : RescoreTrigger::kIncident;
    // The time is part of the id: an incident that asks anew gets new jobs.
    const std::string what =
        absl::StrFormat("%s %d", incident.id, absl::ToUnixSeconds(now));
    for (const auto& [problem, trigger] :
         ChooseProblems(incident, symptoms_.Latest(incident.model),
                        *context_.problems, rest)) {
      RescoreJob job;
      job.id = JobId(what, incident.model, problem);
      job.incident = incident.id;
      job.model = incident.model;
      job.problem = problem;
      job.trigger = trigger;
      job.created = now;
      job.limit = context_.options.group;
      if (const RescoreJob* added = context_.queue.Add(std::move(job));
          added != nullptr)
        campaign.jobs.push_back(added->id);
    }
  }
  // Sorted by id, an order that a restart keeps: among jobs with equally many
  // samples the question that was under way comes first again.
  std::sort(campaign.jobs.begin(), campaign.jobs.end());
}

void CampaignRunner::End(const std::string& incident, std::string_view result,
                         std::string_view reason, absl::Time now) {
  const auto node = campaigns_.extract(incident);
  if (node.empty()) return;
  for (const std::string& id : node.mapped().jobs)
    context_.queue.Finish(id, result, reason, now);
  conditions_.Drop(incident);
}

bool CampaignRunner::Investigates(const std::string& model) const {
  return std::any_of(
      campaigns_.begin(), campaigns_.end(),
      [&](const auto& entry) { return entry.second.incident.model == model; });
}

std::optional<RescoreQuestion> CampaignRunner::Next(absl::Time now) {
  std::vector<Campaign*> oldest_first;
  for (auto& [id, campaign] : campaigns_) oldest_first.push_back(&campaign);
  std::stable_sort(
      oldest_first.begin(), oldest_first.end(),
      [](const Campaign* a, const Campaign* b) { return a->begun < b->begun; });
  for (Campaign* campaign : oldest_first) {
    if (campaign->verdict.has_value()) continue;
    if (auto question = NextSampleOf(*campaign)) return question;
    // All samples that can be asked for have been.
    Decide(*campaign, now);
  }
  for (Campaign* campaign : oldest_first) {
    if (!campaign->verdict.has_value()) continue;
    if (!campaign->ways_done) {
      const std::vector<GroupView> groups = Groups(*campaign);
      if (auto question =
              campaign->ways.Next({*context_.problems, groups,
                                   campaign->rewards, campaign->comparison},
                                  context_.queue))
        return question;
      if (EndWays(*campaign, now)) continue;
    }
    if (auto question = campaign->fault_search.Next(
            campaign->verdict->kind, Groups(*campaign), context_.queue,
            context_.asker))
      return question;
    EndFaultSearch(*campaign, now);
  }
  return std::nullopt;
}

std::optional<RescoreQuestion> CampaignRunner::NextSampleOf(
    const Campaign& campaign) const {
  return NextSample(campaign, context_.queue, context_.problems.get(),
                    context_.errors_in_a_row >= kNobodyAnswers);
}

void CampaignRunner::ObserveSample(const RescoreQuestion& question,
                                   absl::Time now) {
  const auto it = campaigns_.find(question.job->incident);
  if (it == campaigns_.end()) return;
  it->second.fault_search.ForgetErrors(question.way);
  it->second.ways.ForgetErrors(question.way);
  if (!it->second.verdict.has_value()) Decide(it->second, now);
}

Standing CampaignRunner::StandingOf(const RescoreQuestion& question) const {
  const auto it = campaigns_.find(question.job->incident);
  if (it == campaigns_.end()) return {};
  const Campaign& campaign = it->second;
  const std::vector<GroupView> groups = Groups(campaign);
  if (campaign.verdict.has_value())
    return campaign.ways.StandingOf(
        {*context_.problems, groups, campaign.rewards, campaign.comparison},
        question.way);
  return {VerdictOf(campaign, groups, *context_.problems, absl::InfinitePast())
              .bayes_factor,
          groups.size() == 1 ? kProblemBounds : kIncidentBounds};
}

void CampaignRunner::ObserveError(const RescoreQuestion& question,
                                  std::string_view error) {
  const auto it = campaigns_.find(question.job->incident);
  if (question.way.empty() || it == campaigns_.end()) return;
  it->second.fault_search.CountError(question.way);
  it->second.ways.CountError(question.way, error);
}

void CampaignRunner::ObserveYield(const RescoreQuestion& question) {
  const auto it = campaigns_.find(question.job->incident);
  if (!question.way.empty() && it != campaigns_.end())
    it->second.ways.CountYield(question.way);
}

void CampaignRunner::ObserveFingerprint(const TakenFingerprint& taken) {
  const auto it = campaigns_.find(taken.incident);
  if (it == campaigns_.end()) return;
  it->second.probed = true;
  if (it->second.verdict.has_value())
    it->second.verdict->fingerprint_p = taken.p;
}

void CampaignRunner::Decide(Campaign& campaign, absl::Time now) {
  Verdict v = VerdictOf(campaign, Groups(campaign), *context_.problems, now);
  if (v.kind == VerdictKind::kUndecided && NextSampleOf(campaign)) return;
  // Each problem was asked as often as it may be, or could not be.
  if (v.kind == VerdictKind::kUndecided && v.reason.empty())
    v.reason = context_.errors_in_a_row > 0 ? context_.tally.Blocked() : "cap";
  Conclude(campaign, std::move(v), /*incident_has_it=*/false);
}

void CampaignRunner::Conclude(Campaign& campaign, Verdict verdict,
                              bool incident_has_it) {
  const bool confirmed = verdict.kind == VerdictKind::kConfirmed;
  if (campaign.by_canaries) {
    verdict.trigger = RescoreTrigger::kCanary;
    canaries_.SetIncident(verdict.model, confirmed ? campaign.incident.id : "");
  }
  const bool cleared =
      verdict.kind == VerdictKind::kNotReproduced && !campaign.by_canaries;
  if (cleared && !incident_has_it) PlanWays(campaign, verdict);
  // An alarm of canaries opens an incident only if it is confirmed.
  if (!incident_has_it && !campaign.held &&
      (confirmed || !campaign.by_canaries))
    context_.emit(verdict);
  if (context_.options.localise && (confirmed || cleared))
    campaign.fault_search.Plan(verdict.kind, Groups(campaign),
                               context_.endpoints, context_.asker,
                               campaign.conditions.Needs(Condition::kFilled));
  campaign.verdict = std::move(verdict);
}

void CampaignRunner::ReadConditions(Campaign& campaign) {
  const Incident& incident = campaign.incident;
  conditions_.Put(incident.id, live_.Of(incident));
  campaign.conditions = conditions_.Find(incident.id);
  // The finding names its strata, and live failures need not be known. A filled
  // context costs any model something, so fewer failures than of the other
  // conditions point at it.
  if ((SitsInFilledContexts(incident) ||
       FailsInFilledContexts(symptoms_.Latest(incident.model),
                             incident.onset_time)) &&
      !campaign.conditions.Needs(Condition::kFilled))
    campaign.conditions.needed.push_back(Condition::kFilled);
}

void CampaignRunner::PlanWays(Campaign& campaign, const Verdict& verdict) {
  // More failures are known by now than when the campaign began.
  ReadConditions(campaign);
  std::vector<std::string> replicas;
  for (const auto& [name, client] : context_.endpoints.replicas)
    replicas.push_back(name);
  const std::vector<GroupView> groups = Groups(campaign);
  campaign.ways.Plan(PlanFailureWays(campaign.conditions, replicas, groups));
  campaign.held =
      verdict.kind == VerdictKind::kNotReproduced &&
      (campaign.ways.needed() || campaign.conditions.Needs(Condition::kFilled));
}

Verdict CampaignRunner::WithWays(const Campaign& campaign, Verdict verdict,
                                 std::string_view unfinished) const {
  const bool filled = campaign.conditions.Needs(Condition::kFilled) &&
                      !FaultSearch::ClearsFilledContexts(verdict.differences);
  if (filled && verdict.kind == VerdictKind::kNotReproduced) {
    auto d = std::find_if(
        verdict.differences.begin(), verdict.differences.end(),
        [](const Difference& one) { return one.name == kFilledContext; });
    if (d == verdict.differences.end())
      d = verdict.differences.insert(d, Difference{.name = kFilledContext});
    d->untried = context_.options.localise ? unfinished : "off";
  }
  const std::vector<GroupView> groups = Groups(campaign);
  campaign.ways.Conclude(
      {*context_.problems, groups, campaign.rewards, campaign.comparison},
      filled ? kFilledContext : "", unfinished, verdict);
  return verdict;
}

bool CampaignRunner::EndWays(Campaign& campaign, absl::Time now) {
  campaign.ways_done = true;
  if (!campaign.held) return false;
  Verdict v = WithWays(campaign, *campaign.verdict, "cap");
  if (v.kind != VerdictKind::kConfirmed) return false;
  v.time = now;
  v.statistic = StatisticOf(campaign.incident);
  context_.emit(v);
  // The way names the cause; asked one at a time nothing could be compared.
  End(std::string(campaign.incident.id), VerdictName(v.kind), v.reason, now);
  return true;
}

void CampaignRunner::EndFaultSearch(Campaign& campaign, absl::Time now) {
  const std::string incident = campaign.incident.id;
  if (context_.options.localise && !campaign.probed &&
      campaign.verdict->kind == VerdictKind::kConfirmed &&
      fingerprints_.Has(campaign.incident.model)) {
    if (!fingerprints_.taking())
      fingerprints_.StartFor(incident, campaign.incident.model);
    return;
  }
  Verdict v = *campaign.verdict;
  v.again = !campaign.held;
  if (campaign.fault_search.planned())
    campaign.fault_search.Conclude(Groups(campaign), v);
  if (campaign.held) v = WithWays(campaign, std::move(v), "cap");
  v.time = now;
  v.statistic = StatisticOf(campaign.incident);
  if (campaign.held ||
      (campaign.fault_search.planned() &&
       (!v.differences.empty() || !std::isnan(v.fingerprint_p))))
    context_.emit(v);
  End(incident, VerdictName(v.kind), v.reason, now);
}

absl::Time CampaignRunner::EmitOverdue(absl::Time now) {
  absl::Time next = absl::InfiniteFuture();
  for (auto& [id, campaign] : campaigns_) {
    if (campaign.late || campaign.by_canaries ||
        (campaign.verdict.has_value() && !campaign.held))
      continue;
    const absl::Time deadline =
        campaign.begun + context_.options.verdict_within;
    if (now < deadline) {
      next = std::min(next, deadline);
      continue;
    }
    campaign.late = true;
    Verdict v = VerdictOf(campaign, Groups(campaign), *context_.problems, now);
    if (campaign.held) {
      // Asked on, and emitted again when all ways were.
      v = WithWays(campaign, *campaign.verdict, context_.tally.Blocked());
      v.time = now;
      // Every way that is needed has been asked.
      campaign.held = v.kind != VerdictKind::kNotReproduced;
    } else {
      v.kind = VerdictKind::kUnavailable;
      v.reason = context_.tally.Blocked();
    }
    context_.emit(std::move(v));
  }
  return next;
}

}  // namespace reasonwatch
