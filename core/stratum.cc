// SPDX-License-Identifier: Apache-2.0
#include "core/stratum.h"

#include <initializer_list>

namespace reasonwatch {

uint64_t Stratum::Key() const {
  uint64_t key = 0;
  for (uint8_t part : {intent, task, fill, turn, tool, prompt_length, language})
    key = key << 8 | part;
  return key;
}

}  // namespace reasonwatch
