// SPDX-License-Identifier: Apache-2.0
// The functions that a front is given.
#ifndef REASONWATCH_FRONT_PORTS_H_
#define REASONWATCH_FRONT_PORTS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "front/http_head.h"
#include "front/options.h"

namespace reasonwatch {

// The decision on a request, by its head.
struct FrontVerdict {
  std::optional<Refusal> refusal;  // of the whole request; its body is not read
  int64_t max_body_bytes = 0;      // as they are sent, chunks decoded
  // The sender has shown the token, or none is asked for: its connection stays
  // when others have to go.
  bool is_proven = false;
};

// A whole request, in the form that HttpHead::ForWholeBody() gives it.
struct FrontRequest {
  std::string head;
  std::string body;
  std::string peer;    // address
  bool close = false;  // the connection ends behind the answer
};

// All but `count` must be set.
struct FrontPorts {
  // On the front's one thread, for each head: must be quick.
  std::function<FrontVerdict(const HttpHead&)> judge;
  // On a worker, several at once; returns the bytes of the whole answer. The
  // connection ends if they say "Connection: close".
  std::function<std::string(const FrontRequest&)> serve;
  // On the front's thread, for each refusal, besides the front's own counters.
  std::function<void(Refusal)> count = {};
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FRONT_PORTS_H_
