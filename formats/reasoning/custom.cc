// SPDX-License-Identifier: Apache-2.0
#include "formats/reasoning/custom.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "re2/re2.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Log lines of RE2 would quote the pattern; the status has the error.
RE2::Options PatternOptions() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(int64_t{1} << 20);
  return options;
}

re2::StringPiece Piece(std::string_view s) { return {s.data(), s.size()}; }

}  // namespace

absl::Status CheckMarkerPattern(std::string_view pattern) {
  const RE2 compiled(Piece(pattern), PatternOptions());
  if (!compiled.ok())
    return absl::InvalidArgumentError(
        absl::StrCat("bad pattern: ", compiled.error()));
  if (RE2::FullMatch("", compiled))
    return absl::InvalidArgumentError("bad pattern: it matches the empty text");
  return absl::OkStatus();
}

struct CustomFormat::Pattern {
  std::unique_ptr<const RE2> regex;
  MarkerRole role;
};

CustomFormat::CustomFormat(CustomFormatSpec spec) : spec_(std::move(spec)) {
  row_.name = spec_.name;
  if (spec_.template_opens) {
    row_.opener = Opener::kTemplate;
    row_.no_marker = TextIs::kReasoning;
  }
  const auto add = [this](const std::string& pattern, MarkerRole role) {
    if (pattern.empty()) return;
    patterns_.push_back(
        {std::make_unique<const RE2>(pattern, PatternOptions()), role});
  };
  add(spec_.start, MarkerRole::kStart);
  add(spec_.end, MarkerRole::kEnd);
  add(spec_.tool, MarkerRole::kTool);
  for (const std::string& marker : spec_.markers)
    add(marker, MarkerRole::kEndOfTurn);
}

CustomFormat::~CustomFormat() = default;

std::vector<RoleHit> CustomFormat::Find(std::string_view text) const {
  std::vector<RoleHit> hits;
  for (const Pattern& pattern : patterns_) {
    size_t from = 0;
    for (size_t n = 0; n < kMaxMatches && from < text.size(); ++n) {
      re2::StringPiece match;
      if (!pattern.regex->Match(Piece(text), from, text.size(), RE2::UNANCHORED,
                                &match, 1))
        break;
      const auto begin = static_cast<size_t>(match.data() - text.data());
      const size_t end = begin + match.size();
      // "x*" matches nothing at all between two others.
      if (!match.empty())
        hits.push_back({.begin = begin, .end = end, .role = pattern.role});
      from = std::max(end, from + 1);
    }
  }
  // If two begin at one place, the longer is meant.
  std::ranges::sort(hits, [](const RoleHit& a, const RoleHit& b) {
    return std::tuple(a.begin, b.end, a.role) <
           std::tuple(b.begin, a.end, b.role);
  });
  size_t past = 0;
  std::erase_if(hits, [&past](const RoleHit& hit) {
    if (hit.begin < past) return true;
    past = hit.end;
    return false;
  });
  return hits;
}

bool CustomFormat::Fits(std::string_view text,
                        const std::vector<RoleHit>& hits) const {
  bool started = spec_.template_opens;
  for (const RoleHit& hit : hits) {
    if (hit.role == MarkerRole::kStart) {
      if (hit.begin == SkipSpace(text, 0)) return true;
      started = true;
    }
    if (hit.role == MarkerRole::kEnd && started) return true;
  }
  return false;
}

absl::StatusOr<std::shared_ptr<const CustomFormats>> CustomFormats::Compile(
    std::vector<CustomFormatSpec> specs) {
  if (specs.size() > kMaxFormats)
    return absl::InvalidArgumentError(
        absl::StrFormat("more than %d custom formats", kMaxFormats));
  auto formats = std::make_shared<CustomFormats>();
  for (CustomFormatSpec& spec : specs) {
    const auto invalid = [&spec](std::string_view field,
                                 std::string_view problem) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: %s: %s", spec.name, field, problem));
    };
    if (spec.name.empty() || spec.name == "auto" || spec.name == "unknown" ||
        FindFormat(spec.name) != nullptr || formats->Find(spec.name) != nullptr)
      return invalid("name", "is empty or taken");
    if (spec.end.empty()) return invalid("end", "is missing");
    const auto check = [&invalid](std::string_view field,
                                  const std::string& pattern) {
      if (pattern.empty()) return absl::OkStatus();
      const absl::Status status = CheckMarkerPattern(pattern);
      return status.ok() ? status : invalid(field, StdView(status.message()));
    };
    absl::Status status = check("start", spec.start);
    status.Update(check("end", spec.end));
    status.Update(check("tool", spec.tool));
    for (const std::string& marker : spec.markers)
      status.Update(check("markers", marker));
    if (!status.ok()) return status;
    formats->formats_.push_back(
        std::make_unique<const CustomFormat>(std::move(spec)));
  }
  return std::shared_ptr<const CustomFormats>(std::move(formats));
}

const CustomFormat* CustomFormats::Find(std::string_view name) const {
  for (const auto& format : formats_) {
    if (format->row().name == name) return format.get();
  }
  return nullptr;
}

}  // namespace reasonwatch
