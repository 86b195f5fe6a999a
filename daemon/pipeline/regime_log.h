// When live traffic of a model began to show another engine, build, set of
// weights or chat template.
//
// A value is news where it was not among the eight latest of its kind, or was
// not seen for 500 responses: two replicas that roll over one after the other
// are told once, a rollback is told too.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DAEMON_PIPELINE_REGIME_LOG_H_
#define REASONWATCH_DAEMON_PIPELINE_REGIME_LOG_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/ports.h"
#include "core/scored.h"
#include "detectors/sequential/state_io.h"

namespace reasonwatch {

class RegimeLog {
 public:
  // The change that the response is the first to show: one event a kind.
  // Nothing for the first value of a kind.
  std::vector<ModelEvent> Observe(const Scored& scored);

  void Save(StateWriter& out) const;
  void Restore(StateReader& in);

 private:
  static constexpr size_t kKinds = 4;
  struct Value {
    std::string text;
    int64_t last_seen = 0;
  };
  std::array<std::vector<Value>, kKinds> known_;  // the latest told last
  int64_t responses_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_REGIME_LOG_H_
