// SPDX-License-Identifier: Apache-2.0
// Phrases with which a model begins its lines, learnt from its solved traces:
// "Let x be", "Step #". A lost habit is a sign that another model, prompt or
// decoder answers.
//
// A phrase is two to six words. Punctuation and markup between them do not
// count, a number is "#", a capitalised word within a sentence is "@".
#ifndef REASONWATCH_FEATURES_HABITS_HABITS_H_
#define REASONWATCH_FEATURES_HABITS_HABITS_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace reasonwatch {

// One bit each in Scored::habits.
inline constexpr size_t kMaxHabits = 32;
// With fewer traces a rate of kMinHabitRate rests on too few of them.
inline constexpr size_t kMinHabitTraces = 30;
// At most so many traces are mined, and so many bytes of each: 8 MB in all.
inline constexpr size_t kMaxHabitTraces = 512;
inline constexpr size_t kMaxHabitTraceBytes = size_t{16} << 10;
// A phrase in fewer of the traces is no habit: losing it would show too slowly.
inline constexpr double kMinHabitRate = .3;

struct Habit {
  std::string phrase;
  double rate = 0;  // share of the mined traces with a line that begins so
  bool operator==(const Habit&) const = default;
};

// Returns the phrases with which lines begin in at least kMinHabitRate of
// `traces`, most frequent first, at most kMaxHabits. A phrase that nearly all
// its traces continue with the same words is left out in favour of the longer
// one. Returns nothing for fewer than kMinHabitTraces; of more than
// kMaxHabitTraces, evenly spaced ones are mined. Deterministic.
std::vector<Habit> MineHabits(const std::vector<std::string_view>& traces);

// The habits of one model, ready to be searched for. Immutable, thread-safe.
class HabitProfile {
 public:
  HabitProfile() = default;
  // Keeps the first kMaxHabits of them.
  explicit HabitProfile(std::vector<Habit> habits);

  // Returns a set of bits: bit i is 1 if habit i begins a line of `text`.
  // Linear time.
  uint32_t Find(std::string_view text) const;

  const std::vector<Habit>& habits() const { return habits_; }
  bool empty() const { return habits_.empty(); }

  // Bytes for storage. Parse() returns DataLoss for bytes that Serialize()
  // cannot have written.
  std::string Serialize() const;
  static absl::StatusOr<HabitProfile> Parse(std::string_view bytes);

 private:
  // Each beginning of each phrase, by its hash. kMaxHabits phrases have at most
  // 192 beginnings, so less than half of the slots are used.
  static constexpr size_t kSlots = 512;
  struct Beginning {
    uint64_t hash = 0;    // 0 = none
    uint32_t habits = 0;  // bits of the phrases that end here
    uint32_t below = 0;   // bits of the phrases that begin so
  };
  Beginning& SlotOf(uint64_t hash);

  std::vector<Habit> habits_;
  std::vector<Beginning> beginnings_ = std::vector<Beginning>(kSlots);
  // For each hash of a line's first two bytes, bits of the phrases that can
  // begin there.
  std::array<uint32_t, 256> starts_{};
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_HABITS_HABITS_H_
