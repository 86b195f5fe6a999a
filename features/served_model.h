// SPDX-License-Identifier: Apache-2.0
// The model that a body says it comes from, against the one that was asked for.
//
// Pure, thread-safe.
#ifndef REASONWATCH_FEATURES_SERVED_MODEL_H_
#define REASONWATCH_FEATURES_SERVED_MODEL_H_

#include <string_view>

namespace reasonwatch {

// True if the names may be of one model: they are the same without the case,
// the folder or owner before them, the ending of a file, and dates, numbers of
// versions and words like "latest" behind them. A size ("mini") or the number
// of a quantisation ("fp8") makes another model.
bool MayBeSameModel(std::string_view asked, std::string_view served);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_SERVED_MODEL_H_
