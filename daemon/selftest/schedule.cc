// SPDX-License-Identifier: Apache-2.0
#include "daemon/selftest/schedule.h"

#include <algorithm>
#include <utility>

namespace reasonwatch {
namespace {

// The first run: Prometheus has found a daemon that has just started by then.
constexpr absl::Duration kFirst = absl::Minutes(1);

}  // namespace

SelfTestSchedule::SelfTestSchedule(
    absl::Duration every, SelfTestOptions options, SelfTestPorts ports,
    std::function<void(const SelfTestResult&)> on_result)
    : every_(every),
      options_(std::move(options)),
      ports_(std::move(ports)),
      on_result_(std::move(on_result)) {
  ports_.wait = [this](absl::Duration duration) { return Wait(duration); };
}

SelfTestSchedule::~SelfTestSchedule() { Stop(); }

void SelfTestSchedule::Start() {
  thread_ = std::thread([this] { Run(); });
}

void SelfTestSchedule::Stop() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  woken_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool SelfTestSchedule::Wait(absl::Duration duration) {
  MutexLock lock(mutex_);
  // A spurious end of the wait only makes a look come early.
  if (!stop_) woken_.wait_for(mutex_, absl::ToChronoNanoseconds(duration));
  return !stop_;
}

void SelfTestSchedule::Run() {
  absl::Time next = ports_.now() + std::min(kFirst, every_);
  while (true) {
    for (absl::Time now = ports_.now(); now < next; now = ports_.now())
      if (!Wait(next - now)) return;
    next = ports_.now() + every_;
    const SelfTestResult result =
        RunSelfTest(options_, ports_, [](const SelfTestHop&) {});
    if (!Wait(absl::ZeroDuration())) return;
    on_result_(result);
  }
}

}  // namespace reasonwatch
