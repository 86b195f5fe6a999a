// SPDX-License-Identifier: Apache-2.0
#include "daemon/evidence/evidence_desk.h"

#include <vector>

#include "core/trace.h"
#include "daemon/evidence/prompt_text.h"
#include "formats/formats.h"

namespace reasonwatch {
namespace {

// Texts over their time are gone from the disk this much later at most.
constexpr absl::Duration kLook = absl::Minutes(1);

}  // namespace

absl::StatusOr<std::unique_ptr<EvidenceDesk>> EvidenceDesk::Start(
    EvidenceOptions options, std::function<absl::Time()> now,
    std::function<void(const absl::Status&)> on_failure) {
  auto redactor = Redactor::Make(options.redact);
  if (!redactor.ok()) return redactor.status();
  std::unique_ptr<EvidenceDesk> desk(
      new EvidenceDesk(std::move(options), *std::move(redactor), std::move(now),
                       std::move(on_failure)));
  desk->thread_ = std::thread([d = desk.get()] { d->Run(); });
  return desk;
}

EvidenceDesk::EvidenceDesk(EvidenceOptions options,
                           std::unique_ptr<Redactor> redactor,
                           std::function<absl::Time()> now,
                           std::function<void(const absl::Status&)> on_failure)
    : options_(std::move(options)),
      redactor_(std::move(redactor)),
      now_(std::move(now)),
      on_failure_(std::move(on_failure)),
      file_(options_.path, options_.max_bytes, options_.ttl),
      runs_(options_.runs_folder, options_.max_bytes, options_.ttl) {}

EvidenceDesk::~EvidenceDesk() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  woken_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void EvidenceDesk::Keep(Response&& response,
                        const std::array<float, kFeatureCount>& readings) {
  MutexLock lock(mutex_);
  ExampleRings& rings = rings_[response.model];
  rings.Keep(std::move(response), readings);
}

void EvidenceDesk::Write(const Incident& incident) {
  {
    MutexLock lock(mutex_);
    const auto rings = rings_.find(incident.model);
    if (rings == rings_.end()) return;
    if (waiting_.size() >= kMaxWaiting) {
      ++counts_.texts.dropped;
      return;
    }
    waiting_.emplace_back(
        Texts(incident, rings->second.Choose(incident, kExamplesOfASide)));
  }
  woken_.notify_all();
}

void EvidenceDesk::WriteRun(IncidentRun&& run) {
  {
    MutexLock lock(mutex_);
    if (runs_waiting_ >= kMaxRunsWaiting) {
      ++counts_.runs.dropped;
      return;
    }
    ++runs_waiting_;
    waiting_.emplace_back(std::move(run));
  }
  woken_.notify_all();
}

void EvidenceDesk::SetConfig(std::string yaml) {
  MutexLock lock(mutex_);
  config_ = std::move(yaml);
}

EvidenceCounts EvidenceDesk::Counts() const {
  EvidenceCounts counts;
  {
    MutexLock lock(mutex_);
    counts = counts_;
  }
  counts.texts.bytes = file_.bytes();
  counts.runs.bytes = runs_.bytes();
  return counts;
}

EvidenceExample EvidenceDesk::ExampleOf(const KeptResponse& kept,
                                        bool healthy) const {
  const Response& response = kept.response;
  const Trace trace =
      ParseResponse(response, options_.policy_of(response.model));
  EvidenceExample example;
  example.healthy = healthy;
  example.id = redactor_->Redact(response.id);
  example.trace_id = response.trace_id;
  example.time = response.time;
  example.prompt = redactor_->Redact(PromptText(response));
  example.reasoning = redactor_->Redact(trace.reasoning.value_or(""));
  example.answer = redactor_->Redact(trace.answer);
  return example;
}

absl::Status EvidenceDesk::Put(const Texts& texts) {
  const auto& [incident, choice] = texts;
  std::vector<EvidenceExample> examples;
  for (const auto& kept : choice.incident)
    examples.push_back(ExampleOf(*kept, /*healthy=*/false));
  for (const auto& kept : choice.healthy)
    examples.push_back(ExampleOf(*kept, /*healthy=*/true));
  return file_.Put(incident.id, examples, now_());
}

absl::Status EvidenceDesk::Put(const IncidentRun& run) {
  std::string config;
  {
    MutexLock lock(mutex_);
    config = config_;
  }
  return runs_.Put(run, config, now_());
}

void EvidenceDesk::Run() {
  while (true) {
    const absl::Status expired = file_.Expire(now_());
    if (!expired.ok()) on_failure_(expired);
    runs_.Expire(now_());
    Waiting next;
    {
      MutexLock lock(mutex_);
      if (waiting_.empty() && !stop_)
        woken_.wait_for(mutex_, absl::ToChronoMilliseconds(kLook));
      if (waiting_.empty()) {
        if (stop_) return;
        continue;
      }
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    const bool of_run = std::holds_alternative<IncidentRun>(next);
    const absl::Status status =
        std::visit([this](const auto& waiting) { return Put(waiting); }, next);
    if (!status.ok()) on_failure_(status);
    MutexLock lock(mutex_);
    runs_waiting_ -= of_run ? 1 : 0;
    EvidenceCounts::Of& counts = of_run ? counts_.runs : counts_.texts;
    ++(status.ok() ? counts.written : counts.failed);
  }
}

}  // namespace reasonwatch
