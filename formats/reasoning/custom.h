// SPDX-License-Identifier: Apache-2.0
// Reasoning formats that the operator describes with regular expressions.
#ifndef REASONWATCH_FORMATS_REASONING_CUSTOM_H_
#define REASONWATCH_FORMATS_REASONING_CUSTOM_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "formats/reasoning/markers.h"
#include "formats/reasoning/registry.h"

namespace re2 {
class RE2;
}  // namespace re2

namespace reasonwatch {

// Patterns are RE2, matched anywhere; a literal marker is written \Q...\E.
struct CustomFormatSpec {
  std::string name;
  std::string start;  // "" = the model never writes one
  std::string end;
  std::string tool;  // closes a block that has no end; "" = nothing does
  // More that must not be left in an answer.
  std::vector<std::string> markers;
  bool template_opens = false;  // the text begins inside the block
};

// InvalidArgument: no pattern of RE2, or one that matches the empty text.
absl::Status CheckMarkerPattern(std::string_view pattern);

class CustomFormat {
 public:
  // A text may hold this many matches of a pattern; later ones are text. RE2
  // may read the whole rest of a text for each.
  static constexpr size_t kMaxMatches = 256;

  explicit CustomFormat(CustomFormatSpec spec);  // patterns are valid
  ~CustomFormat();
  CustomFormat(const CustomFormat&) = delete;
  CustomFormat& operator=(const CustomFormat&) = delete;

  // Its rules; the markers are not in it. The name lives as long as this.
  const FormatRow& row() const { return row_; }
  // All markers of the text, by place, none overlapping another.
  std::vector<RoleHit> Find(std::string_view text) const;
  // Whether hits that Find() gave show that a text is of this format.
  bool Fits(std::string_view text, const std::vector<RoleHit>& hits) const;

 private:
  struct Pattern;
  const CustomFormatSpec spec_;
  FormatRow row_;
  std::vector<Pattern> patterns_;
};

// Immutable, so safe from any thread.
class CustomFormats {
 public:
  static constexpr size_t kMaxFormats = 16;  // each costs a look at each text

  // InvalidArgument, with the format and the field that are wrong: more than
  // kMaxFormats, a name that is empty, taken or "auto" or "unknown", a pattern
  // that is none, no end.
  static absl::StatusOr<std::shared_ptr<const CustomFormats>> Compile(
      std::vector<CustomFormatSpec> specs);

  const CustomFormat* Find(std::string_view name) const;  // or null
  const std::vector<std::unique_ptr<const CustomFormat>>& all() const {
    return formats_;
  }

 private:
  std::vector<std::unique_ptr<const CustomFormat>> formats_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_REASONING_CUSTOM_H_
