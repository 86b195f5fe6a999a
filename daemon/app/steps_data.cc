// SPDX-License-Identifier: Apache-2.0
// Steps of the start that bring knowledge and storage: the log, the data
// folder, the evaluator, the state of an earlier run and the baselines.
#include <grpc/support/log.h>
#include <signal.h>

#include <utility>

#include "core/version.h"
#include "daemon/app/app.h"
#include "daemon/app/config/config_files.h"
#include "daemon/app/data_folder.h"
#include "daemon/app/harden.h"
#include "daemon/app/log.h"
#include "daemon/app/log_events.h"
#include "daemon/app/recorded_baseline.h"
#include "daemon/app/saved_state.h"
#include "daemon/app/settings.h"
#include "daemon/app/stored_baseline.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

// Deployments before the start that the metrics name: the latest of each model
// is among them unless one model had so many.
constexpr int kMaxDeployments = 100;

}  // namespace

absl::Status App::PrepareProcess() {
  HardenProcess();
  return absl::OkStatus();
}

absl::Status App::StartLogging() {
  RW_RETURN_IF_ERROR(StartLog(config_.log_level));
  // gRPC writes a line for each failed handshake, so clients could flood the
  // log. The tap counts refused calls.
  gpr_set_log_function([](gpr_log_func_args*) {});
  for (const std::string& warning : OpenListeners(config_))
    LogWarning("open_listener", {{"warning", warning}});
  if (const absl::Status modes = CheckSecretModes(config_); !modes.ok())
    LogWarning("loose_secret", {{"warning", std::string(modes.message())}});
  LogInfo("start", {{"version", kVersion}, {"data", config_.storage.path}});
  return absl::OkStatus();
}

absl::Status App::BlockSignals() {
  signals_ = std::make_unique<BlockedSignals>();
  // A client that hangs up is an error of write(), not the end of the process.
  ::signal(SIGPIPE, SIG_IGN);
  return absl::OkStatus();
}

void App::UnblockSignals(absl::Duration) { signals_.reset(); }

absl::Status App::StartTelemetry() {
  telemetry_ = std::make_unique<Telemetry>(TelemetryOptions{
      .version = kVersion, .max_streams = config_.streams.max});
  return absl::OkStatus();
}

void App::StopTelemetry(absl::Duration) { telemetry_.reset(); }

absl::Status App::OpenDataFolder() {
  SqliteStoreOptions options;
  options.folder = config_.storage.path;
  options.max_bytes = config_.storage.max_bytes;
  options.retention = config_.storage.retention;
  options.memory_if_unwritable = true;
  options.on_health = LogStoreHealth;
  RW_ASSIGN_OR_RETURN(store_, OpenSqliteStore(std::move(options)));
  return absl::OkStatus();
}

void App::CloseDataFolder(absl::Duration deadline) {
  const absl::Status flushed = store_->Flush(deadline);
  if (!flushed.ok())
    LogError("not_saved", {{"error", std::string(flushed.message())}});
  store_.reset();
}

absl::Status App::ReadSessionKey() {
  absl::StatusOr<std::string> key = SessionKey(config_.storage.path);
  if (!key.ok() && store_->Health().memory_only) {
    LogError("session_key_not_saved",
             {{"error", std::string(key.status().message())}});
    key = NewSessionKey();
  }
  RW_ASSIGN_OR_RETURN(session_key_, std::move(key));
  return absl::OkStatus();
}

absl::Status App::MakeEvaluator() {
  evaluator_ = std::make_unique<StandardEvaluator>(session_key_);
  // Re-runs and imports wait for a process of their own.
  evaluator_->SetGrader(GraderOf(config_, /*lasting=*/true, LogGraderFailure));
  evaluator_->SetDefaultProfile(ProfileOf(config_, ""));
  for (const auto& [model, settings] : config_.models)
    evaluator_->SetProfile(model, ProfileOf(config_, model));
  return absl::OkStatus();
}

void App::DropEvaluator(absl::Duration) { evaluator_.reset(); }

absl::Status App::StartGrader() {
  if (config_.grading.command.empty()) return absl::OkStatus();
  LiveGraderOptions options;
  options.command = GraderOptionsOf(config_, /*lasting=*/true);
  options.records = config_.grading.queue;
  options.on_failure = LogGraderFailure;
  grader_ = std::make_unique<LiveGrader>(std::move(options));
  const absl::Status started = grader_->Start();
  if (!started.ok()) grader_.reset();
  return started;
}

void App::StopGrader(absl::Duration) { grader_.reset(); }

absl::Status App::RestoreState() {
  return RestoreSavedState(*store_, *shards_, *telemetry_);
}

absl::Status App::ImportRecordedBaseline() {
  if (config_.baseline.path.empty()) return absl::OkStatus();
  return LearnRecordedBaseline(config_, *store_, *evaluator_, *shards_,
                               *telemetry_, rescoring_.get());
}

absl::Status App::OpenStoredBaselines() {
  MutexLock lock(stored_mutex_);
  BaselineStoreOptions options;
  options.folder = config_.storage.path;
  options.max_bytes = config_.storage.max_bytes;
  if (store_->Health().memory_only) options.database = store_->path();
  RW_ASSIGN_OR_RETURN(stored_, OpenBaselineStore(options));
  const absl::Status applied = ApplyStored(/*all_problems=*/true);
  if (!applied.ok()) stored_.reset();
  return applied;
}

void App::CloseStoredBaselines(absl::Duration) {
  MutexLock lock(stored_mutex_);
  stored_.reset();
}

absl::Status App::ApplyStored(bool all_problems) {
  RW_RETURN_IF_ERROR(
      ApplyStoredBaselines(*stored_, all_problems, *shards_, *telemetry_));
  if (rescoring_ == nullptr) return absl::OkStatus();
  RW_ASSIGN_OR_RETURN(const std::vector<StoredProblem> problems,
                      LoadStoredProblems(*stored_));
  rescoring_->SetStored(problems);
  return absl::OkStatus();
}

absl::Status App::RestoreDeployments() {
  RW_ASSIGN_OR_RETURN(
      const std::vector<ModelEvent> events,
      store_->LoadEvents("", absl::InfinitePast(), absl::InfiniteFuture(),
                         kMaxDeployments));
  for (const ModelEvent& event : events)
    telemetry_->SetDeployment(event.model, event.time);
  return absl::OkStatus();
}

}  // namespace reasonwatch
