// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/grading_desk.h"

#include <utility>

namespace reasonwatch {

GradingDesk::GradingDesk(LiveGrader* grader, const Clock& clock, Post post,
                         Graded graded)
    : grader_(grader),
      clock_(clock),
      post_(std::move(post)),
      graded_(std::move(graded)) {}

void GradingDesk::Ask(GradingQuestion question, Scored scored,
                      bool low_coverage) {
  const uint64_t ticket = ++tickets_;
  waiting_.emplace(ticket, Waiting{std::move(scored), low_coverage,
                                   clock_.Now() + grader_->longest_wait()});
  const bool accepted =
      grader_->Offer(std::move(question), [this, ticket](Grade grade) {
        post_([this, ticket, grade] { ApplyGrade(ticket, grade); });
      });
  if (!accepted) ApplyGrade(ticket, Grade::kUngradable);
}

void GradingDesk::ApplyGrade(uint64_t ticket, Grade grade) {
  auto node = waiting_.extract(ticket);
  if (node.empty()) return;  // it came too late
  Waiting& item = node.mapped();
  item.scored.grade = grade;
  graded_(std::move(item.scored), item.low_coverage);
}

void GradingDesk::GiveUp(absl::Time now) {
  while (!waiting_.empty() && waiting_.begin()->second.until <= now)
    ApplyGrade(waiting_.begin()->first, Grade::kUngradable);
}

}  // namespace reasonwatch
