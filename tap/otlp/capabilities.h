// SPDX-License-Identifier: Apache-2.0
// The sources of records that are able to deliver reasoning, learnt from their
// records.
#ifndef REASONWATCH_TAP_OTLP_CAPABILITIES_H_
#define REASONWATCH_TAP_OTLP_CAPABILITIES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>

#include "core/response.h"
#include "util/mutex.h"

namespace reasonwatch {

// Most emitters drop the text of reasoning, some only for some APIs or for one
// of the names that servers give the field. A source is a dialect, an API, a
// service and a model; until it has delivered reasoning once, its silence says
// nothing. Thread-safe.
class ReasoningCapabilities {
 public:
  static constexpr size_t kMaxSources = 1024;  // services that send

  // Sets r.without_reasoning_text unless the source has delivered reasoning,
  // with this response or before. Sources beyond the limit are never learnt.
  void Mark(std::string_view source, Response& r);

 private:
  struct Source {
    bool delivers = false;
    int64_t looked = 0;
  };
  Mutex mutex_;
  std::map<uint64_t, Source> sources_ ABSL_GUARDED_BY(mutex_);  // by hash
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_CAPABILITIES_H_
