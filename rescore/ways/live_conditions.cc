// SPDX-License-Identifier: Apache-2.0
// A condition is needed if nearly all failures had it, whatever the healthy
// responses had: a model that fails only under load fails whenever it is asked
// under load, and where all traffic comes under load there is no healthy
// response to compare with. The comparison only orders the conditions.
//
// In order: text of conditions, observing, working out load and warmth, shares.
#include "rescore/ways/live_conditions.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/scored.h"
#include "rescore/campaigns/symptoms.h"
#include "util/enum_names.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

constexpr EnumNames<Condition, 6> kConditionNames = {
    {"concurrent", "warm", "filled", "streamed", "unstreamed", "replica"}};
static_assert(AllNamed(kConditionNames));

// Share of the failures that must have had a condition. With under a quarter of
// them without it, asking without it could not be expected to show the failure.
constexpr double kNearlyAll = .75;
// Beginnings stay in the cache of a busy server for minutes.
constexpr absl::Duration kCached = absl::Minutes(5);
// Over this share of all responses a replica, or a beginning, is no special
// one.
constexpr double kMostOfTraffic = .6;

double ShareOf(double count, size_t of) {
  return of == 0 ? 0 : count / static_cast<double>(of);
}

}  // namespace

std::optional<Condition> ConditionNamed(std::string_view name) {
  return ValueOf(kConditionNames, name);
}

bool FailureConditions::Needs(Condition condition) const {
  return std::find(needed.begin(), needed.end(), condition) != needed.end();
}

std::string ToText(const FailureConditions& conditions) {
  if (conditions == FailureConditions()) return "";
  std::string names;
  for (const Condition c : conditions.needed)
    absl::StrAppend(&names, names.empty() ? "" : ",",
                    AbslView(NameOf(kConditionNames, c)));
  // The replica is last: its name may have any character, but for the end of
  // the line.
  std::string replica = conditions.replica;
  std::erase(replica, '\n');
  return absl::StrCat(names, " ", conditions.failures, " ", conditions.at_once,
                      " ", conditions.any_replica ? 1 : 0, " ", replica);
}

FailureConditions ConditionsFromText(std::string_view text) {
  const std::vector<std::string> parts =
      absl::StrSplit(AbslView(text), absl::MaxSplits(' ', 4));
  FailureConditions c;
  if (parts.size() != 5 || !absl::SimpleAtoi(parts[1], &c.failures) ||
      !absl::SimpleAtoi(parts[2], &c.at_once) || c.at_once < 1 ||
      c.at_once > LiveConditions::kMaxAtOnce)
    return {};
  c.any_replica = parts[3] == "1";
  c.replica = parts[4];
  for (const std::string& name :
       std::vector<std::string>(absl::StrSplit(parts[0], ','))) {
    if (name.empty()) continue;
    const auto condition = ValueOf(kConditionNames, name);
    if (!condition.has_value()) return {};
    c.needed.push_back(*condition);
  }
  return c;
}

void LiveConditions::Observe(const Scored& s) {
  // The choices of one request run together without being a load.
  if (s.origin != Origin::kLive || s.choice_index > 0) return;
  Seen seen;
  seen.start = s.start;
  seen.end = s.end;
  seen.route = s.route;
  seen.replica = s.replica;
  seen.session = s.session;
  seen.prompt = s.prompt_key;
  seen.prefix = s.system_prompt_digest;
  seen.failed = s.grade == Grade::kIncorrect || ShowsSymptom(s);
  seen.filled = s.stratum.turn >= 2 || s.stratum.fill >= 1;
  seen.streamed = s.streamed;
  MutexLock lock(mutex_);
  if (of_model_.size() >= kMaxModels && !of_model_.contains(s.model))
    // Drops the model that has been silent longest.
    of_model_.erase(std::min_element(
        of_model_.begin(), of_model_.end(), [](const auto& a, const auto& b) {
          return a.second.back().start < b.second.back().start;
        }));
  std::deque<Seen>& of_model = of_model_[s.model];
  if (of_model.size() >= kMaxResponses) of_model.pop_front();
  of_model.push_back(std::move(seen));
}

// Quadratic, for at most kMaxResponses responses and once an incident.
void LiveConditions::WorkOut(std::vector<Seen>& all) {
  // A beginning that most requests share is no special one: questions that are
  // asked again have it as well.
  std::map<uint64_t, int> by_prefix;
  for (const Seen& s : all) ++by_prefix[s.prefix];
  for (Seen& s : all)
    if (ShareOf(by_prefix[s.prefix], all.size()) > kMostOfTraffic) s.prefix = 0;
  const auto known = [](const Seen& s) {
    return s.start > absl::InfinitePast() && s.end > s.start &&
           s.end < absl::InfiniteFuture();
  };
  for (Seen& s : all) {
    if (!known(s)) continue;
    for (const Seen& other : all) {
      if (!known(other)) continue;
      s.at_start += other.start <= s.start && s.start < other.end;
      const auto same = [](uint64_t a, uint64_t b) { return a != 0 && a == b; };
      if (other.start < s.start && s.start - other.start <= kCached &&
          (same(s.session, other.session) || same(s.prompt, other.prompt) ||
           same(s.prefix, other.prefix)))
        s.warm = true;
    }
  }
  // The most that ran together with a request: that number only grows when
  // another one starts.
  for (Seen& s : all)
    for (const Seen& other : all)
      if (s.start <= other.start && other.start < s.end)
        s.at_once = std::max(s.at_once, other.at_start);
}

bool LiveConditions::IsIn(const Seen& s, const Incident& incident) {
  if (incident.scope == Scope::kReplica) return s.replica == incident.replica;
  return incident.scope != Scope::kRoute || incident.route.empty() ||
         s.route == incident.route;
}

FailureConditions LiveConditions::Of(const Incident& incident) const {
  std::vector<Seen> all;
  {
    MutexLock lock(mutex_);
    const auto it = of_model_.find(incident.model);
    if (it != of_model_.end()) all.assign(it->second.begin(), it->second.end());
  }
  WorkOut(all);
  std::vector<Seen> failed;
  std::vector<Seen> since;
  std::vector<Seen> others;
  for (const Seen& s : all) {
    const bool in = s.start >= incident.onset_time && IsIn(s, incident);
    if (in) since.push_back(s);
    (in && s.failed ? failed : others).push_back(s);
  }
  const int known_to_have_failed =
      failed.size() < kFewestFailures ? 0 : static_cast<int>(failed.size());
  if (known_to_have_failed == 0) {
    failed = since;
    others.clear();
    for (const Seen& s : all)
      if (s.start < incident.onset_time) others.push_back(s);
  }
  if (failed.size() < kFewestFailures) return {};

  FailureConditions conditions;
  conditions.failures = known_to_have_failed;
  std::vector<std::pair<double, Condition>> needed;
  const auto look = [&](Condition condition,
                        const std::function<bool(const Seen&)>& has) {
    const auto share = [&](const std::vector<Seen>& of) {
      return ShareOf(
          static_cast<double>(std::count_if(of.begin(), of.end(), has)),
          of.size());
    };
    if (share(failed) >= kNearlyAll)
      needed.emplace_back(share(failed) - share(others), condition);
  };
  // At least three quarters of the failures had so many or more.
  std::vector<int> counts;
  for (const Seen& s : failed) counts.push_back(s.at_once);
  std::sort(counts.begin(), counts.end());
  conditions.at_once =
      std::clamp(counts[(counts.size() - 1) / 4], 1, kMaxAtOnce);
  look(Condition::kConcurrent, [&](const Seen& s) {
    return conditions.at_once > 1 && s.at_once >= conditions.at_once;
  });
  look(Condition::kWarm, [](const Seen& s) { return s.warm; });
  look(Condition::kFilled, [](const Seen& s) { return s.filled; });
  look(Condition::kStreamed, [](const Seen& s) { return s.streamed; });
  look(Condition::kUnstreamed, [](const Seen& s) { return !s.streamed; });
  std::map<std::string, int> by_replica;
  for (const Seen& s : failed) ++by_replica[s.replica];
  conditions.any_replica = by_replica.size() == 1 && by_replica.contains("");
  const auto most = std::max_element(
      by_replica.begin(), by_replica.end(),
      [](const auto& a, const auto& b) { return a.second < b.second; });
  const auto elsewhere =
      std::count_if(all.begin(), all.end(),
                    [&](const Seen& s) { return s.replica != most->first; });
  if (!most->first.empty() && ShareOf(static_cast<double>(elsewhere),
                                      all.size()) >= 1 - kMostOfTraffic) {
    conditions.replica = most->first;
    look(Condition::kReplica,
         [&](const Seen& s) { return s.replica == conditions.replica; });
  }
  std::stable_sort(
      needed.begin(), needed.end(),
      [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [contrast, condition] : needed)
    conditions.needed.push_back(condition);
  if (!conditions.Needs(Condition::kConcurrent)) conditions.at_once = 1;
  if (!conditions.Needs(Condition::kReplica)) conditions.replica.clear();
  return conditions;
}

}  // namespace reasonwatch
