// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/pipeline_log.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "daemon/app/log.h"
#include "daemon/app/log_events.h"

namespace reasonwatch {

void PipelineLog::OnError(Stage stage, std::string_view reason, int64_t /*n*/) {
  if (stage != Stage::kOrder || reason != "shared_id") return;
  {
    MutexLock lock(mutex_);
    if (std::exchange(shared_ids_, true)) return;
  }
  LogWarning("shared_ids",
             {{"notice",
               "responses to different prompts have one id; they count as "
               "different, but repeats of them are not always known again"}});
}

void PipelineLog::OnIncident(const IncidentEvent& event) { LogIncident(event); }

void PipelineLog::OnModelEvent(const ModelEvent& event) {
  LogInfo("regime_change", {{"model", event.model},
                            {"kind", event.kind},
                            {"old", event.old_value},
                            {"new", event.new_value}});
}

bool PipelineLog::Changed(std::string_view notice, const std::string& model,
                          bool open) {
  MutexLock lock(mutex_);
  bool& known = notices_[{std::string(notice), model}];
  if (known == open) return false;
  known = open;
  return true;
}

void PipelineLog::OnCountsDiffer(const std::string& model,
                                 const CountsDifferSnapshot& counts) {
  if (!Changed("counts_differ", model, counts.notice)) return;
  LogInfo("token_counts_differ",
          {{"model", model},
           {"notice", counts.notice ? "opened" : "closed"},
           {"share", absl::StrFormat("%.3f", counts.ratio)}});
}

void PipelineLog::OnUnknownFormat(const std::string& model,
                                  const UnknownFormatSnapshot& format) {
  if (!Changed("unknown_format", model, format.notice)) return;
  LogFields fields = {{"model", model},
                      {"notice", format.notice ? "opened" : "closed"},
                      {"share", absl::StrFormat("%.3f", format.ratio)}};
  for (const std::string& shape : format.shapes)
    fields.emplace_back("shape", shape);
  LogInfo("unknown_format", fields);
}

void PipelineLog::LogNewPrompts(const StreamSnapshot& s) {
  const NewPromptsSnapshot& news = s.new_prompts;
  if (!Changed("new_prompts " + s.route, s.model, news.notice)) return;
  LogFields fields = {{"model", s.model},
                      {"route", s.route},
                      {"notice", news.notice ? "opened" : "closed"}};
  if (news.notice) {
    fields.emplace_back("share", absl::StrFormat("%.3f", news.share));
    fields.emplace_back("since", absl::FormatTime(absl::RFC3339_sec, news.since,
                                                  absl::UTCTimeZone()));
  }
  LogInfo("new_prompts", fields);
}

void PipelineLog::OnStream(const StreamSnapshot& s) {
  LogNewPrompts(s);
  {
    MutexLock lock(mutex_);
    const auto [known, fresh] =
        states_.try_emplace({s.model, s.route}, s.state);
    if (!fresh && known->second == s.state) return;
    known->second = s.state;
  }
  LogFields fields = {{"model", s.model},
                      {"route", s.route},
                      {"state", std::string(StreamStateName(s.state))},
                      {"reference", std::to_string(s.reference_responses)}};
  if (!std::isnan(s.halved_length_delay)) {
    fields.emplace_back(
        "notices",
        absl::StrFormat(
            "%sa halved reasoning length is noticed in about "
            "%.0f responses",
            std::isnan(s.responses_per_hour)
                ? ""
                : absl::StrFormat("at %.0f responses/h ", s.responses_per_hour),
            s.halved_length_delay));
  }
  LogInfo("stream_state", fields);
}

void PipelineLog::OnReferenceAnew(const std::string& model, size_t closed,
                                  const std::string& evidence) {
  LogInfo("reference_anew", {{"model", model},
                             {"closed", std::to_string(closed)},
                             {"evidence", evidence}});
}

void PipelineLog::OnBaselineUnreadable(const std::string& model,
                                       const absl::Status& why) {
  LogError("baseline_not_read",
           {{"model", model}, {"error", std::string(why.message())}});
}

void PipelineLog::OnNotStored(StoreWrite what, std::string_view subject,
                              const absl::Status& why) {
  std::string_view event;
  std::string_view key = "model";
  switch (what) {
    case StoreWrite::kState:
    case StoreWrite::kCheckpoint:
      event = "checkpoint_failed";
      break;
    case StoreWrite::kIncident:
      event = "incident_not_stored";
      key = "incident";
      break;
    case StoreWrite::kModelEvent:
      event = "event_not_stored";
      break;
    case StoreWrite::kProblems:
      event = "problems_not_stored";
      break;
    case StoreWrite::kFact:
      event = "fact_not_stored";
      key = "name";
      break;
  }
  LogFields fields;
  if (!subject.empty()) fields.emplace_back(key, std::string(subject));
  fields.emplace_back("error", std::string(why.message()));
  LogWarning(event, fields);
}

}  // namespace reasonwatch
