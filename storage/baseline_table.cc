#include "storage/baseline_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "core/status_macros.h"
#include "core/strings.h"

namespace reasonwatch {
namespace {

constexpr std::array<std::string_view, 6> kAnswerKindNames = {
    "unknown", "boolean", "number", "math", "choice", "text"};
constexpr std::array<std::string_view, 2> kProblemKindNames = {"gold",
                                                               "agreed"};

// The index of a stored name.
template <size_t n>
absl::StatusOr<size_t> FromName(const std::array<std::string_view, n>& names,
                                const std::string& name, const char* what) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    return absl::DataLossError(
        absl::StrFormat("problem with the unknown %s '%s'", what, name));
  return static_cast<size_t>(found - names.begin());
}

Statement& BindProblem(Statement& statement, const BaselineProblem& p) {
  return statement.Text(p.model)
      .Int(static_cast<int64_t>(p.digest))
      .Text(p.id)
      .Text(kAnswerKindNames[static_cast<size_t>(p.answer_kind)])
      .Text(p.gold)
      .Int(p.trials)
      .Int(p.failures)
      .Text(kProblemKindNames[static_cast<size_t>(p.kind)])
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
  if (static_cast<size_t>(problem.answer_kind) >= kAnswerKindNames.size() ||
      static_cast<size_t>(problem.kind) >= kProblemKindNames.size())
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
  while (true) {
    RW_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return problems;
    BaselineProblem& p = problems.emplace_back();
    p.model = query.NextText();
    p.digest = static_cast<uint64_t>(query.NextInt());
    p.id = query.NextText();
    RW_ASSIGN_OR_RETURN(
        const size_t answer_kind,
        FromName(kAnswerKindNames, query.NextText(), "answer kind"));
    p.answer_kind = static_cast<AnswerKind>(answer_kind);
    p.gold = query.NextText();
    p.trials = static_cast<int32_t>(query.NextInt());
    p.failures = static_cast<int32_t>(query.NextInt());
    RW_ASSIGN_OR_RETURN(const size_t kind,
                        FromName(kProblemKindNames, query.NextText(), "kind"));
    p.kind = static_cast<ProblemKind>(kind);
    p.family = query.NextText();
  }
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
  while (true) {
    RW_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) break;
    events.push_back(EventOf(query));
  }
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
  while (true) {
    RW_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return events;
    events.push_back(EventOf(query));
  }
}

}  // namespace reasonwatch
