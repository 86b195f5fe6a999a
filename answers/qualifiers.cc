// SPDX-License-Identifier: Apache-2.0
#include "answers/qualifiers.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "answers/functions.h"
#include "answers/languages.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using ascii::IsBeyond;
using ascii::IsLetter;

// A word or two.
constexpr size_t kNear = 24;  // bytes

// table: words and signs that make a bound of the number behind them, or
// exclude it, in lower case.
constexpr std::string_view kLimits[] = {"more than",
                                        "less than",
                                        "fewer than",
                                        "greater than",
                                        "at least",
                                        "at most",
                                        "up to",
                                        "no more",
                                        "no less",
                                        "no fewer",
                                        "over ",
                                        "under ",
                                        "below ",
                                        "above ",
                                        "exceeds",
                                        "anything but",
                                        "all but",
                                        "everything but",
                                        "everything except",
                                        "anything except",
                                        "other than",
                                        "rather than",
                                        "instead of",
                                        "except ",
                                        "excluding",
                                        "mehr als",
                                        "weniger als",
                                        "mindestens",
                                        "höchstens",
                                        "außer ",
                                        "statt ",
                                        "más de",
                                        "menos de",
                                        "al menos",
                                        "por lo menos",
                                        "como máximo",
                                        "como mínimo",
                                        "a lo sumo",
                                        "excepto",
                                        "mais de",
                                        "pelo menos",
                                        "no mínimo",
                                        "no máximo",
                                        "exceto",
                                        "plus de",
                                        "moins de",
                                        "au moins",
                                        "au plus",
                                        "sauf ",
                                        "hormis",
                                        "più di",
                                        "meno di",
                                        "almeno",
                                        "al massimo",
                                        "al minimo",
                                        "tranne",
                                        "meer dan",
                                        "minder dan",
                                        "minstens",
                                        "hoogstens",
                                        "больше",
                                        "меньше",
                                        "более",
                                        "менее",
                                        "минимум",
                                        "максимум",
                                        "кроме",
                                        "co najmniej",
                                        "co najwyżej",
                                        "przynajmniej",
                                        "więcej niż",
                                        "mniej niż",
                                        "alespoň",
                                        "nejvýše",
                                        "en az",
                                        "en fazla",
                                        "ít nhất",
                                        "nhiều nhất",
                                        "setidaknya",
                                        "paling banyak",
                                        "paling sedikit",
                                        "legalább",
                                        "legfeljebb",
                                        "cel puțin",
                                        "cel mult",
                                        "τουλάχιστον",
                                        "το πολύ",
                                        "على الأقل",
                                        "على الأكثر",
                                        "לפחות",
                                        "לכל היותר",
                                        "حداقل",
                                        "حداکثر",
                                        "कम से कम",
                                        "अधिक से अधिक",
                                        "อย่างน้อย",
                                        "ไม่เกิน",
                                        "超过",
                                        "超過",
                                        "少于",
                                        "少於",
                                        "至少",
                                        "至多",
                                        "最多",
                                        "最少",
                                        "除了",
                                        "不到",
                                        "少なくとも",
                                        "以外",
                                        "最大",
                                        "最小",
                                        "최소",
                                        "최대",
                                        "적어도",
                                        "≥",
                                        "≤",
                                        ">",
                                        "<",
                                        "≠"};

// Signs of operations and roots before a number.
constexpr std::string_view kSigns[] = {"√", "∛", "∜", "Σ", "∑", "Δ", "∫"};

}  // namespace

bool IsLimited(std::string_view before) {
  if (before.size() > kNear) before.remove_prefix(before.size() - kNear);
  before = before.substr(before.find_last_of(",;:.") + 1);  // or 0
  std::string lower;
  for (size_t i = 0; i < before.size();)
    i += languages::AppendLower(before, i, lower);
  const auto at = [&lower](std::string_view word) {
    const size_t place = lower.find(word);
    return place != std::string::npos &&
           (place == 0 || !IsLetter(word[0]) || !IsLetter(lower[place - 1]));
  };
  return std::any_of(std::begin(kLimits), std::end(kLimits), at) ||
         languages::Denies(before);
}

bool IsOperand(std::string_view before, std::string_view after) {
  // Symbols of units and scales may touch their number, as may an ordinal's
  // letters.
  constexpr std::string_view kSymbols = "mgshlLCFKAVWJNkM";
  if (!after.empty() && IsLetter(after[0]) &&
      kSymbols.find(after[0]) == std::string_view::npos &&
      (after.size() == 1 || (!IsLetter(after[1]) && !IsBeyond(after[1]))))
    return true;
  while (!before.empty() && (before.back() == ' ' || before.back() == '('))
    before.remove_suffix(1);
  for (std::string_view sign : kSigns)
    if (before.ends_with(sign)) return true;
  size_t begin = before.size();
  while (begin > 0 && IsLetter(before[begin - 1]) &&
         before.size() - begin < kNear)
    --begin;
  const std::string_view word = before.substr(begin);
  return !word.empty() && (begin == 0 || !IsBeyond(before[begin - 1])) &&
         (formula::FindFunction<double>(word) != nullptr || word == "mod");
}

}  // namespace reasonwatch
