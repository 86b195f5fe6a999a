// SPDX-License-Identifier: Apache-2.0
#include "tap/files/file_mark.h"

#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>

#include "util/ascii.h"
#include "util/json.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

std::string Beginning(int fd, int64_t bytes) {
  std::string text(static_cast<size_t>(bytes), '\0');
  size_t have = 0;
  while (have < text.size()) {
    const ssize_t n = ::pread(fd, text.data() + have, text.size() - have,
                              static_cast<off_t>(have));
    if (n <= 0) break;
    have += static_cast<size_t>(n);
  }
  text.resize(have);
  return text;
}

template <typename T>
bool ReadNumber(std::string_view& text, T& number) {
  const char* const last = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc() || at == last || *at != ' ') return false;
  text.remove_prefix(static_cast<size_t>(at - text.data()) + 1);
  return true;
}

}  // namespace

bool IsWholeDocument(std::string_view line) {
  line = ascii::Trim(line);
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  return line.starts_with('{') && line.ends_with('}') &&
         ParseJson(parser, line).get(document) == simdjson::SUCCESS;
}

std::optional<uint64_t> KeyOf(int fd, uint64_t inode, bool settled) {
  const std::string text = Beginning(fd, kPrefixBytes);
  const size_t end = text.find('\n');
  // The key of a line that is half written would be another one later.
  if (end == std::string::npos &&
      static_cast<int64_t>(text.size()) < kPrefixBytes &&
      !(settled && IsWholeDocument(text)))
    return std::nullopt;
  if (text.empty()) return std::nullopt;
  return StableHash(std::string_view(text).substr(0, end), inode);
}

void MarkPrefix(int fd, FileMark& mark) {
  if (mark.prefix_bytes == kPrefixBytes) return;
  const std::string text = Beginning(fd, kPrefixBytes);
  const auto bytes = static_cast<int64_t>(text.size());
  const std::string_view known =
      std::string_view(text).substr(0, static_cast<size_t>(mark.prefix_bytes));
  // Truncated this moment: another content's beginning.
  if (bytes <= mark.prefix_bytes ||
      (!known.empty() && StableHash(known) != mark.prefix_hash))
    return;
  mark.prefix_bytes = bytes;
  mark.prefix_hash = StableHash(text);
}

bool Continues(int fd, const FileMark& mark) {
  struct stat info = {};
  if (::fstat(fd, &info) != 0 || info.st_size < mark.offset) return false;
  return BeginsAs(Beginning(fd, mark.prefix_bytes), mark);
}

std::string BeginningOf(int fd) { return Beginning(fd, kPrefixBytes); }

bool BeginsAs(std::string_view beginning, const FileMark& mark) {
  const auto bytes = static_cast<size_t>(mark.prefix_bytes);
  return beginning.size() >= bytes &&
         (bytes == 0 ||
          StableHash(beginning.substr(0, bytes)) == mark.prefix_hash);
}

std::string WriteMarks(const std::vector<FileMark>& marks) {
  std::string text;
  for (const FileMark& m : marks) {
    if (m.path.find('\n') != std::string::npos) continue;
    for (const std::string& number :
         {std::to_string(m.key), std::to_string(m.inode),
          std::to_string(m.prefix_bytes), std::to_string(m.prefix_hash),
          std::to_string(m.offset)})
      text += number + " ";
    text += m.path + "\n";
  }
  return text;
}

std::vector<FileMark> ReadMarks(std::string_view text) {
  std::vector<FileMark> marks;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    FileMark m;
    if (!ReadNumber(line, m.key) || !ReadNumber(line, m.inode) ||
        !ReadNumber(line, m.prefix_bytes) || !ReadNumber(line, m.prefix_hash) ||
        !ReadNumber(line, m.offset) || m.key == 0 || m.prefix_bytes < 0 ||
        m.prefix_bytes > kPrefixBytes || m.offset < 0)
      continue;
    m.path = std::string(line);
    marks.push_back(std::move(m));
  }
  return marks;
}

}  // namespace reasonwatch
