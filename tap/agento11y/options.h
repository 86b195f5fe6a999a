// SPDX-License-Identifier: Apache-2.0
// The options of agento11y's ingest.
#ifndef REASONWATCH_TAP_AGENTO11Y_OPTIONS_H_
#define REASONWATCH_TAP_AGENTO11Y_OPTIONS_H_

namespace reasonwatch {

struct Agento11yOptions {
  // On the gRPC tap's address, under its limits, TLS and token.
  bool enabled = true;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_AGENTO11Y_OPTIONS_H_
