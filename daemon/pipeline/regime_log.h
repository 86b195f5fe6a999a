// SPDX-License-Identifier: Apache-2.0
// Notices the response with which live traffic of a model begins to show
// another engine, build, set of weights or chat template.
//
// A value is news if it is not among the eight latest of its kind, or was not
// seen for 500 responses: two replicas that roll over one after the other are
// reported once, a rollback is reported too.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DAEMON_PIPELINE_REGIME_LOG_H_
#define REASONWATCH_DAEMON_PIPELINE_REGIME_LOG_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/model_event.h"
#include "core/regime.h"
#include "util/state_archive.h"

namespace reasonwatch {

struct Scored;

class RegimeLog {
 public:
  // The change that the response is the first to show: one event a kind.
  // Nothing for the first value of a kind.
  std::vector<ModelEvent> Observe(const Scored& scored);

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, RegimeLog& log);

  static constexpr size_t kKinds = 4;  // the names are in regime_log.cc
  struct Value {
    std::string text;
    int64_t last_seen = 0;
    template <typename Archive>
    friend void Describe(Archive& archive, Value& v) {
      archive.Field("text", v.text);
      archive.Field("last_seen", v.last_seen);
    }
  };
  std::array<std::vector<Value>, kKinds> known_;  // the latest last
  int64_t responses_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_REGIME_LOG_H_
