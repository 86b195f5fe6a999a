// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/shadow_desk.h"

#include "absl/strings/escaping.h"
#include "core/selftest.h"
#include "daemon/app/log.h"
#include "daemon/app/settings.h"

namespace reasonwatch {
namespace {

constexpr absl::Duration kSaveEvery = absl::Minutes(1);

}  // namespace

AlarmBudget AlarmBudgetOf(const FalseAlarmsConfig& config) {
  if (config.mean_responses > 0) return {true, 1e6 / config.mean_responses};
  return {false, config.warning_per_30_days};
}

ShadowReport StoredShadowReport(const std::string& fact,
                                const FalseAlarmsConfig& config,
                                absl::Time now) {
  std::string bytes;
  if (!absl::Base64Unescape(fact, &bytes)) bytes.clear();
  return ReportOfSaved(bytes, AlarmBudgetOf(config), now);
}

ShadowDesk::ShadowDesk(const Config& config, Store& store, const Clock& clock)
    : store_(store), clock_(clock), ledger_(clock.Now()), saved_(clock.Now()) {
  std::string bytes;
  const std::string fact = store.LoadFact(kShadowFact).value_or("");
  if (!fact.empty() &&
      (!absl::Base64Unescape(fact, &bytes) || !ledger_.Restore(bytes)))
    LogWarning("shadow_ledger_unreadable", {});
  Configure(config);
}

void ShadowDesk::Configure(const Config& config) {
  ledger_.Configure(AlarmBudgetOf(config.false_alarms),
                    IncidentOptionsOf(config).alerting_signals);
}

void ShadowDesk::OnStream(const StreamSnapshot& snapshot) {
  if (snapshot.model != kSelftestModel) ledger_.Observe(snapshot, clock_.Now());
}

void ShadowDesk::OnStreamReset(const std::string& model,
                               const std::string& route) {
  ledger_.Reset(model, route, clock_.Now());
}

void ShadowDesk::OnHeartbeat(Stage /*stage*/, absl::Time now) {
  {
    MutexLock lock(mutex_);
    if (now - saved_ < kSaveEvery) return;
    saved_ = now;
  }
  Save();
}

void ShadowDesk::Save() {
  if (!ledger_.WantsSave()) return;
  store_.PutFact(kShadowFact, absl::Base64Escape(ledger_.Save()))
      .IgnoreError();  // the store reports it
}

}  // namespace reasonwatch
