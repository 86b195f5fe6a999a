// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/settings.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

namespace reasonwatch {
namespace {

// Workers: more than eight models at once are rare, and each has its queue.
constexpr int kMaxShards = 8;

// As many show that it is no single case.
constexpr int kMaxFailuresReported = 5;

}  // namespace

WatchOptions WatchOptionsOf(const Config& config) {
  WatchOptions watch;
  watch.budget.critical_per_30_days = config.false_alarms.critical_per_30_days;
  watch.budget.warning_per_30_days = config.false_alarms.warning_per_30_days;
  watch.budget.fleet_share = config.false_alarms.fleet_share;
  watch.budget.mean_responses = config.false_alarms.mean_responses;
  watch.enabled_signals = 0;
  for (int i = 0; i < kSignalCount; ++i) {
    const auto it =
        config.signals.find(std::string(SignalName(static_cast<Signal>(i))));
    if (it != config.signals.end() && !it->second.enabled) continue;
    watch.enabled_signals |= 1u << i;
  }
  watch.budget.enabled_signals = watch.enabled_signals;
  watch.reference.cap = config.reference.cap;
  watch.reference.min_span = config.reference.min_span;
  watch.reference.freeze = config.reference.freeze;
  watch.reference.from_solved = config.reference.from_solved;
  return watch;
}

ModelProfile ProfileOf(const Config& config, const std::string& model) {
  ModelProfile profile;
  profile.learn_prefix = true;
  const std::string& from = config.streams.route_from;
  profile.route_from = from == "task"            ? RouteFrom::kTask
                       : from == "system_prompt" ? RouteFrom::kSystemPrompt
                       : from == "none"          ? RouteFrom::kNone
                                                 : RouteFrom::kRoute;
  profile.format = FormatPolicyOf(config, model);
  const auto it = config.models.find(model);
  if (it == config.models.end()) return profile;
  profile.context_window = it->second.context_window;
  return profile;
}

IncidentOptions IncidentOptionsOf(const Config& config) {
  IncidentOptions options;
  for (int i = 0; i < kSignalCount; ++i) {
    const auto it =
        config.signals.find(std::string(SignalName(static_cast<Signal>(i))));
    if (it != config.signals.end() && it->second.shadow)
      options.alerting_signals &= ~(1u << i);
  }
  return options;
}

PipelineOptions PipelineOptionsOf(const Config& config) {
  PipelineOptions options;
  options.shards = std::clamp(
      static_cast<int>(std::thread::hardware_concurrency()), 1, kMaxShards);
  options.queue_records = config.queue.records;
  options.queue_bytes = config.queue.bytes;
  options.max_streams = config.streams.max;
  options.watch = WatchOptionsOf(config);
  options.incidents = IncidentOptionsOf(config);
  options.profile_of = [config](const std::string& model) {
    return ProfileOf(config, model);
  };
  options.checkpoint_interval = config.storage.checkpoint_interval;
  return options;
}

CommandGraderOptions GraderOptionsOf(const Config& config, bool lasting) {
  CommandGraderOptions options;
  options.command = config.grading.command;
  options.timeout = config.grading.timeout;
  options.memory_bytes = config.grading.max_memory;
  if (lasting) {
    options.restarts = -1;
    options.first_rest = absl::Seconds(1);
  }
  return options;
}

StandardEvaluator::AnswerGrader GraderOf(
    const Config& config, bool lasting,
    std::function<void(const absl::Status&)> on_failure) {
  if (config.grading.command.empty()) return nullptr;
  const auto command =
      std::make_shared<CommandGrader>(GraderOptionsOf(config, lasting));
  return [command, lasting,
          on_failure = std::move(on_failure)](const GradingQuestion& q) {
    const absl::StatusOr<Grade> grade =
        command->Ask(q.problem_id, q.kind, q.gold, q.answer);
    // While the command rests, each answer would be reported.
    if (!grade.ok() && !(lasting && absl::IsResourceExhausted(grade.status())))
      on_failure(grade.status());
    return grade.value_or(Grade::kUngradable);
  };
}

std::function<void(const absl::Status&)> ReportGraderFailures(
    std::ostream& messages) {
  return [&messages, reported = 0](const absl::Status& why) mutable {
    if (++reported > kMaxFailuresReported) return;
    messages << "grading.command: " << why.message()
             << "; the answer is ungradable"
             << (reported == kMaxFailuresReported
                     ? " (further failures are not told)\n"
                     : "\n");
  };
}

}  // namespace reasonwatch
