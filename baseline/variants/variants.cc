// SPDX-License-Identifier: Apache-2.0
#include "baseline/variants/variants.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "util/ascii.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// A condition that one draw in a thousand satisfies is still met.
constexpr int kMaxDraws = 10000;
// Products of two such values fit in 63 bits.
constexpr int64_t kMaxValue = 1000000000;
constexpr std::string_view kPrefix = "variant/";

constexpr std::array<std::string_view, 24> kPersons = {
    "Amal", "Bruna", "Chidi", "Dagny", "Elif",  "Farid", "Greta", "Hana",
    "Ivo",  "Jun",   "Kaia",  "Lior",  "Mirek", "Nadia", "Otis",  "Pilar",
    "Rosa", "Sami",  "Tove",  "Uma",   "Vito",  "Wanda", "Yara",  "Zeno"};
constexpr std::array<std::string_view, 16> kItems = {
    "lanterns", "notebooks", "pears",   "kites",   "brushes",  "baskets",
    "candles",  "marbles",   "saucers", "ribbons", "whistles", "bulbs",
    "sponges",  "buttons",   "stamps",  "tickets"};

// SplitMix64 (Steele, Lea, Flood 2014).
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // The bias of the remainder is under 2^-34 for our ranges.
  int64_t Whole(int64_t low, int64_t high) {
    return low +
           static_cast<int64_t>(Next() % static_cast<uint64_t>(high - low + 1));
  }

 private:
  uint64_t state_;
};

bool IsTemplateName(std::string_view s) {
  return !s.empty() && s.size() <= 64 &&
         std::all_of(s.begin(), s.end(), [](char c) {
           return ascii::IsLower(c) || ascii::IsDigit(c) || c == '_';
         });
}

absl::Status CheckTemplate(const VariantTemplate& form) {
  const auto error = [&](std::string_view what) {
    return absl::InvalidArgumentError(
        absl::StrFormat("template \"%s\": %s", form.name, what));
  };
  if (!IsTemplateName(form.name))
    return error("name must be of a-z, 0-9 and _");
  std::set<std::string> names;
  for (const VariantParameter& p : form.parameters) {
    if (!IsTemplateName(p.name) || p.name[0] <= '9' ||
        !names.insert(p.name).second)
      return error(absl::StrFormat("bad or repeated parameter \"%s\"", p.name));
    if (p.low > p.high || p.low < -kMaxValue || p.high > kMaxValue)
      return error(absl::StrFormat("bad range of parameter \"%s\"", p.name));
  }
  for (std::string_view reserved : {"name", "other", "item"})
    if (names.contains(std::string(reserved)))
      return error(absl::StrFormat("\"%s\" is drawn by itself", reserved));
  return absl::OkStatus();
}

}  // namespace

const VariantTemplate* FindTemplate(std::span<const VariantTemplate> templates,
                                    std::string_view name) {
  for (const VariantTemplate& form : templates)
    if (form.name == name) return &form;
  return nullptr;
}

absl::StatusOr<Variant> Instantiate(const VariantTemplate& form,
                                    uint64_t seed) {
  if (auto status = CheckTemplate(form); !status.ok()) return status;
  const auto error = [&](std::string_view field, std::string_view what) {
    return absl::InvalidArgumentError(
        absl::StrFormat("template \"%s\", %s: %s", form.name, field, what));
  };
  Dice dice(StableHash(form.name, seed));
  std::map<std::string, int64_t> values;
  int64_t answer = 0;
  bool drawn = false;
  for (int i = 0; i < kMaxDraws && !drawn; ++i) {
    for (const VariantParameter& p : form.parameters)
      values[p.name] = dice.Whole(p.low, p.high);
    if (!form.condition.empty()) {
      const auto holds = EvaluateFormula(form.condition, values);
      if (absl::IsInvalidArgument(holds.status()))
        return error("condition", StdView(holds.status().message()));
      if (!holds.ok() || *holds == 0) continue;
    }
    const auto value = EvaluateFormula(form.formula, values);
    if (absl::IsInvalidArgument(value.status()))
      return error("formula", StdView(value.status().message()));
    if (!value.ok()) continue;
    answer = *value;
    drawn = true;
  }
  if (!drawn)
    return error("condition",
                 absl::StrFormat("%d draws gave no usable numbers", kMaxDraws));

  const auto person = static_cast<size_t>(dice.Whole(0, kPersons.size() - 1));
  const auto step = static_cast<size_t>(dice.Whole(1, kPersons.size() - 1));
  const std::map<std::string, std::string> words = {
      {"name", std::string(kPersons[person])},
      {"other", std::string(kPersons[(person + step) % kPersons.size()])},
      {"item",
       std::string(
           kItems[static_cast<size_t>(dice.Whole(0, kItems.size() - 1))])}};
  Variant variant;
  const std::string_view text = form.text;
  for (size_t i = 0; i < text.size();) {
    const size_t open = text.find('{', i);
    variant.prompt += text.substr(i, open - i);
    if (open == std::string_view::npos) break;
    const size_t close = text.find('}', open);
    if (close == std::string_view::npos)
      return error("text", "a brace does not close");
    const std::string key(text.substr(open + 1, close - open - 1));
    if (const auto value = values.find(key); value != values.end()) {
      absl::StrAppend(&variant.prompt, value->second);
    } else if (const auto word = words.find(key); word != words.end()) {
      variant.prompt += word->second;
    } else {
      return error("text", absl::StrFormat("unknown placeholder {%s}", key));
    }
    i = close + 1;
  }
  variant.id = absl::StrFormat("variant/%s/%d", form.name, seed);
  variant.answer = absl::StrCat(answer);
  variant.values = std::move(values);
  return variant;
}

bool ParseVariantId(std::string_view id, std::string* name, uint64_t* seed) {
  if (id.substr(0, kPrefix.size()) != kPrefix) return false;
  id.remove_prefix(kPrefix.size());
  const size_t slash = id.rfind('/');
  if (slash == std::string_view::npos || !IsTemplateName(id.substr(0, slash)))
    return false;
  const std::string_view digits = id.substr(slash + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), *seed);
  if (digits.empty() || error != std::errc() ||
      end != digits.data() + digits.size())
    return false;
  *name = std::string(id.substr(0, slash));
  return true;
}

}  // namespace reasonwatch
