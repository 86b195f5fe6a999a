// SPDX-License-Identifier: Apache-2.0
// Answers are counted by the digest of their problem in their ids, so that a
// run goes on behind the last whole line of an earlier one: reading that file,
// the progress bar, the problems to ask, and Recorder, whose threads ask them,
// each the next problem that nobody has begun.
#include "daemon/recordings/record_baseline.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_format.h"
#include "tap/jsonl/recorded.h"
#include "util/mutex.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// A server that fails so often is down rather than busy.
constexpr int kFailuresInARow = 10;
constexpr int kBarWidth = 30;  // characters

// Answers a problem that the file holds, by its digest in the response's id. A
// torn last line, as SIGKILL leaves one, is cut off.
absl::StatusOr<absl::flat_hash_map<std::string, int>> AnswersIn(
    const std::string& path) {
  absl::flat_hash_map<std::string, int> answers;
  std::ifstream in(path, std::ios::binary);
  if (!in) return answers;
  RecordedReader reader;
  std::string line;
  int64_t whole = 0;
  while (std::getline(in, line)) {
    if (in.eof()) break;  // no line break: torn
    whole += static_cast<int64_t>(line.size()) + 1;
    const auto row = reader.Parse(line);
    if (!row.ok())
      return absl::InvalidArgumentError(
          absl::StrFormat("%s is no file of recorded responses: %s", path,
                          StdView(row.status().message())));
    ++answers[row->id.substr(0, row->id.rfind('-'))];
  }
  in.close();
  if (truncate(path.c_str(), whole) != 0)
    return absl::PermissionDeniedError(absl::StrFormat("can't write %s", path));
  return answers;
}

using Json = nlohmann::json;

// The messages with this system prompt in place of theirs.
std::string WithSystemPrompt(const std::string& messages_json,
                             const std::string& system_prompt) {
  Json messages =
      Json::parse(messages_json, nullptr, /*allow_exceptions=*/false);
  if (!messages.is_array()) return messages_json;
  Json out = Json::array({{{"role", "system"}, {"content", system_prompt}}});
  for (Json& message : messages) {
    const auto role = message.find("role");
    if (role == message.end() || (*role != "system" && *role != "developer"))
      out.push_back(std::move(message));
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// As a chat, as users ask: a bare prompt would go round the chat template.
std::string MessagesOf(const ProblemText& text) {
  if (!text.messages_json.empty()) return text.messages_json;
  Json messages = Json::array();
  if (!text.system_prompt.empty())
    messages.push_back({{"role", "system"}, {"content", text.system_prompt}});
  messages.push_back({{"role", "user"}, {"content", text.prompt}});
  return messages.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class ProgressBar {
 public:
  ProgressBar(bool on, int64_t total, std::ostream& out)
      : on_(on && total > 0), total_(total), out_(out) {}
  ~ProgressBar() { Clear(); }

  void Show(int64_t done, int64_t answers) {
    if (!on_) return;
    const auto filled = static_cast<int>(kBarWidth * done / total_);
    out_ << absl::StrFormat(
                "\r[%s%s] %d of %d problems, %d answers ",
                std::string(static_cast<size_t>(filled), '#'),
                std::string(static_cast<size_t>(kBarWidth - filled), '.'), done,
                total_, answers)
         << std::flush;
    shown_ = true;
  }
  // Before another line is written.
  void Clear() {
    if (shown_) out_ << "\r\033[K" << std::flush;
    shown_ = false;
  }

 private:
  const bool on_;
  const int64_t total_;
  std::ostream& out_;
  bool shown_ = false;
};

struct AskedProblem {
  BaselineProblem problem;
  ProblemText text;
};

// The first problems of the model that have words.
absl::StatusOr<std::vector<AskedProblem>> ProblemsToAsk(
    const BaselineRecordOptions& options, BaselineStore& store) {
  RW_ASSIGN_OR_RETURN(const auto stored, store.Problems(options.model));
  std::vector<AskedProblem> problems;
  for (const BaselineProblem& p : stored) {
    if (options.limit > 0 &&
        static_cast<int64_t>(problems.size()) >= options.limit)
      break;
    auto text = store.Text(options.model, p.digest);
    if (absl::IsNotFound(text.status())) continue;
    RW_RETURN_IF_ERROR(text.status());
    if (!options.system_prompt.empty()) {
      text->system_prompt = options.system_prompt;
      if (!text->messages_json.empty())
        text->messages_json =
            WithSystemPrompt(text->messages_json, options.system_prompt);
    }
    problems.push_back({p, *std::move(text)});
  }
  if (!problems.empty()) return problems;
  return absl::NotFoundError(absl::StrFormat(
      "no problem of model '%s' to ask; `reasonwatch baseline import FILE "
      "--model %s` brings some in",
      options.model, options.model));
}

absl::Status CantWrite(const std::string& path) {
  return absl::InternalError(absl::StrFormat("can't write %s", path));
}

// One run of the command: asks problem by problem and appends to the file.
class Recorder {
 public:
  Recorder(const BaselineRecordOptions& options, ModelClient& client,
           const std::atomic<bool>& stop, std::ostream& messages)
      : options_(options),
        client_(client),
        stop_(stop),
        regime_(client.ReadRegime(options.model)),
        messages_(messages) {}

  absl::StatusOr<BaselineRecordReport> Run(
      const std::vector<AskedProblem>& problems,
      const absl::flat_hash_map<std::string, int>& answers) {
    problems_ = &problems;
    had_ = &answers;
    RW_RETURN_IF_ERROR(OpenFile());
    {
      MutexLock lock(mutex_);
      report_.problems = static_cast<int64_t>(problems.size());
      bar_.emplace(options_.progress && isatty(STDERR_FILENO) != 0,
                   report_.problems, messages_);
      bar_->Show(0, 0);
    }
    std::vector<std::thread> threads;
    for (int i = 1; i < options_.concurrency; ++i)
      threads.emplace_back([this] { AskAll(); });
    AskAll();
    for (std::thread& thread : threads) thread.join();
    MutexLock lock(mutex_);
    bar_->Clear();
    RW_RETURN_IF_ERROR(failed_);
    report_.stopped = stop_ && done_ < report_.problems;
    return report_;
  }

 private:
  absl::Status OpenFile() ABSL_LOCKS_EXCLUDED(mutex_) {
    // The file holds the text of prompts: it is for its owner only.
    const int made = open(options_.out.c_str(),
                          O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (made < 0) return CantWrite(options_.out);
    close(made);
    MutexLock lock(mutex_);
    out_.open(options_.out, std::ios::binary | std::ios::app);
    return absl::OkStatus();
  }

  // The work of one thread: the next problem, until there is none.
  void AskAll() ABSL_LOCKS_EXCLUDED(mutex_) {
    while (const AskedProblem* asked = NextProblem()) {
      const std::string id =
          absl::StrFormat("record-%016x", asked->problem.digest);
      const auto it = had_->find(id);
      const int had = it == had_->end() ? 0 : it->second;
      const absl::Status status = Ask(*asked, id, had);
      MutexLock lock(mutex_);
      report_.had += had;
      if (!status.ok() && failed_.ok()) failed_ = status;
      if (!stop_) ++done_;
      bar_->Show(done_, report_.answers);
    }
  }

  const AskedProblem* NextProblem() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    if (stop_ || !failed_.ok() || next_ >= problems_->size()) return nullptr;
    return &(*problems_)[next_++];
  }

  // Until the problem has its answers, a request fails or `stop_` is set.
  absl::Status Ask(const AskedProblem& asked, const std::string& id, int has)
      ABSL_LOCKS_EXCLUDED(mutex_) {
    while (has < options_.n && !stop_) {
      auto sampled = client_.Sample(RequestFor(asked, id, has));
      if (!sampled.ok() || sampled->empty())
        return stop_ ? absl::OkStatus()
                     : CountFailure(asked.problem.id, sampled.status());
      RW_RETURN_IF_ERROR(
          Write(asked, absl::StrFormat("%s-%d", id, has++), sampled->front()));
    }
    return absl::OkStatus();
  }

  SampleRequest RequestFor(const AskedProblem& asked, const std::string& id,
                           int has) const {
    SampleRequest request;
    request.model = options_.model;
    request.messages_json = MessagesOf(asked.text);
    request.temperature = options_.temperature;
    request.top_p = options_.top_p;
    request.max_tokens = options_.max_tokens;
    request.timeout = options_.timeout;
    request.thinking = options_.thinking;
    // The tokens of several choices are counted together, which would leave
    // each one's to be estimated.
    request.n = 1;
    request.seed = has + 1;
    request.cache_salt = absl::StrFormat("record-%d", salt_);
    // Taps know our own requests by the beginning.
    request.id = absl::StrFormat("rw-%s-%d", id, has);
    request.stop = &stop_;
    return request;
  }

  absl::Status CountFailure(const std::string& problem, const absl::Status& why)
      ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    ++report_.failures;
    bar_->Clear();
    messages_ << problem << ": "
              << (why.ok() ? "no answer came" : why.message()) << "\n";
    if (++failures_in_a_row_ < kFailuresInARow) return absl::OkStatus();
    return absl::UnavailableError(absl::StrFormat(
        "%d requests in a row failed; what was answered is in %s, and "
        "the same command goes on from there",
        kFailuresInARow, options_.out));
  }

  absl::Status Write(const AskedProblem& asked, std::string id, Response& r)
      ABSL_LOCKS_EXCLUDED(mutex_) {
    // The file is to hold responses of a healthy time.
    r.origin = Origin::kLive;
    r.id = std::move(id);
    r.model = options_.model;
    r.route = options_.route;
    r.prompt = asked.text.prompt;
    r.messages_json = asked.text.messages_json;
    r.system_prompt = asked.text.system_prompt;
    r.problem = Problem{asked.problem.id, asked.problem.gold,
                        asked.problem.answer_kind, asked.problem.family};
    r.sampling = {options_.temperature, options_.top_p, 1, 0};
    r.intent.max_tokens = options_.max_tokens;
    r.intent.thinking = options_.thinking;
    if (regime_.ok() && r.regime == Regime()) r.regime = *regime_;
    const std::string line = WriteRecorded(r);
    MutexLock lock(mutex_);
    failures_in_a_row_ = 0;
    out_ << line << "\n" << std::flush;
    if (!out_) return CantWrite(options_.out);
    ++report_.answers;
    bar_->Show(done_, report_.answers);
    return absl::OkStatus();
  }

  const BaselineRecordOptions& options_;
  ModelClient& client_;
  const std::atomic<bool>& stop_;
  const absl::StatusOr<Regime> regime_;
  // A run of its own in the server's cache of prefixes.
  const int64_t salt_ = absl::ToUnixNanos(absl::Now());
  // Set by Run() before its threads begin.
  const std::vector<AskedProblem>* problems_ = nullptr;
  const absl::flat_hash_map<std::string, int>* had_ = nullptr;

  Mutex mutex_;
  std::ostream& messages_ ABSL_GUARDED_BY(mutex_);
  std::ofstream out_ ABSL_GUARDED_BY(mutex_);
  std::optional<ProgressBar> bar_ ABSL_GUARDED_BY(mutex_);
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t done_ ABSL_GUARDED_BY(mutex_) = 0;
  int failures_in_a_row_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status failed_ ABSL_GUARDED_BY(mutex_);
  BaselineRecordReport report_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<BaselineRecordReport> RecordBaseline(
    const BaselineRecordOptions& options, BaselineStore& store,
    ModelClient& client, const std::atomic<bool>& stop,
    std::ostream& messages) {
  RW_ASSIGN_OR_RETURN(const auto problems, ProblemsToAsk(options, store));
  RW_ASSIGN_OR_RETURN(const auto answers, AnswersIn(options.out));
  return Recorder(options, client, stop, messages).Run(problems, answers);
}

}  // namespace reasonwatch
