// SPDX-License-Identifier: Apache-2.0
// Changes of a model, beside its incidents.
#ifndef REASONWATCH_CORE_MODEL_EVENT_H_
#define REASONWATCH_CORE_MODEL_EVENT_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace reasonwatch {

// Something that happened to a model, for the time line of its incidents.
struct ModelEvent {
  int64_t id = 0;  // given by the store
  absl::Time time = absl::InfinitePast();
  std::string model;
  // "engine", "fingerprint", "weights_version", "template_hash": live traffic
  // or the endpoint began to show another one; "prompt_tokens",
  // "served_model": the endpoint counts a fixed conversation otherwise, or
  // answers by another name; "deployment", "rebase": the
  // operator's word; "baseline": a baseline was taken over.
  std::string kind;
  std::string old_value;
  std::string new_value;
  bool expected = false;  // the operator wants it
  std::string note;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_MODEL_EVENT_H_
