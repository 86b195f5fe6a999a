// SPDX-License-Identifier: Apache-2.0
// The file of kept texts, which responses go into it, and that no secret does.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "daemon/evidence/evidence_desk.h"
#include "tests/daemon/evidence/secrets.h"

namespace reasonwatch {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1800000000);

class Folder {
 public:
  Folder() {
    std::string name = testing::TempDir() + "evidenceXXXXXX";
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file() const { return path_ + "/evidence.jsonl"; }
  // The bytes of all files.
  std::string Bytes() const {
    std::string all;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      std::ifstream in(entry.path(), std::ios::binary);
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }

 private:
  std::string path_;
};

EvidenceExample Example(const std::string& id, size_t bytes) {
  EvidenceExample example;
  example.id = id;
  example.reasoning = std::string(bytes, 'r');
  return example;
}

std::vector<std::string> IdsOf(const std::string& json,
                               const std::string& side = "") {
  std::vector<std::string> ids;
  const auto parsed = nlohmann::json::parse(json);
  for (const auto& e : parsed["examples"])
    if (side.empty() || e["side"] == side)
      ids.push_back(e["id"].get<std::string>());
  return ids;
}

TEST(EvidenceFile, KeepsItsModeAndReplacesAnIncident) {
  Folder folder;
  EvidenceFile file(folder.file(), 1 << 20, absl::Hours(1));
  EXPECT_TRUE(IdsOf(file.ExamplesJson("inc-1", kNow)).empty());
  ASSERT_TRUE(file.Put("inc-1", {Example("a", 10)}, kNow).ok());
  ASSERT_TRUE(file.Put("inc-2", {Example("b", 10)}, kNow).ok());
  ASSERT_TRUE(file.Put("inc-1", {Example("c", 10)}, kNow).ok());
  EXPECT_EQ(IdsOf(file.ExamplesJson("inc-1", kNow)),
            std::vector<std::string>{"c"});
  EXPECT_EQ(IdsOf(file.ExamplesJson("inc-2", kNow)),
            std::vector<std::string>{"b"});
  struct stat info = {};
  ASSERT_EQ(::stat(folder.file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  // Another one reads the same.
  EvidenceFile again(folder.file(), 1 << 20, absl::Hours(1));
  EXPECT_EQ(IdsOf(again.ExamplesJson("inc-2", kNow)),
            std::vector<std::string>{"b"});
}

TEST(EvidenceFile, IsNeverOverItsSizeAndLosesTheOldestFirst) {
  Folder folder;
  constexpr int64_t kMax = 20000;
  EvidenceFile file(folder.file(), kMax, absl::Hours(1));
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    const std::string id = absl::StrCat("inc-", i);
    ASSERT_TRUE(file.Put(id, {Example(id, 100 + random() % 4000)},
                         kNow + absl::Seconds(i))
                    .ok());
    ASSERT_LE(file.bytes(), kMax);
    EXPECT_EQ(IdsOf(file.ExamplesJson(id, kNow)).size(), 1u);
  }
  EXPECT_TRUE(IdsOf(file.ExamplesJson("inc-0", kNow)).empty());
  EXPECT_FALSE(file.Put("large", {Example("large", kMax)}, kNow).ok());
  EXPECT_LE(file.bytes(), kMax);
  EXPECT_EQ(IdsOf(file.ExamplesJson("inc-199", kNow)).size(), 1u);
}

TEST(EvidenceFile, RemovesFromTheDiskWhatIsOverItsTime) {
  Folder folder;
  EvidenceFile file(folder.file(), 1 << 20, absl::Hours(1));
  ASSERT_TRUE(file.Put("inc-1", {Example("first-one", 10)}, kNow).ok());
  ASSERT_TRUE(
      file.Put("inc-2", {Example("second-one", 10)}, kNow + absl::Minutes(30))
          .ok());
  const absl::Time later = kNow + absl::Minutes(61);
  // Not shown, even before it is removed.
  EXPECT_TRUE(IdsOf(file.ExamplesJson("inc-1", later)).empty());
  ASSERT_TRUE(file.Expire(later).ok());
  EXPECT_EQ(folder.Bytes().find("first-one"), std::string::npos);
  EXPECT_NE(folder.Bytes().find("second-one"), std::string::npos);
}

TEST(EvidenceFile, LosesOnlyTheLinesThatAreDamaged) {
  Folder folder;
  EvidenceFile file(folder.file(), 1 << 20, absl::Hours(1));
  ASSERT_TRUE(file.Put("inc-1", {Example("a", 10)}, kNow).ok());
  std::ofstream(folder.file(), std::ios::app)
      << "{\"incident\":3}\n\xff\xfe{[\n{\"incident\":\"x\",\"written\":1e400}";
  EXPECT_EQ(IdsOf(file.ExamplesJson("inc-1", kNow)).size(), 1u);
  ASSERT_TRUE(file.Put("inc-2", {Example("b", 10)}, kNow).ok());
  EXPECT_EQ(IdsOf(file.ExamplesJson("inc-1", kNow)).size(), 1u);
}

Incident Collapse() {
  Incident incident;
  incident.id = "inc-0123456789ab";
  incident.model = "m";
  incident.scope = Scope::kRoute;
  incident.route = "r";
  incident.onset_time = kNow;
  IncidentSignal& signal = incident.signals.emplace_back();
  signal.finding.channel = "length_collapse/output_tokens";
  return incident;
}

Response At(int second, const std::string& route = "r") {
  Response r;
  r.id = absl::StrCat("id", second, route);
  r.model = "m";
  r.route = route;
  r.time = kNow + absl::Seconds(second);
  r.reasoning = "because";
  r.content = "so";
  return r;
}

std::array<float, kFeatureCount> Length(float log_tokens) {
  std::array<float, kFeatureCount> readings;
  readings.fill(kNoReading);
  readings[static_cast<size_t>(Feature::kOutputTokens)] = log_tokens;
  return readings;
}

TEST(ExampleRings, ChooseTheStrongestSinceTheOnsetAndHealthyOnesBefore) {
  ExampleRings rings;
  for (int i = -2000; i < 0; ++i) rings.Keep(At(i), Length(9));
  for (int i = 0; i < 40; ++i) {
    rings.Keep(At(i), Length(i % 4 == 0 ? 1 : 8));
    rings.Keep(At(i, "other"), Length(0));  // not of its scope
  }
  const auto choice = rings.Choose(Collapse(), 5);
  ASSERT_EQ(choice.incident.size(), 5u);
  for (const auto& kept : choice.incident) {
    EXPECT_EQ(kept->response.route, "r");
    EXPECT_EQ(kept->readings[static_cast<size_t>(Feature::kOutputTokens)], 1);
  }
  ASSERT_EQ(choice.healthy.size(), 5u);
  for (const auto& kept : choice.healthy) EXPECT_LT(kept->response.time, kNow);
}

TEST(ExampleRings, KeepSomeFromBeforeASlowChange) {
  ExampleRings rings;
  for (int i = -3000; i < 600; ++i) rings.Keep(At(i), Length(9));
  EXPECT_EQ(rings.Choose(Collapse(), 5).healthy.size(), 5u);
}

TEST(ExampleRings, KeepNoHugeText) {
  ExampleRings rings;
  Response huge = At(1);
  huge.content = std::string(ExampleRings::kMaxBytes + 1, 'x');
  rings.Keep(std::move(huge), Length(1));
  EXPECT_TRUE(rings.Choose(Collapse(), 5).incident.empty());
}

EvidenceOptions OptionsIn(const Folder& folder) {
  EvidenceOptions options;
  options.path = folder.file();
  options.wants = [](const std::string& model) { return model == "m"; };
  options.policy_of = [](const std::string&) { return FormatPolicy(); };
  return options;
}

TEST(EvidenceDesk, WritesNoSecretInAnyForm) {
  Folder folder;
  std::vector<Secret> secrets = SecretMaker(7).All();
  std::set<std::string> forms;
  {
    auto desk = EvidenceDesk::Start(
        OptionsIn(folder), [] { return kNow; },
        [](const absl::Status& why) { ADD_FAILURE() << why; });
    ASSERT_TRUE(desk.ok()) << desk.status();
    int incidents = 0;
    // Each secret is in one part of a response: the prompt, the messages,
    // the reasoning, the answer, or a raw body.
    for (size_t first = 0; first < secrets.size(); first += 4) {
      for (size_t i = first; i < std::min(first + 4, secrets.size()); ++i) {
        const std::string& text = secrets[i].text;
        forms.insert(secrets[i].form);
        Response r = At(static_cast<int>(i) + 1);
        if (i % 5 == 0) r.prompt = "Use " + text + " now.";
        if (i % 5 == 1)
          r.messages_json =
              nlohmann::json({{{"role", "user"}, {"content", text}}})
                  .dump(-1, ' ', true,
                        nlohmann::json::error_handler_t::replace);
        if (i % 5 == 2) r.reasoning = "I was given " + text + ".";
        if (i % 5 == 3) r.content = "<think>so " + text + "</think>" + text;
        if (i % 5 == 4) {
          r.content.reset();
          r.reasoning.reset();
          r.body_type = BodyType::kJson;
          r.body =
              nlohmann::json({{"choices",
                               {{{"message",
                                  {{"content", text},
                                   {"reasoning_content", "as " + text}}}}}}})
                  .dump(-1, ' ', true,
                        nlohmann::json::error_handler_t::replace);
        }
        (*desk)->Keep(std::move(r), Length(static_cast<float>(i) / 1000));
      }
      Incident incident = Collapse();
      incident.onset_time = kNow + absl::Seconds(static_cast<int64_t>(first));
      incident.id = absl::StrCat("inc-", incidents++);
      (*desk)->Write(incident);
      // Few enough wait that none is dropped.
      const absl::Time limit = absl::Now() + absl::Seconds(60);
      while ((*desk)->Counts().texts.written < incidents && absl::Now() < limit)
        absl::SleepFor(absl::Milliseconds(1));
      ASSERT_EQ((*desk)->Counts().texts.written, incidents);
    }
    EXPECT_GE(incidents, 40);
  }
  EXPECT_GE(forms.size(), 200u);
  const std::string bytes = folder.Bytes();
  EXPECT_NE(bytes.find("I was given"), std::string::npos);
  EXPECT_NE(bytes.find("[email]"), std::string::npos);
  for (const Secret& secret : secrets)
    EXPECT_EQ(bytes.find(secret.canary), std::string::npos) << secret.form;
}

TEST(EvidenceDesk, CountsIncidentsThatMeetAFullQueue) {
  Folder folder;
  std::atomic<bool> held = true;
  EvidenceOptions options = OptionsIn(folder);
  options.policy_of = [&held](const std::string&) {
    while (held) absl::SleepFor(absl::Milliseconds(1));
    return FormatPolicy();
  };
  auto desk = EvidenceDesk::Start(
      options, [] { return kNow; }, [](const absl::Status&) {});
  ASSERT_TRUE(desk.ok());
  (*desk)->Keep(At(1), Length(1));
  constexpr int kSent = 100;
  for (int i = 0; i < kSent; ++i) {
    Incident incident = Collapse();
    incident.id = absl::StrCat("inc-", i);
    (*desk)->Write(incident);
  }
  const int64_t dropped = (*desk)->Counts().texts.dropped;
  EXPECT_GE(dropped,
            kSent - static_cast<int64_t>(EvidenceDesk::kMaxWaiting) - 1);
  held = false;
  const absl::Time limit = absl::Now() + absl::Seconds(60);
  while ((*desk)->Counts().texts.written + dropped < kSent &&
         absl::Now() < limit)
    absl::SleepFor(absl::Milliseconds(1));
  EXPECT_EQ((*desk)->Counts().texts.written + dropped, kSent);
}

TEST(EvidenceDesk, KnowsNothingOfAModelThatSentNothing) {
  Folder folder;
  auto desk = EvidenceDesk::Start(
      OptionsIn(folder), [] { return kNow; }, [](const absl::Status&) {});
  ASSERT_TRUE(desk.ok());
  EXPECT_FALSE((*desk)->Wants("other"));
  (*desk)->Write(Collapse());
  EXPECT_EQ((*desk)->ExamplesJson("inc-0123456789ab"), R"({"examples":[]})");
}

}  // namespace
}  // namespace reasonwatch
