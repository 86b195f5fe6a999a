#include "daemon/pipeline/model_pipeline.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/strings.h"

namespace reasonwatch {
namespace {

constexpr int64_t kRepeatNanos = int64_t{600} * 1000000000;
constexpr uint32_t kMaxSeen = 16384;
// Prompts whose beginnings are compared before the prefix is settled.
constexpr int32_t kPrefixPrompts = 50;
constexpr char kPipelineKind[] = "pipeline";
constexpr char kHabitsKind[] = "habits";
constexpr int32_t kStateVersion = 1;
constexpr uint32_t kMaxSavedEntries = 1u << 16;

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
  if (seen_.size() >= tidy_seen_at_) {
    absl::erase_if(seen_, [&](const auto& entry) {
      return now - entry.second > kRepeatNanos;
    });
    // A burst of over kMaxSeen in 10 minutes: forget rather than grow.
    if (seen_.size() >= kMaxSeen) seen_.clear();
    tidy_seen_at_ = std::clamp<size_t>(2 * seen_.size(), 512, kMaxSeen);
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
  last_id_ = scored.id;
  if (scored.start != absl::InfinitePast())
    last_time_ = std::max(last_time_, scored.start);
  LearnPrefix(scored);
  low_coverage_ = low_coverage;
  std::vector<Scored> ready;
  order_.Add(std::move(scored), ready);
  return Feed(std::move(ready), low_coverage);
}

void ModelPipeline::LearnPrefix(const Scored& scored) {
  if (prefix_.has_value() || scored.prompt_beginnings.empty()) return;
  int32_t position = 0;
  for (uint64_t digest : scored.prompt_beginnings) {
    Beginning& b = beginnings_[digest];
    ++b.count;
    b.position = std::max(b.position, ++position);
  }
  if (++prompts_ < kPrefixPrompts) return;
  prefix_ = 0;
  int32_t longest = 0;
  for (const auto& [digest, b] : beginnings_) {
    if (2 * b.count <= prompts_ || b.position <= longest) continue;
    longest = b.position;
    prefix_ = digest;
  }
  beginnings_.clear();
}

std::optional<uint64_t> ModelPipeline::TakePrefix() {
  if (!prefix_.has_value() || prefix_told_) return std::nullopt;
  prefix_told_ = true;
  return prefix_;
}

void ModelPipeline::SaveSeen(StateWriter& out) const {
  int64_t latest = std::numeric_limits<int64_t>::min();
  for (const auto& [key, when] : seen_) latest = std::max(latest, when);
  // Older ones would not be taken for repeats any more.
  std::vector<std::pair<uint64_t, int64_t>> recent;
  for (const auto& [key, when] : seen_)
    if (latest - when <= kRepeatNanos) recent.emplace_back(key, when);
  out.Put(static_cast<uint32_t>(recent.size()));
  for (const auto& [key, when] : recent) {
    out.Put(key);
    out.Put(when);
  }
}

std::vector<StateBlob> ModelPipeline::Save(bool all) {
  std::vector<StateBlob> blobs = watch_.Save(all);
  StateWriter out;
  const auto progress = book_.Save();
  out.Put(static_cast<uint32_t>(progress.size()));
  for (const auto& p : progress) {
    out.PutString(p.id);
    out.Put(p.last_responses);
    out.Put(absl::ToUnixNanos(p.last_finding));
  }
  out.Put(static_cast<uint32_t>(beginnings_.size()));
  for (const auto& [digest, b] : beginnings_) {
    out.Put(digest);
    out.Put(b);
  }
  out.Put(prompts_);
  out.Put(prefix_.has_value());
  out.Put(prefix_.value_or(0));
  out.PutString(last_id_);
  out.Put(absl::ToUnixNanos(last_time_));
  out.Put(absl::ToUnixNanos(received_));
  SaveSeen(out);
  order_.Save(out);
  blobs.push_back({kPipelineKind, model(), kStateVersion, out.Take()});
  if (habits_ != nullptr && (all || !std::exchange(habits_saved_, true)))
    blobs.push_back(
        {kHabitsKind, model(), kStateVersion, habits_->Serialize()});
  return blobs;
}

absl::Status ModelPipeline::Restore(const std::vector<StateBlob>& blobs,
                                    std::vector<Incident> incidents) {
  std::vector<IncidentBook::Progress> progress;
  std::vector<StateBlob> watch_blobs;
  bool ok = true;
  for (const StateBlob& blob : blobs) {
    if (blob.kind == kHabitsKind) {
      auto habits = HabitProfile::Parse(blob.bytes);
      ok = ok && habits.ok();
      if (habits.ok())
        habits_ = std::make_shared<const HabitProfile>(*std::move(habits));
      continue;
    }
    if (blob.kind != kPipelineKind) {
      watch_blobs.push_back(blob);
      continue;
    }
    StateReader in(blob.bytes);
    const uint32_t entries = in.GetCount(kMaxSavedEntries);
    for (uint32_t i = 0; i < entries && in.ok(); ++i) {
      IncidentBook::Progress p;
      p.id = in.GetString();
      in.Get(p.last_responses);
      p.last_finding = absl::FromUnixNanos(in.Get<int64_t>());
      progress.push_back(std::move(p));
    }
    const uint32_t beginnings = in.GetCount(kMaxSavedEntries);
    for (uint32_t i = 0; i < beginnings && in.ok(); ++i) {
      const auto digest = in.Get<uint64_t>();
      in.Get(beginnings_[digest]);
    }
    in.Get(prompts_);
    const bool known = in.Get<bool>();
    const auto prefix = in.Get<uint64_t>();
    if (known) prefix_ = prefix;
    last_id_ = in.GetString();
    last_time_ = absl::FromUnixNanos(in.Get<int64_t>());
    received_ = absl::FromUnixNanos(in.Get<int64_t>());
    const uint32_t seen = in.GetCount(kMaxSeen);
    for (uint32_t i = 0; i < seen && in.ok(); ++i) {
      const auto key = in.Get<uint64_t>();
      in.Get(seen_[key]);
    }
    order_.Restore(in);
    ok = ok && blob.version == kStateVersion && in.AtEnd();
  }
  absl::Status status = watch_.Restore(watch_blobs);
  // What the detectors no longer hold open can't close by itself.
  for (const Incident& incident : incidents)
    for (const IncidentSignal& s : incident.signals) {
      const Finding& f = s.finding;
      if (!s.open || watch_.Open(s.signal, f.scope, f.route, f.replica))
        continue;
      stale_.push_back(f);
      stale_.back().event = FindingEvent::kClosed;
      stale_.back().time = incident.updated;
    }
  book_.Restore(std::move(incidents), progress);
  if (status.ok() && !ok)
    status = absl::DataLossError("state of model " + model() +
                                 " can't be read whole");
  return status;
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
  std::vector<IncidentEvent> events = Feed(std::move(ready), low_coverage_);
  for (const auto& findings : {std::exchange(stale_, {}), watch_.Tick(now)})
    for (IncidentEvent& event : book_.Take(findings, watch_.responses()))
      events.push_back(std::move(event));
  return events;
}

std::vector<IncidentEvent> ModelPipeline::Drain() {
  std::vector<Scored> ready;
  order_.Drain(ready);
  return Feed(std::move(ready), low_coverage_);
}

}  // namespace reasonwatch
