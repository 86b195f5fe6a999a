// SPDX-License-Identifier: Apache-2.0
// How far a daemon is set up: the responses of each tap, the share of them with
// reasoning, those that were refused and why, and the steps that are left.
//
// Pure, thread-safe; never throws.
#ifndef REASONWATCH_DAEMON_API_SETUP_JSON_H_
#define REASONWATCH_DAEMON_API_SETUP_JSON_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/snapshot.h"

namespace reasonwatch {

// Counts since the start of the daemon, by name.
using SetupCounts = std::map<std::string, int64_t>;

struct SetupSource {
  std::string source;                  // of the list of taps
  std::vector<std::string> addresses;  // at which it listens
  int64_t received = 0;
  SetupCounts refused;  // responses, by reason
  SetupCounts errors;   // by reason; a response may be mended and accepted
  SetupCounts ignored;  // exchanges that are no response of a model
};

struct SetupModel {
  std::string model;
  int64_t scored = 0;
  int64_t with_reasoning = 0;  // of those scored
  int64_t unreadable = 0;
  int64_t not_live = 0;  // canaries, re-runs, self-tests
};

struct SetupFacts {
  std::vector<SetupSource> sources;
  std::vector<SetupModel> models;
  SetupCounts left_out;  // behind the taps, by reason
  std::vector<StreamSnapshot> streams;
  bool has_problems = false;  // a baseline with problems is stored
  bool asks_again = false;    // a server to ask is configured
  bool scraped = false;       // somebody reads the metrics
  bool has_webhook = false;
  bool has_address = false;  // http.external_url is set
};

// {"sources": [{"source", "addresses", "received", "accepted", "refused":
// [{"reason", "count", "text"}], "errors", "ignored"}], "models": [{"model",
// "scored", "with_reasoning", "unreadable", "not_live"}], "left_out",
// "steps": [{"step", "done", "title", "text", "document"}]}. The steps are in
// their order; `text` says how it is, or how to get there.
std::string SetupJson(const SetupFacts& facts);

// A refusal or an error in words, with the remedy; "" for a reason that has no
// words.
std::string_view ReasonText(std::string_view reason);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_API_SETUP_JSON_H_
