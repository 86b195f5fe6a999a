// SPDX-License-Identifier: Apache-2.0
// A whole watch on synthetic responses: first changes and false alarms, then
// levels and replicas, learning and its quarantine, solved problems, snapshots,
// and at the end state that is stored whole, in part, or broken.
#include "detectors/model_watch.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/detectors/synthetic.h"

namespace reasonwatch {
namespace {

using testing::At;
using testing::Draw;
using testing::WithLength;

WatchOptions Options(double mean_responses = 1e5) {
  WatchOptions options;
  options.budget.mean_responses = mean_responses;
  return options;
}

// A healthy response with everything that a text gives.
Scored Healthy(int64_t i, Draw& draw) {
  Scored s = WithLength(i, 1000, draw);
  s.reading(Feature::kReasoningTokens) =
      std::max(0.0F, s.reading(Feature::kOutputTokens) - .3F);
  s.reading(Feature::kBoxed) = draw.Chance(.95) ? 1.0F : 0.0F;
  s.reading(Feature::kSteps) = draw.Chance(.4) ? 1.0F : 0.0F;
  s.reading(Feature::kSingleSentence) = draw.Chance(.01) ? 1.0F : 0.0F;
  s.reading(Feature::kFinishLength) = draw.Chance(.02) ? 1.0F : 0.0F;
  s.session = 1 + static_cast<uint64_t>(draw.Below(50));
  s.prompt_terms = {static_cast<uint16_t>(draw.Below(30)),
                    static_cast<uint16_t>(100 + draw.Below(30))};
  if (draw.Chance(.3)) {
    s.match = {.kind = MatchKind::kExact,
               .problem = 1 + static_cast<uint64_t>(draw.Below(300))};
    s.grade = draw.Chance(.9) ? Grade::kCorrect : Grade::kIncorrect;
  }
  return s;
}

using Maker = std::function<Scored(int64_t, Draw&)>;

// The findings of a watch on `healthy` and, from `change` on, `changed`.
struct Session {
  ModelWatch watch;
  Draw draw;
  int64_t next = 0;
  std::vector<Finding> findings;

  explicit Session(uint64_t seed, int reference = 600, double gamma = 1e5)
      : watch("model", Options(gamma)), draw(seed) {
    for (int i = 0; i < reference; ++i)
      watch.LearnImported(Healthy(i - reference, draw));
    watch.FinishImport();
  }
  std::vector<Finding> Feed(const Scored& s) {
    std::vector<Finding> found = watch.Observe(s);
    if (const FitJob job = watch.NextFitJob(); !job.rows.empty())
      watch.InstallFit(job, FitPromptRegression(job.rows));
    findings.insert(findings.end(), found.begin(), found.end());
    return found;
  }
  void Feed(int n, const Maker& make = Healthy) {
    for (int i = 0; i < n; ++i) Feed(make(next++, draw));
  }
  // Responses from now to the signal; -1 if there are more than `limit`.
  int Until(Signal signal, int limit, const Maker& make) {
    for (int i = 1; i <= limit; ++i)
      for (const Finding& f : Feed(make(next++, draw)))
        if (f.event == FindingEvent::kOpened && f.signal == signal) return i;
    return -1;
  }
};

Scored Shorter(int64_t i, Draw& draw) {
  Scored s = Healthy(i, draw);
  s.reading(Feature::kOutputTokens) -= 1.7F;
  s.reading(Feature::kReasoningTokens) =
      std::max(0.0F, s.reading(Feature::kReasoningTokens) - 1.7F);
  return s;
}
Scored Longer(int64_t i, Draw& draw) {
  Scored s = Healthy(i, draw);
  s.reading(Feature::kOutputTokens) += 1.7F;
  return s;
}
Scored Unboxed(int64_t i, Draw& draw) {
  Scored s = Healthy(i, draw);
  if (draw.Chance(.5)) s.reading(Feature::kBoxed) = 0;
  return s;
}
Scored Failing(int64_t i, Draw& draw) {
  Scored s = Healthy(i, draw);
  s.match = {.kind = MatchKind::kExact,
             .problem = 1 + static_cast<uint64_t>(draw.Below(300))};
  s.grade = draw.Chance(.5) ? Grade::kCorrect : Grade::kIncorrect;
  return s;
}

TEST(ModelWatch, AFitOfTheReferenceBeforeIsNotTheNewOnes) {
  Session session(3);
  ModelWatch& watch = session.watch;
  Draw draw(4);
  FitJob job = watch.NextFitJob();
  for (int i = 0; i < 3000 && job.rows.empty(); ++i) {
    watch.Observe(Healthy(i, draw));
    job = watch.NextFitJob();
  }
  ASSERT_FALSE(job.rows.empty());
  watch.Reset();
  watch.InstallFit(job, FitPromptRegression(job.rows));
  EXPECT_TRUE(watch.Empty());
  EXPECT_TRUE(watch.routes().empty());
}

TEST(ModelWatch, FindsEachKindOfChangeSoonAndSaysWhatItIs) {
  struct Case {
    Signal signal;
    Maker make;
    int within;
  };
  const Case cases[] = {{Signal::kLengthCollapse, Shorter, 40},
                        {Signal::kLengthRunaway, Longer, 40},
                        {Signal::kFormatMarkers, Unboxed, 60},
                        {Signal::kConsistencyRegression, Failing, 80}};
  for (const Case& c : cases) {
    Session run(1);
    run.Feed(300);
    ASSERT_TRUE(run.findings.empty());
    const int delay = run.Until(c.signal, 400, c.make);
    EXPECT_GT(delay, 0) << SignalName(c.signal);
    EXPECT_LE(delay, c.within) << SignalName(c.signal);
    const Finding& f = run.findings.back();
    EXPECT_EQ(f.signal, c.signal);
    EXPECT_EQ(f.scope, Scope::kRoute);
    EXPECT_TRUE(f.provisional);
    EXPECT_EQ(f.response_id, absl::StrFormat("r%d", run.next - 1));
    EXPECT_NEAR(static_cast<double>(f.responses_since_onset), delay, 25);
  }
}

// The exact responses at which seeded changes are found: any change of the
// arithmetic shows here.
TEST(ModelWatch, GoldenDelays) {
  const auto delay = [](Signal signal, const Maker& make) {
    Session run(2024);
    run.Feed(200);
    return run.Until(signal, 400, make);
  };
  EXPECT_EQ(delay(Signal::kLengthCollapse, Shorter), 19);
  EXPECT_EQ(delay(Signal::kLengthRunaway, Longer), 25);
  EXPECT_EQ(delay(Signal::kFormatMarkers, Unboxed), 14);
  EXPECT_EQ(delay(Signal::kConsistencyRegression, Failing), 13);
}

TEST(ModelWatch, AHealthyStreamIsSilent) {
  for (uint64_t seed : {3, 4, 5}) {
    Session run(seed);
    run.Feed(4000);
    EXPECT_TRUE(run.findings.empty()) << seed;
  }
}

TEST(ModelWatch, LearnsANewStreamWithoutABaseline) {
  Session run(6, 0);
  run.Feed(1500);
  EXPECT_TRUE(run.findings.empty());
  EXPECT_GT(run.Until(Signal::kLengthCollapse, 100, Shorter), 0);
}

TEST(ModelWatch, ChangedTrafficOfKnownKindsIsNoChangeOfTheModel) {
  // Words separate a hard prompt, three octaves longer, from an easy one.
  const auto mixed = [](double hard) {
    return [=](int64_t i, Draw& draw) {
      Scored s = At(i);
      const bool is_hard = draw.Chance(hard);
      s.reading(Feature::kOutputTokens) =
          testing::Length(is_hard ? 4000 : 500, draw);
      s.prompt_terms = {static_cast<uint16_t>(is_hard ? 2 : 1),
                        static_cast<uint16_t>(100 + draw.Below(30))};
      return s;
    };
  };
  Session run(7, 0);
  for (int i = 0; i < 800; ++i)
    run.watch.LearnImported(mixed(.7)(i - 800, run.draw));
  run.watch.FinishImport();
  run.Feed(500, mixed(.7));
  run.Feed(1500, mixed(.1));
  EXPECT_TRUE(run.findings.empty());
}

TEST(ModelWatch, AYoungReferenceLearnsUpToAChangeAndNothingOfIt) {
  const auto lengths = [](double median) {
    return [=](int64_t i, Draw& draw) { return WithLength(i, median, draw); };
  };
  const auto learnt = [](const Session& run) {
    return run.watch.reference("")->responses();
  };
  for (uint64_t seed : {31, 32, 33}) {
    Session run(seed, 0);
    for (int i = 0; i < 200; ++i)
      run.watch.LearnImported(lengths(1000)(i - 200, run.draw));
    run.watch.FinishImport();
    run.Feed(150, lengths(1000));
    // Without quiet moments all of them would wait.
    const int64_t before = learnt(run);
    EXPECT_GT(before, 200) << seed;
    ASSERT_GT(run.Until(Signal::kLengthCollapse, 100, lengths(300)), 0);
    // The responses that waited when it began, and at most a few of its own.
    EXPECT_LT(learnt(run), 350 + 4) << seed;
  }
}

TEST(ModelWatch, GradesAreLearntUpToAChangeOfThem) {
  for (uint64_t seed : {41, 42, 43}) {
    Session run(seed, 600);
    const int64_t imported = run.watch.posteriors().trials();
    run.Feed(300);
    // About ninety came, and without quiet moments all of them would wait.
    const int64_t before = run.watch.posteriors().trials();
    EXPECT_GT(before, imported) << seed;
    ASSERT_LT(before, imported + 120) << seed;
    ASSERT_GT(run.Until(Signal::kConsistencyRegression, 200, Failing), 0);
    EXPECT_LT(run.watch.posteriors().trials(), imported + 120) << seed;
  }
}

TEST(ModelWatch, ClosesAfterRecoveryAndLearnsNothingOfTheChange) {
  Session run(8);
  run.Feed(100);
  ASSERT_GT(run.Until(Signal::kLengthCollapse, 100, Shorter), 0);
  run.Feed(1000, Shorter);
  const int64_t learnt = run.watch.reference("")->responses();
  run.findings.clear();
  run.Feed(300);
  EXPECT_TRUE(std::any_of(run.findings.begin(), run.findings.end(),
                          [](const Finding& f) {
                            return f.event == FindingEvent::kClosed &&
                                   f.signal == Signal::kLengthCollapse;
                          }));
  EXPECT_EQ(run.watch.reference("")->responses(), learnt);
  run.Feed(700);
  EXPECT_GT(run.Until(Signal::kLengthCollapse, 100, Shorter), 0);
}

TEST(ModelWatch, AHarmlessChangeStaysClearedAndALaterLossIsTold) {
  const auto by = [](float bits) {
    return [bits](int64_t i, Draw& draw) {
      Scored s = Healthy(i, draw);
      s.reading(Feature::kOutputTokens) -= bits;
      s.reading(Feature::kReasoningTokens) =
          std::max(0.0F, s.reading(Feature::kReasoningTokens) - bits);
      return s;
    };
  };
  const auto renewed = [](const Session& run, Signal signal) {
    return std::count_if(
        run.findings.begin(), run.findings.end(),
        [&](const Finding& f) { return f.renewed && f.signal == signal; });
  };
  const auto clear = [](Session& run) {
    std::vector<Finding> open;
    for (const Finding& f : run.findings)
      if (f.event == FindingEvent::kOpened) open.push_back(f);
    for (const Finding& f : open) run.watch.Clear(f);
  };
  for (uint64_t seed = 20; seed < 28; ++seed) {
    // Answers two thirds as long, as another template makes them.
    Session run(seed);
    run.Feed(100);
    ASSERT_GT(run.Until(Signal::kLengthCollapse, 600, by(.9F)), 0) << seed;
    run.Feed(150, by(.9F));
    clear(run);
    run.Feed(3000, by(.9F));
    EXPECT_EQ(renewed(run, Signal::kLengthCollapse), 0) << seed;
    run.Feed(100, by(2.6F));
    EXPECT_EQ(renewed(run, Signal::kLengthCollapse), 1) << seed;

    // Problems are failed now and then, then mostly.
    Session failing(seed);
    const auto at = [](double rate) {
      return [rate](int64_t i, Draw& draw) {
        Scored s = Healthy(i, draw);
        s.match = {.kind = MatchKind::kExact,
                   .problem = 1 + static_cast<uint64_t>(draw.Below(300))};
        s.grade = draw.Chance(rate) ? Grade::kIncorrect : Grade::kCorrect;
        return s;
      };
    };
    failing.Feed(300);
    ASSERT_GT(failing.Until(Signal::kConsistencyRegression, 600, at(.3)), 0);
    failing.Feed(150, at(.3));
    clear(failing);
    failing.Feed(1500, at(.3));
    EXPECT_EQ(renewed(failing, Signal::kConsistencyRegression), 0) << seed;
    failing.Feed(150, at(.9));
    EXPECT_EQ(renewed(failing, Signal::kConsistencyRegression), 1) << seed;
  }
}

TEST(ModelWatch, IgnoresItsOwnRequests) {
  Session run(9);
  for (Origin origin : {Origin::kCanary, Origin::kRescore, Origin::kSelftest}) {
    run.Feed(200, [&](int64_t i, Draw& draw) {
      Scored s = Shorter(i, draw);
      s.origin = origin;
      return s;
    });
  }
  EXPECT_TRUE(run.findings.empty());
  EXPECT_EQ(run.watch.responses(), 0);
}

TEST(ModelWatch, SeveralRoutesTogetherShowWhatOneAloneDoesNotYet) {
  Session run(10, 0);
  const auto routed = [](const Maker& make) {
    return [=](int64_t i, Draw& draw) {
      Scored s = make(i, draw);
      s.route = absl::StrFormat("route%d", i % 10);
      return s;
    };
  };
  for (int i = 0; i < 3000; ++i)
    run.watch.LearnImported(routed(Healthy)(i, run.draw));
  run.watch.FinishImport();
  run.next = 3000;
  run.Feed(500, routed(Healthy));
  ASSERT_TRUE(run.findings.empty());
  const int delay = run.Until(Signal::kLengthCollapse, 200, routed(Shorter));
  ASSERT_GT(delay, 0);
  EXPECT_EQ(run.findings.back().scope, Scope::kModel);
  EXPECT_EQ(run.findings.back().route, "");
}

TEST(ModelWatch, OneBadReplicaIsNamed) {
  Session run(11);
  const auto on_replicas = [](bool bad) {
    return [=](int64_t i, Draw& draw) {
      const int replica = draw.Below(8);
      Scored s = bad && replica == 3 ? Shorter(i, draw) : Healthy(i, draw);
      s.replica = absl::StrFormat("replica%d", replica);
      return s;
    };
  };
  run.Feed(500, on_replicas(false));
  ASSERT_TRUE(run.findings.empty());
  run.Feed(800, on_replicas(true));
  int named = 0;
  for (const Finding& f : run.findings) {
    if (f.scope != Scope::kReplica || f.event != FindingEvent::kOpened)
      continue;
    EXPECT_EQ(f.replica, "replica3");
    ++named;
  }
  EXPECT_GE(named, 1);
}

TEST(ModelWatch, ReplicasBeyondTheBoundAreCounted) {
  WatchOptions options = Options();
  options.max_replicas = 4;
  ModelWatch watch("model", options);
  Draw draw(12);
  for (int i = 0; i < 100; ++i) {
    Scored s = Healthy(i, draw);
    s.replica = absl::StrFormat("replica%d", i % 10);
    watch.Observe(s);
  }
  EXPECT_EQ(watch.replicas_not_watched(), 60);
}

TEST(ModelWatch, SilenceOfAWeekClosesWhatIsOpen) {
  Session run(13);
  ASSERT_GT(run.Until(Signal::kLengthCollapse, 100, Shorter), 0);
  const absl::Time last = At(run.next).start;
  EXPECT_TRUE(run.watch.Tick(last + absl::Hours(24 * 6)).empty());
  const auto closed = run.watch.Tick(last + absl::Hours(24 * 8));
  ASSERT_FALSE(closed.empty());
  EXPECT_EQ(closed[0].event, FindingEvent::kClosed);
}

TEST(ModelWatch, StatesFollowWhatIsKnown) {
  Session run(14, 0);
  const auto state = [&] {
    const auto snapshots = run.watch.Snapshot(At(run.next).start);
    return snapshots.at(0).state;
  };
  run.Feed(10);
  EXPECT_EQ(state(), StreamState::kLearning);
  run.Feed(200);
  EXPECT_EQ(state(), StreamState::kProvisional);
  EXPECT_EQ(run.watch.Snapshot(At(run.next).start + absl::Hours(30))[0].state,
            StreamState::kStale);
}

TEST(ModelWatch, IsBlindWhereMostTrafficHasNoReference) {
  Session run(14);
  run.Feed(kQuarantine, [](int64_t i, Draw& draw) {
    Scored s = Healthy(i, draw);
    s.stratum.task = 77;
    return s;
  });
  const StreamSnapshot snapshot = run.watch.Snapshot(At(run.next).start)[0];
  EXPECT_EQ(snapshot.state, StreamState::kBlind);
  EXPECT_EQ(snapshot.coverage_ratio, 0);
}

// The content of a finding, to compare two of them.
std::string Shown(const Finding& f) {
  return absl::StrFormat(
      "%d %s %s %s %s %.17g %.17g %s %d %.17g %.17g", static_cast<int>(f.event),
      SignalName(f.signal), ScopeName(f.scope), f.replica, f.response_id,
      f.statistic, f.threshold, f.onset_id, f.responses_since_onset,
      f.effect.value, f.affected_share);
}

Scored Eventful(int64_t i, Draw& draw) {
  Scored s = i / 150 % 3 == 2 ? Shorter(i, draw) : Healthy(i, draw);
  s.route = i % 5 == 0 ? "b" : "a";
  s.replica = absl::StrFormat("replica%d", i % 3);
  s.stratum.turn = static_cast<uint8_t>(i % 3);
  s.request_changed = draw.Chance(.1);
  s.reasoning_withheld = draw.Chance(.1);
  return s;
}

TEST(ModelWatch, RestoredAnywhereItSaysTheSameFromThereOn) {
  Draw points(15);
  for (int round = 0; round < 5; ++round) {
    const int cut = 50 + points.Below(900);
    Session run(16, 300);
    run.Feed(cut, Eventful);
    const auto blobs = run.watch.Save(true);
    ModelWatch other("model", Options());
    ASSERT_TRUE(other.Restore(blobs).ok());
    EXPECT_EQ(other.PrintState(), run.watch.PrintState());
    const auto again = other.Save(true);
    ASSERT_EQ(again.size(), blobs.size());
    for (size_t b = 0; b < blobs.size(); ++b) {
      EXPECT_EQ(again[b].kind, blobs[b].kind);
      EXPECT_TRUE(again[b].bytes == blobs[b].bytes) << blobs[b].kind;
    }
    int told = 0;
    for (int i = 0; i < 400; ++i) {
      const Scored s = Eventful(run.next++, run.draw);
      const auto a = run.watch.Observe(s);
      const auto b = other.Observe(s);
      ASSERT_EQ(a.size(), b.size()) << cut << " + " << i;
      for (size_t k = 0; k < a.size(); ++k) EXPECT_EQ(Shown(a[k]), Shown(b[k]));
      told += static_cast<int>(a.size());
    }
    EXPECT_GT(told, 0) << cut;
  }
}

TEST(ModelWatch, ACheckpointOfWhatChangedIsEnough) {
  Session run(17, 700);
  run.Feed(50, Eventful);
  std::map<std::string, StateBlob> stored;
  const auto store = [&](std::vector<StateBlob> blobs) {
    for (StateBlob& b : blobs) stored[b.kind] = std::move(b);
  };
  store(run.watch.Save(true));
  for (int i = 0; i < 5; ++i) {
    run.Feed(300, Eventful);
    store(run.watch.Save(false));
  }
  std::vector<StateBlob> blobs;
  for (const auto& [kind, blob] : stored) blobs.push_back(blob);
  ModelWatch other("model", Options());
  ASSERT_TRUE(other.Restore(blobs).ok());
  const auto a = run.watch.Save(true);
  const auto b = other.Save(true);
  ASSERT_EQ(a.size(), b.size());
  for (size_t k = 0; k < a.size(); ++k)
    EXPECT_TRUE(a[k].bytes == b[k].bytes) << a[k].kind;
}

TEST(ModelWatch, TimesThatNobodyKnowsOrBelievesDoNoHarm) {
  ModelWatch watch("model", Options());
  Draw draw(22);
  for (int i = 0; i < 100; ++i) {
    Scored s = Healthy(i, draw);
    s.start = absl::InfinitePast();
    watch.LearnImported(s);
  }
  watch.FinishImport();
  const absl::Time times[] = {absl::InfinitePast(),
                              absl::InfiniteFuture(),
                              absl::UnixEpoch(),
                              absl::FromUnixSeconds(1700000000),
                              absl::FromUnixSeconds(-99999999999),
                              absl::FromUnixSeconds(99999999999)};
  for (int i = 0; i < 120; ++i) {
    Scored s = Healthy(i, draw);
    s.start = times[i % 6];
    watch.Observe(s);
  }
  ModelWatch restored("model", Options());
  EXPECT_TRUE(restored.Restore(watch.Save(true)).ok());
  EXPECT_EQ(restored.responses(), 120);
}

class CorruptStateTest : public ::testing::Test {
 protected:
  CorruptStateTest() : run_(18, 300) {
    run_.Feed(200, Eventful);
    blobs_ = run_.watch.Save(true);
  }
  // The watch is then as new and works.
  void ExpectLoss(const std::vector<StateBlob>& blobs) {
    ModelWatch watch("model", Options());
    const absl::Status status = watch.Restore(blobs);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    Draw draw(19);
    for (int i = 0; i < 3; ++i) watch.Observe(Eventful(i, draw));
    EXPECT_EQ(watch.responses(), 3);
    EXPECT_EQ(watch.reference("a")->responses(), 2);
  }
  Session run_;
  std::vector<StateBlob> blobs_;
};

TEST_F(CorruptStateTest, AFlippedBitIsDataLoss) {
  Draw draw(20);
  for (int round = 0; round < 60; ++round) {
    auto broken = blobs_;
    auto& bytes =
        broken[static_cast<size_t>(draw.Below(static_cast<int>(broken.size())))]
            .bytes;
    const auto at =
        static_cast<size_t>(draw.Below(static_cast<int>(bytes.size())));
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << draw.Below(8)));
    ExpectLoss(broken);
  }
}

TEST_F(CorruptStateTest, ACutBlobIsDataLoss) {
  Draw draw(21);
  for (int round = 0; round < 30; ++round) {
    auto broken = blobs_;
    auto& bytes = broken.back().bytes;
    bytes.resize(
        static_cast<size_t>(draw.Below(static_cast<int>(bytes.size()))));
    ExpectLoss(broken);
  }
}

TEST_F(CorruptStateTest, AMissingPartIsDataLoss) {
  for (size_t b = 0; b + 1 < blobs_.size(); ++b) {
    auto broken = blobs_;
    broken.erase(broken.begin() + static_cast<std::ptrdiff_t>(b));
    ExpectLoss(broken);
  }
}

TEST_F(CorruptStateTest, AnotherVersionIsDataLossThatSaysSo) {
  auto broken = blobs_;
  broken.back().version = 99;
  ModelWatch watch("model", Options());
  const absl::Status status = watch.Restore(broken);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(std::string(status.message()).find("99"), std::string::npos);
}

TEST_F(CorruptStateTest, StateOfAnotherModelIsNotTaken) {
  ModelWatch watch("another", Options());
  EXPECT_TRUE(watch.Restore(blobs_).ok());
  EXPECT_EQ(watch.responses(), 0);
}

}  // namespace
}  // namespace reasonwatch
