// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/shadow_list.h"

#include <string>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "daemon/api/shadow_json.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

std::string When(absl::Time t) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", t, absl::UTCTimeZone());
}

}  // namespace

void PrintShadow(const ShadowReport& report, int limit, std::ostream& out) {
  out << absl::StrFormat("since %s, of each stream\n\n", When(report.since));
  out << absl::StrFormat("%-34s  %9s  %s\n", "AT", "INCIDENTS",
                         "OF SHADOW SIGNALS");
  for (const ShadowRow& row : report.rows)
    out << absl::StrFormat("%-34s  %9d  %d%s\n", row.words, row.incidents,
                           row.shadow_incidents,
                           row.in_force ? "  (in force)" : "");
  int shown = 0;
  for (const EvidenceRise& e : report.rises) {
    if ((!e.shadow && !WouldHaveFired(e)) || shown == limit) continue;
    if (shown++ == 0)
      out << absl::StrFormat("\n%-19s  %-6s  %-24s  %-24s  %s\n", "BEGAN (UTC)",
                             "MODE", "SIGNAL", "MODEL/ROUTE",
                             "EVIDENCE, OF THE NEEDED");
    out << absl::StrFormat(
        "%-19s  %-6s  %-24s  %-24s  %.3g%s%s\n", When(e.began),
        e.shadow ? "shadow" : "alert", AbslView(SignalName(e.signal)),
        e.route.empty() ? e.model : e.model + "/" + e.route, e.peak,
        WouldHaveFired(e) ? "  would have fired" : "",
        e.open() ? ", open" : "");
  }
}

}  // namespace reasonwatch
