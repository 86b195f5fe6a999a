#include "baseline/matching/problem_index.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "core/strings.h"
#include "re2/re2.h"

namespace reasonwatch {
namespace {

__extension__ typedef unsigned __int128 Uint128;

// Tokens of the window by which a problem is found inside a longer prompt;
// shorter problems are only found alone.
constexpr size_t kWindow = 8;
constexpr size_t kShingle = 3;
// Shingles of a problem that lead to it, the rarest of the baseline.
constexpr size_t kRareShingles = 12;
// One that more problems share leads nowhere.
constexpr size_t kCommon = 256;
constexpr size_t kMaxVerified = 8;
constexpr double kMinSimilarity = .5;
constexpr size_t kMaxShinglesAsked = 2048;

// Polynomial hash modulo the Mersenne prime 2^61 - 1, so that any stretch of
// tokens has its hash in constant time.
constexpr uint64_t kPrime = (uint64_t{1} << 61) - 1;
constexpr uint64_t kBase = 0x1f0d3a7c5b2e9647 % kPrime;

uint64_t MultiplyModulo(uint64_t a, uint64_t b) {
  const Uint128 product = static_cast<Uint128>(a) * b;
  uint64_t low = static_cast<uint64_t>(product & kPrime) +
                 static_cast<uint64_t>(product >> 61);
  if (low >= kPrime) low -= kPrime;
  return low;
}

class RollingHash {
 public:
  explicit RollingHash(const std::vector<uint32_t>& tokens)
      : prefix_(tokens.size() + 1), power_(tokens.size() + 1) {
    power_[0] = 1;
    for (size_t i = 0; i < tokens.size(); ++i) {
      prefix_[i + 1] = MultiplyModulo(prefix_[i], kBase) + tokens[i] + 1;
      if (prefix_[i + 1] >= kPrime) prefix_[i + 1] -= kPrime;
      power_[i + 1] = MultiplyModulo(power_[i], kBase);
    }
  }
  // Of tokens [begin, end).
  uint64_t Of(size_t begin, size_t end) const {
    const uint64_t head = MultiplyModulo(prefix_[begin], power_[end - begin]);
    return prefix_[end] >= head ? prefix_[end] - head
                                : prefix_[end] + kPrime - head;
  }
  uint32_t Window(size_t begin) const {
    return static_cast<uint32_t>(
        (Of(begin, begin + kWindow) * 0x9e3779b97f4a7c15u) >> 32);
  }

 private:
  std::vector<uint64_t> prefix_, power_;
};

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

// Less than this is left of no problem ("What is left?"); the whole is it then.
constexpr size_t kMinCoreBytes = 24;
bool TooLittle(std::string_view core, std::string_view normal) {
  return core.size() < kMinCoreBytes && core.size() * 2 < normal.size();
}

// Of a letter, a digit or a character beyond ASCII.
bool IsWordByte(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         (c & '\x80') != 0;
}

// Text round a problem that changes nothing about it: instructions, and what
// people say to each other. All else might be a condition, another question or
// options to choose from.
bool IsWrapping(std::string_view s, std::string_view problem) {
  if (s.size() > 600) return false;
  static const RE2& courtesy = *new RE2(
      R"((?i)\b(?:hi|hello|hey|dear|thanks|thank|please|help|homework|stuck|exam|exercise|question|problem|puzzle|cheers|luck)\b)");
  static const RE2& more = *new RE2(
      R"([0-9?=]|[^\x00-\x7f]|(?:^|\s)\(?[A-Ha-h][).:]\s|(?i)\b(?:if|unless|except|instead|assum\w*|suppos\w*|but|not|no|only|also|additional\w*|however|given|otherwise|provided|without|when|where|such that|let|now|another|other|round|nearest|find|comput\w+|calculat\w+|determin\w+|prov\w+|estimat\w+|count|convert\w*|express|evaluate|add|subtract|multiply|divide|double\w*|half|halve\w*|twice|ignor\w+|disregard|use|using|replac\w+|swap\w*|chang\w+|exclud\w+|includ\w+|then|next|second|both|what|which|who|whose|why|how|each|all|every|none|she|he|her|his|it|they)\b)");
  for (size_t begin = 0; begin < s.size();) {
    size_t end = begin;
    while (end < s.size() && s[end] != '\n' &&
           !((s[end] == '.' || s[end] == '!') && end + 1 < s.size() &&
             s[end + 1] == ' '))
      ++end;
    const std::string_view sentence = s.substr(begin, end - begin);
    begin = end + 1;
    if (IsInstruction(sentence) && !SpeaksOfIt(sentence, problem)) continue;
    const re2::StringPiece piece{sentence.data(), sentence.size()};
    if (std::none_of(sentence.begin(), sentence.end(), IsWordByte)) continue;
    if (!RE2::PartialMatch(piece, courtesy) || RE2::PartialMatch(piece, more) ||
        ChangesTheAnswer(sentence) || SpeaksOfIt(sentence, problem))
      return false;
  }
  return true;
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
  const uint64_t hash = RollingHash(pending.hashes).Of(0, tokens.size());
  const auto [core, fresh] =
      by_core_.emplace(hash, static_cast<uint32_t>(texts_.size()));
  if (!fresh) {
    // Told apart by what is taken off only: which one is asked can't be known.
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

void ProblemIndex::Build() {
  absl::flat_hash_map<uint32_t, uint32_t> windows, shingles;
  for (const PendingText& text : pending_) {
    const RollingHash rolling(text.hashes);
    for (size_t i = 0; i + kWindow <= text.hashes.size(); ++i)
      ++windows[rolling.Window(i)];
    for (uint32_t shingle : text.shingles) ++shingles[shingle];
  }
  for (size_t t = 0; t < pending_.size(); ++t) {
    PendingText& text = pending_[t];
    const RollingHash rolling(text.hashes);
    if (text.hashes.size() >= kWindow) {
      size_t rarest = 0;
      uint32_t fewest = ~0u;
      for (size_t i = 0; i + kWindow <= text.hashes.size(); ++i) {
        const uint32_t count = windows[rolling.Window(i)];
        if (count < fewest) {
          fewest = count;
          rarest = i;
        }
      }
      if (fewest <= kCommon) {
        texts_[t].anchor = static_cast<uint32_t>(rarest);
        windows_.entries.emplace_back(rolling.Window(rarest),
                                      static_cast<uint32_t>(t));
      }
    }
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
  rare_shingles_.Sort();
}

const IndexedProblem* ProblemIndex::Find(uint64_t digest) const {
  const auto it = digest == 0 ? problems_.end() : problems_.find(digest);
  return it == problems_.end() ? nullptr : &it->second;
}

Match ProblemIndex::FindByText(std::string_view prompt) const {
  if (texts_.empty() || prompt.empty() || prompt.size() > kMaxProblemBytes)
    return {};
  const std::string normal = NormalizeUnicode(prompt);
  const std::string_view core = ProblemCore(normal);
  const auto tokens = TokenizeProblem(core);
  if (tokens.empty()) return {};
  const Text* asked = Asked(tokens);
  if (asked == nullptr && TooLittle(core, normal))
    asked = Asked(TokenizeProblem(normal));
  if (asked != nullptr)
    return {.kind = MatchKind::kExact, .problem = asked->digest};
  const Match contained = FindContained(core, tokens);
  if (contained.kind == MatchKind::kExact) return contained;
  const Match near = FindNear(Shingles(tokens));
  return near.kind == MatchKind::kNone ? contained : near;
}

const ProblemIndex::Text* ProblemIndex::Asked(
    const std::vector<ProblemToken>& tokens) const {
  const uint64_t hash = RollingHash(Hashes(tokens)).Of(0, tokens.size());
  const auto it = by_core_.find(hash);
  if (it == by_core_.end() || texts_[it->second].ambiguous) return nullptr;
  return &texts_[it->second];
}

Match ProblemIndex::FindContained(
    std::string_view core, const std::vector<ProblemToken>& tokens) const {
  if (tokens.size() <= kWindow || windows_.entries.empty()) return {};
  const RollingHash rolling(Hashes(tokens));
  const Text* longest = nullptr;
  size_t at = 0;
  for (size_t i = 0; i + kWindow <= tokens.size(); ++i) {
    const auto [begin, end] = windows_.Range(rolling.Window(i));
    for (size_t k = begin; k < end; ++k) {
      const Text& problem = texts_[windows_.entries[k].second];
      if (problem.anchor > i) continue;
      const size_t first = i - problem.anchor;
      if (first + problem.tokens > tokens.size() ||
          rolling.Of(first, first + problem.tokens) != problem.hash ||
          (longest != nullptr && longest->tokens >= problem.tokens))
        continue;
      longest = &problem;
      at = first;
    }
  }
  if (longest == nullptr) return {};
  const size_t begin = tokens[at].begin;
  size_t end = tokens[at + longest->tokens - 1].end;
  // Its own closing marks, which leave no token.
  end = std::min(core.find_first_not_of(".?!,;\"", end), core.size());
  const std::string_view problem = core.substr(begin, end - begin);
  const bool wrapping = !longest->ambiguous &&
                        IsWrapping(core.substr(0, begin), problem) &&
                        IsWrapping(core.substr(end), problem);
  if (wrapping) return {.kind = MatchKind::kExact, .problem = longest->digest};
  const double share =
      static_cast<double>(longest->tokens) / static_cast<double>(tokens.size());
  if (share < kMinSimilarity) return {};
  return {.kind = MatchKind::kNear,
          .problem = longest->digest,
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
         (windows_.entries.capacity() + rare_shingles_.entries.capacity()) * 2 *
             sizeof(uint32_t) +
         (windows_.begins.capacity() + rare_shingles_.begins.capacity()) *
             sizeof(uint32_t);
}

}  // namespace reasonwatch
