// SPDX-License-Identifier: Apache-2.0
// The words of a request: the prompt among them, its kind of task, and digests
// by which prompts are compared after their text is gone.
//
// Pure; safe to call from several threads.
#ifndef REASONWATCH_FEATURES_PROMPT_H_
#define REASONWATCH_FEATURES_PROMPT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reasonwatch {

struct Response;

struct PromptText {
  std::string system;
  std::string user;        // the last user message
  bool tool_turn = false;  // the last message is a tool's result
  int32_t user_turns = 0;  // user messages so far; 0 = unknown
};

// Reads `messages_json` (OpenAI's chat form; parts of type text are joined) if
// there is one, else `prompt` and `system_prompt`. Messages that cannot be
// parsed leave `user` empty.
PromptText ReadPrompt(const Response& response);

// Returns ascending byte offsets after line breaks and sentence ends, at most
// `limit`: the places at which the usual prefix of a prompt may end. 32 reach
// through the usual instructions and bound the work for a long prompt.
std::vector<size_t> PromptBoundaries(std::string_view prompt,
                                     size_t limit = 32);

// Returns the digest of the text before each boundary.
std::vector<uint64_t> BeginningDigests(std::string_view prompt,
                                       const std::vector<size_t>& boundaries);

// Returns the longest beginning that more than half of `prompts` share, "" if
// there is none or if there are fewer than 20 prompts.
std::string SharedPrefix(const std::vector<std::string_view>& prompts);

// The text with which a model's prompts usually begin, known by digests only.
// Its tails are known too, because a client may drop the first part of a prefix
// and still send the rest.
class PrefixProfile {
 public:
  PrefixProfile() = default;
  explicit PrefixProfile(std::string_view prefix);
  // Makes a profile from the digest of the whole prefix alone, so its tails are
  // not recognised.
  static PrefixProfile FromDigest(uint64_t whole);

  struct Stripped {
    std::string_view rest;
    uint64_t prefix_digest = 0;  // of the whole prefix; 0 = not present
  };
  Stripped Strip(std::string_view prompt) const;
  bool empty() const { return tails_.empty(); }

 private:
  uint64_t whole_ = 0;
  std::vector<uint64_t> tails_;
};

// Digest by which a problem is recognised: each run of white space counts as
// one space, and the ends are trimmed. 0 for an empty prompt.
uint64_t ProblemDigest(std::string_view prompt);
// Digest of a problem that is known by its id only; 0 for an empty id.
uint64_t ProblemIdDigest(std::string_view id);

// Hashed words for the prompt regression: words in lower case, numbers by their
// count of digits, the kind of task, and the prompt's length in octaves.
// Ascending, without repeats, each under 4096. Keeps at most 64, those with the
// smallest hashes, so that two prompts which share words keep the same ones.
std::vector<uint16_t> PromptTerms(std::string_view prompt);

// Returns "code", "choice", "mathematics", "extraction", "translation" or
// "other", by rules on the words of the prompt.
std::string_view TaskKind(std::string_view prompt);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_PROMPT_H_
