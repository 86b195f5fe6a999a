// SPDX-License-Identifier: Apache-2.0
// Routes every call to the shard of its model: to the worker as a task once it
// runs, directly before. In this order: the shared parts, the start
// (state, import, baselines), running, the end.
#include "daemon/pipeline/shards.h"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <utility>

#include "core/store.h"
#include "daemon/pipeline/fit_worker.h"
#include "daemon/pipeline/model_pipeline.h"
#include "daemon/pipeline/observer.h"
#include "daemon/pipeline/pipeline_sink.h"
#include "daemon/pipeline/shard.h"
#include "daemon/pipeline/stream_admission.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Blocks from this size on are mapped apart and go back to the system when they
// are freed: a fit's matrices are 32 MB, a response's text stays below it.
constexpr int kMapThreshold = 1 << 20;

}  // namespace

class Shards::Impl {
 public:
  Impl(PipelineOptions options_in, StandardEvaluator& evaluator_in,
       PipelineObserver& observer_in, Store* store_in, const Clock& clock_in)
      : options(std::move(options_in)),
        evaluator(evaluator_in),
        observer(observer_in),
        store(store_in),
        clock(clock_in),
        settings(options.watch, options.incidents),
        streams(options.max_streams) {
    const ShardContext context = {options, evaluator, observer, store,
                                  clock,   settings,  streams,  fits};
    for (int i = 0; i < std::max(1, options.shards); ++i)
      shards.push_back(std::make_unique<Shard>(context, i));
  }

  Shard& ShardOf(const std::string& model) {
    return *shards[StableHash(model) % shards.size()];
  }
  ModelPipeline& PipelineOf(const std::string& model) {
    return ShardOf(model).PipelineOf(model);
  }
  void OnShard(const std::string& model, std::function<void(Shard&)> task) {
    Shard& shard = ShardOf(model);
    if (started) {
      shard.Post([&shard, task = std::move(task)] { task(shard); });
    } else {
      task(shard);
    }
  }
  void AdmitStreamsOf(const ModelPipeline& pipeline) {
    for (const StreamSnapshot& s : pipeline.watch().Snapshot(clock.Now()))
      streams.Admit(s.model, s.route);
  }

  const PipelineOptions options;
  StandardEvaluator& evaluator;
  PipelineObserver& observer;
  Store* const store;
  const Clock& clock;
  LiveSettings settings;
  StreamAdmission streams;
  FitTurns fits;
  std::atomic<bool> started = false;
  std::vector<std::unique_ptr<Shard>> shards;
};

Shards::Shards(PipelineOptions options, StandardEvaluator& evaluator,
               PipelineObserver& observer, Store* store, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), evaluator, observer,
                                   store, clock)) {}

Shards::~Shards() { Stop(); }

absl::Status Shards::Restore(const std::vector<StateBlob>& blobs,
                             const std::vector<Incident>& incidents) {
  std::map<std::string, std::vector<StateBlob>> by_model;
  for (const StateBlob& blob : blobs) by_model[blob.key].push_back(blob);
  absl::Status first;
  for (auto& [model, mine] : by_model) {
    std::vector<Incident> of_model;
    for (const Incident& incident : incidents)
      if (incident.model == model) of_model.push_back(incident);
    ModelPipeline& pipeline = impl_->PipelineOf(model);
    first.Update(pipeline.Restore(mine, std::move(of_model)));
    ModelProfile profile = impl_->options.profile_of
                               ? impl_->options.profile_of(model)
                               : ModelProfile();
    profile.habits = pipeline.habits();
    impl_->evaluator.SetProfile(model, std::move(profile));
    if (const auto prefix = pipeline.prefix(); prefix.has_value())
      impl_->evaluator.SetPrefix(model, PrefixProfile::FromDigest(*prefix));
    impl_->AdmitStreamsOf(pipeline);
  }
  return first;
}

std::unique_ptr<PipelineSink> Shards::ImportSink(bool learn) {
  const auto pipeline_of = [this](const std::string& model) -> ModelPipeline& {
    return impl_->PipelineOf(model);
  };
  const auto finished = [this](ModelPipeline& pipeline) -> absl::Status {
    const std::string& model = pipeline.model();
    impl_->AdmitStreamsOf(pipeline);
    // The problems are known by their words behind the recording's prefix, so
    // the prefix of live traffic only counts if the recording shows none.
    if (const auto prefix = pipeline.prefix();
        prefix.has_value() && impl_->evaluator.LearnsPrefix(model))
      impl_->evaluator.SetPrefix(model, PrefixProfile::FromDigest(*prefix));
    if (impl_->store == nullptr) return absl::OkStatus();
    return impl_->store->PutState(pipeline.Save(/*all=*/true));
  };
  return std::make_unique<PipelineSink>(learn, pipeline_of, finished);
}

void Shards::ApplyBaseline(Baseline baseline) {
  const std::string model = baseline.model;
  if (!baseline.prefix.empty())
    impl_->evaluator.SetPrefix(model, PrefixProfile(baseline.prefix));
  impl_->evaluator.SetProblems(model, baseline.problems);
  impl_->OnShard(model, [baseline = std::move(baseline)](Shard& s) {
    s.SetProblems(baseline.model, baseline.problems);
    if (!baseline.golden.empty())
      s.ApplyGolden(baseline.model, baseline.golden);
    s.PutFact(baseline.fact);
  });
}

void Shards::Accept(const std::string& model, const std::string& evidence,
                    std::vector<StateBlob> golden,
                    std::pair<std::string, std::string> fact) {
  impl_->observer.OnAccepted(model);
  impl_->OnShard(model, [model, evidence, golden = std::move(golden),
                         fact = std::move(fact)](Shard& s) {
    s.Accept(model, evidence, golden);
    s.PutFact(fact);
  });
}

void Shards::Forget(const std::string& model, std::function<void()> done) {
  Shard& shard = impl_->ShardOf(model);
  shard.PostBehind([&shard, model, done = std::move(done)] {
    shard.Forget(model);
    done();
  });
}

std::map<std::string, std::string> Shards::LastResponses() const {
  std::map<std::string, std::string> last;
  for (const auto& shard : impl_->shards)
    for (const auto& [model, pipeline] : shard->pipelines())
      last[model] = pipeline->last_id();
  return last;
}

void Shards::Start() {
  // Fixed: otherwise the first fit's matrices would raise the threshold, and
  // the next ones would stay in the arenas for good.
  // NOLINTBEGIN(concurrency-mt-unsafe): before the workers start.
  mallopt(M_MMAP_THRESHOLD, kMapThreshold);
  mallopt(M_TRIM_THRESHOLD, kMapThreshold);
  // NOLINTEND(concurrency-mt-unsafe)
  impl_->started = true;
  for (auto& shard : impl_->shards) shard->Start();
}

TapOutcome Shards::Offer(Response&& response, int64_t bytes) {
  Shard& shard = impl_->ShardOf(response.model);
  return shard.Offer(std::move(response), bytes);
}

bool Shards::OfferPatiently(Response& response, int64_t bytes,
                            const RowPosition& position) {
  return impl_->ShardOf(response.model)
      .OfferPatiently(response, bytes, position);
}

void Shards::SaveBehind(std::function<void(bool saved)> done) {
  struct Join {
    std::function<void(bool saved)> done;
    std::atomic<size_t> left;
    std::atomic<bool> saved = true;
  };
  const auto join = std::make_shared<Join>();
  join->done = std::move(done);
  join->left = impl_->shards.size();
  for (auto& shard : impl_->shards)
    shard->SaveBehind([join](bool saved) {
      if (!saved) join->saved = false;
      if (join->left.fetch_sub(1) == 1) join->done(join->saved);
    });
}

void Shards::Reload(const WatchOptions& watch, IncidentOptions incidents) {
  incidents.can_confirm = impl_->options.incidents.can_confirm;
  impl_->settings.Set(watch, incidents);
  for (auto& shard : impl_->shards)
    shard->Post(
        [&s = *shard, watch, incidents] { s.ApplySettings(watch, incidents); });
}

void Shards::ApplyVerdict(const Verdict& verdict) {
  Shard& shard = impl_->ShardOf(verdict.model);
  shard.Post([&shard, verdict] { shard.ApplyVerdict(verdict); });
}

void Shards::Drain() {
  for (auto& shard : impl_->shards) shard->WaitUntilIdle();
}

int64_t Shards::Queued() const {
  int64_t queued = 0;
  for (const auto& shard : impl_->shards) queued += shard->waiting();
  return queued;
}

void Shards::Stop() {
  // Its answers would come to shards that are gone.
  if (impl_->options.grader != nullptr) impl_->options.grader->Stop();
  impl_->fits.stopping = true;
  for (auto& shard : impl_->shards) shard->Stop();
}

}  // namespace reasonwatch
