// SPDX-License-Identifier: Apache-2.0
// Sections of the intake of responses: tap, http, streams, models, formats and
// queue.
#include "daemon/app/config/config_walk.h"
#include "daemon/app/config/describe.h"
#include "daemon/app/config/printer.h"
#include "daemon/app/config/reader.h"
#include "daemon/app/config/units.h"
#include "formats/reasoning/custom.h"
#include "tap/jsonl/import.h"

namespace reasonwatch {
namespace {

// More than one daemon would watch; keeps a generated file from filling memory.
constexpr size_t kMaxModels = 1000;
// Names of one daemon: a service, an ingress, and aliases.
constexpr size_t kMaxHosts = 64;
// Above the number of built-in families together with all custom formats.
constexpr size_t kMaxFamilies = 100;
constexpr size_t kMaxMarkerPatterns = 16;  // RE2s that each text runs through
constexpr size_t kMaxFollowedPaths = 64;   // each may have a `*`

template <typename V>
void DescribeTls(V& v, std::string& cert, std::string& key,
                 std::string& client_ca) {
  v.Section("tls", [&] {
    v.String("cert", cert);
    v.String("key", key);
    v.String("client_ca", client_ca);
    v.Check(cert.empty() == key.empty(), "needs both cert and key");
    v.Check(client_ca.empty() || !cert.empty(), "client_ca needs cert and key");
  });
}

template <typename V>
void DescribeModel(V& v, ModelConfig& model) {
  v.String("format", model.format);
  v.Check(!model.format.empty(), "format must not be empty");
  v.Strings("families", model.families, kMaxFamilies);
  v.Integer("context_window", model.context_window, int64_t{0},
            int64_t{1} << 40);
  v.Bool("evidence", model.evidence);
}

template <typename V>
void DescribeCoverage(V& v, CoverageOptions& coverage) {
  v.Section("coverage", [&] {
    v.Duration("interval", coverage.interval, absl::Seconds(1), absl::Hours(1));
    v.Items("targets", coverage.targets, kMaxCoverageTargets,
            [&](CoverageTarget& target) {
              v.String("url", target.url);
              v.Check(IsUrl(target.url), "url is not http:// or https://");
              v.String("counter", target.counter);
              v.String("name", target.name);
              v.String("token_file", target.token_file);
              v.String("ca_file", target.ca_file);
            });
  });
}

}  // namespace

template <typename V>
void DescribeIntake(V& v, Config& c) {
  v.Section("tap", [&] {
    v.Section("grpc", [&] {
      GrpcTapOptions& grpc = c.tap.grpc;
      v.Listen("listen", grpc.listen, /*may_be_off=*/true);
      v.String("unix", grpc.unix_socket);
      v.Size("max_message", grpc.max_message_bytes, 64 * kKiB, kGiB);
      v.Integer("max_streams", grpc.max_streams, 1, 1 << 20);
      v.Integer("max_connections", grpc.max_connections, 16, 1 << 16);
      v.Duration("max_stream_age", grpc.max_connection_age, absl::Minutes(1),
                 absl::Hours(24 * 365));
      DescribeTls(v, grpc.tls_cert, grpc.tls_key, grpc.tls_client_ca);
      v.String("token_file", grpc.token_file);
    });
    v.Section("ext_proc", [&] { v.Bool("enabled", c.tap.ext_proc.enabled); });
    v.Section("agento11y", [&] { v.Bool("enabled", c.tap.agento11y.enabled); });
    v.Section("otlp", [&] {
      OtlpTapOptions& otlp = c.tap.otlp;
      v.Listen("grpc", otlp.grpc_listen, /*may_be_off=*/true);
      v.Listen("http", otlp.http_listen, /*may_be_off=*/true);
      v.Size("max_message", otlp.max_message_bytes, 64 * kKiB, kGiB);
      v.Integer("max_connections", otlp.max_connections, 16, 1 << 16);
      v.Duration("join_wait", otlp.join_wait, absl::Seconds(1),
                 absl::Minutes(10));
      DescribeTls(v, otlp.tls_cert, otlp.tls_key, otlp.tls_client_ca);
      v.String("token_file", otlp.token_file);
    });
    v.Section("http", [&] { v.Bool("enabled", c.tap.http.on); });
    v.Items("files", c.tap.files.paths, kMaxFollowedPaths,
            [&](FollowedPath& followed) {
              v.String("path", followed.path);
              v.Check(!followed.path.empty(), "path must not be empty");
              v.String("format", followed.format);
              v.Check(RecordFormatOf(followed.format).has_value(),
                      "format is none of docs/traffic.md");
              v.String("model", followed.model);
            });
    DescribeCoverage(v, c.coverage);
  });
  v.Section("http", [&] {
    v.Listen("listen", c.http.listen, /*may_be_off=*/false);
    DescribeTls(v, c.http.tls.cert, c.http.tls.key, c.http.tls.client_ca);
    v.String("token_file", c.http.token_file);
    v.String("external_url", c.http.external_url);
    v.Check(
        c.http.external_url.empty() ||
            (IsUrl(c.http.external_url) && !c.http.external_url.ends_with('/')),
        "external_url is not http:// or https://, or ends with a slash");
    v.String("trace_url", c.http.trace_url);
    v.Check(c.http.trace_url.empty() || IsUrl(c.http.trace_url),
            "trace_url is not http:// or https://");
    v.Integer("max_connections", c.http.max_connections, 16, 1 << 16);
    v.Strings("allowed_hosts", c.http.allowed_hosts, kMaxHosts);
  });
  v.Section("streams", [&] {
    v.OneOf("route_from", c.streams.route_from,
            {"route", "task", "system_prompt", "none"});
    v.Integer("max", c.streams.max, 1, 100000);
  });
  v.OpenMap("models", c.models, kMaxModels,
            [&](ModelConfig& model) { DescribeModel(v, model); });
  v.Section("formats", [&] {
    v.Items("custom", c.formats.custom, CustomFormats::kMaxFormats,
            [&](CustomFormatSpec& format) {
              v.String("name", format.name);
              v.Pattern("start", format.start);
              v.Pattern("end", format.end);
              v.Pattern("tool", format.tool);
              v.MarkerPatterns("markers", format.markers, kMaxMarkerPatterns);
              v.Bool("template_opens", format.template_opens);
            });
  });
  v.Section("queue", [&] {
    v.Integer("records", c.queue.records, int64_t{1}, int64_t{1} << 24);
    v.Size("bytes", c.queue.bytes, kMiB, 1024 * kGiB);
  });
}

template void DescribeIntake(ConfigReader&, Config&);
template void DescribeIntake(ConfigPrinter&, Config&);
template void DescribeIntake(ConfigWalk&, Config&);

}  // namespace reasonwatch
