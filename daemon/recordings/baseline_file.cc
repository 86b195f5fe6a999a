// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/baseline_file.h"

#include <fstream>
#include <utility>

#include "absl/strings/str_format.h"
#include "daemon/recordings/importer.h"
#include "daemon/recordings/problem_importer.h"
#include "daemon/recordings/store_sink.h"
#include "util/input_file.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Prompts of a model that its prefix is looked for in. A prefix shows in the
// first few dozen; the rest of a large file need not be in memory.
constexpr size_t kPrefixPrompts = 2000;
// The wrong format makes a bad line of every line.
constexpr int64_t kMaxBadLinesShown = 100;

BadLine ShowBadLines(const std::string& path, BaselineImportReport& report,
                     std::ostream& messages) {
  return [&path, &report, &messages](int64_t line, std::string_view why) {
    ++report.bad_lines;
    if (report.bad_lines <= kMaxBadLinesShown)
      messages << path << ":" << line << ": " << why << "\n";
    if (report.bad_lines == kMaxBadLinesShown)
      messages << "further bad lines are counted, not told\n";
  };
}

RecordFormat RecordFormatOf(BaselineFormat format) {
  return format == BaselineFormat::kOpenAiBatch ? RecordFormat::kOpenAiBatch
         : format == BaselineFormat::kLiteLlm   ? RecordFormat::kLiteLlm
                                                : RecordFormat::kReasonwatch;
}

void AddCounts(const BaselineCounts& counts, BaselineImportReport& report) {
  report.problems = counts.problems;
  report.fresh = counts.fresh;
  report.changed = counts.changed;
  report.learnt = counts.learnt;
  report.agreed = counts.agreed;
}

absl::Status ImportResponses(const BaselineImportOptions& options,
                             const RecordingSettings& settings,
                             BaselineStore* store, std::ostream& messages,
                             BaselineImportReport& report) {
  StandardEvaluator evaluator(settings.session_key);
  evaluator.SetGrader(settings.grader);
  RecordedFileSource file(options.path, RecordFormatOf(report.format),
                          options.model);
  CountedSource source(file, "rows looked at", settings.on_rows);
  const auto run = [&](BaselineSink& sink) -> absl::Status {
    ImportOptions import;
    import.profile_of = settings.profile_of;
    import.bad_line = ShowBadLines(options.path, report, messages);
    import.prefix_prompts = kPrefixPrompts;
    RecordingImporter importer(std::move(import), evaluator, sink);
    RW_ASSIGN_OR_RETURN(ImportReport read, importer.Run(source));
    report.models = std::move(read.models);
    report.responses = read.responses;
    report.graded = read.graded;
    report.correct = read.correct;
    return absl::OkStatus();
  };
  if (options.dry_run) {
    DryRunSink sink(settings.watch, settings.incidents);
    RW_RETURN_IF_ERROR(run(sink));
    AddCounts(sink.counts(), report);
  } else {
    StoreSink sink(settings.watch, settings.incidents, *store, options.replace);
    RW_RETURN_IF_ERROR(run(sink));
    AddCounts(sink.counts(), report);
  }
  return absl::OkStatus();
}

absl::Status ImportProblemSet(const BaselineImportOptions& options,
                              const RecordingSettings& settings,
                              BaselineStore* store, std::ostream& messages,
                              BaselineImportReport& report) {
  ProblemImportOptions import;
  import.path = options.path;
  import.format = report.format;
  import.model = options.model;
  import.on_rows = settings.on_rows;
  // The stored baseline is only given up for a file that can be read to its
  // end.
  if (options.replace && !options.dry_run) {
    DryRunProblemSink check;
    RW_RETURN_IF_ERROR(ImportProblems(import, check).status());
  }
  import.bad_line = ShowBadLines(options.path, report, messages);
  if (options.dry_run) {
    DryRunProblemSink sink;
    RW_ASSIGN_OR_RETURN(report.models, ImportProblems(import, sink));
    AddCounts(sink.counts(), report);
  } else {
    StoredProblemSink sink(*store, options.replace);
    RW_ASSIGN_OR_RETURN(report.models, ImportProblems(import, sink));
    AddCounts(sink.counts(), report);
  }
  return absl::OkStatus();
}

absl::StatusOr<BaselineFormat> FormatOf(const BaselineImportOptions& options) {
  RW_ASSIGN_OR_RETURN(std::ifstream in, OpenInput(options.path));
  if (options.format != BaselineFormat::kAuto) return options.format;
  std::string line;
  while (std::getline(in, line)) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto format = GuessBaselineFormat(line);
    if (format.ok()) return format;
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: %s", options.path, StdView(format.status().message())));
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("%s is empty", options.path));
}

}  // namespace

absl::StatusOr<BaselineFormat> CheckImport(
    const BaselineImportOptions& options) {
  RW_ASSIGN_OR_RETURN(const BaselineFormat format, FormatOf(options));
  if (options.model.empty() && !HoldsResponses(format) &&
      format != BaselineFormat::kExport)
    return absl::InvalidArgumentError(
        "say whose baseline it is: --model NAME, as in the model's responses");
  return format;
}

absl::StatusOr<BaselineImportReport> ImportBaseline(
    const BaselineImportOptions& options, const RecordingSettings& settings,
    BaselineStore* store, std::ostream& messages) {
  BaselineImportReport report;
  RW_ASSIGN_OR_RETURN(report.format, CheckImport(options));
  RW_RETURN_IF_ERROR(
      HoldsResponses(report.format)
          ? ImportResponses(options, settings, store, messages, report)
          : ImportProblemSet(options, settings, store, messages, report));
  if (report.problems == 0 && report.responses == 0)
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s holds no usable row (read as %s, %d bad lines)", options.path,
        std::string(BaselineFormatName(report.format)), report.bad_lines));
  return report;
}

}  // namespace reasonwatch
