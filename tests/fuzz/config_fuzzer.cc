// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as the configuration file. The result must be a status; an
// accepted configuration must print to a file that reads back to the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/app/config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Larger files only repeat the cases of small ones, and slow down the search.
  if (size > 16384) return 0;
  const auto config = reasonwatch::ParseConfig(
      std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!config.ok()) return 0;
  const std::string printed = reasonwatch::PrintConfig(*config);
  const auto again = reasonwatch::ParseConfig(printed, "printed");
  if (!again.ok() || reasonwatch::PrintConfig(*again) != printed) abort();
  return 0;
}
