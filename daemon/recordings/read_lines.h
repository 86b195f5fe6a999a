// SPDX-License-Identifier: Apache-2.0
// `reasonwatch read`: what is made of recorded responses.
#ifndef REASONWATCH_DAEMON_RECORDINGS_READ_LINES_H_
#define REASONWATCH_DAEMON_RECORDINGS_READ_LINES_H_

#include <functional>
#include <istream>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "core/response.h"
#include "formats/formats.h"

namespace reasonwatch {

using FormatPolicyOfModel =
    std::function<FormatPolicy(const std::string& model)>;

// Reads recorded responses (tap/jsonl/recorded.h), one a line, and writes each
// row with "trace" added: the reading of the live path. `trace` holds
// reasoning (null = none), answer, state, source (field, text, both, none),
// field, format, finish, tool_calls; in, out, rt (the server's counts, null if
// it gives none), own_out, own_rt (our estimate), counts_agree (null if there
// is nothing to compare); hidden, split_differs, has_text, other_media, ended,
// f_cut_in_transport, f_stop_empty, f_reasoning_without_answer (null = no such
// reading); error, ignored, repeated, fingerprint, model.
//
// With `as_text` each row is a few lines for a person instead. A bad line is
// reported to `diagnostics` with its number, counted and skipped.
// InvalidArgument: there were lines and none was usable. Internal: `out` could
// not be written.
absl::Status RunRead(const FormatPolicyOfModel& policy_of, bool as_text,
                     std::istream& in, std::ostream& out,
                     std::ostream& diagnostics);

// The same for one response, for a person.
void WriteReading(const Response& response, const FormatPolicy& policy,
                  std::ostream& out);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_READ_LINES_H_
