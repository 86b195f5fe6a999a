// SPDX-License-Identifier: Apache-2.0
// Equality of sums and products of matrices.
//
// Pure, thread-safe, bounded: at most 16 rows and columns and 32 factors.
#ifndef REASONWATCH_ANSWERS_MATRICES_H_
#define REASONWATCH_ANSWERS_MATRICES_H_

#include <string_view>

namespace reasonwatch {

// Does the text, the output of NormalizeMath() (latex.h), hold a matrix?
bool HoldsMatrix(std::string_view s);

// Are both expressions with matrices that have the same value, at two sample
// points for each variable? False if one of them can't be read.
bool SameMatrices(std::string_view a, std::string_view b);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_MATRICES_H_
