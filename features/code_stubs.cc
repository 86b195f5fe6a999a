// SPDX-License-Identifier: Apache-2.0
#include "features/code_stubs.h"

#include <algorithm>
#include <string>

#include "util/ascii.h"

namespace reasonwatch {
namespace {

constexpr std::string_view kOpeners[] = {"#",    "//", "/*", "--",
                                         "<!--", "%",  ";",  "{/*"};
// Words of comments that leave code out, in lower case.
constexpr std::string_view kPhrases[] = {"rest of",
                                         "goes here",
                                         "your code",
                                         "code here",
                                         "existing code",
                                         "existing method",
                                         "same as before",
                                         "omitted",
                                         "unchanged",
                                         "as before",
                                         "implementation here",
                                         "implement this",
                                         "to be implemented",
                                         "not implemented",
                                         "todo: implement",
                                         "other methods",
                                         "for brevity",
                                         "left as an exercise",
                                         "similar to above"};
// Bytes of a comment that are read.
constexpr size_t kCommentBytes = 96;

bool IsStub(std::string_view line) {
  line = ascii::Trim(line);
  if (line == "..." || line == "\xE2\x80\xA6") return true;
  const auto* const opener = std::ranges::find_if(
      kOpeners, [&](std::string_view open) { return line.starts_with(open); });
  if (opener == std::end(kOpeners)) return false;
  const std::string_view comment =
      ascii::Trim(line.substr(opener->size(), kCommentBytes));
  if (comment.starts_with("...") || comment.starts_with("\xE2\x80\xA6"))
    return true;
  std::string lower(comment);
  for (char& c : lower) c = ascii::Lower(c);
  return std::ranges::any_of(kPhrases, [&](std::string_view phrase) {
    return lower.find(phrase) != std::string::npos;
  });
}

// Calls take(line) for each line between the fences until it returns true.
template <typename F>
bool AnyLine(std::string_view text, std::span<const CodeSpan> code, F take) {
  for (const CodeSpan& span : code) {
    if (span.prose) continue;
    size_t at = text.find('\n', span.begin);
    while (at < span.end) {
      const size_t next = std::min(text.find('\n', at + 1), span.end);
      const std::string_view line = text.substr(at + 1, next - at - 1);
      if (!line.starts_with("```") && take(line)) return true;
      at = next;
    }
  }
  return false;
}

}  // namespace

bool HasCode(std::string_view text, std::span<const CodeSpan> code) {
  size_t lines = 0;
  return AnyLine(text, code, [&](std::string_view line) {
    lines += !ascii::Trim(line).empty();
    return lines >= 2;
  });
}

bool HasCodeStub(std::string_view text, std::span<const CodeSpan> code) {
  return AnyLine(text, code, IsStub);
}

}  // namespace reasonwatch
