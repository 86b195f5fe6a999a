// SPDX-License-Identifier: Apache-2.0
#include "detectors/reference/prompt_clusters.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Fewer prompts say nothing of how prompts differ.
constexpr size_t kMinPrompts = 3;

uint64_t PromptKey(std::span<const uint16_t> terms) {
  const std::span<const std::byte> bytes = std::as_bytes(terms);
  return StableHash(std::string_view(
      static_cast<const char*>(static_cast<const void*>(bytes.data())),
      bytes.size()));
}

struct Cluster {
  double sum = 0;
  double count = 0;
};

// The design effect of one feature whose values fall into `clusters`, with
// the sum of their squares.
double EffectAmong(const std::vector<Cluster>& clusters, double squares) {
  double rows = 0, sum = 0, sizes = 0, between = 0;
  size_t prompts = 0;
  for (const Cluster& c : clusters) {
    if (c.count == 0) continue;
    ++prompts;
    rows += c.count;
    sum += c.sum;
    sizes += c.count * c.count;
    between += c.sum * c.sum / c.count;
  }
  const auto k = static_cast<double>(prompts);
  if (prompts < kMinPrompts || rows <= k) return 1;
  const double within_mean = std::max(0.0, squares - between) / (rows - k);
  const double between_mean =
      std::max(0.0, between - sum * sum / rows) / (k - 1);
  const double typical = (rows - sizes / rows) / (k - 1);
  const double spread = between_mean + (typical - 1) * within_mean;
  if (spread <= 0) return 1;
  const double rho =
      std::clamp((between_mean - within_mean) / spread, 0.0, 1.0);
  return 1 + (sizes / rows - 1) * rho;
}

}  // namespace

PromptClusters::PromptClusters(std::span<const PackedRow* const> rows) {
  effects_.fill(1);
  absl::flat_hash_map<uint64_t, size_t> places;
  std::vector<size_t> place_of(rows.size());
  size_t clusters = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto terms = rows[i]->terms();
    if (terms.empty()) {
      place_of[i] = clusters++;
      continue;
    }
    const uint64_t key = PromptKey(terms);
    const auto [it, fresh] = places.try_emplace(key, clusters);
    clusters += fresh;
    place_of[i] = it->second;
    known_.insert(key);
  }
  // Each prompt once: nothing to add up.
  if (clusters == rows.size()) return;
  std::vector<FeatureVector> values;
  values.reserve(rows.size());
  for (const PackedRow* row : rows) values.push_back(row->values());
  std::vector<Cluster> sums(clusters);
  for (size_t f = 0; f < kFeatureCount; ++f) {
    std::fill(sums.begin(), sums.end(), Cluster());
    double squares = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      const double value = values[i][f];
      if (std::isnan(value)) continue;
      sums[place_of[i]].sum += value;
      sums[place_of[i]].count += 1;
      squares += value * value;
    }
    effects_[f] = static_cast<float>(EffectAmong(sums, squares));
  }
}

bool PromptClusters::Knows(std::span<const uint16_t> terms) const {
  return !terms.empty() && known_.contains(PromptKey(terms));
}

}  // namespace reasonwatch
