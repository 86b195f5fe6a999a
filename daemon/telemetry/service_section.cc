// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/service_section.h"

#include <algorithm>

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

void ServiceSection::SetPorts(const std::vector<PortCounts>& ports) {
  for (const PortCounts& port : ports) {
    const Labels labels = {{"port", port.port}};
    families_.GaugeAt(Metric::kPortConnections, labels)
        .Set(static_cast<double>(port.connections));
    families_.GaugeAt(Metric::kPortHeldBytes, labels)
        .Set(static_cast<double>(port.held_bytes + port.answer_bytes));
    families_.GaugeAt(Metric::kPortAccepting, labels)
        .Set(port.accepting ? 1 : 0);
    for (const auto& [reason, total] : port.refused) {
      Counter& counter = families_.CounterAt(
          Metric::kPortRefused, {{"port", port.port}, {"reason", reason}});
      counter.Increment(
          std::max(0.0, static_cast<double>(total) - counter.Value()));
    }
  }
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
      {Metric::kPortConnections,
       "reasonwatch_port_connections",
       kGauge,
       "connections",
       {"port"},
       "Open connections of a port.",
       "Bounded by http.max_connections, and max_connections of tap.grpc and "
       "tap.otlp; at the bound, those that do nothing give way to new ones."},
      {Metric::kPortHeldBytes,
       "reasonwatch_port_held_bytes",
       kGauge,
       "bytes",
       {"port"},
       "Bytes of requests that are not whole or not answered, and of answers "
       "that nobody has read yet.",
       "Bounded; the connection that holds most is ended at the bound."},
      {Metric::kPortAccepting,
       "reasonwatch_port_accepting",
       kGauge,
       "boolean",
       {"port"},
       "1 while the port accepts connections, 0 while no file descriptor is "
       "free.",
       "At 0 the daemon is not ready; it accepts again by itself. Raise "
       "LimitNOFILE, or look who holds so many connections."},
      {Metric::kPortRefused,
       "reasonwatch_port_refused_total",
       kCounter,
       "refusals",
       {"port", "reason"},
       "Connections and requests that a port refused before a handler saw "
       "them, and requests without a token.",
       "Who sends too much, too slowly, or without a token; docs/http-api.md "
       "explains each reason."},
  };
}

}  // namespace reasonwatch
