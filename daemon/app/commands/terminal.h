// SPDX-License-Identifier: Apache-2.0
// Colours, for terminals only.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_TERMINAL_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_TERMINAL_H_

#include <string>
#include <string_view>

namespace reasonwatch {

enum class Paint { kBold, kRed, kYellow, kGreen, kFaint };

// Writes texts with or without colours.
class Painter {
 public:
  explicit Painter(bool colours = false) : colours_(colours) {}
  // With colours if standard output is a terminal that has them and NO_COLOR is
  // not set.
  static Painter OfOutput();

  std::string operator()(Paint paint, std::string_view text) const;

 private:
  bool colours_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_TERMINAL_H_
