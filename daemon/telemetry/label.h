// SPDX-License-Identifier: Apache-2.0
// Values from outside, made fit to be a Prometheus label value.
#ifndef REASONWATCH_DAEMON_TELEMETRY_LABEL_H_
#define REASONWATCH_DAEMON_TELEMETRY_LABEL_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace reasonwatch {

// A name of a model with its path fits.
inline constexpr size_t kMaxLabelValueBytes = 128;

// A sentence or an address fits.
inline constexpr size_t kMaxLabelTextBytes = 512;

// Cuts after `max_bytes` at a character and replaces bytes that are not
// UTF-8 by '?': a single bad label value makes Prometheus refuse the scrape.
std::string LabelValue(std::string_view value,
                       size_t max_bytes = kMaxLabelValueBytes);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_LABEL_H_
