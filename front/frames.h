// SPDX-License-Identifier: Apache-2.0
// Looks at the frames of HTTP/2 that pass by, without reading their contents:
// how large the headers of a call are, and how many frames carry nothing.
#ifndef REASONWATCH_FRONT_FRAMES_H_
#define REASONWATCH_FRONT_FRAMES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "front/options.h"

namespace reasonwatch {

// From the client to the server. Not thread-safe.
class ClientFrames {
 public:
  // Headers of one call, as they are sent.
  explicit ClientFrames(size_t max_head_bytes) : max_head_(max_head_bytes) {}

  // Looks at the next bytes. A refusal is final: kMalformed, kHeadTooLarge or
  // kFlood.
  std::optional<Refusal> Feed(std::string_view bytes, FrontTime now);

  // The client's opening words, or the headers of a call, are not whole yet.
  bool IsInHead() const {
    return preface_seen_ < kPreface.size() || in_block_ || in_head_payload_;
  }
  // The number of these that became whole.
  int64_t heads() const { return heads_; }
  int64_t calls() const { return calls_; }

 private:
  static constexpr std::string_view kPreface =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  std::optional<Refusal> OnFrame(FrontTime now);
  void EndPayload();
  uint32_t Stream() const;
  uint32_t& PlaceOf(uint32_t stream);

  const size_t max_head_;
  size_t preface_seen_ = 0;
  std::array<unsigned char, 9> head_{};  // of the frame
  size_t head_seen_ = 0;
  size_t payload_left_ = 0;
  bool in_block_ = false;         // a frame with more headers must follow
  bool in_head_payload_ = false;  // of a frame with headers
  int64_t heads_ = 0;
  int64_t calls_ = 0;
  size_t block_bytes_ = 0;
  int block_frames_ = 0;
  // The latest streams that brought data, by their number modulo the size.
  std::vector<uint32_t> with_data_;
  double idle_frames_ = 0;  // that carry nothing; leaks away with time
  std::optional<FrontTime> last_idle_frame_;
};

// From the server to the client. Not thread-safe.
class ServerFrames {
 public:
  void Feed(std::string_view bytes);
  // The server has read a message of a call, or has answered one: its token, if
  // any, was right.
  bool has_accepted() const { return has_accepted_; }

 private:
  std::array<unsigned char, 9> head_{};
  size_t head_seen_ = 0;
  size_t payload_left_ = 0;
  bool has_accepted_ = false;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FRONT_FRAMES_H_
