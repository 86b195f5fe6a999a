// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/storage_section.h"

#include <algorithm>
#include <cstdint>

namespace reasonwatch {

StorageSection::StorageSection(Families& families, PipelineSection& pipeline)
    : families_(families),
      pipeline_(pipeline),
      queued_(families.GaugeAt(Metric::kStorageQueued, {})),
      bytes_(families.GaugeAt(Metric::kStorageBytes, {})),
      expired_(families.CounterAt(Metric::kStorageExpired, {})),
      restart_gap_(families.GaugeAt(Metric::kRestartGap, {})) {}

void StorageSection::Set(const StoreStatistics& now) {
  const auto grown = [](int64_t value, int64_t before) {
    return std::max<int64_t>(0, value - before);
  };
  pipeline_.CountRecords(Stage::kStorage, grown(now.writes, seen_.writes));
  pipeline_.CountReason(Metric::kStageErrors, Stage::kStorage, "transaction",
                        grown(now.errors, seen_.errors));
  pipeline_.CountReason(Metric::kStageDropped, Stage::kStorage,
                        DropReasonName(DropReason::kQueueFull),
                        grown(now.dropped, seen_.dropped));
  expired_.Increment(
      static_cast<double>(grown(now.expired_records, seen_.expired_records)));
  queued_.Set(static_cast<double>(now.queued));
  bytes_.Set(static_cast<double>(now.database_bytes));
  seen_ = now;
}

void StorageSection::SetEvidence(
    const std::map<std::string, int64_t>& incidents, int64_t bytes) {
  for (const auto& [outcome, total] : incidents)
    families_.CounterAt(Metric::kEvidence, {{"outcome", outcome}})
        .Increment(static_cast<double>(
            std::max<int64_t>(0, total - evidence_[outcome])));
  evidence_ = incidents;
  families_.GaugeAt(Metric::kEvidenceBytes, {}).Set(static_cast<double>(bytes));
}

void StorageSection::SetRestartGap(absl::Duration gap) {
  restart_gap_.Set(absl::ToDoubleSeconds(gap));
}

std::vector<MetricInfo> StorageSection::Rows() {
  using enum MetricType;
  return {
      {Metric::kStorageQueued,
       "reasonwatch_storage_queue_records",
       kGauge,
       "records",
       {},
       "Writes waiting for the storage thread.",
       "Grows where the disk is too slow."},
      {Metric::kStorageBytes,
       "reasonwatch_storage_database_bytes",
       kGauge,
       "bytes",
       {},
       "Size of the database and its write-ahead log.",
       "Bounded by storage.max_size."},
      {Metric::kStorageExpired,
       "reasonwatch_storage_expired_records_total",
       kCounter,
       "records",
       {},
       "Records removed by retention or the size cap.",
       "Growing fast: storage.max_size is too small for the retention asked."},
      {Metric::kEvidence,
       "reasonwatch_evidence_incidents_total",
       kCounter,
       "incidents",
       {"outcome"},
       "Incidents whose texts were to be kept, or whose numbers, by outcome.",
       "`written`; `failed`: the disk or storage.evidence.max_size refused "
       "them; `dropped`: too many at once. `numbers_...`: the same of the "
       "numbers of a replay."},
      {Metric::kEvidenceBytes,
       "reasonwatch_evidence_file_bytes",
       kGauge,
       "bytes",
       {},
       "Size of the file of kept texts.",
       "Bounded by storage.evidence.max_size."},
      {Metric::kRestartGap,
       "reasonwatch_restart_gap_seconds",
       kGauge,
       "seconds",
       {},
       "Time before the start of this process that no checkpoint covers.",
       "Evidence lost by the last restart; 0 after a clean one."},
  };
}

}  // namespace reasonwatch
