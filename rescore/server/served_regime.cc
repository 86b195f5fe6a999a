// SPDX-License-Identifier: Apache-2.0
#include "rescore/server/served_regime.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/model_client.h"
#include "core/model_event.h"
#include "core/store.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

constexpr char kRegimeFact[] = "rescore_regime/";
// As often as severity waits for a verdict, so that a change is on the time
// line by then; it costs one token.
constexpr absl::Duration kRegimeEvery = absl::Minutes(15);
// A change counts as healthy after a week without an incident.
constexpr absl::Duration kRegimeSettles = absl::Hours(24 * 7);
// Versions and hashes are shorter; the field comes from outside.
constexpr size_t kMaxRegimeText = 128;
// Models in memory; the store has all of them.
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

// An empty regime if the text can't be read; the endpoint is asked again then.
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
  // Any model may be dropped: its regime is in the store, or is read again.
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

void RegimeWatch::RecordChange(const std::string& model, const char* kind,
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
  // Live traffic may have shown the same change since the last reading.
  const auto written =
      store_->LoadEvents(model, now - 2 * kRegimeEvery, now, 100);
  const bool known =
      written.ok() &&
      std::any_of(written->begin(), written->end(), [&](const ModelEvent& e) {
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
      RecordChange(model, field.kind, before, value, now);
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
