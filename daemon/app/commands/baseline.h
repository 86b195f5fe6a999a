// SPDX-License-Identifier: Apache-2.0
// `reasonwatch baseline`: the calls behind the operator's commands.
//
// Everything works on the database of `serve`, beside a running daemon too,
// which takes changes over at its next reload or start.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_BASELINE_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_BASELINE_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/config/config.h"
#include "daemon/recordings/baseline_file.h"
#include "storage/baseline_store.h"

namespace reasonwatch {

// ImportBaseline() with the settings of the configuration. `store` may be null
// in a dry run.
absl::StatusOr<BaselineImportReport> ImportBaselineFile(
    const BaselineImportOptions& options, const Config& config,
    BaselineStore* store, std::ostream& messages);

// Prints one row a model.
absl::Status ListBaselines(BaselineStore& store, std::ostream& out);
// {"baselines": [...]}, as GET /api/v1/baseline gives it.
std::string BaselinesJson(const std::vector<BaselineInfo>& baselines);
// Prints a model, its regimes and its problems; with `problem` (id or digest)
// every fact about that one.
absl::Status ShowBaseline(BaselineStore& store, const std::string& model,
                          const std::string& problem, int limit,
                          std::ostream& out);
// The same as one JSON object, without the words of the problems.
absl::Status ShowBaselineJson(BaselineStore& store, const std::string& model,
                              const std::string& problem, std::ostream& out);
// Prints the golden reference beside the one that the daemon has learnt since.
absl::Status DiffBaseline(BaselineStore& store, const Config& config,
                          const std::string& model, Output output,
                          std::ostream& out);

// The model has been changed on purpose.
struct RebaseOptions {
  std::string model;
  std::string version;
  std::string note;
  bool to_golden = false;
};
// Leaves an event for the daemon, which acts on it at its next reload or start.
// NotFound if there is no reference to go back to or to start anew.
absl::Status RebaseBaseline(BaselineStore& store, const RebaseOptions& options,
                            absl::Time now);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_BASELINE_H_
