// SPDX-License-Identifier: Apache-2.0
// `reasonwatch baseline record`: asks a model the problems of its baseline.
//
// Answers go to a file of recorded responses, each flushed when it has come;
// asked again with the same file it goes on behind its last answer, after
// SIGKILL too. `baseline import` then learns the file.
#ifndef REASONWATCH_DAEMON_RECORDINGS_RECORD_BASELINE_H_
#define REASONWATCH_DAEMON_RECORDINGS_RECORD_BASELINE_H_

#include <atomic>
#include <cstdint>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "core/intent.h"
#include "core/model_client.h"
#include "storage/baseline_store.h"

namespace reasonwatch {

struct BaselineRecordOptions {
  std::string endpoint;      // base URL, OpenAI-compatible
  std::string served_model;  // its name for the model, "" = `model`
  std::string api_key_file;  // "" = none
  std::string ca_file;       // "" = the system's certificates
  std::string model;
  std::string out;            // recorded responses, appended to
  std::string system_prompt;  // in place of each problem's own; "" = that
  std::string route;          // of the recorded responses, "" = none
  Thinking thinking = Thinking::kUnstated;  // the switch of chat templates
  std::string extra_body;  // JSON object, added to each request; "" = none
  int concurrency = 1;     // requests at once
  int n = 4;               // answers a problem
  int64_t limit = 0;       // problems at most, 0 = all
  double temperature = 1;
  double top_p = 1;
  int64_t max_tokens = 4096;
  absl::Duration timeout = absl::Minutes(5);
  bool progress = true;  // a bar, if `messages` is a terminal
};

struct BaselineRecordReport {
  int64_t problems = 0;  // with words to ask
  int64_t had = 0;       // answers that the file had already
  int64_t answers = 0;   // new ones
  int64_t failures = 0;  // requests that failed
  bool stopped = false;  // before the end
};

// Each answer is a request of its own, so that the server counts its tokens by
// themselves. `stop` turned true (SIGINT) ends it behind the answers under way.
// A request
// that fails is reported in `messages` and counted; ten in a row end it
// (Unavailable). NotFound if no problem of the model has words.
absl::StatusOr<BaselineRecordReport> RecordBaseline(
    const BaselineRecordOptions& options, BaselineStore& store,
    ModelClient& client, const std::atomic<bool>& stop, std::ostream& messages);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_RECORD_BASELINE_H_
