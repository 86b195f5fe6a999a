// Recorded responses of a healthy time to references and solved problems.
#ifndef REASONWATCH_DAEMON_PIPELINE_IMPORT_BASELINE_H_
#define REASONWATCH_DAEMON_PIPELINE_IMPORT_BASELINE_H_

#include <cstdint>
#include <functional>
#include <istream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/ports.h"
#include "core/response.h"
#include "daemon/pipeline/model_pipeline.h"
#include "daemon/pipeline/standard_evaluator.h"
#include "tap/jsonl/import.h"

namespace reasonwatch {

// Rows read from JSONL. A bad line is told to `bad_line` (number from 1, what
// is wrong), counted and skipped.
struct RecordedFile {
  std::vector<Response> rows;
  int64_t bad_lines = 0;
};
using BadLine = std::function<void(int64_t, std::string_view)>;

// NotFound where the file can't be opened, InvalidArgument where it holds no
// usable row. A line may hold several records; each bad one counts.
absl::StatusOr<RecordedFile> ReadRecordedFile(
    const std::string& path, const BadLine& bad_line,
    RecordFormat format = RecordFormat::kReasonwatch);

struct ImportReport {
  int64_t responses = 0;
  int64_t graded = 0;
  int64_t problems = 0;
  int64_t solved = 0;  // at least 75 % of the graded trials correct
  int64_t ungradable = 0;
  std::vector<BaselineProblem> baseline;  // one a model and problem
};

// Evaluates `rows` and, with `learn` or where a model knows nothing yet, feeds
// every one to its model's reference and posteriors. Sets each model's profile
// (`profile_of` gives what the configuration says of it): the usual prefix of
// its prompts and its problem index.
ImportReport ImportBaseline(
    const std::vector<Response>& rows, bool learn, StandardEvaluator& evaluator,
    const std::function<ModelProfile(const std::string&)>& profile_of,
    const std::function<ModelPipeline&(const std::string&)>& pipeline_of);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_IMPORT_BASELINE_H_
