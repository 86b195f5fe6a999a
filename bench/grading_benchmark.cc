// What it costs to grade one answer.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "baseline/grading/grading.h"

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

// Equal in double precision, so it is also evaluated in 50 digits.
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

}  // namespace
}  // namespace reasonwatch
