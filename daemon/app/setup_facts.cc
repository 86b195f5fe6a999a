// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/setup_facts.h"

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace reasonwatch {
namespace {

int64_t Count(const MetricValues& metrics, const std::string& name,
              const MetricLabels& with) {
  return static_cast<int64_t>(SumOf(metrics, name, with));
}

SetupCounts ByReason(const MetricValues& metrics, const std::string& name,
                     const MetricLabels& with) {
  SetupCounts counts;
  for (const std::string& reason : LabelValues(metrics, name, "reason")) {
    MetricLabels labels = with;
    labels["reason"] = reason;
    if (const int64_t n = Count(metrics, name, labels); n > 0)
      counts[reason] = n;
  }
  return counts;
}

// The host of a listen address, with the port that was bound.
std::string Bound(const std::string& listen, std::string_view name,
                  const TapEndpoints& endpoints) {
  if (listen.empty()) return "";
  const size_t colon = listen.rfind(':');
  for (const auto& [endpoint, port] : endpoints)
    if (endpoint == name && port != "0")
      return absl::StrCat(listen.substr(0, colon), ":", port);
  return "";
}

SetupSource SourceOf(const MetricValues& metrics, const std::string& source,
                     const TapAddresses& addresses) {
  const MetricLabels with = {{"source", source}};
  SetupSource s;
  s.source = source;
  if (const auto it = addresses.find(source); it != addresses.end())
    s.addresses = it->second;
  s.received = Count(metrics, "reasonwatch_tap_records_total", with);
  s.refused = ByReason(metrics, "reasonwatch_tap_dropped_total", with);
  s.errors = ByReason(metrics, "reasonwatch_tap_errors_total", with);
  s.ignored = ByReason(metrics, "reasonwatch_tap_ignored_total", with);
  return s;
}

SetupModel ModelOf(const MetricValues& metrics, const std::string& model) {
  const auto outcome = [&](const char* name) {
    return Count(metrics, "reasonwatch_responses_total",
                 {{"model", model}, {"outcome", name}});
  };
  SetupModel m;
  m.model = model;
  m.scored = outcome("scored");
  m.with_reasoning =
      m.scored - Count(metrics, "reasonwatch_zero_thinking_responses_total",
                       {{"model", model}});
  m.unreadable = outcome("unreadable");
  m.not_live = outcome("not_live");
  return m;
}

}  // namespace

TapAddresses TapAddressesOf(const TapOptions& taps,
                            const TapEndpoints& endpoints,
                            const std::string& page_url) {
  TapAddresses all;
  const auto add = [&](const char* source, const std::string& address) {
    if (!address.empty()) all[source].push_back(address);
  };
  const std::string grpc = Bound(taps.grpc.listen, "tap_port", endpoints);
  add("grpc", grpc);
  if (!taps.grpc.unix_socket.empty())
    add("grpc", "unix:" + taps.grpc.unix_socket);
  // The gRPC tap carries these two.
  if (taps.ext_proc.enabled) add("ext_proc", grpc);
  if (taps.agento11y.enabled) add("agento11y", grpc);
  add("otlp", Bound(taps.otlp.grpc_listen, "otlp_grpc_port", endpoints));
  if (const std::string http =
          Bound(taps.otlp.http_listen, "otlp_http_port", endpoints);
      !http.empty())
    add("otlp", http + "/v1/traces");
  if (taps.http.enabled()) add("http", page_url + "/api/v1/responses");
  for (const FollowedPath& followed : taps.files.paths)
    add("files", followed.path);
  return all;
}

SetupFacts SetupFactsOf(const MetricValues& metrics,
                        const TapAddresses& addresses) {
  SetupFacts facts;
  std::set<std::string> sources =
      LabelValues(metrics, "reasonwatch_tap_records_total", "source");
  for (const auto& [source, list] : addresses) sources.insert(source);
  for (const std::string& source : sources)
    facts.sources.push_back(SourceOf(metrics, source, addresses));
  for (const std::string& model :
       LabelValues(metrics, "reasonwatch_responses_total", "model"))
    facts.models.push_back(ModelOf(metrics, model));
  facts.left_out = ByReason(metrics, "reasonwatch_stage_dropped_total", {});
  return facts;
}

}  // namespace reasonwatch
