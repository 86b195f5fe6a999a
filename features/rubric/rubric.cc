// SPDX-License-Identifier: Apache-2.0
// Counting the steps of a chain that are vague or unconnected.
//
// Steps reads the steps in order and keeps the hashes of all terms so far in a
// set of 4,096 bits. A step connects if one of its terms is in the set already.
// Terms are numbers and words of four letters or more, without those that any
// two English texts share.
//
// Order: terms and their hashes, Steps, the split into lines or sentences, the
// points.
#include "features/rubric/rubric.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "answers/words.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

// Shares of fewer steps are too coarse.
constexpr int kMinSteps = 3;
// Bounds the terms in the set, which must stay mostly empty.
constexpr size_t kMaxSteps = 48;
// Bytes of a step that are read for its terms.
constexpr size_t kMaxStep = 128;
// Letters; shorter words are mostly function words.
constexpr size_t kMinTerm = 4;

// Maps a byte to its lower case if it is part of a term, else to 0.
constexpr auto kTermBytes = [] {
  std::array<uint8_t, 256> bytes{};
  for (size_t u = 0; u < bytes.size(); ++u) {
    const size_t lower = u >= 'A' && u <= 'Z' ? u + 32 : u;
    if ((u >= '0' && u <= '9') || (lower >= 'a' && lower <= 'z') || u >= 0x80)
      bytes[u] = static_cast<uint8_t>(lower);
  }
  return bytes;
}();

// Cheap on purpose: a collision mistakes one term for another, which is rare,
// and equally rare in the reference.
constexpr uint64_t Mix(uint64_t hash, uint8_t byte) {
  return (hash << 7 | hash >> 57) ^ byte;
}
constexpr size_t BitOf(uint64_t hash) {
  return hash * 0x9E3779B97F4A7C15ULL >> (64 - 12);
}
constexpr uint64_t HashOf(std::string_view word) {
  uint64_t hash = 1;
  for (char c : word) hash = Mix(hash, static_cast<uint8_t>(c));
  return hash;
}
constexpr uint64_t kStepHash = HashOf("step");

using TermSet = std::array<uint64_t, (size_t{1} << 12) / 64>;

// Words that any two English texts share.
constexpr TermSet kCommon = [] {
  TermSet set{};
  for (std::string_view word :
       {"that",  "this",  "with",  "then",  "have",  "from",
        "will",  "need",  "find",  "each",  "also",  "they",
        "when",  "step",  "them",  "there", "first", "which",
        "these", "where", "since", "would", "their", "therefore"})
    set[BitOf(HashOf(word)) / 64] |= uint64_t{1} << (BitOf(HashOf(word)) % 64);
  return set;
}();

bool PointsBack(std::string_view word) {
  return words::IsOneOf(
      word, {"this", "that", "these", "those", "it", "they", "them", "its",
             "their", "which", "such", "he", "she"});
}

class Steps {
 public:
  // Adds one step; ignores one without a term.
  void Add(std::string_view step) {
    if (count_ >= static_cast<int>(kMaxSteps)) return;
    size_t begin = 0;
    const std::string_view first = words::WordAfter(step, begin);
    if (first.empty()) return;
    const bool shared = Terms(step.substr(0, kMaxStep));
    if (terms_in_step_ == 0) return;
    ++count_;
    // Skip the number of a step, and look at the word behind it.
    std::string_view head = first;
    if (ascii::IsDigit(head[0])) head = words::WordAfter(step, begin);
    dangling_ += PointsBack(head) || names_later_step_;
    if (count_ > 1) unconnected_ += !shared;
  }
  int count() const { return count_; }
  int dangling() const { return dangling_; }
  int unconnected() const { return unconnected_; }

 private:
  // Adds the terms of the step to the set; returns whether it held any of them
  // before.
  bool Terms(std::string_view step) {
    bool shared = false;
    bool numbering = true;  // at the number that a line begins with
    bool after_step_word = false;
    terms_in_step_ = 0;
    names_later_step_ = false;
    const char* at = step.data();
    const char* const end = at + step.size();
    const auto lower = [](char c) {
      return kTermBytes[static_cast<unsigned char>(c)];
    };
    while (true) {
      while (at < end && lower(*at) == 0) ++at;
      if (at == end) return shared;
      const char* const begin = at;
      uint64_t hash = 1;
      for (uint8_t c; at < end && (c = lower(*at)) != 0; ++at)
        hash = Mix(hash, c);
      const auto size = static_cast<size_t>(at - begin);
      const size_t bit = BitOf(hash);
      const uint64_t mask = uint64_t{1} << (bit % 64);
      if (ascii::IsDigit(*begin)) {
        if (after_step_word && !numbering && size <= 3) {
          int number = 0;
          for (const char* d = begin; d < at; ++d)
            number = number * 10 + (*d - '0');
          names_later_step_ = names_later_step_ || number > count_ + 1;
        }
        after_step_word = false;
        if (std::exchange(numbering, false)) continue;
      } else {
        after_step_word = hash == kStepHash;
        if (!after_step_word) numbering = false;
        if (size < kMinTerm || (kCommon[bit / 64] & mask) != 0) continue;
      }
      ++terms_in_step_;
      shared = shared || (known_[bit / 64] & mask) != 0;
      known_[bit / 64] |= mask;
    }
  }

  TermSet known_{};
  int count_ = 0;
  int dangling_ = 0;
  int unconnected_ = 0;
  int terms_in_step_ = 0;
  bool names_later_step_ = false;
};

// Counts lines that are longer than a list marker, up to `limit`.
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
  const auto end_step = [&](size_t end) {
    steps.Add(text.substr(begin, end - begin));
    begin = end + 1;
  };
  if (lines) {
    for (size_t end = text.find('\n'); end != std::string_view::npos;
         end = text.find('\n', begin))
      end_step(end);
  } else {
    for (size_t i = 0; i < text.size(); ++i)
      if (words::EndsSentence(text, i)) end_step(i);
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
    // Begin at the next whole step.
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
