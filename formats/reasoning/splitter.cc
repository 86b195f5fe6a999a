// SPDX-License-Identifier: Apache-2.0
// Splitting has two steps. A choice names the row of the registry: the
// configured one, or for "auto" the row of the model's name, of a custom
// format, or of the text's first marker. Then the grammar of that row cuts the
// text.
//
// In order: rows by name and by text, choices, residue of dropped tokens,
// labels, grammars, the entry points.
#include "formats/reasoning/splitter.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "formats/reasoning/custom.h"
#include "formats/reasoning/harmony_splitter.h"
#include "formats/reasoning/model_name.h"
#include "formats/reasoning/shape.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

const FormatRow* FindByName(std::string_view model) {
  for (const NameRule& rule : kNameRules) {
    if (NameHas(model, rule.needle) && NameHas(model, rule.also))
      return FindFormat(rule.format);
  }
  return nullptr;
}

// Models are few and their names come again with every response.
const FormatRow* FormatOfName(std::string_view model) {
  struct Known {
    std::string model;
    const FormatRow* row = nullptr;
  };
  thread_local std::array<Known, 64> known;
  Known& slot = known[std::hash<std::string_view>()(model) % known.size()];
  if (slot.model != model)
    slot = {.model = std::string(model), .row = FindByName(model)};
  return slot.row;
}

// The rows that "auto" may take.
class Families {
 public:
  explicit Families(std::span<const std::string> names) : names_(names) {
    allowed_.fill(names.empty());
    for (const std::string& name : names) {
      const FormatRow* row = FindFormat(name);
      if (row != nullptr) allowed_[IndexOf(*row)] = true;
    }
  }
  bool Allow(const FormatRow& row) const { return allowed_[IndexOf(row)]; }
  bool Allow(const CustomFormat& format) const {
    return names_.empty() ||
           std::ranges::find(names_, format.row().name) != names_.end();
  }

 private:
  static size_t IndexOf(const FormatRow& row) {
    return static_cast<size_t>(&row - kFormats.data());
  }

  const std::span<const std::string> names_;
  std::array<bool, kFormats.size()> allowed_{};
};

// The first row, of those that a text can identify, with the marker in that
// role.
const FormatRow* OwnerOf(uint8_t marker, MarkerRole role,
                         const Families& families) {
  for (const FormatRow& row : kFormats) {
    if (row.found_by_text && RoleOf(row, marker) == role &&
        families.Allow(row) &&
        std::ranges::find(row.not_by_text, MarkerText(marker)) ==
            row.not_by_text.end())
      return &row;
  }
  return nullptr;
}

bool IsHarmony(const MarkerHit& hit) {
  return HarmonyTokenOf(hit.marker) != HarmonyToken::kNone;
}

// The text begins with markup of reasoning that no row knows. In square
// brackets it must be closed: they enclose headings too.
bool IsMarkedUnknown(std::string_view text) {
  if (text.starts_with("<|")) {
    return std::ranges::none_of(kToolStarts, [text](std::string_view start) {
      return text.starts_with(start);
    });
  }
  const std::string_view tag = LeadingTag(text);
  if (tag.empty()) return false;
  const std::string name = absl::AsciiStrToLower(AbslView(tag));
  if (std::ranges::none_of(kThoughtWords, [&name](std::string_view word) {
        return name.find(word) != std::string::npos;
      }))
    return false;
  return tag[0] == '<' || text.find(ClosingTag(tag)) != std::string_view::npos;
}

// The row of messages whose first header lacks its beginning, as the template
// has written that: "to=self<|message|>" or "analysis<|message|>". Null if the
// text is none.
const FormatRow* FormatOfHeader(std::string_view text,
                                std::span<const MarkerHit> hits) {
  constexpr size_t kMostHeaderBytes = 64;  // a role and a channel fit
  if (hits.empty() || hits[0].begin > kMostHeaderBytes ||
      HarmonyTokenOf(hits[0].marker) != HarmonyToken::kMessage)
    return nullptr;
  const std::string_view header = ascii::Trim(text.substr(0, hits[0].begin));
  if (header.starts_with("to=self") || header.starts_with("to=user"))
    return FindFormat("muse_glimmer");
  for (std::string_view channel : {"analysis", "commentary", "final"})
    if (header.starts_with(channel)) return FindFormat("openai_gptoss");
  return nullptr;
}

// By the text alone: plain if it shows nothing, null if no row or more than one
// fits.
const FormatRow* FormatOfText(std::string_view text,
                              std::span<const MarkerHit> hits,
                              const Families& families) {
  const FormatRow* plain = FindFormat("plain");
  const FormatRow* harmony = FindFormat("openai_gptoss");
  const size_t first = SkipSpace(text, 0);
  bool begins_known = false;
  if (const FormatRow* row = FormatOfHeader(text, hits);
      row != nullptr && families.Allow(*row))
    return row;
  if (!hits.empty() && hits[0].begin == first) {
    if (IsHarmony(hits[0]) && !EndsTurn(hits[0].marker) &&
        families.Allow(*harmony))
      return harmony;
    for (MarkerRole role : {MarkerRole::kStart, MarkerRole::kFraming}) {
      const FormatRow* owner = OwnerOf(hits[0].marker, role, families);
      if (owner != nullptr) return owner;
    }
    begins_known =
        EndsTurn(hits[0].marker) ||
        OwnerOf(hits[0].marker, MarkerRole::kEnd, families) != nullptr ||
        OwnerOf(hits[0].marker, MarkerRole::kTool, families) != nullptr;
  }
  if (!begins_known && IsMarkedUnknown(text.substr(first))) return nullptr;
  QuoteTracker quotes(text, 0);
  const FormatRow* started = nullptr;  // a start was seen, its end not yet
  bool in_mention = false;
  for (const MarkerHit& hit : hits) {
    if (quotes.At(hit.begin, hit.end) != Quote::kNone) continue;
    const FormatRow* start = OwnerOf(hit.marker, MarkerRole::kStart, families);
    const FormatRow* end = OwnerOf(hit.marker, MarkerRole::kEnd, families);
    if (start != nullptr) {
      if (started != nullptr && started != start) return nullptr;
      started = start;
      in_mention = !AtLineStart(text, hit.begin) &&
                   quotes.LineEnd(hit.end) == text.size();
    } else if (end != nullptr) {
      // Two families in one text are no ground to choose either.
      if (started != nullptr &&
          RoleOf(*started, hit.marker) != MarkerRole::kEnd)
        return nullptr;
      if (!in_mention) return started != nullptr ? started : end;
    }
  }
  return started != nullptr && !in_mention ? started : plain;
}

bool HasMarkerOf(const FormatRow& row, std::span<const MarkerHit> hits) {
  return std::ranges::any_of(hits, [&row](const MarkerHit& hit) {
    if (row.grammar == Grammar::kHarmony)
      return IsHarmony(hit) && !EndsTurn(hit.marker);
    const MarkerRole role = RoleOf(row, hit.marker);
    return role == MarkerRole::kStart || role == MarkerRole::kEnd ||
           role == MarkerRole::kFraming || role == MarkerRole::kFrameEnd;
  });
}

bool IsPlain(const FormatRow* row) {
  return row != nullptr && row->grammar == Grammar::kPlain;
}

FormatChoice CustomChoice(const CustomFormat& format, std::string_view text) {
  FormatChoice choice(&format.row());
  choice.custom_hits = format.Find(text);
  return choice;
}

// The format is settled; does the text agree?
FormatChoice FixedChoice(const FormatPolicy& policy, std::string_view text,
                         std::span<const MarkerHit> hits) {
  const Families any({});
  FormatChoice choice;
  bool own = false;
  if (const CustomFormat* custom = policy.custom == nullptr
                                       ? nullptr
                                       : policy.custom->Find(policy.format);
      custom != nullptr) {
    choice = CustomChoice(*custom, text);
    own = !choice.custom_hits->empty();
  } else {
    choice.row = FindFormat(policy.format);
    if (choice.row == nullptr) return choice;
    own = HasMarkerOf(*choice.row, hits);
  }
  choice.unexpected = !own && !IsPlain(FormatOfText(text, hits, any));
  return choice;
}

FormatChoice AutoChoice(const FormatPolicy& policy, std::string_view model,
                        std::string_view text,
                        std::span<const MarkerHit> hits) {
  const Families families(policy.families);
  const FormatRow* named = FormatOfName(model);
  if (named != nullptr && !families.Allow(*named)) named = nullptr;
  if (named != nullptr && HasMarkerOf(*named, hits)) return FormatChoice(named);
  if (policy.custom != nullptr) {
    for (const auto& custom : policy.custom->all()) {
      if (!families.Allow(*custom)) continue;
      FormatChoice choice = CustomChoice(*custom, text);
      if (!custom->Fits(text, *choice.custom_hits)) continue;
      choice.unexpected = named != nullptr;
      return choice;
    }
  }
  const FormatRow* of_text = FormatOfText(text, hits, families);
  if (IsPlain(of_text) && named == nullptr && hits.empty() &&
      IsHarmonyResidue(text) && families.Allow(*FindFormat("openai_gptoss")))
    return FormatChoice(FindFormat("openai_gptoss"));
  if (!IsPlain(of_text)) {
    const bool barred = of_text == nullptr && !policy.families.empty();
    return FormatChoice(of_text, named != nullptr || barred);
  }
  // The text shows nothing that is allowed.
  if (!policy.families.empty() &&
      !IsPlain(FormatOfText(text, hits, Families({}))))
    return FormatChoice(nullptr, true);
  if (named != nullptr) return FormatChoice(named);
  if (families.Allow(*of_text)) return FormatChoice(of_text);
  FormatPolicy first = policy;
  first.format = policy.families.front();
  return FixedChoice(first, text, hits);
}

// The text of a server that drops special tokens and does not parse.
bool SplitAtResidue(const FormatRow& row, std::string_view text,
                    SplitResult& result) {
  if (row.residue_open.empty() && row.residue_between.empty()) return false;
  if (row.grammar == Grammar::kHarmony)
    return SplitHarmonyResidue(row.name, text, result);
  if (!text.starts_with(row.residue_open)) return false;
  if (row.residue_between.empty()) {
    result.answer = std::string(text);
  } else {
    const size_t between =
        text.find(row.residue_between, row.residue_open.size());
    if (between == std::string_view::npos) return false;
    result.reasoning = std::string(text.substr(
        row.residue_open.size(), between - row.residue_open.size()));
    result.answer =
        std::string(text.substr(between + row.residue_between.size()));
  }
  result.format = std::string(row.name);
  result.marker_state = MarkerState::kStripped;
  return true;
}

// A line that begins with a label is reasoning up to the next label's line.
SplitResult SplitAtLabels(const FormatRow& row, std::string_view text) {
  SplitResult result;
  result.format = std::string(row.name);
  result.answer = std::string(text);
  const size_t begin = SkipSpace(text, 0);
  if (!text.substr(begin).starts_with(row.starts[0])) {
    result.marker_state =
        begin == text.size() ? MarkerState::kNone : MarkerState::kAbsent;
    return result;
  }
  const size_t from = begin + row.starts[0].size();
  const size_t end = std::min(text.find(row.ends[0], from), text.size());
  result.reasoning = std::string(ascii::Trim(text.substr(from, end - from)));
  result.answer = std::string(ascii::Trim(text.substr(end)));
  result.marker_state =
      end == text.size() ? MarkerState::kUnclosed : MarkerState::kWellFormed;
  return result;
}

// A token that ends turns is in the text, and not as talk about it.
bool HasTurnToken(std::string_view text, std::span<const MarkerHit> hits) {
  QuoteTracker quotes(text, 0);
  return std::ranges::any_of(hits, [&](const MarkerHit& hit) {
    return EndsTurn(hit.marker) &&
           quotes.At(hit.begin, hit.end) == Quote::kNone &&
           (MarkerText(hit.marker) != kEndOfTextTag ||
            SkipSpace(text, hit.end) == text.size());
  });
}

SplitResult SplitByGrammar(const FormatChoice& choice, const SplitRules& rules,
                           std::string_view text,
                           std::span<const MarkerHit> hits) {
  SplitResult result;
  const FormatRow& row = *choice.row;
  if (choice.custom_hits.has_value())
    return SplitAtTags(row, rules, text, *choice.custom_hits);
  if (!HasMarkerOf(row, hits) && SplitAtResidue(row, text, result))
    return result;
  switch (row.grammar) {
    case Grammar::kTags: {
      std::vector<RoleHit> own;
      for (const MarkerHit& hit : hits) {
        const MarkerRole role = RoleOf(row, hit.marker);
        if (MarkerText(hit.marker) == kEndOfTextTag &&
            SkipSpace(text, hit.end) != text.size())
          continue;
        if (role != MarkerRole::kNone)
          own.push_back({.begin = hit.begin, .end = hit.end, .role = role});
      }
      return SplitAtTags(row, rules, text, std::move(own));
    }
    case Grammar::kHarmony:
      return SplitHarmony(row.name, text, hits);
    case Grammar::kAppendsStart:
      result.answer = std::string(row.starts[0]);
      result.marker_state = MarkerState::kLeaked;
      break;
    case Grammar::kLabels:
      return SplitAtLabels(row, text);
    case Grammar::kPlain:
      if (HasTurnToken(text, hits)) result.marker_state = MarkerState::kLeaked;
      break;
  }
  result.answer.append(text);
  result.format = std::string(row.name);
  return result;
}

}  // namespace

FormatChoice PlainChoice() { return FormatChoice(FindFormat("plain")); }

SplitRules RulesFor(const FormatRow& row, Thinking thinking) {
  SplitRules rules = {.opened = row.opener == Opener::kTemplate,
                      .no_marker = row.no_marker,
                      .raw_no_marker = row.no_marker};
  if (!row.follows_request) {
    // An end is then no token out of place: the template may have opened.
    if (thinking == Thinking::kOn && row.bare_end == BareEnd::kIsDropped)
      rules = {.opened = true,
               .no_marker = TextIs::kAnswer,
               .raw_no_marker = TextIs::kAnswer};
    return rules;
  }
  if (thinking == Thinking::kOn)
    rules = {.opened = true,
             .no_marker = TextIs::kReasoning,
             .raw_no_marker = TextIs::kReasoning};
  if (thinking == Thinking::kOff)
    rules = {.opened = false, .bare_end_closes = false};
  return rules;
}

FormatChoice ChooseFormat(const FormatPolicy& policy, std::string_view model,
                          std::string_view text,
                          std::span<const MarkerHit> hits) {
  return policy.format == "auto" ? AutoChoice(policy, model, text, hits)
                                 : FixedChoice(policy, text, hits);
}

SplitResult SplitChosen(const FormatChoice& choice, const SplitRules& rules,
                        std::string_view text, const MarkerScanner& scanner) {
  SplitResult result;
  if (choice.row == nullptr) {
    result.answer = std::string(text);
    result.format = "unknown";
    result.shape = ShapeOf(text, scanner.hits());
  } else {
    result = SplitByGrammar(choice, rules, text, scanner.hits());
  }
  result.has_tools = std::ranges::any_of(
      scanner.hits(),
      [](const MarkerHit& hit) { return IsToolMarkup(hit.marker); });
  if (scanner.dropped_hits() > 0) result.marker_state = MarkerState::kDoubled;
  if (choice.unexpected) result.marker_state = MarkerState::kUnexpected;
  return result;
}

}  // namespace reasonwatch
