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

// A regime, and the facts that any server gives for one token: how many tokens
// a fixed conversation has, which shows another template or tokenizer, and the
// name by which the model answers.
struct ServedFacts : Regime {
  std::string prompt_tokens;
  std::string served_model;
  bool operator==(const ServedFacts&) const = default;
};

struct ServedRegime {
  ServedFacts healthy;  // while all was well
  ServedFacts now;
  absl::Time changed = absl::InfinitePast();
  absl::Time read = absl::InfinitePast();
};

class RegimeWatch {
 public:
  // `store` may be null, and must outlive it.
  explicit RegimeWatch(Store* store) : store_(store) {}

  // The regime of the model, as far as this run or an earlier one has read it.
  // `replica`: of rescore.replicas; "" = the watched endpoint.
  const ServedRegime& Served(const std::string& model,
                             const std::string& replica = "") {
    return Entry(model, replica);
  }
  // Whether it was not read for a quarter of an hour.
  bool Due(const std::string& model, absl::Time now,
           const std::string& replica = "");
  // Asks the endpoint, and writes changes to the time line. `well`: no incident
  // is under investigation. Errors: the client's.
  absl::Status Read(const std::string& model, ModelClient& client, bool well,
                    absl::Time now, const std::string& replica = "");
  // Drops the model's regime at this endpoint, here and in the store.
  void Forget(const std::string& model, const std::string& replica = "");

 private:
  ServedRegime& Entry(const std::string& model, const std::string& replica);
  void RecordChange(const std::string& model, const std::string& replica,
                    const char* kind, const std::string& before,
                    const std::string& value, absl::Time now);

  Store* const store_;
  std::map<std::string, ServedRegime> regimes_;  // by model and replica
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_SERVER_SERVED_REGIME_H_
