#include "formats/api/sse.h"

#include <string>

namespace reasonwatch {

void ForEachSseEvent(std::string_view body,
                     const std::function<void(std::string_view)>& on_data) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (body.starts_with(kByteOrderMark))
    body.remove_prefix(kByteOrderMark.size());
  std::string_view one_line;  // the usual event needs no copy
  std::string joined;
  int lines = 0;
  auto dispatch = [&] {
    if (lines > 0) on_data(lines == 1 ? one_line : std::string_view(joined));
    lines = 0;
  };
  size_t at = 0;
  while (at < body.size()) {
    size_t end = body.find_first_of("\r\n", at);
    if (end == std::string_view::npos) end = body.size();
    std::string_view line = body.substr(at, end - at);
    at = end + 1;
    if (end + 1 < body.size() && body[end] == '\r' && body[end + 1] == '\n')
      ++at;
    if (line.empty()) {
      dispatch();
      continue;
    }
    constexpr std::string_view kData = "data:";
    if (!line.starts_with(kData)) continue;
    line.remove_prefix(kData.size());
    if (line.starts_with(' ')) line.remove_prefix(1);
    if (lines == 0) {
      one_line = line;
    } else {
      if (lines == 1) joined = std::string(one_line);
      joined.push_back('\n');
      joined.append(line);
    }
    ++lines;
  }
  dispatch();
}

}  // namespace reasonwatch
