// SPDX-License-Identifier: Apache-2.0
#include "tap/files/search.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace reasonwatch {
namespace {

constexpr size_t kMaxPaths = 4096;  // bounds a pattern that fits everything

}  // namespace

OpenFile OpenToFollow(const std::string& path, bool& unreadable) {
  OpenFile file;
  // A pipe without a writer would block otherwise.
  file.fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file.fd < 0) {
    unreadable = errno != ENOENT;
    return file;
  }
  struct stat info = {};
  if (::fstat(file.fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    unreadable = true;
    ::close(file.fd);
    file.fd = -1;
    return file;
  }
  file.inode = info.st_ino;
  return file;
}

std::vector<std::string> PathsOf(const std::string& pattern) {
  std::vector<std::string> paths;
  glob_t found = {};
  if (::glob(pattern.c_str(), GLOB_NOESCAPE, nullptr, &found) == 0)
    for (size_t i = 0; i < found.gl_pathc && paths.size() < kMaxPaths; ++i)
      paths.emplace_back(found.gl_pathv[i]);
  ::globfree(&found);
  return paths;
}

OpenFile FindMoved(const FileMark& mark,
                   const std::function<bool(uint64_t inode)>& taken,
                   std::string& path) {
  const std::filesystem::path old(mark.path);
  const std::filesystem::path folder =
      old.has_parent_path() ? old.parent_path() : std::filesystem::path(".");
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  OpenFile best;
  size_t seen = 0;
  const std::filesystem::directory_iterator end;
  for (; !error && entries != end && seen < kMaxPaths;
       entries.increment(error), ++seen) {
    bool unreadable = false;
    OpenFile file = OpenToFollow(entries->path().string(), unreadable);
    if (file.fd < 0) continue;
    const bool better =
        !taken(file.inode) && Continues(file.fd, mark) &&
        // A mark without a beginning fits every file.
        (file.inode == mark.inode || (best.fd < 0 && mark.prefix_bytes > 0));
    if (!better) {
      ::close(file.fd);
      continue;
    }
    if (best.fd >= 0) ::close(best.fd);
    best = file;
    path = entries->path().string();
  }
  return best;
}

}  // namespace reasonwatch
