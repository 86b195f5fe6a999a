// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/listen_address.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

namespace reasonwatch {

absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& listen) {
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
