#include "baseline/grading/expression.h"

#include <algorithm>
#include <array>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include "absl/strings/ascii.h"
#include "core/strings.h"

namespace reasonwatch {
namespace {

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 Uint128;

constexpr size_t kMaxExpressionBytes = 4096;
constexpr int kMaxDepth = 48;
constexpr int kSamples = 16;
constexpr int kMinFiniteSamples = 3;
// Confirmed in high precision, at one point, where neither side is longer than
// this: hostile input stays cheap.
constexpr size_t kMaxPreciseBytes = 512;
// Cancellation may cost 15 of the 50 digits.
constexpr double kPreciseTolerance = 1e-35;

using Precise =
    boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>,
                                  boost::multiprecision::et_off>;

// A value at every sample point: a formula with variables is read once.
struct Lanes {
  std::array<double, kSamples> at{};

  Lanes() = default;
  explicit Lanes(double v) { at.fill(v); }
  Lanes& operator/=(const Lanes& b) {
    for (size_t i = 0; i < at.size(); ++i) at[i] /= b.at[i];
    return *this;
  }
};
template <typename Function>
Lanes Each(const Lanes& a, Function f) {
  Lanes out;
  for (size_t i = 0; i < out.at.size(); ++i) out.at[i] = f(a.at[i]);
  return out;
}
template <typename Function>
Lanes Each(const Lanes& a, const Lanes& b, Function f) {
  Lanes out;
  for (size_t i = 0; i < out.at.size(); ++i) out.at[i] = f(a.at[i], b.at[i]);
  return out;
}
Lanes operator+(const Lanes& a, const Lanes& b) {
  return Each(a, b, std::plus<>());
}
Lanes operator*(const Lanes& a, const Lanes& b) {
  return Each(a, b, std::multiplies<>());
}
Lanes operator/(const Lanes& a, const Lanes& b) {
  return Each(a, b, std::divides<>());
}
Lanes operator-(const Lanes& a) { return Each(a, std::negate<>()); }

template <typename Real>
Real Nan() {
  return Real(std::numeric_limits<double>::quiet_NaN());
}

template <typename Real>
Real ToReal(Int128 v) {
  if (v >= INT64_MIN && v <= INT64_MAX) return Real(static_cast<int64_t>(v));
  const bool negative = v < 0;
  const auto bits =
      negative ? -static_cast<Uint128>(v) : static_cast<Uint128>(v);
  const Real high = static_cast<Real>(static_cast<uint64_t>(bits >> 64));
  const Real low = static_cast<Real>(static_cast<uint64_t>(bits));
  const Real value = high * Real(0x1p64) + low;
  return negative ? Real(-value) : value;
}
template <>
Lanes ToReal<Lanes>(Int128 v) {
  return Lanes(static_cast<double>(v));
}

Int128 Gcd(Int128 a, Int128 b) {
  if (a < 0) a = -a;
  if (b < 0) b = -b;
  while (b != 0) {
    const Int128 t = a % b;
    a = b;
    b = t;
  }
  return a;
}

// Found for double; those of Precise by its namespace.
using std::abs, std::acos, std::asin, std::atan, std::ceil, std::cos, std::cosh,
    std::exp, std::floor, std::isfinite, std::log, std::log10, std::pow,
    std::sin, std::sinh, std::sqrt, std::tan, std::tanh, std::tgamma;

// The functions below for a value of any type, once for each lane.
template <typename Real, typename Function>
Real Apply(const Real& x, Function f) {
  if constexpr (std::is_same_v<Real, Lanes>) {
    return Each(x, f);
  } else {
    return Real(f(x));
  }
}

template <typename Real>
const Real& Pi() {
  static const Real& pi = *new Real(acos(Real(-1)));
  return pi;
}
template <>
const Lanes& Pi<Lanes>() {
  static const Lanes& pi = *new Lanes(std::acos(-1.0));
  return pi;
}
template <typename Real>
const Real& Euler() {
  static const Real& e = *new Real(exp(Real(1)));
  return e;
}
template <>
const Lanes& Euler<Lanes>() {
  static const Lanes& e = *new Lanes(std::exp(1.0));
  return e;
}

// A fraction while it fits, and always its approximation.
template <typename Real>
struct Value {
  Real approx = Nan<Real>();
  bool exact = false;
  Int128 num = 0;
  Int128 den = 1;
};

template <typename Real>
Value<Real> Approximate(Real v) {
  return {std::move(v), false, 0, 1};
}

template <typename Real>
Value<Real> Exact(Int128 num, Int128 den) {
  if (den == 0) return Approximate(Nan<Real>());
  const Real approx =
      den == 1 ? ToReal<Real>(num) : ToReal<Real>(num) / ToReal<Real>(den);
  constexpr Int128 kMin = -(Int128{1} << 126);
  constexpr Int128 kMax = Int128{1} << 126;
  // Leaves room to negate.
  if (num < kMin || num > kMax || den < kMin || den > kMax)
    return Approximate<Real>(approx);
  const Int128 g = Gcd(num, den);
  if (g > 1) {
    num /= g;
    den /= g;
  }
  if (den < 0) {
    num = -num;
    den = -den;
  }
  return {approx, true, num, den};
}

template <typename Real>
Value<Real> Multiply(const Value<Real>& a, const Value<Real>& b) {
  Int128 num, den;
  if (a.exact && b.exact && !__builtin_mul_overflow(a.num, b.num, &num) &&
      !__builtin_mul_overflow(a.den, b.den, &den))
    return Exact<Real>(num, den);
  return Approximate<Real>(a.approx * b.approx);
}

template <typename Real>
Value<Real> Divide(const Value<Real>& a, const Value<Real>& b) {
  if (b.exact && b.num != 0)
    return Multiply(
        a, Value<Real>{Real(1) / b.approx, true, b.num < 0 ? -b.den : b.den,
                       b.num < 0 ? -b.num : b.num});
  return Approximate<Real>(a.approx / b.approx);
}

template <typename Real>
Value<Real> Negate(const Value<Real>& a) {
  return {Real(-a.approx), a.exact, -a.num, a.den};
}

template <typename Real>
Value<Real> Add(const Value<Real>& a, const Value<Real>& b) {
  Int128 x, y, num, den;
  if (a.exact && b.exact && !__builtin_mul_overflow(a.num, b.den, &x) &&
      !__builtin_mul_overflow(b.num, a.den, &y) &&
      !__builtin_add_overflow(x, y, &num) &&
      !__builtin_mul_overflow(a.den, b.den, &den))
    return Exact<Real>(num, den);
  return Approximate<Real>(a.approx + b.approx);
}

template <typename Real>
Real IntegerPower(Real base, int exponent) {
  Real result(1);
  for (int n = std::abs(exponent); n > 0; n >>= 1) {
    if (n % 2 == 1) result = result * base;
    base = base * base;
  }
  return exponent < 0 ? Real(1) / result : result;
}

// An odd root of a negative number is real.
template <typename Real>
Real OddRoot(const Real& base, const Real& exponent, bool negative) {
  if (!(base < 0)) return pow(base, exponent);
  const Real magnitude = pow(Real(-base), exponent);
  return negative ? Real(-magnitude) : magnitude;
}
Lanes OddRoot(const Lanes& base, const Lanes& exponent, bool negative) {
  return Each(base, exponent, [negative](double b, double e) {
    return OddRoot(b, e, negative);
  });
}
Lanes pow(const Lanes& base, const Lanes& exponent) {
  return Each(base, exponent,
              [](double b, double e) { return std::pow(b, e); });
}

template <typename Real>
Value<Real> Power(const Value<Real>& base, const Value<Real>& exponent) {
  if (exponent.exact && exponent.den == 1 && exponent.num >= -128 &&
      exponent.num <= 128) {
    const int n = static_cast<int>(exponent.num);
    if (!base.exact) return Approximate<Real>(IntegerPower(base.approx, n));
    Value<Real> result = Exact<Real>(1, 1);
    for (int i = 0; i < std::abs(n); ++i) result = Multiply(result, base);
    return n < 0 ? Divide(Exact<Real>(1, 1), result) : result;
  }
  if (exponent.exact && exponent.den % 2 == 1)
    return Approximate<Real>(
        OddRoot(base.approx, exponent.approx, exponent.num % 2 != 0));
  return Approximate<Real>(pow(base.approx, exponent.approx));
}

std::optional<Int128> IntegerRoot(Int128 v) {
  if (v < 0) return std::nullopt;
  const auto root =
      static_cast<Int128>(std::llround(std::sqrt(static_cast<double>(v))));
  if (root < Int128{1} << 60 && root * root == v) return root;
  return std::nullopt;
}

template <typename Real>
Value<Real> SquareRoot(const Value<Real>& v) {
  if (v.exact) {
    const auto num = IntegerRoot(v.num);
    const auto den = IntegerRoot(v.den);
    if (num && den) return Exact<Real>(*num, *den);
  }
  return Approximate<Real>(
      Apply(v.approx, [](const auto& x) { return sqrt(x); }));
}

template <typename Real>
struct Function {
  std::string_view name;
  Real (*apply)(const Real&);
};
#define RW_EACH(expression)                                \
  [](const Real& v) {                                      \
    return Apply(v, [](const auto& x) {                    \
      return std::remove_cvref_t<decltype(x)>(expression); \
    });                                                    \
  }
template <typename Real>
constexpr std::array<Function<Real>, 24> kFunctions = {{
    {"arcsin", RW_EACH(asin(x))}, {"arccos", RW_EACH(acos(x))},
    {"arctan", RW_EACH(atan(x))}, {"asin", RW_EACH(asin(x))},
    {"acos", RW_EACH(acos(x))},   {"atan", RW_EACH(atan(x))},
    {"sinh", RW_EACH(sinh(x))},   {"cosh", RW_EACH(cosh(x))},
    {"tanh", RW_EACH(tanh(x))},   {"coth", RW_EACH(1 / tanh(x))},
    {"sin", RW_EACH(sin(x))},     {"cos", RW_EACH(cos(x))},
    {"tan", RW_EACH(tan(x))},     {"cot", RW_EACH(1 / tan(x))},
    {"sec", RW_EACH(1 / cos(x))}, {"csc", RW_EACH(1 / sin(x))},
    {"exp", RW_EACH(exp(x))},     {"ln", RW_EACH(log(x))},
    {"log", RW_EACH(log(x))},     {"lg", RW_EACH(log10(x))},
    {"abs", RW_EACH(abs(x))},     {"floor", RW_EACH(floor(x))},
    {"ceil", RW_EACH(ceil(x))},   {"sqrt", RW_EACH(sqrt(x))},
}};
#undef RW_EACH

template <typename Real>
const Function<Real>* FindFunction(std::string_view name) {
  for (const Function<Real>& f : kFunctions<Real>)
    if (f.name == name) return &f;
  return nullptr;
}

template <typename Real>
Real Inverse(std::string_view name, const Real& x) {
  for (const auto& [function, inverse] :
       {std::pair<std::string_view, std::string_view>{"sin", "asin"},
        {"cos", "acos"},
        {"tan", "atan"}})
    if (name == function) return FindFunction<Real>(inverse)->apply(x);
  return Nan<Real>();
}

// What decides how a formula is read: lane 0 for all, as only variables differ
// between lanes.
double First(const Lanes& v) { return v.at[0]; }
double First(double v) { return v; }
double First(const Precise& v) { return static_cast<double>(v); }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Recursive descent that evaluates as it reads; variables take the values of
// one sample point.
template <typename Real>
class Evaluator {
 public:
  Evaluator(std::string_view s, int sample) : s_(s), sample_(sample) {}

  std::optional<Value<Real>> Run() {
    if (s_.size() > kMaxExpressionBytes) return std::nullopt;
    const Value<Real> v = Sum();
    SkipSpace();
    if (failed_ || i_ != s_.size()) return std::nullopt;
    return v;
  }
  bool has_variables() const { return has_variables_; }

 private:
  Value<Real> Fail() {
    failed_ = true;
    i_ = s_.size();
    return {};
  }
  void SkipSpace() {
    while (i_ < s_.size() && absl::ascii_isspace(Byte(i_))) ++i_;
  }
  unsigned char Byte(size_t i) const {
    return static_cast<unsigned char>(s_[i]);
  }
  char Peek() {
    SkipSpace();
    return i_ < s_.size() ? s_[i_] : '\0';
  }
  bool Take(char c) {
    if (Peek() != c) return false;
    ++i_;
    return true;
  }

  Value<Real> Sum() {
    if (++depth_ > kMaxDepth) return Fail();
    Value<Real> v = Product();
    while (!failed_) {
      if (Take('+')) {
        v = Add(v, Product());
      } else if (Take('-')) {
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
      if (Take('-')) {
        negative = !negative;
      } else if (!Take('+')) {
        break;
      }
    }
    const Value<Real> v = Raised();
    return negative ? Negate(v) : v;
  }

  Value<Real> Raised() {
    if (++depth_ > kMaxDepth) return Fail();
    Value<Real> v = Primary();
    while (Take('!')) {
      if (v.exact && (v.num < 0 || v.num > 170 * v.den)) return Fail();
      if (v.exact && v.den == 1 && v.num <= 30) {
        Value<Real> product = Exact<Real>(1, 1);
        for (Int128 k = 2; k <= v.num; ++k)
          product = Multiply(product, Exact<Real>(k, 1));
        v = product;
      } else {
        v = Approximate<Real>(Apply(v.approx, [](const auto& x) {
          using T = std::remove_cvref_t<decltype(x)>;
          return x < 0 || x > 170 ? Nan<T>() : T(tgamma(T(x + 1)));
        }));
      }
    }
    if (!failed_ && Take('^')) v = Power(v, Exponent());
    --depth_;
    return v;
  }

  Value<Real> Exponent() {
    const bool negative = Take('-');
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
    if (!Take(open)) return Fail();
    const int bars = bars_;
    bars_ = 0;
    const Value<Real> v = Sum();
    bars_ = bars;
    if (!Take(close)) return Fail();
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
      if (!Take('|')) return Fail();
      if (v.exact) return v.num < 0 ? Negate(v) : v;
      return Approximate<Real>(
          Apply(v.approx, [](const auto& x) { return abs(x); }));
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
  bool TakeThousands(std::string* digits) {
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
    if (scale > 300 || digits.size() > 400) return Fail();
    constexpr size_t kFits = 36;  // digits in 128 bits
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
    if (!digits.empty()) TakeThousands(&digits);
    int scale = 0;
    const bool point = i_ < s_.size() && s_[i_] == '.';
    if (point) {
      ++i_;
      const std::string_view fraction = Digits();
      whole = fraction.empty();
      digits.append(fraction);
      scale = -static_cast<int>(std::min<size_t>(fraction.size(), 1000));
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
      const bool braced = Take('{');
      SkipSpace();
      const std::string_view digits = Digits();
      if (!digits.empty() && digits.size() <= 9 && (!braced || Take('}')))
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
        k.num < 0 || k.num > 1000 || n.num < k.num)
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
    if (Take('_')) base = Argument();
    if (Take('^')) power = Exponent();
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
    while (j < s_.size() && absl::ascii_isspace(Byte(j))) ++j;
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
    if (Take('_')) {
      key += '_';
      if (Take('{')) {
        while (i_ < s_.size() && s_[i_] != '}') key += s_[i_++];
        if (!Take('}')) return Fail();
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
    // others tell |x| from x, one of them for every variable.
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

// Digits after the decimal point of a plain decimal with at least four
// significant digits and three decimals: precise enough to be a rounded value.
std::optional<int> RoundedDecimals(std::string_view s) {
  int decimals = -1;
  int significant = 0;
  for (char c : s) {
    if (c == '.') {
      if (decimals >= 0) return std::nullopt;
      decimals = 0;
    } else if (IsDigit(c)) {
      if (decimals >= 0) ++decimals;
      if (significant > 0 || c != '0') ++significant;
    } else if (c != '-' && c != ' ' && c != '+') {
      return std::nullopt;
    }
  }
  if (decimals < 3 || significant < 4) return std::nullopt;
  return decimals;
}

bool Near(double a, double b, double tolerance) {
  return std::abs(a - b) <= tolerance * std::max(std::abs(a), std::abs(b)) ||
         (std::abs(a) < 1e-13 && std::abs(b) < 1e-13);
}

// Do two formulas that agree in double precision also agree in 50 digits? A
// formula with a decimal in it may have been rounded: its word is taken.
bool PreciselySame(std::string_view a, std::string_view b, int sample) {
  if (a.size() > kMaxPreciseBytes || b.size() > kMaxPreciseBytes ||
      a.find('.') != std::string_view::npos ||
      b.find('.') != std::string_view::npos)
    return true;
  const auto x = Evaluator<Precise>(a, sample).Run();
  const auto y = Evaluator<Precise>(b, sample).Run();
  if (!x || !y) return false;
  if (!isfinite(x->approx) || !isfinite(y->approx)) return true;
  const Precise difference = abs(x->approx - y->approx);
  // Near zero there is nothing to be relative to.
  return difference <= kPreciseTolerance * (abs(x->approx) + abs(y->approx)) ||
         difference < 1e-40;
}

bool SameConstant(std::string_view a, const Value<double>& x,
                  std::string_view b, const Value<double>& y) {
  if (!std::isfinite(x.approx) || !std::isfinite(y.approx)) return false;
  if (x.exact && y.exact && x.num == y.num && x.den == y.den) return true;
  for (const std::string_view s : {a, b})
    if (const auto decimals = RoundedDecimals(s))
      if (std::abs(x.approx - y.approx) <=
              0.5000001 * std::pow(10.0, -*decimals) ||
          Near(x.approx, y.approx, 1e-14))
        return true;
  return !(x.exact && y.exact) && Near(x.approx, y.approx, 1e-9) &&
         PreciselySame(a, b, 0);
}

}  // namespace

bool IsExpression(std::string_view s) {
  return Evaluator<double>(s, 0).Run().has_value();
}

bool SameExpression(std::string_view a, std::string_view b) {
  {
    Evaluator<double> left(a, 0), right(b, 0);
    const auto x = left.Run();
    if (!x) return false;
    const auto y = right.Run();
    if (!y) return false;
    if (!left.has_variables() && !right.has_variables())
      return SameConstant(a, *x, b, *y);
    if (std::isfinite(x->approx) && std::isfinite(y->approx) &&
        !Near(x->approx, y->approx, 1e-8))
      return false;
  }
  const auto x = Evaluator<Lanes>(a, 0).Run();
  const auto y = Evaluator<Lanes>(b, 0).Run();
  if (!x || !y) return false;
  int finite = 0;
  int finite_sample = 0;
  for (int sample = 0; sample < kSamples; ++sample) {
    const double u = x->approx.at[static_cast<size_t>(sample)];
    const double v = y->approx.at[static_cast<size_t>(sample)];
    if (std::isfinite(u) != std::isfinite(v)) return false;
    if (!std::isfinite(u)) continue;
    if (!Near(u, v, 1e-8)) return false;
    ++finite;
    finite_sample = sample;
  }
  return finite >= kMinFiniteSamples && PreciselySame(a, b, finite_sample);
}

bool ProportionalExpressions(std::string_view a, std::string_view b) {
  Evaluator<Lanes> left(a, 0), right(b, 0);
  const auto x = left.Run();
  const auto y = right.Run();
  if (!x || !y || !left.has_variables() || !right.has_variables()) return false;
  std::optional<double> ratio;
  int compared = 0;
  for (size_t i = 0; i < x->approx.at.size(); ++i) {
    const double u = x->approx.at[i];
    const double v = y->approx.at[i];
    if (std::isfinite(u) != std::isfinite(v)) return false;
    if (!std::isfinite(u)) continue;
    if (std::abs(v) < 1e-12) return false;
    const double r = u / v;
    if (std::abs(r) < 1e-12) return false;
    if (ratio && !Near(*ratio, r, 1e-8)) return false;
    ratio = r;
    ++compared;
  }
  return compared >= kMinFiniteSamples;
}

bool IsHundredfold(std::string_view a, std::string_view b) {
  Evaluator<double> left(a, 0), right(b, 0);
  const auto x = left.Run();
  const auto y = right.Run();
  return x && y && !left.has_variables() && !right.has_variables() &&
         std::isfinite(x->approx) && Near(x->approx, 100 * y->approx, 1e-9);
}

std::vector<std::string> NumberLiterals(std::string_view s) {
  std::vector<std::string> literals;
  for (size_t i = 0; i < s.size();) {
    if (!IsDigit(s[i])) {
      ++i;
      continue;
    }
    const size_t begin = i;
    while (i < s.size() && (IsDigit(s[i]) || s[i] == '.')) ++i;
    literals.emplace_back(s.substr(begin, i - begin));
  }
  std::sort(literals.begin(), literals.end());
  return literals;
}

}  // namespace reasonwatch
