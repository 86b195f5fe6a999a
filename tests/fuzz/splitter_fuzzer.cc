// SPDX-License-Identifier: Apache-2.0
// Splits a text whole and in pieces; the results must be equal. The first bytes
// give format, thinking and model, the place of the first cut, and the size of
// further pieces; the rest is the text.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/formats.h"
#include "formats/reasoning/custom.h"

namespace {

const reasonwatch::FormatPolicy& Base() {
  static const auto& base = *[] {
    auto* policy = new reasonwatch::FormatPolicy;
    policy->custom =
        *reasonwatch::CustomFormats::Compile({{.name = "custom",
                                               .start = "<+plan.?>",
                                               .end = "</plan>+",
                                               .tool = "CALL",
                                               .markers = {"<[a-z]{2,9}>"},
                                               .template_opens = false}});
    return policy;
  }();
  return base;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kHead = 4;
  if (size < kHead) return 0;
  const std::vector<std::string_view> names = reasonwatch::FormatNames();
  const size_t choice = data[0] % (names.size() + 3);
  reasonwatch::FormatPolicy policy = Base();
  if (choice > 0 && choice <= names.size())
    policy.format = std::string(names[choice - 1]);
  if (choice == names.size() + 1) policy.format = "custom";
  if (choice == names.size() + 2) policy.families = {"qwen3", "custom"};
  const auto thinking = static_cast<reasonwatch::Thinking>(data[1] % 3);
  const std::string_view model = data[1] >= 128 ? "Qwen3-8B" : "m";
  const std::string_view text(reinterpret_cast<const char*>(data) + kHead,
                              size - kHead);
  const auto whole = reasonwatch::SplitText(policy, model, thinking, text);
  reasonwatch::StreamSplitter splitter(policy, model, thinking);
  const size_t first = std::min<size_t>(data[2], text.size());
  splitter.Feed(text.substr(0, first));
  const size_t step = size_t{data[3]} + 1;
  for (size_t at = first; at < text.size(); at += step)
    splitter.Feed(text.substr(at, step));
  if (splitter.Finish() != whole) std::abort();
  // The parts hold no more than the text: markers are removed, and nothing is
  // added except the line feeds that join blocks (each replaces a marker) and a
  // start marker that is put back.
  if (whole.answer.size() + whole.reasoning.value_or("").size() >
      text.size() + std::string_view("<think>").size())
    std::abort();
  if (whole.shape.size() > 240) std::abort();
  return 0;
}
