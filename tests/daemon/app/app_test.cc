// SPDX-License-Identifier: Apache-2.0
// The App starts in a folder of its own on free ports. Each step of the start
// that can fail is made to fail; the status must name it, and nothing may be
// left running.
#include "daemon/app/app.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/incident.h"
#include "core/model_event.h"
#include "core/rescore_job.h"
#include "core/store.h"
#include "storage/sqlite_store.h"

namespace reasonwatch {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// A socket that listens on a free port of the loopback until it goes away.
class Listener {
 public:
  explicit Listener(int port = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const int yes = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    ok_ = ::bind(socket_, any, size) == 0 && ::listen(socket_, 1) == 0;
    ::getsockname(socket_, any, &size);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { ::close(socket_); }
  bool ok() const { return ok_; }
  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  int socket_;
  bool ok_ = false;
  int port_ = 0;
};

// The port of the gRPC tap; 0 if it does not run.
int TapPort(const App& app) {
  for (const auto& [name, value] : app.Endpoints())
    if (name == "tap_port") return std::stoi(value);
  return 0;
}

class AppTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, std::string_view text) const {
    const std::string path = absl::StrCat(folder_, "/", name);
    std::filesystem::create_directories(
        std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string data() const { return folder_ + "/data"; }

  Config Settings() const {
    Config config = DefaultConfig();
    config.storage.path = data();
    config.http.listen = "127.0.0.1:0";
    config.tap.grpc.listen = "127.0.0.1:0";
    config.log_level = "error";
    return config;
  }
  // Makes a data folder, lets `fill` write to its store, then changes the
  // database behind the daemon's back.
  void MakeData(const std::function<absl::Status(Store&)>& fill,
                const std::string& sql) const {
    SqliteStoreOptions options;
    options.folder = data();
    {
      auto store = OpenSqliteStore(options);
      ASSERT_TRUE(store.ok()) << store.status();
      ASSERT_TRUE(fill(**store).ok());
      ASSERT_TRUE((*store)->Flush(absl::Seconds(10)).ok());
    }
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open((data() + "/reasonwatch.db").c_str(), &db),
              SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(db);
    EXPECT_GT(sqlite3_total_changes(db) + sql.starts_with("DROP"), 0);
    sqlite3_close(db);
  }

  // The start fails in `step`, says so, and leaves nothing behind.
  void ExpectFailure(const Config& config, const std::string& step,
                     std::string_view reason) const {
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, nullptr, &before);
    App app(config, "");
    const absl::Status status = app.Start();
    ASSERT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), StartsWith(step + ": "));
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(reason)));
    EXPECT_THAT(app.Running(), IsEmpty());
    EXPECT_EQ(app.HttpPort(), 0);
    EXPECT_EQ(TapPort(app), 0);
    pthread_sigmask(SIG_SETMASK, nullptr, &after);
    for (int signal : {SIGTERM, SIGINT, SIGHUP})
      EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal));
  }
  // Another process could open the data folder, so its lock is released.
  void ExpectFolderIsFree() const {
    SqliteStoreOptions options;
    options.folder = data();
    EXPECT_TRUE(OpenSqliteStore(options).ok());
  }

  const std::string folder_ =
      ::testing::TempDir() + "rw-app-" + std::to_string(::getpid());
};

TEST_F(AppTest, EachStepHasItsOwnName) {
  std::set<std::string_view> names;
  for (const App::Step& step : App::Steps()) {
    EXPECT_FALSE(step.name.empty());
    EXPECT_TRUE(names.insert(step.name).second) << step.name;
    EXPECT_NE(step.start, nullptr) << step.name;
    // Only a step that can be undone waits for anybody.
    if (step.stop == nullptr) {
      EXPECT_EQ(step.deadline, absl::ZeroDuration()) << step.name;
    }
  }
}

TEST_F(AppTest, StartsEveryStepAndUndoesAll) {
  App app(Settings(), "");
  ASSERT_TRUE(app.Start().ok());
  EXPECT_EQ(app.Running().size(), App::Steps().size());
  EXPECT_EQ(app.Running().back(), "self-tests");
  const int http = app.HttpPort();
  const int tap = TapPort(app);
  EXPECT_GT(http, 0);
  EXPECT_GT(tap, 0);
  EXPECT_FALSE(Listener(http).ok());
  app.Stop();
  EXPECT_THAT(app.Running(), IsEmpty());
  EXPECT_TRUE(Listener(http).ok());
  EXPECT_TRUE(Listener(tap).ok());
  ExpectFolderIsFree();
  app.Stop();  // once more does nothing
}

TEST_F(AppTest, AStoppedFolderStartsAgain) {
  for (int i = 0; i < 2; ++i) {
    App app(Settings(), "");
    ASSERT_TRUE(app.Start().ok());
  }
  ExpectFolderIsFree();
}

TEST_F(AppTest, NamesABadLogLevel) {
  Config config = Settings();
  config.log_level = "loud";
  ExpectFailure(config, "log", "loud");
}

TEST_F(AppTest, NamesAFolderThatCannotBeMade) {
  Config config = Settings();
  config.storage.path = Write("file", "") + "/data";
  ExpectFailure(config, "data folder", "file");
}

TEST_F(AppTest, NamesAFolderThatAnotherHolds) {
  App first(Settings(), "");
  ASSERT_TRUE(first.Start().ok());
  ExpectFailure(Settings(), "data folder", "in use");
  EXPECT_EQ(first.Running().size(), App::Steps().size());
}

TEST_F(AppTest, NamesADatabaseThatCannotBeRead) {
  Write("data/reasonwatch.db", std::string(8192, 'x'));
  ExpectFailure(Settings(), "data folder", "reasonwatch.db");
}

TEST_F(AppTest, NamesASessionKeyThatCannotBeWritten) {
  std::filesystem::create_directories(data() + "/session.key");
  ExpectFailure(Settings(), "session key", "session.key");
  ExpectFolderIsFree();
}

TEST_F(AppTest, NamesAWebhookWithoutItsSecret) {
  Config config = Settings();
  config.webhook.url = "http://127.0.0.1:1/hook";
  config.webhook.secret_file = folder_ + "/absent";
  ExpectFailure(config, "webhook", "absent");
  ExpectFolderIsFree();
}

TEST_F(AppTest, NamesAServerThatCannotBeAsked) {
  Config config = Settings();
  config.rescore.watched.endpoint = "http://127.0.0.1:1";
  config.rescore.watched.api_key_file = folder_ + "/absent";
  ExpectFailure(config, "re-scoring", "absent");
  ExpectFolderIsFree();
}

TEST_F(AppTest, NamesSavedStateThatCannotBeRead) {
  MakeData(
      [](Store& store) {
        Incident incident;
        incident.id = "inc-0123456789ab";
        incident.model = "m";
        incident.opened = incident.updated = absl::Now();
        return store.PutIncidents({incident}, {});
      },
      "UPDATE incidents SET severity = 'nonsense'");
  ExpectFailure(Settings(), "saved state", "nonsense");
  ExpectFolderIsFree();
}

TEST_F(AppTest, NamesARecordedBaselineThatIsAbsent) {
  Config config = Settings();
  config.baseline.path = folder_ + "/absent.jsonl";
  // A grader of the operator's is running by then.
  config.grading.command = "cat";
  ExpectFailure(config, "recorded baseline", "absent.jsonl");
  ExpectFolderIsFree();
}

TEST_F(AppTest, NamesStoredBaselinesThatCannotBeRead) {
  MakeData([](Store&) { return absl::OkStatus(); }, "DROP TABLE baselines");
  ExpectFailure(Settings(), "stored baselines", "baselines");
  ExpectFolderIsFree();
}

TEST_F(AppTest, NamesDeploymentsThatCannotBeRead) {
  // The steps before this one read no note of an event that is not pending, and
  // here a note is a sum that overflows.
  MakeData(
      [](Store& store) {
        ModelEvent event;
        event.time = absl::Now();
        event.model = "m";
        event.kind = "deployment";
        return store.PutEvent(event);
      },
      "DROP INDEX events_by_time;"
      "ALTER TABLE events RENAME TO kept;"
      "CREATE VIEW events AS SELECT id, time_ns, model, kind, old, new,"
      " expected, abs(expected - 9223372036854775807 - 1) AS note, pending"
      " FROM kept;"
      "CREATE TRIGGER add_event INSTEAD OF INSERT ON events"
      " BEGIN SELECT 1; END;"
      "CREATE TRIGGER expire INSTEAD OF DELETE ON events"
      " BEGIN SELECT 1; END");
  ExpectFailure(Settings(), "deployments", "overflow");
  ExpectFolderIsFree();
}

TEST_F(AppTest, NamesReScoringJobsThatCannotBeRead) {
  MakeData(
      [](Store& store) {
        RescoreJob job;
        job.id = "job-1";
        job.model = "m";
        job.created = absl::Now();
        return store.PutRescoreJob(job);
      },
      "UPDATE rescore_jobs SET trigger_name = 'nonsense'");
  Config config = Settings();
  config.rescore.watched.endpoint = "http://127.0.0.1:1";
  ExpectFailure(config, "re-scoring jobs", "nonsense");
  ExpectFolderIsFree();
}

TEST_F(AppTest, NamesAnHttpPortThatIsTaken) {
  const Listener other;
  Config config = Settings();
  config.http.listen = other.address();
  ExpectFailure(config, "http", other.address());
  ExpectFolderIsFree();
}

TEST_F(AppTest, NamesAnHttpTokenThatIsEmpty) {
  Config config = Settings();
  config.http.token_file = Write("token", "\n");
  ExpectFailure(config, "http", "token");
  ExpectFolderIsFree();
}

TEST_F(AppTest, NamesATapPortThatIsTakenAndStopsHttp) {
  const Listener other;
  Config config = Settings();
  // A port that was free a moment ago, to see that it is free again.
  config.http.listen = Listener().address();
  config.tap.grpc.listen = other.address();
  ExpectFailure(config, "taps", other.address());
  const int port =
      std::stoi(config.http.listen.substr(config.http.listen.find(':') + 1));
  EXPECT_TRUE(Listener(port).ok());
  ExpectFolderIsFree();
}

TEST_F(AppTest, NamesATapTokenThatIsAbsent) {
  Config config = Settings();
  config.tap.grpc.token_file = folder_ + "/absent";
  ExpectFailure(config, "taps", "absent");
  ExpectFolderIsFree();
}

TEST_F(AppTest, StartsWithoutATap) {
  Config config = Settings();
  config.tap.grpc.listen = "";
  App app(config, "");
  ASSERT_TRUE(app.Start().ok());
  EXPECT_EQ(TapPort(app), 0);
  EXPECT_GT(app.HttpPort(), 0);
}

TEST_F(AppTest, AReloadKeepsWhatIsGoodIfTheNextFileIsBad) {
  const std::string path = Write("reasonwatch.yaml", "log: {level: error}\n");
  App app(Settings(), path);
  ASSERT_TRUE(app.Start().ok());
  EXPECT_TRUE(app.Reload().ok());
  Write("reasonwatch.yaml", "quue: {}\n");
  EXPECT_THAT(std::string(app.Reload().status().message()), HasSubstr("quue"));
  Write("reasonwatch.yaml", "log: {level: error}\n");
  EXPECT_TRUE(app.Reload().ok());
}

TEST_F(AppTest, AReloadWithoutAFileIsRefused) {
  App app(Settings(), "");
  ASSERT_TRUE(app.Start().ok());
  EXPECT_EQ(app.Reload().status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(AppTest, SignalsReloadAndEnd) {
  const std::string path = Write("reasonwatch.yaml", "quue: {}\n");
  App app(Settings(), path);
  ASSERT_TRUE(app.Start().ok());
  // The signals wait until somebody asks for them. A reload that fails ends
  // nothing.
  ::kill(::getpid(), SIGHUP);
  std::thread ender([] {
    // SIGHUP has the lower number, so it would be received first anyway.
    ::kill(::getpid(), SIGTERM);
  });
  app.WaitForEnd();
  ender.join();
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGHUP), 0);
  app.Stop();
}

}  // namespace
}  // namespace reasonwatch
