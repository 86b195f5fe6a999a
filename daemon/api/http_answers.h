// SPDX-License-Identifier: Apache-2.0
// Parts of an HTTP answer that every handler needs. Pure, thread-safe.
#ifndef REASONWATCH_DAEMON_API_HTTP_ANSWERS_H_
#define REASONWATCH_DAEMON_API_HTTP_ANSWERS_H_

#include <httplib.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace reasonwatch {

inline constexpr char kText[] = "text/plain; charset=utf-8";
inline constexpr char kJson[] = "application/json";

// {"error": message}; bytes that are no printable ASCII become '?'.
std::string ErrorJson(absl::string_view message);
// The status as such an error.
void SendError(httplib::Response& response, const absl::Status& status);
// "ok" or the reason, which has the given HTTP status.
void SendText(httplib::Response& response, const absl::Status& status,
              int error_status);

// The value of the header Authorization bears the token.
bool IsBearer(std::string_view authorization, const std::string& token);
// Refuses a request that a browser sends for a page: our own has no business
// with reports and self-tests. True: it was refused.
bool IsFromPage(const httplib::Request& request, httplib::Response& response);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_API_HTTP_ANSWERS_H_
