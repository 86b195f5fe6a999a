// `reasonwatch baseline`: what an operator does with the stored baseline.
//
// Everything works on the database of `serve`, beside a running daemon too,
// which takes changes over at its next reload or start.
#ifndef REASONWATCH_DAEMON_COMMANDS_BASELINE_H_
#define REASONWATCH_DAEMON_COMMANDS_BASELINE_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/commands/baseline_formats.h"
#include "daemon/config.h"
#include "storage/baseline_store.h"

namespace reasonwatch {

struct BaselineImportOptions {
  std::string path = {};
  BaselineFormat format = BaselineFormat::kAuto;
  // Needed for problem sets; of recorded responses it takes the place of the
  // recorded model where it is not empty.
  std::string model = {};
  bool replace = false;  // forget the model's baseline first
  bool dry_run = false;  // read and count, store nothing
};

struct BaselineImportReport {
  BaselineFormat format = BaselineFormat::kAuto;
  std::vector<std::string> models;
  int64_t problems = 0;   // read
  int64_t fresh = 0;      // not in the baseline before
  int64_t changed = 0;    // with another answer than before
  int64_t responses = 0;  // read
  int64_t learnt = 0;     // of them not part of the baseline before
  int64_t graded = 0;
  int64_t correct = 0;
  int64_t agreed = 0;  // problems without labels that are asked again and again
  int64_t bad_lines = 0;
};

// The format that the file is read as. Its errors are known before a database
// is made: no such file, no known format, no model for a problem set.
absl::StatusOr<BaselineFormat> CheckImport(
    const BaselineImportOptions& options);

// A bad line goes to `messages` as path:line: why, is counted and skipped.
// Importing the same again changes nothing. InvalidArgument where nothing could
// be read.
absl::StatusOr<BaselineImportReport> ImportBaselineFile(
    const BaselineImportOptions& options, const Config& config,
    BaselineStore* store, std::ostream& messages);

// One row a model.
absl::Status ListBaselines(BaselineStore& store, std::ostream& out);
// {"baselines": [...]}, as GET /api/v1/baseline gives it.
std::string BaselinesJson(const std::vector<BaselineInfo>& baselines);
// A model, its regimes and its problems; with `problem` (id or digest) all that
// is known of that one.
absl::Status ShowBaseline(BaselineStore& store, const std::string& model,
                          const std::string& problem, int limit,
                          std::ostream& out);
// NotFound names the models that have one.
absl::Status CheckHasBaseline(BaselineStore& store, const std::string& model);
// One JSON object a problem, for `baseline import --from export`. Returns how
// many. Agreed problems have no words and are left out.
absl::StatusOr<int64_t> ExportBaseline(BaselineStore& store,
                                       const std::string& model,
                                       std::ostream& out);
// The golden reference against what the daemon has learnt since.
absl::Status DiffBaseline(BaselineStore& store, const Config& config,
                          const std::string& model, std::ostream& out);

struct RebaseOptions {
  std::string model;
  std::string version;
  std::string note;
  bool to_golden = false;
};
absl::Status RebaseBaseline(BaselineStore& store, const RebaseOptions& options,
                            absl::Time now);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_COMMANDS_BASELINE_H_
