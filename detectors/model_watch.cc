#include "detectors/model_watch.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_format.h"
#include "core/strings.h"

namespace reasonwatch {
namespace {

Neighbour NeighbourOf(const Match& match) {
  return match.kind == MatchKind::kNear
             ? Neighbour{match.neighbour, match.distance}
             : Neighbour{};
}

constexpr int32_t kStateVersion = 7;
constexpr size_t kCoverageWindow = 500;
constexpr double kHotShare = .3;
constexpr int64_t kLearningUnder = 30;
constexpr int64_t kProvisionalUnder = 2000;
constexpr size_t kFitInPlace = 256;
constexpr size_t kRowsPerBlob = 256;
constexpr size_t kMaxRepeats = 4096;
constexpr int64_t kHourNanos = int64_t{3600} * 1000000000;
constexpr absl::Duration kStaleAfter = absl::Hours(24);
constexpr absl::Duration kNoDataAfter = absl::Hours(24 * 7);
constexpr int64_t kMinGrades = 30;
// Shorter than the quarantine of responses: only a few of them are graded, and
// a pageable loss of solved problems is noticed within this many.
constexpr int64_t kGradeQuarantine = 200;
constexpr int64_t kRefitGrades = 50;
constexpr char kWatchKind[] = "watch";
constexpr char kRowsKind[] = "reference_rows";

size_t ConsistencyChannel() {
  const auto specs = Channels();
  for (size_t c = 0; c < specs.size(); ++c)
    if (specs[c].question == Question::kFailed) return c;
  return 0;
}

}  // namespace

ModelWatch::Stream::Stream(const std::string& model, const std::string& route,
                           const ReferenceOptions& options)
    : reference(options), level(Scope::kRoute, model, route, "") {}

ModelWatch::ModelWatch(std::string model, WatchOptions options)
    : model_(std::move(model)),
      options_(options),
      model_level_(Scope::kModel, model_, "", "") {}

void ModelWatch::Reset() {
  const int64_t renewals = renewals_ + 1;
  *this = ModelWatch(model_, options_);
  renewals_ = renewals;
}

ModelWatch::Stream& ModelWatch::StreamOf(const std::string& route) {
  auto& stream = streams_[route];
  if (stream == nullptr)
    stream = std::make_unique<Stream>(model_, route, options_.reference);
  return *stream;
}

const StreamReference* ModelWatch::reference(const std::string& route) const {
  const auto it = streams_.find(route);
  return it == streams_.end() ? nullptr : &it->second->reference;
}

void ModelWatch::LearnImported(const Scored& scored) {
  if (!options_.reference.from_solved || scored.grade != Grade::kIncorrect)
    StreamOf(scored.route).reference.LearnImported(scored);
  if (scored.grade == Grade::kCorrect || scored.grade == Grade::kIncorrect)
    posteriors_.Learn(scored.match.problem, scored.grade == Grade::kIncorrect,
                      NeighbourOf(scored.match));
}

void ModelWatch::FinishImport() {
  for (auto& [route, stream] : streams_) stream->reference.Fit();
  posteriors_.Refit();
}

void ModelWatch::LearnTrials(uint64_t problem, int trials, int failures) {
  for (int i = 0; i < trials; ++i) posteriors_.Learn(problem, i < failures);
}

std::vector<std::string> ModelWatch::routes() const {
  std::vector<std::string> routes;
  for (const auto& [route, stream] : streams_) routes.push_back(route);
  return routes;
}

bool ModelWatch::AnyOpen() const {
  return model_level_.any_open() ||
         std::any_of(
             streams_.begin(), streams_.end(),
             [](const auto& s) { return s.second->level.any_open(); }) ||
         std::any_of(replicas_.begin(), replicas_.end(),
                     [](const auto& r) { return r.second->level.any_open(); });
}

bool ModelWatch::Empty() const {
  return posteriors_.trials() == 0 &&
         std::all_of(streams_.begin(), streams_.end(), [](const auto& s) {
           return s.second->reference.responses() == 0;
         });
}

bool ModelWatch::Open(Signal signal, Scope scope, const std::string& route,
                      const std::string& replica) const {
  if (scope == Scope::kModel) return model_level_.open(signal);
  if (scope == Scope::kRoute) {
    const auto it = streams_.find(route);
    return it != streams_.end() && it->second->level.open(signal);
  }
  const auto it = replicas_.find(replica);
  return it != replicas_.end() && it->second->level.open(signal);
}

void ModelWatch::Clear(const Finding& f) {
  if (f.scope == Scope::kModel) return model_level_.Clear(f.signal);
  if (f.scope == Scope::kRoute) {
    const auto it = streams_.find(f.route);
    if (it != streams_.end()) it->second->level.Clear(f.signal);
    return;
  }
  const auto it = replicas_.find(f.replica);
  if (it != replicas_.end()) it->second->level.Clear(f.signal);
}

LevelShape ModelWatch::Shape() const {
  return {.several_routes = streams_.size() > 1,
          .has_replicas = replicas_.size() > 1};
}

Thresholds ModelWatch::ThresholdsOfStream(const Stream& stream) const {
  return ThresholdsOf(options_.budget, Scope::kRoute, Shape(),
                      stream.traffic.per_30_days(), options_.streams);
}

void ModelWatch::JudgeConsistency(const Scored& scored, PayOff& out) {
  if (scored.grade != Grade::kCorrect && scored.grade != Grade::kIncorrect)
    return;
  if (posteriors_.trials() < kMinGrades) return;
  const bool failed = scored.grade == Grade::kIncorrect;
  const uint64_t problem = scored.match.problem;
  if (scored.session != 0) {
    const int64_t now = absl::ToUnixNanos(scored.start);
    if (last_update_ns_.size() >= kMaxRepeats) last_update_ns_.clear();
    auto [it, fresh] =
        last_update_ns_.try_emplace(problem ^ scored.session, now);
    if (!fresh && now - it->second < kHourNanos) return;
    it->second = now;
  }
  if (repeats_.size() >= kMaxRepeats) repeats_.clear();
  // Without text or id nobody knows whether it is a repeat.
  Repeats unknown;
  Repeats& repeats = problem == 0 ? unknown : repeats_[problem];
  const double q = posteriors_.HealthyFailureRate(
      problem, repeats.trials, repeats.failures, NeighbourOf(scored.match));
  ++repeats.trials;
  repeats.failures += failed;
  RatePayOff(failed, q, out, kFailureShares);
  out.lambda = 1.0 / std::max(1, scored.choices);
}

void ModelWatch::LearnGrade(const PendingGrade& grade) {
  posteriors_.Learn(grade.problem, grade.failed != 0,
                    {grade.neighbour, grade.distance});
  if (++grades_since_refit_ >=
      std::max(kRefitGrades, posteriors_.problems() / 50)) {
    grades_since_refit_ = 0;
    posteriors_.Refit();
  }
}

void ModelWatch::LearnGrade(const Scored& scored, bool suspicious, bool quiet) {
  if (options_.reference.freeze) return;
  if (scored.grade != Grade::kCorrect && scored.grade != Grade::kIncorrect)
    return;
  const Neighbour like = NeighbourOf(scored.match);
  const PendingGrade fresh{scored.match.problem, like.problem, like.distance,
                           scored.grade == Grade::kIncorrect ? 1u : 0u};
  // Where no bet is inside an excursion every likely onset is yet to come.
  if (quiet && !suspicious) {
    for (size_t i = 0; i < grade_quarantine_.size(); ++i)
      LearnGrade(
          grade_quarantine_[(grade_next_ + i) % grade_quarantine_.size()]);
    grade_quarantine_.clear();
    grade_next_ = 0;
    return LearnGrade(fresh);
  }
  const auto lag = static_cast<size_t>(
      posteriors_.trials() < kMinGrades
          ? 0
          : std::min({kGradeQuarantine, int64_t{options_.reference.quarantine},
                      posteriors_.trials()}));
  PendingGrade due = fresh;
  if (lag > 0) {
    if (grade_quarantine_.size() < lag) {
      // A ring that has turned grows before its oldest.
      if (grade_next_ == 0) {
        grade_quarantine_.push_back(fresh);
      } else {
        grade_quarantine_.insert(grade_quarantine_.begin() +
                                     static_cast<std::ptrdiff_t>(grade_next_),
                                 fresh);
        ++grade_next_;
      }
      return;
    }
    std::swap(due, grade_quarantine_[grade_next_]);
    grade_next_ = (grade_next_ + 1) % grade_quarantine_.size();
  }
  if (!suspicious) LearnGrade(due);
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
  Stream& stream = StreamOf(scored->route);
  const int64_t now_ns = absl::ToUnixNanos(scored->start);
  stream.traffic.Count(now_ns);
  model_traffic_.Count(now_ns);
  ++stream.responses;
  const bool covered = stream.reference.Covered(*scored);
  if (stream.covered.size() < kCoverageWindow) stream.covered.push_back(0);
  stream.covered[static_cast<size_t>(stream.responses - 1) % kCoverageWindow] =
      covered;
  stream.changes.Observe(*scored, covered);

  stream.reference.Judge(*scored, pay_offs_);
  JudgeConsistency(*scored, pay_offs_[ConsistencyChannel()]);

  const LevelShape shape = Shape();
  LevelContext context;
  context.may_open = stream.reference.responses() >= kLearningUnder ||
                     posteriors_.trials() >= kMinGrades;
  context.provisional = stream.reference.responses() < kProvisionalUnder ||
                        !stream.reference.SpansEnough();
  context.low_coverage = low_coverage;
  context.enabled_signals = options_.enabled_signals;
  context.responses_per_day = stream.traffic.per_day();
  const Thresholds thresholds = ThresholdsOfStream(stream);
  stream.level.Update(*scored, pay_offs_, thresholds, context, findings);
  bool suspicious =
      low_coverage || stream.level.any_open() ||
      stream.level.Heat(thresholds, options_.enabled_signals) >= kHotShare;

  if (shape.several_routes) {
    const Thresholds wide =
        ThresholdsOf(options_.budget, Scope::kModel, shape,
                     model_traffic_.per_30_days(), options_.streams);
    model_level_.Update(*scored, pay_offs_, wide, context, findings);
    suspicious = suspicious || model_level_.any_open() ||
                 model_level_.Heat(wide, options_.enabled_signals) >= kHotShare;
  }
  if (!scored->replica.empty()) {
    auto it = replicas_.find(scored->replica);
    if (it == replicas_.end()) {
      if (static_cast<int>(replicas_.size()) < options_.max_replicas) {
        it = replicas_
                 .emplace(scored->replica,
                          std::make_unique<Replica>(
                              Replica{Level(Scope::kReplica, model_,
                                            scored->route, scored->replica),
                                      TrafficMeter()}))
                 .first;
      } else {
        ++replicas_over_;
      }
    }
    if (it != replicas_.end()) {
      Replica& replica = *it->second;
      replica.traffic.Count(now_ns);
      const Thresholds narrow =
          ThresholdsOf(options_.budget, Scope::kReplica, shape,
                       replica.traffic.per_30_days(),
                       // The daemon's other models are taken to have as many.
                       static_cast<int>(replicas_.size()) *
                           std::max(1, options_.streams /
                                           static_cast<int>(streams_.size())));
      LevelContext replica_context = context;
      // A single replica is the route itself.
      replica_context.may_open = context.may_open && shape.has_replicas;
      replica.level.Update(*scored, pay_offs_, narrow, replica_context,
                           findings);
      suspicious = suspicious || replica.level.any_open();
    }
  }
  for (Finding& f : findings) {
    for (Cause& hint : stream.changes.Hints(f.responses_since_onset))
      f.hints.push_back(std::move(hint));
    // What waits when an alarm opens or closes came from its time.
    if (f.event == FindingEvent::kUpdated) continue;
    if (f.scope == Scope::kRoute) {
      stream.reference.FlushQuarantine();
    } else {
      for (auto& [route, other] : streams_) other->reference.FlushQuarantine();
    }
    grade_quarantine_.clear();
    grade_next_ = 0;
  }
  // Only a grade moves these bets.
  const bool grades_quiet =
      (scored->grade == Grade::kCorrect ||
       scored->grade == Grade::kIncorrect) &&
      EveryLevel([](const Level& level) {
        return level.Quiet(Signal::kConsistencyRegression);
      });
  if (grades_quiet) repeats_.clear();

  if (!options_.reference.from_solved || scored->grade != Grade::kIncorrect)
    stream.reference.LearnLater(
        *scored, suspicious,
        stream.reference.Young() &&
            EveryLevel([](const Level& level) { return level.Quiet(); }));
  LearnGrade(*scored, suspicious, grades_quiet);
  if (!stream.fit_pending && stream.reference.WantsFit()) {
    if (stream.reference.rows() <= kFitInPlace) {
      stream.reference.Fit();
    } else {
      stream.fit_pending = true;
    }
  }
  return findings;
}

std::vector<ModelWatch::AskedProblem> ModelWatch::SolvedProblemsAsked() const {
  std::vector<AskedProblem> asked;
  for (const auto& [problem, repeats] : repeats_)
    if (posteriors_.Solved(problem))
      asked.push_back({problem,
                       posteriors_.Of(problem),
                       {repeats.trials, repeats.failures}});
  return asked;
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

FitJob ModelWatch::TakeFitJob() {
  for (auto& [route, stream] : streams_) {
    if (!stream->fit_pending) continue;
    return {route, stream->reference.RowsForFit(), renewals_};
  }
  return {};
}

void ModelWatch::InstallFit(const FitJob& job, PromptRegressionFit fit) {
  if (job.renewals != renewals_) return;
  Stream& stream = StreamOf(job.route);
  stream.fit_pending = false;
  stream.reference.InstallFit(std::move(fit), job.rows.size());
}

double ModelWatch::CoverageOf(const Stream& stream) const {
  if (stream.covered.empty()) return 0;
  double sum = 0;
  for (uint8_t c : stream.covered) sum += c;
  return sum / static_cast<double>(stream.covered.size());
}

StreamState ModelWatch::StateOf(const Stream& stream, absl::Time now) const {
  if (stream.responses > 0 && now - stream.level.last_response() > kStaleAfter)
    return StreamState::kStale;
  if (stream.reference.responses() < kLearningUnder)
    return StreamState::kLearning;
  if (stream.covered.size() == kCoverageWindow && CoverageOf(stream) < .5)
    return StreamState::kBlind;
  if (options_.reference.freeze) return StreamState::kFrozen;
  if (stream.reference.responses() < kProvisionalUnder ||
      !stream.reference.SpansEnough())
    return StreamState::kProvisional;
  return StreamState::kWatching;
}

std::vector<StreamSnapshot> ModelWatch::Snapshot(absl::Time now) const {
  std::vector<StreamSnapshot> snapshots;
  for (const auto& [route, stream] : streams_) {
    StreamSnapshot& s = snapshots.emplace_back();
    s.model = model_;
    s.route = route;
    s.state = StateOf(*stream, now);
    s.responses = stream->responses;
    s.reference_responses = stream->reference.responses();
    s.coverage_ratio = CoverageOf(*stream);
    const double per_day = stream->traffic.per_day(absl::Minutes(1));
    s.responses_per_hour =
        per_day > 0 ? per_day / 24 : std::numeric_limits<double>::quiet_NaN();
    s.last_response = stream->level.last_response();
    const Thresholds t = ThresholdsOfStream(*stream);
    for (int i = 0; i < kSignalCount; ++i) {
      SignalSnapshot& signal = s.signals[static_cast<size_t>(i)];
      signal.enabled = (options_.enabled_signals >> i & 1) != 0;
      signal.statistic = stream->level.statistic(static_cast<Signal>(i));
      signal.threshold = t.WarningOf(static_cast<Signal>(i));
      signal.critical_threshold = t.CriticalOf(static_cast<Signal>(i));
      signal.open = stream->level.open(static_cast<Signal>(i));
    }
    for (size_t i = 0; i < s.distance_ratios.size(); ++i)
      s.distance_ratios[i] = posteriors_.CalibrationRatio(i);
    const double growth = stream->reference.HalvedLengthGrowth();
    // One of six bets of one of about four channels carries it.
    if (growth > 0)
      s.halved_length_delay = std::ceil(
          std::log(t.WarningOf(Signal::kLengthCollapse) * 24 / 2.15) / growth);
  }
  return snapshots;
}

std::vector<StateBlob> ModelWatch::Save(bool all) {
  std::vector<StateBlob> blobs;
  StateWriter out;
  out.Put(static_cast<uint32_t>(streams_.size()));
  for (auto& [route, stream] : streams_) {
    out.PutString(route);
    stream->reference.Save(out);
    out.Put(static_cast<uint64_t>(stream->reference.rows()));
    stream->level.Save(out);
    stream->traffic.Save(out);
    out.PutVector(stream->covered);
    out.Put(stream->responses);
    stream->changes.Save(out);
    const size_t rows = stream->reference.rows();
    size_t begin = all ? 0 : stream->saved_rows / kRowsPerBlob * kRowsPerBlob;
    for (; begin < rows; begin += kRowsPerBlob) {
      if (!all && begin + kRowsPerBlob <= stream->saved_rows) continue;
      const size_t end = std::min(rows, begin + kRowsPerBlob);
      StateWriter chunk;
      chunk.PutString(route);
      chunk.Put(static_cast<uint64_t>(begin));
      stream->reference.SaveRows(begin, end, chunk);
      blobs.push_back(
          {absl::StrFormat("%s/%016x/%d", kRowsKind, StableHash(route), begin),
           model_, kStateVersion, Seal(chunk.Take())});
    }
    stream->saved_rows = rows;
  }
  model_level_.Save(out);
  model_traffic_.Save(out);
  out.Put(static_cast<uint32_t>(replicas_.size()));
  for (const auto& [name, replica] : replicas_) {
    out.PutString(name);
    out.PutString(replica->level.route());
    replica->level.Save(out);
    replica->traffic.Save(out);
  }
  posteriors_.Save(out);
  out.PutVector(grade_quarantine_);
  out.Put(static_cast<uint64_t>(grade_next_));
  out.Put(grades_since_refit_);
  const auto put_map = [&](const auto& map) {
    using Map = std::decay_t<decltype(map)>;
    std::vector<std::pair<typename Map::key_type, typename Map::mapped_type>>
        sorted(map.begin(), map.end());
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    out.Put(static_cast<uint32_t>(sorted.size()));
    for (const auto& [key, value] : sorted) {
      out.Put(key);
      out.Put(value);
    }
  };
  put_map(repeats_);
  put_map(last_update_ns_);
  out.Put(responses_);
  out.Put(absl::ToUnixNanos(last_start_));
  blobs.push_back({kWatchKind, model_, kStateVersion, Seal(out.Take())});
  return blobs;
}

absl::Status ModelWatch::Restore(const std::vector<StateBlob>& blobs) {
  std::string_view watch;
  bool has_watch = false;
  std::map<std::string, std::map<uint64_t, std::string_view>> rows;
  for (const StateBlob& blob : blobs) {
    if (blob.key != model_) continue;
    const bool is_watch = blob.kind == kWatchKind;
    if (!is_watch && blob.kind.rfind(kRowsKind, 0) != 0) continue;
    // Rows of an older run may stand beside newer ones; what is missing shows
    // by the count.
    std::string_view bytes = blob.bytes;
    if (!is_watch && (blob.version != kStateVersion || !Unseal(bytes)))
      continue;
    if (blob.version != kStateVersion)
      return absl::DataLossError(
          absl::StrFormat("state %s of model %s has version %d, expected %d",
                          blob.kind, model_, blob.version, kStateVersion));
    if (is_watch && !Unseal(bytes))
      return absl::DataLossError(absl::StrFormat(
          "state %s of model %s does not match its digest", blob.kind, model_));
    if (is_watch) {
      watch = bytes;
      has_watch = true;
    } else {
      StateReader in(bytes);
      const std::string route = in.GetString();
      const auto begin = in.Get<uint64_t>();
      if (in.ok()) rows[route][begin] = bytes;
    }
  }
  if (!has_watch) return absl::OkStatus();
  StateReader in(watch);
  const uint32_t streams = in.GetCount(1u << 16);
  for (uint32_t i = 0; i < streams && in.ok(); ++i) {
    const std::string route = in.GetString();
    Stream& stream = StreamOf(route);
    stream.reference.Restore(in);
    const auto row_count = in.Get<uint64_t>();
    stream.level.Restore(in);
    stream.traffic.Restore(in);
    in.GetVector(stream.covered);
    in.GetIn(stream.responses, int64_t{0}, kMaxStored);
    in.Require(static_cast<int64_t>(stream.covered.size()) ==
               std::min(stream.responses, int64_t{kCoverageWindow}));
    stream.changes.Restore(in);
    for (const auto& [begin, bytes] : rows[route]) {
      StateReader chunk(bytes);
      (void)chunk.GetString();
      (void)chunk.Get<uint64_t>();
      if (begin != stream.reference.rows() || begin >= row_count) break;
      stream.reference.RestoreRows(chunk);
      if (!chunk.AtEnd()) in.Fail();
    }
    if (stream.reference.rows() != row_count) in.Fail();
    stream.saved_rows = row_count;
  }
  model_level_.Restore(in);
  model_traffic_.Restore(in);
  const uint32_t replicas = in.GetCount(1u << 16);
  for (uint32_t i = 0; i < replicas && in.ok(); ++i) {
    const std::string name = in.GetString();
    const std::string route = in.GetString();
    auto replica = std::make_unique<Replica>(
        Replica{Level(Scope::kReplica, model_, route, name), TrafficMeter()});
    replica->level.Restore(in);
    replica->traffic.Restore(in);
    replicas_[name] = std::move(replica);
  }
  posteriors_.Restore(in);
  in.GetVector(grade_quarantine_);
  grade_next_ = in.Get<uint64_t>();
  in.Require(grade_quarantine_.empty()
                 ? grade_next_ == 0
                 : grade_next_ < grade_quarantine_.size());
  in.GetIn(grades_since_refit_, int64_t{0}, kMaxStored);
  const auto get_map = [&](auto& map) {
    using Map = std::decay_t<decltype(map)>;
    const uint32_t n = in.GetCount(kMaxRepeats);
    for (uint32_t i = 0; i < n && in.ok(); ++i) {
      const auto key = in.Get<typename Map::key_type>();
      auto& value = map[key];
      in.Get(value);
      if constexpr (std::is_same_v<typename Map::mapped_type, int64_t>) {
        in.Require(value >= 0 && value <= kMaxStored);
      } else {
        in.Require(value.failures >= 0 && value.failures <= value.trials &&
                   value.trials < 1 << 30);
      }
    }
  };
  get_map(repeats_);
  get_map(last_update_ns_);
  in.GetIn(responses_, int64_t{0}, kMaxStored);
  int64_t last_start_ns = 0;
  in.GetIn(last_start_ns, int64_t{0}, kMaxStored);
  last_start_ = absl::FromUnixNanos(last_start_ns);
  if (in.AtEnd()) return absl::OkStatus();
  Reset();
  return absl::DataLossError(absl::StrFormat(
      "state of model %s can't be read; its reference starts anew", model_));
}

}  // namespace reasonwatch
