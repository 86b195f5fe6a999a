// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/own_page.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

bool IsSame(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase(AbslView(a), AbslView(b));
}

// "https://a:1/b" as "https://a:1".
std::string_view OriginOf(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return url;
  return url.substr(0, url.find('/', scheme + 3));
}

bool IsAddress(std::string_view host) {
  if (host.starts_with("[")) return true;
  const std::string_view name = host.substr(0, host.rfind(':'));
  return IsSame(name, "localhost") ||
         (!name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
           return c == '.' || (c >= '0' && c <= '9');
         }));
}

}  // namespace

bool IsOwnPage(const RequestSource& source) {
  if (source.origin.empty()) return true;
  if (!source.external_url.empty() &&
      IsSame(source.origin, OriginOf(source.external_url)))
    return true;
  std::string_view host = source.origin;
  const size_t scheme = host.starts_with("http://")    ? 7
                        : host.starts_with("https://") ? 8
                                                       : 0;
  host.remove_prefix(scheme);
  if (scheme == 0) return false;
  return !host.empty() && IsSame(host, source.host) &&
         (source.has_token || IsAddress(host));
}

}  // namespace reasonwatch
