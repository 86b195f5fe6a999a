// SPDX-License-Identifier: Apache-2.0
// A single pass over the text, which looks up commands and spellings in the
// tables below and writes their one spelling. Letters keep their place, so that
// a command is still parted from its argument. The class Normalizer has a
// method for each thing that may begin at a place: braces, superscripts,
// spellings, conjunctions, commands, text, environments.
#include "answers/latex.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "absl/strings/match.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using ascii::EqualsIgnoringCase;
using ascii::IsBeyond;
using ascii::IsDigit;
using ascii::IsLetter;
using ascii::IsLower;
using ascii::IsSpace;
using ascii::Trim;

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::string_view kIn = "\x01", kCup = "\x02", kPlusMinus = "\x03",
                           kInfinity = "\x04", kApprox = "\x05",
                           kLessEqual = "\x06", kGreaterEqual = "\x07",
                           kNotEqual = "\x0e", kPercent = "\x12";

// Commands by name. "" drops the command.
constexpr Pair kCommands[] = {
    {"left", ""},
    {"right", ""},
    {"big", ""},
    {"Big", ""},
    {"bigl", ""},
    {"bigr", ""},
    {"Bigl", ""},
    {"Bigr", ""},
    {"displaystyle", ""},
    {"limits", ""},
    {"circ", ""},
    {"degree", ""},
    {"quad", " "},
    {"qquad", " "},
    {"quadx", " x"},
    {"dfrac", "\\frac"},
    {"tfrac", "\\frac"},
    {"cfrac", "\\frac"},
    {"dbinom", "\\binom"},
    {"tbinom", "\\binom"},
    {"cdot", "*"},
    {"times", "*"},
    {"div", "/"},
    {"ast", "*"},
    {"pm", kPlusMinus},
    {"mp", kPlusMinus},
    {"infty", kInfinity},
    {"in", kIn},
    {"cup", kCup},
    {"approx", kApprox},
    {"le", kLessEqual},
    {"leq", kLessEqual},
    {"leqslant", kLessEqual},
    {"ge", kGreaterEqual},
    {"geq", kGreaterEqual},
    {"geqslant", kGreaterEqual},
    {"ne", kNotEqual},
    {"neq", kNotEqual},
    {"lt", "<"},
    {"gt", ">"},
    {"land", ","},
    {"lor", ","},
    {"lvert", "|"},
    {"rvert", "|"},
    {"vert", "|"},
    {"mid", "|"},
    {"colon", ":"},
    {"lbrace", "\x0f"},
    {"langle", "("},
    {"rangle", ")"},
    {"rbrace", "\x10"},
    {"varnothing", "\\emptyset"},
};

// Spellings outside LaTeX.
constexpr Pair kSpellings[] = {
    {"**", "^"},
    {"<=", kLessEqual},
    {">=", kGreaterEqual},
    {"!=", kNotEqual},
    {"≤", kLessEqual},
    {"≥", kGreaterEqual},
    {"≠", kNotEqual},
    {"−", "-"},
    {"–", "-"},
    {"×", "*"},
    {"·", "*"},
    {"÷", "/"},
    {"π", "\\pi "},
    {"√", "\\sqrt "},
    {"∅", "\\emptyset "},
    {"∞", kInfinity},
    {"∈", kIn},
    {"∪", kCup},
    {"±", kPlusMinus},
    {"≈", kApprox},
    {"°", ""},
    {"€", ""},
    {"£", ""},
    {"%", kPercent},
    {"\xc2\xa0", " "},
    {"，", ","},
    {"\xe2\x80\xaf", " "},
    {"½", "\\frac{1}{2}"},
    {"¼", "\\frac{1}{4}"},
    {"¾", "\\frac{3}{4}"},
    {"θ", "\\theta "},
};

// The characters with which a spelling or a conjunction of Normalizer begins:
// most characters of a text begin neither, and cost one look.
constexpr auto kMayBeSpecial = [] {
  std::array<bool, 256> may{};
  for (const auto& [from, to] : kSpellings)
    may[static_cast<unsigned char>(from[0])] = true;
  for (const char c : std::string_view("aop{^"))
    may[static_cast<unsigned char>(c)] = true;
  return may;
}();
constexpr bool MayBeSpecial(char c) {
  return kMayBeSpecial[static_cast<unsigned char>(c)] || IsBeyond(c);
}

constexpr std::string_view kTextCommands[] = {
    "text",   "mbox", "textnormal",   "textbf", "textit", "mathrm", "mathbf",
    "mathit", "rm",   "operatorname", "hbox",   "textrm", "mathsf", "emph"};

bool IsTextCommand(std::string_view name) {
  for (std::string_view t : kTextCommands)
    if (t == name) return true;
  return false;
}

// The word that "\text{...}" contributes: a separator, nothing for a unit
// beside mathematics, else its letters.
std::string TextPart(std::string_view inner, bool alone) {
  const std::string_view word = Trim(inner);
  if (EqualsIgnoringCase(word, "and") || EqualsIgnoringCase(word, "or"))
    return " , ";
  if (word == ",") return ",";
  if (alone || word.size() <= 1) return std::string(word);
  for (char c : word)
    if (IsDigit(c)) return std::string(word);
  return " ";
}

// A matrix environment, or the closing of one.
bool IsMatrixEnvironment(std::string_view name) {
  return name.find("matrix") != std::string_view::npos || name == "array";
}

class Normalizer {
 public:
  explicit Normalizer(std::string_view s) : s_(s) {
    in_matrix_ = s.find("\\begin") != std::string_view::npos;
  }

  std::string Run() {
    while (i_ < s_.size()) {
      const char c = s_[i_];
      if (c == '\\') {
        Backslash();
      } else if (c == '$') {
        ++i_;
      } else if (c == '~') {
        out_ += ' ';
        ++i_;
      } else if (c == ',' && (s_.substr(i_, 3) == ",\\!")) {
        i_ += 3;
      } else if (!Special(c)) {
        out_ += c;
        ++i_;
      }
    }
    return Collapse();
  }

 private:
  // Writes the spelling of more than one byte that begins here, if one does.
  bool Special(char c) {
    if (!MayBeSpecial(c)) return ForeignConjunction();
    return (c == '{' && BracedComma()) || (c == '^' && DegreeFollows()) ||
           (IsBeyond(c) && Superscript()) || Spelling() || Conjunction();
  }

  // 14{,}916
  bool BracedComma() {
    for (std::string_view comma : {"{,}", "{, }", "{ , }", "{ ,}"}) {
      if (s_.substr(i_, comma.size()) == comma) {
        i_ += comma.size();
        return true;
      }
    }
    return false;
  }

  bool DegreeFollows() {
    for (std::string_view degree : {"^{\\circ}", "^\\circ", "^{\\degree}",
                                    "^{ \\circ }", "^ \\circ", "^{\\prime}"}) {
      if (s_.substr(i_, degree.size()) == degree) {
        i_ += degree.size();
        return true;
      }
    }
    return false;
  }

  // "10⁻⁵" as "10^{-5}".
  bool Superscript() {
    constexpr Pair kRaised[] = {{"⁰", "0"}, {"¹", "1"}, {"²", "2"}, {"³", "3"},
                                {"⁴", "4"}, {"⁵", "5"}, {"⁶", "6"}, {"⁷", "7"},
                                {"⁸", "8"}, {"⁹", "9"}, {"⁻", "-"}, {"ⁿ", "n"}};
    const std::string raised = Run(kRaised);
    if (raised.empty()) return Subscript();
    out_ += raised.size() == 1 ? "^" + raised : "^{" + raised + "}";
    return true;
  }

  // "x₁₂" as "x_{12}".
  bool Subscript() {
    constexpr Pair kLowered[] = {{"₀", "0"}, {"₁", "1"}, {"₂", "2"}, {"₃", "3"},
                                 {"₄", "4"}, {"₅", "5"}, {"₆", "6"}, {"₇", "7"},
                                 {"₈", "8"}, {"₉", "9"}};
    const std::string lowered = Run(kLowered);
    if (lowered.empty()) return false;
    out_ += "_{" + lowered + "}";
    return true;
  }

  // The characters of the table from here on, in ASCII.
  template <size_t n>
  std::string Run(const Pair (&table)[n]) {
    std::string run;
    for (bool more = true; more;) {
      more = false;
      for (const auto& [from, to] : table) {
        if (s_.substr(i_, from.size()) != from) continue;
        run += to;
        i_ += from.size();
        more = true;
        break;
      }
    }
    return run;
  }

  bool Spelling() {
    for (const auto& [from, to] : kSpellings) {
      if (s_[i_] == from[0] && s_.substr(i_, from.size()) == from) {
        out_ += to;
        i_ += from.size();
        return true;
      }
    }
    return false;
  }

  // "and", "or", "pct" that no letter touches on the left.
  bool Conjunction() {
    if (i_ > 0 && (IsLetter(s_[i_ - 1]) || s_[i_ - 1] == '\\')) return false;
    if (ForeignConjunction()) return true;
    for (const auto& [word, to] :
         {Pair{"and", " , "}, Pair{"or", " , "}, Pair{"percent", kPercent},
          Pair{"pct", kPercent}}) {
      if (s_[i_] != word[0] || s_.substr(i_, word.size()) != word) continue;
      const size_t end = i_ + word.size();
      if (end < s_.size() && IsLower(s_[end])) continue;
      out_ += to;
      i_ = end;
      return true;
    }
    return false;
  }

  // "1, 2 y 3": a word of another language between two numbers.
  bool ForeignConjunction() {
    if (i_ < 2 || s_[i_ - 1] != ' ' || !IsDigit(s_[i_ - 2])) return false;
    static constexpr std::string_view kWords[] = {
        "y", "e",  "et", "und", "en", "och", "og",   "i",  "и",
        "і", "ve", "và", "dan", "o",  "ou",  "oder", "или"};
    for (std::string_view word : kWords) {
      if (s_[i_] != word[0]) continue;
      const size_t end = i_ + word.size();
      if (s_.substr(i_, word.size()) != word || end + 1 >= s_.size() ||
          s_[end] != ' ' || !(IsDigit(s_[end + 1]) || s_[end + 1] == '-'))
        continue;
      out_ += " , ";
      i_ = end;
      return true;
    }
    return false;
  }

  void Backslash() {
    if (i_ + 1 >= s_.size()) {
      ++i_;
      return;
    }
    const char next = s_[i_ + 1];
    if (next == '\\') {
      if (in_matrix_) {
        out_ += math_sign::kNextRow;
        i_ += 2;
      } else {
        // A doubly escaped command, or a line break.
        ++i_;
        if (i_ + 1 < s_.size() && !IsLetter(s_[i_ + 1])) {
          out_ += ' ';
          ++i_;
        }
      }
      return;
    }
    if (!IsLetter(next)) {
      i_ += 2;
      if (next == '{') out_ += math_sign::kSetOpen;
      if (next == '}') out_ += math_sign::kSetClose;
      if (next == '%') out_ += math_sign::kPercent;
      if (next == '|') out_ += '|';
      if (next == ' ' || next == ',' || next == ';' || next == ':') out_ += ' ';
      if (next == '_') out_ += '_';
      return;
    }
    size_t end = i_ + 1;
    while (end < s_.size() && IsLetter(s_[end])) ++end;
    const std::string_view name = s_.substr(i_ + 1, end - i_ - 1);
    // A literal backslash-n that was meant as a line break.
    if (name == "n") {
      out_ += ' ';
      i_ = end;
      return;
    }
    if (IsTextCommand(name)) {
      Text(end, name);
      return;
    }
    if (name == "begin" || name == "end") {
      Environment(end, name == "begin");
      return;
    }
    i_ = end;
    for (const auto& [from, to] : kCommands) {
      if (from == name) {
        out_ += to;
        return;
      }
    }
    out_ += '\\';
    out_ += name;
    // Keeps "\sin b" apart from "\sinb".
    if (end < s_.size() && IsSpace(s_[end])) out_ += ' ';
  }

  void Text(size_t end, std::string_view name) {
    size_t open = end;
    while (open < s_.size() && s_[open] == ' ') ++open;
    if (open >= s_.size() || s_[open] != '{') {
      i_ = end;
      return;
    }
    const size_t close = s_.find('}', open);
    if (close == std::string_view::npos) {
      i_ = open + 1;
      return;
    }
    const std::string_view inner = s_.substr(open + 1, close - open - 1);
    const bool mathematics = name == "mathbf" || name == "mathit";
    const bool alone = Trim(out_).empty() && HasNoMath(s_.substr(close + 1));
    out_ += mathematics ? std::string(inner) : TextPart(inner, alone);
    i_ = close + 1;
    // "cm^2": the exponent is the unit's.
    if (!alone && !mathematics && Trim(inner).size() > 1) {
      for (std::string_view exponent : {"^2", "^3", "^{2}", "^{3}"})
        if (s_.substr(i_, exponent.size()) == exponent) i_ += exponent.size();
    }
  }

  static bool HasNoMath(std::string_view rest) {
    for (char c : rest)
      if (IsDigit(c) || c == '\\' || c == '=') return false;
    return true;
  }

  void Environment(size_t end, bool begin) {
    i_ = end;
    if (i_ >= s_.size() || s_[i_] != '{') return;
    const size_t close = s_.find('}', i_);
    if (close == std::string_view::npos) return;
    const std::string_view name = s_.substr(i_ + 1, close - i_ - 1);
    i_ = close + 1;
    if (!IsMatrixEnvironment(name)) return;
    out_ += begin ? math_sign::kMatrixOpen : math_sign::kMatrixClose;
    if (begin && name == "array" && i_ < s_.size() && s_[i_] == '{') {
      const size_t columns = s_.find('}', i_);
      if (columns != std::string_view::npos) i_ = columns + 1;
    }
  }

  std::string Collapse() const {
    std::string collapsed;
    collapsed.reserve(out_.size());
    for (char c : out_) {
      const bool space = IsSpace(c);
      if (space && (collapsed.empty() || collapsed.back() == ' ')) continue;
      collapsed += space ? ' ' : c;
    }
    while (!collapsed.empty() &&
           (collapsed.back() == ' ' || collapsed.back() == '.' ||
            collapsed.back() == ',' || collapsed.back() == ';'))
      collapsed.pop_back();
    return collapsed;
  }

  const std::string_view s_;
  size_t i_ = 0;
  std::string out_;
  bool in_matrix_ = false;
};

}  // namespace

std::string NormalizeMath(std::string_view s) { return Normalizer(s).Run(); }

bool HasProse(std::string_view s) {
  int words = 0;
  for (size_t i = 0; i < s.size();) {
    const auto c = static_cast<unsigned char>(s[i]);
    if (c == '\\') {
      ++i;
      while (i < s.size() && IsLetter(s[i])) ++i;
      continue;
    }
    if (c >= 0xD0) return true;  // beyond the Latin and Greek blocks
    if (!IsLetter(s[i])) {
      ++i;
      continue;
    }
    const size_t begin = i;
    while (i < s.size() && (IsLetter(s[i]) || IsBeyond(s[i]))) ++i;
    // "AB" names a line.
    const bool word = std::any_of(s.begin() + static_cast<ptrdiff_t>(begin),
                                  s.begin() + static_cast<ptrdiff_t>(i),
                                  [](char l) { return l >= 'a' && l <= 'z'; });
    if (i - begin >= 2 && word && ++words >= 2) return true;
  }
  return false;
}

}  // namespace reasonwatch
