// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/model_health.h"

#include <nlohmann/json.hpp>

#include "absl/time/time.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kReplicaWay = "replica/";
constexpr std::string_view kReplicaFault = "replica_fault";

enum class Health { kOk, kSuspect, kConfirmed };
constexpr const char* kHealthNames[] = {"ok", "suspect", "confirmed"};

Health HealthOf(const Incident& incident) {
  switch (incident.confirmation) {
    case Confirmation::kConfirmed:
      return Health::kConfirmed;
    case Confirmation::kNotReproduced:
      return Health::kOk;
    case Confirmation::kPending:
    case Confirmation::kUnavailable:
      break;
  }
  return Health::kSuspect;
}

bool Concerns(const Incident& incident, const HealthQuery& query) {
  if (incident.model != query.model || !incident.open()) return false;
  if (query.replica.empty()) return true;
  const std::string faulty = FaultyReplica(incident);
  if (!faulty.empty()) return faulty == query.replica;
  return incident.scope != Scope::kReplica || incident.replica == query.replica;
}

// Why the incident casts doubt, in words that need no look at it.
std::string ReasonOf(const Incident& incident) {
  std::string reason(ConfirmationName(incident.confirmation));
  for (const IncidentSignal& s : incident.signals)
    if (s.open) {
      reason += ": ";
      reason += SignalName(s.signal);
      break;
    }
  if (!incident.causes.empty()) reason += ", " + incident.causes.front().cause;
  return reason;
}

}  // namespace

std::string FaultyReplica(const Incident& incident) {
  if (incident.confirmation != Confirmation::kConfirmed) return "";
  if (incident.verdict.has_value())
    for (const Difference& d : incident.verdict->differences)
      // One that does better names the fault as well, but not where it is.
      if (d.cause == kReplicaFault && d.value < 0 &&
          d.name.starts_with(kReplicaWay))
        return d.name.substr(kReplicaWay.size());
  const bool named = !incident.causes.empty() &&
                     incident.causes.front().cause == kReplicaFault;
  return named && incident.scope == Scope::kReplica ? incident.replica : "";
}

HealthAnswer AnswerHealth(const absl::StatusOr<std::vector<Incident>>& open,
                          const HealthQuery& query) {
  Json out;
  const bool by_replica = query.fail == "replica";
  if (!query.fail.empty() && query.fail != "suspect" &&
      query.fail != "confirmed" && !by_replica) {
    out["error"] = "fail is none of suspect, confirmed and replica";
    return {400, out.dump()};
  }
  if (by_replica && query.replica.empty()) {
    out["error"] = "fail=replica needs a replica";
    return {400, out.dump()};
  }
  out["model"] = query.model;
  if (!query.replica.empty()) out["replica"] = query.replica;
  Health worst = Health::kOk;
  const Incident* shown = nullptr;
  bool ejected = false;
  if (open.ok()) {
    // The oldest of the gravest: it explains the others.
    for (const Incident& incident : *open) {
      if (!Concerns(incident, query)) continue;
      ejected |=
          !query.replica.empty() && FaultyReplica(incident) == query.replica;
      const Health health = HealthOf(incident);
      if (health < worst || (health == worst && shown != nullptr &&
                             shown->opened <= incident.opened))
        continue;
      worst = health;
      shown = &incident;
    }
  } else {
    worst = Health::kSuspect;
  }
  out["health"] = kHealthNames[static_cast<int>(worst)];
  if (!open.ok()) {
    out["reason"] = "the incidents can't be read";
  } else if (shown == nullptr) {
    out["reason"] = "no open incident";
  } else {
    out["reason"] = ReasonOf(*shown);
    out["incident"] = shown->id;
    out["since"] = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", shown->opened,
                                    absl::UTCTimeZone());
    if (const std::string faulty = FaultyReplica(*shown); !faulty.empty()) {
      out["faulty_replica"] = faulty;
      out["action"] = "eject";
    }
  }
  const bool fails = (by_replica && ejected) ||
                     (query.fail == "suspect" && worst >= Health::kSuspect) ||
                     (query.fail == "confirmed" && worst == Health::kConfirmed);
  return {fails ? 503 : 200,
          out.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace reasonwatch
