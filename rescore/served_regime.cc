#include "rescore/served_regime.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/status_macros.h"

namespace reasonwatch {
namespace {

constexpr char kRegimeFact[] = "rescore_regime/";
constexpr absl::Duration kRegimeEvery = absl::Minutes(15);
// A change after which so long nothing was wrong is how it is now.
constexpr absl::Duration kRegimeSettles = absl::Hours(24 * 7);
constexpr size_t kMaxRegimeText = 128;
constexpr size_t kMaxModels = 1024;

struct RegimeField {
  const char* kind;  // of ModelEvent
  std::string Regime::*value;
};
constexpr RegimeField kRegimeFields[] = {
    {"engine", &Regime::engine},
    {"fingerprint", &Regime::fingerprint},
    {"weights_version", &Regime::weights_version},
    {"template_hash", &Regime::template_hash}};

std::string PrintRegime(const ServedRegime& r) {
  std::string text = absl::StrCat(absl::ToUnixSeconds(r.changed));
  for (const Regime* regime : {&r.healthy, &r.now})
    for (const RegimeField& field : kRegimeFields)
      absl::StrAppend(&text, "\n", regime->*field.value);
  return text;
}

// What can't be read is read anew from the endpoint.
ServedRegime ParseRegime(const std::string& text) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  ServedRegime r;
  int64_t changed = 0;
  if (lines.size() != 1 + 2 * std::size(kRegimeFields) ||
      !absl::SimpleAtoi(lines[0], &changed))
    return r;
  r.changed = absl::FromUnixSeconds(changed);
  size_t line = 1;
  for (Regime* regime : {&r.healthy, &r.now})
    for (const RegimeField& field : kRegimeFields)
      regime->*field.value = lines[line++];
  return r;
}

}  // namespace

ServedRegime& RegimeWatch::Entry(const std::string& model) {
  // All of it is in the store, or is asked for again.
  if (regimes_.size() >= kMaxModels && !regimes_.contains(model))
    regimes_.erase(regimes_.begin());
  const auto [it, fresh] = regimes_.try_emplace(model);
  if (!fresh || store_ == nullptr) return it->second;
  const auto stored = store_->LoadFact(kRegimeFact + model);
  if (stored.ok()) it->second = ParseRegime(*stored);
  return it->second;
}

bool RegimeWatch::Due(const std::string& model, absl::Time now) {
  return now - Entry(model).read >= kRegimeEvery;
}

void RegimeWatch::TellChange(const std::string& model, const char* kind,
                             const std::string& before,
                             const std::string& value, absl::Time now) {
  if (store_ == nullptr) return;
  ModelEvent event;
  event.time = now;
  event.model = model;
  event.kind = kind;
  event.old_value = before;
  event.new_value = value;
  event.note = "read from the endpoint";
  // Live traffic may have shown it since the endpoint was read last.
  const auto told = store_->LoadEvents(model, now - 2 * kRegimeEvery, now, 100);
  const bool known =
      told.ok() &&
      std::any_of(told->begin(), told->end(), [&](const ModelEvent& e) {
        return e.kind == event.kind && e.new_value == event.new_value;
      });
  if (!known) store_->PutEvent(event).IgnoreError();
}

absl::Status RegimeWatch::Read(const std::string& model, ModelClient& client,
                               bool well, absl::Time now) {
  ServedRegime& served = Entry(model);
  served.read = now;
  RW_ASSIGN_OR_RETURN(const Regime read, client.ReadRegime(model));
  bool news = false;
  for (const RegimeField& field : kRegimeFields) {
    std::string value = (read.*field.value).substr(0, kMaxRegimeText);
    std::replace(value.begin(), value.end(), '\n', ' ');
    if (value.empty()) continue;
    std::string& before = served.now.*field.value;
    if (before != value && !before.empty()) {
      served.changed = now;
      TellChange(model, field.kind, before, value, now);
    }
    news = news || before != value;
    before = value;
    if ((served.healthy.*field.value).empty() && well) {
      served.healthy.*field.value = value;
      news = true;
    }
  }
  if (well && served.healthy != served.now &&
      now - served.changed >= kRegimeSettles) {
    served.healthy = served.now;
    news = true;
  }
  if (news && store_ != nullptr)
    store_->PutFact(kRegimeFact + model, PrintRegime(served)).IgnoreError();
  return absl::OkStatus();
}

void RegimeWatch::Forget(const std::string& model) {
  regimes_[model] = ServedRegime();
  if (store_ != nullptr) store_->PutFact(kRegimeFact + model, "").IgnoreError();
}

}  // namespace reasonwatch
