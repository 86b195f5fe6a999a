// SPDX-License-Identifier: Apache-2.0
// Lines that other programs record, as responses.
#ifndef REASONWATCH_TAP_JSONL_IMPORT_H_
#define REASONWATCH_TAP_JSONL_IMPORT_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/response.h"

namespace reasonwatch {

enum class RecordFormat : uint8_t {
  kReasonwatch,  // recorded.h
  kOpenAiBatch,  // the output file of the OpenAI batch API
  kLiteLlm,      // LiteLLM's StandardLoggingPayload, one or an array a line
  kLangfuse,     // exports.h
  kLmEval        // exports.h
};

inline constexpr std::array<std::pair<std::string_view, RecordFormat>, 5>
    kRecordFormats = {{{"reasonwatch", RecordFormat::kReasonwatch},
                       {"openai-batch", RecordFormat::kOpenAiBatch},
                       {"litellm", RecordFormat::kLiteLlm},
                       {"langfuse", RecordFormat::kLangfuse},
                       {"lm-eval", RecordFormat::kLmEval}}};

std::optional<RecordFormat> RecordFormatOf(std::string_view name);

// Reads line by line. Not thread-safe: keeps the parser's buffers.
class RecordReader {
 public:
  // `model` is that of rows which name none; "" = such rows are refused.
  explicit RecordReader(RecordFormat format, std::string model = "");
  ~RecordReader();

  // Appends the responses of one line: one a record and choice, those of a
  // record under the same id. Records that can't be used are reported in
  // `errors`, one entry each: not JSON, a field that is missing or wrong, a
  // request that failed. The rest of the line is kept. Errors never quote a
  // text.
  void Read(std::string_view line, std::vector<Response>& rows,
            std::vector<std::string>& errors);

  // Keys of the last line, if its format is ours; see RecordedReader.
  const std::vector<std::string>& unknown_keys() const;
  int64_t lost_before() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_JSONL_IMPORT_H_
