// SPDX-License-Identifier: Apache-2.0
// Sequence numbers of verdicts, and which incident has heard which.
//
// A verdict travels to its incident through another thread, and until it has
// arrived the incident still looks as if it waited for one. So each verdict
// carries a number, the incident echoes the number of the latest verdict that
// has reached it (Incident::verdict_sequence), and an incident whose echo is
// below the last number that was emitted for it has not heard that verdict yet.
//
// Numbers grow over all verdicts of a run, and a number given for an incident
// is above every echo observed of it. They are not stored: after a crash both
// sides begin at 0, so an incident whose verdict was lost on its way counts as
// waiting, and its campaign is judged again from the samples on disk. Which
// incidents those are is stored: the list is written before the campaign's jobs
// are finished, and an incident leaves it when it has heard.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_RESCORE_VERDICT_LEDGER_H_
#define REASONWATCH_RESCORE_VERDICT_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "core/incident.h"
#include "core/verdict.h"

namespace reasonwatch {

class Store;

class VerdictLedger {
 public:
  // `store` may be null: nothing survives. It must outlive the ledger.
  explicit VerdictLedger(Store* store = nullptr) : store_(store) {}

  // Reads which incidents had not heard their verdict when an earlier run
  // ended. Before the first Stamp().
  void Restore();
  // Whether an earlier run emitted a verdict that the incident had not heard.
  bool WasUnheard(const std::string& incident) const {
    return unheard_.contains(incident);
  }
  // Gives the verdict the next number.
  void Stamp(Verdict& verdict);
  // The state of an incident, with its echo. A closed incident waits for
  // nothing, and is forgotten.
  void Observe(const Incident& incident);
  // Whether the incident has heard the last verdict emitted for it; true if
  // there was none.
  bool HasHeard(const Incident& incident) const;
  // The last number that was emitted for the incident, 0 = none.
  uint64_t LastOf(const std::string& incident) const {
    const auto it = emitted_.find(incident);
    return it == emitted_.end() ? 0 : it->second;
  }

  // The last number is kept for so many incidents. An incident beyond them
  // counts as having heard its verdict, and is asked about once more at worst.
  static constexpr size_t kMaxIncidents = 1024;

 private:
  void Save() const;

  Store* const store_;
  uint64_t last_ = 0;
  std::map<std::string, uint64_t> emitted_;  // by incident: the last number
  std::set<std::string> unheard_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_VERDICT_LEDGER_H_
