// The log-probability fingerprint of each healthy model, and the run of
// questions that takes one.
//
// One thread.
#ifndef REASONWATCH_RESCORE_FINGERPRINT_BOOK_H_
#define REASONWATCH_RESCORE_FINGERPRINT_BOOK_H_

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/ports.h"
#include "rescore/fingerprint.h"

namespace reasonwatch {

// Of a model as it is now, for the incident that it is to be compared for.
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
  // There is one to compare with.
  bool Has(const std::string& model) const;
  // Of a model that has none stored, while nothing is wrong.
  void StartHealthy(const std::vector<std::string>& models);
  // Not while one is being taken.
  void StartFor(const std::string& incident, const std::string& model);

  // The next question; taking() must hold.
  SampleRequest Request(absl::Time now) const;
  // Its answer. Some: that was the last, and it was taken for an incident;
  // p is NaN where the server gives no log-probabilities. `well`: nothing is
  // wrong yet, so that what was taken is healthy.
  std::optional<TakenFingerprint> Take(const Response& answer, bool well);
  // The question failed; the same, where it has failed too often.
  std::optional<TakenFingerprint> Failed();

  void Forget(const std::string& model);

 private:
  std::optional<TakenFingerprint> End(bool whole, bool well);

  Store* const store_;
  // Empty = the server tells none.
  std::map<std::string, std::vector<FingerprintRun>> healthy_;
  std::optional<FingerprintProbe> probe_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_FINGERPRINT_BOOK_H_
