// SPDX-License-Identifier: Apache-2.0
// The way from the HTTP server to the HTTP tap. The server runs longer than the
// tap on both sides, so the gate opens and shuts between them.
#ifndef REASONWATCH_DAEMON_APP_INGEST_GATE_H_
#define REASONWATCH_DAEMON_APP_INGEST_GATE_H_

#include <mutex>
#include <shared_mutex>

#include "core/ingest.h"

namespace reasonwatch {

// Thread-safe.
class IngestGate {
 public:
  // Null shuts the gate; then nobody is in the old port any more.
  void Open(IngestPort* port) {
    const std::unique_lock lock(mutex_);
    port_ = port;
  }

  IngestAnswer Receive(const IngestRequest& request) {
    const std::shared_lock lock(mutex_);
    if (port_ == nullptr)
      return {503, "{\"error\":\"tap.http is off, starting or stopping\"}"};
    return port_->Receive(request);
  }

 private:
  std::shared_mutex mutex_;
  IngestPort* port_ = nullptr;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_INGEST_GATE_H_
