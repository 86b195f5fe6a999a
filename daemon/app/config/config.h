// SPDX-License-Identifier: Apache-2.0
// The configuration in force: defaults, overlaid with the operator's YAML file.
//
// A default that belongs to a room is in that room's Options alone: the
// constructors (defaults.cc) copy it from there. deploy/reasonwatch.yaml shows
// every key with its default.
#ifndef REASONWATCH_DAEMON_APP_CONFIG_CONFIG_H_
#define REASONWATCH_DAEMON_APP_CONFIG_CONFIG_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/coverage/options.h"
#include "formats/formats.h"
#include "formats/reasoning/custom.h"
#include "tap/options.h"

namespace reasonwatch {

struct TlsConfig {
  std::string cert;
  std::string key;
  std::string client_ca;  // "" = clients need no certificate
};

struct HttpConfig {
  HttpConfig();  // HttpOptions

  std::string listen;
  TlsConfig tls;
  std::string token_file;
  std::string external_url;
  std::string trace_url;
  int max_connections;
  std::vector<std::string> allowed_hosts;
};

struct StreamsConfig {
  StreamsConfig();  // TelemetryOptions

  // The name of a response's route: its label route or task, the digest of its
  // system_prompt, or none (one route a model).
  std::string route_from = "route";
  int32_t max;  // of all models together
};

// `format` and `families`: see FormatPolicy.
struct ModelConfig {
  std::string format = "auto";
  std::vector<std::string> families;
  int64_t context_window = 0;  // tokens, 0 = unknown
  bool evidence = false;       // its texts may be kept (storage.evidence)
};

struct FormatsConfig {
  std::vector<CustomFormatSpec> custom;
  // Made of `custom` when the file is read; null if there is none.
  std::shared_ptr<const CustomFormats> compiled;
};

struct QueueConfig {
  QueueConfig();  // PipelineOptions

  int64_t records;  // a shard
  int64_t bytes;
};

struct ReferenceConfig {
  ReferenceConfig();  // ReferenceOptions

  absl::Duration min_span;
  int32_t cap;       // responses a stratum
  bool freeze;       // learn nothing more
  bool from_solved;  // from: all | solved
};

// Either of the two forms of contracts.md, "Budget of false alarms".
struct FalseAlarmsConfig {
  FalseAlarmsConfig();  // BudgetOptions

  double critical_per_30_days;
  double warning_per_30_days;
  double fleet_share;
  double mean_responses;  // > 0 replaces the others
};

struct SignalConfig {
  bool enabled = true;
  bool shadow = false;  // mode: alert | shadow
};

// Texts of incidents, of the models that have `evidence: true`.
struct EvidenceConfig {
  bool enabled = false;
  int64_t max_bytes = int64_t{64} << 20;
  absl::Duration ttl = absl::Hours(24 * 7);
  std::vector<std::string> redact;
};

struct StorageConfig {
  StorageConfig();  // SqliteStoreOptions, PipelineOptions

  std::string path = "data";  // folder
  int64_t max_bytes;
  absl::Duration retention;
  absl::Duration checkpoint_interval;
  EvidenceConfig evidence;
};

// A grader of the operator's own; see answers/command.
struct GradingConfig {
  GradingConfig();  // CommandGraderOptions, LiveGraderOptions

  std::string command;     // for /bin/sh -c, "" = the built-in graders
  absl::Duration timeout;  // of one answer
  int64_t max_memory;      // address space of the command, bytes
  int64_t queue;           // live answers that wait for it
};

struct CanariesConfig {
  CanariesConfig();  // RescorerOptions

  double per_hour;  // solved problems asked on schedule, 0 = none
};

struct BaselineConfig {
  std::string path;  // JSONL of recorded responses, "" = none
  CanariesConfig canaries;
};

// A model server that speaks the OpenAI API.
struct EndpointConfig {
  std::string endpoint;      // http(s)://host:port, "" = none
  std::string served_model;  // its name of the model, "" = the tap's
  std::string api_key_file;
  std::string ca_file;  // "" = the system's certificates
  // For a replica behind an address that others have too: NAME: VALUE, sent
  // with each request; "" = none.
  std::string header;
};

// A model that rates the reasoning of re-runs.
struct JudgeConfig {
  JudgeConfig();  // ChainRaterOptions

  std::string endpoint;  // "" = none
  std::string model;     // that server's name of it
  std::string api_key_file;
  std::string ca_file;
  double tokens_per_hour;  // of questions and answers, estimated
};

struct RescoreConfig {
  RescoreConfig();  // RescorerOptions

  bool enabled = true;  // without an endpoint nothing is asked anyway
  EndpointConfig watched;
  std::string metrics_url;  // "" = the endpoint's /metrics
  double tokens_per_hour;
  double requests_per_hour;
  int32_t group;           // answers to a problem
  double max_running;      // requests of others on the server
  absl::Duration timeout;  // of one question
  bool localise;
  int64_t filled_context;  // tokens
  std::map<std::string, EndpointConfig> replicas;
  EndpointConfig reference;
  JudgeConfig judge;
};

// Receives confirmed incidents and problems.
struct WebhookConfig {
  std::string url;  // "" = none
  std::string form = "reasonwatch";
  std::string routing_key_file;  // of PagerDuty's integration
  std::string secret_file;       // key of the signature
  std::string ca_file;
};

// A collector that is sent judgements of responses (OTLP/HTTP).
struct OtelConfig {
  std::string endpoint;    // http(s)://host:port, "" = none
  std::string token_file;  // of a bearer token, "" = none
  std::string ca_file;
};

// The daemon tests the whole way of an alert now and then.
struct SelfTestConfig {
  absl::Duration every = absl::ZeroDuration();  // 0 = never
  std::string prometheus;                       // http(s)://host:port, "" = not
  std::string alertmanager;                     // asked
  std::string receiver;                         // "" = no delivery is expected
  std::string ca_file;                          // of both
};

struct Config {
  TapOptions tap;
  CoverageOptions coverage;  // the key tap.coverage
  HttpConfig http;
  StreamsConfig streams;
  std::map<std::string, ModelConfig> models;
  FormatsConfig formats;
  QueueConfig queue;
  ReferenceConfig reference;
  FalseAlarmsConfig false_alarms;
  std::map<std::string, SignalConfig> signals;  // every signal, by name
  StorageConfig storage;
  BaselineConfig baseline;
  GradingConfig grading;
  RescoreConfig rescore;
  WebhookConfig webhook;
  OtelConfig otel;
  SelfTestConfig selftest;
  std::string log_level = "info";
};

// All defaults, every signal present.
Config DefaultConfig();

// The formats that the texts of a model may have.
FormatPolicy FormatPolicyOf(const Config& config, const std::string& model);

// Reads YAML. Unknown keys, wrong types and values out of range are
// InvalidArgument with file, line and key. Sizes are written 64MiB, durations
// 7d, 30s; both need their unit.
absl::StatusOr<Config> ParseConfig(std::string_view yaml,
                                   std::string_view file_name);
absl::StatusOr<Config> LoadConfig(const std::string& path);

// The whole configuration as YAML that ParseConfig reads back to the same.
std::string PrintConfig(const Config& config);
// The same as one JSON object.
std::string ConfigJson(const Config& config);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_CONFIG_CONFIG_H_
