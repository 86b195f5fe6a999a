// SPDX-License-Identifier: Apache-2.0
// The fault search: ways, fingerprints and regimes that name a cause.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "tests/rescore/rescorer_fixture.h"

namespace reasonwatch {
namespace {

using FaultSearchTest = RescorerFixture;

TEST_F(FaultSearchTest, NamesTheCacheThatCarriesTheLoss) {
  Start([](const SampleRequest& r) { return !r.cache_salt.empty(); });
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(14));
  ASSERT_EQ(emitted_.size(), 2u);
  EXPECT_EQ(emitted_[1].kind, VerdictKind::kConfirmed);
  EXPECT_EQ(Now().causes.front().cause, "cache_or_batching");
  EXPECT_THAT(*store_.LoadRescoreJobs(absl::InfiniteFuture()),
              testing::IsEmpty());
}

TEST_F(FaultSearchTest, NamesTheWeightsWhereOnlyTheReferenceDoesBetter) {
  FakeClient reference(clock_, [](const SampleRequest&) { return true; });
  endpoints_.reference = &reference;
  Start([](const SampleRequest&) { return false; });
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(14));
  ASSERT_EQ(emitted_.size(), 2u);
  EXPECT_EQ(Now().causes.front().cause, "quantization_or_weights");
}

TEST_F(FaultSearchTest, NamesTheThinkingThatMustBeAskedFor) {
  Start([](const SampleRequest& r) { return r.thinking == Thinking::kOn; });
  Open(Signal::kLengthCollapse);
  RunOn(absl::Minutes(14));
  EXPECT_EQ(Now().causes.front().cause, "effort_or_thinking_switch");
}

TEST_F(FaultSearchTest, ALossThatNeedsAFilledContextIsFoundThere) {
  Start([](const SampleRequest& r) { return r.messages_json.size() < 1000; });
  Finding f = CriticalFinding(Signal::kConsistencyRegression);
  f.strata = {"context fill 50-75 %"};
  Report(f);
  RunOn(absl::Minutes(14));
  // Nothing is found in short contexts, and nobody is told so meanwhile.
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(emitted_[0].kind, VerdictKind::kConfirmed);
  EXPECT_EQ(emitted_[0].reason, kFilledContext);
  EXPECT_EQ(Now().causes.front().cause, "context_saturation");
  EXPECT_EQ(Now().severity, Severity::kCritical);
}

TEST_F(FaultSearchTest, OtherLogProbabilitiesNameTheWeights) {
  const auto body = [](double value) {
    return absl::StrFormat(
        "{\"choices\":[{\"logprobs\":{\"content\":[{\"logprob\":%g}]}}]}",
        value);
  };
  bool healthy = true;
  Start([&](const SampleRequest&) { return healthy; });
  client_->SetLogprobs(body(-.5));
  RunOn(absl::Minutes(2));
  EXPECT_TRUE(store_.LoadFact("rescore_fingerprint/m").ok());
  healthy = false;
  client_->SetLogprobs(body(-.7));
  Restart();
  RunOn(absl::Minutes(1));  // the stored one is read, not taken anew
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(14));
  ASSERT_EQ(emitted_.size(), 2u);
  EXPECT_LE(emitted_[1].fingerprint_p, kFingerprintError);
  EXPECT_EQ(Now().causes.front().cause, "quantization_or_weights");
}

TEST_F(FaultSearchTest, AnotherTemplateBehindTheEndpointIsToldAndNamed) {
  bool healthy = true;
  Start([&](const SampleRequest&) { return healthy; });
  Regime regime;
  regime.fingerprint = "build-1";
  regime.template_hash = "aaaa";
  client_->SetRegime(regime);
  RunOn(absl::Hours(1));
  EXPECT_GE(client_->regime_reads(), 3);
  EXPECT_LE(client_->regime_reads(), 5);
  const auto events = [&] {
    return *store_.LoadEvents("m", absl::InfinitePast(), absl::InfiniteFuture(),
                              100);
  };
  EXPECT_TRUE(events().empty());
  regime.template_hash = "bbbb";
  client_->SetRegime(regime);
  RunOn(absl::Minutes(20));
  ASSERT_EQ(events().size(), 1u);
  EXPECT_EQ(events()[0].kind, "template_hash");
  EXPECT_EQ(events()[0].old_value, "aaaa");
  EXPECT_EQ(events()[0].new_value, "bbbb");
  // A restart does not forget the healthy template.
  Restart();
  const int reads = client_->regime_reads();
  healthy = false;
  Open(Signal::kConsistencyRegression);
  Run(absl::Minutes(15));
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_GT(client_->regime_reads(), reads);
  EXPECT_EQ(emitted_[0].kind, VerdictKind::kConfirmed);
  EXPECT_EQ(emitted_[0].healthy_template_hash, "aaaa");
  EXPECT_EQ(emitted_[0].template_hash, "bbbb");
  EXPECT_EQ(Now().causes.front().cause, "prompt_or_template_change");
  EXPECT_NE(Now().causes.front().evidence.find("bbbb"), std::string::npos);
  EXPECT_EQ(events().size(), 1u);
}

TEST_F(FaultSearchTest, AWantedChangeIsTheMeasureFromThenOn) {
  const auto body = [](double base) {
    return absl::StrFormat(
        R"({"choices":[{"logprobs":{"content":[{"logprob":%f}]}}]})", base);
  };
  Start([](const SampleRequest&) { return true; });
  Regime regime;
  regime.template_hash = "aaaa";
  client_->SetRegime(regime);
  client_->SetLogprobs(body(-.5));
  RunOn(absl::Minutes(2));
  const std::string before = *store_.LoadFact("rescore_fingerprint/m");
  regime.template_hash = "bbbb";
  client_->SetRegime(regime);
  client_->SetLogprobs(body(-.7));
  rescorer_->Forget("m");
  RunOn(absl::Minutes(2));
  EXPECT_NE(*store_.LoadFact("rescore_fingerprint/m"), before);
  EXPECT_TRUE(
      store_.LoadEvents("m", absl::InfinitePast(), absl::InfiniteFuture(), 100)
          ->empty());
  Restart();
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(14));
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(emitted_[0].healthy_template_hash, "bbbb");
  EXPECT_EQ(emitted_[0].template_hash, "bbbb");
}

TEST_F(FaultSearchTest, AModelThatLooksTextsUpFailsTheirVariants) {
  RescorerOptions options;
  options.variant = [](std::string_view id, uint64_t draw) {
    const std::string number(id.substr(1));
    return std::optional<ProblemVariant>(
        {absl::StrFormat("What is %s + 1?", number),
         absl::StrFormat("What is %d + 1?", 1000 + draw % 1000), "7"});
  };
  Start(
      [](const SampleRequest& r) {
        for (int n = 1; n <= 64; ++n)
          if (r.messages_json.find(absl::StrFormat("What is %d + 1?", n)) !=
              std::string::npos)
            return true;
        return false;
      },
      options);
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(30));
  ASSERT_EQ(emitted_.size(), 2u);
  EXPECT_EQ(emitted_[1].kind, VerdictKind::kNotReproduced);
  ASSERT_EQ(emitted_[1].differences.size(), 1u);
  const Difference& d = emitted_[1].differences[0];
  EXPECT_EQ(d.name, kVariant);
  EXPECT_EQ(d.cause, "surface_pattern");
  EXPECT_EQ(d.value, -1);
  EXPECT_LT(d.high, -.8);
  EXPECT_EQ(d.pairs, 32);
  EXPECT_EQ(Now().causes.front().cause, "surface_pattern");
  EXPECT_EQ(Now().severity, Severity::kWarning);
}

TEST_F(FaultSearchTest, AModelThatSolvesVariantsTooHasNoSurfacePattern) {
  RescorerOptions options;
  options.variant = [](std::string_view id, uint64_t draw) {
    if (id != "p1" && id != "p2") return std::optional<ProblemVariant>();
    return std::optional<ProblemVariant>(
        {absl::StrFormat("What is %s + 1?", std::string(id.substr(1))),
         absl::StrFormat("What is %d + 1?", 1000 + draw % 1000), "7"});
  };
  Start([](const SampleRequest&) { return true; }, options);
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(30));
  ASSERT_EQ(emitted_.size(), 2u);
  ASSERT_EQ(emitted_[1].differences.size(), 1u);
  EXPECT_EQ(emitted_[1].differences[0].cause, "");
  EXPECT_EQ(emitted_[1].differences[0].value, 0);
}

}  // namespace
}  // namespace reasonwatch
