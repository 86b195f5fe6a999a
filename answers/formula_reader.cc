// SPDX-License-Identifier: Apache-2.0
// Recursive descent that evaluates as it reads: no tree is built, as a formula
// is compared by its value alone. A formula is a sum of products of signed,
// raised factors; a factor is a number, a group, a command, a function or a
// variable. The class has its methods in that order: places in the text, sums
// down to factors, then numbers, commands, functions, variables. Any mistake
// ends the reading at once (Fail()).
#include "answers/formula_reader.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "answers/functions.h"
#include "util/ascii.h"
#include "util/strings.h"

namespace reasonwatch::formula {
namespace {

using ascii::IsDigit;
using ascii::IsLetter;

// An answer is a line; these bound the time and the stack that hostile input
// may take.
constexpr size_t kMaxFormulaBytes = 4096;
constexpr int kMaxDepth = 48;  // calls of Sum(), Raised() and Call()
// 30! has 108 bits, so that some products of it still fit in 126.
constexpr int kMaxExactFactorial = 30;
constexpr size_t kFits = 36;  // decimal digits that fit in 126 bits
// A double ends at 10^308; more digits than 400 are no answer.
constexpr int kMaxScale = 300;
constexpr size_t kMaxDigits = 400;  // before and behind the point
// Digits of a fraction that count for its scale; kMaxDigits refuses more.
constexpr size_t kMaxFraction = 1000;
constexpr size_t kMaxPeriod = 9;  // of a repeating decimal: 10^9 - 1 is exact
// Chosen of a binomial; each costs a product.
constexpr int kMaxChosen = 1000;

// The number that decides how a formula is read. For Lanes that is lane 0, as
// only variables differ between lanes, and none of them is asked.
double First(const Lanes& v) { return v.at[0]; }
double First(double v) { return v; }
double First(const Precise& v) { return static_cast<double>(v); }

template <typename Real>
class FormulaReader {
 public:
  FormulaReader(std::string_view s, int sample) : s_(s), sample_(sample) {}

  std::optional<Reading<Real>> Run() {
    if (s_.size() > kMaxFormulaBytes) return std::nullopt;
    Value<Real> v = Sum();
    SkipSpace();
    if (failed_ || i_ != s_.size()) return std::nullopt;
    return Reading<Real>{std::move(v), has_variables_};
  }

 private:
  Value<Real> Fail() {
    failed_ = true;
    i_ = s_.size();
    return {};
  }
  void SkipSpace() {
    while (i_ < s_.size() && ascii::IsSpace(s_[i_])) ++i_;
  }
  char Peek() {
    SkipSpace();
    return i_ < s_.size() ? s_[i_] : '\0';
  }
  bool Skip(char c) {
    if (Peek() != c) return false;
    ++i_;
    return true;
  }

  Value<Real> Sum() {
    if (++depth_ > kMaxDepth) return Fail();
    Value<Real> v = Product();
    while (!failed_) {
      if (Skip('+')) {
        v = Add(v, Product());
      } else if (Skip('-')) {
        v = Add(v, Negate(Product()));
      } else {
        break;
      }
    }
    --depth_;
    return v;
  }

  Value<Real> Product() {
    Value<Real> v = Signed();
    while (!failed_) {
      const char c = Peek();
      if (c == '*') {
        ++i_;
        v = Multiply(v, Signed());
      } else if (c == '/' || c == ':') {
        ++i_;
        v = Divide(v, Signed());
      } else if (StartsFactor(c) && !IsDigit(c) && !AtCommand("rfloor") &&
                 !AtCommand("rceil")) {
        v = Multiply(v, Raised());
      } else {
        break;
      }
    }
    return v;
  }

  Value<Real> Signed() {
    bool negative = false;
    while (!failed_) {
      if (Skip('-')) {
        negative = !negative;
      } else if (!Skip('+')) {
        break;
      }
    }
    const Value<Real> v = Raised();
    return negative ? Negate(v) : v;
  }

  Value<Real> Raised() {
    if (++depth_ > kMaxDepth) return Fail();
    Value<Real> v = Primary();
    while (Skip('!')) {
      if (v.exact && (v.num < 0 || v.num > kMaxFactorial * v.den))
        return Fail();
      if (v.exact && v.den == 1 && v.num <= kMaxExactFactorial) {
        Value<Real> product = Exact<Real>(1, 1);
        for (Int128 k = 2; k <= v.num; ++k)
          product = Multiply(product, Exact<Real>(k, 1));
        v = product;
      } else {
        v = Approximate<Real>(Factorial(v.approx));
      }
    }
    if (!failed_ && Skip('^')) v = Power(v, Exponent());
    --depth_;
    return v;
  }

  Value<Real> Exponent() {
    const bool negative = Skip('-');
    const Value<Real> v = Raised();
    return negative ? Negate(v) : v;
  }

  bool StartsFactor(char c) const {
    return IsDigit(c) || IsLetter(c) || c == '(' || c == '[' || c == '{' ||
           c == '\\' || c == '.' || (c == '|' && bars_ == 0);
  }

  bool AtCommand(std::string_view name) const {
    const std::string_view rest = s_.substr(i_);
    return rest.size() > name.size() && rest[0] == '\\' &&
           rest.substr(1, name.size()) == name;
  }

  Value<Real> Group(char open, char close) {
    if (!Skip(open)) return Fail();
    const int bars = bars_;
    bars_ = 0;
    const Value<Real> v = Sum();
    bars_ = bars;
    if (!Skip(close)) return Fail();
    return v;
  }

  // The argument of \frac or \sqrt: a group, or a single digit or letter.
  Value<Real> Argument() {
    const char c = Peek();
    if (c == '{') return Group('{', '}');
    if (IsDigit(c)) {
      ++i_;
      return Exact<Real>(c - '0', 1);
    }
    return Primary();
  }

  Value<Real> Primary() {
    if (failed_) return {};
    const char c = Peek();
    if (IsDigit(c) || c == '.') return Number();
    if (c == '(') return Group('(', ')');
    if (c == '[') return Group('[', ']');
    if (c == '{') return Group('{', '}');
    if (c == '|') {
      ++i_;
      ++bars_;
      const Value<Real> v = Sum();
      --bars_;
      if (!Skip('|')) return Fail();
      if (v.exact) return v.num < 0 ? Negate(v) : v;
      return Approximate<Real>(FindFunction<Real>("abs")->apply(v.approx));
    }
    if (c == '\\') return Command();
    if (IsLetter(c)) return Word();
    return Fail();
  }

  std::string_view Digits() {
    const size_t begin = i_;
    while (i_ < s_.size() && IsDigit(s_[i_])) ++i_;
    return s_.substr(begin, i_ - begin);
  }

  // n groups of ",ddd" or " ddd" after the first digits.
  bool SkipThousands(std::string* digits) {
    const char separator = i_ < s_.size() ? s_[i_] : '\0';
    if ((separator != ',' && separator != ' ') || digits->size() > 3 ||
        (*digits)[0] == '0')
      return false;
    bool taken = false;
    while (i_ + 4 <= s_.size() && s_[i_] == separator && IsDigit(s_[i_ + 1]) &&
           IsDigit(s_[i_ + 2]) && IsDigit(s_[i_ + 3]) &&
           (i_ + 4 == s_.size() || !IsDigit(s_[i_ + 4]))) {
      digits->append(s_.substr(i_ + 1, 3));
      i_ += 4;
      taken = true;
    }
    return taken;
  }

  Value<Real> FromDigits(std::string_view digits, int scale) {
    if (scale > kMaxScale || digits.size() > kMaxDigits) return Fail();
    Int128 head = 0;
    for (char d : digits.substr(0, kFits)) head = head * 10 + (d - '0');
    Value<Real> v = Exact<Real>(head, 1);
    if (scale == 0 && digits.size() <= kFits) return v;
    const Value<Real> ten = Exact<Real>(10, 1);
    if (digits.size() > kFits)
      for (char d : digits.substr(kFits))
        v = Add(Multiply(v, ten), Exact<Real>(d - '0', 1));
    return Multiply(v, Power(ten, Exact<Real>(scale, 1)));
  }

  Value<Real> Number() {
    std::string digits(Digits());
    bool whole = true;
    if (!digits.empty()) SkipThousands(&digits);
    int scale = 0;
    const bool point = i_ < s_.size() && s_[i_] == '.';
    if (point) {
      ++i_;
      const std::string_view fraction = Digits();
      whole = fraction.empty();
      digits.append(fraction);
      scale = -static_cast<int>(std::min(fraction.size(), kMaxFraction));
    }
    if (digits.empty()) return Fail();
    if (point)
      if (const std::string_view period = Period(); !period.empty())
        return Repeating(digits, scale, period);
    if (i_ + 1 < s_.size() && (s_[i_] == 'e' || s_[i_] == 'E')) {
      const size_t mark = i_;
      ++i_;
      const bool minus = s_[i_] == '-';
      if (minus || s_[i_] == '+') ++i_;
      const std::string_view exponent = Digits();
      if (exponent.empty() || exponent.size() > 3) {
        i_ = mark;
      } else {
        int e = 0;
        for (char d : exponent) e = e * 10 + (d - '0');
        scale += minus ? -e : e;
        whole = false;
      }
    }
    const Value<Real> v = FromDigits(digits, scale);
    return whole ? Mixed(v) : v;
  }

  // The digits of "\overline{142857}", "\bar 3" behind a decimal point.
  std::string_view Period() {
    if (i_ == 0 || s_[i_ - 1] == ' ' || i_ >= s_.size() || s_[i_] != '\\')
      return {};
    const size_t mark = i_;
    for (std::string_view name : {"overline", "bar", "dot"}) {
      if (!AtCommand(name)) continue;
      i_ += 1 + name.size();
      const bool braced = Skip('{');
      SkipSpace();
      const std::string_view digits = Digits();
      if (!digits.empty() && digits.size() <= kMaxPeriod &&
          (!braced || Skip('}')))
        return digits;
    }
    i_ = mark;
    return {};
  }
  Value<Real> Repeating(std::string_view digits, int scale,
                        std::string_view period) {
    Value<Real> nines = Exact<Real>(1, 1);
    for (size_t i = 0; i < period.size(); ++i)
      nines = Multiply(nines, Exact<Real>(10, 1));
    nines = Add(nines, Exact<Real>(-1, 1));
    const Value<Real> tail =
        Multiply(Divide(FromDigits(period, 0), nines),
                 Power(Exact<Real>(10, 1), Exact<Real>(scale, 1)));
    return Add(FromDigits(digits, scale), tail);
  }

  // "3 1/2" and "3\frac{1}{2}" are sums, as nobody writes a product of two
  // numbers that way.
  Value<Real> Mixed(const Value<Real>& v) {
    const size_t mark = i_;
    SkipSpace();
    const bool plain = i_ > mark && i_ < s_.size() && IsDigit(s_[i_]);
    if (plain) {
      const std::string_view num = Digits();
      if (i_ < s_.size() && s_[i_] == '/') {
        ++i_;
        const std::string_view den = Digits();
        if (!den.empty())
          return Add(v, Divide(FromDigits(num, 0), FromDigits(den, 0)));
      }
    } else if (s_.substr(i_, 5) == "\\frac" && i_ + 6 < s_.size() &&
               IsDigit(s_[i_ + 5]) && IsDigit(s_[i_ + 6])) {
      const Value<Real> fraction = Primary();
      return First(fraction.approx) < 1 ? Add(v, fraction)
                                        : Multiply(v, fraction);
    } else if (s_.substr(i_, 6) == "\\frac{") {
      size_t j = i_ + 6;
      while (j < s_.size() && IsDigit(s_[j])) ++j;
      if (j > i_ + 6 && s_.substr(j, 2) == "}{") {
        size_t k = j + 2;
        while (k < s_.size() && IsDigit(s_[k])) ++k;
        if (k > j + 2 && k < s_.size() && s_[k] == '}') {
          const Value<Real> fraction = Primary();
          if (First(fraction.approx) < 1) return Add(v, fraction);
          return Multiply(v, fraction);
        }
      }
    }
    i_ = mark;
    return v;
  }

  Value<Real> Command() {
    ++i_;
    const size_t begin = i_;
    while (i_ < s_.size() && IsLetter(s_[i_])) ++i_;
    return Named(s_.substr(begin, i_ - begin), /*command=*/true);
  }

  Value<Real> Named(std::string_view name, bool command) {
    if (command && name == "frac") {
      const Value<Real> num = Argument();
      return Divide(num, Argument());
    }
    if (name == "sqrt") {
      if (command && Peek() == '[') {
        const Value<Real> n = Group('[', ']');
        return Power(Argument(), Divide(Exact<Real>(1, 1), n));
      }
      return SquareRoot(Argument());
    }
    if (command && name == "binom") {
      const Value<Real> n = Argument();
      return Binomial(n, Argument());
    }
    if (command && (name == "lfloor" || name == "lceil")) {
      const bool down = name == "lfloor";
      const Value<Real> v = Sum();
      const std::string_view end = down ? "\\rfloor" : "\\rceil";
      SkipSpace();
      if (s_.substr(i_, end.size()) != end) return Fail();
      i_ += end.size();
      return Approximate<Real>(
          FindFunction<Real>(down ? "floor" : "ceil")->apply(v.approx));
    }
    if (name == "pi") return Approximate<Real>(Pi<Real>());
    if (const Function<Real>* f = FindFunction<Real>(name)) return Call(*f);
    if (command && name.size() > 1) return Variable(name);
    return Fail();
  }

  Value<Real> Binomial(const Value<Real>& n, const Value<Real>& k) {
    if (failed_ || !n.exact || !k.exact || n.den != 1 || k.den != 1 ||
        k.num < 0 || k.num > kMaxChosen || n.num < k.num)
      return Fail();
    Value<Real> v = Exact<Real>(1, 1);
    for (Int128 j = 1; j <= k.num; ++j)
      v = Divide(Multiply(v, Exact<Real>(n.num - k.num + j, 1)),
                 Exact<Real>(j, 1));
    return v;
  }

  // \sin^2 x, \log_2(8), \sin 2x, sin(x).
  Value<Real> Call(const Function<Real>& f) {
    if (++depth_ > kMaxDepth) return Fail();
    std::optional<Value<Real>> base, power;
    if (Skip('_')) base = Argument();
    if (Skip('^')) power = Exponent();
    Value<Real> argument;
    const char c = Peek();
    if (c == '(' || c == '{' || c == '[') {
      argument = Primary();
    } else {
      argument = Raised();
      while (!failed_ && (IsLetter(Peek()) || Peek() == '\\') && !AtFunction())
        argument = Multiply(argument, Raised());
    }
    --depth_;
    if (failed_) return {};
    Real v = f.apply(argument.approx);
    if (f.name == "exp")
      return Power(Approximate<Real>(Euler<Real>()), argument);  // as e^x is
    if (base) v /= FindFunction<Real>("ln")->apply(base->approx);
    if (!power) return Approximate<Real>(v);
    if (power->exact && power->num == -1 && power->den == 1)
      return Approximate<Real>(Inverse(f.name, argument.approx));
    return Power(Approximate<Real>(v), *power);
  }

  bool AtFunction() const {
    size_t j = i_;
    while (j < s_.size() && ascii::IsSpace(s_[j])) ++j;
    if (j < s_.size() && s_[j] == '\\') ++j;
    const size_t begin = j;
    while (j < s_.size() && IsLetter(s_[j])) ++j;
    const std::string_view name = s_.substr(begin, j - begin);
    return FindFunction<Real>(name) != nullptr || name == "frac";
  }

  Value<Real> Word() {
    const size_t begin = i_;
    while (i_ < s_.size() && IsLetter(s_[i_])) ++i_;
    const std::string_view word = s_.substr(begin, i_ - begin);
    if (word == "pi" || FindFunction<Real>(word)) return Named(word, false);
    // A longer run of letters is a word; as a product of letters "listen"
    // would equal "silent".
    if (word.size() > 2) return Fail();
    i_ = begin + 1;
    return word[0] == 'e' ? Approximate<Real>(Euler<Real>())
                          : Variable(word.substr(0, 1));
  }

  Value<Real> Variable(std::string_view name) {
    std::string key(name);
    if (Skip('_')) {
      key += '_';
      if (Skip('{')) {
        while (i_ < s_.size() && s_[i_] != '}') key += s_[i_++];
        if (!Skip('}')) return Fail();
      } else {
        if (Peek() == '\0') return Fail();
        key += s_[i_++];
        // "theta" of x_\theta.
        if (key.back() == '\\')
          while (i_ < s_.size() && IsLetter(s_[i_])) key += s_[i_++];
      }
    }
    has_variables_ = true;
    if constexpr (std::is_same_v<Real, Lanes>) {
      Lanes v;
      for (int i = 0; i < kSamples; ++i)
        v.at[static_cast<size_t>(i)] = SamplePoint(key, i);
      return Approximate<Real>(v);
    } else {
      return Approximate<Real>(Real(SamplePoint(key, sample_)));
    }
  }

  static double SamplePoint(std::string_view name, int sample) {
    const uint64_t hash = StableHash(name, static_cast<uint64_t>(sample) + 1);
    const double unit = static_cast<double>(hash >> 11) * 0x1p-53;
    // Half of the points are all positive, as roots and logarithms need; the
    // others part |x| from x, one of them for every variable.
    const double v = 0.05 + 2 * unit * unit;
    return sample == 1 || (sample % 2 == 1 && (hash & 1) != 0) ? -v : v;
  }

  const std::string_view s_;
  const int sample_;
  size_t i_ = 0;
  int depth_ = 0;
  int bars_ = 0;
  bool failed_ = false;
  bool has_variables_ = false;
};

}  // namespace

template <typename Real>
std::optional<Reading<Real>> ReadFormula(std::string_view s, int sample) {
  return FormulaReader<Real>(s, sample).Run();
}

template std::optional<Reading<double>> ReadFormula(std::string_view, int);
template std::optional<Reading<Lanes>> ReadFormula(std::string_view, int);
template std::optional<Reading<Precise>> ReadFormula(std::string_view, int);

}  // namespace reasonwatch::formula
