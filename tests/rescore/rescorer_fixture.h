// SPDX-License-Identifier: Apache-2.0
// A rescorer between an incident book and a fake model, in virtual time.
#ifndef REASONWATCH_TESTS_RESCORE_RESCORER_FIXTURE_H_
#define REASONWATCH_TESTS_RESCORE_RESCORER_FIXTURE_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "incidents/incident_book.h"
#include "rescore/rescorer.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_store.h"
#include "tests/rescore/fake_client.h"
#include "tests/rescore/problems.h"

namespace reasonwatch {

inline const absl::Time kBegin = absl::FromUnixSeconds(1700000000);

inline Finding CriticalFinding(Signal signal, double statistic = 1e9) {
  Finding f;
  f.signal = signal;
  f.model = "m";
  f.scope = Scope::kModel;
  f.response_id = "r1";
  f.time = kBegin;
  f.statistic = statistic;
  f.threshold = 1e6;
  f.passed_critical = true;
  f.effect = {-.4, -.5, -.3, "points"};
  if (signal == Signal::kLengthCollapse) f.effect = {.2, .1, .3, "ratio"};
  return f;
}

class RescorerFixture : public ::testing::Test {
 protected:
  void Start(FakeClient::Answers answers, const RescorerOptions& options = {}) {
    client_.emplace(clock_, std::move(answers));
    endpoints_.watched = &*client_;
    Restart(options);
  }
  // As after a crash: the book and the store live on.
  void Restart(const RescorerOptions& options = {}) {
    rescorer_ = std::make_unique<Rescorer>(
        options, endpoints_, clock_, evaluator_, &store_,
        [this](const Verdict& v) { Deliver(v); });
    rescorer_->SetProblems(std::make_shared<const ProblemSet>(
        UniformProblems(problems_, trials_, trials_ / 8)));
    ASSERT_TRUE(rescorer_->Resume(book_.Open()).ok());
  }
  // A verdict to its incident, unless it is lost on its way.
  void Deliver(const Verdict& v) {
    emitted_.push_back(v);
    if (loses_verdicts_) return;
    auto event = book_.ApplyVerdict(v);
    if (!event.has_value()) return;
    event_ = *event;
    ASSERT_TRUE(store_.PutIncidents({event->incident}, {}).ok());
    rescorer_->Observe(event->incident);
  }
  void Open(Signal signal) { Report(CriticalFinding(signal)); }
  // A finding of the detectors.
  void Report(const Finding& finding) {
    for (const IncidentEvent& event : book_.Observe({finding}, ++responses_)) {
      event_ = event;
      rescorer_->Observe(event.incident);
    }
  }
  // Live failures, one wave of `at_once` after the other; `change` sets more of
  // each.
  void Fail(int at_once, const std::function<void(Scored&)>& change = {}) {
    for (int wave = 0; wave < 8; ++wave)
      for (int i = 0; i < at_once; ++i) {
        Scored s = ScoredTrial(static_cast<uint64_t>(1 + i), /*passes=*/false);
        s.start = clock_.Now() + absl::Seconds(10 * wave);
        s.end = s.start + absl::Seconds(5);
        s.replica = wave % 2 == 0 ? "r1" : "r2";
        if (change) change(s);
        rescorer_->Observe(s);
      }
  }
  // Steps until a verdict is emitted, or for so long.
  void Run(absl::Duration at_most) {
    const absl::Time until = clock_.Now() + at_most;
    const size_t emitted = emitted_.size();
    while (clock_.Now() < until && emitted_.size() == emitted)
      clock_.Advance(rescorer_->Step());
  }
  void RunOn(absl::Duration time) {
    const absl::Time until = clock_.Now() + time;
    while (clock_.Now() < until) clock_.Advance(rescorer_->Step());
  }
  std::vector<RescoreJob> Jobs() {
    return *store_.LoadRescoreJobs(absl::InfinitePast());
  }
  Incident Now() { return book_.Open().front(); }

  FakeClock clock_{kBegin};
  FakeEvaluator evaluator_;
  FakeStore store_;
  std::optional<FakeClient> client_;
  RescoreEndpoints endpoints_;
  IncidentBook book_{{.can_confirm = true}};
  std::unique_ptr<Rescorer> rescorer_;
  bool loses_verdicts_ = false;
  std::vector<Verdict> emitted_;
  IncidentEvent event_;
  int64_t responses_ = 0;
  int problems_ = 64;
  int trials_ = 16;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_RESCORE_RESCORER_FIXTURE_H_
