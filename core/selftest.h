// SPDX-License-Identifier: Apache-2.0
// The model that does not exist, whose responses the self-test sends, and the
// outcome of such a test.
#ifndef REASONWATCH_CORE_SELFTEST_H_
#define REASONWATCH_CORE_SELFTEST_H_

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace reasonwatch {

// Its responses are watched if their origin is kSelftest, and no others that
// bear its name. Nobody is asked again about it, and no webhook hears of it.
// Rules and routes of alerts know the name, so it never changes.
inline constexpr std::string_view kSelftestModel = "reasonwatch-selftest";

// Names of the hops from a response to the receiver of its alert, in their
// order; they are values of a label.
inline constexpr std::array<std::string_view, 8> kSelfTestHops = {
    "tap",  "incident", "metric",       "scrape",
    "rule", "firing",   "alertmanager", "receiver"};

struct SelfTestHop {
  std::string name;
  absl::Duration took;
};

struct SelfTestResult {
  std::vector<SelfTestHop> hops;  // that were passed
  std::string failed;             // the hop that was not; "" = all were
  std::string why;                // of `failed`
  std::string incident;           // id; "" = none came
  // The model could not be forgotten afterwards; its alert stays.
  absl::Status cleaned;

  bool passed() const { return failed.empty() && cleaned.ok(); }
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_SELFTEST_H_
