// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/stored_baseline.h"

#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "core/store.h"
#include "daemon/app/log.h"
#include "evaluator/asked_problems.h"
#include "util/status_macros.h"

namespace reasonwatch {

std::string AcceptedEvidence(const ModelEvent& event) {
  std::string text = "the operator expects it";
  if (!event.new_value.empty())
    text += absl::StrFormat(": %s %s", event.kind, event.new_value);
  if (!event.note.empty()) text += absl::StrFormat(" (%s)", event.note);
  return text;
}

absl::Status ApplyStoredBaselines(BaselineStore& store, bool all_problems,
                                  Shards& shards, Telemetry& telemetry) {
  RW_ASSIGN_OR_RETURN(const std::vector<BaselineInfo> infos, store.Baselines());
  for (const BaselineInfo& info : infos) {
    telemetry.SetBaseline(info.model, info.problems);
    // The daemon itself made this one.
    if (info.revision == 0) continue;
    const std::string name = "baseline_taken/" + info.model;
    const std::string reference =
        absl::StrFormat("%d", info.reference_revision);
    const std::string value =
        absl::StrFormat("%s/%d", reference, info.revision);
    const std::string taken = store.Fact(name).value_or("0/0");
    const bool same_reference =
        taken.substr(0, taken.find('/')) == reference || !info.has_reference;
    if (!all_problems && taken == value) continue;
    Shards::Baseline baseline;
    baseline.model = info.model;
    baseline.prefix = info.prefix;
    RW_ASSIGN_OR_RETURN(const std::vector<BaselineProblem> problems,
                        store.Problems(info.model));
    RW_ASSIGN_OR_RETURN(const auto texts, store.Texts(info.model));
    baseline.problems = IndexOf(problems, texts, PrefixProfile(info.prefix));
    if (!same_reference) {
      RW_ASSIGN_OR_RETURN(baseline.golden, store.Golden(info.model));
    }
    if (taken != value) {
      baseline.fact = {name, value};
      LogInfo("baseline",
              {{"model", info.model},
               {"problems", std::to_string(info.problems)},
               {"responses", std::to_string(info.responses)},
               {"reference", same_reference ? "kept" : "replaced"}});
    }
    shards.ApplyBaseline(std::move(baseline));
  }
  RW_ASSIGN_OR_RETURN(const std::vector<ModelEvent> pending, store.Pending());
  for (const ModelEvent& event : pending) {
    std::vector<StateBlob> golden;
    if (event.kind == "rebase_to_golden") {
      RW_ASSIGN_OR_RETURN(golden, store.Golden(event.model));
    }
    telemetry.SetDeployment(event.model, event.time);
    shards.Accept(event.model, AcceptedEvidence(event), std::move(golden),
                  {"events_acted/" + event.model, std::to_string(event.id)});
  }
  return absl::OkStatus();
}

absl::Status ApplyDeployment(const ModelEvent& event, Store& store,
                             Shards& shards, Telemetry& telemetry) {
  RW_RETURN_IF_ERROR(store.PutEvent(event));
  telemetry.SetDeployment(event.model, event.time);
  LogInfo("deployment", {{"model", event.model},
                         {"version", event.new_value},
                         {"expected", event.expected ? "true" : "false"}});
  if (event.expected)
    shards.Accept(event.model, AcceptedEvidence(event), {}, {});
  return absl::OkStatus();
}

}  // namespace reasonwatch
