// SPDX-License-Identifier: Apache-2.0
// The configuration: defaults, every key, the errors with their line and path,
// and the shipped example, which must name every key with its default.
#include "daemon/app/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "core/signal.h"
#include "tests/source_dir.h"

namespace reasonwatch {
namespace {

using ::testing::HasSubstr;

constexpr char kExample[] = REASONWATCH_SOURCE_DIR "/deploy/reasonwatch.yaml";

Config Parse(std::string_view yaml) {
  const auto config = ParseConfig(yaml, "test.yaml");
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *config : Config();
}

void ExpectError(std::string_view yaml, std::string_view message) {
  const auto config = ParseConfig(yaml, "test.yaml");
  ASSERT_FALSE(config.ok()) << yaml;
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(config.status().message()),
              HasSubstr(std::string(message)))
      << yaml;
}

TEST(Config, NothingWrittenMeansDefaults) {
  const std::string defaults = PrintConfig(DefaultConfig());
  for (std::string_view yaml : {"", "# only a comment\n", "{}", "tap:\n"})
    EXPECT_EQ(PrintConfig(Parse(yaml)), defaults);
  EXPECT_EQ(DefaultConfig().signals.size(), size_t{kSignalCount});
}

TEST(Config, TheShippedExampleIsTheDefault) {
  const auto config = LoadConfig(kExample);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(PrintConfig(*config), PrintConfig(DefaultConfig()));
}

TEST(Config, TheShippedExampleNamesEveryKey) {
  std::ifstream file(kExample);
  const std::string example{std::istreambuf_iterator<char>(file), {}};
  const std::string printed = PrintConfig(DefaultConfig());
  size_t begin = 0;
  while (begin < printed.size()) {
    const size_t end = printed.find('\n', begin);
    std::string key = printed.substr(begin, printed.find(':', begin) - begin);
    begin = end + 1;
    std::erase(key, '"');
    EXPECT_THAT(example, HasSubstr(key + ":"));
  }
}

// Every key with a value that is not its default.
constexpr char kEveryKey[] = R"(
tap:
  grpc: {listen: "[::1]:1", unix: /run/rw.sock, max_message: 128KiB,
         max_streams: 7, max_connections: 99, max_stream_age: 90m, token_file: /t,
         tls: {cert: a, key: b, client_ca: c}}
  http: {enabled: false}
  files: [{path: "/l/*.jsonl", format: lm-eval, model: x}, {path: /b}]
http: {listen: "0.0.0.0:80", token_file: /u, tls: {cert: d, key: e},
       external_url: "https://rw.example", trace_url: "https://t/{trace_id}",
       max_connections: 77, allowed_hosts: [a.example, b.example]}
streams: {route_from: task, max: 3}
models:
  "org/m.1": {format: deepseek_r1, context_window: 32768, evidence: true}
  other: {families: [qwen3, plan]}
formats:
  custom:
    - {name: plan, start: '<<plan>>', end: '<</?plan>>', markers: ['<<\w+>>']}
    - name: "two \"words\""
      end: '\[done\]'
      tool: call
      template_opens: true
queue: {records: 5, bytes: 2MiB}
reference: {min_span: 36h, cap: 100, freeze: true, from: solved}
false_alarms: {critical_per_30_days: 0.5, warning_per_30_days: 2,
               fleet_share: 0.1, mean_responses: 50000}
signals:
  length_runaway: {enabled: false}
  format_markers: {mode: shadow}
storage:
  path: /var/lib/rw
  max_size: 2GiB
  retention: 30d
  checkpoint_interval: 7s
  evidence: {enabled: false, max_size: 1048576B, ttl: 60s, redact: ['\d{4}', a]}
baseline: {path: /b.jsonl}
selftest: {every: 6h, prometheus: "http://p:9090", alertmanager: "http://a:9093",
           receiver: page, ca_file: /ca.pem}
log: {level: debug}
)";

TEST(Config, ReadsEveryKey) {
  const Config c = Parse(kEveryKey);
  EXPECT_EQ(c.tap.grpc.listen, "[::1]:1");
  EXPECT_EQ(c.tap.grpc.unix_socket, "/run/rw.sock");
  EXPECT_EQ(c.tap.grpc.max_message_bytes, 128 << 10);
  EXPECT_EQ(c.tap.grpc.max_streams, 7);
  EXPECT_EQ(c.tap.grpc.max_connections, 99);
  EXPECT_EQ(c.tap.grpc.max_connection_age, absl::Minutes(90));
  EXPECT_EQ(c.tap.grpc.tls_cert, "a");
  EXPECT_EQ(c.tap.grpc.tls_key, "b");
  EXPECT_EQ(c.tap.grpc.tls_client_ca, "c");
  EXPECT_EQ(c.tap.grpc.token_file, "/t");
  EXPECT_FALSE(c.tap.http.on);
  ASSERT_EQ(c.tap.files.paths.size(), 2u);
  EXPECT_EQ(c.tap.files.paths[0].path, "/l/*.jsonl");
  EXPECT_EQ(c.tap.files.paths[0].format, "lm-eval");
  EXPECT_EQ(c.tap.files.paths[0].model, "x");
  EXPECT_EQ(c.tap.files.paths[1].format, "reasonwatch");
  EXPECT_EQ(c.http.listen, "0.0.0.0:80");
  EXPECT_EQ(c.http.tls.key, "e");
  EXPECT_EQ(c.http.token_file, "/u");
  EXPECT_EQ(c.http.external_url, "https://rw.example");
  EXPECT_EQ(c.http.trace_url, "https://t/{trace_id}");
  EXPECT_EQ(c.http.max_connections, 77);
  EXPECT_EQ(c.http.allowed_hosts.size(), 2u);
  EXPECT_EQ(c.streams.route_from, "task");
  EXPECT_EQ(c.streams.max, 3);
  EXPECT_EQ(c.models.at("org/m.1").format, "deepseek_r1");
  EXPECT_EQ(c.models.at("org/m.1").context_window, 32768);
  EXPECT_TRUE(c.models.at("org/m.1").evidence);
  EXPECT_FALSE(c.models.at("other").evidence);
  EXPECT_EQ(c.models.at("other").format, "auto");
  EXPECT_EQ(c.models.at("other").families,
            (std::vector<std::string>{"qwen3", "plan"}));
  ASSERT_EQ(c.formats.custom.size(), 2u);
  EXPECT_EQ(c.formats.custom[0].start, "<<plan>>");
  EXPECT_EQ(c.formats.custom[0].markers, std::vector<std::string>{"<<\\w+>>"});
  EXPECT_EQ(c.formats.custom[1].name, "two \"words\"");
  EXPECT_EQ(c.formats.custom[1].tool, "call");
  EXPECT_TRUE(c.formats.custom[1].template_opens);
  EXPECT_EQ(FormatPolicyOf(c, "org/m.1").format, "deepseek_r1");
  EXPECT_EQ(FormatPolicyOf(c, "other").families.size(), 2u);
  EXPECT_EQ(FormatPolicyOf(c, "no such").format, "auto");
  EXPECT_NE(FormatPolicyOf(c, "no such").custom->Find("plan"), nullptr);
  EXPECT_EQ(c.queue.records, 5);
  EXPECT_EQ(c.queue.bytes, 2 << 20);
  EXPECT_EQ(c.reference.min_span, absl::Hours(36));
  EXPECT_EQ(c.reference.cap, 100);
  EXPECT_TRUE(c.reference.freeze);
  EXPECT_TRUE(c.reference.from_solved);
  EXPECT_EQ(c.false_alarms.critical_per_30_days, 0.5);
  EXPECT_EQ(c.false_alarms.warning_per_30_days, 2);
  EXPECT_EQ(c.false_alarms.fleet_share, 0.1);
  EXPECT_EQ(c.false_alarms.mean_responses, 50000);
  EXPECT_FALSE(c.signals.at("length_runaway").enabled);
  EXPECT_TRUE(c.signals.at("length_collapse").enabled);
  EXPECT_TRUE(c.signals.at("format_markers").shadow);
  EXPECT_EQ(c.storage.path, "/var/lib/rw");
  EXPECT_EQ(c.storage.max_bytes, int64_t{2} << 30);
  EXPECT_EQ(c.storage.retention, absl::Hours(24 * 30));
  EXPECT_EQ(c.storage.checkpoint_interval, absl::Seconds(7));
  EXPECT_EQ(c.selftest.every, absl::Hours(6));
  EXPECT_EQ(c.selftest.receiver, "page");
  EXPECT_FALSE(c.storage.evidence.enabled);
  EXPECT_EQ(c.storage.evidence.max_bytes, 1 << 20);
  EXPECT_EQ(c.storage.evidence.ttl, absl::Seconds(60));
  EXPECT_EQ(c.storage.evidence.redact,
            (std::vector<std::string>{"\\d{4}", "a"}));
  EXPECT_EQ(c.baseline.path, "/b.jsonl");
  EXPECT_EQ(c.log_level, "debug");

  const std::string printed = PrintConfig(c);
  EXPECT_EQ(PrintConfig(Parse(printed)), printed);
  EXPECT_NE(printed, PrintConfig(DefaultConfig()));
}

TEST(Config, PrintsNamesThatNeedEscapes) {
  Config c = DefaultConfig();
  c.storage.path = "a \"b\" \\ \n\t: # \x01";
  c.models["x: y\n"] = {};
  const Config again = Parse(PrintConfig(c));
  EXPECT_EQ(again.storage.path, c.storage.path);
  EXPECT_TRUE(again.models.contains("x: y\n"));
}

TEST(Config, ReadsTheGrader) {
  const Config c = Parse(
      "grading: {command: 'python3 g.py', timeout: 3s, max_memory: 64MiB, "
      "queue: 9}");
  EXPECT_EQ(c.grading.command, "python3 g.py");
  EXPECT_EQ(c.grading.timeout, absl::Seconds(3));
  EXPECT_EQ(c.grading.max_memory, 64 << 20);
  EXPECT_EQ(c.grading.queue, 9);
  EXPECT_EQ(PrintConfig(Parse(PrintConfig(c))), PrintConfig(c));
  ExpectError("grading: {timeout: 2h}", "grading.timeout");
  ExpectError("grading: {queue: 0}", "grading.queue");
  ExpectError("grading: {command: [a, b]}", "grading.command");
}

TEST(Config, ReadsTheJudge) {
  const Config c = Parse(
      "rescore: {judge: {endpoint: 'http://j:1', model: big, api_key_file: /k, "
      "ca_file: /c, tokens_per_hour: 7}}");
  EXPECT_EQ(c.rescore.judge.endpoint, "http://j:1");
  EXPECT_EQ(c.rescore.judge.model, "big");
  EXPECT_EQ(c.rescore.judge.api_key_file, "/k");
  EXPECT_EQ(c.rescore.judge.ca_file, "/c");
  EXPECT_EQ(c.rescore.judge.tokens_per_hour, 7);
  ExpectError("rescore: {judge: {endpoint: 'http://j:1'}}", "needs a model");
  for (const char* bad : {"'x-route'", "': a'", "'x-route: '", "'a b: c'"})
    ExpectError(std::string("rescore: {replicas: {a: {endpoint: 'http://r:1', "
                            "header: ") +
                    bad + "}}}",
                "header must be NAME: VALUE");
}

TEST(Config, NamesFileLineAndKeyOfAnError) {
  ExpectError("http:\n  listen: x:1\nqeue:\n  records: 1\n",
              "test.yaml:3: qeue: unknown key");
  ExpectError("tap:\n  grpc:\n    port: 1\n",
              "test.yaml:3: tap.grpc.port: unknown key");
  ExpectError("signals:\n  length: {}\n",
              "test.yaml:2: signals.length: unknown key");
  ExpectError("models:\n  a:\n    formt: b\n",
              "test.yaml:3: models.a.formt: unknown key");
  ExpectError("http: {external_url: rw.example}", "external_url");
  ExpectError("http: {external_url: 'https://rw.example/'}", "slash");
  ExpectError("http: {trace_url: 'javascript:alert(1)'}", "trace_url");
  ExpectError("queue: {records: 0}", "queue.records: must be from 1 to");
  ExpectError("queue: {records: 1.5}", "must be a whole number");
  ExpectError("queue: {records: }", "needs a value");
  ExpectError("queue: {records: [1]}", "must be a single value");
  ExpectError("queue: [1]", "queue: must be a map");
  ExpectError("queue: {bytes: 1000}", "unit B, KiB, MiB or GiB");
  ExpectError("queue: {bytes: 1MB}", "unit B, KiB, MiB or GiB");
  ExpectError("queue: {bytes: 1B}", "must be from 1MiB to");
  ExpectError("queue: {bytes: 99999999999GiB}", "queue.bytes");
  ExpectError("reference: {min_span: 7}", "unit s, m, h or d");
  ExpectError("reference: {min_span: -1d}", "unit s, m, h or d");
  ExpectError("reference: {min_span: 9999d}", "must be from 0s to 365d");
  ExpectError("reference: {from: some}", "must be all or solved");
  ExpectError("reference: {freeze: yes}", "must be false or true");
  ExpectError("false_alarms: {fleet_share: 2}", "false_alarms.fleet_share");
  ExpectError("false_alarms: {fleet_share: .nan}", "must be a number");
  ExpectError("http: {listen: ''}", "must be host:port");
  ExpectError("http: {listen: 'localhost:99999'}", "must be host:port");
  ExpectError("http: {tls: {cert: a}}", "http.tls: needs both cert and key");
  ExpectError("log: {level: loud}", "must be one of trace, debug");
  ExpectError("storage: {evidence: {redact: ['(']}}", "bad pattern");
  ExpectError("storage: {evidence: {redact: a}}", "must be a list");
  ExpectError("selftest: {every: 9m}", "at least 10m");
  ExpectError("selftest: {prometheus: 'p:9090'}", "http://");
  ExpectError("selftest: {receiver: page}", "needs an alertmanager");
  ExpectError("models: {m: {format: nope}}",
              "test.yaml: models.m.format: no format is named nope");
  ExpectError("models: {m: {families: [qwen3, nope]}}",
              "models.m.families: no format is named nope");
  ExpectError("models: {m: {families: qwen3}}", "must be a list");
  ExpectError("formats: {custom: {}}", "formats.custom: must be a list");
  ExpectError("formats: {custom: [a]}", "formats.custom[0]: must be a map");
  ExpectError("formats: {custom: [{nam: a}]}",
              "formats.custom[0].nam: unknown key");
  ExpectError("formats:\n custom:\n - name: a\n   end: '('\n",
              "test.yaml:4: formats.custom[0].end: bad pattern: missing )");
  ExpectError("formats: {custom: [{name: a, end: 'b*'}]}",
              "formats.custom[0].end: bad pattern: it matches the empty text");
  ExpectError("formats: {custom: [{name: a, end: b, markers: ['[']}]}",
              "formats.custom[0].markers: bad pattern: missing ]");
  ExpectError("formats: {custom: [{name: a}]}",
              "test.yaml: formats.custom: a: end: is missing");
  ExpectError("formats: {custom: [{name: qwen3, end: b}]}",
              "formats.custom: qwen3: name: is empty or taken");
  ExpectError("formats: {custom: [{end: b}]}", "name: is empty or taken");
  ExpectError("streams: {route_from: tenant}", "route_from");
  ExpectError("models: {'': {}}", "models: a name has 1 to 250 bytes");
  ExpectError("models: {" + std::string(251, 'm') + ": {}}",
              "models: a name has 1 to 250 bytes");
  ExpectError("log: {}\nlog: {}\n", "test.yaml:2: log: stands twice");
  ExpectError("? [a]\n: b\n", "a key must be a word");
  ExpectError("just text", "must be a map");
  ExpectError("log: {}\n---\nlog: {}\n", "more than one document");
  ExpectError(",log: {level: info}", "stray characters");
  ExpectError("}", "test.yaml:1:");
  ExpectError("log: {level: info\nhttp", "test.yaml:");
  ExpectError("log: *nowhere", "test.yaml:1:");
}

TEST(Config, RefusesWhatIsTooLargeOrTooDeep) {
  ExpectError(std::string((1 << 20) + 1, '#'), "file over 1 MiB");
  ExpectError(std::string(100000, '['), "nested too deeply");
  std::string block;
  for (int i = 0; i < 20000; ++i) block += "- ";
  ExpectError(block, "test.yaml:");
  std::string models = "models:\n";
  for (int i = 0; i < 1001; ++i) models += "  m" + std::to_string(i) + ": {}\n";
  ExpectError(models, "more than 1000 entries");
}

TEST(LoadConfig, SaysWhenTheFileIsMissing) {
  const auto config = LoadConfig("/nonexistent/reasonwatch.yaml");
  EXPECT_EQ(config.status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace reasonwatch
