// SPDX-License-Identifier: Apache-2.0
// The group of requests with which a response is compared.
#ifndef REASONWATCH_FEATURES_STRATA_STRATA_H_
#define REASONWATCH_FEATURES_STRATA_STRATA_H_

#include "core/response.h"
#include "core/stratum.h"
#include "features/prompt.h"

namespace reasonwatch {

// Builds the stratum from the request alone: intent (thinking and effort), the
// caller's task, context fill (input tokens as a share of the window, in three
// buckets; one bucket if the window is unknown), bucket of turns, and whether
// the last message is a tool's result. The words of the prompt are left to the
// prompt regression; rows without text are grouped by input tokens instead.
// `context_window` (tokens, 0 = unknown) comes from the configuration; one that
// the response carries takes precedence.
Stratum MakeStratum(const Response& response, const PromptText& prompt,
                    int64_t context_window);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_STRATA_STRATA_H_
