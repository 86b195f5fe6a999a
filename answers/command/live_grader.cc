// SPDX-License-Identifier: Apache-2.0
#include "answers/command/live_grader.h"

#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace reasonwatch {
namespace {

constexpr std::string_view kResults[] = {
    "graded", "timeout", "ended", "garbage", "resting", "stale", "queue_full"};

}  // namespace

std::string_view GradingResultName(const absl::Status& status) {
  if (status.ok()) return "graded";
  if (absl::IsDeadlineExceeded(status)) return "timeout";
  if (absl::IsInvalidArgument(status)) return "garbage";
  if (absl::IsResourceExhausted(status)) return "resting";
  return "ended";
}

LiveGrader::LiveGrader(LiveGraderOptions options)
    : options_(std::move(options)), command_(options_.command) {
  for (std::string_view result : kResults) answers_[std::string(result)] = 0;
}

absl::Status LiveGrader::Start() {
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("can't start the grader's thread: %s", error.what()));
  }
  return absl::OkStatus();
}

LiveGrader::~LiveGrader() { Stop(); }

bool LiveGrader::Offer(GradingQuestion question,
                       std::function<void(Grade)> done) {
  const auto bytes =
      static_cast<int64_t>(sizeof(Waiting) + question.problem_id.size() +
                           question.gold.size() + question.answer.size());
  {
    MutexLock lock(mutex_);
    if (stopping_ || static_cast<int64_t>(queue_.size()) >= options_.records ||
        queued_bytes_ >= options_.bytes) {
      ++answers_["queue_full"];
      return false;
    }
    queued_bytes_ += bytes;
    queue_.push_back(
        {std::move(question), std::move(done), absl::Now(), bytes});
  }
  wake_.notify_one();
  return true;
}

void LiveGrader::Stop() {
  command_.Cancel();
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LiveGrader::Count(std::string_view result) {
  MutexLock lock(mutex_);
  ++answers_[std::string(result)];
}

std::map<std::string, int64_t> LiveGrader::Answers() const {
  MutexLock lock(mutex_);
  return answers_;
}

void LiveGrader::Run() {
  while (true) {
    Waiting next;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) wake_.wait(mutex_);
      if (stopping_) {
        queue_.clear();
        return;
      }
      next = std::move(queue_.front());
      queue_.pop_front();
      queued_bytes_ -= next.bytes;
    }
    if (absl::Now() - next.offered > options_.command.timeout) {
      Count("stale");
      next.done(Grade::kUngradable);
      continue;
    }
    const GradingQuestion& q = next.question;
    const absl::StatusOr<Grade> grade =
        command_.Ask(q.problem_id, q.kind, q.gold, q.answer);
    if (absl::IsCancelled(grade.status())) continue;
    Count(GradingResultName(grade.status()));
    if (!grade.ok() && !absl::IsResourceExhausted(grade.status()) &&
        options_.on_failure)
      options_.on_failure(grade.status());
    next.done(grade.value_or(Grade::kUngradable));
  }
}

}  // namespace reasonwatch
