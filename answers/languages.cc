// SPDX-License-Identifier: Apache-2.0
// The lists of words and, for notes, offers and refusals, the expressions are
// made of the table (language_table.h) at first use. First the reading of a
// column, then a function for each.
#include "answers/languages.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "answers/language_table.h"
#include "answers/words.h"
#include "re2/re2.h"
#include "util/ascii.h"

namespace reasonwatch::languages {
namespace {

using ascii::IsBeyond;
using ascii::IsLetter;
using ascii::IsSpace;
using ascii::Lower;

constexpr size_t kMaxVerdict = 64;  // bytes of the longest "yes" or "no"
// The language of a text shows at its end.
constexpr size_t kMaxLanguageBytes = 1024;

using Column = std::string_view Language::*;

// The words of a column: of each language, or of the first, which is English.
std::vector<std::string_view> Words(Column column, bool english = false) {
  std::vector<std::string_view> words;
  for (const Language& language : LanguageTable()) {
    if (english && language.code != "en") break;
    std::string_view rest = language.*column;
    while (!rest.empty()) {
      const size_t bar = rest.find('|');
      words.push_back(rest.substr(0, bar));
      rest = bar == std::string_view::npos ? "" : rest.substr(bar + 1);
    }
  }
  // Longer ones first, as an alternation takes the first that fits.
  std::sort(words.begin(), words.end(),
            [](std::string_view a, std::string_view b) {
              return a.size() != b.size() ? a.size() > b.size() : a < b;
            });
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

// In scripts that part words with spaces a word of the table must not touch
// another letter. Those of Thailand, China, Japan and Korea begin at U+0E00 and
// U+1100, with the lead bytes 0xE0 0xB8 and 0xE1 on.
bool PartsWords(std::string_view word) {
  const auto lead = static_cast<unsigned char>(word[0]);
  return lead < 0xE1 && !(lead == 0xE0 && word.size() > 1 &&
                          static_cast<unsigned char>(word[1]) >= 0xB8);
}

std::string Alternation(Column column) {
  std::string spaced;
  std::string joined;
  for (std::string_view word : Words(column)) {
    std::string& part = PartsWords(word) ? spaced : joined;
    if (!part.empty()) part += '|';
    part += RE2::QuoteMeta(re2::StringPiece(word.data(), word.size()));
  }
  return absl::StrCat("(?:(?:^|[^\\pL\\pM])(?:", spaced, ")|", joined, ")");
}

constexpr size_t kMaxCharacter = 4;  // bytes

// The lower case of the character at `i`, as AppendLower(): as many bytes.
size_t LowerCharacter(std::string_view s, size_t i, char* out) {
  const auto byte = [&](size_t at) {
    return at < s.size() ? static_cast<unsigned char>(s[at]) : 0u;
  };
  const unsigned c = byte(i);
  const unsigned next = byte(i + 1);
  const auto add = [out](unsigned lead, unsigned trail) {
    out[0] = static_cast<char>(lead);
    out[1] = static_cast<char>(trail);
    return size_t{2};
  };
  if (c < 0x80 || next < 0x80) {
    out[0] = Lower(s[i]);
    return 1;
  }
  if (c == 0xC3 && next >= 0x80 && next <= 0x9E) return add(c, next + 0x20);
  // Latin beyond that: pairs of a capital and its small letter.
  if (c == 0xC4 || c == 0xC5) {
    const unsigned point = ((c & 0x1F) << 6) | (next & 0x3F);
    const bool odd = (point >= 0x139 && point <= 0x148) || point >= 0x179;
    const bool capital = (point % 2 == 1) == odd && point != 0x138 &&
                         point != 0x149 && point != 0x178 && point != 0x17F &&
                         point != 0x130;
    const unsigned lower = capital ? point + 1 : point;
    return add(0xC0 | (lower >> 6), 0x80 | (lower & 0x3F));
  }
  // Greek capitals with an accent.
  if (c == 0xCE && next == 0x86) return add(c, 0xAC);
  if (c == 0xCE && next >= 0x88 && next <= 0x8A) return add(c, next + 0x25);
  if (c == 0xCE && next == 0x8C) return add(0xCF, next);
  if (c == 0xCE && (next == 0x8E || next == 0x8F)) return add(0xCF, next - 1);
  if (c == 0xCE && next >= 0x91 && next <= 0x9F) return add(c, next + 0x20);
  if (c == 0xCE && next >= 0xA0 && next <= 0xA9) return add(0xCF, next - 0x20);
  if (c == 0xD0 && next <= 0x8F) return add(0xD1, next + 0x10);
  if (c == 0xD0 && next <= 0x9F) return add(c, next + 0x20);
  if (c == 0xD0 && next <= 0xAF) return add(0xD1, next - 0x20);
  // Vietnamese: the last bit tells a small letter.
  if (c == 0xE1 && (next == 0xBA || next == 0xBB) && byte(i + 2) >= 0x80) {
    add(c, next);
    out[2] = static_cast<char>(byte(i + 2) | 1);
    return 3;
  }
  out[0] = s[i];
  return 1;
}

// Does `text` have the word, in lower case, at `i`, in any case?
bool HasAt(std::string_view text, size_t i, std::string_view word) {
  if (text.size() - i < word.size()) return false;
  for (size_t k = 0; k < word.size();) {
    const char c = text[i + k];
    if (!IsBeyond(c)) {
      if (Lower(c) != word[k++]) return false;
      continue;
    }
    char lower[kMaxCharacter];
    const size_t n = LowerCharacter(text, i + k, lower);
    if (word.substr(k, n) != std::string_view(lower, n)) return false;
    k += n;
  }
  return true;
}

// The first two bytes of a word, as one number; of a text in lower case.
size_t FirstPair(char a, char b) {
  return size_t{static_cast<unsigned char>(a)} << 8 |
         static_cast<unsigned char>(b);
}
size_t PairAt(std::string_view text, size_t i) {
  if (i + 1 < text.size() && !IsBeyond(text[i]) && !IsBeyond(text[i + 1]))
    return FirstPair(Lower(text[i]), Lower(text[i + 1]));
  char lower[2 * kMaxCharacter] = {};
  const size_t n = LowerCharacter(text, i, lower);
  if (n < 2 && i + 1 < text.size()) LowerCharacter(text, i + n, lower + n);
  return FirstPair(lower[0], lower[1]);
}

// How the words of a list begin: a quick look before each is compared.
class Beginnings {
 public:
  // In lower case, of two bytes or more.
  void Add(std::string_view word) {
    pairs_.set(FirstPair(word[0], word[1]));
    if (word.size() < 4 ||
        !std::none_of(word.begin(), word.begin() + 4, IsBeyond))
      any_.set(FirstPair(word[0], word[1]));
    else
      fours_.set(FirstFour(word));
  }

  // May one of them be at `i`, where `pair` is PairAt()?
  bool MayBeAt(std::string_view text, size_t i, size_t pair) const {
    if (!pairs_.test(pair)) return false;
    if (any_.test(pair)) return true;
    return text.size() - i >= 4 && fours_.test(FirstFour(text.substr(i, 4)));
  }

 private:
  // A number for the first four bytes, if they are ASCII, in any case; several
  // may share it.
  static size_t FirstFour(std::string_view s) {
    uint32_t four = 0;
    for (size_t k = 0; k < 4; ++k)
      four = four << 8 | static_cast<unsigned char>(Lower(s[k]));
    return four * uint32_t{0x9E3779B1} >> 16;
  }

  std::bitset<size_t{1} << 16> pairs_;  // of first bytes
  std::bitset<size_t{1} << 16> any_;    // more than the pair is not known
  std::bitset<size_t{1} << 16> fours_;
};

// Words by their first byte, for a look at one place of a text.
class WordList {
 public:
  explicit WordList(Column column, bool english = false) {
    for (std::string_view word : Words(column, english)) {
      by_byte_[static_cast<unsigned char>(word[0])].push_back(word);
      if (word.size() > 1) beginnings_.Add(word);
    }
  }

  // Does a word begin at `i`, whatever comes behind it?
  bool BeginsAt(std::string_view text, size_t i) const {
    if (i >= text.size()) return false;
    const size_t pair = PairAt(text, i);
    if (!beginnings_.MayBeAt(text, i, pair)) return false;
    for (std::string_view word : by_byte_[pair >> 8])
      if (HasAt(text, i, word)) return true;
    return false;
  }

  // Bytes of the longest word at `i`, 0 if none is there.
  size_t At(std::string_view text, size_t i) const {
    if (i >= text.size()) return 0;
    const auto first = static_cast<unsigned char>(Lower(text[i]));
    for (std::string_view word : by_byte_[first]) {
      if (!SameAt(text, i, word)) continue;
      if (!PartsWords(word)) return word.size();
      const bool touched =
          (i > 0 && (IsLetter(text[i - 1]) || IsBeyond(text[i - 1]))) ||
          (i + word.size() < text.size() && (IsLetter(text[i + word.size()]) ||
                                             IsBeyond(text[i + word.size()])));
      if (!touched) return word.size();
    }
    return 0;
  }

 private:
  static bool SameAt(std::string_view text, size_t i, std::string_view word) {
    if (text.size() - i < word.size()) return false;
    for (size_t k = 0; k < word.size(); ++k)
      if (Lower(text[i + k]) != word[k]) return false;
    return true;
  }

  std::array<std::vector<std::string_view>, 256> by_byte_;
  Beginnings beginnings_;
};

// Bytes of the character that begins with this one.
size_t CharacterBytes(unsigned char lead) {
  return lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

// Is the character at `i`, beyond ASCII, a sign: punctuation, an arrow, an
// emoji?
bool IsSymbolAt(std::string_view s, size_t i) {
  const auto byte = [&](size_t at) {
    return at < s.size() ? static_cast<unsigned char>(s[at]) : 0u;
  };
  const unsigned c = byte(i);
  const unsigned next = byte(i + 1);
  return (c == 0xC2 && next != 0xAA && next != 0xB5 && next != 0xBA) ||
         (c == 0xE2 && next < 0xB0) || (c == 0xE3 && next == 0x80) ||
         (c == 0xEF && next >= 0xB8) || (c == 0xF0 && next == 0x9F);
}

re2::StringPiece Piece(std::string_view s) { return {s.data(), s.size()}; }

// Does `sentence` begin like a word of the list? It is looked at before its
// expression is, which costs much more.
bool MayBegin(const WordList& list, std::string_view sentence) {
  if (sentence.empty()) return false;
  if (list.BeginsAt(sentence, 0)) return true;
  static constexpr std::array<std::string_view, 4> kLeads = {"and ", "but ",
                                                             "please ", "so "};
  for (const std::string_view lead : kLeads)
    if (words::StartsWith(sentence, lead))
      return list.BeginsAt(sentence, lead.size());
  return false;
}

// Does `sentence` begin with a word of the list?
bool Begins(const RE2& words, std::string_view sentence) {
  return words.Match(Piece(sentence), 0, sentence.size(), RE2::ANCHOR_START,
                     nullptr, 0);
}

// A noun of the English row and of no other; it may begin with the character
// before it.
bool IsEnglishNoun(std::string_view noun) {
  if (!noun.empty() && !IsLetter(noun[0])) noun.remove_prefix(1);
  static constexpr std::array<std::string_view, 5> kWords = {
      "answer", "result", "choice", "conclusion", "alternative"};
  for (const std::string_view word : kWords)
    if (words::Same(noun, word)) return true;
  return false;
}

// Behind a scale word of China and Japan: "千克" is a kilogram.
bool IsUnitOf(std::string_view text, size_t end) {
  for (std::string_view unit : {"克", "米", "瓦", "卡", "升", "公"})
    if (text.substr(end, unit.size()) == unit) return true;
  return false;
}

// The nouns of announcements by their first two bytes, those of answers first
// and the longer ones before the shorter.
class NounTable {
 public:
  struct Entry {
    std::string_view word;
    NounKind kind = NounKind::kAnswer;
    bool parted = false;  // no letter comes before it
  };

  NounTable() {
    const auto add = [this](Column column, NounKind kind) {
      for (std::string_view word : Words(column)) {
        const size_t pair = FirstPair(word[0], word[1]);
        by_pair_[pair].push_back({word, kind, PartsWords(word)});
        beginnings_.Add(word);
      }
    };
    add(&Language::nouns, NounKind::kAnswer);
    add(&Language::results, NounKind::kResult);
    add(&Language::options, NounKind::kOption);
  }

  // The noun at `i`, null if there is none.
  const Entry* At(std::string_view text, size_t i, bool inside) const {
    const size_t pair = PairAt(text, i);
    if (!beginnings_.MayBeAt(text, i, pair)) return nullptr;
    for (const Entry& entry : by_pair_.find(pair)->second)
      if (!(inside && entry.parted) && HasAt(text, i, entry.word))
        return &entry;
    return nullptr;
  }

 private:
  std::unordered_map<size_t, std::vector<Entry>> by_pair_;  // of first bytes
  Beginnings beginnings_;
};

}  // namespace

size_t Count() { return LanguageTable().size(); }

std::vector<Noun> Nouns(std::string_view text) {
  static const NounTable& table = *new NounTable;
  std::vector<Noun> found;
  bool inside = false;  // behind a letter
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    const bool letter = IsLetter(c);
    if (!letter && !IsBeyond(c)) {
      inside = false;
      ++i;
      continue;
    }
    if (!(letter && inside)) {
      if (const NounTable::Entry* entry = table.At(text, i, inside)) {
        Noun noun{i, i + entry->word.size(), entry->kind};
        noun.english = IsEnglishNoun(text.substr(i, entry->word.size()));
        found.push_back(noun);
        inside = true;
        i = noun.end;
        continue;
      }
    }
    inside = letter || !IsSymbolAt(text, i);
    i += letter ? 1 : CharacterBytes(static_cast<unsigned char>(c));
    // The rest of a word begins none.
    while (letter && i < text.size() && IsLetter(text[i])) ++i;
  }
  return found;
}

size_t CopulaAt(std::string_view text, size_t i, bool english) {
  static const WordList& all = *new WordList(&Language::copulas);
  static const WordList& own = *new WordList(&Language::copulas, true);
  return (english ? own : all).At(text, i);
}

size_t AlternativeAt(std::string_view text, size_t i, bool english) {
  static const WordList& all = *new WordList(&Language::either);
  static const WordList& own = *new WordList(&Language::either, true);
  return (english ? own : all).At(text, i);
}

bool IsEnglish(std::string_view s) {
  if (s.size() > kMaxLanguageBytes)
    s.remove_prefix(s.size() - kMaxLanguageBytes);
  const auto beyond = std::count_if(s.begin(), s.end(), IsBeyond);
  if (static_cast<size_t>(beyond) * 10 > s.size()) return false;
  for (size_t i = 0; i < s.size();) {
    const std::string_view word = words::WordAfter(s, i);
    if (words::IsOneOf(
            word, {"the",  "is",    "are",  "so",    "and",   "to",    "we",
                   "it",   "has",   "have", "make",  "makes", "there", "they",
                   "left", "each",  "than", "this",  "that",  "with",  "he",
                   "she",  "about", "step", "was",   "i",     "if",    "for",
                   "by",   "gives", "then", "total", "per",   "how"}))
      return true;
  }
  return false;
}

size_t AppendLower(std::string_view s, size_t i, std::string& out) {
  char lower[kMaxCharacter];
  const size_t n = LowerCharacter(s, i, lower);
  out.append(lower, n);
  return n;
}

std::optional<bool> VerdictOf(std::string_view text) {
  static const WordList& yes = *new WordList(&Language::yes);
  static const WordList& no = *new WordList(&Language::no);
  while (!text.empty() && IsSpace(text[0])) text.remove_prefix(1);
  std::string word;
  for (size_t i = 0; i < text.size() && i < kMaxVerdict;)
    i += AppendLower(text, i, word);
  if (word.empty()) return std::nullopt;
  const size_t affirms = yes.At(word, 0);
  const size_t denies = no.At(word, 0);
  if (affirms == 0 && denies == 0) return std::nullopt;
  return affirms > denies;
}

size_t MinusBefore(std::string_view before) {
  size_t end = before.size();
  while (end > 0 && IsSpace(before[end - 1])) --end;
  const std::string_view text = before.substr(0, end);
  for (std::string_view word : MinusWords()) {
    if (text.size() < word.size()) continue;
    const size_t at = text.size() - word.size();
    bool same = true;
    for (size_t k = 0; same && k < word.size(); ++k)
      same = Lower(text[at + k]) == word[k];
    if (same && (at == 0 || !(IsLetter(text[at - 1]) && IsLetter(word[0]))))
      return before.size() - at;
  }
  return 0;
}

int ScaleAt(std::string_view text, size_t i, size_t* length) {
  const Scale* best = nullptr;
  for (const Scale& scale : ScaleWords()) {
    const std::string_view word = scale.word;
    if (text.size() - i < word.size() || Lower(text[i]) != word[0]) continue;
    bool same = true;
    for (size_t k = 0; same && k < word.size(); ++k)
      same = Lower(text[i + k]) == word[k];
    if (!same || (best != nullptr && best->word.size() >= word.size()))
      continue;
    // "mil" is no beginning of "miles"; "millions" and Russian cases are.
    const size_t end = i + word.size();
    const bool plural = word.size() >= 4 && end < text.size() &&
                        (text[end] == 's' || IsBeyond(text[end]));
    if (PartsWords(word) && !plural && end < text.size() &&
        (IsLetter(text[end]) || IsBeyond(text[end])))
      continue;
    if (!PartsWords(word) && IsUnitOf(text, end)) continue;
    best = &scale;
  }
  if (best == nullptr) return 0;
  *length = best->word.size();
  return best->power;
}

bool BeginsWithNote(std::string_view paragraph) {
  static const WordList& words = *new WordList(&Language::notes);
  if (!MayBegin(words, paragraph)) return false;
  static const RE2& note = *new RE2(absl::StrCat(
      "(?i)", Alternation(&Language::notes),
      R"((?:\s*\([^)\n]{0,40}\))?[*_]{0,3}(?:\s?[:.!)]|\s+[—–-]\s|\s*\n|\s*$))"));
  return Begins(note, paragraph);
}

bool IsOffer(std::string_view sentence) {
  static const WordList& words = *new WordList(&Language::offers);
  if (!MayBegin(words, sentence)) return false;
  static const RE2& offer = *new RE2(absl::StrCat(
      "(?i)(?:and |but |please |so )?", Alternation(&Language::offers)));
  return Begins(offer, sentence);
}

bool Refuses(std::string_view response) {
  // A sign may stand before the first word, such as a quotation mark.
  static const WordList& words = *new WordList(&Language::refusals);
  if (response.empty() ||
      !(words.BeginsAt(response, 0) ||
        words.BeginsAt(
            response, CharacterBytes(static_cast<unsigned char>(response[0])))))
    return false;
  static const RE2& refusal =
      *new RE2(absl::StrCat("(?i)", Alternation(&Language::refusals)));
  return Begins(refusal, response);
}

bool Denies(std::string_view sentence) {
  static const WordList& words = *new WordList(&Language::negation);
  for (size_t i = 0; i < sentence.size(); ++i)
    if ((IsLetter(sentence[i]) || IsBeyond(sentence[i])) &&
        words.At(sentence, i) > 0)
      return true;
  return false;
}

}  // namespace reasonwatch::languages
