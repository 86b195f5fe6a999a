// SPDX-License-Identifier: Apache-2.0
#include "tap/http/rows.h"

#include <simdjson.h>

#include <string>

#include "util/ascii.h"
#include "util/json.h"

namespace reasonwatch {

void ForEachRecord(
    std::string_view body,
    const std::function<bool(int64_t number, std::string_view record)>& read) {
  body = ascii::Trim(body);
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (body.starts_with(kByteOrderMark))
    body = ascii::Trim(body.substr(kByteOrderMark.size()));
  int64_t number = 0;
  if (body.starts_with('[')) {
    simdjson::dom::parser parser;
    simdjson::dom::array records;
    if (ParseJson(parser, body).get(records) == simdjson::SUCCESS) {
      for (const simdjson::dom::element& record : records)
        if (!read(++number, std::string(simdjson::minify(record)))) return;
      return;
    }
  }
  // One document over several lines. Its first line alone is no JSON.
  const std::string_view first = ascii::Trim(body.substr(0, body.find('\n')));
  if (first.size() < body.size()) {
    simdjson::dom::parser parser;
    simdjson::dom::element line;
    simdjson::dom::element document;
    if (ParseJson(parser, first).get(line) != simdjson::SUCCESS &&
        ParseJson(parser, body).get(document) == simdjson::SUCCESS) {
      read(1, body);
      return;
    }
  }
  while (!body.empty()) {
    const size_t end = body.find('\n');
    const std::string_view line = ascii::Trim(body.substr(0, end));
    body.remove_prefix(end == body.npos ? body.size() : end + 1);
    ++number;
    if (!line.empty() && !read(number, line)) return;
  }
}

}  // namespace reasonwatch
