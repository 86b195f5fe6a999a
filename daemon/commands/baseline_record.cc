#include "daemon/commands/baseline_record.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_format.h"
#include "core/status_macros.h"
#include "core/strings.h"
#include "tap/jsonl/recorded.h"

namespace reasonwatch {
namespace {

constexpr int kFailuresInARow = 10;
constexpr int kBarWidth = 30;

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

// As a chat, as users ask: a bare prompt would go round the chat template.
std::string MessagesOf(const ProblemText& text) {
  if (!text.messages_json.empty()) return text.messages_json;
  nlohmann::json messages = nlohmann::json::array();
  if (!text.system_prompt.empty())
    messages.push_back({{"role", "system"}, {"content", text.system_prompt}});
  messages.push_back({{"role", "user"}, {"content", text.prompt}});
  return messages.dump(-1, ' ', false,
                       nlohmann::json::error_handler_t::replace);
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

}  // namespace

absl::StatusOr<BaselineRecordReport> RecordBaseline(
    const BaselineRecordOptions& options, BaselineStore& store,
    ModelClient& client, const std::atomic<bool>& stop,
    std::ostream& messages) {
  BaselineRecordReport report;
  RW_ASSIGN_OR_RETURN(const auto stored, store.Problems(options.model));
  std::vector<std::pair<BaselineProblem, ProblemText>> problems;
  for (const BaselineProblem& p : stored) {
    if (options.limit > 0 &&
        static_cast<int64_t>(problems.size()) >= options.limit)
      break;
    auto text = store.Text(options.model, p.digest);
    if (absl::IsNotFound(text.status())) continue;
    RW_RETURN_IF_ERROR(text.status());
    problems.emplace_back(p, *std::move(text));
  }
  if (problems.empty())
    return absl::NotFoundError(absl::StrFormat(
        "no problem of model '%s' to ask; `reasonwatch baseline import FILE "
        "--model %s` brings some in",
        options.model, options.model));
  report.problems = static_cast<int64_t>(problems.size());
  RW_ASSIGN_OR_RETURN(const auto answers, AnswersIn(options.out));
  // Made with the text of prompts in it: for its owner only.
  const int made = open(options.out.c_str(),
                        O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (made < 0)
    return absl::PermissionDeniedError(
        absl::StrFormat("can't write %s", options.out));
  close(made);
  std::ofstream out(options.out, std::ios::binary | std::ios::app);

  const auto regime = client.ReadRegime(options.model);
  const int64_t salt = absl::ToUnixNanos(absl::Now());
  ProgressBar bar(options.progress && isatty(STDERR_FILENO) != 0,
                  report.problems, messages);
  int failures_in_a_row = 0;
  int64_t done = 0;
  for (const auto& [problem, text] : problems) {
    const std::string id = absl::StrFormat("record-%016x", problem.digest);
    const auto it = answers.find(id);
    int has = it == answers.end() ? 0 : it->second;
    report.had += has;
    bar.Show(done, report.answers);
    while (has < options.n && !stop) {
      SampleRequest request;
      request.model = options.model;
      request.messages_json = MessagesOf(text);
      request.temperature = options.temperature;
      request.top_p = options.top_p;
      request.max_tokens = options.max_tokens;
      request.timeout = options.timeout;
      request.n = options.n - has;
      request.seed = has + 1;
      request.cache_salt = absl::StrFormat("record-%d", salt);
      // Taps know our own requests by the beginning.
      request.id = absl::StrFormat("rw-%s-%d", id, has);
      request.stop = &stop;
      auto sampled = client.Sample(request);
      if (!sampled.ok() || sampled->empty()) {
        if (stop) break;
        ++report.failures;
        bar.Clear();
        messages << problem.id << ": "
                 << (sampled.ok() ? "no answer came"
                                  : sampled.status().message())
                 << "\n";
        if (++failures_in_a_row >= kFailuresInARow)
          return absl::UnavailableError(absl::StrFormat(
              "%d requests in a row failed; what was answered is in %s, and "
              "the same command goes on from there",
              kFailuresInARow, options.out));
        break;
      }
      failures_in_a_row = 0;
      for (Response& r : *sampled) {
        if (has >= options.n) break;
        // What the file is for: responses of a healthy time.
        r.origin = Origin::kLive;
        r.id = absl::StrFormat("%s-%d", id, has++);
        r.model = options.model;
        r.prompt = text.prompt;
        r.messages_json = text.messages_json;
        r.system_prompt = text.system_prompt;
        r.problem = Problem{problem.id, problem.gold, problem.answer_kind,
                            problem.family};
        r.sampling = {options.temperature, options.top_p, 1, 0};
        r.intent.max_tokens = options.max_tokens;
        if (regime.ok() && r.regime == Regime()) r.regime = *regime;
        out << WriteRecorded(r) << "\n" << std::flush;
        if (!out)
          return absl::DataLossError(
              absl::StrFormat("can't write %s", options.out));
        ++report.answers;
      }
    }
    if (stop) {
      report.stopped = true;
      break;
    }
    bar.Show(++done, report.answers);
  }
  return report;
}

}  // namespace reasonwatch
