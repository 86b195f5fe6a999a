// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/compare_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Changed problems that a screen and a JSON report list; their number is given
// beside them.
constexpr size_t kMaxInText = 20;
constexpr size_t kMaxInJson = 1000;  // bounds the report

std::string Xml(const std::string& text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

std::string Amount(const PairedChange& c, double value) {
  return c.unit == "ratio" ? absl::StrFormat("%.0f", value)
                           : absl::StrFormat("%.1f %%", 100 * value);
}

// The smallest loss that these pairs could have shown.
std::string PowerText(const CompareReport& report) {
  if (!report.smallest_loss.has_value())
    return "these answers could show no loss of the pass rate, however large";
  return absl::StrFormat(
      "the smallest loss that these answers could have shown is %.1f points",
      100 * *report.smallest_loss);
}

std::string SideText(const ChangedProblem::Side& side) {
  return absl::StrFormat("%d of %d right: %s", side.correct, side.graded,
                         side.answer.empty() ? "(no answer)" : side.answer);
}

std::string ProblemsText(const CompareReport& report) {
  if (report.problems.empty()) return "";
  std::string out = absl::StrFormat("\n%d problems with other grades\n",
                                    report.problems.size());
  for (size_t i = 0; i < std::min(kMaxInText, report.problems.size()); ++i) {
    const ChangedProblem& p = report.problems[i];
    out += absl::StrFormat("%s\n    A  %s\n    B  %s\n", p.problem,
                           SideText(p.a), SideText(p.b));
  }
  if (report.problems.size() > kMaxInText)
    out += absl::StrFormat("and %d more; --format json lists them\n",
                           report.problems.size() - kMaxInText);
  return out;
}

}  // namespace

std::string DescribeChange(const PairedChange& c) {
  if (c.unit == "ratio")
    return absl::StrFormat("%s x%.2f (%.2f to %.2f)", c.name, c.change, c.low,
                           c.high);
  return absl::StrFormat("%s %.1f %% to %.1f %%", c.name, 100 * c.before,
                         100 * c.after);
}

std::string CompareText(const CompareReport& report) {
  std::string out = absl::StrFormat(
      "verdict   %s\n          %s\nproblems  %d in both, %d only in A, %d only "
      "in B; responses %d and %d\nanswers   %d and %d, of which %d and %d were "
      "graded\npower     %s\n\n%-26s %8s %10s %10s  %-26s %9s\n",
      AbslView(CompareVerdictName(report.verdict)), report.reason, report.pairs,
      report.only_a, report.only_b, report.rows_a, report.rows_b,
      report.answered_a, report.answered_b, report.graded_a, report.graded_b,
      PowerText(report), "", "PAIRS", "A", "B", "CHANGE (95 % INTERVAL)", "P");
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
  return out + ProblemsText(report);
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
  out["answered_a"] = report.answered_a;
  out["answered_b"] = report.answered_b;
  out["graded_a"] = report.graded_a;
  out["graded_b"] = report.graded_b;
  out["smallest_loss"] = report.smallest_loss.has_value()
                             ? Json(*report.smallest_loss)
                             : Json(nullptr);
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
  const auto side = [](const ChangedProblem::Side& s) {
    return Json::object({{"answers", s.answers},
                         {"graded", s.graded},
                         {"correct", s.correct},
                         {"answer", s.answer}});
  };
  Json problems = Json::array();
  for (const ChangedProblem& p : report.problems) {
    if (problems.size() == kMaxInJson) break;
    problems.push_back(Json::object(
        {{"problem", p.problem}, {"a", side(p.a)}, {"b", side(p.b)}}));
  }
  out["problems_changed"] = report.problems.size();
  out["problems"] = std::move(problems);
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string CompareJunit(const CompareReport& report) {
  const bool untold = report.verdict == CompareVerdict::kCannotTell;
  const auto failures =
      std::count_if(report.changes.begin(), report.changes.end(),
                    [](const PairedChange& c) { return c.worse; });
  std::string out = absl::StrFormat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite "
      "name=\"reasonwatch compare\" tests=\"%d\" failures=\"%d\" "
      "errors=\"%d\">\n",
      static_cast<int64_t>(report.changes.size()) + (untold ? 1 : 0),
      static_cast<int64_t>(failures), untold ? 1 : 0);
  if (untold)
    out += absl::StrFormat(
        "    <testcase classname=\"reasonwatch.compare\" "
        "name=\"answers\">\n      <error message=\"%s\"/>\n    "
        "</testcase>\n",
        Xml(report.reason));
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
        Xml(absl::StrFormat("%s, p %.2g", DescribeChange(c), c.p)));
  }
  return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace reasonwatch
