// SPDX-License-Identifier: Apache-2.0
#include "front/own_host.h"

#include <algorithm>

#include "util/ascii.h"

namespace reasonwatch {
namespace {

bool IsAddress(std::string_view name) {
  return name.starts_with('[') ||
         std::all_of(name.begin(), name.end(),
                     [](char c) { return c == '.' || ascii::IsDigit(c); });
}

}  // namespace

std::string HostName(std::string_view url_or_host) {
  const size_t scheme = url_or_host.find("://");
  if (scheme != std::string_view::npos) url_or_host.remove_prefix(scheme + 3);
  url_or_host = url_or_host.substr(0, url_or_host.find('/'));
  const size_t colon = url_or_host.starts_with('[')
                           ? url_or_host.find(':', url_or_host.find(']'))
                           : url_or_host.find(':');
  std::string name(url_or_host.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(), ascii::Lower);
  // A name may end with the root's dot.
  if (name.ends_with('.')) name.pop_back();
  return name;
}

bool IsOwnHost(std::string_view host, const std::vector<std::string>& names) {
  const std::string name = HostName(host);
  if (name.empty() || IsAddress(name) || name.find('.') == name.npos)
    return true;
  for (const std::string_view end :
       {".localhost", ".internal", ".svc", ".cluster.local"})
    if (name.ends_with(end)) return true;
  return std::any_of(names.begin(), names.end(), [&name](const auto& own) {
    return HostName(own) == name;
  });
}

}  // namespace reasonwatch
