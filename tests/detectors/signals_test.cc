// SPDX-License-Identifier: Apache-2.0
// The contracts of the signals' tables, and one fault of each signal: a row
// each.
#include <set>
#include <string>
#include <vector>

#include "core/signal.h"
#include "detectors/model_watch.h"
#include "detectors/reference/packed_row.h"
#include "detectors/signals/channel.h"
#include "gtest/gtest.h"
#include "tests/detectors/synthetic.h"

namespace reasonwatch {
namespace {

using testing::At;
using testing::Draw;
using testing::Length;

TEST(Channels, AreNamedForTheirSignalAndOnlyOnce) {
  std::set<std::string_view> names;
  for (const ChannelSpec& spec : Channels()) {
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
    EXPECT_TRUE(
        spec.name.starts_with(std::string(SignalName(spec.signal)) + "/"))
        << spec.name;
    EXPECT_EQ(FindChannel(spec.name), &spec);
  }
  EXPECT_EQ(FindChannel("length_collapse/unheard_of"), nullptr);
}

TEST(Channels, EverySignalHasOneThatCanOpenIt) {
  std::set<Signal> open;
  for (const ChannelSpec& spec : Channels())
    if (!spec.supporting && spec.weight > 0) open.insert(spec.signal);
  EXPECT_EQ(open.size(), static_cast<size_t>(kSignalCount));
}

TEST(Channels, AskTheirFeatureAQuestionThatItCanAnswer) {
  for (const ChannelSpec& spec : Channels()) {
    const bool own = spec.question != Question::kFailed &&
                     spec.question != Question::kRarePair;
    EXPECT_EQ(spec.feature != Feature::kCount, own) << spec.name;
    if (own) {
      EXPECT_EQ(IsRank(spec.question), IsRank(spec.feature)) << spec.name;
    }
  }
}

// A fault of all responses, and within how many the signal must open.
struct Fault {
  Signal signal;
  Feature feature;
  float healthy;
  float faulty;
  int within;
};

constexpr Fault kFaults[] = {
    {Signal::kLengthCollapse, Feature::kOutputTokens, 9, 5, 12},
    {Signal::kLengthRunaway, Feature::kOutputTokens, 9, 13, 12},
    {Signal::kFormatMarkers, Feature::kBoxed, 1, 0, 12},
    {Signal::kConsistencyRegression, Feature::kCount, 0, 1, 15},
    {Signal::kRepetitionLoop, Feature::kExactPeriod, 0, 1, 12},
    {Signal::kLanguageMixing, Feature::kLanguageMismatch, 0, 1, 12},
    {Signal::kDecorativeSymbols, Feature::kGarbageRun, 0, 1, 12},
    {Signal::kEmptyOrTruncated, Feature::kStopEmpty, 0, 1, 12},
    {Signal::kAnswerChainMismatch, Feature::kAnswerContradictsChain, 0, 1, 12},
    {Signal::kToolCallInvalid, Feature::kToolCallInvalid, 0, 1, 12},
    {Signal::kToolCallInvalid, Feature::kToolMarkup, 0, 1, 12},
    {Signal::kToolCallInvalid, Feature::kToolCalled, 1, 0, 12},
    {Signal::kToolCallInvalid, Feature::kClaimedWork, 0, 1, 12},
    {Signal::kStructuredOutput, Feature::kFormBroken, 0, 1, 12},
    {Signal::kStructuredOutput, Feature::kJsonAnswer, 1, 0, 12},
    {Signal::kStructuredOutput, Feature::kJsonKeysUnasked, 0, 1, 12},
    {Signal::kRefusal, Feature::kRefusal, 0, 1, 12},
    {Signal::kServedModelChanged, Feature::kOtherModelServed, 0, 1, 12},
    {Signal::kAnswerChainMismatch, Feature::kOffPrompt, 0, 1, 12},
    {Signal::kLanguageMixing, Feature::kReasoningMismatch, 0, 1, 12},
    {Signal::kLanguageMixing, Feature::kReasoningMismatch, 1, 0, 12},
    {Signal::kLanguageMixing, Feature::kReasoningThirdLanguage, 1, 0, 12},
    {Signal::kDecorativeSymbols, Feature::kBrokenCharacters, 0, 1, 12},
    {Signal::kDecorativeSymbols, Feature::kSpacesLost, 0, 1, 12},
    {Signal::kDecorativeSymbols, Feature::kSpacesDoubled, 0, 1, 12},
    {Signal::kDecorativeSymbols, Feature::kWordsDoubled, 0, 1, 12},
    {Signal::kDecorativeSymbols, Feature::kEscapedText, 0, 1, 12},
    {Signal::kRepetitionLoop, Feature::kAnswerTwice, 0, 1, 12},
    {Signal::kEmptyOrTruncated, Feature::kEndsMidSentence, 0, 1, 12},
    {Signal::kFormatMarkers, Feature::kCitations, 1, 0, 12},
    {Signal::kFormatMarkers, Feature::kCitationUnknown, 0, 1, 12},
    {Signal::kFormatMarkers, Feature::kCodeStub, 0, 1, 12},
};

// A solved problem, and a reading beside its length.
Scored Response(const Fault& fault, bool faulty, int64_t index, Draw& draw) {
  Scored s = At(index);
  s.match = {.kind = MatchKind::kExact,
             .problem = 1 + static_cast<uint64_t>(draw.Below(100))};
  s.grade = Grade::kCorrect;
  s.reading(Feature::kOutputTokens) = Length(512, draw);
  const float value = faulty ? fault.faulty : fault.healthy;
  if (fault.feature == Feature::kOutputTokens) {
    s.reading(fault.feature) += value - 9;
  } else if (fault.feature != Feature::kCount) {
    s.reading(fault.feature) = value;
  } else if (faulty) {
    s.grade = Grade::kIncorrect;
  }
  return s;
}

TEST(Signals, EachOpensSoonAfterItsFaultAndNotBefore) {
  std::set<Signal> tried;
  for (const Fault& fault : kFaults) {
    SCOPED_TRACE(std::string(SignalName(fault.signal)) + " " +
                 (fault.feature == Feature::kCount
                      ? "grade"
                      : std::string(FeatureName(fault.feature))));
    tried.insert(fault.signal);
    WatchOptions options;
    options.budget.mean_responses = 1e5;
    ModelWatch watch("model", options);
    Draw draw(static_cast<uint64_t>(fault.signal) + 1);
    for (int64_t i = -400; i < 0; ++i)
      watch.LearnImported(Response(fault, false, i, draw));
    watch.FinishImport();
    int64_t index = 0;
    for (; index < 400; ++index) {
      watch.Observe(Response(fault, false, index, draw));
      ASSERT_FALSE(watch.AnyOpen()) << index;
    }
    const int64_t changed = index;
    while (!watch.Open(fault.signal, Scope::kRoute, "", "") &&
           index < changed + 200)
      watch.Observe(Response(fault, true, index++, draw));
    EXPECT_LE(index - changed, fault.within);
  }
  EXPECT_EQ(tried.size(), static_cast<size_t>(kSignalCount));
}

}  // namespace
}  // namespace reasonwatch
