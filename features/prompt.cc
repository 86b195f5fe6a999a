// SPDX-License-Identifier: Apache-2.0
// Reading prompts: messages, prefixes, digests, kinds of task, hashed words.
//
// Every function here runs on each response, so each reads its text once. The
// kind of task is found by looking at pairs of bytes: each hint names the
// rarest pair in its text, a table maps a pair to the hints that hold it, and
// only a pair that is listed leads to a comparison.
//
// Order: parts of messages, hints of the kind of task, bytes of words; then the
// functions of the header in its order, with TaskKind() before PromptTerms().
#include "features/prompt.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include "core/response.h"
#include "util/ascii.h"
#include "util/json.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// The regression's width: a prompt has at most 64 terms of 4,096. More terms
// would slow down its fit; fewer would lose words of ordinary questions.
constexpr size_t kMaxTerms = 64;
constexpr size_t kTermBits = 12;  // terms are columns of the regression
// Bytes that are read for words, which bounds the cost of a prompt that carries
// whole documents.
constexpr size_t kMaxTermBytes = 16384;
// A beginning that half of fewer prompts share may be chance.
constexpr size_t kMinPromptsForPrefix = 20;
// Bytes. A shorter beginning ("Solve: ") carries no instruction.
constexpr size_t kMinPrefix = 12;

std::string TextOf(simdjson::dom::element content) {
  std::string text;
  std::string_view plain;
  if (content.get_string().get(plain) == simdjson::SUCCESS)
    return std::string(plain);
  simdjson::dom::array parts;
  if (content.get_array().get(parts) != simdjson::SUCCESS) return text;
  for (simdjson::dom::element part : parts) {
    std::string_view piece;
    if (part["text"].get_string().get(piece) == simdjson::SUCCESS)
      text.append(piece);
  }
  return text;
}

uint16_t Term(uint64_t hash) {
  return static_cast<uint16_t>(hash >> (64 - kTermBits));
}

// A text that shows the kind of task. `rare` is the rarest pair of its bytes.
struct TaskHint {
  std::string_view kind;
  std::string_view text;
  std::string_view rare;
};
// The first hint in this list that a prompt contains decides.
constexpr auto kTaskHints = std::to_array<TaskHint>({
    {"code", "```", "``"},
    {"code", "def ", "f "},
    {"code", "#include", "#i"},
    {"code", "function", "fu"},
    {"choice", "\nA) ", "A)"},
    {"choice", "\n(A) ", "A)"},
    {"choice", "\nA. ", "A."},
    {"choice", "Options:", "Op"},
    {"translation", "ranslat", "sl"},
    {"extraction", "xtract", "xt"},
    {"extraction", "ummar", "mm"},
    {"mathematics", "alculate", "lc"},
    {"mathematics", "ow many", "w "},
    {"mathematics", "ow much", "w "},
    {"mathematics", " solve", "lv"},
    {"mathematics", "Solve", "lv"},
    {"mathematics", "equation", "qu"},
});
constexpr size_t PairSlot(char first, char second) {
  return (static_cast<unsigned char>(first) * size_t{37} ^
          static_cast<unsigned char>(second)) %
         1024;
}
// For each slot of a pair, a bit for each hint that holds the pair. Two pairs
// may share a slot, so the text is compared afterwards.
constexpr auto kHintsOf = [] {
  std::array<uint32_t, 1024> hints{};
  for (size_t h = 0; h < kTaskHints.size(); ++h) {
    const std::string_view rare = kTaskHints[h].rare;
    hints[PairSlot(rare[0], rare[1])] |= 1u << h;
  }
  return hints;
}();
constexpr auto kBeforeRare = [] {
  std::array<size_t, kTaskHints.size()> before{};
  for (size_t h = 0; h < before.size(); ++h)
    before[h] = kTaskHints[h].text.find(kTaskHints[h].rare);
  return before;
}();

// The part that a byte plays in a word. Bytes of all scripts but Latin count as
// letters.
enum class Kind : uint8_t { kBetween, kDigit, kLetter };
struct WordByte {
  Kind kind = Kind::kBetween;
  char lower = 0;
};
constexpr auto kWordBytes = [] {
  std::array<WordByte, 256> bytes{};
  for (size_t u = 0; u < bytes.size(); ++u) {
    WordByte& b = bytes[u];
    b.lower = static_cast<char>(u);
    if (u >= '0' && u <= '9') b.kind = Kind::kDigit;
    if ((u >= 'a' && u <= 'z') || u >= 0x80) b.kind = Kind::kLetter;
    if (u >= 'A' && u <= 'Z') {
      b.kind = Kind::kLetter;
      b.lower = static_cast<char>(u + 32);
    }
  }
  return bytes;
}();
// Bytes; longer words are cut. Longer than nearly all words of any language.
constexpr size_t kMaxWord = 48;

// Drops repeats, and does not keep the order.
void DropRepeats(std::vector<uint64_t>& hashes) {
  // Hashes are never 0 and their low bits are as good as any.
  std::vector<uint64_t> slots(std::bit_ceil(2 * hashes.size() + 1), 0);
  size_t kept = 0;
  for (uint64_t h : hashes) {
    size_t at = h & (slots.size() - 1);
    while (slots[at] != 0 && slots[at] != h) at = (at + 1) & (slots.size() - 1);
    if (slots[at] == h) continue;
    slots[at] = h;
    hashes[kept++] = h;
  }
  hashes.resize(kept);
}

}  // namespace

PromptText ReadPrompt(const Response& response) {
  PromptText prompt;
  prompt.system = response.system_prompt;
  if (response.messages_json.empty()) {
    prompt.user = response.prompt;
    return prompt;
  }
  // The parser keeps its buffers from call to call, one parser a thread.
  thread_local simdjson::dom::parser parser;
  simdjson::dom::array messages;
  if (ParseJson(parser, response.messages_json).get_array().get(messages) !=
      simdjson::SUCCESS)
    return prompt;
  for (simdjson::dom::element message : messages) {
    std::string_view role;
    if (message["role"].get_string().get(role) != simdjson::SUCCESS) continue;
    simdjson::dom::element content;
    const bool has_content =
        message["content"].get(content) == simdjson::SUCCESS;
    prompt.tool_turn = role == "tool" || role == "function";
    if (role == "user") {
      ++prompt.user_turns;
      if (has_content) prompt.user = TextOf(content);
    } else if ((role == "system" || role == "developer") && has_content &&
               prompt.system.empty()) {
      prompt.system = TextOf(content);
    }
  }
  return prompt;
}

std::vector<size_t> PromptBoundaries(std::string_view prompt, size_t limit) {
  std::vector<size_t> boundaries;
  for (size_t i = 0; i + 1 < prompt.size() && boundaries.size() < limit; ++i) {
    const char c = prompt[i];
    const bool line = c == '\n' && prompt[i + 1] != '\n';
    const bool sentence =
        (c == '.' || c == '?' || c == '!' || c == ':') && prompt[i + 1] == ' ';
    if (line) boundaries.push_back(i + 1);
    if (sentence) boundaries.push_back(i + 2);
  }
  return boundaries;
}

std::vector<uint64_t> BeginningDigests(std::string_view prompt,
                                       const std::vector<size_t>& boundaries) {
  std::vector<uint64_t> digests;
  digests.reserve(boundaries.size());
  for (size_t end : boundaries)
    digests.push_back(StableHash(prompt.substr(0, end)));
  return digests;
}

std::string SharedPrefix(const std::vector<std::string_view>& prompts) {
  if (prompts.size() < kMinPromptsForPrefix) return "";
  std::map<uint64_t, std::pair<size_t, std::string_view>> counts;
  for (std::string_view prompt : prompts) {
    const auto boundaries = PromptBoundaries(prompt);
    const auto digests = BeginningDigests(prompt, boundaries);
    for (size_t i = 0; i < digests.size(); ++i) {
      auto& [count, text] = counts[digests[i]];
      ++count;
      text = prompt.substr(0, boundaries[i]);
    }
  }
  std::string_view best;
  for (const auto& [digest, entry] : counts)
    if (2 * entry.first > prompts.size() && entry.second.size() > best.size() &&
        entry.second.size() >= kMinPrefix)
      best = entry.second;
  return std::string(best);
}

PrefixProfile::PrefixProfile(std::string_view prefix) {
  if (prefix.empty()) return;
  whole_ = StableHash(prefix);
  tails_.push_back(whole_);
  for (size_t start : PromptBoundaries(prefix))
    if (start < prefix.size())
      tails_.push_back(StableHash(prefix.substr(start)));
}

PrefixProfile PrefixProfile::FromDigest(uint64_t whole) {
  PrefixProfile profile;
  profile.whole_ = whole;
  if (whole != 0) profile.tails_.push_back(whole);
  return profile;
}

PrefixProfile::Stripped PrefixProfile::Strip(std::string_view prompt) const {
  if (tails_.empty()) return {prompt, 0};
  const auto boundaries = PromptBoundaries(prompt);
  const auto digests = BeginningDigests(prompt, boundaries);
  for (size_t i = digests.size(); i-- > 0;) {
    if (std::find(tails_.begin(), tails_.end(), digests[i]) == tails_.end())
      continue;
    return {prompt.substr(boundaries[i]), digests[i] == whole_ ? whole_ : 0};
  }
  return {prompt, 0};
}

uint64_t ProblemDigest(std::string_view prompt) {
  std::string normal(prompt.size(), '\0');
  size_t size = 0;
  bool after_space = true;
  for (char c : prompt) {
    const bool space = ascii::IsTextSpace(c);
    normal[size] = space ? ' ' : c;
    size += !(space && after_space);
    after_space = space;
  }
  while (size > 0 && normal[size - 1] == ' ') --size;
  normal.resize(size);
  return normal.empty() ? 0 : StableHash(normal, 1);
}

uint64_t ProblemIdDigest(std::string_view id) {
  return id.empty() ? 0 : StableHash(id, 2);
}

std::string_view TaskKind(std::string_view prompt) {
  size_t best = kTaskHints.size();
  // Bits of the hints that come before the best one so far.
  uint32_t wanted = ~0u;
  for (size_t i = 0; i + 1 < prompt.size(); ++i) {
    uint32_t hints = kHintsOf[PairSlot(prompt[i], prompt[i + 1])] & wanted;
    for (; hints != 0; hints &= hints - 1) {
      const auto h = static_cast<size_t>(std::countr_zero(hints));
      if (i < kBeforeRare[h] ||
          !prompt.substr(i - kBeforeRare[h]).starts_with(kTaskHints[h].text))
        continue;
      best = h;
      wanted = (1u << h) - 1;
      break;
    }
  }
  if (best < kTaskHints.size()) return kTaskHints[best].kind;
  // The dollar sign is the last hint: it is one byte, so it has no pair.
  return prompt.find('$') != std::string_view::npos ? "mathematics" : "other";
}

std::vector<uint16_t> PromptTerms(std::string_view prompt) {
  if (prompt.empty()) return {};
  const std::string_view text = prompt.substr(0, kMaxTermBytes);
  std::vector<uint64_t> hashes;
  hashes.reserve(128);
  std::array<char, kMaxWord> word;
  for (size_t i = 0; i < text.size();) {
    size_t size = 0;
    int digits = 0;
    bool number = true;
    for (; i < text.size(); ++i) {
      const WordByte& b = kWordBytes[static_cast<unsigned char>(text[i])];
      if (b.kind == Kind::kBetween) break;
      if (size < kMaxWord) word[size++] = b.lower;
      digits += b.kind == Kind::kDigit;
      number = number && b.kind == Kind::kDigit;
    }
    if (size == 0) {
      ++i;
      continue;
    }
    // 17 and 23 are the same term: the length of a number matters, not its
    // value.
    hashes.push_back(
        number ? StableHash("#" + std::to_string(std::min(digits, 20)), 3)
               : StableHash(std::string_view(word.data(), size), 3));
  }
  hashes.push_back(StableHash(TaskKind(prompt), 4));
  hashes.push_back(
      StableHash(std::to_string(std::bit_width(prompt.size())), 5));
  if (hashes.size() > kMaxTerms) {
    DropRepeats(hashes);
    if (hashes.size() > kMaxTerms) {
      std::nth_element(hashes.begin(), hashes.begin() + kMaxTerms,
                       hashes.end());
      hashes.resize(kMaxTerms);
    }
  }
  // A set of bits sorts them and drops repeats.
  std::array<uint64_t, (size_t{1} << kTermBits) / 64> present{};
  for (uint64_t h : hashes) {
    const uint16_t term = Term(h * 0x9E3779B97F4A7C15ULL);
    present[term / 64] |= uint64_t{1} << (term % 64);
  }
  std::vector<uint16_t> terms;
  terms.reserve(hashes.size());
  for (size_t i = 0; i < present.size(); ++i)
    for (uint64_t bits = present[i]; bits != 0; bits &= bits - 1)
      terms.push_back(static_cast<uint16_t>(
          64 * i + static_cast<size_t>(std::countr_zero(bits))));
  return terms;
}

}  // namespace reasonwatch
