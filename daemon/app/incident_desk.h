// SPDX-License-Identifier: Apache-2.0
// The stories of incidents: made from the history of their streams, stored so
// that they outlive a restart and the day that the history covers, and handed
// to the page, the API and the metrics.
//
// Thread-safe. A story is made when its incident opens or closes and, while it
// is open, at most once in five minutes, at a scrape.
#ifndef REASONWATCH_DAEMON_APP_INCIDENT_DESK_H_
#define REASONWATCH_DAEMON_APP_INCIDENT_DESK_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/clock.h"
#include "core/incident.h"
#include "core/picture.h"
#include "core/store.h"
#include "daemon/history/history.h"
#include "daemon/pipeline/observer.h"
#include "daemon/telemetry/incident_info.h"
#include "util/mutex.h"

namespace reasonwatch {

class IncidentDesk : public PipelineObserver {
 public:
  // `store` and `clock` must outlive the desk.
  IncidentDesk(size_t max_streams, Store& store, const Clock& clock)
      : history_(max_streams), store_(store), clock_(clock) {}

  // Incidents of an earlier run that are open. Before the workers start.
  void Restore(const std::vector<Incident>& open);

  void OnScored(const Scored& scored, ResponseOutcome outcome,
                bool watched) override;
  void OnHeartbeat(Stage stage, absl::Time now) override;
  void OnIncident(const IncidentEvent& event) override;

  // StoryJson(): the stored one, or a new one if the incident is open and the
  // history reaches back to before its onset.
  std::string StoryOf(const Incident& incident) const;
  // An open incident has one at most half a minute old.
  std::string SentenceOf(const Incident& incident) const;
  std::vector<StreamSpark> Sparks() const { return history_.Sparks(); }

  // For the metrics; renews stories that are older than five minutes.
  // `page_url`: of the page, without a slash at its end.
  std::vector<IncidentInfo> Infos(std::string_view page_url);
  // Stores the stories of all open incidents.
  void SaveAll();

 private:
  struct Open {
    Incident incident;
    std::string sentence;
    int64_t affected = 0;  // of `seen`; 0 of 0 = not known
    int64_t seen = 0;
    bool rich = false;  // the stored story has numbers
    absl::Time made = absl::InfinitePast();
    std::string page_sentence;  // newer than that of the metrics
    absl::Time page_made = absl::InfinitePast();
  };
  // Makes the story and stores it; `rich`: only if it has numbers too.
  void Renew(const Incident& incident, bool rich);

  History history_;
  Store& store_;
  const Clock& clock_;
  mutable Mutex mutex_;
  mutable std::map<std::string, Open> open_ ABSL_GUARDED_BY(mutex_);  // by id
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_INCIDENT_DESK_H_
