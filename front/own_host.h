// SPDX-License-Identifier: Apache-2.0
// Whether the Host of a request is a name of ours. A page of another name whose
// address was changed to ours (DNS rebinding) sends its own name. Pure,
// thread-safe.
#ifndef REASONWATCH_FRONT_OWN_HOST_H_
#define REASONWATCH_FRONT_OWN_HOST_H_

#include <string>
#include <string_view>
#include <vector>

namespace reasonwatch {

// True for an address, for localhost, for names that nobody can register in
// public (without a dot, or below .localhost, .internal, .svc and
// .cluster.local), and for those of `names`, with or without a port. "" is
// true: every browser sends a host.
bool IsOwnHost(std::string_view host, const std::vector<std::string>& names);

// The name of the host in a URL or in host:port, in lower case.
std::string HostName(std::string_view url_or_host);

}  // namespace reasonwatch

#endif  // REASONWATCH_FRONT_OWN_HOST_H_
