// SPDX-License-Identifier: Apache-2.0
// A response body as it passes: kept without the wrapping of each event, and
// read for its end.
#ifndef REASONWATCH_TAP_EXT_PROC_EVENT_STREAM_H_
#define REASONWATCH_TAP_EXT_PROC_EVENT_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace reasonwatch {

// A server wraps each token of a stream into an event of some 200 bytes. Here
// consecutive events that differ by their text alone become one event with the
// whole text, so that the memory is about that of the text. A reader of bodies
// (formats/api/body_reader.h) gets the same message from what is kept as from
// the original. Whatever is not such an event is kept as it came. One thread at
// a time.
class EventStream {
 public:
  // Events longer than this are left out and counted.
  static constexpr size_t kMaxEventBytes = size_t{8} << 20;

  // `max_bytes`: of the kept body; what is beyond is counted.
  explicit EventStream(size_t max_bytes);
  ~EventStream();

  void Feed(std::string_view bytes);
  // The bytes are over, and an event that they cut off is read too. Call once.
  void End();

  // The API's own last event has come: nothing of interest follows.
  bool ended() const;
  // Every choice that began has its finish reason: the message is whole, but
  // counts may follow.
  bool finished() const;
  // About what the object holds.
  size_t held_bytes() const;
  int64_t dropped_bytes() const;
  // The kept body, a stream of events. Call after End(), once.
  std::string Release();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_EXT_PROC_EVENT_STREAM_H_
