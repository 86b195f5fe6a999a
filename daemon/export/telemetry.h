// The numbers that the daemon shows to Prometheus.
//
// Thread-safe. Label sets are bounded: at most max_streams pairs of model and
// route, and as many models, get series of their own; what is over goes to
// the labels `other` and is counted in telemetry_series_overflow_total. One
// ObserveResponse() costs well under a microsecond. Nothing here fails: label
// values from outside are repaired, numbers that are not finite are left out.
#ifndef REASONWATCH_DAEMON_EXPORT_TELEMETRY_H_
#define REASONWATCH_DAEMON_EXPORT_TELEMETRY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "core/incident.h"
#include "core/ports.h"
#include "core/scored.h"
#include "core/snapshot.h"
#include "rescore/rescorer.h"

namespace reasonwatch {

enum class ResponseOutcome : uint8_t {
  kScored,      // went to the detectors
  kLate,        // came after its turn in start order
  kUnreadable,  // no number could be read
  kNotLive,     // canary, re-run or self-test
  kCount
};
std::string_view ResponseOutcomeName(ResponseOutcome outcome);

enum class Stage : uint8_t {
  kTap,
  kEvaluate,
  kOrder,
  kDetect,
  kIncidents,
  kStorage,
  kCount
};
std::string_view StageName(Stage stage);

// Totals of a tap since the start of the process. At most 32 reasons of each
// kind are shown, the rest goes to `other`.
struct TapCounters {
  int64_t records = 0;
  std::map<std::string, int64_t> errors;   // by reason
  std::map<std::string, int64_t> dropped;  // by reason
};

struct TelemetryOptions {
  std::string version;
  int max_streams = 256;
};

class Telemetry {
 public:
  explicit Telemetry(TelemetryOptions options);
  ~Telemetry();
  Telemetry(const Telemetry&) = delete;
  Telemetry& operator=(const Telemetry&) = delete;

  // Once for every response that left the evaluator. Only kScored responses
  // move the histograms, rates and grades.
  void ObserveResponse(const Scored& scored, ResponseOutcome outcome);

  // `counters` is called at every Text() until the process ends or
  // RemoveTap(source); it must not call back into Telemetry.
  void AddTap(std::string_view source, std::function<TapCounters()> counters);
  void RemoveTap(std::string_view source);
  void ObserveTapDuration(std::string_view source, absl::Duration duration);

  void CountStage(Stage stage, int64_t records);
  void CountStageError(Stage stage, std::string_view reason, int64_t n = 1);
  void CountStageDropped(Stage stage, std::string_view reason, int64_t n = 1);
  void ObserveStageDuration(Stage stage, absl::Duration duration);
  void Heartbeat(Stage stage, absl::Time began);

  void SetStream(const StreamSnapshot& snapshot);
  // The series of a stream that is gone. Its open incidents stay.
  void RemoveStream(std::string_view model, std::string_view route);

  // After every event of the incident: its labels go to 1, labels that it had
  // before go to 0, a closed one leaves only zeros.
  void SetIncident(const Incident& incident);
  // An incident from before the restart: shown, but not counted again.
  void RestoreIncident(const Incident& incident);

  // The operator told of a deployment.
  void SetDeployment(std::string_view model, absl::Time time);
  void SetBaseline(std::string_view model, int64_t problems,
                   double match_ratio);
  // Share of a model's latest responses whose format is unknown.
  void SetUnknownFormat(std::string_view model, double ratio, bool notice);
  void SetQueue(int shard, int64_t records, int64_t capacity, int64_t bytes);
  // Counts writes, errors and drops for Stage::kStorage.
  void SetStore(const StoreStatistics& statistics);
  void SetRestartGap(absl::Duration gap);
  // Totals since the start of the process, webhooks by their outcome.
  void SetRescore(const RescoreCounters& counters,
                  const std::map<std::string, int64_t>& webhooks);

  // Totals of the operator's own grader: answers by what came of them, and
  // processes that were started.
  void SetGrader(const std::map<std::string, int64_t>& answers, int64_t starts);

  // Prometheus text format 0.0.4; every family of the catalogue is there,
  // with its HELP and TYPE, even before it has a series.
  std::string Text();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_EXPORT_TELEMETRY_H_
