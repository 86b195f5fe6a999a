// SPDX-License-Identifier: Apache-2.0
// Settings of the live pipeline; daemon/app converts the configuration to them.
#ifndef REASONWATCH_DAEMON_PIPELINE_OPTIONS_H_
#define REASONWATCH_DAEMON_PIPELINE_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "answers/command/live_grader.h"
#include "core/stream_limit.h"
#include "detectors/watch_options.h"
#include "evaluator/standard_evaluator.h"
#include "incidents/options.h"

namespace reasonwatch {

class EvidenceSink;

struct PipelineOptions {
  int shards = 2;
  // The bounds of each shard's queue, which is full if either is reached. A
  // record is about 8 KB, so records are the bound on usual traffic and bytes
  // on long prompts.
  int64_t queue_records = 4096;
  int64_t queue_bytes = int64_t{32} << 20;
  // Streams that are watched; the others are counted only.
  int max_streams = kDefaultMaxStreams;
  WatchOptions watch;
  // With can_confirm: the model can be asked again, and incidents wait for a
  // verdict.
  IncidentOptions incidents;
  // The evaluator's profile of a model before anything is learnt of it. Null:
  // an empty profile.
  std::function<ModelProfile(const std::string& model)> profile_of;
  // A crash loses at most this much learning.
  absl::Duration checkpoint_interval = absl::Seconds(5);
  // Shorter than any usual interval of scrapes.
  absl::Duration snapshot_interval = absl::Seconds(1);
  // Grades the answers that the evaluator leaves open
  // (StandardEvaluator::SetGrader); null: the evaluator grades by itself.
  // Answers wait for it beside the queues, so nothing behind them does. Stopped
  // by Shards::Stop().
  LiveGrader* grader = nullptr;
  // Receives the texts of models whose operator wants them kept; null: none
  // are. Outlives the shards.
  EvidenceSink* evidence = nullptr;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_OPTIONS_H_
