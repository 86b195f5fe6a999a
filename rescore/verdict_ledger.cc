// SPDX-License-Identifier: Apache-2.0
#include "rescore/verdict_ledger.h"

#include <algorithm>

namespace reasonwatch {

void VerdictLedger::Stamp(Verdict& verdict) {
  verdict.sequence = ++last_;
  if (verdict.incident.empty()) return;
  if (emitted_.size() >= kMaxIncidents && !emitted_.contains(verdict.incident))
    emitted_.erase(std::min_element(
        emitted_.begin(), emitted_.end(),
        [](const auto& a, const auto& b) { return a.second < b.second; }));
  emitted_[verdict.incident] = verdict.sequence;
}

void VerdictLedger::Observe(const Incident& incident) {
  last_ = std::max(last_, incident.verdict_sequence);
  if (!incident.open()) emitted_.erase(incident.id);
}

bool VerdictLedger::HasHeard(const Incident& incident) const {
  const auto it = emitted_.find(incident.id);
  return it == emitted_.end() || incident.verdict_sequence >= it->second;
}

}  // namespace reasonwatch
