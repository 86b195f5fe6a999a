// SPDX-License-Identifier: Apache-2.0
// The build, weights and chat template that served a response.
#ifndef REASONWATCH_CORE_REGIME_H_
#define REASONWATCH_CORE_REGIME_H_

#include <string>

namespace reasonwatch {

// The server that gave the response. Equal regimes are comparable.
struct Regime {
  std::string fingerprint;
  std::string weights_version;
  std::string template_hash;
  std::string engine;
  bool operator==(const Regime&) const = default;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_REGIME_H_
