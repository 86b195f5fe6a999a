// SPDX-License-Identifier: Apache-2.0
// Asked again the way it failed: a loss that shows only under load, behind
// another request, on one replica or in one delivery is found there, and a
// clean answer to a single question never lowers it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "rescore/ways/requests_before.h"
#include "rescore/ways/way_plan.h"
#include "tests/rescore/rescorer_fixture.h"

namespace reasonwatch {
namespace {

using testing::HasSubstr;

class WaysTest : public RescorerFixture {
 protected:
  // Keeps questions at the server until `count` are there, once `from` were
  // answered. One that nobody joins goes on after a while, and is alone.
  void Gather(int count, size_t from) {
    client_->SetDuring([this, count, from] {
      if (client_->requests().size() <= from) return;
      std::unique_lock<std::mutex> lock(gathering_);
      ++there_;
      most_ = std::max(most_, there_);
      gathered_.notify_all();
      gathered_.wait_for(lock, std::chrono::seconds(5),
                         [&] { return most_ >= count; });
      together_ = most_;
      if (--there_ == 0) most_ = 0;
    });
  }
  // The verdict, of which there is one alone; no verdict lowered the incident
  // before it.
  const Verdict& OnlyVerdict() {
    EXPECT_EQ(emitted_.size(), 1u);
    return emitted_.front();
  }
  static const Difference* Find(const Verdict& v, const std::string& way) {
    for (const Difference& d : v.differences)
      if (d.name == way) return &d;
    return nullptr;
  }
  // How many samples clear a healthy model one at a time: those of an incident
  // of which no live failure is known. The next incident is a new one.
  size_t SamplesAlone() {
    Start([](const SampleRequest&) { return true; });
    Open(Signal::kConsistencyRegression);
    Run(absl::Minutes(14));
    EXPECT_EQ(emitted_.size(), 1u);
    EXPECT_EQ(emitted_.front().kind, VerdictKind::kNotReproduced);
    const auto samples = static_cast<size_t>(emitted_.front().samples);
    emitted_.clear();
    book_ = IncidentBook({.can_confirm = true});
    return samples;
  }

  std::mutex gathering_;
  std::condition_variable gathered_;
  int there_ = 0;
  int most_ = 0;
  std::atomic<int> together_ = 0;
};

TEST_F(WaysTest, ALossUnderLoadIsFoundByAskingAsManyAtOnce) {
  const size_t alone = SamplesAlone();
  Start([&](const SampleRequest&) { return together_ < 4; });
  Gather(4, alone);
  Fail(4);
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(14));
  const Verdict& v = OnlyVerdict();
  EXPECT_EQ(v.kind, VerdictKind::kConfirmed);
  EXPECT_EQ(v.reason, kConcurrent);
  ASSERT_NE(Find(v, kConcurrent), nullptr);
  EXPECT_EQ(Find(v, kConcurrent)->cause, "cache_or_batching");
  EXPECT_LT(Find(v, kConcurrent)->high, 0);
  EXPECT_GE(Find(v, kConcurrent)->pairs, 12);
  EXPECT_EQ(Now().causes.front().cause, "cache_or_batching");
  EXPECT_EQ(Now().severity, Severity::kCritical);
}

TEST_F(WaysTest, ALossBehindTheSameBeginningIsFoundInAWarmCache) {
  std::string last;
  Start([&](const SampleRequest& r) {
    return std::exchange(last, r.id).find("-before") == std::string::npos;
  });
  Fail(1, [](Scored& s) { s.session = 7; });
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(14));
  const Verdict& v = OnlyVerdict();
  EXPECT_EQ(v.kind, VerdictKind::kConfirmed);
  EXPECT_EQ(v.reason, kWarm);
  EXPECT_EQ(Now().causes.front().cause, "cache_or_batching");
}

TEST_F(WaysTest, ALossInOneDeliveryIsFoundThere) {
  Start([](const SampleRequest& r) { return !r.stream; });
  Fail(1, [](Scored& s) { s.streamed = true; });
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(14));
  EXPECT_EQ(OnlyVerdict().reason, kStreamed);
  EXPECT_EQ(Now().causes.front().cause, "server_parser_split");
}

TEST_F(WaysTest, ALossOfOneReplicaIsFoundAtItsAddress) {
  FakeClient r1(clock_, [](const SampleRequest&) { return true; });
  FakeClient r2(clock_, [](const SampleRequest&) { return false; });
  endpoints_.replicas = {{"r1", &r1}, {"r2", &r2}};
  for (const bool named : {true, false}) {
    emitted_.clear();
    book_ = IncidentBook({.can_confirm = true});
    Start([](const SampleRequest&) { return true; });
    for (int i = 0; i < 20; ++i) {
      Scored s = ScoredTrial(1, true);
      s.replica = named ? "r1" : "";
      s.start = clock_.Now() + absl::Seconds(i);
      s.end = s.start + absl::Milliseconds(500);
      rescorer_->Observe(s);
    }
    Fail(1, [&](Scored& s) { s.replica = named ? "r2" : ""; });
    Open(Signal::kConsistencyRegression);
    RunOn(absl::Minutes(14));
    ASSERT_EQ(emitted_.size(), 1u);
    const Verdict& v = emitted_[0];
    EXPECT_EQ(v.kind, VerdictKind::kConfirmed);
    EXPECT_EQ(v.reason, "replica/r2");
    EXPECT_EQ(v.differences.front().name, "replica/r2");
    EXPECT_LT(v.differences.front().value, 0);
    EXPECT_EQ(Now().causes.front().cause, "replica_fault");
  }
}

TEST_F(WaysTest, AReplicaWithoutAnAddressClearsNothing) {
  Start([](const SampleRequest&) { return true; });
  for (int i = 0; i < 20; ++i) {
    Scored s = ScoredTrial(1, true);
    s.replica = "r1";
    s.start = clock_.Now() + absl::Seconds(i);
    rescorer_->Observe(s);
  }
  Fail(1, [&](Scored& s) { s.replica = "r2"; });
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(14));
  const Verdict& v = OnlyVerdict();
  EXPECT_EQ(v.kind, VerdictKind::kNotReproducedAlone);
  EXPECT_EQ(v.reason, "replica/r2");
  EXPECT_EQ(v.differences.front().untried, "no_address");
  EXPECT_EQ(Now().confirmation, Confirmation::kUnavailable);
  EXPECT_EQ(Now().severity, Severity::kCritical);
}

TEST_F(WaysTest, AHealthyModelIsClearedUnderTheConditionsOfTheFailure) {
  Start([](const SampleRequest&) { return true; });
  Fail(3, [](Scored& s) {
    s.session = 7;
    s.streamed = true;
  });
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Hours(1));
  const Verdict& v = OnlyVerdict();
  EXPECT_EQ(v.kind, VerdictKind::kNotReproduced);
  for (const char* way : {kConcurrent, kWarm, kStreamed}) {
    ASSERT_NE(Find(v, way), nullptr) << way;
    EXPECT_GE(Find(v, way)->pairs, 8) << way;
    EXPECT_EQ(Find(v, way)->untried, "") << way;
    EXPECT_EQ(Find(v, way)->cause, "") << way;
  }
  EXPECT_EQ(Now().severity, Severity::kWarning);
  EXPECT_EQ(Now().confirmation, Confirmation::kNotReproduced);
  // As many at once as ran live, and none of them twice.
  std::set<std::string> ids;
  for (const SampleRequest& r : client_->requests())
    EXPECT_TRUE(ids.insert(r.id).second) << r.id;
}

TEST_F(WaysTest, OneAtATimeIsNotEnoughAtTheDeadline) {
  const auto alone = static_cast<int64_t>(SamplesAlone());
  Start([](const SampleRequest&) { return true; });
  Fail(2);
  Open(Signal::kConsistencyRegression);
  // The gate shuts once the plain way has found nothing.
  while (rescorer_->Counters().samples < alone) RunOn(absl::Seconds(1));
  client_->SetLoad(LoadReading{3, 9, .9});
  RunOn(absl::Minutes(16));
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(emitted_[0].kind, VerdictKind::kNotReproducedAlone);
  ASSERT_NE(Find(emitted_[0], kConcurrent), nullptr);
  EXPECT_EQ(Find(emitted_[0], kConcurrent)->untried, "gate_shut");
  EXPECT_EQ(Now().severity, Severity::kCritical);
  client_->SetLoad(LoadReading{0, 0, .1});
  RunOn(absl::Minutes(30));
  EXPECT_EQ(emitted_.back().kind, VerdictKind::kNotReproduced);
  EXPECT_EQ(Now().severity, Severity::kWarning);
}

TEST_F(WaysTest, GivesUpAWayThatUsersLeaveNoRoomFor) {
  const auto alone = static_cast<int64_t>(SamplesAlone());
  Start([](const SampleRequest&) { return true; });
  Fail(2);
  Open(Signal::kConsistencyRegression);
  // Users come whenever two questions are under way.
  client_->SetDuring([&] {
    if (rescorer_->Counters().samples < alone) return;
    client_->SetLoad(LoadReading{1, 6, .2});
    rescorer_->Watch();
    client_->SetLoad(LoadReading{0, 0, .1});
  });
  RunOn(absl::Minutes(14));
  const Verdict& v = OnlyVerdict();
  EXPECT_EQ(v.kind, VerdictKind::kNotReproducedAlone);
  ASSERT_NE(Find(v, kConcurrent), nullptr);
  EXPECT_EQ(Find(v, kConcurrent)->untried, "no_room");
  EXPECT_GE(rescorer_->Counters().yielded, 3);
}

TEST_F(WaysTest, GoesOnAfterACrashWithTheConditionsItHad) {
  Start([](const SampleRequest& r) { return !r.stream; });
  Fail(1, [](Scored& s) { s.streamed = true; });
  Open(Signal::kConsistencyRegression);
  while (client_->requests().size() < 10) RunOn(absl::Seconds(1));
  Restart();
  RunOn(absl::Minutes(2));
  Restart();
  RunOn(absl::Minutes(14));
  EXPECT_EQ(OnlyVerdict().reason, kStreamed);
  std::set<std::string> ids;
  for (const SampleRequest& r : client_->requests()) ids.insert(r.id);
  // At most the question that was under way is asked twice.
  EXPECT_GE(ids.size() + 2, client_->requests().size());
}

TEST(RequestsBefore, BeginAsTheQuestionDoes) {
  Response question;
  question.prompt = "What is 1 + 1?";
  SampleRequest request;
  request.id = "rw-1";
  request.max_tokens = 4096;
  request.messages_json =
      R"([{"role":"system","content":"Be brief."},{"role":"user","content":"What is 1 + 1?"}])";
  const auto warm = RequestsBefore(kWarm, question, request);
  ASSERT_TRUE(warm.ok());
  ASSERT_EQ(warm->size(), 1u);
  EXPECT_THAT(warm->front().messages_json,
              HasSubstr(R"("content":"What is 1 + 1?)"));
  EXPECT_NE(warm->front().messages_json, request.messages_json);
  EXPECT_LT(warm->front().max_tokens, 100);
  EXPECT_NE(warm->front().id, request.id);
  const auto aba = RequestsBefore(kAba, question, request);
  ASSERT_TRUE(aba.ok());
  ASSERT_EQ(aba->size(), 2u);
  EXPECT_EQ((*aba)[0].messages_json, request.messages_json);
  EXPECT_GT((*aba)[1].messages_json.size(), 2000u);
  EXPECT_TRUE(RequestsBefore("", question, request)->empty());
  request.messages_json = "{";
  EXPECT_FALSE(RequestsBefore(kWarm, question, request).ok());
}

}  // namespace
}  // namespace reasonwatch
