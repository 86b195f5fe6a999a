// SPDX-License-Identifier: Apache-2.0
// One accepted socket that never blocks, plain or under TLS.
#ifndef REASONWATCH_FRONT_TRANSPORT_H_
#define REASONWATCH_FRONT_TRANSPORT_H_

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "front/options.h"

namespace reasonwatch {

struct SslContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextDeleter>;

// Null if the options name no certificate; they must outlive the context.
// InvalidArgument: files that are not
// readable or do not fit.
absl::StatusOr<SslContext> MakeSslContext(const FrontOptions& options);

enum class Io : uint8_t { kDone, kWantRead, kWantWrite, kEnd, kFailed };

// Belongs to one thread.
class Transport {
 public:
  // Owns `fd`, which must not block. `context` may be null: plain; else it must
  // outlive this object.
  Transport(int fd, SSL_CTX* context);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  int fd() const { return fd_; }
  bool is_encrypted() const { return ssl_ != nullptr; }

  // kDone once the handshake is over, or if there is none.
  Io Handshake();
  // kDone: `n` > 0 bytes were read or written.
  Io Read(std::span<char> into, size_t& n);
  Io Write(std::string_view from, size_t& n);
  // Says that nothing more will be sent.
  void EndWriting();
  // Reads past TLS and throws away.
  Io Discard(std::span<char> scratch);

 private:
  struct SslDeleter {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  Io ResultOf(int returned);

  int fd_;
  std::unique_ptr<SSL, SslDeleter> ssl_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FRONT_TRANSPORT_H_
