// SPDX-License-Identifier: Apache-2.0
// Restores detector state that was changed on purpose. A sealed blob cannot
// change by accident, so the target seals it again after the changes and tests
// the code behind the seal. The first byte chooses a state; every five more
// change one byte of one of its blobs (blob, offset in three bytes, mask); the
// bytes that are left over give the length to cut off.
#include <array>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "core/scored.h"
#include "detectors/model_watch.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

constexpr size_t kEdit = 5;
const std::string kModel = "model";

WatchOptions Options() {
  WatchOptions options;
  options.budget.mean_responses = 1000;
  return options;
}

Scored ResponseAt(int i, bool changed) {
  Scored s;
  s.model = kModel;
  s.id = absl::StrFormat("r%d", i);
  s.start = absl::FromUnixSeconds(1700000000 + 600 * int64_t{i});
  s.route = i % 3 == 0 ? "a" : "b";
  s.replica = i % 2 == 0 ? "x" : "y";
  s.session = 1 + static_cast<uint64_t>(i % 7);
  s.stratum.turn = static_cast<uint8_t>(i % 3);
  s.stratum.fill = static_cast<uint8_t>(i % 4 == 0);
  s.reading(Feature::kOutputTokens) =
      static_cast<float>((changed ? 3 : 9) + i * 7 % 11 * .3);
  s.reading(Feature::kBoxed) = changed ? 0.0F : 1.0F;
  s.match = {.kind = MatchKind::kExact,
             .problem = 1 + static_cast<uint64_t>(i % 20)};
  s.grade = changed || i % 13 == 0 ? Grade::kIncorrect : Grade::kCorrect;
  return s;
}

// A state without rows, one that is learning, and one with open alarms;
// unsealed.
std::vector<StateBlob> MakeState(int which) {
  ModelWatch watch(kModel, Options());
  const int responses = which == 0 ? 5 : 120;
  for (int i = 0; i < responses; ++i)
    watch.Observe(ResponseAt(i, which == 2 && i > 90));
  std::vector<StateBlob> blobs = watch.Save(/*all=*/true);
  for (StateBlob& blob : blobs) {
    std::string_view bytes = blob.bytes;
    if (!Unseal(bytes)) std::abort();
    blob.bytes = std::string(bytes);
  }
  return blobs;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::array<std::vector<StateBlob>, 3>& states =
      *new std::array<std::vector<StateBlob>, 3>{MakeState(0), MakeState(1),
                                                 MakeState(2)};
  if (size == 0) return 0;
  std::vector<StateBlob> blobs = states[data[0] % states.size()];
  size_t at = 1;
  std::string* bytes = &blobs.back().bytes;
  bool edited = false;
  for (; at + kEdit <= size; at += kEdit) {
    bytes = &blobs[data[at] % blobs.size()].bytes;
    const size_t offset =
        data[at + 1] | size_t{data[at + 2]} << 8 | size_t{data[at + 3]} << 16;
    char& byte = (*bytes)[offset % bytes->size()];
    byte = static_cast<char>(byte ^ data[at + 4]);
    edited = true;
  }
  bytes->resize(bytes->size() - (size - at));
  for (StateBlob& blob : blobs) blob.bytes = Seal(blob.bytes);

  ModelWatch watch(kModel, Options());
  const absl::Status status = watch.Restore(blobs);
  // An unchanged state must be accepted, a cut one refused.
  if (!edited && status.ok() != (size == at)) std::abort();
  for (int i = 0; i < 40; ++i) watch.Observe(ResponseAt(200 + i, i > 10));
  if (!status.ok() && watch.responses() != 40) std::abort();
  watch.Snapshot(absl::FromUnixSeconds(1800000000));
  watch.Tick(absl::FromUnixSeconds(1900000000));
  watch.Save(/*all=*/true);
  return 0;
}

}  // namespace reasonwatch
