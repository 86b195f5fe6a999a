// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tests/storage/store_test_util.h"

namespace reasonwatch {
namespace {

constexpr int kKeys = 20;

// Writes checkpoint after checkpoint, each of kKeys blobs that say its number,
// and reports every one that Flush() has called safe. Never returns.
[[noreturn]] void WriteUntilKilled(const std::string& folder, int first,
                                   int report_fd) {
  SqliteStoreOptions options;
  options.folder = folder;
  auto store = OpenSqliteStore(options);
  if (!store.ok()) _exit(2);
  for (int number = first;; ++number) {
    std::vector<StateBlob> blobs;
    for (int key = 0; key < kKeys; ++key)
      blobs.push_back({"watch", absl::StrFormat("model-%d", key), 1,
                       std::string(2000, 'x') + std::to_string(number)});
    Incident incident;
    incident.id = absl::StrFormat("inc-%012x", number);
    incident.signals.resize(3);
    for (IncidentSignal& s : incident.signals)
      s.finding.strata.assign(4, "stratum");
    if (!(*store)->PutState(std::move(blobs)).ok() ||
        !(*store)->PutIncidents({incident}, {}).ok() ||
        !(*store)->Flush(absl::Seconds(30)).ok() ||
        write(report_fd, &number, sizeof(number)) != sizeof(number))
      _exit(3);
  }
}

TEST(SqliteStoreCrash, KeepsWhatWasFlushedAndNeverHalfACheckpoint) {
  TempFolder folder;
  int safe = 0;
  for (int round = 0; round < 6; ++round) {
    int pipe_fds[2];
    ASSERT_EQ(pipe(pipe_fds), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) WriteUntilKilled(folder.path(), safe + 1, pipe_fds[1]);
    close(pipe_fds[1]);
    const int enough = safe + 15 + 7 * round;
    int number = 0;
    while (safe < enough &&
           read(pipe_fds[0], &number, sizeof(number)) == sizeof(number))
      safe = number;
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer failed: " << status;
    while (read(pipe_fds[0], &number, sizeof(number)) == sizeof(number))
      safe = number;
    close(pipe_fds[0]);

    auto store = OpenOrDie(InFolder(folder));
    const auto state = store->LoadState();
    ASSERT_TRUE(state.ok()) << state.status();
    ASSERT_EQ(state->size(), static_cast<size_t>(kKeys));
    for (const StateBlob& blob : *state)
      EXPECT_EQ(blob.bytes, state->front().bytes);
    EXPECT_GE(std::stoi(state->front().bytes.substr(2000)), safe);
    const auto incidents = store->LoadIncidents(false, 0);
    ASSERT_TRUE(incidents.ok()) << incidents.status();
    EXPECT_GE(static_cast<int>(incidents->size()), safe);
    for (const Incident& incident : *incidents) {
      ASSERT_EQ(incident.signals.size(), 3u);
      EXPECT_EQ(incident.signals[2].finding.strata.size(), 4u);
    }
    safe = std::max(safe, std::stoi(state->front().bytes.substr(2000)));
  }
}

// Writes fact 1, reports, waits, writes fact 2, reports, waits.
[[noreturn]] void WriteTwice(const std::string& folder, int tell, int wait) {
  SqliteStoreOptions options;
  options.folder = folder;
  auto store = OpenSqliteStore(options);
  if (!store.ok()) _exit(2);
  int64_t writes = 0;
  for (const char* value : {"1", "2"}) {
    char byte = 0;
    if (!(*store)->PutFact("round", value).ok()) _exit(3);
    // Not Flush(): that moves the log into the database, and it is the log
    // that must stay in place.
    ++writes;
    while ((*store)->Statistics().writes < writes)
      absl::SleepFor(absl::Milliseconds(5));
    if (write(tell, value, 1) != 1 || read(wait, &byte, 1) != 1) _exit(4);
  }
  _exit(0);
}

TEST(SqliteStoreProcesses, AReaderThatComesAndGoesTakesNoLogAway) {
  TempFolder folder;
  int told[2];
  int waited[2];
  ASSERT_EQ(pipe(told), 0);
  ASSERT_EQ(pipe(waited), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) WriteTwice(folder.path(), told[1], waited[0]);
  SqliteStoreOptions reading = InFolder(folder);
  reading.read_only = true;
  for (const char* value : {"1", "2"}) {
    char byte = 0;
    ASSERT_EQ(read(told[0], &byte, 1), 1);
    // Closed again before the writer goes on.
    const auto fact = OpenOrDie(reading)->LoadFact("round");
    ASSERT_TRUE(fact.ok()) << fact.status();
    EXPECT_EQ(*fact, value);
    ASSERT_EQ(write(waited[1], "x", 1), 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace reasonwatch
