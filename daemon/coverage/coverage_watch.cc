// SPDX-License-Identifier: Apache-2.0
#include "daemon/coverage/coverage_watch.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "daemon/coverage/served_counter.h"

namespace reasonwatch {
namespace {

// Host and port of a URL, without a password that it may hold.
std::string HostOf(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme != url.npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  const size_t at = url.rfind('@');
  if (at != url.npos) url.remove_prefix(at + 1);
  return std::string(url);
}

double TotalOf(const SeenTotals& seen, ServedUnit unit) {
  switch (unit) {
    case ServedUnit::kExchanges:
      return seen.exchanges;
    case ServedUnit::kRequests:
      return seen.requests;
    case ServedUnit::kTokens:
      return seen.tokens;
  }
  return 0;
}

}  // namespace

CoverageWatch::CoverageWatch(CoverageOptions options, CoveragePorts ports)
    : options_(std::move(options)), ports_(std::move(ports)) {
  std::set<std::string> taken;
  MutexLock lock(mutex_);
  for (const CoverageTarget& target : options_.targets) {
    if (watched_.size() >= kMaxCoverageTargets) break;
    const std::string name =
        target.name.empty() ? HostOf(target.url) : target.name;
    std::string unique = name;
    for (int n = 2; !taken.insert(unique).second; ++n)
      unique = absl::StrCat(name, "-", n);
    watched_.emplace_back().snapshot.target = std::move(unique);
  }
}

void CoverageWatch::Start() {
  if (!options_.targets.empty()) thread_ = std::thread([this] { Run(); });
}

CoverageWatch::~CoverageWatch() { Stop(); }

void CoverageWatch::Stop() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  woken_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::vector<CoverageSnapshot> CoverageWatch::Snapshots() const {
  std::vector<CoverageSnapshot> snapshots;
  MutexLock lock(mutex_);
  for (const Watched& watched : watched_) snapshots.push_back(watched.snapshot);
  return snapshots;
}

void CoverageWatch::LookOnce() {
  for (size_t i = 0; i < std::min(options_.targets.size(), kMaxCoverageTargets);
       ++i)
    if (!stop_) Look(i);
}

void CoverageWatch::Look(size_t index) {
  const CoverageTarget& target = options_.targets[index];
  const absl::StatusOr<std::string> text = ports_.get(target, stop_);
  const absl::StatusOr<Served> served =
      text.ok() ? ReadServed(*text, target.counter)
                : absl::StatusOr<Served>(text.status());
  const SeenTotals seen = ports_.seen();
  MutexLock lock(mutex_);
  Watched& watched = watched_[index];
  CoverageSnapshot& shown = watched.snapshot;
  if (!served.ok()) {
    shown.error = std::string(served.status().message());
    ++shown.failures;
    return;
  }
  // A program of another kind answers now.
  if (shown.counter != served->counter) watched.meter = CoverageMeter();
  watched.meter.Look(served->total, TotalOf(seen, served->unit));
  shown.counter = served->counter;
  shown.error.clear();
  shown.read = absl::Now();
  ++shown.looks;
  shown.restarts = watched.meter.restarts();
  const auto latest = watched.meter.Latest();
  const CoverageSnapshot unknown;
  shown.served = latest.has_value() ? latest->served : unknown.served;
  shown.seen = latest.has_value() ? latest->seen : unknown.seen;
  shown.ratio = latest.has_value() ? latest->ratio().value_or(unknown.ratio)
                                   : unknown.ratio;
}

void CoverageWatch::Run() {
  while (!stop_) {
    LookOnce();
    MutexLock lock(mutex_);
    woken_.wait_for(mutex_, absl::ToChronoNanoseconds(options_.interval),
                    [this] { return stop_.load(); });
  }
}

}  // namespace reasonwatch
