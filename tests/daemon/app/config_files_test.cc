// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/config/config_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "daemon/app/config/config.h"

namespace reasonwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Config Parse(const std::string& yaml) {
  const auto config = ParseConfig(yaml, "test.yaml");
  EXPECT_TRUE(config.ok()) << config.status();
  return config.value_or(DefaultConfig());
}

std::string Written(const std::string& name, mode_t mode) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path) << "secret\n";
  EXPECT_EQ(chmod(path.c_str(), mode), 0);
  return path;
}

TEST(ConfigFiles, EachIsOpenedAndNamedByItsKey) {
  EXPECT_TRUE(CheckConfigFiles(DefaultConfig()).ok());
  const absl::Status status = CheckConfigFiles(Parse(R"(
http: {token_file: /none/a}
tap: {otlp: {grpc: "127.0.0.1:1", tls: {cert: /none/b, key: /none/c}}}
baseline: {path: /none/d}
rescore: {reference: {endpoint: "http://x", api_key_file: /none/e}}
webhook: {url: "http://x", secret_file: /none/f}
)"));
  EXPECT_FALSE(status.ok());
  for (const char* part :
       {"http.token_file: ", "tap.otlp.tls.cert: ", "tap.otlp.tls.key: ",
        "baseline.path: ", "rescore.reference.api_key_file: ",
        "webhook.secret_file: ", "/none/a", "/none/f"})
    EXPECT_THAT(std::string(status.message()), HasSubstr(part));
}

TEST(ConfigFiles, SecretsOfOthersAreRefusedByTheirMode) {
  const auto check = [](mode_t mode) {
    return CheckConfigFiles(
        Parse("http: {token_file: " + Written("token", mode) + "}"));
  };
  for (const mode_t mode : {0600, 0640, 0400, 0440})
    EXPECT_TRUE(check(mode).ok()) << mode;
  for (const mode_t mode : {0644, 0666, 0602, 0620, 0777})
    EXPECT_TRUE(absl::IsPermissionDenied(check(mode))) << mode;
  EXPECT_THAT(std::string(check(0644).message()), HasSubstr("chmod 600"));
}

TEST(OpenListeners, NamesPortsThatAnybodyReaches) {
  EXPECT_THAT(OpenListeners(DefaultConfig()), IsEmpty());
  EXPECT_THAT(OpenListeners(Parse(R"(
tap: {grpc: {listen: "0.0.0.0:9095"}, otlp: {http: "[::]:4318"}}
http: {listen: "10.0.0.1:9096", token_file: /t}
)")),
              SizeIs(3));
  EXPECT_THAT(OpenListeners(Parse(R"(
tap: {grpc: {listen: "localhost:1"}, otlp: {http: "[::1]:4318"}}
http: {listen: "0.0.0.0:1", token_file: /t, tls: {cert: /c, key: /k}}
)")),
              IsEmpty());
}

TEST(NeedsRestart, NamesTheKeysThatAReloadLeaves) {
  const Config before = DefaultConfig();
  EXPECT_THAT(NeedsRestart(before, before), IsEmpty());
  EXPECT_THAT(NeedsRestart(before, Parse(R"(
false_alarms: {critical_per_30_days: 2}
signals: {length_collapse: {enabled: false}}
log: {level: debug}
)")),
              IsEmpty());
  std::vector<std::string> left = NeedsRestart(before, Parse(R"(
storage: {path: elsewhere}
http: {listen: "127.0.0.1:1"}
tap: {grpc: {tls: {cert: /c, key: /k}}, files: [{path: /a}]}
models: {m: {format: auto}}
)"));
  // A new entry of a map has all of its keys.
  const size_t models = std::erase_if(
      left, [](const std::string& key) { return key.starts_with("models."); });
  EXPECT_GT(models, 0u);
  EXPECT_THAT(left, testing::UnorderedElementsAre("storage.path", "http.listen",
                                                  "tap.grpc.tls", "tap.files"));
}

TEST(MaskedUrl, LeavesWhatIsNoSecret) {
  for (const char* url : {"http://host/v1", "https://host:1", "", "no url",
                          "http://host/v1?flag", "http://[::1]:80/a/b"})
    EXPECT_EQ(MaskedUrl(url, false), url);
  EXPECT_EQ(MaskedUrl("http://u:p@host:1/v1?key=s&b=t#f=u", false),
            "http://***@host:1/v1?key=***&b=***#f=***");
  EXPECT_EQ(MaskedUrl("https://hooks.example/services/T0/S?x=1", true),
            "https://hooks.example/***?x=***");
  EXPECT_EQ(MaskedUrl("https://host/", true), "https://host/");
  EXPECT_EQ(MaskedUrl("http://a@b@host?p=a=b", false), "http://***@host?p=***");
}

TEST(MaskedUrl, IsUsedWhereverTheConfigurationIsShown) {
  const std::string shown = PrintConfig(WithMaskedUrls(Parse(R"(
rescore: {endpoint: "http://u:SECRET@x/v1?k=SECRET", metrics_url: "http://x/?SECRET=1&t=SECRET",
          judge: {endpoint: "http://SECRET@x", model: m}}
webhook: {url: "http://x/SECRET", secret_file: /f}
)")));
  EXPECT_EQ(shown.find("SECRET@"), std::string::npos);
  EXPECT_EQ(shown.find("=SECRET"), std::string::npos);
  EXPECT_EQ(shown.find("/SECRET"), std::string::npos);
}

}  // namespace
}  // namespace reasonwatch
