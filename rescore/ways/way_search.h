// SPDX-License-Identifier: Apache-2.0
// Asks a campaign's problems again in the ways that the failure's conditions
// need, one way after the other, once the plain way has shown nothing.
//
// Each way has a sequential verdict of its own against the problems' baseline,
// with the bounds of an incident; that of a confirmation is multiplied by the
// number of ways, so that all together confirm a healthy model no more often
// than one way would. The samples of a way have the seeds of the plain way's,
// and the paired difference from those is shown.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_RESCORE_WAYS_WAY_SEARCH_H_
#define REASONWATCH_RESCORE_WAYS_WAY_SEARCH_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/verdict.h"
#include "rescore/asker.h"
#include "rescore/job_queue.h"
#include "rescore/problem_set.h"
#include "rescore/question_runner.h"
#include "rescore/statistics/group.h"
#include "rescore/ways/way_plan.h"

namespace reasonwatch {

// The evidence by which ways are judged; all must outlive the call.
struct WayEvidence {
  const ProblemSet& problems;
  const std::vector<GroupView>& groups;
  RewardSet rewards = 0;
  std::string_view comparison = "";  // as of DecideVerdict()
};

class WaySearch {
 public:
  void Plan(std::vector<FailureWay> ways);
  // Whether any way was planned that the failure needs.
  bool needed() const;

  // The next question, with the others that are to be asked at the same time
  // (RescoreQuestion::beside). None: the ways are decided, or can't be asked.
  std::optional<RescoreQuestion> Next(const WayEvidence& evidence,
                                      JobQueue& queue);

  // How far the way has come; nothing for a way that is not one of these.
  Standing StandingOf(const WayEvidence& evidence, std::string_view way) const;

  // Errors of a way in a row, and questions of it that were given up for the
  // requests of others in a row. Three of either end the way.
  void CountError(const std::string& way, std::string_view error);
  void CountYield(const std::string& way);
  void ForgetErrors(const std::string& way) { failing_.erase(way); }

  // Adds each way's difference to the verdict, and turns `not_reproduced` into
  // `confirmed` if a way carries the loss, or into `not_reproduced_alone` if a
  // way that is needed was not cleared. `more_needed`: the name of another way
  // that is needed and was not cleared; "" = none. `unfinished`: why a way that
  // is not decided yet is not asked to its end.
  void Conclude(const WayEvidence& evidence, std::string_view more_needed,
                std::string_view unfinished, Verdict& verdict) const;

 private:
  struct Failing {
    int count = 0;
    std::string why;
  };
  // The way's own verdict so far.
  Verdict VerdictOf(const WayEvidence& evidence, const FailureWay& way) const;
  bool GivenUp(const FailureWay& way) const;
  Bounds BoundsOf(const WayEvidence& evidence) const;
  // Whether the way needs no more samples.
  bool Done(const WayEvidence& evidence, const FailureWay& way) const;

  std::vector<FailureWay> ways_;
  std::map<std::string, Failing> failing_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_WAYS_WAY_SEARCH_H_
