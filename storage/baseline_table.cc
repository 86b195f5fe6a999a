// SPDX-License-Identifier: Apache-2.0
// Rows of problems, their texts and events. Columns are bound and read from
// left to right, in the order in which the statement names them.
//
// In order: binding and reading, writers, readers.
#include "storage/baseline_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "storage/stored_name.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

Statement& BindProblem(Statement& statement, const BaselineProblem& p) {
  return statement.Text(p.model)
      .Int(static_cast<int64_t>(p.digest))
      .Text(p.id)
      .Text(NameOf(kAnswerKindNames, p.answer_kind))
      .Text(p.gold)
      .Int(p.trials)
      .Int(p.failures)
      .Text(NameOf(kProblemKindNames, p.kind))
      .Text(p.family);
}

ModelEvent EventOf(Statement& query) {
  ModelEvent e;
  e.id = query.NextInt();
  e.time = query.NextTime();
  e.model = query.NextText();
  e.kind = query.NextText();
  e.old_value = query.NextText();
  e.new_value = query.NextText();
  e.expected = query.NextInt() != 0;
  e.note = query.NextText();
  return e;
}

}  // namespace

absl::Status CheckProblem(const BaselineProblem& problem) {
  if (static_cast<size_t>(problem.answer_kind) >=
          kAnswerKindNames.names.size() ||
      static_cast<size_t>(problem.kind) >= kProblemKindNames.names.size())
    return absl::InvalidArgumentError("problem with an unknown answer kind");
  return absl::OkStatus();
}

absl::StatusOr<ProblemWriter> ProblemWriter::Prepare(Connection& connection) {
  RW_ASSIGN_OR_RETURN(
      Statement replace,
      connection.Prepare(
          "INSERT OR REPLACE INTO problems (model, digest, id, answer_kind,"
          " gold, trials, failures, kind, family)"
          " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)"));
  RW_ASSIGN_OR_RETURN(
      Statement add,
      connection.Prepare(
          "INSERT INTO problems (model, digest, id, answer_kind, gold, trials,"
          " failures, kind, family) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)"
          " ON CONFLICT (model, digest) DO UPDATE SET"
          " trials = trials + excluded.trials,"
          " failures = failures + excluded.failures,"
          " id = iif(excluded.gold = '', id, excluded.id),"
          " answer_kind ="
          " iif(excluded.gold = '', answer_kind, excluded.answer_kind),"
          " kind = iif(excluded.gold = '', kind, excluded.kind),"
          " family = iif(excluded.family = '', family, excluded.family),"
          " gold = iif(excluded.gold = '', gold, excluded.gold)"));
  return ProblemWriter(std::move(replace), std::move(add));
}

absl::Status ProblemWriter::Replace(const BaselineProblem& problem) {
  return BindProblem(replace_, problem).Run();
}

absl::Status ProblemWriter::Add(const BaselineProblem& problem) {
  return BindProblem(add_, problem).Run();
}

absl::StatusOr<EventWriter> EventWriter::Prepare(Connection& connection) {
  RW_ASSIGN_OR_RETURN(
      Statement add,
      connection.Prepare("INSERT INTO events (time_ns, model, kind, old, new,"
                         " expected, note, pending)"
                         " VALUES (?1,?2,?3,?4,?5,?6,?7,?8) RETURNING id"));
  RW_ASSIGN_OR_RETURN(
      Statement expire,
      connection.Prepare("DELETE FROM events WHERE time_ns < ?1 OR id <="
                         " (SELECT max(id) FROM events) - ?2"));
  return EventWriter(connection, std::move(add), std::move(expire));
}

absl::StatusOr<int64_t> EventWriter::Add(const ModelEvent& event,
                                         bool pending) {
  RW_ASSIGN_OR_RETURN(const bool row, add_.Time(event.time)
                                          .Text(event.model)
                                          .Text(event.kind)
                                          .Text(event.old_value)
                                          .Text(event.new_value)
                                          .Int(event.expected)
                                          .Text(event.note)
                                          .Int(pending)
                                          .Step());
  const int64_t id = row ? add_.NextInt() : 0;
  add_.Reset();
  return id;
}

absl::StatusOr<int64_t> EventWriter::RemoveOld(absl::Time time, int64_t keep) {
  RW_RETURN_IF_ERROR(expire_.Time(time).Int(keep).Run());
  return connection_->ChangedRows();
}

absl::StatusOr<std::vector<std::string>> ReadGold(
    Connection& connection, std::string_view model,
    const std::vector<uint64_t>& problems) {
  RW_ASSIGN_OR_RETURN(
      Statement query,
      connection.Prepare("SELECT gold FROM problems WHERE model = ?1 AND"
                         " digest = ?2 AND kind = ?3"));
  std::vector<std::string> gold;
  for (const uint64_t problem : problems) {
    query.Text(model)
        .Int(static_cast<int64_t>(problem))
        .Text(NameOf(kProblemKindNames, ProblemKind::kGold));
    std::string& answer = gold.emplace_back();
    RW_RETURN_IF_ERROR(
        ForEachRow(query, [&](Statement& row) { answer = row.NextText(); }));
  }
  return gold;
}

absl::StatusOr<std::vector<BaselineProblem>> ReadProblems(
    Connection& connection, std::string_view model) {
  RW_ASSIGN_OR_RETURN(
      Statement query,
      connection.Prepare(
          "SELECT model, digest, id, answer_kind, gold, trials, failures, kind,"
          " family FROM problems WHERE ?1 = '' OR model = ?1"
          " ORDER BY model, digest"));
  query.Text(model);
  std::vector<BaselineProblem> problems;
  const absl::Status read =
      ForEachRow(query, [&](Statement& row) -> absl::Status {
        BaselineProblem& p = problems.emplace_back();
        p.model = row.NextText();
        p.digest = static_cast<uint64_t>(row.NextInt());
        p.id = row.NextText();
        RW_ASSIGN_OR_RETURN(
            p.answer_kind,
            FromStoredName(kAnswerKindNames, row.NextText(),
                           "problem with the unknown answer kind"));
        p.gold = row.NextText();
        p.trials = static_cast<int32_t>(row.NextInt());
        p.failures = static_cast<int32_t>(row.NextInt());
        RW_ASSIGN_OR_RETURN(p.kind,
                            FromStoredName(kProblemKindNames, row.NextText(),
                                           "problem with the unknown kind"));
        p.family = row.NextText();
        return absl::OkStatus();
      });
  RW_RETURN_IF_ERROR(read);
  return problems;
}

absl::StatusOr<ProblemText> ReadProblemText(Connection& connection,
                                            std::string_view model,
                                            uint64_t digest) {
  RW_ASSIGN_OR_RETURN(
      Statement query,
      connection.Prepare("SELECT prompt, messages, system_prompt FROM"
                         " problem_texts WHERE model = ?1 AND digest = ?2"));
  RW_ASSIGN_OR_RETURN(
      const bool row,
      query.Text(model).Int(static_cast<int64_t>(digest)).Step());
  if (!row)
    return absl::NotFoundError(absl::StrFormat(
        "the words of problem %016x were not imported", digest));
  ProblemText text;
  text.prompt = query.NextText();
  text.messages_json = query.NextText();
  text.system_prompt = query.NextText();
  return text;
}

absl::StatusOr<std::vector<ModelEvent>> ReadEvents(Connection& connection,
                                                   std::string_view model,
                                                   absl::Time from,
                                                   absl::Time to, int limit) {
  RW_ASSIGN_OR_RETURN(
      Statement query,
      connection.Prepare(
          "SELECT id, time_ns, model, kind, old, new, expected, note FROM"
          " events WHERE (?1 = '' OR model = ?1) AND time_ns BETWEEN ?2 AND ?3"
          " ORDER BY time_ns DESC, id DESC LIMIT ?4"));
  query.Text(model).Time(from).Time(to).Int(limit);
  std::vector<ModelEvent> events;
  RW_RETURN_IF_ERROR(ForEachRow(
      query, [&](Statement& row) { events.push_back(EventOf(row)); }));
  std::reverse(events.begin(), events.end());
  return events;
}

absl::StatusOr<std::vector<ModelEvent>> ReadPendingEvents(
    Connection& connection) {
  RW_ASSIGN_OR_RETURN(
      Statement query,
      connection.Prepare(
          "SELECT id, time_ns, model, kind, old, new, expected, note FROM"
          " events e WHERE pending = 1 AND NOT EXISTS (SELECT 1 FROM facts f"
          " WHERE f.name = 'events_acted/' || e.model AND"
          " CAST(f.value AS INTEGER) >= e.id) ORDER BY id"));
  std::vector<ModelEvent> events;
  RW_RETURN_IF_ERROR(ForEachRow(
      query, [&](Statement& row) { events.push_back(EventOf(row)); }));
  return events;
}

}  // namespace reasonwatch
