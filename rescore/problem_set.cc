// SPDX-License-Identifier: Apache-2.0
// From baseline responses to problems that can be asked again.
//
// A reward of a re-run is read against two things learnt here: the marks that
// the model usually sets (FormatProfile, over all its problems) and the length
// of the problem's own trials. The same rewards are counted over the trials
// themselves, which gives the healthy failure rate of each reward.
//
// In order: ways to ask, the format profile, rewards, one problem from its rows
// or its stored trials, the set, look-ups.
#include "rescore/problem_set.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "core/scored.h"
#include "rescore/problem_row.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Half and twice as long, as log2(1 + tokens).
constexpr double kOctave = 1;
// The share of baseline responses from which the healthy model "sets" a mark:
// one in ten may lack it without the reward failing every re-run.
constexpr double kUsual = .9;
// A re-run may be twice as long as the longest trial, so that a runaway shows
// as such before it is cut.
constexpr double kRoom = 2;
// The least still holds an answer without reasoning; the most is the longest
// context window that is common.
constexpr int64_t kLeastTokens = 64;
constexpr int64_t kMostTokens = 131072;  // 128 Ki
// For a recorded problem whose trials did not state how long they were: the
// default of SampleRequest.
constexpr int64_t kUnknownTokens = 4096;
// For a stored problem whose trials had all the room that the server gives: an
// answer that is cut would look like a loss, and a server refuses a request
// that is over its window.
constexpr int64_t kUnstatedTokens = 16384;

constexpr Feature kMarkers[] = {Feature::kBoxed, Feature::kAnswerTag,
                                Feature::kSteps, Feature::kCodeFence,
                                Feature::kJsonKeys};
constexpr Feature kBreaks[] = {
    Feature::kUnclosed,     Feature::kDoubled,
    Feature::kLeaked,       Feature::kGarbageRun,
    Feature::kExactPeriod,  Feature::kStopEmpty,
    Feature::kFinishLength, Feature::kReasoningWithoutAnswer};

bool Yes(const Scored& s, Feature f) { return s.reading(f) > 0; }

double Median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle =
      values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// How a response was asked for. -1 = the request did not state it.
using Way = std::tuple<double, double, Thinking, std::string, bool>;
Way WayOf(const Response& r) {
  return {r.sampling.temperature.value_or(-1), r.sampling.top_p.value_or(-1),
          r.intent.thinking, r.intent.effort, r.streamed};
}

// Reads how stored trials were asked. False: the text can't be read.
bool ReadSampling(std::string_view sampling, Response& question) {
  for (const absl::string_view part :
       absl::StrSplit(AbslView(sampling), ' ', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    const auto& [name, value] = pair;
    double number = 0;
    if (name == "temperature" && absl::SimpleAtod(value, &number)) {
      question.sampling.temperature = number;
    } else if (name == "top_p" && absl::SimpleAtod(value, &number)) {
      question.sampling.top_p = number;
    } else if (name == "thinking" && (value == "on" || value == "off")) {
      question.intent.thinking = value == "on" ? Thinking::kOn : Thinking::kOff;
    } else if (name == "effort") {
      question.intent.effort = std::string(value);
    } else if (name == "streamed" && value.empty()) {
      question.streamed = true;
    } else if (name != "max_tokens" ||
               !absl::SimpleAtoi(value, &question.intent.max_tokens)) {
      return false;
    }
  }
  return true;
}

using Rows = std::vector<const ProblemRow*>;

FormatProfile ProfileOf(const std::map<uint64_t, Rows>& problems) {
  int64_t count = 0;
  int64_t reasons = 0;
  int64_t elaborates = 0;
  std::array<int64_t, std::size(kMarkers)> marked{};
  for (const auto& [digest, rows] : problems) {
    for (const ProblemRow* row : rows) {
      const Scored& s = row->scored;
      ++count;
      reasons += !Yes(s, Feature::kZeroThinking);
      elaborates += !Yes(s, Feature::kSingleSentence);
      for (size_t i = 0; i < marked.size(); ++i)
        marked[i] += Yes(s, kMarkers[i]);
    }
  }
  const double usual = kUsual * static_cast<double>(count);
  const auto is_usual = [&](int64_t n) {
    return count > 0 && static_cast<double>(n) >= usual;
  };
  FormatProfile profile;
  profile.reasons = is_usual(reasons);
  profile.elaborates = is_usual(elaborates);
  for (size_t i = 0; i < marked.size(); ++i)
    if (is_usual(marked[i])) profile.markers.push_back(kMarkers[i]);
  return profile;
}

int8_t FormatReward(const FormatProfile& profile, const Scored& s) {
  if (std::isnan(s.reading(Feature::kOutputTokens)) &&
      std::isnan(s.reading(Feature::kZeroThinking)))
    return -1;
  if (profile.reasons && Yes(s, Feature::kZeroThinking)) return 0;
  if (profile.elaborates && Yes(s, Feature::kSingleSentence)) return 0;
  for (const Feature f : profile.markers)
    if (s.reading(f) == 0) return 0;
  for (const Feature f : kBreaks)
    if (Yes(s, f)) return 0;
  return 1;
}

RewardVector RewardsOf(const FormatProfile& format,
                       const ReasoningLengths& usual, const Scored& s) {
  RewardVector rewards = {-1, -1, -1, -1};
  if (s.grade == Grade::kCorrect) rewards[0] = 1;
  if (s.grade == Grade::kIncorrect) rewards[0] = 0;
  rewards[1] = FormatReward(format, s);
  const ReasoningLengths lengths = ReasoningLengthsOf(s);
  double excess = lengths.counted - usual.counted;
  if (std::isnan(excess)) excess = lengths.estimated - usual.estimated;
  if (!std::isnan(excess)) {
    rewards[2] = excess >= -kOctave ? 1 : 0;
    rewards[3] = excess <= kOctave ? 1 : 0;
  }
  return rewards;
}

// The rows of the way in which the problem was asked most often.
Rows AskedMostOften(const Rows& asked) {
  std::map<Way, Rows> ways;
  for (const ProblemRow* row : asked) ways[WayOf(row->response)].push_back(row);
  return std::max_element(ways.begin(), ways.end(),
                          [](const auto& a, const auto& b) {
                            return a.second.size() < b.second.size();
                          })
      ->second;
}

struct LengthsOfTrials {
  std::vector<double> counted;
  std::vector<double> estimated;
};

LengthsOfTrials LengthsOf(const Rows& rows) {
  LengthsOfTrials all;
  for (const ProblemRow* row : rows) {
    const ReasoningLengths lengths = ReasoningLengthsOf(row->scored);
    if (!std::isnan(lengths.counted)) all.counted.push_back(lengths.counted);
    if (!std::isnan(lengths.estimated))
      all.estimated.push_back(lengths.estimated);
  }
  return all;
}

// NaN if there is no other.
double MedianWithout(double own, std::vector<double> lengths) {
  if (lengths.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  const auto at = std::find(lengths.begin(), lengths.end(), own);
  if (at != lengths.end()) lengths.erase(at);
  return Median(std::move(lengths));
}

// The rewards of each row, counted. A row's length is compared with the median
// of the others: by the median of all of them, its own included, no trial of
// few could be short.
std::array<Trials, kRewardCount> TrialsOf(const Rows& rows,
                                          const LengthsOfTrials& lengths,
                                          const FormatProfile& format) {
  std::array<Trials, kRewardCount> trials;
  for (const ProblemRow* row : rows) {
    const ReasoningLengths own = ReasoningLengthsOf(row->scored);
    const ReasoningLengths others = {
        .counted = MedianWithout(own.counted, lengths.counted),
        .estimated = MedianWithout(own.estimated, lengths.estimated)};
    const RewardVector rewards = RewardsOf(format, others, row->scored);
    for (size_t i = 0; i < rewards.size(); ++i) {
      if (rewards[i] < 0) continue;
      ++trials[i].count;
      trials[i].failures += rewards[i] == 0;
    }
  }
  return trials;
}

bool IsSolved(const Trials& outcome) {
  return outcome.count > 0 && 4 * outcome.failures <= outcome.count;
}

// The problem of rows that were all asked in one way; without model and digest.
RescoreProblem ProblemOf(const Rows& rows, const FormatProfile& format) {
  RescoreProblem p;
  p.question = rows.front()->response;
  // Drop the recorded answer: only the question is sent.
  p.question.content.reset();
  p.question.reasoning.reset();
  p.question.body.clear();
  p.question.usage = {};
  if (p.question.problem.has_value()) p.id = p.question.problem->id;
  if (p.id.empty()) p.id = p.question.problem_id;
  const LengthsOfTrials lengths = LengthsOf(rows);
  double longest = 0;
  for (const ProblemRow* row : rows) {
    const double whole = row->scored.reading(Feature::kOutputTokens);
    if (!std::isnan(whole)) longest = std::max(longest, whole);
  }
  p.lengths = {Median(lengths.counted), Median(lengths.estimated)};
  p.max_tokens = p.question.intent.max_tokens;
  if (p.max_tokens <= 0)
    p.max_tokens = longest > 0
                       ? static_cast<int64_t>(kRoom * std::exp2(longest))
                       : kUnknownTokens;
  p.max_tokens = std::clamp(p.max_tokens, kLeastTokens, kMostTokens);
  p.trials = TrialsOf(rows, lengths, format);
  p.solved = IsSolved(p.trials[static_cast<size_t>(Reward::kOutcome)]);
  return p;
}

// A stored problem in the way with the most trials; its words and gold too.
RescoreProblem ProblemOf(const StoredProblem& stored) {
  struct Asked {
    Trials trials;
    Response question;
  };
  // The room for an answer makes no way of its own: the most counts.
  std::map<Way, Asked> ways;
  for (const auto& [sampling, trials] : stored.trials) {
    Response question;
    if (!ReadSampling(sampling, question)) continue;
    const int64_t room = question.intent.max_tokens;
    Asked& asked =
        ways.try_emplace(WayOf(question), Asked{{}, question}).first->second;
    asked.trials.count += trials.count;
    asked.trials.failures += trials.failures;
    // 0 = as much as the server gives.
    int64_t& most = asked.question.intent.max_tokens;
    most = most == 0 || room == 0 ? 0 : std::max(most, room);
  }
  RescoreProblem p;
  const auto most = std::max_element(
      ways.begin(), ways.end(), [](const auto& a, const auto& b) {
        return a.second.trials.count < b.second.trials.count;
      });
  if (most != ways.end()) {
    p.question = std::move(most->second.question);
    p.trials[0] = most->second.trials;
  }
  p.model = stored.problem.model;
  p.digest = stored.problem.digest;
  p.id = stored.problem.id;
  p.question.model = p.model;
  p.question.prompt = stored.text.prompt;
  p.question.messages_json = stored.text.messages_json;
  p.question.system_prompt = stored.text.system_prompt;
  p.question.problem =
      Problem{p.id, stored.problem.gold, stored.problem.answer_kind};
  p.max_tokens = p.question.intent.max_tokens > 0 ? p.question.intent.max_tokens
                                                  : kUnstatedTokens;
  p.max_tokens = std::clamp(p.max_tokens, kLeastTokens, kMostTokens);
  p.solved = IsSolved(p.trials[static_cast<size_t>(Reward::kOutcome)]);
  return p;
}

}  // namespace

ReasoningLengths ReasoningLengthsOf(const Scored& s) {
  const Feature length = std::isnan(s.reading(Feature::kReasoningTokens))
                             ? Feature::kOutputTokens
                             : Feature::kReasoningTokens;
  ReasoningLengths lengths;
  if (!s.lengths.Estimated(length)) lengths.counted = s.reading(length);
  lengths.estimated = s.reading(EstimateOf(length));
  return lengths;
}

ProblemSet ProblemSet::Make(const std::vector<ProblemRow>& rows) {
  std::map<std::string, std::map<uint64_t, Rows>> by_model;
  size_t problems = 0;
  for (const ProblemRow& row : rows) {
    const Response& r = row.response;
    if (row.scored.match.problem == 0 ||
        (r.prompt.empty() && r.messages_json.empty()))
      continue;
    auto& of_model = by_model[r.model];
    const auto it = of_model.find(row.scored.match.problem);
    if (it != of_model.end()) {
      it->second.push_back(&row);
    } else if (problems < kMaxProblems) {
      ++problems;
      of_model[row.scored.match.problem].push_back(&row);
    }
  }
  ProblemSet set;
  for (auto& [name, of_model] : by_model) {
    Model& model = set.models_[name];
    model.format = ProfileOf(of_model);
    for (const auto& [digest, asked] : of_model) {
      RescoreProblem& p = model.problems[digest];
      p = ProblemOf(AskedMostOften(asked), model.format);
      p.model = name;
      p.digest = digest;
    }
    model.FitPriors();
  }
  return set;
}

void ProblemSet::Model::FitPriors() {
  for (size_t i = 0; i < priors.size(); ++i) {
    std::vector<Trials> all;
    for (const auto& [digest, problem] : problems)
      all.push_back(problem.trials[i]);
    priors[i] = FitFailurePrior(all);
  }
}

ProblemSet ProblemSet::With(const std::vector<StoredProblem>& stored) const {
  ProblemSet set = *this;
  size_t problems = 0;
  for (const auto& [name, model] : set.models_)
    problems += model.problems.size();
  std::set<std::string> changed;
  for (const StoredProblem& s : stored) {
    if (s.text.prompt.empty() && s.text.messages_json.empty()) continue;
    if (problems >= kMaxProblems) break;
    auto& of_model = set.models_[s.problem.model].problems;
    if (of_model.contains(s.problem.digest)) continue;
    of_model[s.problem.digest] = ProblemOf(s);
    ++problems;
    changed.insert(s.problem.model);
  }
  for (const std::string& name : changed) set.models_[name].FitPriors();
  return set;
}

const RescoreProblem* ProblemSet::Find(const std::string& model,
                                       uint64_t digest) const {
  const auto it = models_.find(model);
  if (it == models_.end()) return nullptr;
  const auto problem = it->second.problems.find(digest);
  return problem == it->second.problems.end() ? nullptr : &problem->second;
}

std::vector<const RescoreProblem*> ProblemSet::FindById(
    const std::string& id) const {
  std::vector<const RescoreProblem*> found;
  for (const auto& [name, model] : models_)
    for (const auto& [digest, problem] : model.problems)
      if (problem.id == id) found.push_back(&problem);
  return found;
}

std::vector<const RescoreProblem*> ProblemSet::SolvedOf(
    const std::string& model, uint64_t seed) const {
  std::vector<std::pair<uint64_t, const RescoreProblem*>> order;
  const auto it = models_.find(model);
  if (it == models_.end()) return {};
  for (const auto& [digest, problem] : it->second.problems) {
    if (!problem.solved) continue;
    const std::string_view bytes(reinterpret_cast<const char*>(&digest),
                                 sizeof(digest));
    order.emplace_back(StableHash(bytes, seed), &problem);
  }
  std::sort(order.begin(), order.end());
  std::vector<const RescoreProblem*> solved;
  solved.reserve(order.size());
  for (const auto& [hash, problem] : order) solved.push_back(problem);
  return solved;
}

FailurePosterior ProblemSet::PriorOf(const std::string& model,
                                     Reward reward) const {
  const auto it = models_.find(model);
  if (it == models_.end()) return {};
  return it->second.priors[static_cast<size_t>(reward)];
}

RewardVector ProblemSet::Rewards(const RescoreProblem& problem,
                                 const Scored& s) const {
  const auto it = models_.find(problem.model);
  if (it == models_.end()) return {-1, -1, -1, -1};
  return RewardsOf(it->second.format, problem.lengths, s);
}

std::vector<std::string> ProblemSet::Models() const {
  std::vector<std::string> names;
  for (const auto& [name, model] : models_) names.push_back(name);
  return names;
}

}  // namespace reasonwatch
