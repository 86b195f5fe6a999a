#include "rescore/problem_set.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "core/strings.h"

namespace reasonwatch {
namespace {

// Of log2(1 + tokens): half as long, twice as long.
constexpr double kOctave = 1;
constexpr double kUsual = .9;
// Re-runs may take so much more than the longest trial: a runaway must show.
constexpr double kRoom = 2;
constexpr int64_t kLeastTokens = 64;
constexpr int64_t kUnknownTokens = 4096;
constexpr int64_t kMostTokens = 131072;
// Where a stored problem's trials had as much as the server gives: an answer
// that is cut would look like a loss, and a refused request like none.
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

// How stored trials were asked. False where it can't be read.
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

using Rows = std::vector<const ProblemSet::Row*>;

FormatProfile ProfileOf(const std::map<uint64_t, Rows>& problems) {
  int64_t count = 0;
  int64_t reasons = 0;
  int64_t elaborates = 0;
  std::array<int64_t, std::size(kMarkers)> marked{};
  for (const auto& [digest, rows] : problems) {
    for (const ProblemSet::Row* row : rows) {
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

RewardVector RewardsOf(const FormatProfile& format, double tokens,
                       const Scored& s) {
  RewardVector rewards = {-1, -1, -1, -1};
  if (s.grade == Grade::kCorrect) rewards[0] = 1;
  if (s.grade == Grade::kIncorrect) rewards[0] = 0;
  rewards[1] = FormatReward(format, s);
  const double length = ReasoningLength(s);
  if (!std::isnan(length) && !std::isnan(tokens)) {
    rewards[2] = length >= tokens - kOctave;
    rewards[3] = length <= tokens + kOctave;
  }
  return rewards;
}

}  // namespace

double ReasoningLength(const Scored& s) {
  const double reasoning = s.reading(Feature::kReasoningTokens);
  return std::isnan(reasoning) ? s.reading(Feature::kOutputTokens) : reasoning;
}

ProblemSet ProblemSet::Make(const std::vector<Row>& rows) {
  std::map<std::string, std::map<uint64_t, Rows>> by_model;
  size_t problems = 0;
  for (const Row& row : rows) {
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
      std::map<Way, Rows> ways;
      for (const Row* row : asked) ways[WayOf(row->response)].push_back(row);
      const auto most = std::max_element(
          ways.begin(), ways.end(), [](const auto& a, const auto& b) {
            return a.second.size() < b.second.size();
          });
      const Rows& same = most->second;

      RescoreProblem& p = model.problems[digest];
      p.model = name;
      p.digest = digest;
      p.question = same.front()->response;
      // The answer of the recording has no business in a question.
      p.question.content.reset();
      p.question.reasoning.reset();
      p.question.body.clear();
      p.question.usage = {};
      if (p.question.problem.has_value()) p.id = p.question.problem->id;
      if (p.id.empty()) p.id = p.question.problem_id;

      std::vector<double> lengths;
      double longest = 0;
      for (const Row* row : same) {
        const double length = ReasoningLength(row->scored);
        if (!std::isnan(length)) lengths.push_back(length);
        const double whole = row->scored.reading(Feature::kOutputTokens);
        if (!std::isnan(whole)) longest = std::max(longest, whole);
      }
      p.tokens = Median(lengths);
      p.max_tokens = p.question.intent.max_tokens;
      if (p.max_tokens <= 0)
        p.max_tokens = longest > 0
                           ? static_cast<int64_t>(kRoom * std::exp2(longest))
                           : kUnknownTokens;
      p.max_tokens = std::clamp(p.max_tokens, kLeastTokens, kMostTokens);

      for (const Row* row : same) {
        // Against the others: within its own median no trial could be short.
        double others = std::numeric_limits<double>::quiet_NaN();
        if (lengths.size() >= 2) {
          std::vector<double> rest = lengths;
          const auto own =
              std::find(rest.begin(), rest.end(), ReasoningLength(row->scored));
          if (own != rest.end()) rest.erase(own);
          others = Median(std::move(rest));
        }
        const RewardVector rewards =
            RewardsOf(model.format, others, row->scored);
        for (size_t i = 0; i < rewards.size(); ++i) {
          if (rewards[i] < 0) continue;
          ++p.trials[i].count;
          p.trials[i].failures += rewards[i] == 0;
        }
      }
      const Trials& outcome = p.trials[0];
      p.solved = outcome.count > 0 && 4 * outcome.failures <= outcome.count;
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
    // Trials of one way; the room that they had is no way of its own.
    struct Asked {
      Trials trials;
      Response question;
    };
    std::map<Way, Asked> ways;
    for (const auto& [sampling, trials] : s.trials) {
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
    const auto most = std::max_element(
        ways.begin(), ways.end(), [](const auto& a, const auto& b) {
          return a.second.trials.count < b.second.trials.count;
        });
    Model& model = set.models_[s.problem.model];
    const auto [it, fresh] =
        model.problems.try_emplace(s.problem.digest, RescoreProblem());
    if (!fresh) continue;
    ++problems;
    changed.insert(s.problem.model);
    RescoreProblem& p = it->second;
    p.model = s.problem.model;
    p.digest = s.problem.digest;
    p.id = s.problem.id;
    if (most != ways.end()) {
      p.question = std::move(most->second.question);
      p.trials[0] = most->second.trials;
    }
    p.question.model = p.model;
    p.question.prompt = s.text.prompt;
    p.question.messages_json = s.text.messages_json;
    p.question.system_prompt = s.text.system_prompt;
    p.question.problem = Problem{p.id, s.problem.gold, s.problem.answer_kind};
    p.tokens = std::numeric_limits<double>::quiet_NaN();
    p.max_tokens = p.question.intent.max_tokens > 0
                       ? p.question.intent.max_tokens
                       : kUnstatedTokens;
    p.max_tokens = std::clamp(p.max_tokens, kLeastTokens, kMostTokens);
    p.solved =
        p.trials[0].count > 0 && 4 * p.trials[0].failures <= p.trials[0].count;
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
  return RewardsOf(it->second.format, problem.tokens, s);
}

std::vector<std::string> ProblemSet::Models() const {
  std::vector<std::string> names;
  for (const auto& [name, model] : models_) names.push_back(name);
  return names;
}

}  // namespace reasonwatch
