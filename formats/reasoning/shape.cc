// SPDX-License-Identifier: Apache-2.0
#include "formats/reasoning/shape.h"

#include <algorithm>
#include <cstddef>

#include "util/ascii.h"

namespace reasonwatch {
namespace {

constexpr size_t kMaxTag = 48;          // bytes; longer is no marker
constexpr size_t kMaxMarkersShown = 3;  // of one response
constexpr std::string_view kShownSigns = "<>[]|:/_-=";

// A tag's name may be in any script, so a byte beyond ASCII is a letter here.
bool IsNameLetter(char c) { return ascii::IsLetter(c) || ascii::IsBeyond(c); }

// Runs of letters, digits and anything else by their class.
std::string TagShape(std::string_view tag) {
  std::string shape;
  std::string_view last;
  for (char c : tag) {
    std::string_view piece = "?";
    if (IsNameLetter(c)) {
      piece = "word";
    } else if (ascii::IsDigit(c)) {
      piece = "0";
    } else if (const size_t sign = kShownSigns.find(c);
               sign != std::string_view::npos) {
      piece = kShownSigns.substr(sign, 1);
    }
    const bool is_class = piece == "word" || piece == "0" || piece == "?";
    if (!is_class || piece != last) shape += piece;
    last = piece;
  }
  return shape;
}

}  // namespace

std::string_view LeadingTag(std::string_view text) {
  if (text.empty() || (text[0] != '<' && text[0] != '[')) return "";
  const char close = text[0] == '<' ? '>' : ']';
  for (size_t i = 1; i < std::min(text.size(), kMaxTag); ++i) {
    if (text[i] == close) return i == 1 ? "" : text.substr(0, i + 1);
    if (ascii::IsSpace(text[i])) return "";
  }
  return "";
}

std::string ClosingTag(std::string_view tag) {
  std::string closing;
  if (tag.empty()) return closing;
  closing += tag[0];
  closing += '/';
  closing += tag.substr(1);
  return closing;
}

std::string ShapeOf(std::string_view text, std::span<const MarkerHit> hits) {
  text.remove_prefix(SkipSpace(text, 0));
  const std::string_view tag = LeadingTag(text);
  if (!tag.empty()) {
    std::string shape = TagShape(tag) + "…";
    const std::string closing = ClosingTag(tag);
    const size_t at = text.find(closing, tag.size());
    if (at == std::string_view::npos) return shape;
    shape += TagShape(closing);
    if (!ascii::Trim(text.substr(at + closing.size())).empty())
      shape += " then text";
    return shape;
  }
  std::string shape = "text";
  for (const MarkerHit& hit :
       hits.first(std::min(hits.size(), kMaxMarkersShown))) {
    shape += "…";
    shape += MarkerText(hit.marker);
  }
  return shape;
}

}  // namespace reasonwatch
