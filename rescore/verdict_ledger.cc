// SPDX-License-Identifier: Apache-2.0
#include "rescore/verdict_ledger.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/store.h"

namespace reasonwatch {
namespace {

constexpr char kUnheardFact[] = "rescore_unheard";

}  // namespace

void VerdictLedger::Stamp(Verdict& verdict) {
  verdict.sequence = ++last_;
  if (verdict.incident.empty()) return;
  if (emitted_.size() >= kMaxIncidents && !emitted_.contains(verdict.incident))
    emitted_.erase(std::min_element(
        emitted_.begin(), emitted_.end(),
        [](const auto& a, const auto& b) { return a.second < b.second; }));
  emitted_[verdict.incident] = verdict.sequence;
  if (unheard_.size() < kMaxIncidents &&
      unheard_.insert(verdict.incident).second)
    Save();
}

void VerdictLedger::Observe(const Incident& incident) {
  last_ = std::max(last_, incident.verdict_sequence);
  const auto it = emitted_.find(incident.id);
  const bool heard =
      it != emitted_.end() && incident.verdict_sequence >= it->second;
  if (!incident.open()) emitted_.erase(incident.id);
  if ((heard || !incident.open()) && unheard_.erase(incident.id) > 0) Save();
}

void VerdictLedger::Restore() {
  if (store_ == nullptr) return;
  const auto text = store_->LoadFact(kUnheardFact);
  if (!text.ok()) return;
  for (const std::string& id :
       std::vector<std::string>(absl::StrSplit(*text, '\n', absl::SkipEmpty())))
    if (unheard_.size() < kMaxIncidents) unheard_.insert(id);
}

void VerdictLedger::Save() const {
  if (store_ != nullptr)
    store_->PutFact(kUnheardFact, absl::StrJoin(unheard_, "\n")).IgnoreError();
}

bool VerdictLedger::HasHeard(const Incident& incident) const {
  const auto it = emitted_.find(incident.id);
  return it == emitted_.end() || incident.verdict_sequence >= it->second;
}

}  // namespace reasonwatch
