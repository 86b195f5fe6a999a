// SPDX-License-Identifier: Apache-2.0
// Problems as templates: the same question in other numbers and names.
//
// A model that solves a problem and fails its variants has learnt the surface
// of the text. Pure and thread-safe; the same template and seed give the same
// variant on every machine.
#ifndef REASONWATCH_BASELINE_VARIANTS_VARIANTS_H_
#define REASONWATCH_BASELINE_VARIANTS_VARIANTS_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace reasonwatch {

// A whole number drawn from [low, high], both at most 10^9 in size.
struct VariantParameter {
  std::string name;  // lower-case letters
  int64_t low = 0;
  int64_t high = 0;
};

struct VariantTemplate {
  std::string name;    // [a-z0-9_]+, unique
  std::string family;  // kind of problem, e.g. "rates"
  // Holds {parameter}, and {name}, {other} (persons) and {item} (plural).
  std::string text;
  std::vector<VariantParameter> parameters;
  // A formula that is not 0 for a usable draw, "" = any; e.g.
  // "a > b & (a - b) % 3 = 0".
  std::string condition;
  std::string formula;  // of the answer, a whole number
};

struct Variant {
  std::string id;  // "variant/" template "/" seed
  std::string prompt;
  std::string answer;  // decimal digits, perhaps a sign
  std::map<std::string, int64_t> values;
};

// The built-in templates; every formula is checked against brute force in the
// tests.
std::span<const VariantTemplate> BuiltinTemplates();
// Null if there is none of that name.
const VariantTemplate* FindTemplate(std::span<const VariantTemplate> templates,
                                    std::string_view name);

// InvalidArgument, naming the field, if the template can't be used: bad
// names, a placeholder without parameter, a formula that does not parse, or a
// condition that 10,000 draws in a row did not satisfy.
absl::StatusOr<Variant> Instantiate(const VariantTemplate& form, uint64_t seed);

// Splits "variant/NAME/SEED". False for any other id.
bool ParseVariantId(std::string_view id, std::string* name, uint64_t* seed);

// Value of a whole-number formula: + - * / (exact), % (remainder, never
// negative), ^, parentheses, gcd(a,b), lcm(a,b), min(a,b), max(a,b), abs(a),
// floor(a,b) and ceil(a,b) (quotients), = != < <= > >= & | (0 or 1).
// InvalidArgument: syntax or an unknown name, with the place; OutOfRange: a
// value beyond 63 bits, an inexact or zero division.
absl::StatusOr<int64_t> EvaluateFormula(
    std::string_view formula, const std::map<std::string, int64_t>& values);

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_VARIANTS_VARIANTS_H_
