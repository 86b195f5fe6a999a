#include "daemon/pipeline/model_pipeline.h"

#include <utility>

#include "core/strings.h"

namespace reasonwatch {
namespace {

constexpr int64_t kRepeatNanos = int64_t{600} * 1000000000;
constexpr size_t kMaxSeen = 16384;

}  // namespace

ModelPipeline::ModelPipeline(std::string model, WatchOptions watch,
                             IncidentOptions incidents)
    : watch_(std::move(model), watch), book_(incidents) {}

bool ModelPipeline::Repeated(const Scored& scored) {
  if (scored.id.empty()) return false;
  const absl::Time when =
      scored.end != absl::InfinitePast() ? scored.end : scored.start;
  const int64_t now =
      when == absl::InfinitePast() ? 0 : absl::ToUnixNanos(when);
  if (seen_.size() >= kMaxSeen) {
    absl::erase_if(seen_, [&](const auto& entry) {
      return now - entry.second > kRepeatNanos;
    });
    // A burst of over kMaxSeen in 10 minutes: forget rather than grow.
    if (seen_.size() >= kMaxSeen) seen_.clear();
  }
  // Choices of one request share its id.
  const uint64_t key =
      StableHash(scored.id, static_cast<uint64_t>(scored.choice_index) + 16);
  auto [it, fresh] = seen_.try_emplace(key, now);
  if (fresh) return false;
  const bool repeated = now - it->second <= kRepeatNanos;
  it->second = now;
  return repeated;
}

std::vector<IncidentEvent> ModelPipeline::Take(Scored scored,
                                               bool low_coverage) {
  if (scored.origin != Origin::kLive) return {};
  if (Repeated(scored)) {
    ++duplicates_;
    return {};
  }
  std::vector<Scored> ready;
  order_.Add(std::move(scored), ready);
  return Feed(std::move(ready), low_coverage);
}

std::vector<IncidentEvent> ModelPipeline::Feed(std::vector<Scored> ready,
                                               bool low_coverage) {
  std::vector<IncidentEvent> events;
  for (const Scored& scored : ready) {
    const auto findings = watch_.Observe(scored, low_coverage);
    if (findings.empty()) continue;
    for (IncidentEvent& event : book_.Take(findings, watch_.responses()))
      events.push_back(std::move(event));
  }
  return events;
}

std::vector<IncidentEvent> ModelPipeline::Tick(absl::Time now) {
  std::vector<Scored> ready;
  if (order_.holding() > 0) order_.Advance(now, ready);
  std::vector<IncidentEvent> events = Feed(std::move(ready), false);
  for (IncidentEvent& event : book_.Take(watch_.Tick(now), watch_.responses()))
    events.push_back(std::move(event));
  return events;
}

std::vector<IncidentEvent> ModelPipeline::Drain() {
  std::vector<Scored> ready;
  order_.Drain(ready);
  return Feed(std::move(ready), false);
}

}  // namespace reasonwatch
