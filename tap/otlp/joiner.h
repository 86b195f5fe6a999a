// SPDX-License-Identifier: Apache-2.0
// Puts the records of one response together: its span, its log records, the
// server's own span. They come in several requests, in any order.
#ifndef REASONWATCH_TAP_OTLP_JOINER_H_
#define REASONWATCH_TAP_OTLP_JOINER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tap/otlp/observation.h"

namespace reasonwatch {

// Keys with a value each, of which at least the last `size` are remembered.
class RecentKeys {
 public:
  explicit RecentKeys(size_t size) : size_(size) {}
  void Add(const std::string& key, uint64_t value);
  // Null if it is not remembered.
  const uint64_t* Find(const std::string& key) const;

 private:
  const size_t size_;
  std::unordered_map<std::string, uint64_t> young_;
  std::unordered_map<std::string, uint64_t> old_;
};

struct JoinLimits {
  std::chrono::steady_clock::duration wait = std::chrono::seconds(10);
  size_t waiting = 20'000;
  int64_t waiting_bytes = int64_t{64} << 20;
  size_t remembered = 65'536;  // responses that are gone already
};

// One thread at a time.
class Joiner {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Joined {
    Observation observation;
    Time arrived;  // of its first record
  };
  struct Counts {
    int64_t repeated = 0;    // records of responses that were complete before
    int64_t overflowed = 0;  // responses that went before their time
  };

  explicit Joiner(JoinLimits limits)
      : limits_(limits),
        gone_(limits.remembered),
        children_(limits.remembered),
        traces_(limits.remembered) {}

  void Add(Observation&& observation, Time now);
  // Removes those that need no more records: call at the end of a request.
  // Removes the oldest too while there are more than the limits allow.
  std::vector<Joined> Ready();
  // Removes those that have waited long enough; all with `all`.
  std::vector<Joined> Expired(Time now, bool all = false);

  size_t waiting() const { return entries_.size(); }
  int64_t waiting_bytes() const { return bytes_; }
  // Since the last call.
  Counts TakeCounts();

 private:
  struct Entry {
    Joined joined;
    bool has_span = false;
    int64_t bytes = 0;
    std::vector<std::string> keys;
  };
  using Entries = std::list<Entry>;

  static bool IsSameCall(const Observation& a, const Observation& b);
  Entries::iterator Find(const std::vector<std::string>& keys,
                         const Observation& observation);
  bool IsGone(const std::vector<std::string>& keys,
              const Observation& observation) const;
  void Remove(Entries::iterator entry, std::vector<Joined>& out);
  bool WasCounted(const Observation& observation);

  const JoinLimits limits_;
  Entries entries_;  // the oldest first
  std::unordered_map<std::string, Entries::iterator> by_key_;
  std::vector<std::string> touched_;        // keys since the last Ready()
  std::vector<Entries::iterator> unkeyed_;  // nothing can join these
  int64_t bytes_ = 0;
  RecentKeys gone_;      // keys of responses that were given out
  RecentKeys children_;  // parents of those, with the hash of their content
  RecentKeys traces_;    // traces in which a client reported a response
  Counts counts_;
};

// Adds to `into` the parts that it does not have.
void Merge(Observation&& from, Observation& into);
// About the memory that it holds.
int64_t BytesOf(const Observation& observation);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_JOINER_H_
