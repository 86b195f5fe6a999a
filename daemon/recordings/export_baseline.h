// SPDX-License-Identifier: Apache-2.0
// Writes a stored baseline as a file that can be imported again.
#ifndef REASONWATCH_DAEMON_RECORDINGS_EXPORT_BASELINE_H_
#define REASONWATCH_DAEMON_RECORDINGS_EXPORT_BASELINE_H_

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "storage/baseline_store.h"

namespace reasonwatch {

// The state of a model's baseline. NotFound names the models that have one.
absl::StatusOr<BaselineInfo> FindBaseline(BaselineStore& store,
                                          const std::string& model);

// Writes one JSON object a problem, in the format `export` of problem_sets.h,
// and returns how many. Agreed problems have no words and are left out.
absl::StatusOr<int64_t> ExportBaseline(BaselineStore& store,
                                       const std::string& model,
                                       std::ostream& out);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_EXPORT_BASELINE_H_
