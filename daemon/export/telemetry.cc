#include "daemon/export/telemetry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/mutex.h"
#include "daemon/export/catalogue.h"
#include "daemon/export/label.h"
#include "daemon/export/scraped_gauges.h"

namespace reasonwatch {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using Labels = std::map<std::string, std::string>;

constexpr std::string_view kOther = "other";
constexpr size_t kMaxReasons = 32;
constexpr size_t kMaxRegimes = 8;
constexpr size_t kMaxSources = 16;
constexpr int kMaxShards = 256;
// Far above what one operator can act on; keeps the map of ids bounded.
constexpr size_t kMaxOpenIncidents = 4096;

constexpr int kOutcomeCount = static_cast<int>(ResponseOutcome::kCount);
constexpr int kStageCount = static_cast<int>(Stage::kCount);
constexpr std::array<std::string_view, kOutcomeCount> kOutcomeNames = {
    "scored", "late", "unreadable", "not_live"};
constexpr std::array<std::string_view, kStageCount> kStageNames = {
    "tap", "evaluate", "order", "detect", "incidents", "storage"};
constexpr std::array<Grade, 3> kGrades = {Grade::kCorrect, Grade::kIncorrect,
                                          Grade::kUngradable};
constexpr std::array<Confirmation, 3> kVerdicts = {Confirmation::kConfirmed,
                                                   Confirmation::kNotReproduced,
                                                   Confirmation::kUnavailable};
constexpr std::array<Feature, 11> kMarkers = {
    Feature::kThinkTags, Feature::kReasoningField, Feature::kSteps,
    Feature::kBoxed,     Feature::kAnswerTag,      Feature::kCodeFence,
    Feature::kJsonKeys,  Feature::kUnclosed,       Feature::kDoubled,
    Feature::kLeaked,    Feature::kUnknownFormat};
// Values of the label `field`; what is none of them is the last.
constexpr std::array<std::string_view, 14> kReasoningFields = {
    "none",
    "content",
    "tap",
    "both",
    "reasoning",
    "reasoning_content",
    "reasoning_text",
    "reasoning_details",
    "reasoning_summary",
    "thinking",
    "thinking_blocks",
    "thinking_delta",
    "reasoningContent",
    "other"};

size_t ReasoningFieldOf(const Markup& markup) {
  std::string_view name = markup.reasoning_field;
  switch (markup.source) {
    case ReasoningSource::kNone:
      name = "none";
      break;
    case ReasoningSource::kInText:
      name = "content";
      break;
    case ReasoningSource::kBoth:
      name = "both";
      break;
    case ReasoningSource::kField:
      if (name.empty()) name = "tap";
      break;
  }
  const auto found =
      std::find(kReasoningFields.begin(), kReasoningFields.end() - 1, name);
  return static_cast<size_t>(found - kReasoningFields.begin());
}

Histogram::BucketBoundaries TokenBuckets() {
  return {0,    16,   32,   64,   128,   256,   512,
          1024, 2048, 4096, 8192, 16384, 32768, 65536};
}
Histogram::BucketBoundaries DurationBuckets() {
  return {1e-5, 2.5e-5, 1e-4, 2.5e-4, 1e-3, 2.5e-3, 1e-2, 0.1, 1};
}

// Families whose label sets have a cap.
constexpr std::array<Metric, 9> kCapped = {
    Metric::kResponses,         Metric::kMarkerResponses,
    Metric::kIncidentOpen,      Metric::kStreamState,
    Metric::kTapErrors,         Metric::kTapDropped,
    Metric::kBaselineProblems,  Metric::kStageErrors,
    Metric::kUnknownFormatRatio};

std::string Str(std::string_view s) { return std::string(s); }

// `raw` itself where it can be a label as it is, else the repaired copy.
std::string_view AsLabel(std::string_view raw, std::string& buffer) {
  if (raw.size() <= kMaxLabelBytes &&
      std::none_of(raw.begin(), raw.end(),
                   [](char c) { return (c & 0x80) != 0; })) {
    return raw;
  }
  buffer = LabelValue(raw);
  return buffer;
}

bool IsFinite(absl::Time t) {
  return t != absl::InfinitePast() && t != absl::InfiniteFuture();
}
double UnixSeconds(absl::Time t) {
  return static_cast<double>(absl::ToUnixNanos(t)) / 1e9;
}

struct StreamKey {
  std::string model;
  std::string route;
};
struct StreamKeyView {
  std::string_view model;
  std::string_view route;
  StreamKeyView(std::string_view m, std::string_view r) : model(m), route(r) {}
  // NOLINTNEXTLINE(google-explicit-constructor): heterogeneous look-up.
  StreamKeyView(const StreamKey& key) : model(key.model), route(key.route) {}
};
struct StreamKeyHash {
  using is_transparent = void;
  size_t operator()(StreamKeyView key) const {
    const std::hash<std::string_view> hash;
    return hash(key.model) * 31 + hash(key.route);
  }
};
struct StreamKeyEqual {
  using is_transparent = void;
  bool operator()(StreamKeyView a, StreamKeyView b) const {
    return a.model == b.model && a.route == b.route;
  }
};
struct NameHash {
  using is_transparent = void;
  size_t operator()(std::string_view name) const {
    return std::hash<std::string_view>()(name);
  }
};

constexpr int kFinishCount = static_cast<int>(Finish::kCount);
// Feature and its label.
constexpr std::array<std::pair<Feature, std::string_view>, 3> kRubric = {
    {{Feature::kRubricSelfContained, "self_contained"},
     {Feature::kRubricConnected, "connected"},
     {Feature::kRubricFollows, "follows"}}};

struct StreamSeries {
  std::array<Counter*, kFinishCount> empty_answers{};
  std::array<Counter*, kOutcomeCount> outcomes{};
  Histogram* output_tokens = nullptr;
  Histogram* reasoning_tokens = nullptr;
  Counter* zero_thinking = nullptr;
  Counter* split_mismatch = nullptr;
  StreamGauges gauges;
};

struct ModelSeries {
  int streams = 0;
  std::array<Histogram*, kRubric.size()> rubric{};
  // Markers by absent, present.
  std::array<std::array<Counter*, 2>, kMarkers.size()> markers{};
  std::array<Counter*, kMarkerStateCount> block_states{};
  std::array<Counter*, kReasoningFields.size()> fields{};  // null: not seen yet
  Gauge* unknown_format_ratio = nullptr;
  Gauge* unknown_format_notice = nullptr;
  std::array<Counter*, kGrades.size()> grades{};
  std::array<std::array<Counter*, kVerdicts.size()>, kSignalCount> incidents{};
  std::vector<std::pair<Regime, Gauge*>> regimes;  // the oldest first
  Gauge* deployment = nullptr;
  Gauge* problems = nullptr;
  std::array<Gauge*, 4> distance_ratios{};
  Gauge* match_ratio = nullptr;
};

struct OpenIncident {
  std::vector<IncidentKey> keys;
  std::set<Signal> counted;
  std::string model;  // labels; a stream over the cap has others than its own
  std::string route;
};

struct TapSource {
  std::function<TapCounters()> read;
  TapCounters seen;
  Counter* records = nullptr;
};

}  // namespace

std::string_view ResponseOutcomeName(ResponseOutcome outcome) {
  return kOutcomeNames[static_cast<size_t>(outcome)];
}
std::string_view StageName(Stage stage) {
  return kStageNames[static_cast<size_t>(stage)];
}

class Telemetry::Impl {
 public:
  explicit Impl(TelemetryOptions options) : options_(std::move(options)) {
    for (const MetricInfo& m : MetricCatalogue()) {
      const auto i = static_cast<size_t>(m.metric);
      const std::string name = Str(m.name);
      const std::string help = Str(m.help);
      switch (m.type) {
        case MetricType::kCounter:
          counters_[i] =
              &prometheus::BuildCounter().Name(name).Help(help).Register(
                  registry_);
          break;
        case MetricType::kGauge:
          gauges_[i] = &prometheus::BuildGauge().Name(name).Help(help).Register(
              registry_);
          break;
        case MetricType::kHistogram:
          histograms_[i] =
              &prometheus::BuildHistogram().Name(name).Help(help).Register(
                  registry_);
          break;
      }
    }
    GaugeAt(Metric::kBuildInfo, {{"version", LabelValue(options_.version)}})
        .Set(1);
    for (Metric m : kCapped) OverflowCounter(m);
    OverflowCounter(Metric::kStageDropped);
    for (size_t i = 0; i < kStageCount; ++i) {
      const Labels labels = {{"stage", Str(kStageNames[i])}};
      // What taps count has families of its own.
      if (static_cast<Stage>(i) == Stage::kTap) continue;
      stage_records_[i] = &CounterAt(Metric::kStageRecords, labels);
      stage_durations_[i] =
          &HistogramAt(Metric::kStageDuration, labels, DurationBuckets());
    }
    storage_queued_ = &GaugeAt(Metric::kStorageQueued, {});
    storage_bytes_ = &GaugeAt(Metric::kStorageBytes, {});
    storage_expired_ = &CounterAt(Metric::kStorageExpired, {});
    restart_gap_ = &GaugeAt(Metric::kRestartGap, {});
  }

  void ObserveResponse(const Scored& scored, ResponseOutcome outcome) {
    MutexLock lock(mutex_);
    bool overflow = false;
    StreamSeries& stream = Stream(scored.model, scored.route, overflow);
    if (overflow) OverflowCounter(Metric::kResponses).Increment();
    stream.outcomes[static_cast<size_t>(outcome)]->Increment();
    if (outcome != ResponseOutcome::kScored) return;
    ObserveTokens(*stream.output_tokens,
                  scored.reading(Feature::kOutputTokens));
    ObserveTokens(*stream.reasoning_tokens,
                  scored.reading(Feature::kReasoningTokens));
    if (scored.reading(Feature::kZeroThinking) > 0.5f)
      stream.zero_thinking->Increment();
    if (scored.reading(Feature::kSplitDiffers) > 0.5f)
      stream.split_mismatch->Increment();

    if (scored.reading(Feature::kStopEmpty) > 0.5f ||
        scored.reading(Feature::kReasoningWithoutAnswer) > 0.5f)
      stream.empty_answers[static_cast<size_t>(scored.finish)]->Increment();

    ModelSeries& model = Model(scored.model, overflow);
    if (overflow) OverflowCounter(Metric::kMarkerResponses).Increment();
    for (size_t i = 0; i < kMarkers.size(); ++i) {
      const float value = scored.reading(kMarkers[i]);
      if (!std::isnan(value)) model.markers[i][value > 0.5f]->Increment();
    }
    for (size_t i = 0; i < kRubric.size(); ++i) {
      const float points = scored.reading(kRubric[i].first);
      if (!std::isnan(points)) model.rubric[i]->Observe(points);
    }
    model.block_states[static_cast<size_t>(scored.markup.state)]->Increment();
    Counter*& field = model.fields[ReasoningFieldOf(scored.markup)];
    if (field == nullptr) {
      field = &CounterAt(
          Metric::kReasoningField,
          {{"model", overflow ? Str(kOther) : LabelValue(scored.model)},
           {"field", Str(kReasoningFields[ReasoningFieldOf(scored.markup)])}});
    }
    field->Increment();
    for (size_t i = 0; i < kGrades.size(); ++i) {
      if (scored.grade == kGrades[i]) model.grades[i]->Increment();
    }
    ObserveRegime(overflow ? kOther : std::string_view(scored.model), model,
                  scored);
  }

  void AddTap(std::string_view source, std::function<TapCounters()> counters) {
    MutexLock lock(scrape_mutex_);
    const std::string name = LabelValue(source);
    if (taps_.size() >= kMaxSources && !taps_.contains(name)) return;
    TapSource& tap = taps_[name];
    tap.read = std::move(counters);
    tap.seen = {};
    tap.records = &CounterAt(Metric::kTapRecords, {{"source", name}});
    HistogramAt(Metric::kTapDuration, {{"source", name}}, DurationBuckets());
  }

  void RemoveTap(std::string_view source) {
    MutexLock lock(scrape_mutex_);
    const auto it = taps_.find(LabelValue(source));
    if (it == taps_.end()) return;
    Pull(it->first, it->second);
    taps_.erase(it);
  }

  void ObserveTapDuration(std::string_view source, absl::Duration duration) {
    HistogramAt(Metric::kTapDuration, {{"source", LabelValue(source)}},
                DurationBuckets())
        .Observe(absl::ToDoubleSeconds(duration));
  }

  void CountStage(Stage stage, int64_t records) {
    Counter* counter = stage_records_[static_cast<size_t>(stage)];
    if (counter != nullptr) counter->Increment(static_cast<double>(records));
  }

  void CountStageReason(Metric metric, Stage stage, std::string_view reason,
                        int64_t n) {
    MutexLock lock(mutex_);
    CountReason(metric, "stage", Str(StageName(stage)), reason, n);
  }

  void ObserveStageDuration(Stage stage, absl::Duration duration) {
    Histogram* histogram = stage_durations_[static_cast<size_t>(stage)];
    if (histogram != nullptr)
      histogram->Observe(absl::ToDoubleSeconds(duration));
  }

  void Heartbeat(Stage stage, absl::Time began) {
    if (!IsFinite(began)) return;
    GaugeAt(Metric::kHeartbeat, {{"stage", Str(StageName(stage))}})
        .Set(UnixSeconds(began));
  }

  void SetStream(const StreamSnapshot& snapshot) {
    MutexLock lock(mutex_);
    bool overflow = false;
    StreamSeries& s = Stream(snapshot.model, snapshot.route, overflow);
    if (overflow) {
      // The state of many streams at once would mean nothing.
      OverflowCounter(Metric::kStreamState).Increment();
      return;
    }
    s.gauges.Set(snapshot);
    constexpr std::array<const char*, 4> kDistances = {"0", "0.15", "0.3",
                                                       "0.5"};
    bool model_overflow = false;
    ModelSeries& model = Model(snapshot.model, model_overflow);
    for (size_t i = 0; i < kDistances.size() && !model_overflow; ++i) {
      // Exactly 1 only where nothing was seen.
      SetOrRemove(
          Metric::kBaselineDistanceRatio,
          {{"model", LabelValue(snapshot.model)}, {"distance", kDistances[i]}},
          model.distance_ratios[i], snapshot.distance_ratios[i] != 1,
          snapshot.distance_ratios[i]);
    }
  }

  void RemoveStream(std::string_view raw_model, std::string_view raw_route) {
    MutexLock lock(mutex_);
    const std::string model = LabelValue(raw_model);
    const std::string route = LabelValue(raw_route);
    const auto it = streams_.find(StreamKeyView(model, route));
    if (it == streams_.end()) return;
    StreamSeries& s = it->second;
    for (Counter* c : s.outcomes) Remove(Metric::kResponses, c);
    for (Counter* c : s.empty_answers) Remove(Metric::kEmptyAnswers, c);
    Remove(Metric::kOutputTokens, s.output_tokens);
    Remove(Metric::kReasoningTokens, s.reasoning_tokens);
    Remove(Metric::kZeroThinking, s.zero_thinking);
    Remove(Metric::kSplitMismatch, s.split_mismatch);
    streams_.erase(it);
    const auto owner = models_.find(std::string_view(model));
    if (owner != models_.end() && --owner->second.streams == 0) {
      RemoveModel(owner->second);
      models_.erase(owner);
    }
    DropOrphanedIncidents();
  }

  void SetIncident(const Incident& incident, bool count) {
    MutexLock lock(mutex_);
    auto it = open_incidents_.find(incident.id);
    if (it == open_incidents_.end()) {
      // Several signals may close an incident at once: the first did it all.
      if (!incident.open()) return;
      if (open_incidents_.size() >= kMaxOpenIncidents) {
        OverflowCounter(Metric::kIncidentOpen).Increment();
        return;
      }
      it = open_incidents_.emplace(incident.id, OpenIncident()).first;
    }
    OpenIncident& held = it->second;
    // Closing must not bring a removed stream back.
    if (incident.open())
      std::tie(held.model, held.route) = IncidentLabels(incident);

    // A verdict that is pending when the incident closes will never come.
    const Confirmation verdict =
        !incident.open() && incident.confirmation == Confirmation::kPending
            ? Confirmation::kUnavailable
            : incident.confirmation;
    std::vector<IncidentKey> keys;
    for (const IncidentSignal& signal : incident.signals) {
      if (verdict != Confirmation::kPending &&
          held.counted.insert(signal.signal).second && count) {
        CountIncident(held.model, signal.signal, verdict);
      }
      if (incident.open() && signal.open) {
        keys.emplace_back(held.model, held.route, incident.scope, signal.signal,
                          incident.severity, incident.confirmation);
      }
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    incidents_.Change(held.keys, keys);
    // What a removed stream had open may have closed.
    if (keys != held.keys) DropOrphanedIncidents();
    held.keys = std::move(keys);
    if (!incident.open()) open_incidents_.erase(it);
  }

  void SetDeployment(std::string_view raw_model, absl::Time time) {
    MutexLock lock(mutex_);
    bool overflow = false;
    ModelSeries& model = Model(raw_model, overflow);
    if (overflow) {
      OverflowCounter(Metric::kDeploymentTime).Increment();
      return;
    }
    SetOrRemove(Metric::kDeploymentTime, {{"model", LabelValue(raw_model)}},
                model.deployment, true, UnixSeconds(time));
  }

  void SetBaseline(std::string_view raw_model, int64_t problems,
                   double match_ratio) {
    MutexLock lock(mutex_);
    bool overflow = false;
    ModelSeries& model = Model(raw_model, overflow);
    if (overflow) {
      OverflowCounter(Metric::kBaselineProblems).Increment();
      return;
    }
    const Labels labels = {{"model", LabelValue(raw_model)}};
    SetOrRemove(Metric::kBaselineProblems, labels, model.problems, true,
                static_cast<double>(problems));
    SetOrRemove(Metric::kBaselineMatchRatio, labels, model.match_ratio,
                std::isfinite(match_ratio), match_ratio);
  }

  void SetUnknownFormat(std::string_view raw_model, double ratio, bool notice) {
    MutexLock lock(mutex_);
    bool overflow = false;
    ModelSeries& model = Model(raw_model, overflow);
    if (overflow) {
      OverflowCounter(Metric::kUnknownFormatRatio).Increment();
      return;
    }
    const Labels labels = {{"model", LabelValue(raw_model)}};
    SetOrRemove(Metric::kUnknownFormatRatio, labels, model.unknown_format_ratio,
                true, ratio);
    SetOrRemove(Metric::kUnknownFormatNotice, labels,
                model.unknown_format_notice, true, notice ? 1 : 0);
  }

  void SetQueue(int shard, int64_t records, int64_t capacity, int64_t bytes) {
    if (shard < 0 || shard >= kMaxShards) return;
    const Labels labels = {{"shard", std::to_string(shard)}};
    GaugeAt(Metric::kQueueRecords, labels).Set(static_cast<double>(records));
    GaugeAt(Metric::kQueueCapacity, labels).Set(static_cast<double>(capacity));
    GaugeAt(Metric::kQueueBytes, labels).Set(static_cast<double>(bytes));
  }

  void SetStore(const StoreStatistics& now) {
    MutexLock lock(mutex_);
    const auto grown = [](int64_t value, int64_t before) {
      return std::max<int64_t>(0, value - before);
    };
    CountStage(Stage::kStorage, grown(now.writes, store_.writes));
    CountReason(Metric::kStageErrors, "stage", "storage", "transaction",
                grown(now.errors, store_.errors));
    CountReason(Metric::kStageDropped, "stage", "storage", "queue_full",
                grown(now.dropped, store_.dropped));
    storage_expired_->Increment(static_cast<double>(
        grown(now.expired_records, store_.expired_records)));
    storage_queued_->Set(static_cast<double>(now.queued));
    storage_bytes_->Set(static_cast<double>(now.database_bytes));
    store_ = now;
  }

  void SetRescore(const RescoreCounters& now,
                  const std::map<std::string, int64_t>& webhooks) {
    MutexLock lock(mutex_);
    const auto add = [&](Metric metric, const Labels& labels, int64_t value,
                         int64_t before) {
      CounterAt(metric, labels)
          .Increment(static_cast<double>(std::max<int64_t>(0, value - before)));
    };
    const auto add_all = [&](Metric metric, const char* label,
                             const std::map<std::string, int64_t>& values,
                             std::map<std::string, int64_t>& before) {
      for (const auto& [name, value] : values)
        add(metric, {{label, name}}, value, before[name]);
      before = values;
    };
    add_all(Metric::kRescoreJobs, "state", now.jobs, rescore_.jobs);
    add_all(Metric::kRescoreVerdicts, "verdict", now.verdicts,
            rescore_.verdicts);
    add_all(Metric::kRescoreErrors, "reason", now.errors, rescore_.errors);
    add_all(Metric::kWebhooks, "outcome", webhooks, webhooks_);
    add(Metric::kRescoreSamples, {}, now.samples, rescore_.samples);
    add(Metric::kRescoreTokens, {}, now.tokens, rescore_.tokens);
    add(Metric::kRescoreYields, {}, now.yielded, rescore_.yielded);
    GaugeAt(Metric::kRescoreGateOpen, {}).Set(now.gate_open ? 1 : 0);
    add_all(Metric::kJudgeChains, "outcome", now.judge.chains,
            rescore_.judge.chains);
    GaugeAt(Metric::kJudgeAnchorError, {})
        .Set(std::isnan(now.judge.anchor_error) ? -1 : now.judge.anchor_error);
    rescore_ = now;
  }

  void SetGrader(const std::map<std::string, int64_t>& answers,
                 int64_t starts) {
    MutexLock lock(mutex_);
    for (const auto& [result, count] : answers)
      CounterAt(Metric::kGraderAnswers, {{"result", result}})
          .Increment(static_cast<double>(
              count - std::exchange(grader_answers_[result], count)));
    CounterAt(Metric::kGraderStarts, {})
        .Increment(static_cast<double>(starts -
                                       std::exchange(grader_starts_, starts)));
  }

  void SetRestartGap(absl::Duration gap) {
    restart_gap_->Set(absl::ToDoubleSeconds(gap));
  }

  std::string Text() {
    {
      MutexLock lock(scrape_mutex_);
      for (auto& [source, tap] : taps_) Pull(source, tap);
    }
    ScrapedSeries scraped = Scrape();
    std::map<std::string, prometheus::MetricFamily, std::less<>> collected;
    for (prometheus::MetricFamily& family : registry_.Collect()) {
      std::string name = family.name;
      collected.emplace(std::move(name), std::move(family));
    }
    std::vector<prometheus::MetricFamily> families;
    families.reserve(kMetricCount);
    for (const MetricInfo& m : MetricCatalogue()) {
      const auto it = collected.find(m.name);
      if (it != collected.end()) {
        families.push_back(std::move(it->second));
        continue;
      }
      // prometheus-cpp leaves out families that have no series of its own.
      prometheus::MetricFamily& family = families.emplace_back();
      family.name = Str(m.name);
      family.help = Str(m.help);
      family.type =
          m.type == MetricType::kCounter ? prometheus::MetricType::Counter
          : m.type == MetricType::kGauge ? prometheus::MetricType::Gauge
                                         : prometheus::MetricType::Histogram;
      family.metric = std::move(scraped[static_cast<size_t>(m.metric)]);
    }
    return prometheus::TextSerializer().Serialize(families);
  }

 private:
  // Holds the lock for copies only.
  ScrapedSeries Scrape() {
    std::vector<StreamLabels> streams;
    std::vector<StreamGauges> gauges;
    std::vector<StreamLabels> models;
    IncidentGauges incidents;
    {
      MutexLock lock(mutex_);
      streams.reserve(streams_.size());
      gauges.reserve(streams_.size());
      for (const auto& [key, series] : streams_) {
        streams.emplace_back(key.model, key.route);
        gauges.push_back(series.gauges);
      }
      for (const auto& [name, series] : models_) models.emplace_back(name, "");
      incidents = incidents_;
    }
    ScrapedSeries out;
    for (size_t i = 0; i < streams.size(); ++i)
      gauges[i].AddTo(streams[i], out);
    incidents.AddTo(streams, models, out);
    return out;
  }

  // The families guard their own maps.
  Counter& CounterAt(Metric m, const Labels& labels) {
    return counters_[static_cast<size_t>(m)]->Add(labels);
  }
  Gauge& GaugeAt(Metric m, const Labels& labels) {
    return gauges_[static_cast<size_t>(m)]->Add(labels);
  }
  Histogram& HistogramAt(Metric m, const Labels& labels,
                         const Histogram::BucketBoundaries& buckets) {
    return histograms_[static_cast<size_t>(m)]->Add(labels, buckets);
  }
  void Remove(Metric m, Counter* c) {
    if (c != nullptr) counters_[static_cast<size_t>(m)]->Remove(c);
  }
  void Remove(Metric m, Gauge* g) {
    if (g != nullptr) gauges_[static_cast<size_t>(m)]->Remove(g);
  }
  void Remove(Metric m, Histogram* h) {
    if (h != nullptr) histograms_[static_cast<size_t>(m)]->Remove(h);
  }
  void SetOrRemove(Metric m, const Labels& labels, Gauge*& gauge, bool known,
                   double value) {
    if (known) {
      if (gauge == nullptr) gauge = &GaugeAt(m, labels);
      gauge->Set(value);
    } else if (gauge != nullptr) {
      Remove(m, gauge);
      gauge = nullptr;
    }
  }
  Counter& OverflowCounter(Metric m) {
    return CounterAt(Metric::kSeriesOverflow,
                     {{"family", Str(InfoOf(m).name)}});
  }

  // Readings are log2(1 + tokens).
  static void ObserveTokens(Histogram& histogram, float reading) {
    if (!std::isfinite(reading)) return;
    histogram.Observe(std::round(std::exp2(static_cast<double>(reading)) - 1));
  }

  StreamSeries& Stream(std::string_view raw_model, std::string_view raw_route,
                       bool& overflow) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::string model_buffer;
    std::string route_buffer;
    std::string_view model = AsLabel(raw_model, model_buffer);
    std::string_view route = AsLabel(raw_route, route_buffer);
    auto it = streams_.find(StreamKeyView(model, route));
    overflow = it == streams_.end() &&
               streams_.size() >= static_cast<size_t>(options_.max_streams);
    if (overflow) {
      model = route = kOther;
      it = streams_.find(StreamKeyView(model, route));
    }
    if (it != streams_.end()) return it->second;

    StreamSeries s;
    Labels labels = {{"model", Str(model)}, {"route", Str(route)}};
    s.output_tokens =
        &HistogramAt(Metric::kOutputTokens, labels, TokenBuckets());
    s.reasoning_tokens =
        &HistogramAt(Metric::kReasoningTokens, labels, TokenBuckets());
    s.zero_thinking = &CounterAt(Metric::kZeroThinking, labels);
    s.split_mismatch = &CounterAt(Metric::kSplitMismatch, labels);
    for (size_t i = 0; i < kOutcomeCount; ++i) {
      labels["outcome"] = Str(kOutcomeNames[i]);
      s.outcomes[i] = &CounterAt(Metric::kResponses, labels);
    }
    labels.erase("outcome");
    for (size_t i = 0; i < kFinishCount; ++i) {
      labels["finish_reason"] = Str(FinishName(static_cast<Finish>(i)));
      s.empty_answers[i] = &CounterAt(Metric::kEmptyAnswers, labels);
    }
    bool model_overflow = false;
    ++Model(model, model_overflow).streams;
    return streams_.emplace(StreamKey{Str(model), Str(route)}, s).first->second;
  }

  ModelSeries& Model(std::string_view raw_model, bool& overflow)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::string buffer;
    std::string_view model = AsLabel(raw_model, buffer);
    auto it = models_.find(model);
    overflow = it == models_.end() &&
               models_.size() >= static_cast<size_t>(options_.max_streams);
    if (overflow) {
      model = kOther;
      it = models_.find(model);
    }
    if (it != models_.end()) return it->second;

    ModelSeries m;
    const std::string name = Str(model);
    for (size_t i = 0; i < kMarkers.size(); ++i) {
      const std::string marker = Str(FeatureName(kMarkers[i]));
      m.markers[i][0] = &CounterAt(
          Metric::kMarkerResponses,
          {{"model", name}, {"marker", marker}, {"state", "absent"}});
      m.markers[i][1] = &CounterAt(
          Metric::kMarkerResponses,
          {{"model", name}, {"marker", marker}, {"state", "present"}});
    }
    for (size_t i = 0; i < kRubric.size(); ++i) {
      m.rubric[i] = &HistogramAt(
          Metric::kRubricScore,
          {{"model", name}, {"property", Str(kRubric[i].second)}}, {0, 1, 2});
    }
    for (size_t i = 0; i < m.block_states.size(); ++i) {
      m.block_states[i] = &CounterAt(
          Metric::kMarkerResponses,
          {{"model", name},
           {"marker", "reasoning_block"},
           {"state", Str(MarkerStateName(static_cast<MarkerState>(i)))}});
    }
    for (size_t i = 0; i < kGrades.size(); ++i) {
      m.grades[i] =
          &CounterAt(Metric::kGrades,
                     {{"model", name}, {"grade", Str(GradeName(kGrades[i]))}});
    }
    for (size_t i = 0; i < kSignalCount; ++i) {
      for (size_t v = 0; v < kVerdicts.size(); ++v) {
        m.incidents[i][v] =
            &CounterAt(Metric::kIncidents,
                       {{"model", name},
                        {"signal", Str(SignalName(static_cast<Signal>(i)))},
                        {"verdict", Str(ConfirmationName(kVerdicts[v]))}});
      }
    }
    return models_.emplace(name, std::move(m)).first->second;
  }

  void RemoveModel(ModelSeries& m) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (auto& marker : m.markers) {
      for (Counter* c : marker) Remove(Metric::kMarkerResponses, c);
    }
    for (Histogram* h : m.rubric) Remove(Metric::kRubricScore, h);
    for (Counter* c : m.block_states) Remove(Metric::kMarkerResponses, c);
    for (Counter* c : m.fields) Remove(Metric::kReasoningField, c);
    Remove(Metric::kUnknownFormatRatio, m.unknown_format_ratio);
    Remove(Metric::kUnknownFormatNotice, m.unknown_format_notice);
    for (Counter* c : m.grades) Remove(Metric::kGrades, c);
    for (auto& signal : m.incidents) {
      for (Counter* c : signal) Remove(Metric::kIncidents, c);
    }
    std::set<Gauge*> regimes;
    for (auto& [regime, gauge] : m.regimes) regimes.insert(gauge);
    for (Gauge* g : regimes) Remove(Metric::kRegimeInfo, g);
    Remove(Metric::kDeploymentTime, m.deployment);
    Remove(Metric::kBaselineProblems, m.problems);
    Remove(Metric::kBaselineMatchRatio, m.match_ratio);
    for (Gauge* g : m.distance_ratios)
      Remove(Metric::kBaselineDistanceRatio, g);
  }

  void ObserveRegime(std::string_view model, ModelSeries& series,
                     const Scored& scored)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const Regime& regime = scored.regime;
    if (regime == Regime()) return;
    const auto known =
        std::find_if(series.regimes.begin(), series.regimes.end(),
                     [&](const auto& r) { return r.first == regime; });
    if (known != series.regimes.end()) return;
    if (!series.regimes.empty() && IsFinite(scored.start)) {
      SetOrRemove(Metric::kDeploymentTime, {{"model", LabelValue(model)}},
                  series.deployment, true, UnixSeconds(scored.start));
    }
    Gauge& gauge =
        GaugeAt(Metric::kRegimeInfo,
                {{"model", LabelValue(model)},
                 {"fingerprint", LabelValue(regime.fingerprint)},
                 {"template_hash", LabelValue(regime.template_hash)}});
    gauge.Set(1);
    series.regimes.emplace_back(regime, &gauge);
    if (series.regimes.size() <= kMaxRegimes) return;
    Gauge* oldest = series.regimes.front().second;
    series.regimes.erase(series.regimes.begin());
    // Regimes may differ in what is not a label and share a series.
    if (std::none_of(series.regimes.begin(), series.regimes.end(),
                     [&](const auto& r) { return r.second == oldest; })) {
      Remove(Metric::kRegimeInfo, oldest);
    }
  }

  void CountIncident(const std::string& model, Signal signal,
                     Confirmation verdict)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto it = models_.find(std::string_view(model));
    if (it == models_.end()) return;  // removed while the incident was open
    for (size_t v = 0; v < kVerdicts.size(); ++v) {
      if (verdict == kVerdicts[v])
        it->second.incidents[static_cast<size_t>(signal)][v]->Increment();
    }
  }

  // The labels of the incident, or `other` where the cap is reached: an alert
  // must fire all the same.
  std::pair<std::string, std::string> IncidentLabels(const Incident& incident)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    bool overflow = false;
    if (incident.scope == Scope::kModel) {
      Model(incident.model, overflow);
      if (!overflow) return {LabelValue(incident.model), ""};
    } else {
      Stream(incident.model, incident.route, overflow);
      if (!overflow)
        return {LabelValue(incident.model), LabelValue(incident.route)};
    }
    OverflowCounter(Metric::kIncidentOpen).Increment();
    return {Str(kOther), incident.scope == Scope::kModel ? "" : Str(kOther)};
  }

  void DropOrphanedIncidents() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    incidents_.DropOrphans([&](const std::string& model,
                               const std::string& route,
                               Scope scope) ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return scope == Scope::kModel
                 ? models_.contains(model)
                 : streams_.find(StreamKeyView(model, route)) != streams_.end();
    });
  }

  void CountReason(Metric metric, const std::string& label,
                   const std::string& value, std::string_view raw_reason,
                   int64_t n) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::string reason = LabelValue(raw_reason);
    std::set<std::string>& known = reasons_[{metric, value}];
    if (!known.contains(reason)) {
      if (known.size() < kMaxReasons) {
        known.insert(reason);
      } else {
        OverflowCounter(metric).Increment();
        reason = Str(kOther);
      }
    }
    CounterAt(metric, {{label, value}, {"reason", reason}})
        .Increment(static_cast<double>(n));
  }

  void Pull(const std::string& source, TapSource& tap)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(scrape_mutex_) {
    TapCounters now = tap.read();
    const auto grown = [](int64_t value, int64_t before) {
      return value < before ? value : value - before;
    };
    tap.records->Increment(
        static_cast<double>(grown(now.records, tap.seen.records)));
    MutexLock lock(mutex_);
    for (const auto& [reason, n] : now.errors) {
      CountReason(Metric::kTapErrors, "source", source, reason,
                  grown(n, tap.seen.errors[reason]));
    }
    for (const auto& [reason, n] : now.dropped) {
      CountReason(Metric::kTapDropped, "source", source, reason,
                  grown(n, tap.seen.dropped[reason]));
    }
    tap.seen = std::move(now);
  }

  const TelemetryOptions options_;
  prometheus::Registry registry_{prometheus::Registry::InsertBehavior::Throw};
  std::array<prometheus::Family<Counter>*, kMetricCount> counters_{};
  std::array<prometheus::Family<Gauge>*, kMetricCount> gauges_{};
  std::array<prometheus::Family<Histogram>*, kMetricCount> histograms_{};
  std::array<Counter*, kStageCount> stage_records_{};
  std::array<Histogram*, kStageCount> stage_durations_{};
  Gauge* storage_queued_ = nullptr;
  Gauge* storage_bytes_ = nullptr;
  Counter* storage_expired_ = nullptr;
  Gauge* restart_gap_ = nullptr;

  Mutex mutex_;
  std::unordered_map<StreamKey, StreamSeries, StreamKeyHash, StreamKeyEqual>
      streams_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<std::string, ModelSeries, NameHash, std::equal_to<>>
      models_ ABSL_GUARDED_BY(mutex_);
  IncidentGauges incidents_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, OpenIncident> open_incidents_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<Metric, std::string>, std::set<std::string>> reasons_
      ABSL_GUARDED_BY(mutex_);
  StoreStatistics store_ ABSL_GUARDED_BY(mutex_);
  RescoreCounters rescore_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int64_t> grader_answers_ ABSL_GUARDED_BY(mutex_);
  int64_t grader_starts_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, int64_t> webhooks_ ABSL_GUARDED_BY(mutex_);

  // Taken before mutex_, so that no callback runs under the latter.
  Mutex scrape_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  std::map<std::string, TapSource> taps_ ABSL_GUARDED_BY(scrape_mutex_);
};

Telemetry::Telemetry(TelemetryOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
Telemetry::~Telemetry() = default;

void Telemetry::ObserveResponse(const Scored& scored, ResponseOutcome outcome) {
  impl_->ObserveResponse(scored, outcome);
}
void Telemetry::AddTap(std::string_view source,
                       std::function<TapCounters()> counters) {
  impl_->AddTap(source, std::move(counters));
}
void Telemetry::RemoveTap(std::string_view source) { impl_->RemoveTap(source); }
void Telemetry::ObserveTapDuration(std::string_view source,
                                   absl::Duration duration) {
  impl_->ObserveTapDuration(source, duration);
}
void Telemetry::CountStage(Stage stage, int64_t records) {
  impl_->CountStage(stage, records);
}
void Telemetry::CountStageError(Stage stage, std::string_view reason,
                                int64_t n) {
  impl_->CountStageReason(Metric::kStageErrors, stage, reason, n);
}
void Telemetry::CountStageDropped(Stage stage, std::string_view reason,
                                  int64_t n) {
  impl_->CountStageReason(Metric::kStageDropped, stage, reason, n);
}
void Telemetry::ObserveStageDuration(Stage stage, absl::Duration duration) {
  impl_->ObserveStageDuration(stage, duration);
}
void Telemetry::Heartbeat(Stage stage, absl::Time began) {
  impl_->Heartbeat(stage, began);
}
void Telemetry::SetStream(const StreamSnapshot& snapshot) {
  impl_->SetStream(snapshot);
}
void Telemetry::RemoveStream(std::string_view model, std::string_view route) {
  impl_->RemoveStream(model, route);
}
void Telemetry::SetIncident(const Incident& incident) {
  impl_->SetIncident(incident, true);
}
void Telemetry::RestoreIncident(const Incident& incident) {
  impl_->SetIncident(incident, false);
}
void Telemetry::SetDeployment(std::string_view model, absl::Time time) {
  impl_->SetDeployment(model, time);
}
void Telemetry::SetBaseline(std::string_view model, int64_t problems,
                            double match_ratio) {
  impl_->SetBaseline(model, problems, match_ratio);
}
void Telemetry::SetUnknownFormat(std::string_view model, double ratio,
                                 bool notice) {
  impl_->SetUnknownFormat(model, ratio, notice);
}
void Telemetry::SetQueue(int shard, int64_t records, int64_t capacity,
                         int64_t bytes) {
  impl_->SetQueue(shard, records, capacity, bytes);
}
void Telemetry::SetRescore(const RescoreCounters& counters,
                           const std::map<std::string, int64_t>& webhooks) {
  impl_->SetRescore(counters, webhooks);
}

void Telemetry::SetStore(const StoreStatistics& statistics) {
  impl_->SetStore(statistics);
}
void Telemetry::SetGrader(const std::map<std::string, int64_t>& answers,
                          int64_t starts) {
  impl_->SetGrader(answers, starts);
}
void Telemetry::SetRestartGap(absl::Duration gap) { impl_->SetRestartGap(gap); }
std::string Telemetry::Text() { return impl_->Text(); }

}  // namespace reasonwatch
