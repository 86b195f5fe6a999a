// SPDX-License-Identifier: Apache-2.0
// Files by pattern, and files that were moved.
#ifndef REASONWATCH_TAP_FILES_SEARCH_H_
#define REASONWATCH_TAP_FILES_SEARCH_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tap/files/file_mark.h"

namespace reasonwatch {

// An open regular file; whoever has it closes it.
struct OpenFile {
  int fd = -1;
  uint64_t inode = 0;
};
// fd -1 if it can't be read or is no regular file; `unreadable` is set only if
// it is there.
OpenFile OpenToFollow(const std::string& path, bool& unreadable);

// Paths that fit the pattern, in order; at most 4096.
std::vector<std::string> PathsOf(const std::string& pattern);

// Looks in the folder of the mark's path for the file that continues it under
// another name: the same inode, or a copy. `taken` says which inodes are
// followed already. fd -1 if there is none; sets the new path.
OpenFile FindMoved(const FileMark& mark,
                   const std::function<bool(uint64_t inode)>& taken,
                   std::string& path);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_FILES_SEARCH_H_
