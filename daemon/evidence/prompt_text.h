// SPDX-License-Identifier: Apache-2.0
// The words of a request for a reader. Pure, thread-safe.
#ifndef REASONWATCH_DAEMON_EVIDENCE_PROMPT_TEXT_H_
#define REASONWATCH_DAEMON_EVIDENCE_PROMPT_TEXT_H_

#include <string>

namespace reasonwatch {

struct Response;

// The prompt, or the texts of the messages with their roles, decoded: escapes
// of JSON would hide a secret from the redactor. "" if they can't be read.
std::string PromptText(const Response& response);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_EVIDENCE_PROMPT_TEXT_H_
