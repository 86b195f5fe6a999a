// SPDX-License-Identifier: Apache-2.0
// The readings of one stream's last day, counted by time, and its latest
// responses one by one.
//
// Counts are kept a minute for the last hour and ten minutes for the last day;
// a minute that leaves the hour is added to its ten minutes. A slot without a
// response takes no memory; a full stream takes about 110 KB. Arithmetic only;
// time comes in with the responses.
//
// Not thread-safe; one owner. Copyable.
#ifndef REASONWATCH_DAEMON_HISTORY_STREAM_HISTORY_H_
#define REASONWATCH_DAEMON_HISTORY_STREAM_HISTORY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/feature.h"
#include "core/grade.h"

namespace reasonwatch {

struct Scored;

// Bins of log2(1 + tokens), half a doubling each; the last one is open.
inline constexpr int kLengthBins = 36;
inline constexpr double kBinWidth = .5;
int LengthBin(float reading);
// Tokens at the lower edge of a bin.
double TokensAt(double bin);

// A bit a feature.
class FeatureBits {
 public:
  // Words of bits that are on, by 64 features.
  static constexpr size_t kWords = (kFeatureCount + 63) / 64;
  explicit FeatureBits(const std::array<uint64_t, kWords>& words)
      : words_(words) {}
  FeatureBits() = default;
  bool Has(Feature f) const {
    const auto i = static_cast<size_t>(f);
    return ((words_[i / 64] >> (i % 64)) & 1) != 0;
  }
  // Calls visit(index) for each bit that is on.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (size_t w = 0; w < words_.size(); ++w)
      for (uint64_t rest = words_[w]; rest != 0; rest &= rest - 1)
        visit(w * 64 + static_cast<size_t>(__builtin_ctzll(rest)));
  }

 private:
  std::array<uint64_t, kWords> words_{};
};

using LengthHistogram = std::array<uint16_t, kLengthBins>;

struct RecentRow;

// Counts of the responses of one span of time. A slot that has counted 65,535
// responses counts no more: it is a sample then.
struct HistorySlot {
  uint16_t responses = 0;
  uint16_t graded = 0;
  uint16_t wrong = 0;
  std::array<uint16_t, kFeatureCount> shown{};
  std::array<uint16_t, kFeatureCount> unknown{};
  LengthHistogram output{};
  LengthHistogram reasoning{};

  bool full() const { return responses == UINT16_MAX; }
  // Nothing is added if it does not fit.
  void Add(const HistorySlot& other);
  // Takes counts away again; false, and nothing is done, if one is not there.
  bool Subtract(const HistorySlot& part);
  // One response more, unless the slot is full.
  void Count(const RecentRow& row);
  const LengthHistogram& Lengths(Feature length) const {
    return length == Feature::kOutputTokens ? output : reasoning;
  }
};

struct RecentRow {
  int64_t start_ns = 0;
  FeatureBits shown;
  FeatureBits unknown;
  float output = kNoReading;
  float reasoning = kNoReading;
  Grade grade = Grade::kNotGraded;
  uint8_t replica = 0;  // index into names()
  uint8_t version = 0;
  uint8_t turn = 0;
  uint8_t fill = 0;
  uint8_t tool = 0;
  std::string id;
  std::string trace_id;
};

class StreamHistory {
 public:
  static constexpr absl::Duration kFine = absl::Minutes(1);
  static constexpr absl::Duration kCoarse = absl::Minutes(10);
  static constexpr size_t kFineSlots = 60;
  static constexpr size_t kCoarseSlots = 144;
  static constexpr size_t kRecent = 128;
  // Replicas and versions with a name of their own; the rest is `other`.
  static constexpr size_t kMaxNames = 32;

  void Observe(const Scored& scored);

  // The slots with responses, by time, the oldest first: those of ten minutes
  // first, then the minutes. `visit(begin, span, slot)`.
  using Visit =
      std::function<void(absl::Time, absl::Duration, const HistorySlot&)>;
  void ForEachSlot(const Visit& visit) const;
  // In no order.
  const std::vector<RecentRow>& recent() const { return recent_; }
  const std::string& NameAt(uint8_t index) const { return names_[index]; }

 private:
  struct Numbered {
    int64_t number = -1;  // of the span since 1970
    HistorySlot slot;
  };
  HistorySlot* SlotAt(int64_t minute);
  HistorySlot* CoarseAt(int64_t number);
  uint8_t IndexOf(const std::string& name);

  // By number modulo their count; grown to the highest place in use.
  std::vector<Numbered> fine_;
  std::vector<Numbered> coarse_;
  std::vector<RecentRow> recent_;
  size_t next_ = 0;
  std::vector<std::string> names_ = {""};
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_HISTORY_STREAM_HISTORY_H_
