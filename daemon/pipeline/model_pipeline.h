// One model's way from Scored to incident events: start order, watch, book.
//
// Not thread-safe; one owner (a shard worker, or a replay). Deterministic.
#ifndef REASONWATCH_DAEMON_PIPELINE_MODEL_PIPELINE_H_
#define REASONWATCH_DAEMON_PIPELINE_MODEL_PIPELINE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "core/incident.h"
#include "core/ports.h"
#include "core/scored.h"
#include "core/snapshot.h"
#include "detectors/model_watch.h"
#include "detectors/order/start_order.h"
#include "incidents/incident_book.h"

namespace reasonwatch {

class ModelPipeline {
 public:
  ModelPipeline(std::string model, WatchOptions watch,
                IncidentOptions incidents);

  // Takes an evaluated response; returns what came of it and of those that its
  // arrival released. False in `counted` where it was a repeat.
  std::vector<IncidentEvent> Take(Scored scored, bool low_coverage);
  // Nothing arrives: releases what has waited and closes what is silent.
  std::vector<IncidentEvent> Tick(absl::Time now);
  // Feeds everything that is still held.
  std::vector<IncidentEvent> Drain();

  ModelWatch& watch() { return watch_; }
  const ModelWatch& watch() const { return watch_; }
  IncidentBook& book() { return book_; }
  const StartOrder& order() const { return order_; }
  int64_t duplicates() const { return duplicates_; }
  const std::string& model() const { return watch_.model(); }

 private:
  std::vector<IncidentEvent> Feed(std::vector<Scored> ready, bool low_coverage);
  bool Repeated(const Scored& scored);

  ModelWatch watch_;
  StartOrder order_;
  IncidentBook book_;
  // Ids and digests seen in the last 10 minutes.
  absl::flat_hash_map<uint64_t, int64_t> seen_;
  int64_t duplicates_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_MODEL_PIPELINE_H_
