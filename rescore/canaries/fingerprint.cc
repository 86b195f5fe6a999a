// SPDX-License-Identifier: Apache-2.0
#include "rescore/canaries/fingerprint.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// The least p-value is 1 in 2,000, a tenth of kFingerprintError.
constexpr int kPermutations = 1999;
// Bounds on a stored text, above any text that Print writes.
constexpr size_t kMaxRuns = 64;
constexpr size_t kMaxNumbers = 256;

double Distance(const std::vector<const FingerprintRun*>& runs, size_t split) {
  double distance = 0;
  for (size_t i = 0; i < runs.front()->size(); ++i) {
    double first = 0;
    double second = 0;
    for (size_t r = 0; r < runs.size(); ++r)
      (r < split ? first : second) += (*runs[r])[i];
    distance += std::abs(first / static_cast<double>(split) -
                         second / static_cast<double>(runs.size() - split));
  }
  return distance;
}

}  // namespace

const std::vector<std::string>& FingerprintPrompts() {
  // Never destroyed: the asking thread may outlive static objects.
  static const auto& prompts = *new std::vector<std::string>{
      R"([{"role":"user","content":"Continue: one, two, three,"}])",
      R"([{"role":"user","content":"What is 17 * 23?"}])",
      R"([{"role":"user","content":"Name a river in Europe."}])",
      R"([{"role":"user","content":"Write the first word of a story."}])",
  };
  return prompts;
}

absl::StatusOr<FingerprintRun> ReadLogprobs(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const simdjson::padded_string padded(body);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS)
    return absl::InvalidArgumentError("body that is no JSON");
  simdjson::dom::element logprobs;
  if (root["choices"].at(0)["logprobs"].get(logprobs) != simdjson::SUCCESS)
    return absl::NotFoundError("no log-probabilities");
  FingerprintRun run;
  simdjson::dom::array tokens;
  const bool chat = logprobs["content"].get(tokens) == simdjson::SUCCESS;
  if (!chat && logprobs["token_logprobs"].get(tokens) != simdjson::SUCCESS)
    return absl::NotFoundError("no log-probabilities");
  for (const simdjson::dom::element token : tokens) {
    double value = 0;
    const auto error = chat ? token["logprob"].get(value) : token.get(value);
    if (error != simdjson::SUCCESS || !std::isfinite(value)) continue;
    // Some servers write "impossible" as a huge negative number; capped, it
    // does not outweigh the others.
    run.push_back(std::max(value, -20.));
    if (run.size() == kFingerprintTokens) break;
  }
  if (run.empty()) return absl::NotFoundError("no log-probabilities");
  run.resize(kFingerprintTokens);
  return run;
}

double FingerprintPValue(const std::vector<FingerprintRun>& before,
                         const std::vector<FingerprintRun>& now) {
  if (before.empty() || now.empty()) return 1;
  std::vector<const FingerprintRun*> runs;
  for (const FingerprintRun& run : before) runs.push_back(&run);
  for (const FingerprintRun& run : now) runs.push_back(&run);
  for (const FingerprintRun* run : runs)
    if (run->size() != runs.front()->size()) return 1;
  const size_t split = before.size();
  // Less than observed, because sums in another order differ in the last bits.
  const double observed = Distance(runs, split) - 1e-9;
  if (observed <= 0) return 1;
  std::mt19937_64 random(1);
  int as_far = 0;
  for (int i = 0; i < kPermutations; ++i) {
    std::shuffle(runs.begin(), runs.end(), random);
    as_far += Distance(runs, split) >= observed;
  }
  return (as_far + 1.) / (kPermutations + 1.);
}

std::string PrintFingerprint(const std::vector<FingerprintRun>& runs) {
  std::string text;
  for (const FingerprintRun& run : runs) {
    if (!text.empty()) text += ';';
    for (size_t i = 0; i < run.size(); ++i)
      absl::StrAppendFormat(&text, "%s%.6g", i == 0 ? "" : " ", run[i]);
  }
  return text;
}

absl::StatusOr<std::vector<FingerprintRun>> ParseFingerprint(
    std::string_view text) {
  std::vector<FingerprintRun> runs;
  for (const absl::string_view line : absl::StrSplit(AbslView(text), ';')) {
    FingerprintRun& run = runs.emplace_back();
    for (const absl::string_view number : absl::StrSplit(line, ' ')) {
      double value = 0;
      if (!absl::SimpleAtod(number, &value) || !std::isfinite(value) ||
          run.size() >= kMaxNumbers || runs.size() > kMaxRuns)
        return absl::DataLossError("fingerprint that can't be read");
      run.push_back(value);
    }
  }
  return runs;
}

}  // namespace reasonwatch
