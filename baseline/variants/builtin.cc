// SPDX-License-Identifier: Apache-2.0
// Thirty templates of grade-school mathematics, ordered by family. Conditions
// leave only draws with a whole-number answer that a pupil could give. A test
// compares each formula with brute force on 200 draws.
#include "baseline/variants/variants.h"

namespace reasonwatch {

// table: name, family, text, ranges, condition, formula.
std::span<const VariantTemplate> BuiltinTemplates() {
  static const auto& templates = *new std::vector<VariantTemplate>{
      {"give_and_buy",
       "arithmetic",
       "{name} has {a} {item}. {name} gives {b} of them to {other} and then "
       "buys {c} more. How many {item} does {name} have now?",
       {{"a", 20, 90}, {"b", 2, 60}, {"c", 3, 80}},
       "b < a",
       "a - b + c"},
      {"boxes_of_items",
       "arithmetic",
       "A shop gets {a} boxes of {item} with {b} in each box. {c} of the "
       "{item} are broken and thrown away. How many are left?",
       {{"a", 3, 30}, {"b", 6, 24}, {"c", 1, 40}},
       "c < a * b",
       "a * b - c"},
      {"share_equally",
       "arithmetic",
       "{name} has {a} {item} and shares as many as possible equally among {b} "
       "friends, keeping what is left over. How many {item} does {name} keep?",
       {{"a", 20, 200}, {"b", 3, 13}},
       "a > b",
       "a % b"},
      {"tickets_and_change",
       "money",
       "{name} buys {a} tickets at {b} euros each and {c} programmes at {d} "
       "euros each, and pays with a {e} euro note. How many euros of change "
       "does {name} get?",
       {{"a", 2, 5}, {"b", 6, 14}, {"c", 1, 4}, {"d", 2, 5}, {"e", 50, 100}},
       "(e = 50 | e = 100) & a * b + c * d < e",
       "e - a * b - c * d"},
      {"weekly_savings",
       "money",
       "{name} saves {a} euros every week and already has {b} euros. After how "
       "many whole weeks will {name} first have at least {c} euros?",
       {{"a", 4, 25}, {"b", 5, 60}, {"c", 100, 400}},
       "c > b",
       "ceil(c - b, a)"},
      {"discount",
       "percent",
       "A coat costs {a} euros. It is sold at {p} percent off. How many euros "
       "does it cost now?",
       {{"a", 20, 400}, {"p", 5, 60}},
       "p % 5 = 0 & a * p % 100 = 0",
       "a - a * p / 100"},
      {"percent_of_group",
       "percent",
       "{p} percent of the {a} pupils of a school come by bus. Half of the "
       "others walk. How many pupils walk?",
       {{"a", 100, 900}, {"p", 10, 90}},
       "p % 10 = 0 & a * p % 100 = 0 & (a - a * p / 100) % 2 = 0",
       "(a - a * p / 100) / 2"},
      {"two_raises",
       "percent",
       "A rent of {a} euros rises by {p} percent, and a year later the new "
       "rent rises by {q} percent. What is the rent in euros then?",
       {{"a", 200, 2000}, {"p", 5, 50}, {"q", 5, 50}},
       "p % 5 = 0 & q % 5 = 0 & a * (100 + p) * (100 + q) % 10000 = 0",
       "a * (100 + p) * (100 + q) / 10000"},
      {"train_distance",
       "rates",
       "A train travels at {a} kilometres per hour for {b} hours and then at "
       "{c} kilometres per hour for {d} hours. How many kilometres does it "
       "travel in all?",
       {{"a", 60, 180}, {"b", 2, 6}, {"c", 50, 160}, {"d", 1, 5}},
       "a != c",
       "a * b + c * d"},
      {"meeting_cyclists",
       "rates",
       "{name} and {other} start at the same time from two towns {a} "
       "kilometres apart and cycle towards each other at {b} and {c} "
       "kilometres per hour. After how many hours do they meet?",
       {{"a", 30, 400}, {"b", 9, 26}, {"c", 9, 26}},
       "a % (b + c) = 0 & b != c",
       "a / (b + c)"},
      {"pool_and_leak",
       "rates",
       "A tap fills a tank with {a} litres per minute while a leak loses {b} "
       "litres per minute. The tank is empty at first and holds {c} litres. "
       "After how many minutes is it full?",
       {{"a", 10, 60}, {"b", 1, 20}, {"c", 60, 1200}},
       "a > b & c % (a - b) = 0",
       "c / (a - b)"},
      {"workers_days",
       "rates",
       "{a} workers need {b} days for a wall. How many days do {c} workers "
       "need for it at the same pace?",
       {{"a", 2, 20}, {"b", 2, 30}, {"c", 2, 30}},
       "a != c & a * b % c = 0",
       "a * b / c"},
      {"rectangle_fence",
       "geometry",
       "A rectangular garden is {a} metres long and {b} metres wide. A fence "
       "goes all round it, but for a gate of {c} metres. How many metres of "
       "fence are there?",
       {{"a", 10, 60}, {"b", 6, 40}, {"c", 1, 5}},
       "a > b",
       "2 * (a + b) - c"},
      {"tiles_on_floor",
       "geometry",
       "A floor of {a} by {b} centimetres is covered with square tiles of {c} "
       "centimetres a side, without cutting any. How many tiles are needed?",
       {{"a", 100, 800}, {"b", 100, 800}, {"c", 10, 50}},
       "a % c = 0 & b % c = 0 & a != b",
       "(a / c) * (b / c)"},
      {"box_surface",
       "geometry",
       "A closed box measures {a} by {b} by {c} centimetres. How many square "
       "centimetres is its surface?",
       {{"a", 2, 20}, {"b", 2, 20}, {"c", 2, 20}},
       "a != b & b != c",
       "2 * (a * b + b * c + a * c)"},
      {"triangle_angle",
       "geometry",
       "Two angles of a triangle are {a} and {b} degrees. How many degrees is "
       "the third angle?",
       {{"a", 20, 110}, {"b", 20, 110}},
       "a + b < 170",
       "180 - a - b"},
      {"ages",
       "equations",
       "{name} is {a} years older than {other}. Together they are {b} years "
       "old. How old is {other}?",
       {{"a", 2, 30}, {"b", 20, 110}},
       "b > a & (b - a) % 2 = 0",
       "(b - a) / 2"},
      {"age_multiple",
       "equations",
       "{name} is {a} years old and {other} is {b}. In how many years will "
       "{name} be exactly {c} times as old as {other}?",
       {{"a", 20, 60}, {"b", 1, 18}, {"c", 2, 4}},
       "a > c * b & (a - c * b) % (c - 1) = 0",
       "(a - c * b) / (c - 1)"},
      {"heads_and_legs",
       "equations",
       "In a yard there are hens and goats, {a} heads and {b} legs in all. How "
       "many goats are there?",
       {{"a", 5, 60}, {"b", 12, 230}},
       "b % 2 = 0 & b > 2 * a & b < 4 * a",
       "(b - 2 * a) / 2"},
      {"number_riddle",
       "equations",
       "{name} thinks of a number, multiplies it by {a}, adds {b} and gets "
       "{c}. What is the number?",
       {{"a", 2, 12}, {"b", 1, 60}, {"c", 20, 500}},
       "c > b & (c - b) % a = 0",
       "(c - b) / a"},
      {"consecutive_sum",
       "equations",
       "The sum of {a} consecutive whole numbers is {b}. What is the smallest "
       "of them?",
       {{"a", 3, 9}, {"b", 20, 400}},
       "2 * b >= a * (a - 1) & (2 * b - a * (a - 1)) % (2 * a) = 0",
       "(2 * b - a * (a - 1)) / (2 * a)"},
      {"linear_system",
       "equations",
       "The sum of two numbers is {a} and their difference is {b}. What is "
       "their product?",
       {{"a", 10, 80}, {"b", 2, 40}},
       "a > b & (a + b) % 2 = 0",
       "((a + b) / 2) * ((a - b) / 2)"},
      {"divisible_count",
       "numbers",
       "How many whole numbers from 1 to {a} are divisible by {b} or by {c}?",
       {{"a", 30, 300}, {"b", 2, 9}, {"c", 2, 12}},
       "b != c & b % c != 0 & c % b != 0",
       "floor(a, b) + floor(a, c) - floor(a, lcm(b, c))"},
      {"common_blink",
       "numbers",
       "One lamp blinks every {a} seconds and another every {b} seconds. They "
       "blink together now. After how many seconds do they next blink "
       "together?",
       {{"a", 4, 40}, {"b", 4, 40}},
       "a != b & gcd(a, b) > 1",
       "lcm(a, b)"},
      {"equal_bundles",
       "numbers",
       "{name} makes equal bundles from {a} {item} and {b} pencils, using all "
       "of them, each bundle with the same number of {item} and the same "
       "number of pencils. What is the greatest number of bundles?",
       {{"a", 12, 120}, {"b", 12, 120}},
       "a != b & gcd(a, b) > 2",
       "gcd(a, b)"},
      {"remainder_weekday",
       "numbers",
       "Today is Monday. Days are counted with Monday as day 1 and Sunday as "
       "day 7. Which number has the day that is {a} days from today?",
       {{"a", 8, 400}},
       "",
       "a % 7 + 1"},
      {"last_digit",
       "numbers",
       "What is the last digit of {a} to the power of {b}?",
       {{"a", 2, 9}, {"b", 3, 18}},
       "",
       "a ^ b % 10"},
      {"handshakes",
       "counting",
       "{a} people meet and every two of them shake hands once, but {b} of "
       "the handshakes do not take place. How many handshakes are there?",
       {{"a", 5, 30}, {"b", 1, 9}},
       "",
       "a * (a - 1) / 2 - b"},
      {"outfits",
       "counting",
       "{name} has {a} shirts, {b} pairs of trousers and {c} hats, and may "
       "also go without a hat. How many different outfits can {name} wear?",
       {{"a", 2, 12}, {"b", 2, 9}, {"c", 2, 7}},
       "",
       "a * b * (c + 1)"},
      {"doubling",
       "counting",
       "A colony of {a} cells doubles every hour, and after each doubling {b} "
       "cells are taken away. How many cells are there after {c} hours?",
       {{"a", 10, 60}, {"b", 1, 9}, {"c", 2, 7}},
       "",
       "(a - b) * 2 ^ c + b"},
  };
  return templates;
}

}  // namespace reasonwatch
