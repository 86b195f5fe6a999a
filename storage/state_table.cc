// SPDX-License-Identifier: Apache-2.0
#include "storage/state_table.h"

#include "absl/strings/str_format.h"
#include "util/status_macros.h"

namespace reasonwatch {

absl::StatusOr<StateWriter> StateWriter::Prepare(Connection& connection) {
  RW_ASSIGN_OR_RETURN(
      Statement state,
      connection.Prepare("INSERT OR REPLACE INTO state (kind, key, version,"
                         " bytes, updated_ns) VALUES (?1,?2,?3,?4,?5)"));
  RW_ASSIGN_OR_RETURN(
      Statement fact,
      connection.Prepare("INSERT OR REPLACE INTO facts (name, value,"
                         " updated_ns) VALUES (?1,?2,?3)"));
  RW_ASSIGN_OR_RETURN(
      Statement expire,
      connection.Prepare(
          "DELETE FROM state WHERE (kind, key) IN (SELECT kind, key FROM state"
          " WHERE updated_ns < ?1 ORDER BY updated_ns LIMIT ?2)"));
  return StateWriter(std::move(state), std::move(fact), std::move(expire),
                     connection);
}

absl::Status StateWriter::Write(const std::vector<StateBlob>& blobs,
                                absl::Time now) {
  for (const StateBlob& b : blobs)
    RW_RETURN_IF_ERROR(state_.Text(b.kind)
                           .Text(b.key)
                           .Int(b.version)
                           .Blob(b.bytes)
                           .Time(now)
                           .Run());
  return absl::OkStatus();
}

absl::Status StateWriter::WriteFact(std::string_view name,
                                    std::string_view value, absl::Time now) {
  return fact_.Text(name).Text(value).Time(now).Run();
}

absl::StatusOr<int64_t> StateWriter::RemoveSavedBefore(absl::Time time,
                                                       int limit) {
  RW_RETURN_IF_ERROR(expire_.Time(time).Int(limit).Run());
  return connection_->ChangedRows();
}

absl::StatusOr<std::vector<StateBlob>> ReadState(Connection& connection) {
  RW_ASSIGN_OR_RETURN(Statement query,
                      connection.Prepare("SELECT kind, key, version, bytes"
                                         " FROM state ORDER BY kind, key"));
  std::vector<StateBlob> blobs;
  RW_RETURN_IF_ERROR(ForEachRow(query, [&](Statement& row) {
    StateBlob& b = blobs.emplace_back();
    b.kind = row.NextText();
    b.key = row.NextText();
    b.version = static_cast<int32_t>(row.NextInt());
    b.bytes = row.NextText();
  }));
  return blobs;
}

absl::StatusOr<std::string> ReadFact(Connection& connection,
                                     std::string_view name) {
  RW_ASSIGN_OR_RETURN(
      Statement query,
      connection.Prepare("SELECT value FROM facts WHERE name = ?1"));
  RW_ASSIGN_OR_RETURN(const bool row, query.Text(name).Step());
  if (!row) return absl::NotFoundError(absl::StrFormat("no fact '%s'", name));
  return query.NextText();
}

}  // namespace reasonwatch
