// SPDX-License-Identifier: Apache-2.0
#include "storage/record.h"

#include <string_view>

#include "util/status_macros.h"

namespace reasonwatch {
namespace {

int64_t Size(std::string_view text) {
  return static_cast<int64_t>(text.size());
}

int64_t BytesOf(const std::vector<StateBlob>& blobs) {
  int64_t bytes = 0;
  for (const StateBlob& b : blobs)
    bytes += static_cast<int64_t>(sizeof(b)) + Size(b.kind) + Size(b.key) +
             Size(b.bytes);
  return bytes;
}

int64_t BytesOf(const std::vector<BaselineProblem>& problems) {
  int64_t bytes = 0;
  for (const BaselineProblem& p : problems)
    bytes += static_cast<int64_t>(sizeof(p)) + Size(p.model) + Size(p.id) +
             Size(p.gold) + Size(p.family);
  return bytes;
}

int64_t BytesOf(const std::vector<Cause>& causes) {
  int64_t bytes = 0;
  for (const Cause& c : causes)
    bytes += static_cast<int64_t>(sizeof(c)) + Size(c.cause) + Size(c.evidence);
  return bytes;
}

int64_t BytesOf(const Incident& incident) {
  int64_t bytes = static_cast<int64_t>(sizeof(incident)) +
                  BytesOf(incident.causes) + Size(incident.model) +
                  Size(incident.route) + Size(incident.replica);
  for (const IncidentSignal& s : incident.signals) {
    bytes += static_cast<int64_t>(sizeof(s)) + BytesOf(s.finding.hints) +
             Size(s.finding.model) + Size(s.finding.route);
    for (const auto& [channel, share] : s.finding.channels)
      bytes += static_cast<int64_t>(sizeof(share)) + Size(channel);
    for (const std::string& stratum : s.finding.strata) bytes += Size(stratum);
    for (const FamilyCount& f : s.finding.families)
      bytes += static_cast<int64_t>(sizeof(f)) + Size(f.family);
    for (const FailingProblem& p : s.finding.failing)
      bytes += static_cast<int64_t>(sizeof(p)) + Size(p.id) + Size(p.family);
  }
  return bytes;
}

int64_t BytesOf(const Fact& fact) { return Size(fact.name) + Size(fact.value); }

int64_t BytesOf(const ModelEvent& event) {
  return static_cast<int64_t>(sizeof(event)) + Size(event.model) +
         Size(event.kind) + Size(event.old_value) + Size(event.new_value) +
         Size(event.note);
}

int64_t BytesOf(const RescoreJob& job) {
  return static_cast<int64_t>(sizeof(job) +
                              job.samples.size() * sizeof(RescoreSample)) +
         Size(job.model) + Size(job.incident);
}

int64_t BytesOf(const StoredStory& story) {
  return static_cast<int64_t>(sizeof(story)) + Size(story.incident) +
         Size(story.json);
}

int64_t BytesOf(const ForgottenModel& forgotten) {
  return static_cast<int64_t>(sizeof(forgotten)) + Size(forgotten.model);
}

// Rows of a model, by the column that names it. What hangs on an incident or a
// re-run goes with it; a story hangs on nothing, so it goes first.
constexpr const char* kForgetModel[] = {
    ("DELETE FROM incident_stories WHERE incident IN"
     " (SELECT id FROM incidents WHERE model = ?1)"),
    "DELETE FROM incidents WHERE model = ?1",
    "DELETE FROM state WHERE key = ?1",
    "DELETE FROM events WHERE model = ?1",
    "DELETE FROM problems WHERE model = ?1",
    "DELETE FROM rescore_jobs WHERE model = ?1"};

}  // namespace

Record::Record(RecordValue what, absl::Time now)
    : value(std::move(what)),
      bytes(std::visit([](const auto& v) { return BytesOf(v); }, value)),
      time(now) {}

int64_t RowsOf(const Record& record) {
  if (const auto* blobs = std::get_if<std::vector<StateBlob>>(&record.value))
    return static_cast<int64_t>(blobs->size());
  if (const auto* problems =
          std::get_if<std::vector<BaselineProblem>>(&record.value))
    return static_cast<int64_t>(problems->size());
  return 1;
}

bool MustSurvivePowerCut(const Record& record) {
  return !std::holds_alternative<std::vector<StateBlob>>(record.value) &&
         !std::holds_alternative<Fact>(record.value) &&
         !std::holds_alternative<StoredStory>(record.value);
}

absl::StatusOr<RecordWriter> RecordWriter::Prepare(Connection& connection) {
  RW_ASSIGN_OR_RETURN(IncidentWriter incidents,
                      IncidentWriter::Prepare(connection));
  RW_ASSIGN_OR_RETURN(RescoreWriter rescores,
                      RescoreWriter::Prepare(connection));
  RW_ASSIGN_OR_RETURN(ProblemWriter problems,
                      ProblemWriter::Prepare(connection));
  RW_ASSIGN_OR_RETURN(EventWriter events, EventWriter::Prepare(connection));
  RW_ASSIGN_OR_RETURN(StateWriter state, StateWriter::Prepare(connection));
  return RecordWriter(connection, std::move(incidents), std::move(problems),
                      std::move(events), std::move(rescores), std::move(state));
}

absl::Status RecordWriter::Write(const Record& record) {
  return std::visit(
      [&](const auto& value) { return WriteValue(value, record.time); },
      record.value);
}

absl::Status RecordWriter::WriteValue(const std::vector<StateBlob>& blobs,
                                      absl::Time time) {
  return state_.Write(blobs, time);
}

absl::Status RecordWriter::WriteValue(const Incident& incident, absl::Time) {
  RW_RETURN_IF_ERROR(incidents_.Write(incident));
  if (!incident.verdict.has_value()) return absl::OkStatus();
  return rescores_.WriteVerdict(incident.id, *incident.verdict);
}

absl::Status RecordWriter::WriteValue(
    const std::vector<BaselineProblem>& problems, absl::Time) {
  for (const BaselineProblem& p : problems)
    RW_RETURN_IF_ERROR(problems_.Replace(p));
  return absl::OkStatus();
}

absl::Status RecordWriter::WriteValue(const Fact& fact, absl::Time time) {
  return state_.WriteFact(fact.name, fact.value, time);
}

absl::Status RecordWriter::WriteValue(const ModelEvent& event, absl::Time) {
  return events_.Add(event, /*pending=*/false).status();
}

absl::Status RecordWriter::WriteValue(const StoredStory& story, absl::Time) {
  return incidents_.WriteStory(story.incident, story.json);
}

absl::Status RecordWriter::WriteValue(const RescoreJob& job, absl::Time) {
  return rescores_.Write(job);
}

// Rare, so its statements are not kept.
absl::Status RecordWriter::WriteValue(const ForgottenModel& forgotten,
                                      absl::Time) {
  for (const char* sql : kForgetModel) {
    RW_ASSIGN_OR_RETURN(Statement statement, connection_->Prepare(sql));
    RW_RETURN_IF_ERROR(statement.Text(forgotten.model).Run());
  }
  return absl::OkStatus();
}

}  // namespace reasonwatch
