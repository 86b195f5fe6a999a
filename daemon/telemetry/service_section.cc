// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/service_section.h"

namespace reasonwatch {

ServiceSection::ServiceSection(Families& families)
    : families_(families),
      not_saving_(families.GaugeAt(Metric::kStorageNotSaving, {})) {}

void ServiceSection::SetStoreHealth(const StoreHealth& health) {
  not_saving_.Set(health.problem.empty() ? 0 : 1);
  for (const auto& [table, bytes] : health.table_bytes)
    families_.GaugeAt(Metric::kStorageTableBytes, {{"table", table}})
        .Set(static_cast<double>(bytes));
}

std::vector<MetricInfo> ServiceSection::Rows() {
  using enum MetricType;
  return {
      {Metric::kStorageNotSaving,
       "reasonwatch_storage_not_saving",
       kGauge,
       "boolean",
       {},
       "1 while nothing is saved: writes fail, the file is gone, or memory "
       "only.",
       "A restart now would lose what was learnt since it became 1."},
      {Metric::kStorageTableBytes,
       "reasonwatch_storage_table_bytes",
       kGauge,
       "bytes",
       {"table"},
       "Bytes of each table of the database with its indexes, by the hour.",
       "Says which kind of record fills storage.max_size."},
  };
}

}  // namespace reasonwatch
