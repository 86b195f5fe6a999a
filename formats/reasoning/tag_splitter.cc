// SPDX-License-Identifier: Apache-2.0
// A marker counts only if it can be meant: not in code, not between
// quotation marks, and a start marker in the middle of a line only if its
// block runs over line ends ("use <think> and </think>" is talk about
// markers). Inside an open block the first end that passes this test closes
// it, as servers do; hence one forward walk over the hits is enough.
#include "formats/reasoning/tag_splitter.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "util/ascii.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

class TagSplitter {
 public:
  TagSplitter(const FormatRow& row, const SplitRules& rules,
              std::string_view text, std::vector<RoleHit> hits)
      : row_(row),
        rules_(rules),
        text_(text),
        hits_(std::move(hits)),
        quotes_(text, 0) {}

  SplitResult Split() {
    // Framing may come before the first block.
    size_t first = SkipSpace(text_, 0);
    size_t start = 0;
    while (start < hits_.size() && hits_[start].role == MarkerRole::kFraming &&
           hits_[start].begin == first)
      first = SkipSpace(text_, hits_[start++].end);
    if (start < hits_.size() && hits_[start].begin == first &&
        hits_[start].role == MarkerRole::kStart) {
      next_ = start + 1;
      CloseBlock(hits_[start].end, /*implicit=*/false);
    } else if ((rules_.opened || BeginsInBlock(first)) && start == 0) {
      CloseBlock(0, /*implicit=*/true);
    }
    while (row_.many_blocks || !result_.reasoning.has_value()) {
      if (!FindLateBlock()) break;
    }
    FinishAnswer();
    result_.format = std::string(row_.name);
    result_.marker_state = State();
    return std::move(result_);
  }

 private:
  // Whether the label of a block and an end show that the template opened it
  // on this turn.
  bool BeginsInBlock(size_t first) const {
    return !row_.label.empty() && !hits_.empty() &&
           hits_[0].role == MarkerRole::kEnd &&
           text_.substr(first).starts_with(row_.label);
  }

  // From cursor_ on, copies answer text up to the next block and reads the
  // block. False if there is no further one.
  bool FindLateBlock() {
    quotes_.Restart(cursor_);
    // Reasoning that a bare end closes must begin with the text.
    const bool at_text_start = cursor_ == 0 && !result_.reasoning.has_value();
    bool in_mention = false;
    size_t next_end = next_;
    for (; next_ < hits_.size(); ++next_) {
      const RoleHit& hit = hits_[next_];
      if (hit.begin < cursor_ || quotes_.At(hit.begin, hit.end) != Quote::kNone)
        continue;
      if (hit.role != MarkerRole::kStart && hit.role != MarkerRole::kEnd) {
        TakeAnswerMarker(hit);
        continue;
      }
      if (hit.role == MarkerRole::kStart) {
        if (!row_.special_tokens && !AtLineStart(text_, hit.begin)) {
          next_end = std::max(next_end, next_ + 1);
          while (next_end < hits_.size() &&
                 hits_[next_end].role != MarkerRole::kEnd)
            ++next_end;
          const bool spans_lines =
              next_end < hits_.size() &&
              quotes_.LineEnd(hit.end) < hits_[next_end].begin;
          in_mention = !spans_lines;
          if (in_mention) continue;
        }
        TakeAnswer(hit.begin);
        ++next_;
        CloseBlock(hit.end, /*implicit=*/false);
        return true;
      }
      if (in_mention) {
        in_mention = false;
        continue;
      }
      if (EndIsDropped(hit)) continue;
      if (!rules_.bare_end_closes || !at_text_start ||
          row_.bare_end == BareEnd::kStays) {
        leaked_ = true;
        continue;
      }
      TakeReasoning(cursor_, hit.begin);
      forced_ = true;
      cursor_ = hit.end;
      ++next_;
      return true;
    }
    return false;
  }

  // An end without a start, of which only the marker goes.
  bool EndIsDropped(const RoleHit& hit) {
    const bool leading =
        SkipSpace(text_, cursor_) == hit.begin && result_.answer.empty();
    switch (row_.bare_end) {
      case BareEnd::kIsFraming:
        if (in_tools_) return true;
        break;
      case BareEnd::kIsDropped:
        (result_.reasoning.has_value() ? doubled_ : leaked_) = true;
        break;
      case BareEnd::kLeadingIsDropped:
        if (!leading || result_.reasoning.has_value()) return false;
        leaked_ = true;
        break;
      case BareEnd::kClosesReasoning:
      case BareEnd::kStays:
        return false;
    }
    TakeAnswer(hit.begin);
    cursor_ = hit.end;
    return true;
  }

  static bool IsFraming(MarkerRole role) {
    return role == MarkerRole::kFraming || role == MarkerRole::kFrameEnd;
  }

  // A tool, framing or end of turn in the answer.
  void TakeAnswerMarker(const RoleHit& hit) {
    if (hit.role == MarkerRole::kEndOfTurn) leaked_ = true;
    // A tool call is left as it is, with all that frames its parts.
    if (hit.role == MarkerRole::kTool) in_tools_ = true;
    if (!IsFraming(hit.role) || in_tools_) return;
    // A server that has split the text has no frame to leave in it.
    if (rules_.delivered) leaked_ = true;
    TakeAnswer(hit.begin);
    cursor_ = hit.end;
  }

  // Reads the block that begins at `begin` to its end; next_ is behind
  // the start's hit.
  void CloseBlock(size_t begin, bool implicit) {
    while (next_ < hits_.size() && hits_[next_].role == MarkerRole::kStart &&
           SkipSpace(text_, begin) == hits_[next_].begin) {
      begin = hits_[next_++].end;
      doubled_ = true;
    }
    if (!row_.label.empty() && text_.substr(begin).starts_with(row_.label))
      begin += row_.label.size();
    quotes_.Restart(begin);
    std::optional<size_t> closer;     // a tool or framing that may close it
    std::optional<size_t> uncertain;  // an end that may be quoted or meant
    // If a walk to the text's end has met no end, another one would not
    // either: then it is enough to look for other things that close the block.
    for (size_t i = next_;
         i < hits_.size() && !(ends_exhausted_ && closer.has_value()); ++i) {
      const RoleHit& hit = hits_[i];
      const Quote quote = quotes_.At(hit.begin, hit.end);
      if (quote == Quote::kCodeSpan) continue;
      if (hit.role == MarkerRole::kEnd) {
        if (quote == Quote::kNone) return TakeBlock(begin, i, implicit);
        if (!uncertain.has_value()) uncertain = i;
      } else if (quote == Quote::kNone) {
        if (hit.role == MarkerRole::kStart)
          doubled_ |= row_.special_tokens || AtLineStart(text_, hit.begin);
        if (!closer.has_value() &&
            (hit.role == MarkerRole::kTool || IsFraming(hit.role)))
          closer = i;
      }
    }
    ends_exhausted_ = true;
    // A code fence left open in the reasoning hides the real end. Only one
    // block may be closed so, or the walk would begin again and again.
    // Nothing but the answer can be before the end of its frame; markup of a
    // tool shows that nobody has taken the reasoning out.
    if (implicit && closer.has_value() &&
        hits_[*closer].role == MarkerRole::kFrameEnd)
      return;
    const bool raw = closer.has_value() &&
                     rules_.raw_no_marker == TextIs::kReasoning &&
                     hits_[*closer].role == MarkerRole::kTool;
    const bool surely_open =
        !implicit || raw || rules_.no_marker == TextIs::kReasoning;
    if (uncertain.has_value() && surely_open && !row_.many_blocks)
      return TakeBlock(begin, *uncertain, implicit);
    if (closer.has_value() && surely_open) {
      const size_t end = hits_[*closer].begin;
      // Nothing before it: the template had closed the block.
      if (implicit && ascii::Trim(text_.substr(begin, end - begin)).empty())
        return;
      TakeReasoning(begin, end);
      unclosed_ = true;
      cursor_ = end;
      next_ = *closer;
      return;
    }
    const TextIs rest = implicit         ? rules_.no_marker
                        : rules_.cut_off ? TextIs::kReasoning
                                         : row_.no_end;
    if (rest != TextIs::kReasoning) {
      // Hits are left for FinishAnswer() if the block was only supposed.
      unclosed_ = !implicit;
      if (!implicit) next_ = hits_.size();
      if (rest == TextIs::kAnswerWithoutStart && !implicit) cursor_ = begin;
      return;
    }
    if (implicit && ascii::Trim(text_).empty()) return;
    TakeReasoning(begin, text_.size());
    unclosed_ = true;
    cursor_ = text_.size();
    next_ = hits_.size();
  }

  void TakeBlock(size_t begin, size_t end_hit, bool implicit) {
    const RoleHit& hit = hits_[end_hit];
    size_t end = hit.begin;
    cursor_ = hit.end;
    if (row_.newline_at_end) {
      if (end > begin && text_[end - 1] == '\n') --end;
      if (cursor_ < text_.size() && text_[cursor_] == '\n') ++cursor_;
    }
    TakeReasoning(begin, end);
    forced_ |= implicit;
    next_ = end_hit + 1;
  }

  // The text from `begin` to `end` is reasoning, but for tool calls in it.
  void TakeReasoning(size_t begin, size_t end) {
    std::string_view piece = text_.substr(begin, end - begin);
    if (!result_.reasoning.has_value()) {
      result_.reasoning.emplace();
    } else if (!result_.reasoning->empty() && !piece.empty()) {
      result_.reasoning->append(row_.joiner);
    }
    while (!row_.inner_tool.empty()) {
      const size_t tool = piece.find(row_.inner_tool);
      if (tool == std::string_view::npos) break;
      result_.reasoning->append(piece.substr(0, tool));
      piece.remove_prefix(tool);
      const size_t tool_end = piece.find(row_.inner_tool_end);
      const size_t size = tool_end == std::string_view::npos
                              ? piece.size()
                              : tool_end + row_.inner_tool_end.size();
      result_.answer.append(piece.substr(0, size));
      piece.remove_prefix(size);
    }
    result_.reasoning->append(piece);
  }

  void TakeAnswer(size_t until) {
    result_.answer.append(text_.substr(cursor_, until - cursor_));
    cursor_ = until;
  }

  // The rest of the text is answer; markers in it are noted.
  void FinishAnswer() {
    quotes_.Restart(cursor_);
    bool in_mention = false;
    for (; next_ < hits_.size(); ++next_) {
      const RoleHit& hit = hits_[next_];
      if (hit.begin < cursor_ || quotes_.At(hit.begin, hit.end) != Quote::kNone)
        continue;
      if (hit.role != MarkerRole::kStart && hit.role != MarkerRole::kEnd) {
        TakeAnswerMarker(hit);
        continue;
      }
      if (hit.role == MarkerRole::kStart && TakeAnotherBlock()) continue;
      const bool mention = hit.role == MarkerRole::kStart
                               ? !AtLineStart(text_, hit.begin)
                               : in_mention;
      in_mention = hit.role == MarkerRole::kStart && mention;
      doubled_ |= !mention;
    }
    TakeAnswer(text_.size());
    StripWrapper();
  }

  // The model thinks again: the start at next_ and the next end enclose a block
  // unless they are talk about markers. Leaves next_ at that end.
  bool TakeAnotherBlock() {
    if (!result_.reasoning.has_value()) return false;
    const RoleHit& start = hits_[next_];
    const size_t end = next_ + 1;
    if (end >= hits_.size() || hits_[end].role != MarkerRole::kEnd ||
        quotes_.At(hits_[end].begin, hits_[end].end) != Quote::kNone)
      return false;
    const std::string_view before =
        text_.substr(cursor_, start.begin - cursor_);
    const std::string_view inside =
        ascii::Trim(text_.substr(start.end, hits_[end].begin - start.end));
    constexpr std::string_view kSentenceEnds = ".!?";
    const bool again =
        (ascii::Trim(before).empty() && ascii::Trim(result_.answer).empty()) ||
        inside.find('\n') != std::string_view::npos ||
        AtLineStart(text_, start.begin) ||
        (!inside.empty() &&
         kSentenceEnds.find(inside.back()) != std::string_view::npos);
    if (!again) return false;
    TakeAnswer(start.begin);
    TakeReasoning(start.end, hits_[end].begin);
    cursor_ = hits_[end].end;
    next_ = end;
    doubled_ = true;
    return true;
  }

  void StripWrapper() {
    std::string_view answer = result_.answer;
    const size_t begin = SkipSpace(answer, 0);
    for (std::string_view open : row_.answer_open) {
      if (open.empty() || !answer.substr(begin).starts_with(open)) continue;
      answer.remove_prefix(begin + open.size());
      const size_t size =
          StdView(absl::StripTrailingAsciiWhitespace(AbslView(answer))).size();
      for (std::string_view close : row_.answer_close) {
        if (close.empty() || !answer.substr(0, size).ends_with(close)) continue;
        answer = answer.substr(0, size - close.size());
        break;
      }
      result_.answer = std::string(answer);
      return;
    }
    StripLeftClose();
  }

  // The end of a wrapper whose beginning a server has taken away.
  void StripLeftClose() {
    if (!result_.reasoning.has_value() && !rules_.delivered) return;
    const size_t size =
        StdView(absl::StripTrailingAsciiWhitespace(AbslView(result_.answer)))
            .size();
    const std::string_view answer = result_.answer;
    for (std::string_view close : row_.answer_close) {
      if (close.empty() || !answer.substr(0, size).ends_with(close)) continue;
      result_.answer.resize(size - close.size());
      leaked_ = true;
      return;
    }
  }

  MarkerState State() const {
    if (unclosed_) return MarkerState::kUnclosed;
    if (doubled_) return MarkerState::kDoubled;
    if (leaked_) return MarkerState::kLeaked;
    if (forced_) return MarkerState::kForcedOpen;
    if (result_.reasoning.has_value()) return MarkerState::kWellFormed;
    return ascii::Trim(text_).empty() ? MarkerState::kNone
                                      : MarkerState::kAbsent;
  }

  const FormatRow& row_;
  const SplitRules rules_;
  const std::string_view text_;
  const std::vector<RoleHit> hits_;
  size_t next_ = 0;    // in hits_
  size_t cursor_ = 0;  // in text_; everything before it has been given away
  QuoteTracker quotes_;
  SplitResult result_;
  bool ends_exhausted_ = false;
  bool in_tools_ = false;
  bool forced_ = false;
  bool unclosed_ = false;
  bool doubled_ = false;
  bool leaked_ = false;
};

}  // namespace

SplitResult SplitAtTags(const FormatRow& row, const SplitRules& rules,
                        std::string_view text, std::vector<RoleHit> hits) {
  return TagSplitter(row, rules, text, std::move(hits)).Split();
}

}  // namespace reasonwatch
