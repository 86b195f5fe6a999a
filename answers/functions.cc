// SPDX-License-Identifier: Apache-2.0
#include "answers/functions.h"

#include <array>
#include <cmath>
#include <type_traits>
#include <utility>

namespace reasonwatch::formula {
namespace {

// Found for double; those of Precise are found by its namespace.
using std::abs, std::acos, std::asin, std::atan, std::ceil, std::cos, std::cosh,
    std::exp, std::floor, std::log, std::log10, std::sin, std::sinh, std::sqrt,
    std::tan, std::tanh, std::tgamma;

// Applies `f` to a number, or to each lane.
template <typename Real, typename Function>
Real Apply(const Real& x, Function f) {
  if constexpr (std::is_same_v<Real, Lanes>) {
    return Each(x, f);
  } else {
    return Real(f(x));
  }
}

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

}  // namespace

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

template <typename Real>
Real Factorial(const Real& x) {
  return Apply(x, [](const auto& v) {
    using T = std::remove_cvref_t<decltype(v)>;
    return v < 0 || v > kMaxFactorial ? Nan<T>() : T(tgamma(T(v + 1)));
  });
}

template const double& Pi();
template const Precise& Pi();
template const double& Euler();
template const Precise& Euler();
template const Function<double>* FindFunction(std::string_view);
template const Function<Lanes>* FindFunction(std::string_view);
template const Function<Precise>* FindFunction(std::string_view);
template double Inverse(std::string_view, const double&);
template Lanes Inverse(std::string_view, const Lanes&);
template Precise Inverse(std::string_view, const Precise&);
template double Factorial(const double&);
template Lanes Factorial(const Lanes&);
template Precise Factorial(const Precise&);

}  // namespace reasonwatch::formula
