// SPDX-License-Identifier: Apache-2.0
// Settings of the store of evidence.
#ifndef REASONWATCH_DAEMON_EVIDENCE_OPTIONS_H_
#define REASONWATCH_DAEMON_EVIDENCE_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "formats/formats.h"

namespace reasonwatch {

struct EvidenceOptions {
  std::string path;         // of the file of texts
  std::string runs_folder;  // of the numbers of replays
  int64_t max_bytes = int64_t{64} << 20;
  absl::Duration ttl = absl::Hours(24 * 7);
  std::vector<std::string> redact;  // RE2 patterns, beside the built-in ones
  // Models whose texts may be kept.
  std::function<bool(const std::string& model)> wants;
  std::function<FormatPolicy(const std::string& model)> policy_of;
};

// Responses of an incident, and as many beside them: enough to see that it is
// no single case.
inline constexpr size_t kExamplesOfASide = 5;

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_EVIDENCE_OPTIONS_H_
