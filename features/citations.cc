// SPDX-License-Identifier: Apache-2.0
#include "features/citations.h"

#include <bitset>
#include <string_view>
#include <vector>

#include "core/scored.h"
#include "features/ending.h"
#include "features/symbols/code_spans.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

// Larger numbers are years and the like.
constexpr size_t kMaxNumber = 999;
// Bytes at the end of a prompt that are searched for its sources.
constexpr size_t kPromptBytes = size_t{128} << 10;
// Numbers of one bracket; a longer list is data.
constexpr size_t kMaxListed = 8;

using Numbers = std::bitset<kMaxNumber + 1>;

// The number at `at`, 0 if there is none that could be a source's; moves `at`
// behind it.
size_t NumberAt(std::string_view text, size_t& at) {
  size_t number = 0;
  size_t digits = 0;
  for (; at < text.size() && ascii::IsDigit(text[at]); ++at, ++digits)
    if (digits < 4) number = 10 * number + static_cast<size_t>(text[at] - '0');
  return digits > 3 ? 0 : number;
}

// Adds the numbers of the bracket that was opened before `at`. Returns whether
// it holds numbers only.
bool AddBracket(std::string_view text, size_t at, std::string_view close,
                Numbers& numbers) {
  Numbers listed;
  for (size_t n = 0; n < kMaxListed; ++n) {
    if (at < text.size() && text[at] == '^') ++at;
    const size_t number = NumberAt(text, at);
    if (number == 0 || number > kMaxNumber) return false;
    listed.set(number);
    const std::string_view rest = text.substr(at);
    if (rest.starts_with(close)) {
      numbers |= listed;
      return true;
    }
    if (rest.starts_with(", ")) {
      at += 2;
    } else if (rest.starts_with(",") || rest.starts_with("-")) {
      at += 1;
    } else if (rest.starts_with("\xE2\x80\x93")) {  // an en dash
      at += 3;
    } else {
      return false;
    }
  }
  return false;
}

// The numbers in brackets of `text` from `begin` to `end`.
void AddNumbers(std::string_view text, size_t begin, size_t end,
                Numbers& numbers) {
  constexpr std::string_view kWideOpen = "\xE3\x80\x90";  // U+3010
  constexpr std::string_view kWideClose = "\xE3\x80\x91";
  const std::string_view part = text.substr(0, end);
  for (size_t at = part.find('[', begin); at != std::string_view::npos;
       at = part.find('[', at + 1))
    AddBracket(part, at + 1, "]", numbers);
  for (size_t at = part.find(kWideOpen, begin); at != std::string_view::npos;
       at = part.find(kWideOpen, at + 1))
    AddBracket(part, at + kWideOpen.size(), kWideClose, numbers);
}

}  // namespace

void ReadCitations(const Trace& trace, const PromptText& prompt,
                   Scored& scored) {
  if (!trace.has_text || trace.tool_calls > 0 || scored.lower_bound ||
      WasCut(trace, TransportEnd::kComplete))
    return;
  std::string_view request = prompt.user;
  if (request.size() > kPromptBytes)
    request.remove_prefix(request.size() - kPromptBytes);
  if (request.find("[1]") == std::string_view::npos) return;
  Numbers cited;
  size_t at = 0;
  for (const CodeSpan& span : FindCodeSpans(trace.answer)) {
    AddNumbers(trace.answer, at, span.begin, cited);
    at = span.end;
  }
  AddNumbers(trace.answer, at, trace.answer.size(), cited);
  scored.reading(Feature::kCitations) = cited.any() ? 1.0F : 0.0F;
  if (cited.none()) return;
  Numbers sources;
  AddNumbers(request, 0, request.size(), sources);
  scored.reading(Feature::kCitationUnknown) =
      (cited & ~sources).any() ? 1.0F : 0.0F;
}

}  // namespace reasonwatch
