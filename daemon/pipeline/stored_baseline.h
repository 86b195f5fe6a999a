// What commands have put into the database, taken over by the daemon: at its
// start and at every reload.
#ifndef REASONWATCH_DAEMON_PIPELINE_STORED_BASELINE_H_
#define REASONWATCH_DAEMON_PIPELINE_STORED_BASELINE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/ports.h"
#include "daemon/export/telemetry.h"
#include "daemon/pipeline/shards.h"
#include "features/prompt.h"
#include "storage/baseline_store.h"

namespace reasonwatch {

// The problems of `kind` kGold. Those with words are found in other wrappings
// and near, behind `prefix`, that the model's prompts share.
std::shared_ptr<const ProblemIndex> IndexOf(
    const std::vector<BaselineProblem>& problems,
    const std::map<uint64_t, ProblemText>& texts, const PrefixProfile& prefix);

// What it is named, else the kind of task that its words are.
std::string FamilyOf(const std::string& named, std::string_view asked);

// What the problem asks, as an evaluator sees it in a prompt.
std::string AskedText(const ProblemText& text, const PrefixProfile& prefix);

// Gives the shards each baseline that is new since they took it last
// (`all_problems`: the problems of every one, as a fresh start needs), and acts
// on the operator's pending events.
absl::Status TakeStoredBaselines(BaselineStore& store, bool all_problems,
                                 Shards& shards, Telemetry& telemetry);

// A deployment that the operator tells now: to the store, the metrics and,
// where it is expected, the shards.
absl::Status TakeDeployment(const ModelEvent& event, Store& store,
                            Shards& shards, Telemetry& telemetry);

// What an accepted incident says of the event.
std::string AcceptedEvidence(const ModelEvent& event);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_STORED_BASELINE_H_
