// SPDX-License-Identifier: Apache-2.0
#include "bench/budget/world.h"

#include <algorithm>
#include <cmath>

#include "core/scored.h"

namespace reasonwatch::budget {
namespace {

constexpr int kWords = 150;
// Prompts that a route is asked again and again, one response in ten.
constexpr int kUsualPrompts = 300;
constexpr double kUsualShare = .1;
constexpr double kNoise = 1.15;   // standard deviation in log2: .8 in log
constexpr double kHidden = .35;   // of a prompt, not shown by its words
constexpr double kLimit = 32768;  // tokens
constexpr int kHabits = 12;
constexpr double kFailing = .004;

void Set(Scored& scored, Feature feature, bool present) {
  scored.reading(feature) = present ? 1 : 0;
}

// log2(1 + thousandths) of a share that is mostly 0.
float Share(bool present, Draw& draw) {
  return present ? static_cast<float>(2 + 5 * draw.Uniform()) : 0;
}

}  // namespace

World::World(uint64_t seed) {
  Draw draw(Mix(seed, 1));
  for (int t = 0; t < kAllTopics; ++t)
    topics_[static_cast<size_t>(t)] = MakeTopic(t, draw);
  for (int r = 0; r < kRoutes; ++r) {
    Route& route = routes_[static_cast<size_t>(r)];
    for (int& topic : route.topics) topic = draw.Below(kTopics);
    for (int i = 0; i < kUsualPrompts; ++i) {
      Prompt p = MakePrompt(route.topics[static_cast<size_t>(i % 3)], 1, draw);
      // Problems with known answers on two routes.
      if (r < 2 && i % 3 == 0) {
        p.problem = p.key;
        p.wrong = 1 - std::pow(draw.Uniform(), 1. / 6);
      }
      route.usual.push_back(std::move(p));
    }
  }
  hot_ = MakePrompt(draw.Below(kTopics), 1, draw);
  hot_.length -= 1.5;
}

Topic World::MakeTopic(int index, Draw& draw) const {
  Topic topic;
  const bool job = index == kBatchTopic;
  topic.length = job ? 6 : 8 + 3 * draw.Uniform();
  topic.thinks = draw.Chance(.3) ? .7 : .98;
  topic.direct = .02 + .1 * draw.Uniform();
  topic.steps = draw.Uniform() * .6;
  topic.boxed = draw.Chance(.2) ? .9 : .01;
  topic.code = draw.Chance(.3) ? .8 : .04;
  topic.json = job || draw.Chance(.15) ? .95 : .01;
  topic.symbols = .3 * draw.Uniform() * draw.Uniform();
  topic.foreign = draw.Chance(.3) ? .2 : 0;
  topic.habit = .05 + .2 * draw.Uniform();
  topic.task = static_cast<uint8_t>(1 + index % 5);
  for (int w = 0; w < (job ? 12 : kWords); ++w)
    topic.words.push_back({.term = static_cast<uint16_t>(draw.Below(1 << 16)),
                           .length = .25 * draw.Normal(),
                           .script = draw.Chance(.02) ? .5 : .002});
  return topic;
}

Prompt World::MakePrompt(int index, double growth, Draw& draw) const {
  const Topic& topic = topics_[static_cast<size_t>(index)];
  Prompt p;
  p.topic = index;
  p.key = Mix(static_cast<uint64_t>(draw.Uniform() * 0x1p53), 7) | 1;
  p.length = topic.length + kHidden * draw.Normal();
  const int words = static_cast<int>((8 + draw.Below(16)) * growth);
  const auto n = static_cast<double>(topic.words.size());
  for (int i = 0; i < words; ++i) {
    // Few words are frequent, as in any language.
    const auto w = static_cast<size_t>(n * std::pow(draw.Uniform(), 1.6));
    const Word& word = topic.words[w];
    p.terms.push_back(word.term);
    p.length += word.length / std::sqrt(words / 8.);
    p.script = std::max(p.script, word.script);
  }
  std::sort(p.terms.begin(), p.terms.end());
  p.terms.erase(std::unique(p.terms.begin(), p.terms.end()), p.terms.end());
  p.length += .6 * std::log2(growth);
  p.language = draw.Chance(topic.foreign) ? 2 : 1;
  // A few prompts fail nearly always, most hardly ever.
  p.failing = draw.Chance(2 * kFailing) ? .6 : kFailing / 4;
  return p;
}

Prompt World::AskRoute(int route, int topic, double growth, Draw& draw) {
  const Route& r = routes_[static_cast<size_t>(route)];
  if (topic < kTopics && draw.Chance(kUsualShare))
    return r.usual[static_cast<size_t>(draw.Below(kUsualPrompts))];
  return MakePrompt(topic, growth, draw);
}

int World::TopicOf(int route, double tilt, Draw& draw) const {
  const auto& topics = routes_[static_cast<size_t>(route)].topics;
  const double first = .5 + .3 * tilt;
  const double u = draw.Uniform();
  if (u < first) return topics[0];
  return u < first + (1 - first) * .6 ? topics[1] : topics[2];
}

void World::Answer(const Prompt& prompt, const Mood& mood, Draw& draw,
                   Scored& s) const {
  const Topic& topic = topics_[static_cast<size_t>(prompt.topic)];
  s.prompt_terms = prompt.terms;
  s.prompt_key = prompt.key;
  s.stratum.task = topic.task;
  s.expected_language = prompt.language;
  double tokens = std::exp2(prompt.length + mood.length +
                            kNoise * mood.spread * draw.Normal());
  tokens = std::floor(tokens * mood.ratio);
  const bool limit = tokens >= kLimit;
  tokens = std::min(tokens, kLimit);
  const bool thinks = draw.Chance(topic.thinks) && !mood.terse;
  const double reasoning =
      thinks ? std::floor(tokens * (.5 + .4 * draw.Uniform())) : 0;
  const bool failed = draw.Chance(prompt.failing);
  const bool cut = draw.Chance(.005);
  s.lower_bound = cut;
  s.reading(Feature::kOutputTokens) =
      static_cast<float>(std::log2(1 + tokens * mood.counted));
  s.reading(Feature::kReasoningTokens) =
      static_cast<float>(std::log2(1 + reasoning * mood.counted));
  Set(s, Feature::kFinishLength, limit || draw.Chance(.001));
  Set(s, Feature::kStopEmpty, failed && draw.Chance(.6));
  Set(s, Feature::kReasoningWithoutAnswer,
      failed && s.reading(Feature::kStopEmpty) == 0);
  Set(s, Feature::kCutInTransport, cut);
  ReadShape(topic, mood, reasoning, draw, s);
  s.reading(Feature::kMinorityScript) = Share(draw.Chance(prompt.script), draw);
  const bool strayed = draw.Chance(.004);
  Set(s, Feature::kLanguageMismatch, strayed);
  s.answer_language =
      strayed ? static_cast<uint8_t>(3 - prompt.language) : prompt.language;
  if (prompt.problem != 0 && !cut) {
    s.match = {.kind = MatchKind::kExact, .problem = prompt.problem};
    s.grade = failed                      ? Grade::kNoAnswer
              : draw.Chance(prompt.wrong) ? Grade::kIncorrect
                                          : Grade::kCorrect;
  }
}

void World::ReadShape(const Topic& topic, const Mood& mood, double reasoning,
                      Draw& draw, Scored& s) const {
  const double prose = mood.terse ? .2 : 1;
  Set(s, Feature::kZeroThinking, reasoning == 0);
  Set(s, Feature::kReasoningField, reasoning > 0);
  Set(s, Feature::kThinkTags, false);
  Set(s, Feature::kSingleSentence,
      draw.Chance(1 / (1 + std::pow(reasoning / 15, 3))));
  Set(s, Feature::kDirectAnswer,
      draw.Chance(topic.direct + .5 / (1 + std::pow(reasoning / 30, 2))));
  Set(s, Feature::kSteps, draw.Chance(topic.steps * prose));
  Set(s, Feature::kBoxed, draw.Chance(topic.boxed * prose));
  Set(s, Feature::kAnswerTag, false);
  Set(s, Feature::kCodeFence, draw.Chance(topic.code * prose));
  Set(s, Feature::kJsonKeys, draw.Chance(topic.json));
  Set(s, Feature::kUnclosed, draw.Chance(.001));
  Set(s, Feature::kDoubled, draw.Chance(.0005));
  Set(s, Feature::kLeaked, draw.Chance(.001));
  Set(s, Feature::kSplitDiffers, draw.Chance(.001));
  Set(s, Feature::kUnknownFormat, false);
  Set(s, Feature::kGarbageRun, draw.Chance(.0005));
  Set(s, Feature::kExactPeriod, draw.Chance(.001));
  Set(s, Feature::kShingleRecurrence, draw.Chance(.002));
  Set(s, Feature::kAnswerNotInChain, draw.Chance(.05));
  Set(s, Feature::kAnswerContradictsChain, draw.Chance(.01));
  Set(s, Feature::kContradictoryAnswers, draw.Chance(.005));
  Set(s, Feature::kRefusal, draw.Chance(.01));
  s.reading(Feature::kSymbolDensity) =
      Share(draw.Chance(topic.symbols * prose), draw);
  s.habits_known = kHabits;
  s.habits = 0;
  for (int i = 0; i < kHabits; ++i)
    s.habits |= static_cast<uint32_t>(draw.Chance(topic.habit * prose)) << i;
}

}  // namespace reasonwatch::budget
