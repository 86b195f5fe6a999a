// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/replay_tape.h"

#include <string>
#include <utility>

#include "daemon/pipeline/stored_scored.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

constexpr char kRowKind[] = "tape_row";
constexpr int32_t kPlainRow = 1;      // without the versions of its types
constexpr int32_t kVersionedRow = 2;  // behind them (util/state_archive.h)

template <typename Archive>
void DescribeRow(Archive& archive, TapeRow& row) {
  archive.Field("scored", row.scored);
  // Readings of the change markers that a restart may lose and a replay not.
  archive.Field("request_changed", row.scored.request_changed);
  archive.Field("reasoning_withheld", row.scored.reasoning_withheld);
  archive.Field("low_coverage", row.low_coverage);
  archive.Field("streams", row.streams);
}

}  // namespace

StateBlob PackTapeRow(const TapeRow& row) {
  StateWriter out;
  DescribeRow(out, const_cast<TapeRow&>(row));
  const int32_t version = out.versioned() ? kVersionedRow : kPlainRow;
  return {kRowKind, row.scored.model, version, Seal(out.Finish())};
}

absl::StatusOr<TapeRow> UnpackTapeRow(const StateBlob& blob) {
  std::string_view bytes = blob.bytes;
  TapeRow row;
  bool ok = (blob.version == kPlainRow || blob.version == kVersionedRow) &&
            Unseal(bytes);
  if (ok) {
    StateReader in(bytes);
    if (blob.version == kVersionedRow) in.ReadVersions();
    DescribeRow(in, row);
    ok = in.AtEnd() && row.streams >= 0;
  }
  if (!ok) return absl::DataLossError("a response can't be read");
  return row;
}

bool ReplayTape::WantsStart() const {
  return !newer_.has_value() || newer_->rows.size() >= kRows ||
         newer_->bytes >= kBytes;
}

void ReplayTape::Begin(Start start) {
  older_ = std::move(newer_);
  newer_ = Generation{std::move(start), {}, 0};
}

void ReplayTape::Add(const TapeRow& row) {
  StateBlob& blob = newer_->rows.emplace_back(PackTapeRow(row));
  newer_->bytes += blob.bytes.size();
}

const ReplayTape::Start* ReplayTape::start() const {
  if (older_.has_value()) return &older_->start;
  return newer_.has_value() ? &newer_->start : nullptr;
}

std::vector<StateBlob> ReplayTape::Rows() const {
  std::vector<StateBlob> rows;
  for (const auto* generation : {&older_, &newer_})
    if (generation->has_value())
      rows.insert(rows.end(), (*generation)->rows.begin(),
                  (*generation)->rows.end());
  return rows;
}

}  // namespace reasonwatch
