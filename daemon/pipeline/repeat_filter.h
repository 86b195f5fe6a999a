// SPDX-License-Identifier: Apache-2.0
// Recognises a response that came by two ways under two ids: by its prompt and
// its answer, or, if one of the ways has no text, by the request's id.
//
// Equal answers to equal prompts by one way are as many responses; only by
// another way they are the same ones again, each once. Nothing is read while a
// model has one way only. Repeats under one id are ModelPipeline's to find.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DAEMON_PIPELINE_REPEAT_FILTER_H_
#define REASONWATCH_DAEMON_PIPELINE_REPEAT_FILTER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "core/response.h"

namespace reasonwatch {

class RepeatFilter {
 public:
  // True if the response came by another way in the 10 minutes before `now`.
  bool Repeats(const Response& response, absl::Time now);

  size_t size() const { return entries_.size(); }

 private:
  // Over 50 responses a second by two ways; more are forgotten early.
  static constexpr size_t kMaxEntries = 65536;
  // Taps and sources; there are about ten.
  static constexpr size_t kMaxWays = 64;

  // Responses of one digest that came by one way and were not met by others.
  struct Entry {
    uint64_t way = 0;
    int count = 0;
    absl::Time last;
  };
  struct Ways {
    std::map<uint64_t, absl::Time> last;  // by way, hashed
  };

  bool HasOtherWay(const std::string& model, uint64_t way, absl::Time now);
  bool Meet(uint64_t digest, uint64_t way, absl::Time now);
  void Tidy(absl::Time now);

  std::map<std::string, Ways> ways_;  // by model
  absl::flat_hash_map<uint64_t, Entry> entries_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_REPEAT_FILTER_H_
