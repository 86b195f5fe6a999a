// SPDX-License-Identifier: Apache-2.0
// The self-test's step of the start, and its words with the pipelines.
#include <future>
#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "daemon/api/incident_json.h"
#include "daemon/app/app.h"
#include "daemon/app/log.h"
#include "daemon/app/selftest_ports.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

// A worker with a full queue needs seconds to come to it.
constexpr absl::Duration kForgetWait = absl::Seconds(8);
// The next question sees what was stored.
constexpr absl::Duration kFlushWait = absl::Seconds(2);

}  // namespace

absl::Status App::ForgetSelfTest() {
  // The worker may outlive a caller that waits no more.
  const auto gone = std::make_shared<std::promise<void>>();
  shards_->Forget(std::string(kSelftestModel), [gone] { gone->set_value(); });
  if (gone->get_future().wait_for(absl::ToChronoMilliseconds(kForgetWait)) !=
      std::future_status::ready)
    return absl::DeadlineExceededError(
        "the model of the self-test is not forgotten yet");
  return store_->Flush(kFlushWait);
}

void App::CountSelfTest(const SelfTestResult& result, absl::Duration every) {
  telemetry_->CountSelfTest(result, every, absl::Now());
  if (result.passed())
    LogInfo("selftest_passed", {{"hops", std::to_string(result.hops.size())}});
  else
    LogWarning("selftest_failed",
               {{"hop", result.failed.empty() ? "cleaning" : result.failed},
                {"why", result.why}});
}

absl::Status App::StartSelfTests() {
  const SelfTestConfig& config = config_.selftest;
  if (config.every == absl::ZeroDuration()) return absl::OkStatus();
  SelfTestOptions options;
  options.prometheus = config.prometheus;
  options.alertmanager = config.alertmanager;
  options.receiver = config.receiver;
  SelfTestPorts ports;
  ports.forget = [this] { return ForgetSelfTest(); };
  ports.send = [this](const std::string& rows) {
    IngestRequest request;
    request.body = rows;
    request.format = "reasonwatch";
    request.wait = true;
    request.origin = "selftest";
    return AllTaken(ingest_.Receive(request).json, rows);
  };
  ports.incidents = [this]() -> absl::StatusOr<std::string> {
    store_->Flush(kFlushWait).IgnoreError();
    RW_ASSIGN_OR_RETURN(const std::vector<Incident> open,
                        store_->LoadIncidents(/*open_only=*/true, /*limit=*/0));
    return IncidentsJson(open);
  };
  ports.metrics = [this]() -> absl::StatusOr<std::string> {
    return MetricsText(MetricsForm::kText);
  };
  ports.get = [this](const std::string& url) {
    return GetForSelfTest(url, config_.selftest.ca_file, &selftests_end_);
  };
  ports.now = [] { return absl::Now(); };
  telemetry_->ExpectSelfTest(config.every, absl::Now());
  selftests_ = std::make_unique<SelfTestSchedule>(
      config.every, std::move(options), std::move(ports),
      [this](const SelfTestResult& result) {
        CountSelfTest(result, config_.selftest.every);
      });
  selftests_->Start();
  return absl::OkStatus();
}

void App::StopSelfTests(absl::Duration) {
  selftests_end_ = true;
  selftests_.reset();
}

}  // namespace reasonwatch
