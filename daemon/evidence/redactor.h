// SPDX-License-Identifier: Apache-2.0
// Blanks secrets in a text: mail addresses, card numbers, keys, tokens and
// passwords, phone numbers, and what the operator's patterns match.
//
// A guess in favour of blanking: a number that only looks like a card is
// blanked too. It is no proof that nothing personal is left; names and
// addresses of houses stay.
//
// Thread-safe after construction.
#ifndef REASONWATCH_DAEMON_EVIDENCE_REDACTOR_H_
#define REASONWATCH_DAEMON_EVIDENCE_REDACTOR_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace re2 {
class RE2;
}

namespace reasonwatch {

class Redactor {
 public:
  // InvalidArgument names the pattern that RE2 does not take.
  static absl::StatusOr<std::unique_ptr<Redactor>> Make(
      const std::vector<std::string>& patterns);
  ~Redactor();

  // Each secret becomes its kind in brackets: [email], [card], [key], [token],
  // [phone], [redacted]. The text is at most kMaxBytes long, the rest is left
  // out. Linear in the text for each pattern.
  std::string Redact(std::string_view text) const;

  static constexpr size_t kMaxBytes = size_t{64} << 10;

 private:
  struct Rule {
    std::unique_ptr<const re2::RE2> pattern;
    std::string put;
  };
  explicit Redactor(std::vector<Rule> rules);
  const std::vector<Rule> rules_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_EVIDENCE_REDACTOR_H_
