#include "daemon/pipeline/format_notice.h"

#include <algorithm>
#include <string>

namespace reasonwatch {

void FormatNotice::Count(bool unknown, std::string_view shape) {
  uint8_t& slot = ring_[next_];
  next_ = (next_ + 1) % kWindow;
  unknown_ -= slot;
  slot = unknown ? 1 : 0;
  unknown_ += slot;
  seen_ = std::min(seen_ + 1, kWindow);
  snapshot_.ratio = static_cast<double>(unknown_) / static_cast<double>(seen_);
  auto& shapes = snapshot_.shapes;
  if (unknown && !shape.empty() &&
      std::find(shapes.begin(), shapes.end(), shape) == shapes.end()) {
    if (shapes.size() == 2) shapes.erase(shapes.begin());
    shapes.emplace_back(shape);
  }
  if (unknown_ == 0) shapes.clear();
  if (seen_ >= kLeast && snapshot_.ratio > kOpens) snapshot_.notice = true;
  if (snapshot_.ratio <= kCloses) snapshot_.notice = false;
}

}  // namespace reasonwatch
