// SPDX-License-Identifier: Apache-2.0
// The port by which responses come in over the daemon's HTTP server.
#ifndef REASONWATCH_CORE_INGEST_H_
#define REASONWATCH_CORE_INGEST_H_

#include <string>

namespace reasonwatch {

struct IngestRequest {
  std::string body;    // decoded
  std::string format;  // of kRecordFormats in tap/jsonl/import.h
  // Wait for room in the queue, instead of dropping.
  bool wait = false;
  std::string origin;  // x-reasonwatch-origin, "" = none
};

struct IngestAnswer {
  int status = 202;
  std::string json;
};

class IngestPort {
 public:
  virtual ~IngestPort() = default;
  // Reads the records of the body and queues or drops each of them. Returns
  // within about 30 seconds. Thread-safe.
  virtual IngestAnswer Receive(const IngestRequest& request) = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_INGEST_H_
