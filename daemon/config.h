// What is in force: defaults, overlaid with the operator's YAML file.
#ifndef REASONWATCH_DAEMON_CONFIG_H_
#define REASONWATCH_DAEMON_CONFIG_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "formats/formats.h"
#include "formats/reasoning/custom.h"

namespace reasonwatch {

struct TlsConfig {
  std::string cert;
  std::string key;
  std::string client_ca;  // "" = clients need no certificate
};

struct GrpcTapConfig {
  std::string listen = "127.0.0.1:9095";  // "" = off
  std::string unix_socket;                // path, "" = off
  int64_t max_message_bytes = int64_t{64} << 20;
  int32_t max_streams = 1024;  // concurrent calls a connection
  absl::Duration max_stream_age = absl::Hours(24);
  TlsConfig tls;
  std::string token_file;
};

struct HttpConfig {
  std::string listen = "127.0.0.1:9096";
  TlsConfig tls;
  std::string token_file;
};

struct StreamsConfig {
  // What names the route: route, task, system_prompt (its digest), or none
  // (one route a model).
  std::string route_from = "route";
  int32_t max = 256;
};

// `format` and `families`: see FormatPolicy.
struct ModelConfig {
  std::string format = "auto";
  std::vector<std::string> families;
  int64_t context_window = 0;  // tokens, 0 = unknown
};

struct FormatsConfig {
  std::vector<CustomFormatSpec> custom;
  // Made of `custom` when the file is read; null where there is none.
  std::shared_ptr<const CustomFormats> compiled;
};

struct QueueConfig {
  int64_t records = 4096;  // a shard
  int64_t bytes = int64_t{32} << 20;
};

struct ReferenceConfig {
  absl::Duration min_span = absl::Hours(24 * 7);
  int32_t cap = 5000;        // responses a stratum
  bool freeze = false;       // learn nothing more
  bool from_solved = false;  // from: all | solved
};

// Either of the two forms of contracts.md, "Budget of false alarms".
struct FalseAlarmsConfig {
  double critical_per_30_days = 1;
  double warning_per_30_days = 4;
  double fleet_share = 1;
  double mean_responses = 0;  // > 0 wins over the others
};

struct SignalConfig {
  bool enabled = true;
  bool shadow = false;  // mode: alert | shadow
};

// Kept for what is planned; `enabled` is refused.
struct EvidenceConfig {
  bool enabled = false;
  int64_t max_bytes = int64_t{64} << 20;
  absl::Duration ttl = absl::Hours(24 * 7);
  std::vector<std::string> redact;
};

struct StorageConfig {
  std::string path = "data";  // folder
  int64_t max_bytes = int64_t{1} << 30;
  absl::Duration retention = absl::Hours(24 * 90);
  absl::Duration checkpoint_interval = absl::Seconds(5);
  EvidenceConfig evidence;
};

// A grader of the operator's own; see daemon/grader.
struct GradingConfig {
  std::string command;                        // for /bin/sh -c, "" = built in
  absl::Duration timeout = absl::Seconds(5);  // of one answer
  int64_t max_memory = int64_t{1} << 30;      // address space of the command
  int64_t queue = 1024;                       // live answers that wait for it
};

struct CanariesConfig {
  double per_hour = 0;  // solved problems asked on schedule, 0 = none
};

struct BaselineConfig {
  std::string path;  // JSONL of recorded responses, "" = none
  CanariesConfig canaries;
};

// A model server that speaks the OpenAI API.
struct EndpointConfig {
  std::string endpoint;      // http(s)://host:port, "" = none
  std::string served_model;  // what it calls the model, "" = as the tap does
  std::string api_key_file;
  std::string ca_file;  // "" = the system's certificates
};

// A model that rates the reasoning of re-runs.
struct JudgeConfig {
  std::string endpoint;  // "" = none
  std::string model;     // as that server calls it
  std::string api_key_file;
  std::string ca_file;
  double tokens_per_hour = 100000;  // of questions and answers, estimated
};

struct RescoreConfig {
  bool enabled = true;  // without an endpoint nothing is asked anyway
  EndpointConfig watched;
  std::string metrics_url;  // "" = the endpoint's /metrics
  double tokens_per_hour = 200000;
  double requests_per_hour = 1200;
  int32_t group = 16;
  double max_running = 4;
  absl::Duration timeout = absl::Minutes(5);
  bool localise = true;
  int64_t filled_context = 8192;  // tokens
  std::map<std::string, EndpointConfig> replicas;
  EndpointConfig reference;
  JudgeConfig judge;
};

// Told of confirmed incidents.
struct WebhookConfig {
  std::string url;          // "" = none
  std::string secret_file;  // key of the signature
  std::string ca_file;
};

struct Config {
  GrpcTapConfig tap_grpc;
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
  std::string log_level = "info";
};

// All defaults, every signal present.
Config DefaultConfig();

// Which formats the texts of a model may have.
FormatPolicy FormatPolicyOf(const Config& config, const std::string& model);

// Reads YAML. Unknown keys, wrong types and values out of range are
// InvalidArgument with file, line and key. Sizes are written 64MiB, durations
// 7d, 30s; both need their unit.
absl::StatusOr<Config> ParseConfig(std::string_view yaml,
                                   std::string_view file_name);
absl::StatusOr<Config> LoadConfig(const std::string& path);

// The whole configuration as YAML that ParseConfig reads back to the same.
std::string PrintConfig(const Config& config);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_CONFIG_H_
