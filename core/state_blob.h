// SPDX-License-Identifier: Apache-2.0
// Detector state as bytes.
#ifndef REASONWATCH_CORE_STATE_BLOB_H_
#define REASONWATCH_CORE_STATE_BLOB_H_

#include <cstdint>
#include <string>

namespace reasonwatch {

// A named piece of detector state. The bytes are the owner's business.
struct StateBlob {
  std::string kind;  // "watch", "reference_rows/3"
  std::string key;   // model
  int32_t version = 1;
  std::string bytes;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_STATE_BLOB_H_
