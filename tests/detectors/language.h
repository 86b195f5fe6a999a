// SPDX-License-Identifier: Apache-2.0
// Prompts of random languages, as hashed words.
#ifndef REASONWATCH_TESTS_DETECTORS_LANGUAGE_H_
#define REASONWATCH_TESTS_DETECTORS_LANGUAGE_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include "tests/detectors/synthetic.h"

namespace reasonwatch::testing {

using Terms = std::vector<uint16_t>;

// A random language: words that are drawn with probabilities falling as a
// power of their rank, prompts of a random length.
class Language {
 public:
  explicit Language(Draw& draw)
      : power_(.6 + draw.Uniform()),
        least_(2 + draw.Below(6)),
        most_(least_ + 4 + draw.Below(40)) {
    const int words = 100 + draw.Below(1500);
    for (int i = 0; i < words; ++i) {
      words_.push_back(static_cast<uint16_t>(draw.Below(4096)));
      sum_ += std::pow(i + 1, -power_);
      up_to_.push_back(sum_);
    }
  }
  Terms Prompt(Draw& draw) const {
    std::set<uint16_t> terms;
    const int length = least_ + draw.Below(most_ - least_);
    for (int i = 0; i < length; ++i)
      terms.insert(words_[static_cast<size_t>(
          std::lower_bound(up_to_.begin(), up_to_.end(),
                           draw.Uniform() * sum_) -
          up_to_.begin())]);
    return {terms.begin(), terms.end()};
  }

 private:
  double power_;
  int least_;
  int most_;
  double sum_ = 0;
  std::vector<uint16_t> words_;
  std::vector<double> up_to_;
};

}  // namespace reasonwatch::testing

#endif  // REASONWATCH_TESTS_DETECTORS_LANGUAGE_H_
