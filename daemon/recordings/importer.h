// SPDX-License-Identifier: Apache-2.0
// Recorded responses of a healthy time, to references and solved problems.
//
// The only importer: a sink receives the responses (the pipelines of `serve`
// and `replay`, the database of `baseline import`, or a dry run).
#ifndef REASONWATCH_DAEMON_RECORDINGS_IMPORTER_H_
#define REASONWATCH_DAEMON_RECORDINGS_IMPORTER_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/response.h"
#include "daemon/pipeline/baseline_sink.h"
#include "daemon/recordings/recording_source.h"
#include "evaluator/standard_evaluator.h"

namespace reasonwatch {

struct ImportOptions {
  // The settings of a model before anything is known of it. Never null.
  std::function<ModelProfile(const std::string& model)> profile_of;
  // Called for each bad line; null: they are only counted.
  BadLine bad_line = nullptr;
  // The prompts of a model that its prefix is looked for in: they are in memory
  // at the same time.
  size_t prefix_prompts = std::numeric_limits<size_t>::max();
};

struct ImportReport {
  std::vector<std::string> models;  // by name
  int64_t responses = 0;
  int64_t graded = 0;
  int64_t correct = 0;  // of the graded ones
  int64_t ungradable = 0;
  int64_t bad_lines = 0;
};

// Not thread-safe. For one Run().
class RecordingImporter {
 public:
  // Both must outlive the importer. Each imported model's profile is set in
  // `evaluator`: the prefix that its prompts share, its problems and habits.
  RecordingImporter(ImportOptions options, StandardEvaluator& evaluator,
                    BaselineSink& sink);
  ~RecordingImporter();

  // Imports the live responses of `source`, which is read three or four times.
  // The errors are those of the source and of the sink.
  absl::StatusOr<ImportReport> Run(RecordingSource& source);

 private:
  struct Model;

  absl::Status CollectPrompts(RecordingSource& source);
  absl::Status BeginModels();
  absl::Status IndexProblems(RecordingSource& source);
  absl::Status MineHabits(RecordingSource& source);
  absl::Status Learn(RecordingSource& source);
  // Calls `visit` with each live response and its model.
  absl::Status ForEachLive(
      RecordingSource& source,
      const std::function<void(const Response&, Model&)>& visit,
      const BadLine& bad_line);

  const ImportOptions options_;
  StandardEvaluator& evaluator_;
  BaselineSink& sink_;
  ImportReport report_;
  std::map<std::string, Model> models_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_IMPORTER_H_
