// SPDX-License-Identifier: Apache-2.0
// The cost of grading one answer: of one kind by its length, and, as median and
// 99th percentile, of a mix of kinds, lengths, languages and wrappings.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "answers/grading.h"

namespace reasonwatch {
namespace {

// A worked solution of about `size` bytes that ends in `answer`.
std::string Solution(size_t size, std::string_view answer) {
  constexpr std::string_view kStep =
      "Next we add 17 and 25, which gives 42, and keep $x^2 + 1$ for later.\n";
  std::string text;
  while (text.size() + answer.size() < size) text += kStep;
  return text.append(answer);
}

void Grade(benchmark::State& state, AnswerKind kind, const std::string& gold,
           const std::string& answer) {
  for (auto _ : state)
    benchmark::DoNotOptimize(GradeAnswer(kind, gold, answer));
}

void BM_GradeNumber(benchmark::State& state) {
  Grade(state, AnswerKind::kNumber, "1250",
        Solution(static_cast<size_t>(state.range(0)), "The answer is $1,250."));
}
BENCHMARK(BM_GradeNumber)->Arg(100)->Arg(1000)->Arg(4096);

void BM_GradeFraction(benchmark::State& state) {
  Grade(state, AnswerKind::kMath, "\\frac{3}{8}",
        Solution(static_cast<size_t>(state.range(0)), "\\boxed{0.375}"));
}
BENCHMARK(BM_GradeFraction)->Arg(100)->Arg(1000)->Arg(4096);

// The two formulas are equal in double precision, so they are also evaluated in
// 50 digits.
void BM_GradeFormula(benchmark::State& state) {
  Grade(state, AnswerKind::kMath, "(a+b)^2",
        Solution(static_cast<size_t>(state.range(0)),
                 "\\boxed{a^2 + 2ab + b^2}"));
}
BENCHMARK(BM_GradeFormula)->Arg(100)->Arg(1000)->Arg(4096);

void BM_GradeChoice(benchmark::State& state) {
  Grade(state, AnswerKind::kChoice, "C",
        Solution(static_cast<size_t>(state.range(0)), "The answer is (C)."));
}
BENCHMARK(BM_GradeChoice)->Arg(100)->Arg(1000)->Arg(4096);

struct Mixed {
  AnswerKind kind;
  std::string_view gold;
  std::string_view answer;
};
// table: answers of the kinds that baselines hold.
constexpr std::array<Mixed, 20> kMix = {{
    {AnswerKind::kNumber, "1250", "The answer is $1,250."},
    {AnswerKind::kNumber, "73", "**Final Answer:**\n\n**73**"},
    {AnswerKind::kNumber, "42", "So 42 are left.\n\nNote: I assumed 7 days."},
    {AnswerKind::kUnknown, "18", "#### 18"},
    {AnswerKind::kUnknown, "12", "Ответ: 12. Всего было 3 ряда."},
    {AnswerKind::kUnknown, "12", "答えは12です。3列ありました。"},
    {AnswerKind::kMath, "\\frac{3}{8}", "\\boxed{0.375}"},
    {AnswerKind::kMath, "x^2+2x+1", "\\boxed{(x+1)^2}"},
    {AnswerKind::kMath, "(2,5]", "$2 < x \\le 5$"},
    {AnswerKind::kMath, "\\{1,2,3\\}", "The set is $\\{3,2,1\\}$."},
    {AnswerKind::kChoice, "C", "The answer is (C)."},
    {AnswerKind::kChoice, "B", "**ANSWER**: **B**"},
    {AnswerKind::kBoolean, "no", "No, because it is even."},
    {AnswerKind::kText, "Paris", "It is Paris."},
    {AnswerKind::kText, "2021-03-05", "It was on 5 March 2021."},
    {AnswerKind::kText, "red, blue", "<answer>red, blue</answer>"},
    {AnswerKind::kNumber, "15",
     "| item | count |\n|---|---|\n| red | 7 |\n| blue | 8 |\n| **total** | "
     "**15** |"},
    {AnswerKind::kUnknown, "44",
     "```json\n{\n  \"reasoning\": \"40 and then 4\",\n  \"answer\": "
     "44\n}\n```"},
    {AnswerKind::kMath, "-5,5", "Damit ist $x = 5$ oder $x = -5$."},
    {AnswerKind::kNumber, "12 km",
     "Razem to 12 kilometers.\n\nUwaga: dwa razy 6."},
}};

// Counters: microseconds an answer at the median and at the 99th percentile.
void BM_GradeMix(benchmark::State& state) {
  constexpr std::array<size_t, 4> kSizes = {0, 300, 1000, 4096};
  std::vector<std::string> answers;
  for (size_t size : kSizes)
    for (const Mixed& mixed : kMix)
      answers.push_back(Solution(size, mixed.answer));
  std::vector<double> microseconds;
  size_t i = 0;
  for (auto _ : state) {
    const Mixed& mixed = kMix[i % kMix.size()];
    const std::string& answer = answers[i++ % answers.size()];
    const auto begin = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(GradeAnswer(mixed.kind, mixed.gold, answer));
    const std::chrono::duration<double, std::micro> spent =
        std::chrono::steady_clock::now() - begin;
    microseconds.push_back(spent.count());
  }
  std::sort(microseconds.begin(), microseconds.end());
  const auto at = [&microseconds](double share) {
    const auto n = static_cast<double>(microseconds.size() - 1);
    return microseconds[static_cast<size_t>(share * n)];
  };
  state.counters["p50_us"] = at(0.5);
  state.counters["p99_us"] = at(0.99);
}
BENCHMARK(BM_GradeMix)->Iterations(40000);

}  // namespace
}  // namespace reasonwatch
