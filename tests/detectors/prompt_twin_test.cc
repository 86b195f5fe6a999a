// SPDX-License-Identifier: Apache-2.0
// The prompt twin on prompts drawn from random vocabularies: its pay-offs
// average 1 while nothing changes, it stays silent then, and it knows a new
// kind of prompts from a change of template.
#include "detectors/traffic/prompt_twin.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/detectors/language.h"
#include "tests/detectors/synthetic.h"

namespace reasonwatch {
namespace {

using testing::Draw;
using testing::Language;
using testing::Terms;

Terms With(Terms terms, const Terms& more) {
  std::set<uint16_t> all(terms.begin(), terms.end());
  all.insert(more.begin(), more.end());
  return {all.begin(), all.end()};
}

struct Stream {
  std::vector<Terms> reference;
  PromptTwin twin;
  int64_t index = 0;

  PromptTwin::Verdict Ask(Terms terms, uint64_t system = 0) {
    Scored s = testing::At(index++);
    s.prompt_terms = std::move(terms);
    s.system_prompt_digest = system;
    return twin.Observe(s, {reference.size(), [&](size_t row) {
                              return PromptTermSpan(reference[row]);
                            }});
  }
};

// Each reference with the prompts that follow it is one draw: pay-offs on the
// same reference depend on each other.
TEST(PromptTwinTest, EveryBetPaysOneOnAverageWhileNothingChanges) {
  constexpr int kStreams = 400;
  constexpr int kPrompts = 120;
  std::array<double, PromptTwin::kTwinBets> sum{}, squares{};
  Draw draw(11);
  for (int s = 0; s < kStreams; ++s) {
    const Language language(draw);
    Stream stream;
    const int rows = 50 + draw.Below(300);
    // Some products ask a few prompts again and again.
    std::vector<Terms> usual(static_cast<size_t>(1 + draw.Below(10)));
    for (Terms& terms : usual) terms = language.Prompt(draw);
    const double repeated = draw.Chance(.5) ? .4 * draw.Uniform() : 0;
    const auto prompt = [&] {
      return draw.Chance(repeated) ? usual[static_cast<size_t>(draw.Below(
                                         static_cast<int>(usual.size())))]
                                   : language.Prompt(draw);
    };
    while (static_cast<int>(stream.reference.size()) < rows)
      stream.reference.push_back(prompt());
    std::array<double, PromptTwin::kTwinBets> mean{};
    for (int i = 0; i < kPrompts; ++i) {
      stream.Ask(prompt());
      for (size_t j = 0; j < mean.size(); ++j)
        mean[j] += stream.twin.pay_offs()[j] / kPrompts;
    }
    for (size_t j = 0; j < mean.size(); ++j) {
      sum[j] += mean[j];
      squares[j] += mean[j] * mean[j];
    }
  }
  for (size_t j = 0; j < sum.size(); ++j) {
    const double mean = sum[j] / kStreams;
    const double error =
        std::sqrt((squares[j] / kStreams - mean * mean) / kStreams);
    EXPECT_NEAR(mean, 1, 3.5 * error) << "bet " << j << ", error " << error;
  }
}

TEST(PromptTwinTest, IsSilentWhileNothingChanges) {
  int fired = 0;
  double weight = 0;
  constexpr int kStreams = 20;
  constexpr int kPrompts = 2000;
  for (int s = 0; s < kStreams; ++s) {
    Draw draw(100 + s);
    const Language language(draw);
    Stream stream;
    const int rows = 40 + draw.Below(600);
    for (int i = 0; i < rows; ++i)
      stream.reference.push_back(language.Prompt(draw));
    for (int i = 0; i < kPrompts; ++i) {
      const auto verdict = stream.Ask(language.Prompt(draw));
      fired += verdict.fired;
      weight += verdict.weight / (kStreams * kPrompts);
      EXPECT_EQ(verdict.kind, 0);
    }
  }
  // 40,000 prompts allow four; bets are known to be conservative.
  EXPECT_LE(fired, 1);
  EXPECT_GT(weight, .99);
}

struct NewKind {
  int fired_after = -1;   // prompts of the new kind
  double old_weight = 0;  // mean, of the others, from then on
  double new_weight = 0;  // mean, of those with the old stratum
  double known = 0;       // share of the new kind with a stratum of its own
  double mistaken = 0;    // share of the others with it
};

NewKind LetNewKindCome(uint64_t seed, double share, Stream& stream) {
  Draw draw(seed);
  const Language usual(draw);
  const Language other(draw);
  const int rows = 100 + draw.Below(400);
  for (int i = 0; i < rows; ++i) stream.reference.push_back(usual.Prompt(draw));
  for (int i = 0; i < 200; ++i) stream.Ask(usual.Prompt(draw));
  NewKind found;
  double n_new = 0, n_old = 0, seen = 0;
  for (int i = 0; i < 2000; ++i) {
    const bool is_new = draw.Chance(share);
    seen += is_new;
    const auto verdict =
        stream.Ask((is_new ? other : usual).Prompt(draw), is_new ? 7 : 5);
    if (verdict.fired && found.fired_after < 0)
      found.fired_after = static_cast<int>(seen);
    if (found.fired_after < 0) continue;
    if (is_new) {
      ++n_new;
      if (verdict.kind != 0) ++found.known;
      if (verdict.kind == 0) found.new_weight += verdict.weight;
    } else {
      ++n_old;
      if (verdict.kind != 0) ++found.mistaken;
      found.old_weight += verdict.kind == 0 ? verdict.weight : 0;
    }
  }
  found.old_weight /= std::max(1.0, n_old);
  found.new_weight /= std::max(1.0, n_new);
  found.known /= std::max(1.0, n_new);
  found.mistaken /= std::max(1.0, n_old);
  return found;
}

TEST(PromptTwinTest, FindsANewKindOfPromptsAndKnowsItAgain) {
  for (const double share : {.1, .3, .6}) {
    double after = 0, old_weight = 0, known = 0, mistaken = 0;
    constexpr int kStreams = 12;
    for (int s = 0; s < kStreams; ++s) {
      Stream stream;
      const NewKind found =
          LetNewKindCome(200 + static_cast<uint64_t>(s), share, stream);
      EXPECT_GE(found.fired_after, 0) << "seed " << s << " share " << share;
      after += static_cast<double>(found.fired_after) / kStreams;
      old_weight += found.old_weight / kStreams;
      known += found.known / kStreams;
      mistaken += found.mistaken / kStreams;
    }
    EXPECT_LT(after, 40) << share;
    EXPECT_GT(old_weight, .9) << share;
    EXPECT_GT(known, .85) << share;
    EXPECT_LT(mistaken, .06) << share;
  }
}

TEST(PromptTwinTest, SaysWhoIsNewWhileItLearns) {
  Stream stream;
  Draw draw(31);
  const Language usual(draw), other(draw);
  for (int i = 0; i < 300; ++i) stream.reference.push_back(usual.Prompt(draw));
  for (int i = 0; i < 400; ++i) {
    const bool is_new = i >= 200 && draw.Chance(.4);
    stream.Ask((is_new ? other : usual).Prompt(draw), is_new ? 7 : 5);
  }
  const NewPromptsSnapshot news = stream.twin.Snapshot();
  EXPECT_TRUE(news.notice);
  EXPECT_NEAR(news.share, .4, .15);
  EXPECT_GE(news.since, testing::At(190).start);
  EXPECT_LE(news.since, testing::At(260).start);
  ASSERT_FALSE(stream.twin.Hints().empty());
  EXPECT_EQ(stream.twin.Hints().front().cause, "client_change");
  for (int i = 0; i < 2500; ++i)
    stream.Ask((draw.Chance(.4) ? other : usual).Prompt(draw), 5);
  EXPECT_FALSE(stream.twin.Snapshot().notice);
}

TEST(PromptTwinTest, TheSamePromptsBehindNewWordsAreNoNewKind) {
  for (uint64_t seed = 40; seed < 48; ++seed) {
    Draw draw(seed);
    const Language language(draw);
    Terms frame;
    for (int i = 0; i < 8; ++i)
      frame = With(frame, {static_cast<uint16_t>(draw.Below(4096))});
    const bool lost = draw.Chance(.5);
    Stream stream;
    const auto prompt = [&](bool framed) {
      const Terms terms = language.Prompt(draw);
      return framed != lost ? With(terms, frame) : terms;
    };
    for (int i = 0; i < 300; ++i) stream.reference.push_back(prompt(false));
    for (int i = 0; i < 200; ++i) stream.Ask(prompt(false));
    double weight = 0;
    bool named = false;
    for (int i = 0; i < 400; ++i) {
      const auto verdict = stream.Ask(prompt(true));
      for (const Cause& hint : stream.twin.Hints())
        named = named || hint.cause == "prompt_or_template_change";
      if (i >= 150) weight += (verdict.kind == 0 ? verdict.weight : 0) / 250;
    }
    EXPECT_GT(weight, .85) << "seed " << seed;
    EXPECT_TRUE(named) << "seed " << seed;
  }
}

TEST(PromptTwinTest, ARepeatedPromptIsNoNewKind) {
  for (uint64_t seed = 60; seed < 66; ++seed) {
    Draw draw(seed);
    const Language language(draw);
    Stream stream;
    for (int i = 0; i < 300; ++i)
      stream.reference.push_back(language.Prompt(draw));
    const Terms hot = language.Prompt(draw);
    for (int i = 0; i < 600; ++i) {
      const auto verdict =
          stream.Ask(draw.Chance(.3) ? hot : language.Prompt(draw));
      EXPECT_FALSE(verdict.fired) << "seed " << seed;
    }
  }
}

TEST(PromptTwinTest, PromptsThatWereHeldOutOfAReferenceOfFewAreNoNewKind) {
  int fired = 0;
  for (uint64_t seed = 80; seed < 90; ++seed) {
    Draw draw(seed);
    const Language language(draw);
    Stream stream;
    for (int p = 0; p < 60; ++p) {
      const Terms terms = language.Prompt(draw);
      for (int c = 0; c < 8; ++c) stream.reference.push_back(terms);
    }
    for (int p = 0; p < 100; ++p) {
      const Terms terms = language.Prompt(draw);
      for (int c = 0; c < 3; ++c) fired += stream.Ask(terms).fired;
    }
  }
  EXPECT_LE(fired, 1);
}

TEST(PromptTwinTest, GoesOnAsItWasAfterARestart) {
  Stream stream;
  Draw draw(91);
  const Language usual(draw), other(draw);
  for (int i = 0; i < 200; ++i) stream.reference.push_back(usual.Prompt(draw));
  Stream restored;
  restored.reference = stream.reference;
  for (int i = 0; i < 900; ++i) {
    const Terms terms =
        (draw.Chance(i < 200 ? 0 : .3) ? other : usual).Prompt(draw);
    const auto verdict = stream.Ask(terms);
    if (i % 150 == 0) {
      StateWriter out;
      out.Field("twin", stream.twin);
      const bool versioned = out.versioned();
      const std::string bytes = out.Finish();
      restored.twin = PromptTwin();
      StateReader in(bytes);
      if (versioned) in.ReadVersions();
      in.Field("twin", restored.twin);
      ASSERT_TRUE(in.AtEnd());
      restored.index = stream.index;
      continue;
    }
    const auto again = restored.Ask(terms);
    ASSERT_EQ(again.weight, verdict.weight) << i;
    ASSERT_EQ(again.kind, verdict.kind) << i;
    ASSERT_EQ(again.fired, verdict.fired) << i;
  }
}

TEST(PromptTwinTest, ItsMemoryIsBounded) {
  Draw draw(95);
  const Language usual(draw);
  Stream stream;
  EXPECT_LT(stream.twin.bytes(), size_t{2048});
  for (int i = 0; i < 2000; ++i) stream.reference.push_back(usual.Prompt(draw));
  for (int i = 0; i < 600; ++i) stream.Ask(usual.Prompt(draw));
  EXPECT_LT(stream.twin.bytes(), size_t{32} << 10);
  for (int kind = 0; kind < 5; ++kind) {
    const Language other(draw);
    for (int i = 0; i < 600; ++i)
      stream.Ask((draw.Chance(.4) ? other : usual).Prompt(draw));
  }
  EXPECT_LT(stream.twin.bytes(), size_t{60} << 10);
}

}  // namespace
}  // namespace reasonwatch
