// SPDX-License-Identifier: Apache-2.0
// The cost of reading the body of one response.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "formats/api/body_reader.h"
#include "formats/formats.h"

namespace reasonwatch {
namespace {

// Prose with some code, `size` bytes; three quarters of it are reasoning.
std::string TaggedText(size_t size) {
  constexpr std::string_view kLine =
      "The sum of the first n odd numbers is n^2, so `f(3)` < 10 and [1] "
      "holds; check it again.\n";
  std::string text = "<think>\n";
  while (text.size() < size * 3 / 4) text += kLine;
  text += "</think>\n";
  while (text.size() < size) text += kLine;
  text.resize(size);
  return text;
}

void BM_SplitText(benchmark::State& state, std::string_view format) {
  const std::string text = TaggedText(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        SplitText(format, "my-model", Thinking::kUnstated, text));
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) *
                          state.range(0));
}
BENCHMARK_CAPTURE(BM_SplitText, named, "qwen3")->Arg(4096)->Arg(1 << 20);
BENCHMARK_CAPTURE(BM_SplitText, detected, "auto")->Arg(4096);

void BM_StreamSplitter(benchmark::State& state) {
  const std::string text = TaggedText(4096);
  const auto step = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    StreamSplitter splitter("qwen3", "my-model", Thinking::kUnstated);
    for (size_t at = 0; at < text.size(); at += step)
      splitter.Feed(std::string_view(text).substr(at, step));
    benchmark::DoNotOptimize(splitter.Finish());
  }
}
BENCHMARK(BM_StreamSplitter)->Arg(1)->Arg(4)->Arg(64);

std::string Escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

void BM_ParseJsonBody(benchmark::State& state) {
  Response response;
  response.model = "my-model";
  response.body_type = BodyType::kJson;
  response.body = R"({"choices":[{"index":0,"message":{"content":")" +
                  Escaped(TaggedText(4096)) + R"("}}]})";
  for (auto _ : state) {
    benchmark::DoNotOptimize(ParseResponse(response, "auto"));
  }
}
BENCHMARK(BM_ParseJsonBody);

void BM_ParseSseBody(benchmark::State& state) {
  Response response;
  response.model = "my-model";
  response.body_type = BodyType::kSse;
  const std::string text = TaggedText(4096);
  for (size_t at = 0; at < text.size(); at += 4)
    response.body +=
        R"(data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":")" +
        Escaped(std::string_view(text).substr(at, 4)) + "\"}}]}\n\n";
  for (auto _ : state) {
    benchmark::DoNotOptimize(ParseResponse(response, "auto"));
  }
}
BENCHMARK(BM_ParseSseBody);

// A stream as vLLM writes it, in chunks of 180 bytes, which are fed one by one
// as from a network. `per_chunk` is the cost of one.
void BM_ReadSseChunks(benchmark::State& state) {
  constexpr size_t kChunkBytes = 180;
  constexpr int64_t kChunks = 1000;
  const std::string before =
      R"(data: {"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk",)"
      R"("created":1767225600,"model":"m","choices":[{"index":0,"delta":)"
      R"({"reasoning":")";
  const std::string after = R"("},"finish_reason":null}]})"
                            "\n\n";
  std::string chunk = before;
  while (chunk.size() + after.size() < kChunkBytes) chunk += "so ";
  chunk += after;
  std::string body;
  for (int64_t i = 0; i < kChunks; ++i) body += chunk;
  const auto step = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    BodyReader reader(BodyType::kSse, 0);
    for (size_t at = 0; at < body.size(); at += step)
      reader.Feed(std::string_view(body).substr(at, step));
    benchmark::DoNotOptimize(reader.Finish());
  }
  state.counters["chunk_bytes"] = static_cast<double>(chunk.size());
  state.counters["per_chunk"] =
      benchmark::Counter(static_cast<double>(kChunks),
                         benchmark::Counter::kIsIterationInvariantRate |
                             benchmark::Counter::kInvert);
}
BENCHMARK(BM_ReadSseChunks)->Arg(180)->Arg(100)->Arg(1460)->Arg(1 << 20);

// The body alone, without splitting its text.
void BM_ReadJsonBody(benchmark::State& state) {
  const std::string body = R"({"choices":[{"index":0,"message":{"content":")" +
                           Escaped(TaggedText(4096)) + R"("}}]})";
  for (auto _ : state) {
    BodyReader reader(BodyType::kJson, 0);
    reader.Feed(body);
    benchmark::DoNotOptimize(reader.Finish());
  }
}
BENCHMARK(BM_ReadJsonBody);

}  // namespace
}  // namespace reasonwatch
