// SPDX-License-Identifier: Apache-2.0
#include "front/frames.h"

#include <algorithm>
#include <utility>

#include "absl/time/time.h"

namespace reasonwatch {
namespace {

// Types of RFC 9113.
constexpr int kData = 0;
constexpr int kHeaders = 1;
constexpr int kPriority = 2;
constexpr int kReset = 3;
constexpr int kSettings = 4;
constexpr int kPushPromise = 5;
constexpr int kPing = 6;
constexpr int kGoAway = 7;
constexpr int kWindowUpdate = 8;
constexpr int kContinuation = 9;
constexpr unsigned char kEndStream = 0x1;
constexpr unsigned char kEndHeaders = 0x4;

// Every frame but DATA is a few bytes; GOAWAY may bring a text.
constexpr size_t kMaxOther = size_t{16} << 10;
// Headers of one call come in one frame, two at most; more carry nothing.
constexpr int kMaxBlockFrames = 16;
// Frames that carry nothing: at once, and in a second over a longer time. gRPC
// pings to measure, a few times a second; a stream that is cancelled resets.
constexpr double kIdleBurst = 5000;
constexpr double kIdlePerSecond = 500;
// A reset has cost the server a call. One whose stream brought data is usual: a
// proxy that shows its traffic resets each stream when the response is over.
constexpr double kResetWeight = 10;
constexpr double kUsualResetWeight = .05;
constexpr size_t kStreamsWithData = 1024;  // of which that is known

size_t LengthOf(const std::array<unsigned char, 9>& head) {
  return static_cast<size_t>(head[0]) << 16 |
         static_cast<size_t>(head[1]) << 8 | head[2];
}

}  // namespace

std::optional<Refusal> ClientFrames::Feed(std::string_view bytes,
                                          FrontTime now) {
  while (!bytes.empty()) {
    if (preface_seen_ < kPreface.size()) {
      const size_t n = std::min(bytes.size(), kPreface.size() - preface_seen_);
      if (bytes.substr(0, n) != kPreface.substr(preface_seen_, n))
        return Refusal::kMalformed;
      preface_seen_ += n;
      bytes.remove_prefix(n);
      if (preface_seen_ == kPreface.size()) ++heads_;
      continue;
    }
    if (payload_left_ > 0) {
      const size_t n = std::min(bytes.size(), payload_left_);
      payload_left_ -= n;
      bytes.remove_prefix(n);
      if (payload_left_ == 0) EndPayload();
      continue;
    }
    const size_t n = std::min(bytes.size(), head_.size() - head_seen_);
    std::copy_n(bytes.begin(), n, head_.begin() + head_seen_);
    head_seen_ += n;
    bytes.remove_prefix(n);
    if (head_seen_ < head_.size()) break;
    head_seen_ = 0;
    payload_left_ = LengthOf(head_);
    if (const auto refusal = OnFrame(now); refusal.has_value()) return refusal;
    if (payload_left_ == 0) EndPayload();
  }
  return std::nullopt;
}

void ClientFrames::EndPayload() {
  if (std::exchange(in_head_payload_, false) && !in_block_) ++heads_;
}

uint32_t ClientFrames::Stream() const {
  return (static_cast<uint32_t>(head_[5]) & 0x7F) << 24 |
         static_cast<uint32_t>(head_[6]) << 16 |
         static_cast<uint32_t>(head_[7]) << 8 | head_[8];
}

// A client's streams have odd numbers.
uint32_t& ClientFrames::PlaceOf(uint32_t stream) {
  if (with_data_.empty()) with_data_.resize(kStreamsWithData);
  return with_data_[stream / 2 % kStreamsWithData];
}

std::optional<Refusal> ClientFrames::OnFrame(FrontTime now) {
  const int type = head_[3];
  const unsigned char flags = head_[4];
  if (in_block_ != (type == kContinuation)) return Refusal::kMalformed;
  if (type == kHeaders || type == kContinuation) {
    if (type == kHeaders) {
      block_bytes_ = block_frames_ = 0;
      ++calls_;
    }
    block_bytes_ += payload_left_;
    ++block_frames_;
    in_block_ = (flags & kEndHeaders) == 0;
    in_head_payload_ = true;
    if (block_bytes_ > max_head_ || block_frames_ > kMaxBlockFrames)
      return Refusal::kHeadTooLarge;
    return std::nullopt;
  }
  // A client pushes nothing.
  if (type == kPushPromise || (type != kData && payload_left_ > kMaxOther))
    return Refusal::kMalformed;
  if (type == kData && payload_left_ > 0) PlaceOf(Stream()) = Stream();
  const bool carries_nothing =
      type == kPriority || type == kReset || type == kSettings ||
      type == kPing || type > kContinuation ||
      (type == kData && payload_left_ == 0 && (flags & kEndStream) == 0);
  if (!carries_nothing || type == kGoAway || type == kWindowUpdate)
    return std::nullopt;
  if (last_idle_frame_.has_value())
    idle_frames_ = std::max(
        0.0,
        idle_frames_ -
            kIdlePerSecond *
                std::chrono::duration<double>(now - *last_idle_frame_).count());
  last_idle_frame_ = now;
  double weight = type == kReset ? kResetWeight : 1;
  if (type == kReset)
    if (uint32_t& place = PlaceOf(Stream()); place == Stream() && place != 0) {
      weight = kUsualResetWeight;
      place = 0;  // a second reset of it is none
    }
  idle_frames_ += weight;
  if (idle_frames_ > kIdleBurst) return Refusal::kFlood;
  return std::nullopt;
}

void ServerFrames::Feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t skipped = std::min(bytes.size(), payload_left_);
    payload_left_ -= skipped;
    bytes.remove_prefix(skipped);
    if (bytes.empty()) return;
    const size_t n = std::min(bytes.size(), head_.size() - head_seen_);
    std::copy_n(bytes.begin(), n, head_.begin() + head_seen_);
    head_seen_ += n;
    bytes.remove_prefix(n);
    if (head_seen_ < head_.size()) return;
    head_seen_ = 0;
    payload_left_ = LengthOf(head_);
    const bool of_stream = (head_[5] & 0x7F) != 0 || head_[6] != 0 ||
                           head_[7] != 0 || head_[8] != 0;
    has_accepted_ = has_accepted_ || head_[3] == kData ||
                    (head_[3] == kWindowUpdate && of_stream);
  }
}

}  // namespace reasonwatch
