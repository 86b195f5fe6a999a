// SPDX-License-Identifier: Apache-2.0
// `reasonwatch baseline expand`: instances of problem templates.
#ifndef REASONWATCH_DAEMON_RECORDINGS_EXPAND_TEMPLATES_H_
#define REASONWATCH_DAEMON_RECORDINGS_EXPAND_TEMPLATES_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "baseline/variants/variants.h"

namespace reasonwatch {

struct ExpandOptions {
  std::string templates;           // JSONL of the user's own, "" = built in
  std::vector<std::string> names;  // of templates or families, empty = all
  int64_t count = 10;              // instances of each
  uint64_t seed = 1;               // of the first; the next have the next ones
  std::string model = "model";
};

// Reads templates, one JSON object a line: name, family, text, parameters
// {"a": [low, high]}, condition?, formula. The first bad line is an error that
// says its number.
absl::StatusOr<std::vector<VariantTemplate>> ReadTemplates(
    const std::string& path);

// Writes recorded requests (one JSON object a line: id, model, prompt, task,
// problem) and returns how many. NotFound for an unknown name or file,
// InvalidArgument for a template that can't be used.
absl::StatusOr<int64_t> ExpandBaseline(const ExpandOptions& options,
                                       std::ostream& out);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_EXPAND_TEMPLATES_H_
