#include "daemon/pipeline/model_pipeline.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "core/strings.h"
#include "incidents/failing_problems.h"

namespace reasonwatch {
namespace {

constexpr int64_t kRepeatNanos = int64_t{600} * 1000000000;
constexpr uint32_t kMaxSeen = 16384;
// Prompts whose beginnings are compared before the prefix is settled.
constexpr int32_t kPrefixPrompts = 50;
constexpr char kPipelineKind[] = "pipeline";
constexpr char kHabitsKind[] = "habits";
constexpr char kAgreedKind[] = "agreed";
constexpr int32_t kStateVersion = 5;
constexpr int32_t kAgreedVersion = 1;
// Share of the latest response in a habit's rate: 20 responses tell.
constexpr float kHabitMemory = .1F;
// Events and agreed problems that wait to be taken; replay takes none.
constexpr size_t kMaxUntold = 1024;
constexpr uint32_t kMaxSavedEntries = 1u << 16;
// Of an id or a family: a label, however long somebody's ids are.
constexpr size_t kMaxNameBytes = 128;

}  // namespace

ModelPipeline::ModelPipeline(std::string model, WatchOptions watch,
                             IncidentOptions incidents)
    : frozen_(watch.reference.freeze),
      watch_(std::move(model), watch),
      book_(incidents) {}

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
  CountHabits(scored);
  low_coverage_ = low_coverage;
  std::vector<Scored> ready;
  order_.Add(std::move(scored), ready);
  return Feed(std::move(ready), low_coverage);
}

void ModelPipeline::LearnAgreed(const Scored& scored) {
  const AgreedProblems::Settled s = agreed_.Learn(scored);
  if (s.problem == 0) return;
  // Also those without an answer of their own: the posteriors' prior must not
  // be fitted on the selected ones alone.
  watch_.LearnTrials(s.problem, s.trials, s.failures);
  if (!s.agreed || settled_.size() >= kMaxUntold) return;
  BaselineProblem& p = settled_.emplace_back();
  p.model = model();
  p.digest = s.problem;
  p.kind = ProblemKind::kAgreed;
  p.trials = s.trials;
  p.failures = s.failures;
}

void ModelPipeline::LearnImported(Scored scored) {
  agreed_.Grade(scored);
  LearnAgreed(scored);
  watch_.LearnImported(scored);
}

std::vector<IncidentEvent> ModelPipeline::Accept(absl::Time now,
                                                 const std::string& evidence) {
  std::vector<IncidentEvent> events = book_.Accept(now, evidence);
  ResetReference();
  stale_.clear();
  return events;
}

void ModelPipeline::ResetReference() {
  watch_.Reset();
  agreed_ = AgreedProblems();
}

std::vector<StateBlob> ModelPipeline::SaveReference() {
  std::vector<StateBlob> blobs = watch_.Save(/*all=*/true);
  StateWriter agreed;
  agreed_.Save(agreed);
  blobs.push_back({kAgreedKind, model(), kAgreedVersion, Seal(agreed.Take())});
  return blobs;
}

absl::Status ModelPipeline::RestoreReference(
    const std::vector<StateBlob>& blobs) {
  agreed_ = AgreedProblems();
  for (const StateBlob& blob : blobs) {
    std::string_view bytes = blob.bytes;
    if (blob.kind != kAgreedKind || blob.version != kAgreedVersion ||
        !Unseal(bytes))
      continue;
    StateReader in(bytes);
    agreed_.Restore(in);
  }
  watch_.Reset();
  return watch_.Restore(blobs);
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

void ModelPipeline::set_habits(std::shared_ptr<const HabitProfile> habits) {
  habits_ = std::move(habits);
  habits_saved_ = false;
  habit_rates_.fill(0);
  if (habits_ == nullptr) return;
  for (size_t i = 0; i < habits_->habits().size(); ++i)
    habit_rates_[i] = static_cast<float>(habits_->habits()[i].rate);
}

void ModelPipeline::CountHabits(const Scored& scored) {
  for (size_t i = 0; i < std::min<size_t>(scored.habits_known, kMaxHabits); ++i)
    habit_rates_[i] +=
        kHabitMemory *
        (static_cast<float>(scored.habits >> i & 1) - habit_rates_[i]);
}

std::string ModelPipeline::LostHabits() const {
  std::string lost;
  int count = 0;
  if (habits_ == nullptr) return lost;
  for (size_t i = 0; i < habits_->habits().size() && count < 3; ++i) {
    const Habit& habit = habits_->habits()[i];
    if (habit_rates_[i] >= habit.rate / 2) continue;
    lost += absl::StrFormat("%s'%s'", count++ == 0 ? "habits lost: " : ", ",
                            habit.phrase);
  }
  return lost;
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
  if (all || agreed_.WantsSave()) {
    StateWriter agreed;
    agreed_.Save(agreed);
    blobs.push_back(
        {kAgreedKind, model(), kAgreedVersion, Seal(agreed.Take())});
  }
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
  regimes_.Save(out);
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
      if (habits.ok()) {
        set_habits(std::make_shared<const HabitProfile>(*std::move(habits)));
        habits_saved_ = true;
      }
      continue;
    }
    if (blob.kind != kPipelineKind) {
      watch_blobs.push_back(blob);
      continue;
    }
    if (blob.version != kStateVersion) {
      ok = false;
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
    regimes_.Restore(in);
    order_.Restore(in);
    ok = ok && in.AtEnd();
  }
  absl::Status status = RestoreReference(watch_blobs);
  CloseStale(incidents);
  // The verdict may have been stored and the state not.
  for (const Incident& incident : incidents) WatchForMore(incident);
  book_.Restore(std::move(incidents), progress);
  if (status.ok() && !ok)
    status = absl::DataLossError("state of model " + model() +
                                 " can't be read whole");
  return status;
}

std::optional<IncidentEvent> ModelPipeline::TakeVerdict(
    const Verdict& verdict) {
  std::vector<FailingProblem> asked;
  for (const ProblemOutcome& outcome : verdict.outcomes)
    asked.push_back(Named(outcome));
  auto event = book_.TakeVerdict(verdict, std::move(asked));
  if (event.has_value()) WatchForMore(event->incident);
  return event;
}

void ModelPipeline::WatchForMore(const Incident& incident) {
  if (incident.confirmation != Confirmation::kNotReproduced) return;
  for (const IncidentSignal& s : incident.signals)
    if (s.open) watch_.Clear(s.finding);
}

// What the detectors no longer hold open can't close by itself.
void ModelPipeline::CloseStale(const std::vector<Incident>& incidents) {
  for (const Incident& incident : incidents)
    for (const IncidentSignal& s : incident.signals) {
      const Finding& f = s.finding;
      const bool by_canaries =
          f.channel == kCanaryChannel && book_.can_confirm();
      if (!s.open || by_canaries ||
          watch_.Open(s.signal, f.scope, f.route, f.replica))
        continue;
      stale_.push_back(f);
      stale_.back().event = FindingEvent::kClosed;
      stale_.back().time = incident.updated;
    }
}

void ModelPipeline::NameHabits(Finding& finding) const {
  if (finding.event == FindingEvent::kClosed ||
      std::none_of(finding.channels.begin(), finding.channels.end(),
                   [](const auto& channel) {
                     return channel.second >= .1 &&
                            channel.first.starts_with("format_markers/habit");
                   }))
    return;
  if (std::string lost = LostHabits(); !lost.empty())
    finding.hints.push_back({"prompt_or_template_change", 1, std::move(lost)});
}

void ModelPipeline::NameProblems(Finding& finding) const {
  if (finding.signal != Signal::kConsistencyRegression ||
      finding.event == FindingEvent::kClosed)
    return;
  std::vector<FailingProblem> asked;
  for (const auto& seen : watch_.SolvedProblemsAsked())
    asked.push_back(
        Named({seen.problem, seen.before.trials,
               seen.before.trials - seen.before.failures, seen.now.trials,
               seen.now.trials - seen.now.failures}));
  ListFailing(std::move(asked), finding);
}

FailingProblem ModelPipeline::Named(const ProblemOutcome& outcome) const {
  const IndexedProblem* known =
      problems_ == nullptr ? nullptr : problems_->Find(outcome.problem);
  FailingProblem p;
  p.problem = outcome.problem;
  if (known != nullptr) {
    p.id = known->id.substr(0, kMaxNameBytes);
    p.family = known->family.substr(0, kMaxNameBytes);
  }
  if (p.id.empty()) p.id = absl::StrFormat("%016x", outcome.problem);
  p.trials_before = outcome.trials_before;
  p.passed_before = outcome.passed_before;
  p.trials_now = outcome.trials_now;
  p.passed_now = outcome.passed_now;
  return p;
}

std::vector<IncidentEvent> ModelPipeline::Feed(std::vector<Scored> ready,
                                               bool low_coverage) {
  std::vector<IncidentEvent> events;
  for (Scored& scored : ready) {
    for (ModelEvent& event : regimes_.Observe(scored))
      if (events_.size() < kMaxUntold) events_.push_back(std::move(event));
    // A repeated answer is judged by what it was; only healthy ones say what
    // it is.
    const bool known = agreed_.Grade(scored);
    auto findings = watch_.Observe(scored, low_coverage);
    if (!known && scored.answer_key != 0 && !low_coverage && !frozen_ &&
        !watch_.AnyOpen())
      LearnAgreed(scored);
    if (findings.empty()) continue;
    for (Finding& finding : findings) {
      NameHabits(finding);
      NameProblems(finding);
    }
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
