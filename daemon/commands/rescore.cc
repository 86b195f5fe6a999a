#include "daemon/commands/rescore.h"

#include <unistd.h>

#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "core/mutex.h"
#include "core/status_macros.h"
#include "core/strings.h"
#include "daemon/incident_json.h"
#include "daemon/pipeline/import_baseline.h"
#include "daemon/pipeline/settings.h"
#include "daemon/rescoring/service.h"
#include "storage/baseline_store.h"
#include "storage/sqlite_store.h"

namespace reasonwatch {
namespace {

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

// Ends what would wait for ever: behind a gate that stays shut, or one that
// nothing can be read for.
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

}  // namespace

absl::StatusOr<RescoreReport> RunRescore(const Config& config,
                                         const RescoreOptions& options,
                                         std::ostream& out,
                                         std::ostream& messages) {
  if (!CanRescore(config))
    return absl::InvalidArgumentError("rescore.endpoint is not set");
  if (options.problems.empty() == options.incident.empty())
    return absl::InvalidArgumentError("name problems, or one incident");
  RecordedFile file;
  if (!config.baseline.path.empty()) {
    RW_ASSIGN_OR_RETURN(
        file, ReadRecordedFile(config.baseline.path,
                               [&](int64_t line, std::string_view why) {
                                 messages << config.baseline.path << ":" << line
                                          << ": " << why << "\n";
                               }));
  }
  StandardEvaluator evaluator(/*session_key=*/"");
  evaluator.SetGrader(
      GraderOf(config, /*lasting=*/false, TellGraderFailures(messages)));
  evaluator.SetDefaultProfile(ProfileOf(config, ""));
  std::map<std::string, std::unique_ptr<ModelPipeline>> pipelines;
  ImportBaseline(
      file.rows, /*learn=*/false, evaluator,
      [&](const std::string& model) { return ProfileOf(config, model); },
      [&](const std::string& model) -> ModelPipeline& {
        auto& pipeline = pipelines[model];
        if (pipeline == nullptr)
          pipeline = std::make_unique<ModelPipeline>(
              model, WatchOptionsOf(config), IncidentOptionsOf(config));
        return *pipeline;
      });

  Mutex mutex;
  std::vector<Verdict> told;
  RW_ASSIGN_OR_RETURN(const std::unique_ptr<RescoreService> service,
                      OpenRescoreService(config, evaluator, /*store=*/nullptr,
                                         [&](const Verdict& v) {
                                           MutexLock lock(mutex);
                                           told.push_back(v);
                                         }));
  service->SetProblems(file.rows);
  const auto stored =
      OpenBaselineStore({.folder = config.storage.path, .read_only = true});
  if (stored.ok()) {
    RW_ASSIGN_OR_RETURN(const auto problems, LoadStoredProblems(**stored));
    service->SetStored(problems);
  } else if (file.rows.empty()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "there is no baseline: baseline.path is not set, and %s has none (%s)",
        config.storage.path, StdView(stored.status().message())));
  }
  Rescorer& rescorer = service->rescorer();

  std::map<uint64_t, std::string> names;
  size_t wanted = 0;
  if (!options.incident.empty()) {
    SqliteStoreOptions reading;
    reading.folder = config.storage.path;
    reading.read_only = true;
    RW_ASSIGN_OR_RETURN(const auto store, OpenSqliteStore(reading));
    RW_ASSIGN_OR_RETURN(Incident incident,
                        store->LoadIncident(options.incident));
    // Asked anew, whatever was found out about it before.
    incident.closed = absl::InfiniteFuture();
    incident.confirmation = Confirmation::kPending;
    incident.verdict.reset();
    for (IncidentSignal& s : incident.signals) s.open = true;
    rescorer.Note(incident);
    wanted = 1;
  }
  for (const std::string& id : options.problems) {
    const auto found = service->FindById(id);
    for (const RescoreProblem* problem : found) {
      RW_RETURN_IF_ERROR(
          rescorer.Ask(problem->model, problem->digest).status());
      names[problem->digest] = id;
      ++wanted;
    }
    if (found.empty())
      return absl::NotFoundError(
          absl::StrFormat("the baseline has no problem '%s' to ask", id));
  }

  const bool progress = options.progress && isatty(STDERR_FILENO) != 0;
  RescoreReport report;
  service->Start();
  // An incident that is confirmed is told again once it has been localised.
  bool more = false;
  Patience patience(options.wait, !progress, messages);
  for (size_t seen = 0; seen < wanted || more;) {
    absl::SleepFor(kLook);
    if (progress) ShowProgress(rescorer, messages);
    RW_RETURN_IF_ERROR(patience.Look(rescorer.Counters(), absl::Now()));
    std::vector<Verdict> fresh;
    {
      MutexLock lock(mutex);
      fresh.swap(told);
    }
    for (const Verdict& v : fresh) {
      if (progress) messages << "\n";
      // Only late: the verdict itself is still to come.
      const bool late = !v.incident.empty() &&
                        v.kind == VerdictKind::kUnavailable &&
                        rescorer.Counters().queued > 0;
      if (options.json) {
        out << VerdictJson(v) << "\n";
      } else {
        Print(v, v.incident.empty() ? names[v.problem] : v.incident, out);
      }
      out.flush();
      if (late) continue;
      if (!more) {
        ++seen;
        ++report.verdicts;
        report.confirmed += v.kind == VerdictKind::kConfirmed;
      }
      more = !more && config.rescore.localise && !v.incident.empty() &&
             v.kind == VerdictKind::kConfirmed;
    }
  }
  service->Stop();
  if (progress) messages << "\n";
  return report;
}

}  // namespace reasonwatch
