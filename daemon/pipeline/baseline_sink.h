// SPDX-License-Identifier: Apache-2.0
// The port through which an importer of recordings gives away its results.
//
// An importer (daemon/recordings) calls, for each model in the order of their
// names: Begin(); SetHabits() if Begin() returned none. Then Observe() for
// every response of the recording, in its order, and Finish() for each model.
// One import a sink; not thread-safe.
#ifndef REASONWATCH_DAEMON_PIPELINE_BASELINE_SINK_H_
#define REASONWATCH_DAEMON_PIPELINE_BASELINE_SINK_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "baseline/matching/problem_index.h"
#include "core/response.h"
#include "features/habits/habits.h"

namespace reasonwatch {

struct Scored;

class BaselineSink {
 public:
  // How the model's recording is to be read.
  struct Start {
    // The prefix behind which the model's problems are known.
    std::string prefix;
    // The problems known so far; never null. The importer adds the recording's
    // and builds the index before the first Observe().
    std::shared_ptr<ProblemIndex> problems;
    // Null: the importer mines the recording's habits.
    std::shared_ptr<const HabitProfile> habits;
  };

  virtual ~BaselineSink() = default;

  // `prefix`: the beginning that the recording's prompts share, "" if none.
  // An error ends the import.
  virtual absl::StatusOr<Start> Begin(const std::string& model,
                                      const std::string& prefix) = 0;
  // The habits mined from the recording. Never null.
  virtual void SetHabits(const std::string& model,
                         std::shared_ptr<const HabitProfile> habits) = 0;
  // A recorded response of a model that has begun, and its readings.
  virtual void Observe(const Response& response, Scored scored) = 0;
  // No more responses of the model follow.
  virtual absl::Status Finish(const std::string& model) = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_BASELINE_SINK_H_
