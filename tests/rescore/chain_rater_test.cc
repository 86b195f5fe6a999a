// SPDX-License-Identifier: Apache-2.0
// The chain rater before a judge that is good, that drifts, that is down or
// that answers nonsense; its budget and its bounds.
#include "rescore/judge/chain_rater.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_format.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_store.h"

namespace reasonwatch {
namespace {

// Gives anchors their scores, off by `drift`, and other chains low scores if
// they say so.
class FakeJudge : public ModelClient {
 public:
  absl::StatusOr<std::vector<Response>> Sample(
      const SampleRequest& request) override {
    ++asked;
    bytes += static_cast<int64_t>(request.messages_json.size());
    EXPECT_LE(request.max_tokens, 1024);
    EXPECT_EQ(request.temperature, 0);
    if (!fault.ok()) return fault;
    RubricScores scores = {2, 2, 2};
    if (request.messages_json.find("nonsense") != std::string::npos)
      scores = {1, 1, 0};
    for (const RubricAnchor& anchor : RubricAnchors())
      if (request.messages_json.find(anchor.question.substr(0, 20)) !=
          std::string::npos)
        scores = anchor.scores;
    for (int& score : scores) score = score >= drift ? score - drift : 2;
    Response r;
    r.content = unreadable ? "I would rather not."
                           : absl::StrFormat(
                                 "Well {so}:\n```json\n"
                                 R"({"self_contained": %d, )"
                                 R"("connected": %d, )"
                                 "\"follows\": %d}\n```",
                                 scores[0], scores[1], scores[2]);
    return std::vector<Response>{r};
  }
  absl::StatusOr<LoadReading> Load() override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<Regime> ReadRegime(std::string_view) override {
    return Regime();
  }

  int asked = 0;
  int64_t bytes = 0;
  int drift = 0;
  bool unreadable = false;
  absl::Status fault;
};

class ChainRaterTest : public testing::Test {
 protected:
  void Start(double tokens_per_hour = 1e6) {
    ChainRaterOptions options;
    options.model = "judge";
    options.tokens_per_hour = tokens_per_hour;
    options.answer_text = [](const Response& r) { return *r.content; };
    options.on_rated = [this](const std::string& i) { rated_.insert(i); };
    rater_ = std::make_unique<ChainRater>(options, client_, clock_, &store_);
  }
  void Add(int count, const std::string& incident, const std::string& chain) {
    for (int i = 0; i < count; ++i)
      rater_->Add({"m", incident, "What is it?", chain});
  }
  void RunOn(absl::Duration time) {
    const absl::Time until = clock_.Now() + time;
    while (clock_.Now() < until)
      clock_.Advance(rater_->Step() + absl::Milliseconds(1));
  }

  FakeClock clock_{absl::FromUnixSeconds(1700000000)};
  FakeStore store_;
  FakeJudge client_;
  std::unique_ptr<ChainRater> rater_;
  std::set<std::string> rated_;
};

TEST_F(ChainRaterTest, RatesAnIncidentBesideTheModelWhenHealthy) {
  Start();
  Add(100, "", "It is 4, since 2 and 2 are 4.");
  RunOn(absl::Minutes(5));
  EXPECT_EQ(rater_->Counters().anchor_error, 0);
  EXPECT_EQ(rater_->Counters().chains["rated"], kHealthyChains);
  Add(8, "inc-1", "nonsense");
  Add(2, "inc-1", "It is 4, since 2 and 2 are 4.");
  RunOn(absl::Minutes(1));
  EXPECT_TRUE(rated_.contains("inc-1"));
  auto [incident, healthy] = rater_->Shares("m", "inc-1");
  EXPECT_EQ(incident.rated, 10);
  EXPECT_EQ(incident.low, 8);
  EXPECT_EQ(healthy.rated, kHealthyChains);
  EXPECT_EQ(healthy.low, 0);
  EXPECT_EQ(rater_->Shares("m", "inc-2").first.rated, 0);
  // The healthy shares outlive a restart.
  Start();
  const int before = client_.asked;
  Add(5, "", "It is 4.");
  RunOn(absl::Minutes(1));
  EXPECT_EQ(client_.asked, before);
}

TEST_F(ChainRaterTest, ADriftingJudgeIsIgnoredUntilItDoesBetter) {
  Start();
  Add(4, "inc-1", "nonsense");
  RunOn(absl::Minutes(1));
  EXPECT_EQ(rater_->Shares("m", "inc-1").first.rated, 4);
  client_.drift = 1;
  clock_.Advance(absl::Hours(24));
  Add(4, "inc-1", "nonsense");
  RunOn(absl::Minutes(1));
  EXPECT_GT(rater_->Counters().anchor_error, kMostAnchorError);
  EXPECT_EQ(rater_->Counters().chains["ignored"], 4);
  EXPECT_EQ(rater_->Shares("m", "inc-1").first.rated, 0);
  client_.drift = 0;
  clock_.Advance(absl::Hours(24));
  Add(4, "inc-1", "nonsense");
  RunOn(absl::Minutes(1));
  EXPECT_EQ(rater_->Shares("m", "inc-1").first.rated, 8);
}

TEST_F(ChainRaterTest, AnUnreadableJudgeIsIgnored) {
  Start();
  client_.unreadable = true;
  Add(4, "inc-1", "nonsense");
  RunOn(absl::Minutes(1));
  EXPECT_EQ(rater_->Counters().anchor_error, 2);
  EXPECT_EQ(rater_->Shares("m", "inc-1").first.rated, 0);
}

TEST_F(ChainRaterTest, AServerThatIsDownIsAskedSeldomAndLater) {
  Start();
  client_.fault = absl::UnavailableError("refused");
  Add(4, "inc-1", "nonsense");
  RunOn(absl::Hours(1));
  EXPECT_LE(client_.asked, 3 * 13);
  client_.fault = absl::OkStatus();
  RunOn(absl::Minutes(6));
  EXPECT_EQ(rater_->Shares("m", "inc-1").first.rated, 4);
}

TEST_F(ChainRaterTest, SpendsNoMoreThanItsTokens) {
  Start(/*tokens_per_hour=*/6000);
  Add(200, "inc-1", "nonsense");
  RunOn(absl::Hours(2));
  // Four bytes a token, and an hour's worth to begin with.
  EXPECT_LE(client_.bytes / 4, 3 * 6000 + 300);
  EXPECT_GT(client_.asked, 20);
}

TEST_F(ChainRaterTest, ItsQueueIsBounded) {
  Start(/*tokens_per_hour=*/0);
  Add(300, "inc-1", "nonsense");
  EXPECT_EQ(rater_->Counters().chains["dropped"], 300 - 256);
  RunOn(absl::Minutes(1));
  EXPECT_EQ(client_.asked, 0);
}

TEST(RubricMessages, LongChainsShowTheirEnds) {
  const std::string chain = "BEGIN" + std::string(100000, 'x') + "END \"q\"\n";
  const std::string json = RubricMessages("Why?", chain);
  EXPECT_LT(json.size(), 16000u);
  EXPECT_NE(json.find("BEGIN"), std::string::npos);
  EXPECT_NE(json.find("END \\\"q\\\"\\u000a"), std::string::npos);
  // No character is cut in two.
  std::string umlauts;
  for (int i = 0; i < 20000; ++i) umlauts += "\xc3\xbc";
  const std::string cut = RubricMessages("Why?", "a" + umlauts);
  for (size_t i = 0; i + 1 < cut.size(); ++i)
    if (cut[i] == '\xc3') {
      ASSERT_EQ(cut[i + 1], '\xbc');
    }
}

TEST(ReadRubricScores, RefusesWhatIsNone) {
  EXPECT_EQ(*ReadRubricScores(
                R"(x {"self_contained": 0, "connected": 1, "follows": 2} y)"),
            (RubricScores{0, 1, 2}));
  for (const char* text :
       {"", "}", "{", "{}", "2 2 2",
        R"({"self_contained": 3, "connected": 1, "follows": 2})",
        R"({"self_contained": "2", "connected": 1, "follows": 2})",
        R"({"connected": 1, "follows": 2})"})
    EXPECT_FALSE(ReadRubricScores(text).ok()) << text;
}

TEST(RubricAnchors, AreEnoughAndOfBothSides) {
  int low = 0;
  for (const RubricAnchor& anchor : RubricAnchors())
    low += anchor.scores[0] + anchor.scores[1] + anchor.scores[2] < kLowRubric;
  EXPECT_GE(RubricAnchors().size(), 6u);
  EXPECT_GE(low, 3);
  EXPECT_LE(low + 3, static_cast<int>(RubricAnchors().size()));
}

}  // namespace
}  // namespace reasonwatch
