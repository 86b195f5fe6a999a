// SPDX-License-Identifier: Apache-2.0
// Rises are kept in a list by their beginning. A budget is answered by those
// whose peak would have passed its threshold, grouped as incidents are.
//
// In this order: counts, the stored form, the rows of budgets, the ledger.
#include "daemon/history/shadow_ledger.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "util/grouped.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

constexpr int32_t kForm = 1;
constexpr double kOverAt = ShadowLedger::kLeast / 100;
// As findings of one model join an incident.
constexpr absl::Duration kJoin = absl::Minutes(10);
constexpr size_t kMaxListed = 200;  // of a report

// The peak in thresholds of another budget; 0 if the two can't be compared.
double PeakAt(const EvidenceRise& e, const AlarmBudget& budget) {
  if (e.budget.per_responses != budget.per_responses) return 0;
  return e.peak * budget.rate / e.budget.rate;
}

int64_t Incidents(const std::deque<EvidenceRise>& rises,
                  const AlarmBudget& budget, bool shadow_only) {
  int64_t count = 0;
  std::map<std::string_view, absl::Time> until;  // by model: joins until then
  for (const EvidenceRise& e : rises) {
    if ((shadow_only && !e.shadow) || PeakAt(e, budget) < 1) continue;
    const auto [it, fresh] = until.try_emplace(e.model, e.ended);
    count += fresh || e.began > it->second + kJoin;
    it->second = std::max(it->second, e.ended);
  }
  return count;
}

ShadowReport MakeReport(const std::deque<EvidenceRise>& rises,
                        const AlarmBudget& in_force, absl::Time since) {
  ShadowReport report;
  report.since = since;
  report.rows = ShadowRows(rises, in_force);
  const size_t listed = std::min(rises.size(), kMaxListed);
  report.rises.assign(rises.rbegin(),
                      rises.rbegin() + static_cast<std::ptrdiff_t>(listed));
  return report;
}

}  // namespace

template <typename Archive>
void Describe(Archive& archive, EvidenceRise& e) {
  archive.Field("model", e.model);
  archive.Field("route", e.route);
  archive.InRange("signal", e.signal, static_cast<Signal>(0),
                  static_cast<Signal>(kSignalCount - 1));
  archive.Field("shadow", e.shadow);
  archive.Field("began", e.began);
  archive.Field("peaked", e.peaked);
  bool over = !e.open();
  archive.Field("over", over);
  absl::Time ended = over ? e.ended : absl::InfinitePast();
  archive.Field("ended", ended);
  if constexpr (Archive::kReads)
    e.ended = over ? ended : absl::InfiniteFuture();
  archive.InRange("peak", e.peak, 0, 1e300);
  archive.Field("per_responses", e.budget.per_responses);
  archive.InRange("rate", e.budget.rate, 1e-12, 1e12);
}

std::vector<ShadowRow> ShadowRows(const std::deque<EvidenceRise>& rises,
                                  const AlarmBudget& in_force) {
  std::vector<ShadowRow> rows;
  if (in_force.per_responses) {
    for (const double factor : {1. / 16, 1. / 4, 1., 4., 16.}) {
      ShadowRow row;
      row.budget = {true, in_force.rate * factor};
      row.words = absl::StrFormat(
          "one false alarm in %s responses",
          Grouped(static_cast<int64_t>(std::llround(1e6 / row.budget.rate))));
      rows.push_back(std::move(row));
    }
  } else {
    struct Asked {
      double rate;
      const char* words;
    };
    for (const Asked& asked : {Asked{30. / 365, "one false alarm a year"},
                               Asked{30. / 91, "one false alarm a quarter"},
                               Asked{1, "one false alarm a month"},
                               Asked{30. / 7, "one false alarm a week"},
                               Asked{30, "one false alarm a day"}}) {
      // Less evidence than for these was not written down.
      if (asked.rate * ShadowLedger::kLeast > in_force.rate) continue;
      rows.push_back({{false, asked.rate}, asked.words, false, 0, 0});
    }
    rows.push_back(
        {in_force,
         absl::StrFormat("%.3g false alarms in 30 days", in_force.rate), true,
         0, 0});
    std::stable_sort(rows.begin(), rows.end(),
                     [](const ShadowRow& a, const ShadowRow& b) {
                       return a.budget.rate < b.budget.rate;
                     });
  }
  for (ShadowRow& row : rows) {
    row.in_force = row.in_force || row.budget == in_force;
    row.incidents = Incidents(rises, row.budget, /*shadow_only=*/false);
    row.shadow_incidents = Incidents(rises, row.budget, /*shadow_only=*/true);
  }
  return rows;
}

ShadowReport ReportOfSaved(std::string_view bytes, const AlarmBudget& in_force,
                           absl::Time now) {
  ShadowLedger ledger(now);
  ledger.Configure(in_force, ~0u);
  ledger.Restore(bytes);
  return ledger.Report(now);
}

void ShadowLedger::Configure(const AlarmBudget& budget, uint32_t alerting) {
  MutexLock lock(mutex_);
  budget_ = budget;
  alerting_ = alerting;
}

void ShadowLedger::Observe(const StreamSnapshot& stream, absl::Time now) {
  MutexLock lock(mutex_);
  for (int i = 0; i < kSignalCount; ++i) {
    const SignalSnapshot& s = stream.signals[static_cast<size_t>(i)];
    if (!s.enabled || !(s.threshold > 0)) continue;
    const double ratio = s.statistic / s.threshold;
    const auto signal = static_cast<Signal>(i);
    const auto it = std::find_if(
        rises_.rbegin(), rises_.rend(), [&](const EvidenceRise& e) {
          return e.open() && e.signal == signal && e.model == stream.model &&
                 e.route == stream.route;
        });
    if (it == rises_.rend()) {
      if (!(ratio >= kLeast)) continue;
      const bool shadow = (alerting_ >> i & 1) == 0;
      rises_.push_back({stream.model, stream.route, signal, shadow, now, now,
                        absl::InfiniteFuture(), std::min(ratio, 1e300),
                        budget_});
    } else if (ratio < kOverAt) {
      it->ended = now;
    } else if (ratio * it->budget.rate > it->peak * budget_.rate ||
               it->budget.per_responses != budget_.per_responses) {
      it->peak = std::min(ratio, 1e300);
      it->budget = budget_;
      it->peaked = now;
    } else {
      continue;
    }
    changed_ = true;
  }
  Trim(now);
}

void ShadowLedger::Reset(std::string_view model, std::string_view route,
                         absl::Time now) {
  MutexLock lock(mutex_);
  for (EvidenceRise& e : rises_) {
    if (!e.open() || e.model != model || e.route != route) continue;
    e.ended = now;
    changed_ = true;
  }
}

void ShadowLedger::Trim(absl::Time now) {
  while (!rises_.empty() &&
         (rises_.size() > kMaxRises || rises_.front().ended + kKept < now)) {
    // Something of the time before the next one is missing now.
    if (rises_.size() > kMaxRises) since_ = std::max(since_, rises_[1].began);
    rises_.pop_front();
    changed_ = true;
  }
  since_ = std::max(since_, now - kKept);
}

ShadowReport ShadowLedger::Report(absl::Time /*now*/) const {
  MutexLock lock(mutex_);
  return MakeReport(rises_, budget_, since_);
}

bool ShadowLedger::WantsSave() const {
  MutexLock lock(mutex_);
  return changed_;
}

std::string ShadowLedger::Save() {
  MutexLock lock(mutex_);
  StateWriter out;
  int32_t form = kForm;
  out.Field("form", form);
  out.Field("since", since_);
  out.List("rises", rises_, kMaxRises);
  changed_ = false;
  return Seal(out.Finish());
}

bool ShadowLedger::Restore(std::string_view bytes) {
  if (!Unseal(bytes)) return false;
  StateReader in(bytes);
  int32_t form = 0;
  absl::Time since = absl::InfinitePast();
  std::deque<EvidenceRise> rises;
  in.Field("form", form);
  in.Field("since", since);
  in.List("rises", rises, kMaxRises);
  if (!in.AtEnd() || form != kForm) return false;
  MutexLock lock(mutex_);
  since_ = since;
  rises_ = std::move(rises);
  return true;
}

}  // namespace reasonwatch
