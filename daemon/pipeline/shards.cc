#include "daemon/pipeline/shards.h"

#include <malloc.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "core/mutex.h"
#include "core/strings.h"
#include "daemon/log.h"
#include "daemon/pipeline/format_notice.h"
#include "daemon/pipeline/import_baseline.h"
#include "daemon/pipeline/model_pipeline.h"
#include "daemon/pipeline/settings.h"

namespace reasonwatch {
namespace {

const absl::Time kEarliest = absl::FromUnixSeconds(946684800);  // 2000
constexpr absl::Duration kClockSkew = absl::Minutes(5);
constexpr size_t kLossWindow = 1000;
constexpr double kLossTolerated = .02;
constexpr char kOther[] = "other";
constexpr size_t kBatch = 64;
constexpr absl::Duration kGather = absl::Microseconds(500);
constexpr absl::Duration kTickInterval = absl::Milliseconds(200);
constexpr absl::Duration kTrimInterval = absl::Seconds(10);

// A source that tells no time, or one that can't be, is taken to be asked now.
// One time in the future would otherwise move the model's whole clock there.
void RepairTimes(absl::Time now, Response& response) {
  const auto possible = [now](absl::Time t) {
    return t >= kEarliest && t <= now + kClockSkew;
  };
  if (!possible(response.time)) {
    response.time = now;
    response.end_time = absl::InfinitePast();
  }
  if (!possible(response.end_time)) response.end_time = absl::InfinitePast();
}

// Share of the last 1,000 offers that were lost.
class LossGuard {
 public:
  void Count(bool lost) {
    uint8_t& slot = ring_[next_];
    next_ = (next_ + 1) % kLossWindow;
    lost_ += lost - slot;
    slot = lost;
    seen_ = std::min(seen_ + 1, kLossWindow);
  }
  bool low_coverage() const {
    return lost_ > kLossTolerated * static_cast<double>(kLossWindow);
  }

 private:
  std::array<uint8_t, kLossWindow> ring_{};
  size_t next_ = 0;
  size_t seen_ = 0;
  int lost_ = 0;
};

}  // namespace

class Shards::Shard {
 public:
  Shard(Impl& owner, int number) : owner_(owner), number_(number) {}

  TapOutcome Offer(Response&& response, int64_t bytes);
  void Start();
  void Stop();
  void Post(std::function<void(Shard&)> task);
  void WaitUntilIdle();
  int64_t Waiting() const {
    MutexLock lock(mutex_);
    return static_cast<int64_t>(queue_.size());
  }
  ModelPipeline* PipelineOf(const std::string& model);
  void SetProblems(const std::string& model,
                   std::shared_ptr<const ProblemIndex> problems);
  // What the operator asks for, by the worker or before it runs.
  void TakeGolden(const Baseline& baseline);
  void Accept(const std::string& model, const std::string& evidence,
              const std::vector<StateBlob>& golden);
  void PutFact(const std::pair<std::string, std::string>& fact);
  void ForgetSnapshots(const std::string& model);
  std::map<std::string, std::unique_ptr<ModelPipeline>>& pipelines() {
    return pipelines_;
  }
  void Report() const;
  void TakeVerdict(const Verdict& verdict);

 private:
  struct Queued {
    Response response;
    int64_t bytes = 0;
  };

  void Run(const std::stop_token& stop);
  // A response that waits for its grade.
  struct Ungraded {
    Scored scored;
    bool low_coverage = false;
    absl::Time until;  // then it is ungradable
  };
  void Work(Queued& item, bool low_coverage);
  void AskGrader(GradingQuestion question, Scored scored, bool low_coverage);
  void TakeGrade(uint64_t ticket, Grade grade);
  void GiveUpGrading(absl::Time now);
  void Take(Scored scored, bool failed, bool low_coverage);
  void Tell(ModelPipeline& pipeline, const std::vector<IncidentEvent>& events);
  void SaveState(ModelPipeline& pipeline, bool all);
  void TellEvents(ModelPipeline& pipeline);
  std::vector<StateBlob> StateOf(ModelPipeline& pipeline, bool all);
  void Tick();
  // What the pipelines have counted so far, earlier runs included.
  struct Totals {
    int64_t duplicates = 0;
    int64_t startup = 0;
    int64_t overflow = 0;  // fed early because the hold was full
    int64_t replicas = 0;  // responses of replicas over the limit
  };
  Totals TotalsNow() const;
  void Publish(absl::Time now);
  void Checkpoint(bool all);
  void StartFit(ModelPipeline& pipeline);
  void CountFormat(const Scored& scored);

  Impl& owner_;
  const int number_;
  mutable Mutex mutex_;
  std::condition_variable_any wake_;
  std::condition_variable_any idle_;
  std::deque<Queued> queue_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::function<void(Shard&)>> tasks_ ABSL_GUARDED_BY(mutex_);
  int64_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  LossGuard losses_ ABSL_GUARDED_BY(mutex_);
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  size_t waiting_for_grade_ ABSL_GUARDED_BY(mutex_) = 0;

  // The worker's own.
  std::map<uint64_t, Ungraded> ungraded_;  // by ticket, the oldest first
  uint64_t tickets_ = 0;
  std::map<std::string, std::unique_ptr<ModelPipeline>> pipelines_;
  // Of stored baselines, also for models that have not come yet.
  std::map<std::string, std::shared_ptr<const ProblemIndex>> problems_;
  std::map<std::string, FormatNotice> format_notices_;
  std::set<std::string> dirty_;
  std::set<std::string> refused_;  // models whose last save was not taken
  std::map<std::pair<std::string, std::string>, StreamState> told_states_;
  absl::Time last_tick_ = absl::InfinitePast();
  absl::Time last_publish_ = absl::InfinitePast();
  absl::Time last_checkpoint_ = absl::InfinitePast();
  absl::Time last_trim_ = absl::InfinitePast();
  Totals told_;
  bool fit_running_ = false;
  std::jthread fitter_;
  std::jthread worker_;
};

class Shards::Impl {
 public:
  Impl(const Config& config_in, ShardsOptions options_in,
       StandardEvaluator& evaluator_in, Telemetry& telemetry_in,
       Store* store_in, std::function<void(const IncidentEvent&)> on_event_in)
      : config(config_in),
        options(options_in),
        evaluator(evaluator_in),
        telemetry(telemetry_in),
        store(store_in),
        on_event(std::move(on_event_in)),
        watch(WatchOptionsOf(config)),
        incidents(IncidentOptionsOf(config)) {
    incidents.can_confirm = options.can_confirm;
  }

  Shard& ShardOf(const std::string& model) {
    return *shards[StableHash(model) % shards.size()];
  }

  const Config config;
  const ShardsOptions options;
  StandardEvaluator& evaluator;
  Telemetry& telemetry;
  Store* const store;
  const std::function<void(const IncidentEvent&)> on_event;

  mutable Mutex mutex;
  WatchOptions watch ABSL_GUARDED_BY(mutex);
  IncidentOptions incidents ABSL_GUARDED_BY(mutex);
  std::map<std::pair<std::string, std::string>, StreamSnapshot> snapshots
      ABSL_GUARDED_BY(mutex);
  std::set<std::pair<std::string, std::string>> streams ABSL_GUARDED_BY(mutex);

  // Held while a regression is fitted, which takes 64 MB and a core.
  Mutex fitting;
  std::atomic<bool> stopping = false;  // no fit begins any more

  std::vector<std::unique_ptr<Shard>> shards;
  std::atomic<bool> started = false;

  void OnShard(const std::string& model, std::function<void(Shard&)> task);

  // Whether a stream may be watched: the first `max` of them are. Never
  // changes for a stream that was let in.
  bool Admit(const std::string& model, const std::string& route) {
    MutexLock lock(mutex);
    const auto key = std::pair(model, route);
    if (streams.contains(key)) return true;
    if (streams.size() >= static_cast<size_t>(config.streams.max)) return false;
    streams.insert(key);
    return true;
  }
  bool Admitted(const std::string& model, const std::string& route) {
    MutexLock lock(mutex);
    return streams.contains(std::pair(model, route));
  }
  int stream_count() {
    MutexLock lock(mutex);
    return std::max<int>(1, static_cast<int>(streams.size()));
  }
};

void Shards::Impl::OnShard(const std::string& model,
                           std::function<void(Shard&)> task) {
  Shard& shard = ShardOf(model);
  if (started) {
    shard.Post(std::move(task));
  } else {
    task(shard);
  }
}

TapOutcome Shards::Shard::Offer(Response&& response, int64_t bytes) {
  bool wake = false;
  {
    MutexLock lock(mutex_);
    // Full before this response is looked at, whatever its size.
    const bool full =
        queue_.size() >= static_cast<size_t>(owner_.config.queue.records) ||
        queued_bytes_ >= owner_.config.queue.bytes;
    losses_.Count(full);
    if (full) return {false, "queue_full"};
    wake = queue_.empty();
    queued_bytes_ += bytes;
    queue_.push_back({std::move(response), bytes});
  }
  // Else the worker is awake and will look again.
  if (wake) wake_.notify_one();
  return {true, ""};
}

void Shards::Shard::Post(std::function<void(Shard&)> task) {
  {
    MutexLock lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void Shards::Shard::WaitUntilIdle() {
  mutex_.Lock();
  while (!queue_.empty() || !tasks_.empty() || busy_ || waiting_for_grade_ > 0)
    idle_.wait(mutex_);
  mutex_.Unlock();
}

ModelPipeline* Shards::Shard::PipelineOf(const std::string& model) {
  auto& pipeline = pipelines_[model];
  if (pipeline == nullptr) {
    WatchOptions watch;
    IncidentOptions incidents;
    {
      MutexLock lock(owner_.mutex);
      watch = owner_.watch;
      incidents = owner_.incidents;
    }
    watch.streams = owner_.stream_count();
    pipeline = std::make_unique<ModelPipeline>(model, watch, incidents);
    if (const auto it = problems_.find(model); it != problems_.end())
      pipeline->set_problems(it->second);
  }
  return pipeline.get();
}

void Shards::Shard::SetProblems(const std::string& model,
                                std::shared_ptr<const ProblemIndex> problems) {
  if (const auto it = pipelines_.find(model); it != pipelines_.end())
    it->second->set_problems(problems);
  problems_[model] = std::move(problems);
}

void Shards::Shard::Start() {
  for (auto& [model, pipeline] : pipelines_)
    pipeline->watch().set_streams(owner_.stream_count());
  worker_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void Shards::Shard::Stop() {
  if (!worker_.joinable()) return;
  worker_.request_stop();
  {
    // So that the worker is either before its check or already waiting.
    MutexLock lock(mutex_);
  }
  wake_.notify_all();
  worker_.join();
  if (fitter_.joinable()) fitter_.join();
}

void Shards::Shard::Run(const std::stop_token& stop) {
  // An earlier run has told its own.
  told_ = TotalsNow();
  std::vector<Queued> batch;
  std::deque<std::function<void(Shard&)>> tasks;
  while (true) {
    bool low_coverage = false;
    mutex_.Lock();
    busy_ = false;
    waiting_for_grade_ = ungraded_.size();
    if (queue_.empty() && tasks_.empty()) {
      idle_.notify_all();
      if (stop.stop_requested()) {
        mutex_.Unlock();
        break;
      }
      wake_.wait_for(mutex_, absl::ToChronoMilliseconds(kTickInterval));
      if (!queue_.empty() && queue_.size() < kBatch) {
        // Waking costs more than the work: let some more come.
        mutex_.Unlock();
        std::this_thread::sleep_for(absl::ToChronoMicroseconds(kGather));
        mutex_.Lock();
      }
    }
    batch.clear();
    while (!queue_.empty() && batch.size() < kBatch) {
      queued_bytes_ -= queue_.front().bytes;
      batch.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    tasks.swap(tasks_);
    low_coverage = losses_.low_coverage();
    busy_ = true;
    mutex_.Unlock();

    for (auto& task : tasks) task(*this);
    tasks.clear();
    for (Queued& item : batch) Work(item, low_coverage);
    Tick();
  }
  GiveUpGrading(absl::InfiniteFuture());
  for (auto& [model, pipeline] : pipelines_) {
    // What is held is saved with the rest. Fed now it would be the short ones
    // of the last minutes without the long ones.
    if (owner_.store == nullptr) Tell(*pipeline, pipeline->Drain());
    dirty_.insert(model);
  }
  Publish(absl::Now());
  Checkpoint(/*all=*/true);
}

void Shards::Shard::Work(Queued& item, bool low_coverage) {
  Telemetry& telemetry = owner_.telemetry;
  Response& response = item.response;
  RepairTimes(absl::Now(), response);
  telemetry.CountStage(Stage::kEvaluate, 1);
  const bool asks = owner_.options.grader != nullptr;
  GradingQuestion question;
  Scored scored = asks ? owner_.evaluator.EvaluateUnasked(response, &question)
                       : owner_.evaluator.Evaluate(response);
  if (!scored.markup.body_error.empty())
    telemetry.CountStageError(Stage::kEvaluate, scored.markup.body_error);
  // An error's text is no answer, however it reads.
  const bool failed = response.http_status >= 400;
  if (!question.gold.empty() && scored.origin == Origin::kLive && !failed) {
    AskGrader(std::move(question), std::move(scored), low_coverage);
  } else {
    Take(std::move(scored), failed, low_coverage);
  }
}

void Shards::Shard::AskGrader(GradingQuestion question, Scored scored,
                              bool low_coverage) {
  const uint64_t ticket = ++tickets_;
  const absl::Duration patience = owner_.options.grader->longest_wait();
  ungraded_.emplace(ticket, Ungraded{std::move(scored), low_coverage,
                                     absl::Now() + patience});
  const bool taken = owner_.options.grader->Offer(
      std::move(question), [this, ticket](Grade grade) {
        Post([ticket, grade](Shard& s) { s.TakeGrade(ticket, grade); });
      });
  if (!taken) TakeGrade(ticket, Grade::kUngradable);
}

void Shards::Shard::TakeGrade(uint64_t ticket, Grade grade) {
  auto node = ungraded_.extract(ticket);
  if (node.empty()) return;  // came too late
  Ungraded& item = node.mapped();
  item.scored.grade = grade;
  Take(std::move(item.scored), /*failed=*/false, item.low_coverage);
}

void Shards::Shard::GiveUpGrading(absl::Time now) {
  while (!ungraded_.empty() && ungraded_.begin()->second.until <= now)
    TakeGrade(ungraded_.begin()->first, Grade::kUngradable);
}

void Shards::Shard::Take(Scored scored, bool failed, bool low_coverage) {
  Telemetry& telemetry = owner_.telemetry;
  // Only watched streams get series of their own.
  const auto hide_unknown = [&] {
    if (owner_.Admitted(scored.model, scored.route)) return;
    scored.model = kOther;
    scored.route = kOther;
  };
  if (scored.origin != Origin::kLive) {
    hide_unknown();
    telemetry.ObserveResponse(scored, ResponseOutcome::kNotLive);
    return;
  }
  const bool readable =
      std::any_of(scored.readings.begin(), scored.readings.end(),
                  [](float value) { return value == value; });
  if (failed || (!readable && scored.grade == Grade::kNotGraded)) {
    hide_unknown();
    telemetry.ObserveResponse(scored, ResponseOutcome::kUnreadable);
    return;
  }
  if (!owner_.Admit(scored.model, scored.route)) {
    // Known to nobody: its numbers still show, under `other`.
    telemetry.CountStageDropped(Stage::kDetect, "stream_limit");
    hide_unknown();
    telemetry.ObserveResponse(scored, ResponseOutcome::kScored);
    return;
  }
  telemetry.ObserveResponse(scored, ResponseOutcome::kScored);
  telemetry.CountStage(Stage::kDetect, 1);
  if (owner_.options.on_scored) owner_.options.on_scored(scored);
  CountFormat(scored);
  scored.markup = {};
  ModelPipeline& pipeline = *PipelineOf(scored.model);
  dirty_.insert(scored.model);
  pipeline.set_received(absl::Now());
  Tell(pipeline, pipeline.Take(std::move(scored), low_coverage));
  // A baseline's own prefix stays.
  if (const auto prefix = pipeline.TakePrefix();
      prefix.has_value() && owner_.evaluator.LearnsPrefix(pipeline.model()))
    owner_.evaluator.SetPrefix(pipeline.model(),
                               PrefixProfile::FromDigest(*prefix));
  TellEvents(pipeline);
  StartFit(pipeline);
}

void Shards::Shard::CountFormat(const Scored& scored) {
  FormatNotice& notice = format_notices_[scored.model];
  const bool before = notice.snapshot().notice;
  notice.Count(scored.reading(Feature::kUnknownFormat) > .5f,
               scored.markup.unknown_shape);
  const UnknownFormatSnapshot& now = notice.snapshot();
  if (now.notice == before) return;
  LogFields fields = {{"model", scored.model},
                      {"notice", now.notice ? "opened" : "closed"},
                      {"share", absl::StrFormat("%.3f", now.ratio)}};
  for (const std::string& shape : now.shapes)
    fields.emplace_back("shape", shape);
  LogInfo("unknown_format", fields);
}

void Shards::Shard::TellEvents(ModelPipeline& pipeline) {
  std::vector<BaselineProblem> agreed = pipeline.TakeAgreed();
  for (const ModelEvent& event : pipeline.TakeEvents()) {
    LogInfo("regime_change", {{"model", event.model},
                              {"kind", event.kind},
                              {"old", event.old_value},
                              {"new", event.new_value}});
    if (owner_.store == nullptr) continue;
    const absl::Status status = owner_.store->PutEvent(event);
    if (!status.ok())
      LogWarning(
          "event_not_stored",
          {{"model", event.model}, {"error", std::string(status.message())}});
  }
  if (agreed.empty() || owner_.store == nullptr) return;
  const absl::Status status = owner_.store->PutProblems(std::move(agreed));
  if (!status.ok())
    LogWarning("problems_not_stored",
               {{"model", pipeline.model()},
                {"error", std::string(status.message())}});
}

void Shards::Shard::PutFact(const std::pair<std::string, std::string>& fact) {
  if (owner_.store == nullptr || fact.first.empty()) return;
  const absl::Status status = owner_.store->PutFact(fact.first, fact.second);
  if (!status.ok())
    LogWarning("fact_not_stored", {{"name", fact.first},
                                   {"error", std::string(status.message())}});
}

// What was published of a reference that is gone.
void Shards::Shard::ForgetSnapshots(const std::string& model) {
  MutexLock lock(owner_.mutex);
  for (auto it = owner_.snapshots.begin(); it != owner_.snapshots.end();) {
    if (it->first.first != model) {
      ++it;
      continue;
    }
    StreamSnapshot empty;
    empty.model = model;
    empty.route = it->first.second;
    owner_.telemetry.SetStream(empty);
    it = owner_.snapshots.erase(it);
  }
}

void Shards::Shard::TakeGolden(const Baseline& baseline) {
  const std::string& model = baseline.model;
  ModelPipeline& pipeline = *PipelineOf(model);
  // Incidents that rest on the old reference end with it.
  Tell(pipeline, pipeline.Accept(pipeline.DataTime(absl::Now()),
                                 "another baseline took its place"));
  ForgetSnapshots(model);
  const absl::Status status = pipeline.RestoreReference(baseline.golden);
  if (!status.ok())
    LogError("baseline_not_read",
             {{"model", model}, {"error", std::string(status.message())}});
  for (const StreamSnapshot& s : pipeline.watch().Snapshot(absl::Now()))
    owner_.Admit(s.model, s.route);
  SaveState(pipeline, /*all=*/true);
}

void Shards::Shard::Accept(const std::string& model,
                           const std::string& evidence,
                           const std::vector<StateBlob>& golden) {
  // Of a model that never came there is nothing to accept.
  const auto it = pipelines_.find(model);
  if (it == pipelines_.end()) return;
  ModelPipeline& pipeline = *it->second;
  const auto events = pipeline.Accept(pipeline.DataTime(absl::Now()), evidence);
  ForgetSnapshots(model);
  if (!golden.empty()) {
    const absl::Status status = pipeline.RestoreReference(golden);
    if (!status.ok())
      LogError("baseline_not_read",
               {{"model", model}, {"error", std::string(status.message())}});
  }
  Tell(pipeline, events);
  LogInfo("reference_anew", {{"model", model},
                             {"closed", std::to_string(events.size())},
                             {"evidence", evidence}});
  SaveState(pipeline, /*all=*/true);
}

void Shards::Shard::StartFit(ModelPipeline& pipeline) {
  if (fit_running_ || owner_.stopping) return;
  const auto job =
      std::make_shared<const FitJob>(pipeline.watch().TakeFitJob());
  if (job->rows.empty()) return;
  fit_running_ = true;
  if (fitter_.joinable()) fitter_.join();
  const auto fit_elsewhere = [this, model = pipeline.model(), job] {
    std::shared_ptr<PromptRegressionFit> fit;
    {
      MutexLock turn(owner_.fitting);
      if (owner_.stopping) return;
      fit =
          std::make_shared<PromptRegressionFit>(FitPromptRegression(job->rows));
    }
    Post([model, job, fit](Shard& shard) {
      shard.fit_running_ = false;
      shard.PipelineOf(model)->watch().InstallFit(*job, std::move(*fit));
    });
  };
  try {
    fitter_ = std::jthread(fit_elsewhere);
  } catch (const std::system_error&) {
    // No thread to be had now; the next response asks again.
    fit_running_ = false;
  }
}

void Shards::Shard::Tell(ModelPipeline& pipeline,
                         const std::vector<IncidentEvent>& events) {
  std::vector<Incident> incidents;
  for (const IncidentEvent& event : events) {
    owner_.telemetry.CountStage(Stage::kIncidents, 1);
    owner_.telemetry.SetIncident(event.incident);
    incidents.push_back(event.incident);
    owner_.on_event(event);
  }
  if (incidents.empty() || owner_.store == nullptr) return;
  const absl::Status status =
      owner_.store->PutIncidents(incidents, StateOf(pipeline, /*all=*/false));
  if (status.ok()) return;
  refused_.insert(pipeline.model());
  LogWarning("incident_not_stored", {{"incident", incidents.back().id},
                                     {"error", std::string(status.message())}});
}

void Shards::Shard::TakeVerdict(const Verdict& verdict) {
  const auto it = pipelines_.find(verdict.model);
  // A model without traffic has its canaries all the same.
  const bool by_canaries = verdict.trigger == RescoreTrigger::kCanary &&
                           verdict.kind == VerdictKind::kConfirmed &&
                           !verdict.incident.empty();
  if (it == pipelines_.end() && !by_canaries) return;
  ModelPipeline& pipeline =
      it == pipelines_.end() ? *PipelineOf(verdict.model) : *it->second;
  auto event = pipeline.TakeVerdict(verdict);
  if (!event.has_value()) return;
  dirty_.insert(verdict.model);
  Tell(pipeline, {*std::move(event)});
}

void Shards::Shard::Tick() {
  const absl::Time now = absl::Now();
  if (now - last_tick_ >= kTickInterval) {
    last_tick_ = now;
    GiveUpGrading(now);
    for (auto& [model, pipeline] : pipelines_) {
      if (pipeline->order().holding() == 0 &&
          now - last_publish_ < absl::Seconds(1))
        continue;
      const size_t held = pipeline->order().holding();
      const auto events = pipeline->Tick(pipeline->DataTime(now));
      if (!events.empty() || pipeline->order().holding() != held)
        dirty_.insert(model);
      Tell(*pipeline, events);
    }
  }
  if (now - last_publish_ >= owner_.options.snapshot_interval) Publish(now);
  if (now - last_checkpoint_ >= owner_.options.checkpoint_interval)
    Checkpoint(/*all=*/false);
  // What bursts and fits have freed lies in pieces between what is kept, and
  // the allocator alone would hold on to it. One shard does it for all.
  if (number_ == 0 && now - last_trim_ >= kTrimInterval) {
    last_trim_ = now;
    malloc_trim(0);
  }
}

Shards::Shard::Totals Shards::Shard::TotalsNow() const {
  Totals totals;
  for (const auto& [model, pipeline] : pipelines_) {
    totals.duplicates += pipeline->duplicates();
    totals.startup += pipeline->order().counts().startup;
    totals.overflow += pipeline->order().counts().overflow;
    totals.replicas += pipeline->watch().replicas_not_watched();
  }
  return totals;
}

void Shards::Shard::Publish(absl::Time now) {
  last_publish_ = now;
  const int streams = owner_.stream_count();
  for (auto& [model, pipeline] : pipelines_) {
    pipeline->watch().set_streams(streams);
    const UnknownFormatSnapshot format = format_notices_[model].snapshot();
    owner_.telemetry.SetUnknownFormat(model, format.ratio, format.notice);
    for (StreamSnapshot& s :
         pipeline->watch().Snapshot(pipeline->DataTime(now))) {
      s.unknown_format = format;
      owner_.telemetry.SetStream(s);
      auto [told, fresh] =
          told_states_.try_emplace({s.model, s.route}, s.state);
      if (fresh || told->second != s.state) {
        told->second = s.state;
        LogFields fields = {
            {"model", s.model},
            {"route", s.route},
            {"state", std::string(StreamStateName(s.state))},
            {"reference", std::to_string(s.reference_responses)}};
        if (s.halved_length_delay == s.halved_length_delay) {
          fields.emplace_back(
              "notices",
              absl::StrFormat("%sa halved reasoning length is noticed in about "
                              "%.0f responses",
                              s.responses_per_hour == s.responses_per_hour
                                  ? absl::StrFormat("at %.0f responses/h ",
                                                    s.responses_per_hour)
                                  : "",
                              s.halved_length_delay));
        }
        LogInfo("stream_state", fields);
      }
      MutexLock lock(owner_.mutex);
      owner_.snapshots[{s.model, s.route}] = std::move(s);
    }
  }
  const Totals totals = TotalsNow();
  const auto dropped = [&](Stage stage, std::string_view reason, int64_t n) {
    if (n > 0) owner_.telemetry.CountStageDropped(stage, reason, n);
  };
  dropped(Stage::kOrder, "duplicate", totals.duplicates - told_.duplicates);
  dropped(Stage::kOrder, "startup", totals.startup - told_.startup);
  dropped(Stage::kDetect, "replica_limit", totals.replicas - told_.replicas);
  if (totals.overflow > told_.overflow)
    owner_.telemetry.CountStageError(Stage::kOrder, "hold_full",
                                     totals.overflow - told_.overflow);
  told_ = totals;
  owner_.telemetry.Heartbeat(Stage::kEvaluate, now);
  owner_.telemetry.Heartbeat(Stage::kDetect, now);
  Report();
}

void Shards::Shard::Report() const {
  int64_t records = 0;
  int64_t bytes = 0;
  {
    MutexLock lock(mutex_);
    records = static_cast<int64_t>(queue_.size());
    bytes = queued_bytes_;
  }
  owner_.telemetry.SetQueue(number_, records, owner_.config.queue.records,
                            bytes);
}

std::vector<StateBlob> Shards::Shard::StateOf(ModelPipeline& pipeline,
                                              bool all) {
  // Of what was refused, the parts that do not change again are missing.
  const bool refused = refused_.erase(pipeline.model()) > 0;
  return pipeline.Save(all || refused);
}

void Shards::Shard::SaveState(ModelPipeline& pipeline, bool all) {
  if (owner_.store == nullptr) return;
  const absl::Status status = owner_.store->PutState(StateOf(pipeline, all));
  if (status.ok()) return;
  refused_.insert(pipeline.model());
  LogWarning("checkpoint_failed", {{"model", pipeline.model()},
                                   {"error", std::string(status.message())}});
}

void Shards::Shard::Checkpoint(bool all) {
  last_checkpoint_ = absl::Now();
  if (owner_.store == nullptr) return;
  for (const std::string& model : dirty_) {
    const auto it = pipelines_.find(model);
    if (it != pipelines_.end()) SaveState(*it->second, all);
  }
  dirty_.clear();
  // The next start tells the gap from the last checkpoint that was whole.
  if (!refused_.empty()) return;
  const absl::Status status = owner_.store->PutFact(
      "checkpoint_ns", std::to_string(absl::ToUnixNanos(absl::Now())));
  if (!status.ok())
    LogWarning("checkpoint_failed", {{"error", std::string(status.message())}});
}

Shards::Shards(const Config& config, ShardsOptions options,
               StandardEvaluator& evaluator, Telemetry& telemetry, Store* store,
               std::function<void(const IncidentEvent&)> on_event)
    : impl_(std::make_unique<Impl>(config, options, evaluator, telemetry, store,
                                   std::move(on_event))) {
  for (int i = 0; i < std::max(1, options.shards); ++i)
    impl_->shards.push_back(std::make_unique<Shard>(*impl_, i));
}

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
    ModelPipeline& pipeline = *impl_->ShardOf(model).PipelineOf(model);
    first.Update(pipeline.Restore(mine, std::move(of_model)));
    ModelProfile profile = reasonwatch::ProfileOf(impl_->config, model);
    profile.habits = pipeline.habits();
    impl_->evaluator.SetProfile(model, std::move(profile));
    if (const auto prefix = pipeline.prefix(); prefix.has_value())
      impl_->evaluator.SetPrefix(model, PrefixProfile::FromDigest(*prefix));
    for (const StreamSnapshot& s : pipeline.watch().Snapshot(absl::Now()))
      impl_->Admit(s.model, s.route);
  }
  return first;
}

Shards::Imported Shards::Import(const std::vector<Response>& rows, bool learn) {
  std::set<std::string> models;
  ImportReport report = ImportBaseline(
      rows, learn, impl_->evaluator,
      [&](const std::string& model) {
        return reasonwatch::ProfileOf(impl_->config, model);
      },
      [&](const std::string& model) -> ModelPipeline& {
        models.insert(model);
        return *impl_->ShardOf(model).PipelineOf(model);
      });
  Imported imported{report.responses, report.problems, report.solved,
                    std::move(report.baseline), absl::OkStatus()};
  for (const std::string& model : models) {
    ModelPipeline& pipeline = *impl_->ShardOf(model).PipelineOf(model);
    for (const StreamSnapshot& stream : pipeline.watch().Snapshot(absl::Now()))
      impl_->Admit(stream.model, stream.route);
    // The problems are known by what stands after the recording's prefix, so
    // what live traffic has shown only counts where the recording shows none.
    if (const auto prefix = pipeline.prefix();
        prefix.has_value() && impl_->evaluator.LearnsPrefix(model))
      impl_->evaluator.SetPrefix(model, PrefixProfile::FromDigest(*prefix));
    if (impl_->store != nullptr)
      imported.saved.Update(impl_->store->PutState(pipeline.Save(true)));
  }
  return imported;
}

void Shards::TakeBaseline(Baseline baseline) {
  const std::string model = baseline.model;
  if (!baseline.prefix.empty())
    impl_->evaluator.SetPrefix(model, PrefixProfile(baseline.prefix));
  impl_->evaluator.SetProblems(model, baseline.problems);
  impl_->OnShard(model, [baseline = std::move(baseline)](Shard& s) {
    s.SetProblems(baseline.model, baseline.problems);
    if (!baseline.golden.empty()) s.TakeGolden(baseline);
    s.PutFact(baseline.fact);
  });
}

void Shards::Accept(const std::string& model, const std::string& evidence,
                    std::vector<StateBlob> golden,
                    std::pair<std::string, std::string> fact) {
  if (impl_->options.on_accepted) impl_->options.on_accepted(model);
  impl_->OnShard(model, [model, evidence, golden = std::move(golden),
                         fact = std::move(fact)](Shard& s) {
    s.Accept(model, evidence, golden);
    s.PutFact(fact);
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
  // Fixed, or the first fit's matrices (32 MB) would raise it, and the next
  // ones would stay in the arenas for good.
  // NOLINTBEGIN(concurrency-mt-unsafe): before the workers start.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 20);
  // NOLINTEND(concurrency-mt-unsafe)
  impl_->started = true;
  for (auto& shard : impl_->shards) shard->Start();
}

void Shards::Stop() {
  // Its answers would come to shards that are gone.
  if (impl_->options.grader != nullptr) impl_->options.grader->Stop();
  impl_->stopping = true;
  for (auto& shard : impl_->shards) shard->Stop();
}

TapOutcome Shards::Offer(Response&& response, int64_t bytes) {
  Shard& shard = impl_->ShardOf(response.model);
  return shard.Offer(std::move(response), bytes);
}

void Shards::Reload(const Config& config) {
  const WatchOptions watch = WatchOptionsOf(config);
  IncidentOptions incidents = IncidentOptionsOf(config);
  incidents.can_confirm = impl_->options.can_confirm;
  {
    MutexLock lock(impl_->mutex);
    impl_->watch = watch;
    impl_->incidents = incidents;
  }
  for (auto& shard : impl_->shards)
    shard->Post([watch, incidents](Shard& s) {
      for (auto& [model, pipeline] : s.pipelines()) {
        pipeline->watch().SetBudget(watch.budget, watch.enabled_signals);
        pipeline->book().SetAlerting(incidents.alerting_signals);
      }
    });
}

void Shards::TakeVerdict(const Verdict& verdict) {
  impl_->ShardOf(verdict.model).Post([verdict](Shard& shard) {
    shard.TakeVerdict(verdict);
  });
}

std::vector<StreamSnapshot> Shards::Snapshots() const {
  MutexLock lock(impl_->mutex);
  std::vector<StreamSnapshot> all;
  for (const auto& [key, snapshot] : impl_->snapshots) all.push_back(snapshot);
  return all;
}

void Shards::Drain() {
  for (auto& shard : impl_->shards) shard->WaitUntilIdle();
}

int64_t Shards::Queued() const {
  int64_t queued = 0;
  for (const auto& shard : impl_->shards) queued += shard->Waiting();
  return queued;
}

}  // namespace reasonwatch
