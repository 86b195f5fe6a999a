#include "baseline/grading/expression.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "core/strings.h"

namespace reasonwatch {
namespace {

__extension__ typedef __int128 Int128;

constexpr size_t kMaxExpressionBytes = 4096;
constexpr int kMaxDepth = 48;
constexpr int kSamples = 16;
constexpr int kMinFiniteSamples = 3;
constexpr double kPi = 3.14159265358979323846;
constexpr double kE = 2.71828182845904523536;

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

// A fraction while it fits, and always its approximation.
struct Value {
  double approx = std::numeric_limits<double>::quiet_NaN();
  bool exact = false;
  Int128 num = 0;
  Int128 den = 1;
};

Value Approximate(double v) { return {v, false, 0, 1}; }

Value Exact(Int128 num, Int128 den) {
  if (den == 0) return Approximate(std::numeric_limits<double>::quiet_NaN());
  const double approx = static_cast<double>(num) / static_cast<double>(den);
  constexpr Int128 kMin = -(Int128{1} << 126);
  constexpr Int128 kMax = Int128{1} << 126;
  // Leaves room to negate.
  if (num < kMin || num > kMax || den < kMin || den > kMax)
    return Approximate(approx);
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

Value Multiply(const Value& a, const Value& b) {
  Int128 num, den;
  if (a.exact && b.exact && !__builtin_mul_overflow(a.num, b.num, &num) &&
      !__builtin_mul_overflow(a.den, b.den, &den))
    return Exact(num, den);
  return Approximate(a.approx * b.approx);
}

Value Divide(const Value& a, const Value& b) {
  if (b.exact && b.num != 0)
    return Multiply(a, {1 / b.approx, true, b.num < 0 ? -b.den : b.den,
                        b.num < 0 ? -b.num : b.num});
  return Approximate(a.approx / b.approx);
}

Value Negate(const Value& a) { return {-a.approx, a.exact, -a.num, a.den}; }

Value Add(const Value& a, const Value& b) {
  Int128 x, y, num, den;
  if (a.exact && b.exact && !__builtin_mul_overflow(a.num, b.den, &x) &&
      !__builtin_mul_overflow(b.num, a.den, &y) &&
      !__builtin_add_overflow(x, y, &num) &&
      !__builtin_mul_overflow(a.den, b.den, &den))
    return Exact(num, den);
  return Approximate(a.approx + b.approx);
}

Value Power(const Value& base, const Value& exponent) {
  if (exponent.exact && exponent.den == 1 && base.exact &&
      exponent.num >= -128 && exponent.num <= 128) {
    Value result = Exact(1, 1);
    const int n = static_cast<int>(exponent.num);
    for (int i = 0; i < std::abs(n); ++i) result = Multiply(result, base);
    return n < 0 ? Divide(Exact(1, 1), result) : result;
  }
  // An odd root of a negative number is real.
  if (base.approx < 0 && exponent.exact && exponent.den % 2 == 1) {
    const double magnitude = std::pow(-base.approx, exponent.approx);
    return Approximate(exponent.num % 2 == 0 ? magnitude : -magnitude);
  }
  return Approximate(std::pow(base.approx, exponent.approx));
}

std::optional<Int128> IntegerRoot(Int128 v) {
  if (v < 0) return std::nullopt;
  const auto root =
      static_cast<Int128>(std::llround(std::sqrt(static_cast<double>(v))));
  if (root < Int128{1} << 60 && root * root == v) return root;
  return std::nullopt;
}

Value SquareRoot(const Value& v) {
  if (v.exact) {
    const auto num = IntegerRoot(v.num);
    const auto den = IntegerRoot(v.den);
    if (num && den) return Exact(*num, *den);
  }
  return Approximate(std::sqrt(v.approx));
}

struct Function {
  std::string_view name;
  double (*apply)(double);
};
constexpr std::array<Function, 24> kFunctions = {{
    {"arcsin", [](double x) { return std::asin(x); }},
    {"arccos", [](double x) { return std::acos(x); }},
    {"arctan", [](double x) { return std::atan(x); }},
    {"asin", [](double x) { return std::asin(x); }},
    {"acos", [](double x) { return std::acos(x); }},
    {"atan", [](double x) { return std::atan(x); }},
    {"sinh", [](double x) { return std::sinh(x); }},
    {"cosh", [](double x) { return std::cosh(x); }},
    {"tanh", [](double x) { return std::tanh(x); }},
    {"coth", [](double x) { return 1 / std::tanh(x); }},
    {"sin", [](double x) { return std::sin(x); }},
    {"cos", [](double x) { return std::cos(x); }},
    {"tan", [](double x) { return std::tan(x); }},
    {"cot", [](double x) { return 1 / std::tan(x); }},
    {"sec", [](double x) { return 1 / std::cos(x); }},
    {"csc", [](double x) { return 1 / std::sin(x); }},
    {"exp", [](double x) { return std::exp(x); }},
    {"ln", [](double x) { return std::log(x); }},
    {"log", [](double x) { return std::log(x); }},
    {"lg", [](double x) { return std::log10(x); }},
    {"abs", [](double x) { return std::abs(x); }},
    {"floor", [](double x) { return std::floor(x); }},
    {"ceil", [](double x) { return std::ceil(x); }},
    {"sqrt", [](double x) { return std::sqrt(x); }},
}};

const Function* FindFunction(std::string_view name) {
  for (const Function& f : kFunctions)
    if (f.name == name) return &f;
  return nullptr;
}

double Inverse(std::string_view name, double x) {
  if (name == "sin") return std::asin(x);
  if (name == "cos") return std::acos(x);
  if (name == "tan") return std::atan(x);
  return std::numeric_limits<double>::quiet_NaN();
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Recursive descent that evaluates as it reads; variables take the values of
// one sample point.
class Evaluator {
 public:
  Evaluator(std::string_view s, int sample) : s_(s), sample_(sample) {}

  std::optional<Value> Run() {
    if (s_.size() > kMaxExpressionBytes) return std::nullopt;
    const Value v = Sum();
    SkipSpace();
    if (failed_ || i_ != s_.size()) return std::nullopt;
    return v;
  }
  bool has_variables() const { return has_variables_; }

 private:
  Value Fail() {
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

  Value Sum() {
    if (++depth_ > kMaxDepth) return Fail();
    Value v = Product();
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

  Value Product() {
    Value v = Signed();
    while (!failed_) {
      const char c = Peek();
      if (c == '*') {
        ++i_;
        v = Multiply(v, Signed());
      } else if (c == '/' || c == ':') {
        ++i_;
        v = Divide(v, Signed());
      } else if (StartsFactor(c) && !IsDigit(c)) {
        v = Multiply(v, Raised());
      } else {
        break;
      }
    }
    return v;
  }

  Value Signed() {
    bool negative = false;
    while (!failed_) {
      if (Take('-')) {
        negative = !negative;
      } else if (!Take('+')) {
        break;
      }
    }
    const Value v = Raised();
    return negative ? Negate(v) : v;
  }

  Value Raised() {
    if (++depth_ > kMaxDepth) return Fail();
    Value v = Primary();
    while (Take('!')) {
      if (v.approx < 0 || v.approx > 170) return Fail();
      if (v.exact && v.den == 1 && v.num <= 30) {
        Value product = Exact(1, 1);
        for (Int128 k = 2; k <= v.num; ++k)
          product = Multiply(product, Exact(k, 1));
        v = product;
      } else {
        v = Approximate(std::tgamma(v.approx + 1));
      }
    }
    if (!failed_ && Take('^')) v = Power(v, Exponent());
    --depth_;
    return v;
  }

  Value Exponent() {
    const bool negative = Take('-');
    const Value v = Raised();
    return negative ? Negate(v) : v;
  }

  bool StartsFactor(char c) const {
    return IsDigit(c) || IsLetter(c) || c == '(' || c == '[' || c == '{' ||
           c == '\\' || c == '.' || (c == '|' && bars_ == 0);
  }

  Value Group(char open, char close) {
    if (!Take(open)) return Fail();
    const int bars = bars_;
    bars_ = 0;
    const Value v = Sum();
    bars_ = bars;
    if (!Take(close)) return Fail();
    return v;
  }

  // The argument of \frac or \sqrt: a group, or a single digit or letter.
  Value Argument() {
    const char c = Peek();
    if (c == '{') return Group('{', '}');
    if (IsDigit(c)) {
      ++i_;
      return Exact(c - '0', 1);
    }
    return Primary();
  }

  Value Primary() {
    if (failed_) return {};
    const char c = Peek();
    if (IsDigit(c) || c == '.') return Number();
    if (c == '(') return Group('(', ')');
    if (c == '[') return Group('[', ']');
    if (c == '{') return Group('{', '}');
    if (c == '|') {
      ++i_;
      ++bars_;
      const Value v = Sum();
      --bars_;
      if (!Take('|')) return Fail();
      return v.approx < 0 ? Negate(v) : v;
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

  Value FromDigits(std::string_view digits, int scale) {
    Value v = Exact(0, 1);
    const Value ten = Exact(10, 1);
    for (char d : digits) v = Add(Multiply(v, ten), Exact(d - '0', 1));
    if (scale > 300 || digits.size() > 400) return Fail();
    return Multiply(v, Power(ten, Exact(scale, 1)));
  }

  Value Number() {
    std::string digits(Digits());
    bool whole = true;
    if (!digits.empty()) TakeThousands(&digits);
    int scale = 0;
    if (i_ < s_.size() && s_[i_] == '.') {
      ++i_;
      const std::string_view fraction = Digits();
      whole = fraction.empty();
      digits.append(fraction);
      scale = -static_cast<int>(std::min<size_t>(fraction.size(), 1000));
    }
    if (digits.empty()) return Fail();
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
    const Value v = FromDigits(digits, scale);
    return whole ? Mixed(v) : v;
  }

  // "3 1/2" and "3\frac{1}{2}" are sums, as nobody writes a product of two
  // numbers that way.
  Value Mixed(const Value& v) {
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
          const Value fraction = Primary();
          if (fraction.approx < 1) return Add(v, fraction);
          return Multiply(v, fraction);
        }
      }
    }
    i_ = mark;
    return v;
  }

  Value Command() {
    ++i_;
    const size_t begin = i_;
    while (i_ < s_.size() && IsLetter(s_[i_])) ++i_;
    return Named(s_.substr(begin, i_ - begin), /*command=*/true);
  }

  Value Named(std::string_view name, bool command) {
    if (command && name == "frac") {
      const Value num = Argument();
      return Divide(num, Argument());
    }
    if (name == "sqrt") {
      if (command && Peek() == '[') {
        const Value n = Group('[', ']');
        return Power(Argument(), Divide(Exact(1, 1), n));
      }
      return SquareRoot(Argument());
    }
    if (command && name == "binom") {
      const Value n = Argument();
      return Binomial(n, Argument());
    }
    if (command && (name == "lfloor" || name == "lceil")) {
      const bool floor = name == "lfloor";
      const Value v = Sum();
      const std::string_view end = floor ? "\\rfloor" : "\\rceil";
      SkipSpace();
      if (s_.substr(i_, end.size()) != end) return Fail();
      i_ += end.size();
      return Approximate(floor ? std::floor(v.approx) : std::ceil(v.approx));
    }
    if (name == "pi") return Approximate(kPi);
    if (const Function* f = FindFunction(name)) return Apply(*f);
    if (command && name.size() > 1) return Variable(name);
    return Fail();
  }

  Value Binomial(const Value& n, const Value& k) {
    if (failed_ || !n.exact || !k.exact || n.den != 1 || k.den != 1 ||
        k.num < 0 || k.num > 1000 || n.num < k.num)
      return Fail();
    Value v = Exact(1, 1);
    for (Int128 j = 1; j <= k.num; ++j)
      v = Divide(Multiply(v, Exact(n.num - k.num + j, 1)), Exact(j, 1));
    return v;
  }

  // \sin^2 x, \log_2(8), \sin 2x, sin(x).
  Value Apply(const Function& f) {
    if (++depth_ > kMaxDepth) return Fail();
    std::optional<Value> base, power;
    if (Take('_')) base = Argument();
    if (Take('^')) power = Exponent();
    Value argument;
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
    double v = f.apply(argument.approx);
    if (f.name == "exp") return Power(Approximate(kE), argument);  // as e^x is
    if (base) v /= std::log(base->approx);
    if (!power) return Approximate(v);
    if (power->exact && power->num == -1 && power->den == 1)
      return Approximate(Inverse(f.name, argument.approx));
    return Power(Approximate(v), *power);
  }

  bool AtFunction() const {
    size_t j = i_;
    while (j < s_.size() && absl::ascii_isspace(Byte(j))) ++j;
    if (j < s_.size() && s_[j] == '\\') ++j;
    const size_t begin = j;
    while (j < s_.size() && IsLetter(s_[j])) ++j;
    const std::string_view name = s_.substr(begin, j - begin);
    return FindFunction(name) != nullptr || name == "frac";
  }

  Value Word() {
    const size_t begin = i_;
    while (i_ < s_.size() && IsLetter(s_[i_])) ++i_;
    const std::string_view word = s_.substr(begin, i_ - begin);
    if (word == "pi" || FindFunction(word)) return Named(word, false);
    // A longer run of letters is a word; as a product of letters "listen"
    // would equal "silent".
    if (word.size() > 2) return Fail();
    i_ = begin + 1;
    return word[0] == 'e' ? Approximate(kE) : Variable(word.substr(0, 1));
  }

  Value Variable(std::string_view name) {
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
    const uint64_t hash = StableHash(key, static_cast<uint64_t>(sample_) + 1);
    const double unit = static_cast<double>(hash >> 11) * 0x1p-53;
    // Half of the points are all positive, as roots and logarithms need; the
    // others tell |x| from x.
    const double v = 0.05 + 2 * unit * unit;
    return Approximate(sample_ % 2 == 1 && (hash & 1) != 0 ? -v : v);
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

bool SameConstant(std::string_view a, const Value& x, std::string_view b,
                  const Value& y) {
  if (!std::isfinite(x.approx) || !std::isfinite(y.approx)) return false;
  if (x.exact && y.exact && x.num == y.num && x.den == y.den) return true;
  for (const std::string_view s : {a, b})
    if (const auto decimals = RoundedDecimals(s))
      if (std::abs(x.approx - y.approx) <=
              0.5000001 * std::pow(10.0, -*decimals) ||
          Near(x.approx, y.approx, 1e-14))
        return true;
  return !(x.exact && y.exact) && Near(x.approx, y.approx, 1e-9);
}

}  // namespace

bool IsExpression(std::string_view s) {
  return Evaluator(s, 0).Run().has_value();
}

bool SameExpression(std::string_view a, std::string_view b) {
  int finite = 0;
  for (int sample = 0; sample < kSamples; ++sample) {
    Evaluator left(a, sample), right(b, sample);
    const auto x = left.Run();
    const auto y = right.Run();
    if (!x || !y) return false;
    if (!left.has_variables() && !right.has_variables())
      return SameConstant(a, *x, b, *y);
    if (std::isfinite(x->approx) != std::isfinite(y->approx)) return false;
    if (!std::isfinite(x->approx)) continue;
    if (!Near(x->approx, y->approx, 1e-8)) return false;
    ++finite;
  }
  return finite >= kMinFiniteSamples;
}

bool ProportionalExpressions(std::string_view a, std::string_view b) {
  std::optional<double> ratio;
  int compared = 0;
  for (int sample = 0; sample < kSamples; ++sample) {
    Evaluator left(a, sample), right(b, sample);
    const auto x = left.Run();
    const auto y = right.Run();
    if (!x || !y || !left.has_variables() || !right.has_variables())
      return false;
    if (std::isfinite(x->approx) != std::isfinite(y->approx)) return false;
    if (!std::isfinite(x->approx)) continue;
    if (std::abs(y->approx) < 1e-12) return false;
    const double r = x->approx / y->approx;
    if (std::abs(r) < 1e-12) return false;
    if (ratio && !Near(*ratio, r, 1e-8)) return false;
    ratio = r;
    ++compared;
  }
  return compared >= kMinFiniteSamples;
}

bool IsHundredfold(std::string_view a, std::string_view b) {
  Evaluator left(a, 0), right(b, 0);
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
