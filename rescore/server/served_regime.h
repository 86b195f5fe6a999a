// SPDX-License-Identifier: Apache-2.0
// The regime that each model's endpoint reports: engine, fingerprint, weights
// and template, now and as it was while no incident was open.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_RESCORE_SERVER_SERVED_REGIME_H_
#define REASONWATCH_RESCORE_SERVER_SERVED_REGIME_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/regime.h"

namespace reasonwatch {

class Store;

class ModelClient;

struct ServedRegime {
  Regime healthy;  // while all was well
  Regime now;
  absl::Time changed = absl::InfinitePast();
  absl::Time read = absl::InfinitePast();
};

class RegimeWatch {
 public:
  // `store` may be null, and must outlive it.
  explicit RegimeWatch(Store* store) : store_(store) {}

  // The regime of the model, as far as this run or an earlier one has read it.
  const ServedRegime& Served(const std::string& model) { return Entry(model); }
  // Whether it was not read for a quarter of an hour.
  bool Due(const std::string& model, absl::Time now);
  // Asks the endpoint, and writes changes to the time line. `well`: no incident
  // is under investigation. Errors: the client's.
  absl::Status Read(const std::string& model, ModelClient& client, bool well,
                    absl::Time now);
  // Drops the model's regime, here and in the store.
  void Forget(const std::string& model);

 private:
  ServedRegime& Entry(const std::string& model);
  void RecordChange(const std::string& model, const char* kind,
                    const std::string& before, const std::string& value,
                    absl::Time now);

  Store* const store_;
  std::map<std::string, ServedRegime> regimes_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_SERVER_SERVED_REGIME_H_
