// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/http_answers.h"

#include "absl/strings/str_format.h"
#include "util/secret.h"

namespace reasonwatch {
namespace {

int HttpStatus(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return 400;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kFailedPrecondition:
      return 503;
    default:
      return 500;
  }
}

}  // namespace

// The messages are ASCII of our own, but a path in one may hold any byte.
std::string ErrorJson(absl::string_view message) {
  std::string escaped;
  for (char c : message) {
    const bool plain = c >= ' ' && c < 0x7F && c != '"' && c != '\\';
    escaped.push_back(plain ? c : '?');
  }
  return absl::StrFormat("{\"error\":\"%s\"}", escaped);
}

void SendError(httplib::Response& response, const absl::Status& status) {
  response.status = HttpStatus(status);
  response.set_content(ErrorJson(status.message()), kJson);
}

void SendText(httplib::Response& response, const absl::Status& status,
              int error_status) {
  response.status = status.ok() ? 200 : error_status;
  response.set_content(
      status.ok() ? "ok\n" : std::string(status.message()) + "\n", kText);
}

bool IsBearer(std::string_view authorization, const std::string& token) {
  return SameSecret(authorization, "Bearer " + token);
}

bool IsFromPage(const httplib::Request& request, httplib::Response& response) {
  if (!request.has_header("Origin")) return false;
  response.status = 403;
  response.set_content(ErrorJson("not from a web page"), kJson);
  return true;
}

}  // namespace reasonwatch
