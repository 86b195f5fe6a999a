#include "daemon/pipeline/agreed_problems.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace reasonwatch {
namespace {

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
  // Settled: its trials are the posteriors' from here on.
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

// A quarter at once, so that it costs little a response.
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

void AgreedProblems::Save(StateWriter& out) {
  unsaved_ = 0;
  out.PutVector(once_);
  std::vector<std::pair<uint64_t, Again>> sorted(again_.begin(), again_.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  out.Put(static_cast<uint32_t>(sorted.size()));
  for (const auto& [key, a] : sorted) {
    out.Put(key);
    out.Put(a);
  }
  out.Put(clock_);
  out.Put(forgotten_);
}

void AgreedProblems::Restore(StateReader& in) {
  in.GetVector(once_);
  in.Require(IsTableSize(once_.size()));
  const uint32_t n = in.GetCount(kMaxAskedAgain);
  for (uint32_t i = 0; i < n && in.ok(); ++i) {
    const auto key = in.Get<uint64_t>();
    Again& a = again_[key];
    in.Get(a);
    in.Require(a.trials >= 1 && a.trials <= kAgreedFromTrials &&
               (a.agreed == 0 || a.agreed == 1));
    agreed_ += a.agreed;
  }
  in.GetIn(clock_, int64_t{0}, std::numeric_limits<int64_t>::max() / 2);
  in.GetIn(forgotten_, int64_t{0}, std::numeric_limits<int64_t>::max() / 2);
  if (!in.ok()) *this = AgreedProblems();
}

}  // namespace reasonwatch
