// Values from outside, made fit to be a Prometheus label value.
#ifndef REASONWATCH_DAEMON_EXPORT_LABEL_H_
#define REASONWATCH_DAEMON_EXPORT_LABEL_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace reasonwatch {

inline constexpr size_t kMaxLabelBytes = 128;

// Cuts after kMaxLabelBytes at a character and replaces bytes that are not
// UTF-8 by '?': a single bad label value makes Prometheus refuse the scrape.
std::string LabelValue(std::string_view value);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_EXPORT_LABEL_H_
