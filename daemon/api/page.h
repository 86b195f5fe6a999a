// SPDX-License-Identifier: Apache-2.0
// The page that `/` serves: one self-contained HTML file, page.html.
#ifndef REASONWATCH_DAEMON_API_PAGE_H_
#define REASONWATCH_DAEMON_API_PAGE_H_

#include <string_view>

namespace reasonwatch {

std::string_view PageHtml();

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_API_PAGE_H_
