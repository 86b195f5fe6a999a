// SPDX-License-Identifier: Apache-2.0
#include "tap/answer_digest.h"

#include <string_view>

#include "formats/formats.h"
#include "util/ascii.h"
#include "util/strings.h"

namespace reasonwatch {

uint64_t AnswerDigest(const Response& response) {
  const Trace trace = ParseResponse(response, "auto");
  const std::string_view answer = ascii::Trim(trace.answer);
  return answer.empty() ? 0 : StableHash(answer);
}

}  // namespace reasonwatch
