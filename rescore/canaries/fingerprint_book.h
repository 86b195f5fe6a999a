// SPDX-License-Identifier: Apache-2.0
// The fingerprint of each model while it was healthy, and the series of
// questions that takes a new one.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_RESCORE_CANARIES_FINGERPRINT_BOOK_H_
#define REASONWATCH_RESCORE_CANARIES_FINGERPRINT_BOOK_H_

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/model_client.h"
#include "core/response.h"
#include "rescore/canaries/fingerprint.h"

namespace reasonwatch {

class Store;

// The comparison of a model's fingerprint, made for an incident.
struct TakenFingerprint {
  std::string incident;
  double p = std::numeric_limits<double>::quiet_NaN();
};

// A fingerprint that is being taken.
struct FingerprintProbe {
  std::string model;
  std::string incident;  // "" = for the store
  std::vector<FingerprintRun> runs;
  FingerprintRun run;
  size_t prompt = 0;
  int errors = 0;
};

class FingerprintBook {
 public:
  // `store` may be null, and must outlive it.
  explicit FingerprintBook(Store* store) : store_(store) {}

  bool taking() const { return probe_.has_value(); }
  // Whether the model has a healthy fingerprint to compare with.
  bool Has(const std::string& model) const;
  // Starts a healthy fingerprint for the first of the models that has none.
  // Call it only while no incident is under investigation.
  void StartHealthy(const std::vector<std::string>& models);
  // Starts a fingerprint for an incident. taking() must not hold.
  void StartFor(const std::string& incident, const std::string& model);

  // The next question; taking() must hold.
  SampleRequest Request(absl::Time now) const;
  // The answer to the question. Some: it was the last of a fingerprint for an
  // incident; p is NaN if the server gives no log-probabilities. `well`: no
  // incident is under investigation, so a fingerprint for the store is healthy.
  std::optional<TakenFingerprint> Observe(const Response& answer, bool well);
  // The question failed. Some: as above, after too many failures.
  std::optional<TakenFingerprint> Failed();

  void Forget(const std::string& model);

 private:
  std::optional<TakenFingerprint> End(bool whole, bool well);

  Store* const store_;
  // By model; empty = the server gives no log-probabilities.
  std::map<std::string, std::vector<FingerprintRun>> healthy_;
  std::optional<FingerprintProbe> probe_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CANARIES_FINGERPRINT_BOOK_H_
