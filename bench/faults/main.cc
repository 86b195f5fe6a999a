// SPDX-License-Identifier: Apache-2.0
// Prints the table of docs/signals.md: for each fault its place, its share of
// the traffic, the signal that finds it, the delay, and the place that the
// incident names.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tests/fakes/faults/faults.h"
#include "util/strings.h"

namespace reasonwatch::testing {
namespace {

// Responses under the fault; a fault that is not found by then counts as
// missed.
constexpr int kLimit = 2000;

struct Row {
  Plan plan;
  std::vector<double> shares;
};

std::vector<Row> Rows() {
  std::vector<Row> rows;
  for (const Fault fault :
       {Fault::kStripMarkers, Fault::kSymbols, Fault::kGarbage, Fault::kLoop,
        Fault::kLanguage, Fault::kContradict, Fault::kTruncate, Fault::kFail,
        Fault::kPad})
    rows.push_back({{.fault = fault}, {1, .3, .1}});
  for (const double keep : {.1, .3, .5})
    rows.push_back({{.fault = Fault::kShorten, .keep = keep}, {1, .3, .1}});
  for (const Where where : {Where::kOneReplica, Where::kLateTurns,
                            Where::kFullContext, Where::kCanary})
    rows.push_back({{.fault = Fault::kShorten, .where = where},
                    {where == Where::kCanary ? .1 : 1}});
  rows.push_back({{.fault = Fault::kOneSentence}, {1, .3, .1}});
  rows.push_back(
      {{.fault = Fault::kOneSentence, .where = Where::kAskedAgain}, {1}});
  return rows;
}

std::string Name(const Plan& plan) {
  std::string name(FaultName(plan.fault));
  if (plan.fault == Fault::kShorten)
    name += absl::StrFormat(" to %.0f %%", 100 * plan.keep);
  return name;
}

// Returns the parts of the traffic that the incident names.
std::string NamedParts(const Incident& incident) {
  std::vector<std::string> told;
  if (incident.scope == Scope::kReplica)
    told.push_back("replica " + incident.replica);
  for (const IncidentSignal& s : incident.signals)
    for (const std::string& stratum : s.finding.strata)
      if (std::find(told.begin(), told.end(), stratum) == told.end())
        told.push_back(stratum);
  for (const Cause& cause : incident.causes)
    if (cause.evidence.find("carries") != std::string::npos)
      told.push_back(cause.evidence);
  return absl::StrJoin(told, ", ");
}

void Print(const Row& row, int seeds, bool all) {
  for (const double share : row.shares) {
    Plan plan = row.plan;
    plan.share = share;
    std::vector<int> delays;
    int missed = 0;
    int unclean = 0;
    std::vector<Signal> others;
    Incident incident;
    for (int seed = 1; seed <= seeds; ++seed) {
      const DrillReport report =
          Drill(plan, static_cast<uint64_t>(seed), kLimit);
      unclean += !report.clean_before;
      if (report.delay < 0) {
        ++missed;
        continue;
      }
      delays.push_back(report.delay);
      incident = report.incident;
      for (const Signal s : report.opened)
        if (std::find(others.begin(), others.end(), s) == others.end() &&
            s != OwnSignal(plan.fault))
          others.push_back(s);
    }
    std::sort(delays.begin(), delays.end());
    const std::string delay =
        delays.empty() ? "not found"
                       : absl::StrFormat("%d", delays[delays.size() / 2]);
    std::printf("%s",
                absl::StrFormat(
                    "| %s | %s | %.0f %% | `%s` | %s%s | %s |\n", Name(plan),
                    WhereName(plan.where), 100 * share,
                    SignalName(OwnSignal(plan.fault)), delay,
                    missed > 0 && !delays.empty()
                        ? absl::StrFormat(" (%d of %d missed)", missed, seeds)
                        : "",
                    NamedParts(incident))
                    .c_str());
    if (unclean > 0) std::printf("  alarms before the fault: %d\n", unclean);
    if (all)
      for (const Signal s : others)
        std::printf("  also %s\n", std::string(SignalName(s)).c_str());
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace reasonwatch::testing

int main(int argc, char** argv) {
  int seeds = 3;
  bool all = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--seeds") == 0 && i + 1 < argc) {
      seeds = std::max(1, std::atoi(argv[++i]));
    } else if (std::strcmp(argv[i], "--all") == 0) {
      all = true;
    } else {
      std::fprintf(stderr, "usage: bench_faults [--seeds N] [--all]\n");
      return 2;
    }
  }
  std::printf(
      "| fault | where | share of it | signal | median delay | the incident "
      "says |\n|---|---|---|---|---|---|\n");
  for (const auto& row : reasonwatch::testing::Rows())
    reasonwatch::testing::Print(row, seeds, all);
  return 0;
}
