// What the client itself must know of an answer's body. All else is read by the
// Evaluator, as of a live response. Pure, thread-safe, linear in the body.
#ifndef REASONWATCH_RESCORE_CLIENT_BODY_FACTS_H_
#define REASONWATCH_RESCORE_CLIENT_BODY_FACTS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace reasonwatch {

struct BodyFacts {
  bool sse = false;
  int choices = 0;
  std::string model;        // "" = it does not say
  std::string fingerprint;  // system_fingerprint, "" = it does not say
  std::string prompt_text;  // vLLM's echo, "" = none
};

// Failures: error_in_200, truncated_stream (some choice has no finish reason
// and there is no [DONE]), bad_body. Whether it is a stream is told from the
// body: servers answer errors, and gateways everything, without streaming.
absl::StatusOr<BodyFacts> ReadBodyFacts(std::string_view body);

// Whether an answer that calls itself `got` may be that of `asked`: equal, or a
// dated version of it, or the same without the owner before the last slash.
// "" on either side says nothing.
bool IsSameModel(std::string_view asked, std::string_view got);

// The error's kind, where it is a word; never its message, which may quote the
// prompt.
std::string ErrorKind(std::string_view body);

// The error is about the model that was asked for: the server has no such one.
bool BlamesModel(std::string_view body);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CLIENT_BODY_FACTS_H_
