// SPDX-License-Identifier: Apache-2.0
// Asks how good detection is, in the terms of docs/statistics.md, and names the
// bars that it misses. First the ways to measure a
// delay and a rate, then a function a question, which appends its rows to the
// table: lengths, fleets, shifts of the mix, rates, solved problems, start
// order, re-scoring.
#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "bench/detection/oracle.h"
#include "bench/detection/order.h"
#include "bench/detection/rescoring.h"
#include "bench/detection/streams.h"
#include "bench/detection/table.h"
#include "detectors/evidence/rank.h"

namespace reasonwatch {
namespace {

constexpr double kGamma = 1e4;

struct Effort {
  int streams = 300;        // a false-alarm rate
  int64_t healthy = 10000;  // responses of each
  int reps = 500;           // a delay
  int oracle_paths = 2000;
  int runs = 40;      // of completion order
  int groups = 4000;  // of re-runs
};
constexpr Effort kFull = {};
constexpr Effort kQuick = {.streams = 60,
                           .healthy = 5000,
                           .reps = 60,
                           .oracle_paths = 300,
                           .runs = 6,
                           .groups = 400};

struct Delays {
  std::vector<double> values;  // ascending
  int early = 0;               // raised before the change
  double mean() const {
    double sum = 0;
    for (double v : values) sum += v;
    return sum / static_cast<double>(std::max<size_t>(1, values.size()));
  }
  double error() const {
    double squares = 0;
    for (double v : values) squares += (v - mean()) * (v - mean());
    const double n = static_cast<double>(std::max<size_t>(2, values.size()));
    return std::sqrt(squares / (n - 1) / n);
  }
  double Quantile(double p) const {
    if (values.empty()) return std::nan("");
    const auto i = static_cast<size_t>(p * static_cast<double>(values.size()));
    return values[std::min(i, values.size() - 1)];
  }
};

Delays Measure(const MonitorMaker& make, const StreamSetup& setup,
               const Sampler& healthy, const Sampler& changed, int reps,
               uint64_t seed) {
  constexpr int64_t kChange = 1000;
  constexpr int64_t kLimit = 30000;
  std::vector<int64_t> delays(static_cast<size_t>(reps));
  ParallelFor(reps, [&](int i) {
    delays[static_cast<size_t>(i)] =
        MeasureDelay(make, setup, healthy, changed, kChange, kLimit,
                     SeedOf(seed, static_cast<uint64_t>(i)));
  });
  Delays result;
  for (int64_t d : delays) {
    if (d < 0) {
      ++result.early;
    } else {
      result.values.push_back(static_cast<double>(d));
    }
  }
  std::sort(result.values.begin(), result.values.end());
  return result;
}

struct Rate {
  double value = 0;  // false alarms per gamma responses
  double error = 0;
};

Rate MeasureRate(const MonitorMaker& make, const StreamSetup& setup,
                 const Sampler& sampler, const Effort& effort, uint64_t seed) {
  std::vector<int> alarms(static_cast<size_t>(effort.streams));
  ParallelFor(effort.streams, [&](int i) {
    alarms[static_cast<size_t>(i)] =
        CountFalseAlarms(make, setup, sampler, effort.healthy,
                         SeedOf(seed, static_cast<uint64_t>(i)));
  });
  double sum = 0;
  double squares = 0;
  for (int a : alarms) {
    sum += a;
    squares += static_cast<double>(a) * a;
  }
  const double n = effort.streams;
  const double scale = setup.gamma / static_cast<double>(effort.healthy);
  const double variance = (squares - sum * sum / n) / (n - 1);
  return {sum / n * scale, std::sqrt(variance / n) * scale};
}

Sampler Lengths(double ratio, double phi) {
  return [=](int64_t, Draw& draw) {
    double median = 1000;
    if (draw.Uniform() < phi) median *= ratio;
    return Sample{.tokens = LogNormal(median, draw)};
  };
}

Sampler Outcomes(double rate) {
  return [=](int64_t, Draw& draw) {
    return Sample{.outcome = draw.Uniform() < rate ? 1 : 0};
  };
}

void LengthDelays(const Effort& effort, Table& table) {
  struct Cell {
    const char* name;
    double ratio;
    double phi;
  };
  constexpr Cell kCells[] = {{"c10/100", .1, 1}, {"c30/100", .3, 1},
                             {"c50/100", .5, 1}, {"c70/100", .7, 1},
                             {"c10/30", .1, .3}, {"c30/30", .3, .3},
                             {"c10/10", .1, .1}};
  uint64_t seed = 100;
  for (const Cell& cell : kCells) {
    seed += 10;
    const double delta = std::log(cell.ratio) / kSigma;
    const OracleResult oracle = MeasureOracle(
        NormalShift(delta, cell.phi), kGamma, effort.oracle_paths, seed);
    const StreamSetup setup;
    const Sampler healthy = Lengths(1, 0);
    const Sampler changed = Lengths(cell.ratio, cell.phi);
    const Delays product =
        Measure(MakeProduct, setup, healthy, changed, effort.reps, seed + 5);
    const Delays plain = Measure(MakePlain(kRankCalibration), setup, healthy,
                                 changed, effort.reps, seed + 5);
    table.Add(
        {"1", absl::StrFormat("length %s: delay / oracle", cell.name), 0, 1.6,
         product.mean() / oracle.mean_delay,
         product.error() / oracle.mean_delay,
         absl::StrFormat("delay %.1f, oracle %.1f, ln(gamma)/KL %.1f; "
                         "without tolerance %.1f (ratio %.2f)",
                         product.mean(), oracle.mean_delay,
                         std::log(kGamma) / oracle.divergence, plain.mean(),
                         plain.mean() / oracle.mean_delay)});
    if (cell.ratio > .1 || cell.phi < 1) continue;
    table.Add({"3", "length c10/100: mean delay", 0, 4, product.mean(),
               product.error(), ""});
    table.Add({"3", "length c10/100: delay, 90th percentile", 0, 6,
               product.Quantile(.9), 0, ""});
  }
}

void LengthRates(const Effort& effort, Table& table) {
  uint64_t seed = 300;
  for (int reference : {200, 1000, 5000}) {
    for (int strata : {1, 8, 24}) {
      const Sampler sampler = [strata](int64_t, Draw& draw) {
        const int stratum = draw.Below(strata);
        return Sample{.tokens = LogNormal(300.0 * (1 + stratum), draw),
                      .stratum = static_cast<uint8_t>(stratum)};
      };
      const Rate rate = MeasureRate(MakeProduct, {.reference = reference},
                                    sampler, effort, ++seed);
      std::string notes;
      if (strata == 1) {
        const Rate plain =
            MeasureRate(MakePlain(kRankCalibration), {.reference = reference},
                        sampler, effort, seed);
        notes = absl::StrFormat("; without tolerance rate %.2f +- %.2f",
                                plain.value, plain.error);
      }
      table.Add({"4",
                 absl::StrFormat("length, m %d, %d strata: run length / asked",
                                 reference, strata),
                 .9, 1.6, 1 / rate.value, rate.error / rate.value / rate.value,
                 absl::StrFormat("rate %.2f +- %.2f%s", rate.value, rate.error,
                                 notes)});
    }
  }
}

// The same at budgets of a fleet, both tails.
void FleetRates(const Effort& effort, Table& table) {
  for (const double gamma : {1e5, 1e6}) {
    for (const Signal signal :
         {Signal::kLengthCollapse, Signal::kLengthRunaway}) {
      const Rate rate = MeasureRate(
          MakeProduct, {.signal = signal, .gamma = gamma}, Lengths(1, 0),
          effort, 400 + static_cast<uint64_t>(signal));
      table.Add({"4",
                 absl::StrFormat("%s, gamma %g: false alarms / asked",
                                 SignalName(signal), gamma),
                 0, 1.1, rate.value, rate.error, ""});
    }
  }
}

void MixShifts(const Effort& effort, Table& table) {
  constexpr int64_t kShift = 1000;
  const auto two = [](double hard, Draw& draw) {
    const bool is_hard = draw.Uniform() < hard;
    return Sample{.tokens = LogNormal(is_hard ? 2000 : 300, draw),
                  .stratum = static_cast<uint8_t>(is_hard)};
  };
  const auto eight = [](int stratum, Draw& draw) {
    return Sample{.tokens = LogNormal(300.0 * (1 + stratum), draw),
                  .stratum = static_cast<uint8_t>(stratum)};
  };
  struct Case {
    const char* name;
    Sampler steady;
    Sampler shifted;
  };
  const std::vector<Case> cases = {
      {"K1: 70 to 20 % hard",
       [=](int64_t, Draw& draw) { return two(.7, draw); },
       [=](int64_t i, Draw& draw) { return two(i < kShift ? .7 : .2, draw); }},
      {"K2: 10 to 90 % hard, anew every 200",
       [=](int64_t, Draw& draw) { return two(.5, draw); },
       [=](int64_t i, Draw& draw) {
         Draw hour(SeedOf(77, static_cast<uint64_t>(i + 1000000) / 200));
         return two(.1 + .8 * hour.Uniform(), draw);
       }},
      {"K3: 70 % into one of 8 strata",
       [=](int64_t, Draw& draw) { return eight(draw.Below(8), draw); },
       [=](int64_t i, Draw& draw) {
         const bool moved = i >= kShift && draw.Uniform() < .7;
         return eight(moved ? 0 : draw.Below(8), draw);
       }},
      {"K4: 70 % into an unseen stratum",
       [=](int64_t, Draw& draw) { return eight(1 + draw.Below(7), draw); },
       [=](int64_t i, Draw& draw) {
         const bool moved = i >= kShift && draw.Uniform() < .7;
         return eight(moved ? 0 : 1 + draw.Below(7), draw);
       }},
  };
  uint64_t seed = 500;
  for (const Case& c : cases) {
    seed += 2;
    const Rate steady = MeasureRate(MakeProduct, {}, c.steady, effort, seed);
    const Rate shifted = MeasureRate(MakeProduct, {}, c.shifted, effort, seed);
    const double ratio = shifted.value / steady.value;
    table.Add({"5", absl::StrFormat("%s: rate / no-shift rate", c.name), 0, 1.2,
               ratio,
               ratio * std::hypot(shifted.error / shifted.value,
                                  steady.error / steady.value),
               absl::StrFormat("rate %.2f +- %.2f, without the shift %.2f +- "
                               "%.2f",
                               shifted.value, shifted.error, steady.value,
                               steady.error)});
  }
}

void RateDelays(const Effort& effort, Table& table) {
  struct Group {
    double healthy;
    double calibration;  // of the engine without tolerance
    std::vector<double> changed;
  };
  const std::vector<Group> groups = {{.005, 2.3, {.05, .2, .5}},
                                     {.1, 1.5, {.15, .2, .4}}};
  const StreamSetup setup{.signal = Signal::kLengthRunaway};
  uint64_t seed = 700;
  for (const Group& group : groups) {
    const Sampler healthy = Outcomes(group.healthy);
    for (double rate : group.changed) {
      seed += 10;
      const OracleResult oracle = MeasureOracle(
          RateShift(group.healthy, rate), kGamma, effort.oracle_paths, seed);
      const Sampler changed = Outcomes(rate);
      const Delays product =
          Measure(MakeProduct, setup, healthy, changed, effort.reps, seed + 5);
      const Delays plain = Measure(MakePlain(group.calibration), setup, healthy,
                                   changed, effort.reps, seed + 5);
      table.Add(
          {"8",
           absl::StrFormat("rate %g to %g: delay / oracle", group.healthy,
                           rate),
           0, 1.3, product.mean() / oracle.mean_delay,
           product.error() / oracle.mean_delay,
           absl::StrFormat("delay %.1f, oracle %.1f, ln(gamma)/KL %.1f; "
                           "without tolerance %.1f (ratio %.2f)",
                           product.mean(), oracle.mean_delay,
                           std::log(kGamma) / oracle.divergence, plain.mean(),
                           plain.mean() / oracle.mean_delay)});
    }
    const Rate product =
        MeasureRate(MakeProduct, setup, healthy, effort, seed + 1);
    const Rate plain = MeasureRate(MakePlain(group.calibration), setup, healthy,
                                   effort, seed + 1);
    table.Add({"8",
               absl::StrFormat("rate %g: false alarms / asked", group.healthy),
               0, kUnbounded, product.value, product.error,
               absl::StrFormat("without tolerance %.2f +- %.2f", plain.value,
                               plain.error)});
  }
}

// Problems that fail with a probability drawn from Beta(1, 6), each tried
// sixteen times for the baseline. Live traffic asks those that were solved, in
// at least 75 % of the trials; a share `loss` of the right answers is wrong
// now.
class Problems {
 public:
  static constexpr int kCount = 400;
  static constexpr int kTrials = 16;
  static constexpr int kResponses = kCount * kTrials;

  explicit Problems(uint64_t seed) {
    Draw draw(seed);
    for (int i = 0; i < kCount; ++i) {
      rates_.push_back(1 - std::pow(draw.Uniform(), 1.0 / 6));
      int failures = 0;
      for (int t = 0; t < kTrials; ++t) {
        const bool failed = draw.Uniform() < rates_.back();
        failures += failed;
        baseline_.push_back(
            {.problem = static_cast<uint64_t>(i) + 1, .failed = failed});
      }
      if (4 * failures <= kTrials) solved_.push_back(i);
    }
    std::sort(solved_.begin(), solved_.end(),
              [&](int a, int b) { return Rate(a) > Rate(b); });
  }
  // `share` of the solved problems, the hardest ones.
  Sample Ask(double share, double loss, Draw& draw) const {
    const int problem = solved_[static_cast<size_t>(draw.Below(
        static_cast<int>(share * static_cast<double>(solved_.size()))))];
    const double right = (1 - Rate(problem)) * (1 - loss);
    return {.problem = static_cast<uint64_t>(problem) + 1,
            .failed = draw.Uniform() >= right};
  }
  const std::vector<Sample>& baseline() const { return baseline_; }

 private:
  double Rate(int problem) const {
    return rates_[static_cast<size_t>(problem)];
  }
  std::vector<double> rates_;
  std::vector<int> solved_;
  std::vector<Sample> baseline_;
};

void SolvedProblems(const Effort& effort, Table& table) {
  const StreamSetup setup{.signal = Signal::kConsistencyRegression,
                          .reference = Problems::kResponses};
  // Every stream has problems of its own.
  const auto measure = [&](double share, double loss, int streams,
                           const auto& body) {
    std::vector<double> values(static_cast<size_t>(streams));
    ParallelFor(streams, [&](int i) {
      const Problems problems(SeedOf(1100, static_cast<uint64_t>(i)));
      const auto sampler = [&](double lost) {
        return [&problems, share, lost](int64_t index, Draw& draw) {
          return index < 0 ? problems.baseline()[static_cast<size_t>(
                                 index + Problems::kResponses)]
                           : problems.Ask(share, lost, draw);
        };
      };
      values[static_cast<size_t>(i)] = body(
          sampler(0), sampler(loss), SeedOf(1101, static_cast<uint64_t>(i)));
    });
    // Below 0: raised before the change.
    std::erase_if(values, [](double v) { return v < 0; });
    double sum = 0;
    double squares = 0;
    for (double v : values) sum += v;
    const double n = static_cast<double>(std::max<size_t>(2, values.size()));
    for (double v : values) squares += (v - sum / n) * (v - sum / n);
    return std::pair(sum / n, std::sqrt(squares / (n - 1) / n));
  };
  const auto [delay, delay_error] = measure(
      1, 1.0 / 3, effort.reps,
      [&](const Sampler& healthy, const Sampler& changed, uint64_t seed) {
        return static_cast<double>(MeasureDelay(MakeProduct, setup, healthy,
                                                changed, 300, 5000, seed));
      });
  table.Add({"11", "problems, a third of them lost: delay", 0, 35, delay,
             delay_error, ""});
  for (const double share : {1., .25}) {
    const auto [alarms, error] =
        measure(share, 0, effort.streams,
                [&](const Sampler& healthy, const Sampler&, uint64_t seed) {
                  return CountFalseAlarms(MakeProduct, setup, healthy,
                                          effort.healthy, seed);
                });
    const double scale = setup.gamma / static_cast<double>(effort.healthy);
    table.Add({"11",
               share < 1 ? "traffic only to the hardest quarter: rate"
                         : "problems, traffic to all: rate",
               0, 1, alarms * scale, error * scale, ""});
  }
}

void CompletionOrder(const Effort& effort, Table& table) {
  // Before a tap's start no request passed it; a step finds it in steady state.
  constexpr Traffic kTraffics[] = {{"tap start", 0, 0, 1, 5400},
                                   {"step x2", -6000, 5400, 2, 9000},
                                   {"step x4", -6000, 5400, 4, 9000}};
  uint64_t seed = 900;
  for (const Traffic& traffic : kTraffics) {
    ++seed;
    std::array<int, 3> alarmed{};
    for (const Feeding feeding :
         {Feeding::kCompletion, Feeding::kHeld, Feeding::kIdeal}) {
      std::vector<char> runs(static_cast<size_t>(effort.runs));
      ParallelFor(effort.runs, [&](int i) {
        runs[static_cast<size_t>(i)] =
            RunOrder(traffic, feeding, SeedOf(seed, static_cast<uint64_t>(i)))
                ? 1
                : 0;
      });
      alarmed[static_cast<size_t>(feeding)] =
          static_cast<int>(std::count(runs.begin(), runs.end(), 1));
    }
    table.Add({"0.3",
               absl::StrFormat("%s: runs of %d with a false alarm",
                               traffic.name, effort.runs),
               0, 0, static_cast<double>(alarmed[1]), 0,
               absl::StrFormat("in completion order %d, in true start order %d",
                               alarmed[0], alarmed[2])});
  }
}

void Rescoring(const Effort& effort, Table& table) {
  const auto add = [&](std::string what, double low, double high, double rate,
                       int runs, std::string notes) {
    table.Add({"12", std::move(what), low, high, rate,
               std::sqrt(std::max(rate * (1 - rate), 0.) / runs),
               std::move(notes)});
  };
  for (const int trials : {8, 16, 64}) {
    for (const double loss : {0., .5, .9}) {
      const RescoreRates r =
          SimulateRescoring(trials, loss, 1, effort.groups, 1200);
      const std::string what = absl::StrFormat(
          "one problem, %d trials, loss %.0f %%: ", trials, 100 * loss);
      const std::string notes = absl::StrFormat("cleared %.3f", r.cleared);
      add(what + "confirmed", loss == .9 ? .99 : 0,
          loss == 0 ? .02 : kUnbounded, r.confirmed, r.runs, notes);
      table.Add({"12", what + "samples", 0,
                 loss == 0    ? 11
                 : loss == .9 ? 5
                              : kUnbounded,
                 r.samples, 0, ""});
    }
  }
  for (const double loss : {0., .11, .25, .5}) {
    const RescoreRates r =
        SimulateRescoring(8, loss, 64, effort.groups / 4, 1201);
    const std::string what =
        absl::StrFormat("64 problems, 8 trials, loss %.0f %%: ", 100 * loss);
    add(what + "confirmed", loss == .25 ? .98 : 0, loss == 0 ? .02 : kUnbounded,
        r.confirmed, r.runs, absl::StrFormat("cleared %.3f", r.cleared));
    table.Add({"12", what + "samples", 0, loss == .25 ? 80 : kUnbounded,
               r.samples, 0, ""});
  }
}

int Main(int argc, char** argv) {
  Effort effort = kQuick;
  std::string json;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg == "--full") {
      effort = kFull;
    } else if (arg == "--json" && i + 1 < argc) {
      json = argv[++i];
    } else if (arg != "--quick") {
      std::cerr << "usage: bench_detection [--quick|--full] [--json FILE]\n";
      return 2;
    }
  }
  absl::PrintF("%-4s %-44s %-10s %-19s\n", "bar", "case", "asked", "measured");
  Table table;
  LengthDelays(effort, table);
  LengthRates(effort, table);
  FleetRates(effort, table);
  MixShifts(effort, table);
  RateDelays(effort, table);
  SolvedProblems(effort, table);
  CompletionOrder(effort, table);
  Rescoring(effort, table);
  absl::PrintF("%d missed\n", table.missed());
  if (!json.empty()) {
    std::ofstream out(json);
    out << table.Json();
    if (!out.flush()) {
      std::cerr << "can't write " << json << "\n";
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace reasonwatch

int main(int argc, char** argv) { return reasonwatch::Main(argc, argv); }
