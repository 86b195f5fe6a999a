// SPDX-License-Identifier: Apache-2.0
// Steps of the start for the parts that work while the daemon runs: the
// webhook, the pipelines, re-scoring, the HTTP server and the taps.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "daemon/app/app.h"
#include "daemon/app/commands/baseline.h"
#include "daemon/app/coverage_ports.h"
#include "daemon/app/log.h"
#include "daemon/app/log_events.h"
#include "daemon/app/settings.h"
#include "daemon/app/setup_facts.h"
#include "daemon/app/stored_baseline.h"
#include "daemon/app/webhook_ports.h"
#include "util/metrics_text.h"
#include "util/secret.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

// Events that an incident's time line shows.
constexpr int kMaxTimeline = 100;
// Questions that its page lists.
constexpr size_t kMaxJobs = 100;
// A Prometheus that has not asked for so long does not alert either.
constexpr absl::Duration kScrapedLately = absl::Minutes(10);
// Incidents of a moment ago may still wait for the storage thread.
constexpr absl::Duration kFlushForReaders = absl::Seconds(1);

RescoreTotals TotalsOf(const RescoreCounters& counters) {
  RescoreTotals totals;
  totals.jobs = counters.jobs;
  totals.verdicts = counters.verdicts;
  totals.errors = counters.errors;
  totals.judge_chains = counters.judge.chains;
  totals.samples = counters.samples;
  totals.tokens = counters.tokens;
  totals.yielded = counters.yielded;
  totals.gate_open = counters.gate_open;
  totals.anchor_error = counters.judge.anchor_error;
  return totals;
}

// The configured address, or one on which the port answers here.
std::string PageUrl(const HttpConfig& config, int port) {
  if (!config.external_url.empty()) return config.external_url;
  std::string host = config.listen.substr(0, config.listen.rfind(':'));
  if (host == "0.0.0.0" || host == "[::]") host = "localhost";
  return absl::StrCat(config.tls.cert.empty() ? "http://" : "https://", host,
                      ":", port);
}

}  // namespace

absl::Status App::StartWebhook() {
  const WebhookConfig& config = config_.webhook;
  if (config.url.empty()) return absl::OkStatus();
  WebhookOptions options;
  RW_ASSIGN_OR_RETURN(options.secret, ReadSecret(config.secret_file));
  WebhookSender sender;
  sender.url = config.url;
  sender.ca_file = config.ca_file;
  sender.form =
      ValueOf(kNoticeFormNames, config.form).value_or(NoticeForm::kReasonwatch);
  if (!config.routing_key_file.empty()) {
    RW_ASSIGN_OR_RETURN(sender.routing_key,
                        ReadSecret(config.routing_key_file));
  }
  sender.sentence = [this](const Incident& i) { return desk_->SentenceOf(i); };
  sender.page_url = [this] {
    MutexLock lock(page_url_mutex_);
    return page_url_;
  };
  options.content_type = NoticeType(sender.form);
  options.reports_closed = sender.form != NoticeForm::kReasonwatch;
  webhook_ =
      std::make_unique<Webhook>(std::move(options), WebhookPortsOf(sender));
  return absl::OkStatus();
}

void App::StopWebhook(absl::Duration) { webhook_.reset(); }

absl::Status App::StartEvaluationExport() {
  RW_ASSIGN_OR_RETURN(evaluations_, StartEvaluations(config_.otel));
  return absl::OkStatus();
}

void App::StopEvaluationExport(absl::Duration) { evaluations_.reset(); }

absl::Status App::StartEvidence() {
  RW_ASSIGN_OR_RETURN(texts_, StartKeptTexts(config_));
  return absl::OkStatus();
}

void App::StopEvidence(absl::Duration) { texts_.reset(); }

absl::Status App::MakePipelines() {
  PipelineOptions options = PipelineOptionsOf(config_);
  options.grader = grader_.get();
  options.evidence = texts_.get();
  options.incidents.can_confirm = CanRescore(config_);
  desk_ = std::make_unique<IncidentDesk>(
      static_cast<size_t>(config_.streams.max), *store_, clock_);
  observers_ =
      std::make_unique<Observers>(*telemetry_, rescoring_, webhook_, *desk_);
  if (texts_ != nullptr) observers_->Add(*texts_);
  shadow_ = std::make_unique<ShadowDesk>(config_, *store_, clock_);
  observers_->Add(*shadow_);
  if (evaluations_ != nullptr) {
    evaluation_forwarder_ = std::make_unique<EvaluationForwarder>(
        *evaluations_, clock_,
        [this](const Incident& i) { return desk_->SentenceOf(i); });
    observers_->Add(*evaluation_forwarder_);
  }
  coverage_ = std::make_unique<CoverageWatch>(
      config_.coverage,
      CoveragePorts{.get = &GetMetrics, .seen = [this] { return Seen(); }});
  shards_ = std::make_unique<Shards>(std::move(options), *evaluator_,
                                     observers_->all(), store_.get(), clock_);
  return absl::OkStatus();
}

void App::DropPipelines(absl::Duration) {
  shards_.reset();
  coverage_.reset();
  observers_.reset();
  evaluation_forwarder_.reset();
  shadow_.reset();
  desk_.reset();
}

absl::Status App::OpenRescoring() {
  if (!CanRescore(config_)) return absl::OkStatus();
  RW_ASSIGN_OR_RETURN(rescoring_,
                      OpenRescoreService(config_, *evaluator_, store_.get(),
                                         [this](const Verdict& verdict) {
                                           LogVerdict(verdict);
                                           shards_->ApplyVerdict(verdict);
                                           if (webhook_ != nullptr)
                                             webhook_->Observe(verdict);
                                         }));
  return absl::OkStatus();
}

void App::CloseRescoring(absl::Duration) { rescoring_.reset(); }

absl::Status App::StartPipelines() {
  RW_ASSIGN_OR_RETURN(const std::vector<Incident> open,
                      store_->LoadIncidents(/*open_only=*/true, /*limit=*/0));
  desk_->Restore(open);
  shards_->Start();
  return absl::OkStatus();
}

void App::StopPipelines(absl::Duration) {
  shards_->Stop();
  desk_->SaveAll();
  shadow_->Save();
}

absl::Status App::StartRescoring() {
  if (rescoring_ == nullptr) return absl::OkStatus();
  RW_ASSIGN_OR_RETURN(const std::vector<Incident> open,
                      store_->LoadIncidents(/*open_only=*/true, /*limit=*/0));
  RW_RETURN_IF_ERROR(rescoring_->rescorer().Resume(open));
  rescoring_->Start();
  return absl::OkStatus();
}

void App::StopRescoring(absl::Duration) {
  if (rescoring_ != nullptr) rescoring_->Stop();
}

absl::Status App::StartHttp() {
  const HttpConfig& config = config_.http;
  HttpOptions options;
  options.listen = config.listen;
  options.tls_cert = config.tls.cert;
  options.tls_key = config.tls.key;
  options.tls_client_ca = config.tls.client_ca;
  options.external_url = config.external_url;
  options.trace_url = config.trace_url;
  options.max_connections = config.max_connections;
  options.max_connections_of_peer = std::max(config.max_connections / 2, 1);
  options.allowed_hosts = config.allowed_hosts;
  options.evidence = texts_ != nullptr;
  options.asks_again = rescoring_ != nullptr;
  if (!config.token_file.empty()) {
    RW_ASSIGN_OR_RETURN(options.bearer_token, ReadSecret(config.token_file));
  }
  RW_ASSIGN_OR_RETURN(http_,
                      StartHttpServer(std::move(options), MakeHttpHandlers()));
  ports_.Add("http", [http = http_.get()] {
    return std::vector<PortCounts>{http->Counts()};
  });
  const std::string page_url = PageUrl(config, http_->BoundPort());
  telemetry_->SetPageUrl(page_url);
  MutexLock lock(page_url_mutex_);
  page_url_ = page_url;
  return absl::OkStatus();
}

void App::StopHttp(absl::Duration) {
  http_stopper_.join();
  ports_.Remove("http");
  http_.reset();
}

absl::Status App::StartTaps() {
  RW_ASSIGN_OR_RETURN(
      taps_, Taps::Start(
                 BuiltinTaps(), config_.tap, *shards_,
                 [this](std::string_view source, absl::Duration duration) {
                   telemetry_->ObserveTapDuration(source, duration);
                 },
                 &LogTapNotice, &offsets_));
  for (const Taps::Running& running : taps_->running())
    telemetry_->AddTap(running.source,
                       [tap = running.tap.get()] { return tap->Counters(); });
  for (const Taps::Running& running : taps_->running())
    if (IngestPort* port = running.tap->Ingest(); port != nullptr)
      ingest_.Open(port);
  for (const Taps::Running& running : taps_->running())
    ports_.Add("tap." + std::string(running.source),
               [tap = running.tap.get()] { return tap->Ports(); });
  return absl::OkStatus();
}

void App::StopTaps(absl::Duration deadline) {
  // The HTTP port may still serve.
  taps_->Stop(deadline);
  ingest_.Open(nullptr);
  for (const Taps::Running& running : taps_->running())
    telemetry_->RemoveTap(running.source);
  for (const Taps::Running& running : taps_->running())
    ports_.Remove("tap." + std::string(running.source));
  taps_.reset();
}

absl::Status App::StartCoverage() {
  coverage_->Start();
  return absl::OkStatus();
}

void App::StopCoverage(absl::Duration) { coverage_->Stop(); }

SeenTotals App::Seen() const {
  SeenTotals seen;
  seen.requests = -static_cast<double>(observers_->seen().uncounted());
  seen.tokens = static_cast<double>(observers_->seen().tokens());
  for (const Taps::Running& running : taps_->running()) {
    const TapCounters counters = running.tap->Counters();
    seen.requests += static_cast<double>(counters.accepted);
    if (running.source != "ext_proc") continue;
    seen.exchanges += static_cast<double>(counters.accepted);
    for (const auto& [kind, n] : counters.ignored)
      seen.exchanges += static_cast<double>(n);
  }
  // Our own questions go to the server past all taps.
  if (rescoring_ != nullptr) {
    const RescoreCounters asked = rescoring_->Counters();
    seen.requests += static_cast<double>(asked.samples);
    seen.tokens += static_cast<double>(asked.tokens);
  }
  return seen;
}

TapEndpoints App::Endpoints() const {
  TapEndpoints all;
  if (taps_ == nullptr) return all;
  for (const Taps::Running& running : taps_->running())
    for (auto& endpoint : running.tap->Endpoints())
      all.push_back(std::move(endpoint));
  return all;
}

std::string App::MetricsText(MetricsForm form) {
  const StoreStatistics statistics = store_->Statistics();
  telemetry_->SetStore(statistics);
  telemetry_->SetStoreHealth(store_->Health());
  telemetry_->SetPorts(ports_.All());
  RescoreTotals totals;
  if (rescoring_ != nullptr) totals = TotalsOf(rescoring_->Counters());
  if (webhook_ != nullptr) totals.webhooks = webhook_->Counts();
  if (evaluations_ != nullptr) totals.evaluations = evaluations_->Counts();
  telemetry_->SetRescore(totals);
  telemetry_->SetCoverage(coverage_->Snapshots());
  std::string page_url;
  {
    MutexLock lock(page_url_mutex_);
    page_url = page_url_;
  }
  telemetry_->SetIncidentInfos(desk_->Infos(page_url));
  if (grader_ != nullptr)
    telemetry_->SetGrader(grader_->Answers(), grader_->starts());
  if (texts_ != nullptr) {
    const EvidenceCounts kept = texts_->desk().Counts();
    telemetry_->SetEvidence({{"written", kept.texts.written},
                             {"dropped", kept.texts.dropped},
                             {"failed", kept.texts.failed},
                             {"numbers_written", kept.runs.written},
                             {"numbers_dropped", kept.runs.dropped},
                             {"numbers_failed", kept.runs.failed}},
                            kept.texts.bytes);
  }
  telemetry_->SetFramesForgotten(evaluator_->FramesForgotten());
  // The storage thread lives if it has written, or has nothing to write.
  if (statistics.queued == 0 ||
      writes_seen_.exchange(statistics.writes) != statistics.writes)
    telemetry_->Heartbeat(Stage::kStorage, absl::Now());
  return telemetry_->Text(form);
}

absl::Status App::Ready() const {
  if (!ready_) return absl::UnavailableError("starting or stopping");
  const std::string problem = store_->Health().problem;
  return problem.empty() ? ports_.Accepting() : absl::UnavailableError(problem);
}

HabitPhrases App::Habits() const {
  HabitPhrases phrases;
  for (const auto& [model, profile] : evaluator_->Habits()) {
    std::vector<HabitPhrase>& list = phrases[model];
    for (const Habit& habit : profile->habits())
      list.push_back({habit.phrase, habit.rate});
  }
  return phrases;
}

SetupFacts App::Setup() {
  std::string page_url;
  {
    MutexLock lock(page_url_mutex_);
    page_url = page_url_;
  }
  SetupFacts facts =
      SetupFactsOf(ReadMetrics(MetricsText(MetricsForm::kText)),
                   TapAddressesOf(config_.tap, Endpoints(), page_url));
  facts.streams = observers_->board().Snapshots();
  {
    MutexLock lock(stored_mutex_);
    if (const auto baselines = stored_->Baselines(); baselines.ok())
      facts.has_problems = std::any_of(
          baselines->begin(), baselines->end(),
          [](const BaselineInfo& b) { return b.problems > b.agreed; });
  }
  facts.asks_again = rescoring_ != nullptr;
  facts.scraped =
      absl::Now() - absl::FromUnixNanos(scraped_ns_) < kScrapedLately;
  facts.has_webhook = webhook_ != nullptr;
  facts.has_address = !config_.http.external_url.empty();
  return facts;
}

absl::Status App::Act(IncidentAction action, const Incident& incident,
                      const ModelEvent& event) {
  if (action == IncidentAction::kAskAgain) {
    if (rescoring_ == nullptr)
      return absl::FailedPreconditionError("rescore.endpoint is not set");
    RW_RETURN_IF_ERROR(rescoring_->rescorer().AskAgain(incident));
  }
  LogInfo("incident_action",
          {{"incident", incident.id},
           {"action", std::string(NameOf(kIncidentActionNames, action))}});
  RW_RETURN_IF_ERROR(
      action == IncidentAction::kWanted
          ? ApplyDeployment(event, *store_, *shards_, *telemetry_)
          : store_->PutEvent(event));
  telemetry_->CountAction(incident.model, NameOf(kIncidentActionNames, action));
  return absl::OkStatus();
}

void App::AddIncidentHandlers(HttpHandlers& handlers) {
  handlers.incidents = [this](bool open_only, int limit) {
    store_->Flush(kFlushForReaders).IgnoreError();
    return store_->LoadIncidents(open_only, limit);
  };
  handlers.incident = [this](std::string_view id) {
    store_->Flush(kFlushForReaders).IgnoreError();
    return store_->LoadIncident(id);
  };
  handlers.story = [this](const Incident& incident) {
    return desk_->StoryOf(incident);
  };
  handlers.sentence = [this](const Incident& incident) {
    return desk_->SentenceOf(incident);
  };
  handlers.sparks = [this] { return desk_->Sparks(); };
  handlers.evidence = [this](std::string_view id) {
    return texts_ == nullptr ? std::string("{\"examples\":[]}")
                             : texts_->desk().ExamplesJson(id);
  };
  handlers.gold = [this](std::string_view model,
                         const std::vector<uint64_t>& problems) {
    return store_->LoadGold(model, problems);
  };
  handlers.jobs =
      [this](
          const Incident& incident) -> absl::StatusOr<std::vector<RescoreJob>> {
    RW_ASSIGN_OR_RETURN(std::vector<RescoreJob> jobs,
                        store_->LoadRescoreJobs(incident.opened));
    std::erase_if(jobs, [&](const RescoreJob& job) {
      return job.incident != incident.id;
    });
    if (jobs.size() > kMaxJobs) jobs.resize(kMaxJobs);
    return jobs;
  };
  handlers.act = [this](IncidentAction action, const Incident& incident,
                        const ModelEvent& event) {
    return Act(action, incident, event);
  };
}

HttpHandlers App::MakeHttpHandlers() {
  HttpHandlers handlers;
  handlers.metrics = [this](MetricsForm form) {
    if (form == MetricsForm::kOpenMetrics)
      scraped_ns_ = absl::ToUnixNanos(absl::Now());
    return MetricsText(form);
  };
  handlers.ready = [this] { return Ready(); };
  handlers.reload = [this] { return Reload().status(); };
  AddIncidentHandlers(handlers);
  handlers.events = [this](std::string_view model, absl::Time from,
                           absl::Time to) {
    return store_->LoadEvents(model, from, to, kMaxTimeline);
  };
  handlers.deployment = [this](const ModelEvent& event) {
    return ApplyDeployment(event, *store_, *shards_, *telemetry_);
  };
  handlers.baseline = [this]() -> absl::StatusOr<std::string> {
    MutexLock lock(stored_mutex_);
    RW_ASSIGN_OR_RETURN(const std::vector<BaselineInfo> infos,
                        stored_->Baselines());
    return BaselinesJson(infos);
  };
  handlers.forget_selftest = [this] { return ForgetSelfTest(); };
  handlers.selftest_result = [this](const SelfTestResult& result,
                                    absl::Duration every) {
    CountSelfTest(result, every);
  };
  handlers.setup = [this] { return Setup(); };
  handlers.shadow = [this] { return shadow_->Report(); };
  handlers.streams = [this] { return observers_->board().Snapshots(); };
  handlers.coverage = [this] { return coverage_->Snapshots(); };
  handlers.habits = [this] { return Habits(); };
  handlers.ingest = [this](const IngestRequest& request) {
    return ingest_.Receive(request);
  };
  return handlers;
}

}  // namespace reasonwatch
