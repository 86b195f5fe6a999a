// SPDX-License-Identifier: Apache-2.0
// The one table of metrics: names, types, units, labels and meaning. Each
// section (response_section.h and so on) brings its rows.
//
// Telemetry registers exactly these families, docs/metrics.md is printed from
// them and the dashboards are checked against that page. Names and labels are
// a contract with other people's alerts: add, never rename.
#ifndef REASONWATCH_DAEMON_TELEMETRY_CATALOGUE_H_
#define REASONWATCH_DAEMON_TELEMETRY_CATALOGUE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reasonwatch {

enum class MetricType : uint8_t { kCounter, kGauge, kHistogram };

enum class Metric : uint8_t {
  kResponses,
  kOutputTokens,
  kReasoningTokens,
  kZeroThinking,
  kMarkerResponses,
  kReadingResponses,
  kReasoningField,
  kUnknownFormatRatio,
  kUnknownFormatNotice,
  kEvaluations,
  kCountsDifferRatio,
  kCountsDifferNotice,
  kSplitMismatch,
  kGrades,
  kDetectorStatistic,
  kDetectorThreshold,
  kIncidentOpen,
  kIncidents,
  kStreamState,
  kReferenceResponses,
  kReferenceCoverage,
  kHalvedLengthDelay,
  kLastResponse,
  kRegimeInfo,
  kDeploymentTime,
  kBaselineProblems,
  kBaselineMatchRatio,
  kBaselineDistanceRatio,
  kTapRecords,
  kTapErrors,
  kTapDropped,
  kTapIgnored,
  kTapDuration,
  kStageRecords,
  kStageErrors,
  kStageDropped,
  kStageDuration,
  kQueueRecords,
  kQueueCapacity,
  kQueueBytes,
  kHeartbeat,
  kStorageQueued,
  kStorageBytes,
  kStorageExpired,
  kRestartGap,
  kRescoreJobs,
  kRescoreSamples,
  kRescoreTokens,
  kRescoreVerdicts,
  kRescoreErrors,
  kRescoreYields,
  kRescoreGateOpen,
  kJudgeChains,
  kJudgeAnchorError,
  kWebhooks,
  kSeriesOverflow,
  kBuildInfo,
  kEmptyAnswers,
  kRubricScore,
  kGraderAnswers,
  kGraderStarts,
  kTapCoverage,
  kTapCoverageLooks,
  kFramesForgotten,
  kIncidentInfo,
  kIncidentOnset,
  kIncidentResponses,
  kIncidentEffect,
  kIncidentActions,
  kPageInfo,
  kReadingAmount,
  kReferenceReasoning,
  kReferenceOutput,
  kReferenceMarker,
  kReferenceReading,
  kProcessCpu,
  kProcessOpenFiles,
  kProcessMaxFiles,
  kProcessVirtualMemory,
  kProcessResidentMemory,
  kProcessStart,
  kEvidence,
  kEvidenceBytes,
  kSelfTestRuns,
  kSelfTestSuccess,
  kSelfTestInterval,
  kSelfTestHop,
  kStorageNotSaving,
  kStorageTableBytes,
  kPortConnections,
  kPortHeldBytes,
  kPortAccepting,
  kPortRefused,
  kCount
};
inline constexpr int kMetricCount = static_cast<int>(Metric::kCount);

struct MetricInfo {
  Metric metric;
  std::string_view name;
  MetricType type;
  std::string_view unit;
  std::vector<std::string_view> labels;
  std::string_view help;   // one sentence, goes to /metrics
  std::string_view tells;  // an operator's reading of it
};

// In the order of Metric, one entry each.
const std::vector<MetricInfo>& MetricCatalogue();
const MetricInfo& InfoOf(Metric metric);

// docs/metrics.md, the whole file.
std::string MetricsMarkdown();

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_CATALOGUE_H_
