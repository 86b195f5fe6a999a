// SPDX-License-Identifier: Apache-2.0
// A shard's worker takes batches from the queue. Each response is evaluated,
// graded, counted and given to its model's pipeline; the incident events that
// come of it are reported and stored. Between batches the worker does its work
// by the clock: it releases held responses, publishes snapshots, saves.
//
// In this order: the way of a response, the operator's and the rescorer's
// requests, the work by the clock, the loop around all of it.
#include "daemon/pipeline/shard.h"

#include <malloc.h>

#include <algorithm>
#include <cmath>

#include "core/selftest.h"
#include "daemon/pipeline/evidence_sink.h"
#include "daemon/pipeline/stage_timer.h"
#include "incidents/canary_finding.h"

namespace reasonwatch {
namespace {

// Earlier times are no times of responses, but unset or broken clocks.
const absl::Time kEarliest = absl::FromUnixSeconds(946684800);  // 2000-01-01
// Clocks of hosts without time synchronisation differ by minutes.
constexpr absl::Duration kClockSkew = absl::Minutes(5);
constexpr char kOther[] = "other";
// Interval at which held responses are released: well under the second that
// lies between two snapshots.
constexpr absl::Duration kTickInterval = absl::Milliseconds(200);
// Models that hold nothing only need the check for 7 days of silence.
constexpr absl::Duration kIdleTickInterval = absl::Seconds(1);
// Trimming walks the whole heap, some milliseconds.
constexpr absl::Duration kTrimInterval = absl::Seconds(10);

// A response without a time, or with an impossible one, gets the time of its
// arrival. One time in the future would move the model's whole clock there.
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

bool Readable(const Scored& scored) {
  return scored.grade != Grade::kNotGraded ||
         std::any_of(scored.readings.begin(), scored.readings.end(),
                     [](float value) { return !std::isnan(value); });
}

}  // namespace

Shard::Shard(const ShardContext& context, int number)
    : context_(context),
      number_(number),
      queue_(context.options.queue_records, context.options.queue_bytes),
      grading_(
          context.options.grader, context.clock,
          [this](std::function<void()> task) { Post(std::move(task)); },
          [this](Scored scored, bool low_coverage) {
            Observe(std::move(scored), /*failed=*/false, low_coverage);
          }),
      checkpointer_(context.store, context.observer, context.clock),
      fitter_(
          context.fits,
          [this](std::function<void()> task) { Post(std::move(task)); },
          [this](const std::string& model) -> ModelPipeline& {
            return PipelineOf(model);
          }) {}

void Shard::Evaluate(Response& response, bool low_coverage,
                     const RowPosition& position) {
  // The model's state holds this row already: it was saved before a restart.
  if (const auto it = pipelines_.find(response.model);
      position.file != 0 && it != pipelines_.end() &&
      it->second->followed().Holds(position))
    return;
  if (repeats_.Repeats(response, context_.clock.Now()))
    return context_.observer.OnDropped(Stage::kOrder, DropReason::kDuplicate,
                                       1);
  RepairTimes(context_.clock.Now(), response);
  context_.observer.OnRecords(Stage::kEvaluate, 1);
  GradingQuestion question;
  Scored scored;
  {
    const StageTimer timer(context_.observer, Stage::kEvaluate);
    scored = grading_.open()
                 ? context_.evaluator.EvaluateUnasked(response, &question)
                 : context_.evaluator.Evaluate(response);
  }
  if (!scored.markup.body_error.empty())
    context_.observer.OnError(Stage::kEvaluate, scored.markup.body_error, 1);
  // An error's text is no answer, however it reads.
  const bool failed = response.http_status >= 400;
  if (EvidenceSink* evidence = context_.options.evidence;
      evidence != nullptr && !failed && scored.origin == Origin::kLive &&
      evidence->Wants(scored.model))
    evidence->Keep(std::move(response), scored);
  if (!question.gold.empty() && scored.origin == Origin::kLive && !failed) {
    grading_.Ask(std::move(question), std::move(scored), low_coverage);
  } else {
    // While earlier answers wait for their grades, the state holds this row and
    // not those: no place in the file is true of it.
    Observe(std::move(scored), failed, low_coverage,
            grading_.waiting() == 0 ? position : RowPosition());
  }
}

void Shard::Observe(Scored scored, bool failed, bool low_coverage,
                    const RowPosition& position) {
  PipelineObserver& observer = context_.observer;
  // The self-test's responses are as good as live for its own model alone, and
  // no client takes that model's place.
  if (scored.model == kSelftestModel)
    scored.origin =
        scored.origin == Origin::kSelftest ? Origin::kLive : Origin::kSelftest;
  ResponseOutcome outcome = ResponseOutcome::kScored;
  if (scored.origin != Origin::kLive) {
    outcome = ResponseOutcome::kNotLive;
  } else if (failed || !Readable(scored)) {
    outcome = ResponseOutcome::kUnreadable;
  }
  // Only a response that is scored makes its stream a watched one.
  const bool scores = outcome == ResponseOutcome::kScored;
  const bool known =
      scores ? context_.streams.Admit(scored.model, scored.route)
             : context_.streams.Admitted(scored.model, scored.route);
  if (scores && !known)
    observer.OnDropped(Stage::kDetect, DropReason::kStreamLimit, 1);
  if (!known) scored.model = scored.route = kOther;
  observer.OnScored(scored, outcome, /*watched=*/scores && known);
  if (scores && known) Detect(std::move(scored), low_coverage, position);
}

void Shard::Detect(Scored scored, bool low_coverage,
                   const RowPosition& position) {
  context_.observer.OnRecords(Stage::kOrder, 1);
  context_.observer.OnRecords(Stage::kDetect, 1);
  CountFormat(scored);
  CountCounts(scored);
  scored.markup = {};
  ModelPipeline& pipeline = PipelineOf(scored.model);
  checkpointer_.MarkDirty(scored.model);
  pipeline.set_received(context_.clock.Now());
  pipeline.followed().Note(position);
  std::vector<IncidentEvent> events;
  {
    const StageTimer timer(context_.observer, Stage::kDetect);
    events = pipeline.Observe(std::move(scored), low_coverage);
  }
  Emit(pipeline, events);
  // A baseline's own prefix stays.
  if (const auto prefix = pipeline.DrainPrefix();
      prefix.has_value() && context_.evaluator.LearnsPrefix(pipeline.model()))
    context_.evaluator.SetPrefix(pipeline.model(),
                                 PrefixProfile::FromDigest(*prefix));
  checkpointer_.PutNews(pipeline);
  fitter_.Start(pipeline);
}

void Shard::KeepRuns(const ModelPipeline& pipeline,
                     const std::vector<IncidentEvent>& events) {
  if (context_.options.evidence == nullptr) return;
  std::map<std::string, IncidentRun> runs;  // by incident
  for (const IncidentEvent& event : events) {
    const Incident& incident = event.incident;
    if (event.kind != IncidentEvent::Kind::kOpened ||
        event.finding.channel == kCanaryChannel)
      continue;
    // Signals that join an incident have another way behind them.
    if (incident.signals.size() > 1 && !runs.contains(incident.id)) continue;
    IncidentRun& run = runs[incident.id];
    run.incident = incident;
    run.findings.push_back(event.finding);
  }
  for (auto& [id, run] : runs) {
    std::optional<ReplayTake> take = pipeline.Take();
    if (!take.has_value()) continue;
    run.take = *std::move(take);
    context_.options.evidence->KeepRun(std::move(run));
  }
}

void Shard::Emit(ModelPipeline& pipeline,
                 const std::vector<IncidentEvent>& events) {
  if (events.empty()) return;
  const StageTimer timer(context_.observer, Stage::kIncidents);
  std::vector<Incident> incidents;
  for (const IncidentEvent& event : events) {
    context_.observer.OnRecords(Stage::kIncidents, 1);
    context_.observer.OnIncident(event);
    incidents.push_back(event.incident);
  }
  KeepRuns(pipeline, events);
  checkpointer_.PutIncidents(pipeline, incidents);
}

void Shard::CountFormat(const Scored& scored) {
  FormatNotice& notice = format_notices_[scored.model];
  const bool before = notice.snapshot().notice;
  notice.Count(scored.reading(Feature::kUnknownFormat) > .5f,
               scored.markup.unknown_shape);
  if (notice.snapshot().notice != before)
    context_.observer.OnUnknownFormat(scored.model, notice.snapshot());
}

void Shard::CountCounts(const Scored& scored) {
  if (!scored.lengths.counts_agree.has_value()) return;
  ShareNotice& notice = counts_notices_[scored.model];
  const bool before = notice.open();
  notice.Count(!*scored.lengths.counts_agree);
  if (notice.open() != before)
    context_.observer.OnCountsDiffer(scored.model,
                                     {notice.open(), notice.ratio()});
}

ModelPipeline& Shard::PipelineOf(const std::string& model) {
  auto& pipeline = pipelines_[model];
  if (pipeline == nullptr) {
    auto [watch, incidents] = context_.settings.Get();
    watch.streams = context_.streams.count();
    pipeline = std::make_unique<ModelPipeline>(model, watch, incidents);
    if (const auto it = problems_.find(model); it != problems_.end())
      pipeline->set_problems(it->second);
    if (context_.options.evidence != nullptr &&
        context_.options.evidence->WantsRuns(model))
      pipeline->KeepTape();
  }
  return *pipeline;
}

void Shard::SetProblems(const std::string& model,
                        std::shared_ptr<const ProblemIndex> problems) {
  if (const auto it = pipelines_.find(model); it != pipelines_.end())
    it->second->set_problems(problems);
  problems_[model] = std::move(problems);
}

// A reference knows habits by their number, so the phrases come with it.
void Shard::RestoreGolden(ModelPipeline& pipeline,
                          const std::vector<StateBlob>& golden) {
  const absl::Status status = pipeline.RestoreReference(golden);
  if (!status.ok())
    context_.observer.OnBaselineUnreadable(pipeline.model(), status);
  context_.evaluator.SetHabits(pipeline.model(), pipeline.habits());
}

void Shard::ApplyGolden(const std::string& model,
                        const std::vector<StateBlob>& golden) {
  ModelPipeline& pipeline = PipelineOf(model);
  const absl::Time now = context_.clock.Now();
  // Incidents that rest on the old reference end with it.
  Emit(pipeline, pipeline.Accept(pipeline.DataTime(now),
                                 "another baseline took its place"));
  ForgetSnapshots(model);
  RestoreGolden(pipeline, golden);
  for (const StreamSnapshot& s : pipeline.watch().Snapshot(now))
    context_.streams.Admit(s.model, s.route);
  checkpointer_.Save(pipeline, /*all=*/true);
}

void Shard::Accept(const std::string& model, const std::string& evidence,
                   const std::vector<StateBlob>& golden) {
  const auto it = pipelines_.find(model);
  if (it == pipelines_.end()) return;
  ModelPipeline& pipeline = *it->second;
  const auto events =
      pipeline.Accept(pipeline.DataTime(context_.clock.Now()), evidence);
  ForgetSnapshots(model);
  if (!golden.empty()) RestoreGolden(pipeline, golden);
  Emit(pipeline, events);
  context_.observer.OnReferenceAnew(model, events.size(), evidence);
  checkpointer_.Save(pipeline, /*all=*/true);
}

void Shard::Forget(const std::string& model) {
  if (const auto it = pipelines_.find(model); it != pipelines_.end()) {
    ModelPipeline& pipeline = *it->second;
    Emit(pipeline, pipeline.Accept(pipeline.DataTime(context_.clock.Now()),
                                   "the model is forgotten"));
    ForgetSnapshots(model);
    PublishTotals();
    fitter_.Forget(model);
    pipelines_.erase(it);
    reported_ = TotalsNow();
  }
  format_notices_.erase(model);
  counts_notices_.erase(model);
  context_.streams.Forget(model);
  checkpointer_.Forget(model);
}

void Shard::ApplyVerdict(const Verdict& verdict) {
  const bool by_canaries = verdict.trigger == RescoreTrigger::kCanary &&
                           verdict.kind == VerdictKind::kConfirmed &&
                           !verdict.incident.empty();
  if (!pipelines_.contains(verdict.model) && !by_canaries) return;
  ModelPipeline& pipeline = PipelineOf(verdict.model);
  auto event = pipeline.ApplyVerdict(verdict);
  if (!event.has_value()) return;
  checkpointer_.MarkDirty(verdict.model);
  Emit(pipeline, {*std::move(event)});
}

void Shard::ApplySettings(const WatchOptions& watch,
                          const IncidentOptions& incidents) {
  for (auto& [model, pipeline] : pipelines_) {
    pipeline->watch().SetBudget(watch.budget, watch.enabled_signals);
    pipeline->CutTape();
    pipeline->book().SetAlerting(incidents.alerting_signals);
  }
}

void Shard::Tick() {
  const absl::Time now = context_.clock.Now();
  if (now - last_tick_ >= kTickInterval) {
    last_tick_ = now;
    grading_.GiveUp(now);
    TickPipelines(now);
  }
  if (now - last_publish_ >= context_.options.snapshot_interval) Publish(now);
  if (now - last_checkpoint_ >= context_.options.checkpoint_interval) {
    last_checkpoint_ = now;
    checkpointer_.Checkpoint(pipelines_, /*all=*/false);
  }
  // Memory that bursts and fits have freed is scattered between blocks in use,
  // and the allocator alone would keep it. One shard trims for all.
  if (number_ == 0 && now - last_trim_ >= kTrimInterval) {
    last_trim_ = now;
    malloc_trim(0);
  }
}

void Shard::TickPipelines(absl::Time now) {
  for (auto& [model, pipeline] : pipelines_) {
    const size_t held = pipeline->order().holding();
    if (held == 0 && now - last_publish_ < kIdleTickInterval) continue;
    const auto events = pipeline->Tick(pipeline->DataTime(now));
    if (!events.empty() || pipeline->order().holding() != held)
      checkpointer_.MarkDirty(model);
    Emit(*pipeline, events);
    // Responses that the tick released can settle a problem too.
    checkpointer_.PutNews(*pipeline);
  }
}

void Shard::Publish(absl::Time now) {
  last_publish_ = now;
  const int streams = context_.streams.count();
  for (auto& [model, pipeline] : pipelines_) {
    pipeline->watch().set_streams(streams);
    const UnknownFormatSnapshot& format = format_notices_[model].snapshot();
    context_.observer.OnUnknownFormat(model, format);
    const ShareNotice& odd_counts = counts_notices_[model];
    const CountsDifferSnapshot counts{odd_counts.open(), odd_counts.ratio()};
    context_.observer.OnCountsDiffer(model, counts);
    for (StreamSnapshot& s :
         pipeline->watch().Snapshot(pipeline->DataTime(now))) {
      s.unknown_format = format;
      s.counts_differ = counts;
      context_.observer.OnStream(s);
      published_.emplace(s.model, s.route);
    }
  }
  PublishTotals();
  context_.observer.OnHeartbeat(Stage::kEvaluate, now);
  context_.observer.OnHeartbeat(Stage::kDetect, now);
  QueueState queue = queue_.State();
  queue.shard = number_;
  context_.observer.OnQueue(queue);
}

void Shard::PublishTotals() {
  const Totals totals = TotalsNow();
  const auto dropped = [&](Stage stage, DropReason reason, int64_t n) {
    if (n > 0) context_.observer.OnDropped(stage, reason, n);
  };
  dropped(Stage::kOrder, DropReason::kDuplicate,
          totals.duplicates - reported_.duplicates);
  dropped(Stage::kOrder, DropReason::kStartup,
          totals.startup - reported_.startup);
  dropped(Stage::kDetect, DropReason::kReplicaLimit,
          totals.replicas - reported_.replicas);
  if (totals.overflow > reported_.overflow)
    context_.observer.OnError(Stage::kOrder, "hold_full",
                              totals.overflow - reported_.overflow);
  if (totals.shared_ids > reported_.shared_ids)
    context_.observer.OnError(Stage::kOrder, "shared_id",
                              totals.shared_ids - reported_.shared_ids);
  reported_ = totals;
}

Shard::Totals Shard::TotalsNow() const {
  Totals totals;
  for (const auto& [model, pipeline] : pipelines_) {
    totals.duplicates += pipeline->duplicates();
    totals.shared_ids += pipeline->shared_ids();
    totals.startup += pipeline->order().counts().startup;
    totals.overflow += pipeline->order().counts().overflow;
    totals.replicas += pipeline->watch().replicas_not_watched();
  }
  return totals;
}

// The published snapshots show a reference that is gone.
void Shard::ForgetSnapshots(const std::string& model) {
  for (auto it = published_.begin(); it != published_.end();) {
    if (it->first != model) {
      ++it;
      continue;
    }
    context_.observer.OnStreamReset(it->first, it->second);
    it = published_.erase(it);
  }
}

void Shard::SaveBehind(std::function<void(bool saved)> done) {
  queue_.PostBehind([this, done = std::move(done)] {
    done(checkpointer_.keeps() && grading_.waiting() == 0 &&
         checkpointer_.Checkpoint(pipelines_, /*all=*/false));
  });
}

void Shard::Start() {
  for (auto& [model, pipeline] : pipelines_)
    pipeline->watch().set_streams(context_.streams.count());
  worker_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void Shard::Stop() {
  if (!worker_.joinable()) return;
  worker_.request_stop();
  queue_.WakeUp();
  worker_.join();
  fitter_.Join();
}

void Shard::Run(const std::stop_token& stop) {
  // Totals restored from a checkpoint were reported before the restart; report
  // only the growth since.
  reported_ = TotalsNow();
  ShardQueue::Batch batch;
  while (queue_.Drain(stop, kTickInterval, grading_.waiting(), batch)) {
    for (const ShardQueue::Task& task : batch.tasks) task();
    for (ShardQueue::Queued& item : batch.responses) {
      if (item.task) {
        item.task();
      } else {
        Evaluate(item.response, batch.low_coverage, item.position);
      }
    }
    Tick();
  }
  grading_.GiveUp(absl::InfiniteFuture());
  for (auto& [model, pipeline] : pipelines_) {
    // Held responses are saved with the rest. Feeding them now would show the
    // detectors short responses only: the long ones have not ended yet.
    if (!checkpointer_.keeps()) Emit(*pipeline, pipeline->Drain());
    checkpointer_.PutNews(*pipeline);
    checkpointer_.MarkDirty(model);
  }
  Publish(context_.clock.Now());
  checkpointer_.Checkpoint(pipelines_, /*all=*/true);
}

}  // namespace reasonwatch
