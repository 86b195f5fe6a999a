// SPDX-License-Identifier: Apache-2.0
#include "bench/detection/streams.h"

#include <atomic>
#include <cmath>
#include <deque>
#include <memory>
#include <thread>

#include "core/scored.h"
#include "detectors/evidence/normal.h"
#include "detectors/evidence/rank.h"
#include "detectors/evidence/rate.h"

namespace reasonwatch {
namespace {

constexpr int kThreads = 2;
const std::string kModel = "bench";
// Slow enough that the thinning of learning does not bind.
constexpr absl::Duration kBetween = absl::Seconds(200);

Scored ToScored(const Sample& sample, int64_t index) {
  Scored s;
  s.model = kModel;
  s.start = absl::FromUnixSeconds(1700000000) + index * kBetween;
  s.end = s.start;
  s.stratum.task = sample.stratum;
  if (sample.tokens >= 0)
    s.reading(Feature::kOutputTokens) =
        static_cast<float>(std::log2(1 + sample.tokens));
  if (sample.outcome >= 0)
    s.reading(Feature::kFinishLength) = static_cast<float>(sample.outcome);
  if (sample.problem != 0) {
    s.match = {.kind = MatchKind::kExact, .problem = sample.problem};
    s.grade = sample.failed ? Grade::kIncorrect : Grade::kCorrect;
  }
  return s;
}

class Product : public Monitor {
 public:
  explicit Product(const StreamSetup& setup)
      : signal_(setup.signal), watch_(kModel, OptionsOf(setup)) {}
  void Learn(const Sample& sample, int64_t index) override {
    watch_.LearnImported(ToScored(sample, index));
  }
  void Begin() override { watch_.FinishImport(); }
  bool Feed(const Sample& sample, int64_t index) override {
    bool opened = false;
    for (const Finding& f : watch_.Observe(ToScored(sample, index)))
      opened =
          opened || (f.signal == signal_ && f.event == FindingEvent::kOpened);
    if (const FitJob job = watch_.NextFitJob(); !job.rows.empty())
      watch_.InstallFit(job, FitPromptRegression(job.rows));
    return opened;
  }

 private:
  static WatchOptions OptionsOf(const StreamSetup& setup) {
    WatchOptions options;
    options.budget.mean_responses = setup.gamma;
    options.enabled_signals = 1u << static_cast<int>(setup.signal);
    options.budget.enabled_signals = options.enabled_signals;
    return options;
  }
  Signal signal_;
  ModelWatch watch_;
};

class Plain : public Monitor {
 public:
  Plain(const StreamSetup& setup, double calibration)
      : threshold_(setup.gamma / calibration) {}
  void Learn(const Sample& sample, int64_t) override { Count(sample); }
  void Begin() override {}
  bool Feed(const Sample& sample, int64_t index) override {
    PayOff pay_off;
    if (sample.tokens >= 0) {
      RankPayOff(histogram_.ScoresOf(BinOf(sample)), Tail::kLow, 0, false,
                 pay_off);
    } else {
      RatePayOff(sample.outcome > 0, (counts_.bad + 1.0) / (counts_.count + 1),
                 pay_off);
    }
    mixture_.Observe(pay_off, index);
    const double r = mixture_.Statistic();
    const bool opened = r >= threshold_ && !open_;
    if (opened) {
      open_ = true;
      quarantine_.clear();
    }
    if (open_ && r > threshold_) mixture_.Scale(threshold_ / r);
    quiet_ = r < threshold_ / 100 ? quiet_ + 1 : 0;
    if (quiet_ >= 50) open_ = false;
    quarantine_.push_back(sample);
    if (quarantine_.size() > kQuarantine) {
      if (!open_ && r < .3 * threshold_) Count(quarantine_.front());
      quarantine_.pop_front();
    }
    return opened;
  }

 private:
  static int BinOf(const Sample& sample) {
    return RankBin(std::log2(1 + sample.tokens) - 10);
  }
  void Count(const Sample& sample) {
    if (sample.tokens >= 0) {
      if (histogram_.count() < 5000) histogram_.Add(BinOf(sample));
    } else if (counts_.count < 20000) {
      ++counts_.count;
      counts_.bad += sample.outcome;
    }
  }
  double threshold_;
  RankHistogram histogram_;
  RateCounts counts_;
  Mixture mixture_;
  std::deque<Sample> quarantine_;
  bool open_ = false;
  int quiet_ = 0;
};

std::unique_ptr<Monitor> Start(const MonitorMaker& make,
                               const StreamSetup& setup, const Sampler& healthy,
                               Draw& draw) {
  auto monitor = make(setup);
  for (int64_t i = -setup.reference; i < 0; ++i)
    monitor->Learn(healthy(i, draw), i);
  monitor->Begin();
  return monitor;
}

}  // namespace

double Draw::Uniform() {
  return (static_cast<double>(engine_() >> 11) + .5) * 0x1p-53;
}

double Draw::Normal() { return NormalQuantile(Uniform()); }

uint64_t SeedOf(uint64_t seed, uint64_t index) {
  // splitmix64, so that neighbouring streams have unrelated states.
  uint64_t z = seed * 0x9E3779B97F4A7C15ULL + index * 0xD1B54A32D192ED03ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

void ParallelFor(int n, const std::function<void(int)>& body) {
  std::atomic<int> next = 0;
  const auto work = [&] {
    for (int i = next++; i < n; i = next++) body(i);
  };
  std::vector<std::jthread> threads;
  for (int t = 1; t < kThreads; ++t) threads.emplace_back(work);
  work();
}

double LogNormal(double median, Draw& draw) {
  return std::floor(median * std::exp(kSigma * draw.Normal()));
}

std::unique_ptr<Monitor> MakeProduct(const StreamSetup& setup) {
  return std::make_unique<Product>(setup);
}

MonitorMaker MakePlain(double calibration) {
  return [=](const StreamSetup& setup) {
    return std::make_unique<Plain>(setup, calibration);
  };
}

int CountFalseAlarms(const MonitorMaker& make, const StreamSetup& setup,
                     const Sampler& sampler, int64_t responses, uint64_t seed) {
  Draw draw(seed);
  const auto monitor = Start(make, setup, sampler, draw);
  int alarms = 0;
  for (int64_t i = 0; i < responses; ++i)
    alarms += monitor->Feed(sampler(i, draw), i);
  return alarms;
}

int64_t MeasureDelay(const MonitorMaker& make, const StreamSetup& setup,
                     const Sampler& healthy, const Sampler& changed,
                     int64_t change, int64_t limit, uint64_t seed) {
  Draw draw(seed);
  const auto monitor = Start(make, setup, healthy, draw);
  for (int64_t i = 0; i < change; ++i)
    if (monitor->Feed(healthy(i, draw), i)) return -1;
  for (int64_t delay = 1; delay < limit; ++delay) {
    const int64_t i = change + delay - 1;
    if (monitor->Feed(changed(i, draw), i)) return delay;
  }
  return limit;
}

}  // namespace reasonwatch
