// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify/evaluation_export.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "util/mutex.h"

namespace reasonwatch {
namespace {

EvaluationEvent Event(int number) {
  EvaluationEvent event;
  event.response_id = std::to_string(number);
  return event;
}

// A collector that refuses the first batches, or holds one until it is let go.
class Collector {
 public:
  explicit Collector(int refusals, bool holds = false)
      : refusals_(refusals), holds_(holds) {}
  EvaluationPorts ports() {
    EvaluationPorts ports;
    ports.post = [this](const std::vector<EvaluationEvent>& events) {
      while (held()) absl::SleepFor(absl::Milliseconds(1));
      MutexLock lock(mutex_);
      ++posts_;
      if (refusals_-- > 0) return absl::UnavailableError("HTTP 503");
      batches_.push_back(events.size());
      for (const EvaluationEvent& e : events) ids_.push_back(e.response_id);
      return absl::OkStatus();
    };
    ports.on_failure = [this](const absl::Status& why, size_t lost) {
      MutexLock lock(mutex_);
      lost_.emplace_back(std::string(why.message()), lost);
    };
    return ports;
  }
  void LetGo() {
    MutexLock lock(mutex_);
    holds_ = false;
  }
  int posts() const {
    MutexLock lock(mutex_);
    return posts_;
  }
  std::vector<std::string> ids() const {
    MutexLock lock(mutex_);
    return ids_;
  }
  std::vector<size_t> batches() const {
    MutexLock lock(mutex_);
    return batches_;
  }
  std::vector<std::pair<std::string, size_t>> lost() const {
    MutexLock lock(mutex_);
    return lost_;
  }

 private:
  bool held() const {
    MutexLock lock(mutex_);
    return holds_;
  }
  mutable Mutex mutex_;
  int refusals_ ABSL_GUARDED_BY(mutex_);
  bool holds_ ABSL_GUARDED_BY(mutex_);
  int posts_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> ids_ ABSL_GUARDED_BY(mutex_);
  std::vector<size_t> batches_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::pair<std::string, size_t>> lost_ ABSL_GUARDED_BY(mutex_);
};

bool WaitFor(const EvaluationExport& out, const std::string& outcome,
             int64_t n) {
  for (int i = 0; i < 4000; ++i) {
    if (out.Counts()[outcome] >= n) return true;
    absl::SleepFor(absl::Milliseconds(2));
  }
  return false;
}

TEST(EvaluationExport, SendsInOrderInBoundedBatches) {
  Collector collector(/*refusals=*/0);
  EvaluationExport out(collector.ports(), absl::Milliseconds(20),
                       absl::Milliseconds(1));
  for (int i = 0; i < 1000; ++i) out.Add(Event(i));
  ASSERT_TRUE(WaitFor(out, "sent", 1000));
  std::vector<std::string> expected;
  for (int i = 0; i < 1000; ++i) expected.push_back(std::to_string(i));
  EXPECT_EQ(collector.ids(), expected);
  for (const size_t size : collector.batches())
    EXPECT_LE(size, EvaluationExport::kMaxBatch);
}

TEST(EvaluationExport, TriesAgainAndThenCountsTheLoss) {
  Collector mended(/*refusals=*/EvaluationExport::kAttempts - 1);
  {
    EvaluationExport out(mended.ports(), absl::Milliseconds(1),
                         absl::Milliseconds(1));
    out.Add(Event(1));
    ASSERT_TRUE(WaitFor(out, "sent", 1));
    EXPECT_EQ(out.Counts()["failed"], 0);
  }
  Collector broken(/*refusals=*/1000);
  EvaluationExport out(broken.ports(), absl::Milliseconds(1),
                       absl::Milliseconds(1));
  out.Add(Event(1));
  ASSERT_TRUE(WaitFor(out, "failed", 1));
  EXPECT_EQ(broken.posts(), EvaluationExport::kAttempts);
  for (int i = 0; i < 1000 && broken.lost().empty(); ++i)
    absl::SleepFor(absl::Milliseconds(2));
  ASSERT_EQ(broken.lost().size(), 1u);
  EXPECT_EQ(broken.lost()[0], (std::pair<std::string, size_t>("HTTP 503", 1)));
}

TEST(EvaluationExport, AFullQueueDropsAndNeverWaits) {
  Collector slow(/*refusals=*/0, /*holds=*/true);
  EvaluationExport out(slow.ports(), absl::Milliseconds(1),
                       absl::Milliseconds(1));
  const int sent = static_cast<int>(EvaluationExport::kMaxWaiting +
                                    EvaluationExport::kMaxBatch) +
                   100;
  for (int i = 0; i < sent; ++i) out.Add(Event(i));
  const int64_t dropped = out.Counts()["dropped"];
  EXPECT_GE(dropped, 100);
  slow.LetGo();
  ASSERT_TRUE(WaitFor(out, "sent", sent - dropped));
  EXPECT_EQ(out.Counts()["sent"] + dropped, sent);
}

TEST(EvaluationExport, SendsTheRestAtItsEndWithoutPauses) {
  Collector collector(/*refusals=*/0), broken(/*refusals=*/1000);
  auto out = std::make_unique<EvaluationExport>(collector.ports(),
                                                absl::Hours(1), absl::Hours(1));
  auto refused = std::make_unique<EvaluationExport>(
      broken.ports(), absl::Hours(1), absl::Hours(1));
  for (int i = 0; i < 300; ++i) {
    out->Add(Event(i));
    refused->Add(Event(i));
  }
  out.reset();
  EXPECT_EQ(collector.ids().size(), 300u);
  refused.reset();  // within the test's time
  EXPECT_GE(broken.lost().size(), 1u);
}

}  // namespace
}  // namespace reasonwatch
