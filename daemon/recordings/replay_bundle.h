// SPDX-License-Identifier: Apache-2.0
// The bundle of an incident: everything that is known of it in one file, a JSON
// object a line, and its replay.
//
// The lines of daemon/evidence/run_files.h are the part that is replayed. Lines
// with another "part" (bundle, incident, story, text) are for readers and are
// left out here, and so is a key that is not known.
#ifndef REASONWATCH_DAEMON_RECORDINGS_REPLAY_BUNDLE_H_
#define REASONWATCH_DAEMON_RECORDINGS_REPLAY_BUNDLE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/incident.h"
#include "core/replay_take.h"
#include "detectors/watch_options.h"
#include "incidents/options.h"

namespace reasonwatch {

// A finding that opened the incident, by its names.
struct RecordedFinding {
  std::string signal;
  std::string scope;
  std::string route;
  std::string replica;
  std::string channel;
  std::string response_id;
  double statistic = 0;
  double threshold = 0;
};

struct Bundle {
  std::string incident;
  std::string version;  // of the program that saw the incident
  std::string config_yaml;
  std::vector<RecordedFinding> findings;
  ReplayTake take;
};

// NotFound: no such file. FailedPrecondition: it has no numbers to replay.
// InvalidArgument names the line that can't be read; DataLoss: lines are
// missing.
absl::StatusOr<Bundle> ReadBundle(const std::string& path);

struct BundleReplay {
  struct Compared {
    RecordedFinding finding;
    bool agrees = false;
  };
  std::vector<Compared> findings;
  std::vector<IncidentEvent> events;  // all that the replay gave
  bool agrees() const;
};

// A finding agrees if the replay opens the same signal at the same level and
// response, carried by the same channel, with the same statistic. DataLoss if
// the stored state can't be read, as one of a later version.
absl::StatusOr<BundleReplay> ReplayBundle(const Bundle& bundle,
                                          const WatchOptions& watch,
                                          const IncidentOptions& incidents);

// A row of a bundle as its reader sees it: its labels, and its readings by
// name. "" if it can't be read.
std::string RowJson(const StateBlob& row);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_REPLAY_BUNDLE_H_
