// SPDX-License-Identifier: Apache-2.0
// `reasonwatch taps`: what comes in from where, live, from a daemon's metrics.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_TAPS_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_TAPS_H_

#include <string>

#include "absl/time/time.h"
#include "util/metrics_text.h"

namespace reasonwatch {

// A table of the sources, one of the models, and the share of the served
// requests that was seen, for a terminal. `before` is the scrape `since` ago;
// none of it is needed but for the rates.
std::string TapsText(const MetricValues& now, const MetricValues& before,
                     absl::Duration since);
// The counts as one JSON object, without rates and shares.
std::string TapsJson(const MetricValues& now);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_TAPS_H_
