// SPDX-License-Identifier: Apache-2.0
// Reads the arguments, lives through the months on some threads, and prints
// three tables: incidents of each kind against the budget, those incidents by
// signal and level, and the delays of the degradations.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "bench/budget/kinds.h"
#include "bench/budget/month.h"
#include "bench/budget/world.h"

namespace reasonwatch::budget {
namespace {

constexpr char kUsage[] =
    "usage: bench_budget [--kinds NAME,...|healthy|faults] [--seeds N]\n"
    "                    [--first-seed N] [--days D] [--routes R]\n"
    "                    [--reference N] [--threads T] [--check]\n"
    "  --reference: responses of each route that are learnt of the first week\n"
    "  --check: exit 1 if a kind is over 5 incidents or 1 critical in 30 "
    "days,\n"
    "           or a degradation is missed in over a tenth of the seeds\n";

// The default budget of 30 days, and the share of seeds in which a
// degradation must be found.
constexpr double kIncidents = 5;
constexpr double kCritical = 1;
constexpr double kFound = .9;

struct Arguments {
  std::vector<Kind> kinds;
  int seeds = 10;
  int first_seed = 1;
  Size size;
  int threads = 2;
  bool check = false;
};

bool ReadKinds(const std::string& text, std::vector<Kind>& kinds) {
  for (const std::string& name :
       std::vector<std::string>(absl::StrSplit(text, ','))) {
    bool known = false;
    for (int k = 0; k < kKinds; ++k) {
      const auto kind = static_cast<Kind>(k);
      if (name != KindName(kind) && name != "all" &&
          !(name == "healthy" && !IsFault(kind)) &&
          !(name == "faults" && IsFault(kind)))
        continue;
      kinds.push_back(kind);
      known = true;
    }
    if (!known) {
      absl::FPrintF(stderr,
                    "bench_budget: no kind is named %s; kinds are:", name);
      for (const std::string_view k : kKindNames)
        absl::FPrintF(stderr, " %s", k);
      absl::FPrintF(stderr, "\n");
      return false;
    }
  }
  return true;
}

bool ReadArguments(int argc, char** argv, Arguments& a) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--check") {
      a.check = true;
      continue;
    }
    if (i + 1 >= argc) return false;
    const std::string value = argv[++i];
    bool read = false;
    if (flag == "--kinds") read = ReadKinds(value, a.kinds);
    if (flag == "--seeds") read = absl::SimpleAtoi(value, &a.seeds);
    if (flag == "--first-seed") read = absl::SimpleAtoi(value, &a.first_seed);
    if (flag == "--days") read = absl::SimpleAtod(value, &a.size.days);
    if (flag == "--routes") read = absl::SimpleAtoi(value, &a.size.routes);
    if (flag == "--reference")
      read = absl::SimpleAtoi(value, &a.size.reference);
    if (flag == "--threads") read = absl::SimpleAtoi(value, &a.threads);
    if (!read) return false;
  }
  if (a.kinds.empty()) ReadKinds("all", a.kinds);
  return a.seeds > 0 && a.threads > 0 && a.size.days > 0 &&
         a.size.days <= 3650 && a.size.routes > 0 && a.size.routes <= kRoutes;
}

// months[kind][seed], in the order of the arguments. A thread has one seed at a
// time, whose first week is learnt once.
std::vector<std::vector<Month>> LiveThroughAll(const Arguments& a) {
  std::vector<std::vector<Month>> months(
      a.kinds.size(), std::vector<Month>(static_cast<size_t>(a.seeds)));
  std::atomic<int> next = 0;
  const auto live = [&](int seed, bool plain) {
    const auto drawn = static_cast<uint64_t>(a.first_seed + seed);
    Learnt learnt;
    for (size_t k = 0; k < a.kinds.size(); ++k) {
      const Kind kind = a.kinds[k];
      if ((kind == Kind::kIndependent) != plain) continue;
      if (learnt.empty()) learnt = LearnFirstWeek(kind, drawn, a.size);
      months[k][static_cast<size_t>(seed)] =
          LiveThrough(kind, drawn, a.size, learnt);
    }
  };
  const auto work = [&] {
    for (int i = next++; i < 2 * a.seeds; i = next++)
      live(i % a.seeds, i >= a.seeds);
  };
  std::vector<std::jthread> threads;
  for (int t = 1; t < a.threads; ++t) threads.emplace_back(work);
  work();
  threads.clear();
  return months;
}

double CriticalOf(const Month& month) {
  return static_cast<double>(
      std::count_if(month.alarms.begin(), month.alarms.end(),
                    [](const Alarm& a) { return a.critical; }));
}

bool PrintBudget(const Arguments& a,
                 const std::vector<std::vector<Month>>& months) {
  bool kept = true;
  double sum = 0;
  int kinds = 0;
  absl::PrintF("%-16s %10s %9s %6s  of each seed\n", "healthy", "incidents",
               "critical", "");
  for (size_t k = 0; k < a.kinds.size(); ++k) {
    if (IsFault(a.kinds[k])) continue;
    double incidents = 0;
    double critical = 0;
    std::string each;
    for (const Month& m : months[k]) {
      incidents += static_cast<double>(m.alarms.size());
      critical += CriticalOf(m);
      absl::StrAppendFormat(&each, " %d", m.alarms.size());
    }
    const double scale = 30 / a.size.days / a.seeds;
    incidents *= scale;
    critical *= scale;
    const bool ok = incidents <= kIncidents && critical <= kCritical;
    kept = kept && ok;
    sum += incidents;
    ++kinds;
    absl::PrintF("%-16s %10.1f %9.1f %6s %s\n", KindName(a.kinds[k]), incidents,
                 critical, ok ? "" : "OVER", each);
  }
  if (kinds > 0)
    absl::PrintF(
        "%-16s %10.1f  (mean of kinds, in 30 days; budget %g, %g "
        "critical)\n\n",
        "all", sum / kinds, kIncidents, kCritical);
  return kept;
}

void PrintSignals(const Arguments& a,
                  const std::vector<std::vector<Month>>& months) {
  for (size_t k = 0; k < a.kinds.size(); ++k) {
    struct Count {
      int incidents = 0;
      int critical = 0;
      std::string days;  // of the opening, of a few
    };
    std::map<std::tuple<std::string, std::string>, Count> counts;
    for (const Month& m : months[k])
      for (const Alarm& alarm : m.alarms) {
        constexpr int kDays = 8;
        Count& n = counts[{alarm.channel, std::string(ScopeName(alarm.scope))}];
        n.critical += alarm.critical;
        if (++n.incidents <= kDays)
          absl::StrAppendFormat(&n.days, " %.2f", alarm.day);
      }
    for (const auto& [where, n] : counts)
      absl::PrintF("%-16s %-44s %-8s %4d incidents, %d critical, days%s\n",
                   KindName(a.kinds[k]), std::get<0>(where), std::get<1>(where),
                   n.incidents, n.critical, n.days);
  }
}

bool PrintDelays(const Arguments& a,
                 const std::vector<std::vector<Month>>& months) {
  bool found_all = true;
  bool any = false;
  for (size_t k = 0; k < a.kinds.size(); ++k) {
    if (!IsFault(a.kinds[k])) continue;
    if (!any)
      absl::PrintF("\n%-16s %6s %7s %20s %8s %8s  before\n", "degradation",
                   "found", "paged", "responses (median)", "hours", "to page");
    any = true;
    std::vector<double> delays;
    std::vector<double> hours;
    std::vector<double> pages;
    int early = 0;
    for (const Month& m : months[k]) {
      early += m.early;
      if (m.delay >= 0) delays.push_back(m.delay);
      if (m.delay >= 0) hours.push_back(m.hours);
      if (m.page_hours >= 0) pages.push_back(m.page_hours);
    }
    const auto median = [](std::vector<double>& values) {
      std::sort(values.begin(), values.end());
      return values.empty() ? -1 : values[values.size() / 2];
    };
    const bool ok = static_cast<double>(delays.size()) >= kFound * a.seeds;
    found_all = found_all && ok;
    absl::PrintF("%-16s %3d/%-3d %6d %20.0f %8.2f %8.2f  %d %s\n",
                 KindName(a.kinds[k]), static_cast<int>(delays.size()), a.seeds,
                 static_cast<int>(pages.size()), median(delays), median(hours),
                 median(pages), early, ok ? "" : "MISSED");
  }
  return found_all;
}

int Main(int argc, char** argv) {
  Arguments a;
  if (!ReadArguments(argc, argv, a)) {
    absl::FPrintF(stderr, "%s", kUsage);
    return 2;
  }
  const auto months = LiveThroughAll(a);
  const bool kept = PrintBudget(a, months);
  PrintSignals(a, months);
  const bool found = PrintDelays(a, months);
  return a.check && !(kept && found) ? 1 : 0;
}

}  // namespace
}  // namespace reasonwatch::budget

int main(int argc, char** argv) {
  return reasonwatch::budget::Main(argc, argv);
}
