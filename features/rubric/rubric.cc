#include "features/rubric/rubric.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "features/answer/words.h"

namespace reasonwatch {
namespace {

constexpr int kMinSteps = 3;
constexpr size_t kMaxSteps = 48;
// Of a step, so much is read for its terms.
constexpr size_t kMaxStep = 160;
constexpr size_t kMinTerm = 4;

// What a byte is to a term: 0 = between terms.
enum : uint8_t { kBetween, kDigit, kLetter };
struct Byte {
  uint8_t kind = kBetween;
  uint8_t lower = 0;
};
constexpr auto kBytes = [] {
  std::array<Byte, 256> bytes{};
  for (size_t u = 0; u < bytes.size(); ++u) {
    Byte& b = bytes[u];
    b.lower = static_cast<uint8_t>(u >= 'A' && u <= 'Z' ? u + 32 : u);
    if (u >= '0' && u <= '9') b.kind = kDigit;
    if ((b.lower >= 'a' && b.lower <= 'z') || u >= 0x80) b.kind = kLetter;
  }
  return bytes;
}();

// Words that tie any two English texts together.
constexpr bool IsCommon(std::string_view w) {
  switch (w.size()) {
    case 4:
      return w == "that" || w == "this" || w == "with" || w == "then" ||
             w == "have" || w == "from" || w == "will" || w == "need" ||
             w == "find" || w == "each" || w == "also" || w == "they" ||
             w == "when" || w == "step" || w == "them" || w == "there";
    case 5:
      return w == "first" || w == "which" || w == "there" || w == "these" ||
             w == "where" || w == "since" || w == "would" || w == "their";
    case 9:
      return w == "therefore";
    default:
      return false;
  }
}

bool PointsBack(std::string_view word) {
  return words::IsOneOf(
      word, {"this", "that", "these", "those", "it", "they", "them", "its",
             "their", "which", "such", "he", "she"});
}

class Steps {
 public:
  // Feeds one step. Too short ones belong to the step before.
  void Add(std::string_view step) {
    if (count_ >= static_cast<int>(kMaxSteps)) return;
    size_t begin = 0;
    const std::string_view first = words::WordAfter(step, begin);
    if (first.empty()) return;
    const bool shared = Terms(step.substr(0, kMaxStep));
    if (terms_in_step_ == 0) return;
    ++count_;
    // The number of a step says nothing about it; the word behind it does.
    std::string_view head = first;
    if (words::IsDigit(head[0])) head = words::WordAfter(step, begin);
    dangling_ += PointsBack(head) || names_later_step_;
    if (count_ > 1) unconnected_ += !shared;
  }
  int count() const { return count_; }
  int dangling() const { return dangling_; }
  int unconnected() const { return unconnected_; }

 private:
  // Remembers the terms of the step; says whether any was known.
  bool Terms(std::string_view step) {
    bool shared = false;
    bool numbering = true;  // the number that a line begins with
    terms_in_step_ = 0;
    names_later_step_ = false;
    bool after_step_word = false;
    const auto byte = [&](size_t i) {
      return kBytes[static_cast<unsigned char>(step[i])];
    };
    for (size_t i = 0; i < step.size();) {
      Byte b = byte(i);
      if (b.kind == kBetween) {
        ++i;
        continue;
      }
      std::array<char, 16> word;
      size_t size = 0;
      uint64_t hash = 1;
      int number = 0;
      const uint8_t kind = b.kind;
      for (; i < step.size(); ++i) {
        b = byte(i);
        if (b.kind == kBetween) break;
        hash = (hash ^ b.lower) * 0x9E3779B97F4A7C15ULL;
        if (size < word.size()) word[size] = static_cast<char>(b.lower);
        if (kind == kDigit && size < 4) number = number * 10 + (b.lower - '0');
        ++size;
      }
      const std::string_view text(word.data(), std::min(size, word.size()));
      if (kind == kDigit) {
        if (after_step_word && !numbering && number > count_ + 1)
          names_later_step_ = true;
        after_step_word = false;
        if (numbering) {
          numbering = false;
          continue;
        }
      } else {
        after_step_word = text == "step";
        if (!after_step_word) numbering = false;
        if (size < kMinTerm || IsCommon(text)) continue;
      }
      ++terms_in_step_;
      const size_t bit = hash >> (64 - 12);
      uint64_t& slot = known_[bit / 64];
      const uint64_t mask = uint64_t{1} << (bit % 64);
      shared = shared || (slot & mask) != 0;
      slot |= mask;
    }
    return shared;
  }

  std::array<uint64_t, 64> known_{};
  int count_ = 0;
  int dangling_ = 0;
  int unconnected_ = 0;
  int terms_in_step_ = 0;
  bool names_later_step_ = false;
};

// Lines, where there are enough of them.
int CountLines(std::string_view text, int limit) {
  int lines = 0;
  for (size_t at = 0; at < text.size() && lines < limit;) {
    const void* hit = std::memchr(text.data() + at, '\n', text.size() - at);
    const size_t end =
        hit == nullptr
            ? text.size()
            : static_cast<size_t>(static_cast<const char*>(hit) - text.data());
    lines += end - at > kMinTerm;
    at = end + 1;
  }
  return lines;
}

void AddSteps(std::string_view text, bool lines, Steps& steps) {
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (lines ? text[i] != '\n' : !words::EndsSentence(text, i)) continue;
    steps.Add(text.substr(begin, i - begin));
    begin = i + 1;
  }
  steps.Add(text.substr(begin));
}

float Points(int faults, int steps, double some, double many) {
  const double share = static_cast<double>(faults) / steps;
  return share <= some ? 2.0F : share <= many ? 1.0F : 0.0F;
}

}  // namespace

Rubric ReadRubric(const AnswerChain& chain) {
  Rubric rubric;
  const std::string_view text = chain.chain;
  if (text.empty()) return rubric;
  Steps steps;
  if (text.size() <= 2 * kRubricWindow) {
    AddSteps(text, CountLines(text, kMinSteps) >= kMinSteps, steps);
  } else {
    const std::string_view head = text.substr(0, kRubricWindow);
    std::string_view tail = text.substr(text.size() - kRubricWindow);
    const bool lines =
        CountLines(head, kMinSteps) + CountLines(tail, kMinSteps) >= kMinSteps;
    AddSteps(head, lines, steps);
    // Not from the middle of a step.
    size_t begin = 0;
    while (begin < tail.size() &&
           (lines ? tail[begin] != '\n' : !words::EndsSentence(tail, begin)))
      ++begin;
    if (begin < tail.size()) tail.remove_prefix(begin + 1);
    AddSteps(tail, lines, steps);
  }
  rubric.steps = steps.count();
  rubric.dangling = steps.dangling();
  rubric.unconnected = steps.unconnected();
  if (rubric.steps < kMinSteps) return rubric;
  rubric.self_contained = Points(rubric.dangling, rubric.steps, .25, .5);
  rubric.connected = Points(rubric.unconnected, rubric.steps, .15, .4);
  if (chain.contradicts_chain > 0) {
    rubric.follows = 0;
  } else {
    switch (chain.support) {
      case AnswerSupport::kUnknown:
        return rubric;
      case AnswerSupport::kNone:
        rubric.follows = 0;
        break;
      case AnswerSupport::kEarlier:
        rubric.follows = 1;
        break;
      case AnswerSupport::kConclusion:
        rubric.follows = 2;
        break;
    }
  }
  rubric.low = rubric.self_contained + rubric.connected + rubric.follows < 4
                   ? 1.0F
                   : 0.0F;
  return rubric;
}

}  // namespace reasonwatch
