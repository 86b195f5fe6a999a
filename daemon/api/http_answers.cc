// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/http_answers.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

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

absl::StatusOr<ListenAddress> ParseAddress(const std::string& listen) {
  const size_t colon = listen.rfind(':');
  ListenAddress address;
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(listen.substr(colon + 1), &address.port) ||
      address.port < 0 || address.port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrFormat("http.listen %s is not host:port", listen));
  }
  address.host = listen.substr(0, colon);
  if (address.host.front() == '[' && address.host.back() == ']')
    address.host = address.host.substr(1, address.host.size() - 2);
  return address;
}

}  // namespace reasonwatch
