// SPDX-License-Identifier: Apache-2.0
// How far a file was read, and how to know the file again: by its inode and
// its beginning, whatever its name is by then.
#ifndef REASONWATCH_TAP_FILES_FILE_MARK_H_
#define REASONWATCH_TAP_FILES_FILE_MARK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reasonwatch {

struct FileMark {
  // Stable for the life of the file's content; a copy of it keeps the key.
  uint64_t key = 0;
  uint64_t inode = 0;
  // The first bytes never change in a file that only grows.
  int64_t prefix_bytes = 0;
  uint64_t prefix_hash = 0;
  int64_t offset = 0;  // the first byte that was not read
  std::string path;
  bool operator==(const FileMark&) const = default;
};

// Bytes of a file's beginning that are looked at.
inline constexpr int64_t kPrefixBytes = 4096;

// True for a JSON object and nothing else: such a last line is whole even
// without its line feed.
bool IsWholeDocument(std::string_view line);
// A hash of the first line without its line feed, or of its beginning; nullopt
// while the file has no whole line. `settled`: a document counts as a whole
// line without its line feed.
std::optional<uint64_t> KeyOf(int fd, uint64_t inode, bool settled);
// Extends the prefix by what is there by now, if it is still the same content.
void MarkPrefix(int fd, FileMark& mark);
// True if the file begins as it did and is at least as long as was read.
bool Continues(int fd, const FileMark& mark);
// The first kPrefixBytes of the file, or all of it if it is shorter.
std::string BeginningOf(int fd);
// True if a file with this beginning may be the one of the mark.
bool BeginsAs(std::string_view beginning, const FileMark& mark);

// One line a mark. Paths with a line feed are left out.
std::string WriteMarks(const std::vector<FileMark>& marks);
// Lines that can't be read are left out.
std::vector<FileMark> ReadMarks(std::string_view text);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_FILES_FILE_MARK_H_
