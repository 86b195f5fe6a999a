// The seams between the parts. Declared here, implemented in the leaves, put
// together in daemon/.
#ifndef REASONWATCH_CORE_PORTS_H_
#define REASONWATCH_CORE_PORTS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/incident.h"
#include "core/response.h"
#include "core/scored.h"
#include "core/verdict.h"

namespace reasonwatch {

// Reads a response and leaves numbers. Pure: no clock, no I/O, no thread of
// its own; the same response gives the same Scored until the baseline or the
// profile behind it is replaced. Safe to call from several threads.
class Evaluator {
 public:
  virtual ~Evaluator() = default;
  virtual Scored Evaluate(const Response& response) const = 0;
};

// Time as the daemon sees it: the wall clock live, the latest response's time
// in a replay. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

// What decides whether an answer to a problem of the baseline is right.
enum class ProblemKind : uint8_t {
  kGold,   // the expected answer, or the caller's verdict
  kAgreed  // what the model itself used to answer; nobody said it is right
};

// A solved or failed problem of the baseline, without its text.
struct BaselineProblem {
  std::string model;
  // Of the normalised prompt, or of the id; keyed for kAgreed.
  uint64_t digest = 0;
  std::string id;  // the caller's name for it
  AnswerKind answer_kind = AnswerKind::kUnknown;
  std::string gold;  // expected answer, "" = the caller's verdict decides
  int32_t trials = 0;
  int32_t failures = 0;
  ProblemKind kind = ProblemKind::kGold;
  std::string family{};  // "algebra", "rates"; "" = nobody named one
};

// The words of an imported problem, to ask it again. Problems that were learnt
// from live traffic have none.
struct ProblemText {
  std::string prompt;         // or
  std::string messages_json;  // OpenAI chat form
  std::string system_prompt;
};

// Something that happened to a model, for the time line of its incidents.
struct ModelEvent {
  int64_t id = 0;  // given by the store
  absl::Time time = absl::InfinitePast();
  std::string model;
  // "engine", "fingerprint", "weights_version", "template_hash": live traffic
  // or the endpoint began to show another one; "deployment", "rebase": the
  // operator's word; "baseline": a baseline was taken over.
  std::string kind;
  std::string old_value;
  std::string new_value;
  bool expected = false;  // the operator wants it
  std::string note;
};

// A named piece of detector state. The bytes are the owner's business.
struct StateBlob {
  std::string kind;  // "watch", "reference_rows/3"
  std::string key;   // model
  int32_t version = 1;
  std::string bytes;
};

// What survives a restart. All writes are asynchronous: they are queued in
// memory (bounded) for a writer thread and return at once; a full queue drops
// the write, counts it and returns ResourceExhausted. Reads are synchronous
// and only used at start and by commands. Thread-safe.
class Store {
 public:
  virtual ~Store() = default;

  // Replaces the blobs of one checkpoint, all or none of them.
  virtual absl::Status PutState(std::vector<StateBlob> blobs) = 0;
  virtual absl::StatusOr<std::vector<StateBlob>> LoadState() = 0;

  virtual absl::Status PutIncident(const Incident& incident) = 0;
  // Incidents with the state that they came of, so that a crash leaves both or
  // neither: an incident without its evidence would never close.
  virtual absl::Status PutIncidents(const std::vector<Incident>& incidents,
                                    std::vector<StateBlob> state) = 0;
  // Newest first. limit <= 0: all.
  virtual absl::StatusOr<std::vector<Incident>> LoadIncidents(bool open_only,
                                                              int limit) = 0;
  virtual absl::StatusOr<Incident> LoadIncident(std::string_view id) = 0;

  virtual absl::Status PutProblems(std::vector<BaselineProblem> problems) = 0;
  virtual absl::StatusOr<std::vector<BaselineProblem>> LoadProblems() = 0;

  // NotFound where the problem was not imported with its words.
  virtual absl::StatusOr<ProblemText> LoadProblemText(std::string_view model,
                                                      uint64_t digest) = 0;

  virtual absl::Status PutEvent(const ModelEvent& event) = 0;
  // Of a model (empty: of all) in [from, to], the latest `limit`, oldest first.
  virtual absl::StatusOr<std::vector<ModelEvent>> LoadEvents(
      std::string_view model, absl::Time from, absl::Time to, int limit) = 0;
  // Replaces the job of this id and adds its samples. Survives a power cut.
  virtual absl::Status PutRescoreJob(const RescoreJob& job) = 0;
  // Those not finished and those finished at `since` or later, oldest first,
  // with their samples.
  virtual absl::StatusOr<std::vector<RescoreJob>> LoadRescoreJobs(
      absl::Time since) = 0;

  // Small facts by name, e.g. "checkpoint_time_ns".
  virtual absl::Status PutFact(std::string_view name,
                               std::string_view value) = 0;
  virtual absl::StatusOr<std::string> LoadFact(std::string_view name) = 0;

  // Waits until everything queued so far is on disk.
  virtual absl::Status Flush(absl::Duration deadline) = 0;
};

struct StoreStatistics {
  int64_t writes = 0;           // blobs, incidents, problems written
  int64_t errors = 0;           // failed transactions
  int64_t dropped = 0;          // writes that met a full queue
  int64_t queued = 0;           // waiting now
  int64_t database_bytes = 0;   // file and write-ahead log
  int64_t expired_records = 0;  // removed by retention or the disk cap
};

// One question to a model. Every sampling field is sent as it stands here, so
// that a server's own defaults do not come in; NaN = not sent, where the
// baseline was asked so.
struct SampleRequest {
  std::string model;
  std::string messages_json;  // OpenAI chat form, or
  std::string prompt;
  double temperature = 1;
  double top_p = 1;
  int64_t max_tokens = 4096;
  int64_t seed = 0;
  int n = 1;  // choices; a server that can't gives one
  Thinking thinking = Thinking::kUnstated;
  std::string effort;      // "" = not sent
  std::string cache_salt;  // "" = the cache as it is
  bool stream = false;
  int32_t top_logprobs = 0;  // 0 = none
  absl::Duration timeout = absl::Minutes(5);
  std::string id;  // begins with "rw-", so that taps know it as our own
  // Turned true from another thread: give up within a second (Cancelled). May
  // be null.
  const std::atomic<bool>* stop = nullptr;
};

// How busy the server is; NaN = it does not say.
struct LoadReading {
  double waiting = std::numeric_limits<double>::quiet_NaN();   // requests
  double running = std::numeric_limits<double>::quiet_NaN();   // requests
  double kv_usage = std::numeric_limits<double>::quiet_NaN();  // 0..1
  // Since the server's start, all requests together.
  double generated_tokens = std::numeric_limits<double>::quiet_NaN();
};

// Asks a model server. Thread-safe. The raw body stands in Response::body, for
// the same Evaluator as live responses; origin is kRescore.
class ModelClient {
 public:
  virtual ~ModelClient() = default;
  virtual absl::StatusOr<std::vector<Response>> Sample(
      const SampleRequest& request) = 0;
  // Unimplemented: no metrics are known of this server.
  virtual absl::StatusOr<LoadReading> Load() = 0;
  virtual absl::StatusOr<Regime> ReadRegime(std::string_view model) = 0;
};

// Keeps the text of a suspicious response. Off by default; when it is on, the
// redactor has run before Keep() and size and age are capped.
class EvidenceStore {
 public:
  virtual ~EvidenceStore() = default;
  // Returns a reference for Scored, or 0 when evidence is off.
  virtual uint64_t Keep(std::string_view model, std::string_view response_id,
                        std::string_view redacted_text) = 0;
};

// Tells somebody of an incident. Must not block.
class Notifier {
 public:
  virtual ~Notifier() = default;
  virtual void Notify(const IncidentEvent& event) = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_PORTS_H_
