// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as a problem set, in the format that the first byte gives.
// Reading must end, and each problem must have words and an answer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/recordings/problem_sets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using reasonwatch::BaselineFormat;
  if (size == 0 || size > 16384) return 0;
  constexpr BaselineFormat kFormats[] = {
      BaselineFormat::kGsm8k,  BaselineFormat::kMath, BaselineFormat::kAime,
      BaselineFormat::kChoice, BaselineFormat::kCsv,  BaselineFormat::kExport};
  const BaselineFormat format = kFormats[data[0] % std::size(kFormats)];
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  (void)reasonwatch::GuessBaselineFormat(text);
  std::istringstream in(text);
  const auto reader = reasonwatch::ProblemReader::Make(format, in);
  std::vector<reasonwatch::ImportedProblem> problem;
  // Each call consumes at least one byte.
  for (size_t calls = 0; calls <= size; ++calls) {
    const auto more = reader->Next(problem);
    if (!more.ok() && absl::IsDataLoss(more.status())) return 0;
    if (!more.ok()) continue;
    if (!*more) return 0;
    for (const auto& p : problem) {
      const bool asks = !p.text.prompt.empty() ||
                        !p.text.messages_json.empty() || !p.problem.id.empty();
      if (!asks) abort();
      if (format != BaselineFormat::kExport && p.problem.gold.empty()) abort();
      if (p.problem.failures > p.problem.trials) abort();
    }
  }
  abort();
}
