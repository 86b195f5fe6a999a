// SPDX-License-Identifier: Apache-2.0
// Counters of re-scoring, for metrics and progress. Thread-safe.
#ifndef REASONWATCH_RESCORE_TALLY_H_
#define REASONWATCH_RESCORE_TALLY_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "rescore/judge/chain_rater.h"
#include "util/mutex.h"

namespace reasonwatch {

struct RescoreCounters {
  std::map<std::string, int64_t> jobs;      // "created", "finished", "dropped"
  std::map<std::string, int64_t> verdicts;  // by name
  std::map<std::string, int64_t> errors;    // by name
  int64_t samples = 0;
  int64_t tokens = 0;      // of output
  int64_t yielded = 0;     // questions given up for others' requests
  int64_t queued = 0;      // jobs that are not finished
  bool gate_open = false;  // HeadroomGate::room()
  // Why the last question was not answered: "gate_shut", "budget", or the name
  // of an error. "slow" = it was answered, or is under way.
  std::string blocked = "slow";
  // When that may be over; InfiniteFuture: nobody knows.
  absl::Time blocked_until = absl::InfiniteFuture();
  std::string load_error;    // why the server's load can't be read; "" = it can
  ChainRaterCounters judge;  // filled in by the owner of a ChainRater
};

class RescoreTally {
 public:
  // Counts one of this name. Beyond 32 names of a kind all new ones are
  // "other".
  void Count(std::map<std::string, int64_t> RescoreCounters::*which,
             std::string_view name);
  void Add(int64_t RescoreCounters::*which, int64_t count);
  void SetGate(bool room);
  void SetBlocked(std::string_view why,
                  absl::Time until = absl::InfiniteFuture());
  void SetLoadError(std::string_view error);
  std::string Blocked() const;
  // Samples asked and wanted at most, over the jobs that are not finished.
  void SetQueue(int64_t jobs, std::pair<int, int> progress);

  RescoreCounters Read() const;
  std::pair<int, int> Progress() const;

 private:
  mutable Mutex mutex_;
  RescoreCounters counters_ ABSL_GUARDED_BY(mutex_);
  std::pair<int, int> progress_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_TALLY_H_
