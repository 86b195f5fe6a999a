// SPDX-License-Identifier: Apache-2.0
// Formulas of whole numbers, evaluated as they are read: from "or" over "and",
// comparison, sum, product and power down to atoms and calls, a method each.
// The first error is kept and ends the reading; arithmetic that would overflow
// is an error, never a wrong number.
#include <algorithm>
#include <limits>
#include <numeric>

#include "absl/strings/str_format.h"
#include "baseline/variants/variants.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

// Bounds on the stack and the time that a template may take; its formula is a
// line.
constexpr int kMaxDepth = 32;
constexpr size_t kMaxFormulaBytes = 1024;  // several times the longest

using ascii::IsDigit;

// A formula is a line or a few of a template; a carriage return or a form feed
// in it is a mistake, and reported as one.
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n'; }
bool IsName(char c) { return ascii::IsLower(c) || c == '_'; }

class Parser {
 public:
  Parser(std::string_view s, const std::map<std::string, int64_t>& values)
      : s_(s), values_(values) {}

  absl::StatusOr<int64_t> Run() {
    if (s_.size() > kMaxFormulaBytes)
      return absl::InvalidArgumentError("formula over 1 KiB");
    const int64_t v = Or();
    if (Peek() != '\0') Syntax("what follows is no operator");
    if (!error_.ok()) return error_;
    return v;
  }

 private:
  void Syntax(std::string_view what) {
    if (error_.ok())
      error_ = absl::InvalidArgumentError(
          absl::StrFormat("formula, character %d: %s", i_ + 1, what));
  }
  void Range(std::string_view what) {
    if (error_.ok()) error_ = absl::OutOfRangeError(std::string(what));
  }
  char Peek() {
    while (i_ < s_.size() && IsBlank(s_[i_])) ++i_;
    return !error_.ok() || i_ >= s_.size() ? '\0' : s_[i_];
  }
  bool Skip(std::string_view sign) {
    if (Peek() == '\0' || s_.substr(i_, sign.size()) != sign) return false;
    i_ += sign.size();
    return true;
  }

  int64_t Or() {
    int64_t v = And();
    while (Skip("|")) {
      const int64_t w = And();
      v = v != 0 || w != 0;
    }
    return v;
  }
  int64_t And() {
    int64_t v = Comparison();
    while (Skip("&")) {
      const int64_t w = Comparison();
      v = v != 0 && w != 0;
    }
    return v;
  }
  int64_t Comparison() {
    const int64_t v = Sum();
    if (Skip("!=")) return v != Sum();
    if (Skip("<=")) return v <= Sum();
    if (Skip(">=")) return v >= Sum();
    if (Skip("=")) return v == Sum();
    if (Skip("<")) return v < Sum();
    if (Skip(">")) return v > Sum();
    return v;
  }
  int64_t Sum() {
    if (++depth_ > kMaxDepth) Syntax("nested too deeply");
    int64_t v = Product();
    while (error_.ok()) {
      const bool plus = Skip("+");
      if (!plus && !Skip("-")) break;
      const int64_t w = Product();
      const bool over = plus ? __builtin_add_overflow(v, w, &v)
                             : __builtin_sub_overflow(v, w, &v);
      if (over) Range("a sum beyond 63 bits");
    }
    --depth_;
    return v;
  }
  int64_t Product() {
    int64_t v = Power();
    while (error_.ok()) {
      if (Skip("*")) {
        if (__builtin_mul_overflow(v, Power(), &v))
          Range("a product beyond 63 bits");
      } else if (Skip("/")) {
        const int64_t w = Power();
        if (!Divides(v, w)) break;
        if (v % w != 0) Range("an inexact division");
        v /= w;
      } else if (Skip("%")) {
        const int64_t w = Power();
        if (!Divides(v, w)) break;
        v %= w;
        if (v < 0) v += w < 0 ? -w : w;
      } else {
        break;
      }
    }
    return v;
  }
  bool Divides(int64_t v, int64_t w) {
    if (w == 0 || (w == -1 && v == std::numeric_limits<int64_t>::min()))
      Range("a division by zero");
    return error_.ok();
  }
  int64_t Power() {
    const int64_t base = Factor();
    if (!Skip("^")) return base;
    const int64_t exponent = Factor();
    if (exponent < 0 || exponent > 63) {
      Range("an exponent outside 0 to 63");
      return 0;
    }
    int64_t v = 1;
    for (int64_t k = 0; k < exponent; ++k)
      if (__builtin_mul_overflow(v, base, &v)) Range("a power beyond 63 bits");
    return v;
  }
  int64_t Factor() {
    if (++depth_ > kMaxDepth) Syntax("nested too deeply");
    const int64_t v = Atom();
    --depth_;
    return v;
  }
  int64_t Atom() {
    const char c = Peek();
    if (Skip("(")) {
      const int64_t v = Or();
      if (!Skip(")")) Syntax("a closing parenthesis is missing");
      return v;
    }
    if (Skip("-")) {
      const int64_t v = Factor();
      if (v == std::numeric_limits<int64_t>::min())
        Range("a number beyond 63 bits");
      return error_.ok() ? -v : 0;
    }
    if (IsDigit(c)) {
      int64_t v = 0;
      while (i_ < s_.size() && IsDigit(s_[i_])) {
        if (__builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, s_[i_] - '0', &v))
          Range("a number beyond 63 bits");
        ++i_;
      }
      return v;
    }
    if (!IsName(c)) {
      Syntax("a number, a name or ( should stand here");
      return 0;
    }
    const size_t begin = i_;
    while (i_ < s_.size() && (IsName(s_[i_]) || IsDigit(s_[i_]))) ++i_;
    const std::string name(s_.substr(begin, i_ - begin));
    if (Skip("(")) return Call(name);
    const auto it = values_.find(name);
    if (it == values_.end()) {
      Syntax("unknown name " + name);
      return 0;
    }
    return it->second;
  }
  int64_t Call(const std::string& name) {
    const int64_t a = Or();
    int64_t b = 0;
    if (name != "abs") {
      if (!Skip(",")) Syntax(name + " takes two arguments");
      b = Or();
    }
    if (!Skip(")")) Syntax("a closing parenthesis is missing");
    if (!error_.ok()) return 0;
    if (name == "min") return std::min(a, b);
    if (name == "max") return std::max(a, b);
    constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
    if (a < -kMost || b < -kMost) {
      Range("a number beyond 63 bits");
      return 0;
    }
    if (name == "abs") return a < 0 ? -a : a;
    if (name == "gcd") return std::gcd(a, b);
    if (name == "lcm") {
      if (a == 0 || b == 0) return 0;
      int64_t v = 0;
      if (__builtin_mul_overflow(a / std::gcd(a, b), b, &v) || v < -kMost)
        Range("a product beyond 63 bits");
      return v < 0 ? -v : v;
    }
    if (name == "floor" || name == "ceil") {
      if (!Divides(a, b) || b == 0) return 0;
      const int64_t quotient = a / b;
      const bool inexact = a % b != 0;
      const bool negative = (a < 0) != (b < 0);
      if (name == "floor") return quotient - (inexact && negative);
      return quotient + (inexact && !negative);
    }
    Syntax("unknown function " + name);
    return 0;
  }

  const std::string_view s_;
  const std::map<std::string, int64_t>& values_;
  size_t i_ = 0;
  int depth_ = 0;
  absl::Status error_;
};

}  // namespace

absl::StatusOr<int64_t> EvaluateFormula(
    std::string_view formula, const std::map<std::string, int64_t>& values) {
  return Parser(formula, values).Run();
}

}  // namespace reasonwatch
