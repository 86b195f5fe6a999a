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
  std::string ServedFacts::*value;
};
constexpr RegimeField kRegimeFields[] = {
    {"engine", &ServedFacts::engine},
    {"fingerprint", &ServedFacts::fingerprint},
    {"weights_version", &ServedFacts::weights_version},
    {"template_hash", &ServedFacts::template_hash},
    {"prompt_tokens", &ServedFacts::prompt_tokens},
    {"served_model", &ServedFacts::served_model}};
// Texts of version 1 end after this many of them.
constexpr size_t kFirstFields = 4;

// The key in the map, and of the store's fact. No model's name has an end of
// line.
std::string KeyOf(const std::string& model, const std::string& replica) {
  return replica.empty() ? model : absl::StrCat(model, "\n", replica);
}

std::string PrintRegime(const ServedRegime& r) {
  std::string text = absl::StrCat(absl::ToUnixSeconds(r.changed));
  for (const ServedFacts* regime : {&r.healthy, &r.now})
    for (const RegimeField& field : kRegimeFields)
      absl::StrAppend(&text, "\n", regime->*field.value);
  return text;
}

// An empty regime if the text can't be read; the endpoint is asked again then.
ServedRegime ParseRegime(const std::string& text) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  ServedRegime r;
  int64_t changed = 0;
  const size_t fields = lines.size() == 1 + 2 * kFirstFields
                            ? kFirstFields
                            : std::size(kRegimeFields);
  if (lines.size() != 1 + 2 * fields || !absl::SimpleAtoi(lines[0], &changed))
    return r;
  r.changed = absl::FromUnixSeconds(changed);
  size_t line = 1;
  for (ServedFacts* regime : {&r.healthy, &r.now})
    for (size_t i = 0; i < fields; ++i)
      regime->*kRegimeFields[i].value = lines[line++];
  return r;
}

}  // namespace

ServedRegime& RegimeWatch::Entry(const std::string& model,
                                 const std::string& replica) {
  const std::string key = KeyOf(model, replica);
  // Any model may be dropped: its regime is in the store, or is read again.
  if (regimes_.size() >= kMaxModels && !regimes_.contains(key))
    regimes_.erase(regimes_.begin());
  const auto [it, fresh] = regimes_.try_emplace(key);
  if (!fresh || store_ == nullptr) return it->second;
  const auto stored = store_->LoadFact(kRegimeFact + key);
  if (stored.ok()) it->second = ParseRegime(*stored);
  return it->second;
}

bool RegimeWatch::Due(const std::string& model, absl::Time now,
                      const std::string& replica) {
  return now - Entry(model, replica).read >= kRegimeEvery;
}

void RegimeWatch::RecordChange(const std::string& model,
                               const std::string& replica, const char* kind,
                               const std::string& before,
                               const std::string& value, absl::Time now) {
  if (store_ == nullptr) return;
  ModelEvent event;
  event.time = now;
  event.model = model;
  event.kind = kind;
  event.old_value = before;
  event.new_value = value;
  event.note = replica.empty() ? "read from the endpoint"
                               : "read from replica " + replica;
  // Live traffic may have shown the same change since the last reading.
  const auto written =
      store_->LoadEvents(model, now - 2 * kRegimeEvery, now, 100);
  const bool known =
      written.ok() &&
      std::any_of(written->begin(), written->end(), [&](const ModelEvent& e) {
        return e.kind == event.kind && e.new_value == event.new_value &&
               (replica.empty() || e.note == event.note);
      });
  if (!known) store_->PutEvent(event).IgnoreError();
}

absl::Status RegimeWatch::Read(const std::string& model, ModelClient& client,
                               bool well, absl::Time now,
                               const std::string& replica) {
  ServedRegime& served = Entry(model, replica);
  served.read = now;
  RW_ASSIGN_OR_RETURN(const Regime regime, client.ReadRegime(model));
  ServedFacts read;
  static_cast<Regime&>(read) = regime;
  if (const auto count = client.CountPrompt(model); count.ok()) {
    if (count->tokens > 0) read.prompt_tokens = absl::StrCat(count->tokens);
    read.served_model = count->model;
  }
  bool news = false;
  for (const RegimeField& field : kRegimeFields) {
    std::string value = (read.*field.value).substr(0, kMaxRegimeText);
    std::replace(value.begin(), value.end(), '\n', ' ');
    if (value.empty()) continue;
    std::string& before = served.now.*field.value;
    if (before != value && !before.empty()) {
      served.changed = now;
      RecordChange(model, replica, field.kind, before, value, now);
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
    store_->PutFact(kRegimeFact + KeyOf(model, replica), PrintRegime(served))
        .IgnoreError();
  return absl::OkStatus();
}

void RegimeWatch::Forget(const std::string& model, const std::string& replica) {
  const std::string key = KeyOf(model, replica);
  regimes_[key] = ServedRegime();
  if (store_ != nullptr) store_->PutFact(kRegimeFact + key, "").IgnoreError();
}

}  // namespace reasonwatch
