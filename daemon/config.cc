// Describe() names every key once; ConfigReader and ConfigPrinter walk the
// same description, so what is printed is what can be read.
#include "daemon/config.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/incident.h"
#include "core/strings.h"
#include "re2/re2.h"

namespace reasonwatch {
namespace {

constexpr size_t kMaxFileBytes = size_t{1} << 20;
constexpr int kMaxFlowDepth = 64;
constexpr size_t kMaxModels = 1000;
constexpr size_t kMaxReplicas = 16;
// A YAML key ends at 1,024 characters, and an escape takes four.
constexpr size_t kMaxNameBytes = 250;
constexpr size_t kMaxRedactPatterns = 100;
constexpr size_t kMaxFamilies = 100;
constexpr size_t kMaxMarkerPatterns = 16;
constexpr int64_t kKiB = int64_t{1} << 10;
constexpr int64_t kMiB = int64_t{1} << 20;
constexpr int64_t kGiB = int64_t{1} << 30;

struct Unit {
  std::string_view name;
  int64_t factor;
};
// The largest first: printing takes the first that divides the value.
constexpr Unit kSizeUnits[] = {
    {"GiB", kGiB}, {"MiB", kMiB}, {"KiB", kKiB}, {"B", 1}};
constexpr Unit kTimeUnits[] = {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}};

template <size_t N>
std::optional<int64_t> ParseUnits(std::string_view s, const Unit (&units)[N]) {
  size_t digits = 0;
  while (digits < s.size() && s[digits] >= '0' && s[digits] <= '9') ++digits;
  int64_t number = 0;
  if (!absl::SimpleAtoi(AbslView(s.substr(0, digits)), &number))
    return std::nullopt;
  for (const Unit& unit : units) {
    int64_t value = 0;
    if (unit.name == s.substr(digits) &&
        !__builtin_mul_overflow(number, unit.factor, &value))
      return value;
  }
  return std::nullopt;
}

template <size_t N>
std::string PrintUnits(int64_t value, const Unit (&units)[N]) {
  for (const Unit& unit : units)
    if (value != 0 && value % unit.factor == 0)
      return absl::StrCat(value / unit.factor, AbslView(unit.name));
  return absl::StrCat(value, AbslView(units[N - 1].name));
}

std::string PrintDouble(double value) {
  char buffer[32];
  const auto end = std::to_chars(std::begin(buffer), std::end(buffer), value);
  return std::string(std::begin(buffer), end.ptr);
}

std::string Quote(std::string_view s) {
  std::string out = "\"";
  for (char c : s) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      absl::StrAppendFormat(&out, "\\x%02x", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// "host:port"; the host may be a name, an IPv4 address or [IPv6].
bool IsListenAddress(std::string_view s) {
  const size_t colon = s.rfind(':');
  int port = 0;
  return colon != std::string_view::npos && colon > 0 &&
         absl::SimpleAtoi(AbslView(s.substr(colon + 1)), &port) && port >= 0 &&
         port <= 65535;
}

bool IsUrl(std::string_view s) {
  return s.starts_with("http://") || s.starts_with("https://");
}

// Every key, its field and its range. V is ConfigReader or ConfigPrinter.
template <typename V>
void DescribeTls(V& v, TlsConfig& tls) {
  v.Section("tls", [&] {
    v.String("cert", tls.cert);
    v.String("key", tls.key);
    v.String("client_ca", tls.client_ca);
    v.Check(tls.cert.empty() == tls.key.empty(), "needs both cert and key");
    v.Check(tls.client_ca.empty() || !tls.cert.empty(),
            "client_ca needs cert and key");
  });
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
void Describe(V& v, Config& c) {
  v.Section("tap", [&] {
    v.Section("grpc", [&] {
      GrpcTapConfig& grpc = c.tap_grpc;
      v.Listen("listen", grpc.listen, /*may_be_off=*/true);
      v.String("unix", grpc.unix_socket);
      v.Size("max_message", grpc.max_message_bytes, 64 * kKiB, kGiB);
      v.Integer("max_streams", grpc.max_streams, 1, 1 << 20);
      v.Duration("max_stream_age", grpc.max_stream_age, absl::Minutes(1),
                 absl::Hours(24 * 365));
      DescribeTls(v, grpc.tls);
      v.String("token_file", grpc.token_file);
    });
  });
  v.Section("http", [&] {
    v.Listen("listen", c.http.listen, /*may_be_off=*/false);
    DescribeTls(v, c.http.tls);
    v.String("token_file", c.http.token_file);
  });
  v.Section("streams", [&] {
    v.OneOf("route_from", c.streams.route_from,
            {"route", "task", "system_prompt", "none"});
    v.Integer("max", c.streams.max, 1, 100000);
  });
  v.OpenMap("models", c.models, kMaxModels, [&](ModelConfig& model) {
    v.String("format", model.format);
    v.Check(!model.format.empty(), "format must not be empty");
    v.Strings("families", model.families, kMaxFamilies);
    v.Integer("context_window", model.context_window, int64_t{0},
              int64_t{1} << 40);
  });
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
  v.Section("reference", [&] {
    v.Duration("min_span", c.reference.min_span, absl::ZeroDuration(),
               absl::Hours(24 * 365));
    v.Integer("cap", c.reference.cap, 20, 1000000);
    v.Bool("freeze", c.reference.freeze);
    v.Either("from", c.reference.from_solved, "all", "solved");
  });
  v.Section("false_alarms", [&] {
    FalseAlarmsConfig& budget = c.false_alarms;
    v.Number("critical_per_30_days", budget.critical_per_30_days, 1e-6, 1e6);
    v.Number("warning_per_30_days", budget.warning_per_30_days, 1e-6, 1e6);
    v.Number("fleet_share", budget.fleet_share, 1e-6, 1);
    v.Number("mean_responses", budget.mean_responses, 0, 1e15);
  });
  v.ClosedMap("signals", c.signals, [&](SignalConfig& signal) {
    v.Bool("enabled", signal.enabled);
    v.Either("mode", signal.shadow, "alert", "shadow");
  });
  v.Section("storage", [&] {
    StorageConfig& storage = c.storage;
    v.String("path", storage.path);
    v.Check(!storage.path.empty(), "path must not be empty");
    v.Size("max_size", storage.max_bytes, 16 * kMiB, 1024 * kGiB);
    v.Duration("retention", storage.retention, absl::Hours(24),
               absl::Hours(24 * 3650));
    v.Duration("checkpoint_interval", storage.checkpoint_interval,
               absl::Seconds(1), absl::Hours(1));
    v.Section("evidence", [&] {
      v.Bool("enabled", storage.evidence.enabled);
      v.Check(!storage.evidence.enabled,
              "enabled: this version keeps no text; leave it false");
      v.Size("max_size", storage.evidence.max_bytes, kMiB, 1024 * kGiB);
      v.Duration("ttl", storage.evidence.ttl, absl::Minutes(1),
                 absl::Hours(24 * 365));
      v.Patterns("redact", storage.evidence.redact);
    });
  });
  v.Section("baseline", [&] {
    v.String("path", c.baseline.path);
    v.Section("canaries", [&] {
      v.Number("per_hour", c.baseline.canaries.per_hour, 0, 3600);
    });
  });
  v.Section("grading", [&] {
    v.String("command", c.grading.command);
    v.Duration("timeout", c.grading.timeout, absl::Seconds(1),
               absl::Minutes(1));
    v.Size("max_memory", c.grading.max_memory, 16 * kMiB, 64 * kGiB);
    v.Integer("queue", c.grading.queue, int64_t{1}, int64_t{1} << 16);
  });
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
    v.String("secret_file", c.webhook.secret_file);
    v.Check(c.webhook.url.empty() || !c.webhook.secret_file.empty(),
            "url needs a secret_file");
    v.String("ca_file", c.webhook.ca_file);
  });
  v.Section("log", [&] {
    v.OneOf("level", c.log_level, {"trace", "debug", "info", "warn", "error"});
  });
}

class ConfigReader {
 public:
  ConfigReader(const YAML::Node& root, std::string_view file)
      : file_(file), node_(root) {}

  absl::Status Read(Config* config) {
    InMap(node_, [&] { Describe(*this, *config); });
    return status_;
  }

  template <typename F>
  void Section(std::string_view key, F describe) {
    const YAML::Node* value = Take(key);
    if (value == nullptr) return;
    Within(key, *value, describe);
  }

  template <typename T, typename F>
  void OpenMap(std::string_view key, std::map<std::string, T>& entries,
               size_t limit, F describe) {
    Section(key, [&] {
      if (values_.size() > limit)
        return Fail(node_, absl::StrFormat("more than %d entries", limit));
      for (const std::string& name : Names()) {
        if (name.empty() || name.size() > kMaxNameBytes)
          return Fail(node_, absl::StrFormat("a name has 1 to %d bytes",
                                             kMaxNameBytes));
        Section(name, [&] { describe(entries[name]); });
      }
    });
  }

  template <typename T, typename F>
  void ClosedMap(std::string_view key, std::map<std::string, T>& entries,
                 F describe) {
    Section(key, [&] {
      for (auto& [name, entry] : entries)
        Section(name, [&, &value = entry] { describe(value); });
    });
  }

  void String(std::string_view key, std::string& field) {
    if (auto text = Scalar(key)) field = *std::move(text);
  }

  void Listen(std::string_view key, std::string& field, bool may_be_off) {
    auto text = Scalar(key);
    if (!text) return;
    if (!IsListenAddress(*text) && !(text->empty() && may_be_off))
      return Fail(key, "must be host:port");
    field = *std::move(text);
  }

  void Bool(std::string_view key, bool& field) {
    Either(key, field, "false", "true");
  }

  // `field` is true for the second name.
  void Either(std::string_view key, bool& field, std::string_view first,
              std::string_view second) {
    const auto text = Scalar(key);
    if (!text) return;
    if (*text != first && *text != second)
      return Fail(key, absl::StrFormat("must be %s or %s", first, second));
    field = *text == second;
  }

  void OneOf(std::string_view key, std::string& field,
             std::initializer_list<std::string_view> names) {
    auto text = Scalar(key);
    if (!text) return;
    if (std::find(names.begin(), names.end(), *text) == names.end()) {
      std::string all;
      for (std::string_view name : names)
        absl::StrAppend(&all, all.empty() ? "" : ", ", AbslView(name));
      return Fail(key, absl::StrCat("must be one of ", all));
    }
    field = *std::move(text);
  }

  template <typename T>
  void Integer(std::string_view key, T& field, T low, T high) {
    const auto text = Scalar(key);
    if (!text) return;
    T value = 0;
    if (!absl::SimpleAtoi(*text, &value))
      return Fail(key, "must be a whole number");
    if (value < low || value > high)
      return Fail(key, absl::StrFormat("must be from %d to %d", low, high));
    field = value;
  }

  void Number(std::string_view key, double& field, double low, double high) {
    const auto text = Scalar(key);
    if (!text) return;
    double value = 0;
    if (!absl::SimpleAtod(*text, &value) || !std::isfinite(value))
      return Fail(key, "must be a number");
    if (value < low || value > high)
      return Fail(key, absl::StrFormat("must be from %g to %g", low, high));
    field = value;
  }

  void Size(std::string_view key, int64_t& field, int64_t low, int64_t high) {
    const auto text = Scalar(key);
    if (!text) return;
    const auto value = ParseUnits(*text, kSizeUnits);
    if (!value)
      return Fail(key, "must be a size with its unit B, KiB, MiB or GiB");
    if (*value < low || *value > high)
      return Fail(key, absl::StrFormat("must be from %s to %s",
                                       PrintUnits(low, kSizeUnits),
                                       PrintUnits(high, kSizeUnits)));
    field = *value;
  }

  void Duration(std::string_view key, absl::Duration& field, absl::Duration low,
                absl::Duration high) {
    const auto text = Scalar(key);
    if (!text) return;
    const auto seconds = ParseUnits(*text, kTimeUnits);
    if (!seconds)
      return Fail(key, "must be a duration with its unit s, m, h or d");
    const absl::Duration value = absl::Seconds(*seconds);
    if (value < low || value > high)
      return Fail(key, absl::StrFormat(
                           "must be from %s to %s",
                           PrintUnits(absl::ToInt64Seconds(low), kTimeUnits),
                           PrintUnits(absl::ToInt64Seconds(high), kTimeUnits)));
    field = value;
  }

  // A pattern that finds a marker; "" = none.
  void Pattern(std::string_view key, std::string& field) {
    auto text = Scalar(key);
    if (!text) return;
    if (!text->empty()) {
      const absl::Status status = CheckMarkerPattern(*text);
      if (!status.ok()) return Fail(key, StdView(status.message()));
    }
    field = *std::move(text);
  }

  void MarkerPatterns(std::string_view key, std::vector<std::string>& field,
                      size_t limit) {
    Strings(key, field, limit);
    for (const std::string& pattern : field) {
      const absl::Status status = CheckMarkerPattern(pattern);
      if (!status.ok()) return Fail(key, StdView(status.message()));
    }
  }

  void Strings(std::string_view key, std::vector<std::string>& field,
               size_t limit) {
    const YAML::Node* node = Take(key);
    if (node == nullptr) return;
    if (!node->IsSequence()) return Fail(key, "must be a list");
    if (node->size() > limit)
      return Fail(key, absl::StrFormat("more than %d entries", limit));
    field.clear();
    for (const YAML::Node& item : *node) {
      if (!item.IsScalar()) return Fail(key, "must be a list of words");
      field.push_back(item.Scalar());
    }
  }

  // A list of maps.
  template <typename T, typename F>
  void Items(std::string_view key, std::vector<T>& items, size_t limit,
             F describe) {
    const YAML::Node* node = Take(key);
    if (node == nullptr) return;
    if (!node->IsSequence()) return Fail(key, "must be a list");
    if (node->size() > limit)
      return Fail(key, absl::StrFormat("more than %d entries", limit));
    items.clear();
    const YAML::Node list = *node;
    for (size_t i = 0; i < list.size(); ++i) {
      items.emplace_back();
      Within(absl::StrFormat("%s[%d]", key, i), list[i],
             [&] { describe(items.back()); });
    }
  }

  // A list of RE2 patterns.
  void Patterns(std::string_view key, std::vector<std::string>& field) {
    const YAML::Node* node = Take(key);
    if (node == nullptr) return;
    if (!node->IsSequence()) return Fail(key, "must be a list");
    if (node->size() > kMaxRedactPatterns)
      return Fail(key,
                  absl::StrFormat("more than %d patterns", kMaxRedactPatterns));
    field.clear();
    for (const YAML::Node& item : *node) {
      if (!item.IsScalar()) return Fail(key, "must be a list of patterns");
      const RE2 pattern(item.Scalar(), RE2::Quiet);
      if (!pattern.ok())
        return Fail(key, absl::StrCat("bad pattern: ", pattern.error()));
      field.push_back(item.Scalar());
    }
  }

  // A condition over several keys of this section.
  void Check(bool holds, std::string_view message) {
    if (!holds) Fail(node_, message);
  }

 private:
  using Values = std::map<std::string, YAML::Node, std::less<>>;

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& [name, node] : values_) names.push_back(name);
    return names;
  }

  template <typename F>
  void Within(std::string_view key, const YAML::Node& value, F describe) {
    const size_t length = path_.size();
    absl::StrAppend(&path_, path_.empty() ? "" : ".", AbslView(key));
    InMap(value, describe);
    path_.resize(length);
  }

  template <typename F>
  void InMap(const YAML::Node& node, F describe) {
    if (!status_.ok()) return;
    if (!node.IsMap() && !node.IsNull()) return Fail(node, "must be a map");
    Values values;
    if (node.IsMap()) {
      for (const auto& entry : node) {
        if (!entry.first.IsScalar())
          return Fail(entry.first, "a key must be a word");
        if (!values.emplace(entry.first.Scalar(), entry.second).second)
          return FailKey(entry.first, "stands twice");
      }
    }
    const YAML::Node outer_node = node_;
    node_.reset(node);
    std::swap(values_, values);
    std::set<std::string, std::less<>> outer_taken;
    std::swap(taken_, outer_taken);
    describe();
    if (status_.ok() && node.IsMap())
      for (const auto& entry : node)
        if (!taken_.contains(entry.first.Scalar()))
          FailKey(entry.first, "unknown key");
    std::swap(taken_, outer_taken);
    std::swap(values_, values);
    node_.reset(outer_node);
  }

  const YAML::Node* Take(std::string_view key) {
    if (!status_.ok()) return nullptr;
    taken_.emplace(key);
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
  }

  std::optional<std::string> Scalar(std::string_view key) {
    const YAML::Node* node = Take(key);
    if (node == nullptr) return std::nullopt;
    if (!node->IsScalar()) {
      Fail(key, node->IsNull() ? "needs a value" : "must be a single value");
      return std::nullopt;
    }
    return node->Scalar();
  }

  void Report(int line, std::string_view path, std::string_view message) {
    // The first error is the one to repair.
    if (!status_.ok()) return;
    status_ = absl::InvalidArgumentError(
        absl::StrFormat("%s:%d: %s%s%s", file_, line + 1, path,
                        path.empty() ? "" : ": ", message));
  }
  void Fail(const YAML::Node& node, std::string_view message) {
    Report(std::max(0, node.Mark().line), path_, message);
  }
  void FailKey(const YAML::Node& key, std::string_view message) {
    Report(std::max(0, key.Mark().line),
           absl::StrCat(path_, path_.empty() ? "" : ".", key.Scalar()),
           message);
  }
  void Fail(std::string_view key, std::string_view message) {
    const auto found = values_.find(key);
    const int line =
        found == values_.end() ? 0 : std::max(0, found->second.Mark().line);
    Report(line, absl::StrCat(path_, path_.empty() ? "" : ".", AbslView(key)),
           message);
  }

  const std::string file_;
  std::string path_;
  YAML::Node node_;
  Values values_;
  std::set<std::string, std::less<>> taken_;
  absl::Status status_;
};

class ConfigPrinter {
 public:
  std::string TakeOutput() { return std::move(out_); }

  template <typename F>
  void Section(std::string_view key, F describe) {
    Line(key, "");
    ++depth_;
    describe();
    --depth_;
  }
  template <typename T, typename F>
  void OpenMap(std::string_view key, std::map<std::string, T>& entries, size_t,
               F describe) {
    ClosedMap(key, entries, describe);
  }
  template <typename T, typename F>
  void ClosedMap(std::string_view key, std::map<std::string, T>& entries,
                 F describe) {
    Section(key, [&] {
      for (auto& [name, entry] : entries)
        Section(Quote(name), [&, &value = entry] { describe(value); });
    });
  }
  void String(std::string_view key, const std::string& field) {
    Line(key, Quote(field));
  }
  void Listen(std::string_view key, const std::string& field, bool) {
    String(key, field);
  }
  void Bool(std::string_view key, bool field) {
    Line(key, field ? "true" : "false");
  }
  void Either(std::string_view key, bool field, std::string_view first,
              std::string_view second) {
    Line(key, field ? second : first);
  }
  void OneOf(std::string_view key, const std::string& field,
             std::initializer_list<std::string_view>) {
    Line(key, field);
  }
  template <typename T>
  void Integer(std::string_view key, T field, T, T) {
    Line(key, absl::StrCat(field));
  }
  void Number(std::string_view key, double field, double, double) {
    Line(key, PrintDouble(field));
  }
  void Size(std::string_view key, int64_t field, int64_t, int64_t) {
    Line(key, PrintUnits(field, kSizeUnits));
  }
  void Duration(std::string_view key, absl::Duration field, absl::Duration,
                absl::Duration) {
    Line(key, PrintUnits(absl::ToInt64Seconds(field), kTimeUnits));
  }
  void Patterns(std::string_view key, const std::vector<std::string>& field) {
    std::string list;
    for (const std::string& item : field)
      absl::StrAppend(&list, list.empty() ? "" : ", ", Quote(item));
    Line(key, absl::StrCat("[", list, "]"));
  }
  void Pattern(std::string_view key, const std::string& field) {
    String(key, field);
  }
  void MarkerPatterns(std::string_view key,
                      const std::vector<std::string>& field, size_t) {
    Patterns(key, field);
  }
  void Strings(std::string_view key, const std::vector<std::string>& field,
               size_t) {
    Patterns(key, field);
  }
  template <typename T, typename F>
  void Items(std::string_view key, std::vector<T>& items, size_t, F describe) {
    if (items.empty()) return Line(key, "[]");
    Line(key, "");
    for (T& item : items) {
      // The mark of an item stands where its first key is indented.
      const size_t begin = out_.size();
      depth_ += 2;
      describe(item);
      depth_ -= 2;
      out_.replace(begin + 2 * depth_ + 2, 1, "-");
    }
  }
  void Check(bool, std::string_view) {}

 private:
  void Line(std::string_view key, std::string_view value) {
    out_.append(2 * depth_, ' ');
    absl::StrAppend(&out_, AbslView(key), value.empty() ? ":" : ": ",
                    AbslView(value), "\n");
  }

  std::string out_;
  size_t depth_ = 0;
};

// yaml-cpp recurses by nesting; brackets inside quotes are counted too, and
// balance there in any sane pattern.
bool NestsTooDeep(std::string_view yaml) {
  int depth = 0;
  for (char c : yaml) {
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (depth > kMaxFlowDepth) return true;
  }
  return false;
}

class IgnoreEvents : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// YAML::Load() drops what stands behind the first document, and LoadAll()
// never returns where that begins with a stray "," or "}".
bool GoesOnBehindDocument(const std::string& yaml) {
  std::istringstream in(yaml);
  YAML::Parser parser(in);
  IgnoreEvents ignore;
  return parser.HandleNextDocument(ignore) && parser.HandleNextDocument(ignore);
}

// What only the whole file tells: names that refer to each other.
absl::Status Resolve(Config& config) {
  if (!config.formats.custom.empty()) {
    auto compiled = CustomFormats::Compile(config.formats.custom);
    if (!compiled.ok())
      return absl::InvalidArgumentError(
          absl::StrCat("formats.custom: ", compiled.status().message()));
    config.formats.compiled = *std::move(compiled);
  }
  const auto known = [&config](std::string_view name) {
    return IsFormat(name, config.formats.compiled.get());
  };
  for (const auto& [name, model] : config.models) {
    if (model.format != "auto" && !known(model.format))
      return absl::InvalidArgumentError(absl::StrFormat(
          "models.%s.format: no format is named %s", name, model.format));
    for (const std::string& family : model.families) {
      if (!known(family))
        return absl::InvalidArgumentError(absl::StrFormat(
            "models.%s.families: no format is named %s", name, family));
    }
  }
  return absl::OkStatus();
}

}  // namespace

Config DefaultConfig() {
  Config config;
  for (int i = 0; i < kSignalCount; ++i)
    config.signals[std::string(SignalName(static_cast<Signal>(i)))] = {};
  return config;
}

absl::StatusOr<Config> ParseConfig(std::string_view yaml,
                                   std::string_view file_name) {
  const auto invalid = [file_name](int line, std::string_view message) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s:%d: %s", file_name, line, message));
  };
  if (yaml.size() > kMaxFileBytes) return invalid(1, "file over 1 MiB");
  if (NestsTooDeep(yaml)) return invalid(1, "brackets nested too deeply");
  // yaml-cpp reports by throwing; nothing may leave this function that way.
  try {
    const std::string text(yaml);
    if (GoesOnBehindDocument(text))
      return invalid(1, "more than one document, or stray characters");
    Config config = DefaultConfig();
    const absl::Status status =
        ConfigReader(YAML::Load(text), file_name).Read(&config);
    if (!status.ok()) return status;
    const absl::Status resolved = Resolve(config);
    if (!resolved.ok())
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: %s", file_name, StdView(resolved.message())));
    return config;
  } catch (const YAML::Exception& e) {
    return invalid(std::max(0, e.mark.line) + 1, e.msg);
  } catch (const std::exception& e) {
    return invalid(1, e.what());
  }
}

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot open ", path));
  // One byte more than allowed, so that ParseConfig() sees the excess.
  std::string yaml(kMaxFileBytes + 1, '\0');
  file.read(yaml.data(), static_cast<std::streamsize>(yaml.size()));
  if (file.bad())
    return absl::DataLossError(absl::StrCat("cannot read ", path));
  yaml.resize(static_cast<size_t>(file.gcount()));
  return ParseConfig(yaml, path);
}

FormatPolicy FormatPolicyOf(const Config& config, const std::string& model) {
  FormatPolicy policy;
  policy.custom = config.formats.compiled;
  const auto it = config.models.find(model);
  if (it == config.models.end()) return policy;
  policy.format = it->second.format;
  policy.families = it->second.families;
  return policy;
}

std::string PrintConfig(const Config& config) {
  Config copy = config;
  ConfigPrinter printer;
  Describe(printer, copy);
  return printer.TakeOutput();
}

}  // namespace reasonwatch
