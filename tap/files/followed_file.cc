// SPDX-License-Identifier: Apache-2.0
#include "tap/files/followed_file.h"

#include <unistd.h>

#include <cstddef>
#include <utility>

#include "absl/time/clock.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

constexpr size_t kChunk = size_t{1} << 20;

}  // namespace

FollowedFile::FollowedFile(int fd, FileMark mark, const FollowedPath& source)
    : fd_(fd), mark_(std::move(mark)), source_(source), grown_(absl::Now()) {}

FollowedFile::~FollowedFile() { ::close(fd_); }

void FollowedFile::Advance(int64_t offset) {
  mark_.offset = offset;
  MarkPrefix(fd_, mark_);
}

FollowedFile::Outcome FollowedFile::Read(int64_t max_line,
                                         const OnLine& on_line) {
  const size_t had = buffer_.size();
  buffer_.resize(had + kChunk);
  const ssize_t n = ::pread(
      fd_, buffer_.data() + had, kChunk,
      static_cast<off_t>(mark_.offset + skipping_ + static_cast<int64_t>(had)));
  buffer_.resize(had + (n > 0 ? static_cast<size_t>(n) : 0));
  // Looked at after the bytes were read: if the file is still the same now, it
  // was the same then.
  if (!ended && !Continues(fd_, mark_)) {
    buffer_.resize(had);
    return Outcome::kReplaced;
  }
  if (n > 0) grown_ = absl::Now();

  size_t begin = 0;
  while (true) {
    const size_t end = buffer_.find('\n', begin);
    if (end == std::string::npos) break;
    if (skipping_ > 0) {
      ++skipped_lines_;
      Advance(mark_.offset + skipping_ + static_cast<int64_t>(end + 1));
      skipping_ = 0;
    } else {
      const std::string_view line =
          std::string_view(buffer_).substr(begin, end - begin);
      if (!on_line(mark_.offset, line)) {
        // The rest is read again, so that a wait holds no memory.
        buffer_.clear();
        return Outcome::kAll;
      }
      Advance(mark_.offset + static_cast<int64_t>(end + 1 - begin));
    }
    begin = end + 1;
  }
  buffer_.erase(0, begin);
  if (skipping_ > 0 || static_cast<int64_t>(buffer_.size()) > max_line) {
    skipping_ += static_cast<int64_t>(buffer_.size());
    buffer_.clear();
  }
  return n == static_cast<ssize_t>(kChunk) ? Outcome::kMore : Outcome::kAll;
}

void FollowedFile::ReadLastLine(const OnLine& on_line) {
  if (buffer_.empty() || skipping_ > 0) return;
  if (!IsWholeDocument(buffer_) || !on_line(mark_.offset, ascii::Trim(buffer_)))
    return;
  Advance(mark_.offset + static_cast<int64_t>(buffer_.size()));
  buffer_.clear();
}

}  // namespace reasonwatch
