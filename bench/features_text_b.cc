// SPDX-License-Identifier: Apache-2.0
// The cost of comparing an answer with its chain, of the rubric and of the
// habits of one response; the mining of habits is measured separately.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/scored.h"
#include "features/answer_readings.h"
#include "features/habits/habits.h"
#include "features/rubric/rubric.h"

namespace reasonwatch {
namespace {

// Steps of a solution, of `size` bytes in all.
std::string Chain(size_t size) {
  std::string text;
  for (int step = 1; text.size() < size; ++step)
    text += "Step " + std::to_string(step) + ": The baker fills " +
            std::to_string(3 * step) +
            " trays with 12 rolls each, so that adds up to " +
            std::to_string(36 * step) +
            " rolls.\nWe carry the total of the trays to the next shelf.\n";
  text.resize(size);
  return text + "\nTherefore the total is 4321 rolls.\n";
}

HabitProfile Profile() {
  const std::string trace = Chain(2000);
  return HabitProfile(
      MineHabits(std::vector<std::string_view>(kMinHabitTraces, trace)));
}

void Read(benchmark::State& state, const std::string& reasoning,
          const std::string& answer, std::string_view final_answer) {
  const HabitProfile habits = Profile();
  for (auto _ : state) {
    Scored scored;
    ReadAnswer({"How many rolls does the baker make?", reasoning, answer,
                final_answer},
               scored);
    scored.habits = habits.Find(reasoning) | habits.Find(answer);
    benchmark::DoNotOptimize(scored.habits);
    benchmark::DoNotOptimize(scored.readings);
  }
  state.SetBytesProcessed(static_cast<int64_t>(
      state.iterations() *
      static_cast<int64_t>(reasoning.size() + answer.size())));
}

void BM_Healthy(benchmark::State& state) {
  Read(state, Chain(static_cast<size_t>(state.range(0))), "It is 4321.",
       "4321");
}
BENCHMARK(BM_Healthy)->Arg(4096)->Arg(1 << 20);

void BM_ChainOnly(benchmark::State& state) {
  const std::string reasoning = Chain(4096);
  for (auto _ : state)
    benchmark::DoNotOptimize(
        ReadAnswerChain({"", reasoning, "It is 4321.", "4321"}));
}
BENCHMARK(BM_ChainOnly);

void BM_RubricOnly(benchmark::State& state) {
  const std::string reasoning = Chain(4096);
  const AnswerChain chain =
      ReadAnswerChain({"", reasoning, "It is 4321.", "4321"});
  for (auto _ : state) benchmark::DoNotOptimize(ReadRubric(chain));
}
BENCHMARK(BM_RubricOnly);

void BM_HabitsOnly(benchmark::State& state) {
  const std::string reasoning = Chain(4096);
  const HabitProfile habits = Profile();
  for (auto _ : state) benchmark::DoNotOptimize(habits.Find(reasoning));
}
BENCHMARK(BM_HabitsOnly);

// Searches the whole chain for an answer that is not in it.
void BM_Mismatch(benchmark::State& state) {
  Read(state, Chain(static_cast<size_t>(state.range(0))), "It is 9876.",
       "9876");
}
BENCHMARK(BM_Mismatch)->Arg(4096)->Arg(1 << 20);

void BM_Verdict(benchmark::State& state) {
  const std::string answer = "[No]\n" +
                             Chain(static_cast<size_t>(state.range(0))) +
                             "Therefore, 91 is a prime number.";
  const HabitProfile habits = Profile();
  for (auto _ : state) {
    Scored scored;
    ReadAnswer({"Is 91 a prime number?", "", answer, ""}, scored);
    scored.habits = habits.Find(answer);
    benchmark::DoNotOptimize(scored.habits);
    benchmark::DoNotOptimize(scored.readings);
  }
}
BENCHMARK(BM_Verdict)->Arg(4096);

// Reads one or two bytes that repeat for a megabyte.
void BM_Hostile(benchmark::State& state, std::string_view pattern) {
  std::string text;
  while (text.size() < static_cast<size_t>(state.range(0))) text += pattern;
  Read(state, text, text, "7");
}
BENCHMARK_CAPTURE(BM_Hostile, digits, "7")->Arg(1 << 17)->Arg(1 << 20);
BENCHMARK_CAPTURE(BM_Hostile, fractions, "1/")->Arg(1 << 17)->Arg(1 << 20);
BENCHMARK_CAPTURE(BM_Hostile, answers, "answer is ")
    ->Arg(1 << 17)
    ->Arg(1 << 20);
BENCHMARK_CAPTURE(BM_Hostile, lines, "Step 1\n")->Arg(1 << 17)->Arg(1 << 20);
BENCHMARK_CAPTURE(BM_Hostile, brackets, "[no] ")->Arg(1 << 17)->Arg(1 << 20);
BENCHMARK_CAPTURE(BM_Hostile, boxes, "\\boxed{")->Arg(1 << 17)->Arg(1 << 20);

void BM_MineHabits(benchmark::State& state) {
  const std::string trace = Chain(4096);
  const std::vector<std::string_view> traces(kMaxHabitTraces, trace);
  for (auto _ : state) benchmark::DoNotOptimize(MineHabits(traces));
}
BENCHMARK(BM_MineHabits)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace reasonwatch
