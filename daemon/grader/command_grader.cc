#include "daemon/grader/command_grader.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "baseline/grading/grading.h"
#include "core/status_macros.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxLineBytes = 64 << 10;
constexpr rlim_t kMaxFiles = 64;

void CloseAndForget(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

void Limit(int resource, rlim_t value) {
  const rlimit limit = {value, value};
  setrlimit(static_cast<__rlimit_resource>(resource), &limit);
}

// Between fork and exec: only what is safe in the child of a program with
// threads.
[[noreturn]] void RunChild(const CommandGraderOptions& options, int in, int out,
                           pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  Limit(RLIMIT_CPU, static_cast<rlim_t>(options.cpu_seconds));
  Limit(RLIMIT_AS, static_cast<rlim_t>(options.memory_bytes));
  Limit(RLIMIT_NOFILE, kMaxFiles);
  Limit(RLIMIT_CORE, 0);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  const int null = open("/dev/null", O_WRONLY);
  if (null >= 0) dup2(null, STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  const char* const arguments[] = {"/bin/sh", "-c", options.command.c_str(),
                                   nullptr};
  const char* const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin",
                                     "LANG=C.UTF-8", nullptr};
  execve("/bin/sh", const_cast<char* const*>(arguments),  // NOLINT
         const_cast<char* const*>(environment));          // NOLINT
  _exit(127);
}

}  // namespace

CommandGrader::CommandGrader(CommandGraderOptions options)
    : options_(std::move(options)) {}

CommandGrader::~CommandGrader() {
  MutexLock lock(mutex_);
  Stop();
}

absl::Status CommandGrader::Start() {
  if (starts_ > options_.restarts)
    return absl::ResourceExhaustedError(absl::StrFormat(
        "the grader was started %d times and stays off", starts_));
  ++starts_;
  int to_child[2] = {-1, -1};
  int from_child[2] = {-1, -1};
  if (pipe2(to_child, O_CLOEXEC) != 0 || pipe2(from_child, O_CLOEXEC) != 0) {
    for (int* pipe : {to_child, from_child})
      for (int i : {0, 1}) CloseAndForget(pipe[i]);
    return absl::UnavailableError(
        absl::StrFormat("no pipe to the grader: %s", std::strerror(errno)));
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) RunChild(options_, to_child[0], from_child[1], parent);
  CloseAndForget(to_child[0]);
  CloseAndForget(from_child[1]);
  if (pid < 0) {
    CloseAndForget(to_child[1]);
    CloseAndForget(from_child[0]);
    return absl::UnavailableError(
        absl::StrFormat("can't start the grader: %s", std::strerror(errno)));
  }
  setpgid(pid, pid);  // whoever of the two comes first
  pid_ = pid;
  in_ = to_child[1];
  out_ = from_child[0];
  fcntl(in_, F_SETFL, O_NONBLOCK);
  fcntl(out_, F_SETFL, O_NONBLOCK);
  return absl::OkStatus();
}

void CommandGrader::Stop() {
  CloseAndForget(in_);
  CloseAndForget(out_);
  if (pid_ <= 0) return;
  kill(-pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

absl::StatusOr<std::string> CommandGrader::Exchange(const std::string& line) {
  const absl::Time deadline = absl::Now() + options_.timeout;
  size_t written = 0;
  std::string answer;
  while (true) {
    pollfd fds[2] = {{out_, POLLIN, 0}, {in_, POLLOUT, 0}};
    const auto left = absl::ToInt64Milliseconds(deadline - absl::Now());
    if (left <= 0)
      return absl::DeadlineExceededError(absl::StrFormat(
          "the grader took over %s", absl::FormatDuration(options_.timeout)));
    const int ready =
        poll(fds, written < line.size() ? 2 : 1,
             static_cast<int>(std::min<int64_t>(left + 1, 60000)));
    if (ready < 0 && errno != EINTR)
      return absl::UnavailableError(std::strerror(errno));
    if (ready <= 0) continue;
    if (written < line.size() && (fds[1].revents & (POLLOUT | POLLERR)) != 0) {
      // MSG_NOSIGNAL is for sockets; SIGPIPE is ignored by the program.
      const ssize_t n =
          write(in_, line.data() + written, line.size() - written);
      if (n < 0 && errno != EAGAIN && errno != EINTR)
        return absl::UnavailableError("the grader reads no more");
      if (n > 0) written += static_cast<size_t>(n);
    }
    if ((fds[0].revents & (POLLIN | POLLHUP)) == 0) continue;
    char buffer[4096];
    const ssize_t n = read(out_, buffer, sizeof(buffer));
    if (n == 0) return absl::UnavailableError("the grader ended");
    if (n < 0 && errno != EAGAIN && errno != EINTR)
      return absl::UnavailableError(std::strerror(errno));
    if (n > 0) answer.append(buffer, static_cast<size_t>(n));
    const size_t newline = answer.find('\n');
    if (newline != std::string::npos) {
      if (newline + 1 != answer.size())
        return absl::InvalidArgumentError(
            "the grader wrote more than one line for one answer");
      return answer;
    }
    if (answer.size() > kMaxLineBytes)
      return absl::InvalidArgumentError("the grader wrote a line over 64 KiB");
  }
}

absl::StatusOr<Grade> CommandGrader::Ask(std::string_view problem_id,
                                         AnswerKind kind, std::string_view gold,
                                         std::string_view answer) {
  const Json question = {{"problem_id", problem_id},
                         {"gold", gold},
                         {"answer", answer},
                         {"answer_kind", AnswerKindName(kind)}};
  const std::string line =
      question.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  MutexLock lock(mutex_);
  if (pid_ <= 0) RW_RETURN_IF_ERROR(Start());
  auto reply = Exchange(line);
  if (!reply.ok()) {
    Stop();
    return reply.status();
  }
  const Json json = Json::parse(*reply, nullptr, /*allow_exceptions=*/false);
  const auto grade = json.is_object() ? json.find("grade") : json.end();
  if (json.is_object() && grade != json.end() && grade->is_string()) {
    const auto& name = grade->get_ref<const std::string&>();
    for (Grade g : {Grade::kCorrect, Grade::kIncorrect, Grade::kUngradable})
      if (name == GradeName(g)) return g;
  }
  Stop();
  return absl::InvalidArgumentError(
      "the grader's line is no {\"grade\": "
      "\"correct\"|\"incorrect\"|\"ungradable\"}");
}

}  // namespace reasonwatch
