// SPDX-License-Identifier: Apache-2.0
// Names for every way in which a model server can fail to give a sample. They
// are counted, exported and shown, so they are never renamed.
#ifndef REASONWATCH_RESCORE_CLIENT_FAILURE_H_
#define REASONWATCH_RESCORE_CLIENT_FAILURE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace reasonwatch {

enum class ClientFailure : uint8_t {
  kCancelled,        // the stop flag
  kRefused,          // no process listens
  kUnreachable,      // no such host, no route, no connection in time
  kConnectionLost,   // closed before any answer
  kTimeout,          // no whole answer within the request's time
  kTls,              // certificate or handshake
  kUnauthorised,     // HTTP 401, 403
  kHttp429,          // still, after waiting
  kHttp3xx,          // redirects are not followed: they would carry the key
  kHttp4xx,          // any other
  kHttp5xx,          //
  kErrorIn200,       // an error object, whole or in a stream, under HTTP 200
  kTruncatedBody,    // closed within the body
  kTruncatedStream,  // ended before its choices did
  kEndlessStream,    // over the size cap, or still sending when time was up
  kTooLarge,         // over the size cap, not streamed
  kWrongModel,       // HTTP 404 that names the model; another model's answer
  kBadBody,          // no answer of this API
  kBadRequest,       // the client refuses it: it can't be sent
};

std::string_view ClientFailureName(ClientFailure failure);

// `detail` must hold no text of a prompt or an answer.
absl::Status ClientFailureStatus(ClientFailure failure,
                                 std::string_view detail);

// The name inside a status of ClientFailureStatus(); of any other status its
// code in lower case.
std::string ClientFailureName(const absl::Status& status);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CLIENT_FAILURE_H_
