// SPDX-License-Identifier: Apache-2.0
// A response goes through Observe(): it is dated and counted, judged against
// its stream's reference and against its problem's record, and its pay-offs go
// to the level of its route, of the model, and of its replica. Then the
// findings are completed, and the response may be learnt. Around it are the
// ways in and out: imports, clearing, silence, fits, snapshots.
#include "detectors/model_watch.h"

#include <algorithm>
#include <utility>

#include "core/scored.h"
#include "detectors/snapshot.h"
#include "detectors/traffic/heard_lately.h"
#include "detectors/traffic/prompt_twin.h"

namespace reasonwatch {
namespace {

// A level whose evidence is over this share of its threshold may be on the way
// to an alarm: its responses are not learnt.
constexpr double kHotShare = .3;
// Rows up to which a fit takes a few milliseconds, in place.
constexpr size_t kFitInPlace = 256;
// Responses from which the stratum of a new kind of prompts is a measure: its
// error is then under .2 standard deviations.
constexpr int64_t kKindBets = 100;
// As docs/glossary.md says of the close reason "no_data".
constexpr absl::Duration kNoDataAfter = absl::Hours(24 * 7);

size_t ConsistencyChannel() {
  const auto specs = Channels();
  for (size_t c = 0; c < specs.size(); ++c)
    if (specs[c].question == Question::kFailed) return c;
  return 0;
}

double ShareOfEvidence(const Scored& scored, WatchedStream& stream) {
  const uint32_t prompt =
      scored.prompt_terms.empty() ? 0 : PromptKeyOf(scored.prompt_terms);
  return stream.heard->Observe(prompt, scored.session,
                               stream.twin->UsualShare(prompt));
}

}  // namespace

WatchedStream::WatchedStream(const std::string& model, const std::string& route,
                             const ReferenceOptions& options)
    : reference(options),
      level(Scope::kRoute, model, route, ""),
      twin(std::make_unique<PromptTwin>()),
      heard(std::make_unique<HeardLately>()) {}

WatchedStream::~WatchedStream() = default;

void WatchedStream::Observe(const Scored& scored) {
  traffic.Count(absl::ToUnixNanos(scored.start));
  const auto index = static_cast<size_t>(responses++);
  const bool has_reference = reference.Covered(scored);
  if (covered.size() < kCoverageWindow) covered.push_back(0);
  covered[index % kCoverageWindow] = has_reference;
  changes.Observe(scored, has_reference);
}

ModelWatch::ModelWatch(std::string model, WatchOptions options)
    : model_(std::move(model)),
      options_(options),
      model_level_(Scope::kModel, model_, "", "") {}

void ModelWatch::Reset() {
  const int64_t renewals = renewals_ + 1;
  *this = ModelWatch(model_, options_);
  renewals_ = renewals;
}

WatchedStream& ModelWatch::FindOrAddStream(const std::string& route) {
  auto& stream = streams_[route];
  if (stream == nullptr)
    stream = std::make_unique<WatchedStream>(model_, route, options_.reference);
  return *stream;
}

ModelWatch::Replica* ModelWatch::FindOrAddReplica(const Scored& scored) {
  if (scored.replica.empty()) return nullptr;
  const auto it = replicas_.find(scored.replica);
  if (it != replicas_.end()) return it->second.get();
  if (static_cast<int>(replicas_.size()) >= options_.max_replicas) {
    ++replicas_over_;
    return nullptr;
  }
  auto replica = std::make_unique<Replica>(
      Replica{Level(Scope::kReplica, model_, scored.route, scored.replica),
              TrafficMeter()});
  return replicas_.emplace(scored.replica, std::move(replica))
      .first->second.get();
}

template <typename Watch>
auto ModelWatch::FindLevel(Watch& watch, Scope scope, const std::string& route,
                           const std::string& replica)
    -> decltype(&watch.model_level_) {
  if (scope == Scope::kModel) return &watch.model_level_;
  if (scope == Scope::kRoute) {
    const auto it = watch.streams_.find(route);
    return it == watch.streams_.end() ? nullptr : &it->second->level;
  }
  const auto it = watch.replicas_.find(replica);
  return it == watch.replicas_.end() ? nullptr : &it->second->level;
}

const StreamReference* ModelWatch::reference(const std::string& route) const {
  const auto it = streams_.find(route);
  return it == streams_.end() ? nullptr : &it->second->reference;
}

void ModelWatch::LearnImported(const Scored& scored) {
  if (!options_.reference.from_solved || scored.grade != Grade::kIncorrect) {
    WatchedStream& stream = FindOrAddStream(scored.route);
    stream.reference.LearnImported(scored);
  }
  failures_.LearnImported(scored);
}

void ModelWatch::FinishImport() {
  for (auto& [route, stream] : streams_) stream->reference.Fit();
  failures_.Refit();
}

void ModelWatch::LearnTrials(uint64_t problem, int trials, int failures) {
  failures_.LearnTrials(problem, trials, failures);
}

std::vector<std::string> ModelWatch::routes() const {
  std::vector<std::string> routes;
  for (const auto& [route, stream] : streams_) routes.push_back(route);
  return routes;
}

bool ModelWatch::AnyOpen() const {
  return !EveryLevel([](const Level& level) { return !level.any_open(); });
}

bool ModelWatch::Empty() const {
  return posteriors().trials() == 0 &&
         std::all_of(streams_.begin(), streams_.end(), [](const auto& s) {
           return s.second->reference.responses() == 0;
         });
}

bool ModelWatch::Open(Signal signal, Scope scope, const std::string& route,
                      const std::string& replica) const {
  const Level* level = FindLevel(*this, scope, route, replica);
  return level != nullptr && level->open(signal);
}

void ModelWatch::Clear(const Finding& f) {
  Level* level = FindLevel(*this, f.scope, f.route, f.replica);
  if (level != nullptr) level->Clear(f.signal);
}

LevelShape ModelWatch::Shape() const {
  return {.several_routes = streams_.size() > 1,
          .has_replicas = replicas_.size() > 1};
}

Thresholds ModelWatch::StreamThresholds(const WatchedStream& stream) const {
  return SplitBudget(options_.budget, Scope::kRoute, Shape(),
                     stream.traffic.per_30_days(), options_.streams);
}

LevelContext ModelWatch::ContextOf(const WatchedStream& stream,
                                   bool low_coverage, bool new_kinds) const {
  LevelContext context;
  context.may_open =
      stream.reference.responses() >= kLearningUnder || failures_.ready();
  context.provisional = stream.reference.responses() < kProvisionalUnder ||
                        !stream.reference.SpansEnough();
  context.pages_on_gross = stream.reference.responses() >= kGrossFrom;
  context.low_coverage = low_coverage;
  context.new_kinds = new_kinds;
  context.enabled_signals = options_.enabled_signals;
  context.responses_per_day = stream.traffic.per_day();
  return context;
}

std::vector<Finding> ModelWatch::Observe(const Scored& received,
                                         bool low_coverage) {
  std::vector<Finding> findings;
  if (received.origin != Origin::kLive) return findings;
  const Scored* scored = &received;
  Scored dated;
  if (received.start < absl::UnixEpoch() ||
      received.start > absl::FromUnixNanos(kMaxStored)) {
    dated = received;
    dated.start = last_start_;
    scored = &dated;
  }
  last_start_ = std::max(last_start_, scored->start);
  ++responses_;
  model_traffic_.Count(absl::ToUnixNanos(scored->start));
  WatchedStream& stream = FindOrAddStream(scored->route);
  const StreamReference& reference = stream.reference;
  PromptTwin::Verdict prompts = stream.twin->Observe(
      *scored,
      {reference.rows(), [&](size_t row) { return reference.prompt(row); }});
  new_kinds_left_ = prompts.new_kinds
                        ? kNewKindsLast
                        : std::max<int64_t>(0, new_kinds_left_ - 1);
  if (prompts.fired) SetBack(stream, prompts.onset_ns, prompts.since_onset);
  if (prompts.kind != 0) {
    if (scored != &dated) dated = received;
    dated.stratum.kind = prompts.kind;
    scored = &dated;
    if (!reference.Covered(*scored, kKindBets)) prompts.weight = 0;
  }
  stream.Observe(*scored);
  const double weight = prompts.weight * ShareOfEvidence(*scored, stream);

  stream.reference.Judge(*scored, pay_offs_);
  // A graded answer is compared with its own problem, whatever the others ask.
  for (size_t c = 0; c < pay_offs_.size(); ++c)
    if (c != ConsistencyChannel()) pay_offs_[c].weight *= weight;
  failures_.Judge(*scored, pay_offs_[ConsistencyChannel()]);
  for (PayOff& pay_off : pay_offs_)
    if (!pay_off.silent()) pay_off.ComputeGrowth();
  const bool suspicious = ObserveLevels(
      *scored, stream, ContextOf(stream, low_coverage, prompts.new_kinds),
      findings);
  CompleteFindings(stream, findings);
  Learn(*scored, stream, suspicious);
  return findings;
}

bool ModelWatch::ObserveLevels(const Scored& scored, WatchedStream& stream,
                               const LevelContext& context,
                               std::vector<Finding>& findings) {
  const LevelShape shape = Shape();
  const uint32_t enabled = options_.enabled_signals;
  const Thresholds thresholds = StreamThresholds(stream);
  stream.level.Observe(scored, pay_offs_, thresholds, context, findings);
  bool suspicious = context.low_coverage || stream.level.any_open() ||
                    stream.level.Heat(thresholds, enabled) >= kHotShare;
  LevelContext wider = context;
  wider.new_kinds = new_kinds_left_ > 0;
  if (shape.several_routes) {
    const Thresholds wide =
        SplitBudget(options_.budget, Scope::kModel, shape,
                    model_traffic_.per_30_days(), options_.streams);
    model_level_.Observe(scored, pay_offs_, wide, wider, findings);
    suspicious = suspicious || model_level_.any_open() ||
                 model_level_.Heat(wide, enabled) >= kHotShare;
  }
  if (Replica* replica = FindOrAddReplica(scored); replica != nullptr) {
    replica->traffic.Count(absl::ToUnixNanos(scored.start));
    // The daemon's other models are assumed to have as many replicas.
    const int models =
        std::max(1, options_.streams / static_cast<int>(streams_.size()));
    const Thresholds narrow = SplitBudget(
        options_.budget, Scope::kReplica, shape, replica->traffic.per_30_days(),
        static_cast<int>(replicas_.size()) * models);
    LevelContext replica_context = wider;
    // A single replica is the route itself.
    replica_context.may_open = context.may_open && shape.has_replicas;
    replica->level.Observe(scored, pay_offs_, narrow, replica_context,
                           findings);
    suspicious = suspicious || replica->level.any_open();
  }
  return suspicious;
}

void ModelWatch::SetBack(WatchedStream& stream, int64_t onset_ns,
                         int64_t prompts) {
  // A level has had its usual share of responses since.
  const auto set_back = [&](Level& level) {
    const double share =
        static_cast<double>(level.responses()) /
        std::max(1.0, static_cast<double>(stream.level.responses()));
    level.SetBack(onset_ns,
                  static_cast<int64_t>(share * static_cast<double>(prompts)));
  };
  set_back(stream.level);
  set_back(model_level_);
  for (auto& [name, replica] : replicas_) set_back(replica->level);
  // Waiting rows of the new kind do not know that they are.
  stream.reference.FlushQuarantine();
}

void ModelWatch::CompleteFindings(WatchedStream& stream,
                                  std::vector<Finding>& findings) {
  for (Finding& f : findings) {
    for (Cause& hint : stream.changes.Hints(f.responses_since_onset))
      f.hints.push_back(std::move(hint));
    for (Cause& hint : stream.twin->Hints()) f.hints.push_back(std::move(hint));
    // Responses still in quarantine when an alarm opens or closes were sent
    // during the suspected change. Drop them.
    if (f.event == FindingEvent::kUpdated) continue;
    if (f.scope == Scope::kRoute) {
      stream.reference.FlushQuarantine();
    } else {
      for (auto& [route, other] : streams_) other->reference.FlushQuarantine();
    }
    failures_.FlushQuarantine();
  }
}

void ModelWatch::Learn(const Scored& scored, WatchedStream& stream,
                       bool suspicious) {
  // Only a grade moves these bets.
  const bool grades_quiet = IsGraded(scored) && EveryLevel([](const Level& l) {
                              return l.Quiet(Signal::kConsistencyRegression);
                            });
  if (grades_quiet) failures_.ForgetRepeats();
  StreamReference& reference = stream.reference;
  if (!options_.reference.from_solved || scored.grade != Grade::kIncorrect)
    reference.LearnLater(scored, suspicious,
                         reference.Young() && EveryLevel([](const Level& l) {
                           return l.Quiet();
                         }));
  if (!options_.reference.freeze)
    failures_.LearnLater(scored, suspicious, grades_quiet,
                         options_.reference.quarantine);
  if (stream.fit_pending || !reference.WantsFit()) return;
  if (reference.rows() <= kFitInPlace) {
    reference.Fit();
  } else {
    stream.fit_pending = true;
  }
}

std::vector<Finding> ModelWatch::Tick(absl::Time now) {
  std::vector<Finding> findings;
  const auto close = [&](Level& level) {
    if (level.any_open() && now - level.last_response() >= kNoDataAfter)
      level.CloseForNoData(now, findings);
  };
  for (auto& [route, stream] : streams_) close(stream->level);
  for (auto& [name, replica] : replicas_) close(replica->level);
  close(model_level_);
  return findings;
}

FitJob ModelWatch::NextFitJob() const {
  for (const auto& [route, stream] : streams_) {
    if (!stream->fit_pending) continue;
    return {route, stream->reference.RowsForFit(), renewals_};
  }
  return {};
}

void ModelWatch::InstallFit(const FitJob& job, PromptRegressionFit fit) {
  if (job.renewals != renewals_) return;
  WatchedStream& stream = FindOrAddStream(job.route);
  stream.fit_pending = false;
  stream.reference.InstallFit(std::move(fit), job.rows.size());
}

std::vector<StreamSnapshot> ModelWatch::Snapshot(absl::Time now) const {
  std::vector<StreamSnapshot> snapshots;
  for (const auto& [route, stream] : streams_) {
    StreamSnapshot& s = snapshots.emplace_back(
        MakeSnapshot(*stream, {.now = now,
                               .thresholds = StreamThresholds(*stream),
                               .enabled_signals = options_.enabled_signals,
                               .frozen = options_.reference.freeze}));
    s.model = model_;
    s.route = route;
    for (size_t i = 0; i < s.distance_ratios.size(); ++i)
      s.distance_ratios[i] = posteriors().CalibrationRatio(i);
  }
  return snapshots;
}

}  // namespace reasonwatch
