// SPDX-License-Identifier: Apache-2.0
#include "answers/decoration.h"

#include "answers/marks.h"
#include "util/ascii.h"

namespace reasonwatch {

using ascii::Trim;
using marks::CloseOf;

std::string_view StripDecoration(std::string_view s) {
  s = Trim(s);
  for (bool changed = true; changed && !s.empty();) {
    changed = false;
    for (std::string_view open : {"\\text{", "\\textbf{", "\\mathrm{"}) {
      if (s.starts_with(open) && CloseOf(s, open.size() - 1) == s.size() - 1) {
        s = Trim(s.substr(open.size(), s.size() - open.size() - 1));
        changed = true;
      }
    }
    if (s.size() > 4 && s.starts_with("<<") && s.ends_with(">>")) {
      s = Trim(s.substr(2, s.size() - 4));
      changed = true;
    }
    for (std::string_view mark : {"**", "`", "__"}) {
      if (s.size() > 2 * mark.size() && s.substr(0, mark.size()) == mark &&
          s.substr(s.size() - mark.size()) == mark) {
        s = Trim(s.substr(mark.size(), s.size() - 2 * mark.size()));
        changed = true;
      }
    }
  }
  return s;
}

}  // namespace reasonwatch
