// SPDX-License-Identifier: Apache-2.0
// One connection of a front that speaks HTTP: how far it is, how long it may
// take, how much it holds.
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
#include "front/port_connection.h"
#include "front/ports.h"
#include "front/transport.h"

namespace reasonwatch {

// Belongs to one thread.
class FrontConnection final : public PortConnection {
 public:
  // Owns `fd`. Options, ports and context must outlive the connection.
  FrontConnection(int fd, std::string address, SSL_CTX* context,
                  const FrontOptions& options, const FrontPorts& ports,
                  FrontTime now);

  bool Advance(FrontTime now, std::span<char> scratch) override;
  void OnDeadline(FrontTime now) override;
  void OnGone(size_t) override { gone_ = true; }
  std::optional<FrontRequest> TakeRequest() override;
  void Answer(std::string bytes, FrontTime now) override;
  void Evict(Refusal refusal) override;
  void EndSoon() override;
  FrontTime Deadline() const override;
  Watches Watched() const override;
  int64_t HeldBytes() const override;
  int64_t AnswerBytes() const override;

 private:
  bool Step(FrontTime now, std::span<char> scratch);
  bool StepHandshake(FrontTime now);
  bool StepHead(FrontTime now, std::span<char> scratch);
  bool StepBody(FrontTime now, std::span<char> scratch);
  bool StepAnswer(FrontTime now);
  bool StepLinger(std::span<char> scratch);
  // False if nothing more can be read now.
  bool Read(std::span<char> into, size_t& n);
  void OnHead(size_t length, FrontTime now);
  void TakeBody(std::string_view piece, size_t& used, FrontTime now);
  void FinishRequest(FrontTime now);
  void Refuse(Refusal refusal, FrontTime now);
  void Enter(State state, FrontTime now);
  void Close();

  const FrontOptions& options_;
  const FrontPorts& ports_;
  Transport transport_;
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
  bool gone_ = false;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FRONT_CONNECTION_H_
