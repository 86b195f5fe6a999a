// SPDX-License-Identifier: Apache-2.0
// A prompt goes through Observe(): it is asked whether it is of a kind that is
// known already, tested against seven rows of the reference, counted among the
// live ones, weighed, and perhaps counted to a new kind. The pieces come in
// that order: the reference's rows, the eight candidates and their scores, the
// bets, the live sample, kinds and frames. The stored form is at the end.
#include "detectors/traffic/prompt_twin.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"

namespace reasonwatch {
namespace {

// A reference with fewer prompts has no words to speak of.
constexpr double kLeastRows = 30;
// Evidence at which the prompts have changed: once in as many while they have
// not. Until it falls below the second, they still are.
constexpr double kChanged = 1e4;
constexpr double kUnchanged = 10;
// Evidence is held here, so that the test soon notices an end.
constexpr double kMostEvidence = 1e5;
// A prompt of which the reference has under this part of the live density is
// of a new kind.
constexpr double kNewKind = .15;
// A ratio of densities within this factor of 1 is chance: 100 prompts are few.
constexpr double kSlack = 1.5;
// Prompts from which a new kind is known by its words, and those after which
// its stratum is thought to have learnt: a quarantine of responses.
constexpr int64_t kEstablished = 60;
constexpr int64_t kLearnt = 500;
// A new kind with a smaller share, or of fewer prompts, is not worth a notice.
constexpr double kNotable = .02;
// Prompts of a new kind among the latest that are more than chance: two in 32.
// They matter for twice as many responses as an alarm needs to recover.
constexpr double kNewWeight = 1. / 32;
constexpr double kNewKinds = .05;
constexpr int64_t kNewKindsLast = 100;
constexpr int64_t kNoticed = 10;
// A frame is looked for after every 20 prompts, three times; its words are in
// nearly all prompts of one sample, and in hardly any of the other.
constexpr int64_t kFramePrompts = 20;
constexpr int64_t kFrameLooks = 3;
constexpr double kNearlyAll = .9;
constexpr double kHardlyAny = .1;
// Prompts that weigh nothing while the test begins anew without a frame's
// words: twice as many as it needs if all prompts are of a new kind.
constexpr int64_t kHold = 30;
// Prompts after which a prompt is heard again: a copy that is longer ago has
// half of its weight among the live ones.
constexpr size_t kRing = 128;
constexpr int64_t kDecayEvery = 20;  // prompts; as prompt_words.h
// Tolerance for the error of the reference, in its standard errors.
constexpr double kStandardErrors = 3;
// Rows of the reference that are looked at for unseen words, a live prompt.
constexpr int kUnseenRows = 6;
// Scales of the standard scores of the three simple experts.
constexpr double kSharpness = 1;
// Share of a kind's prompts with another system prompt from which a client is
// the likelier cause than the mix.
constexpr double kOtherClient = .8;
// Weights of hints, as in incidents/causes.cc: before all that is seen there.
constexpr double kSeenHere = 7;
constexpr double kFrameSeen = 6;

enum class Expert : uint8_t { kWords, kRarity, kUnseen, kLength };
struct BetSpec {
  Expert expert;
  double sharpness;  // negative: for the lower tail
  double share;      // phi
};
constexpr std::array<BetSpec, PromptTwin::kTwinBets> kBets = {{
    {Expert::kWords, 1, 1},
    {Expert::kWords, 1, .3},
    {Expert::kWords, 1, .1},
    {Expert::kWords, 1, .03},
    {Expert::kRarity, kSharpness, .3},
    {Expert::kRarity, -kSharpness, .3},
    {Expert::kUnseen, kSharpness, .3},
    {Expert::kUnseen, -kSharpness, .3},
    {Expert::kLength, kSharpness, .3},
    {Expert::kLength, -kSharpness, .3},
}};

// Rows of the reference that were not heard lately may be few.
constexpr size_t kLeastCandidates = 4;

using ScoreSpan = std::span<const double>;

double SpreadOf(ScoreSpan scores) {
  const auto n = static_cast<double>(scores.size());
  double mean = 0, squares = 0;
  for (const double s : scores) mean += s / n;
  for (const double s : scores) squares += (s - mean) * (s - mean) / n;
  return std::sqrt(squares);
}

// In units of their own spread; all 0 if there is none.
PromptTwin::Scores Standardised(ScoreSpan scores) {
  const double spread = SpreadOf(scores);
  constexpr double kLeastSpread = 1e-6;  // rounding
  PromptTwin::Scores standard(scores.size(), 0);
  if (spread < kLeastSpread) return standard;
  for (size_t i = 0; i < scores.size(); ++i) standard[i] = scores[i] / spread;
  return standard;
}

// n softmax of the first of n: as it is, and lowered by the tolerance.
struct FirstOfN {
  double exact = 1;
  double lowered = 1;
};
FirstOfN FirstOf(ScoreSpan scores, double sharpness, double tolerance) {
  const double first = sharpness * scores[0];
  double most = first;
  for (const double s : scores) most = std::max(most, sharpness * s);
  double others = 0;
  for (size_t i = 1; i < scores.size(); ++i)
    others += std::exp(sharpness * scores[i] - most);
  const auto pay_off = [&](double score) {
    const double e = std::exp(score - most);
    return static_cast<double>(scores.size()) * e / (e + others);
  };
  return {pay_off(first), pay_off(first - std::abs(sharpness) * tolerance)};
}

// The number of unseen words, as a score of ScoreShares.
double Binned(double unseen) {
  constexpr double kFirstBin = 8;  // its scores begin at -8
  return unseen - kFirstBin;
}

std::string TimeOf(int64_t time_ns) {
  return absl::FormatTime("%Y-%m-%d %H:%M", absl::FromUnixNanos(time_ns),
                          absl::UTCTimeZone());
}

}  // namespace

PromptTwin::Verdict PromptTwin::Observe(const Scored& scored,
                                        const PromptRows& rows) {
  Verdict verdict;
  const PromptTermSpan terms = scored.prompt_terms;
  if (terms.empty()) return verdict;
  ReadRows(rows);
  ++prompts_;
  if (reference_.prompts() < kLeastRows) return verdict;
  const int64_t time_ns =
      std::clamp<int64_t>(absl::ToUnixNanos(scored.start), 0, kMaxStored);
  const bool other_system = scored.system_prompt_digest != usual_system_;
  if (PromptKind* known = kinds_.Find(terms, reference_, frame_);
      known != nullptr) {
    kinds_.Count(known, terms, other_system);
    verdict.kind = known->id;
    verdict.new_kinds = NoteNewKind(known->seen < kLearnt);
    return verdict;
  }
  NoteSystem(scored.system_prompt_digest);
  const bool heard = IsHeard(PromptKeyOf(terms));
  const double words =
      heard ? WordsAlone(terms) : Test(terms, rows, time_ns, verdict);
  const double unseen = CountUnseen(terms, rows);
  if (frame_prompts_ > 0) ++frame_prompts_;
  if (changed_ && LookForFrame(terms)) return verdict;
  const double ratio = std::min(words > 0 ? shares_.Ratio(words) : 1,
                                unseen > 0 ? unseen_.Ratio(Binned(unseen)) : 1);
  verdict.new_kinds = NoteNewKind(ratio < kNewKind);
  PromptKind* kind = nullptr;
  if (hold_ > 0) {
    --hold_;
    verdict.weight = 0;
  } else {
    kind = Classify(ratio);
    if (kind == nullptr) verdict.weight = std::min(1.0, kSlack * ratio);
  }
  kinds_.Count(kind, terms, other_system);
  if (kind == nullptr) return verdict;
  verdict.kind = kind->id;
  if (kind->seen >= kEstablished) {
    kinds_.Establish(rows, reference_, frame_);
    RecountRows(rows);
    StartAnew();
  }
  return verdict;
}

double PromptTwin::Test(PromptTermSpan terms, const PromptRows& rows,
                        int64_t time_ns, Verdict& verdict) {
  Candidates candidates = Draw(terms, rows);
  if (candidates.size() < kLeastCandidates) return 0;
  const double score = MoveBets(Score(candidates), time_ns);
  Hear(terms);
  const double statistic = evidence();
  if (!changed_ && statistic >= kChanged) {
    const Bet* lead = &*std::max_element(
        bets_.begin(), bets_.end(),
        [](const Bet& a, const Bet& b) { return a.score < b.score; });
    verdict.fired = true;
    verdict.onset_ns = changed_ns_ = lead->start_ns;
    verdict.since_onset = prompts_ - lead->start;
    changed_ = true;
    since_.Clear();
  } else if (changed_ && statistic < kUnchanged) {
    changed_ = false;
    since_.Clear();
    kinds_.DropGrowing();
  }
  return score;
}

void PromptTwin::ReadRows(const PromptRows& rows) {
  if (rows.size < read_rows_) RecountRows(rows);
  const size_t sorted = known_.size();
  for (; read_rows_ < rows.size; ++read_rows_) {
    const PromptTermSpan terms = rows.terms(read_rows_);
    if (terms.empty() || kinds_.Knows(terms, reference_, frame_)) continue;
    reference_.Add(terms);
    known_.push_back(PromptKeyOf(terms));
  }
  if (known_.size() == sorted) return;
  const auto middle = known_.begin() + static_cast<std::ptrdiff_t>(sorted);
  std::sort(middle, known_.end());
  std::inplace_merge(known_.begin(), middle, known_.end());
  CountDistinct();
}

void PromptTwin::CountDistinct() {
  distinct_ = 0;
  for (size_t i = 0; i < known_.size(); ++i)
    distinct_ += i == 0 || known_[i] != known_[i - 1];
}

void PromptTwin::RecountRows(const PromptRows& rows) {
  // Kinds are told from the reference as it was when they were established.
  std::vector<uint8_t> known(rows.size, 0);
  for (size_t i = 0; i < rows.size; ++i)
    known[i] = kinds_.Knows(rows.terms(i), reference_, frame_);
  reference_.Clear();
  known_.clear();
  for (size_t i = 0; i < rows.size; ++i) {
    const PromptTermSpan terms = rows.terms(i);
    if (terms.empty() || known[i] != 0) continue;
    reference_.Add(terms);
    known_.push_back(PromptKeyOf(terms));
  }
  std::sort(known_.begin(), known_.end());
  read_rows_ = rows.size;
  CountDistinct();
}

uint64_t PromptTwin::NextRandom() {
  // SplitMix64 (Steele, Lea, Flood 2014).
  uint64_t z = (random_ += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

PromptTwin::Candidates PromptTwin::Draw(PromptTermSpan terms,
                                        const PromptRows& rows) {
  constexpr int kTries = 64;  // many rows may be heard or of a known kind
  Candidates candidates = {terms};
  absl::InlinedVector<size_t, kCandidates> drawn;
  for (int i = 0; i < kTries && candidates.size() < kCandidates; ++i) {
    const size_t row = NextRandom() % read_rows_;
    if (std::find(drawn.begin(), drawn.end(), row) != drawn.end()) continue;
    const PromptTermSpan other = rows.terms(row);
    if (other.empty() || IsHeard(PromptKeyOf(other)) ||
        kinds_.Knows(other, reference_, frame_))
      continue;
    drawn.push_back(row);
    candidates.push_back(other);
  }
  return candidates;
}

double PromptTwin::KnownCopies(uint32_t key) const {
  const auto [low, high] = std::equal_range(known_.begin(), known_.end(), key);
  return static_cast<double>(high - low);
}

double PromptTwin::UsualShare(uint32_t key) const {
  return KnownCopies(key) / std::max(1.0, static_cast<double>(known_.size()));
}

bool PromptTwin::IsHeard(uint32_t key) const {
  return std::find(heard_.begin(), heard_.end(), key) != heard_.end();
}

PromptTwin::Scoring PromptTwin::Score(const Candidates& candidates) {
  absl::InlinedVector<uint32_t, kCandidates> keys;
  std::vector<WordCounts::Removed> removed;
  size_t words = 0;
  for (const PromptTermSpan terms : candidates) words += terms.size();
  removed.reserve(words);
  double copies = 0;
  for (const PromptTermSpan terms : candidates) {
    const uint32_t key = PromptKeyOf(terms);
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    keys.push_back(key);
    const double known = KnownCopies(key);
    if (known > 0) reference_.TakeOut(terms, known, removed);
    copies += known;
  }
  Scoring scoring;
  const double all = std::log(std::max(1.0, reference_.prompts()) + 1);
  for (const PromptTermSpan terms : candidates) {
    WordRatio ratio(live_, reference_);
    LogProduct commonness;  // prompts of the reference that have each word
    double unseen = 0, length = 0;
    for (const uint16_t t : terms) {
      if (frame_.Contains(t)) continue;
      const double with = reference_.with(t);
      ratio.Add(t, with);
      commonness.Multiply(with + 1);
      unseen += with <= 0;
      length += 1;
    }
    scoring.words.push_back(ratio.Log());
    scoring.rarity.push_back(length > 0 ? all - commonness.Log() / length : 0);
    scoring.unseen.push_back(unseen);
    scoring.length.push_back(length);
  }
  reference_.PutBack(removed, copies);
  return scoring;
}

double PromptTwin::MoveBets(const Scoring& scoring, int64_t time_ns) {
  const Scores rarity = Standardised(scoring.rarity);
  const Scores unseen = Standardised(scoring.unseen);
  const Scores length = Standardised(scoring.length);
  const auto scores_of = [&](Expert expert) -> ScoreSpan {
    switch (expert) {
      case Expert::kRarity:
        return rarity;
      case Expert::kUnseen:
        return unseen;
      case Expert::kLength:
        return length;
      case Expert::kWords:
        break;
    }
    return scoring.words;
  };
  const double most = std::log(kMostEvidence * kBets.size());
  const double errors =
      kStandardErrors / std::sqrt(static_cast<double>(distinct_));
  FirstOfN first;
  for (size_t j = 0; j < kBets.size(); ++j) {
    const BetSpec& spec = kBets[j];
    if (j == 0 || spec.expert != kBets[j - 1].expert ||
        spec.sharpness != kBets[j - 1].sharpness) {
      const ScoreSpan scores = scores_of(spec.expert);
      first = FirstOf(scores, spec.sharpness, errors * SpreadOf(scores));
    }
    pay_offs_[j] = 1 - spec.share + spec.share * first.exact;
    const double e = 1 - spec.share + spec.share * first.lowered;
    Bet& bet = bets_[j];
    if (bet.score <= 0) bet = {.start_ns = time_ns, .start = prompts_};
    constexpr double kLeast = 1e-12;  // of a pay-off, whose logarithm is taken
    bet.score = std::min(most, bet.score + std::log(std::max(e, kLeast)));
  }
  shares_.Decay();
  shares_.AddLive(scoring.words[0], 1);
  const size_t others = scoring.words.size() - 1;
  for (size_t i = 1; i <= others; ++i)
    shares_.AddReference(scoring.words[i], 1 / static_cast<double>(others));
  return scoring.words[0];
}

double PromptTwin::WordsAlone(PromptTermSpan terms) {
  std::vector<WordCounts::Removed> removed;
  const double copies = KnownCopies(PromptKeyOf(terms));
  reference_.TakeOut(terms, copies, removed);
  const double score = WordScore(terms, live_, reference_, frame_);
  reference_.PutBack(removed, copies);
  return score;
}

double PromptTwin::UnseenIn(PromptTermSpan terms) const {
  const double copies = KnownCopies(PromptKeyOf(terms));
  double unseen = 0;
  for (const uint16_t t : terms)
    unseen += !frame_.Contains(t) && reference_.with(t) <= copies;
  return unseen;
}

double PromptTwin::CountUnseen(PromptTermSpan terms, const PromptRows& rows) {
  unseen_.Decay();
  const double unseen = UnseenIn(terms);
  unseen_.AddLive(Binned(unseen), 1);
  for (int i = 0; i < kUnseenRows; ++i) {
    const PromptTermSpan row = rows.terms(NextRandom() % read_rows_);
    if (!row.empty() && !kinds_.Knows(row, reference_, frame_))
      unseen_.AddReference(Binned(UnseenIn(row)), 1.0 / kUnseenRows);
  }
  return unseen;
}

double PromptTwin::evidence() const {
  double sum = 0;
  for (const Bet& bet : bets_) sum += std::exp(bet.score);
  return sum / kTwinBets;
}

void PromptTwin::Hear(PromptTermSpan terms) {
  live_.Add(terms);
  const auto at = static_cast<size_t>(heard_count_++) % kRing;
  if (at < heard_.size()) {
    heard_[at] = PromptKeyOf(terms);
  } else {
    heard_.push_back(PromptKeyOf(terms));
  }
  if (heard_count_ % kDecayEvery == 0) live_.Decay();
}

bool PromptTwin::NoteNewKind(bool is_new) {
  new_share_ += kNewWeight * ((is_new ? 1 : 0) - new_share_);
  new_left_ = new_share_ >= kNewKinds ? kNewKindsLast
                                      : std::max<int64_t>(0, new_left_ - 1);
  return new_left_ > 0;
}

void PromptTwin::NoteSystem(uint64_t system_prompt) {
  // Boyer and Moore's majority vote, over prompts of no new kind.
  if (system_votes_ == 0) usual_system_ = system_prompt;
  system_votes_ += system_prompt == usual_system_ ? 1 : -1;
}

PromptKind* PromptTwin::Classify(double ratio) {
  return changed_ && ratio < kNewKind ? kinds_.Growing(changed_ns_) : nullptr;
}

bool PromptTwin::LookForFrame(PromptTermSpan terms) {
  since_.Add(terms);
  const auto n = static_cast<int64_t>(since_.prompts());
  if (n % kFramePrompts != 0 || n > kFrameLooks * kFramePrompts) return false;
  bool found = false;
  for (size_t t = 0; t < kTwinTerms; ++t) {
    const auto term = static_cast<uint16_t>(t);
    if (frame_.Contains(term)) continue;
    const double now = since_.with(term) / since_.prompts();
    const double before = reference_.with(term) / reference_.prompts();
    const bool gained = now >= kNearlyAll && before <= kHardlyAny;
    const bool lost = before >= kNearlyAll && now <= kHardlyAny;
    if (!gained && !lost) continue;
    frame_.Insert(term);
    found = true;
  }
  if (!found) return false;
  kinds_.DropGrowing();
  StartAnew();
  frame_prompts_ = 1;
  hold_ = kHold;
  return true;
}

void PromptTwin::StartAnew() {
  bets_.fill(Bet());
  shares_.Clear();
  unseen_.Clear();
  live_.Clear();
  heard_.clear();
  heard_count_ = 0;
  changed_ = false;
  since_.Clear();
}

std::vector<Cause> PromptTwin::Hints() const {
  std::vector<Cause> hints;
  if (frame_prompts_ > 0 && frame_prompts_ < kLearnt)
    hints.push_back({"prompt_or_template_change", kFrameSeen,
                     "nearly all prompts have gained or lost the same words"});
  if (const NewPromptsSnapshot news = Snapshot(); news.notice) {
    const PromptKind& kind = *kinds_.latest();
    const bool client = static_cast<double>(kind.other_systems) >=
                        kOtherClient * static_cast<double>(kind.seen);
    hints.push_back(
        {client ? "client_change" : "traffic_mix", kSeenHere,
         absl::StrFormat("new kind of prompts%s: %.0f %% since %s, learning",
                         client ? " with another system prompt" : "",
                         100 * news.share,
                         TimeOf(absl::ToUnixNanos(news.since)))});
  } else if (changed_) {
    hints.push_back(
        {"traffic_mix", kSeenHere,
         absl::StrFormat("prompts are not as in the reference since "
                         "%s",
                         TimeOf(changed_ns_))});
  }
  return hints;
}

NewPromptsSnapshot PromptTwin::Snapshot() const {
  NewPromptsSnapshot news;
  const PromptKind* kind = kinds_.latest();
  if (kind == nullptr) return news;
  news.share = kind->share;
  news.since = absl::FromUnixNanos(kind->since_ns);
  news.notice =
      kind->seen >= kNoticed && kind->seen < kLearnt && kind->share >= kNotable;
  return news;
}

size_t PromptTwin::bytes() const {
  return sizeof(*this) + reference_.bytes() + live_.bytes() +
         known_.capacity() * sizeof(uint32_t) +
         heard_.capacity() * sizeof(uint32_t) + since_.bytes() + kinds_.bytes();
}

template <typename Archive>
void Describe(Archive& archive, PromptTwin& t) {
  archive.Field("reference", t.reference_);
  archive.Field("live", t.live_);
  archive.Field("known", t.known_);
  archive.Require(std::is_sorted(t.known_.begin(), t.known_.end()));
  if constexpr (Archive::kReads) t.CountDistinct();
  archive.Size("read_rows", t.read_rows_);
  archive.Field("heard", t.heard_);
  archive.InRange("heard_count", t.heard_count_, 0, kMaxStored);
  archive.InRange("prompts", t.prompts_, 0, kMaxStored);
  archive.Field("bets", t.bets_);
  archive.Field("shares", t.shares_);
  archive.Field("unseen", t.unseen_);
  archive.Field("kinds", t.kinds_);
  archive.Field("frame", t.frame_);
  archive.InRange("frame_prompts", t.frame_prompts_, 0, kMaxStored);
  archive.Field("usual_system", t.usual_system_);
  archive.InRange("system_votes", t.system_votes_, 0, kMaxStored);
  archive.Field("changed", t.changed_);
  archive.InRange("changed_ns", t.changed_ns_, 0, kMaxStored);
  archive.Field("since", t.since_);
  archive.InRange("hold", t.hold_, 0, kHold);
  archive.Field("random", t.random_);
  if (archive.Version("prompt_twin", 3) >= 3) {
    archive.Field("new_share", t.new_share_);
    archive.Require(t.new_share_ >= 0 && t.new_share_ <= 1);
    archive.InRange("new_left", t.new_left_, 0, kNewKindsLast);
  }
  archive.Require(t.heard_.size() ==
                  static_cast<size_t>(std::min<int64_t>(
                      t.heard_count_, static_cast<int64_t>(kRing))));
}
REASONWATCH_DESCRIBE(PromptTwin);

}  // namespace reasonwatch
