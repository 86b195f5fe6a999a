// `reasonwatch baseline record`: asks a model the problems of its baseline.
//
// Answers go to a file of recorded responses, each flushed when it has come;
// asked again with the same file it goes on where it was ended, by SIGKILL too.
// `baseline import` then learns the file.
#ifndef REASONWATCH_DAEMON_COMMANDS_BASELINE_RECORD_H_
#define REASONWATCH_DAEMON_COMMANDS_BASELINE_RECORD_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "core/ports.h"
#include "storage/baseline_store.h"

namespace reasonwatch {

struct BaselineRecordOptions {
  std::string endpoint;      // base URL, OpenAI-compatible
  std::string served_model;  // what it calls the model, "" = `model`
  std::string api_key_file;  // "" = none
  std::string ca_file;       // "" = the system's certificates
  std::string model;
  std::string out;    // recorded responses, appended to
  int n = 4;          // answers a problem
  int64_t limit = 0;  // problems at most, 0 = all
  double temperature = 1;
  double top_p = 1;
  int64_t max_tokens = 4096;
  absl::Duration timeout = absl::Minutes(5);
  bool progress = true;  // a bar, where `messages` is a terminal
};

struct BaselineRecordReport {
  int64_t problems = 0;  // with words to ask
  int64_t had = 0;       // answers that the file had already
  int64_t answers = 0;   // new ones
  int64_t failures = 0;  // requests that failed
  bool stopped = false;  // before the end
};

using MakeModelClient =
    std::function<absl::StatusOr<std::unique_ptr<ModelClient>>(
        const BaselineRecordOptions&)>;

// `stop` turned true (SIGINT) ends it behind the answer under way. A request
// that fails is told in `messages` and counted; ten in a row end it
// (Unavailable). NotFound where no problem of the model has words.
absl::StatusOr<BaselineRecordReport> RecordBaseline(
    const BaselineRecordOptions& options, BaselineStore& store,
    ModelClient& client, const std::atomic<bool>& stop, std::ostream& messages);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_COMMANDS_BASELINE_RECORD_H_
