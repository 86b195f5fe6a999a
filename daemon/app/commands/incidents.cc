// SPDX-License-Identifier: Apache-2.0
// An incident as text for a terminal: its facts, the verdict on it, each signal
// with its evidence, the likely causes; then the list, and the flags.
#include "daemon/app/commands/incidents.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <set>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "core/provisional.h"
#include "daemon/api/incident_json.h"
#include "daemon/api/shadow_json.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/commands.h"
#include "daemon/app/commands/incident_bundle.h"
#include "daemon/app/commands/incident_story.h"
#include "daemon/app/commands/shadow_list.h"
#include "daemon/app/settings.h"
#include "daemon/app/shadow_desk.h"
#include "detectors/model_watch.h"
#include "storage/baseline_store.h"
#include "storage/sqlite_store.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

constexpr int kMaxTimeline = 100;  // the latest; a few screens

absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const std::string& folder) {
  SqliteStoreOptions options;
  options.folder = folder;
  options.read_only = true;
  return OpenSqliteStore(options);
}

std::string When(absl::Time t) {
  if (t == absl::InfinitePast() || t == absl::InfiniteFuture()) return "-";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", t, absl::UTCTimeZone());
}

std::string EffectText(const Effect& e) {
  if (e.unit == "ratio") {
    std::string text = absl::StrFormat("length x%.2f", e.value);
    if (!std::isnan(e.low))
      text += absl::StrFormat(" (%.2f to %.2f)", e.low, e.high);
    return text;
  }
  std::string text = absl::StrFormat("%+.0f points", 100 * e.value);
  if (!std::isnan(e.low))
    text += absl::StrFormat(" (%+.0f to %+.0f)", 100 * e.low, 100 * e.high);
  return text;
}

// The name in the severity's colour, at least `width` wide.
std::string SeverityText(Severity severity, int width, const Painter& paint) {
  return paint(
      severity == Severity::kCritical ? Paint::kRed : Paint::kYellow,
      absl::StrFormat("%-*s", width, AbslView(SeverityName(severity))));
}

// The facts of the incident as a whole.
void PrintFacts(const Incident& i, const Painter& paint, std::ostream& out) {
  out << absl::StrFormat("%s  %s  %s\n", paint(Paint::kBold, i.id),
                         i.open() ? "open" : "closed",
                         SeverityText(i.severity, 0, paint));
  out << absl::StrFormat("  model         %s\n", i.model);
  if (!i.route.empty()) out << absl::StrFormat("  route         %s\n", i.route);
  if (!i.replica.empty())
    out << absl::StrFormat("  replica       %s\n", i.replica);
  out << absl::StrFormat("  scope         %s\n", AbslView(ScopeName(i.scope)));
  out << absl::StrFormat("  began         %s  with response %s\n",
                         When(i.onset_time),
                         i.onset_id.empty() ? "-" : i.onset_id);
  out << absl::StrFormat("  opened        %s\n", When(i.opened));
  if (!i.open())
    out << absl::StrFormat("  closed        %s  %s\n", When(i.closed),
                           i.close_reason);
  out << absl::StrFormat("  confirmation  %s\n",
                         AbslView(ConfirmationName(i.confirmation)));
}

void PrintVerdict(const Verdict& v, std::ostream& out) {
  out << absl::StrFormat("  asked again   %s%s%s",
                         AbslView(VerdictName(v.kind)),
                         v.reason.empty() ? "" : ": ", v.reason);
  if (v.samples > 0)
    out << absl::StrFormat(
        ", %d samples, %.0f %% passed (%s), %.0f %% when healthy, Bayes "
        "factor %.3g",
        v.samples, 100 * v.pass_rate, AbslView(RewardName(v.reward)),
        100 * v.baseline_pass_rate, v.bayes_factor);
  out << "\n";
  for (const Difference& d : v.differences) {
    out << absl::StrFormat("    %-16s ", d.name);
    if (d.pairs > 0)
      out << absl::StrFormat("%+.2f (%+.2f to %+.2f, %d pairs)%s%s", d.value,
                             d.low, d.high, d.pairs,
                             d.cause.empty() ? "" : "  ", d.cause);
    if (!d.untried.empty())
      out << (d.pairs > 0 ? "  " : "") << "not tried to its end: " << d.untried;
    out << "\n";
  }
}

// The signal as its widest level reports it, and the other levels in a line
// each. `open`: any of its levels is.
void PrintSignal(const Incident& i, const IncidentSignal& widest, bool open,
                 std::ostream& out) {
  const Finding& f = widest.finding;
  out << absl::StrFormat("\n  %s%s\n", AbslView(SignalName(widest.signal)),
                         open ? "" : "  (over)");
  out << absl::StrFormat("    effect      %s\n", EffectText(f.effect));
  out << absl::StrFormat("    affected    about %.0f %% of responses\n",
                         100 * f.affected_share);
  out << absl::StrFormat(
      "    evidence    %.3g, threshold %.3g: while healthy, seen about once "
      "in %.3g responses\n",
      f.statistic, f.threshold, f.statistic);
  for (const auto& [channel, share] : f.channels)
    if (share >= .01)
      out << absl::StrFormat("    channel     %3.0f %%  %s\n", 100 * share,
                             channel);
  for (const FamilyCount& c : f.families)
    out << absl::StrFormat(
        "    family      %s: %d of %d solved problems asked fail now\n",
        c.family.empty() ? "(none named)" : c.family, c.failing, c.asked);
  for (const FailingProblem& p : f.failing)
    out << absl::StrFormat(
        "    fails now   %s: passed %d of %d before, %d of %d now\n", p.id,
        p.passed_before, p.trials_before, p.passed_now, p.trials_now);
  for (const std::string& stratum : f.strata)
    out << absl::StrFormat("    where       %s\n", stratum);
  for (const IncidentSignal& s : i.signals) {
    if (&s == &widest || s.signal != widest.signal) continue;
    out << absl::StrFormat(
        "    also        %s %s%s: %s\n", AbslView(ScopeName(s.finding.scope)),
        s.finding.scope == Scope::kReplica ? s.finding.replica
                                           : s.finding.route,
        s.open ? "" : " (over)", EffectText(s.finding.effect));
  }
}

void PrintSignals(const Incident& i, std::ostream& out) {
  for (int n = 0; n < kSignalCount; ++n) {
    const IncidentSignal* widest = nullptr;
    const auto width = [](Scope scope) {
      return scope == Scope::kModel ? 2 : scope == Scope::kRoute ? 1 : 0;
    };
    bool open = false;
    for (const IncidentSignal& s : i.signals) {
      if (s.signal != static_cast<Signal>(n)) continue;
      open = open || s.open;
      if (widest == nullptr ||
          width(s.finding.scope) > width(widest->finding.scope))
        widest = &s;
    }
    if (widest == nullptr) continue;
    PrintSignal(i, *widest, open, out);
  }
}

void PrintCauses(const Incident& i, const std::vector<ModelEvent>& events,
                 std::ostream& out) {
  out << "\n  likely causes\n";
  for (const Cause& c : i.causes)
    out << absl::StrFormat("    %3.0f %%  %s%s%s\n", 100 * c.weight, c.cause,
                           c.evidence.empty() ? "" : ": ", c.evidence);
  if (!events.empty()) out << "\n  time line\n";
  for (const ModelEvent& e : events)
    out << absl::StrFormat("    %s  %s %s%s%s%s%s\n", When(e.time), e.kind,
                           e.old_value, e.old_value.empty() ? "" : " -> ",
                           e.new_value, e.expected ? " (expected)" : "",
                           e.note.empty() ? "" : ": " + e.note);
}

// It is a warning because the reference is young.
bool IsProvisional(const Incident& i) {
  return i.severity == Severity::kWarning &&
         std::any_of(
             i.signals.begin(), i.signals.end(),
             [](const IncidentSignal& s) { return s.finding.provisional; });
}

// The streams of a model as they were at the last checkpoint; none if they
// can't be read, as in a folder of another version.
std::vector<StreamSnapshot> StoredStreams(const Config& config,
                                          const std::string& model) {
  const auto store =
      OpenBaselineStore({.folder = config.storage.path, .read_only = true});
  if (!store.ok()) return {};
  const auto blobs = (*store)->Rolling(model);
  if (!blobs.ok() || blobs->empty()) return {};
  ModelWatch watch(model, WatchOptionsOf(config));
  if (!watch.Restore(*blobs).ok()) return {};
  return watch.Snapshot(absl::Now());
}

// How the streams leave their young state; an empty route means all of them.
void PrintWaysOut(const Config& config, const std::string& model,
                  const std::string& route, std::ostream& out) {
  for (const StreamSnapshot& s : StoredStreams(config, model)) {
    if (!route.empty() && s.route != route) continue;
    const std::string text = HowToLeave(s);
    if (text.empty()) continue;
    out << absl::StrFormat("  provisional   %s%s%s: %s\n", model,
                           s.route.empty() ? "" : "/", s.route, text);
  }
}

}  // namespace

absl::Status ListIncidents(const Config& config, const ListOptions& options,
                           std::ostream& out) {
  RW_ASSIGN_OR_RETURN(const auto store, Open(config.storage.path));
  RW_ASSIGN_OR_RETURN(const std::vector<Incident> incidents,
                      store->LoadIncidents(options.open_only, options.limit));
  if (options.output == Output::kJson) {
    out << IncidentsJson(incidents) << "\n";
    return absl::OkStatus();
  }
  if (incidents.empty()) {
    out << (options.open_only ? "no open incident\n" : "no incident\n");
    return absl::OkStatus();
  }
  out << absl::StrFormat("%-16s  %-8s  %-8s  %-19s  %-24s  %s\n", "INCIDENT",
                         "STATE", "SEVERITY", "OPENED (UTC)", "MODEL/ROUTE",
                         "SIGNALS");
  for (const Incident& i : incidents) {
    std::string signals;
    for (const IncidentSignal& s : i.signals) {
      const std::string name(SignalName(s.signal));
      if (signals.find(name) != std::string::npos) continue;
      signals += (signals.empty() ? "" : ", ") + name;
    }
    out << absl::StrFormat(
        "%-16s  %-8s  %s  %-19s  %-24s  %s\n", i.id,
        i.open() ? "open" : "closed",
        SeverityText(i.severity, 8, options.paint), When(i.opened),
        i.route.empty() ? i.model : i.model + "/" + i.route, signals);
  }
  std::set<std::string> young;
  for (const Incident& i : incidents)
    if (i.open() && IsProvisional(i)) young.insert(i.model);
  if (!young.empty()) out << "\n";
  for (const std::string& model : young)
    PrintWaysOut(config, model, /*route=*/"", out);
  return absl::OkStatus();
}

absl::Status ListShadow(const Config& config, const ListOptions& options,
                        std::ostream& out) {
  RW_ASSIGN_OR_RETURN(const auto store, Open(config.storage.path));
  const ShadowReport report =
      StoredShadowReport(store->LoadFact(kShadowFact).value_or(""),
                         config.false_alarms, absl::Now());
  if (options.output == Output::kJson)
    out << ShadowJson(report) << "\n";
  else
    PrintShadow(report, options.limit, out);
  return absl::OkStatus();
}

absl::Status ShowIncident(const Config& config, const std::string& id,
                          Output output, const Painter& paint,
                          std::ostream& out) {
  RW_ASSIGN_OR_RETURN(const auto store, Open(config.storage.path));
  RW_ASSIGN_OR_RETURN(const Incident i, store->LoadIncident(id));
  const TimeSpan span = TimelineOf(i);
  RW_ASSIGN_OR_RETURN(
      const std::vector<ModelEvent> events,
      store->LoadEvents(i.model, span.from, span.to, kMaxTimeline));
  if (output == Output::kJson) {
    out << IncidentJson(i, events) << "\n";
    return absl::OkStatus();
  }
  if (const auto story = store->LoadStory(i.id); story.ok()) {
    const std::string text = StoryText(*story, i.onset_time);
    out << text << (text.empty() ? "" : "\n");
  }
  PrintFacts(i, paint, out);
  if (IsProvisional(i)) PrintWaysOut(config, i.model, i.route, out);
  if (i.verdict.has_value()) PrintVerdict(*i.verdict, out);
  PrintSignals(i, out);
  PrintCauses(i, events, out);
  return absl::OkStatus();
}

namespace {

struct Flags {
  std::string config, folder, id, out;
  ListOptions list;
  bool shadow = false;
};

// The configuration, with the flag's data folder if there is one.
absl::StatusOr<Config> ConfigOf(const Flags& flags) {
  RW_ASSIGN_OR_RETURN(Config config, ConfigFrom(flags.config));
  if (!flags.folder.empty()) config.storage.path = flags.folder;
  return config;
}

}  // namespace

void AddIncidents(CLI::App& app, ExitStatus& result) {
  const auto flags = std::make_shared<Flags>();
  auto* incidents = app.add_subcommand("incidents", "show what was found");
  incidents->require_subcommand(1);
  auto* list = incidents->add_subcommand("list", "newest first");
  auto* show = incidents->add_subcommand("show", "one incident with evidence");
  auto* bundle = incidents->add_subcommand(
      "bundle", "one file of an incident, to keep and to replay");
  for (auto* command : {list, show, bundle}) {
    AddConfigOption(command, flags->config);
    command->add_option("--data", flags->folder, "data folder");
  }
  for (auto* command : {list, show})
    AddOutputOption(command, flags->list.output);
  auto* open =
      list->add_flag("--open", flags->list.open_only, "open ones only");
  list->add_flag(
          "--shadow", flags->shadow,
          "instead: what shadow signals and other budgets would have had")
      ->excludes(open);
  list->add_option("--limit", flags->list.limit, "incidents at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  for (auto* command : {show, bundle})
    command->add_option("id", flags->id, "inc-...")->required();
  bundle->add_option("--out", flags->out, "where to write (JSONL)")->required();
  OnRun(list, result, [flags]() -> absl::Status {
    RW_ASSIGN_OR_RETURN(const Config config, ConfigOf(*flags));
    if (flags->shadow) return ListShadow(config, flags->list, std::cout);
    flags->list.paint = Painter::OfOutput();
    return ListIncidents(config, flags->list, std::cout);
  });
  OnRun(show, result, [flags]() -> absl::Status {
    RW_ASSIGN_OR_RETURN(const Config config, ConfigOf(*flags));
    return ShowIncident(config, flags->id, flags->list.output,
                        Painter::OfOutput(), std::cout);
  });
  OnRun(bundle, result, [flags]() -> absl::Status {
    RW_ASSIGN_OR_RETURN(const Config config, ConfigOf(*flags));
    return WriteFile(flags->out, [&](std::ostream& out) {
      return WriteIncidentBundle(config, flags->id, out, std::cerr);
    });
  });
}

}  // namespace reasonwatch
