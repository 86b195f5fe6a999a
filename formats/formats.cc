// SPDX-License-Identifier: Apache-2.0
#include "formats/formats.h"

#include <algorithm>
#include <utility>

#include "formats/reasoning/custom.h"
#include "formats/reasoning/markers.h"
#include "formats/reasoning/registry.h"
#include "formats/reasoning/splitter.h"

namespace reasonwatch {
namespace {

SplitResult SplitScanned(const FormatPolicy& policy, std::string_view model,
                         Thinking thinking, std::string_view text,
                         const MarkerScanner& scanner) {
  const FormatChoice choice = ChooseFormat(policy, model, text, scanner.hits());
  const SplitRules rules =
      choice.row == nullptr ? SplitRules{} : RulesFor(*choice.row, thinking);
  return SplitChosen(choice, rules, text, scanner);
}

FormatPolicy PolicyOf(std::string_view format) {
  FormatPolicy policy;
  policy.format = std::string(format);
  return policy;
}

}  // namespace

std::vector<std::string_view> FormatNames() {
  std::vector<std::string_view> names;
  for (const FormatRow& row : kFormats) names.push_back(row.name);
  for (const FormatAlias& alias : kFormatAliases) names.push_back(alias.alias);
  return names;
}

bool IsFormat(std::string_view name, const CustomFormats* custom) {
  return FindFormat(name) != nullptr ||
         (custom != nullptr && custom->Find(name) != nullptr);
}

SplitResult SplitText(const FormatPolicy& policy, std::string_view model,
                      Thinking thinking, std::string_view text) {
  MarkerScanner scanner;
  scanner.Scan(text, /*final=*/true);
  return SplitScanned(policy, model, thinking, text, scanner);
}

SplitResult SplitText(std::string_view format, std::string_view model,
                      Thinking thinking, std::string_view text) {
  return SplitText(PolicyOf(format), model, thinking, text);
}

StreamSplitter::StreamSplitter(FormatPolicy policy, std::string_view model,
                               Thinking thinking)
    : policy_(std::move(policy)),
      model_(model),
      thinking_(thinking),
      scanner_(std::make_unique<MarkerScanner>()) {}

StreamSplitter::StreamSplitter(std::string_view format, std::string_view model,
                               Thinking thinking)
    : StreamSplitter(PolicyOf(format), model, thinking) {}

StreamSplitter::~StreamSplitter() = default;

void StreamSplitter::Feed(std::string_view piece) {
  const size_t taken = std::min(piece.size(), kMaxBytes - text_.size());
  dropped_bytes_ += static_cast<int64_t>(piece.size() - taken);
  text_.append(piece.substr(0, taken));
  scanner_->Scan(text_, /*final=*/false);
}

SplitResult StreamSplitter::Finish() {
  scanner_->Scan(text_, /*final=*/true);
  return SplitScanned(policy_, model_, thinking_, text_, *scanner_);
}

}  // namespace reasonwatch
