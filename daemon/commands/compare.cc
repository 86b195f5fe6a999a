#include "daemon/commands/compare.h"

#include <algorithm>
#include <array>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "core/scored.h"
#include "core/status_macros.h"
#include "core/strings.h"
#include "daemon/pipeline/import_baseline.h"
#include "features/prompt.h"

namespace reasonwatch {
namespace {

constexpr int64_t kMinPairs = 8;
constexpr double kAlpha = .01;
// Floors of a change that is worth a word, as those of a page in incidents/.
constexpr double kPointsFloor = .05;
constexpr double kRatioFloor = .1;
constexpr double kCollapsed = .7;
// With so many graded pairs whose interval lies above -5 points, answers hold
// and a change of form is no regression.
constexpr int64_t kGradedPairs = 30;
constexpr double kNormal95 = 1.959964;

constexpr std::array kLengths = {Feature::kOutputTokens,
                                 Feature::kReasoningTokens};

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

// What is known of one problem in one recording.
struct Asked {
  std::array<Mean, kFeatureCount> readings;
  Mean correct;
};

using Recording = std::map<std::string, Asked>;

Recording Read(const std::vector<Response>& rows,
               const StandardEvaluator::AnswerGrader& grader) {
  StandardEvaluator evaluator("compare");
  evaluator.SetGrader(grader);
  Recording recording;
  for (const Response& row : rows) {
    std::string key = row.problem_id;
    if (key.empty() && row.problem.has_value()) key = row.problem->id;
    if (key.empty()) {
      const uint64_t digest = ProblemDigest(ReadPrompt(row).user);
      if (digest == 0) continue;
      key = absl::StrFormat("prompt %016x", digest);
    }
    const Scored scored = evaluator.Evaluate(row);
    Asked& asked = recording[key];
    for (size_t f = 0; f < kFeatureCount; ++f) {
      const float value = scored.readings[f];
      if (!std::isnan(value)) asked.readings[f].Add(value);
    }
    if (scored.grade == Grade::kCorrect || scored.grade == Grade::kIncorrect)
      asked.correct.Add(scored.grade == Grade::kCorrect);
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
  for (const auto& [key, asked] : a) {
    const auto other = b.find(key);
    if (other == b.end()) continue;
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

std::string Describe(const PairedChange& c) {
  if (c.unit == "ratio")
    return absl::StrFormat("%s x%.2f (%.2f to %.2f)", c.name, c.change, c.low,
                           c.high);
  return absl::StrFormat("%s %.1f %% to %.1f %%", c.name, 100 * c.before,
                         100 * c.after);
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
      c.worse = c.p < kAlpha && c.high < 0 && c.change <= -options.min_drop;
      c.notable = c.worse || (c.p < kAlpha && c.change >= options.min_drop);
    } else if (c.unit == "ratio") {
      c.worse = c.notable && c.high < kCollapsed && !answers_hold;
    } else {
      c.worse = c.notable && harmful && c.change > 0 && !answers_hold;
    }
    std::string& list = c.worse ? worse : moved;
    if (c.worse || c.notable) list += (list.empty() ? "" : ", ") + Describe(c);
  }
  if (!worse.empty()) {
    report.verdict = CompareVerdict::kRegressed;
    report.reason = "worse: " + worse;
  } else if (!moved.empty()) {
    report.verdict = CompareVerdict::kNotRegressed;
    report.reason = "changed, not for the worse: " + moved;
  } else {
    report.verdict = CompareVerdict::kNoChange;
    report.reason = "nothing changed by more than chance and the floors allow";
  }
}

std::string Xml(const std::string& text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

std::string Amount(const PairedChange& c, double value) {
  return c.unit == "ratio" ? absl::StrFormat("%.0f", value)
                           : absl::StrFormat("%.1f %%", 100 * value);
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
  }
  return "invalid";
}

absl::StatusOr<CompareReport> CompareResponses(const std::vector<Response>& a,
                                               const std::vector<Response>& b,
                                               const CompareOptions& options) {
  const Recording before = Read(a, options.grader);
  const Recording after = Read(b, options.grader);
  CompareReport report;
  report.rows_a = static_cast<int64_t>(a.size());
  report.rows_b = static_cast<int64_t>(b.size());
  for (const auto& [key, asked] : before) report.pairs += after.contains(key);
  report.only_a = static_cast<int64_t>(before.size()) - report.pairs;
  report.only_b = static_cast<int64_t>(after.size()) - report.pairs;
  if (report.pairs < kMinPairs)
    return absl::InvalidArgumentError(absl::StrFormat(
        "%d problems are in both recordings, %d are needed; problems are "
        "paired by problem_id or problem.id, else by the prompt",
        report.pairs, kMinPairs));

  const auto graded = PairsOf(
      before, after, [](const Asked& x) -> const Mean& { return x.correct; });
  if (static_cast<int64_t>(graded.size()) >= kMinPairs)
    report.changes.push_back(RateChange("pass_rate", graded));
  const auto pairs_of = [&](Feature f) {
    return PairsOf(before, after, [f](const Asked& x) -> const Mean& {
      return x.readings[static_cast<size_t>(f)];
    });
  };
  for (Feature f : kLengths) {
    const auto pairs = pairs_of(f);
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
  const auto read = [&](const std::string& path) {
    return ReadRecordedFile(path, [&](int64_t line, std::string_view why) {
      messages << path << ":" << line << ": " << why << "\n";
    });
  };
  RW_ASSIGN_OR_RETURN(const RecordedFile before, read(a));
  RW_ASSIGN_OR_RETURN(const RecordedFile after, read(b));
  RW_ASSIGN_OR_RETURN(CompareReport report,
                      CompareResponses(before.rows, after.rows, options));
  report.bad_lines = before.bad_lines + after.bad_lines;
  return report;
}

std::string CompareText(const CompareReport& report) {
  std::string out = absl::StrFormat(
      "verdict   %s\n          %s\nproblems  %d in both, %d only in A, %d only "
      "in B; responses %d and %d\n\n%-26s %8s %10s %10s  %-26s %9s\n",
      AbslView(CompareVerdictName(report.verdict)), report.reason, report.pairs,
      report.only_a, report.only_b, report.rows_a, report.rows_b, "", "PAIRS",
      "A", "B", "CHANGE (95 % INTERVAL)", "P");
  for (const PairedChange& c : report.changes) {
    // Markers that nobody shows would only be rows of zeros.
    if (c.unit == "points" && c.before == 0 && c.after == 0 &&
        c.name != "pass_rate")
      continue;
    const std::string change =
        c.unit == "ratio"
            ? absl::StrFormat("x%.3f (%.3f to %.3f)", c.change, c.low, c.high)
            : absl::StrFormat("%+.1f points (%+.1f to %+.1f)", 100 * c.change,
                              100 * c.low, 100 * c.high);
    out +=
        absl::StrFormat("%-26s %8d %10s %10s  %-26s %9.2g%s\n", c.name, c.pairs,
                        Amount(c, c.before), Amount(c, c.after), change, c.p,
                        c.worse     ? "  worse"
                        : c.notable ? "  changed"
                                    : "");
  }
  return out;
}

std::string CompareJson(const CompareReport& report) {
  using Json = nlohmann::ordered_json;
  Json out;
  out["verdict"] = std::string(CompareVerdictName(report.verdict));
  out["reason"] = report.reason;
  out["pairs"] = report.pairs;
  out["only_a"] = report.only_a;
  out["only_b"] = report.only_b;
  out["rows_a"] = report.rows_a;
  out["rows_b"] = report.rows_b;
  out["bad_lines"] = report.bad_lines;
  Json changes = Json::array();
  for (const PairedChange& c : report.changes)
    changes.push_back(Json::object({{"name", c.name},
                                    {"unit", c.unit},
                                    {"pairs", c.pairs},
                                    {"before", c.before},
                                    {"after", c.after},
                                    {"change", c.change},
                                    {"low", c.low},
                                    {"high", c.high},
                                    {"p", c.p},
                                    {"notable", c.notable},
                                    {"worse", c.worse}}));
  out["changes"] = std::move(changes);
  return out.dump(2) + "\n";
}

std::string CompareJunit(const CompareReport& report) {
  const auto failures =
      std::count_if(report.changes.begin(), report.changes.end(),
                    [](const PairedChange& c) { return c.worse; });
  std::string out = absl::StrFormat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite "
      "name=\"reasonwatch compare\" tests=\"%d\" failures=\"%d\" "
      "errors=\"0\">\n",
      static_cast<int64_t>(report.changes.size()),
      static_cast<int64_t>(failures));
  for (const PairedChange& c : report.changes) {
    out += absl::StrFormat(
        "    <testcase classname=\"reasonwatch.compare\" name=\"%s\"",
        Xml(c.name));
    if (!c.worse) {
      out += "/>\n";
      continue;
    }
    out += absl::StrFormat(
        ">\n      <failure message=\"%s\"/>\n    "
        "</testcase>\n",
        Xml(absl::StrFormat("%s, p %.2g", Describe(c), c.p)));
  }
  return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace reasonwatch
