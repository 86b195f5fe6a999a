// SPDX-License-Identifier: Apache-2.0
// The binary frames of application/vnd.amazon.eventstream, in which Bedrock
// streams (ConverseStream, InvokeModelWithResponseStream), as JSON documents.
#ifndef REASONWATCH_TAP_EXCHANGE_EVENT_FRAMES_H_
#define REASONWATCH_TAP_EXCHANGE_EVENT_FRAMES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace reasonwatch {

// The largest frame that is read. The largest that a sender may send is 16 MiB
// of payload and 128 KiB of headers.
inline constexpr size_t kMaxFrameBytes = (size_t{16} << 20) + (128u << 10) + 16;

// True if a response's content-type names these frames.
bool HasEventFrames(std::string_view content_type);

// Reads frames from bytes as they come. Each gives one line: of an event
// `{"<its type>":<payload>}`; of the event "chunk" the model's own document
// that its payload holds in base64; of an exception
// `{"error":{"type":...,"message":...}}`. Payloads that are no JSON object are
// left out and counted. The same lines come out however the bytes are cut;
// holds one frame at most. One thread at a time.
class EventFrames {
 public:
  // Appends the lines of the frames that `bytes` complete. DataLoss with one
  // constant word if a checksum or a length is wrong, "malformed_frame", or
  // ResourceExhausted "frame_too_large": then, and in every later call, the
  // rest is left out, and the lines before it stay.
  absl::Status Feed(std::string_view bytes, std::string& out);
  // DataLoss "cut_frame" if the bytes end inside a frame.
  absl::Status Finish();

  // Frames without a document.
  int64_t empty_frames() const { return empty_frames_; }
  // Bytes of frames that were left out or could not be read.
  int64_t dropped_bytes() const { return dropped_bytes_; }
  size_t buffered_bytes() const { return held_.size(); }

 private:
  absl::Status Fail(absl::Status why, size_t bytes);
  // The length of the frame that `bytes` begins with; 0 = not known yet.
  absl::Status ReadLength(std::string_view bytes, size_t& length);
  absl::Status ReadFrame(std::string_view frame, std::string& out);

  std::string held_;  // the beginning of a frame
  absl::Status status_;
  int64_t empty_frames_ = 0;
  int64_t dropped_bytes_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_EXCHANGE_EVENT_FRAMES_H_
