// SPDX-License-Identifier: Apache-2.0
// Gauges of which every stream has dozens: kept as plain values, and written as
// series at a scrape only. A series of prometheus-cpp takes half a kilobyte.
//
// Not thread-safe.
#ifndef REASONWATCH_DAEMON_TELEMETRY_SCRAPED_GAUGES_H_
#define REASONWATCH_DAEMON_TELEMETRY_SCRAPED_GAUGES_H_

#include <prometheus/client_metric.h>

#include <array>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "core/signal.h"
#include "core/snapshot.h"
#include "daemon/telemetry/catalogue.h"
#include "daemon/telemetry/incident_info.h"

namespace reasonwatch {

// By Metric.
using ScrapedSeries =
    std::array<std::vector<prometheus::ClientMetric>, kMetricCount>;

// Model and route as labels; a model as a whole has the route "".
using StreamLabels = std::pair<std::string, std::string>;

// The gauges of one stream: states, statistics, thresholds, reference,
// coverage, delay, last response.
class StreamGauges {
 public:
  void Set(const StreamSnapshot& snapshot);
  // Nothing before the first Set().
  void AddTo(const StreamLabels& stream, ScrapedSeries& out) const;

  // By the reference; null = not known.
  const ExpectedReadings* expected() const { return expected_.get(); }
  // Responses in an hour; 0 = not known.
  double rate() const { return rate_; }

 private:
  // NaN: no such series.
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

  bool set_ = false;
  StreamState state_ = StreamState::kLearning;
  double reference_ = 0;
  double coverage_ = 0;
  double delay_ = kNone;
  double last_response_ = kNone;
  double rate_ = 0;
  std::shared_ptr<const ExpectedReadings> expected_;
  std::array<double, kSignalCount> statistic_{};
  std::array<double, kSignalCount> threshold_{};
};

// The references of all streams: reasonwatch_reference_*. `streams` and
// `gauges` belong together by index.
void AddExpected(const std::vector<StreamLabels>& streams,
                 const std::vector<StreamGauges>& gauges, ScrapedSeries& out);
// process_*, of this process.
void AddProcess(ScrapedSeries& out);

// model, route, scope, signal, severity, confirmation
using IncidentKey =
    std::tuple<std::string, std::string, Scope, Signal, Severity, Confirmation>;

// reasonwatch_incident_open: 1 while an incident holds the key, 0 afterwards.
class IncidentGauges {
 public:
  // From those that an incident held (`before`) to those that it holds now;
  // both sorted and without repeats.
  void Change(const std::vector<IncidentKey>& before,
              const std::vector<IncidentKey>& now);
  // Also 0 of each signal for streams and models that had no incident.
  void AddTo(const std::vector<StreamLabels>& streams,
             const std::vector<StreamLabels>& models, ScrapedSeries& out) const;

 private:
  std::map<IncidentKey, int> held_;  // incidents
};

// Incidents with series of their own, those of the gravest kind first; the
// rest has only its labels in reasonwatch_incident_open.
inline constexpr size_t kMaxIncidentInfos = 256;
// reasonwatch_incident_info and the numbers beside it.
void AddIncidentInfos(const std::vector<IncidentInfo>& infos,
                      ScrapedSeries& out);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_SCRAPED_GAUGES_H_
