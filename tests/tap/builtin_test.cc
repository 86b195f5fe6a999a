// SPDX-License-Identifier: Apache-2.0
#include "tap/builtin.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/fake_sink.h"

namespace reasonwatch {
namespace {

std::vector<std::string>* events = nullptr;  // of the made-up taps

// Notes each call; `listen` names it, and "bad" fails to start.
class FakeTap : public Tap {
 public:
  FakeTap(std::string name, TapContext context)
      : name_(std::move(name)), context_(std::move(context)) {}
  absl::Status Start() override {
    events->push_back("start " + name_);
    if (name_ == "bad") return absl::UnavailableError("bad");
    if (context_.on_duration) context_.on_duration(absl::Seconds(1));
    return absl::OkStatus();
  }
  void Stop(absl::Duration) override { events->push_back("stop " + name_); }
  TapCounters Counters() const override { return {}; }
  TapEndpoints Endpoints() const override { return {}; }

 private:
  const std::string name_;
  const TapContext context_;
};

std::unique_ptr<Tap> MakeListen(const TapOptions& options, TapContext context) {
  return std::make_unique<FakeTap>(options.grpc.listen, std::move(context));
}
std::unique_ptr<Tap> MakeSocket(const TapOptions& options, TapContext context) {
  if (options.grpc.unix_socket.empty()) return nullptr;
  return std::make_unique<FakeTap>(options.grpc.unix_socket,
                                   std::move(context));
}
constexpr TapFactory kList[] = {{"first", &MakeListen},
                                {"second", &MakeSocket}};

class TapsTest : public testing::Test {
 protected:
  void SetUp() override { events = &events_; }
  void TearDown() override { events = nullptr; }

  std::vector<std::string> events_;
  FakeSink sink_;
  TapOptions options_;
};

TEST_F(TapsTest, StartsThoseThatTheOptionsSwitchOnInOrder) {
  options_.grpc.listen = "a";
  {
    const auto taps = Taps::Start(kList, options_, sink_, {});
    ASSERT_TRUE(taps.ok()) << taps.status();
    ASSERT_EQ((*taps)->running().size(), 1u);
    EXPECT_EQ((*taps)->running()[0].source, "first");
  }
  options_.grpc.unix_socket = "b";
  const auto taps = Taps::Start(kList, options_, sink_, {});
  ASSERT_TRUE(taps.ok()) << taps.status();
  EXPECT_EQ(events_, (std::vector<std::string>{"start a", "stop a", "start a",
                                               "start b"}));
}

TEST_F(TapsTest, StopsTheOthersIfOneFails) {
  options_.grpc.listen = "a";
  options_.grpc.unix_socket = "bad";
  const auto taps = Taps::Start(kList, options_, sink_, {});
  EXPECT_TRUE(absl::IsUnavailable(taps.status())) << taps.status();
  EXPECT_EQ(events_,
            (std::vector<std::string>{"start a", "start bad", "stop a"}));
}

TEST_F(TapsTest, ObservesDurationsByTheirSource) {
  options_.grpc.listen = "a";
  options_.grpc.unix_socket = "b";
  std::vector<std::string> observed;
  const auto taps = Taps::Start(kList, options_, sink_,
                                [&](std::string_view source, absl::Duration d) {
                                  EXPECT_EQ(d, absl::Seconds(1));
                                  observed.emplace_back(source);
                                });
  ASSERT_TRUE(taps.ok()) << taps.status();
  EXPECT_EQ(observed, (std::vector<std::string>{"first", "second"}));
}

TEST(BuiltinTaps, HaveNamesOfTheirOwnAndCanBeSwitchedOff) {
  FakeSink sink;
  TapOptions off;
  off.grpc.listen = "";
  off.http.on = false;
  std::set<std::string_view> sources;
  for (const TapFactory& factory : BuiltinTaps()) {
    EXPECT_TRUE(sources.insert(factory.source).second) << factory.source;
    EXPECT_EQ(factory.make(off, {sink, {}}), nullptr) << factory.source;
  }
  for (const char* name : {"grpc", "ext_proc", "otlp", "agento11y"})
    EXPECT_TRUE(sources.contains(name)) << name;
}

TEST(BuiltinTaps, ListenByDefaultSettings) {
  FakeSink sink;
  TapOptions options;
  options.grpc.listen = "127.0.0.1:0";
  const auto taps = Taps::Start(BuiltinTaps(), options, sink, {});
  ASSERT_TRUE(taps.ok()) << taps.status();
  std::vector<std::string_view> sources;
  TapEndpoints endpoints;
  int ports = 0;
  for (const Taps::Running& running : (*taps)->running()) {
    sources.push_back(running.source);
    for (auto& endpoint : running.tap->Endpoints())
      endpoints.push_back(std::move(endpoint));
    ports += running.tap->Ingest() != nullptr;
  }
  EXPECT_EQ(sources, (std::vector<std::string_view>{"ext_proc", "agento11y",
                                                    "grpc", "http"}));
  EXPECT_EQ(ports, 1);
  ASSERT_EQ(endpoints.size(), 2u);
  EXPECT_EQ(endpoints[0].first, "tap_port");
  EXPECT_NE(endpoints[0].second, "0");
  (*taps)->Stop(absl::Seconds(5));
}

}  // namespace
}  // namespace reasonwatch
