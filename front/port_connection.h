// SPDX-License-Identifier: Apache-2.0
// One connection as the loop of a port sees it, whatever it speaks.
#ifndef REASONWATCH_FRONT_PORT_CONNECTION_H_
#define REASONWATCH_FRONT_PORT_CONNECTION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "front/options.h"
#include "front/places.h"
#include "front/ports.h"

namespace reasonwatch {

// A descriptor that epoll is to watch, and for which events. -1 = none.
struct Watch {
  int fd = -1;
  uint32_t events = 0;
};

// Belongs to one thread. Nothing here waits.
class PortConnection {
 public:
  enum class State : uint8_t {
    kHandshake,
    kHead,       // reads a head, or waits for one
    kBody,       // reads a body
    kServing,    // a worker makes the answer
    kAnswering,  // writes it
    kRelaying,   // passes bytes on, both ways
    kLingering,  // nothing more to write; reads until the sender ends
    kClosed
  };
  using Watches = std::array<Watch, 2>;

  PortConnection(std::string address, FrontTime now)
      : address_(std::move(address)), peer_(PeerKey(address_)), since_(now) {}
  virtual ~PortConnection() = default;
  PortConnection(const PortConnection&) = delete;
  PortConnection& operator=(const PortConnection&) = delete;

  // Goes on as far as the sockets allow, for a bounded number of steps. True:
  // there is more to do at once. `scratch` is memory for one read.
  virtual bool Advance(FrontTime now, std::span<char> scratch) = 0;
  // `Deadline()` has passed.
  virtual void OnDeadline(FrontTime now) = 0;
  // The peer of this descriptor of Watched() is gone, while none of its events
  // is waited for.
  virtual void OnGone(size_t which) = 0;
  // The request that is whole, once; its answer comes by Answer().
  virtual std::optional<FrontRequest> TakeRequest() { return std::nullopt; }
  virtual void Answer(std::string, FrontTime) {}
  // Closes at once, for others to have the place or the memory; counts
  // `refusal`.
  virtual void Evict(Refusal refusal) = 0;
  // Ends behind the present answer, or at once if there is none.
  virtual void EndSoon() = 0;

  // Time at which OnDeadline() is due; max() = never.
  virtual FrontTime Deadline() const = 0;
  // The descriptors stay the same until the connection is closed.
  virtual Watches Watched() const = 0;
  virtual int64_t HeldBytes() const = 0;
  virtual int64_t AnswerBytes() const = 0;

  State state() const { return state_; }
  // Begin of the state, or of the silence of one that relays.
  FrontTime since() const { return since_; }
  const std::string& address() const { return address_; }
  const std::string& peer() const { return peer_; }  // PeerKey()
  bool is_proven() const { return is_proven_; }

 protected:
  const std::string address_;
  const std::string peer_;
  State state_ = State::kHandshake;
  FrontTime since_;
  bool is_proven_ = false;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FRONT_PORT_CONNECTION_H_
