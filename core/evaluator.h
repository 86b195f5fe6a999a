// SPDX-License-Identifier: Apache-2.0
// The seam between text and numbers.
#ifndef REASONWATCH_CORE_EVALUATOR_H_
#define REASONWATCH_CORE_EVALUATOR_H_

namespace reasonwatch {

struct Response;
struct Scored;

// Reads a response and leaves numbers. No clock, no thread of its own, and no
// I/O unless the operator's grader answers it. The same response gives the same
// Scored, until the baseline or the profile behind it is replaced, or live
// prompts have taught it a frame. Safe to call from several threads.
class Evaluator {
 public:
  virtual ~Evaluator() = default;
  virtual Scored Evaluate(const Response& response) const = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_EVALUATOR_H_
