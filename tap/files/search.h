// SPDX-License-Identifier: Apache-2.0
// Files by pattern, and files that were moved.
#ifndef REASONWATCH_TAP_FILES_SEARCH_H_
#define REASONWATCH_TAP_FILES_SEARCH_H_

#include <cstdint>
#include <functional>
#include <optional>
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

// The files of one folder, listed once: many marks are looked for in one
// listing. A file that is renamed while the folder is listed may be in no
// listing; the next one has it.
class FolderListing {
 public:
  // `path` is the path of a file in the folder, which need not be there.
  explicit FolderListing(const std::string& path);

  // Finds the file that continues the mark's under whatever name: the same
  // inode, or a copy. `taken` says which inodes are followed already. fd -1 if
  // there is none; sets `path` otherwise.
  OpenFile FindMoved(const FileMark& mark,
                     const std::function<bool(uint64_t inode)>& taken,
                     std::string& path);

 private:
  struct Entry {
    std::string path;
    uint64_t inode = 0;
    std::optional<std::string> beginning;  // read when it is first asked for
  };
  static bool IsCopy(Entry& entry, const FileMark& mark);

  std::vector<Entry> entries_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_FILES_SEARCH_H_
