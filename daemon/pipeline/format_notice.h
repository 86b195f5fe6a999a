// SPDX-License-Identifier: Apache-2.0
// Notices that many of a model's responses are marked in a way that no format
// has.
//
// Not thread-safe; one owner. Counts start anew with the process.
#ifndef REASONWATCH_DAEMON_PIPELINE_FORMAT_NOTICE_H_
#define REASONWATCH_DAEMON_PIPELINE_FORMAT_NOTICE_H_

#include <string_view>

#include "core/snapshot.h"
#include "daemon/pipeline/share_notice.h"

namespace reasonwatch {

class FormatNotice {
 public:
  // `shape` is empty if the format is known.
  void Count(bool unknown, std::string_view shape);
  // The two latest shapes that differ, while the notice is on.
  const UnknownFormatSnapshot& snapshot() const { return snapshot_; }

 private:
  ShareNotice notice_;
  UnknownFormatSnapshot snapshot_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_FORMAT_NOTICE_H_
