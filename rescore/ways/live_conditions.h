// SPDX-License-Identifier: Apache-2.0
// The conditions under which live responses failed: how many requests ran at
// once, whether an earlier one had left its beginning in the cache, how full
// the context was, how it was delivered, and on which replica.
//
// Keeps a few facts of the latest live responses of each model, and no text.
#ifndef REASONWATCH_RESCORE_WAYS_LIVE_CONDITIONS_H_
#define REASONWATCH_RESCORE_WAYS_LIVE_CONDITIONS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/incident.h"
#include "util/mutex.h"

namespace reasonwatch {

struct Scored;

// One property of the failures, by which a way of asking can be like them.
enum class Condition : uint8_t {
  kConcurrent,  // two or more requests ran at once
  kWarm,        // an earlier request had the same beginning
  kFilled,      // a late turn, or a context over half full
  kStreamed,
  kUnstreamed,
  kReplica  // nearly all on one of several replicas
};

// The conditions that at least three quarters of the failed responses had, and
// so the conditions that asking again has to meet before it can clear them. The
// default is a failure of which nothing is known: nothing is needed.
struct FailureConditions {
  // The order is that of how much more often failed
  // responses had the condition than the others had.
  std::vector<Condition> needed;
  int failures = 0;     // that they were read from; 0 = from all responses
  int at_once = 1;      // requests at once, if kConcurrent is needed
  std::string replica;  // if kReplica is needed
  // The failures are known, and no replica is named for them: they may all come
  // from one.
  bool any_replica = false;

  bool Needs(Condition condition) const;
  bool operator==(const FailureConditions&) const = default;
};

// "concurrent", "warm", "filled", "streamed", "unstreamed" or "replica"; none
// for another name.
std::optional<Condition> ConditionNamed(std::string_view name);

// In a line of text, to be kept over a restart; "" for the default.
std::string ToText(const FailureConditions& conditions);
// The default if the text can't be read.
FailureConditions ConditionsFromText(std::string_view text);

// Thread-safe.
class LiveConditions {
 public:
  // Every live response.
  void Observe(const Scored& scored);
  // The conditions of the incident's failures since its onset, within its route
  // or replica. If fewer than kFewestFailures of its responses are known to
  // have failed, those of all of them.
  FailureConditions Of(const Incident& incident) const;

  static constexpr size_t kFewestFailures = 4;
  // Responses kept of a model; at 140 bytes and 64 models 5 MiB at most.
  static constexpr size_t kMaxResponses = 512;
  static constexpr size_t kMaxModels = 64;
  // More are never asked at once, however many ran.
  static constexpr int kMaxAtOnce = 16;

 private:
  struct Seen {
    absl::Time start;
    absl::Time end;
    std::string route;
    std::string replica;
    // Hashes that another request with the same beginning shares; 0 = none.
    uint64_t session = 0;
    uint64_t prompt = 0;
    uint64_t prefix = 0;
    bool failed = false;
    bool filled = false;
    bool streamed = false;
    int at_start = 0;   // requests that ran at its start; worked out by Of()
    int at_once = 0;    // the most that ran with it; likewise
    bool warm = false;  // likewise
  };
  static void WorkOut(std::vector<Seen>& seen);
  static bool IsIn(const Seen& seen, const Incident& incident);

  mutable Mutex mutex_;
  std::map<std::string, std::deque<Seen>> of_model_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_WAYS_LIVE_CONDITIONS_H_
