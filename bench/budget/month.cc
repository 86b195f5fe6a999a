// SPDX-License-Identifier: Apache-2.0
#include "bench/budget/month.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "bench/budget/traffic.h"
#include "core/scored.h"
#include "detectors/model_watch.h"
#include "incidents/incident_book.h"

namespace reasonwatch::budget {
namespace {

WatchOptions OptionsOf(const Size& size) {
  WatchOptions options;
  options.streams = size.routes;
  return options;
}

class Run {
 public:
  Run(Kind kind, uint64_t seed, const Size& size)
      : kind_(kind),
        traffic_(kind, seed, size),
        watch_("model", OptionsOf(size)),
        book_(IncidentOptions{}) {}

  Month Live(const Learnt& learnt) {
    if (!watch_.Restore(learnt).ok()) std::abort();
    Scored scored;
    double day = 0;
    while (traffic_.Next(scored, day))
      if (day >= 0) Observe(scored, day);
    return std::move(month_);
  }

 private:
  void Observe(const Scored& scored, double day) {
    ++month_.responses;
    if (IsFault(kind_) && day >= traffic_.onset()) ++since_onset_;
    Note(watch_.Observe(scored), day);
    if (const FitJob job = watch_.NextFitJob(); !job.rows.empty())
      watch_.InstallFit(job, FitPromptRegression(job.rows));
    const int hour = static_cast<int>(day * 24);
    if (hour == hour_) return;
    hour_ = hour;
    Note(watch_.Tick(scored.start), day);
  }

  void Note(const std::vector<Finding>& findings, double day) {
    if (findings.empty()) return;
    for (const IncidentEvent& event :
         book_.Observe(findings, watch_.responses())) {
      const Incident& incident = event.incident;
      auto it =
          std::find_if(month_.alarms.begin(), month_.alarms.end(),
                       [&](const Alarm& a) { return a.id == incident.id; });
      if (it == month_.alarms.end()) {
        month_.alarms.push_back({.id = incident.id,
                                 .day = day,
                                 .signal = event.signal,
                                 .scope = event.finding.scope,
                                 .channel = event.finding.channel});
        it = month_.alarms.end() - 1;
      }
      const bool critical =
          incident.open() && incident.severity == Severity::kCritical;
      it->critical = it->critical || critical;
      NoteDelay(event, critical, day);
    }
  }

  void NoteDelay(const IncidentEvent& event, bool critical, double day) {
    if (!IsFault(kind_)) return;
    const double hours = (day - traffic_.onset()) * 24;
    if (hours < 0) {
      month_.early = static_cast<int>(month_.alarms.size());
      return;
    }
    if (event.signal == Signal::kLengthCollapse &&
        event.kind == IncidentEvent::Kind::kOpened && month_.delay < 0) {
      month_.delay = static_cast<double>(since_onset_);
      month_.hours = hours;
    }
    if (critical && month_.page_hours < 0) month_.page_hours = hours;
  }

  Kind kind_;
  Traffic traffic_;
  ModelWatch watch_;
  IncidentBook book_;
  Month month_;
  int64_t since_onset_ = 0;
  int hour_ = -1;
};

}  // namespace

Learnt LearnFirstWeek(Kind kind, uint64_t seed, const Size& size) {
  Traffic traffic(kind, seed, size);
  ModelWatch watch("model", OptionsOf(size));
  Scored scored;
  double day = 0;
  // A route has about this many responses in the week.
  constexpr double kWeek = 7 * 1440;
  const double share = size.reference > 0 ? size.reference / kWeek : 1;
  Draw draw(Mix(seed, 4));
  while (traffic.Next(scored, day) && day < 0)
    if (draw.Chance(share)) watch.LearnImported(scored);
  watch.FinishImport();
  return watch.Save(/*all=*/true);
}

Month LiveThrough(Kind kind, uint64_t seed, const Size& size,
                  const Learnt& learnt) {
  return Run(kind, seed, size).Live(learnt);
}

}  // namespace reasonwatch::budget
