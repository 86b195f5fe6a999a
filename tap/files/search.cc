// SPDX-License-Identifier: Apache-2.0
#include "tap/files/search.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

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
  // NOLINTNEXTLINE(concurrency-mt-unsafe): unsafe for "~" only, not expanded.
  if (::glob(pattern.c_str(), GLOB_NOESCAPE, nullptr, &found) == 0)
    for (size_t i = 0; i < found.gl_pathc && paths.size() < kMaxPaths; ++i)
      paths.emplace_back(found.gl_pathv[i]);
  ::globfree(&found);
  return paths;
}

FolderListing::FolderListing(const std::string& path) {
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (const std::filesystem::directory_iterator end;
       !error && entry != end && entries_.size() < kMaxPaths;
       entry.increment(error)) {
    struct stat info = {};
    std::string name = entry->path().string();
    if (::stat(name.c_str(), &info) == 0 && S_ISREG(info.st_mode))
      entries_.push_back({std::move(name), info.st_ino, std::nullopt});
  }
}

bool FolderListing::IsCopy(Entry& entry, const FileMark& mark) {
  // A mark without a beginning fits every file.
  if (entry.inode == mark.inode || mark.prefix_bytes == 0) return false;
  if (!entry.beginning.has_value()) {
    bool unreadable = false;
    const OpenFile file = OpenToFollow(entry.path, unreadable);
    entry.beginning = file.fd < 0 ? "" : BeginningOf(file.fd);
    if (file.fd >= 0) ::close(file.fd);
  }
  return BeginsAs(*entry.beginning, mark);
}

OpenFile FolderListing::FindMoved(
    const FileMark& mark, const std::function<bool(uint64_t inode)>& taken,
    std::string& path) {
  for (const bool by_inode : {true, false})
    for (Entry& entry : entries_) {
      if (taken(entry.inode)) continue;
      if (by_inode ? entry.inode != mark.inode : !IsCopy(entry, mark)) continue;
      bool unreadable = false;
      const OpenFile file = OpenToFollow(entry.path, unreadable);
      if (file.fd < 0) continue;
      // The name may be another file's by now.
      if (!taken(file.inode) && Continues(file.fd, mark)) {
        path = entry.path;
        return file;
      }
      ::close(file.fd);
    }
  return {};
}

}  // namespace reasonwatch
