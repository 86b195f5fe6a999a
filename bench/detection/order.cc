// SPDX-License-Identifier: Apache-2.0
#include "bench/detection/order.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/time/time.h"
#include "bench/detection/streams.h"
#include "daemon/pipeline/start_order.h"
#include "detectors/model_watch.h"

namespace reasonwatch {
namespace {

// Healthy traffic as a tap sees it: each response when it ends.
struct Completion {
  double start;
  double end;
  double tokens;
};

constexpr double kMedianTokens = 3000;
constexpr double kTokensPerSecond = 40;
constexpr double kArrivalsPerSecond = 5;
constexpr double kLongest = 1500;  // seconds; 1 in 10,000 takes longer

std::vector<Completion> Completions(const Traffic& traffic, Draw& draw) {
  std::vector<Completion> all;
  double now = traffic.begins;
  while (now < traffic.until) {
    const bool after = traffic.steps > 0 && now >= traffic.steps;
    now -= std::log(draw.Uniform()) /
           (kArrivalsPerSecond * (after ? traffic.factor : 1));
    const double tokens = LogNormal(kMedianTokens, draw);
    const double end = now + tokens / kTokensPerSecond;
    if (end > 0 && end < traffic.until) all.push_back({now, end, tokens});
  }
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.end < b.end; });
  return all;
}

}  // namespace

bool RunOrder(const Traffic& traffic, Feeding feeding, uint64_t seed) {
  Draw draw(seed);
  WatchOptions options;
  options.streams = 200;
  ModelWatch watch("bench", options);
  const auto base = absl::FromUnixSeconds(1700000000);
  const auto scored = [&](const Completion& c) {
    Scored s;
    s.model = std::string("bench");
    s.start = base + absl::Seconds(c.start);
    s.end = base + absl::Seconds(c.end);
    s.reading(Feature::kOutputTokens) =
        static_cast<float>(std::log2(1 + c.tokens));
    return s;
  };
  for (int i = 0; i < 1000; ++i)
    watch.LearnImported(
        scored({-1e6 + i, -1e6 + i, LogNormal(kMedianTokens, draw)}));
  watch.FinishImport();
  bool alarmed = false;
  StartOrder order;
  std::vector<Scored> ready;
  std::vector<Completion> completions = Completions(traffic, draw);
  if (feeding == Feeding::kIdeal) {
    // Responses begun late enough to be cut by the end of the run are biased.
    std::erase_if(completions, [&](const Completion& c) {
      return c.start < 0 || c.start > traffic.until - kLongest;
    });
    std::sort(completions.begin(), completions.end(),
              [](const auto& a, const auto& b) { return a.start < b.start; });
  }
  for (const Completion& c : completions) {
    ready.clear();
    if (feeding == Feeding::kHeld) {
      order.Add(scored(c), ready);
    } else {
      ready.push_back(scored(c));
    }
    for (const Scored& s : ready) {
      // The effects of a step count after the step only.
      for (const Finding& f : watch.Observe(s))
        alarmed = alarmed ||
                  (f.event == FindingEvent::kOpened && c.end >= traffic.steps);
      if (const FitJob job = watch.NextFitJob(); !job.rows.empty())
        watch.InstallFit(job, FitPromptRegression(job.rows));
    }
  }
  return alarmed;
}

}  // namespace reasonwatch
