// SPDX-License-Identifier: Apache-2.0
#include "answers/notations.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "answers/latex.h"
#include "re2/re2.h"
#include "util/ascii.h"

namespace reasonwatch {

using ascii::Trim;

namespace {

// A longer text is no formula that a response ends in.
constexpr size_t kMaxNotation = 160;

}  // namespace

bool HasModulus(std::string_view s) {
  static const RE2& modulus = *new RE2(R"(\|[^|]*[a-zA-Z][^|]*\|\s*=)");
  return RE2::PartialMatch({s.data(), s.size()}, modulus);
}

std::string_view WithoutArrow(std::string_view s) {
  s = Trim(s);
  // Several boxes that hold the same.
  constexpr std::string_view kJoint = " , ";
  if (const size_t joint = s.find(kJoint); joint != std::string_view::npos) {
    std::string_view rest = s;
    const std::string_view first = s.substr(0, joint);
    while (rest.starts_with(first) &&
           rest.substr(first.size()).starts_with(kJoint))
      rest.remove_prefix(first.size() + kJoint.size());
    if (rest == first) return first;
  }
  for (std::string_view arrow : {"=>", "->", "⇒", "→", "∴", "\\Rightarrow"})
    if (s.starts_with(arrow)) return Trim(s.substr(arrow.size()));
  return s;
}

std::string AsSolutions(std::string_view s) {
  if (s.size() > kMaxNotation) return "";
  static const RE2& part = *new RE2(
      R"((?:([a-z])(?:_\{?\d\}?)?\s*=\s*)?(-?\d[\d./]*|-?\\d?frac\{\d+\}\{\d+\}))");
  static const RE2& joint =
      *new RE2(R"(\s*(?:,|;|\bor\b|\band\b|\\text\{ ?(?:or|and) ?\})+\s*)");
  std::string text(s);
  RE2::GlobalReplace(&text, R"(\$)", "");
  RE2::GlobalReplace(&text, joint, "\n");
  std::string set;
  std::string symbol;
  size_t count = 0;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string piece(
        Trim(std::string_view(text).substr(begin, end - begin)));
    begin = end + 1;
    std::string name, value;
    if (!RE2::FullMatch(piece, part, &name, &value)) return "";
    // "x = 1, y = 2" is a point.
    if (count > 0 && name != symbol) return "";
    symbol = name;
    set += (count++ > 0 ? "," : "") + value;
  }
  return count < 2 ? "" : "\\{" + set + "\\}";
}

std::string InwardBrackets(std::string_view s) {
  static const RE2& interval =
      *new RE2(R"(\s*\$?\s*([\[\]])([^\[\]]+)[,;]([^\[\]]+)([\[\]])\s*\$?\s*)");
  std::string open, low, high, close;
  if (s.size() > kMaxNotation ||
      !RE2::FullMatch({s.data(), s.size()}, interval, &open, &low, &high,
                      &close) ||
      (open == "[" && close == "]"))
    return std::string(s);
  return (open == "]" ? "(" : "[") + low + "," + high +
         (close == "[" ? ")" : "]");
}

bool IsSet(std::string_view s) {
  const std::string plain = NormalizeMath(s);
  return plain.size() > 2 &&
         (plain.front() == '{' || plain.front() == math_sign::kSetOpen);
}

std::string AsWritten(std::string text) {
  if (text.size() > kMaxNotation) return text;
  static const RE2& braces = *new RE2(R"(\s*\{([^{}\\]*,[^{}\\]*)\}\s*)");
  static const RE2& power = *new RE2(R"((\d)\s*[xX]\s*10\s*\^)");
  static const RE2& factorial = *new RE2(R"(\s*(\d+!)\s*)");
  std::string inside;
  if (RE2::FullMatch(text, braces, &inside)) return "\\{" + inside + "\\}";
  if (RE2::FullMatch(text, factorial, &inside)) return "(" + inside + ")";
  RE2::GlobalReplace(&text, power, R"(\1*10^)");
  return text;
}

}  // namespace reasonwatch
