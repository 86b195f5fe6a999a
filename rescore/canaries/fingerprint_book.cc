// SPDX-License-Identifier: Apache-2.0
#include "rescore/canaries/fingerprint_book.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "core/store.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

constexpr char kFingerprintFact[] = "rescore_fingerprint/";
// Errors until a fingerprint is given up; it is only a hint.
constexpr int kMaxErrors = 3;

}  // namespace

bool FingerprintBook::Has(const std::string& model) const {
  const auto it = healthy_.find(model);
  return it != healthy_.end() && !it->second.empty();
}

void FingerprintBook::StartHealthy(const std::vector<std::string>& models) {
  if (probe_.has_value()) return;
  for (const std::string& model : models) {
    if (healthy_.contains(model)) continue;
    if (store_ != nullptr) {
      const auto stored = store_->LoadFact(kFingerprintFact + model);
      auto runs =
          stored.ok()
              ? ParseFingerprint(*stored)
              : absl::StatusOr<std::vector<FingerprintRun>>(stored.status());
      if (runs.ok()) {
        healthy_[model] = *std::move(runs);
        continue;
      }
    }
    probe_.emplace().model = model;
    return;
  }
}

void FingerprintBook::StartFor(const std::string& incident,
                               const std::string& model) {
  probe_.emplace().model = model;
  probe_->incident = incident;
}

SampleRequest FingerprintBook::Request(absl::Time now) const {
  SampleRequest r;
  r.model = probe_->model;
  r.messages_json = FingerprintPrompts()[probe_->prompt];
  r.temperature = 0;
  r.max_tokens = kFingerprintTokens;
  r.top_logprobs = 1;
  r.id = absl::StrFormat("rw-probe-%08x",
                         StableHash(absl::StrFormat(
                             "%s %d %d %d", probe_->model, probe_->prompt,
                             probe_->runs.size(), absl::ToUnixNanos(now))) >>
                             32);
  return r;
}

std::optional<TakenFingerprint> FingerprintBook::Observe(const Response& answer,
                                                         bool well) {
  const auto logprobs = ReadLogprobs(answer.body);
  // A server without log-probabilities once has none at all.
  if (!logprobs.ok()) return End(/*whole=*/false, well);
  probe_->run.insert(probe_->run.end(), logprobs->begin(), logprobs->end());
  if (++probe_->prompt < FingerprintPrompts().size()) return std::nullopt;
  probe_->prompt = 0;
  probe_->runs.push_back(std::exchange(probe_->run, {}));
  if (probe_->runs.size() < kFingerprintRuns) return std::nullopt;
  return End(/*whole=*/true, well);
}

std::optional<TakenFingerprint> FingerprintBook::Failed() {
  if (++probe_->errors < kMaxErrors) return std::nullopt;
  return End(/*whole=*/false, /*well=*/false);
}

std::optional<TakenFingerprint> FingerprintBook::End(bool whole, bool well) {
  const FingerprintProbe probe = *std::exchange(probe_, std::nullopt);
  if (!probe.incident.empty()) {
    TakenFingerprint taken{.incident = probe.incident};
    if (whole) taken.p = FingerprintPValue(healthy_[probe.model], probe.runs);
    return taken;
  }
  // An incident has begun meanwhile, so the model may not be healthy.
  if (whole && !well) return std::nullopt;
  healthy_[probe.model] = whole ? probe.runs : std::vector<FingerprintRun>();
  if (whole && store_ != nullptr)
    store_
        ->PutFact(kFingerprintFact + probe.model, PrintFingerprint(probe.runs))
        .IgnoreError();
  return std::nullopt;
}

void FingerprintBook::Forget(const std::string& model) {
  healthy_.erase(model);
  if (probe_.has_value() && probe_->model == model) probe_.reset();
  if (store_ != nullptr)
    store_->PutFact(kFingerprintFact + model, "").IgnoreError();
}

}  // namespace reasonwatch
