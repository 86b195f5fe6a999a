// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/format_notice.h"

#include <algorithm>
#include <string>

namespace reasonwatch {

void FormatNotice::Count(bool unknown, std::string_view shape) {
  notice_.Count(unknown);
  snapshot_.ratio = notice_.ratio();
  snapshot_.notice = notice_.open();
  auto& shapes = snapshot_.shapes;
  if (unknown && !shape.empty() &&
      std::find(shapes.begin(), shapes.end(), shape) == shapes.end()) {
    if (shapes.size() == 2) shapes.erase(shapes.begin());
    shapes.emplace_back(shape);
  }
  if (!notice_.any()) shapes.clear();
}

}  // namespace reasonwatch
