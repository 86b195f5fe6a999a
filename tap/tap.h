// SPDX-License-Identifier: Apache-2.0
// The interface of a tap, a live source of responses. CONTRIBUTING.md, "Add a
// tap", says how to make one.
#ifndef REASONWATCH_TAP_TAP_H_
#define REASONWATCH_TAP_TAP_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/ingest.h"
#include "core/port_counts.h"
#include "core/tap_counters.h"
#include "tap/sink.h"

namespace reasonwatch {

class GrpcGuests;

// Keeps how far files were read, over a restart. Thread-safe.
class OffsetStore {
 public:
  virtual ~OffsetStore() = default;
  // "" if nothing was saved.
  virtual std::string Load() = 0;
  // Goes into the store behind everything that was put there before.
  virtual absl::Status Save(const std::string& offsets) = 0;
};

// The surroundings of every tap, besides its own options.
struct TapContext {
  TapSink& sink;  // must outlive the tap
  // Called by the tap's threads with the time from the last byte of an accepted
  // record to its place in a queue. May be empty.
  std::function<void(absl::Duration)> on_duration;
  // Called by the tap's threads, once for each kind of mistake in the set-up
  // that an operator should read of. The text is constant. May be empty.
  std::function<void(std::string_view)> on_notice = {};
  // Takes services for the gRPC tap to carry, before that tap starts. Null =
  // nobody carries any.
  std::shared_ptr<GrpcGuests> guests = {};
  OffsetStore* offsets = nullptr;  // null: nothing is kept
};

// Fields of the log line `ready`, e.g. {"tap_port", "9095"}; names are
// constants.
using TapEndpoints = std::vector<std::pair<std::string_view, std::string>>;

// Thread-safe. The destructor stops at once if Stop() was not called.
class Tap {
 public:
  virtual ~Tap() = default;

  // Opens the source and begins to offer its records to the sink. Returns
  // quickly. Call once. InvalidArgument: options or unreadable files;
  // Unavailable: the source can't be opened.
  virtual absl::Status Start() = 0;

  // Accepts nothing new, gives records that are on their way until `deadline`
  // and waits for the tap's threads: nothing is offered to the sink
  // afterwards. May be called again, and without Start().
  virtual void Stop(absl::Duration deadline) = 0;

  virtual TapCounters Counters() const = 0;

  // The addresses at which senders reach the tap. Valid after Start().
  virtual TapEndpoints Endpoints() const = 0;

  // The ports that the tap accepts connections at itself, after Start().
  virtual std::vector<PortCounts> Ports() const { return {}; }

  // The tap's side of the daemon's HTTP server; null if it has none.
  virtual IngestPort* Ingest() { return nullptr; }
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_TAP_H_
