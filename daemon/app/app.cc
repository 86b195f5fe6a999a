// SPDX-License-Identifier: Apache-2.0
// The list of steps, and the frame that runs and undoes them.
//
// The list says in which order the rooms start: everything that a step calls
// has started before it and is stopped after it. The steps themselves are in
// steps_data.cc (knowledge and storage), steps_live.cc (parts that work
// while the daemon runs) and steps_selftest.cc.
#include "daemon/app/app.h"

#include <signal.h>

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "daemon/app/config/config_files.h"
#include "daemon/app/log.h"
#include "daemon/app/settings.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Supervisors kill a process that has not ended after 10 s. The HTTP server
// stops beside the tap, so these add up to 3 + 5 s when nothing can be saved.
// A client that says nothing takes all of the tap's.
constexpr absl::Duration kTapDeadline = absl::Seconds(3);
constexpr absl::Duration kFlushDeadline = absl::Seconds(5);
constexpr absl::Duration kNone = absl::ZeroDuration();

}  // namespace

constexpr App::Step App::kSteps[] = {
    {"process", &App::PrepareProcess, nullptr, kNone},
    {"log", &App::StartLogging, nullptr, kNone},
    {"signals", &App::BlockSignals, &App::UnblockSignals, kNone},
    {"telemetry", &App::StartTelemetry, &App::StopTelemetry, kNone},
    {"data folder", &App::OpenDataFolder, &App::CloseDataFolder,
     kFlushDeadline},
    {"session key", &App::ReadSessionKey, nullptr, kNone},
    {"evaluator", &App::MakeEvaluator, &App::DropEvaluator, kNone},
    {"grader", &App::StartGrader, &App::StopGrader, kNone},
    {"webhook", &App::StartWebhook, &App::StopWebhook, kNone},
    {"evaluations", &App::StartEvaluationExport, &App::StopEvaluationExport,
     kNone},
    {"evidence", &App::StartEvidence, &App::StopEvidence, kNone},
    {"pipelines", &App::MakePipelines, &App::DropPipelines, kNone},
    {"re-scoring", &App::OpenRescoring, &App::CloseRescoring, kNone},
    {"saved state", &App::RestoreState, nullptr, kNone},
    {"recorded baseline", &App::ImportRecordedBaseline, nullptr, kNone},
    {"stored baselines", &App::OpenStoredBaselines, &App::CloseStoredBaselines,
     kNone},
    {"deployments", &App::RestoreDeployments, nullptr, kNone},
    {"workers", &App::StartPipelines, &App::StopPipelines, kNone},
    {"re-scoring jobs", &App::StartRescoring, &App::StopRescoring, kNone},
    {"http", &App::StartHttp, &App::StopHttp, kNone},
    {"taps", &App::StartTaps, &App::StopTaps, kTapDeadline},
    {"coverage", &App::StartCoverage, &App::StopCoverage, kNone},
    {"self-tests", &App::StartSelfTests, &App::StopSelfTests, kNone},
};

std::span<const App::Step> App::Steps() { return kSteps; }

App::App(Config config, std::string config_path)
    : config_(std::move(config)), config_path_(std::move(config_path)) {}

App::~App() { Stop(); }

absl::Status App::Start() {
  for (const Step& step : kSteps) {
    const absl::Status status = (this->*step.start)();
    if (status.ok()) {
      ++started_;
      continue;
    }
    const absl::Status named(
        status.code(),
        absl::StrCat(AbslView(step.name), ": ", status.message()));
    LogError("start_failed", {{"step", std::string(step.name)},
                              {"error", std::string(status.message())}});
    Stop();
    return named;
  }
  ready_ = true;
  LogFields fields = {{"http_port", std::to_string(HttpPort())}};
  for (auto& [name, value] : Endpoints())
    fields.emplace_back(name, std::move(value));
  LogInfo("ready", fields);
  return absl::OkStatus();
}

void App::WaitForEnd() {
  while (signals_->Wait() == SIGHUP) Reload().status().IgnoreError();
}

void App::Stop() {
  if (started_ == 0) return;
  const bool was_ready = ready_.exchange(false);
  if (was_ready) LogInfo("stopping");
  // Beside the tap: clients of both may take their time.
  if (http_ != nullptr) http_stopper_ = std::thread([this] { http_->Stop(); });
  while (started_ > 0) {
    const Step& step = kSteps[--started_];
    if (step.stop != nullptr) (this->*step.stop)(step.deadline);
  }
  if (was_ready) LogInfo("stopped");
}

absl::StatusOr<std::string> App::Reload() {
  {
    MutexLock lock(stored_mutex_);
    const absl::Status applied = ApplyStored(/*all_problems=*/false);
    if (!applied.ok()) {
      LogError("baseline_not_taken",
               {{"error", std::string(applied.message())}});
      return applied;
    }
  }
  if (config_path_.empty())
    return absl::FailedPreconditionError("started without --config");
  const absl::StatusOr<Config> fresh = LoadConfig(config_path_);
  if (!fresh.ok()) {
    LogError("reload_failed",
             {{"error", std::string(fresh.status().message())}});
    return fresh.status();
  }
  shards_->Reload(WatchOptionsOf(*fresh), IncidentOptionsOf(*fresh));
  if (texts_ != nullptr) texts_->SetConfig(*fresh);
  shadow_->Configure(*fresh);
  const absl::Status log = StartLog(fresh->log_level);
  LogInfo("reloaded", {{"config", config_path_}});
  RW_RETURN_IF_ERROR(log);
  const std::string left = absl::StrJoin(NeedsRestart(config_, *fresh), ", ");
  if (left.empty()) return std::string("ok\n");
  LogWarning("reload_needs_restart", {{"keys", left}});
  return absl::StrCat("ok, but these keys need a restart: ", left, "\n");
}

std::vector<std::string_view> App::Running() const {
  std::vector<std::string_view> names;
  for (size_t i = 0; i < started_; ++i) names.push_back(kSteps[i].name);
  return names;
}

}  // namespace reasonwatch
