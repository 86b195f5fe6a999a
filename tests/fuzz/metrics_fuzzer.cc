// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as the metrics of a server, and as the name of a counter up
// to the first line feed. A total must be a number that a counter can have.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/coverage/served_counter.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string_view counter :
       {std::string_view(), text.substr(0, text.find('\n'))}) {
    const auto served = reasonwatch::ReadServed(text, counter);
    if (served.ok() && (!std::isfinite(served->total) || served->total < 0 ||
                        served->counter.empty()))
      abort();
  }
  return 0;
}
