// SPDX-License-Identifier: Apache-2.0
// Have the prompts changed? A sequential two-sample test on prompts alone.
//
// At each live prompt, eight candidates are scored: itself and seven random
// rows of the reference. An expert bets that the live one has the highest
// score: it pays 8 softmax(score), of which the mean is 1 while the eight are
// exchangeable. So they are treated alike: every copy of any of the eight is
// left out of the reference's words before any is scored. Experts: the words
// (naive Bayes of live against reference), how rare they are, how many the
// reference has never seen, and how many there are, the last three in both
// tails. Bet j says "a share phi_j of the prompts is of a new kind" and pays e
// = 1 - phi_j + phi_j 8 softmax:
//
//   C_j <- max(0, C_j) + ln e_j,   evidence = mean_j exp(C_j)
//
// which is at most the Shiryaev-Roberts statistic of evidence/bets.h, so that
// the mean number of prompts until it reaches A is at least A while nothing
// changes. A reference of n distinct prompts errs, and the same error meets
// each prompt: the live score is lowered by 3/sqrt(n) of the spread of the
// eight. A prompt that was heard among the last 128 is no new observation, and
// neither it nor a row like it is a candidate.
//
// A prompt has the weight of its density in the reference over its density
// live, at most 1; both are taken from the scores of the latest hundred, by the
// words' score and by the number of unseen words. While the prompts have
// changed (evidence over 10^4, until under 10), prompts of hardly any density
// in the reference are of a new kind: they get a stratum of their own
// (Stratum::kind), and are known again by their words once 60 were seen; the
// test then goes on without them. Words that nearly all live prompts have
// gained or lost tell no kinds apart (a frame: a changed template), and are
// left out.
//
// Arithmetic only; not thread-safe; one owner. Deterministic. About 27 KB from
// the first prompt on that meets a reference of 30 rows, and 8 KB for each of
// at most three kinds.
#ifndef REASONWATCH_DETECTORS_TRAFFIC_PROMPT_TWIN_H_
#define REASONWATCH_DETECTORS_TRAFFIC_PROMPT_TWIN_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "core/finding.h"
#include "core/scored.h"
#include "core/snapshot.h"
#include "detectors/traffic/prompt_kinds.h"
#include "detectors/traffic/prompt_words.h"
#include "detectors/traffic/score_shares.h"
#include "util/state_archive.h"

namespace reasonwatch {

class PromptTwin {
 public:
  static constexpr size_t kCandidates = 8;  // the live one and seven others
  static constexpr size_t kTwinBets = 10;
  using Scores = absl::InlinedVector<double, kCandidates>;

  struct Verdict {
    double weight = 1;  // of what the response shows, in [0, 1]
    uint8_t kind = 0;   // of the prompt; 0 = as in the reference
    // Some of the latest prompts are of a new kind whose answers are not known
    // yet: at least two of the last 32, within the last 100.
    bool new_kinds = false;
    // The prompts have changed, as is known from this response on: since when.
    bool fired = false;
    int64_t onset_ns = 0;
    int64_t since_onset = 0;  // prompts
  };
  // A live response, before its outcome is looked at. `rows` only grow.
  Verdict Observe(const Scored& scored, const PromptRows& rows);

  // Likely causes of a finding of now, as ChangeMarkers::Hints().
  std::vector<Cause> Hints() const;
  NewPromptsSnapshot Snapshot() const;
  double evidence() const;
  bool changed() const { return changed_; }
  const PromptKinds& kinds() const { return kinds_; }
  // Share of the reference's prompts that are this one, in [0, 1].
  double UsualShare(uint32_t key) const;
  // The pay-offs of the latest prompt that was tested, a bet each, as they
  // would be without the tolerance; for tests.
  const std::array<double, kTwinBets>& pay_offs() const { return pay_offs_; }
  size_t bytes() const;

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, PromptTwin& t);

  struct Bet {
    double score = 0;  // C_j
    int64_t start_ns = 0;
    int64_t start = 0;  // number of the prompt
    template <typename Archive>
    friend void Describe(Archive& archive, Bet& b) {
      archive.Field("score", b.score);
      archive.Field("start_ns", b.start_ns);
      archive.InRange("start", b.start, 0, kMaxStored);
    }
  };
  // The live one first.
  using Candidates = absl::InlinedVector<PromptTermSpan, kCandidates>;
  // One score a candidate and expert.
  struct Scoring {
    Scores words, rarity, unseen, length;
  };

  void ReadRows(const PromptRows& rows);
  void RecountRows(const PromptRows& rows);
  void CountDistinct();
  Candidates Draw(PromptTermSpan terms, const PromptRows& rows);
  Scoring Score(const Candidates& candidates);
  // Moves the bets; returns the live prompt's word score.
  double MoveBets(const Scoring& scoring, int64_t time_ns);
  // The word score of a prompt that was heard lately.
  double WordsAlone(PromptTermSpan terms);
  // Words that no other row of the reference has.
  double UnseenIn(PromptTermSpan terms) const;
  // The same, counted beside that of a few rows of the reference.
  double CountUnseen(PromptTermSpan terms, const PromptRows& rows);
  // The test of a prompt that was not heard lately; returns its word score.
  double Test(PromptTermSpan terms, const PromptRows& rows, int64_t time_ns,
              Verdict& verdict);
  void Hear(PromptTermSpan terms);
  // Counts a prompt, of a new kind or not, for Verdict::new_kinds.
  bool NoteNewKind(bool is_new);
  double KnownCopies(uint32_t key) const;
  bool IsHeard(uint32_t key) const;
  void NoteSystem(uint64_t system_prompt);
  // While the prompts have changed: is this one of a new kind?
  PromptKind* Classify(double ratio);
  // Returns whether one was found.
  bool LookForFrame(PromptTermSpan terms);
  void StartAnew();
  uint64_t NextRandom();

  WordCounts reference_{1};
  WordCounts live_{kLiveUnit};
  std::vector<uint32_t> known_;  // keys of the reference's prompts, ascending
  size_t distinct_ = 0;          // of them
  size_t read_rows_ = 0;
  std::vector<uint32_t> heard_;  // keys, a ring
  int64_t heard_count_ = 0;
  int64_t prompts_ = 0;  // all that were looked at
  std::array<Bet, kTwinBets> bets_{};
  ScoreShares shares_;  // by the word score
  ScoreShares unseen_;  // by the number of unseen words
  PromptKinds kinds_;
  TermSet frame_;
  int64_t frame_prompts_ = 0;  // heard since a frame was found; 0 = none was
  uint64_t usual_system_ = 0;  // by a majority vote
  int64_t system_votes_ = 0;
  bool changed_ = false;
  int64_t changed_ns_ = 0;  // onset
  WordCounts since_{1};     // prompts since it was known
  int64_t hold_ = 0;        // prompts that are yet to weigh nothing
  double new_share_ = 0;    // of the latest prompts, those of a new kind
  int64_t new_left_ = 0;    // prompts for which that is yet to matter
  uint64_t random_ = 0;
  std::array<double, kTwinBets> pay_offs_{};  // not stored

  // Live counts lose a tenth every 20 prompts and so stay under 256 x 200.
  static constexpr uint16_t kLiveUnit = 256;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_TRAFFIC_PROMPT_TWIN_H_
