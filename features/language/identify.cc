// SPDX-License-Identifier: Apache-2.0
// Identifying a language from a small sample of prose.
//
// Most of a model's text is not prose: code, formulas, keys and names would
// lead any detector astray. Prose reads words from three places of a text,
// skips the rest, and counts letters by script and votes of function words as
// it goes. Decide() turns these counts into a language: script first, function
// words next, CLD2 last. The first, small sample must leave no doubt; else the
// sample is doubled and the weaker evidence is admitted.
//
// Order: classes of bytes, Prose, languages by script, CLD2, Decide(), Sampler,
// IdentifyLanguage().
#include "features/language/identify.h"

#include <algorithm>
#include <array>
#include <cstdio>  // compact_lang_det.h needs it and does not say so
#include <cstring>

#include "cld2/public/compact_lang_det.h"
#include "cld2/public/encodings.h"
#include "features/language/function_words.h"
#include "features/language/words.h"
#include "features/symbols/character_class.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using enum CharacterClass;

// Bytes of prose, which bounds the cost of CLD2 to some 20 us.
constexpr size_t kSampleBytes = 400;
// Bytes of the first sample, which is enough for most texts.
constexpr size_t kFirstSampleBytes = 192;
// Bytes that are read in each of three places; much of it may be code or
// figures.
constexpr size_t kReadBytes = 2048;
constexpr size_t kLongestWord = 60;  // bytes; a longer one is data

// Bytes. An opening sign without a closing one this near opens nothing: a later
// closing sign belongs to another pair.
constexpr size_t kLongestQuotation = 300;
constexpr size_t kLongestFormula = 600;  // displayed, over several lines

// The part that a byte plays in a word.
enum : uint8_t {
  kLowerLetter = 1,
  kUpperLetter = 2,
  kNoLetter = 4,  // a digit or a low line: an identifier
  kSign = 8,      // apostrophe and hyphen
  kHigh = 16,     // not ASCII
  kAsciiWord = kLowerLetter | kUpperLetter | kNoLetter | kSign
};
constexpr auto kWordBytes = [] {
  std::array<uint8_t, 256> bytes{};
  for (size_t c = 0; c < bytes.size(); ++c) {
    if (c >= 'a' && c <= 'z') bytes[c] = kLowerLetter;
    if (c >= 'A' && c <= 'Z') bytes[c] = kUpperLetter;
    if ((c >= '0' && c <= '9') || c == '_') bytes[c] = kNoLetter;
    if (c == '\'' || c == '-') bytes[c] = kSign;
    if (c >= 0x80) bytes[c] = kHigh;
  }
  return bytes;
}();
uint8_t WordByte(char c) {
  return kWordBytes.data()[static_cast<unsigned char>(c)];
}

// The words of a text in a buffer, ASCII letters in lower case, with a space
// after each.
class Prose {
 public:
  // With `lenient`, quotations, capitalised words and fences without a label
  // count too.
  Prose(std::string_view text, std::span<const CodeSpan> code, bool lenient)
      : text_(text), code_(code), lenient_(lenient) {}

  // A part of the text from which prose is read, and the progress in it.
  struct Place {
    size_t at = 0;
    size_t end = 0;
    bool sentence_start = false;
    bool json = false;
    char before = '\n';     // last character that is no blank
    size_t next_span = 0;   // index of the next code span
    size_t sampled = 0;     // bytes
    bool has_more = false;  // than the quota
  };
  Place PlaceAt(size_t begin, size_t end) const {
    return {.at = begin,
            .end = std::min(end, begin + kReadBytes),
            .sentence_start = begin == 0};
  }

  // Continues until `quota` bytes of the place are sampled.
  void Read(Place& place, size_t quota) {
    const size_t before = size_;
    const size_t limit =
        std::min(size_ + quota - std::min(quota, place.sampled), kSampleBytes);
    ReadTo(place, limit);
    place.has_more = size_ >= limit && place.at < place.end;
    place.sampled += size_ - before;
  }

  const ClassCounts& letters() const { return letters_; }
  const FunctionWordVotes& votes() const { return votes_; }
  std::string_view sample() const { return {sample_.data(), size_}; }

 private:
  void ReadTo(Place& place, size_t limit) {
    const size_t end = place.end;
    bool& sentence_start = place.sentence_start;
    bool& json = place.json;
    char& before = place.before;
    size_t& i = place.at;
    while (i < end && size_ < limit) {
      if (const CodeSpan* span = SpanAt(place); span != nullptr) {
        if (!span->prose && !(lenient_ && span->unlabelled)) {
          i = span->end;
          continue;
        }
        // The label of a fence is not prose.
        if (i == span->begin) i = std::min(text_.find('\n', i), end);
        if (i >= end) return;
      }
      const char c = text_[i];
      const size_t separator = SeparatorAt(text_, i);
      if (separator == 0) {
        const size_t word_end = WordEnd(i, end);
        const std::string_view word = text_.substr(i, word_end - i);
        if (IsAddress(word, word_end)) {
          i = std::min(text_.find_first_of(" \t\n)", word_end), end);
          continue;
        }
        if (Counts(word, word_end, sentence_start)) Sample(word);
        // A number ("1.") leaves the next word at the start of its sentence.
        if (c < '0' || c > '9') sentence_start = false;
        before = c;
        i = word_end;
        continue;
      }
      if ((c == '{' || c == '[') && (before == '\n' || before == '{'))
        json = true;
      const size_t after = AfterSkipped(place);
      if (after > i) {
        sentence_start = false;
        before = '"';
        i = after;
        continue;
      }
      switch (c) {
        case '.':
        case '!':
        case '?':
        case ':':
        case '\n':
        case '|':
        case '"':
          sentence_start = true;
          break;
        case ',':
        case ';':
        case '(':
          sentence_start = false;
          break;
        default:
          break;
      }
      if (c != ' ' && c != '\t') before = c;
      i += separator;
    }
  }

  // Returns the code span around the place, null if there is none.
  const CodeSpan* SpanAt(Place& place) const {
    size_t& next = place.next_span;
    while (next < code_.size() && code_[next].end <= place.at) ++next;
    return next < code_.size() && code_[next].begin <= place.at ? &code_[next]
                                                                : nullptr;
  }

  size_t WordEnd(size_t i, size_t end) const {
    const size_t begin = i;
    const size_t longest = std::min(end, begin + kLongestWord);
    while (i < longest && (WordByte(text_.data()[i]) & kAsciiWord) != 0) ++i;
    // Most words are all ASCII and end here.
    if (i < longest && WordByte(text_.data()[i]) == 0) return i;
    while (i < end && SeparatorAt(text_, i) == 0) {
      const size_t next = i + CharacterAt(text_, i).size;
      // Chinese, Japanese and Thai have no spaces between words, nor between
      // words and figures or names.
      if (next - begin > kLongestWord || EastAsian(i) != EastAsian(begin))
        return i;
      i = next;
    }
    return std::min(i, text_.size());
  }

  bool EastAsian(size_t at) const {
    return static_cast<unsigned char>(text_[at]) >= 0xE3;
  }

  bool IsAddress(std::string_view word, size_t end) const {
    return text_.substr(end, 3) == "://" || text_.substr(end, 1) == "@" ||
           (word == "www" && text_.substr(end, 1) == ".");
  }

  // True for a word of the language; false for a name, a variable or an
  // identifier.
  bool Counts(std::string_view word, size_t end, bool sentence_start) const {
    uint8_t kinds = 0;
    size_t upper = 0;
    for (char c : word) {
      const uint8_t kind = WordByte(c);
      kinds |= kind;
      upper += kind == kUpperLetter;
    }
    if ((kinds & kNoLetter) != 0) return false;
    if (word.size() == 1) return false;
    if ((kinds & (kSign | kHigh)) == 0 && end < text_.size() &&
        text_[end] == '(')
      return false;
    if (lenient_ || upper == 0) return true;
    // Reject camelCase, ACRONYM and, within a sentence, Name.
    return (kinds & kLowerLetter) != 0 && upper == 1 &&
           ascii::IsUpper(word[0]) && sentence_start;
  }

  void Sample(std::string_view word) {
    if (size_ + word.size() + 1 > sample_.size()) {
      size_ = kSampleBytes;
      std::fill(sample_.begin() + static_cast<ptrdiff_t>(filled_),
                sample_.end(), ' ');
      return;
    }
    char* sample = sample_.data() + size_;
    int64_t latin = 0;
    for (size_t i = 0; i < word.size();) {
      const char c = word.data()[i];
      const uint8_t kind = WordByte(c);
      if (kind != kHigh) {
        latin += kind <= kUpperLetter;
        *sample++ = static_cast<char>(c | (kind == kUpperLetter) << 5);
        ++i;
        continue;
      }
      const Character character = CharacterAt(word, i);
      if (character.code_point != 0xFFFD) {
        ++letters_[static_cast<size_t>(ClassOf(character.code_point))];
        std::memcpy(sample, word.data() + i, character.size);
        sample += character.size;
      }
      i += character.size;
    }
    letters_[static_cast<size_t>(kLatin)] += latin;
    *sample++ = ' ';
    size_ = static_cast<size_t>(sample - sample_.data());
    filled_ = size_;
    votes_.Add(word);
  }

  // Returns the end of the part that begins at the place and is not prose; the
  // place itself if prose begins there.
  size_t AfterSkipped(Place& place) const {
    const size_t i = place.at;
    const size_t end = place.end;
    const bool json = place.json;
    const auto until = [&](std::string_view close, size_t from, size_t longest,
                           bool line) {
      const std::string_view near =
          text_.substr(from, std::min(longest, text_.size() - from));
      const size_t hit = near.find(close);
      if (hit == std::string_view::npos ||
          (line && near.substr(0, hit).find('\n') != std::string_view::npos))
        return i;
      return from + hit + close.size();
    };
    if (text_[i] == ' ' || text_[i] == '\n') return i;
    const std::string_view two = text_.substr(i, 2);
    const std::string_view three = text_.substr(i, 3);
    switch (text_[i]) {
      case '`':
        return SpanAt(place) != nullptr
                   ? i
                   : until("`", i + 1, kLongestQuotation, true);
      case '$':
        return two == "$$" ? until("$$", i + 2, kLongestFormula, false)
                           : until("$", i + 1, kLongestQuotation, true);
      case '\\': {
        if (json) return std::min(i + 2, end);
        if (two == "\\(") return until("\\)", i + 2, kLongestFormula, false);
        if (two == "\\[") return until("\\]", i + 2, kLongestFormula, false);
        size_t after = i + 1;
        while (after < end && ascii::IsLetter(text_[after])) ++after;
        return after;
      }
      case '<':
        return i + 1 < end && (ascii::IsLetter(text_[i + 1]) ||
                               text_[i + 1] == '/' || text_[i + 1] == '!')
                   ? until(">", i + 1, 64, true)
                   : i;
      case '"': {
        const size_t close = until("\"", i + 1, kLongestQuotation, true);
        if (close == i) return i;
        size_t after = close;
        while (after < end && text_[after] == ' ') ++after;
        const bool key = after < end && text_[after] == ':';
        if (json) return key ? close : i;
        return lenient_ && !key ? i : close;
      }
      default:
        break;
    }
    if (lenient_ || static_cast<unsigned char>(text_[i]) < 0x80) return i;
    constexpr std::string_view kQuotes[][2] = {
        {"\u201C", "\u201D"}, {"\u201E", "\u201C"}, {"\u300C", "\u300D"},
        {"\u300E", "\u300F"}, {"\u300A", "\u300B"},
    };
    for (const auto& quotes : kQuotes)
      if (three == quotes[0])
        return until(quotes[1], i + 3, kLongestQuotation, true);
    if (two == "\u00AB") return until("\u00BB", i + 2, kLongestQuotation, true);
    return i;
  }

  const std::string_view text_;
  const std::span<const CodeSpan> code_;
  const bool lenient_;
  std::array<char, kSampleBytes> sample_{};
  size_t size_ = 0;
  size_t filled_ = 0;
  ClassCounts letters_{};
  FunctionWordVotes votes_;
};

// Languages that have a script to themselves among those in which models
// answer.
std::string_view LanguageOfScript(CharacterClass script) {
  switch (script) {
    case kGreek:
      return "el";
    case kHebrew:
      return "he";
    case kBengali:
      return "bn";
    case kGujarati:
      return "gu";
    case kGurmukhi:
      return "pa";
    case kTamil:
      return "ta";
    case kTelugu:
      return "te";
    case kKannada:
      return "kn";
    case kMalayalam:
      return "ml";
    case kSinhala:
      return "si";
    case kThai:
      return "th";
    case kLao:
      return "lo";
    case kKhmer:
      return "km";
    case kMyanmar:
      return "my";
    case kGeorgian:
      return "ka";
    case kArmenian:
      return "hy";
    case kEthiopic:
      return "am";
    default:
      return "";
  }
}

uint8_t AskCld2(std::string_view sample) {
  const CLD2::CLDHints hints = {nullptr, nullptr, CLD2::UNKNOWN_ENCODING,
                                CLD2::UNKNOWN_LANGUAGE};
  std::array<CLD2::Language, 3> languages{};
  std::array<int, 3> percent{};
  std::array<double, 3> scores{};
  int bytes = 0;
  bool reliable = false;
  CLD2::ExtDetectLanguageSummary(sample.data(), static_cast<int>(sample.size()),
                                 /*is_plain_text=*/true, &hints, /*flags=*/0,
                                 languages.data(), percent.data(),
                                 scores.data(), nullptr, &bytes, &reliable);
  if (!reliable || percent[0] < 60) return kUnknownLanguage;
  return LanguageFromTag(CLD2::LanguageCode(languages[0]));
}

// With `beyond_doubt`, returns unknown unless a larger sample would surely give
// the same result.
IdentifiedLanguage Decide(const Prose& prose, bool beyond_doubt,
                          uint8_t expected) {
  static const uint8_t kKorean = LanguageFromTag("ko");
  static const uint8_t kJapanese = LanguageFromTag("ja");
  static const uint8_t kChinese = LanguageFromTag("zh");
  const ClassCounts& letters = prose.letters();
  const auto count = [&](CharacterClass c) {
    return letters[static_cast<size_t>(c)];
  };
  // A character of these scripts carries about as much as two letters of an
  // alphabet.
  const int64_t east_asian = 2 * (count(kHan) + count(kKana) + count(kHangul));
  int64_t total = east_asian;
  int64_t most = east_asian;
  CharacterClass script = kHan;
  for (auto c = static_cast<size_t>(kLatin);
       c <= static_cast<size_t>(kOtherScript); ++c) {
    const auto kind = static_cast<CharacterClass>(c);
    if (kind == kHan || kind == kKana || kind == kHangul) continue;
    total += letters[c];
    if (letters[c] > most) {
      most = letters[c];
      script = kind;
    }
  }
  // One short word is no evidence, nor is a script with under 60 % of letters.
  constexpr int64_t kFewestLetters = 8;
  if (most < kFewestLetters || most * 10 < total * 6) return {};
  // A third of the first sample in one script, which has 95 % of the letters.
  constexpr int64_t kManyLetters = 60;
  if (beyond_doubt && (most < kManyLetters || most * 20 < total * 19))
    return {};
  // Letters that are enough to report the script if the language stays unknown.
  constexpr int64_t kClear = 24;
  IdentifiedLanguage result;
  if (most >= kClear && most * 10 >= total * 9) result.script = script;
  if (script == kHan) {
    if (count(kHangul) * 4 > east_asian)
      result.language = kKorean;
    else if (count(kKana) * 20 > east_asian)
      result.language = kJapanese;
    else if (count(kHan) >= 6)  // fewer may be Japanese
      result.language = kChinese;
    if (beyond_doubt && result.language == kChinese && 2 * count(kHan) != most)
      return {};
    return result;
  }
  if (const std::string_view tag = LanguageOfScript(script); !tag.empty()) {
    result.language = LanguageFromTag(tag);
    return result;
  }
  result.language = prose.votes().Winner(script, beyond_doubt);
  const int64_t fewest_for_cld2 = script == kLatin ? 30 : 14;
  if (result.language != kUnknownLanguage || beyond_doubt ||
      most < fewest_for_cld2)
    return result;
  if (expected != kUnknownLanguage && IsWrittenIn(expected, script) &&
      prose.votes().Support(expected)) {
    result.language = expected;
    return result;
  }
  const uint8_t language = AskCld2(prose.sample());
  if (IsWrittenIn(language, script) && !prose.votes().Contradict(language))
    result.language = language;
  return result;
}

// Samples the beginning, the middle and the end of a text.
class Sampler {
 public:
  Sampler(std::string_view text, std::span<const CodeSpan> code, bool lenient)
      : prose_(text, code, lenient) {
    if (text.size() <= kReadBytes) {
      places_[count_++] = prose_.PlaceAt(0, text.size());
      return;
    }
    // Returns the beginning of the next word.
    const auto word_after = [&](size_t at) {
      const size_t limit = std::min(text.size(), at + 64);
      while (at<limit&& static_cast<unsigned char>(text[at])> ' ') ++at;
      while (at < text.size() &&
             (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80)
        ++at;
      return at;
    };
    places_[count_++] = prose_.PlaceAt(0, text.size() / 3);
    places_[count_++] =
        prose_.PlaceAt(word_after(text.size() / 2), text.size());
    places_[count_++] =
        prose_.PlaceAt(word_after(text.size() - text.size() / 8), text.size());
  }

  // Extends the sample to `bytes` in all. Returns whether the text may have
  // more.
  bool Sample(size_t bytes) {
    bool more = false;
    for (size_t i = 0; i < count_; ++i) {
      prose_.Read(places_[i], bytes / count_);
      more |= places_[i].has_more;
    }
    return more;
  }
  const Prose& prose() const { return prose_; }

 private:
  Prose prose_;
  std::array<Prose::Place, 3> places_;
  size_t count_ = 0;
};

}  // namespace

IdentifiedLanguage IdentifyLanguage(std::string_view text,
                                    std::span<const CodeSpan> code,
                                    uint8_t expected) {
  Sampler strict(text, code, /*lenient=*/false);
  if (strict.Sample(kFirstSampleBytes)) {
    const IdentifiedLanguage first =
        Decide(strict.prose(), /*beyond_doubt=*/true, expected);
    if (first.language != kUnknownLanguage) return first;
    strict.Sample(kSampleBytes);
  }
  // If less prose than this is left outside quotations and names, then they are
  // the text.
  constexpr size_t kLittle = 40;
  if (strict.prose().sample().size() >= kLittle || text.empty())
    return Decide(strict.prose(), /*beyond_doubt=*/false, expected);
  Sampler lenient(text, code, /*lenient=*/true);
  lenient.Sample(kSampleBytes);
  return Decide(lenient.prose(), /*beyond_doubt=*/false, expected);
}

IdentifiedLanguage GlanceAtLanguage(std::string_view text,
                                    std::span<const CodeSpan> code) {
  Sampler strict(text, code, /*lenient=*/false);
  strict.Sample(kFirstSampleBytes);
  return Decide(strict.prose(), /*beyond_doubt=*/true, kUnknownLanguage);
}

}  // namespace reasonwatch
