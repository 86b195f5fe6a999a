// SPDX-License-Identifier: Apache-2.0
// The bounds of a front, and the reasons why it refuses.
#ifndef REASONWATCH_FRONT_OPTIONS_H_
#define REASONWATCH_FRONT_OPTIONS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "util/enum_names.h"

namespace reasonwatch {

// Steps of the wall clock must not end or prolong a connection.
using FrontTime = std::chrono::steady_clock::time_point;

struct FrontOptions {
  std::string host = "127.0.0.1";  // an address or a name of this machine
  int port = 0;                    // 0 = any free one
  // PEM files; certificate and key both or none. If client_ca is set, clients
  // need a certificate of it.
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;
  std::string alpn;  // the protocol that TLS must agree on; "" = any
  // Key of the message in the JSON of a refusal.
  std::string error_key = "error";

  int workers = 8;            // requests that are answered at once
  int max_connections = 256;  // in all, and of one address
  int max_of_peer = 128;
  size_t max_head_bytes = size_t{16} << 10;  // request line and headers
  int max_headers = 100;
  // Bytes of requests that are held in all, and of answers that nobody has read
  // yet.
  int64_t max_held_bytes = int64_t{128} << 20;
  int64_t max_answer_bytes = int64_t{64} << 20;
  int max_requests_per_connection = 100;

  absl::Duration handshake_timeout = absl::Seconds(5);
  // From the first byte of a head to its last, and from the connection to the
  // first byte.
  absl::Duration head_timeout = absl::Seconds(5);
  absl::Duration idle_timeout = absl::Seconds(30);  // between two requests
  // A body must arrive, and an answer be read, at least at this rate once the
  // time of grace is over.
  absl::Duration grace = absl::Seconds(5);
  int64_t min_bytes_per_second = 16 << 10;
  // A connection keeps its place for so long at least while others wait for
  // one in the kernel, so that a flood of connections can't end those that are
  // about to speak.
  absl::Duration least_stay = absl::Milliseconds(100);
  // How long a refused sender may go on before the connection is cut, so that
  // it reads the refusal.
  absl::Duration linger = absl::Seconds(2);
  // Until the next attempt to accept, after descriptors had run out.
  absl::Duration accept_retry = absl::Milliseconds(200);
  // Answers that are under way when the front stops.
  absl::Duration stop_timeout = absl::Seconds(5);
};

// Why a connection or a request was refused.
enum class Refusal : uint8_t {
  kConnections,      // all places of its address are in use
  kEvicted,          // gave its place to others
  kDescriptors,      // accepting paused, since descriptors had run out
  kHandshake,        // TLS failed or was too slow
  kSilent,           // no byte came on a new connection
  kHeadTooSlow,      // the head of the request was not whole in time
  kHeadTooLarge,     // too many bytes or headers
  kMalformed,        // not HTTP as we read it
  kForeignHost,      // a name in Host that is not ours
  kUnauthenticated,  // no token, or a wrong one
  kTooLarge,         // the body is over the limit of its path
  kTooSlow,          // the body arrives under the least rate
  kMemory,           // gave up its bytes, which were too many in all
  kAnswerNotRead,    // the answer is read under the least rate, or not at all
  kFlood,            // too many frames of HTTP/2 that carry nothing
  kCount
};
inline constexpr EnumNames<Refusal, 15> kRefusalNames = {
    {"connections", "evicted", "descriptors", "handshake", "silent",
     "head_too_slow", "head_too_large", "malformed", "foreign_host",
     "unauthenticated", "message_too_large", "too_slow", "memory",
     "answer_not_read", "flood"}};
static_assert(AllNamed(kRefusalNames));
static_assert(static_cast<size_t>(Refusal::kCount) ==
              kRefusalNames.names.size());

}  // namespace reasonwatch

#endif  // REASONWATCH_FRONT_OPTIONS_H_
