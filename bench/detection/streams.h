// SPDX-License-Identifier: Apache-2.0
// Synthetic streams of readings, fed to the product's own detectors.
#ifndef REASONWATCH_BENCH_DETECTION_STREAMS_H_
#define REASONWATCH_BENCH_DETECTION_STREAMS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "core/signal.h"
#include "detectors/model_watch.h"

namespace reasonwatch {

// Random numbers that do not depend on the standard library's distributions.
class Draw {
 public:
  explicit Draw(uint64_t seed) : engine_(seed) {}
  double Uniform();  // in (0, 1)
  double Normal();
  int Below(int n) { return static_cast<int>(Uniform() * n); }

 private:
  std::mt19937_64 engine_;
};

uint64_t SeedOf(uint64_t seed, uint64_t index);

// Calls body(0..n-1) on two threads; every call must be independent.
void ParallelFor(int n, const std::function<void(int)>& body);

// One response of a synthetic stream. Indices below 0 are the reference's.
struct Sample {
  double tokens = -1;  // below 0: no length
  int outcome = -1;    // finish reason "length": 0 or 1, below 0: not read
  uint8_t stratum = 0;
  uint64_t problem = 0;  // 0: nothing is graded
  bool failed = false;
};
using Sampler = std::function<Sample(int64_t index, Draw& draw)>;

// Log-normal lengths; sigma is of the natural logarithm.
inline constexpr double kSigma = .8;
double LogNormal(double median, Draw& draw);

// One signal of one stream at an asked run length, all its own budget.
struct StreamSetup {
  Signal signal = Signal::kLengthCollapse;
  double gamma = 1e4;
  int reference = 1000;
};

// Whether each response opened the signal.
class Monitor {
 public:
  virtual ~Monitor() = default;
  virtual void Learn(const Sample& sample, int64_t index) = 0;
  virtual void Begin() = 0;
  virtual bool Feed(const Sample& sample, int64_t index) = 0;
};
using MonitorMaker =
    std::function<std::unique_ptr<Monitor>(const StreamSetup& setup)>;

// ModelWatch as the daemon runs it.
std::unique_ptr<Monitor> MakeProduct(const StreamSetup& setup);
// The same pay-offs and mixture without the tolerance for a young reference:
// one stratum, quarantine of 500, threshold gamma / calibration.
MonitorMaker MakePlain(double calibration);

// False alarms in `responses` healthy live ones, from the first on.
int CountFalseAlarms(const MonitorMaker& make, const StreamSetup& setup,
                     const Sampler& sampler, int64_t responses, uint64_t seed);

// Responses from the change at live index `change` to the alarm; -1 if the
// signal was raised before, `limit` if it was not raised by then.
int64_t MeasureDelay(const MonitorMaker& make, const StreamSetup& setup,
                     const Sampler& healthy, const Sampler& changed,
                     int64_t change, int64_t limit, uint64_t seed);

}  // namespace reasonwatch

#endif  // REASONWATCH_BENCH_DETECTION_STREAMS_H_
