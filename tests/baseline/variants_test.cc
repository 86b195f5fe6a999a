// SPDX-License-Identifier: Apache-2.0
// The formulas of templates, then the built-in templates: each answer is
// computed again by counting or trying, and a made-up model that knows the
// original texts by heart must fail their variants.
#include "baseline/variants/variants.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "answers/grading.h"
#include "baseline/matching/problem_index.h"

namespace reasonwatch {
namespace {

using Values = std::map<std::string, int64_t>;

int64_t Eval(const std::string& formula, const Values& values = {}) {
  const auto v = EvaluateFormula(formula, values);
  EXPECT_TRUE(v.ok()) << formula << ": " << v.status();
  return v.ok() ? *v : std::numeric_limits<int64_t>::min();
}

TEST(EvaluateFormula, KnowsItsOperators) {
  EXPECT_EQ(Eval("2 + 3 * 4 - 5"), 9);
  EXPECT_EQ(Eval("(2 + 3) * -4"), -20);
  EXPECT_EQ(Eval("12 / 4 / 3"), 1);
  EXPECT_EQ(Eval("-7 % 3"), 2);
  EXPECT_EQ(Eval("2 ^ 10 % 1000"), 24);
  EXPECT_EQ(Eval("gcd(12, 18) + lcm(4, 6)"), 18);
  EXPECT_EQ(Eval("floor(-7, 2)"), -4);
  EXPECT_EQ(Eval("ceil(7, 2) + ceil(8, 2) + ceil(-7, 2)"), 5);
  EXPECT_EQ(Eval("min(3, 4) * max(3, 4) + abs(0 - 5)"), 17);
  EXPECT_EQ(Eval("a > 3 & b != 2 | 0 = 1", {{"a", 4}, {"b", 3}}), 1);
  EXPECT_EQ(Eval("a <= 3 | b >= 4", {{"a", 4}, {"b", 3}}), 0);
}

TEST(EvaluateFormula, SaysWhatIsWrongAndWhere) {
  const auto message = [](const std::string& formula) {
    const auto v = EvaluateFormula(formula, {{"a", 4}});
    EXPECT_FALSE(v.ok()) << formula;
    return std::string(v.status().message());
  };
  EXPECT_EQ(message("2 + x"), "formula, character 6: unknown name x");
  EXPECT_EQ(message("(2 + 3"),
            "formula, character 7: a closing parenthesis is missing");
  EXPECT_EQ(message("5 / 2"), "an inexact division");
  EXPECT_EQ(message("5 % 0"), "a division by zero");
  EXPECT_EQ(message("9 ^ 60"), "a power beyond 63 bits");
  EXPECT_EQ(message("sin(1, 2)"),
            "formula, character 10: unknown function sin");
  EXPECT_NE(message(""), "");
  EXPECT_NE(message(std::string(500, '(')), "");
  EXPECT_NE(message(std::string(3000, '1')), "");
  EXPECT_NE(message("99999999999999999999"), "");
}

// The answer of each built-in template by counting, trying or stepping, without
// its formula; a function holds those of some families.
using Counted = std::map<std::string, std::function<int64_t(Values)>>;

Counted CountedMoney() {
  return {
      {"give_and_buy",
       [](Values v) {
         int64_t have = 0;
         for (int64_t i = 0; i < v["a"]; ++i) ++have;
         for (int64_t i = 0; i < v["b"]; ++i) --have;
         for (int64_t i = 0; i < v["c"]; ++i) ++have;
         return have;
       }},
      {"boxes_of_items",
       [](Values v) {
         int64_t items = 0;
         for (int64_t box = 0; box < v["a"]; ++box)
           for (int64_t i = 0; i < v["b"]; ++i) ++items;
         for (int64_t i = 0; i < v["c"]; ++i) --items;
         return items;
       }},
      {"share_equally",
       [](Values v) {
         while (v["a"] >= v["b"]) v["a"] -= v["b"];
         return v["a"];
       }},
      {"tickets_and_change",
       [](Values v) {
         for (int64_t i = 0; i < v["a"]; ++i) v["e"] -= v["b"];
         for (int64_t i = 0; i < v["c"]; ++i) v["e"] -= v["d"];
         return v["e"];
       }},
      {"weekly_savings",
       [](Values v) {
         int64_t weeks = 0;
         for (; v["b"] < v["c"]; ++weeks) v["b"] += v["a"];
         return weeks;
       }},
  };
}

Counted CountedPercentAndRates() {
  return {
      {"discount",
       [](Values v) {
         // Cents, one percent after the other.
         int64_t cents = v["a"] * 100;
         for (int64_t i = 0; i < v["p"]; ++i) cents -= v["a"];
         return cents / 100;
       }},
      {"percent_of_group",
       [](Values v) {
         int64_t bus = 0;
         while (bus * 100 < v["p"] * v["a"]) ++bus;
         int64_t walk = 0;
         while (walk + walk < v["a"] - bus) ++walk;
         return walk;
       }},
      {"two_raises",
       [](Values v) {
         const double once = static_cast<double>(v["a"]) *
                             (1 + static_cast<double>(v["p"]) / 100);
         const double twice = once * (1 + static_cast<double>(v["q"]) / 100);
         return static_cast<int64_t>(twice + .5);
       }},
      {"train_distance",
       [](Values v) {
         int64_t way = 0;
         for (int64_t hour = 0; hour < v["b"] + v["d"]; ++hour)
           way += hour < v["b"] ? v["a"] : v["c"];
         return way;
       }},
      {"meeting_cyclists",
       [](Values v) {
         int64_t hours = 0;
         for (int64_t gap = v["a"]; gap > 0; ++hours) gap -= v["b"] + v["c"];
         return hours;
       }},
      {"pool_and_leak",
       [](Values v) {
         int64_t minutes = 0;
         for (int64_t litres = 0; litres < v["c"]; ++minutes)
           litres += v["a"] - v["b"];
         return minutes;
       }},
      {"workers_days",
       [](Values v) {
         int64_t days = 0;
         for (int64_t work = v["a"] * v["b"]; work > 0; ++days) work -= v["c"];
         return days;
       }},
  };
}

Counted CountedGeometryAndAges() {
  return {
      {"rectangle_fence",
       [](Values v) { return v["a"] + v["b"] + v["a"] + v["b"] - v["c"]; }},
      {"tiles_on_floor",
       [](Values v) {
         int64_t tiles = 0;
         for (int64_t x = 0; x < v["a"]; x += v["c"])
           for (int64_t y = 0; y < v["b"]; y += v["c"]) ++tiles;
         return tiles;
       }},
      {"box_surface",
       [](Values v) {
         // Faces of unit cubes that look outwards.
         int64_t faces = 0;
         for (int64_t x = 0; x < v["a"]; ++x)
           for (int64_t y = 0; y < v["b"]; ++y)
             for (int64_t z = 0; z < v["c"]; ++z)
               faces += (x == 0) + (x == v["a"] - 1) + (y == 0) +
                        (y == v["b"] - 1) + (z == 0) + (z == v["c"] - 1);
         return faces;
       }},
      {"triangle_angle",
       [](Values v) {
         int64_t third = 0;
         while (third + v["a"] + v["b"] < 180) ++third;
         return third;
       }},
      {"ages",
       [](Values v) {
         int64_t young = 0;
         while (young + young + v["a"] != v["b"]) ++young;
         return young;
       }},
      {"age_multiple",
       [](Values v) {
         int64_t years = 0;
         while (v["a"] + years != v["c"] * (v["b"] + years)) ++years;
         return years;
       }},
      {"heads_and_legs",
       [](Values v) {
         int64_t goats = 0;
         while (goats * 4 + (v["a"] - goats) * 2 != v["b"]) ++goats;
         return goats;
       }},
      {"number_riddle",
       [](Values v) {
         int64_t x = 0;
         while (x * v["a"] + v["b"] != v["c"]) ++x;
         return x;
       }},
  };
}

Counted CountedNumbers() {
  return {
      {"consecutive_sum",
       [](Values v) {
         for (int64_t first = 0;; ++first) {
           int64_t sum = 0;
           for (int64_t i = 0; i < v["a"]; ++i) sum += first + i;
           if (sum == v["b"]) return first;
         }
       }},
      {"linear_system",
       [](Values v) {
         for (int64_t small = 0;; ++small)
           if (small + small + v["b"] == v["a"])
             return small * (small + v["b"]);
       }},
      {"divisible_count",
       [](Values v) {
         int64_t count = 0;
         for (int64_t n = 1; n <= v["a"]; ++n)
           count += n % v["b"] == 0 || n % v["c"] == 0;
         return count;
       }},
      {"common_blink",
       [](Values v) {
         int64_t t = 1;
         while (t % v["a"] != 0 || t % v["b"] != 0) ++t;
         return t;
       }},
      {"equal_bundles",
       [](Values v) {
         int64_t most = 0;
         for (int64_t n = 1; n <= v["a"]; ++n)
           if (v["a"] % n == 0 && v["b"] % n == 0) most = n;
         return most;
       }},
      {"remainder_weekday",
       [](Values v) {
         int64_t day = 1;
         for (int64_t i = 0; i < v["a"]; ++i) day = day == 7 ? 1 : day + 1;
         return day;
       }},
      {"last_digit",
       [](Values v) {
         int64_t digit = 1;
         for (int64_t i = 0; i < v["b"]; ++i) digit = digit * v["a"] % 10;
         return digit;
       }},
  };
}

Counted CountedChoices() {
  return {
      {"handshakes",
       [](Values v) {
         int64_t hands = 0;
         for (int64_t i = 0; i < v["a"]; ++i)
           for (int64_t j = 0; j < i; ++j) ++hands;
         return hands - v["b"];
       }},
      {"outfits",
       [](Values v) {
         int64_t outfits = 0;
         for (int64_t s = 0; s < v["a"]; ++s)
           for (int64_t t = 0; t < v["b"]; ++t)
             for (int64_t hat = 0; hat <= v["c"]; ++hat) ++outfits;
         return outfits;
       }},
      {"doubling",
       [](Values v) {
         int64_t cells = v["a"];
         for (int64_t hour = 0; hour < v["c"]; ++hour)
           cells = cells * 2 - v["b"];
         return cells;
       }},
  };
}

const Counted& BruteForce() {
  static const Counted& all = *new Counted([] {
    Counted merged;
    for (Counted part :
         {CountedMoney(), CountedPercentAndRates(), CountedGeometryAndAges(),
          CountedNumbers(), CountedChoices()})
      merged.merge(part);
    return merged;
  }());
  return all;
}

TEST(BuiltinTemplates, AreThirtyWithDifferentNames) {
  std::set<std::string> names;
  for (const VariantTemplate& form : BuiltinTemplates())
    names.insert(form.name);
  EXPECT_EQ(names.size(), 30u);
  EXPECT_EQ(BuiltinTemplates().size(), 30u);
}

TEST(BuiltinTemplates, EveryFormulaAgreesWithBruteForceOn200Draws) {
  for (const VariantTemplate& form : BuiltinTemplates()) {
    const auto check = BruteForce().find(form.name);
    ASSERT_NE(check, BruteForce().end()) << form.name;
    std::set<std::string> prompts;
    for (uint64_t seed = 1; seed <= 200; ++seed) {
      const auto variant = Instantiate(form, seed);
      ASSERT_TRUE(variant.ok()) << variant.status();
      EXPECT_EQ(variant->answer, absl::StrCat(check->second(variant->values)))
          << variant->prompt;
      EXPECT_EQ(variant->prompt.find('{'), std::string::npos);
      EXPECT_EQ(variant->id, absl::StrCat("variant/", form.name, "/", seed));
      prompts.insert(variant->prompt);
    }
    EXPECT_GT(prompts.size(), 100u) << form.name;
  }
}

TEST(Instantiate, GivesTheSameForTheSameSeed) {
  const VariantTemplate& form = BuiltinTemplates()[0];
  EXPECT_EQ(Instantiate(form, 5)->prompt, Instantiate(form, 5)->prompt);
  EXPECT_NE(Instantiate(form, 5)->prompt, Instantiate(form, 6)->prompt);
}

TEST(Instantiate, RefusesWhatCannotBeDrawn) {
  const auto message = [](VariantTemplate form) {
    const auto variant = Instantiate(form, 1);
    EXPECT_FALSE(variant.ok());
    return std::string(variant.status().message());
  };
  const VariantTemplate good{"t",           "f", "{a} and {name}",
                             {{"a", 1, 9}}, "",  "a"};
  ASSERT_TRUE(Instantiate(good, 1).ok());
  VariantTemplate bad = good;
  bad.text = "{b}";
  EXPECT_EQ(message(bad), "template \"t\", text: unknown placeholder {b}");
  bad = good;
  bad.formula = "a +";
  EXPECT_NE(message(bad).find("formula"), std::string::npos);
  bad = good;
  bad.condition = "a > 9";
  EXPECT_NE(message(bad).find("10000 draws"), std::string::npos);
  bad = good;
  bad.name = "T/1";
  EXPECT_NE(message(bad).find("name"), std::string::npos);
  bad = good;
  bad.parameters.push_back({"item", 1, 2});
  EXPECT_NE(message(bad).find("item"), std::string::npos);
  bad = good;
  bad.parameters[0].high = 0;
  EXPECT_NE(message(bad).find("range"), std::string::npos);
}

TEST(ParseVariantId, ReadsItsOwnAndNothingElse) {
  std::string name;
  uint64_t seed = 0;
  ASSERT_TRUE(ParseVariantId("variant/last_digit/17", &name, &seed));
  EXPECT_EQ(name, "last_digit");
  EXPECT_EQ(seed, 17u);
  for (const char* id : {"", "variant/", "variant/x", "variant/x/", "gsm-17",
                         "variant/X/1", "variant/x/1a", "variant/x/-1"})
    EXPECT_FALSE(ParseVariantId(id, &name, &seed)) << id;
}

// A model that has the texts by heart passes the originals only.
TEST(BuiltinTemplates, UnmaskAModelThatOnlyLooksTextsUp) {
  std::map<std::string, std::string> memory;
  for (const VariantTemplate& form : BuiltinTemplates())
    memory[Instantiate(form, 1)->prompt] = Instantiate(form, 1)->answer;
  int originals = 0;
  int variants = 0;
  for (const VariantTemplate& form : BuiltinTemplates()) {
    for (uint64_t seed : {1u, 2u}) {
      const Variant v = *Instantiate(form, seed);
      const std::string answer =
          memory.contains(v.prompt) ? memory[v.prompt] : memory.begin()->second;
      const bool correct =
          GradeAnswer(AnswerKind::kNumber, v.answer, answer) == Grade::kCorrect;
      (seed == 1 ? originals : variants) += correct;
    }
  }
  EXPECT_EQ(originals, 30);
  EXPECT_LE(variants, 5);
}

TEST(BuiltinTemplates, VariantsAreNearTheirOriginal) {
  ProblemIndex index;
  uint64_t digest = 0;
  for (const VariantTemplate& form : BuiltinTemplates())
    index.Add(++digest, {}, Instantiate(form, 1)->prompt);
  index.Build();
  digest = 0;
  for (const VariantTemplate& form : BuiltinTemplates()) {
    ++digest;
    const Variant v = *Instantiate(form, 2);
    const Match match = index.FindByText(v.prompt);
    EXPECT_EQ(match.kind, MatchKind::kNear) << v.prompt;
    EXPECT_EQ(match.problem, digest) << v.prompt;
  }
}

}  // namespace
}  // namespace reasonwatch
