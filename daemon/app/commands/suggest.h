// SPDX-License-Identifier: Apache-2.0
// Command names that nobody knows, and the nearest one that there is.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_SUGGEST_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_SUGGEST_H_

#include <string>
#include <string_view>
#include <vector>

// NOLINTNEXTLINE(readability-identifier-naming): the library's name.
namespace CLI {
class App;
}

namespace reasonwatch {

// The name of `names` that takes the fewest letters to change, of three at most
// and fewer than the word has; "" if none is near.
std::string Nearest(std::string_view word,
                    const std::vector<std::string>& names);

// An explanation if the words of the command line name a command that does not
// exist; "" otherwise. `words` are those behind the program's name.
std::string UnknownCommand(const CLI::App& app,
                           const std::vector<std::string>& words);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_SUGGEST_H_
