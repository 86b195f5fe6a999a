// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/saved_state.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "core/store.h"
#include "daemon/app/log.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

// The metrics name incidents for a day after they closed, so that an alert that
// has fired finds them.
constexpr absl::Duration kRecentlyClosed = absl::Hours(24);
// The latest incidents, of which the open and recent ones are kept; far more
// than are ever open.
constexpr int kMaxIncidents = 1000;

}  // namespace

absl::Status RestoreSavedState(Store& store, Shards& shards,
                               Telemetry& telemetry) {
  RW_ASSIGN_OR_RETURN(std::vector<StateBlob> blobs, store.LoadState());
  RW_ASSIGN_OR_RETURN(std::vector<Incident> all,
                      store.LoadIncidents(/*open_only=*/false, kMaxIncidents));
  std::vector<Incident> recent;
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    if (!it->open() && absl::Now() - it->closed > kRecentlyClosed) continue;
    telemetry.RestoreIncident(*it);
    recent.push_back(*it);
  }
  const absl::Status restored = shards.Restore(blobs, recent);
  if (!restored.ok())
    LogError("state_not_restored",
             {{"error", std::string(restored.message())}});
  const auto saved = store.LoadFact("checkpoint_ns");
  int64_t saved_ns = 0;
  if (!saved.ok() || !absl::SimpleAtoi(*saved, &saved_ns))
    return absl::OkStatus();
  // A clock that was set back meanwhile makes no gap.
  const absl::Duration gap = std::max(
      absl::ZeroDuration(), absl::Now() - absl::FromUnixNanos(saved_ns));
  telemetry.SetRestartGap(gap);
  LogInfo(
      "resumed",
      {{"gap_seconds", absl::StrFormat("%.3f", absl::ToDoubleSeconds(gap))},
       {"open_incidents", std::to_string(std::count_if(
                              recent.begin(), recent.end(),
                              [](const Incident& i) { return i.open(); }))}});
  for (const auto& [model, id] : shards.LastResponses())
    LogInfo("resumed_model", {{"model", model}, {"last_response", id}});
  return absl::OkStatus();
}

}  // namespace reasonwatch
