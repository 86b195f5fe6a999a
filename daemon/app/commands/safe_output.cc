// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/safe_output.h"

#include <unistd.h>

#include <string_view>

#include "util/plain_text.h"

namespace reasonwatch {
namespace {

// Bytes of a colour at the start of the text: ESC [ digits and semicolons m.
// 0 = it is none.
size_t ColourLength(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  const size_t end = text.find_first_not_of("0123456789;", 2);
  return end != std::string_view::npos && text[end] == 'm' ? end + 1 : 0;
}

// The longest sequence that has to be seen whole: "\x1b[1;31m".
constexpr size_t kLongest = 7;

}  // namespace

bool SafeBuffer::Pass(bool last) {
  std::string_view rest = pending_;
  std::string safe;
  while (!rest.empty() &&
         (last || rest.size() >= kLongest ||
          (rest.front() != '\x1b' && ActingCharacter(rest) == 0 &&
           static_cast<unsigned char>(rest.front()) < 0x80) ||
          rest.front() == '\n')) {
    size_t taken = terminal_ ? ColourLength(rest) : 0;
    if (taken > kLongest) taken = 0;
    if (taken == 0) {
      const char c = rest.front();
      const size_t acting = ActingCharacter(rest);
      const bool kept = acting == 0 || c == '\n' || c == '\t' ||
                        (terminal_ && c == '\r') ||
                        (!terminal_ && static_cast<unsigned char>(c) >= 0x80);
      if (!kept) {
        safe += '?';
        rest.remove_prefix(acting);
        continue;
      }
      taken = 1;
    }
    safe += rest.substr(0, taken);
    rest.remove_prefix(taken);
  }
  pending_.erase(0, pending_.size() - rest.size());
  const auto size = static_cast<std::streamsize>(safe.size());
  return out_->sputn(safe.data(), size) == size;
}

SafeBuffer::int_type SafeBuffer::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof()))
    return traits_type::not_eof(c);
  pending_ += traits_type::to_char_type(c);
  return Pass(/*last=*/false) ? c : traits_type::eof();
}

std::streamsize SafeBuffer::xsputn(const char* bytes, std::streamsize size) {
  pending_.append(bytes, static_cast<size_t>(size));
  return Pass(/*last=*/false) ? size : 0;
}

int SafeBuffer::sync() {
  return Pass(/*last=*/true) && out_->pubsync() == 0 ? 0 : -1;
}

SafeStream::SafeStream(std::ostream& stream, int fd)
    : stream_(stream),
      before_(stream.rdbuf()),
      buffer_(before_, isatty(fd) == 1) {
  stream_.rdbuf(&buffer_);
}

SafeStream::~SafeStream() {
  stream_.flush();
  stream_.rdbuf(before_);
}

}  // namespace reasonwatch
