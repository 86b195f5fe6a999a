// SPDX-License-Identifier: Apache-2.0
// The search for the place of a verdict's loss: plans the ways to try
// (paired_ways.h), gives their questions, and adds the differences to the
// verdict.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_RESCORE_CAMPAIGNS_FAULT_SEARCH_H_
#define REASONWATCH_RESCORE_CAMPAIGNS_FAULT_SEARCH_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/incident.h"
#include "core/verdict.h"
#include "rescore/asker.h"
#include "rescore/job_queue.h"
#include "rescore/options.h"
#include "rescore/statistics/paired_ways.h"

namespace reasonwatch {

// Whether the finding names filled contexts, or late turns, as the strata of
// the incident.
bool SitsInFilledContexts(const Incident& incident);

class FaultSearch {
 public:
  // Plans the ways for this verdict: all after a confirmation; else variants
  // and filled contexts, which may fail although the plain problem passes.
  void Plan(VerdictKind verdict, const std::vector<GroupView>& groups,
            const RescoreEndpoints& endpoints, const Asker& asker, bool filled);
  bool planned() const { return !ways_.empty(); }

  // The next question. None: all were asked, or the rest fails too often.
  std::optional<RescoreQuestion> Next(VerdictKind verdict,
                                      const std::vector<GroupView>& groups,
                                      JobQueue& queue,
                                      const Asker& asker) const;
  // Errors of a way in a row.
  void CountError(const std::string& way) { ++errors_[way]; }
  void ForgetErrors(const std::string& way) { errors_.erase(way); }

  // Adds the differences to the verdict. Turns `not_reproduced` into
  // `confirmed` if the loss is there in filled contexts.
  void Conclude(const std::vector<GroupView>& groups, Verdict& verdict) const;
  // Whether the difference of filled contexts shows that a loss of
  // a quarter is not there.
  static bool ClearsFilledContexts(const std::vector<Difference>& differences);

 private:
  bool Failing(const std::string& way) const;

  std::vector<Way> ways_;
  std::map<std::string, int> errors_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CAMPAIGNS_FAULT_SEARCH_H_
