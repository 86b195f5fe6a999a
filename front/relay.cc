// SPDX-License-Identifier: Apache-2.0
// Two sockets and a buffer for each direction, which is filled by one read and
// emptied before the next: so a side that does not read stops the other, and no
// more than two reads are held. Frames are looked at before they are passed on.
//
// In order: the two directions, life and bounds, making one.
#include "front/relay.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "front/frames.h"

namespace reasonwatch {
namespace {

constexpr int kMaxSteps = 16;
// A connection of which no call was accepted: clients may connect long before
// they call, and connect again when they have to.
constexpr std::chrono::seconds kUnprovenIdle{120};
// Calls before the server has accepted one. Each costs the server some
// kilobytes until it is refused.
constexpr int64_t kMaxUnprovenCalls = 256;

// Bytes on their way in one direction.
class Passing {
 public:
  bool empty() const { return sent_ == bytes_.size(); }
  std::string_view left() const {
    return std::string_view(bytes_).substr(sent_);
  }
  void Keep(std::string_view bytes) {
    bytes_.assign(bytes);
    sent_ = 0;
  }
  void Drop(size_t n) {
    sent_ += n;
    if (!empty()) return;
    std::string().swap(bytes_);
    sent_ = 0;
  }
  int64_t memory() const { return static_cast<int64_t>(bytes_.size()); }

 private:
  std::string bytes_;
  size_t sent_ = 0;
};

// Places in Watched().
constexpr size_t kInner = 1;

class Relay final : public PortConnection {
 public:
  Relay(int fd, int inner, std::string address, SSL_CTX* context,
        const FrontOptions& options, const FrontPorts& ports, FrontTime now)
      : PortConnection(std::move(address), now),
        options_(options),
        ports_(ports),
        outer_(fd, context),
        inner_(inner, nullptr),
        frames_(options.max_head_bytes),
        head_since_(now) {
    if (context == nullptr) state_ = State::kRelaying;
    if (context != nullptr && !outer_.is_encrypted()) state_ = State::kClosed;
  }

  bool Advance(FrontTime now, std::span<char> scratch) override;
  void OnDeadline(FrontTime now) override;
  void OnGone(size_t which) override {
    // The server's last bytes may still be on their way.
    is_deaf_ = which == kInner && !down_.empty();
    if (!is_deaf_) state_ = State::kClosed;
  }
  void Evict(Refusal refusal) override {
    if (state_ != State::kLingering) ports_.count(refusal);
    state_ = State::kClosed;
  }
  // The server closes its side at its own stop, behind its last bytes.
  void EndSoon() override {
    if (state_ != State::kRelaying) state_ = State::kClosed;
  }
  FrontTime Deadline() const override;
  Watches Watched() const override;
  int64_t HeldBytes() const override { return up_.memory(); }
  int64_t AnswerBytes() const override { return down_.memory(); }

 private:
  bool PassUp(FrontTime now, std::span<char> scratch);
  bool PassDown(FrontTime now, std::span<char> scratch);
  void Refuse(Refusal refusal) {
    ports_.count(refusal);
    state_ = State::kClosed;
  }
  void EndDown(FrontTime now);

  const FrontOptions& options_;
  const FrontPorts& ports_;
  Transport outer_;  // to the client
  Transport inner_;  // to the server
  Io outer_read_ = Io::kWantRead;
  Io outer_write_ = Io::kWantWrite;
  Passing up_;
  Passing down_;
  ClientFrames frames_;
  ServerFrames answers_;
  // The server has closed its side; its last bytes may still come.
  bool is_deaf_ = false;
  FrontTime head_since_;    // while frames_.IsInHead()
  FrontTime unread_since_;  // while down_ is not empty
};

// From the client. A client that does not read is not listened to: its frames
// would only make more that it does not read.
bool Relay::PassUp(FrontTime now, std::span<char> scratch) {
  size_t n = 0;
  if (is_deaf_) return false;
  if (up_.empty()) {
    if (!down_.empty()) return false;
    outer_read_ = outer_.Read(scratch, n);
    if (outer_read_ == Io::kEnd || outer_read_ == Io::kFailed)
      state_ = State::kClosed;
    if (outer_read_ != Io::kDone) return false;
    outer_read_ = Io::kWantRead;
    const std::string_view bytes(scratch.data(), n);
    since_ = now;
    const int64_t heads = frames_.heads();
    const bool was_in_head = frames_.IsInHead();
    if (const auto refusal = frames_.Feed(bytes, now); refusal.has_value()) {
      Refuse(*refusal);
      return false;
    }
    if (!is_proven_ && frames_.calls() > kMaxUnprovenCalls) {
      Refuse(Refusal::kFlood);
      return false;
    }
    if (!was_in_head || frames_.heads() != heads) head_since_ = now;
    size_t passed = 0;
    is_deaf_ = inner_.Write(bytes, passed) == Io::kFailed;
    if (passed < n && !is_deaf_) up_.Keep(bytes.substr(passed));
    return !is_deaf_;
  }
  is_deaf_ = inner_.Write(up_.left(), n) == Io::kFailed;
  up_.Drop(is_deaf_ ? up_.left().size() : n);
  return n > 0;
}

// From the server.
bool Relay::PassDown(FrontTime now, std::span<char> scratch) {
  size_t n = 0;
  if (!down_.empty()) {
    outer_write_ = outer_.Write(down_.left(), n);
    if (outer_write_ == Io::kFailed || outer_write_ == Io::kEnd)
      state_ = State::kClosed;
    down_.Drop(n);
    if (n > 0) unread_since_ = now;
    return n > 0;
  }
  const Io read = inner_.Read(scratch, n);
  if (read == Io::kEnd || read == Io::kFailed) EndDown(now);
  if (read != Io::kDone) return false;
  const std::string_view bytes(scratch.data(), n);
  answers_.Feed(bytes);
  is_proven_ = answers_.has_accepted();
  since_ = now;
  size_t passed = 0;
  outer_write_ = outer_.Write(bytes, passed);
  if (outer_write_ == Io::kFailed || outer_write_ == Io::kEnd)
    state_ = State::kClosed;
  if (passed < n) {
    down_.Keep(bytes.substr(passed));
    unread_since_ = now;
  }
  return state_ != State::kClosed;
}

// The server has closed its side; its last bytes are on their way.
void Relay::EndDown(FrontTime now) {
  outer_.EndWriting();
  state_ = State::kLingering;
  since_ = now;
}

bool Relay::Advance(FrontTime now, std::span<char> scratch) {
  if (state_ == State::kHandshake) {
    outer_read_ = outer_.Handshake();
    if (outer_read_ == Io::kWantRead || outer_read_ == Io::kWantWrite)
      return false;
    if (outer_read_ != Io::kDone) {
      Refuse(Refusal::kHandshake);
      return false;
    }
    outer_read_ = Io::kWantRead;
    state_ = State::kRelaying;
    since_ = head_since_ = now;
  }
  for (int i = 0; i < kMaxSteps; ++i) {
    if (state_ == State::kLingering) {
      const Io result = outer_.Discard(scratch);
      if (result == Io::kDone) continue;
      if (result != Io::kWantRead) state_ = State::kClosed;
      return false;
    }
    if (state_ != State::kRelaying) return false;
    const bool up = PassUp(now, scratch);
    const bool down = state_ == State::kRelaying && PassDown(now, scratch);
    if (!up && !down && state_ != State::kLingering) return false;
  }
  return true;
}

FrontTime Relay::Deadline() const {
  const auto after = [](FrontTime from, absl::Duration duration) {
    return from + absl::ToChronoNanoseconds(duration);
  };
  switch (state_) {
    case State::kHandshake:
      return after(since_, options_.handshake_timeout);
    case State::kLingering:
      return after(since_, options_.linger);
    case State::kRelaying: {
      FrontTime first = FrontTime::max();
      if (frames_.IsInHead()) first = after(head_since_, options_.head_timeout);
      if (!down_.empty())
        first = std::min(first, after(unread_since_, options_.grace));
      if (!is_proven_) first = std::min(first, since_ + kUnprovenIdle);
      return first;
    }
    default:
      return FrontTime::max();
  }
}

void Relay::OnDeadline(FrontTime now) {
  if (state_ == State::kHandshake) return Refuse(Refusal::kHandshake);
  if (state_ != State::kRelaying) {
    state_ = State::kClosed;
    return;
  }
  if (!down_.empty() &&
      now >= unread_since_ + absl::ToChronoNanoseconds(options_.grace))
    return Refuse(Refusal::kAnswerNotRead);
  Refuse(frames_.IsInHead() ? Refusal::kHeadTooSlow : Refusal::kSilent);
}

PortConnection::Watches Relay::Watched() const {
  Watch outer = {.fd = outer_.fd()};
  Watch inner = {.fd = inner_.fd()};
  const auto event = [](Io io) -> uint32_t {
    return io == Io::kWantWrite ? EPOLLOUT : EPOLLIN;
  };
  if (state_ == State::kHandshake || state_ == State::kLingering)
    outer.events = event(outer_read_);
  if (state_ == State::kRelaying) {
    if (up_.empty() && down_.empty() && !is_deaf_)
      outer.events |= event(outer_read_);
    if (!down_.empty()) outer.events |= event(outer_write_);
    if (down_.empty()) inner.events |= EPOLLIN;
    if (!up_.empty()) inner.events |= EPOLLOUT;
  }
  return {outer, inner};
}

}  // namespace

std::unique_ptr<PortConnection> MakeRelay(
    int fd, std::string address, SSL_CTX* context, const FrontOptions& options,
    const FrontPorts& ports, const std::function<bool(int)>& hand_on,
    FrontTime now) {
  std::array<int, 2> pair = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                 pair.data()) != 0) {
    close(fd);
    return nullptr;
  }
  auto relay = std::make_unique<Relay>(fd, pair[0], std::move(address), context,
                                       options, ports, now);
  return hand_on(pair[1]) ? std::move(relay) : nullptr;
}

}  // namespace reasonwatch
