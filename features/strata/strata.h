// What makes responses comparable, from the request only.
#ifndef REASONWATCH_FEATURES_STRATA_STRATA_H_
#define REASONWATCH_FEATURES_STRATA_STRATA_H_

#include "core/response.h"
#include "core/scored.h"
#include "features/prompt.h"

namespace reasonwatch {

// Intent (thinking x effort), the caller's task, context fill (input tokens of
// the window; one bucket when the window is unknown), turn bucket, tool turn.
// What the prompt's words say is left to the prompt regression; rows without
// text are cut by input tokens instead. `context_window` (tokens, 0 = unknown)
// is the configuration's; the response's own wins.
Stratum MakeStratum(const Response& response, const PromptText& prompt,
                    int64_t context_window);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_STRATA_STRATA_H_
