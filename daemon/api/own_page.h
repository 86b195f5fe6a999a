// SPDX-License-Identifier: Apache-2.0
// Whether a request that changes something comes from our own page.
#ifndef REASONWATCH_DAEMON_API_OWN_PAGE_H_
#define REASONWATCH_DAEMON_API_OWN_PAGE_H_

#include <string_view>

namespace reasonwatch {

struct RequestSource {
  std::string_view origin;  // header; "" = not from a web page
  std::string_view host;    // header
  std::string_view external_url;
  bool has_token = false;  // the request has shown the bearer token
};

// True without an Origin. Else the origin is that of `external_url`, or that of
// Host; without a token Host must be localhost or an IP address then, since any
// name may be made to lead here.
bool IsOwnPage(const RequestSource& source);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_API_OWN_PAGE_H_
