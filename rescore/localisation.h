// Which ways of asking are tried to find where a verdict's loss sits, and which
// question of them is next.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_RESCORE_LOCALISATION_H_
#define REASONWATCH_RESCORE_LOCALISATION_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/incident.h"
#include "rescore/asker.h"
#include "rescore/job_queue.h"
#include "rescore/localise.h"
#include "rescore/options.h"

namespace reasonwatch {

// The finding itself says that the incident sits in filled contexts.
bool SitsInFilledContexts(const Incident& incident);

class Localisation {
 public:
  // What can be tried after this verdict: every way after a confirmation, and
  // what may fail although nothing was reproduced else.
  void Plan(VerdictKind verdict, const std::vector<GroupView>& groups,
            const RescoreEndpoints& endpoints, const Asker& asker, bool filled);
  bool planned() const { return !ways_.empty(); }

  // None: all was asked, or fails too often.
  std::optional<RescoreQuestion> Next(VerdictKind verdict,
                                      const std::vector<GroupView>& groups,
                                      JobQueue& queue,
                                      const Asker& asker) const;
  // Errors of a way, in a row.
  void CountError(const std::string& way) { ++errors_[way]; }
  void ForgetErrors(const std::string& way) { errors_.erase(way); }

  // Takes the differences into the verdict. What was not reproduced as it
  // stands and is lost behind a long talk is confirmed by that.
  void Conclude(const std::vector<GroupView>& groups, Verdict& verdict) const;

 private:
  bool Failing(const std::string& way) const;

  std::vector<Way> ways_;
  std::map<std::string, int> errors_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_LOCALISATION_H_
