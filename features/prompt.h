// The request's words: which of them are the prompt, what they are about, and
// the digests by which prompts are compared without keeping their text.
//
// Pure; safe to call from several threads.
#ifndef REASONWATCH_FEATURES_PROMPT_H_
#define REASONWATCH_FEATURES_PROMPT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/response.h"

namespace reasonwatch {

struct PromptText {
  std::string system;
  std::string user;        // the last user message
  bool tool_turn = false;  // the last message is a tool's result
  int32_t user_turns = 0;  // user messages so far; 0 = unknown
};

// From prompt, or messages_json (OpenAI chat form; parts of type text are
// joined), and system_prompt. Messages that can't be read leave user empty.
PromptText ReadPrompt(const Response& response);

// Ends of the prompt's beginnings: after line breaks and sentence ends, at most
// `limit`, ascending byte offsets.
std::vector<size_t> PromptBoundaries(std::string_view prompt,
                                     size_t limit = 32);

// Digests of the text before each boundary.
std::vector<uint64_t> BeginningDigests(std::string_view prompt,
                                       const std::vector<size_t>& boundaries);

// The longest beginning that more than half of `prompts` share ("" = none).
// Needs 20 prompts.
std::string SharedPrefix(const std::vector<std::string_view>& prompts);

// A stream's usual prefix, known by digests only: of itself and of its tails,
// because a part of it may be lost and the rest still be sent.
class PrefixProfile {
 public:
  PrefixProfile() = default;
  explicit PrefixProfile(std::string_view prefix);
  // From the digest of the whole alone; its tails are then not known.
  static PrefixProfile FromDigest(uint64_t whole);

  struct Stripped {
    std::string_view rest;
    uint64_t prefix_digest = 0;  // of the whole usual prefix, 0 = not there
  };
  Stripped Strip(std::string_view prompt) const;
  bool empty() const { return tails_.empty(); }

 private:
  uint64_t whole_ = 0;
  std::vector<uint64_t> tails_;
};

// Digest of a prompt by which a problem is recognised: white space collapsed,
// ends trimmed. 0 for an empty prompt.
uint64_t ProblemDigest(std::string_view prompt);
// Digest of a problem that is known by its id only.
uint64_t ProblemIdDigest(std::string_view id);

// Hashed words for the prompt regression: lower-cased words, numbers by their
// count of digits, and the prompt's length in octaves and kind of task;
// ascending, without repeats, at most 64 (the smallest hashes, so that prompts
// that share words share the kept ones). Values under 4096.
std::vector<uint16_t> PromptTerms(std::string_view prompt);

// "code", "choice", "mathematics", "extraction", "translation", "other", by
// rules on the prompt.
std::string_view TaskKind(std::string_view prompt);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_PROMPT_H_
