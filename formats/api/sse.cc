// SPDX-License-Identifier: Apache-2.0
#include "formats/api/sse.h"

#include <algorithm>

namespace reasonwatch {
namespace {

constexpr std::string_view kData = "data:";

}  // namespace

void SseParser::Feed(std::string_view chunk, OnData on_data) {
  // The place of the next one of each, looked for again only when passed.
  size_t lf = chunk.find('\n');
  size_t cr = chunk.find('\r');
  size_t at = 0;
  while (at < chunk.size()) {
    if (after_cr_) {
      after_cr_ = false;
      if (chunk[at] == '\n') {
        ++at;
        continue;
      }
    }
    if (lf < at) lf = chunk.find('\n', at);
    if (cr < at) cr = chunk.find('\r', at);
    const size_t end = std::min(lf, cr);
    if (end == std::string_view::npos) {
      HoldLine(chunk.substr(at));
      break;
    }
    const std::string_view line = chunk.substr(at, end - at);
    after_cr_ = end == cr;
    at = end + 1;
    if (line_held_) {
      HoldLine(line);
      EndHeldLine(on_data);
    } else {
      TakeLine(line, line.size(), on_data);
    }
  }
  HoldData();
}

void SseParser::Finish(OnData on_data) {
  if (line_held_) EndHeldLine(on_data);
  Dispatch(on_data);
}

void SseParser::HoldLine(std::string_view part) {
  line_held_ = true;
  line_length_ += part.size();
  line_.append(part.substr(0, max_bytes_ - std::min(max_bytes_, line_.size())));
}

void SseParser::EndHeldLine(OnData on_data) {
  TakeLine(line_, line_length_, on_data);
  // The line may be the event's only one.
  HoldData();
  line_.clear();
  line_length_ = 0;
  line_held_ = false;
}

// `length` is that of the whole line, of which `line` may be the beginning.
void SseParser::TakeLine(std::string_view line, size_t length, OnData on_data) {
  if (length == 0) return Dispatch(on_data);
  if (!line.starts_with(kData)) return;
  line.remove_prefix(kData.size());
  if (line.starts_with(' ')) line.remove_prefix(1);
  TakeData(line, length);
}

void SseParser::TakeData(std::string_view data, size_t line_length) {
  ++lines_;
  event_bytes_ += static_cast<int64_t>(line_length);
  if (line_length > max_bytes_ ||
      (lines_ > 1 &&
       (held_ ? data_.size() : one_line_.size()) + 1 + data.size() >
           max_bytes_)) {
    too_large_ = true;
    data_.clear();
    held_ = true;
  }
  if (too_large_) return;
  if (lines_ == 1) {
    one_line_ = data;
    return;
  }
  HoldData();
  data_.push_back('\n');
  data_.append(data);
}

void SseParser::HoldData() {
  if (lines_ == 0 || held_) return;
  data_.assign(one_line_);
  held_ = true;
}

void SseParser::Dispatch(OnData on_data) {
  if (too_large_) {
    dropped_bytes_ += event_bytes_;
  } else if (lines_ > 0) {
    on_data(held_ ? std::string_view(data_) : one_line_);
  }
  lines_ = 0;
  event_bytes_ = 0;
  too_large_ = false;
  held_ = false;
  data_.clear();
}

}  // namespace reasonwatch
