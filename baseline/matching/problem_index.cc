// SPDX-License-Identifier: Apache-2.0
// Three searches, from the surest to the vaguest. All tokens of the prompt: one
// rolling hash, looked up. A problem inside a longer prompt: each problem is
// anchored at its rarest window of eight tokens; a window of the prompt with
// that hash leads to it, and one comparison of rolling hashes confirms it. A
// similar problem: the rarest shingles of the skeletons vote for candidates,
// whose similarity is then computed. Below: hashes, wrapping, postings, Add()
// and Build(), then the searches.
#include "baseline/matching/problem_index.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "baseline/matching/frame.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Tokens of the window by which a problem is found inside a longer prompt: a
// run of eight is rarely in two problems.
constexpr size_t kWindow = 8;
// The same for problems with fewer tokens. Still shorter ones are only found
// alone.
constexpr size_t kShortWindow = 4;
// Words of a shingle: enough for their order to count, few enough for a changed
// word to break only three.
constexpr size_t kShingle = 3;
// Shingles of a problem that lead to it, the rarest of the baseline: if half
// of all shingles are shared, the chance that none of twelve is is 1 in 4,096.
constexpr size_t kRareShingles = 12;
// A hash that more problems share leads nowhere.
constexpr size_t kCommon = 256;
// Candidates whose similarity is computed.
constexpr size_t kMaxVerified = 8;
// Jaccard similarity from which two problems are relatives.
constexpr double kMinSimilarity = .5;
// Bounds the votes; a prompt with more is longer than any problem.
constexpr size_t kMaxShinglesAsked = 2048;

std::vector<uint32_t> Hashes(const std::vector<ProblemToken>& tokens) {
  std::vector<uint32_t> hashes;
  hashes.reserve(tokens.size());
  for (const ProblemToken& token : tokens) hashes.push_back(token.hash);
  return hashes;
}

// Distinct shingles of the skeleton, ascending.
std::vector<uint32_t> Shingles(const std::vector<ProblemToken>& tokens) {
  std::vector<uint32_t> shingles;
  for (size_t i = 0; i + kShingle <= tokens.size(); ++i) {
    uint64_t h = 0;
    for (size_t j = 0; j < kShingle; ++j)
      h = (h ^ tokens[i + j].skeleton) * 0x9fb21c651e98df25u + 1;
    shingles.push_back(static_cast<uint32_t>(h >> 32));
  }
  std::sort(shingles.begin(), shingles.end());
  shingles.erase(std::unique(shingles.begin(), shingles.end()), shingles.end());
  return shingles;
}

// A core of fewer bytes ("How many?") is no problem, and the whole prompt
// is taken for it.
constexpr size_t kMinCoreBytes = 24;
bool TooLittle(std::string_view core, std::string_view normal) {
  return core.size() < kMinCoreBytes && core.size() * 2 < normal.size();
}

}  // namespace

void ProblemIndex::Postings::Sort() {
  std::sort(entries.begin(), entries.end());
  int bits = 8;
  while (bits < 24 && (size_t{1} << bits) < entries.size()) ++bits;
  shift = 32 - bits;
  begins.assign((size_t{1} << bits) + 1, 0);
  for (const auto& [hash, text] : entries) ++begins[(hash >> shift) + 1];
  for (size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
}

std::pair<size_t, size_t> ProblemIndex::Postings::Range(uint32_t hash) const {
  if (entries.empty()) return {0, 0};
  const auto by_hash = [](const std::pair<uint32_t, uint32_t>& entry,
                          uint32_t h) { return entry.first < h; };
  const auto first = entries.begin();
  const auto begin =
      std::lower_bound(first + begins[hash >> shift],
                       first + begins[(hash >> shift) + 1], hash, by_hash);
  auto end = begin;
  while (end != entries.end() && end->first == hash) ++end;
  return {static_cast<size_t>(begin - first), static_cast<size_t>(end - first)};
}

bool ProblemIndex::Add(uint64_t digest, IndexedProblem problem,
                       std::string_view prompt) {
  if (digest == 0) return false;
  const auto it = problems_.find(digest);
  if (it != problems_.end()) {
    if (it->second.gold.empty()) it->second = std::move(problem);
    return true;
  }
  if (problems_.size() >= kMaxIndexedProblems) return false;
  if (!problem.id.empty()) {
    const auto [named, only] = by_id_.emplace(StableHash(problem.id), digest);
    if (!only) named->second = 0;
  }
  const std::string gold = problem.gold;
  problems_.emplace(digest, std::move(problem));
  if (prompt.empty() || prompt.size() > kMaxProblemBytes) return true;
  const std::string normal = NormalizeUnicode(prompt);
  const std::string_view stripped = ProblemCore(normal);
  const auto tokens =
      TokenizeProblem(TooLittle(stripped, normal) ? normal : stripped);
  if (tokens.empty()) return true;
  PendingText pending{Hashes(tokens), Shingles(tokens)};
  const uint64_t hash = RollingHash(pending.hashes).Between(0, tokens.size());
  const auto [core, fresh] =
      by_core_.emplace(hash, static_cast<uint32_t>(texts_.size()));
  if (!fresh) {
    // The two differ in their wrapping only, so a prompt without it may ask
    // either.
    Text& first = texts_[core->second];
    if (problems_.find(first.digest)->second.gold != gold)
      first.ambiguous = true;
    return true;
  }
  texts_.push_back({.digest = digest,
                    .hash = hash,
                    .tokens = static_cast<uint32_t>(tokens.size())});
  pending_.push_back(std::move(pending));
  return true;
}

namespace {

size_t WindowFor(size_t tokens) {
  return tokens >= kWindow ? kWindow : kShortWindow;
}

}  // namespace

void ProblemIndex::Anchor(
    size_t text, const std::vector<uint32_t>& hashes,
    const absl::flat_hash_map<uint32_t, uint32_t>& windows) {
  const RollingHash rolling(hashes);
  const size_t window = WindowFor(hashes.size());
  size_t rarest = 0;
  uint32_t fewest = ~0u;
  for (size_t i = 0; i + window <= hashes.size(); ++i) {
    const auto it = windows.find(rolling.Window(i, window));
    const uint32_t count = it == windows.end() ? 0 : it->second;
    if (count < fewest) {
      fewest = count;
      rarest = i;
    }
  }
  if (fewest > kCommon) return;
  texts_[text].anchor = static_cast<uint32_t>(rarest);
  Postings& postings = window == kWindow ? windows_ : short_windows_;
  postings.entries.emplace_back(rolling.Window(rarest, window),
                                static_cast<uint32_t>(text));
}

void ProblemIndex::Build() {
  absl::flat_hash_map<uint32_t, uint32_t> windows, shingles;
  for (const PendingText& text : pending_) {
    const RollingHash rolling(text.hashes);
    const size_t window = WindowFor(text.hashes.size());
    for (size_t i = 0; i + window <= text.hashes.size(); ++i)
      ++windows[rolling.Window(i, window)];
    for (uint32_t shingle : text.shingles) ++shingles[shingle];
  }
  for (size_t t = 0; t < pending_.size(); ++t) {
    PendingText& text = pending_[t];
    Anchor(t, text.hashes, windows);
    texts_[t].first_shingle = static_cast<uint32_t>(shingles_.size());
    texts_[t].shingle_count = static_cast<uint32_t>(text.shingles.size());
    shingles_.insert(shingles_.end(), text.shingles.begin(),
                     text.shingles.end());
    std::vector<std::pair<uint32_t, uint32_t>> rare;
    for (uint32_t shingle : text.shingles)
      rare.emplace_back(shingles[shingle], shingle);
    const size_t keep = std::min(kRareShingles, rare.size());
    std::partial_sort(rare.begin(), rare.begin() + static_cast<ptrdiff_t>(keep),
                      rare.end());
    for (size_t i = 0; i < keep && rare[i].first <= kCommon; ++i)
      rare_shingles_.entries.emplace_back(rare[i].second,
                                          static_cast<uint32_t>(t));
    text = {};
  }
  pending_ = {};
  windows_.Sort();
  short_windows_.Sort();
  rare_shingles_.Sort();
}

const IndexedProblem* ProblemIndex::Find(uint64_t digest) const {
  const auto it = digest == 0 ? problems_.end() : problems_.find(digest);
  return it == problems_.end() ? nullptr : &it->second;
}

Match ProblemIndex::FindByText(std::string_view prompt,
                               const FrameBook* frames) const {
  return Find(prompt, {frames, nullptr});
}

Match ProblemIndex::FindAndLearn(std::string_view prompt,
                                 FrameBook& frames) const {
  return Find(prompt, {&frames, &frames});
}

Match ProblemIndex::Find(std::string_view prompt, const Frames& frames) const {
  if (texts_.empty() || prompt.empty() || prompt.size() > kMaxProblemBytes)
    return {};
  const std::string normal = NormalizeUnicode(prompt);
  const auto tokens = TokenizeProblem(normal);
  if (tokens.empty()) return {};
  const RollingHash rolling(Hashes(tokens));
  const Text* asked = Asked(rolling.Between(0, tokens.size()));
  if (asked != nullptr)
    return {.kind = MatchKind::kExact, .problem = asked->digest};
  const Place place = FindPlace(rolling);
  const Match contained = Judge({normal, tokens, rolling}, place, frames);
  if (contained.kind == MatchKind::kExact) return contained;
  const std::string_view core = ProblemCore(normal);
  const bool bare = core.size() == normal.size();
  const auto inner = bare ? std::vector<ProblemToken>() : TokenizeProblem(core);
  const auto& core_tokens = bare ? tokens : inner;
  if (place.problem == nullptr && !bare && !TooLittle(core, normal)) {
    asked = Asked(core_tokens);
    if (asked != nullptr)
      return {.kind = MatchKind::kExact, .problem = asked->digest};
  }
  const Match near = FindNear(Shingles(core_tokens));
  return near.kind == MatchKind::kNone ? contained : near;
}

const ProblemIndex::Text* ProblemIndex::Asked(uint64_t hash) const {
  const auto it = by_core_.find(hash);
  if (it == by_core_.end() || texts_[it->second].ambiguous) return nullptr;
  return &texts_[it->second];
}

const ProblemIndex::Text* ProblemIndex::Asked(
    const std::vector<ProblemToken>& tokens) const {
  return tokens.empty()
             ? nullptr
             : Asked(RollingHash(Hashes(tokens)).Between(0, tokens.size()));
}

void ProblemIndex::Consider(const RollingHash& rolling, size_t at,
                            size_t window, const Postings& postings,
                            Place& best) const {
  const auto [begin, end] = postings.Range(rolling.Window(at, window));
  for (size_t k = begin; k < end; ++k) {
    const Text& problem = texts_[postings.entries[k].second];
    if (problem.anchor > at) continue;
    const size_t first = at - problem.anchor;
    const size_t behind = first + problem.tokens;
    if (behind > rolling.tokens() ||
        rolling.Between(first, behind) != problem.hash)
      continue;
    const bool later = first >= best.end;
    const bool overlaps = !later && behind > best.begin;
    if (best.problem == nullptr || later ||
        (overlaps && problem.tokens > best.problem->tokens))
      best = {&problem, first, behind};
  }
}

ProblemIndex::Place ProblemIndex::FindPlace(const RollingHash& rolling) const {
  Place best;
  const bool shorts = !short_windows_.entries.empty();
  for (size_t i = 0; i + kShortWindow <= rolling.tokens(); ++i) {
    if (shorts) Consider(rolling, i, kShortWindow, short_windows_, best);
    if (i + kWindow <= rolling.tokens())
      Consider(rolling, i, kWindow, windows_, best);
  }
  return best;
}

Match ProblemIndex::Judge(const Prompt& prompt, const Place& place,
                          const Frames& frames) const {
  if (place.problem == nullptr) return {};
  const std::string_view text = prompt.normal;
  size_t begin = prompt.tokens[place.begin].begin;
  size_t end = prompt.tokens[place.end - 1].end;
  // Closing marks of the problem, and the signs round a formula, leave no
  // token, but are part of it.
  const size_t first =
      place.begin > 0 ? prompt.tokens[place.begin - 1].end : size_t{0};
  const size_t last = place.end < prompt.tokens.size()
                          ? prompt.tokens[place.end].begin
                          : text.size();
  while (begin > first && text[begin - 1] == '$') --begin;
  end = std::min(text.find_first_not_of(".?,;\"$", end), last);
  const FrameReading frame = ReadFrame(
      text.substr(0, begin), text.substr(begin, end - begin), text.substr(end));
  bool wrapping = !place.problem->ambiguous &&
                  frame.before != FrameVerdict::kForeign &&
                  frame.after != FrameVerdict::kForeign;
  const uint64_t digest = place.problem->digest;
  const auto known = [&](FrameVerdict verdict, uint64_t half) {
    if (verdict == FrameVerdict::kWrapping) return true;
    if (frames.learning != nullptr) frames.learning->Note(half, digest);
    return frames.known != nullptr && frames.known->Knows(half);
  };
  if (wrapping) {
    const bool before =
        known(frame.before, prompt.rolling.Between(0, place.begin));
    // Another hash than the same words would have in front.
    const bool after =
        known(frame.after,
              ~prompt.rolling.Between(place.end, prompt.rolling.tokens()));
    wrapping = before && after;
  }
  if (wrapping) return {.kind = MatchKind::kExact, .problem = digest};
  const double share = static_cast<double>(place.problem->tokens) /
                       static_cast<double>(prompt.tokens.size());
  if (share < kMinSimilarity) return {};
  return {.kind = MatchKind::kNear,
          .problem = digest,
          .distance = std::max(static_cast<float>(1 - share), .01F)};
}

Match ProblemIndex::FindNear(const std::vector<uint32_t>& shingles) const {
  if (shingles.empty() || shingles.size() > kMaxShinglesAsked) return {};
  absl::flat_hash_map<uint32_t, uint32_t> votes;
  for (uint32_t shingle : shingles) {
    const auto [begin, end] = rare_shingles_.Range(shingle);
    for (size_t i = begin; i < end; ++i)
      ++votes[rare_shingles_.entries[i].second];
  }
  // Most votes first; then the earlier problem, so that equals are stable.
  std::vector<std::pair<uint32_t, uint32_t>> ranked;
  for (const auto& [text, count] : votes) ranked.emplace_back(~count, text);
  const size_t verified = std::min(kMaxVerified, ranked.size());
  std::partial_sort(ranked.begin(),
                    ranked.begin() + static_cast<ptrdiff_t>(verified),
                    ranked.end());
  double best = 0;
  const Text* nearest = nullptr;
  for (size_t i = 0; i < verified; ++i) {
    const Text& text = texts_[ranked[i].second];
    const uint32_t* a = shingles_.data() + text.first_shingle;
    const uint32_t* const a_end = a + text.shingle_count;
    size_t common = 0;
    for (auto b = shingles.begin(); a != a_end && b != shingles.end();) {
      if (*a == *b) ++common;
      const bool advance_a = *a <= *b;
      const bool advance_b = *b <= *a;
      a += advance_a;
      b += advance_b;
    }
    const double similarity =
        static_cast<double>(common) /
        static_cast<double>(text.shingle_count + shingles.size() - common);
    if (similarity > best) {
      best = similarity;
      nearest = &text;
    }
  }
  if (nearest == nullptr || best < kMinSimilarity) return {};
  // The same skeleton in other numbers is still not the same problem.
  return {.kind = MatchKind::kNear,
          .problem = nearest->digest,
          .distance = std::max(static_cast<float>(1 - best), .01F)};
}

uint64_t ProblemIndex::DigestOfId(std::string_view id) const {
  if (const auto it = by_id_.find(StableHash(id)); it != by_id_.end())
    return it->second;
  const size_t mark = id.find_last_not_of("0123456789");
  if (mark == std::string_view::npos || id[mark] != '#' ||
      mark + 1 == id.size())
    return 0;
  const auto it = by_id_.find(StableHash(id.substr(0, mark)));
  return it == by_id_.end() ? 0 : it->second;
}

size_t ProblemIndex::memory() const {
  return by_id_.capacity() * (2 * sizeof(uint64_t) + 1) +
         problems_.capacity() *
             (sizeof(uint64_t) + sizeof(IndexedProblem) + 1) +
         by_core_.capacity() * (sizeof(uint64_t) + sizeof(uint32_t) + 5) +
         texts_.capacity() * sizeof(Text) +
         shingles_.capacity() * sizeof(uint32_t) +
         (windows_.entries.capacity() + short_windows_.entries.capacity() +
          rare_shingles_.entries.capacity()) *
             2 * sizeof(uint32_t) +
         (windows_.begins.capacity() + short_windows_.begins.capacity() +
          rare_shingles_.begins.capacity()) *
             sizeof(uint32_t);
}

}  // namespace reasonwatch
