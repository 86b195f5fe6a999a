// SPDX-License-Identifier: Apache-2.0
// The facts of the setup page: counts of the metrics, addresses of the taps.
// Pure.
#ifndef REASONWATCH_DAEMON_APP_SETUP_FACTS_H_
#define REASONWATCH_DAEMON_APP_SETUP_FACTS_H_

#include <map>
#include <string>
#include <vector>

#include "daemon/api/setup_json.h"
#include "tap/options.h"
#include "tap/tap.h"
#include "util/metrics_text.h"

namespace reasonwatch {

// The addresses of each source, as a sender writes them.
using TapAddresses = std::map<std::string, std::vector<std::string>>;

// Ports are those that were bound. `page_url`: of the HTTP port.
TapAddresses TapAddressesOf(const TapOptions& taps,
                            const TapEndpoints& endpoints,
                            const std::string& page_url);

// Sources, models and left_out. A tap at which nothing has arrived is among
// the sources if it has an address.
SetupFacts SetupFactsOf(const MetricValues& metrics,
                        const TapAddresses& addresses);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_SETUP_FACTS_H_
