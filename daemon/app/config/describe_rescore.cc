// SPDX-License-Identifier: Apache-2.0
// Sections of re-runs and reports: rescore, webhook, otel and log.
#include "daemon/app/config/config_walk.h"
#include "daemon/app/config/describe.h"
#include "daemon/app/config/printer.h"
#include "daemon/app/config/reader.h"
#include "daemon/app/config/units.h"

namespace reasonwatch {
namespace {

// Servers of one model that re-scoring asks one by one.
constexpr size_t kMaxReplicas = 16;

bool IsHeader(const std::string& header) {
  const size_t colon = header.find(": ");
  return colon != std::string::npos && colon > 0 && colon + 2 < header.size() &&
         header.find_first_of(" \t\r\n") == colon + 1 &&
         header.find_first_of("\r\n") == std::string::npos;
}

template <typename V>
void DescribeEndpoint(V& v, EndpointConfig& e) {
  v.String("endpoint", e.endpoint);
  v.Check(e.endpoint.empty() || IsUrl(e.endpoint),
          "endpoint must begin with http:// or https://");
  v.String("served_model", e.served_model);
  v.String("api_key_file", e.api_key_file);
  v.String("ca_file", e.ca_file);
}

template <typename V>
void DescribeOtel(V& v, OtelConfig& otel) {
  v.Section("otel", [&] {
    v.String("endpoint", otel.endpoint);
    v.Check(otel.endpoint.empty() || IsUrl(otel.endpoint),
            "endpoint must begin with http:// or https://");
    v.String("token_file", otel.token_file);
    v.String("ca_file", otel.ca_file);
  });
}

}  // namespace

template <typename V>
void DescribeRescore(V& v, Config& c) {
  v.Section("rescore", [&] {
    RescoreConfig& r = c.rescore;
    v.Bool("enabled", r.enabled);
    DescribeEndpoint(v, r.watched);
    v.String("metrics_url", r.metrics_url);
    v.Check(r.metrics_url.empty() || IsUrl(r.metrics_url),
            "metrics_url must begin with http:// or https://");
    v.Number("tokens_per_hour", r.tokens_per_hour, 0, 1e12);
    v.Number("requests_per_hour", r.requests_per_hour, 0, 1e9);
    v.Integer("group", r.group, 4, 16);
    v.Number("max_running", r.max_running, 1, 1e6);
    v.Duration("timeout", r.timeout, absl::Seconds(1), absl::Hours(1));
    v.Bool("localise", r.localise);
    v.Integer("filled_context", r.filled_context, int64_t{256},
              int64_t{1} << 20);
    v.OpenMap("replicas", r.replicas, kMaxReplicas, [&](EndpointConfig& e) {
      DescribeEndpoint(v, e);
      v.Check(!e.endpoint.empty(), "endpoint must not be empty");
      v.String("header", e.header);
      v.Check(e.header.empty() || IsHeader(e.header),
              "header must be NAME: VALUE in one line");
    });
    v.Section("reference", [&] { DescribeEndpoint(v, r.reference); });
    v.Section("judge", [&] {
      JudgeConfig& judge = r.judge;
      v.String("endpoint", judge.endpoint);
      v.Check(judge.endpoint.empty() || IsUrl(judge.endpoint),
              "endpoint must begin with http:// or https://");
      v.String("model", judge.model);
      v.Check(judge.endpoint.empty() || !judge.model.empty(),
              "endpoint needs a model");
      v.String("api_key_file", judge.api_key_file);
      v.String("ca_file", judge.ca_file);
      v.Number("tokens_per_hour", judge.tokens_per_hour, 0, 1e12);
    });
  });
  v.Section("webhook", [&] {
    v.String("url", c.webhook.url);
    v.Check(c.webhook.url.empty() || IsUrl(c.webhook.url),
            "url must begin with http:// or https://");
    v.OneOf("form", c.webhook.form,
            {"reasonwatch", "slack", "pagerduty", "text"});
    v.String("routing_key_file", c.webhook.routing_key_file);
    v.Check(c.webhook.form != "pagerduty" || c.webhook.url.empty() ||
                !c.webhook.routing_key_file.empty(),
            "form pagerduty needs a routing_key_file");
    v.String("secret_file", c.webhook.secret_file);
    v.Check(c.webhook.url.empty() || !c.webhook.secret_file.empty(),
            "url needs a secret_file");
    v.String("ca_file", c.webhook.ca_file);
  });
  DescribeOtel(v, c.otel);
  v.Section("selftest", [&] {
    SelfTestConfig& test = c.selftest;
    v.Duration("every", test.every, absl::ZeroDuration(),
               absl::Hours(24 * 365));
    v.Check(
        test.every == absl::ZeroDuration() || test.every >= absl::Minutes(10),
        "every must be 0s, for never, or at least 10m");
    v.String("prometheus", test.prometheus);
    v.Check(test.prometheus.empty() || IsUrl(test.prometheus),
            "prometheus must begin with http:// or https://");
    v.String("alertmanager", test.alertmanager);
    v.Check(test.alertmanager.empty() || IsUrl(test.alertmanager),
            "alertmanager must begin with http:// or https://");
    v.String("receiver", test.receiver);
    v.Check(test.receiver.empty() || !test.alertmanager.empty(),
            "receiver needs an alertmanager");
    v.String("ca_file", test.ca_file);
  });
  v.Section("log", [&] {
    v.OneOf("level", c.log_level, {"trace", "debug", "info", "warn", "error"});
  });
}
template void DescribeRescore(ConfigReader&, Config&);
template void DescribeRescore(ConfigPrinter&, Config&);
template void DescribeRescore(ConfigWalk&, Config&);

}  // namespace reasonwatch
