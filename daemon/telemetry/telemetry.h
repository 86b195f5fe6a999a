// SPDX-License-Identifier: Apache-2.0
// The numbers that the daemon shows to Prometheus.
//
// Thread-safe. Label sets are bounded: at most max_streams pairs of model and
// route, and as many models, get series of their own; the rest goes to
// the labels `other` and is counted in telemetry_series_overflow_total. One
// ObserveResponse() costs well under a microsecond. Nothing here fails: label
// values from outside are repaired, numbers that are not finite are left out.
#ifndef REASONWATCH_DAEMON_TELEMETRY_TELEMETRY_H_
#define REASONWATCH_DAEMON_TELEMETRY_TELEMETRY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/coverage.h"
#include "core/incident.h"
#include "core/metrics_form.h"
#include "core/port_counts.h"
#include "core/selftest.h"
#include "core/snapshot.h"
#include "core/stage.h"
#include "core/stream_limit.h"
#include "core/tap_counters.h"
#include "daemon/telemetry/incident_info.h"
#include "daemon/telemetry/rescore_totals.h"

namespace reasonwatch {

struct StoreStatistics;
struct StoreHealth;

struct Scored;

struct TelemetryOptions {
  std::string version;
  int max_streams = kDefaultMaxStreams;
};

class Telemetry {
 public:
  explicit Telemetry(const TelemetryOptions& options);
  ~Telemetry();
  Telemetry(const Telemetry&) = delete;
  Telemetry& operator=(const Telemetry&) = delete;

  // Once for every response that left the evaluator. Only kScored responses
  // move the histograms, rates and grades.
  void ObserveResponse(const Scored& scored, ResponseOutcome outcome);

  // At most 32 reasons of each kind are shown, the rest goes to `other`.
  // `counters` is called at every Text() until the process ends or
  // RemoveTap(source); it must not call back into Telemetry.
  void AddTap(std::string_view source, std::function<TapCounters()> counters);
  void RemoveTap(std::string_view source);
  void ObserveTapDuration(std::string_view source, absl::Duration duration);

  // Every server and proxy whose counters are compared with ours.
  void SetCoverage(const std::vector<CoverageSnapshot>& targets);

  void CountStage(Stage stage, int64_t records);
  void CountStageError(Stage stage, std::string_view reason, int64_t n = 1);
  void CountStageDropped(Stage stage, DropReason reason, int64_t n = 1);
  // Effect for kEvaluate, kDetect (start order included) and kIncidents.
  void ObserveStageDuration(Stage stage, absl::Duration duration);
  void Heartbeat(Stage stage, absl::Time began);

  void SetStream(const StreamSnapshot& snapshot);

  // After every event of the incident: its labels go to 1, labels that it had
  // before go to 0, a closed one leaves only zeros.
  void SetIncident(const Incident& incident);
  // An incident from before the restart: shown, but not counted again.
  void RestoreIncident(const Incident& incident);

  // All open incidents, for the texts of alerts; those of before are gone.
  void SetIncidentInfos(std::vector<IncidentInfo> infos);
  // Address of the page, for links: "https://reasonwatch.example".
  void SetPageUrl(std::string_view url);
  // The operator's word on an incident.
  void CountAction(std::string_view model, std::string_view action);

  // The operator reported a deployment.
  void SetDeployment(std::string_view model, absl::Time time);
  // From here on, the share of responses that match a problem is shown too.
  void SetBaseline(std::string_view model, int64_t problems);
  // Share of a model's latest responses whose format is unknown.
  void SetUnknownFormat(std::string_view model, double ratio, bool notice);
  // Share of a model's latest responses whose token counts their text
  // contradicts.
  void SetCountsDiffer(std::string_view model, double ratio, bool notice);
  void SetQueue(int shard, int64_t records, int64_t capacity, int64_t bytes);
  // Counts writes, errors and drops for Stage::kStorage.
  void SetStore(const StoreStatistics& statistics);
  void SetStoreHealth(const StoreHealth& health);
  // Every port that is open.
  void SetPorts(const std::vector<PortCounts>& ports);
  void SetRestartGap(absl::Duration gap);
  void SetRescore(const RescoreTotals& totals);
  // Totals of the operator's own grader: answers by their result, and
  // processes that were started.
  void SetGrader(const std::map<std::string, int64_t>& answers, int64_t starts);
  // Totals of incidents whose texts were to be kept, by outcome, and the size
  // of their file.
  void SetEvidence(const std::map<std::string, int64_t>& incidents,
                   int64_t bytes);
  // See SelfTestSection.
  void ExpectSelfTest(absl::Duration every, absl::Time now);
  void CountSelfTest(const SelfTestResult& result, absl::Duration every,
                     absl::Time now);
  // Total of the frames that matching has forgotten for room.
  void SetFramesForgotten(int64_t frames);

  // Every family of the catalogue is there, with its HELP and TYPE, even before
  // it has a series. OpenMetrics has the latest trace of each bucket of the
  // histograms of tokens, and of zero_thinking.
  std::string Text(MetricsForm form = MetricsForm::kText);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_TELEMETRY_H_
