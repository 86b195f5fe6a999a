// SPDX-License-Identifier: Apache-2.0
// The problems of a stored baseline, indexed for the evaluator.
#ifndef REASONWATCH_EVALUATOR_ASKED_PROBLEMS_H_
#define REASONWATCH_EVALUATOR_ASKED_PROBLEMS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "baseline/matching/problem_index.h"
#include "core/baseline_problem.h"
#include "features/prompt.h"

namespace reasonwatch {

// Builds an index of the problems of `kind` kGold. A problem whose text is in
// `texts` (by digest) is recognised in other wrappings too, and so are its
// neighbours, behind `prefix`, with which the model's prompts begin; a problem
// without text is found by its digest only.
std::shared_ptr<const ProblemIndex> IndexOf(
    const std::vector<BaselineProblem>& problems,
    const std::map<uint64_t, ProblemText>& texts, const PrefixProfile& prefix);

// Returns `named` if it is not empty, else the kind of task of `asked`; "" if
// both are empty.
std::string FamilyOf(const std::string& named, std::string_view asked);

// Returns the part of the problem's prompt behind `prefix`: the same text that
// an evaluator matches when a live prompt asks this problem.
std::string AskedText(const ProblemText& text, const PrefixProfile& prefix);

}  // namespace reasonwatch

#endif  // REASONWATCH_EVALUATOR_ASKED_PROBLEMS_H_
