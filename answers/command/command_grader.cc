// SPDX-License-Identifier: Apache-2.0
// The command is a child process, asked over a socket and a pipe. In this
// order: the child's side between fork and exec, start and stop, one exchange
// under a deadline, and Ask() with its restarts and rests. Every wait polls at
// most kLookMs, so that Cancel() needs no signal.
#include "answers/command/command_grader.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "answers/grading.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

// A grade is some 25 bytes; a command that writes more than this is no grader.
constexpr size_t kMaxLineBytes = 64 << 10;
// Enough for an interpreter and its modules.
constexpr rlim_t kMaxFiles = 64;
// Cancel() is seen after at most this long.
constexpr int64_t kLookMs = 100;

void CloseAndForget(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

// Sets a limit, or ends the child: the command is not run without its limits.
void Limit(int resource, rlim_t value) {
  const rlimit limit = {value, value};
  if (setrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0)
    _exit(126);
}

// Runs between fork and exec: calls only functions that are safe in the child
// of a program with threads.
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
  close_range(STDERR_FILENO + 1, ~0u, 0);
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
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
  if (options_.restarts >= 0 && starts_ > options_.restarts)
    return absl::ResourceExhaustedError(absl::StrFormat(
        "the grader was started %d times and stays off", starts_.load()));
  if (absl::Now() < not_before_)
    return absl::ResourceExhaustedError("the grader rests after failures");
  ++starts_;
  // A socket to write to: send() can leave out SIGPIPE.
  int to_child[2] = {-1, -1};
  int from_child[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, to_child) != 0 ||
      pipe2(from_child, O_CLOEXEC) != 0) {
    const int error = errno;
    for (int* pair : {to_child, from_child})
      for (int i : {0, 1}) CloseAndForget(pair[i]);
    return absl::UnavailableError(absl::StrFormat(
        "no pipe to the grader: %s", std::generic_category().message(error)));
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) RunChild(options_, to_child[0], from_child[1], parent);
  const int error = errno;
  CloseAndForget(to_child[0]);
  CloseAndForget(from_child[1]);
  if (pid < 0) {
    CloseAndForget(to_child[1]);
    CloseAndForget(from_child[0]);
    return absl::UnavailableError(absl::StrFormat(
        "can't start the grader: %s", std::generic_category().message(error)));
  }
  setpgid(pid, pid);  // parent or child, whichever comes first
  pid_ = pid;
  in_ = to_child[1];
  out_ = from_child[0];
  has_answered_ = false;
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

absl::StatusOr<std::string> CommandGrader::Exchange(const std::string& line,
                                                    absl::Time deadline) {
  size_t written = 0;
  std::string answer;
  while (true) {
    if (cancelled_) return absl::CancelledError("the program ends");
    pollfd fds[2] = {{out_, POLLIN, 0}, {in_, POLLOUT, 0}};
    const auto left = absl::ToInt64Milliseconds(deadline - absl::Now());
    if (left <= 0)
      return absl::DeadlineExceededError(absl::StrFormat(
          "the grader took over %s", absl::FormatDuration(options_.timeout)));
    const int ready = poll(fds, written < line.size() ? 2 : 1,
                           static_cast<int>(std::min(left + 1, kLookMs)));
    if (ready < 0 && errno != EINTR)
      return absl::UnavailableError(std::generic_category().message(errno));
    if (ready <= 0) continue;
    // Bytes that come before the question are not about it.
    if (written == 0 && (fds[0].revents & POLLIN) != 0)
      return absl::InvalidArgumentError(
          "the grader wrote something that nobody has asked for");
    if (written < line.size() && (fds[1].revents & (POLLOUT | POLLERR)) != 0) {
      const ssize_t n = send(in_, line.data() + written, line.size() - written,
                             MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0 && errno != EAGAIN && errno != EINTR)
        return absl::UnavailableError("the grader reads no more");
      if (n > 0) written += static_cast<size_t>(n);
    }
    if ((fds[0].revents & (POLLIN | POLLHUP)) == 0) continue;
    char buffer[4096];
    const ssize_t n = read(out_, buffer, sizeof(buffer));
    if (n == 0) return absl::UnavailableError("the grader ended");
    if (n < 0 && errno != EAGAIN && errno != EINTR)
      return absl::UnavailableError(std::generic_category().message(errno));
    if (n > 0) answer.append(buffer, static_cast<size_t>(n));
    const size_t newline = answer.find('\n');
    if (newline != std::string::npos) {
      if (newline + 1 != answer.size())
        return absl::InvalidArgumentError(
            "the grader wrote more than one line for one answer");
      if (written < line.size())
        return absl::InvalidArgumentError(
            "the grader answered before it had read the question");
      return answer;
    }
    if (answer.size() > kMaxLineBytes)
      return absl::InvalidArgumentError("the grader wrote a line over 64 KiB");
  }
}

absl::StatusOr<Grade> CommandGrader::AskOnce(const std::string& line,
                                             absl::Time deadline) {
  if (pid_ <= 0) RW_RETURN_IF_ERROR(Start());
  RW_ASSIGN_OR_RETURN(const std::string reply, Exchange(line, deadline));
  const Json json = Json::parse(reply, nullptr, /*allow_exceptions=*/false);
  const auto grade = json.is_object() ? json.find("grade") : json.end();
  if (json.is_object() && grade != json.end() && grade->is_string()) {
    const auto& name = grade->get_ref<const std::string&>();
    for (Grade g : {Grade::kCorrect, Grade::kIncorrect, Grade::kUngradable})
      if (name == GradeName(g)) return g;
  }
  return absl::InvalidArgumentError(
      "the grader's line is no {\"grade\": "
      "\"correct\"|\"incorrect\"|\"ungradable\"}");
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
  if (cancelled_) return absl::CancelledError("the program ends");
  const absl::Time deadline = absl::Now() + options_.timeout;
  const bool again = pid_ > 0 && has_answered_;
  absl::StatusOr<Grade> grade = AskOnce(line, deadline);
  if (again && absl::IsUnavailable(grade.status())) {
    // It may have ended while nobody asked, which is no failure of this answer.
    Stop();
    grade = AskOnce(line, deadline);
  }
  if (grade.ok()) {
    has_answered_ = true;
    failures_ = 0;
    return grade;
  }
  if (pid_ <= 0 && absl::IsResourceExhausted(grade.status())) return grade;
  Stop();
  ++failures_;
  if (failures_ >= 2)
    not_before_ =
        absl::Now() +
        std::min(options_.longest_rest,
                 options_.first_rest * std::exp2(std::min(failures_ - 2, 30)));
  return grade;
}

}  // namespace reasonwatch
