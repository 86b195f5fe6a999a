// SPDX-License-Identifier: Apache-2.0
#include "front/transport.h"

#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_format.h"

namespace reasonwatch {
namespace {

// Bytes of one call, so that a fast reader of a large answer does not hold the
// thread.
constexpr size_t kMaxWrite = size_t{256} << 10;

Io ResultOfErrno() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR
             ? Io::kWantRead
             : Io::kFailed;
}

// Agrees on the one protocol that `own`, a string, names.
int SelectProtocol(SSL*, const unsigned char** out, unsigned char* out_length,
                   const unsigned char* in, unsigned int in_length, void* own) {
  const auto& wanted = *static_cast<const std::string*>(own);
  for (unsigned int i = 0; i < in_length; i += in[i] + 1U) {
    const size_t length = std::min<size_t>(in[i], in_length - i - 1);
    if (std::string_view(reinterpret_cast<const char*>(in + i + 1), length) !=
        wanted)
      continue;
    *out = in + i + 1;
    *out_length = in[i];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

absl::StatusOr<SslContext> MakeSslContext(const FrontOptions& options) {
  if (options.tls_cert.empty()) return SslContext();
  ERR_clear_error();
  SslContext context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* c = context.get();
  const bool usable =
      c != nullptr && SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1 &&
      SSL_CTX_use_certificate_chain_file(c, options.tls_cert.c_str()) == 1 &&
      SSL_CTX_use_PrivateKey_file(c, options.tls_key.c_str(),
                                  SSL_FILETYPE_PEM) == 1 &&
      SSL_CTX_check_private_key(c) == 1;
  bool has_ca = true;
  if (usable && !options.tls_client_ca.empty()) {
    has_ca = SSL_CTX_load_verify_locations(c, options.tls_client_ca.c_str(),
                                           nullptr) == 1;
    if (has_ca)
      SSL_CTX_set_client_CA_list(
          c, SSL_load_client_CA_file(options.tls_client_ca.c_str()));
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       nullptr);
  }
  ERR_clear_error();
  if (!usable || !has_ca)
    return absl::InvalidArgumentError(
        absl::StrFormat("cannot use %s, %s %s", options.tls_cert,
                        options.tls_key, options.tls_client_ca));
  SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                             SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE |
                          SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                          SSL_MODE_RELEASE_BUFFERS);
  // Sessions of clients that are gone would be kept; tickets need no memory.
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  const unsigned char name[] = "reasonwatch";
  SSL_CTX_set_session_id_context(c, name, sizeof(name) - 1);
  if (!options.alpn.empty())
    SSL_CTX_set_alpn_select_cb(c, &SelectProtocol,
                               const_cast<std::string*>(&options.alpn));
  return context;
}

Transport::Transport(int fd, SSL_CTX* context) : fd_(fd) {
  if (context == nullptr) return;
  ssl_.reset(SSL_new(context));
  if (ssl_ == nullptr) return;
  SSL_set_fd(ssl_.get(), fd_);
  SSL_set_accept_state(ssl_.get());
}

Transport::~Transport() {
  ssl_.reset();
  close(fd_);
}

Io Transport::ResultOf(int returned) {
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return Io::kWantRead;
    case SSL_ERROR_WANT_WRITE:
      return Io::kWantWrite;
    case SSL_ERROR_ZERO_RETURN:
      return Io::kEnd;
    default:
      return Io::kFailed;
  }
}

Io Transport::Handshake() {
  if (ssl_ == nullptr) return Io::kDone;
  ERR_clear_error();
  const int returned = SSL_do_handshake(ssl_.get());
  return returned == 1 ? Io::kDone : ResultOf(returned);
}

Io Transport::Read(std::span<char> into, size_t& n) {
  n = 0;
  if (ssl_ != nullptr) {
    ERR_clear_error();
    const int returned = SSL_read_ex(ssl_.get(), into.data(), into.size(), &n);
    return returned == 1 ? Io::kDone : ResultOf(returned);
  }
  const ssize_t returned = recv(fd_, into.data(), into.size(), 0);
  if (returned == 0) return Io::kEnd;
  if (returned < 0) return ResultOfErrno();
  n = static_cast<size_t>(returned);
  return Io::kDone;
}

Io Transport::Write(std::string_view from, size_t& n) {
  n = 0;
  from = from.substr(0, std::min(from.size(), kMaxWrite));
  if (ssl_ != nullptr) {
    ERR_clear_error();
    const int returned = SSL_write_ex(ssl_.get(), from.data(), from.size(), &n);
    return returned == 1 ? Io::kDone : ResultOf(returned);
  }
  const ssize_t returned = send(fd_, from.data(), from.size(), MSG_NOSIGNAL);
  if (returned < 0) {
    const Io result = ResultOfErrno();
    return result == Io::kWantRead ? Io::kWantWrite : result;
  }
  n = static_cast<size_t>(returned);
  return Io::kDone;
}

void Transport::EndWriting() {
  if (ssl_ != nullptr && SSL_is_init_finished(ssl_.get())) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  shutdown(fd_, SHUT_WR);
}

Io Transport::Discard(std::span<char> scratch) {
  const ssize_t returned = recv(fd_, scratch.data(), scratch.size(), 0);
  if (returned > 0) return Io::kDone;
  return returned == 0 ? Io::kEnd : ResultOfErrno();
}

}  // namespace reasonwatch
