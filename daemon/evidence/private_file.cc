// SPDX-License-Identifier: Apache-2.0
#include "daemon/evidence/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_format.h"

namespace reasonwatch {
namespace {

absl::Status ErrnoStatus(const std::string& path) {
  return absl::UnavailableError(
      absl::StrFormat("%s: %s", path, std::strerror(errno)));
}

// Writes all of it to a new file of mode 0600.
absl::Status WriteNew(const std::string& path, const std::string& text) {
  ::unlink(path.c_str());
  const int fd =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
             S_IRUSR | S_IWUSR);
  if (fd < 0) return ErrnoStatus(path);
  for (size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const absl::Status status = ErrnoStatus(path);
      ::close(fd);
      ::unlink(path.c_str());
      return status;
    }
    done += static_cast<size_t>(n);
  }
  const bool synced = ::fsync(fd) == 0;
  if (::close(fd) != 0 || !synced) return ErrnoStatus(path);
  return absl::OkStatus();
}

}  // namespace

absl::Status WritePrivateFile(const std::string& path,
                              const std::string& text) {
  const std::string fresh = path + ".new";
  const absl::Status written = WriteNew(fresh, text);
  if (!written.ok()) return written;
  if (::rename(fresh.c_str(), path.c_str()) != 0) return ErrnoStatus(path);
  return absl::OkStatus();
}

}  // namespace reasonwatch
