// SPDX-License-Identifier: Apache-2.0
// The lines of `reasonwatch rescore`: each question as it was asked, what it
// waits for, verdicts, and a table at the end; as text or as JSON, with the
// same content.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_RESCORE_OUTPUT_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_RESCORE_OUTPUT_H_

#include <cstdint>
#include <map>
#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "core/verdict.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/rescoring_service.h"
#include "rescore/tally.h"

namespace reasonwatch {

class RescoreOutput {
 public:
  // Text goes to `out`, but for waiting, which goes to `messages`; JSON all to
  // `out`, a line each. Both must outlive it.
  RescoreOutput(Output form, std::ostream& out, std::ostream& messages)
      : form_(form), out_(out), messages_(messages) {}

  // A question: number, way, problem, seed, the end of the answer, right or
  // wrong, the Bayes factor, and what decides it.
  void Question(const AskedSample& sample);
  // Reports a wait: for which thing, until when, and when the command gives up.
  // Once for each reason in a row.
  void Waits(const RescoreCounters& counters, absl::Time gives_up);
  // `name`: of the problem or incident.
  void Verdicts(const Verdict& verdict, const std::string& name);
  // Questions, right answers and tokens by way. Nothing without questions.
  void Summary();

 private:
  struct OfWay {
    int asked = 0;
    int right = 0;
    int wrong = 0;
    int64_t tokens = 0;
  };
  const Output form_;
  std::ostream& out_;
  std::ostream& messages_;
  int questions_ = 0;
  std::map<std::string, OfWay> ways_;
  std::string waits_for_;
};

// The name of a way as it is shown; the plain way has none of its own.
std::string WayText(const std::string& way);
// A reason of RescoreCounters::blocked in words.
std::string WaitText(const RescoreCounters& counters);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_RESCORE_OUTPUT_H_
