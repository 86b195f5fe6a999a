// SPDX-License-Identifier: Apache-2.0
// JSON of incidents, verdicts, events, streams, coverage and habits: for
// replay, the API, the page and the webhook.
//
// Pure, thread-safe; never throws. Numbers that are not finite and times that
// are not known become null; bytes that are not UTF-8 become U+FFFD. Times are
// RFC 3339 in UTC.
#ifndef REASONWATCH_DAEMON_API_INCIDENT_JSON_H_
#define REASONWATCH_DAEMON_API_INCIDENT_JSON_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/coverage.h"
#include "core/incident.h"
#include "core/model_event.h"
#include "core/picture.h"
#include "core/rescore_job.h"
#include "core/snapshot.h"
#include "core/verdict.h"
#include "util/enum_names.h"

namespace reasonwatch {

// One line of `replay --findings`, without the line feed.
std::string FindingLine(const IncidentEvent& event);

// `events` becomes "timeline": the changes of its model around that time.
std::string IncidentJson(const Incident& incident,
                         const std::vector<ModelEvent>& events = {});
// Beside the incident itself, for its page.
struct IncidentExtras {
  std::vector<ModelEvent> events;
  std::string story;                     // of StoryJson(); "" = none
  std::map<uint64_t, std::string> gold;  // expected answers by problem
  std::vector<RescoreJob> jobs;          // asked for this incident
};
// As IncidentJson(), with "as_of", "sentence", "picture",
// "asked_again", "gold" at each
// failing problem, and "acknowledged" and "false_alarm" (null or the event).
std::string IncidentPageJson(const Incident& incident,
                             const IncidentExtras& extras);
std::string StoryJson(const Story& story);
// The sentence of StoryJson(); "" if there is none.
std::string SentenceOfStory(std::string_view story);
// {"streams": [...]}
std::string SparksJson(const std::vector<StreamSpark>& sparks);

// An operator's word on an incident: an event of the incident's model.
enum class IncidentAction : uint8_t {
  kAcknowledge,
  kWanted,
  kFalseAlarm,
  kAskAgain
};
inline constexpr EnumNames<IncidentAction, 4> kIncidentActionNames = {
    {"acknowledge", "wanted", "false_alarm", "ask_again"}};
static_assert(AllNamed(kIncidentActionNames));
// ModelEvent::kind of an action. kWanted acts as an expected deployment does.
inline constexpr char kAcknowledgedEvent[] = "acknowledged";
inline constexpr char kFalseAlarmEvent[] = "false_alarm";
inline constexpr char kWantedEvent[] = "wanted";
inline constexpr char kAskedAgainEvent[] = "asked_again";
// {"note"}, or nothing at all. InvalidArgument says which key is wrong.
absl::StatusOr<ModelEvent> ParseAction(IncidentAction action,
                                       const Incident& incident,
                                       std::string_view body, absl::Time now);
std::string VerdictJson(const Verdict& verdict);
// {"incidents": [...]}, each with its "sentence" if `sentence` is set.
std::string IncidentsJson(
    const std::vector<Incident>& incidents,
    const std::function<std::string(const Incident&)>& sentence = nullptr);

// The time whose events may explain an incident: from a day before it began to
// an hour after it closed.
struct TimeSpan {
  absl::Time from = absl::InfinitePast();
  absl::Time to = absl::InfiniteFuture();
};
TimeSpan TimelineOf(const Incident& incident);

// {"model", "version", "expected", "note"}: an event of kind "deployment" at
// `now`. InvalidArgument says which key is wrong.
absl::StatusOr<ModelEvent> ParseDeployment(std::string_view body,
                                           absl::Time now);
std::string EventJson(const ModelEvent& event);

std::string StreamJson(const StreamSnapshot& stream);
// {"streams": [...]}
std::string StreamsJson(const std::vector<StreamSnapshot>& streams);

// {"coverage": [...]}
std::string CoverageJson(const std::vector<CoverageSnapshot>& targets);

// A phrase that lines of the model's reasoning begin with.
struct HabitPhrase {
  std::string phrase;
  double rate = 0;  // of the baseline's chains that have such a line
};
// By model, in the order of their channels.
using HabitPhrases = std::map<std::string, std::vector<HabitPhrase>>;
// {"models": [{"model": ..., "habits": [{"phrase": ..., "rate": ...}]}]}
std::string HabitsJson(const HabitPhrases& habits);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_API_INCIDENT_JSON_H_
