#include "features/prompt.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <map>

#include "core/strings.h"

namespace reasonwatch {
namespace {

constexpr size_t kMaxTerms = 64;
constexpr size_t kTermBits = 12;
// Only this much of a prompt is read for its words.
constexpr size_t kMaxTermBytes = 16384;
constexpr size_t kMinPromptsForPrefix = 20;
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

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

uint16_t Term(uint64_t hash) {
  return static_cast<uint16_t>(hash >> (64 - kTermBits));
}

bool Contains(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

}  // namespace

PromptText ReadPrompt(const Response& response) {
  PromptText prompt;
  prompt.system = response.system_prompt;
  if (response.messages_json.empty()) {
    prompt.user = response.prompt;
    return prompt;
  }
  // The parser keeps its buffers from call to call.
  thread_local simdjson::dom::parser parser;
  simdjson::dom::array messages;
  if (parser.parse(response.messages_json).get_array().get(messages) !=
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
  std::string normal;
  normal.reserve(prompt.size());
  for (char c : prompt) {
    if (!IsSpace(c)) {
      normal.push_back(c);
    } else if (!normal.empty() && normal.back() != ' ') {
      normal.push_back(' ');
    }
  }
  while (!normal.empty() && normal.back() == ' ') normal.pop_back();
  return normal.empty() ? 0 : StableHash(normal, 1);
}

uint64_t ProblemIdDigest(std::string_view id) {
  return id.empty() ? 0 : StableHash(id, 2);
}

std::string_view TaskKind(std::string_view prompt) {
  if (Contains(prompt, "```") || Contains(prompt, "def ") ||
      Contains(prompt, "#include") || Contains(prompt, "function"))
    return "code";
  if (Contains(prompt, "\nA) ") || Contains(prompt, "\n(A) ") ||
      Contains(prompt, "\nA. ") || Contains(prompt, "Options:"))
    return "choice";
  if (Contains(prompt, "ranslat")) return "translation";
  if (Contains(prompt, "xtract") || Contains(prompt, "ummar"))
    return "extraction";
  if (Contains(prompt, "$") || Contains(prompt, "alculate") ||
      Contains(prompt, "ow many") || Contains(prompt, "ow much") ||
      Contains(prompt, " solve") || Contains(prompt, "Solve") ||
      Contains(prompt, "equation"))
    return "mathematics";
  return "other";
}

std::vector<uint16_t> PromptTerms(std::string_view prompt) {
  if (prompt.empty()) return {};
  std::string_view text = prompt.substr(0, kMaxTermBytes);
  std::vector<uint64_t> hashes;
  std::string word;
  int digits = 0;
  bool number = true;
  const auto flush = [&] {
    if (word.empty()) return;
    if (number) {
      // 17 and 23 are the same word: how long numbers are matters, not which.
      word = "#" + std::to_string(std::min(digits, 20));
    }
    hashes.push_back(StableHash(word, 3));
    word.clear();
    digits = 0;
    number = true;
  };
  for (char c : text) {
    const auto u = static_cast<unsigned char>(c);
    const bool digit = u >= '0' && u <= '9';
    const bool letter = (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z');
    if (digit || letter || u >= 0x80) {
      if (word.size() < 48)
        word.push_back(u >= 'A' && u <= 'Z' ? static_cast<char>(c + 32) : c);
      digits += digit;
      number = number && digit;
    } else {
      flush();
    }
  }
  flush();
  hashes.push_back(StableHash(TaskKind(prompt), 4));
  hashes.push_back(
      StableHash(std::to_string(std::bit_width(prompt.size())), 5));
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  if (hashes.size() > kMaxTerms) hashes.resize(kMaxTerms);
  std::vector<uint16_t> terms;
  terms.reserve(hashes.size());
  for (uint64_t h : hashes) terms.push_back(Term(h * 0x9E3779B97F4A7C15ULL));
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
  return terms;
}

}  // namespace reasonwatch
