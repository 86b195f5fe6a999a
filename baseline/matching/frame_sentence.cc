// SPDX-License-Identifier: Apache-2.0
// One pass over the text; each step reads the markup, word, number or mark at
// the place that it has come to. First the characters' classes, then the
// reader.
#include "baseline/matching/frame_sentence.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <utility>

#include "util/ascii.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Longest tag ("<|start_header_id|>") in bytes.
constexpr size_t kMaxTag = 80;

// The code point at `i` and its length in bytes; invalid bytes are -1 each.
std::pair<UChar32, size_t> CodePointAt(std::string_view s, size_t i) {
  const auto byte = [&](size_t at) {
    return static_cast<UChar32>(static_cast<unsigned char>(s[at]));
  };
  if (byte(i) < 0x80) return {byte(i), 1};
  size_t skip = 0;
  const size_t length = Utf8CharacterLength(s.substr(i, 4), skip);
  if (length < 2) return {-1, 1};
  UChar32 c = byte(i) & (0x7f >> length);
  for (size_t k = 1; k < length; ++k) c = (c << 6) | (byte(i + k) & 0x3f);
  return {c, length};
}

void AppendCodePoint(std::string& out, UChar32 c) {
  const auto put = [&out](UChar32 byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | (c >> 6));
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3f));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

// Scripts without spaces between words.
bool IsUnspaced(UChar32 c) {
  return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff) ||
         (c >= 0xf900 && c <= 0xfaff) || (c >= 0x0e00 && c <= 0x0e7f) ||
         (c >= 0x20000 && c <= 0x3ffff);
}

bool IsWordPart(UChar32 c) {
  if (c < 0) return false;
  if (c < 0x80) return ascii::IsLetter(static_cast<char>(c));
  return u_isalpha(c) != 0 || (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0 ||
         c == 0x200c;
}

bool IsQuestionMark(UChar32 c) {
  return c == '?' || c == 0xff1f || c == 0x061f || c == 0x037e;
}
bool IsStop(UChar32 c) {
  return c == '.' || c == '!' || c == ';' || c == ':' || c == 0x3002 ||
         c == 0xff01 || c == 0xff0e || c == 0x0964 || c == 0x06d4 ||
         c == 0xff1a || c == 0xff1b || IsQuestionMark(c);
}

class SentenceReader {
 public:
  explicit SentenceReader(std::string_view text) : text_(text) {}

  std::vector<FrameSentence> Read() {
    while (at_ < text_.size()) Step();
    EndSentence();
    return std::move(sentences_);
  }

 private:
  void Step() {
    const char c = text_[at_];
    if (c == '\n') {
      ++at_;
      EndSentence();
    } else if (ascii::IsSpace(c)) {
      ++at_;
    } else if (c == '<' || c == '[') {
      ReadTag(c == '<' ? '>' : ']');
    } else if (c == '`' || c == '~') {
      ReadFence(c);
    } else if (c == '\\' || c == '$') {
      ReadCommand(c);
    } else if (ascii::IsDigit(c)) {
      while (at_ < text_.size() && ascii::IsDigit(text_[at_])) ++at_;
      ++now_.numbers;
      now_.ends_in_number = true;
    } else {
      ReadCharacter();
    }
  }

  // "<...>" or "[...]" that holds a name alone.
  void ReadTag(char close) {
    const size_t end = text_.find(close, at_);
    const std::string_view inside =
        end == std::string_view::npos || end - at_ > kMaxTag
            ? std::string_view()
            : text_.substr(at_ + 1, end - at_ - 1);
    const bool square = close == ']';
    const bool name = !inside.empty() &&
                      inside.find('\n') == std::string_view::npos &&
                      (!square || inside.find(' ') == std::string_view::npos ||
                       ascii::IsDigit(inside.back()));
    if (!name) {
      ++at_;
      return;
    }
    // Only the first word counts: "<end_of_turn>" asks for nothing.
    size_t i = 0;
    while (i < inside.size() && !ascii::IsLetter(inside[i])) ++i;
    std::string word;
    while (i < inside.size() && ascii::IsLetter(inside[i]))
      word += ascii::Lower(inside[i++]);
    if (FrameWordOf(word) == FrameWord::kAbout && word != "turn")
      now_.foreign_tag = true;
    at_ = end + 1;
  }

  // A fence and the name of its language.
  void ReadFence(char c) {
    size_t end = at_;
    while (end < text_.size() && text_[end] == c) ++end;
    const bool fence = end - at_ >= 3;
    at_ = end;
    while (fence && at_ < text_.size() && ascii::IsAlnum(text_[at_])) ++at_;
  }

  // "\boxed", "$ANSWER": the name of a command or of a place to fill in.
  void ReadCommand(char c) {
    ++at_;
    const size_t begin = at_;
    while (at_ < text_.size() && (ascii::IsLetter(text_[at_]) &&
                                  (c == '\\' || ascii::IsUpper(text_[at_]))))
      ++at_;
    if (c == '$' && at_ - begin < 2) at_ = begin;
  }

  void ReadCharacter() {
    const auto [c, length] = CodePointAt(text_, at_);
    if (IsUnspaced(c) && IsWordPart(c)) {
      ReadUnspaced();
    } else if (IsWordPart(c)) {
      ReadWord();
    } else {
      if (c == ',' || c == 0x3001 || c == 0xff0c || c == 0x060c) clause_ = true;
      at_ += length;
      const bool ends =
          at_ >= text_.size() || c >= 0x80 || !ascii::IsAlnum(text_[at_]);
      if (IsStop(c) && ends) {
        if (IsQuestionMark(c)) now_.question = true;
        EndSentence();
      }
    }
  }

  void ReadWord() {
    const size_t begin = at_;
    std::string word;
    while (at_ < text_.size()) {
      const auto [c, length] = CodePointAt(text_, at_);
      if (!IsWordPart(c) || IsUnspaced(c)) break;
      AppendCodePoint(word, c < 0x80 ? static_cast<UChar32>(
                                           ascii::Lower(static_cast<char>(c)))
                                     : u_tolower(c));
      at_ += length;
    }
    if (IsPartOfMark(begin)) return;
    const FrameWord kind = FrameWordOf(word);
    Add(kind, std::move(word));
    // A quotation begins with one as a sentence does.
    const bool quoted =
        begin > 0 && (text_[begin - 1] == '"' || text_[begin - 1] == '\'');
    now_.words.back().capital =
        !quoted && u_isupper(CodePointAt(text_, begin).first) != 0;
  }

  // A letter or two between brackets ("[e~[", "]~b]") is no word.
  bool IsPartOfMark(size_t begin) const {
    constexpr std::string_view kBrackets = "[]<>|~{}";
    constexpr size_t kLongest = 2;  // a longer run is a word
    return at_ - begin <= kLongest && begin > 0 && at_ < text_.size() &&
           kBrackets.find(text_[begin - 1]) != std::string_view::npos &&
           kBrackets.find(text_[at_]) != std::string_view::npos;
  }

  // One word of a run without spaces: the longest that is known, else a
  // character.
  void ReadUnspaced() {
    FrameWord kind = FrameWord::kUnknown;
    size_t length = LongestFrameWord(text_.substr(at_), &kind);
    if (length == 0) {
      length = CodePointAt(text_, at_).second;
      // A vowel sign belongs to the letter before it.
      if (const auto c = CodePointAt(text_, at_).first;
          (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0) {
        at_ += length;
        return;
      }
    }
    Add(kind, std::string(text_.substr(at_, length)));
    at_ += length;
  }

  void Add(FrameWord kind, std::string word) {
    now_.words.push_back(
        {kind, std::move(word), std::exchange(clause_, false), false});
    now_.ends_in_number = false;
  }

  void EndSentence() {
    now_.raw = ascii::Trim(text_.substr(begin_, at_ - begin_));
    begin_ = at_;
    clause_ = false;
    if (!now_.words.empty() || now_.numbers > 0 || now_.foreign_tag ||
        now_.question)
      sentences_.push_back(std::move(now_));
    now_ = {};
  }

  const std::string_view text_;
  size_t at_ = 0;
  size_t begin_ = 0;
  bool clause_ = false;
  FrameSentence now_{};
  std::vector<FrameSentence> sentences_;
};

}  // namespace

bool IsAny(std::string_view word,
           std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool HasAny(std::span<const SentenceWord> words,
            std::initializer_list<std::string_view> any) {
  return std::any_of(words.begin(), words.end(),
                     [&](const SentenceWord& w) { return IsAny(w.text, any); });
}

bool IsAscii(std::span<const SentenceWord> words) {
  return std::all_of(words.begin(), words.end(), [](const SentenceWord& w) {
    return std::none_of(w.text.begin(), w.text.end(), ascii::IsBeyond);
  });
}

bool Has(std::span<const SentenceWord> words, FrameWord kind) {
  return std::any_of(words.begin(), words.end(),
                     [&](const SentenceWord& w) { return w.kind == kind; });
}

std::vector<FrameSentence> ReadSentences(std::string_view text) {
  return SentenceReader(text).Read();
}

}  // namespace reasonwatch
