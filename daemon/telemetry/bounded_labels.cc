// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/bounded_labels.h"

#include <algorithm>

#include "daemon/telemetry/label.h"

namespace reasonwatch {

std::string_view AsLabel(std::string_view raw, std::string& buffer) {
  if (raw.size() <= kMaxLabelValueBytes &&
      std::none_of(raw.begin(), raw.end(),
                   [](char c) { return (c & 0x80) != 0; })) {
    return raw;
  }
  buffer = LabelValue(raw);
  return buffer;
}

std::string BoundedReasons::Label(Metric metric, const std::string& other_label,
                                  std::string_view raw_reason, bool& overflow) {
  std::string reason = LabelValue(raw_reason);
  std::set<std::string>& known = known_[{metric, other_label}];
  overflow = !known.contains(reason) && known.size() >= kMaxReasons;
  if (overflow) return std::string(kOtherLabel);
  known.insert(reason);
  return reason;
}

}  // namespace reasonwatch
