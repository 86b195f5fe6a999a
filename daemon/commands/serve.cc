#include "daemon/commands/serve.h"

#include <grpc/support/log.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <thread>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "core/mutex.h"
#include "core/status_macros.h"
#include "core/strings.h"
#include "core/version.h"
#include "daemon/commands/baseline.h"
#include "daemon/commands/data_folder.h"
#include "daemon/export/telemetry.h"
#include "daemon/grader/live_grader.h"
#include "daemon/http/server.h"
#include "daemon/incident_json.h"
#include "daemon/log.h"
#include "daemon/pipeline/import_baseline.h"
#include "daemon/pipeline/settings.h"
#include "daemon/pipeline/shards.h"
#include "daemon/pipeline/stored_baseline.h"
#include "daemon/rescoring/service.h"
#include "daemon/rescoring/webhook.h"
#include "storage/baseline_store.h"
#include "storage/sqlite_store.h"
#include "tap/grpc/grpc_tap.h"

namespace reasonwatch {
namespace {

// For clients to end their calls. A connection that says nothing takes all of
// it, and supervisors kill what has not ended after 10 s.
constexpr absl::Duration kTapDeadline = absl::Seconds(3);
constexpr absl::Duration kFlushDeadline = absl::Seconds(5);
constexpr int kMaxTimeline = 100;
constexpr absl::Duration kRecentlyClosed = absl::Hours(24);

absl::StatusOr<std::string> ReadSecret(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream in(path, std::ios::binary);
  std::string secret((std::istreambuf_iterator<char>(in)),
                     std::istreambuf_iterator<char>());
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r'))
    secret.pop_back();
  if (!in || secret.empty())
    return absl::InvalidArgumentError(
        absl::StrFormat("can't read a token from %s", path));
  return secret;
}

std::string Digest(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)),
                          std::istreambuf_iterator<char>());
  return absl::StrFormat("%016x", StableHash(bytes));
}

void LogEvent(const IncidentEvent& event) {
  const Finding& f = event.finding;
  LogFields fields = {
      {"incident", event.incident.id},
      {"model", event.incident.model},
      {"route", event.incident.route},
      {"signal", std::string(SignalName(event.signal))},
      {"scope", std::string(ScopeName(event.incident.scope))},
      {"severity", std::string(SeverityName(event.incident.severity))},
      {"response", f.response_id},
      {"statistic", absl::StrFormat("%.4g", f.statistic)},
      {"threshold", absl::StrFormat("%.4g", f.threshold)}};
  if (!event.incident.causes.empty())
    fields.emplace_back("cause", event.incident.causes.front().cause);
  const std::string name =
      "incident_" + std::string(IncidentEventName(event.kind));
  if (event.kind == IncidentEvent::Kind::kOpened) {
    LogWarning(name, fields);
  } else {
    LogInfo(name, fields);
  }
}

void LogVerdict(const Verdict& v) {
  LogFields fields = {
      {"verdict", std::string(VerdictName(v.kind))},
      {"model", v.model},
      {"samples", std::to_string(v.samples)},
      {"bayes_factor", absl::StrFormat("%.4g", v.bayes_factor)}};
  if (!v.incident.empty()) fields.emplace_back("incident", v.incident);
  if (v.problem != 0)
    fields.emplace_back("problem", absl::StrFormat("%016x", v.problem));
  if (!v.reason.empty()) fields.emplace_back("reason", v.reason);
  for (const Difference& d : v.differences)
    if (!d.cause.empty()) fields.emplace_back("carried_by", d.name);
  if (v.kind == VerdictKind::kConfirmed) {
    LogWarning("rescore_verdict", fields);
  } else {
    LogInfo("rescore_verdict", fields);
  }
}

void LogGraderFailure(const absl::Status& why) {
  LogWarning("grader_failed", {{"error", std::string(why.message())}});
}

TapCounters CountersOf(const TapStatistics& s) {
  TapCounters c;
  c.records = s.records;
  c.dropped = s.dropped_by_reason;
  c.errors = s.errors_by_reason;
  if (s.invalid_utf8 > 0) c.errors["invalid_utf8"] = s.invalid_utf8;
  return c;
}

// What an earlier run left: detector state, incidents, and how long ago it
// saved last.
absl::Status Resume(SqliteStore& store, Shards& shards, Telemetry& telemetry) {
  RW_ASSIGN_OR_RETURN(std::vector<StateBlob> blobs, store.LoadState());
  RW_ASSIGN_OR_RETURN(std::vector<Incident> all,
                      store.LoadIncidents(/*open_only=*/false, 1000));
  std::vector<Incident> recent;
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    if (!it->open() && absl::Now() - it->closed > kRecentlyClosed) continue;
    telemetry.RestoreIncident(*it);
    recent.push_back(*it);
  }
  const absl::Status restored = shards.Restore(blobs, recent);
  if (!restored.ok())
    LogError("state_not_restored",
             {{"error", std::string(restored.message())}});
  const auto saved = store.LoadFact("checkpoint_ns");
  int64_t saved_ns = 0;
  if (!saved.ok() || !absl::SimpleAtoi(*saved, &saved_ns))
    return absl::OkStatus();
  const absl::Duration gap = absl::Now() - absl::FromUnixNanos(saved_ns);
  telemetry.SetRestartGap(gap);
  LogInfo(
      "resumed",
      {{"gap_seconds", absl::StrFormat("%.3f", absl::ToDoubleSeconds(gap))},
       {"open_incidents", std::to_string(std::count_if(
                              recent.begin(), recent.end(),
                              [](const Incident& i) { return i.open(); }))}});
  for (const auto& [model, id] : shards.LastResponses())
    LogInfo("resumed_model", {{"model", model}, {"last_response", id}});
  return absl::OkStatus();
}

// `rescoring` may be null.
absl::Status LearnBaseline(const Config& config, SqliteStore& store,
                           Shards& shards, Telemetry& telemetry,
                           RescoreService* rescoring) {
  const std::string& path = config.baseline.path;
  if (path.empty()) return absl::OkStatus();
  RW_ASSIGN_OR_RETURN(
      const RecordedFile file,
      ReadRecordedFile(path, [&](int64_t line, std::string_view why) {
        LogWarning("baseline_line_skipped", {{"file", path},
                                             {"line", std::to_string(line)},
                                             {"error", std::string(why)}});
      }));
  const std::string digest = Digest(path);
  const auto known = store.LoadFact("baseline_digest");
  const bool learn = !known.ok() || *known != digest;
  const Shards::Imported imported = shards.Import(file.rows, learn);
  if (rescoring != nullptr) rescoring->SetProblems(file.rows);
  std::map<std::string, int64_t> problems;
  for (const BaselineProblem& p : imported.baseline) ++problems[p.model];
  for (const auto& [model, count] : problems)
    telemetry.SetBaseline(model, count,
                          std::numeric_limits<double>::quiet_NaN());
  // The digest last: with it, the next start takes the rest for kept.
  if (learn) {
    RW_RETURN_IF_ERROR(imported.saved);
    const absl::Status kept = store.PutProblems(imported.baseline);
    if (!kept.ok())
      LogWarning("problems_not_stored",
                 {{"error", std::string(kept.message())}});
    RW_RETURN_IF_ERROR(store.PutFact("baseline_digest", digest));
  }
  LogInfo("baseline", {{"file", path},
                       {"responses", std::to_string(imported.responses)},
                       {"problems", std::to_string(imported.problems)},
                       {"solved", std::to_string(imported.solved)},
                       {"learnt", learn ? "now" : "before"}});
  return absl::OkStatus();
}

}  // namespace

absl::Status Serve(const Config& config, const std::string& config_path) {
  RW_RETURN_IF_ERROR(StartLog(config.log_level));
  // Blocked before any thread starts, so that only the waiter below sees them.
  sigset_t signals;
  sigemptyset(&signals);
  for (int s : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, s);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  // gRPC writes a line for each failed handshake: clients could flood the log.
  // What it refuses is counted by the tap.
  gpr_set_log_function([](gpr_log_func_args*) {});
  LogInfo("start", {{"version", kVersion}, {"data", config.storage.path}});

  Telemetry telemetry({.version = kVersion, .max_streams = config.streams.max});
  SqliteStoreOptions store_options;
  store_options.folder = config.storage.path;
  store_options.max_bytes = config.storage.max_bytes;
  store_options.retention = config.storage.retention;
  RW_ASSIGN_OR_RETURN(std::unique_ptr<SqliteStore> store,
                      OpenSqliteStore(store_options));
  RW_ASSIGN_OR_RETURN(std::string session_key, SessionKey(config.storage.path));
  StandardEvaluator evaluator(std::move(session_key));
  // Re-runs and imports wait for a process of their own.
  evaluator.SetGrader(GraderOf(config, /*lasting=*/true, LogGraderFailure));
  {
    evaluator.SetDefaultProfile(ProfileOf(config, ""));
    for (const auto& [model, settings] : config.models)
      evaluator.SetProfile(model, ProfileOf(config, model));
  }

  std::unique_ptr<LiveGrader> grader;
  if (!config.grading.command.empty()) {
    LiveGraderOptions grader_options;
    grader_options.command = GraderOptionsOf(config, /*lasting=*/true);
    grader_options.records = config.grading.queue;
    grader_options.on_failure = LogGraderFailure;
    grader = std::make_unique<LiveGrader>(std::move(grader_options));
    RW_RETURN_IF_ERROR(grader->Start());
  }
  ShardsOptions shard_options;
  shard_options.grader = grader.get();
  shard_options.checkpoint_interval = config.storage.checkpoint_interval;
  shard_options.shards =
      std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 8);
  // Before what calls them, and gone after it.
  std::unique_ptr<Webhook> webhook;
  std::unique_ptr<RescoreService> rescoring;
  shard_options.can_confirm = CanRescore(config);
  if (shard_options.can_confirm)
    shard_options.on_scored = [&](const Scored& scored) {
      rescoring->rescorer().Observe(scored);
    };
  if (shard_options.can_confirm)
    shard_options.on_accepted = [&](const std::string& model) {
      rescoring->rescorer().Forget(model);
    };
  Shards shards(config, shard_options, evaluator, telemetry, store.get(),
                [&](const IncidentEvent& event) {
                  LogEvent(event);
                  if (rescoring != nullptr)
                    rescoring->rescorer().Note(event.incident);
                  if (webhook != nullptr) webhook->Notify(event);
                });
  // Its verdicts go to the shards, so it must not outlive them.
  const absl::Cleanup stop_asking = [&] {
    if (rescoring != nullptr) rescoring->Stop();
  };
  if (!config.webhook.url.empty()) {
    WebhookOptions webhook_options;
    RW_ASSIGN_OR_RETURN(webhook_options.secret,
                        ReadSecret(config.webhook.secret_file));
    webhook = std::make_unique<Webhook>(
        std::move(webhook_options),
        PostTo(config.webhook.url, config.webhook.ca_file));
  }
  if (shard_options.can_confirm) {
    RW_ASSIGN_OR_RETURN(rescoring,
                        OpenRescoreService(config, evaluator, store.get(),
                                           [&](const Verdict& verdict) {
                                             LogVerdict(verdict);
                                             shards.TakeVerdict(verdict);
                                             if (webhook != nullptr)
                                               webhook->Tell(verdict);
                                           }));
  }
  RW_RETURN_IF_ERROR(Resume(*store, shards, telemetry));
  RW_RETURN_IF_ERROR(
      LearnBaseline(config, *store, shards, telemetry, rescoring.get()));
  RW_ASSIGN_OR_RETURN(
      const std::unique_ptr<BaselineStore> stored,
      OpenBaselineStore({.folder = config.storage.path,
                         .max_bytes = config.storage.max_bytes}));
  const auto take_stored = [&](bool all_problems) -> absl::Status {
    RW_RETURN_IF_ERROR(
        TakeStoredBaselines(*stored, all_problems, shards, telemetry));
    if (rescoring == nullptr) return absl::OkStatus();
    RW_ASSIGN_OR_RETURN(const auto problems, LoadStoredProblems(*stored));
    rescoring->SetStored(problems);
    return absl::OkStatus();
  };
  RW_RETURN_IF_ERROR(take_stored(/*all_problems=*/true));
  RW_ASSIGN_OR_RETURN(const std::vector<ModelEvent> told,
                      store->LoadEvents("", absl::InfinitePast(),
                                        absl::InfiniteFuture(), kMaxTimeline));
  for (const ModelEvent& event : told)
    telemetry.SetDeployment(event.model, event.time);
  shards.Start();
  if (rescoring != nullptr) {
    RW_ASSIGN_OR_RETURN(const std::vector<Incident> open,
                        store->LoadIncidents(/*open_only=*/true, 0));
    RW_RETURN_IF_ERROR(rescoring->rescorer().Resume(open));
    rescoring->Start();
  }

  std::atomic<bool> ready = false;
  std::atomic<int64_t> writes = 0;
  Mutex stored_mutex;  // of `stored`
  const auto reload = [&]() -> absl::Status {
    {
      MutexLock lock(stored_mutex);
      const absl::Status taken = take_stored(/*all_problems=*/false);
      if (!taken.ok()) {
        LogError("baseline_not_taken",
                 {{"error", std::string(taken.message())}});
        return taken;
      }
    }
    if (config_path.empty())
      return absl::FailedPreconditionError("started without --config");
    const auto fresh = LoadConfig(config_path);
    if (!fresh.ok()) {
      LogError("reload_failed",
               {{"error", std::string(fresh.status().message())}});
      return fresh.status();
    }
    shards.Reload(*fresh);
    const absl::Status log = StartLog(fresh->log_level);
    LogInfo("reloaded", {{"config", config_path}});
    return log;
  };
  HttpOptions http_options;
  http_options.listen = config.http.listen;
  http_options.tls_cert = config.http.tls.cert;
  http_options.tls_key = config.http.tls.key;
  http_options.tls_client_ca = config.http.tls.client_ca;
  RW_ASSIGN_OR_RETURN(http_options.bearer_token,
                      ReadSecret(config.http.token_file));
  HttpHandlers handlers;
  handlers.metrics = [&] {
    const StoreStatistics statistics = store->Statistics();
    telemetry.SetStore(statistics);
    telemetry.SetRescore(
        rescoring != nullptr ? rescoring->Counters() : RescoreCounters(),
        webhook != nullptr ? webhook->Counts()
                           : std::map<std::string, int64_t>());
    if (grader != nullptr)
      telemetry.SetGrader(grader->Answers(), grader->starts());
    // The writer lives if it has written, or has nothing to write.
    if (statistics.queued == 0 ||
        writes.exchange(statistics.writes) != statistics.writes)
      telemetry.Heartbeat(Stage::kStorage, absl::Now());
    return telemetry.Text();
  };
  handlers.ready = [&]() -> absl::Status {
    if (ready) return absl::OkStatus();
    return absl::UnavailableError("starting or stopping");
  };
  handlers.reload = reload;
  handlers.incidents = [&](bool open_only, int limit) {
    // What was told just now may still wait for the writer.
    store->Flush(absl::Seconds(1)).IgnoreError();
    return store->LoadIncidents(open_only, limit);
  };
  handlers.incident = [&](std::string_view id) {
    store->Flush(absl::Seconds(1)).IgnoreError();
    return store->LoadIncident(id);
  };
  handlers.streams = [&] { return shards.Snapshots(); };
  handlers.habits = [&] { return HabitsJson(evaluator.Habits()); };
  handlers.events = [&](std::string_view model, absl::Time from,
                        absl::Time to) {
    return store->LoadEvents(model, from, to, kMaxTimeline);
  };
  handlers.deployment = [&](const ModelEvent& event) {
    return TakeDeployment(event, *store, shards, telemetry);
  };
  handlers.baseline = [&]() -> absl::StatusOr<std::string> {
    MutexLock lock(stored_mutex);
    RW_ASSIGN_OR_RETURN(const std::vector<BaselineInfo> infos,
                        stored->Baselines());
    return BaselinesJson(infos);
  };
  RW_ASSIGN_OR_RETURN(std::unique_ptr<HttpServer> http,
                      StartHttpServer(http_options, handlers));

  std::unique_ptr<GrpcTap> tap;
  if (!config.tap_grpc.listen.empty() || !config.tap_grpc.unix_socket.empty()) {
    GrpcTapOptions tap_options;
    tap_options.listen = config.tap_grpc.listen;
    tap_options.unix_socket = config.tap_grpc.unix_socket;
    tap_options.max_message_bytes = config.tap_grpc.max_message_bytes;
    tap_options.max_streams = config.tap_grpc.max_streams;
    tap_options.max_connection_age = config.tap_grpc.max_stream_age;
    tap_options.tls_cert = config.tap_grpc.tls.cert;
    tap_options.tls_key = config.tap_grpc.tls.key;
    tap_options.tls_client_ca = config.tap_grpc.tls.client_ca;
    tap_options.token_file = config.tap_grpc.token_file;
    RW_ASSIGN_OR_RETURN(tap, StartGrpcTap(tap_options, shards));
    telemetry.AddTap("grpc", [&] { return CountersOf(tap->Statistics()); });
  }
  ready = true;
  LogInfo("ready", {{"http_port", std::to_string(http->BoundPort())},
                    {"tap_port", std::to_string(tap ? tap->BoundPort() : 0)},
                    {"tap_unix", config.tap_grpc.unix_socket}});

  while (true) {
    int received = 0;
    if (sigwait(&signals, &received) != 0) continue;
    if (received != SIGHUP) break;
    reload().IgnoreError();
  }
  LogInfo("stopping");
  ready = false;
  std::thread stop_http([&] { http->Stop(); });
  if (tap != nullptr) {
    tap->SetServing(false);
    tap->Stop(kTapDeadline);
    telemetry.RemoveTap("grpc");
  }
  stop_http.join();
  if (rescoring != nullptr) rescoring->Stop();
  shards.Stop();
  const absl::Status flushed = store->Flush(kFlushDeadline);
  if (!flushed.ok())
    LogError("not_saved", {{"error", std::string(flushed.message())}});
  LogInfo("stopped");
  return absl::OkStatus();
}

}  // namespace reasonwatch
