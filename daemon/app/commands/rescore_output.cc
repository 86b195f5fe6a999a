// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/rescore_output.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"
#include "daemon/api/incident_json.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

void Line(const Json& json, std::ostream& out) {
  out << json.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n"
      << std::flush;
}

Json TimeOrNull(absl::Time time) {
  if (time == absl::InfiniteFuture()) return nullptr;
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string ClockText(absl::Time time) {
  return absl::FormatTime("%H:%M:%S", time, absl::LocalTimeZone());
}

const char* ResultText(int8_t outcome) {
  return outcome > 0 ? "right" : outcome == 0 ? "wrong" : "not gradable";
}

void PrintVerdict(const Verdict& v, const std::string& name,
                  std::ostream& out) {
  out << absl::StrFormat("%-24s  %s%s%s", name, AbslView(VerdictName(v.kind)),
                         v.reason.empty() ? "" : ": ", v.reason);
  if (v.samples > 0)
    out << absl::StrFormat(
        "; %d of %d passed (%s), healthy %.0f %%, Bayes factor %.3g",
        v.samples - v.failures, v.samples, AbslView(RewardName(v.reward)),
        100 * v.baseline_pass_rate, v.bayes_factor);
  if (v.advantage.has_value())
    out << absl::StrFormat("; advantage of the live answer %+.2f",
                           *v.advantage);
  out << "\n";
  for (const Difference& d : v.differences) {
    if (d.pairs > 0)
      out << absl::StrFormat("  %-22s  %+.2f (%+.2f to %+.2f, %d pairs)%s%s",
                             d.name, d.value, d.low, d.high, d.pairs,
                             d.cause.empty() ? "" : "  ", d.cause);
    else
      out << absl::StrFormat("  %-22s ", d.name);
    if (!d.untried.empty())
      out << absl::StrFormat("  not tried to its end: %s", d.untried);
    out << "\n";
  }
}

}  // namespace

std::string WayText(const std::string& way) {
  return way.empty() ? "alone" : way;
}

std::string WaitText(const RescoreCounters& counters) {
  if (!counters.load_error.empty())
    return "the server's load can't be read (rescore.metrics_url)";
  if (counters.blocked == "gate_shut")
    return "the server's load must stay low for 30 s";
  if (counters.blocked == "budget")
    return "the hourly budget is spent (rescore.tokens_per_hour, "
           "requests_per_hour)";
  return "the server gave no answer; it is asked again";
}

void RescoreOutput::Question(const AskedSample& s) {
  ++questions_;
  waits_for_.clear();
  const int8_t outcome = s.rewards[static_cast<size_t>(Reward::kOutcome)];
  OfWay& way = ways_[s.way];
  ++way.asked;
  way.right += outcome > 0;
  way.wrong += outcome == 0;
  way.tokens += s.tokens;
  const bool judged = !std::isnan(s.bayes_factor);
  if (form_ == Output::kJson) {
    Json q = {{"number", questions_},
              {"way", WayText(s.way)},
              {"problem", s.problem},
              {"index", s.index},
              {"seed", s.seed},
              {"last_line", s.last_line},
              {"result", ResultText(outcome)}};
    for (int i = 0; i < kRewardCount; ++i)
      q["rewards"][std::string(RewardName(static_cast<Reward>(i)))] =
          s.rewards[static_cast<size_t>(i)];
    q["tokens"] = s.tokens;
    q["bayes_factor"] = nullptr;
    if (judged) {
      q["bayes_factor"] = s.bayes_factor;
      q["confirms_at"] = s.bounds.confirm;
      q["clears_at"] = s.bounds.clear;
    }
    return Line(Json{{"question", std::move(q)}}, out_);
  }
  std::string broken;
  for (int i = 1; i < kRewardCount; ++i)
    if (s.rewards[static_cast<size_t>(i)] == 0)
      broken += absl::StrFormat(", %s failed",
                                AbslView(RewardName(static_cast<Reward>(i))));
  out_ << absl::StrFormat("%4d  %-16s %s  seed %d  %s%s", questions_,
                          WayText(s.way), s.problem, s.seed,
                          ResultText(outcome), broken);
  if (judged)
    out_ << absl::StrFormat("  Bayes factor %.3g (%.3g confirms, %.3g clears)",
                            s.bayes_factor, s.bounds.confirm, s.bounds.clear);
  out_ << "\n      " << s.last_line << "\n" << std::flush;
}

void RescoreOutput::Waits(const RescoreCounters& counters,
                          absl::Time gives_up) {
  if (counters.blocked == "slow" || counters.blocked == waits_for_) return;
  waits_for_ = counters.blocked;
  if (form_ == Output::kJson)
    return Line(Json{{"waits",
                      {{"for", counters.blocked},
                       {"text", WaitText(counters)},
                       {"until", TimeOrNull(counters.blocked_until)},
                       {"gives_up", TimeOrNull(gives_up)}}}},
                out_);
  messages_ << "waits: " << counters.blocked << " (" << WaitText(counters)
            << ")";
  if (counters.blocked_until != absl::InfiniteFuture())
    messages_ << ", until " << ClockText(counters.blocked_until);
  messages_ << "; gives up at " << ClockText(gives_up) << "\n" << std::flush;
}

void RescoreOutput::Verdicts(const Verdict& verdict, const std::string& name) {
  if (form_ == Output::kJson)
    out_ << VerdictJson(verdict) << "\n";
  else
    PrintVerdict(verdict, name, out_);
  out_ << std::flush;
}

void RescoreOutput::Summary() {
  if (ways_.empty()) return;
  if (form_ == Output::kJson) {
    Json rows = Json::array();
    for (const auto& [way, of] : ways_)
      rows.push_back({{"way", WayText(way)},
                      {"asked", of.asked},
                      {"right", of.right},
                      {"wrong", of.wrong},
                      {"tokens", of.tokens}});
    return Line(Json{{"summary", std::move(rows)}}, out_);
  }
  out_ << absl::StrFormat("\n%-24s %6s %6s %6s %8s\n", "way", "asked", "right",
                          "wrong", "tokens");
  for (const auto& [way, of] : ways_)
    out_ << absl::StrFormat("%-24s %6d %6d %6d %8d\n", WayText(way), of.asked,
                            of.right, of.wrong, of.tokens);
}

}  // namespace reasonwatch
