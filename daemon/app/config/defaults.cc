// SPDX-License-Identifier: Apache-2.0
// Defaults of the configuration that belong to a room: copied from its Options.
#include "answers/command/live_grader.h"
#include "daemon/api/server.h"
#include "daemon/app/config/config.h"
#include "daemon/pipeline/options.h"
#include "detectors/level/budget.h"
#include "detectors/reference/options.h"
#include "rescore/judge/chain_rater.h"
#include "rescore/options.h"
#include "storage/sqlite_store.h"

namespace reasonwatch {

HttpConfig::HttpConfig()
    : listen(HttpOptions().listen),
      max_connections(HttpOptions().max_connections) {}

StreamsConfig::StreamsConfig() : max(PipelineOptions().max_streams) {}

QueueConfig::QueueConfig() {
  const PipelineOptions defaults;
  records = defaults.queue_records;
  bytes = defaults.queue_bytes;
}

ReferenceConfig::ReferenceConfig() {
  const ReferenceOptions defaults;
  min_span = defaults.min_span;
  cap = defaults.cap;
  freeze = defaults.freeze;
  from_solved = defaults.from_solved;
}

FalseAlarmsConfig::FalseAlarmsConfig() {
  const BudgetOptions defaults;
  critical_per_30_days = defaults.critical_per_30_days;
  warning_per_30_days = defaults.warning_per_30_days;
  fleet_share = defaults.fleet_share;
  mean_responses = defaults.mean_responses;
}

StorageConfig::StorageConfig() {
  const SqliteStoreOptions defaults;
  max_bytes = defaults.max_bytes;
  retention = defaults.retention;
  checkpoint_interval = PipelineOptions().checkpoint_interval;
}

GradingConfig::GradingConfig() {
  const LiveGraderOptions defaults;
  timeout = defaults.command.timeout;
  max_memory = defaults.command.memory_bytes;
  queue = defaults.records;
}

CanariesConfig::CanariesConfig()
    : per_hour(RescorerOptions().canaries_per_hour) {}

JudgeConfig::JudgeConfig()
    : tokens_per_hour(ChainRaterOptions().tokens_per_hour) {}

RescoreConfig::RescoreConfig() {
  const RescorerOptions defaults;
  tokens_per_hour = defaults.tokens_per_hour;
  requests_per_hour = defaults.requests_per_hour;
  group = defaults.group;
  max_running = defaults.headroom.max_running;
  timeout = defaults.timeout;
  localise = defaults.localise;
  filled_context = defaults.filled_context;
}

}  // namespace reasonwatch
