// SPDX-License-Identifier: Apache-2.0
// A response passes the check for repeats and the learning of the prefix, and
// waits in start order. A response whose turn has come is graded by the agreed
// problems, observed by the watch, and its findings, with habits and problems
// named, go to the incident book.
//
// In this order: repeats, the way in, the reference, prefix and habits, state,
// verdicts, names, the way out.
#include "daemon/pipeline/model_pipeline.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "incidents/failing_problems.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Clients that repeat a request under its id do so within minutes.
constexpr int64_t kRepeatNanos = int64_t{600} * 1000000000;
// Ids kept: 256 KB a model, and over 25 responses a second.
constexpr uint32_t kMaxSeen = 16384;
// Prompts whose beginnings are compared before the prefix is settled.
constexpr int32_t kPrefixPrompts = 50;
constexpr char kPipelineKind[] = "pipeline";
constexpr char kHabitsKind[] = "habits";
constexpr char kAgreedKind[] = "agreed";
constexpr char kFollowedKind[] = "followed";
constexpr int32_t kStateVersion = 5;  // before types had versions
// The same behind the versions of its types (util/state_archive.h).
constexpr int32_t kVersionedState = 6;
constexpr int32_t kAgreedVersion = 1;    // before types had versions
constexpr int32_t kVersionedAgreed = 2;  // as kVersionedState
// Share of the latest response in a habit's rate: 20 responses outweigh the
// past.
constexpr float kHabitMemory = .1F;
// Events and agreed problems that wait to be drained; replay drains none.
constexpr size_t kMaxNews = 1024;
// Bounds what a damaged blob can ask for.
constexpr uint32_t kMaxSavedEntries = 1u << 16;
// The longest id or family that is kept, as for a label of a metric.
constexpr size_t kMaxNameBytes = 128;

// A digest of the words that the prompt holds, 0 = none are known.
uint64_t PromptDigest(const Scored& scored) {
  const std::vector<uint16_t>& terms = scored.prompt_terms;
  if (terms.empty()) return 0;
  return StableHash({reinterpret_cast<const char*>(terms.data()),
                     terms.size() * sizeof(terms[0])});
}

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
    absl::erase_if(asked_, [this](const auto& entry) {
      return !seen_.contains(entry.first);
    });
    tidy_seen_at_ = std::clamp<size_t>(2 * seen_.size(), 512, kMaxSeen);
  }
  // Choices of one request share its id.
  const uint64_t key =
      StableHash(scored.id, static_cast<uint64_t>(scored.choice_index) + 16);
  const uint64_t asked = PromptDigest(scored);
  uint64_t& asked_before = asked_[key];
  const uint64_t before = std::exchange(asked_before, asked);
  auto [it, fresh] = seen_.try_emplace(key, now);
  if (fresh) return false;
  const bool recent = now - it->second <= kRepeatNanos;
  it->second = now;
  if (!recent) return false;
  // Some servers give each response the same id: it does not name this one.
  if (asked == 0 || before == 0 || asked == before) return true;
  ++shared_ids_;
  return false;
}

std::vector<IncidentEvent> ModelPipeline::Observe(Scored scored,
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
  if (!s.agreed || settled_.size() >= kMaxNews) return;
  BaselineProblem& p = settled_.emplace_back();
  p.model = model();
  p.digest = s.problem;
  p.kind = ProblemKind::kAgreed;
  p.trials = s.trials;
  p.failures = s.failures;
}

void ModelPipeline::LearnImported(Scored scored) {
  CutTape();
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
  CutTape();
  watch_.Reset();
  agreed_ = AgreedProblems();
}

StateBlob ModelPipeline::SaveAgreed() const {
  StateWriter out;
  out.Field("agreed", agreed_);
  const int32_t version = out.versioned() ? kVersionedAgreed : kAgreedVersion;
  return {kAgreedKind, model(), version, Seal(out.Finish())};
}

std::vector<StateBlob> ModelPipeline::SaveReference() {
  std::vector<StateBlob> blobs = watch_.Save(/*all=*/true);
  blobs.push_back(SaveAgreed());
  agreed_.NoteSaved();
  if (habits_ != nullptr)
    blobs.push_back(
        {kHabitsKind, model(), kStateVersion, habits_->Serialize()});
  return blobs;
}

bool ModelPipeline::RestoreHabits(const StateBlob& blob) {
  auto habits = HabitProfile::Parse(blob.bytes);
  if (!habits.ok()) return false;
  set_habits(std::make_shared<const HabitProfile>(*std::move(habits)));
  return true;
}

absl::Status ModelPipeline::RestoreReference(
    const std::vector<StateBlob>& blobs) {
  CutTape();
  agreed_ = AgreedProblems();
  for (const StateBlob& blob : blobs) {
    if (blob.kind == kHabitsKind) RestoreHabits(blob);
    std::string_view bytes = blob.bytes;
    if (blob.kind != kAgreedKind ||
        (blob.version != kAgreedVersion && blob.version != kVersionedAgreed) ||
        !Unseal(bytes))
      continue;
    StateReader in(bytes);
    if (blob.version == kVersionedAgreed) in.ReadVersions();
    in.Field("agreed", agreed_);
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

std::optional<uint64_t> ModelPipeline::DrainPrefix() {
  if (!prefix_.has_value() || prefix_drained_) return std::nullopt;
  prefix_drained_ = true;
  return prefix_;
}

// Ids of the last 10 minutes; older ones are no repeats any more.
absl::flat_hash_map<uint64_t, int64_t> ModelPipeline::RecentlySeen() const {
  int64_t latest = std::numeric_limits<int64_t>::min();
  for (const auto& [key, when] : seen_) latest = std::max(latest, when);
  absl::flat_hash_map<uint64_t, int64_t> recent;
  for (const auto& [key, when] : seen_)
    if (latest - when <= kRepeatNanos) recent.emplace(key, when);
  return recent;
}

// Describes the members of this class and the open incidents' progress.
template <typename Archive>
void ModelPipeline::DescribeOwn(Archive& archive,
                                std::vector<IncidentBook::Progress>& progress) {
  archive.List("progress", progress, kMaxSavedEntries);
  archive.Map("beginnings", beginnings_, kMaxSavedEntries);
  archive.Field("prompts", prompts_);
  bool known = prefix_.has_value();
  uint64_t prefix = prefix_.value_or(0);
  archive.Field("prefix_known", known);
  archive.Field("prefix", prefix);
  if constexpr (Archive::kReads)
    if (known) prefix_ = prefix;
  archive.Field("last_id", last_id_);
  archive.Field("last_time", last_time_);
  archive.Field("received", received_);
  if constexpr (Archive::kReads) {
    archive.Map("seen", seen_, kMaxSeen);
  } else {
    auto recent = RecentlySeen();
    archive.Map("seen", recent, kMaxSeen);
  }
  archive.Field("regimes", regimes_);
  archive.Field("order", order_);
}

std::vector<StateBlob> ModelPipeline::Save(bool all) {
  std::vector<StateBlob> blobs = watch_.Save(all);
  if (all || agreed_.WantsSave()) {
    blobs.push_back(SaveAgreed());
    agreed_.NoteSaved();
  }
  StateWriter out;
  auto progress = book_.Save();
  DescribeOwn(out, progress);
  const int32_t version = out.versioned() ? kVersionedState : kStateVersion;
  blobs.push_back({kPipelineKind, model(), version, out.Finish()});
  if (habits_ != nullptr && (all || !std::exchange(habits_saved_, true)))
    blobs.push_back(
        {kHabitsKind, model(), kStateVersion, habits_->Serialize()});
  if (!followed_.empty())
    blobs.push_back({kFollowedKind, model(), 1, followed_.Serialize()});
  return blobs;
}

absl::Status ModelPipeline::Restore(const std::vector<StateBlob>& blobs,
                                    std::vector<Incident> incidents) {
  std::vector<IncidentBook::Progress> progress;
  std::vector<StateBlob> watch_blobs;
  bool ok = true;
  for (const StateBlob& blob : blobs) {
    if (blob.kind == kHabitsKind) {
      ok = RestoreHabits(blob) && ok;
      habits_saved_ = true;
      continue;
    }
    if (blob.kind == kFollowedKind) {
      ok = followed_.Parse(blob.bytes) && ok;
      continue;
    }
    if (blob.kind != kPipelineKind) {
      watch_blobs.push_back(blob);
      continue;
    }
    if (blob.version != kStateVersion && blob.version != kVersionedState) {
      ok = false;
      continue;
    }
    StateReader in(blob.bytes);
    if (blob.version == kVersionedState) in.ReadVersions();
    DescribeOwn(in, progress);
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

std::optional<IncidentEvent> ModelPipeline::ApplyVerdict(
    const Verdict& verdict) {
  std::vector<FailingProblem> asked;
  for (const ProblemOutcome& outcome : verdict.outcomes)
    asked.push_back(Named(outcome));
  auto event = book_.ApplyVerdict(verdict, std::move(asked));
  if (event.has_value()) WatchForMore(event->incident);
  return event;
}

void ModelPipeline::WatchForMore(const Incident& incident) {
  if (incident.confirmation != Confirmation::kNotReproduced) return;
  CutTape();
  for (const IncidentSignal& s : incident.signals)
    if (s.open) watch_.Clear(s.finding);
}

// A signal that the detectors no longer hold open can't close by itself.
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
                     const ChannelSpec* spec = FindChannel(channel.first);
                     return channel.second >= .1 && spec != nullptr &&
                            spec->feature == Feature::kHabitsShown;
                   }))
    return;
  if (std::string lost = LostHabits(); !lost.empty())
    finding.hints.push_back({"version_change", 1, std::move(lost)});
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

// Before the response, so that the state is that of before it.
void ModelPipeline::Tape(const Scored& scored, bool low_coverage) {
  if (tape_ == nullptr) return;
  if (tape_->WantsStart()) tape_->Begin({watch_.SaveMark(), SaveAgreed()});
  tape_->Add({scored, low_coverage, watch_.streams()});
}

std::optional<ReplayTake> ModelPipeline::Take() const {
  const ReplayTape::Start* start = tape_ == nullptr ? nullptr : tape_->start();
  if (start == nullptr) return std::nullopt;
  ReplayTake take;
  take.model = model();
  take.state = watch_.RowsOf(start->mark);
  take.state.push_back(start->mark.parts);
  take.state.push_back(start->agreed);
  take.rows = tape_->Rows();
  return take;
}

std::vector<IncidentEvent> ModelPipeline::ObserveTaped(TapeRow row) {
  watch_.set_streams(row.streams);
  std::vector<Scored> ready;
  ready.push_back(std::move(row.scored));
  return Feed(std::move(ready), row.low_coverage);
}

std::vector<IncidentEvent> ModelPipeline::Feed(std::vector<Scored> ready,
                                               bool low_coverage) {
  std::vector<IncidentEvent> events;
  for (Scored& scored : ready) {
    Tape(scored, low_coverage);
    for (ModelEvent& event : regimes_.Observe(scored))
      if (events_.size() < kMaxNews) events_.push_back(std::move(event));
    // A repeated answer is judged by the agreed one; only healthy answers take
    // part in the agreement.
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
    for (IncidentEvent& event : book_.Observe(findings, watch_.responses()))
      events.push_back(std::move(event));
  }
  return events;
}

std::vector<IncidentEvent> ModelPipeline::Tick(absl::Time now) {
  std::vector<Scored> ready;
  if (order_.holding() > 0) order_.Advance(now, ready);
  std::vector<IncidentEvent> events = Feed(std::move(ready), low_coverage_);
  const std::vector<Finding> silent = watch_.Tick(now);
  if (!silent.empty()) CutTape();
  for (const auto& findings : {std::exchange(stale_, {}), silent})
    for (IncidentEvent& event : book_.Observe(findings, watch_.responses()))
      events.push_back(std::move(event));
  for (IncidentEvent& event : book_.EndUnreproduced(now))
    events.push_back(std::move(event));
  return events;
}

std::vector<IncidentEvent> ModelPipeline::Drain() {
  std::vector<Scored> ready;
  order_.Drain(ready);
  return Feed(std::move(ready), low_coverage_);
}

}  // namespace reasonwatch
