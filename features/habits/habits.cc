#include "features/habits/habits.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "core/strings.h"

namespace reasonwatch {
namespace {

constexpr size_t kMinWords = 2;
constexpr size_t kMaxWords = 6;
constexpr size_t kMaxLines = 128;     // of a trace that is mined
constexpr size_t kMaxLineBytes = 96;  // that a phrase may stand in
constexpr size_t kMaxMarkup = 16;     // bytes before the first word
constexpr size_t kMaxWord = 24;
// A phrase is left out where so many of its traces go on in the same words.
constexpr double kSamePhrase = .8;
constexpr uint8_t kFormat = 1;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsWord(char c) {
  return IsDigit(c) || IsUpper(c) || IsLower(c) || c == '\'' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// The words of a line's beginning, generalised; each a view into the line or
// one of the two signs.
struct Words {
  std::array<std::string_view, kMaxWords> words;
  size_t count = 0;
};

Words WordsOf(std::string_view line, size_t limit) {
  Words out;
  line = line.substr(0, kMaxLineBytes);
  size_t i = 0;
  while (i < line.size() && i < kMaxMarkup && !IsWord(line[i])) ++i;
  while (out.count < limit) {
    const size_t begin = i;
    while (i < line.size() && IsWord(line[i])) ++i;
    // Cut by the limit of the line, or too long to be a word.
    if (i == begin || (i == kMaxLineBytes) || i - begin > kMaxWord) break;
    std::string_view word = line.substr(begin, i - begin);
    if (IsDigit(word[0])) {
      word = "#";
      // "3.5" and "1,000" are one number.
      while (i + 1 < line.size() && (line[i] == '.' || line[i] == ',') &&
             IsDigit(line[i + 1])) {
        ++i;
        while (i < line.size() && IsDigit(line[i])) ++i;
      }
    } else if (out.count > 0 && word.size() > 1 && IsUpper(word[0]) &&
               IsLower(word[1])) {
      word = "@";
    }
    out.words[out.count++] = word;
    // A phrase does not go over the end of its sentence.
    if (i < line.size() &&
        (line[i] == '.' || line[i] == '?' || line[i] == '!') && word != "#")
      break;
    while (i < line.size() && !IsWord(line[i])) ++i;
  }
  return out;
}

// Longer phrases go on where shorter ones end, so that a line is hashed once.
uint64_t Extend(uint64_t hash, std::string_view word) {
  return StableHash(word, hash);
}

size_t StartSlot(std::string_view word) {
  // A number may begin with any digit and go on with anything.
  if (word == "#" || IsDigit(word[0])) return 0;
  const auto byte = [](char c) {
    return static_cast<size_t>(static_cast<unsigned char>(c));
  };
  return (byte(word[0]) * 7 + (word.size() > 1 ? byte(word[1]) : 0)) % 256;
}

// Does it say anything but numbers and names?
bool HasText(const Words& words, size_t count) {
  for (size_t i = 0; i < count; ++i)
    if (words.words[i].size() >= 3) return true;
  return false;
}

template <typename Visit>
void ForEachLine(std::string_view text, Visit visit) {
  for (size_t at = 0; at < text.size();) {
    const void* hit = std::memchr(text.data() + at, '\n', text.size() - at);
    const size_t end =
        hit == nullptr
            ? text.size()
            : static_cast<size_t>(static_cast<const char*>(hit) - text.data());
    if (!visit(text.substr(at, end - at))) return;
    at = end + 1;
  }
}

struct Candidate {
  uint64_t parent = 0;  // hash of the phrase without its last word
  uint32_t traces = 0;
  uint32_t last_trace = 0;
};

}  // namespace

std::vector<Habit> MineHabits(const std::vector<std::string_view>& traces) {
  if (traces.size() < kMinHabitTraces) return {};
  const size_t count = std::min(traces.size(), kMaxHabitTraces);
  const auto trace = [&](size_t i) {
    return traces[i * traces.size() / count].substr(0, kMaxHabitTraceBytes);
  };
  const auto for_each_phrase = [&](size_t i, auto visit) {
    size_t lines = 0;
    ForEachLine(trace(i), [&](std::string_view line) {
      const Words words = WordsOf(line, kMaxWords);
      uint64_t hash = 0;
      for (size_t w = 0; w < words.count; ++w) {
        const uint64_t parent = hash;
        hash = Extend(hash, words.words[w]);
        if (w + 1 >= kMinWords && HasText(words, w + 1))
          visit(hash, parent, words, w + 1);
      }
      return ++lines < kMaxLines;
    });
  };

  absl::flat_hash_map<uint64_t, Candidate> candidates;
  for (size_t i = 0; i < count; ++i) {
    const auto number = static_cast<uint32_t>(i + 1);
    for_each_phrase(i,
                    [&](uint64_t hash, uint64_t parent, const Words&, size_t) {
                      Candidate& c = candidates[hash];
                      if (c.last_trace == number) return;
                      c.parent = parent;
                      c.last_trace = number;
                      ++c.traces;
                    });
  }
  const auto needed = static_cast<uint32_t>(
      std::ceil(kMinHabitRate * static_cast<double>(count)));
  absl::erase_if(candidates, [&](const auto& entry) {
    return entry.second.traces < needed;
  });
  // Those that a longer one says too.
  std::vector<uint64_t> covered;
  for (const auto& [hash, c] : candidates) {
    const auto shorter = candidates.find(c.parent);
    if (shorter != candidates.end() &&
        c.traces >= kSamePhrase * shorter->second.traces)
      covered.push_back(c.parent);
  }
  for (uint64_t hash : covered) candidates.erase(hash);

  // Their words, from where they stand first.
  std::vector<Habit> habits;
  for (size_t i = 0; i < count && !candidates.empty(); ++i)
    for_each_phrase(
        i, [&](uint64_t hash, uint64_t, const Words& words, size_t size) {
          const auto it = candidates.find(hash);
          if (it == candidates.end()) return;
          Habit habit;
          for (size_t w = 0; w < size; ++w) {
            if (w > 0) habit.phrase += ' ';
            habit.phrase += words.words[w];
          }
          habit.rate = static_cast<double>(it->second.traces) /
                       static_cast<double>(count);
          habits.push_back(std::move(habit));
          candidates.erase(it);
        });
  std::sort(habits.begin(), habits.end(), [](const Habit& a, const Habit& b) {
    if (a.rate != b.rate) return a.rate > b.rate;
    if (a.phrase.size() != b.phrase.size())
      return a.phrase.size() > b.phrase.size();
    return a.phrase < b.phrase;
  });
  if (habits.size() > kMaxHabits) habits.resize(kMaxHabits);
  return habits;
}

HabitProfile::HabitProfile(std::vector<Habit> habits)
    : habits_(std::move(habits)) {
  if (habits_.size() > kMaxHabits) habits_.resize(kMaxHabits);
  for (size_t h = 0; h < habits_.size(); ++h) {
    std::string_view rest = habits_[h].phrase;
    uint64_t hash = 0;
    size_t size = 0;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(' '), rest.size());
      const std::string_view word = rest.substr(0, end);
      if (size++ == 0)
        starts_[StartSlot(word) / 64] |= uint64_t{1} << (StartSlot(word) % 64);
      hash = Extend(hash, word);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    longest_ = std::max(longest_, std::min(size, kMaxWords));
    bits_.emplace_back(hash, static_cast<uint32_t>(h));
  }
  std::sort(bits_.begin(), bits_.end());
}

uint32_t HabitProfile::Find(std::string_view text) const {
  if (habits_.empty()) return 0;
  uint32_t found = 0;
  ForEachLine(text, [&](std::string_view line) {
    size_t i = 0;
    while (i < line.size() && i < kMaxMarkup && !IsWord(line[i])) ++i;
    if (i >= line.size() || !IsWord(line[i])) return true;
    const size_t slot = StartSlot(i + 1 < line.size() && IsWord(line[i + 1])
                                      ? line.substr(i, 2)
                                      : line.substr(i, 1));
    if ((starts_[slot / 64] >> (slot % 64) & 1) == 0) return true;
    const Words words = WordsOf(line, longest_);
    uint64_t hash = 0;
    for (size_t w = 0; w < words.count; ++w) {
      hash = Extend(hash, words.words[w]);
      if (w + 1 < kMinWords) continue;
      const auto it = std::lower_bound(bits_.begin(), bits_.end(),
                                       std::pair<uint64_t, uint32_t>(hash, 0));
      if (it != bits_.end() && it->first == hash)
        found |= uint32_t{1} << it->second;
    }
    return true;
  });
  return found;
}

std::string HabitProfile::Serialize() const {
  std::string bytes(1, static_cast<char>(kFormat));
  const auto put = [&bytes](const auto& value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
  };
  for (const Habit& habit : habits_) {
    put(habit.rate);
    put(static_cast<uint16_t>(habit.phrase.size()));
    bytes += habit.phrase;
  }
  return bytes;
}

absl::StatusOr<HabitProfile> HabitProfile::Parse(std::string_view bytes) {
  const auto damaged = [] {
    return absl::DataLossError("habits can't be read whole");
  };
  if (bytes.empty() || static_cast<uint8_t>(bytes[0]) != kFormat)
    return damaged();
  bytes.remove_prefix(1);
  std::vector<Habit> habits;
  while (!bytes.empty()) {
    Habit habit;
    uint16_t size = 0;
    if (bytes.size() < sizeof(habit.rate) + sizeof(size) ||
        habits.size() == kMaxHabits)
      return damaged();
    std::memcpy(&habit.rate, bytes.data(), sizeof(habit.rate));
    std::memcpy(&size, bytes.data() + sizeof(habit.rate), sizeof(size));
    bytes.remove_prefix(sizeof(habit.rate) + sizeof(size));
    if (size == 0 || size > bytes.size() ||
        !(habit.rate >= 0 && habit.rate <= 1))
      return damaged();
    habit.phrase = std::string(bytes.substr(0, size));
    bytes.remove_prefix(size);
    habits.push_back(std::move(habit));
  }
  return HabitProfile(std::move(habits));
}

}  // namespace reasonwatch
