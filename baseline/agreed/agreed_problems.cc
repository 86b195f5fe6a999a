// SPDX-License-Identifier: Apache-2.0
#include "baseline/agreed/agreed_problems.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "core/scored.h"

namespace reasonwatch {
namespace {

// 2 KiB. The table doubles when prompts repeat.
constexpr size_t kFirstAskedOnce = 128;

constexpr bool IsTableSize(size_t n) {
  return n == 0 ||
         (std::has_single_bit(n) && n >= kFirstAskedOnce && n <= kMaxAskedOnce);
}
static_assert(IsTableSize(kMaxAskedOnce));

}  // namespace

bool AgreedProblems::Grade(Scored& scored) const {
  if (scored.grade != Grade::kNotGraded || scored.answer_key == 0) return false;
  const auto it = again_.find(scored.prompt_key);
  if (it == again_.end() || it->second.agreed == 0) return false;
  scored.match = {MatchKind::kExact, scored.prompt_key, 0};
  scored.grade = scored.answer_key == it->second.answers[0] ? Grade::kCorrect
                                                            : Grade::kIncorrect;
  return true;
}

AgreedProblems::Settled AgreedProblems::Learn(const Scored& scored) {
  if (scored.grade != Grade::kNotGraded || scored.prompt_key == 0 ||
      scored.answer_key == 0)
    return {};
  ++clock_;
  auto it = again_.find(scored.prompt_key);
  if (it == again_.end()) {
    MakeRoomFor(scored.prompt_key);
    Once& once = OnceOf(scored.prompt_key);
    if (once.prompt != scored.prompt_key) {
      forgotten_ += once.prompt != 0;
      once = {scored.prompt_key, scored.answer_key};
      ++unsaved_;
      return {};
    }
    if (again_.size() >= kMaxAskedAgain) Forget();
    it = again_.emplace(scored.prompt_key, Again()).first;
    it->second.answers[0] = once.answer;
    it->second.counts[0] = 1;
    it->second.trials = 1;
    once = {};
  }
  Again& a = it->second;
  a.last_asked = clock_;
  // Settled: the posteriors count its trials from here on.
  if (a.trials >= kAgreedFromTrials) return {};
  ++unsaved_;
  ++a.trials;
  size_t i = 0;
  while (i < kAnswers && a.counts[i] > 0 && a.answers[i] != scored.answer_key)
    ++i;
  a.answers[i] = scored.answer_key;
  ++a.counts[i];
  if (a.counts[i] > a.counts[0]) {
    std::swap(a.counts[i], a.counts[0]);
    std::swap(a.answers[i], a.answers[0]);
  }
  if (a.trials < kAgreedFromTrials) return {};
  a.agreed = 4 * a.counts[0] >= 3 * a.trials ? 1 : 0;
  agreed_ += a.agreed;
  unsaved_ += kSaveAfter * a.agreed;
  return {scored.prompt_key, a.trials, a.trials - a.counts[0], a.agreed != 0};
}

void AgreedProblems::MakeRoomFor(uint64_t prompt) {
  if (once_.empty()) once_.resize(kFirstAskedOnce);
  const auto taken = [&] {
    const Once& once = OnceOf(prompt);
    return once.prompt != 0 && once.prompt != prompt;
  };
  while (taken() && once_.size() < kMaxAskedOnce) {
    std::vector<Once> old(2 * once_.size());
    old.swap(once_);
    // Two that had places of their own have them in the double too.
    for (const Once& once : old)
      if (once.prompt != 0) OnceOf(once.prompt) = once;
  }
}

// Drops the quarter not asked for longest, so that the sort is paid for by a
// thousand responses.
void AgreedProblems::Forget() {
  std::vector<int64_t> times;
  times.reserve(again_.size());
  for (const auto& [key, a] : again_) times.push_back(a.last_asked);
  const auto cut =
      times.begin() + static_cast<std::ptrdiff_t>(times.size() / 4);
  std::nth_element(times.begin(), cut, times.end());
  const int64_t before = *cut;
  absl::erase_if(again_, [&](const auto& entry) {
    if (entry.second.last_asked >= before) return false;
    agreed_ -= entry.second.agreed;
    ++forgotten_;
    return true;
  });
}

template <typename Archive>
void Describe(Archive& archive, AgreedProblems& p) {
  // Two of them can be added.
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max() / 2;
  archive.List("once", p.once_, kMaxAskedOnce);
  archive.Require(IsTableSize(p.once_.size()));
  archive.Map("again", p.again_, kMaxAskedAgain);
  archive.InRange("clock", p.clock_, 0, kMost);
  archive.InRange("forgotten", p.forgotten_, 0, kMost);
  if constexpr (Archive::kReads) {
    p.agreed_ = 0;
    for (const auto& [key, again] : p.again_) p.agreed_ += again.agreed;
    if (!archive.ok()) p = AgreedProblems();
  }
}
REASONWATCH_DESCRIBE(AgreedProblems);

}  // namespace reasonwatch
