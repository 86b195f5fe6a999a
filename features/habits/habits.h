// Phrases that a model begins its lines with, learnt from its solved traces:
// "Let x be", "Step #". A habit that is lost says that another model, prompt or
// decoder answers.
//
// A phrase is two to six words; punctuation and markup between them do not
// count, a number is "#", a capitalised word amid a sentence is "@".
#ifndef REASONWATCH_FEATURES_HABITS_HABITS_H_
#define REASONWATCH_FEATURES_HABITS_HABITS_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace reasonwatch {

inline constexpr size_t kMaxHabits = 32;
inline constexpr size_t kMinHabitTraces = 30;
// So many traces are mined, and so much of each: what mining holds is bounded.
inline constexpr size_t kMaxHabitTraces = 512;
inline constexpr size_t kMaxHabitTraceBytes = size_t{16} << 10;
inline constexpr double kMinHabitRate = .3;

struct Habit {
  std::string phrase;
  double rate = 0;  // share of the mined traces with a line that begins so
  bool operator==(const Habit&) const = default;
};

// The phrases that at least kMinHabitRate of `traces` begin a line with, most
// frequent first, at most kMaxHabits. A phrase whose traces nearly all go on
// in the same words is left out for the longer one. Empty for fewer than
// kMinHabitTraces; of more than kMaxHabitTraces, evenly spaced ones are mined.
// Deterministic.
std::vector<Habit> MineHabits(const std::vector<std::string_view>& traces);

// The habits of one model, ready to be looked for. Immutable, thread-safe.
class HabitProfile {
 public:
  HabitProfile() = default;
  // Takes the first kMaxHabits of them.
  explicit HabitProfile(std::vector<Habit> habits);

  // Bit i is set where habit i begins a line of `text`. Linear time.
  uint32_t Find(std::string_view text) const;

  const std::vector<Habit>& habits() const { return habits_; }
  bool empty() const { return habits_.empty(); }

  // For storing. Parse() gives DataLoss for bytes that Serialize() never gave.
  std::string Serialize() const;
  static absl::StatusOr<HabitProfile> Parse(std::string_view bytes);

 private:
  // Every beginning of every phrase, by its hash; at most half of the slots
  // are taken.
  static constexpr size_t kSlots = 512;
  struct Beginning {
    uint64_t hash = 0;    // 0 = none
    uint32_t habits = 0;  // those that end here
    uint32_t below = 0;   // and those that begin so
  };
  Beginning& SlotOf(uint64_t hash);

  std::vector<Habit> habits_;
  std::vector<Beginning> beginnings_ = std::vector<Beginning>(kSlots);
  // By the first two bytes of a line, the phrases that can begin there.
  std::array<uint32_t, 256> starts_{};
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_HABITS_HABITS_H_
