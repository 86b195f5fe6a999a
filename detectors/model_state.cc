// SPDX-License-Identifier: Apache-2.0
// The stored form of a ModelWatch: one blob with the moving parts, and one for
// each 256 rows of a reference, which never change once learnt. The description
// of the parts comes first, then the rows, then writing and reading.
#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "detectors/model_watch.h"
#include "detectors/traffic/heard_lately.h"
#include "detectors/traffic/prompt_twin.h"
#include "util/state_archive.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Blobs without the versions of their types, as 0.1.0 has stored them and as
// they are stored while every type is at version 1; and blobs that begin with
// them (util/state_archive.h).
constexpr int32_t kStateVersion = 7;
constexpr int32_t kVersionedState = 8;
// Each checkpoint writes the last blob of rows again, so it is kept small.
constexpr size_t kRowsPerBlob = 256;
// Streams and replicas of one model that are read; more labels than that are
// nobody's.
constexpr uint32_t kMaxLabels = 1u << 16;
constexpr char kWatchKind[] = "watch";
constexpr char kRowsKind[] = "reference_rows";

StateBlob MakeBlob(std::string kind, const std::string& model,
                   StateWriter& out) {
  const int32_t version = out.versioned() ? kVersionedState : kStateVersion;
  return {std::move(kind), model, version, Seal(out.Finish())};
}

bool IsKnown(int32_t version) {
  return version == kStateVersion || version == kVersionedState;
}

// A reader behind the versions of the types.
StateReader OpenBlob(std::string_view bytes, int32_t version) {
  StateReader in(bytes);
  if (version == kVersionedState) in.ReadVersions();
  return in;
}

}  // namespace

template <typename Archive>
void Describe(Archive& archive, WatchedStream& s) {
  archive.Field("reference", s.reference);
  // Rows that are stored apart; when read, they are yet to be attached.
  size_t rows = s.reference.rows();
  archive.Size("rows", rows);
  if constexpr (Archive::kReads) s.saved_rows = rows;
  archive.Field("level", s.level);
  archive.Field("traffic", s.traffic);
  archive.Field("covered", s.covered);
  archive.InRange("responses", s.responses, 0, kMaxStored);
  archive.Require(static_cast<int64_t>(s.covered.size()) ==
                  std::min(s.responses, int64_t{kCoverageWindow}));
  archive.Field("changes", s.changes);
  // States of before the twin are without one.
  if (archive.Version("prompt_twin", 3) >= 2) archive.Field("twin", *s.twin);
  // States of before it was stored begin with nothing heard.
  if (archive.Version("heard_lately", 2) >= 2) archive.Field("heard", *s.heard);
}

template <typename Archive>
void Describe(Archive& archive, ModelWatch& w) {
  archive.MapWith("streams", w.streams_, kMaxLabels,
                  [&](const std::string& route, auto& stream) {
                    if constexpr (Archive::kReads)
                      stream = std::make_unique<WatchedStream>(
                          w.model_, route, w.options_.reference);
                    archive.Field("stream", *stream);
                  });
  archive.Field("model_level", w.model_level_);
  archive.Field("model_traffic", w.model_traffic_);
  archive.MapWith(
      "replicas", w.replicas_, kMaxLabels,
      [&](const std::string& name, auto& replica) {
        std::string route = replica == nullptr ? "" : replica->level.route();
        archive.Field("route", route);
        if constexpr (Archive::kReads)
          replica = std::make_unique<ModelWatch::Replica>(ModelWatch::Replica{
              Level(Scope::kReplica, w.model_, route, name), TrafficMeter()});
        archive.Field("level", replica->level);
        archive.Field("traffic", replica->traffic);
      });
  archive.Field("failures", w.failures_);
  archive.InRange("responses", w.responses_, 0, kMaxStored);
  int64_t last_start_ns = absl::ToUnixNanos(w.last_start_);
  archive.InRange("last_start_ns", last_start_ns, 0, kMaxStored);
  if constexpr (Archive::kReads)
    w.last_start_ = absl::FromUnixNanos(last_start_ns);
  if (archive.Version("model_watch", 2) >= 2)
    archive.InRange("new_kinds_left", w.new_kinds_left_, 0, kNewKindsLast);
}

StateBlob ModelWatch::RowsBlob(const std::string& route,
                               const WatchedStream& stream, size_t begin,
                               size_t rows) const {
  StateWriter chunk;
  chunk.Field("route", route);
  chunk.Size("begin", begin);
  stream.reference.SaveRows(begin, std::min(rows, begin + kRowsPerBlob), chunk);
  return MakeBlob(
      absl::StrFormat("%s/%016x/%d", kRowsKind, StableHash(route), begin),
      model_, chunk);
}

std::vector<StateBlob> ModelWatch::Save(bool all) {
  std::vector<StateBlob> blobs;
  for (auto& [route, stream] : streams_) {
    const size_t rows = stream->reference.rows();
    size_t begin = all ? 0 : stream->saved_rows / kRowsPerBlob * kRowsPerBlob;
    for (; begin < rows; begin += kRowsPerBlob)
      if (all || begin + kRowsPerBlob > stream->saved_rows)
        blobs.push_back(RowsBlob(route, *stream, begin, rows));
    stream->saved_rows = rows;
  }
  StateWriter out;
  out.Field("watch", *this);
  blobs.push_back(MakeBlob(kWatchKind, model_, out));
  return blobs;
}

ModelWatch::Mark ModelWatch::SaveMark() const {
  StateWriter out;
  out.Field("watch", *this);
  Mark mark{MakeBlob(kWatchKind, model_, out), {}};
  for (const auto& [route, stream] : streams_)
    mark.rows[route] = stream->reference.rows();
  return mark;
}

std::vector<StateBlob> ModelWatch::RowsOf(const Mark& mark) const {
  std::vector<StateBlob> blobs;
  for (const auto& [route, rows] : mark.rows) {
    const auto stream = streams_.find(route);
    if (stream == streams_.end()) continue;
    for (size_t begin = 0; begin < rows; begin += kRowsPerBlob)
      blobs.push_back(RowsBlob(route, *stream->second, begin, rows));
  }
  return blobs;
}

namespace {

// Blobs of rows by the route and the first row of each; those that can't be
// read are left out. Rows of an older run may be among them: missing ones
// show by the count.
using RowBlobs = std::map<std::string, std::map<uint64_t, const StateBlob*>>;

RowBlobs SortRows(const std::vector<StateBlob>& blobs,
                  const std::string& model) {
  RowBlobs sorted;
  for (const StateBlob& blob : blobs) {
    std::string_view bytes = blob.bytes;
    if (blob.key != model || blob.kind.rfind(kRowsKind, 0) != 0 ||
        !IsKnown(blob.version) || !Unseal(bytes))
      continue;
    StateReader in = OpenBlob(bytes, blob.version);
    std::string route;
    size_t begin = 0;
    in.Field("route", route);
    in.Size("begin", begin);
    if (in.ok()) sorted[route][begin] = &blob;
  }
  return sorted;
}

// Whether the rows are as many as they were when the rest was saved.
bool AttachRows(const std::map<uint64_t, const StateBlob*>& blobs,
                WatchedStream& stream) {
  StreamReference& reference = stream.reference;
  for (const auto& [begin, blob] : blobs) {
    if (begin != reference.rows() || begin >= stream.saved_rows) break;
    std::string_view bytes = blob->bytes;
    if (!Unseal(bytes)) return false;
    StateReader in = OpenBlob(bytes, blob->version);
    std::string route;
    size_t first = 0;
    in.Field("route", route);
    in.Size("begin", first);
    reference.RestoreRows(in);
    if (!in.AtEnd()) return false;
  }
  return reference.rows() == stream.saved_rows;
}

}  // namespace

absl::Status ModelWatch::Restore(const std::vector<StateBlob>& blobs) {
  const StateBlob* watch = nullptr;
  for (const StateBlob& blob : blobs)
    if (blob.key == model_ && blob.kind == kWatchKind) watch = &blob;
  if (watch == nullptr) return absl::OkStatus();
  if (!IsKnown(watch->version))
    return absl::DataLossError(
        absl::StrFormat("state %s of model %s has version %d, expected %d",
                        watch->kind, model_, watch->version, kStateVersion));
  std::string_view bytes = watch->bytes;
  if (!Unseal(bytes))
    return absl::DataLossError(absl::StrFormat(
        "state %s of model %s does not match its digest", watch->kind, model_));
  StateReader in = OpenBlob(bytes, watch->version);
  in.Field("watch", *this);
  bool whole = in.AtEnd();
  RowBlobs rows = SortRows(blobs, model_);
  for (auto& [route, stream] : streams_)
    whole = whole && AttachRows(rows[route], *stream);
  if (whole) return absl::OkStatus();
  Reset();
  return absl::DataLossError(absl::StrFormat(
      "state of model %s can't be read; its reference starts anew", model_));
}

std::string ModelWatch::PrintState() const {
  StatePrinter printer;
  printer.Field("watch", *this);
  return printer.text();
}

}  // namespace reasonwatch
