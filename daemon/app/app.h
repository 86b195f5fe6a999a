// SPDX-License-Identifier: Apache-2.0
// The daemon: every room, started and stopped in order.
//
// Start() runs a list of named steps (kSteps in app.cc). If one fails, the
// steps that ran are undone, backwards, and the status begins with the step's
// name. Stop() undoes all of them the same way.
#ifndef REASONWATCH_DAEMON_APP_APP_H_
#define REASONWATCH_DAEMON_APP_APP_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "answers/command/live_grader.h"
#include "core/clock.h"
#include "core/coverage.h"
#include "daemon/api/server.h"
#include "daemon/app/config/config.h"
#include "daemon/app/evaluation_ports.h"
#include "daemon/app/fact_offsets.h"
#include "daemon/app/incident_desk.h"
#include "daemon/app/ingest_gate.h"
#include "daemon/app/kept_texts.h"
#include "daemon/app/observers.h"
#include "daemon/app/port_book.h"
#include "daemon/app/rescoring_service.h"
#include "daemon/app/shadow_desk.h"
#include "daemon/app/stop_signals.h"
#include "daemon/coverage/coverage_watch.h"
#include "daemon/notify/webhook.h"
#include "daemon/pipeline/shards.h"
#include "daemon/selftest/schedule.h"
#include "daemon/telemetry/telemetry.h"
#include "evaluator/standard_evaluator.h"
#include "storage/baseline_store.h"
#include "storage/sqlite_store.h"
#include "tap/builtin.h"
#include "util/mutex.h"

namespace reasonwatch {

// Start(), WaitForEnd() and Stop() are called by one thread; Reload() is
// thread-safe between them.
class App {
 public:
  // A part of the start. `stop` undoes it and may be null; it waits for others
  // (clients, the disk) at most until `deadline` has passed.
  struct Step {
    std::string_view name;
    absl::Status (App::*start)();
    void (App::*stop)(absl::Duration deadline);
    absl::Duration deadline;
  };
  // All steps, in the order in which they run.
  static std::span<const Step> Steps();

  // `config_path`: the file that a reload reads again; "" = there is none.
  App(Config config, std::string config_path);
  // Stops.
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Runs all steps. The status of a failure is "STEP: reason", with the code of
  // the reason; nothing is left running then. For one call.
  absl::Status Start();
  // Reloads on SIGHUP and returns after SIGTERM or SIGINT.
  void WaitForEnd();
  // Stops listening, works off all queued responses, saves, and undoes every
  // step that ran. Idempotent.
  void Stop();

  // Takes over the baselines that commands have stored, then the budgets and
  // signals of the configuration file; all else changes with the next start. A
  // failure is logged and changes nothing further. Returns a line for the
  // operator, which names the keys that changed and wait for a restart.
  absl::StatusOr<std::string> Reload();

  // Port that was bound; 0 while the step has not run.
  int HttpPort() const { return http_ ? http_->BoundPort() : 0; }
  // The addresses at which senders reach the taps; see Tap::Endpoints().
  TapEndpoints Endpoints() const;
  // Names of the steps that have run and are not undone, in their order.
  std::vector<std::string_view> Running() const;

 private:
  static const Step kSteps[];

  // Steps, in steps_data.cc.
  absl::Status PrepareProcess();
  absl::Status StartLogging();
  absl::Status BlockSignals();
  void UnblockSignals(absl::Duration);
  absl::Status StartTelemetry();
  void StopTelemetry(absl::Duration);
  absl::Status OpenDataFolder();
  void CloseDataFolder(absl::Duration deadline);
  absl::Status ReadSessionKey();
  absl::Status MakeEvaluator();
  void DropEvaluator(absl::Duration);
  absl::Status StartGrader();
  void StopGrader(absl::Duration);
  absl::Status RestoreState();
  absl::Status ImportRecordedBaseline();
  absl::Status OpenStoredBaselines();
  void CloseStoredBaselines(absl::Duration);
  absl::Status RestoreDeployments();

  // Steps, in steps_live.cc; of self-tests in steps_selftest.cc.
  absl::Status StartWebhook();
  void StopWebhook(absl::Duration);
  absl::Status StartEvaluationExport();
  void StopEvaluationExport(absl::Duration);
  absl::Status StartEvidence();
  void StopEvidence(absl::Duration);
  absl::Status MakePipelines();
  void DropPipelines(absl::Duration);
  absl::Status OpenRescoring();
  void CloseRescoring(absl::Duration);
  absl::Status StartPipelines();
  void StopPipelines(absl::Duration);
  absl::Status StartRescoring();
  void StopRescoring(absl::Duration);
  absl::Status StartHttp();
  void StopHttp(absl::Duration);
  absl::Status StartTaps();
  void StopTaps(absl::Duration deadline);
  absl::Status StartCoverage();
  void StopCoverage(absl::Duration);
  absl::Status StartSelfTests();
  void StopSelfTests(absl::Duration);

  // Gives stored baselines to the pipelines and to re-scoring.
  // `all_problems`: also of the models whose baseline has not changed.
  absl::Status ApplyStored(bool all_problems)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(stored_mutex_);
  HttpHandlers MakeHttpHandlers();
  void AddIncidentHandlers(HttpHandlers& handlers);
  absl::Status ForgetSelfTest();
  void CountSelfTest(const SelfTestResult& result, absl::Duration every);
  absl::Status Act(IncidentAction action, const Incident& incident,
                   const ModelEvent& event);
  SeenTotals Seen() const;
  absl::Status Ready() const;
  std::string MetricsText(MetricsForm form);
  SetupFacts Setup();
  HabitPhrases Habits() const;

  const Config config_;
  const std::string config_path_;
  size_t started_ = 0;  // steps of kSteps that have run and are not undone
  std::atomic<bool> ready_ = false;

  std::unique_ptr<BlockedSignals> signals_;
  std::unique_ptr<Telemetry> telemetry_;
  std::unique_ptr<SqliteStore> store_;
  std::string session_key_;
  std::unique_ptr<StandardEvaluator> evaluator_;
  std::unique_ptr<LiveGrader> grader_;  // null: no command grades
  std::unique_ptr<Webhook> webhook_;    // null: no URL is configured
  const WallClock clock_;
  std::unique_ptr<KeptTexts> texts_;  // null: no text is kept
  std::unique_ptr<IncidentDesk> desk_;
  std::unique_ptr<Observers> observers_;
  std::unique_ptr<Shards> shards_;
  std::unique_ptr<RescoreService> rescoring_;  // null: nobody can be asked
  Mutex stored_mutex_;
  std::unique_ptr<BaselineStore> stored_ ABSL_GUARDED_BY(stored_mutex_);
  IngestGate ingest_;
  FactOffsets offsets_{store_};
  std::unique_ptr<HttpServer> http_;
  std::thread http_stopper_;
  PortBook ports_;
  std::unique_ptr<Taps> taps_;
  std::unique_ptr<CoverageWatch> coverage_;
  std::atomic<bool> selftests_end_ = false;
  std::unique_ptr<SelfTestSchedule> selftests_;  // null: none is asked for
  std::unique_ptr<ShadowDesk> shadow_;
  std::unique_ptr<EvaluationExport> evaluations_;  // null: nobody is told
  std::unique_ptr<EvaluationForwarder> evaluation_forwarder_;
  std::atomic<int64_t> scraped_ns_ = 0;  // by a Prometheus
  mutable Mutex page_url_mutex_;
  std::string page_url_ ABSL_GUARDED_BY(page_url_mutex_);
  std::atomic<int64_t> writes_seen_ = 0;  // of the storage thread, by a scrape
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_APP_H_
