// SPDX-License-Identifier: Apache-2.0
// JSON of the values of core, by nlohmann/json in the order in which keys are
// set.
//
// First the parts that several documents share, then a function for each value
// (a verdict, an incident, an event, a stream), then the functions of the
// header, which dump them.
#include "daemon/api/incident_json.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "core/provisional.h"
#include "daemon/api/model_health.h"

namespace reasonwatch {
namespace {

constexpr absl::Duration kBeforeOnset =
    absl::Hours(24);                                    // shows what was usual
constexpr absl::Duration kAfterClose = absl::Hours(1);  // shows the recovery
constexpr size_t kMaxEventText = 512;  // a few lines of a time line

// Keeps the order in which the keys were set.
using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json Str(std::string_view s) { return std::string(s); }

Json TimeJson(absl::Time t) {
  if (t == absl::InfinitePast() || t == absl::InfiniteFuture()) return nullptr;
  return absl::FormatTime(absl::RFC3339_full, t, absl::UTCTimeZone());
}

Json EffectJson(const Effect& e) {
  return Json::object(
      {{"value", e.value}, {"low", e.low}, {"high", e.high}, {"unit", e.unit}});
}

Json CausesJson(const std::vector<Cause>& causes) {
  Json out = Json::array();
  for (const Cause& c : causes) {
    out.push_back(Json::object(
        {{"cause", c.cause}, {"weight", c.weight}, {"evidence", c.evidence}}));
  }
  return out;
}

Json ChannelsJson(const Finding& f) {
  Json out = Json::array();
  for (const auto& [channel, share] : f.channels)
    out.push_back(Json::object({{"channel", channel}, {"share", share}}));
  return out;
}

Json FamiliesJson(const Finding& f) {
  Json out = Json::array();
  for (const FamilyCount& c : f.families)
    out.push_back(Json::object(
        {{"family", c.family}, {"asked", c.asked}, {"failing", c.failing}}));
  return out;
}

Json FailingJson(const Finding& f) {
  Json out = Json::array();
  for (const FailingProblem& p : f.failing)
    out.push_back(Json::object(
        {{"id", p.id},
         {"digest", absl::StrFormat("%016x", p.problem)},
         {"family", p.family},
         {"before", {{"passed", p.passed_before}, {"asked", p.trials_before}}},
         {"now", {{"passed", p.passed_now}, {"asked", p.trials_now}}}}));
  return out;
}

// The evidence of a finding, the same in replay and in the API.
void AddEvidence(const Finding& f, Json& out) {
  out["channel"] = f.channel;
  out["channel_share"] = f.channel_share;
  out["channels"] = ChannelsJson(f);
  out["strata"] = f.strata;
  if (f.signal == Signal::kConsistencyRegression) {
    out["families"] = FamiliesJson(f);
    out["failing_problems"] = FailingJson(f);
  }
  out["affected_share"] = f.affected_share;
  out["responses_since_onset"] = f.responses_since_onset;
  out["onset_time"] = TimeJson(f.onset_time);
  out["passed_critical"] = f.passed_critical;
  out["provisional"] = f.provisional;
  out["low_coverage"] = f.low_coverage;
}

Json VerdictValue(const Verdict& v) {
  Json out;
  out["verdict"] = Str(VerdictName(v.kind));
  out["reason"] = v.reason;
  out["model"] = v.model;
  if (v.problem != 0) out["problem"] = absl::StrFormat("%016x", v.problem);
  out["reward"] = Str(RewardName(v.reward));
  out["bayes_factor"] = v.bayes_factor;
  out["samples"] = v.samples;
  out["failures"] = v.failures;
  out["pass_rate"] = v.pass_rate;
  out["baseline_pass_rate"] = v.baseline_pass_rate;
  out["group"] =
      Json::object({{"mean", v.group_mean}, {"deviation", v.group_deviation}});
  // null: all rewards of the group were alike, or no live response is behind
  // it.
  out["group"]["advantage"] = nullptr;
  if (v.advantage.has_value()) out["group"]["advantage"] = *v.advantage;
  out["fingerprint_p"] = v.fingerprint_p;
  if (!v.template_hash.empty())
    out["template_hash"] = Json::object(
        {{"now", v.template_hash}, {"healthy", v.healthy_template_hash}});
  if (v.judged.rated > 0)
    out["judge"] = Json::object({{"rated", v.judged.rated},
                                 {"low", v.judged.low},
                                 {"healthy_rated", v.healthy_judged.rated},
                                 {"healthy_low", v.healthy_judged.low}});
  out["time"] = TimeJson(v.time);
  Json differences = Json::array();
  for (const Difference& d : v.differences)
    differences.push_back(Json::object({{"way", d.name},
                                        {"value", d.value},
                                        {"low", d.low},
                                        {"high", d.high},
                                        {"pairs", d.pairs},
                                        {"cause", d.cause},
                                        {"untried", d.untried}}));
  out["differences"] = std::move(differences);
  return out;
}

Json IncidentValue(const Incident& incident) {
  Json out;
  out["id"] = incident.id;
  out["open"] = incident.open();
  out["model"] = incident.model;
  out["route"] = incident.route;
  out["replica"] = incident.replica;
  out["scope"] = Str(ScopeName(incident.scope));
  out["severity"] = Str(SeverityName(incident.severity));
  out["confirmation"] = Str(ConfirmationName(incident.confirmation));
  out["opened"] = TimeJson(incident.opened);
  out["updated"] = TimeJson(incident.updated);
  out["closed"] = TimeJson(incident.closed);
  out["close_reason"] = incident.close_reason;
  out["onset_id"] = incident.onset_id;
  out["onset_time"] = TimeJson(incident.onset_time);
  Json signals = Json::array();
  for (const IncidentSignal& s : incident.signals) {
    Json signal;
    signal["signal"] = Str(SignalName(s.signal));
    signal["open"] = s.open;
    signal["scope"] = Str(ScopeName(s.finding.scope));
    signal["route"] = s.finding.route;
    signal["replica"] = s.finding.replica;
    signal["response"] = s.finding.response_id;
    signal["time"] = TimeJson(s.finding.time);
    signal["statistic"] = s.finding.statistic;
    signal["threshold"] = s.finding.threshold;
    signal["onset_id"] = s.finding.onset_id;
    signal["effect"] = EffectJson(s.finding.effect);
    AddEvidence(s.finding, signal);
    signals.push_back(std::move(signal));
  }
  out["signals"] = std::move(signals);
  out["causes"] = CausesJson(incident.causes);
  if (incident.verdict.has_value())
    out["rescore"] = VerdictValue(*incident.verdict);
  // For receivers of the webhook that can take a replica out of its service.
  if (std::string faulty = FaultyReplica(incident); !faulty.empty()) {
    out["replica"] = std::move(faulty);
    out["action"] = "eject";
  }
  return out;
}

Json EventValue(const ModelEvent& e) {
  return Json::object({{"time", TimeJson(e.time)},
                       {"model", e.model},
                       {"kind", e.kind},
                       {"old", e.old_value},
                       {"new", e.new_value},
                       {"expected", e.expected},
                       {"note", e.note}});
}

// How the stream leaves its young state; null if it is in none.
Json ProvisionalJson(const StreamSnapshot& stream) {
  const std::string text = HowToLeave(stream);
  if (text.empty()) return nullptr;
  Json out;
  out["text"] = text;
  out["responses"] = stream.reference_responses;
  out["needed"] = stream.reference_needed;
  const auto time = TimeToLeave(stream);
  out["hours_left"] =
      time.has_value() ? Json(absl::ToDoubleHours(*time)) : Json(nullptr);
  out["imported"] = stream.reference_imported;
  out["pages_on_gross"] = stream.pages_on_gross;
  return out;
}

Json JobValue(const RescoreJob& job) {
  int passed = 0;
  int graded = 0;
  int64_t tokens = 0;
  constexpr auto kOutcome = static_cast<size_t>(Reward::kOutcome);
  for (const RescoreSample& sample : job.samples) {
    tokens += sample.tokens;
    if (sample.rewards[kOutcome] < 0) continue;
    ++graded;
    passed += sample.rewards[kOutcome];
  }
  Json out;
  out["id"] = job.id;
  out["digest"] = absl::StrFormat("%016x", job.problem);
  out["trigger"] = Str(RescoreTriggerName(job.trigger));
  out["created"] = TimeJson(job.created);
  out["finished"] = TimeJson(job.finished);
  out["result"] = job.result;
  out["reason"] = job.reason;
  out["samples"] = job.samples.size();
  out["passed"] = passed;
  out["graded"] = graded;
  out["tokens"] = tokens;
  return out;
}

Json PointValue(const PicturePoint& p) {
  return Json::object({{"time", TimeJson(p.time)},
                       {"responses", p.responses},
                       {"low", p.low},
                       {"value", p.value},
                       {"high", p.high}});
}

Json PointsValue(const std::vector<PicturePoint>& points) {
  Json out = Json::array();
  for (const PicturePoint& p : points) out.push_back(PointValue(p));
  return out;
}

Json SignalPictureValue(const SignalPicture& s) {
  Json buckets = Json::array();
  for (const PictureBucket& b : s.buckets)
    buckets.push_back(Json::object({{"from", b.from},
                                    {"to", b.to},
                                    {"before", b.before},
                                    {"since", b.since}}));
  return Json::object({{"signal", s.signal},
                       {"channel", s.channel},
                       {"feature", s.feature},
                       {"title", s.title},
                       {"unit", s.unit},
                       {"expected", PointValue(s.expected)},
                       {"now", PointValue(s.now)},
                       {"points", PointsValue(s.points)},
                       {"buckets", std::move(buckets)},
                       {"affected", s.affected},
                       {"seen", s.seen}});
}

Json PictureValue(const Picture& picture) {
  Json signals = Json::array();
  for (const SignalPicture& s : picture.signals)
    signals.push_back(SignalPictureValue(s));
  Json carriers = Json::array();
  for (const PictureCarrier& c : picture.carriers)
    carriers.push_back(Json::object({{"kind", c.kind},
                                     {"name", c.name},
                                     {"affected", c.affected},
                                     {"seen", c.seen}}));
  Json examples = Json::array();
  for (const PictureExample& e : picture.examples)
    examples.push_back(Json::object({{"id", e.id},
                                     {"trace_id", e.trace_id},
                                     {"replica", e.replica},
                                     {"time", TimeJson(e.time)},
                                     {"value", e.value},
                                     {"affected", e.affected}}));
  return Json::object({{"signals", std::move(signals)},
                       {"carriers", std::move(carriers)},
                       {"examples", std::move(examples)}});
}

// The keys of a stored story; null where there is none.
void AddStory(const std::string& story, Json& out) {
  Json stored = Json::parse(story.begin(), story.end(), nullptr,
                            /*allow_exceptions=*/false);
  for (const char* key : {"as_of", "sentence", "picture"}) {
    out[key] = nullptr;
    if (!stored.is_object()) continue;
    if (const auto found = stored.find(key); found != stored.end())
      out[key] = std::move(*found);
  }
}

Json StreamValue(const StreamSnapshot& stream) {
  Json out;
  out["model"] = stream.model;
  out["route"] = stream.route;
  out["state"] = Str(StreamStateName(stream.state));
  out["responses"] = stream.responses;
  out["reference_responses"] = stream.reference_responses;
  out["provisional"] = ProvisionalJson(stream);
  out["coverage_ratio"] = stream.coverage_ratio;
  out["responses_per_hour"] = stream.responses_per_hour;
  out["last_response"] = TimeJson(stream.last_response);
  out["halved_length_delay"] = stream.halved_length_delay;
  Json format;
  format["notice"] = stream.unknown_format.notice;
  format["ratio"] = stream.unknown_format.ratio;
  format["shapes"] = stream.unknown_format.shapes;
  out["unknown_format"] = std::move(format);
  Json counts;
  counts["notice"] = stream.counts_differ.notice;
  counts["ratio"] = stream.counts_differ.ratio;
  out["counts_differ"] = std::move(counts);
  Json prompts;
  prompts["notice"] = stream.new_prompts.notice;
  prompts["share"] = stream.new_prompts.share;
  prompts["since"] = TimeJson(stream.new_prompts.since);
  out["new_prompts"] = std::move(prompts);
  out["lengths"] = Str(LengthSourceName(stream.lengths));
  out["length_drift"] = stream.length_drift;
  Json signals = Json::array();
  for (size_t i = 0; i < kSignalCount; ++i) {
    const SignalSnapshot& s = stream.signals[i];
    Json signal;
    signal["signal"] = Str(SignalName(static_cast<Signal>(i)));
    signal["enabled"] = s.enabled;
    signal["open"] = s.open;
    signal["statistic"] = s.statistic;
    signal["threshold"] = s.threshold;
    signal["critical_threshold"] = s.critical_threshold;
    signals.push_back(std::move(signal));
  }
  out["signals"] = std::move(signals);
  return out;
}

}  // namespace

std::string FindingLine(const IncidentEvent& event) {
  const Finding& f = event.finding;
  const Incident& incident = event.incident;
  Json out;
  out["id"] = f.response_id;
  out["event"] = Str(IncidentEventName(event.kind));
  out["incident"] = incident.id;
  out["signal"] = Str(SignalName(event.signal));
  out["scope"] = Str(ScopeName(incident.scope));
  out["severity"] = Str(SeverityName(incident.severity));
  out["statistic"] = f.statistic;
  out["threshold"] = f.threshold;
  out["onset_id"] = f.onset_id;
  out["effect"] = EffectJson(f.effect);
  out["causes"] = CausesJson(incident.causes);
  out["time"] = TimeJson(f.time);
  out["model"] = incident.model;
  out["route"] = incident.route;
  out["replica"] = incident.replica;
  out["confirmation"] = Str(ConfirmationName(incident.confirmation));
  AddEvidence(f, out);
  return Dump(out);
}

std::string IncidentJson(const Incident& incident,
                         const std::vector<ModelEvent>& events) {
  Json out = IncidentValue(incident);
  Json timeline = Json::array();
  for (const ModelEvent& e : events) timeline.push_back(EventValue(e));
  out["timeline"] = std::move(timeline);
  return Dump(out);
}

std::string IncidentPageJson(const Incident& incident,
                             const IncidentExtras& extras) {
  Json out = IncidentValue(incident);
  AddStory(extras.story, out);
  for (Json& signal : out["signals"]) {
    const auto failing = signal.find("failing_problems");
    if (failing == signal.end()) continue;
    for (Json& problem : *failing) {
      uint64_t digest = 0;
      const bool known = absl::SimpleHexAtoi(
          problem["digest"].get_ref<const std::string&>(), &digest);
      const auto gold = extras.gold.find(digest);
      if (known && gold != extras.gold.end() && !gold->second.empty())
        problem["gold"] = gold->second;
    }
  }
  Json asked = Json::array();
  for (const RescoreJob& job : extras.jobs) asked.push_back(JobValue(job));
  out["asked_again"] = std::move(asked);
  out["acknowledged"] = nullptr;
  out["false_alarm"] = nullptr;
  Json timeline = Json::array();
  for (const ModelEvent& e : extras.events) {
    timeline.push_back(EventValue(e));
    if (e.new_value != incident.id) continue;
    if (e.kind == kAcknowledgedEvent) out["acknowledged"] = EventValue(e);
    if (e.kind == kFalseAlarmEvent) out["false_alarm"] = EventValue(e);
  }
  out["timeline"] = std::move(timeline);
  return Dump(out);
}

std::string StoryJson(const Story& story) {
  Json out;
  out["as_of"] = TimeJson(story.as_of);
  out["sentence"] = story.sentence;
  out["picture"] = PictureValue(story.picture);
  return Dump(out);
}

std::string SentenceOfStory(std::string_view story) {
  const Json json = Json::parse(story.begin(), story.end(), nullptr,
                                /*allow_exceptions=*/false);
  if (!json.is_object()) return "";
  const auto found = json.find("sentence");
  return found != json.end() && found->is_string() ? found->get<std::string>()
                                                   : "";
}

std::string SparksJson(const std::vector<StreamSpark>& sparks) {
  Json list = Json::array();
  for (const StreamSpark& spark : sparks)
    list.push_back(
        Json::object({{"model", spark.model},
                      {"route", spark.route},
                      {"step_seconds", absl::ToInt64Seconds(spark.step)},
                      {"expected", PointValue(spark.expected)},
                      {"points", PointsValue(spark.points)}}));
  Json out;
  out["streams"] = std::move(list);
  return Dump(out);
}

absl::StatusOr<ModelEvent> ParseAction(IncidentAction action,
                                       const Incident& incident,
                                       std::string_view body, absl::Time now) {
  ModelEvent event;
  event.time = now;
  event.model = incident.model;
  switch (action) {
    case IncidentAction::kAcknowledge:
      event.kind = kAcknowledgedEvent;
      break;
    case IncidentAction::kFalseAlarm:
      event.kind = kFalseAlarmEvent;
      break;
    case IncidentAction::kAskAgain:
      event.kind = kAskedAgainEvent;
      break;
    case IncidentAction::kWanted:
      event.kind = kWantedEvent;
      event.expected = true;
      break;
  }
  event.new_value = incident.id;
  if (body.empty()) return event;
  const Json json = Json::parse(body.begin(), body.end(), nullptr,
                                /*allow_exceptions=*/false);
  if (!json.is_object())
    return absl::InvalidArgumentError("the body is not a JSON object");
  const auto note = json.find("note");
  if (note == json.end()) return event;
  if (!note->is_string())
    return absl::InvalidArgumentError("note is not a string");
  event.note = note->get<std::string>();
  if (event.note.size() > kMaxEventText)
    return absl::InvalidArgumentError("note is longer than 512 bytes");
  return event;
}

TimeSpan TimelineOf(const Incident& incident) {
  const absl::Time began = incident.onset_time == absl::InfinitePast()
                               ? incident.opened
                               : incident.onset_time;
  // A recording may run on another clock than the events, so no end is set
  // while the incident is open.
  return {began - kBeforeOnset, incident.open()
                                    ? absl::InfiniteFuture()
                                    : incident.closed + kAfterClose};
}

absl::StatusOr<ModelEvent> ParseDeployment(std::string_view body,
                                           absl::Time now) {
  const Json json = Json::parse(body.begin(), body.end(), nullptr,
                                /*allow_exceptions=*/false);
  if (!json.is_object())
    return absl::InvalidArgumentError("the body is not a JSON object");
  ModelEvent event;
  event.time = now;
  event.kind = "deployment";
  struct Key {
    const char* name;
    std::string* value;
  };
  for (const Key& key :
       {Key{"model", &event.model}, Key{"version", &event.new_value},
        Key{"note", &event.note}}) {
    const auto it = json.find(key.name);
    if (it == json.end()) continue;
    if (!it->is_string())
      return absl::InvalidArgumentError(std::string(key.name) +
                                        " is not a string");
    *key.value = it->get<std::string>();
    if (key.value->size() > kMaxEventText)
      return absl::InvalidArgumentError(std::string(key.name) +
                                        " is longer than 512 bytes");
  }
  if (event.model.empty())
    return absl::InvalidArgumentError("model is missing");
  const auto expected = json.find("expected");
  if (expected != json.end()) {
    if (!expected->is_boolean())
      return absl::InvalidArgumentError("expected is not true or false");
    event.expected = expected->get<bool>();
  }
  return event;
}

std::string EventJson(const ModelEvent& event) {
  return Dump(EventValue(event));
}

std::string VerdictJson(const Verdict& verdict) {
  return Dump(VerdictValue(verdict));
}

std::string IncidentsJson(
    const std::vector<Incident>& incidents,
    const std::function<std::string(const Incident&)>& sentence) {
  Json list = Json::array();
  for (const Incident& incident : incidents) {
    list.push_back(IncidentValue(incident));
    if (sentence) list.back()["sentence"] = sentence(incident);
  }
  Json out;
  out["incidents"] = std::move(list);
  return Dump(out);
}

std::string StreamJson(const StreamSnapshot& stream) {
  return Dump(StreamValue(stream));
}

std::string StreamsJson(const std::vector<StreamSnapshot>& streams) {
  Json list = Json::array();
  for (const StreamSnapshot& stream : streams)
    list.push_back(StreamValue(stream));
  Json out;
  out["streams"] = std::move(list);
  return Dump(out);
}

std::string CoverageJson(const std::vector<CoverageSnapshot>& targets) {
  Json list = Json::array();
  for (const CoverageSnapshot& target : targets)
    list.push_back({{"target", target.target},
                    {"counter", target.counter},
                    {"served", target.served},
                    {"seen", target.seen},
                    {"ratio", target.ratio},
                    {"read", TimeJson(target.read)},
                    {"error", target.error}});
  Json out;
  out["coverage"] = std::move(list);
  return Dump(out);
}

std::string HabitsJson(const HabitPhrases& habits) {
  Json models = Json::array();
  for (const auto& [model, phrases] : habits) {
    Json list = Json::array();
    for (const HabitPhrase& habit : phrases)
      list.push_back({{"phrase", habit.phrase}, {"rate", habit.rate}});
    models.push_back({{"model", model}, {"habits", std::move(list)}});
  }
  Json out;
  out["models"] = std::move(models);
  return Dump(out);
}

}  // namespace reasonwatch
