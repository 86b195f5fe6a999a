// SPDX-License-Identifier: Apache-2.0
// Puts become records for the writer thread (write_queue.h, which also runs the
// housekeeping of housekeeping.h); Loads read through a connection of their
// own, so that they never wait for a commit. The rows are in *_table.h, the
// file with its lock and schema in store_file.h.
//
// In order: puts, loads, flush and statistics, opening.
#include "storage/sqlite_store.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "storage/baseline_table.h"
#include "storage/housekeeping.h"
#include "storage/incident_table.h"
#include "storage/record.h"
#include "storage/rescore_table.h"
#include "storage/sqlite.h"
#include "storage/state_table.h"
#include "storage/store_counters.h"
#include "storage/store_file.h"
#include "storage/store_watch.h"
#include "storage/write_queue.h"
#include "util/mutex.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

class SqliteStoreImpl : public SqliteStore {
 public:
  SqliteStoreImpl(SqliteStoreOptions options, StoreFile file,
                  std::string memory_reason)
      : options_(std::move(options)),
        path_(std::move(file.path)),
        watch_(path_, std::move(memory_reason), options_.on_health),
        lock_(std::move(file.lock)),
        clock_(options_.clock != nullptr ? *options_.clock : wall_clock_),
        reader_(std::move(file.reader)),
        connection_(std::move(file.writer)) {}

  absl::Status StartWriter() {
    RW_ASSIGN_OR_RETURN(writer_, RecordWriter::Prepare(*connection_));
    housekeeping_.emplace(
        HousekeepingOptions{path_, options_.max_bytes, options_.retention},
        clock_, *connection_, *writer_, counters_, watch_);
    queue_.emplace(WriteQueueOptions{path_, options_.max_queued_records,
                                     options_.max_queued_bytes,
                                     options_.housekeeping_interval},
                   *connection_, *writer_, *housekeeping_, counters_, watch_);
    // Said at the start, if anything is wrong.
    watch_.Wrote(absl::OkStatus());
    return queue_->Start();
  }

  absl::Status PutState(std::vector<StateBlob> blobs) override {
    if (blobs.empty()) return absl::OkStatus();
    return Enqueue(std::move(blobs));
  }

  absl::Status PutIncidents(const std::vector<Incident>& incidents,
                            std::vector<StateBlob> state) override {
    const absl::Time now = clock_.Now();
    std::vector<Record> records;
    for (const Incident& incident : incidents) {
      if (incident.id.empty())
        return absl::InvalidArgumentError("incident without an id");
      records.emplace_back(incident, now);
    }
    RW_RETURN_IF_ERROR(CheckRoom());
    if (!state.empty()) records.emplace_back(std::move(state), now);
    return EnqueueAll(std::move(records));
  }

  absl::Status PutProblems(std::vector<BaselineProblem> problems) override {
    if (problems.empty()) return absl::OkStatus();
    for (const BaselineProblem& p : problems)
      RW_RETURN_IF_ERROR(CheckProblem(p));
    RW_RETURN_IF_ERROR(CheckRoom());
    return Enqueue(std::move(problems));
  }

  absl::Status PutStory(std::string_view incident,
                        std::string_view json) override {
    RW_RETURN_IF_ERROR(CheckRoom());
    return Enqueue(StoredStory{std::string(incident), std::string(json)});
  }

  absl::Status PutRescoreJob(const RescoreJob& job) override {
    if (job.id.empty())
      return absl::InvalidArgumentError("re-score job without an id");
    RW_RETURN_IF_ERROR(CheckRoom());
    return Enqueue(job);
  }

  absl::Status ForgetModel(std::string_view model) override {
    return Enqueue(ForgottenModel{std::string(model)});
  }

  absl::Status PutFact(std::string_view name, std::string_view value) override {
    return Enqueue(Fact{std::string(name), std::string(value)});
  }

  absl::Status PutEvent(const ModelEvent& event) override {
    return Enqueue(event);
  }

  absl::StatusOr<std::vector<StateBlob>> LoadState() override {
    MutexLock lock(reader_mutex_);
    return ReadState(reader_);
  }

  absl::StatusOr<std::vector<Incident>> LoadIncidents(bool open_only,
                                                      int limit) override {
    MutexLock lock(reader_mutex_);
    RW_RETURN_IF_ERROR(reader_.Execute(kBeginSnapshot));
    auto incidents = ReadIncidents(reader_, open_only, limit);
    (void)reader_.Execute("COMMIT");
    return incidents;
  }

  absl::StatusOr<Incident> LoadIncident(std::string_view id) override {
    MutexLock lock(reader_mutex_);
    RW_RETURN_IF_ERROR(reader_.Execute(kBeginSnapshot));
    auto incident = ReadIncident(reader_, id);
    (void)reader_.Execute("COMMIT");
    return incident;
  }

  absl::StatusOr<std::string> LoadStory(std::string_view incident) override {
    MutexLock lock(reader_mutex_);
    return ReadStory(reader_, incident);
  }

  absl::StatusOr<std::vector<std::string>> LoadGold(
      std::string_view model, const std::vector<uint64_t>& problems) override {
    MutexLock lock(reader_mutex_);
    return ReadGold(reader_, model, problems);
  }

  absl::StatusOr<std::vector<ModelEvent>> LoadEvents(std::string_view model,
                                                     absl::Time from,
                                                     absl::Time to,
                                                     int limit) override {
    MutexLock lock(reader_mutex_);
    return ReadEvents(reader_, model, from, to, limit);
  }

  absl::StatusOr<std::vector<RescoreJob>> LoadRescoreJobs(
      absl::Time since) override {
    MutexLock lock(reader_mutex_);
    RW_RETURN_IF_ERROR(reader_.Execute(kBeginSnapshot));
    auto jobs = ReadRescoreJobs(reader_, since);
    (void)reader_.Execute("COMMIT");
    return jobs;
  }

  absl::StatusOr<std::string> LoadFact(std::string_view name) override {
    MutexLock lock(reader_mutex_);
    return ReadFact(reader_, name);
  }

  absl::Status Flush(absl::Duration deadline) override {
    if (!queue_.has_value()) return absl::OkStatus();
    return queue_->Flush(deadline);
  }

  StoreStatistics Statistics() const override {
    StoreStatistics s;
    s.writes = counters_.writes.load(std::memory_order_relaxed);
    s.errors = counters_.errors.load(std::memory_order_relaxed);
    s.dropped = counters_.dropped.load(std::memory_order_relaxed);
    s.database_bytes = counters_.database_bytes.load(std::memory_order_relaxed);
    s.expired_records = counters_.expired.load(std::memory_order_relaxed);
    if (queue_.has_value()) s.queued = queue_->Waiting();
    return s;
  }

  StoreHealth Health() const override { return watch_.Get(); }
  const std::string& path() const override { return path_; }

 private:
  // Several tables are read as they were at one moment.
  static constexpr const char* kBeginSnapshot = "BEGIN";

  // State and facts are taken also over the cap: they replace rows.
  absl::Status CheckRoom() {
    if (!counters_.over_cap.load(std::memory_order_relaxed))
      return absl::OkStatus();
    counters_.dropped.fetch_add(1, std::memory_order_relaxed);
    return absl::ResourceExhaustedError(absl::StrFormat(
        "database is at its limit of %d bytes; raise storage.max_size",
        options_.max_bytes));
  }

  absl::Status Enqueue(RecordValue value) {
    std::vector<Record> one;
    one.emplace_back(std::move(value), clock_.Now());
    return EnqueueAll(std::move(one));
  }

  absl::Status EnqueueAll(std::vector<Record> records) {
    if (!queue_.has_value())
      return absl::FailedPreconditionError("database is open for reading only");
    return queue_->Add(std::move(records));
  }

  const SqliteStoreOptions options_;
  const std::string path_;
  StoreWatch watch_;
  const std::optional<FolderLock> lock_;
  const WallClock wall_clock_;
  const Clock& clock_;

  Mutex reader_mutex_;
  Connection reader_ ABSL_GUARDED_BY(reader_mutex_);

  StoreCounters counters_;
  // Absent if the store is read-only. Each needs those before it; the queue
  // is destroyed first and joins the thread that uses the others.
  std::optional<Connection> connection_;
  std::optional<RecordWriter> writer_;
  std::optional<Housekeeping> housekeeping_;
  std::optional<WriteQueue> queue_;
};

absl::Status CheckOptions(const SqliteStoreOptions& options) {
  if (options.folder.empty())
    return absl::InvalidArgumentError("storage without a folder");
  if (options.max_bytes <= 0 || options.max_queued_records <= 0 ||
      options.max_queued_bytes <= 0 ||
      options.retention <= absl::ZeroDuration() ||
      options.housekeeping_interval <= absl::ZeroDuration() ||
      options.housekeeping_interval > absl::Hours(24 * 365))
    return absl::InvalidArgumentError("storage limits must be above 0");
  return absl::OkStatus();
}

// A database in memory, where it takes a part of the daemon's own bound: 200
// warm streams.
constexpr int64_t kMaxMemoryBytes = int64_t{256} << 20;

// Full, read-only, or another user's: reasons to go on in memory. A folder that
// another process holds, or a database that is damaged or newer, are not.
bool IsUnwritable(const absl::Status& status) {
  return absl::IsResourceExhausted(status) ||
         absl::IsPermissionDenied(status) || absl::IsUnavailable(status);
}

// `memory_reason` is left empty if it is the file.
absl::StatusOr<StoreFile> OpenFileOrMemory(const SqliteStoreOptions& options,
                                           std::string& memory_reason) {
  absl::StatusOr<StoreFile> file =
      OpenStoreFile(options.folder, options.read_only);
  if (!options.memory_if_unwritable || !IsUnwritable(file.status()))
    return file;
  memory_reason = std::string(StdView(file.status().message()));
  return OpenStoreInMemory(options.folder, kMaxMemoryBytes);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteStore>> OpenSqliteStore(
    SqliteStoreOptions options) {
  RW_RETURN_IF_ERROR(CheckOptions(options));
  std::string memory_reason;
  RW_ASSIGN_OR_RETURN(StoreFile file, OpenFileOrMemory(options, memory_reason));
  const bool writes = !options.read_only;
  if (!memory_reason.empty())
    options.max_bytes = std::min(options.max_bytes, kMaxMemoryBytes);
  auto store = std::make_unique<SqliteStoreImpl>(
      std::move(options), std::move(file), std::move(memory_reason));
  if (writes) RW_RETURN_IF_ERROR(store->StartWriter());
  return store;
}

}  // namespace reasonwatch
