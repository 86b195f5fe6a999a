// SPDX-License-Identifier: Apache-2.0
#include "features/symbols/code_spans.h"

#include <algorithm>

namespace reasonwatch {
namespace {

// Bounds the memory; answers with more fences are rare.
constexpr size_t kMaxSpans = 64;

bool IsFence(std::string_view text, size_t at) {
  if (text.substr(at, 3) != "```") return false;
  while (at > 0 &&
         (text[at - 1] == ' ' || text[at - 1] == '\t' || text[at - 1] == '>'))
    --at;
  return at == 0 || text[at - 1] == '\n';
}

bool IsProse(std::string_view info) {
  constexpr std::string_view kProse[] = {
      "json", "jsonl", "text", "txt",  "plaintext", "markdown",
      "md",   "tsv",   "csv",  "yaml", "html",      "xml"};
  while (!info.empty() && (info.back() == ' ' || info.back() == '\r'))
    info.remove_suffix(1);
  return std::find(std::begin(kProse), std::end(kProse), info) !=
         std::end(kProse);
}

}  // namespace

std::vector<CodeSpan> FindCodeSpans(std::string_view text) {
  std::vector<CodeSpan> spans;
  bool open = false;
  for (size_t at = text.find('`'); at != std::string_view::npos;
       at = text.find('`', at)) {
    size_t ticks_end = text.find_first_not_of('`', at);
    if (ticks_end == std::string_view::npos) ticks_end = text.size();
    if (ticks_end - at < 3 || !IsFence(text, at)) {
      at = ticks_end;
      continue;
    }
    if (open) {
      spans.back().end = ticks_end;
      open = false;
    } else {
      if (spans.size() == kMaxSpans) break;
      const size_t line_end = std::min(text.find('\n', at), text.size());
      const std::string_view info =
          text.substr(ticks_end, std::max(line_end, ticks_end) - ticks_end);
      spans.push_back({at, text.size(), IsProse(info),
                       info.find_first_not_of(" \r") == info.npos});
      open = true;
    }
    at = ticks_end;
  }
  return spans;
}

}  // namespace reasonwatch
