// SPDX-License-Identifier: Apache-2.0
// Whether the state that should survive a restart is saved.
#ifndef REASONWATCH_CORE_STORE_HEALTH_H_
#define REASONWATCH_CORE_STORE_HEALTH_H_

#include <cstdint>
#include <map>
#include <string>

namespace reasonwatch {

struct StoreHealth {
  // Why nothing is saved just now, "" = it is: the latest write failed, the
  // database's file is gone, or it is in memory only.
  std::string problem;
  bool writes_fail = false;  // and are kept and repeated
  bool file_gone = false;    // deleted or replaced while the daemon runs
  bool memory_only = false;  // the disk was full or read-only at the start
  bool at_limit = false;     // of storage.max_size, with nothing left to remove
  // Bytes of each table with its indexes, by name; counted about once an hour.
  std::map<std::string, int64_t> table_bytes;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_STORE_HEALTH_H_
