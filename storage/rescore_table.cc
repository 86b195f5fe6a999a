// SPDX-License-Identifier: Apache-2.0
// A job is one row and a row for each sample; a verdict is one row of its
// incident and a row for each difference. A write replaces the whole. Columns
// are bound and read from left to right, in the order of the statement.
//
// In order: samples, preparing, writing, reading jobs and verdicts.
#include "storage/rescore_table.h"

#include <cmath>
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
  return FromStoredName(table, name, "re-run with the unknown name");
}

absl::Status ReadSamples(Connection& connection, RescoreJob& job) {
  RW_ASSIGN_OR_RETURN(
      Statement query,
      connection.Prepare("SELECT number, way, time_ns, outcome, format,"
                         " not_short, not_long, tokens FROM rescore_samples"
                         " WHERE job = ?1 ORDER BY way, number"));
  query.Text(job.id);
  return ForEachRow(query, [&](Statement& row) {
    RescoreSample& s = job.samples.emplace_back();
    s.index = static_cast<int32_t>(row.NextInt());
    s.way = row.NextText();
    s.time = row.NextTime();
    for (int8_t& reward : s.rewards)
      reward = static_cast<int8_t>(row.NextInt());
    s.tokens = row.NextInt();
  });
}

}  // namespace

absl::StatusOr<RescoreWriter> RescoreWriter::Prepare(Connection& connection) {
  RW_ASSIGN_OR_RETURN(
      Statement remove,
      connection.Prepare("DELETE FROM rescore_jobs WHERE id = ?1"));
  RW_ASSIGN_OR_RETURN(
      Statement job,
      connection.Prepare("INSERT INTO rescore_jobs (id, incident, model,"
                         " problem, trigger_name, created_ns, finished_ns,"
                         " sample_limit, result, reason)"
                         " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)"));
  RW_ASSIGN_OR_RETURN(
      Statement sample,
      connection.Prepare("INSERT INTO rescore_samples (job, way, number,"
                         " time_ns, outcome, format, not_short, not_long,"
                         " tokens) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)"));
  RW_ASSIGN_OR_RETURN(
      Statement verdict,
      connection.Prepare(
          "INSERT INTO incident_verdicts (incident, kind, reason, reward,"
          " problem, bayes_factor, samples, failures, pass_rate,"
          " baseline_pass_rate, group_mean, group_deviation, advantage,"
          " statistic, time_ns, fingerprint_p, template_hash,"
          " healthy_template_hash, rated, low, healthy_rated, healthy_low)"
          " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,"
          "?17,?18,?19,?20,?21,?22)"));
  RW_ASSIGN_OR_RETURN(
      Statement difference,
      connection.Prepare("INSERT INTO incident_differences (incident, position,"
                         " name, value, low, high, pairs, cause, untried)"
                         " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)"));
  RW_ASSIGN_OR_RETURN(
      Statement expire,
      connection.Prepare("DELETE FROM rescore_jobs WHERE id IN (SELECT id FROM"
                         " rescore_jobs WHERE finished_ns < ?1"
                         " ORDER BY finished_ns LIMIT ?2)"));
  return RescoreWriter(
      connection,
      Statements{std::move(remove), std::move(job), std::move(sample),
                 std::move(verdict), std::move(difference), std::move(expire)});
}

absl::Status RescoreWriter::Write(const RescoreJob& j) {
  RW_RETURN_IF_ERROR(statements_.remove.Text(j.id).Run());
  RW_RETURN_IF_ERROR(statements_.job.Text(j.id)
                         .Text(j.incident)
                         .Text(j.model)
                         .Int(static_cast<int64_t>(j.problem))
                         .Text(RescoreTriggerName(j.trigger))
                         .Time(j.created)
                         .Time(j.finished)
                         .Int(j.limit)
                         .Text(j.result)
                         .Text(j.reason)
                         .Run());
  for (const RescoreSample& s : j.samples) {
    statements_.sample.Text(j.id).Text(s.way).Int(s.index).Time(s.time);
    for (const int8_t reward : s.rewards) statements_.sample.Int(reward);
    RW_RETURN_IF_ERROR(statements_.sample.Int(s.tokens).Run());
  }
  return absl::OkStatus();
}

absl::Status RescoreWriter::WriteVerdict(std::string_view incident,
                                         const Verdict& v) {
  RW_RETURN_IF_ERROR(
      statements_.verdict.Text(incident)
          .Text(VerdictName(v.kind))
          .Text(v.reason)
          .Text(RewardName(v.reward))
          .Int(static_cast<int64_t>(v.problem))
          .Real(v.bayes_factor)
          .Int(v.samples)
          .Int(v.failures)
          .Real(v.pass_rate)
          .Real(v.baseline_pass_rate)
          .Real(v.group_mean)
          .Real(v.group_deviation)
          .Real(v.advantage.value_or(std::numeric_limits<double>::quiet_NaN()))
          .Real(v.statistic)
          .Time(v.time)
          .Real(v.fingerprint_p)
          .Text(v.template_hash)
          .Text(v.healthy_template_hash)
          .Int(v.judged.rated)
          .Int(v.judged.low)
          .Int(v.healthy_judged.rated)
          .Int(v.healthy_judged.low)
          .Run());
  for (size_t i = 0; i < v.differences.size(); ++i) {
    const Difference& d = v.differences[i];
    RW_RETURN_IF_ERROR(statements_.difference.Text(incident)
                           .Int(static_cast<int64_t>(i))
                           .Text(d.name)
                           .Real(d.value)
                           .Real(d.low)
                           .Real(d.high)
                           .Int(d.pairs)
                           .Text(d.cause)
                           .Text(d.untried)
                           .Run());
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> RescoreWriter::RemoveFinishedBefore(absl::Time time,
                                                            int limit) {
  RW_RETURN_IF_ERROR(statements_.expire.Time(time).Int(limit).Run());
  return connection_->ChangedRows();
}

absl::StatusOr<std::vector<RescoreJob>> ReadRescoreJobs(Connection& connection,
                                                        absl::Time since) {
  RW_ASSIGN_OR_RETURN(
      Statement query,
      connection.Prepare("SELECT id, incident, model, problem, trigger_name,"
                         " created_ns, finished_ns, sample_limit, result,"
                         " reason FROM rescore_jobs WHERE finished_ns >= ?1"
                         " ORDER BY created_ns, id"));
  query.Time(since);
  std::vector<RescoreJob> jobs;
  const absl::Status read =
      ForEachRow(query, [&](Statement& row) -> absl::Status {
        RescoreJob& j = jobs.emplace_back();
        j.id = row.NextText();
        j.incident = row.NextText();
        j.model = row.NextText();
        j.problem = static_cast<uint64_t>(row.NextInt());
        RW_ASSIGN_OR_RETURN(j.trigger,
                            FromName(kRescoreTriggerNames, row.NextText()));
        j.created = row.NextTime();
        j.finished = row.NextTime();
        j.limit = static_cast<int32_t>(row.NextInt());
        j.result = row.NextText();
        j.reason = row.NextText();
        RW_RETURN_IF_ERROR(ReadSamples(connection, j));
        return absl::OkStatus();
      });
  RW_RETURN_IF_ERROR(read);
  return jobs;
}

absl::StatusOr<std::optional<Verdict>> ReadVerdict(Connection& connection,
                                                   std::string_view incident,
                                                   std::string_view model) {
  RW_ASSIGN_OR_RETURN(
      Statement query,
      connection.Prepare(
          "SELECT kind, reason, reward, problem, bayes_factor, samples,"
          " failures, pass_rate, baseline_pass_rate, group_mean,"
          " group_deviation, advantage, statistic, time_ns, fingerprint_p,"
          " template_hash, healthy_template_hash, rated, low, healthy_rated,"
          " healthy_low"
          " FROM incident_verdicts WHERE incident = ?1"));
  RW_ASSIGN_OR_RETURN(const bool found, query.Text(incident).Step());
  if (!found) return std::optional<Verdict>();
  Verdict v;
  v.incident = incident;
  v.model = model;
  RW_ASSIGN_OR_RETURN(v.kind, FromName(kVerdictNames, query.NextText()));
  v.reason = query.NextText();
  RW_ASSIGN_OR_RETURN(v.reward, FromName(kRewardNames, query.NextText()));
  v.problem = static_cast<uint64_t>(query.NextInt());
  v.bayes_factor = query.NextReal();
  v.samples = static_cast<int32_t>(query.NextInt());
  v.failures = static_cast<int32_t>(query.NextInt());
  v.pass_rate = query.NextReal();
  v.baseline_pass_rate = query.NextReal();
  v.group_mean = query.NextReal();
  v.group_deviation = query.NextReal();
  const double advantage = query.NextReal();
  if (!std::isnan(advantage)) v.advantage = advantage;
  v.statistic = query.NextReal();
  v.time = query.NextTime();
  v.fingerprint_p = query.NextReal();
  v.template_hash = query.NextText();
  v.healthy_template_hash = query.NextText();
  v.judged.rated = static_cast<int32_t>(query.NextInt());
  v.judged.low = static_cast<int32_t>(query.NextInt());
  v.healthy_judged.rated = static_cast<int32_t>(query.NextInt());
  v.healthy_judged.low = static_cast<int32_t>(query.NextInt());
  RW_ASSIGN_OR_RETURN(
      Statement differences,
      connection.Prepare("SELECT name, value, low, high, pairs, cause,"
                         " untried"
                         " FROM incident_differences WHERE incident = ?1"
                         " ORDER BY position"));
  differences.Text(incident);
  RW_RETURN_IF_ERROR(ForEachRow(differences, [&](Statement& row) {
    Difference& d = v.differences.emplace_back();
    d.name = row.NextText();
    d.value = row.NextReal();
    d.low = row.NextReal();
    d.high = row.NextReal();
    d.pairs = static_cast<int32_t>(row.NextInt());
    d.cause = row.NextText();
    d.untried = row.NextText();
  }));
  return std::optional<Verdict>(std::move(v));
}

}  // namespace reasonwatch
