// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/shadow_json.h"

#include <nlohmann/json.hpp>

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

Json TimeJson(absl::Time time) {
  if (time == absl::InfinitePast() || time == absl::InfiniteFuture())
    return nullptr;
  return absl::FormatTime(absl::RFC3339_sec, time, absl::UTCTimeZone());
}

}  // namespace

bool WouldHaveFired(const EvidenceRise& rise) { return rise.peak >= 1; }

std::string ShadowJson(const ShadowReport& report) {
  Json json = {{"since", TimeJson(report.since)},
               {"budgets", Json::array()},
               {"rises", Json::array()}};
  for (const ShadowRow& row : report.rows)
    json["budgets"].push_back(
        {{"budget", row.words},
         {"rate", row.budget.rate},
         {"per", row.budget.per_responses ? "million_responses" : "30_days"},
         {"in_force", row.in_force},
         {"incidents", row.incidents},
         {"shadow_incidents", row.shadow_incidents}});
  for (const EvidenceRise& e : report.rises)
    json["rises"].push_back({{"model", e.model},
                             {"route", e.route},
                             {"signal", SignalName(e.signal)},
                             {"mode", e.shadow ? "shadow" : "alert"},
                             {"began", TimeJson(e.began)},
                             {"peaked", TimeJson(e.peaked)},
                             {"ended", TimeJson(e.ended)},
                             {"peak", e.peak},
                             {"would_have_fired", WouldHaveFired(e)}});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace reasonwatch
