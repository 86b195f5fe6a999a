// SPDX-License-Identifier: Apache-2.0
// A normalised answer is taken apart from the outside in: union, list, set or
// tuple, relation, then the leaves, which are compared as formulas. Each level
// has a parser (ParseList, ParseRelation, AsInterval) and a comparison that
// calls Equal() for its parts, one level deeper. Below: splitting at the top
// level, lists, relations, the comparisons, leaves, and Equal() with the order
// in which they are tried.
#include "answers/math.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "answers/languages.h"
#include "answers/latex.h"
#include "answers/matrices.h"
#include "answers/same_formula.h"
#include "answers/units.h"
#include "util/ascii.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using ascii::EqualsIgnoringCase;
using ascii::IsAlnum;
using ascii::IsDigit;
using ascii::IsLetter;
using ascii::Trim;
using math_sign::kApprox;
using math_sign::kCup;
using math_sign::kGreaterEqual;
using math_sign::kIn;
using math_sign::kInfinity;
using math_sign::kLessEqual;
using math_sign::kMatrixClose;
using math_sign::kMatrixOpen;
using math_sign::kNextRow;
using math_sign::kNotEqual;
using math_sign::kPercent;
using math_sign::kPlusMinus;
using math_sign::kSetClose;
using math_sign::kSetOpen;

// Levels of nesting: a union of sets of tuples of fractions has four.
constexpr int kMaxDepth = 6;
// Elements of a list that are compared in any order, which takes their square.
constexpr size_t kMaxElements = 64;
// As long as a formula may be (formula_reader.cc).
constexpr size_t kMaxBytes = 4096;

int Nesting(char c) {
  switch (c) {
    case '(':
    case '[':
    case '{':
    case kSetOpen:
    case kMatrixOpen:
      return 1;
    case ')':
    case ']':
    case '}':
    case kSetClose:
    case kMatrixClose:
      return -1;
    default:
      return 0;
  }
}

// "7,425,000", the comma at `i`: groups of three digits.
bool IsThousandsComma(std::string_view s, size_t i) {
  size_t begin = i;
  while (begin > 0 && (IsDigit(s[begin - 1]) || s[begin - 1] == ',')) --begin;
  if (begin == i || s[begin] == '0' || s[begin] == ',') return false;
  size_t run = 0;
  bool first = true;
  size_t j = begin;
  for (; j < s.size() && (IsDigit(s[j]) || s[j] == ','); ++j) {
    if (IsDigit(s[j])) {
      ++run;
      continue;
    }
    if (run > 3 || (!first && run != 3)) return false;
    first = false;
    run = 0;
  }
  return !first && run == 3;
}

// Parts between top-level separators; a part may be empty.
std::vector<std::string_view> Split(std::string_view s, char separator,
                                    bool thousands) {
  std::vector<std::string_view> parts;
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i < s.size(); ++i) {
    depth += Nesting(s[i]);
    if (depth != 0 || s[i] != separator) continue;
    if (separator == ',' && thousands && IsThousandsComma(s, i)) continue;
    parts.push_back(Trim(s.substr(begin, i - begin)));
    begin = i + 1;
  }
  parts.push_back(Trim(s.substr(begin)));
  return parts;
}

std::vector<std::string_view> SplitList(std::string_view s, bool thousands) {
  auto parts = Split(s, ';', false);
  if (parts.size() == 1) parts = Split(s, ',', thousands);
  std::erase(parts, std::string_view());
  return parts;
}

// Without spaces, and without braces round a single character: "x^{6}".
std::string WithoutSpace(std::string_view s) {
  std::string out;
  for (char c : s) {
    if (c == ' ') continue;
    if (c == '}' && out.size() >= 2 && out[out.size() - 2] == '{' &&
        IsAlnum(out.back())) {
      out.erase(out.size() - 2, 1);
      continue;
    }
    out += c;
  }
  return out;
}

// The bracket that opens at 0 closes at the end.
bool Encloses(std::string_view s) {
  if (s.size() < 2 || Nesting(s[0]) != 1 || Nesting(s.back()) != -1)
    return false;
  int depth = 0;
  for (size_t i = 0; i + 1 < s.size(); ++i) {
    depth += Nesting(s[i]);
    if (depth == 0) return false;
  }
  return true;
}

enum class Shape { kBare, kSet, kTuple };

struct List {
  Shape shape = Shape::kBare;
  char open = '\0';
  char close = '\0';
  std::vector<std::string> elements;
};

// Writes out \pm, which is two elements.
std::vector<std::string> Expand(const std::vector<std::string_view>& parts) {
  std::vector<std::string> elements;
  for (std::string_view part : parts) {
    std::string plus(part);
    if (part.find(kPlusMinus) == std::string_view::npos) {
      elements.push_back(std::move(plus));
      continue;
    }
    std::string minus(part);
    std::replace(plus.begin(), plus.end(), kPlusMinus, '+');
    std::replace(minus.begin(), minus.end(), kPlusMinus, '-');
    elements.push_back(std::move(plus));
    elements.push_back(std::move(minus));
  }
  return elements;
}

List ParseList(std::string_view s) {
  List list;
  const bool set = Encloses(s) && (s[0] == kSetOpen || s[0] == '{');
  if (set || (Encloses(s) && (s[0] == '(' || s[0] == '['))) {
    const auto parts = SplitList(s.substr(1, s.size() - 2), false);
    if (parts.size() > 1 || s[0] == kSetOpen) {
      list.shape = set ? Shape::kSet : Shape::kTuple;
      list.open = s[0];
      list.close = s.back();
      list.elements = Expand(parts);
      return list;
    }
  }
  list.elements = Expand(SplitList(s, true));
  return list;
}

bool IsSymbol(std::string_view s) {
  s = Trim(s);
  if (s.empty()) return false;
  if (s[0] == '\\') s.remove_prefix(1);
  size_t letters = 0;
  while (letters < s.size() && IsLetter(s[letters])) ++letters;
  if (letters == 0 || letters > 8) return false;
  return letters == s.size() || s[letters] == '_';
}

struct Relation {
  std::vector<std::string_view> sides;
  std::vector<char> signs;
};

Relation ParseRelation(std::string_view s) {
  Relation relation;
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i < s.size(); ++i) {
    depth += Nesting(s[i]);
    const char c = s[i];
    const bool sign = c == '=' || c == '<' || c == '>' || c == kLessEqual ||
                      c == kGreaterEqual || c == kNotEqual || c == kIn;
    if (depth != 0 || !sign) continue;
    relation.sides.push_back(Trim(s.substr(begin, i - begin)));
    relation.signs.push_back(c);
    begin = i + 1;
  }
  relation.sides.push_back(Trim(s.substr(begin)));
  return relation;
}

// Turns a relation so that its first ordering sign is "less".
void Orient(Relation* relation) {
  if (relation->signs.empty() ||
      (relation->signs[0] != '>' && relation->signs[0] != kGreaterEqual))
    return;
  std::reverse(relation->sides.begin(), relation->sides.end());
  std::reverse(relation->signs.begin(), relation->signs.end());
  for (char& c : relation->signs) {
    switch (c) {
      case '>':
        c = '<';
        break;
      case '<':
        c = '>';
        break;
      case kGreaterEqual:
        c = kLessEqual;
        break;
      case kLessEqual:
        c = kGreaterEqual;
        break;
      default:
        break;
    }
  }
}

// a < x <= b as "(a,b]"; nullopt if it is no interval of one variable.
std::optional<std::string> AsInterval(Relation relation) {
  Orient(&relation);
  for (char c : relation.signs)
    if (c != '<' && c != kLessEqual) return std::nullopt;
  const auto& sides = relation.sides;
  const auto& signs = relation.signs;
  const std::string infinity(1, kInfinity);
  if (sides.size() == 3 && IsSymbol(sides[1]))
    return absl::StrCat(signs[0] == '<' ? "(" : "[", AbslView(sides[0]), ",",
                        AbslView(sides[2]), signs[1] == '<' ? ")" : "]");
  if (sides.size() == 2 && IsSymbol(sides[0]))
    return absl::StrCat("(-", infinity, ",", AbslView(sides[1]),
                        signs[0] == '<' ? ")" : "]");
  if (sides.size() == 2 && IsSymbol(sides[1]))
    return absl::StrCat(signs[0] == '<' ? "(" : "[", AbslView(sides[0]), ",",
                        infinity, ")");
  return std::nullopt;
}

bool Equal(std::string_view a, std::string_view b, int depth);

bool EqualOrdered(const std::vector<std::string>& a,
                  const std::vector<std::string>& b, int depth) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (!Equal(a[i], b[i], depth)) return false;
  return true;
}

bool EqualUnordered(const std::vector<std::string>& a,
                    const std::vector<std::string>& b, int depth) {
  if (a.size() != b.size() || a.size() > kMaxElements) return false;
  std::vector<bool> used(b.size(), false);
  for (const std::string& x : a) {
    size_t j = 0;
    while (j < b.size() && (used[j] || !Equal(x, b[j], depth))) ++j;
    if (j == b.size()) return false;
    used[j] = true;
  }
  return true;
}

// Solutions of a system that are listed twice are one. A repeated number may
// mean a multiplicity, so only tuples are merged.
std::vector<std::string> WithoutRepeatedTuples(
    const std::vector<std::string>& elements, int depth) {
  std::vector<std::string> kept;
  if (elements.size() > kMaxElements) return elements;
  for (const std::string& element : elements) {
    const bool tuple = ParseList(element).shape == Shape::kTuple;
    if (tuple &&
        std::any_of(kept.begin(), kept.end(), [&](const std::string& other) {
          return Equal(element, other, depth);
        }))
      continue;
    kept.push_back(element);
  }
  return kept;
}

bool EqualLists(const List& a, const List& b, int depth) {
  if (a.shape == Shape::kTuple && b.shape == Shape::kTuple &&
      a.elements.size() == 2 && (a.open != b.open || a.close != b.close))
    return false;
  // A bare "p = 5, q = 2" names the places of a tuple, so order counts there.
  if (a.shape == Shape::kTuple || b.shape == Shape::kTuple)
    return EqualOrdered(a.elements, b.elements, depth);
  return EqualUnordered(WithoutRepeatedTuples(a.elements, depth),
                        WithoutRepeatedTuples(b.elements, depth), depth);
}

bool EqualRelations(Relation a, Relation b, int depth) {
  Orient(&a);
  Orient(&b);
  if (a.signs == b.signs) {
    bool same = true;
    for (size_t i = 0; same && i < a.sides.size(); ++i)
      same = Equal(a.sides[i], b.sides[i], depth);
    if (same) return true;
    if (a.signs == std::vector<char>{kNotEqual})
      return Equal(a.sides[0], b.sides[1], depth) &&
             Equal(a.sides[1], b.sides[0], depth);
  }
  const auto all_equal = [](const Relation& r) {
    return std::all_of(r.signs.begin(), r.signs.end(),
                       [](char c) { return c == '='; });
  };
  if (!all_equal(a) || !all_equal(b)) return false;
  if (a.sides.size() == 2 && b.sides.size() == 2) {
    const auto difference = [](const Relation& r) {
      return absl::StrCat("(", AbslView(r.sides[0]), ")-(",
                          AbslView(r.sides[1]), ")");
    };
    return ProportionalFormulas(difference(a), difference(b));
  }
  // A chain of steps says its two ends.
  return Equal(a.sides.front(), b.sides.front(), depth) &&
         Equal(a.sides.back(), b.sides.back(), depth);
}

std::string_view StripPercent(std::string_view s, bool* percent) {
  s = Trim(s);
  *percent = !s.empty() && s.back() == kPercent;
  while (!s.empty() && (s.back() == kPercent || s.back() == ' '))
    s.remove_suffix(1);
  return s;
}

// A trailing unit in plain letters: "125 miles", "35 cm", "7 units^2".
std::string_view StripUnit(std::string_view s) {
  size_t end = s.size();
  if (end > 2 && s[end - 2] == '^' && IsDigit(s[end - 1])) end -= 2;
  size_t begin = end;
  while (begin > 0 && (IsLetter(s[begin - 1]) || s[begin - 1] == ' ')) --begin;
  const std::string_view unit = Trim(s.substr(begin, end - begin));
  // An ordinal is not a quantity.
  for (std::string_view ordinal : {"st", "nd", "rd", "th"})
    if (unit == ordinal) return s;
  if (begin == 0 || unit.size() < 2) return s;
  // "100 million" is no hundred.
  for (size_t i = begin; i < end; ++i)
    if (size_t length = 0; languages::ScaleAt(s, i, &length) > 0) return s;
  const char before = s[begin - 1];
  if (!IsDigit(before) && before != '}' && before != ')') return s;
  // A command such as \pi is part of the value.
  return Trim(s.substr(0, begin));
}

bool EqualLeaves(std::string_view a, std::string_view b) {
  bool percent_a, percent_b;
  a = StripPercent(a, &percent_a);
  b = StripPercent(b, &percent_b);
  if (SameFormula(a, b)) return true;
  if (percent_a != percent_b &&
      (percent_a ? IsHundredfold(a, b) : IsHundredfold(b, a)))
    return true;
  const std::string_view short_a = StripUnit(a);
  const std::string_view short_b = StripUnit(b);
  return (short_a.size() != a.size() || short_b.size() != b.size()) &&
         AgreeInUnit(UnitBeside("", a.substr(short_a.size())),
                     UnitBeside("", b.substr(short_b.size()))) &&
         SameFormula(short_a, short_b);
}

// "1,22" as "1.22"; nullopt if the comma may be no decimal point.
std::optional<std::string> DecimalComma(std::string_view s) {
  const size_t comma = s.find(',');
  if (comma == std::string_view::npos || comma == 0) return std::nullopt;
  for (size_t i = 0; i < s.size(); ++i)
    if (i != comma && !IsDigit(s[i]) && !(i == 0 && s[i] == '-'))
      return std::nullopt;
  std::string out(s);
  out[comma] = '.';
  return out;
}

std::vector<std::string> Matrix(std::string_view s) {
  std::vector<std::string> cells;
  if (Encloses(s) && s[0] == '[' && s[1] == kMatrixOpen)
    s = s.substr(1, s.size() - 2);
  s = s.substr(1, s.size() - 2);
  auto rows = Split(s, kNextRow, false);
  if (!rows.empty() && rows.back().empty()) rows.pop_back();
  for (std::string_view row : rows) {
    for (std::string_view cell : Split(row, '&', false))
      cells.emplace_back(cell);
    cells.emplace_back("\\row");
  }
  return cells;
}

bool IsMatrix(std::string_view s) {
  return Encloses(s) && (s[0] == kMatrixOpen ||
                         (s[0] == '[' && s.size() > 2 && s[1] == kMatrixOpen));
}

std::string_view BeforeApprox(std::string_view s) {
  const size_t at = s.find(kApprox);
  return at == std::string_view::npos || at == 0 ? s : Trim(s.substr(0, at));
}

// "+\infty".
std::string_view WithoutPlus(std::string_view s) {
  return s.size() > 1 && s[0] == '+' ? Trim(s.substr(1)) : s;
}

bool IsEmptySet(std::string_view s) {
  const std::string plain = WithoutSpace(s);
  return plain == "\\emptyset" || plain == "{}" ||
         plain == std::string{kSetOpen, kSetClose};
}

// "x < -1 , x > 1" as intervals; empty if a part is none.
std::vector<std::string> AsIntervals(std::string_view s) {
  std::vector<std::string> intervals;
  for (std::string_view part : SplitList(s, true)) {
    const Relation relation = ParseRelation(part);
    if (relation.signs.empty()) return {};
    auto interval = AsInterval(relation);
    if (!interval) return {};
    intervals.push_back(*std::move(interval));
  }
  return intervals;
}

// A sum of letters at the top level: "x + y" of the gold "x + y = 5", which is
// an equation of its own.
bool IsSum(std::string_view s) {
  int depth = 0;
  for (size_t i = 0; i < s.size(); ++i) {
    depth += Nesting(s[i]);
    if (depth == 0 && i > 0 && (s[i] == '+' || s[i] == '-')) return true;
  }
  return false;
}

// Is the left side of a relation a name for the right one? "2p - q" of
// "2p - q = 5" is not: a number multiplies a letter.
bool NamesItsValue(const Relation& relation) {
  const std::string_view left = relation.sides.front();
  for (size_t i = 0; i + 1 < left.size(); ++i) {
    size_t next = i + 1;
    while (next + 1 < left.size() && (left[next] == ' ' || left[next] == '*'))
      ++next;
    if (IsDigit(left[i]) && IsLetter(left[next]) &&
        (i == 0 || (left[i - 1] != '_' && left[i - 1] != '{')))
      return false;
  }
  return true;
}

bool Equal(std::string_view a, std::string_view b, int depth) {
  a = WithoutPlus(BeforeApprox(Trim(a)));
  b = WithoutPlus(BeforeApprox(Trim(b)));
  if (a.empty() || b.empty()) return false;
  if (EqualsIgnoringCase(WithoutSpace(a), WithoutSpace(b)) &&
      (WithoutSpace(a) == WithoutSpace(b) || !IsFormula(a)))
    return true;
  if (depth >= kMaxDepth || a.size() > kMaxBytes || b.size() > kMaxBytes)
    return false;
  ++depth;

  if (IsEmptySet(a) || IsEmptySet(b)) return IsEmptySet(a) && IsEmptySet(b);

  for (std::string_view* side : {&a, &b})
    if (Encloses(*side) && (*side)[0] == '(' &&
        IsMatrix(Trim(side->substr(1, side->size() - 2))))
      *side = Trim(side->substr(1, side->size() - 2));
  if (HoldsMatrix(a) && HoldsMatrix(b) && SameMatrices(a, b)) return true;
  if (IsMatrix(a) || IsMatrix(b))
    return IsMatrix(a) && IsMatrix(b) &&
           EqualOrdered(Matrix(a), Matrix(b), depth);

  if (const auto u = Split(a, kCup, false), v = Split(b, kCup, false);
      u.size() > 1 || v.size() > 1) {
    if (u.size() == v.size())
      return EqualUnordered({u.begin(), u.end()}, {v.begin(), v.end()}, depth);
    const bool left = u.size() > 1;
    if (const auto intervals = AsIntervals(left ? b : a); intervals.size() > 1)
      return EqualUnordered(left ? std::vector<std::string>(u.begin(), u.end())
                                 : std::vector<std::string>(v.begin(), v.end()),
                            intervals, depth);
  }

  const List list_a = ParseList(a);
  const List list_b = ParseList(b);
  if (list_a.elements.size() > 1 || list_b.elements.size() > 1) {
    if (EqualLists(list_a, list_b, depth)) return true;
  }

  const Relation relation_a = ParseRelation(a);
  const Relation relation_b = ParseRelation(b);
  const bool related_a = !relation_a.signs.empty();
  const bool related_b = !relation_b.signs.empty();
  if (related_a && related_b && EqualRelations(relation_a, relation_b, depth))
    return true;
  const auto bare = [](const Relation& r) {
    return r.signs.back() == '=' || r.signs.back() == kIn;
  };
  // Beside a bare value, "x = 5" says 5 and "x in S" says S.
  if (related_a && !related_b && bare(relation_a))
    return NamesItsValue(relation_a) && !IsSum(relation_a.sides.front()) &&
           Equal(relation_a.sides.back(), b, depth);
  if (related_b && !related_a && bare(relation_b))
    return NamesItsValue(relation_b) &&
           Equal(a, relation_b.sides.back(), depth);
  if (related_a != related_b ||
      (related_a &&
       (relation_a.signs.back() == kIn) != (relation_b.signs.back() == kIn))) {
    const auto interval_a = AsInterval(relation_a);
    const auto interval_b = AsInterval(relation_b);
    if (interval_a && !interval_b)
      return Equal(*interval_a, relation_b.sides.back(), depth);
    if (interval_b && !interval_a)
      return Equal(relation_a.sides.back(), *interval_b, depth);
  }
  if (related_a || related_b) return false;

  const auto decimal_a = DecimalComma(a);
  const auto decimal_b = DecimalComma(b);
  if (EqualLeaves(a, b)) return true;
  if (decimal_a || decimal_b)
    return EqualLeaves(decimal_a ? *decimal_a : a, decimal_b ? *decimal_b : b);
  // One element against a set of one.
  if (list_a.shape == Shape::kSet && list_a.elements.size() == 1)
    return Equal(list_a.elements[0], b, depth);
  if (list_b.shape == Shape::kSet && list_b.elements.size() == 1)
    return Equal(a, list_b.elements[0], depth);
  return false;
}

}  // namespace

bool IsLooselyEqual(std::string_view gold, std::string_view answer) {
  const std::string a = NormalizeMath(gold);
  const std::string b = NormalizeMath(answer);
  const size_t u = a.rfind('=');
  const size_t v = b.rfind('=');
  if ((u == std::string::npos) == (v == std::string::npos)) return false;
  const auto side = [](std::string_view s, size_t equals) {
    return equals == std::string::npos ? s : s.substr(equals + 1);
  };
  return Equal(side(a, u), side(b, v), 0);
}

bool MathEqual(std::string_view gold, std::string_view answer) {
  return Equal(NormalizeMath(gold), NormalizeMath(answer), 0);
}

}  // namespace reasonwatch
