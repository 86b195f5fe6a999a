// SPDX-License-Identifier: Apache-2.0
// Both recordings are read into means by problem, and the problems in both make
// pairs. First the readings, then the tests of a change (rates, lengths), the
// verdict over all of them, and the problems whose grades differ. The report's
// forms are in compare_report.cc.
#include "daemon/recordings/compare.h"

#include <algorithm>
#include <array>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <functional>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "answers/final_answer.h"
#include "core/feature.h"
#include "core/grade.h"
#include "core/scored.h"
#include "core/trace.h"
#include "daemon/recordings/bad_lines.h"
#include "daemon/recordings/compare_report.h"
#include "daemon/recordings/recording_source.h"
#include "features/prompt.h"
#include "formats/formats.h"
#include "util/ascii.h"
#include "util/status_macros.h"
#include "util/utf8.h"

namespace reasonwatch {
namespace {

// Fewer pairs can't show a change at 1 % by a sign test (2^-7).
constexpr int64_t kMinPairs = 8;
constexpr double kAlpha = .01;  // one false regression in 100 comparisons
// Floors of a change that is worth a word, as those of a page in incidents/.
constexpr double kPointsFloor = .05;
constexpr double kRatioFloor = .1;
constexpr double kCollapsed = .7;
// With so many graded pairs whose interval lies above -5 points, answers hold
// and a change of form is no regression.
constexpr int64_t kGradedPairs = 30;
constexpr double kNormal95 = 1.959964;  // 97.5th percentile of a normal

// Rates that are bad news when they rise; the others are form.
constexpr std::array kHarmful = {Feature::kZeroThinking,
                                 Feature::kSingleSentence,
                                 Feature::kDirectAnswer,
                                 Feature::kFinishLength,
                                 Feature::kUnclosed,
                                 Feature::kDoubled,
                                 Feature::kLeaked,
                                 Feature::kLanguageMismatch,
                                 Feature::kGarbageRun,
                                 Feature::kExactPeriod,
                                 Feature::kShingleRecurrence,
                                 Feature::kStopEmpty,
                                 Feature::kReasoningWithoutAnswer,
                                 Feature::kAnswerNotInChain,
                                 Feature::kAnswerContradictsChain,
                                 Feature::kContradictoryAnswers,
                                 Feature::kRubricLow};
constexpr std::array kForm = {
    Feature::kThinkTags, Feature::kReasoningField, Feature::kSteps,
    Feature::kBoxed,     Feature::kAnswerTag,      Feature::kCodeFence,
    Feature::kJsonKeys,  Feature::kSplitDiffers,   Feature::kUnknownFormat};

struct Mean {
  double sum = 0;
  int64_t count = 0;
  void Add(double value) {
    sum += value;
    ++count;
  }
  double value() const { return sum / static_cast<double>(count); }
};

// The readings of one problem in one recording.
struct Asked {
  std::array<Mean, kFeatureCount> readings;
  Mean correct;
  int64_t responses = 0;
  int64_t answered = 0;  // those with any text
  // Answers of the first response that was right, wrong, and not graded.
  std::string right, wrong, ungraded;
};

struct Recording {
  std::map<std::string, Asked> problems;
  int64_t answered = 0;
  int64_t graded = 0;
};

// The final answer of a response in a few words: the marked one, else the end.
std::string ShortAnswer(const Trace& trace) {
  constexpr size_t kMaxBytes = 80;  // a column of a terminal
  if (!trace.has_text) return "";
  const std::string_view part = AnswerPart(trace.answer);
  std::string answer = MarkedAnswer(part).value_or("");
  if (answer.empty()) answer = std::string(ascii::Trim(part));
  std::string line;
  for (char c : utf8::Tail(answer, kMaxBytes)) {
    const bool space = ascii::IsSpace(c);
    if (!space || (!line.empty() && line.back() != ' '))
      line += space ? ' ' : c;
  }
  return line;
}

absl::StatusOr<Recording> Read(const std::vector<Response>& rows,
                               const CompareOptions& options) {
  StandardEvaluator evaluator("compare");
  evaluator.SetGrader(options.grader);
  Recording recording;
  int64_t done = 0;
  for (const Response& row : rows) {
    if (options.on_rows != nullptr)
      RW_RETURN_IF_ERROR(options.on_rows("rows compared", done++,
                                         static_cast<int64_t>(rows.size())));
    std::string key = row.problem_id;
    if (key.empty() && row.problem.has_value()) key = row.problem->id;
    if (key.empty()) {
      const uint64_t digest = ProblemDigest(ReadPrompt(row).user);
      if (digest == 0) continue;
      key = absl::StrFormat("prompt %016x", digest);
    }
    const Scored scored = evaluator.Evaluate(row);
    const Trace trace = ParseResponse(row, FormatPolicy());
    Asked& asked = recording.problems[key];
    ++asked.responses;
    const std::string answer = ShortAnswer(trace);
    asked.answered += !answer.empty();
    recording.answered += !answer.empty();
    const bool graded =
        scored.grade == Grade::kCorrect || scored.grade == Grade::kIncorrect;
    std::string& kept = !graded                           ? asked.ungraded
                        : scored.grade == Grade::kCorrect ? asked.right
                                                          : asked.wrong;
    if (kept.empty()) kept = answer;
    for (size_t f = 0; f < kFeatureCount; ++f) {
      const float value = scored.readings[f];
      if (std::isnan(value) ||
          (EstimateOf(static_cast<Feature>(f)) != Feature::kCount &&
           scored.lengths.Estimated(static_cast<Feature>(f))))
        continue;
      asked.readings[f].Add(value);
    }
    recording.graded += graded;
    if (graded) asked.correct.Add(scored.grade == Grade::kCorrect);
  }
  return recording;
}

struct Pair {
  double before = 0;
  double after = 0;
};

std::vector<Pair> PairsOf(const Recording& a, const Recording& b,
                          const std::function<const Mean&(const Asked&)>& of) {
  std::vector<Pair> pairs;
  for (const auto& [key, asked] : a.problems) {
    const auto other = b.problems.find(key);
    if (other == b.problems.end()) continue;
    const Mean& before = of(asked);
    const Mean& after = of(other->second);
    if (before.count > 0 && after.count > 0)
      pairs.push_back({before.value(), after.value()});
  }
  return pairs;
}

// Two-sided exact test that rises and falls are equally likely.
double SignTest(int64_t rises, int64_t falls) {
  const int64_t n = rises + falls;
  if (n == 0) return 1;
  const boost::math::binomial_distribution<double> even(static_cast<double>(n),
                                                        .5);
  const double tail =
      boost::math::cdf(even, static_cast<double>(std::min(rises, falls)));
  return std::min(1.0, 2 * tail);
}

PairedChange RateChange(std::string name, const std::vector<Pair>& pairs) {
  PairedChange c;
  c.name = std::move(name);
  c.unit = "points";
  c.pairs = static_cast<int64_t>(pairs.size());
  int64_t rises = 0;
  int64_t falls = 0;
  double squares = 2;  // of the two pseudo-pairs, +1 and -1
  double sum = 0;
  for (const Pair& p : pairs) {
    c.before += p.before;
    c.after += p.after;
    const double d = p.after - p.before;
    rises += d > 0;
    falls += d < 0;
    sum += d;
    squares += d * d;
  }
  const auto n = static_cast<double>(pairs.size());
  c.before /= n;
  c.after /= n;
  c.change = sum / n;
  const double shrunk = sum / (n + 2);
  const double half =
      kNormal95 *
      std::sqrt(std::max(0.0, squares / (n + 2) - shrunk * shrunk) / (n + 2));
  c.low = std::max(-1.0, shrunk - half);
  c.high = std::min(1.0, shrunk + half);
  c.p = SignTest(rises, falls);
  return c;
}

PairedChange LengthChange(std::string name, const std::vector<Pair>& pairs) {
  PairedChange c;
  c.name = std::move(name);
  c.unit = "ratio";
  c.pairs = static_cast<int64_t>(pairs.size());
  const auto n = static_cast<double>(pairs.size());
  double sum = 0;
  for (const Pair& p : pairs) {
    c.before += p.before / n;
    c.after += p.after / n;
    sum += p.after - p.before;
  }
  const double mean = sum / n;
  double squares = 0;
  for (const Pair& p : pairs) {
    const double d = p.after - p.before - mean;
    squares += d * d;
  }
  c.before = std::exp2(c.before) - 1;
  c.after = std::exp2(c.after) - 1;
  c.change = std::exp2(mean);
  const double error = std::sqrt(squares / (n - 1) / n);
  const boost::math::students_t_distribution<double> t(n - 1);
  const double half = boost::math::quantile(t, .975) * error;
  c.low = std::exp2(mean - half);
  c.high = std::exp2(mean + half);
  c.p = error > 0 ? 2 * boost::math::cdf(
                            boost::math::complement(t, std::abs(mean) / error))
        : mean == 0 ? 1
                    : 0;
  c.notable = c.p < kAlpha && std::abs(mean) > std::log2(1 + kRatioFloor);
  return c;
}

// Holm's step-down: the whole family errs in at most kAlpha of cases.
void MarkNotable(std::vector<PairedChange>& markers) {
  std::vector<size_t> order(markers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t x, size_t y) { return markers[x].p < markers[y].p; });
  for (size_t i = 0; i < order.size(); ++i) {
    PairedChange& m = markers[order[i]];
    if (m.p * static_cast<double>(order.size() - i) >= kAlpha) return;
    m.notable = std::abs(m.change) >= kPointsFloor;
  }
}

// Is the fall of a pass rate past chance, past the floor, and an interval away?
bool IsLoss(const PairedChange& c, double min_drop) {
  return c.p < kAlpha && c.high < 0 && c.change <= -min_drop;
}

// The smallest fall that `pairs` of single answers could have shown.
std::optional<double> SmallestLoss(size_t pairs, double min_drop) {
  std::vector<Pair> all(pairs, Pair{1, 1});
  const auto shows = [&](size_t falls) {
    for (size_t i = 0; i < pairs; ++i) all[i].after = i < falls ? 0 : 1;
    return IsLoss(RateChange("", all), min_drop);
  };
  if (pairs == 0 || !shows(pairs)) return std::nullopt;
  size_t too_few = 0;
  size_t enough = pairs;
  while (enough - too_few > 1) {
    const size_t middle = too_few + (enough - too_few) / 2;
    (shows(middle) ? enough : too_few) = middle;
  }
  return static_cast<double>(enough) / static_cast<double>(pairs);
}

ChangedProblem::Side SideOf(const Asked& asked, bool lower) {
  ChangedProblem::Side side;
  side.answers = asked.responses;
  side.graded = asked.correct.count;
  side.correct = std::llround(asked.correct.sum);
  // The side that fell shows a wrong answer, the other one a right one.
  const std::string& first = lower ? asked.wrong : asked.right;
  const std::string& second = lower ? asked.right : asked.wrong;
  side.answer = !first.empty()    ? first
                : !second.empty() ? second
                                  : asked.ungraded;
  if (side.graded == 0) side.answer = asked.ungraded;
  return side;
}

// The problems of both recordings whose grades differ.
std::vector<ChangedProblem> ChangedProblems(const Recording& a,
                                            const Recording& b) {
  enum Order { kFell, kOneSided, kRose, kOrders };
  std::array<std::vector<ChangedProblem>, kOrders> ordered;
  for (const auto& [key, before] : a.problems) {
    const auto other = b.problems.find(key);
    if (other == b.problems.end()) continue;
    const Asked& after = other->second;
    const bool graded = before.correct.count > 0;
    const bool graded_after = after.correct.count > 0;
    if (!graded && !graded_after) continue;
    Order order = kOneSided;
    double change = 0;
    if (graded && graded_after) {
      change = after.correct.value() - before.correct.value();
      if (change == 0) continue;
      order = change < 0 ? kFell : kRose;
    }
    ordered[order].push_back(
        {key, SideOf(before, change > 0), SideOf(after, change < 0)});
  }
  std::vector<ChangedProblem> all = std::move(ordered[kFell]);
  for (Order order : {kOneSided, kRose})
    std::move(ordered[order].begin(), ordered[order].end(),
              std::back_inserter(all));
  return all;
}

// Are there answers enough in B to say that it held? A recording without them
// is never unchanged. "" if there are, else why not.
std::string MissingAnswers(const CompareOptions& options,
                           const CompareReport& report) {
  if (report.answered_b == 0 && report.answered_a > 0)
    return "B holds no answers";
  if (report.answered_a == 0 && report.answered_b == 0)
    return "neither recording holds answers";
  if (report.graded_a == 0 && report.graded_b == 0)
    return "no answer was graded: no row has a problem with its answer";
  if (report.graded_a - report.graded_b > options.max_ungraded)
    return absl::StrFormat(
        "B grades %d answers fewer than A (%d of %d, A %d of %d)",
        report.graded_a - report.graded_b, report.graded_b, report.rows_b,
        report.graded_a, report.rows_a);
  if (!report.smallest_loss.has_value())
    return "too few graded answers to show any loss of the pass rate";
  return "";
}

void Judge(const CompareOptions& options, CompareReport& report) {
  const PairedChange* grades = nullptr;
  for (PairedChange& c : report.changes)
    if (c.name == "pass_rate") grades = &c;
  const bool answers_hold = grades != nullptr &&
                            grades->pairs >= kGradedPairs &&
                            grades->low > -kPointsFloor;
  std::string worse;
  std::string moved;
  for (PairedChange& c : report.changes) {
    const bool harmful =
        std::any_of(kHarmful.begin(), kHarmful.end(),
                    [&](Feature f) { return FeatureName(f) == c.name; });
    if (c.name == "pass_rate") {
      c.worse = IsLoss(c, options.min_drop);
      c.notable = c.worse || (c.p < kAlpha && c.change >= options.min_drop);
    } else if (c.unit == "ratio") {
      c.worse = c.notable && c.high < kCollapsed && !answers_hold;
    } else {
      c.worse = c.notable && harmful && c.change > 0 && !answers_hold;
    }
    std::string& list = c.worse ? worse : moved;
    if (c.worse || c.notable)
      list += (list.empty() ? "" : ", ") + DescribeChange(c);
  }
  if (!worse.empty()) {
    report.verdict = CompareVerdict::kRegressed;
    report.reason = "worse: " + worse;
  } else if (std::string missing = MissingAnswers(options, report);
             !missing.empty()) {
    report.verdict = CompareVerdict::kCannotTell;
    report.reason = std::move(missing);
  } else if (!moved.empty()) {
    report.verdict = CompareVerdict::kNotRegressed;
    report.reason = "changed, not for the worse: " + moved;
  } else {
    report.verdict = CompareVerdict::kNoChange;
    report.reason = "nothing changed by more than chance and the floors allow";
    if (report.smallest_loss.value_or(0) > options.min_drop)
      absl::StrAppend(
          &report.reason,
          absl::StrFormat(
              ", but a loss of the pass rate under %.1f points would not show",
              100 * *report.smallest_loss));
  }
}

}  // namespace

std::string_view CompareVerdictName(CompareVerdict verdict) {
  switch (verdict) {
    case CompareVerdict::kNoChange:
      return "no_change";
    case CompareVerdict::kNotRegressed:
      return "not_regressed";
    case CompareVerdict::kRegressed:
      return "regressed";
    case CompareVerdict::kCannotTell:
      return "cannot_tell";
  }
  return "invalid";
}

absl::StatusOr<CompareReport> CompareResponses(const std::vector<Response>& a,
                                               const std::vector<Response>& b,
                                               const CompareOptions& options) {
  RW_ASSIGN_OR_RETURN(const Recording before, Read(a, options));
  RW_ASSIGN_OR_RETURN(const Recording after, Read(b, options));
  CompareReport report;
  report.rows_a = static_cast<int64_t>(a.size());
  report.rows_b = static_cast<int64_t>(b.size());
  report.answered_a = before.answered;
  report.answered_b = after.answered;
  report.graded_a = before.graded;
  report.graded_b = after.graded;
  for (const auto& [key, asked] : before.problems)
    report.pairs += after.problems.contains(key);
  report.only_a = static_cast<int64_t>(before.problems.size()) - report.pairs;
  report.only_b = static_cast<int64_t>(after.problems.size()) - report.pairs;
  if (report.pairs < kMinPairs)
    return absl::FailedPreconditionError(absl::StrFormat(
        "%d problems are in both recordings, %d are needed; problems are "
        "paired by problem_id or problem.id, else by the prompt",
        report.pairs, kMinPairs));

  const auto graded = PairsOf(
      before, after, [](const Asked& x) -> const Mean& { return x.correct; });
  if (static_cast<int64_t>(graded.size()) >= kMinPairs)
    report.changes.push_back(RateChange("pass_rate", graded));
  report.smallest_loss = SmallestLoss(graded.size(), options.min_drop);
  report.problems = ChangedProblems(before, after);
  const auto pairs_of = [&](Feature f) {
    return PairsOf(before, after, [f](const Asked& x) -> const Mean& {
      return x.readings[static_cast<size_t>(f)];
    });
  };
  // Both lengths of a pair are from one source: counts of the server, unless
  // our estimates make more pairs.
  for (Feature f : kCountedLengths) {
    auto pairs = pairs_of(f);
    auto estimated = pairs_of(EstimateOf(f));
    if (2 * pairs.size() < estimated.size()) pairs = std::move(estimated);
    if (static_cast<int64_t>(pairs.size()) >= kMinPairs)
      report.changes.push_back(
          LengthChange(std::string(FeatureName(f)), pairs));
  }
  std::vector<PairedChange> markers;
  const auto add_marker = [&](Feature f) {
    const auto pairs = pairs_of(f);
    if (static_cast<int64_t>(pairs.size()) >= kMinPairs)
      markers.push_back(RateChange(std::string(FeatureName(f)), pairs));
  };
  for (Feature f : kHarmful) add_marker(f);
  for (Feature f : kForm) add_marker(f);
  MarkNotable(markers);
  for (PairedChange& m : markers) report.changes.push_back(std::move(m));
  Judge(options, report);
  return report;
}

absl::StatusOr<CompareReport> CompareFiles(const std::string& a,
                                           const std::string& b,
                                           const CompareOptions& options,
                                           std::ostream& messages) {
  // A sample of lm-eval names no model; both sides are of one anyway.
  const std::string model =
      options.from == RecordFormat::kLmEval ? "model" : "";
  const auto read = [&](const std::string& path) {
    BadLines bad(messages, path + ":");
    auto file = ReadRecordedFile(
        path, [&](int64_t line, std::string_view why) { bad.Add(line, why); },
        options.from, options.on_rows, model);
    bad.Finish();
    return file;
  };
  RW_ASSIGN_OR_RETURN(const RecordedFile before, read(a));
  RW_ASSIGN_OR_RETURN(const RecordedFile after, read(b));
  RW_ASSIGN_OR_RETURN(CompareReport report,
                      CompareResponses(before.rows, after.rows, options));
  report.bad_lines = before.bad_lines + after.bad_lines;
  return report;
}

}  // namespace reasonwatch
