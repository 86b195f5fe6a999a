// What it costs to read language, symbols and repetitions off a response.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "features/language/asked.h"
#include "features/language/identify.h"
#include "features/repetition/repetition.h"
#include "features/symbols/symbols.h"
#include "features/text_readings.h"

namespace reasonwatch {
namespace {

constexpr std::string_view kPrompt =
    "A train leaves the station at nine and goes at 80 km/h. A second one "
    "follows two hours later at 120 km/h. When does it catch up with the "
    "first one? Think step by step and give the time.";

// Prose of words that follow each other at random, as long as asked for.
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

std::string Make(int kind, size_t size) {
  switch (kind) {
    case 0:
      return Prose(
          "the train goes for two hours and then it has left the first town "
          "so we can add both distances which gives what was asked let me "
          "check this again because speed times time equals distance where "
          "hence result equation remaining kilometres therefore",
          size);
    case 1:
      return Prose(
          "der Zug fährt seit zwei Stunden und hat die Stadt verlassen also "
          "können wir beide Wege addieren das ergibt die Lösung Gleichung "
          "Geschwindigkeit mal Zeit übrig daher Kilometer",
          size);
    case 2:
      return Repeat("火车九点离开车站，所以第二列出发时它已经行驶了两个小时。",
                    size);
    case 3:
      return std::string(size, 'a');
    case 4:
      return std::string(size, '!');
    case 5:
      return std::string(size, '`');
    case 6:
      return Repeat("$\\[\"<(", size);
    case 7:
      return Repeat("Wait, let me check that again. ", size);
    case 8: {
      std::string text(size, ' ');
      std::mt19937 random(2);
      for (char& c : text) c = static_cast<char>(random() % 256);
      return text;
    }
    default:
      return Repeat("😀", size);
  }
}

const char* const kKinds[] = {"english",  "german", "chinese", "one_letter",
                              "one_sign", "ticks",  "openers", "loop",
                              "random",   "emoji"};

void BM_All(benchmark::State& state) {
  Trace trace;
  trace.has_text = true;
  const std::string text = Make(static_cast<int>(state.range(0)),
                                static_cast<size_t>(state.range(1)));
  trace.reasoning = text.substr(0, text.size() * 3 / 4);
  trace.answer = text.substr(text.size() * 3 / 4);
  PromptText prompt;
  prompt.user = kPrompt;
  for (auto _ : state) {
    Scored scored;
    ReadTextQuality(trace, prompt, {}, scored);
    benchmark::DoNotOptimize(scored.readings);
  }
  state.SetLabel(kKinds[state.range(0)]);
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) *
                          state.range(1));
}
BENCHMARK(BM_All)->ArgsProduct({{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
                                {4 << 10, 64 << 10, 1 << 20}});

void BM_ExpectedLanguage(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(ExpectedLanguage("", "", kPrompt));
}
BENCHMARK(BM_ExpectedLanguage);

void BM_IdentifyLanguage(benchmark::State& state) {
  const std::string text = Make(static_cast<int>(state.range(0)), 4096);
  const auto code = FindCodeSpans(text);
  for (auto _ : state) benchmark::DoNotOptimize(IdentifyLanguage(text, code));
  state.SetLabel(kKinds[state.range(0)]);
}
BENCHMARK(BM_IdentifyLanguage)->DenseRange(0, 2);

void BM_CountCharacters(benchmark::State& state) {
  const std::string text = Make(static_cast<int>(state.range(0)), 4096);
  const auto code = FindCodeSpans(text);
  for (auto _ : state) benchmark::DoNotOptimize(CountCharacters(text, code));
  state.SetLabel(kKinds[state.range(0)]);
}
BENCHMARK(BM_CountCharacters)->DenseRange(0, 2);

void BM_FindRepetition(benchmark::State& state) {
  const std::string text = Make(static_cast<int>(state.range(0)), 4096);
  for (auto _ : state) benchmark::DoNotOptimize(FindRepetition(text));
  state.SetLabel(kKinds[state.range(0)]);
}
BENCHMARK(BM_FindRepetition)->DenseRange(0, 2);

}  // namespace
}  // namespace reasonwatch
