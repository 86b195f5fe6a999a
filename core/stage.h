// SPDX-License-Identifier: Apache-2.0
// The stages of a response's way through the daemon, and the ways in which it
// can leave them. Names are label values of metrics: add one, never rename one.
#ifndef REASONWATCH_CORE_STAGE_H_
#define REASONWATCH_CORE_STAGE_H_

#include <cstdint>
#include <string_view>

#include "util/enum_names.h"

namespace reasonwatch {

enum class Stage : uint8_t {
  kTap,        // bytes -> Response
  kEvaluate,   // Response -> Scored
  kOrder,      // holds responses until their start's turn
  kDetect,     // Scored -> findings
  kIncidents,  // findings -> incident events
  kStorage,    // state that survives a restart
  kCount
};
inline constexpr int kStageCount = static_cast<int>(Stage::kCount);
inline constexpr EnumNames<Stage, kStageCount> kStageNames = {
    {"tap", "evaluate", "order", "detect", "incidents", "storage"}};
static_assert(AllNamed(kStageNames));
inline std::string_view StageName(Stage stage) {
  return NameOf(kStageNames, stage);
}

// The outcome of a response that was read.
enum class ResponseOutcome : uint8_t {
  kScored,      // live, and readable; a DropReason may still drop it
  kUnreadable,  // no number could be read, or the server gave an error
  kNotLive,     // canary, re-run or self-test
  kCount
};
inline constexpr int kResponseOutcomeCount =
    static_cast<int>(ResponseOutcome::kCount);
inline constexpr EnumNames<ResponseOutcome, kResponseOutcomeCount>
    kResponseOutcomeNames = {{"scored", "unreadable", "not_live"}};
static_assert(AllNamed(kResponseOutcomeNames));
inline std::string_view ResponseOutcomeName(ResponseOutcome outcome) {
  return NameOf(kResponseOutcomeNames, outcome);
}

// Every reason for which a stage behind the tap drops a response or a write;
// docs/architecture.md has the same table.
enum class DropReason : uint8_t {
  kQueueFull,     // the queue of the model's shard, or of the store's writer
  kDuplicate,     // the same response came within the last 10 minutes
  kStartup,       // began before its model was heard for the first time
  kStreamLimit,   // its stream is over streams.max
  kReplicaLimit,  // its replica is over the limit of the model
  kCount
};
inline constexpr int kDropReasonCount = static_cast<int>(DropReason::kCount);
inline constexpr EnumNames<DropReason, kDropReasonCount> kDropReasonNames = {
    {"queue_full", "duplicate", "startup", "stream_limit", "replica_limit"}};
static_assert(AllNamed(kDropReasonNames));
inline std::string_view DropReasonName(DropReason reason) {
  return NameOf(kDropReasonNames, reason);
}

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_STAGE_H_
