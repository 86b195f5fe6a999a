// SPDX-License-Identifier: Apache-2.0
// An incident's story for a terminal: the sentence of the page, and a small
// plot of each signal. Pure, thread-safe.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_INCIDENT_STORY_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_INCIDENT_STORY_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace reasonwatch {

// At most so many characters of a plot: a line of 80 with its words.
inline constexpr size_t kPlotColumns = 60;

// Lines that end with a line feed, of a StoryJson(); "" if there is none. Each
// plot ends now; a mark below it shows `onset`, and a dot in it a time without
// responses. Damaged JSON gives the lines that can be read.
std::string StoryText(std::string_view story, absl::Time onset);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_INCIDENT_STORY_H_
