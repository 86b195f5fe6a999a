// SPDX-License-Identifier: Apache-2.0
#include "bench/detection/oracle.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace reasonwatch {
namespace {

constexpr int kHealthyBefore = 1000;

// The new maxima of one path's score and when each was reached.
struct Record {
  double level;
  int64_t index;
};

std::vector<Record> Maxima(const LogRatio& log_ratio, int64_t limit,
                           uint64_t seed) {
  Draw draw(seed);
  std::vector<Record> records;
  double score = 0;
  double best = 0;
  for (int64_t i = 1; i <= limit; ++i) {
    score = std::max(0.0, score + log_ratio(draw, false));
    if (score <= best) continue;
    best = score;
    records.push_back({best, i});
  }
  return records;
}

double MeanRunLength(const std::vector<std::vector<Record>>& paths,
                     int64_t limit, double threshold) {
  int64_t exposure = 0;
  int64_t alarms = 0;
  for (const auto& records : paths) {
    const auto hit =
        std::find_if(records.begin(), records.end(),
                     [&](const Record& r) { return r.level >= threshold; });
    exposure += hit == records.end() ? limit : hit->index;
    alarms += hit != records.end();
  }
  return static_cast<double>(exposure) /
         static_cast<double>(std::max<int64_t>(alarms, 1));
}

}  // namespace

LogRatio NormalShift(double delta, double phi) {
  return [=](Draw& draw, bool changed) {
    double z = draw.Normal();
    if (changed && draw.Uniform() < phi) z += delta;
    return std::log(1 - phi + phi * std::exp(delta * z - delta * delta / 2));
  };
}

LogRatio RateShift(double healthy, double changed_rate) {
  const double bad = std::log(changed_rate / healthy);
  const double good = std::log((1 - changed_rate) / (1 - healthy));
  return [=](Draw& draw, bool changed) {
    return draw.Uniform() < (changed ? changed_rate : healthy) ? bad : good;
  };
}

OracleResult MeasureOracle(const LogRatio& log_ratio, double gamma, int paths,
                           uint64_t seed) {
  const auto limit = static_cast<int64_t>(3 * gamma);
  std::vector<std::vector<Record>> runs(static_cast<size_t>(paths));
  ParallelFor(paths, [&](int i) {
    runs[static_cast<size_t>(i)] =
        Maxima(log_ratio, limit, SeedOf(seed, static_cast<uint64_t>(i)));
  });
  OracleResult result;
  double low = 0;
  double high = std::log(gamma);  // its run length is at least gamma (Lorden)
  for (int i = 0; i < 50; ++i) {
    const double middle = (low + high) / 2;
    (MeanRunLength(runs, limit, middle) < gamma ? low : high) = middle;
  }
  result.threshold = high;

  const int reps = 4 * paths;
  std::vector<int64_t> delays(static_cast<size_t>(reps), -1);
  ParallelFor(reps, [&](int i) {
    Draw draw(SeedOf(seed + 1, static_cast<uint64_t>(i)));
    double score = 0;
    for (int t = 0; t < kHealthyBefore; ++t) {
      score = std::max(0.0, score + log_ratio(draw, false));
      if (score >= result.threshold) return;
    }
    int64_t delay = 0;
    while (score < result.threshold) {
      score = std::max(0.0, score + log_ratio(draw, true));
      ++delay;
    }
    delays[static_cast<size_t>(i)] = delay;
  });
  double sum = 0;
  int count = 0;
  for (int64_t d : delays) {
    if (d < 0) continue;
    sum += static_cast<double>(d);
    ++count;
  }
  result.mean_delay = sum / std::max(1, count);
  Draw draw(SeedOf(seed + 2, 0));
  constexpr int kDivergenceDraws = 200000;
  for (int i = 0; i < kDivergenceDraws; ++i)
    result.divergence += log_ratio(draw, true) / kDivergenceDraws;
  return result;
}

}  // namespace reasonwatch
