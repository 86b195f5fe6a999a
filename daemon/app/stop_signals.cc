// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/stop_signals.h"

#include <initializer_list>

namespace reasonwatch {

BlockedSignals::BlockedSignals() {
  sigemptyset(&signals_);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals_, signal);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

BlockedSignals::~BlockedSignals() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

int BlockedSignals::Wait() const {
  int received = 0;
  while (sigwait(&signals_, &received) != 0) {
  }
  return received;
}

}  // namespace reasonwatch
