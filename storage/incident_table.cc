// SPDX-License-Identifier: Apache-2.0
// An incident is one row of `incidents` and, for each list inside it, one row
// an element with its position. A write deletes the incident first (the other
// rows go with it) and inserts it anew, so that lists may shrink. Columns are
// bound and read from left to right, in the order in which the statement names
// them.
//
// In order: reading, preparing, writing, the entry points.
#include "storage/incident_table.h"

#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "storage/stored_name.h"
#include "util/enum_names.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

template <typename E, size_t N>
absl::StatusOr<E> FromName(const EnumNames<E, N>& table,
                           const std::string& name) {
  return FromStoredName(table, name, "incident with the unknown name");
}

absl::Status WriteCauses(Statement& statement, std::string_view incident,
                         int signal_position,
                         const std::vector<Cause>& causes) {
  int64_t position = 0;
  for (const Cause& cause : causes) {
    statement.Text(incident);
    if (signal_position >= 0) statement.Int(signal_position);
    RW_RETURN_IF_ERROR(statement.Int(position++)
                           .Text(cause.cause)
                           .Real(cause.weight)
                           .Text(cause.evidence)
                           .Run());
  }
  return absl::OkStatus();
}

// Reads the incidents that a query of the incidents table gives.
class IncidentReader {
 public:
  explicit IncidentReader(Connection& connection) : connection_(connection) {}

  absl::StatusOr<std::vector<Incident>> Read(Statement query) {
    std::vector<Incident> incidents;
    const absl::Status read =
        ForEachRow(query, [&](Statement& row) -> absl::Status {
          Incident& i = incidents.emplace_back();
          i.id = row.NextText();
          i.model = row.NextText();
          i.route = row.NextText();
          i.replica = row.NextText();
          RW_ASSIGN_OR_RETURN(i.scope, FromName(kScopeNames, row.NextText()));
          RW_ASSIGN_OR_RETURN(i.severity,
                              FromName(kSeverityNames, row.NextText()));
          RW_ASSIGN_OR_RETURN(i.confirmation,
                              FromName(kConfirmationNames, row.NextText()));
          i.opened = row.NextTime();
          i.updated = row.NextTime();
          i.closed = row.NextTime();
          i.close_reason = row.NextText();
          i.onset_id = row.NextText();
          i.onset_time = row.NextTime();
          RW_RETURN_IF_ERROR(ReadSignals(i));
          RW_ASSIGN_OR_RETURN(
              i.causes, ReadCauses("SELECT cause, weight, evidence "
                                   "FROM incident_causes WHERE incident = ?1 "
                                   "ORDER BY position",
                                   i.id, -1));
          RW_ASSIGN_OR_RETURN(i.verdict,
                              ReadVerdict(connection_, i.id, i.model));
          return absl::OkStatus();
        });
    RW_RETURN_IF_ERROR(read);
    return incidents;
  }

 private:
  absl::Status ReadSignals(Incident& incident) {
    RW_ASSIGN_OR_RETURN(
        Statement query,
        connection_.Prepare(
            "SELECT signal, open, finding_signal, event, scope, model, route,"
            " replica, response_id, time_ns, statistic, threshold,"
            " passed_critical, provisional, low_coverage, onset_id, onset_ns,"
            " responses_since_onset, effect_value, effect_low, effect_high,"
            " effect_unit, affected_share, channel, channel_share"
            " FROM incident_signals WHERE incident = ?1 ORDER BY position"));
    query.Text(incident.id);
    return ForEachRow(query, [&](Statement& row) -> absl::Status {
      const int position = static_cast<int>(incident.signals.size());
      IncidentSignal& s = incident.signals.emplace_back();
      Finding& f = s.finding;
      RW_ASSIGN_OR_RETURN(s.signal, FromName(kSignalNames, row.NextText()));
      s.open = row.NextInt() != 0;
      RW_ASSIGN_OR_RETURN(f.signal, FromName(kSignalNames, row.NextText()));
      RW_ASSIGN_OR_RETURN(f.event,
                          FromName(kFindingEventNames, row.NextText()));
      RW_ASSIGN_OR_RETURN(f.scope, FromName(kScopeNames, row.NextText()));
      f.model = row.NextText();
      f.route = row.NextText();
      f.replica = row.NextText();
      f.response_id = row.NextText();
      f.time = row.NextTime();
      f.statistic = row.NextReal();
      f.threshold = row.NextReal();
      f.passed_critical = row.NextInt() != 0;
      f.provisional = row.NextInt() != 0;
      f.low_coverage = row.NextInt() != 0;
      f.onset_id = row.NextText();
      f.onset_time = row.NextTime();
      f.responses_since_onset = row.NextInt();
      f.effect.value = row.NextReal();
      f.effect.low = row.NextReal();
      f.effect.high = row.NextReal();
      f.effect.unit = row.NextText();
      f.affected_share = row.NextReal();
      f.channel = row.NextText();
      f.channel_share = row.NextReal();
      RW_RETURN_IF_ERROR(ReadChannels(incident.id, position, f));
      RW_RETURN_IF_ERROR(ReadStrata(incident.id, position, f));
      RW_RETURN_IF_ERROR(ReadProblems(incident.id, position, f));
      RW_ASSIGN_OR_RETURN(
          f.hints,
          ReadCauses("SELECT cause, weight, evidence FROM incident_hints "
                     "WHERE incident = ?1 AND signal_position = ?2 "
                     "ORDER BY position",
                     incident.id, position));
      return absl::OkStatus();
    });
  }

  absl::Status ReadChannels(std::string_view incident, int position,
                            Finding& finding) {
    RW_ASSIGN_OR_RETURN(
        Statement query,
        connection_.Prepare("SELECT channel, share FROM incident_channels "
                            "WHERE incident = ?1 AND signal_position = ?2 "
                            "ORDER BY position"));
    query.Text(incident).Int(position);
    return ForEachRow(query, [&](Statement& row) {
      std::string channel = row.NextText();
      finding.channels.emplace_back(std::move(channel), row.NextReal());
    });
  }

  absl::Status ReadStrata(std::string_view incident, int position,
                          Finding& finding) {
    RW_ASSIGN_OR_RETURN(
        Statement query,
        connection_.Prepare("SELECT stratum FROM incident_strata "
                            "WHERE incident = ?1 AND signal_position = ?2 "
                            "ORDER BY position"));
    query.Text(incident).Int(position);
    return ForEachRow(query, [&](Statement& row) {
      finding.strata.push_back(row.NextText());
    });
  }

  absl::Status ReadProblems(std::string_view incident, int position,
                            Finding& finding) {
    RW_ASSIGN_OR_RETURN(
        Statement families,
        connection_.Prepare("SELECT family, asked, failing FROM"
                            " incident_families WHERE incident = ?1 AND"
                            " signal_position = ?2 ORDER BY position"));
    families.Text(incident).Int(position);
    RW_RETURN_IF_ERROR(ForEachRow(families, [&](Statement& row) {
      FamilyCount& f = finding.families.emplace_back();
      f.family = row.NextText();
      f.asked = static_cast<int32_t>(row.NextInt());
      f.failing = static_cast<int32_t>(row.NextInt());
    }));
    RW_ASSIGN_OR_RETURN(
        Statement problems,
        connection_.Prepare(
            "SELECT problem, id, family, trials_before, passed_before,"
            " trials_now, passed_now FROM incident_problems WHERE incident ="
            " ?1 AND signal_position = ?2 ORDER BY position"));
    problems.Text(incident).Int(position);
    return ForEachRow(problems, [&](Statement& row) {
      FailingProblem& p = finding.failing.emplace_back();
      p.problem = static_cast<uint64_t>(row.NextInt());
      p.id = row.NextText();
      p.family = row.NextText();
      for (int32_t* count :
           {&p.trials_before, &p.passed_before, &p.trials_now, &p.passed_now})
        *count = static_cast<int32_t>(row.NextInt());
    });
  }

  absl::StatusOr<std::vector<Cause>> ReadCauses(const char* sql,
                                                std::string_view incident,
                                                int signal_position) {
    RW_ASSIGN_OR_RETURN(Statement query, connection_.Prepare(sql));
    query.Text(incident);
    if (signal_position >= 0) query.Int(signal_position);
    std::vector<Cause> causes;
    RW_RETURN_IF_ERROR(ForEachRow(query, [&](Statement& row) {
      Cause& cause = causes.emplace_back();
      cause.cause = row.NextText();
      cause.weight = row.NextReal();
      cause.evidence = row.NextText();
    }));
    return causes;
  }

  Connection& connection_;
};

#define RW_INCIDENT_COLUMNS                                               \
  "id, model, route, replica, scope, severity, confirmation, opened_ns, " \
  "updated_ns, closed_ns, close_reason, onset_id, onset_ns"

}  // namespace

absl::StatusOr<IncidentWriter> IncidentWriter::Prepare(Connection& connection) {
  RW_ASSIGN_OR_RETURN(
      Statement remove,
      connection.Prepare("DELETE FROM incidents WHERE id = ?1"));
  RW_ASSIGN_OR_RETURN(
      Statement incident,
      connection.Prepare("INSERT INTO incidents (" RW_INCIDENT_COLUMNS
                         ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,"
                         "?13)"));
  RW_ASSIGN_OR_RETURN(
      Statement signal,
      connection.Prepare(
          "INSERT INTO incident_signals (incident, position, signal, open,"
          " finding_signal, event, scope, model, route, replica, response_id,"
          " time_ns, statistic, threshold, passed_critical, provisional,"
          " low_coverage, onset_id, onset_ns, responses_since_onset,"
          " effect_value, effect_low, effect_high, effect_unit,"
          " affected_share, channel, channel_share) VALUES (?1,?2,?3,?4,?5,?6,"
          "?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,"
          "?24,?25,?26,?27)"));
  RW_ASSIGN_OR_RETURN(
      Statement channel,
      connection.Prepare("INSERT INTO incident_channels (incident,"
                         " signal_position, position, channel, share)"
                         " VALUES (?1,?2,?3,?4,?5)"));
  RW_ASSIGN_OR_RETURN(
      Statement stratum,
      connection.Prepare("INSERT INTO incident_strata (incident,"
                         " signal_position, position, stratum)"
                         " VALUES (?1,?2,?3,?4)"));
  RW_ASSIGN_OR_RETURN(
      Statement family,
      connection.Prepare("INSERT INTO incident_families (incident,"
                         " signal_position, position, family, asked, failing)"
                         " VALUES (?1,?2,?3,?4,?5,?6)"));
  RW_ASSIGN_OR_RETURN(
      Statement problem,
      connection.Prepare("INSERT INTO incident_problems (incident,"
                         " signal_position, position, problem, id, family,"
                         " trials_before, passed_before, trials_now,"
                         " passed_now) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,"
                         "?10)"));
  RW_ASSIGN_OR_RETURN(
      Statement hint,
      connection.Prepare("INSERT INTO incident_hints (incident,"
                         " signal_position, position, cause, weight, evidence)"
                         " VALUES (?1,?2,?3,?4,?5,?6)"));
  RW_ASSIGN_OR_RETURN(
      Statement cause,
      connection.Prepare("INSERT INTO incident_causes (incident, position,"
                         " cause, weight, evidence) VALUES (?1,?2,?3,?4,?5)"));
  RW_ASSIGN_OR_RETURN(
      Statement expire,
      connection.Prepare("DELETE FROM incidents WHERE id IN (SELECT id FROM"
                         " incidents WHERE closed_ns < ?1 ORDER BY closed_ns"
                         " LIMIT ?2)"));
  RW_ASSIGN_OR_RETURN(
      Statement story,
      connection.Prepare("INSERT OR REPLACE INTO incident_stories (incident,"
                         " story) VALUES (?1,?2)"));
  RW_ASSIGN_OR_RETURN(
      Statement expire_stories,
      connection.Prepare("DELETE FROM incident_stories WHERE incident NOT IN"
                         " (SELECT id FROM incidents)"));
  return IncidentWriter(
      connection,
      Statements{std::move(remove), std::move(incident), std::move(signal),
                 std::move(channel), std::move(stratum), std::move(family),
                 std::move(problem), std::move(hint), std::move(cause),
                 std::move(expire), std::move(story),
                 std::move(expire_stories)});
}

absl::Status IncidentWriter::Write(const Incident& i) {
  RW_RETURN_IF_ERROR(statements_.remove.Text(i.id).Run());
  RW_RETURN_IF_ERROR(statements_.incident.Text(i.id)
                         .Text(i.model)
                         .Text(i.route)
                         .Text(i.replica)
                         .Text(ScopeName(i.scope))
                         .Text(SeverityName(i.severity))
                         .Text(ConfirmationName(i.confirmation))
                         .Time(i.opened)
                         .Time(i.updated)
                         .Time(i.closed)
                         .Text(i.close_reason)
                         .Text(i.onset_id)
                         .Time(i.onset_time)
                         .Run());
  for (size_t s = 0; s < i.signals.size(); ++s)
    RW_RETURN_IF_ERROR(WriteSignal(i, static_cast<int>(s)));
  return WriteCauses(statements_.cause, i.id, -1, i.causes);
}

absl::Status IncidentWriter::WriteSignal(const Incident& incident,
                                         int position) {
  const IncidentSignal& s = incident.signals[static_cast<size_t>(position)];
  const Finding& f = s.finding;
  RW_RETURN_IF_ERROR(statements_.signal.Text(incident.id)
                         .Int(position)
                         .Text(SignalName(s.signal))
                         .Int(s.open)
                         .Text(SignalName(f.signal))
                         .Text(NameOf(kFindingEventNames, f.event))
                         .Text(ScopeName(f.scope))
                         .Text(f.model)
                         .Text(f.route)
                         .Text(f.replica)
                         .Text(f.response_id)
                         .Time(f.time)
                         .Real(f.statistic)
                         .Real(f.threshold)
                         .Int(f.passed_critical)
                         .Int(f.provisional)
                         .Int(f.low_coverage)
                         .Text(f.onset_id)
                         .Time(f.onset_time)
                         .Int(f.responses_since_onset)
                         .Real(f.effect.value)
                         .Real(f.effect.low)
                         .Real(f.effect.high)
                         .Text(f.effect.unit)
                         .Real(f.affected_share)
                         .Text(f.channel)
                         .Real(f.channel_share)
                         .Run());
  for (size_t n = 0; n < f.channels.size(); ++n)
    RW_RETURN_IF_ERROR(statements_.channel.Text(incident.id)
                           .Int(position)
                           .Int(static_cast<int64_t>(n))
                           .Text(f.channels[n].first)
                           .Real(f.channels[n].second)
                           .Run());
  for (size_t n = 0; n < f.strata.size(); ++n)
    RW_RETURN_IF_ERROR(statements_.stratum.Text(incident.id)
                           .Int(position)
                           .Int(static_cast<int64_t>(n))
                           .Text(f.strata[n])
                           .Run());
  for (size_t n = 0; n < f.families.size(); ++n)
    RW_RETURN_IF_ERROR(statements_.family.Text(incident.id)
                           .Int(position)
                           .Int(static_cast<int64_t>(n))
                           .Text(f.families[n].family)
                           .Int(f.families[n].asked)
                           .Int(f.families[n].failing)
                           .Run());
  for (size_t n = 0; n < f.failing.size(); ++n)
    RW_RETURN_IF_ERROR(statements_.problem.Text(incident.id)
                           .Int(position)
                           .Int(static_cast<int64_t>(n))
                           .Int(static_cast<int64_t>(f.failing[n].problem))
                           .Text(f.failing[n].id)
                           .Text(f.failing[n].family)
                           .Int(f.failing[n].trials_before)
                           .Int(f.failing[n].passed_before)
                           .Int(f.failing[n].trials_now)
                           .Int(f.failing[n].passed_now)
                           .Run());
  return WriteCauses(statements_.hint, incident.id, position, f.hints);
}

absl::StatusOr<int64_t> IncidentWriter::RemoveClosedBefore(absl::Time time,
                                                           int limit) {
  RW_RETURN_IF_ERROR(statements_.expire.Time(time).Int(limit).Run());
  const int64_t removed = connection_->ChangedRows();
  if (removed > 0) RW_RETURN_IF_ERROR(statements_.expire_stories.Run());
  return removed;
}

absl::Status IncidentWriter::WriteStory(std::string_view incident,
                                        std::string_view json) {
  return statements_.story.Text(incident).Text(json).Run();
}

absl::StatusOr<std::string> ReadStory(Connection& connection,
                                      std::string_view incident) {
  RW_ASSIGN_OR_RETURN(
      Statement query,
      connection.Prepare(
          "SELECT story FROM incident_stories WHERE incident = ?1"));
  query.Text(incident);
  std::string story;
  RW_RETURN_IF_ERROR(
      ForEachRow(query, [&](Statement& row) { story = row.NextText(); }));
  if (story.empty())
    return absl::NotFoundError(
        absl::StrFormat("no story of incident '%s'", incident));
  return story;
}

absl::StatusOr<std::vector<Incident>> ReadIncidents(Connection& connection,
                                                    bool open_only, int limit) {
  RW_ASSIGN_OR_RETURN(
      Statement query,
      connection.Prepare("SELECT " RW_INCIDENT_COLUMNS
                         " FROM incidents WHERE closed_ns >= ?1"
                         " ORDER BY opened_ns DESC, id DESC LIMIT ?2"));
  query.Time(open_only ? absl::InfiniteFuture() : absl::InfinitePast())
      .Int(limit > 0 ? limit : -1);
  return IncidentReader(connection).Read(std::move(query));
}

absl::StatusOr<Incident> ReadIncident(Connection& connection,
                                      std::string_view id) {
  RW_ASSIGN_OR_RETURN(Statement query,
                      connection.Prepare("SELECT " RW_INCIDENT_COLUMNS
                                         " FROM incidents WHERE id = ?1"));
  query.Text(id);
  RW_ASSIGN_OR_RETURN(std::vector<Incident> found,
                      IncidentReader(connection).Read(std::move(query)));
  if (found.empty())
    return absl::NotFoundError(absl::StrFormat("no incident '%s'", id));
  return std::move(found.front());
}

}  // namespace reasonwatch
