// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/selftest_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

// A year: a longer interval is a mistake.
constexpr double kMaxSeconds = 366.0 * 86400;

bool IsHop(const std::string& name) {
  return std::find(kSelfTestHops.begin(), kSelfTestHops.end(), name) !=
         kSelfTestHops.end();
}

// A number of seconds from 0 on.
bool ReadSeconds(const Json& json, const char* key, absl::Duration& to) {
  const auto it = json.find(key);
  if (it == json.end() || !it->is_number()) return false;
  const auto seconds = it->get<double>();
  if (!(seconds >= 0 && seconds <= kMaxSeconds)) return false;
  to = absl::Seconds(seconds);
  return true;
}

absl::Status ReadHops(const Json& json, SelfTestResult& result) {
  const auto hops = json.find("hops");
  if (hops == json.end() || !hops->is_array())
    return absl::InvalidArgumentError("hops is not a list");
  std::set<std::string> seen;
  for (const Json& hop : *hops) {
    const auto name = hop.is_object() ? hop.find("hop") : hop.end();
    SelfTestHop read;
    if (!hop.is_object() || name == hop.end() || !name->is_string() ||
        !IsHop(read.name = name->get<std::string>()) ||
        !seen.insert(read.name).second ||
        !ReadSeconds(hop, "seconds", read.took))
      return absl::InvalidArgumentError(
          "hops: each needs a hop's name of its own and seconds");
    result.hops.push_back(std::move(read));
  }
  return absl::OkStatus();
}

}  // namespace

std::string SelfTestJson(const SelfTestResult& result, absl::Duration every) {
  Json json;
  json["passed"] = result.passed();
  json["failed"] = result.failed.empty() ? Json() : Json(result.failed);
  json["why"] = result.why;
  json["cleaned"] = result.cleaned.ok();
  json["incident"] = result.incident;
  json["every_seconds"] = absl::ToDoubleSeconds(every);
  json["hops"] = Json::array();
  for (const SelfTestHop& hop : result.hops)
    json["hops"].push_back(
        {{"hop", hop.name}, {"seconds", absl::ToDoubleSeconds(hop.took)}});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<SelfTestReport> ParseSelfTest(std::string_view body) {
  const Json json = Json::parse(body.begin(), body.end(), nullptr,
                                /*allow_exceptions=*/false);
  if (!json.is_object())
    return absl::InvalidArgumentError("the body is not a JSON object");
  SelfTestReport report;
  const auto failed = json.find("failed");
  if (failed != json.end() && !failed->is_null()) {
    if (!failed->is_string() || !IsHop(failed->get<std::string>()))
      return absl::InvalidArgumentError("failed is not the name of a hop");
    report.result.failed = failed->get<std::string>();
  }
  const auto cleaned = json.find("cleaned");
  if (cleaned == json.end() || !cleaned->is_boolean())
    return absl::InvalidArgumentError("cleaned is not true or false");
  if (!cleaned->get<bool>())
    report.result.cleaned = absl::UnavailableError("not forgotten");
  if (!ReadSeconds(json, "every_seconds", report.every))
    return absl::InvalidArgumentError("every_seconds is not a number of them");
  const absl::Status hops = ReadHops(json, report.result);
  if (!hops.ok()) return hops;
  return report;
}

}  // namespace reasonwatch
