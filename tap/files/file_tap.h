// SPDX-License-Identifier: Apache-2.0
// Follows files of recorded responses, a line each, as programs write them.
#ifndef REASONWATCH_TAP_FILES_FILE_TAP_H_
#define REASONWATCH_TAP_FILES_FILE_TAP_H_

#include <memory>

#include "tap/files/options.h"
#include "tap/tap.h"

namespace reasonwatch {

// Reads each file from its beginning, or from where the process before ended,
// and then what is appended. A rotation is survived, by renaming or by copying
// and truncating; what was written to the old file just before it is looked
// for beside it. A full queue makes the file wait: no row is dropped.
//
// With a sink that saves (TapSink::SaveBehind) and TapContext::offsets every
// row counts once, and none is lost, over a kill at any instant; without them
// each start begins at the files' beginnings.
//
// InvalidArgument from Start(): a path or format that can't be.
class FileTap : public Tap {
 public:
  FileTap(FileTapOptions options, TapContext context);
  ~FileTap() override;

  absl::Status Start() override;
  void Stop(absl::Duration deadline) override;
  TapCounters Counters() const override;
  TapEndpoints Endpoints() const override { return {}; }

 private:
  class Follower;
  const FileTapOptions options_;
  std::unique_ptr<Follower> follower_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_FILES_FILE_TAP_H_
