// What each model's endpoint says of itself, now and while all was well.
//
// One thread.
#ifndef REASONWATCH_RESCORE_SERVED_REGIME_H_
#define REASONWATCH_RESCORE_SERVED_REGIME_H_

#include <map>
#include <string>

#include "absl/time/time.h"
#include "core/ports.h"

namespace reasonwatch {

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

  // Takes in what an earlier run knew of it.
  const ServedRegime& Of(const std::string& model) { return Entry(model); }
  // Not read for a quarter of an hour.
  bool Due(const std::string& model, absl::Time now);
  // Asks the endpoint; what changed goes to the time line. `well`: no incident
  // is being looked into. Errors: the client's.
  absl::Status Read(const std::string& model, ModelClient& client, bool well,
                    absl::Time now);
  void Forget(const std::string& model);

 private:
  ServedRegime& Entry(const std::string& model);
  void TellChange(const std::string& model, const char* kind,
                  const std::string& before, const std::string& value,
                  absl::Time now);

  Store* const store_;
  std::map<std::string, ServedRegime> regimes_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_SERVED_REGIME_H_
