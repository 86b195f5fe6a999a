// SPDX-License-Identifier: Apache-2.0
#include "incidents/failing_problems.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <tuple>
#include <utility>

namespace reasonwatch {
namespace {

constexpr char kOtherFamilies[] = "other families";

bool Failing(const FailingProblem& p) {
  return 4 * (p.trials_now - p.passed_now) > p.trials_now;
}

std::vector<FamilyCount> CountFamilies(
    const std::vector<FailingProblem>& asked) {
  std::map<std::string, FamilyCount> by_name;
  for (const FailingProblem& p : asked) {
    FamilyCount& family = by_name[p.family];
    family.family = p.family;
    ++family.asked;
    family.failing += Failing(p);
  }
  std::vector<FamilyCount> families;
  families.reserve(by_name.size());
  for (const auto& [name, count] : by_name) families.push_back(count);
  std::stable_sort(families.begin(), families.end(),
                   [](const FamilyCount& a, const FamilyCount& b) {
                     return std::pair(a.failing, a.asked) >
                            std::pair(b.failing, b.asked);
                   });
  if (families.size() <= kMaxFamilyCounts) return families;
  FamilyCount others{kOtherFamilies, 0, 0};
  for (size_t i = kMaxFamilyCounts - 1; i < families.size(); ++i) {
    others.asked += families[i].asked;
    others.failing += families[i].failing;
  }
  families.resize(kMaxFamilyCounts - 1);
  families.push_back(std::move(others));
  return families;
}

}  // namespace

void ListFailing(std::vector<FailingProblem> asked, Finding& finding) {
  finding.families = CountFamilies(asked);
  std::erase_if(asked, [](const FailingProblem& p) { return !Failing(p); });
  // The surest: most failures now, then most successes before. Hash tables
  // have no order, and a replay gives the same each time.
  const auto surest = [](const FailingProblem& p) {
    return std::tuple(p.passed_now - p.trials_now, -p.passed_before, p.id,
                      p.problem);
  };
  const size_t shown = std::min(asked.size(), kMaxFailingProblems);
  std::partial_sort(
      asked.begin(), asked.begin() + static_cast<std::ptrdiff_t>(shown),
      asked.end(),
      [&](const auto& a, const auto& b) { return surest(a) < surest(b); });
  asked.resize(shown);
  finding.failing = std::move(asked);
}

}  // namespace reasonwatch
