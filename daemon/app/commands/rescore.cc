// SPDX-License-Identifier: Apache-2.0
// Asks the model through the same service as the daemon, and waits for the
// verdicts: how they are printed, when waiting ends, one call (Session), flags.
#include "daemon/app/commands/rescore.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/commands.h"
#include "daemon/app/commands/progress.h"
#include "daemon/app/commands/rescore_output.h"
#include "daemon/app/rescoring_service.h"
#include "daemon/app/settings.h"
#include "daemon/recordings/bad_lines.h"
#include "daemon/recordings/importer.h"
#include "daemon/recordings/recording_source.h"
#include "daemon/recordings/store_sink.h"
#include "storage/baseline_store.h"
#include "storage/sqlite_store.h"
#include "util/mutex.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Often enough for a progress bar.
constexpr absl::Duration kLook = absl::Milliseconds(200);

// A load that can't be read shuts the gate for as long as it lasts, which is
// hardly ever for a moment.
constexpr absl::Duration kUnreadable = absl::Minutes(2);

// Ends a wait that would last for ever: behind a gate that stays shut, or one
// whose load can't be read.
class Patience {
 public:
  explicit Patience(absl::Duration wait) : wait_(wait) {}

  absl::Status Look(const RescoreCounters& counters, absl::Time now) {
    if (counters.samples != samples_ || counters.load_error != load_error_) {
      samples_ = counters.samples;
      load_error_ = counters.load_error;
      since_ = now;
    }
    if (now < GivesUp()) return absl::OkStatus();
    return absl::DeadlineExceededError(
        absl::StrFormat("nothing was answered for %s: %s",
                        absl::FormatDuration(Most()), counters.blocked));
  }
  absl::Time GivesUp() const { return since_ + Most(); }

 private:
  absl::Duration Most() const {
    return load_error_.empty() ? wait_ : std::min(wait_, kUnreadable);
  }

  const absl::Duration wait_;
  int64_t samples_ = 0;
  std::string load_error_;
  absl::Time since_ = absl::Now();
};

// Verdicts and questions as the worker of the re-scoring service reports them.
class Inbox {
 public:
  void Add(const Verdict& verdict) {
    MutexLock lock(mutex_);
    verdicts_.push_back(verdict);
  }
  void Add(const AskedSample& sample) {
    MutexLock lock(mutex_);
    samples_.push_back(sample);
  }
  // Questions before the verdicts that came of them.
  std::pair<std::vector<AskedSample>, std::vector<Verdict>> Drain() {
    MutexLock lock(mutex_);
    return {std::exchange(samples_, {}), std::exchange(verdicts_, {})};
  }

 private:
  Mutex mutex_;
  std::vector<Verdict> verdicts_ ABSL_GUARDED_BY(mutex_);
  std::vector<AskedSample> samples_ ABSL_GUARDED_BY(mutex_);
};

// The recorded baseline of the configuration; empty if it names none.
absl::StatusOr<RecordedFile> ReadBaseline(const std::string& path,
                                          std::ostream& messages) {
  if (path.empty()) return RecordedFile();
  BadLines bad(messages, path + ":");
  auto file = ReadRecordedFile(
      path, [&](int64_t line, std::string_view why) { bad.Add(line, why); });
  bad.Finish();
  return file;
}

// Gives the evaluator the profiles of the recording's models, and
// learns no reference.
absl::Status LearnProfiles(const std::vector<Response>& rows,
                           const RecordingSettings& settings,
                           StandardEvaluator& evaluator) {
  DryRunSink sink(settings.watch, settings.incidents);
  RecordedRows source(rows);
  RecordingImporter importer({.profile_of = settings.profile_of}, evaluator,
                             sink);
  return importer.Run(source).status();
}

absl::Status GiveProblems(const Config& config, const RecordedFile& file,
                          RescoreService& service) {
  service.SetProblems(file.rows);
  const auto stored =
      OpenBaselineStore({.folder = config.storage.path, .read_only = true});
  if (stored.ok()) {
    RW_ASSIGN_OR_RETURN(const auto problems, LoadStoredProblems(**stored));
    service.SetStored(problems);
    return absl::OkStatus();
  }
  if (!file.rows.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrFormat(
      "there is no baseline: baseline.path is not set, and %s has none (%s)",
      config.storage.path, StdView(stored.status().message())));
}

// One call of the command: asks, and waits for the verdicts.
class Session {
 public:
  Session(const Config& config, const RescoreOptions& options,
          RescoreService& service, Inbox& inbox)
      : config_(config), options_(options), service_(service), inbox_(inbox) {}

  absl::Status Ask() {
    if (!options_.incident.empty()) RW_RETURN_IF_ERROR(AskIncident());
    for (const std::string& id : options_.problems)
      RW_RETURN_IF_ERROR(AskProblem(id));
    return absl::OkStatus();
  }

  // Until every verdict has come and, of an incident that was confirmed, the
  // place of its fault.
  absl::StatusOr<RescoreReport> Wait(std::ostream& out,
                                     std::ostream& messages) {
    const InterruptScope interrupts;
    RescoreOutput output(options_.output, out, messages);
    Rescorer& rescorer = service_.rescorer();
    Patience patience(options_.wait);
    absl::Status ended = absl::OkStatus();
    while (ended.ok() && (seen_ < wanted_ || more_)) {
      absl::SleepFor(kLook);
      // Read before the inbox: nothing comes any more once no job is left.
      const RescoreCounters counters = rescorer.Counters();
      auto [samples, verdicts] = inbox_.Drain();
      if (options_.progress)
        for (const AskedSample& s : samples) output.Question(s);
      for (const Verdict& v : verdicts) Apply(v, output);
      if (counters.queued == 0 && seen_ >= wanted_) more_ = false;
      if (options_.progress && !counters.gate_open)
        output.Waits(counters, patience.GivesUp());
      ended = patience.Look(counters, absl::Now());
      if (Interrupted())
        ended = absl::CancelledError(absl::StrFormat(
            "interrupted after %d samples and %d of %d verdicts",
            rescorer.Progress().first, static_cast<int64_t>(seen_),
            static_cast<int64_t>(wanted_)));
    }
    if (options_.progress) output.Summary();
    RW_RETURN_IF_ERROR(ended);
    return report_;
  }

 private:
  absl::Status AskIncident() {
    SqliteStoreOptions reading;
    reading.folder = config_.storage.path;
    reading.read_only = true;
    RW_ASSIGN_OR_RETURN(const auto store, OpenSqliteStore(reading));
    RW_ASSIGN_OR_RETURN(Incident incident,
                        store->LoadIncident(options_.incident));
    // Asked anew, whatever was found out about it before.
    incident.closed = absl::InfiniteFuture();
    incident.confirmation = Confirmation::kPending;
    incident.verdict.reset();
    for (IncidentSignal& s : incident.signals) s.open = true;
    service_.rescorer().Assume(incident.id, options_.conditions);
    service_.rescorer().Observe(incident);
    wanted_ = 1;
    return absl::OkStatus();
  }

  absl::Status AskProblem(const std::string& id) {
    const auto found = service_.FindById(id);
    if (found.empty())
      return absl::NotFoundError(
          absl::StrFormat("the baseline has no problem '%s' to ask", id));
    for (const RescoreProblem* problem : found) {
      RW_RETURN_IF_ERROR(
          service_.rescorer().Ask(problem->model, problem->digest).status());
      names_[problem->digest] = id;
      ++wanted_;
    }
    return absl::OkStatus();
  }

  void Apply(const Verdict& v, RescoreOutput& output) {
    // Only late: the verdict itself is still to come.
    const bool late = !v.incident.empty() &&
                      v.kind == VerdictKind::kUnavailable &&
                      service_.rescorer().Counters().queued > 0;
    output.Verdicts(v, v.incident.empty() ? names_[v.problem] : v.incident);
    if (late) return;
    if (!more_) {
      ++seen_;
      ++report_.verdicts;
      report_.confirmed += v.kind == VerdictKind::kConfirmed;
      report_.held += v.kind == VerdictKind::kNotReproduced;
    }
    // A confirmed incident comes again once its fault has been localised.
    more_ = !more_ && config_.rescore.localise && !v.incident.empty() &&
            v.kind == VerdictKind::kConfirmed;
  }

  const Config& config_;
  const RescoreOptions& options_;
  RescoreService& service_;
  Inbox& inbox_;
  std::map<uint64_t, std::string> names_;
  size_t wanted_ = 0;
  size_t seen_ = 0;
  bool more_ = false;
  RescoreReport report_;
};

// The conditions of --like.
absl::StatusOr<FailureConditions> ParseConditions(std::string_view text) {
  FailureConditions conditions;
  for (const std::string& part :
       std::vector<std::string>(absl::StrSplit(AbslView(text), ','))) {
    const std::vector<std::string> words =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    const std::string value = words.size() > 1 ? words[1] : "";
    const auto condition = ConditionNamed(words[0]);
    if (!condition.has_value())
      return absl::InvalidArgumentError("no such condition: " + part);
    if (*condition == Condition::kConcurrent) {
      if (!absl::SimpleAtoi(value, &conditions.at_once) ||
          conditions.at_once < 2 ||
          conditions.at_once > LiveConditions::kMaxAtOnce)
        return absl::InvalidArgumentError(
            absl::StrFormat("concurrent=N: N is a number from 2 to %d",
                            LiveConditions::kMaxAtOnce));
    } else if (*condition == Condition::kReplica) {
      if (value.empty())
        return absl::InvalidArgumentError("replica=NAME: the name is missing");
      conditions.replica = value;
    } else if (words.size() > 1) {
      return absl::InvalidArgumentError("takes no value: " + part);
    }
    if (!conditions.Needs(*condition)) conditions.needed.push_back(*condition);
  }
  return conditions;
}

struct Flags {
  std::string config;
  RescoreOptions rescore;
};

absl::StatusOr<ExitStatus> Run(const Flags& flags) {
  RW_ASSIGN_OR_RETURN(const Config config, ConfigFrom(flags.config));
  if (flags.rescore.problems.empty() == flags.rescore.incident.empty())
    return UsageError("name problems, or one incident");
  if (!flags.rescore.conditions.needed.empty() &&
      flags.rescore.incident.empty())
    return UsageError("--like goes with --incident");
  RW_ASSIGN_OR_RETURN(const RescoreReport report,
                      RunRescore(config, flags.rescore, std::cout, std::cerr));
  if (report.confirmed > 0) return ExitStatus::kWorse;
  return report.held == report.verdicts ? ExitStatus::kDone
                                        : ExitStatus::kCannotTell;
}

}  // namespace

absl::StatusOr<RescoreReport> RunRescore(const Config& config,
                                         const RescoreOptions& options,
                                         std::ostream& out,
                                         std::ostream& messages) {
  if (!CanRescore(config))
    return absl::FailedPreconditionError("rescore.endpoint is not set");
  RW_ASSIGN_OR_RETURN(const RecordedFile file,
                      ReadBaseline(config.baseline.path, messages));
  const RecordingSettings settings = RecordingSettingsOf(config, messages);
  StandardEvaluator evaluator(/*session_key=*/"");
  evaluator.SetGrader(settings.grader);
  evaluator.SetDefaultProfile(ProfileOf(config, ""));
  RW_RETURN_IF_ERROR(LearnProfiles(file.rows, settings, evaluator));

  Inbox inbox;
  RW_ASSIGN_OR_RETURN(const std::unique_ptr<RescoreService> service,
                      OpenRescoreService(
                          config, evaluator, /*store=*/nullptr,
                          [&](const Verdict& v) { inbox.Add(v); },
                          [&](const AskedSample& s) { inbox.Add(s); }));
  RW_RETURN_IF_ERROR(GiveProblems(config, file, *service));
  Session session(config, options, *service, inbox);
  RW_RETURN_IF_ERROR(session.Ask());
  service->Start();
  RW_ASSIGN_OR_RETURN(const RescoreReport report, session.Wait(out, messages));
  service->Stop();
  return report;
}

void AddRescore(CLI::App& app, ExitStatus& result) {
  const auto flags = std::make_shared<Flags>();
  RescoreOptions& o = flags->rescore;
  auto* command = app.add_subcommand(
      "rescore",
      "ask the model again; exit status 0: no loss, 1: a loss was confirmed, "
      "2: it could not be told");
  command->add_option("--config", flags->config, "configuration (YAML)")
      ->required();
  command->add_option("problem", o.problems, "ids of problems of the baseline");
  command->add_option("--incident", o.incident, "inc-...");
  AddOutputOption(command, o.output);
  command->add_flag("!--no-progress", o.progress,
                    "verdicts only: no questions, waits and summary");
  command->add_option_function<std::string>(
      "--like",
      [flags](const std::string& text) {
        const auto conditions = ParseConditions(text);
        if (!conditions.ok())
          throw CLI::ValidationError(
              "--like", std::string(conditions.status().message()));
        flags->rescore.conditions = *conditions;
      },
      "how it failed: concurrent=N,warm,filled,streamed,unstreamed,"
      "replica=NAME; with --incident");
  command->add_option_function<std::string>(
      "--wait",
      [flags](const std::string& text) {
        absl::Duration& wait = flags->rescore.wait;
        if (!absl::ParseDuration(text, &wait) || wait <= absl::ZeroDuration())
          throw CLI::ValidationError("--wait", "not a time like 15m: " + text);
      },
      "give up where nothing is answered for so long [15m]; after 2m where the "
      "server's load can't be read");
  OnGate(command, result, [flags] { return Run(*flags); });
}

}  // namespace reasonwatch
