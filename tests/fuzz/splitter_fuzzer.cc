// A text cut anywhere is split as the whole. First bytes: format, thinking,
// place of the first cut, size of further pieces; the rest is the text.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "formats/formats.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kHead = 4;
  if (size < kHead) return 0;
  const std::vector<std::string_view> names = reasonwatch::FormatNames();
  const size_t choice = data[0] % (names.size() + 1);
  const std::string_view format = choice == 0 ? "auto" : names[choice - 1];
  const auto thinking = static_cast<reasonwatch::Thinking>(data[1] % 3);
  const std::string_view text(reinterpret_cast<const char*>(data) + kHead,
                              size - kHead);
  const auto whole = reasonwatch::SplitText(format, "m", thinking, text);
  reasonwatch::StreamSplitter splitter(format, "m", thinking);
  const size_t first = std::min<size_t>(data[2], text.size());
  splitter.Feed(text.substr(0, first));
  const size_t step = size_t{data[3]} + 1;
  for (size_t at = first; at < text.size(); at += step)
    splitter.Feed(text.substr(at, step));
  if (splitter.Finish() != whole) std::abort();
  // Markers go, nothing comes: but for blocks joined by line feeds, each of
  // which replaces a marker, and a start marker put back.
  if (whole.answer.size() + whole.reasoning.value_or("").size() >
      text.size() + std::string_view("<think>").size())
    std::abort();
  return 0;
}
