// SPDX-License-Identifier: Apache-2.0
// One object owns the clients, the rescorer, the judge and their threads.
//
// In this order: the opening of clients and endpoints, the problems that can be
// asked, the threads, the judge, and the way of a verdict. Verdicts leave by
// Emit(); when the judge has rated the chains of an incident later, its last
// verdict is emitted again with the judge's shares.
#include "daemon/app/rescoring_service.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>
#include <tuple>
#include <utility>

#include "absl/time/clock.h"
#include "baseline/variants/variants.h"
#include "core/evaluator.h"
#include "core/scored.h"
#include "core/store.h"
#include "features/prompt.h"
#include "formats/formats.h"
#include "rescore/client/failure.h"
#include "rescore/client/model_client.h"
#include "rescore/problem_row.h"
#include "util/mutex.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

// Requests of others wait for ours at most this long and a scrape.
constexpr std::chrono::milliseconds kWatchEvery(400);
// Nothing else is asked meanwhile, and the daemon can't end.
constexpr absl::Duration kRegimeTimeout = absl::Seconds(5);
// Incidents whose last verdict is kept for the judge; more are never open at
// once while re-scoring keeps up.
constexpr size_t kMaxEmitted = 64;
// Work that comes while a thread rests waits at most this long.
constexpr absl::Duration kLongestRest = absl::Seconds(1);

absl::StatusOr<std::unique_ptr<ModelClient>> OpenClient(
    const EndpointConfig& config, const std::string& metrics_url) {
  ModelClientOptions options;
  options.endpoint = config.endpoint;
  options.metrics_url = metrics_url;
  options.served_model = config.served_model;
  options.api_key_file = config.api_key_file;
  options.ca_file = config.ca_file;
  options.header = config.header;
  options.regime_timeout = kRegimeTimeout;
  return OpenModelClient(std::move(options));
}

// The same problem in other numbers. Knows the built-in templates only: those
// of the operator are not known here.
std::optional<ProblemVariant> VariantOf(std::string_view id, uint64_t draw) {
  std::string name;
  uint64_t seed = 0;
  if (!ParseVariantId(id, &name, &seed)) return std::nullopt;
  const VariantTemplate* form = FindTemplate(BuiltinTemplates(), name);
  if (form == nullptr) return std::nullopt;
  const auto original = Instantiate(*form, seed);
  if (!original.ok()) return std::nullopt;
  // A template with few different draws repeats one now and then.
  constexpr uint64_t kDraws = 8;
  for (uint64_t i = 0; i < kDraws; ++i) {
    const auto other = Instantiate(*form, draw + i);
    if (other.ok() && other->prompt != original->prompt)
      return ProblemVariant{original->prompt, other->prompt, other->answer};
  }
  return std::nullopt;
}

// The last line that is not empty, cut in front.
std::string LastLine(std::string_view text) {
  constexpr size_t kMost = 200;  // bytes; an answer's end, on a wide terminal
  const size_t end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos) return "";
  text = text.substr(0, end + 1);
  const size_t begin = text.rfind('\n');
  if (begin != std::string_view::npos) text.remove_prefix(begin + 1);
  if (text.size() > kMost) text.remove_prefix(text.size() - kMost);
  // Not in the middle of a character, and nothing that moves a cursor.
  while (!text.empty() && (text.front() & 0xC0) == 0x80) text.remove_prefix(1);
  std::string line(text);
  std::erase_if(line, [](unsigned char c) { return c < ' ' || c == 0x7F; });
  return line;
}

class Service final : public RescoreService {
 public:
  Service(const Config& config, const Evaluator& evaluator,
          std::function<void(const Verdict&)> on_verdict,
          std::function<void(const AskedSample&)> on_sample)
      : config_(config),
        evaluator_(evaluator),
        on_verdict_(std::move(on_verdict)),
        on_sample_(std::move(on_sample)) {}
  ~Service() override { Stop(); }

  absl::Status Open(Store* store) {
    const Config& config = config_;
    const RescoreConfig& r = config.rescore;
    RescoreEndpoints endpoints;
    RW_ASSIGN_OR_RETURN(watched_, OpenClient(r.watched, r.metrics_url));
    endpoints.watched = watched_.get();
    for (const auto& [name, replica] : r.replicas) {
      RW_ASSIGN_OR_RETURN(std::unique_ptr<ModelClient> client,
                          OpenClient(replica, ""));
      endpoints.replicas.emplace_back(name, client.get());
      others_.push_back(std::move(client));
    }
    if (!r.reference.endpoint.empty()) {
      RW_ASSIGN_OR_RETURN(std::unique_ptr<ModelClient> client,
                          OpenClient(r.reference, ""));
      endpoints.reference = client.get();
      others_.push_back(std::move(client));
    }
    RescorerOptions options;
    options.group = r.group;
    options.tokens_per_hour = r.tokens_per_hour;
    options.requests_per_hour = r.requests_per_hour;
    options.canaries_per_hour = config.baseline.canaries.per_hour;
    options.timeout = r.timeout;
    options.filled_context = r.filled_context;
    options.headroom.max_running = r.max_running;
    options.localise = r.localise;
    options.variant = VariantOf;
    options.error_name = [](const absl::Status& status) {
      return ClientFailureName(status);
    };
    if (on_sample_)
      options.on_sample = [this](const SampleReport& s) { Report(s); };
    if (!r.judge.endpoint.empty()) {
      RW_RETURN_IF_ERROR(OpenJudge(r.judge, store));
      options.on_answer = [this](const RescoreJob& job,
                                 const Response& answer) {
        // The schedule alone has picked a canary, so its answer is typical.
        const bool canary =
            job.trigger == RescoreTrigger::kCanary && job.limit == 1;
        if (!job.incident.empty() || canary)
          judge_->Add(ChainOf(answer, job.incident));
      };
    }
    rescorer_ = std::make_unique<Rescorer>(
        options, std::move(endpoints), clock_, evaluator_, store,
        [this](const Verdict& verdict) { Emit(verdict); });
    return absl::OkStatus();
  }

  RescoreCounters Counters() const override {
    RescoreCounters counters = rescorer_->Counters();
    if (judge_ != nullptr) counters.judge = judge_->Counters();
    return counters;
  }

  Rescorer& rescorer() override { return *rescorer_; }

  void SetProblems(const std::vector<Response>& rows) override {
    std::vector<ProblemRow> scored;
    for (const Response& row : rows)
      if (row.origin == Origin::kLive)
        scored.push_back({row, evaluator_.Evaluate(row)});
    recorded_ = ProblemSet::Make(scored);
    if (judge_ != nullptr) JudgeHealthy(rows);
    Publish(recorded_);
  }

  void SetStored(const std::vector<StoredProblem>& stored) override {
    Publish(recorded_.With(stored));
  }

  std::vector<const RescoreProblem*> FindById(
      const std::string& id) const override {
    return problems_ == nullptr ? std::vector<const RescoreProblem*>()
                                : problems_->FindById(id);
  }

  void Start() override {
    asker_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) Rest(stop, rescorer_->Step());
    });
    if (judge_ != nullptr)
      rater_ = std::jthread([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) Rest(stop, judge_->Step());
      });
    watcher_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        rescorer_->Watch();
        Rest(stop, absl::FromChrono(kWatchEvery));
      }
    });
  }

  void Stop() override {
    if (!asker_.joinable()) return;
    rescorer_->Stop();
    asker_.request_stop();
    watcher_.request_stop();
    asker_.join();
    watcher_.join();
    if (rater_.joinable()) {
      stop_judging_ = true;
      rater_.request_stop();
      rater_.join();
    }
  }

 private:
  absl::Status OpenJudge(const JudgeConfig& judge, Store* store) {
    ModelClientOptions client;
    client.endpoint = judge.endpoint;
    client.api_key_file = judge.api_key_file;
    client.ca_file = judge.ca_file;
    RW_ASSIGN_OR_RETURN(judge_client_, OpenModelClient(std::move(client)));
    ChainRaterOptions options;
    options.model = judge.model;
    options.tokens_per_hour = judge.tokens_per_hour;
    options.stop = &stop_judging_;
    options.answer_text = [](const Response& answer) {
      return ParseResponse(answer, FormatPolicy()).answer;
    };
    options.on_rated = [this](const std::string& incident) {
      MutexLock lock(emitted_mutex_);
      const auto it = emitted_.find(incident);
      if (it != emitted_.end()) EmitNow(it->second);
    };
    judge_ = std::make_unique<ChainRater>(std::move(options), *judge_client_,
                                          clock_, store);
    return absl::OkStatus();
  }

  // The reasoning, if there is any, and the answer.
  UnratedChain ChainOf(const Response& response, std::string incident) const {
    const Trace trace =
        ParseResponse(response, FormatPolicyOf(config_, response.model));
    std::string chain = trace.reasoning.value_or("");
    if (!chain.empty()) chain += "\n";
    return {response.model, std::move(incident), ReadPrompt(response).user,
            chain + trace.answer};
  }

  void JudgeHealthy(const std::vector<Response>& rows) {
    std::map<std::string, std::vector<const Response*>> by_model;
    for (const Response& row : rows)
      if (row.origin == Origin::kLive) by_model[row.model].push_back(&row);
    for (const auto& [model, of_model] : by_model) {
      const size_t count = std::min<size_t>(of_model.size(), kHealthyChains);
      for (size_t i = 0; i < count; ++i)
        judge_->Add(ChainOf(*of_model[i * of_model.size() / count], ""));
    }
  }

  void Report(const SampleReport& s) const {
    AskedSample asked;
    asked.model = s.job.model;
    asked.problem = s.problem.id;
    asked.way = s.sample.way;
    asked.index = s.sample.index;
    asked.seed = s.seed;
    asked.last_line = LastLine(
        ParseResponse(s.answer, FormatPolicyOf(config_, s.job.model)).answer);
    asked.rewards = s.sample.rewards;
    asked.tokens = s.sample.tokens;
    asked.bayes_factor = s.bayes_factor;
    asked.bounds = s.bounds;
    on_sample_(asked);
  }

  void Emit(const Verdict& verdict) {
    MutexLock lock(emitted_mutex_);
    if (judge_ != nullptr && !verdict.incident.empty()) {
      if (emitted_.size() >= kMaxEmitted &&
          !emitted_.contains(verdict.incident))
        emitted_.erase(std::min_element(emitted_.begin(), emitted_.end(),
                                        [](const auto& a, const auto& b) {
                                          return a.second.time < b.second.time;
                                        }));
      emitted_[verdict.incident] = verdict;
    }
    EmitNow(verdict);
  }

  void EmitNow(Verdict verdict) ABSL_EXCLUSIVE_LOCKS_REQUIRED(emitted_mutex_) {
    if (judge_ != nullptr && !verdict.incident.empty())
      std::tie(verdict.judged, verdict.healthy_judged) =
          judge_->Shares(verdict.model, verdict.incident);
    on_verdict_(verdict);
  }

  void Publish(ProblemSet problems) {
    problems_ = std::make_shared<const ProblemSet>(std::move(problems));
    rescorer_->SetProblems(problems_);
  }

  void Rest(const std::stop_token& stop, absl::Duration rest) {
    std::unique_lock<std::mutex> lock(mutex_);
    wake_.wait_for(lock, stop,
                   absl::ToChronoMilliseconds(std::min(rest, kLongestRest)),
                   [] { return false; });
  }

  const Config& config_;
  const Evaluator& evaluator_;
  const std::function<void(const Verdict&)> on_verdict_;
  const std::function<void(const AskedSample&)> on_sample_;  // may be null
  const WallClock clock_;
  std::atomic<bool> stop_judging_ = false;
  std::unique_ptr<ModelClient> judge_client_;
  std::unique_ptr<ChainRater> judge_;  // may be null
  Mutex emitted_mutex_;
  // The last verdict on each incident.
  std::map<std::string, Verdict> emitted_ ABSL_GUARDED_BY(emitted_mutex_);
  std::unique_ptr<ModelClient> watched_;
  std::vector<std::unique_ptr<ModelClient>> others_;
  std::unique_ptr<Rescorer> rescorer_;
  ProblemSet recorded_;
  std::shared_ptr<const ProblemSet> problems_;
  // Only to sleep on: the rescorer and the judge have locks of their own.
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread asker_;
  std::jthread watcher_;
  std::jthread rater_;
};

}  // namespace

bool CanRescore(const Config& config) {
  return config.rescore.enabled && !config.rescore.watched.endpoint.empty();
}

absl::StatusOr<std::vector<StoredProblem>> LoadStoredProblems(
    BaselineStore& store) {
  std::vector<StoredProblem> stored;
  RW_ASSIGN_OR_RETURN(const std::vector<BaselineInfo> infos, store.Baselines());
  for (const BaselineInfo& info : infos) {
    RW_ASSIGN_OR_RETURN(auto texts, store.Texts(info.model));
    if (texts.empty()) continue;
    RW_ASSIGN_OR_RETURN(const auto problems, store.Problems(info.model));
    RW_ASSIGN_OR_RETURN(const auto trials, store.Trials(info.model));
    std::map<uint64_t, std::vector<std::pair<std::string, Trials>>> by_problem;
    for (const RegimeTrials& t : trials)
      by_problem[t.digest].emplace_back(t.regime.sampling,
                                        Trials{t.trials, t.failures});
    for (const BaselineProblem& p : problems) {
      const auto text = texts.find(p.digest);
      // Without an answer nobody could say whether a re-run is right.
      if (text == texts.end() || p.kind != ProblemKind::kGold || p.gold.empty())
        continue;
      stored.push_back(
          {p, std::move(text->second), std::move(by_problem[p.digest])});
    }
  }
  // Problems with trials before those without, if there are too many.
  std::stable_sort(stored.begin(), stored.end(),
                   [](const StoredProblem& a, const StoredProblem& b) {
                     return a.trials.empty() < b.trials.empty();
                   });
  if (stored.size() > ProblemSet::kMaxProblems)
    stored.resize(ProblemSet::kMaxProblems);
  return stored;
}

absl::StatusOr<std::unique_ptr<RescoreService>> OpenRescoreService(
    const Config& config, const Evaluator& evaluator, Store* store,
    std::function<void(const Verdict&)> on_verdict,
    std::function<void(const AskedSample&)> on_sample) {
  auto service = std::make_unique<Service>(
      config, evaluator, std::move(on_verdict), std::move(on_sample));
  RW_RETURN_IF_ERROR(service->Open(store));
  return std::unique_ptr<RescoreService>(std::move(service));
}

}  // namespace reasonwatch
