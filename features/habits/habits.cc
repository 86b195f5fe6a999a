// SPDX-License-Identifier: Apache-2.0
// Mining and finding the phrases with which lines begin.
//
// Both sides read a line through LineWords, which generalises numbers and
// names, and hash a phrase word by word: the hash of a phrase comes from the
// hash of its beginning and its last word. Mining counts, for each hash, the
// traces that contain it, drops rare phrases and those that a longer one
// covers, and reads the traces a second time to recover the words. Finding
// walks a table of all beginnings and stops at the first word that continues
// none.
//
// Order: words of a line, hashes, mining, the profile, its bytes.
#include "features/habits/habits.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "util/ascii.h"
#include "util/load.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using ascii::IsDigit;
using ascii::IsLower;
using ascii::IsUpper;

// Words of a phrase. One word alone ("So") is common to all models; a phrase of
// more than six is hardly ever repeated word for word.
constexpr size_t kMinWords = 2;
constexpr size_t kMaxWords = 6;  // 32 such phrases half fill kSlots
// Bounds of the work for a trace and for a line.
constexpr size_t kMaxLines = 128;     // lines of a trace that are mined
constexpr size_t kMaxLineBytes = 96;  // bytes of a line that are read
constexpr size_t kMaxMarkup = 16;     // bytes before the first word
constexpr size_t kMaxWord = 24;       // bytes; a longer "word" is data
// If at least this share of its traces continue a phrase with the same next
// word, the longer phrase replaces it.
constexpr double kSamePhrase = .8;
constexpr uint8_t kFormat = 1;  // of the stored bytes

constexpr auto kIsWord = [] {
  std::array<bool, 256> word{};
  for (size_t u = 0; u < word.size(); ++u)
    word[u] = ascii::IsAlnum(static_cast<char>(u)) || u == '\'' || u >= 0x80;
  return word;
}();
bool IsWord(char c) { return kIsWord.data()[static_cast<unsigned char>(c)]; }

// Reads the first words of a line one by one, generalised.
class LineWords {
 public:
  explicit LineWords(std::string_view line)
      : line_(line.substr(0, kMaxLineBytes)) {
    while (i_ < line_.size() && i_ < kMaxMarkup && !IsWord(line_[i_])) ++i_;
  }

  // Returns a view into the line, "#" or "@"; empty at the end.
  std::string_view Next() {
    const size_t begin = i_;
    while (i_ < line_.size() && IsWord(line_.data()[i_])) ++i_;
    // The word was cut by the limit of the line, or is too long to be a word.
    if (i_ == begin || i_ == kMaxLineBytes || i_ - begin > kMaxWord) return {};
    std::string_view word = line_.substr(begin, i_ - begin);
    hash_ = HashOf(word);
    const size_t next = i_;
    if (IsDigit(word[0])) {
      // "3.5" and "1,000" are one number each.
      while (i_ + 1 < line_.size() && (line_[i_] == '.' || line_[i_] == ',') &&
             IsDigit(line_[i_ + 1])) {
        ++i_;
        while (i_ < line_.size() && IsDigit(line_[i_])) ++i_;
      }
      word = "#";
      hash_ = HashOf(word);
    } else if (!begins_sentence_ && word.size() > 1 && IsUpper(word[0]) &&
               IsLower(word[1])) {
      word = "@";
      hash_ = HashOf(word);
    }
    // A capital after punctuation ("1. We", "**Step 2:** Check") begins a
    // sentence and is no sign of a name.
    begins_sentence_ = false;
    for (; i_ < line_.size() && !IsWord(line_[i_]); ++i_)
      begins_sentence_ =
          begins_sentence_ || (line_[i_] != ' ' && line_[i_] != ',');
    // A phrase ends with its sentence.
    if (word != "#" && next < line_.size() &&
        (line_[next] == '.' || line_[next] == '?' || line_[next] == '!'))
      i_ = line_.size();
    return word;
  }
  // Hash of the last word.
  uint64_t hash() const { return hash_; }

  static uint64_t HashOf(std::string_view word) {
    uint64_t hash = word.size();
    for (size_t i = 0; i < word.size(); i += 8) {
      hash = (hash ^ LoadUpTo8(word.data() + i, word.size() - i)) *
             0x9E3779B97F4A7C15;
      hash ^= hash >> 32;
    }
    return hash;
  }

 private:
  std::string_view line_;
  size_t i_ = 0;
  uint64_t hash_ = 0;
  bool begins_sentence_ = true;
};

// Returns the hash of a phrase from that of its beginning and that of its last
// word; never 0.
uint64_t Extend(uint64_t beginning, uint64_t word) {
  const uint64_t hash = (beginning ^ word) * 0x9E3779B97F4A7C15ULL;
  return (hash ^ hash >> 29) | 1;
}

struct Words {
  std::array<std::string_view, kMaxWords> words;
  std::array<uint64_t, kMaxWords> hashes;
  size_t count = 0;
};
Words WordsOf(std::string_view line) {
  Words out;
  LineWords words(line);
  while (out.count < kMaxWords) {
    const std::string_view word = words.Next();
    if (word.empty()) break;
    out.words[out.count] = word;
    out.hashes[out.count++] = words.hash();
  }
  return out;
}

size_t StartSlot(std::string_view word) {
  // A number may begin with any digit, so all numbers share a slot.
  if (word == "#" || IsDigit(word[0])) return 0;
  const auto byte = [](char c) {
    return static_cast<size_t>(static_cast<unsigned char>(c));
  };
  return (byte(word[0]) * 7 + (word.size() > 1 ? byte(word[1]) : 0)) % 256;
}

// True if the phrase has a word of three bytes or more, so that it is more than
// numbers and names.
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
      const Words words = WordsOf(line);
      uint64_t hash = 0;
      for (size_t w = 0; w < words.count; ++w) {
        const uint64_t parent = hash;
        hash = Extend(hash, words.hashes[w]);
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
  // Drop phrases that a longer one covers.
  std::vector<uint64_t> covered;
  for (const auto& [hash, c] : candidates) {
    const auto shorter = candidates.find(c.parent);
    if (shorter != candidates.end() &&
        c.traces >= kSamePhrase * shorter->second.traces)
      covered.push_back(c.parent);
  }
  for (uint64_t hash : covered) candidates.erase(hash);

  // Read the traces again for the words of the phrases that are left.
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
    for (size_t size = 0; !rest.empty() && size < kMaxWords; ++size) {
      const size_t end = std::min(rest.find(' '), rest.size());
      const std::string_view word = rest.substr(0, end);
      if (size == 0 && !word.empty())
        starts_[StartSlot(word)] |= uint32_t{1} << h;
      hash = Extend(hash, LineWords::HashOf(word));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      Beginning& beginning = SlotOf(hash);
      beginning.hash = hash;
      beginning.below |= uint32_t{1} << h;
      if (rest.empty()) beginning.habits |= uint32_t{1} << h;
    }
  }
}

HabitProfile::Beginning& HabitProfile::SlotOf(uint64_t hash) {
  size_t slot = hash >> 32 & (kSlots - 1);
  while (beginnings_[slot].hash != 0 && beginnings_[slot].hash != hash)
    slot = (slot + 1) & (kSlots - 1);
  return beginnings_[slot];
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
    // No phrase that is still missing can begin here.
    if ((starts_[slot] & ~found) == 0) return true;
    LineWords words(line);
    uint64_t hash = 0;
    for (size_t w = 0; w < kMaxWords && !words.Next().empty(); ++w) {
      hash = Extend(hash, words.hash());
      size_t at = hash >> 32 & (kSlots - 1);
      while (beginnings_[at].hash != 0 && beginnings_[at].hash != hash)
        at = (at + 1) & (kSlots - 1);
      const Beginning& beginning = beginnings_[at];
      found |= beginning.habits;
      // No phrase that is still missing begins with these words.
      if ((beginning.below & ~found) == 0) break;
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
