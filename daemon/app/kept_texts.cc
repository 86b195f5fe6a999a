// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/kept_texts.h"

#include "absl/time/clock.h"
#include "core/selftest.h"
#include "daemon/app/config/config_files.h"
#include "daemon/app/log.h"
#include "util/status_macros.h"

namespace reasonwatch {

bool KeptTexts::WantsRuns(const std::string& model) {
  if (model == kSelftestModel) return false;
  MutexLock lock(mutex_);
  if (run_models_.contains(model)) return true;
  if (run_models_.size() >= kMaxRunModels) return false;
  run_models_.insert(model);
  return true;
}

void KeptTexts::SetConfig(const Config& config) {
  desk_->SetConfig(PrintConfig(WithMaskedUrls(config)));
}

absl::StatusOr<std::unique_ptr<KeptTexts>> StartKeptTexts(
    const Config& config) {
  const EvidenceConfig& evidence = config.storage.evidence;
  if (!evidence.enabled) return nullptr;
  EvidenceOptions options;
  options.path = config.storage.path + "/evidence.jsonl";
  options.runs_folder = config.storage.path + "/runs";
  options.max_bytes = evidence.max_bytes;
  options.ttl = evidence.ttl;
  options.redact = evidence.redact;
  options.wants = [models = config.models](const std::string& model) {
    const auto it = models.find(model);
    return it != models.end() && it->second.evidence;
  };
  options.policy_of = [config](const std::string& model) {
    return FormatPolicyOf(config, model);
  };
  RW_ASSIGN_OR_RETURN(std::unique_ptr<EvidenceDesk> desk,
                      EvidenceDesk::Start(
                          std::move(options), [] { return absl::Now(); },
                          [](const absl::Status& why) {
                            LogWarning("evidence_not_stored",
                                       {{"error", std::string(why.message())}});
                          }));
  auto kept = std::make_unique<KeptTexts>(std::move(desk));
  kept->SetConfig(config);
  return kept;
}

}  // namespace reasonwatch
