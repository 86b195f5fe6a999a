// SPDX-License-Identifier: Apache-2.0
#include "rescore/ways/conditions_book.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/store.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

constexpr char kFact[] = "rescore_conditions";

}  // namespace

void ConditionsBook::Restore() {
  if (store_ == nullptr) return;
  const auto text = store_->LoadFact(kFact);
  if (!text.ok()) return;
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(*text, '\n'))) {
    const std::vector<std::string> parts =
        absl::StrSplit(line, absl::MaxSplits(' ', 1));
    if (parts.size() == 2 && of_.size() < kMaxIncidents)
      of_[parts[0]] = ConditionsFromText(parts[1]);
  }
}

FailureConditions ConditionsBook::Find(const std::string& incident) const {
  const auto it = of_.find(incident);
  return it == of_.end() ? FailureConditions() : it->second;
}

void ConditionsBook::Put(const std::string& incident,
                         const FailureConditions& conditions) {
  const FailureConditions known = Find(incident);
  if (conditions == FailureConditions() || known == conditions ||
      conditions.failures < known.failures)
    return;
  if (of_.size() >= kMaxIncidents && !of_.contains(incident)) return;
  of_[incident] = conditions;
  Save();
}

void ConditionsBook::Drop(const std::string& incident) {
  if (of_.erase(incident) > 0) Save();
}

void ConditionsBook::Save() const {
  if (store_ == nullptr) return;
  std::string text;
  for (const auto& [incident, conditions] : of_)
    absl::StrAppend(&text, incident, " ", ToText(conditions), "\n");
  store_->PutFact(kFact, text).IgnoreError();
}

}  // namespace reasonwatch
