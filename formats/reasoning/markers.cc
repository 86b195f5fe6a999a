// SPDX-License-Identifier: Apache-2.0
// All markers of the registry are collected into one table at compile time,
// grouped by their first byte, so that a text is read by memchr for a handful
// of bytes whatever the number of formats.
#include "formats/reasoning/markers.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "util/ascii.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

constexpr auto kHarmonyTokens = std::to_array<std::string_view>(
    {"<|start|>", "<|end|>", "<|channel|>", "<|message|>", "<|constrain|>",
     "<|return|>", "<|call|>", "<|eom|>", "<|eot|>"});
static_assert(kHarmonyTokens.size() ==
              static_cast<size_t>(HarmonyToken::kCount));

constexpr size_t kMaxMarkers = 240;  // fewer than a byte can number
constexpr size_t kMaxLeads = 8;      // first characters that markers have

struct Lead {
  char byte = 0;
  // By the second byte: range in MarkerTable::text. Most lead bytes are prose
  // or code, which the second byte shows.
  std::array<uint8_t, 257> second = {};
};

struct MarkerTable {
  std::array<std::string_view, kMaxMarkers> text = {};
  size_t size = 0;
  std::array<Lead, kMaxLeads> leads = {};
  size_t lead_count = 0;
  size_t longest = 0;
  std::array<std::array<MarkerRole, kMaxMarkers>, kFormats.size()> roles{};
  std::array<HarmonyToken, kMaxMarkers> harmony{};
  std::array<bool, kMaxMarkers> ends_turn{};
  std::array<bool, kMaxMarkers> is_tool{};
};

template <size_t N>
consteval bool Holds(const std::array<std::string_view, N>& markers,
                     std::string_view marker) {
  // A row's list ends with its first empty place. Lengths are compared first,
  // because compilers bound the steps of a constant.
  for (size_t i = 0; i < N && !markers[i].empty(); ++i) {
    if (markers[i].size() == marker.size() && markers[i] == marker) return true;
  }
  return false;
}

consteval MarkerTable BuildTable() {
  MarkerTable table;
  auto add = [&table](std::string_view marker) {
    if (marker.empty()) return;
    for (size_t i = 0; i < table.size; ++i) {
      if (table.text[i].size() == marker.size() && table.text[i] == marker)
        return;
    }
    table.text[table.size++] = marker;
    table.longest = std::max(table.longest, marker.size());
  };
  for (const FormatRow& row : kFormats) {
    // Labels are words, which are looked for only in a text of that family.
    if (row.grammar == Grammar::kLabels) continue;
    for (std::string_view marker : row.starts) add(marker);
    for (std::string_view marker : row.ends) add(marker);
    for (std::string_view marker : row.tools) add(marker);
    for (std::string_view marker : row.framing) add(marker);
    for (std::string_view marker : row.frame_ends) add(marker);
  }
  for (std::string_view marker : kOtherToolMarkup) add(marker);
  for (std::string_view token : kHarmonyTokens) add(token);
  for (std::string_view token : kEndOfTurnTokens) add(token);
  std::sort(table.text.begin(),
            table.text.begin() + static_cast<std::ptrdiff_t>(table.size));
  for (size_t i = 0; i < table.size; ++i) {
    const std::string_view marker = table.text[i];
    if (table.lead_count == 0 ||
        table.leads[table.lead_count - 1].byte != marker[0])
      table.leads[table.lead_count++].byte = marker[0];
    for (size_t f = 0; f < kFormats.size(); ++f) {
      const FormatRow& row = kFormats[f];
      MarkerRole& role = table.roles[f][i];
      if (Holds(row.starts, marker))
        role = MarkerRole::kStart;
      else if (Holds(row.ends, marker))
        role = MarkerRole::kEnd;
      else if (Holds(row.tools, marker))
        role = MarkerRole::kTool;
      else if (Holds(row.framing, marker))
        role = MarkerRole::kFraming;
      else if (Holds(row.frame_ends, marker))
        role = MarkerRole::kFrameEnd;
      else if (Holds(kEndOfTurnTokens, marker))
        role = MarkerRole::kEndOfTurn;
    }
    table.ends_turn[i] = Holds(kEndOfTurnTokens, marker);
    table.is_tool[i] = Holds(kOtherToolMarkup, marker);
    for (const FormatRow& row : kFormats)
      if (Holds(row.tools, marker)) table.is_tool[i] = true;
    table.harmony[i] = HarmonyToken::kNone;
    for (size_t t = 0; t < kHarmonyTokens.size(); ++t) {
      if (kHarmonyTokens[t] == marker)
        table.harmony[i] = static_cast<HarmonyToken>(t);
    }
  }
  return table;
}

consteval MarkerTable IndexedTable() {
  MarkerTable table = BuildTable();
  for (size_t l = 0; l < table.lead_count; ++l) {
    Lead& lead = table.leads[l];
    size_t i = 0;
    while (table.text[i][0] != lead.byte) ++i;
    for (size_t byte = 0; byte < 256; ++byte) {
      lead.second[byte] = static_cast<uint8_t>(i);
      while (i < table.size && table.text[i][0] == lead.byte &&
             static_cast<unsigned char>(table.text[i][1]) == byte)
        ++i;
    }
    lead.second[256] = static_cast<uint8_t>(i);
  }
  return table;
}

constexpr MarkerTable kTable = IndexedTable();

size_t FindByte(std::string_view text, char byte, size_t from) {
  const size_t at = text.find(byte, from);
  return at == std::string_view::npos ? text.size() : at;
}

struct QuotePair {
  std::string_view open;
  std::string_view close;
};
constexpr auto kQuotePairs = std::to_array<QuotePair>({{"\"", "\""},
                                                       {"'", "'"},
                                                       {"“", "”"},
                                                       {"‘", "’"},
                                                       {"«", "»"},
                                                       {"「", "」"}});

}  // namespace

MarkerRole RoleOf(const FormatRow& row, uint8_t marker) {
  const auto format = static_cast<size_t>(&row - kFormats.data());
  return kTable.roles[format][marker];
}

HarmonyToken HarmonyTokenOf(uint8_t marker) { return kTable.harmony[marker]; }

std::string_view MarkerText(uint8_t marker) { return kTable.text[marker]; }

bool EndsTurn(uint8_t marker) { return kTable.ends_turn[marker]; }

bool IsToolMarkup(uint8_t marker) { return kTable.is_tool[marker]; }

void MarkerScanner::Scan(std::string_view text, bool final) {
  std::array<size_t, kMaxLeads> next{};
  for (size_t l = 0; l < kTable.lead_count; ++l)
    next[l] = FindByte(text, kTable.leads[l].byte, scanned_);
  while (true) {
    size_t l = 0;
    for (size_t k = 1; k < kTable.lead_count; ++k) {
      if (next[k] < next[l]) l = k;
    }
    const size_t at = next[l];
    if (at == text.size()) {
      scanned_ = at;
      return;
    }
    if (!final && text.size() - at < kTable.longest) {
      scanned_ = at;
      return;
    }
    size_t past = at + 1;
    const std::string_view rest = text.substr(at);
    const Lead& lead = kTable.leads[l];
    const size_t second =
        rest.size() > 1 ? static_cast<unsigned char>(rest[1]) : 0;
    // Sorted, a longer marker comes behind the one that it begins with.
    for (size_t m = lead.second[second + 1]; m-- > lead.second[second];) {
      if (!rest.starts_with(kTable.text[m])) continue;
      past = at + kTable.text[m].size();
      if (hits_.size() < kMaxHits) {
        hits_.push_back(
            {.begin = at, .end = past, .marker = static_cast<uint8_t>(m)});
      } else {
        ++dropped_hits_;
      }
      break;
    }
    for (size_t k = 0; k < kTable.lead_count; ++k) {
      if (next[k] < past) next[k] = FindByte(text, kTable.leads[k].byte, past);
    }
  }
}

QuoteTracker::QuoteTracker(std::string_view text, size_t begin)
    : text_(text),
      tick_from_(begin),
      next_tick_(FindByte(text, '`', begin)),
      line_from_(begin),
      line_end_(FindByte(text, '\n', begin)) {}

void QuoteTracker::Restart(size_t begin) {
  if (begin < tick_from_ || begin > next_tick_) {
    tick_from_ = begin;
    next_tick_ = FindByte(text_, '`', begin);
  }
  if (begin < line_from_) {
    line_from_ = begin;
    line_end_ = FindByte(text_, '\n', begin);
  }
  in_span_ = false;
  fenced_ = false;
}

size_t QuoteTracker::LineEnd(size_t position) {
  if (line_end_ < position) {
    line_from_ = position;
    line_end_ = FindByte(text_, '\n', position);
  }
  return line_end_;
}

Quote QuoteTracker::At(size_t begin, size_t end) {
  while (next_tick_ < begin) {
    const size_t run = next_tick_;
    size_t past = run;
    while (past < text_.size() && text_[past] == '`') ++past;
    if (past - run >= 3 && AtLineStart(text_, run)) {
      fenced_ = !fenced_;
      in_span_ = false;
    } else if (!fenced_) {
      const bool closes = in_span_ && run < span_line_end_;
      in_span_ = !closes;
      span_line_end_ = LineEnd(run);
    }
    tick_from_ = past;
    next_tick_ = FindByte(text_, '`', past);
  }
  if (fenced_) return Quote::kFenced;
  if (in_span_ && begin < span_line_end_ && next_tick_ < span_line_end_)
    return Quote::kCodeSpan;
  for (const QuotePair& pair : kQuotePairs) {
    if (text_.substr(0, begin).ends_with(pair.open) &&
        text_.substr(end).starts_with(pair.close))
      return Quote::kQuoted;
  }
  return Quote::kNone;
}

bool AtLineStart(std::string_view text, size_t position) {
  while (position > 0 &&
         (text[position - 1] == ' ' || text[position - 1] == '\t'))
    --position;
  return position == 0 || text[position - 1] == '\n';
}

size_t SkipSpace(std::string_view text, size_t from) {
  while (from < text.size() && ascii::IsSpace(text[from])) ++from;
  return from;
}

}  // namespace reasonwatch
