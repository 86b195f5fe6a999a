// SPDX-License-Identifier: Apache-2.0
// Readings that need neither a language nor a comparison: lengths in tokens,
// the form of the answer (steps, box, tag, code, JSON), and the state of the
// reasoning markers.
//
// A reading is 0 or 1, or a logarithm of tokens, or kNoReading if the response
// does not allow one. The rule for absence: a mark that is present is always
// reported; a mark that is absent is reported only if the text is whole,
// because the missing part could have held it.
//
// Order: helpers on bytes, one finder for each mark, then the functions of the
// header; ReadTrace() is last and calls all others.
#include "features/readings.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>

#include "core/scored.h"
#include "features/counts.h"
#include "features/ending.h"
#include "util/ascii.h"
#include "util/load.h"

namespace reasonwatch {
namespace {

using ascii::IsAlnum;
using ascii::IsTextSpace;
using ascii::Lower;

// Bytes. A longer text that ends in the middle of a sentence was cut off,
// whichever reason the server gave; a shorter one may just be terse.
constexpr size_t kCutFrom = 1000;
// Bytes. A longer marked answer is a text of its own, and cannot be given
// before the reasoning.
constexpr size_t kMaxDirectAnswer = 48;

float Log2Tokens(int64_t tokens) {
  return static_cast<float>(
      std::log2(1.0 + static_cast<double>(std::max<int64_t>(tokens, 0))));
}

size_t FindNoCase(std::string_view text, std::string_view lower) {
  for (size_t i = 0; i + lower.size() <= text.size(); ++i) {
    const void* hit = std::memchr(text.data() + i, lower[0],
                                  text.size() - i - lower.size() + 1);
    if (hit == nullptr) break;
    i = static_cast<size_t>(static_cast<const char*>(hit) - text.data());
    size_t j = 1;
    while (j < lower.size() && Lower(text[i + j]) == lower[j]) ++j;
    if (j == lower.size()) return i;
  }
  return std::string_view::npos;
}

bool Has(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

// Finds "Step 1", "**Step 2:**", "### Step 3" at the beginning of a line.
// Searches for the "p", the rarest letter of the word.
bool HasSteps(std::string_view text) {
  for (size_t p = text.find('p', 3); p != std::string_view::npos;
       p = text.find('p', p + 1)) {
    if (p + 2 >= text.size()) break;
    if (text[p - 1] != 'e' || text[p - 2] != 't' || text[p + 1] != ' ' ||
        Lower(text[p - 3]) != 's' || text[p + 2] < '0' || text[p + 2] > '9')
      continue;
    size_t i = p - 3;
    while (i > 0 && (text[i - 1] == '*' || text[i - 1] == '#' ||
                     text[i - 1] == ' ' || text[i - 1] == '-'))
      --i;
    if (i == 0 || text[i - 1] == '\n') return true;
  }
  return false;
}

// Finds an object with a quoted key, such as {"answer": ... A key has at most
// 64 bytes.
bool HasJsonKeys(std::string_view text) {
  for (size_t at = text.find('{'); at != std::string_view::npos;
       at = text.find('{', at + 1)) {
    size_t i = at + 1;
    while (i < text.size() && IsTextSpace(text[i])) ++i;
    if (i >= text.size() || text[i] != '"') continue;
    const size_t close = text.find('"', i + 1);
    if (close == std::string_view::npos || close > i + 64) continue;
    i = close + 1;
    while (i < text.size() && IsTextSpace(text[i])) ++i;
    if (i < text.size() && text[i] == ':') return true;
  }
  return false;
}

bool EndsOpen(std::string_view text) {
  while (!text.empty() && IsTextSpace(text.back())) text.remove_suffix(1);
  if (text.size() < kCutFrom) return false;
  const char last = text.back();
  return IsAlnum(last) || last == ',' || last == '-' || last == '(' ||
         last == '=' || last == '+';
}

// Returns the end of the first two sentences.
size_t EndOfTwoSentences(std::string_view text) {
  int sentences = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool next_space = i + 1 >= text.size() || IsTextSpace(text[i + 1]);
    const bool end = ((c == '.' || c == '?' || c == '!') && next_space) ||
                     (c == '\n' && i > 0 && text[i - 1] != '\n');
    if (end && ++sentences == 2) return i + 1;
  }
  return text.size();
}

bool HasToken(std::string_view text, std::string_view token) {
  for (size_t at = text.find(token); at != std::string_view::npos;
       at = text.find(token, at + 1)) {
    const size_t end = at + token.size();
    const bool left = at == 0 || !IsAlnum(text[at - 1]) || !IsAlnum(token[0]);
    const bool right =
        end >= text.size() || !IsAlnum(text[end]) || !IsAlnum(token.back());
    if (left && right) return true;
  }
  return false;
}

// The server's counts where they are to be believed, else our estimates, which
// are read in any case: so that lengths of one source can be compared.
void ReadLengths(const Trace& trace, std::string_view reasoning,
                 Scored& scored) {
  const CountCheck check = CheckCounts(trace);
  const bool blank =
      std::all_of(reasoning.begin(), reasoning.end(), IsTextSpace);
  scored.lengths.counts_agree = check.all;
  if (check.own.output.has_value())
    scored.reading(Feature::kEstimatedOutputTokens) =
        Log2Tokens(*check.own.output + trace.dropped_bytes / 4);
  if (check.own.reasoning.has_value())
    scored.reading(Feature::kEstimatedReasoningTokens) =
        blank ? 0 : Log2Tokens(*check.own.reasoning);

  scored.lengths.output_estimated =
      !check.output_counts && check.own.output.has_value();
  scored.reading(Feature::kOutputTokens) =
      check.output_counts ? Log2Tokens(*trace.usage.output_tokens)
                          : scored.reading(Feature::kEstimatedOutputTokens);
  scored.lengths.reasoning_estimated =
      !check.reasoning_counts && check.own.reasoning.has_value();
  scored.reading(Feature::kReasoningTokens) =
      check.reasoning_counts
          ? Log2Tokens(*trace.usage.reasoning_tokens)
          : scored.reading(Feature::kEstimatedReasoningTokens);

  if (check.reasoning_counts) {
    scored.reading(Feature::kZeroThinking) =
        *trace.usage.reasoning_tokens == 0 && reasoning.empty() ? 1.0F : 0.0F;
  } else if (check.own.reasoning.has_value()) {
    scored.reading(Feature::kZeroThinking) = blank ? 1.0F : 0.0F;
  }
}

// A source without reasoning does not show where the model puts it.
void ReadSource(const Trace& trace, Scored& scored) {
  const ReasoningSource source = trace.source;
  if (trace.reasoning_hidden && source == ReasoningSource::kNone) return;
  const bool both = source == ReasoningSource::kBoth;
  scored.reading(Feature::kThinkTags) =
      both || source == ReasoningSource::kInText ? 1.0F : 0.0F;
  scored.reading(Feature::kReasoningField) =
      both || source == ReasoningSource::kField ? 1.0F : 0.0F;
}

}  // namespace

int64_t EstimateTokens(std::string_view text) {
  // Read 16 bytes at a time; each place has a counter of one byte, so the
  // counters are added up after 255 rounds at most. A byte of 0x80 and above is
  // not ASCII; one of 0xC0 and above begins a character.
  int64_t high = 0;
  int64_t others = 0;
  size_t i = 0;
  while (i + sizeof(Bytes) <= text.size()) {
    Bytes high_counts = {};
    Bytes other_counts = {};
    for (int n = 0; n < 255 && i + sizeof(Bytes) <= text.size(); ++n) {
      const Bytes bytes = LoadBytes(text.data() + i);
      high_counts -= std::bit_cast<Bytes>(bytes >= 0x80);
      other_counts -= std::bit_cast<Bytes>(bytes >= 0xC0);
      i += sizeof(Bytes);
    }
    high += SumOf(high_counts);
    others += SumOf(other_counts);
  }
  for (; i < text.size(); ++i) {
    const auto u = static_cast<unsigned char>(text[i]);
    high += u >= 0x80;
    others += u >= 0xC0;
  }
  const int64_t ascii = static_cast<int64_t>(text.size()) - high;
  return (ascii + 3) / 4 + (2 * others + 2) / 3;
}

int CountSentences(std::string_view text, int limit) {
  int count = 0;
  bool pending = false;  // text since the last end
  for (size_t i = 0; i < text.size() && count < limit; ++i) {
    bool end = false;
    switch (text[i]) {
      case ' ':
      case '\t':
      case '\r':
        continue;
      case '\n':
        end = true;
        break;
      case '.':
      case '?':
      case '!':
        end = i + 1 >= text.size() || IsTextSpace(text[i + 1]);
        break;
      // Full stops of Chinese and Japanese: U+3002, U+FF01, U+FF1F.
      case '\xE3':
        end = text.substr(i + 1, 2) == "\x80\x82";
        i += end ? 2 : 0;
        break;
      case '\xEF': {
        const std::string_view rest = text.substr(i + 1, 2);
        end = rest == "\xBC\x81" || rest == "\xBC\x9F";
        i += end ? 2 : 0;
        break;
      }
      default:
        break;
    }
    if (end) count += pending;
    pending = !end;
  }
  return count + pending;
}

void ReadTrace(const Trace& trace, std::string_view final_answer,
               Scored& scored) {
  const auto set = [&](Feature f, bool value) {
    scored.reading(f) = value ? 1.0F : 0.0F;
  };
  const std::string_view reasoning = trace.reasoning.has_value()
                                         ? std::string_view(*trace.reasoning)
                                         : std::string_view();
  const std::string_view answer = trace.answer;

  ReadLengths(trace, reasoning, scored);
  if (!trace.finish_reason.empty())
    set(Feature::kFinishLength,
        FinishOf(trace.finish_reason) == Finish::kLength);
  if (!trace.has_text) return;

  const std::string_view chain = reasoning.empty() ? answer : reasoning;
  // A tool call needs neither a chain nor a marker.
  if (trace.tool_calls > 0 && answer.empty()) return;
  if (!trace.reasoning_hidden)
    set(Feature::kSingleSentence, CountSentences(chain, 2) <= 1);
  if (!trace.reasoning_hidden && !final_answer.empty() &&
      final_answer.size() <= kMaxDirectAnswer)
    set(Feature::kDirectAnswer,
        HasToken(chain.substr(0, EndOfTwoSentences(chain)), final_answer));

  ReadSource(trace, scored);
  // A text that was cut off before its closing marker proves nothing about the
  // marker; kCutInTransport and kFinishLength report the cut.
  const bool cut_short =
      WasCut(trace, scored.lower_bound ? TransportEnd::kUpstreamReset
                                       : TransportEnd::kComplete);
  const bool cut = cut_short || EndsOpen(answer) || answer.empty();
  const bool unclosed = trace.marker_state == MarkerState::kUnclosed;
  if (!unclosed || !cut_short) set(Feature::kUnclosed, unclosed);
  set(Feature::kDoubled, trace.marker_state == MarkerState::kDoubled);
  set(Feature::kLeaked, trace.marker_state == MarkerState::kLeaked ||
                            trace.marker_state == MarkerState::kStripped);
  set(Feature::kSplitDiffers, trace.split_differs);
  set(Feature::kUnknownFormat, trace.format == "unknown");

  const auto set_unless_cut = [&](Feature f, bool present) {
    if (present || !cut) set(f, present);
  };
  set_unless_cut(Feature::kSteps, HasSteps(answer) || HasSteps(reasoning));
  set_unless_cut(Feature::kBoxed,
                 Has(answer, "\\boxed") || Has(answer, "\\fbox"));
  set_unless_cut(Feature::kAnswerTag,
                 FindNoCase(answer, "<answer>") != std::string_view::npos);
  set_unless_cut(Feature::kCodeFence, Has(answer, "```"));
  set_unless_cut(Feature::kJsonKeys, HasJsonKeys(answer));
}

}  // namespace reasonwatch
