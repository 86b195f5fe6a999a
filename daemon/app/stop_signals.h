// SPDX-License-Identifier: Apache-2.0
// Signals of the process that the daemon waits for.
#ifndef REASONWATCH_DAEMON_APP_STOP_SIGNALS_H_
#define REASONWATCH_DAEMON_APP_STOP_SIGNALS_H_

#include <signal.h>

namespace reasonwatch {

// Blocks SIGTERM, SIGINT and SIGHUP in this thread and those that it starts
// while it lives, so that only Wait() receives them. Made before any thread.
class BlockedSignals {
 public:
  BlockedSignals();
  ~BlockedSignals();
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

  // Returns the next of the three signals.
  int Wait() const;

 private:
  sigset_t signals_;
  sigset_t before_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_STOP_SIGNALS_H_
