// SPDX-License-Identifier: Apache-2.0
// The health of a model, over incidents drawn at random.
#include "daemon/api/model_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace reasonwatch {
namespace {

using testing::HasSubstr;
using testing::Not;

Incident Draw(std::mt19937& draw) {
  Incident i;
  i.id = absl::StrCat("inc-", draw());
  i.model = draw() % 2 == 0 ? "a/b" : "c";
  i.confirmation = static_cast<Confirmation>(draw() % 4);
  i.opened = absl::FromUnixSeconds(1700000000 + draw() % 1000);
  if (draw() % 4 == 0) i.closed = i.opened + absl::Hours(1);
  i.scope = draw() % 2 == 0 ? Scope::kReplica : Scope::kModel;
  if (i.scope == Scope::kReplica) i.replica = absl::StrCat("r", draw() % 3);
  IncidentSignal s;
  s.signal = static_cast<Signal>(draw() % 3);
  i.signals.push_back(s);
  if (draw() % 2 == 0) i.causes.push_back({"replica_fault", 1, ""});
  if (draw() % 2 == 0) {
    i.verdict.emplace();
    i.verdict->differences.push_back(
        {absl::StrCat("replica/r", draw() % 3), draw() % 2 == 0 ? -.8 : .3, 0,
         0, 16, draw() % 2 == 0 ? "replica_fault" : "", ""});
  }
  return i;
}

TEST(ModelHealth, IsThatOfTheGravestOpenIncident) {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    std::mt19937 draw(seed);
    std::vector<Incident> open(draw() % 4);
    for (Incident& i : open) i = Draw(draw);
    int worst = 0;
    bool any = false;  // one that was not reproduced is named too
    for (const Incident& i : open) {
      if (i.model != "a/b" || !i.open()) continue;
      any = true;
      if (i.confirmation == Confirmation::kConfirmed) worst = 2;
      if (i.confirmation == Confirmation::kPending ||
          i.confirmation == Confirmation::kUnavailable)
        worst = std::max(worst, 1);
    }
    const HealthAnswer plain = AnswerHealth(open, {"a/b", "", ""});
    EXPECT_EQ(plain.status, 200);
    const char* names[] = {"ok", "suspect", "confirmed"};
    EXPECT_THAT(plain.json,
                HasSubstr(absl::StrCat("\"health\":\"", names[worst], "\"")));
    EXPECT_EQ(AnswerHealth(open, {"a/b", "", "suspect"}).status,
              worst >= 1 ? 503 : 200);
    EXPECT_EQ(AnswerHealth(open, {"a/b", "", "confirmed"}).status,
              worst == 2 ? 503 : 200);
    EXPECT_EQ(plain.json.find("\"incident\"") != std::string::npos, any);
  }
}

TEST(ModelHealth, OnlyTheReplicaAtFaultIsEjected) {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    std::mt19937 draw(seed);
    const Incident incident = Draw(draw);
    const std::string faulty = FaultyReplica(incident);
    int ejected = 0;
    for (const char* name : {"r0", "r1", "r2"})
      ejected += AnswerHealth(std::vector<Incident>{incident},
                              {incident.model, name, "replica"})
                     .status == 503;
    EXPECT_EQ(ejected, faulty.empty() || !incident.open() ? 0 : 1) << seed;
    if (incident.confirmation != Confirmation::kConfirmed) {
      EXPECT_EQ(faulty, "");
    }
  }
}

TEST(ModelHealth, AReplicaThatDoesBetterIsNotTheOneAtFault) {
  Incident i;
  i.model = "m";
  i.confirmation = Confirmation::kConfirmed;
  i.verdict.emplace();
  i.verdict->differences = {
      {"replica/good", .7, .4, .9, 16, "replica_fault", ""}};
  EXPECT_EQ(FaultyReplica(i), "");
  i.verdict->differences[0].value = -.7;
  EXPECT_EQ(FaultyReplica(i), "good");
}

TEST(ModelHealth, ReplicasAreTakenApart) {
  Incident i;
  i.id = "inc-1";
  i.model = "m";
  i.scope = Scope::kReplica;
  i.replica = "r1";
  i.confirmation = Confirmation::kPending;
  const std::vector<Incident> open = {i};
  EXPECT_THAT(AnswerHealth(open, {"m", "r1", ""}).json, HasSubstr("suspect"));
  EXPECT_THAT(AnswerHealth(open, {"m", "r2", ""}).json,
              Not(HasSubstr("suspect")));
}

TEST(ModelHealth, QuestionsThatMakeNoSenseAreRefused) {
  EXPECT_EQ(AnswerHealth(std::vector<Incident>(), {"m", "", "bad"}).status,
            400);
  EXPECT_EQ(AnswerHealth(std::vector<Incident>(), {"m", "", "replica"}).status,
            400);
}

TEST(ModelHealth, IncidentsThatCannotBeReadCastDoubt) {
  const absl::Status broken = absl::UnavailableError("disk");
  EXPECT_THAT(AnswerHealth(broken, {"m", "", ""}).json, HasSubstr("suspect"));
  EXPECT_EQ(AnswerHealth(broken, {"m", "", "suspect"}).status, 503);
  EXPECT_EQ(AnswerHealth(broken, {"m", "", "confirmed"}).status, 200);
  // Names may hold any byte.
  EXPECT_THAT(AnswerHealth(broken, {"\xff", "", ""}).json, HasSubstr("health"));
}

}  // namespace
}  // namespace reasonwatch
