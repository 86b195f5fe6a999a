// SPDX-License-Identifier: Apache-2.0
// Typography is taken off in two passes. The first folds characters and tags
// (class Folder); the second removes Markdown's emphasis and links and notes
// the emphasised parts (class Markdown), by CommonMark's rule: a run of stars
// opens before and closes behind a word. At the end the tail of a response, by
// paragraphs.
#include "answers/plain_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "answers/languages.h"
#include "answers/marks.h"
#include "answers/words.h"
#include "util/ascii.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using ascii::IsAlnum;
using ascii::IsBeyond;
using ascii::IsDigit;
using ascii::IsSpace;
using ascii::Lower;
using ascii::Trim;

constexpr size_t kNone = std::string_view::npos;
// Withdrawn text without an end within so many bytes is no withdrawn text.
constexpr size_t kMaxStruck = 2048;
constexpr size_t kMaxTag = 200;   // bytes of a tag with its attributes
constexpr size_t kMaxLink = 512;  // bytes of a link's address
// Marks of emphasis: of a run, and of those that are open at once.
constexpr size_t kMaxRun = 6;
constexpr size_t kMaxOpen = 64;       // bounds the stack; deeper marks are text
constexpr size_t kMaxReference = 64;  // bytes of "【1†source】"
// A paragraph of more lines is no note.
constexpr int kMaxParagraph = 64;

// table: the zeros of the decimal digits of other scripts (Unicode, class Nd).
constexpr char32_t kZeros[] = {0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66,
                               0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
                               0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x17E0,
                               0x1810, 0xA9D0, 0xAA50};

struct Fold {
  char32_t from;
  std::string_view to;
};
// table: characters with a spelling in ASCII, ascending.
constexpr Fold kFolds[] = {
    {0x00A0, " "},   {0x00AB, "\""},   {0x00AD, ""},    {0x00BB, "\""},
    {0x00BC, "1/4"}, {0x00BD, "1/2"},  {0x00BE, "3/4"}, {0x060C, ", "},
    {0x061B, "; "},  {0x061C, ""},     {0x061F, "? "},  {0x066A, "%"},
    {0x066B, "."},   {0x066C, ","},    {0x06D4, ". "},  {0x0964, ". "},
    {0x0965, ". "},  {0x1680, " "},    {0x2000, " "},   {0x2001, " "},
    {0x2002, " "},   {0x2003, " "},    {0x2004, " "},   {0x2005, " "},
    {0x2006, " "},   {0x2007, " "},    {0x2008, " "},   {0x2009, " "},
    {0x200A, " "},   {0x200B, ""},     {0x200C, ""},    {0x200D, ""},
    {0x200E, ""},    {0x200F, ""},     {0x2010, "-"},   {0x2011, "-"},
    {0x2018, "'"},   {0x2019, "'"},    {0x201A, "'"},   {0x201B, "'"},
    {0x201C, "\""},  {0x201D, "\""},   {0x201E, "\""},  {0x201F, "\""},
    {0x202A, ""},    {0x202B, ""},     {0x202C, ""},    {0x202D, ""},
    {0x202E, ""},    {0x202F, " "},    {0x2039, "\""},  {0x203A, "\""},
    {0x2044, "/"},   {0x205F, " "},    {0x2060, ""},    {0x2066, ""},
    {0x2067, ""},    {0x2068, ""},     {0x2069, ""},    {0x2150, "1/7"},
    {0x2151, "1/9"}, {0x2152, "1/10"}, {0x2153, "1/3"}, {0x2154, "2/3"},
    {0x2155, "1/5"}, {0x2156, "2/5"},  {0x2157, "3/5"}, {0x2158, "4/5"},
    {0x2159, "1/6"}, {0x215A, "5/6"},  {0x215B, "1/8"}, {0x215C, "3/8"},
    {0x215D, "5/8"}, {0x215E, "7/8"},  {0x2212, "-"},   {0x2215, "/"},
    {0x2236, ":"},   {0x3000, " "},    {0x3001, ", "},  {0x3002, ". "},
    {0x3008, "\""},  {0x3009, "\""},   {0x300A, "\""},  {0x300B, "\""},
    {0x300C, "\""},  {0x300D, "\""},   {0x300E, "\""},  {0x300F, "\""},
    {0x3010, "["},   {0x3011, "]"},    {0x3014, "["},   {0x3015, "]"},
    {0xFE0E, ""},    {0xFE0F, ""},     {0xFEFF, ""},    {0xFF0E, "."},
    {0xFF61, ". "},  {0xFF64, ", "},
};

// The character at the front of `s`; sets its length in bytes. A byte that is
// no UTF-8 is itself.
char32_t FirstCharacter(std::string_view s, size_t* length) {
  const auto byte = [&s](size_t i) { return static_cast<uint8_t>(s[i]); };
  size_t ill_formed = 0;
  *length = std::max<size_t>(Utf8CharacterLength(s, ill_formed), 1);
  switch (*length) {
    case 2:
      return (byte(0) & 0x1FU) << 6 | (byte(1) & 0x3FU);
    case 3:
      return (byte(0) & 0x0FU) << 12 | (byte(1) & 0x3FU) << 6 |
             (byte(2) & 0x3FU);
    case 4:
      return (byte(0) & 0x07U) << 18 | (byte(1) & 0x3FU) << 12 |
             (byte(2) & 0x3FU) << 6 | (byte(3) & 0x3FU);
    default:
      return byte(0);
  }
}

// Tags that only lay text out, by the text that they leave behind. Any other
// tag (<answer>, <think>) is kept.
struct LayoutTag {
  std::string_view name;
  std::string_view left;
};
constexpr LayoutTag kLayoutTags[] = {
    {"b", "**"},    {"strong", "**"},    {"em", ""},    {"i", ""},
    {"u", ""},      {"mark", "**"},      {"span", ""},  {"font", ""},
    {"small", ""},  {"big", ""},         {"code", ""},  {"kbd", ""},
    {"center", ""}, {"a", ""},           {"p", "\n"},   {"br", "\n"},
    {"div", "\n"},  {"li", "\n"},        {"ul", "\n"},  {"ol", "\n"},
    {"hr", "\n"},   {"h1", "\n"},        {"h2", "\n"},  {"h3", "\n"},
    {"h4", "\n"},   {"h5", "\n"},        {"h6", "\n"},  {"table", "\n"},
    {"tr", "\n"},   {"td", " | "},       {"th", " | "}, {"tbody", ""},
    {"thead", ""},  {"blockquote", "\n"}};

struct Entity {
  std::string_view name;
  std::string_view text;
};
constexpr Entity kEntities[] = {
    {"&nbsp;", " "},  {"&lt;", "<"},    {"&gt;", ">"},  {"&amp;", "&"},
    {"&minus;", "-"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&times;", "×"}};

// Bits of a character.
constexpr unsigned char kMayFold = 1;    // begins something for Folder
constexpr unsigned char kMayMarkUp = 2;  // begins something for Markdown

constexpr auto kCharacters = [] {
  std::array<unsigned char, 256> characters{};
  for (const char c : std::string_view("*_`["))
    characters[static_cast<unsigned char>(c)] |= kMayMarkUp;
  for (const char c : std::string_view("<~&\\"))
    characters[static_cast<unsigned char>(c)] |= kMayFold;
  for (size_t c = 0x80; c < characters.size(); ++c) characters[c] |= kMayFold;
  return characters;
}();

constexpr bool Is(unsigned char bit, char c) {
  return (kCharacters.data()[static_cast<unsigned char>(c)] & bit) != 0;
}

// No early end: the loop has no branch, and most texts have some markup late.
bool HasSome(unsigned char bit, std::string_view text) {
  unsigned char all = 0;
  for (const char c : text)
    all |= kCharacters.data()[static_cast<unsigned char>(c)];
  return (all & bit) != 0;
}

class Folder {
 public:
  explicit Folder(std::string_view s) : s_(s) { out_.reserve(s.size()); }

  std::string Run() && {
    while (i_ < s_.size()) {
      const size_t begin = i_;
      while (i_ < s_.size() && !Is(kMayFold, s_[i_])) ++i_;
      out_.append(s_.substr(begin, i_ - begin));
      if (i_ == s_.size()) break;
      const char c = s_[i_];
      if (IsBeyond(c)) {
        Character();
      } else if (!Markup(c)) {
        out_ += c;
        ++i_;
      }
    }
    return std::move(out_);
  }

 private:
  // Reads the markup that begins here, if any does.
  bool Markup(char c) {
    return (c == '<' && Tag()) ||
           (c == '~' && s_.substr(i_, 2) == "~~" && Struck("~~", "~~")) ||
           (c == '\\' && s_.substr(i_, 6) == "\\sout{" &&
            Struck("\\sout{", "}")) ||
           (c == '&' && Named());
  }

  void Character() {
    size_t length = 1;
    const char32_t c = FirstCharacter(s_.substr(i_), &length);
    const std::string_view bytes = s_.substr(i_, length);
    i_ += length;
    if (c == 0x3010) {  // "【1†source】", a reference
      const size_t end = s_.substr(0, i_ + kMaxReference).find("】", i_);
      if (end != kNone && s_.substr(i_, end - i_).find("†") != kNone) {
        i_ = end + std::string_view("】").size();
        return;
      }
    }
    const auto* fold =
        std::lower_bound(std::begin(kFolds), std::end(kFolds), c,
                         [](const Fold& f, char32_t v) { return f.from < v; });
    if (fold != std::end(kFolds) && fold->from == c) {
      // "2½" is a mixed number.
      if (fold->to.size() > 2 && !out_.empty() && IsDigit(out_.back()))
        out_ += ' ';
      out_ += fold->to;
    } else if (c >= 0xFF01 && c <= 0xFF5E) {
      out_ += static_cast<char>(c - 0xFF01 + '!');
    } else if (c >= 0x1D7CE && c <= 0x1D7FF) {
      out_ += static_cast<char>('0' + (c - 0x1D7CE) % 10);
    } else if (c >= 0x1D400 && c <= 0x1D6A3) {
      const char32_t letter = (c - 0x1D400) % 52;
      out_ += static_cast<char>(letter < 26 ? 'A' + letter : 'a' + letter - 26);
    } else if (const int digit = DigitOf(c); digit >= 0) {
      out_ += static_cast<char>('0' + digit);
    } else {
      out_ += bytes;
    }
  }

  static int DigitOf(char32_t c) {
    if (c < kZeros[0] || c > 0xAA59) return -1;
    for (char32_t zero : kZeros)
      if (c >= zero && c < zero + 10) return static_cast<int>(c - zero);
    return -1;
  }

  // Skips to behind `close`; false if there is none near.
  bool Struck(std::string_view open, std::string_view close) {
    // Many that never end would each be searched for.
    if (i_ < unended_) return false;
    const size_t end =
        s_.substr(0, i_ + kMaxStruck).find(close, i_ + open.size());
    if (end == kNone) unended_ = i_ + kMaxStruck / 2;
    if (end == kNone || end == i_ + open.size()) return false;
    i_ = end + close.size();
    return true;
  }

  bool Tag() {
    size_t name = i_ + 1;
    const bool closing = name < s_.size() && s_[name] == '/';
    if (closing) ++name;
    size_t end = name;
    while (end < s_.size() && IsAlnum(s_[end]) && end - name < 12) ++end;
    if (end == name || end >= s_.size()) return false;
    std::string lower;
    for (char c : s_.substr(name, end - name)) lower += Lower(c);
    if (s_[end] != '>' && s_[end] != ' ' && s_[end] != '/') return false;
    const size_t close = s_.substr(0, end + kMaxTag).find('>', end);
    if (close == kNone) return false;
    if (!closing && (lower == "s" || lower == "del" || lower == "strike"))
      return Struck(s_.substr(i_, close + 1 - i_), "</" + lower + ">");
    if (lower == "sup" || lower == "sub") {
      out_ += closing ? "}" : (lower == "sup" ? "^{" : "_{");
      i_ = close + 1;
      return true;
    }
    for (const LayoutTag& tag : kLayoutTags) {
      if (tag.name != lower) continue;
      // "a<b" and "x <i> y" are formulas more often than open tags.
      if (lower.size() == 1 && !closing &&
          s_.substr(0, close + kMaxStruck).find("</" + lower + ">", close) ==
              kNone)
        return false;
      const bool cell = lower == "td" || lower == "th";
      if (!(closing && cell)) out_ += tag.left;
      i_ = close + 1;
      return true;
    }
    return Element(s_.substr(name, end - name), closing, close);
  }

  // A tag that nobody has listed is markup if its element is closed.
  bool Element(std::string_view name, bool closing, size_t close) {
    if (name.size() < 2 || marks::IsAnswerTag(name)) return false;
    for (std::string_view reasoning :
         {"think", "thinking", "thought", "reasoning", "scratchpad"})
      if (name == reasoning) return false;
    if (!closing) {
      constexpr int kMaxElements = 64;
      if (++elements_ > kMaxElements) return false;
      const std::string end = "</" + std::string(name) + ">";
      if (s_.find(end, close) == kNone) return false;
    }
    out_ += '\n';
    i_ = close + 1;
    return true;
  }

  bool Named() {
    for (const Entity& entity : kEntities) {
      if (s_.substr(i_, entity.name.size()) != entity.name) continue;
      out_ += entity.text;
      i_ += entity.name.size();
      return true;
    }
    return false;
  }

  const std::string_view s_;
  size_t i_ = 0;
  size_t unended_ = 0;  // struck text that begins before it has no end
  int elements_ = 0;    // whose end was looked for
  std::string out_;
};

class Markdown {
 public:
  explicit Markdown(std::string_view s) : s_(s) { out_.text.reserve(s.size()); }

  PlainText Run() && {
    while (i_ < s_.size()) {
      const char c = s_[i_];
      if (!Is(kMayMarkUp, c) && c != '\n') {
        const size_t begin = i_++;
        while (i_ < s_.size() && !Is(kMayMarkUp, s_[i_]) && s_[i_] != '\n')
          ++i_;
        out_.text.append(s_.substr(begin, i_ - begin));
        continue;
      }
      // Emphasis ends with its paragraph.
      if (c == '\n' && i_ > 0 && s_[i_ - 1] == '\n') open_.clear();
      if (c == '*' || c == '_') {
        Run(c);
        continue;
      }
      if (c == '`' && s_.substr(i_, 3) != "```" &&
          (i_ < 2 || s_.substr(i_ - 2, 3) != "```") &&
          (i_ < 1 || s_.substr(i_ - 1, 3) != "```")) {
        ++i_;
        continue;
      }
      if (c == '[' && Link()) continue;
      out_.text += c;
      ++i_;
    }
    Compact();
    return std::move(out_);
  }

 private:
  // A run of marks that may open an emphasis.
  struct Open {
    char mark = '*';
    size_t end = 0;     // one past it, in the text with its marks
    size_t length = 0;  // of it, as far as it is open
  };

  // Reads a run of stars or underscores; always moves on.
  void Run(char mark) {
    size_t n = 1;
    while (i_ + n < s_.size() && s_[i_ + n] == mark) ++n;
    const char before = i_ > 0 ? s_[i_ - 1] : ' ';
    const char after = i_ + n < s_.size() ? s_[i_ + n] : ' ';
    const bool closes = !IsSpace(before) && !IsAlnum(after);
    const bool opens = !IsSpace(after) && !IsAlnum(before) && before != '^' &&
                       before != '\\' && before != '}' &&
                       (mark == '*' || n > 1 || IsSpace(before)) &&
                       (mark == '*' || before != ')');
    const size_t at = out_.text.size();
    out_.text.append(n, mark);
    i_ += n;
    if (n > kMaxRun) return;
    size_t left = n;
    while (closes && left > 0 && !open_.empty() && open_.back().mark == mark) {
      Open& open = open_.back();
      const size_t closed = std::min(open.length, left);
      const size_t begin = at + n - left;
      if (begin == open.end) break;  // nothing between
      removed_.push_back({open.end - closed, open.end});
      removed_.push_back({begin, begin + closed});
      if (closed > 1 && out_.emphasised.size() < PlainText::kMaxEmphasised)
        out_.emphasised.push_back({open.end, begin});
      left -= closed;
      open.length -= closed;
      open.end -= closed;
      if (open.length == 0) open_.pop_back();
    }
    if (left > 0 && opens && open_.size() < kMaxOpen)
      open_.push_back({mark, at + n, left});
  }

  // "[text](address)" leaves its text, "[^1]" nothing.
  bool Link() {
    const std::string_view window = s_.substr(0, i_ + kMaxLink);
    if (window.substr(i_, 2) == "[^") {
      const size_t end = window.find(']', i_);
      if (end == kNone || end - i_ > 8) return false;
      // At the beginning of a line it is the note itself.
      if (i_ == 0 || s_[i_ - 1] == '\n') return false;
      i_ = end + 1;
      return true;
    }
    const size_t end = window.find(']', i_);
    if (end == kNone || window.substr(end, 2) != "](") return false;
    const size_t close = window.find_first_of(")\n ", end);
    if (close == kNone || window[close] != ')') return false;
    const std::string_view address = window.substr(end + 2, close - end - 2);
    if (address.find('/') == kNone && address.find('#') == kNone) return false;
    if (!out_.text.empty() && out_.text.back() == '!') out_.text.pop_back();
    out_.text += s_.substr(i_ + 1, end - i_ - 1);
    i_ = close + 1;
    return true;
  }

  // Takes the marks that emphasised something out of the text.
  void Compact() {
    if (removed_.empty()) return;
    std::sort(
        removed_.begin(), removed_.end(),
        [](const Emphasis& a, const Emphasis& b) { return a.begin < b.begin; });
    std::string text;
    text.reserve(out_.text.size());
    std::sort(
        out_.emphasised.begin(), out_.emphasised.end(),
        [](const Emphasis& a, const Emphasis& b) { return a.begin < b.begin; });
    size_t from = 0;
    size_t begins = 0;
    size_t removed = 0;
    std::vector<Emphasis> ends = out_.emphasised;
    for (const Emphasis& mark : removed_) {
      if (mark.begin < from) continue;
      for (; begins < ends.size() && ends[begins].begin < mark.begin; ++begins)
        out_.emphasised[begins].begin -= removed;
      text.append(out_.text, from, mark.begin - from);
      removed += mark.end - mark.begin;
      from = mark.end;
    }
    for (; begins < ends.size(); ++begins)
      out_.emphasised[begins].begin -= removed;
    text.append(out_.text, from);
    // The end of each: its length without the marks inside it.
    for (size_t i = 0; i < ends.size(); ++i) {
      size_t length = ends[i].end - ends[i].begin;
      auto mark = std::lower_bound(
          removed_.begin(), removed_.end(), ends[i].begin,
          [](const Emphasis& m, size_t at) { return m.begin < at; });
      for (int inner = 0;
           mark != removed_.end() && mark->end <= ends[i].end && inner < 16;
           ++mark, ++inner)
        length -= mark->end - mark->begin;
      out_.emphasised[i].end =
          std::min(out_.emphasised[i].begin + length, text.size());
    }
    out_.text = std::move(text);
  }

  const std::string_view s_;
  size_t i_ = 0;
  PlainText out_;
  std::vector<Open> open_;  // the innermost last
  std::vector<Emphasis> removed_;
};

// Without the decoration that a line or paragraph may begin with: quotes,
// bullets, headings, brackets, signs and emoji.
std::string_view Undecorated(std::string_view line) {
  while (!line.empty()) {
    if (std::string_view(" \t>*-#(_|+\"'").find(line[0]) != kNone) {
      line.remove_prefix(1);
      continue;
    }
    size_t length = 1;
    const char32_t c = FirstCharacter(line, &length);
    // Arrows, symbols and emoji.
    if ((c < 0x2190 || c > 0x2BFF) && c < 0x1F000) break;
    line.remove_prefix(length);
  }
  return line;
}

bool IsRule(std::string_view paragraph) {
  return paragraph.find_first_not_of(" \t\r\n-*_=#~.|>") == kNone;
}

// "[1] Smith, 2019", "[^1]: ...", "¹ ...", "https://...".
bool IsReference(std::string_view paragraph) {
  const std::string_view line = Trim(paragraph);
  if (line.starts_with('[')) {
    const size_t end = line.find(']');
    return end != kNone && end <= 5 && end + 2 < line.size() &&
           (line[end + 1] == ' ' || line[end + 1] == ':') &&
           (IsDigit(line[1]) || line[1] == '^');
  }
  if (!line.empty() && (IsBeyond(line[0]) || line[0] == '\\'))
    for (std::string_view begin : {"¹ ", "² ", "³ ", "† ", "‡ ", "¹", "\\* "})
      if (line.starts_with(begin)) return true;
  const std::string_view bare = Undecorated(line);
  return bare.starts_with("http://") || bare.starts_with("https://") ||
         bare.starts_with("www.");
}

// A paragraph in brackets, of several words: "(This assumes a month of 30
// days.)"
bool IsBracketed(std::string_view paragraph) {
  while (!paragraph.empty() &&
         (paragraph.front() == '*' || paragraph.front() == '_'))
    paragraph.remove_prefix(1);
  while (!paragraph.empty() &&
         (paragraph.back() == '*' || paragraph.back() == '_'))
    paragraph.remove_suffix(1);
  constexpr auto kMinSpaces = 3;
  return paragraph.starts_with('(') && paragraph.ends_with(')') &&
         paragraph.find(')') == paragraph.size() - 1 &&
         std::count(paragraph.begin(), paragraph.end(), ' ') >= kMinSpaces;
}

// Does the reader have to act on the sentence? It asks or offers something.
bool IsOffer(std::string_view sentence) {
  sentence = Trim(sentence);
  if (sentence.empty()) return false;
  if (sentence.back() == '?') return true;
  return languages::IsOffer(Undecorated(sentence));
}

// Begins as a note ("Note: ...", "*Source*: ...").
bool IsNote(std::string_view paragraph) {
  return languages::BeginsWithNote(Undecorated(paragraph));
}

// The place at which the last paragraph or, in a list, item begins.
size_t LastParagraph(std::string_view s) {
  size_t at = s.size();
  for (int lines = 0; lines < kMaxParagraph; ++lines) {
    const size_t newline = s.substr(0, at).rfind('\n');
    if (newline == kNone) return 0;
    const std::string_view line = Trim(s.substr(newline + 1, at - newline - 1));
    if (line.empty() || IsRule(line) || IsNote(line) || IsReference(line) ||
        IsOffer(line))
      return newline + 1;
    at = newline;
  }
  return 0;
}

// The list of a heading such as "Sources:" before it.
bool IsListOf(std::string_view before, std::string_view paragraph) {
  const std::string_view line =
      before.substr(std::min(before.rfind('\n') + 1, before.size()));
  return IsNote(line) && line.size() < 40 &&
         (paragraph.starts_with('-') || paragraph.starts_with('*') ||
          paragraph.starts_with("•") || paragraph.starts_with("1.") ||
          paragraph.starts_with("[1"));
}

}  // namespace

PlainText ReadPlainText(std::string_view s) {
  const bool folds = HasSome(kMayFold, s);
  const std::string folded = folds ? Folder(s).Run() : std::string();
  const std::string_view text = folds ? std::string_view(folded) : s;
  if (!HasSome(kMayMarkUp, text)) return {std::string(text), {}};
  return Markdown(text).Run();
}

std::string_view WithoutTail(std::string_view plain) {
  plain = Trim(plain);
  // A response has few such paragraphs.
  for (int i = 0; i < 24; ++i) {
    const size_t at = LastParagraph(plain);
    const std::string_view paragraph = Trim(plain.substr(at));
    const std::string_view before = Trim(plain.substr(0, at));
    if (before.empty()) break;
    if (!paragraph.empty() && !IsRule(paragraph) && !IsReference(paragraph) &&
        !IsNote(paragraph) && !IsOffer(paragraph) && !IsBracketed(paragraph) &&
        !IsListOf(before, paragraph))
      break;
    plain = before;
  }
  // "So it is 42. Let me know if you need more."
  for (int i = 0; i < 4; ++i) {
    size_t begin = plain.size();
    const std::string_view sentence = words::SentenceBefore(plain, begin);
    if (begin == 0 || !IsOffer(sentence)) break;
    plain = Trim(plain.substr(0, begin));
  }
  return plain;
}

}  // namespace reasonwatch
