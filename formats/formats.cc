#include "formats/formats.h"

#include "formats/reasoning/markers.h"
#include "formats/reasoning/registry.h"
#include "formats/reasoning/splitter.h"

namespace reasonwatch {
namespace {

SplitResult SplitScanned(std::string_view format, std::string_view model,
                         Thinking thinking, std::string_view text,
                         const MarkerScanner& scanner) {
  const FormatRow* row = ChooseFormat(format, model, text, scanner.hits());
  const SplitRules rules =
      row == nullptr ? SplitRules{} : RulesFor(*row, thinking);
  return SplitWith(row, rules, text, scanner.hits());
}

}  // namespace

std::vector<std::string_view> FormatNames() {
  std::vector<std::string_view> names;
  for (const FormatRow& row : kFormats) names.push_back(row.name);
  return names;
}

SplitResult SplitText(std::string_view format, std::string_view model,
                      Thinking thinking, std::string_view text) {
  MarkerScanner scanner;
  scanner.Scan(text, /*final=*/true);
  return SplitScanned(format, model, thinking, text, scanner);
}

StreamSplitter::StreamSplitter(std::string_view format, std::string_view model,
                               Thinking thinking)
    : format_(format),
      model_(model),
      thinking_(thinking),
      scanner_(std::make_unique<MarkerScanner>()) {}

StreamSplitter::~StreamSplitter() = default;

void StreamSplitter::Feed(std::string_view piece) {
  text_.append(piece);
  scanner_->Scan(text_, /*final=*/false);
}

SplitResult StreamSplitter::Finish() {
  scanner_->Scan(text_, /*final=*/true);
  return SplitScanned(format_, model_, thinking_, text_, *scanner_);
}

}  // namespace reasonwatch
