// SPDX-License-Identifier: Apache-2.0
// One connection of a front: how far it is, how long it may take, how much it
// holds. The loop says when the socket is ready; nothing here waits.
#ifndef REASONWATCH_FRONT_CONNECTION_H_
#define REASONWATCH_FRONT_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "front/chunks.h"
#include "front/http_head.h"
#include "front/options.h"
#include "front/ports.h"
#include "front/transport.h"

namespace reasonwatch {

// Belongs to one thread.
class FrontConnection {
 public:
  enum class State : uint8_t {
    kHandshake,
    kHead,       // reads a head, or waits for one
    kBody,       // reads a body
    kServing,    // a worker makes the answer
    kAnswering,  // writes it
    kLingering,  // nothing more to write; reads until the sender ends
    kClosed
  };

  // Owns `fd`. Options, ports and context must outlive the connection.
  FrontConnection(int fd, std::string address, SSL_CTX* context,
                  const FrontOptions& options, const FrontPorts& ports,
                  FrontTime now);

  // Goes on as far as the socket allows, for a bounded number of steps. True:
  // there is more to do at once. `scratch` is memory for one read.
  bool Advance(FrontTime now, std::span<char> scratch);
  // `Deadline()` has passed.
  void OnDeadline(FrontTime now);
  // The peer is gone while a worker makes the answer.
  void OnGone() { gone_ = true; }
  // The request that is whole, once; its answer comes by Answer().
  std::optional<FrontRequest> TakeRequest();
  void Answer(std::string bytes, FrontTime now);
  // Closes at once, for others to have the place or the memory; counts
  // `refusal`.
  void Evict(Refusal refusal);
  // Ends behind the present answer, or at once if there is none.
  void EndSoon();

  State state() const { return state_; }
  FrontTime since() const { return since_; }
  int fd() const { return transport_.fd(); }
  const std::string& peer() const { return peer_; }  // PeerKey()
  bool is_proven() const { return is_proven_; }
  // Time at which OnDeadline() is due; max() = never.
  FrontTime Deadline() const;
  // Events of epoll that the connection waits for.
  uint32_t Events() const;
  int64_t HeldBytes() const;
  int64_t AnswerBytes() const;

 private:
  bool Step(FrontTime now, std::span<char> scratch);
  bool StepHandshake(FrontTime now);
  bool StepHead(FrontTime now, std::span<char> scratch);
  bool StepBody(FrontTime now, std::span<char> scratch);
  bool StepAnswer(FrontTime now);
  bool StepLinger(std::span<char> scratch);
  // False if nothing more can be read now.
  bool Read(std::span<char> into, size_t& n, FrontTime now);
  void OnHead(size_t length, FrontTime now);
  void TakeBody(std::string_view piece, size_t& used, FrontTime now);
  void FinishRequest(FrontTime now);
  void Refuse(Refusal refusal, FrontTime now);
  void Enter(State state, FrontTime now);
  void Close();

  const FrontOptions& options_;
  const FrontPorts& ports_;
  Transport transport_;
  const std::string address_;
  const std::string peer_;
  State state_ = State::kHandshake;
  FrontTime since_;       // of the state
  FrontTime first_byte_;  // of the head
  Io want_ = Io::kWantRead;
  std::string in_;       // bytes that were read and not interpreted
  size_t searched_ = 0;  // of in_, for the end of the head
  HttpHead head_;
  int64_t max_body_ = 0;
  std::string body_;
  std::optional<ChunkReader> chunks_;
  std::optional<FrontRequest> request_;
  int64_t serving_bytes_ = 0;
  std::string out_;
  size_t sent_ = 0;
  int requests_ = 0;
  bool close_after_ = false;
  bool is_proven_ = false;
  bool gone_ = false;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FRONT_CONNECTION_H_
