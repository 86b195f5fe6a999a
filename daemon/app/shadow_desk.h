// SPDX-License-Identifier: Apache-2.0
// Joins the ledger of evidence that rose with the pipelines and the store.
#ifndef REASONWATCH_DAEMON_APP_SHADOW_DESK_H_
#define REASONWATCH_DAEMON_APP_SHADOW_DESK_H_

#include <string>

#include "absl/time/time.h"
#include "core/clock.h"
#include "core/store.h"
#include "daemon/app/config/config.h"
#include "daemon/history/shadow_ledger.h"
#include "daemon/pipeline/observer.h"
#include "util/mutex.h"

namespace reasonwatch {

// The budget of the configuration, as the ledger counts it.
AlarmBudget AlarmBudgetOf(const FalseAlarmsConfig& config);
// The stored ledger as PutFact() has it, for a command beside the daemon.
ShadowReport StoredShadowReport(const std::string& fact,
                                const FalseAlarmsConfig& config,
                                absl::Time now);
inline constexpr char kShadowFact[] = "shadow_ledger";

// Thread-safe. What has changed is stored once a minute and by Save().
class ShadowDesk : public PipelineObserver {
 public:
  // `store` and `clock` must outlive the desk.
  ShadowDesk(const Config& config, Store& store, const Clock& clock);

  void Configure(const Config& config);
  void OnStream(const StreamSnapshot& snapshot) override;
  void OnStreamReset(const std::string& model,
                     const std::string& route) override;
  void OnHeartbeat(Stage stage, absl::Time now) override;
  ShadowReport Report() const { return ledger_.Report(clock_.Now()); }
  void Save();

 private:
  Store& store_;
  const Clock& clock_;
  ShadowLedger ledger_;
  Mutex mutex_;
  absl::Time saved_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_SHADOW_DESK_H_
