// SPDX-License-Identifier: Apache-2.0
// Standard output and error of the commands, which print names that senders
// chose.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_SAFE_OUTPUT_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_SAFE_OUTPUT_H_

#include <ostream>
#include <streambuf>
#include <string>

namespace reasonwatch {

// Passes its input on, with a '?' in place of each character that acts on
// a terminal (util/plain_text.h). Kept: line ends and tabs; on a terminal
// also the colours of Painter, and the return of a progress line. Output to
// a file or a pipe keeps characters beyond ASCII, which may be data.
class SafeBuffer : public std::streambuf {
 public:
  SafeBuffer(std::streambuf* out, bool terminal)
      : out_(out), terminal_(terminal) {}

 protected:
  int_type overflow(int_type c) override;
  std::streamsize xsputn(const char* bytes, std::streamsize size) override;
  int sync() override;

 private:
  // Writes the part that can be judged; `last`: nothing more comes.
  bool Pass(bool last);

  std::streambuf* const out_;
  const bool terminal_;
  std::string pending_;
};

// Puts the buffer in front of a stream for its life.
class SafeStream {
 public:
  SafeStream(std::ostream& stream, int fd);
  ~SafeStream();
  SafeStream(const SafeStream&) = delete;
  SafeStream& operator=(const SafeStream&) = delete;

 private:
  std::ostream& stream_;
  std::streambuf* const before_;
  SafeBuffer buffer_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_SAFE_OUTPUT_H_
