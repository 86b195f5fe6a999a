// SPDX-License-Identifier: Apache-2.0
#include "tap/exchange/paths.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "util/ascii.h"

namespace reasonwatch {
namespace {

// The last word of paths that ask for text.
constexpr std::array<std::string_view, 17> kLlmEnds = {
    "completions",
    "completion",
    "responses",
    "messages",
    "chat",
    "generate",
    "generate_stream",
    "generateContent",
    "streamGenerateContent",
    "converse",
    "converse-stream",
    "invoke",
    "invoke-with-response-stream",
    "invocations",
    "infer",
    "rawPredict",
    "streamRawPredict"};

// The last word of paths that servers of LLMs have for anything else.
constexpr std::array<std::string_view, 45> kOtherEnds = {"embeddings",
                                                         "embedding",
                                                         "embed",
                                                         "embed_all",
                                                         "embed_sparse",
                                                         "rerank",
                                                         "score",
                                                         "classify",
                                                         "pooling",
                                                         "predict",
                                                         "tokenize",
                                                         "detokenize",
                                                         "count_tokens",
                                                         "countTokens",
                                                         "input_tokens",
                                                         "compute_tokens",
                                                         "embedContent",
                                                         "batchEmbedContents",
                                                         "apply-template",
                                                         "render",
                                                         "moderations",
                                                         "transcriptions",
                                                         "translations",
                                                         "speech",
                                                         "generations",
                                                         "edits",
                                                         "variations",
                                                         "files",
                                                         "uploads",
                                                         "batches",
                                                         "jobs",
                                                         "assistants",
                                                         "threads",
                                                         "runs",
                                                         "vector_stores",
                                                         "models",
                                                         "health",
                                                         "metrics",
                                                         "cancel",
                                                         "compact",
                                                         "pull",
                                                         "show",
                                                         "load_lora_adapter",
                                                         "unload_lora_adapter",
                                                         "separate_reasoning"};

std::string_view WithoutQuery(std::string_view path) {
  path = path.substr(0, path.find_first_of("?#"));
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

// The last word: after the last slash, or after a colon (Google's verbs).
std::string_view LastWord(std::string_view path) {
  path = WithoutQuery(path);
  path.remove_prefix(path.rfind('/') + 1);
  if (const size_t colon = path.rfind(':'); colon != path.npos)
    path.remove_prefix(colon + 1);
  return path;
}

int HexValue(char c) {
  if (ascii::IsDigit(c)) return c - '0';
  const char lower = ascii::Lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// A byte that is no character stays encoded: the result is a label.
std::string Unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
    const int low = high >= 0 ? HexValue(text[i + 2]) : -1;
    if (text[i] != '%' || low < 0 || high > 7 || high < 2) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

}  // namespace

PathKind KindOfPath(std::string_view path) {
  const std::string_view word = LastWord(path);
  if (std::ranges::find(kLlmEnds, word) != kLlmEnds.end())
    return PathKind::kLlm;
  if (std::ranges::find(kOtherEnds, word) != kOtherEnds.end())
    return PathKind::kOther;
  return PathKind::kUnknown;
}

std::string ModelInPath(std::string_view path) {
  path = WithoutQuery(path);
  // Gemini, Triton and KServe; Bedrock; Azure.
  for (std::string_view before : {"/models/", "/model/", "/deployments/"}) {
    const size_t at = path.find(before);
    if (at == path.npos) continue;
    std::string_view rest = path.substr(at + before.size());
    std::string_view model = rest.substr(0, rest.find('/'));
    // The colon of Bedrock belongs to the model's version, Google's to a verb.
    if (const size_t colon = model.rfind(':'); colon != model.npos) {
      const std::string_view verb = model.substr(colon + 1);
      if (std::ranges::find(kLlmEnds, verb) != kLlmEnds.end())
        model = model.substr(0, colon);
    }
    return Unescaped(model);
  }
  return "";
}

bool PathStreams(std::string_view path) {
  const std::string_view word = LastWord(path);
  return word.find("stream") != word.npos;
}

}  // namespace reasonwatch
