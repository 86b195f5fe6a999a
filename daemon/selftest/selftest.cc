// SPDX-License-Identifier: Apache-2.0
// Each hop is a question that is asked until its answer is the wanted one or
// its time is up; the last answer is then the reason.
//
// In order: reading the others' answers, the hops, the run.
#include "daemon/selftest/selftest.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "daemon/selftest/made_up_model.h"
#include "util/metrics_text.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::json;

// Live responses wait until 500 more have come before they are learnt, and
// an alarm needs 100 of reference or more (docs/statistics.md).
constexpr int kHealthy = 900;
// An alarm of so large a change comes within a few dozen.
constexpr int kCollapsed = 150;
constexpr int kRowsOfOnePost = 150;
constexpr std::string_view kAlerts[] = {"ReasonwatchIncidentCritical",
                                        "ReasonwatchIncidentWarning"};

// "" = the hop is passed, else the reason why not yet.
using Answer = std::string;

// Never throws; discarded if it is no JSON.
Json Parse(std::string_view text) {
  return Json::parse(text.begin(), text.end(), nullptr,
                     /*allow_exceptions=*/false);
}

// The value at a path of keys, null if there is none.
const Json& At(const Json& json, std::initializer_list<const char*> path) {
  static const Json& nothing = *new Json();
  const Json* found = &json;
  for (const char* key : path) {
    const auto it = found->is_object() ? found->find(key) : found->end();
    if (!found->is_object() || it == found->end()) return nothing;
    found = &*it;
  }
  return *found;
}

std::string TextAt(const Json& json, std::initializer_list<const char*> path) {
  const Json& found = At(json, path);
  return found.is_string() ? found.get<std::string>() : "";
}

std::string Encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_')
      out.push_back(c);
    else
      absl::StrAppendFormat(&out, "%%%02X", byte);
  }
  return out;
}

// Attempts of Alertmanager to notify anybody.
struct Attempts {
  double all = 0;
  double failed = 0;
};

class Run {
 public:
  Run(const SelfTestOptions& options, const SelfTestPorts& ports,
      const std::function<void(const SelfTestHop&)>& on_hop)
      : options_(options), ports_(ports), on_hop_(on_hop) {}

  SelfTestResult Walk() {
    result_.cleaned = ports_.forget();
    if (!result_.cleaned.ok()) {
      Fail("tap", std::string(result_.cleaned.message()));
      return std::move(result_);
    }
    WalkHops();
    result_.cleaned = ports_.forget();
    return std::move(result_);
  }

 private:
  void WalkHops() {
    const bool rules = !options_.prometheus.empty();
    const bool alerts = !options_.alertmanager.empty();
    if (!Pass("tap", [this] { return Send(); })) return;
    if (!Pass("incident", [this] { return Incident(); })) return;
    if (!Pass("metric", [this] { return Metric(); })) return;
    // No notification of this alert can have been sent yet.
    if (alerts && !options_.receiver.empty()) {
      const absl::StatusOr<Attempts> attempts = ReadAttempts();
      if (!attempts.ok())
        return Fail("alertmanager", std::string(attempts.status().message()));
      before_ = *attempts;
    }
    if (rules && (!Pass("scrape", [this] { return Scrape(); }) ||
                  !Pass("rule", [this] { return Rule(/*firing=*/false); }) ||
                  !Pass("firing", [this] { return Rule(/*firing=*/true); })))
      return;
    if (!alerts) return;
    if (!Pass("alertmanager", [this] { return Alert(); })) return;
    if (!options_.receiver.empty())
      Pass("receiver", [this] { return Delivery(); });
  }

  void Fail(std::string_view hop, std::string why) {
    result_.failed = std::string(hop);
    result_.why = std::move(why);
  }

  bool Pass(std::string_view hop, const std::function<Answer()>& ask) {
    const absl::Time began = ports_.now();
    while (true) {
      Answer why = ask();
      const absl::Duration took = ports_.now() - began;
      if (why.empty()) {
        result_.hops.push_back({std::string(hop), took});
        on_hop_(result_.hops.back());
        return true;
      }
      const bool over = took >= options_.timeout;
      if (over || gives_up_ || !ports_.wait(options_.pause)) {
        if (over)
          absl::StrAppend(
              &why, ", for ",
              absl::FormatDuration(absl::Trunc(took, absl::Seconds(1))));
        Fail(hop, std::move(why));
        return false;
      }
    }
  }

  Answer Send() {
    const absl::Time start =
        ports_.now() - absl::Seconds(kHealthy + kCollapsed);
    const auto send = [&](MadeUpState state, int first, int end) -> Answer {
      for (; first < end; first += kRowsOfOnePost) {
        const absl::Status sent = ports_.send(MadeUpResponses(
            state, first, std::min(kRowsOfOnePost, end - first), start));
        if (!sent.ok()) return std::string(sent.message());
      }
      return "";
    };
    // Responses that came twice would be other ones than these.
    gives_up_ = true;
    Answer why = send(MadeUpState::kHealthy, 0, kHealthy);
    if (why.empty())
      why = send(MadeUpState::kCollapsed, kHealthy, kHealthy + kCollapsed);
    gives_up_ = !why.empty();
    return why;
  }

  Answer Incident() {
    const absl::StatusOr<std::string> body = ports_.incidents();
    if (!body.ok()) return std::string(body.status().message());
    const Json json = Parse(*body);
    const Json& list = At(json, {"incidents"});
    if (!list.is_array()) return "the daemon's answer has no incidents";
    for (const Json& incident : list) {
      if (TextAt(incident, {"model"}) != kSelftestModel) continue;
      result_.incident = TextAt(incident, {"id"});
      return "";
    }
    return "no incident has opened";
  }

  Answer Metric() {
    const absl::StatusOr<std::string> text = ports_.metrics();
    if (!text.ok()) return std::string(text.status().message());
    const MetricLabels labels = {{"incident", result_.incident}};
    if (SumOf(ReadMetrics(*text), "reasonwatch_incident_info", labels) == 1)
      return "";
    return "reasonwatch_incident_info does not show the incident";
  }

  Answer Scrape() {
    const std::string query = absl::StrFormat(
        "reasonwatch_incident_info{incident=\"%s\"}", result_.incident);
    const absl::StatusOr<std::string> body = ports_.get(absl::StrCat(
        options_.prometheus, "/api/v1/query?query=", AbslView(Encode(query))));
    if (!body.ok()) return std::string(body.status().message());
    const Json json = Parse(*body);
    const Json& series = At(json, {"data", "result"});
    if (series.is_array() && !series.empty()) return "";
    return "Prometheus has not scraped the incident from this daemon";
  }

  Answer Rule(bool firing) {
    const absl::StatusOr<std::string> body =
        ports_.get(absl::StrCat(options_.prometheus, "/api/v1/alerts"));
    if (!body.ok()) return std::string(body.status().message());
    const Json json = Parse(*body);
    const Json& alerts = At(json, {"data", "alerts"});
    if (!alerts.is_array()) return "Prometheus' answer has no alerts";
    for (const Json& alert : alerts) {
      const std::string state = TextAt(alert, {"state"});
      // A rule of another name would be in no route and in no runbook.
      if (std::find(std::begin(kAlerts), std::end(kAlerts),
                    TextAt(alert, {"labels", "alertname"})) ==
          std::end(kAlerts))
        continue;
      if (TextAt(alert, {"labels", "incident"}) == result_.incident &&
          (state == "firing" || (!firing && state == "pending")))
        return "";
    }
    return firing ? "the alert is pending and does not fire" : NoRule();
  }

  // The reason why no rule has the incident.
  Answer NoRule() {
    const absl::StatusOr<std::string> body = ports_.get(
        absl::StrCat(options_.prometheus, "/api/v1/rules?type=alert"));
    if (!body.ok()) return std::string(body.status().message());
    const Json json = Parse(*body);
    std::string missing;
    for (const std::string_view name : kAlerts) {
      bool found = false;
      const Json& groups = At(json, {"data", "groups"});
      if (groups.is_array())
        for (const Json& group : groups)
          if (const Json& rules = At(group, {"rules"}); rules.is_array())
            for (const Json& rule : rules)
              found = found || TextAt(rule, {"name"}) == name;
      if (!found)
        absl::StrAppend(&missing, missing.empty() ? "" : " and ",
                        AbslView(name));
    }
    if (missing.empty())
      return "the rules of incidents are loaded and do not see the incident";
    return absl::StrCat("Prometheus has no rule ", missing);
  }

  Answer Alert() {
    const std::string filter =
        absl::StrFormat("incident=\"%s\"", result_.incident);
    const absl::StatusOr<std::string> body = ports_.get(absl::StrCat(
        options_.alertmanager, "/api/v2/alerts?filter=", Encode(filter)));
    if (!body.ok()) return std::string(body.status().message());
    const Json json = Parse(*body);
    if (!json.is_array() || json.empty())
      return "Alertmanager has no alert of the incident";
    receivers_.clear();
    for (const Json& alert : json)
      if (const Json& list = At(alert, {"receivers"}); list.is_array())
        for (const Json& receiver : list)
          receivers_.push_back(TextAt(receiver, {"name"}));
    return "";
  }

  absl::StatusOr<Attempts> ReadAttempts() {
    const absl::StatusOr<std::string> text =
        ports_.get(absl::StrCat(options_.alertmanager, "/metrics"));
    if (!text.ok()) return text.status();
    const MetricValues values = ReadMetrics(*text);
    return Attempts{
        SumOf(values, "alertmanager_notification_requests_total", {}),
        SumOf(values, "alertmanager_notification_requests_failed_total", {})};
  }

  Answer Delivery() {
    if (std::find(receivers_.begin(), receivers_.end(), options_.receiver) ==
        receivers_.end()) {
      std::string named;
      for (const std::string& name : receivers_)
        absl::StrAppend(&named, named.empty() ? "" : ", ", name);
      gives_up_ = true;  // routes do not change by themselves
      return absl::StrFormat("the alert is routed to %s and not to %s",
                             named.empty() ? "nobody" : named,
                             options_.receiver);
    }
    const absl::StatusOr<Attempts> now = ReadAttempts();
    if (!now.ok()) return std::string(now.status().message());
    const double failed = now->failed - before_.failed;
    if (now->all - before_.all > failed) return "";
    if (failed > 0)
      return absl::StrFormat("%.0f notifications have failed", failed);
    return absl::StrFormat("nothing was sent to %s", options_.receiver);
  }

  const SelfTestOptions& options_;
  const SelfTestPorts& ports_;
  const std::function<void(const SelfTestHop&)>& on_hop_;
  SelfTestResult result_;
  std::vector<std::string> receivers_;  // of the alert
  Attempts before_;                     // the alert had come
  bool gives_up_ = false;               // to ask again is of no use
};

}  // namespace

SelfTestResult RunSelfTest(
    const SelfTestOptions& options, const SelfTestPorts& ports,
    const std::function<void(const SelfTestHop&)>& on_hop) {
  return Run(options, ports, on_hop).Walk();
}

}  // namespace reasonwatch
