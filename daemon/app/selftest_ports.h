// SPDX-License-Identifier: Apache-2.0
// Parts of the self-test's ports that its command and its schedule share.
#ifndef REASONWATCH_DAEMON_APP_SELFTEST_PORTS_H_
#define REASONWATCH_DAEMON_APP_SELFTEST_PORTS_H_

#include <atomic>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace reasonwatch {

// The body of an answer with status 200. `stop` may be null; once it is true,
// nobody waits for the answer.
absl::StatusOr<std::string> GetForSelfTest(const std::string& url,
                                           const std::string& ca_file,
                                           const std::atomic<bool>* stop);

// Whether the answer of tap/http/ says that each of `rows`, one a line, was
// taken; Unavailable names the count that was not.
absl::Status AllTaken(std::string_view answer, std::string_view rows);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_SELFTEST_PORTS_H_
