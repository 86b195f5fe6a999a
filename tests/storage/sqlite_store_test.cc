// SPDX-License-Identifier: Apache-2.0
// The store: every field returns as it was written, one process writes, a full
// queue or disk refuses and counts, retention removes the oldest.
//
// In order: fields, access to the folder, refusals, removal, threads.
#include "storage/sqlite_store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/fakes/fake_clock.h"
#include "tests/storage/store_test_util.h"

namespace reasonwatch {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Every field, so that two descriptions are equal only if the values are.
std::string Describe(const std::vector<Cause>& causes) {
  std::string s;
  for (const Cause& c : causes)
    s += absl::StrFormat("{%s %a %s}", c.cause, c.weight, c.evidence);
  return s;
}

std::string Describe(const Finding& f) {
  std::string s = absl::StrFormat(
      "event %d signal %d scope %d [%s|%s|%s|%s] %d %a %a %d%d%d [%s] %d %d "
      "effect %a %a %a %s share %a [%s] %a ",
      static_cast<int>(f.event), static_cast<int>(f.signal),
      static_cast<int>(f.scope), f.model, f.route, f.replica, f.response_id,
      absl::ToUnixNanos(f.time), f.statistic, f.threshold, f.passed_critical,
      f.provisional, f.low_coverage, f.onset_id,
      absl::ToUnixNanos(f.onset_time), f.responses_since_onset, f.effect.value,
      f.effect.low, f.effect.high, f.effect.unit, f.affected_share, f.channel,
      f.channel_share);
  for (const auto& [channel, share] : f.channels)
    s += absl::StrFormat("(%s %a)", channel, share);
  for (const std::string& stratum : f.strata) s += "<" + stratum + ">";
  for (const FamilyCount& c : f.families)
    s += absl::StrFormat("family %s %d %d,", c.family, c.failing, c.asked);
  for (const FailingProblem& p : f.failing)
    s += absl::StrFormat("problem %x %s %s %d %d %d %d,", p.problem, p.id,
                         p.family, p.passed_before, p.trials_before,
                         p.passed_now, p.trials_now);
  return s + Describe(f.hints);
}

std::string Describe(const Verdict& v) {
  std::string s = absl::StrFormat(
      "verdict %d [%s] %x [%s] %d %a %d %d %a %a %a %a %a %a %d %a [%s|%s] %d "
      "%d %d %d\n",
      static_cast<int>(v.kind), v.model, v.problem, v.reason,
      static_cast<int>(v.reward), v.bayes_factor, v.samples, v.failures,
      v.pass_rate, v.baseline_pass_rate, v.group_mean, v.group_deviation,
      v.advantage.value_or(-99), v.statistic, absl::ToUnixNanos(v.time),
      v.fingerprint_p, v.template_hash, v.healthy_template_hash, v.judged.rated,
      v.judged.low, v.healthy_judged.rated, v.healthy_judged.low);
  for (const Difference& d : v.differences)
    s += absl::StrFormat("  %s %a %a %a %d [%s]\n", d.name, d.value, d.low,
                         d.high, d.pairs, d.cause);
  return s;
}

std::string Describe(const Incident& i) {
  std::string s = absl::StrFormat(
      "%s [%s|%s|%s] %d %d %d open %d: %d %d %d [%s] [%s] %d\n", i.id, i.model,
      i.route, i.replica, static_cast<int>(i.scope),
      static_cast<int>(i.severity), static_cast<int>(i.confirmation), i.open(),
      absl::ToUnixNanos(i.opened), absl::ToUnixNanos(i.updated),
      absl::ToUnixNanos(i.closed), i.close_reason, i.onset_id,
      absl::ToUnixNanos(i.onset_time));
  for (const IncidentSignal& signal : i.signals)
    s += absl::StrFormat("  %d %d %s\n", static_cast<int>(signal.signal),
                         signal.open, Describe(signal.finding));
  if (i.verdict.has_value()) s += Describe(*i.verdict);
  return s + Describe(i.causes);
}

std::string Describe(const RescoreJob& j) {
  std::string s = absl::StrFormat(
      "%s [%s|%s] %x %d %d %d %d [%s] [%s]\n", j.id, j.incident, j.model,
      j.problem, static_cast<int>(j.trigger), absl::ToUnixNanos(j.created),
      absl::ToUnixNanos(j.finished), j.limit, j.result, j.reason);
  for (const RescoreSample& sample : j.samples)
    s += absl::StrFormat("  %d [%s] %d %d%d%d%d %d\n", sample.index, sample.way,
                         absl::ToUnixNanos(sample.time), sample.rewards[0],
                         sample.rewards[1], sample.rewards[2],
                         sample.rewards[3], sample.tokens);
  return s;
}

Incident FullIncident() {
  Incident i;
  i.id = "inc-0123456789ab";
  i.model = "model/ü";
  i.route = "chat";
  i.replica = "r'1";
  i.scope = Scope::kReplica;
  i.severity = Severity::kCritical;
  i.confirmation = Confirmation::kNotReproduced;
  i.opened = absl::FromUnixNanos(1700000000123456789);
  i.updated = i.opened + absl::Seconds(5);
  i.closed = i.opened + absl::Hours(3);
  i.close_reason = "recovered";
  i.onset_id = "resp-17";
  i.onset_time = i.opened - absl::Minutes(9);
  for (int n = 0; n < kSignalCount; ++n) {
    IncidentSignal& s = i.signals.emplace_back();
    s.signal = static_cast<Signal>(kSignalCount - 1 - n);
    s.open = n % 2 == 0;
    Finding& f = s.finding;
    f.event = static_cast<FindingEvent>(n % 3);
    f.signal = s.signal;
    f.scope = static_cast<Scope>(n % 3);
    f.model = "model/ü";
    f.route = std::string("with\0zero", 9);
    f.replica = "r2";
    f.response_id = absl::StrFormat("resp-%d", n);
    f.time = i.opened + absl::Nanoseconds(n);
    f.statistic = 1e300 * (n + 1);
    f.threshold = 0.1 + n;
    f.passed_critical = n == 0;
    f.provisional = n == 1;
    f.low_coverage = n == 2;
    f.onset_id = "onset";
    f.onset_time = absl::InfinitePast();
    f.responses_since_onset = int64_t{1} << 40;
    f.effect = {0.7, kNan, kNan, "ratio"};
    f.affected_share = 0.25;
    f.channel = "output_tokens";
    f.channel_share = 1.0 / 3;
    // The order counts, and a name may come twice.
    f.channels = {{"z", 0.5}, {"a", 0.25}, {"z", std::nextafter(0.25, 1)}};
    f.strata = {"thinking=on", "", "task=code"};
    f.families = {{"algebra", 7, 5}, {"", 3, 0}};
    f.failing = {{~uint64_t{0}, "p/1", "algebra", 4, 3, 2, 1}, {5, "", "", 1}};
    f.hints = {{"version_change", 2.5, "fingerprint a -> b"}, {"", kNan, ""}};
  }
  i.causes = {{"version_change", 0.75, "new\nfingerprint"},
              {"unknown", 0.25, ""}};
  Verdict& v = i.verdict.emplace();
  v.kind = VerdictKind::kNotReproduced;
  v.incident = i.id;
  v.model = i.model;
  v.problem = ~uint64_t{0};
  v.reason = "cap";
  v.reward = Reward::kNotShort;
  v.bayes_factor = .25;
  v.samples = 12;
  v.failures = 3;
  v.pass_rate = .75;
  v.baseline_pass_rate = kNan;
  v.group_mean = .5;
  v.group_deviation = .5;
  v.advantage = -1;
  v.statistic = 1e300;
  v.time = absl::FromUnixNanos(123);
  v.fingerprint_p = .0005;
  v.template_hash = "b";
  v.healthy_template_hash = "a";
  v.judged = {32, 9};
  v.healthy_judged = {64, 2};
  v.differences = {{"fresh_cache", .5, .25, kNan, 32, "cache_or_batching"},
                   {"again", 0, -1, 1, 0, ""}};
  return i;
}

Incident MakeIncident(int number, absl::Time opened, absl::Time closed) {
  Incident i = FullIncident();
  i.id = absl::StrFormat("inc-%012x", number);
  i.opened = opened;
  i.closed = closed;
  return i;
}

TEST(SqliteStore, ReturnsEveryFieldOfAReScoreJob) {
  TempFolder folder;
  RescoreJob full;
  full.id = "rw-0123456789ab";
  full.incident = "inc-1";
  full.model = "model/ü";
  full.problem = ~uint64_t{0} - 1;
  full.trigger = RescoreTrigger::kNear;
  // Retention takes older ones.
  full.created = absl::Now();
  full.finished = full.created + absl::Seconds(1);
  full.limit = 3;
  full.result = "confirmed";
  full.reason = "cap";
  full.samples = {{0, "", absl::FromUnixNanos(5), {1, 0, -1, 1}, 220},
                  {1, "", absl::FromUnixNanos(6), {0, 0, 0, 0}, 1},
                  {0, "again", absl::FromUnixNanos(7), {-1, 1, 1, -1}, 0}};
  RescoreJob waiting;
  waiting.id = "rw-1";
  waiting.created = absl::FromUnixNanos(16);
  {
    auto store = OpenOrDie(InFolder(folder));
    RescoreJob earlier = full;
    earlier.finished = absl::InfiniteFuture();
    earlier.samples.resize(2);
    ASSERT_TRUE(store->PutRescoreJob(earlier).ok());
    ASSERT_TRUE(store->PutRescoreJob(waiting).ok());
    ASSERT_TRUE(store->PutRescoreJob(full).ok());
    EXPECT_FALSE(store->PutRescoreJob(RescoreJob()).ok());
  }
  auto store = OpenOrDie(InFolder(folder));
  const auto all = store->LoadRescoreJobs(absl::InfinitePast());
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ(Describe((*all)[0]), Describe(waiting));
  EXPECT_EQ((*all)[1].samples.size(), 3u);
  EXPECT_EQ(Describe((*all)[1]), Describe(full));
  const auto unfinished = store->LoadRescoreJobs(absl::InfiniteFuture());
  ASSERT_EQ(unfinished->size(), 1u);
  EXPECT_EQ(unfinished->front().id, "rw-1");
}

TEST(SqliteStore, ReturnsEveryFieldOfAnIncident) {
  TempFolder folder;
  const Incident full = FullIncident();
  Incident plain;
  plain.id = "inc-plain";
  Incident infinite = full;
  infinite.id = "inc-infinite";
  infinite.opened = absl::InfiniteFuture();
  infinite.signals[0].finding.statistic =
      std::numeric_limits<double>::infinity();
  FakeClock clock(full.closed);
  SqliteStoreOptions options = InFolder(folder);
  options.clock = &clock;
  {
    auto store = OpenOrDie(options);
    for (const Incident& i : {full, plain, infinite})
      ASSERT_TRUE(store->PutIncidents({i}, {}).ok());
  }
  auto store = OpenOrDie(options);
  for (const Incident& i : {full, plain, infinite}) {
    const auto read = store->LoadIncident(i.id);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(Describe(*read), Describe(i));
  }
  EXPECT_TRUE(absl::IsNotFound(store->LoadIncident("inc-none").status()));
}

TEST(SqliteStore, AnIncidentReplacesTheOneOfItsId) {
  TempFolder folder;
  auto store = OpenOrDie(InFolder(folder));
  Incident i = FullIncident();
  ASSERT_TRUE(store->PutIncidents({i}, {}).ok());
  i.signals.resize(1);
  i.signals[0].finding.channels.clear();
  i.causes.pop_back();
  ASSERT_TRUE(store->PutIncidents({i}, {}).ok());
  ASSERT_TRUE(store->Flush(absl::Seconds(10)).ok());
  const auto all = store->LoadIncidents(false, 0);
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ(Describe(all->front()), Describe(i));
}

TEST(SqliteStore, LoadsNewestFirstAndOnlyOpenOnesWhenAsked) {
  TempFolder folder;
  auto store = OpenOrDie(InFolder(folder));
  const absl::Time start = absl::Now();
  for (int n = 0; n < 10; ++n)
    ASSERT_TRUE(
        store
            ->PutIncidents({MakeIncident(n, start + absl::Seconds(n),
                                         n % 2 ? absl::InfiniteFuture()
                                               : start + absl::Seconds(n + 1))},
                           {})
            .ok());
  ASSERT_TRUE(store->Flush(absl::Seconds(10)).ok());
  const auto all = store->LoadIncidents(false, 0);
  ASSERT_EQ(all->size(), 10u);
  EXPECT_EQ(all->front().id, "inc-000000000009");
  EXPECT_EQ(all->back().id, "inc-000000000000");
  EXPECT_EQ(store->LoadIncidents(false, 3)->size(), 3u);
  const auto open = store->LoadIncidents(true, 2);
  ASSERT_EQ(open->size(), 2u);
  EXPECT_EQ((*open)[1].id, "inc-000000000007");
}

TEST(SqliteStore, ReturnsStateProblemsAndFacts) {
  TempFolder folder;
  std::string bytes(300000, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i);
  {
    auto store = OpenOrDie(InFolder(folder));
    ASSERT_TRUE(store
                    ->PutState({{"watch", "m", 2, bytes},
                                {"reference_rows/3", "m", 1, ""}})
                    .ok());
    ASSERT_TRUE(store->PutState({{"watch", "n", 7, "n"}}).ok());
    ASSERT_TRUE(store
                    ->PutProblems({{"m", 0xfedcba9876543210, "p",
                                    AnswerKind::kMath, "\\frac{1}{2}", 4, 1},
                                   {"m", 1, "", AnswerKind::kText, "", 0, 0}})
                    .ok());
    ASSERT_TRUE(
        store->PutProblems({{"m", 1, "q", AnswerKind::kChoice, "B", 9, 3}})
            .ok());
    ASSERT_TRUE(store->PutFact("name", "value").ok());
    ASSERT_TRUE(store->PutFact("name", "value 2").ok());
  }
  auto store = OpenOrDie(InFolder(folder));
  const auto state = store->LoadState();
  ASSERT_TRUE(state.ok()) << state.status();
  ASSERT_EQ(state->size(), 3u);
  EXPECT_EQ((*state)[0].kind, "reference_rows/3");
  EXPECT_EQ((*state)[0].bytes, "");
  EXPECT_EQ((*state)[1].version, 2);
  EXPECT_EQ((*state)[1].bytes, bytes);
  EXPECT_EQ((*state)[2].key, "n");
  const auto problems = ProblemsOf(InFolder(folder), "");
  ASSERT_TRUE(problems.ok()) << problems.status();
  ASSERT_EQ(problems->size(), 2u);
  const BaselineProblem& high = (*problems)[0];  // negative as int64
  EXPECT_EQ(high.digest, 0xfedcba9876543210);
  EXPECT_EQ(high.answer_kind, AnswerKind::kMath);
  EXPECT_EQ(high.gold, "\\frac{1}{2}");
  EXPECT_EQ(high.trials, 4);
  EXPECT_EQ(high.failures, 1);
  EXPECT_EQ((*problems)[1].id, "q");
  const auto gold = store->LoadGold("m", {1, 7, 0xfedcba9876543210});
  ASSERT_TRUE(gold.ok()) << gold.status();
  EXPECT_EQ(*gold, (std::vector<std::string>{"B", "", "\\frac{1}{2}"}));
  EXPECT_EQ(store->LoadGold("n", {1})->at(0), "");
  EXPECT_EQ(store->LoadFact("name").value(), "value 2");
  EXPECT_TRUE(absl::IsNotFound(store->LoadFact("other").status()));
}

TEST(SqliteStore, HoldsItsFolderAlone) {
  TempFolder folder;
  auto store = OpenOrDie(InFolder(folder));
  const auto second = OpenSqliteStore(InFolder(folder));
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status())) << second.status();
  store.reset();
  EXPECT_TRUE(OpenSqliteStore(InFolder(folder)).ok());
}

TEST(SqliteStore, LetsCommandsReadBesideTheDaemon) {
  TempFolder folder;
  SqliteStoreOptions reading = InFolder(folder);
  reading.read_only = true;
  EXPECT_TRUE(absl::IsNotFound(OpenSqliteStore(reading).status()));
  auto store = OpenOrDie(InFolder(folder));
  ASSERT_TRUE(store->PutIncidents({FullIncident()}, {}).ok());
  ASSERT_TRUE(store->Flush(absl::Seconds(10)).ok());
  auto reader = OpenOrDie(reading);
  EXPECT_EQ(reader->LoadIncidents(false, 0)->size(), 1u);
  EXPECT_TRUE(
      absl::IsFailedPrecondition(reader->PutIncidents({FullIncident()}, {})));
}

TEST(SqliteStore, KeepsOthersOutOfItsFiles) {
  TempFolder folder;
  SqliteStoreOptions options = InFolder(folder);
  options.folder += "/made/here";
  auto store = OpenOrDie(options);
  for (const char* name : {"", "/reasonwatch.db", "/reasonwatch.db-wal"}) {
    struct stat s = {};
    ASSERT_EQ(stat((options.folder + name).c_str(), &s), 0) << name;
    EXPECT_EQ(s.st_mode & 077u, 0u) << name;
  }
}

TEST(SqliteStore, SaysWhyTheFolderCannotBeMade) {
  const auto store = OpenSqliteStore({.folder = "/dev/null/x"});
  EXPECT_FALSE(store.ok());
  EXPECT_NE(store.status().message().find("/dev/null"),
            absl::string_view::npos);
  EXPECT_TRUE(absl::IsInvalidArgument(OpenSqliteStore({}).status()));
}

TEST(SqliteStore, RefusesAndCountsWhatAFullQueueCannotTake) {
  TempFolder folder;
  SqliteStoreOptions options = InFolder(folder);
  options.max_queued_records = 5;
  options.max_queued_bytes = 100000;
  auto store = OpenOrDie(options);
  EXPECT_TRUE(absl::IsResourceExhausted(
      store->PutState({{"watch", "m", 1, std::string(100000, 'x')}})));
  EXPECT_EQ(store->Statistics().dropped, 1);

  // The writer waits while somebody else writes.
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(folder.database().c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr),
            SQLITE_OK);
  int taken = 0;
  absl::Status status;
  while (status.ok() && taken < 100) {
    status = store->PutFact(absl::StrFormat("fact-%d", taken), "x");
    if (status.ok()) ++taken;
  }
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  // The batch of the writer, and the queue.
  EXPECT_LE(taken, 2 * options.max_queued_records);
  EXPECT_GE(taken, options.max_queued_records);
  EXPECT_EQ(store->Statistics().dropped, 2);
  EXPECT_EQ(store->Statistics().queued, taken);
  EXPECT_TRUE(absl::IsDeadlineExceeded(store->Flush(absl::Milliseconds(50))));
  ASSERT_EQ(sqlite3_exec(db, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  EXPECT_TRUE(store->Flush(absl::Seconds(20)).ok());
  EXPECT_EQ(store->Statistics().writes, taken);
  EXPECT_EQ(store->Statistics().queued, 0);
  EXPECT_TRUE(store->LoadFact(absl::StrFormat("fact-%d", taken - 1)).ok());
}

TEST(SqliteStore, AFailedWriteIsCountedToldByFlushAndCostsNoOther) {
  TempFolder folder;
  auto store = OpenOrDie(InFolder(folder));
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(folder.database().c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db,
                         "CREATE TRIGGER refuse BEFORE INSERT ON facts "
                         "WHEN NEW.name = 'bad' BEGIN "
                         "SELECT RAISE(ABORT, 'refused'); END",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(db);
  for (const char* name : {"a", "b", "bad", "c"})
    ASSERT_TRUE(store->PutFact(name, "x").ok());
  EXPECT_FALSE(store->Flush(absl::Seconds(10)).ok());
  EXPECT_TRUE(store->Flush(absl::Seconds(10)).ok());
  EXPECT_GE(store->Statistics().errors, 1);
  EXPECT_EQ(store->Statistics().writes, 3);
  for (const char* name : {"a", "b", "c"})
    EXPECT_TRUE(store->LoadFact(name).ok()) << name;
}

TEST(SqliteStore, RemovesTheOldestClosedIncidentsAtTheDiskCap) {
  TempFolder folder;
  SqliteStoreOptions options = InFolder(folder);
  options.max_bytes = 2 << 20;
  auto store = OpenOrDie(options);
  const absl::Time start = absl::Now();
  Incident open =
      MakeIncident(0, start - absl::Hours(9), absl::InfiniteFuture());
  ASSERT_TRUE(store->PutIncidents({open}, {}).ok());
  for (int n = 1; n <= 2000; ++n) {
    const absl::Time t = start + absl::Seconds(n);
    ASSERT_TRUE(store->PutIncidents({MakeIncident(n, t, t)}, {}).ok());
    if (n % 50 == 0) {
      ASSERT_TRUE(store->Flush(absl::Seconds(20)).ok());
    }
  }
  ASSERT_TRUE(store->Flush(absl::Seconds(20)).ok());
  store.reset();  // the writer's last look at the size
  store = OpenOrDie(options);
  const StoreStatistics s = store->Statistics();
  EXPECT_LE(s.database_bytes, options.max_bytes);
  const auto kept = store->LoadIncidents(false, 0);
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_GT(kept->size(), 50u);
  EXPECT_LT(kept->size(), 2000u);
  EXPECT_EQ(kept->front().id, absl::StrFormat("inc-%012x", 2000));
  EXPECT_EQ(kept->back().id, open.id);
  EXPECT_EQ((*kept)[kept->size() - 2].id,
            absl::StrFormat("inc-%012x", 2002 - kept->size()));
}

TEST(SqliteStore, RemovesOldReRunsBeforeIncidentsAtTheDiskCap) {
  TempFolder folder;
  SqliteStoreOptions options = InFolder(folder);
  options.max_bytes = 1 << 20;
  auto store = OpenOrDie(options);
  const absl::Time now = absl::Now();
  for (int n = 0; n < 20; ++n)
    ASSERT_TRUE(
        store->PutIncidents({MakeIncident(n, now, now + absl::Seconds(n))}, {})
            .ok());
  for (int n = 0; n < 400; ++n) {
    RescoreJob job;
    job.id = absl::StrFormat("rw-%012x", n);
    job.model = "m";
    // The last twenty are of today.
    job.created = job.finished = now - absl::Hours(n < 380 ? 1000 - n : 1);
    job.result = "undecided";
    job.samples.resize(100);
    for (int i = 0; i < 100; ++i) job.samples[static_cast<size_t>(i)].index = i;
    ASSERT_TRUE(store->PutRescoreJob(job).ok());
    if (n % 50 == 49) {
      ASSERT_TRUE(store->Flush(absl::Seconds(20)).ok());
    }
  }
  ASSERT_TRUE(store->Flush(absl::Seconds(20)).ok());
  store.reset();  // the writer's last look at the size
  store = OpenOrDie(options);
  EXPECT_LE(store->Statistics().database_bytes, options.max_bytes);
  EXPECT_EQ(store->LoadIncidents(false, 0)->size(), 20u);
  const auto jobs = store->LoadRescoreJobs(absl::InfinitePast());
  ASSERT_TRUE(jobs.ok()) << jobs.status();
  EXPECT_GE(jobs->size(), 20u);
  EXPECT_LT(jobs->size(), 400u);
  EXPECT_EQ(jobs->back().id, absl::StrFormat("rw-%012x", 399));
}

TEST(SqliteStore, OverTheCapItRefusesIncidentsAndTakesState) {
  TempFolder folder;
  SqliteStoreOptions options = InFolder(folder);
  options.max_bytes = 1 << 20;
  auto store = OpenOrDie(options);
  ASSERT_TRUE(
      store->PutState({{"watch", "m", 1, std::string(3 << 20, 'x')}}).ok());
  ASSERT_TRUE(store->Flush(absl::Seconds(20)).ok());
  // The size is looked at after the flush; the second flush comes after that.
  ASSERT_TRUE(store->PutFact("a", "b").ok());
  ASSERT_TRUE(store->Flush(absl::Seconds(20)).ok());
  EXPECT_TRUE(
      absl::IsResourceExhausted(store->PutIncidents({FullIncident()}, {})));
  EXPECT_TRUE(absl::IsResourceExhausted(
      store->PutProblems({{"m", 1, "p", AnswerKind::kText, "", 0, 0}})));
  EXPECT_EQ(store->Statistics().dropped, 2);
  // Smaller state makes room again.
  ASSERT_TRUE(store->PutState({{"watch", "m", 1, "small"}}).ok());
  ASSERT_TRUE(store->Flush(absl::Seconds(20)).ok());
  ASSERT_TRUE(store->PutFact("a", "c").ok());
  ASSERT_TRUE(store->Flush(absl::Seconds(20)).ok());
  EXPECT_TRUE(store->PutIncidents({FullIncident()}, {}).ok());
  ASSERT_TRUE(store->Flush(absl::Seconds(20)).ok());
  EXPECT_LE(store->Statistics().database_bytes, options.max_bytes);
}

TEST(SqliteStore, RemovesClosedIncidentsAfterTheirRetention) {
  TempFolder folder;
  FakeClock clock(absl::FromUnixSeconds(1700000000));
  SqliteStoreOptions options = InFolder(folder);
  options.retention = absl::Hours(24);
  options.housekeeping_interval = absl::Milliseconds(20);
  options.clock = &clock;
  auto store = OpenOrDie(options);
  const absl::Time now = clock.Now();
  ASSERT_TRUE(
      store->PutIncidents({MakeIncident(1, now, now + absl::Hours(1))}, {})
          .ok());
  ASSERT_TRUE(
      store->PutIncidents({MakeIncident(2, now, now + absl::Hours(30))}, {})
          .ok());
  ASSERT_TRUE(
      store->PutIncidents({MakeIncident(3, now, absl::InfiniteFuture())}, {})
          .ok());
  ASSERT_TRUE(store->Flush(absl::Seconds(10)).ok());
  EXPECT_EQ(store->LoadIncidents(false, 0)->size(), 3u);
  clock.Advance(absl::Hours(26));
  for (int i = 0; i < 500 && store->Statistics().expired_records == 0; ++i)
    absl::SleepFor(absl::Milliseconds(20));
  EXPECT_EQ(store->Statistics().expired_records, 1);
  EXPECT_TRUE(
      absl::IsNotFound(store->LoadIncident("inc-000000000001").status()));
  store.reset();
  clock.Advance(absl::Hours(300));
  store = OpenOrDie(options);  // looks at once
  const auto left = store->LoadIncidents(false, 0);
  ASSERT_EQ(left->size(), 1u);
  EXPECT_TRUE(left->front().open());
}

TEST(SqliteStore, TakesWritesAndReadsOfManyThreads) {
  TempFolder folder;
  auto store = OpenOrDie(InFolder(folder));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&store, t] {
      for (int n = 0; n < 50; ++n) {
        EXPECT_TRUE(store
                        ->PutIncidents({MakeIncident(t * 1000 + n, absl::Now(),
                                                     absl::InfiniteFuture())},
                                       {})
                        .ok());
        EXPECT_TRUE(
            store->PutState({{"watch", std::to_string(t), 1, "x"}}).ok());
        if (n % 10 == 0) {
          EXPECT_TRUE(store->Flush(absl::Seconds(20)).ok());
          EXPECT_TRUE(store->LoadIncidents(true, 5).ok());
        }
        store->Statistics();
      }
    });
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(store->Flush(absl::Seconds(20)).ok());
  EXPECT_EQ(store->LoadIncidents(false, 0)->size(), 200u);
  EXPECT_EQ(store->LoadState()->size(), 4u);
  EXPECT_EQ(store->Statistics().writes, 400);
}

}  // namespace
}  // namespace reasonwatch
