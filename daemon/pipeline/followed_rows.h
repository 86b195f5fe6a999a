// SPDX-License-Identifier: Apache-2.0
// The last row of each followed file that a model's state holds. It is saved
// with that state, in one transaction: whatever a crash leaves, the state and
// the place agree.
#ifndef REASONWATCH_DAEMON_PIPELINE_FOLLOWED_ROWS_H_
#define REASONWATCH_DAEMON_PIPELINE_FOLLOWED_ROWS_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "tap/sink.h"

namespace reasonwatch {

// One owner. Rows of a model come in the order of their file.
class FollowedRows {
 public:
  // No effect for a response that is from no file.
  void Note(const RowPosition& position);
  bool Holds(const RowPosition& position) const;
  bool empty() const { return rows_.empty(); }

  std::string Serialize() const;
  // False if `bytes` is no such text; what could be read is kept.
  bool Parse(std::string_view bytes);

 private:
  // The follower itself remembers how far a file was saved for all models, so
  // only the rows of the last seconds matter here.
  static constexpr size_t kMaxFiles = 1024;
  std::map<uint64_t, int64_t> rows_;  // by file
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_FOLLOWED_ROWS_H_
