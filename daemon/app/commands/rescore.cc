// SPDX-License-Identifier: Apache-2.0
// Asks the model through the same service as the daemon, and waits for the
// verdicts: how they are printed, when waiting ends, one call (Session), flags.
#include "daemon/app/commands/rescore.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "daemon/api/incident_json.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/commands.h"
#include "daemon/app/commands/progress.h"
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

void Print(const Verdict& v, const std::string& name, std::ostream& out) {
  out << absl::StrFormat("%-24s  %s%s%s", name, AbslView(VerdictName(v.kind)),
                         v.reason.empty() ? "" : ": ", v.reason);
  if (v.samples > 0)
    out << absl::StrFormat(
        "; %d of %d passed (%s), healthy %.0f %%, Bayes factor %.3g",
        v.samples - v.failures, v.samples, AbslView(RewardName(v.reward)),
        100 * v.baseline_pass_rate, v.bayes_factor);
  if (v.advantage.has_value())
    out << absl::StrFormat("; advantage of the live answer %+.2f",
                           *v.advantage);
  out << "\n";
  for (const Difference& d : v.differences)
    out << absl::StrFormat("  %-22s  %+.2f (%+.2f to %+.2f, %d pairs)%s%s\n",
                           d.name, d.value, d.low, d.high, d.pairs,
                           d.cause.empty() ? "" : "  ", d.cause);
}

void ShowProgress(const Rescorer& rescorer, std::ostream& messages) {
  const RescoreCounters counters = rescorer.Counters();
  const auto [done, wanted] = rescorer.Progress();
  const int filled = wanted > 0 ? 25 * done / wanted : 0;
  messages << "\r[" << std::string(static_cast<size_t>(filled), '#')
           << std::string(static_cast<size_t>(25 - filled), '.') << "] " << done
           << "/" << wanted << " samples at most"
           << (counters.gate_open ? "" : ", waits: " + counters.blocked)
           << "\x1b[K" << std::flush;
}

// Ends a wait that would last for ever: behind a gate that stays shut, or one
// whose load can't be read.
class Patience {
 public:
  Patience(absl::Duration wait, bool tell, std::ostream& messages)
      : wait_(wait), tell_(tell), messages_(messages) {}

  absl::Status Look(const RescoreCounters& counters, absl::Time now) {
    if (counters.samples != samples_) {
      samples_ = counters.samples;
      since_ = now;
    }
    const std::string& why = counters.blocked;
    if (tell_ && !counters.gate_open && told_.insert(why).second)
      messages_ << "waits: " << why << "\n" << std::flush;
    if (now - since_ < wait_) return absl::OkStatus();
    return absl::DeadlineExceededError(absl::StrFormat(
        "nothing was answered for %s: %s", absl::FormatDuration(wait_), why));
  }

 private:
  const absl::Duration wait_;
  const bool tell_;  // once each
  std::ostream& messages_;
  std::set<std::string> told_;
  int64_t samples_ = 0;
  absl::Time since_ = absl::Now();
};

// Verdicts as the worker of the re-scoring service reports them.
class Inbox {
 public:
  void Add(const Verdict& verdict) {
    MutexLock lock(mutex_);
    verdicts_.push_back(verdict);
  }
  std::vector<Verdict> Drain() {
    MutexLock lock(mutex_);
    return std::exchange(verdicts_, {});
  }

 private:
  Mutex mutex_;
  std::vector<Verdict> verdicts_ ABSL_GUARDED_BY(mutex_);
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
    const bool progress = options_.progress && isatty(STDERR_FILENO) != 0;
    Rescorer& rescorer = service_.rescorer();
    Patience patience(options_.wait, !progress, messages);
    while (seen_ < wanted_ || more_) {
      absl::SleepFor(kLook);
      if (progress) ShowProgress(rescorer, messages);
      RW_RETURN_IF_ERROR(patience.Look(rescorer.Counters(), absl::Now()));
      if (Interrupted())
        return absl::CancelledError(absl::StrFormat(
            "interrupted after %d samples and %d of %d verdicts",
            rescorer.Progress().first, static_cast<int64_t>(seen_),
            static_cast<int64_t>(wanted_)));
      for (const Verdict& v : inbox_.Drain()) {
        if (progress) messages << "\n";
        Apply(v, out);
      }
    }
    if (progress) messages << "\n";
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

  void Apply(const Verdict& v, std::ostream& out) {
    // Only late: the verdict itself is still to come.
    const bool late = !v.incident.empty() &&
                      v.kind == VerdictKind::kUnavailable &&
                      service_.rescorer().Counters().queued > 0;
    if (options_.output == Output::kJson) {
      out << VerdictJson(v) << "\n";
    } else {
      Print(v, v.incident.empty() ? names_[v.problem] : v.incident, out);
    }
    out.flush();
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

struct Flags {
  std::string config;
  RescoreOptions rescore;
};

absl::StatusOr<ExitStatus> Run(const Flags& flags) {
  RW_ASSIGN_OR_RETURN(const Config config, ConfigFrom(flags.config));
  if (flags.rescore.problems.empty() == flags.rescore.incident.empty())
    return UsageError("name problems, or one incident");
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
  RW_ASSIGN_OR_RETURN(
      const std::unique_ptr<RescoreService> service,
      OpenRescoreService(config, evaluator, /*store=*/nullptr,
                         [&](const Verdict& v) { inbox.Add(v); }));
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
  command->add_flag("!--no-progress", o.progress, "no progress bar");
  command->add_option_function<std::string>(
      "--wait",
      [flags](const std::string& text) {
        absl::Duration& wait = flags->rescore.wait;
        if (!absl::ParseDuration(text, &wait) || wait <= absl::ZeroDuration())
          throw CLI::ValidationError("--wait", "not a time like 15m: " + text);
      },
      "give up where nothing is answered for so long [15m]");
  OnGate(command, result, [flags] { return Run(*flags); });
}

}  // namespace reasonwatch
