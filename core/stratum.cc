// SPDX-License-Identifier: Apache-2.0
#include "core/stratum.h"

#include <initializer_list>

namespace reasonwatch {

uint64_t Stratum::Key() const {
  // The kind comes first, so that the keys without one are as they were stored.
  uint64_t key = kind;
  for (uint8_t part : {intent, task, fill, turn, tool, prompt_length, language})
    key = key << 8 | part;
  return key;
}

}  // namespace reasonwatch
