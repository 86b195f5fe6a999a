#include "storage/sqlite_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_format.h"
#include "core/mutex.h"
#include "core/status_macros.h"
#include "core/strings.h"
#include "storage/baseline_table.h"
#include "storage/incident_table.h"
#include "storage/migrations/migrations.h"
#include "storage/rescore_table.h"
#include "storage/sqlite.h"

namespace reasonwatch {
namespace {

// The log is copied into the database between batches once it holds this
// many pages (4 MiB), and inside a backlog only when it has grown tenfold:
// a checkpoint takes tens of milliseconds.
constexpr int kCheckpointPages = 1000;
constexpr int kCheckpointPagesInBacklog = 10 * kCheckpointPages;

// Incidents that one transaction removes when the disk cap is reached.
constexpr int kRemovalBatch = 64;

// Re-runs that stay when the disk cap is reached: nothing is asked twice.
constexpr absl::Duration kRerunsKept = absl::Hours(24);

// Events that are older, or beyond the number, are removed.
constexpr int64_t kMaxEvents = 10000;

class WallClock : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

absl::Status SystemError(int code, std::string_view what,
                         const std::string& path) {
  const std::string message = absl::StrFormat(
      "%s %s: %s", what, path, std::generic_category().message(code));
  if (code == EACCES || code == EPERM || code == EROFS)
    return absl::PermissionDeniedError(message);
  if (code == ENOSPC) return absl::ResourceExhaustedError(message);
  return absl::FailedPreconditionError(message);
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::Status MakeFolder(const std::string& folder) {
  for (size_t end = folder.find('/', 1);; end = folder.find('/', end + 1)) {
    const std::string part = folder.substr(0, end);
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST)
      return SystemError(errno, "can't make", part);
    if (end == std::string::npos) return absl::OkStatus();
  }
}

// Held until the descriptor is closed, by the kernel also after SIGKILL.
absl::StatusOr<FileDescriptor> LockFolder(const std::string& folder) {
  const std::string path = folder + "/lock";
  FileDescriptor fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (fd.get() < 0) return SystemError(errno, "can't open", path);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return absl::FailedPreconditionError(absl::StrFormat(
          "folder %s is in use by another reasonwatch process", folder));
    return SystemError(errno, "can't lock", path);
  }
  return fd;
}

// Of what SQLite has not said itself.
absl::Status AddPath(const absl::Status& status, const std::string& path) {
  if (StdView(status.message()).starts_with("database ")) return status;
  if (absl::IsDataLoss(status))
    return DamagedError(path, StdView(status.message()));
  return absl::Status(
      status.code(),
      absl::StrFormat("database %s: %s", path, StdView(status.message())));
}

absl::Status CheckIntegrity(Connection& connection) {
  RW_ASSIGN_OR_RETURN(Statement check,
                      connection.Prepare("PRAGMA quick_check(1)"));
  RW_ASSIGN_OR_RETURN(const bool row, check.Step());
  const std::string found = row ? check.NextText() : "no answer";
  return found == "ok" ? absl::OkStatus() : absl::DataLossError(found);
}

absl::Status CheckVersion(Connection& connection, bool read_only) {
  RW_ASSIGN_OR_RETURN(const int64_t version,
                      connection.ReadInt("PRAGMA user_version"));
  RW_ASSIGN_OR_RETURN(const int64_t application,
                      connection.ReadInt("PRAGMA application_id"));
  RW_ASSIGN_OR_RETURN(const int64_t objects,
                      connection.ReadInt("SELECT count(*) FROM sqlite_schema"));
  if (application != kApplicationId && (objects != 0 || version != 0))
    return absl::FailedPreconditionError(
        "written by another program, not by reasonwatch");
  const auto known = static_cast<int64_t>(Migrations().size());
  if (version > known)
    return absl::FailedPreconditionError(absl::StrFormat(
        "schema version %d is newer than this program knows (%d); run the "
        "version of reasonwatch that wrote it, or a later one",
        version, known));
  if (read_only && version < known)
    return absl::FailedPreconditionError(absl::StrFormat(
        "schema version %d is older than this program's (%d); `reasonwatch "
        "serve` brings it up to date",
        version, known));
  return absl::OkStatus();
}

absl::Status Migrate(Connection& connection) {
  RW_ASSIGN_OR_RETURN(int64_t version,
                      connection.ReadInt("PRAGMA user_version"));
  const auto steps = Migrations();
  for (; version < static_cast<int64_t>(steps.size()); ++version) {
    RW_RETURN_IF_ERROR(connection.Execute("BEGIN IMMEDIATE"));
    absl::Status status =
        connection.Execute(steps[static_cast<size_t>(version)]);
    if (status.ok())
      status = connection.Execute(
          absl::StrFormat("PRAGMA application_id = %d; PRAGMA user_version = "
                          "%d; COMMIT",
                          kApplicationId, version + 1)
              .c_str());
    if (!status.ok()) {
      (void)connection.Execute("ROLLBACK");
      return status;
    }
  }
  return absl::OkStatus();
}

using Problems = std::vector<BaselineProblem>;
using State = std::vector<StateBlob>;
struct Fact {
  std::string name;
  std::string value;
};

struct Record {
  std::variant<State, Incident, Problems, Fact, ModelEvent, RescoreJob> value;
  int64_t bytes = 0;
  absl::Time time;
};

int64_t Size(std::string_view text) {
  return static_cast<int64_t>(text.size());
}

int64_t BytesOf(const State& blobs) {
  int64_t bytes = 0;
  for (const StateBlob& b : blobs)
    bytes += static_cast<int64_t>(sizeof(b)) + Size(b.kind) + Size(b.key) +
             Size(b.bytes);
  return bytes;
}

int64_t BytesOf(const Problems& problems) {
  int64_t bytes = 0;
  for (const BaselineProblem& p : problems)
    bytes += static_cast<int64_t>(sizeof(p)) + Size(p.model) + Size(p.id) +
             Size(p.gold) + Size(p.family);
  return bytes;
}

int64_t BytesOf(const std::vector<Cause>& causes) {
  int64_t bytes = 0;
  for (const Cause& c : causes)
    bytes += static_cast<int64_t>(sizeof(c)) + Size(c.cause) + Size(c.evidence);
  return bytes;
}

int64_t BytesOf(const Incident& incident) {
  int64_t bytes = static_cast<int64_t>(sizeof(incident)) +
                  BytesOf(incident.causes) + Size(incident.model) +
                  Size(incident.route) + Size(incident.replica);
  for (const IncidentSignal& s : incident.signals) {
    bytes += static_cast<int64_t>(sizeof(s)) + BytesOf(s.finding.hints) +
             Size(s.finding.model) + Size(s.finding.route);
    for (const auto& [channel, share] : s.finding.channels)
      bytes += static_cast<int64_t>(sizeof(share)) + Size(channel);
    for (const std::string& stratum : s.finding.strata) bytes += Size(stratum);
    for (const FamilyCount& f : s.finding.families)
      bytes += static_cast<int64_t>(sizeof(f)) + Size(f.family);
    for (const FailingProblem& p : s.finding.failing)
      bytes += static_cast<int64_t>(sizeof(p)) + Size(p.id) + Size(p.family);
  }
  return bytes;
}

int64_t BytesOf(const RescoreJob& job) {
  return static_cast<int64_t>(sizeof(job) +
                              job.samples.size() * sizeof(RescoreSample)) +
         Size(job.model) + Size(job.incident);
}

// The statements of the writer thread.
class Writer {
 public:
  static absl::StatusOr<std::unique_ptr<Writer>> Make(Connection& connection) {
    RW_ASSIGN_OR_RETURN(IncidentWriter incidents,
                        IncidentWriter::Prepare(connection));
    RW_ASSIGN_OR_RETURN(RescoreWriter rescores,
                        RescoreWriter::Prepare(connection));
    RW_ASSIGN_OR_RETURN(
        Statement state,
        connection.Prepare("INSERT OR REPLACE INTO state (kind, key, version,"
                           " bytes, updated_ns) VALUES (?1,?2,?3,?4,?5)"));
    RW_ASSIGN_OR_RETURN(ProblemWriter problems,
                        ProblemWriter::Prepare(connection));
    RW_ASSIGN_OR_RETURN(EventWriter events, EventWriter::Prepare(connection));
    RW_ASSIGN_OR_RETURN(
        Statement fact,
        connection.Prepare("INSERT OR REPLACE INTO facts (name, value,"
                           " updated_ns) VALUES (?1,?2,?3)"));
    return std::unique_ptr<Writer>(
        new Writer(std::move(incidents), std::move(problems), std::move(events),
                   std::move(rescores), std::move(state), std::move(fact)));
  }

  absl::Status Write(const Record& record) {
    return std::visit(
        [&](const auto& value) { return Write(value, record.time); },
        record.value);
  }

  IncidentWriter& incidents() { return incidents_; }
  EventWriter& events() { return events_; }
  RescoreWriter& rescores() { return rescores_; }

 private:
  Writer(IncidentWriter incidents, ProblemWriter problems, EventWriter events,
         RescoreWriter rescores, Statement state, Statement fact)
      : incidents_(std::move(incidents)),
        problems_(std::move(problems)),
        events_(std::move(events)),
        rescores_(std::move(rescores)),
        state_(std::move(state)),
        fact_(std::move(fact)) {}

  absl::Status Write(const State& blobs, absl::Time time) {
    for (const StateBlob& b : blobs)
      RW_RETURN_IF_ERROR(state_.Text(b.kind)
                             .Text(b.key)
                             .Int(b.version)
                             .Blob(b.bytes)
                             .Time(time)
                             .Run());
    return absl::OkStatus();
  }
  absl::Status Write(const Incident& incident, absl::Time) {
    RW_RETURN_IF_ERROR(incidents_.Write(incident));
    if (!incident.verdict.has_value()) return absl::OkStatus();
    return rescores_.WriteVerdict(incident.id, *incident.verdict);
  }
  absl::Status Write(const RescoreJob& job, absl::Time) {
    return rescores_.Write(job);
  }
  absl::Status Write(const Problems& problems, absl::Time) {
    for (const BaselineProblem& p : problems)
      RW_RETURN_IF_ERROR(problems_.Replace(p));
    return absl::OkStatus();
  }
  absl::Status Write(const Fact& fact, absl::Time time) {
    return fact_.Text(fact.name).Text(fact.value).Time(time).Run();
  }

  absl::Status Write(const ModelEvent& event, absl::Time) {
    return events_.Add(event, /*pending=*/false).status();
  }

  IncidentWriter incidents_;
  ProblemWriter problems_;
  EventWriter events_;
  RescoreWriter rescores_;
  Statement state_;
  Statement fact_;
};

int64_t RowsOf(const Record& record) {
  if (const auto* blobs = std::get_if<State>(&record.value))
    return static_cast<int64_t>(blobs->size());
  if (const auto* problems = std::get_if<Problems>(&record.value))
    return static_cast<int64_t>(problems->size());
  return 1;
}

// A power cut may take the latest checkpoint, never an incident, a problem or a
// re-run.
bool MustSurvivePowerCut(const Record& record) {
  return std::holds_alternative<Incident>(record.value) ||
         std::holds_alternative<Problems>(record.value) ||
         std::holds_alternative<ModelEvent>(record.value) ||
         std::holds_alternative<RescoreJob>(record.value);
}

class SqliteStoreImpl : public SqliteStore {
 public:
  SqliteStoreImpl(SqliteStoreOptions options, std::string path,
                  std::optional<FileDescriptor> lock, Connection reader)
      : options_(std::move(options)),
        path_(std::move(path)),
        lock_(std::move(lock)),
        clock_(options_.clock != nullptr ? *options_.clock : wall_clock_),
        reader_(std::move(reader)) {}

  ~SqliteStoreImpl() override {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
    }
    work_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status StartWriter(Connection connection) {
    connection_.emplace(std::move(connection));
    RW_ASSIGN_OR_RETURN(writer_, Writer::Make(*connection_));
    KeepHouse();
    try {
      thread_ = std::thread([this] { WriterLoop(); });
    } catch (const std::system_error& error) {
      return absl::ResourceExhaustedError(
          absl::StrFormat("can't start the writer thread: %s", error.what()));
    }
    return absl::OkStatus();
  }

  absl::Status PutState(std::vector<StateBlob> blobs) override {
    if (blobs.empty()) return absl::OkStatus();
    const int64_t bytes = BytesOf(blobs);
    return Enqueue(Record{std::move(blobs), bytes, clock_.Now()});
  }

  absl::Status PutIncident(const Incident& incident) override {
    if (incident.id.empty())
      return absl::InvalidArgumentError("incident without an id");
    RW_RETURN_IF_ERROR(CheckRoom());
    return Enqueue(Record{incident, BytesOf(incident), clock_.Now()});
  }

  absl::Status PutIncidents(const std::vector<Incident>& incidents,
                            std::vector<StateBlob> state) override {
    const absl::Time now = clock_.Now();
    std::vector<Record> records;
    for (const Incident& incident : incidents) {
      if (incident.id.empty())
        return absl::InvalidArgumentError("incident without an id");
      records.push_back({incident, BytesOf(incident), now});
    }
    RW_RETURN_IF_ERROR(CheckRoom());
    const int64_t bytes = BytesOf(state);
    records.push_back({std::move(state), bytes, now});
    return Enqueue(std::move(records));
  }

  absl::Status PutProblems(std::vector<BaselineProblem> problems) override {
    if (problems.empty()) return absl::OkStatus();
    for (const BaselineProblem& p : problems)
      RW_RETURN_IF_ERROR(CheckProblem(p));
    RW_RETURN_IF_ERROR(CheckRoom());
    const int64_t bytes = BytesOf(problems);
    return Enqueue(Record{std::move(problems), bytes, clock_.Now()});
  }

  absl::Status PutRescoreJob(const RescoreJob& job) override {
    if (job.id.empty())
      return absl::InvalidArgumentError("re-score job without an id");
    RW_RETURN_IF_ERROR(CheckRoom());
    return Enqueue(Record{job, BytesOf(job), clock_.Now()});
  }

  absl::Status PutFact(std::string_view name, std::string_view value) override {
    return Enqueue(Record{Fact{std::string(name), std::string(value)},
                          Size(name) + Size(value), clock_.Now()});
  }

  absl::StatusOr<std::vector<StateBlob>> LoadState() override {
    MutexLock lock(reader_mutex_);
    RW_ASSIGN_OR_RETURN(Statement query,
                        reader_.Prepare("SELECT kind, key, version, bytes"
                                        " FROM state ORDER BY kind, key"));
    std::vector<StateBlob> blobs;
    while (true) {
      RW_ASSIGN_OR_RETURN(const bool row, query.Step());
      if (!row) return blobs;
      StateBlob& b = blobs.emplace_back();
      b.kind = query.NextText();
      b.key = query.NextText();
      b.version = static_cast<int32_t>(query.NextInt());
      b.bytes = query.NextText();
    }
  }

  absl::StatusOr<std::vector<Incident>> LoadIncidents(bool open_only,
                                                      int limit) override {
    MutexLock lock(reader_mutex_);
    // One snapshot for all tables.
    RW_RETURN_IF_ERROR(reader_.Execute("BEGIN"));
    auto incidents = ReadIncidents(reader_, open_only, limit);
    (void)reader_.Execute("COMMIT");
    return incidents;
  }

  absl::StatusOr<Incident> LoadIncident(std::string_view id) override {
    MutexLock lock(reader_mutex_);
    RW_RETURN_IF_ERROR(reader_.Execute("BEGIN"));
    auto incident = ReadIncident(reader_, id);
    (void)reader_.Execute("COMMIT");
    return incident;
  }

  absl::StatusOr<std::vector<BaselineProblem>> LoadProblems() override {
    MutexLock lock(reader_mutex_);
    return ReadProblems(reader_, "");
  }

  absl::StatusOr<ProblemText> LoadProblemText(std::string_view model,
                                              uint64_t digest) override {
    MutexLock lock(reader_mutex_);
    return ReadProblemText(reader_, model, digest);
  }

  absl::Status PutEvent(const ModelEvent& event) override {
    const int64_t bytes = static_cast<int64_t>(sizeof(event)) +
                          Size(event.model) + Size(event.kind) +
                          Size(event.old_value) + Size(event.new_value) +
                          Size(event.note);
    return Enqueue(Record{event, bytes, clock_.Now()});
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
    RW_RETURN_IF_ERROR(reader_.Execute("BEGIN"));
    auto jobs = ReadRescoreJobs(reader_, since);
    (void)reader_.Execute("COMMIT");
    return jobs;
  }

  absl::StatusOr<std::string> LoadFact(std::string_view name) override {
    MutexLock lock(reader_mutex_);
    RW_ASSIGN_OR_RETURN(
        Statement query,
        reader_.Prepare("SELECT value FROM facts WHERE name = ?1"));
    RW_ASSIGN_OR_RETURN(const bool row, query.Text(name).Step());
    if (!row) return absl::NotFoundError(absl::StrFormat("no fact '%s'", name));
    return query.NextText();
  }

  absl::Status Flush(absl::Duration deadline) override {
    if (options_.read_only) return absl::OkStatus();
    MutexLock lock(mutex_);
    const int64_t wanted = enqueued_;
    flush_wanted_ = std::max(flush_wanted_, wanted);
    work_.notify_all();
    // A deadline of days would overflow the clock's range.
    const auto until =
        std::chrono::steady_clock::now() +
        absl::ToChronoMilliseconds(std::min(deadline, absl::Hours(24)));
    while (synced_ < wanted) {
      if (done_.wait_until(mutex_, until) == std::cv_status::timeout &&
          synced_ < wanted)
        return absl::DeadlineExceededError(absl::StrFormat(
            "%d writes still wait", static_cast<int64_t>(queue_.size())));
    }
    return std::exchange(unreported_error_, absl::OkStatus());
  }

  StoreStatistics Statistics() const override {
    StoreStatistics s;
    s.writes = writes_.load(std::memory_order_relaxed);
    s.errors = errors_.load(std::memory_order_relaxed);
    s.dropped = dropped_.load(std::memory_order_relaxed);
    s.database_bytes = database_bytes_.load(std::memory_order_relaxed);
    s.expired_records = expired_.load(std::memory_order_relaxed);
    MutexLock lock(mutex_);
    s.queued = enqueued_ - committed_;
    return s;
  }

 private:
  absl::Status Drop(std::string message) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return absl::ResourceExhaustedError(message);
  }

  absl::Status CheckRoom() {
    if (!over_cap_.load(std::memory_order_relaxed)) return absl::OkStatus();
    return Drop(absl::StrFormat(
        "database is at its limit of %d bytes; raise storage.max_size",
        options_.max_bytes));
  }

  absl::Status Enqueue(Record record) {
    std::vector<Record> one;
    one.push_back(std::move(record));
    return Enqueue(std::move(one));
  }

  // All or none. The writer takes the whole queue for a transaction, so what
  // goes in under one lock is committed as one.
  absl::Status Enqueue(std::vector<Record> records) {
    if (options_.read_only)
      return absl::FailedPreconditionError("database is open for reading only");
    int64_t bytes = 0;
    for (const Record& record : records) bytes += record.bytes;
    {
      MutexLock lock(mutex_);
      if (static_cast<int64_t>(queue_.size() + records.size()) >
              options_.max_queued_records ||
          queued_bytes_ + bytes > options_.max_queued_bytes)
        return Drop(absl::StrFormat(
            "write queue is full (%d records, %d bytes)",
            static_cast<int64_t>(queue_.size()), queued_bytes_));
      queued_bytes_ += bytes;
      enqueued_ += static_cast<int64_t>(records.size());
      for (Record& record : records) queue_.push_back(std::move(record));
    }
    work_.notify_one();
    return absl::OkStatus();
  }

  void WriterLoop() {
    auto next_look = std::chrono::steady_clock::now() + Interval();
    std::deque<Record> batch;
    while (true) {
      bool sync = false;
      bool stop = false;
      int64_t last = 0;
      {
        MutexLock lock(mutex_);
        while (queue_.empty() && !stopping_ && synced_ >= flush_wanted_) {
          if (work_.wait_until(mutex_, next_look) == std::cv_status::timeout)
            break;
        }
        // The batch's bytes still count as queued until they are written, so
        // that the bound on memory holds.
        batch.swap(queue_);
        last = enqueued_;
        sync = flush_wanted_ > synced_;
        stop = stopping_;
      }
      absl::Status status = batch.empty() ? absl::OkStatus() : Commit(batch);
      if (sync || stop) status.Update(connection_->Checkpoint(false));
      int64_t bytes = 0;
      for (const Record& record : batch) bytes += record.bytes;
      batch.clear();
      bool idle = false;
      {
        MutexLock lock(mutex_);
        queued_bytes_ -= bytes;
        committed_ = last;
        if (sync) synced_ = last;
        unreported_error_.Update(status);
        idle = queue_.empty();
      }
      if (sync) done_.notify_all();
      if (stop && idle) return;
      const int pages = connection_->LogPages();
      if (pages >= (idle ? kCheckpointPages : kCheckpointPagesInBacklog))
        CountError(connection_->Checkpoint(false));
      if (std::chrono::steady_clock::now() >= next_look) {
        KeepHouse();
        next_look = std::chrono::steady_clock::now() + Interval();
      } else {
        KeepUnderCap();
      }
    }
  }

  std::chrono::milliseconds Interval() const {
    return absl::ToChronoMilliseconds(options_.housekeeping_interval);
  }

  void CountError(const absl::Status& status) {
    if (!status.ok()) errors_.fetch_add(1, std::memory_order_relaxed);
  }

  // All of the batch in one transaction. Where that fails each record gets
  // one of its own, so that one bad record does not take the others with it.
  absl::Status Commit(const std::deque<Record>& batch) {
    absl::Status status = Transact(batch.begin(), batch.end());
    if (status.ok() || batch.size() == 1) return status;
    status = absl::OkStatus();
    for (auto record = batch.begin(); record != batch.end(); ++record)
      status.Update(Transact(record, record + 1));
    return status;
  }

  absl::Status Transact(std::deque<Record>::const_iterator first,
                        std::deque<Record>::const_iterator last) {
    absl::Status status = TryTransact(first, last);
    if (!status.ok()) {
      (void)connection_->Execute("ROLLBACK");
      CountError(status);
      return AddPath(status, path_);
    }
    int64_t rows = 0;
    for (auto record = first; record != last; ++record) rows += RowsOf(*record);
    writes_.fetch_add(rows, std::memory_order_relaxed);
    return absl::OkStatus();
  }

  absl::Status TryTransact(std::deque<Record>::const_iterator first,
                           std::deque<Record>::const_iterator last) {
    RW_RETURN_IF_ERROR(connection_->Execute(
        std::any_of(first, last, MustSurvivePowerCut)
            ? "PRAGMA synchronous = FULL; BEGIN IMMEDIATE"
            : "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE"));
    for (auto record = first; record != last; ++record)
      RW_RETURN_IF_ERROR(writer_->Write(*record));
    return connection_->Execute("COMMIT");
  }

  void KeepHouse() {
    const absl::Time limit = clock_.Now() - options_.retention;
    while (true) {
      const absl::StatusOr<int64_t> removed =
          writer_->incidents().RemoveClosedBefore(limit, kRemovalBatch);
      CountError(removed.status());
      if (!removed.ok() || *removed == 0) break;
      expired_.fetch_add(*removed, std::memory_order_relaxed);
    }
    const absl::StatusOr<int64_t> events =
        writer_->events().RemoveOld(limit, kMaxEvents);
    CountError(events.status());
    expired_.fetch_add(events.value_or(0), std::memory_order_relaxed);
    while (true) {
      const absl::StatusOr<int64_t> removed =
          writer_->rescores().RemoveFinishedBefore(limit, kRemovalBatch);
      CountError(removed.status());
      if (!removed.ok() || *removed == 0) break;
      expired_.fetch_add(*removed, std::memory_order_relaxed);
    }
    KeepUnderCap();
  }

  void KeepUnderCap() {
    int64_t bytes = BytesOnDisk();
    if (bytes > options_.max_bytes) {
      while (true) {
        CountError(connection_->Execute("PRAGMA incremental_vacuum"));
        CountError(connection_->Checkpoint(true));
        bytes = BytesOnDisk();
        if (bytes <= options_.max_bytes) break;
        // Re-runs first: what they came to stands in their incident.
        absl::StatusOr<int64_t> removed =
            writer_->rescores().RemoveFinishedBefore(clock_.Now() - kRerunsKept,
                                                     kRemovalBatch);
        if (removed.ok() && *removed == 0)
          removed = writer_->incidents().RemoveClosedBefore(
              absl::InfiniteFuture(), kRemovalBatch);
        CountError(removed.status());
        if (!removed.ok() || *removed == 0) break;
        expired_.fetch_add(*removed, std::memory_order_relaxed);
      }
    }
    database_bytes_.store(bytes, std::memory_order_relaxed);
    over_cap_.store(bytes > options_.max_bytes, std::memory_order_relaxed);
  }

  int64_t BytesOnDisk() {
    const absl::StatusOr<int64_t> bytes = connection_->ReadInt(
        "SELECT page_count * page_size FROM pragma_page_count, "
        "pragma_page_size");
    CountError(bytes.status());
    struct stat log = {};
    const bool has_log = stat((path_ + "-wal").c_str(), &log) == 0;
    return bytes.value_or(0) + (has_log ? log.st_size : 0);
  }

  const SqliteStoreOptions options_;
  const std::string path_;
  const std::optional<FileDescriptor> lock_;
  const WallClock wall_clock_;
  const Clock& clock_;

  Mutex reader_mutex_;
  Connection reader_ ABSL_GUARDED_BY(reader_mutex_);

  // Of the writer thread once it runs.
  std::optional<Connection> connection_;
  std::unique_ptr<Writer> writer_;

  mutable Mutex mutex_;
  std::condition_variable_any work_;
  std::condition_variable_any done_;
  std::deque<Record> queue_ ABSL_GUARDED_BY(mutex_);
  int64_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Numbers of records since the start, in the order of the queue.
  int64_t enqueued_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t committed_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t flush_wanted_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t synced_ ABSL_GUARDED_BY(mutex_) = 0;
  // The first failed write that no Flush() has told of.
  absl::Status unreported_error_ ABSL_GUARDED_BY(mutex_);

  std::atomic<int64_t> writes_ = 0;
  std::atomic<int64_t> errors_ = 0;
  std::atomic<int64_t> dropped_ = 0;
  std::atomic<int64_t> expired_ = 0;
  std::atomic<int64_t> database_bytes_ = 0;
  std::atomic<bool> over_cap_ = false;

  std::thread thread_;
};

absl::StatusOr<Connection> OpenForReading(const std::string& path) {
  RW_ASSIGN_OR_RETURN(Connection connection, Connection::Open(path));
  RW_RETURN_IF_ERROR(connection.Execute("PRAGMA query_only = ON"));
  return connection;
}

absl::StatusOr<Connection> OpenForWriting(const std::string& path) {
  RW_ASSIGN_OR_RETURN(Connection connection, Connection::Open(path));
  RW_RETURN_IF_ERROR(CheckIntegrity(connection));
  RW_RETURN_IF_ERROR(CheckVersion(connection, /*read_only=*/false));
  // auto_vacuum only takes effect before the first table.
  RW_RETURN_IF_ERROR(connection.Execute("PRAGMA auto_vacuum = INCREMENTAL"));
  RW_RETURN_IF_ERROR(connection.Execute("PRAGMA journal_mode = WAL"));
  RW_RETURN_IF_ERROR(connection.Execute(
      "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
      "PRAGMA journal_size_limit = 8388608"));
  RW_RETURN_IF_ERROR(Migrate(connection));
  return connection;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteStore>> OpenSqliteStore(
    SqliteStoreOptions options) {
  if (options.folder.empty())
    return absl::InvalidArgumentError("storage without a folder");
  if (options.max_bytes <= 0 || options.max_queued_records <= 0 ||
      options.max_queued_bytes <= 0 ||
      options.retention <= absl::ZeroDuration() ||
      options.housekeeping_interval <= absl::ZeroDuration() ||
      options.housekeeping_interval > absl::Hours(24 * 365))
    return absl::InvalidArgumentError("storage limits must be above 0");
  const std::string path = options.folder + "/reasonwatch.db";
  std::optional<FileDescriptor> lock;
  std::optional<Connection> writer;
  if (options.read_only) {
    if (access(path.c_str(), F_OK) != 0 && errno != ENOENT && errno != ENOTDIR)
      return SystemError(errno, "can't open", path);
    if (access(path.c_str(), F_OK) != 0)
      return absl::NotFoundError(absl::StrFormat("no database %s", path));
  } else {
    RW_RETURN_IF_ERROR(MakeFolder(options.folder));
    RW_ASSIGN_OR_RETURN(FileDescriptor held, LockFolder(options.folder));
    lock.emplace(std::move(held));
    // SQLite would make it readable for all; its other files copy this mode.
    // Closed before SQLite opens it: to close any descriptor of a file drops
    // this process's locks on it, and the next `incidents` would then take
    // itself for the last user and delete the log under the daemon.
    {
      const FileDescriptor made(
          open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
      if (made.get() < 0) return SystemError(errno, "can't open", path);
    }
    absl::StatusOr<Connection> opened = OpenForWriting(path);
    if (!opened.ok()) return AddPath(opened.status(), path);
    writer.emplace(*std::move(opened));
  }
  absl::StatusOr<Connection> reader = OpenForReading(path);
  if (reader.ok() && options.read_only) {
    const absl::Status checked = CheckVersion(*reader, /*read_only=*/true);
    if (!checked.ok()) reader = checked;
  }
  if (!reader.ok()) return AddPath(reader.status(), path);

  auto store = std::make_unique<SqliteStoreImpl>(
      std::move(options), path, std::move(lock), *std::move(reader));
  if (writer.has_value())
    RW_RETURN_IF_ERROR(store->StartWriter(*std::move(writer)));
  return store;
}

}  // namespace reasonwatch
