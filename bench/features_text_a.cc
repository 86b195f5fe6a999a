// SPDX-License-Identifier: Apache-2.0
// The cost of reading language, symbols and repetitions of one response, in
// time for each byte.
//
// kKinds lists texts as models write them, in several scripts, and texts that
// are built to be slow; each is measured at 4 KB, 64 KB and 1 MB. BM_Response
// reads all that the product reads of a response's text; the others measure
// language, symbols and loops alone.
//
// Order: generators of text, the list of kinds, the benchmarks.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/response.h"
#include "core/scored.h"
#include "features/answer_readings.h"
#include "features/citations.h"
#include "features/code_stubs.h"
#include "features/damage/damage.h"
#include "features/ending.h"
#include "features/form/structured_answer.h"
#include "features/form/tool_calls.h"
#include "features/habits/habits.h"
#include "features/language/asked.h"
#include "features/language/identify.h"
#include "features/prompt_overlap.h"
#include "features/readings.h"
#include "features/refusal.h"
#include "features/repetition/repetition.h"
#include "features/symbols/symbols.h"
#include "features/text_readings.h"

namespace reasonwatch {
namespace {

constexpr std::string_view kPrompt =
    "A train leaves the station at nine and goes at 80 km/h. A second one "
    "follows two hours later at 120 km/h. When does it catch up with the "
    "first one? Think step by step and give the time.";

// Prose of `size` bytes: words that follow each other at random.
std::string Prose(std::string_view words, size_t size) {
  std::mt19937 random(1);
  std::vector<std::string_view> list;
  for (size_t at = 0; at < words.size();) {
    const size_t end = std::min(words.find(' ', at), words.size());
    list.push_back(words.substr(at, end - at));
    at = end + 1;
  }
  std::string text;
  while (text.size() < size) {
    text += list[random() % list.size()];
    const unsigned dice = random() % 16;
    text += dice == 0 ? ".\n" : dice == 1 ? ", " : dice == 2 ? " 17 " : " ";
  }
  text.resize(size);
  return text;
}

std::string Repeat(std::string_view unit, size_t size) {
  std::string text;
  while (text.size() < size) text += unit;
  text.resize(size);
  return text;
}

// Lines of reasoning, no two of them alike; `line` writes one.
template <typename Line>
std::string Lines(size_t size, Line line) {
  std::mt19937 random(3);
  const auto below = [&random](unsigned n) {
    return static_cast<unsigned>(random()) % n;
  };
  std::string text;
  while (text.size() < size) text += line(below);
  text.resize(size);
  return text;
}

std::string Number(unsigned n) { return std::to_string(n); }

std::string English(size_t size) {
  const std::string words = Prose(
      "the train goes for two hours and then it has left the first town so we "
      "can add both distances which gives what was asked let me check this "
      "again because speed times time equals distance where hence result "
      "equation remaining kilometres therefore",
      64 << 10);
  return Lines(size, [&](auto below) {
    const size_t at = words.find(' ', below(60000)) + 1;
    std::string line = "Step " + Number(below(90)) + ": " +
                       words.substr(at, words.find(' ', at + 90) - at);
    const unsigned a = below(900);
    const unsigned b = below(90);
    switch (below(4)) {
      case 0:
        return line + ".\n";
      case 1:
        return line + " $x_" + Number(b) + " = \\frac{" + Number(a) + "}{" +
               Number(b) + "}$ — **so** we’re done.\n\n";
      default:
        return line + " " + Number(a) + " + " + Number(b) + " = " +
               Number(a + b) + ".\n";
    }
  });
}

std::string Chinese(size_t size) {
  constexpr std::string_view kWords[] = {
      "火车", "九点", "离开", "车站",     "所以", "第二列", "出发", "它",
      "已经", "行驶", "小时", "我们",     "需要", "计算",   "两者", "之间",
      "距离", "速度", "乘以", "时间",     "等于", "因此",   "得到", "答案",
      "是",   "的",   "了",   "在",       "然后", "检查",   "一下", "结果",
      "正确", "首先", "其次", "根据题意", "设",   "为",     "可得", "方程"};
  return Lines(size, [&](auto below) {
    std::string line;
    for (unsigned i = 0; i < 12; ++i) line += kWords[below(40)];
    return line + "，" + Number(below(900)) + " + " + Number(below(90)) +
           " = " + Number(below(990)) + "。" + (below(3) == 0 ? "\n" : "");
  });
}

std::string Code(size_t size) {
  constexpr std::string_view kNames[] = {"total", "index", "left", "right",
                                         "count", "node",  "best", "queue"};
  return "Here is the function that was asked for:\n```python\n" +
         Lines(size, [&](auto below) {
           const std::string name(kNames[below(8)]);
           const std::string other(kNames[below(8)]);
           switch (below(4)) {
             case 0:
               return "def " + name + "_" + other + Number(below(99)) + "(" +
                      other + ", k=" + Number(below(9)) + "):\n";
             case 1:
               return "    for " + name + " in range(len(" + other + ") - " +
                      Number(below(9)) + "):\n";
             case 2:
               return "        if " + name + "[" + other + "] > " +
                      Number(below(99)) + ":  # keep the larger one\n";
             default:
               return "            " + name + " += " + other + "[" + name +
                      " + " + Number(below(99)) + "] * 2\n";
           }
         }).substr(0, size);
}

// Text in which several kinds and scripts alternate.
std::string Mixed(size_t size) {
  const std::string english = English(size);
  const std::string chinese = Chinese(size);
  const std::string code = Code(size);
  std::string text;
  for (size_t at = 0; text.size() < size; at += 240) {
    text += english.substr(at % size, 240) + "\n" +
            chinese.substr(at % size / 3 * 3, 120) + "\n" +
            code.substr(at % size, 160) + "\n😀 Готово, дальше.\n";
  }
  text.resize(size);
  return text;
}

std::string RandomBytes(size_t size, unsigned kinds, unsigned first) {
  std::string text(size, ' ');
  std::mt19937 random(2);
  for (char& c : text) c = static_cast<char>(first + random() % kinds);
  return text;
}

struct Kind {
  const char* name;
  std::string (*make)(size_t size);
  bool natural = false;
};

// Texts as models write them, and texts that are built to be slow.
const Kind kKinds[] = {
    {"english", English, true},
    {"german",
     [](size_t size) {
       return Prose(
           "der Zug fährt seit zwei Stunden und hat die Stadt verlassen also "
           "können wir beide Wege addieren das ergibt die Lösung Gleichung "
           "Geschwindigkeit mal Zeit übrig daher Kilometer",
           size);
     },
     true},
    {"chinese", Chinese, true},
    {"code", Code, true},
    {"mixed", Mixed, true},
    {"loop",
     [](size_t size) {
       return Repeat("Wait, let me check that again. ", size);
     }},
    {"one_letter", [](size_t size) { return std::string(size, 'a'); }},
    {"one_sign", [](size_t size) { return std::string(size, '!'); }},
    {"ticks", [](size_t size) { return std::string(size, '`'); }},
    {"fences", [](size_t size) { return Repeat("```\nx\n", size); }},
    {"openers", [](size_t size) { return Repeat("$\\[\"<(", size); }},
    {"random", [](size_t size) { return RandomBytes(size, 256, 0); }},
    {"high_bytes", [](size_t size) { return RandomBytes(size, 128, 128); }},
    {"digits", [](size_t size) { return RandomBytes(size, 10, '0'); }},
    {"emoji", [](size_t size) { return Repeat("😀", size); }},
    {"scripts", [](size_t size) { return Repeat("aя中ہα🙂 ", size); }},
    {"spaces", [](size_t size) { return std::string(size, ' '); }},
    {"rare_planes", [](size_t size) { return Repeat("󰀀", size); }},
};

void BM_TextQuality(benchmark::State& state) {
  const Kind& kind = kKinds[state.range(0)];
  const std::string text = kind.make(static_cast<size_t>(state.range(1)));
  Trace trace;
  trace.has_text = true;
  trace.reasoning = text.substr(0, text.size() * 3 / 4);
  trace.answer = text.substr(text.size() * 3 / 4);
  PromptText prompt;
  prompt.user = kPrompt;
  for (auto _ : state) {
    Scored scored;
    ReadTextQuality(trace, prompt, {}, scored);
    benchmark::DoNotOptimize(scored.readings);
  }
  state.SetLabel(kind.name);
}
BENCHMARK(BM_TextQuality)->ArgsProduct({{0, 1, 2, 3, 4}, {4 << 10}});

// Reads all that the product reads of one response's text; reports the time for
// a byte.
void BM_Response(benchmark::State& state) {
  const Kind& kind = kKinds[state.range(0)];
  const std::string text = kind.make(static_cast<size_t>(state.range(1)));
  Trace trace;
  trace.has_text = true;
  trace.reasoning = text.substr(0, text.size() * 3 / 4);
  // The answer of a slow text is in no line of its reasoning, so the whole of
  // it is searched.
  if (kind.natural) *trace.reasoning += "\nSo the total is 4321.";
  trace.answer = text.substr(text.size() * 3 / 4) +
                 "\n\nThe final answer is $\\boxed{4321}$.";
  trace.finish_reason = "stop";
  PromptText prompt;
  prompt.user = kPrompt;
  const std::string other = English(2000);
  const HabitProfile habits(
      MineHabits(std::vector<std::string_view>(kMinHabitTraces, other)));
  for (auto _ : state) {
    Scored scored;
    ReadTrace(trace, "4321", scored);
    ReadTextQuality(trace, prompt, {}, scored);
    ReadAnswer({prompt.user, *trace.reasoning, trace.answer, "4321"}, scored);
    scored.habits = habits.Find(*trace.reasoning) | habits.Find(trace.answer);
    benchmark::DoNotOptimize(scored.habits);
    benchmark::DoNotOptimize(scored.readings);
  }
  state.SetLabel(kind.name);
  // Seconds for a byte: "2n" in the output means two nanoseconds.
  state.counters["a byte"] = benchmark::Counter(
      static_cast<double>(state.iterations()) *
          static_cast<double>(state.range(1)),
      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_Response)
    ->ArgsProduct({benchmark::CreateDenseRange(0, std::size(kKinds) - 1, 1),
                   {4 << 10, 64 << 10, 1 << 20}});

// The readings that look for one sign of a fault each, alone: damage, doubled
// words and texts, the language of the reasoning, the last sentence, stubs of
// code, words of the question, citations, JSON, calls of tools, refusals. The
// doubled words are found in the pass of BM_FindRepetition.
void BM_Signs(benchmark::State& state) {
  const Kind& kind = kKinds[state.range(0)];
  const std::string text = kind.make(static_cast<size_t>(state.range(1)));
  Trace trace;
  trace.has_text = true;
  trace.reasoning = text.substr(0, text.size() * 3 / 4);
  trace.answer = text.substr(text.size() * 3 / 4);
  trace.finish_reason = "stop";
  Response response;
  PromptText prompt;
  prompt.user = kPrompt;
  const auto code = FindCodeSpans(trace.answer);
  const auto reasoning_code = FindCodeSpans(*trace.reasoning);
  for (auto _ : state) {
    Scored scored;
    Damage damage = FindDamage(trace.answer, code);
    damage += FindDamage(*trace.reasoning, reasoning_code);
    benchmark::DoNotOptimize(damage);
    benchmark::DoNotOptimize(
        GlanceAtLanguage(*trace.reasoning, reasoning_code));
    benchmark::DoNotOptimize(EndsMidSentence(trace.answer, false));
    if (HasCode(trace.answer, code))
      benchmark::DoNotOptimize(HasCodeStub(trace.answer, code));
    benchmark::DoNotOptimize(
        IsOffPrompt(prompt.user, *trace.reasoning, trace.answer));
    benchmark::DoNotOptimize(Declines(trace.answer));
    ReadCitations(trace, prompt, scored);
    ReadStructuredAnswer(trace, response, prompt, scored);
    ReadToolCalls(trace, response, prompt, scored);
    benchmark::DoNotOptimize(scored.readings);
  }
  state.SetLabel(kind.name);
}
BENCHMARK(BM_Signs)->ArgsProduct(
    {benchmark::CreateDenseRange(0, std::size(kKinds) - 1, 1),
     {4 << 10, 64 << 10, 1 << 20}});

void BM_ExpectedLanguage(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(ExpectedLanguage("", "", kPrompt));
}
BENCHMARK(BM_ExpectedLanguage);

void BM_IdentifyLanguage(benchmark::State& state) {
  const std::string text = kKinds[state.range(0)].make(4096);
  const auto code = FindCodeSpans(text);
  for (auto _ : state) benchmark::DoNotOptimize(IdentifyLanguage(text, code));
  state.SetLabel(kKinds[state.range(0)].name);
}
BENCHMARK(BM_IdentifyLanguage)->DenseRange(0, 4);

void BM_CountCharacters(benchmark::State& state) {
  const std::string text = kKinds[state.range(0)].make(4096);
  const auto code = FindCodeSpans(text);
  for (auto _ : state) benchmark::DoNotOptimize(CountCharacters(text, code));
  state.SetLabel(kKinds[state.range(0)].name);
}
BENCHMARK(BM_CountCharacters)->DenseRange(0, 4);

void BM_FindRepetition(benchmark::State& state) {
  const std::string text = kKinds[state.range(0)].make(4096);
  for (auto _ : state) benchmark::DoNotOptimize(FindRepetition(text));
  state.SetLabel(kKinds[state.range(0)].name);
}
BENCHMARK(BM_FindRepetition)->DenseRange(0, 4);

}  // namespace
}  // namespace reasonwatch
