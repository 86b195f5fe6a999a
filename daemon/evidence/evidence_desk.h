// SPDX-License-Identifier: Apache-2.0
// Keeps the latest texts of the models that are wanted, and writes those of an
// incident, redacted, when it opens; beside them the numbers of a replay.
//
// Thread-safe. Redaction and the disk are on a thread of its own, to which at
// most kMaxWaiting incidents with texts and kMaxRunsWaiting with numbers wait;
// further ones are counted as dropped.
#ifndef REASONWATCH_DAEMON_EVIDENCE_EVIDENCE_DESK_H_
#define REASONWATCH_DAEMON_EVIDENCE_EVIDENCE_DESK_H_

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/feature.h"
#include "core/incident.h"
#include "core/replay_take.h"
#include "core/response.h"
#include "daemon/evidence/evidence_file.h"
#include "daemon/evidence/example_rings.h"
#include "daemon/evidence/options.h"
#include "daemon/evidence/redactor.h"
#include "daemon/evidence/run_files.h"
#include "util/mutex.h"

namespace reasonwatch {

struct EvidenceCounts {
  struct Of {
    int64_t written = 0;  // incidents
    int64_t dropped = 0;  // that met a full queue
    int64_t failed = 0;   // that the disk or the limit refused
    int64_t bytes = 0;    // on the disk
  };
  Of texts;
  Of runs;
};

class EvidenceDesk {
 public:
  static constexpr size_t kMaxWaiting = 64;
  static constexpr size_t kMaxRunsWaiting = 4;  // of some MB each

  // InvalidArgument for a pattern that RE2 does not take. `now` is the wall
  // clock; `on_failure` is called by the thread.
  static absl::StatusOr<std::unique_ptr<EvidenceDesk>> Start(
      EvidenceOptions options, std::function<absl::Time()> now,
      std::function<void(const absl::Status&)> on_failure);
  // Writes what waits.
  ~EvidenceDesk();

  bool Wants(const std::string& model) const { return options_.wants(model); }
  void Keep(Response&& response,
            const std::array<float, kFeatureCount>& readings);
  // The incident has opened.
  void Write(const Incident& incident);
  void WriteRun(IncidentRun&& run);
  // The configuration in force, as YAML, for the files of runs.
  void SetConfig(std::string yaml);
  // EvidenceFile::ExamplesJson() as it is on the disk.
  std::string ExamplesJson(std::string_view incident) const {
    return file_.ExamplesJson(incident, now_());
  }
  EvidenceCounts Counts() const;

 private:
  using Texts = std::pair<Incident, ExampleRings::Choice>;
  using Waiting = std::variant<Texts, IncidentRun>;

  EvidenceDesk(EvidenceOptions options, std::unique_ptr<Redactor> redactor,
               std::function<absl::Time()> now,
               std::function<void(const absl::Status&)> on_failure);
  void Run();
  absl::Status Put(const Texts& texts);
  absl::Status Put(const IncidentRun& run);
  EvidenceExample ExampleOf(const KeptResponse& kept, bool healthy) const;

  const EvidenceOptions options_;
  const std::unique_ptr<const Redactor> redactor_;
  const std::function<absl::Time()> now_;
  const std::function<void(const absl::Status&)> on_failure_;
  EvidenceFile file_;
  RunFiles runs_;
  mutable Mutex mutex_;
  std::condition_variable_any woken_;
  // By model; as many as `wants` is true for.
  std::map<std::string, ExampleRings> rings_ ABSL_GUARDED_BY(mutex_);
  std::deque<Waiting> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t runs_waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string config_ ABSL_GUARDED_BY(mutex_);
  EvidenceCounts counts_ ABSL_GUARDED_BY(mutex_);
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_EVIDENCE_EVIDENCE_DESK_H_
