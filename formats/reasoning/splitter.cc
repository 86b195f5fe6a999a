// A marker counts only where it can be meant: not in code, not between
// quotation marks, and a start marker in the middle of a line only where its
// block runs over line ends ("use <think> and </think>" is talk about
// markers). Inside an open block the first end that passes this test closes
// it, as servers do; hence one forward walk over the hits is enough.
#include "formats/reasoning/splitter.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "core/strings.h"

namespace reasonwatch {
namespace {

struct RoleHit {
  size_t begin;
  size_t end;
  MarkerRole role;
};

size_t SkipSpace(std::string_view text, size_t from) {
  while (from < text.size() &&
         absl::ascii_isspace(static_cast<unsigned char>(text[from])))
    ++from;
  return from;
}

std::string_view Trimmed(std::string_view text) {
  return StdView(absl::StripAsciiWhitespace(AbslView(text)));
}

void AppendBlock(std::optional<std::string>& sink, std::string_view piece) {
  if (!sink.has_value()) {
    sink.emplace(piece);
    return;
  }
  if (!sink->empty() && !piece.empty()) sink->push_back('\n');
  sink->append(piece);
}

// The split of a text with start and end markers.
class TagSplitter {
 public:
  TagSplitter(const FormatRow& row, const SplitRules& rules,
              std::string_view text, std::span<const MarkerHit> hits)
      : row_(row), rules_(rules), text_(text) {
    for (const MarkerHit& hit : hits) {
      const MarkerRole role = RoleOf(row, hit.marker);
      if (role != MarkerRole::kNone)
        hits_.push_back({hit.begin, hit.end, role});
    }
  }

  SplitResult Split() {
    const size_t first = SkipSpace(text_, 0);
    if (!hits_.empty() && hits_[0].begin == first &&
        hits_[0].role == MarkerRole::kStart) {
      next_ = 1;
      CloseBlock(hits_[0].end, /*implicit=*/false);
    } else if (rules_.opened) {
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
  // From cursor_ on, copies answer text up to the next block and reads the
  // block. False where there is no further one.
  bool FindLateBlock() {
    QuoteTracker quotes(text_, cursor_);
    // Reasoning that a bare end closes must begin where the text does.
    const bool at_text_start = cursor_ == 0 && !result_.reasoning.has_value();
    bool in_mention = false;
    size_t next_end = next_;
    for (; next_ < hits_.size(); ++next_) {
      const RoleHit& hit = hits_[next_];
      if (hit.begin < cursor_ || hit.role == MarkerRole::kTool ||
          quotes.At(hit.begin, hit.end) != Quote::kNone)
        continue;
      if (hit.role == MarkerRole::kStart) {
        next_end = std::max(next_end, next_ + 1);
        while (next_end < hits_.size() &&
               hits_[next_end].role != MarkerRole::kEnd)
          ++next_end;
        const bool spans_lines =
            next_end < hits_.size() &&
            quotes.LineEnd(hit.end) < hits_[next_end].begin;
        if (!spans_lines && !AtLineStart(text_, hit.begin)) {
          in_mention = true;
          continue;
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
      if (row_.bare_end == BareEnd::kIsDropped) {
        TakeAnswer(hit.begin);
        cursor_ = hit.end;
        (result_.reasoning.has_value() ? doubled_ : leaked_) = true;
        continue;
      }
      if (!rules_.bare_end_closes || !at_text_start) {
        leaked_ = true;
        continue;
      }
      AppendBlock(result_.reasoning, text_.substr(0, hit.begin));
      forced_ = true;
      cursor_ = hit.end;
      ++next_;
      return true;
    }
    return false;
  }

  // Reads the block that begins at `begin` to its end; next_ stands behind
  // the start's hit.
  void CloseBlock(size_t begin, bool implicit) {
    while (next_ < hits_.size() && hits_[next_].role == MarkerRole::kStart &&
           SkipSpace(text_, begin) == hits_[next_].begin) {
      begin = hits_[next_++].end;
      doubled_ = true;
    }
    if (!row_.label.empty() && text_.substr(begin).starts_with(row_.label))
      begin += row_.label.size();
    QuoteTracker quotes(text_, begin);
    std::optional<size_t> tool;
    std::optional<size_t> uncertain;  // an end that may be quoted or meant
    for (size_t i = next_; i < hits_.size(); ++i) {
      const RoleHit& hit = hits_[i];
      const Quote quote = quotes.At(hit.begin, hit.end);
      if (quote == Quote::kCodeSpan) continue;
      if (hit.role == MarkerRole::kEnd) {
        if (quote == Quote::kNone) return TakeBlock(begin, i, implicit);
        if (!uncertain.has_value()) uncertain = i;
      } else if (quote == Quote::kNone && AtLineStart(text_, hit.begin)) {
        if (hit.role == MarkerRole::kStart) doubled_ = true;
        if (hit.role == MarkerRole::kTool && !tool.has_value()) tool = i;
      }
    }
    // A code fence left open in the reasoning hides the real end. Only one
    // block may be closed so, or the walk would begin again and again.
    const bool surely_open =
        !implicit || rules_.no_marker == TextIs::kReasoning;
    if (uncertain.has_value() && surely_open && !row_.many_blocks)
      return TakeBlock(begin, *uncertain, implicit);
    if (tool.has_value() && surely_open) {
      AppendBlock(result_.reasoning,
                  text_.substr(begin, hits_[*tool].begin - begin));
      unclosed_ = true;
      cursor_ = hits_[*tool].begin;
      next_ = *tool;
      return;
    }
    const TextIs rest = implicit ? rules_.no_marker : row_.no_end;
    if (rest == TextIs::kAnswer) {
      // Hits are left for FinishAnswer() where the block was only supposed.
      unclosed_ = !implicit;
      if (!implicit) next_ = hits_.size();
      return;
    }
    if (implicit && Trimmed(text_).empty()) return;
    AppendBlock(result_.reasoning, text_.substr(begin));
    unclosed_ = true;
    cursor_ = text_.size();
    next_ = hits_.size();
  }

  void TakeBlock(size_t begin, size_t end_hit, bool implicit) {
    const RoleHit& hit = hits_[end_hit];
    AppendBlock(result_.reasoning, text_.substr(begin, hit.begin - begin));
    forced_ |= implicit;
    cursor_ = hit.end;
    next_ = end_hit + 1;
  }

  void TakeAnswer(size_t until) {
    result_.answer.append(text_.substr(cursor_, until - cursor_));
    cursor_ = until;
  }

  // The rest of the text is answer; markers that stand in it are noted.
  void FinishAnswer() {
    QuoteTracker quotes(text_, cursor_);
    bool in_mention = false;
    for (; next_ < hits_.size() && result_.reasoning.has_value(); ++next_) {
      const RoleHit& hit = hits_[next_];
      if (hit.begin < cursor_ || hit.role == MarkerRole::kTool ||
          quotes.At(hit.begin, hit.end) != Quote::kNone)
        continue;
      const bool mention = hit.role == MarkerRole::kStart
                               ? !AtLineStart(text_, hit.begin)
                               : in_mention;
      in_mention = hit.role == MarkerRole::kStart && mention;
      doubled_ |= !mention;
    }
    TakeAnswer(text_.size());
    StripWrapper();
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
  }

  MarkerState State() const {
    if (unclosed_) return MarkerState::kUnclosed;
    if (doubled_) return MarkerState::kDoubled;
    if (leaked_) return MarkerState::kLeaked;
    if (forced_) return MarkerState::kForcedOpen;
    if (result_.reasoning.has_value()) return MarkerState::kWellFormed;
    return Trimmed(text_).empty() ? MarkerState::kNone : MarkerState::kAbsent;
  }

  const FormatRow& row_;
  const SplitRules rules_;
  const std::string_view text_;
  std::vector<RoleHit> hits_;
  size_t next_ = 0;    // in hits_
  size_t cursor_ = 0;  // in text_; everything before it has been given away
  SplitResult result_;
  bool forced_ = false;
  bool unclosed_ = false;
  bool doubled_ = false;
  bool leaked_ = false;
};

// The split of gpt-oss's messages: <|start|>role<|channel|>name to=recipient
// <|constrain|>type<|message|>text<|end|>. analysis is reasoning; final, and
// commentary to nobody, is answer; what goes to a tool is neither.
class HarmonySplitter {
 public:
  HarmonySplitter(std::string_view name, std::string_view text,
                  std::span<const MarkerHit> hits)
      : text_(text) {
    result_.format = std::string(name);
    for (const MarkerHit& hit : hits) {
      if (HarmonyTokenOf(hit.marker) != HarmonyToken::kNone)
        hits_.push_back(hit);
    }
  }

  SplitResult Split() {
    if (hits_.empty()) return SplitWithoutTokens();
    // A prompt that ends in <|channel|> leaves the name to the model.
    if (HarmonyTokenOf(hits_[0].marker) == HarmonyToken::kMessage)
      part_ = Part::kChannel;
    QuoteTracker quotes(text_, 0);
    for (const MarkerHit& hit : hits_) {
      if (part_ == Part::kBody && quotes.At(hit.begin, hit.end) != Quote::kNone)
        continue;
      const HarmonyToken token = HarmonyTokenOf(hit.marker);
      EndPart(text_.substr(cursor_, hit.begin - cursor_), token);
      BeginPart(token);
      cursor_ = hit.end;
      if (part_ == Part::kBody) quotes = QuoteTracker(text_, cursor_);
    }
    EndPart(text_.substr(cursor_), HarmonyToken::kNone);
    if (part_ == Part::kBody && sink_ == Sink::kReasoning) unclosed_ = true;
    result_.answer = answer_.value_or("");
    result_.marker_state = unclosed_    ? MarkerState::kUnclosed
                           : malformed_ ? MarkerState::kLeaked
                                        : MarkerState::kWellFormed;
    return std::move(result_);
  }

 private:
  enum class Part : uint8_t { kOutside, kRole, kChannel, kType, kBody };
  enum class Sink : uint8_t { kReasoning, kAnswer, kNobody };

  void EndPart(std::string_view piece, HarmonyToken token) {
    const bool in_header = token == HarmonyToken::kMessage ||
                           token == HarmonyToken::kConstrain ||
                           token == HarmonyToken::kChannel;
    switch (part_) {
      case Part::kOutside:
        // The role may stand there without <|start|>.
        if (!Trimmed(piece).empty() && Trimmed(piece) != "assistant") {
          malformed_ = true;
          AppendBlock(answer_, piece);
        }
        break;
      case Part::kRole:
        role_ = Trimmed(piece);
        break;
      case Part::kChannel:
        channel_ = Trimmed(piece);
        if (!in_header) EndHeaderWithoutMessage();
        break;
      case Part::kType:
        break;
      case Part::kBody:
        if (sink_ == Sink::kReasoning) AppendBlock(result_.reasoning, piece);
        if (sink_ == Sink::kAnswer) AppendBlock(answer_, piece);
        break;
    }
  }

  void BeginPart(HarmonyToken token) {
    switch (token) {
      case HarmonyToken::kStart:
        role_ = {};
        channel_ = {};
        part_ = Part::kRole;
        break;
      case HarmonyToken::kChannel:
        part_ = Part::kChannel;
        break;
      case HarmonyToken::kConstrain:
        part_ = Part::kType;
        break;
      case HarmonyToken::kMessage:
        sink_ = SinkOfHeader();
        part_ = Part::kBody;
        break;
      default:
        role_ = {};
        channel_ = {};
        part_ = Part::kOutside;
        break;
    }
  }

  // A server that drops special tokens and does not parse leaves the words of
  // the headers: "analysis...assistantfinal...".
  SplitResult SplitWithoutTokens() {
    constexpr std::string_view kAnalysis = "analysis";
    constexpr std::string_view kFinal = "assistantfinal";
    std::string_view answer = text_;
    result_.marker_state =
        Trimmed(text_).empty() ? MarkerState::kNone : MarkerState::kAbsent;
    const size_t final = text_.find(kFinal);
    if (text_.starts_with(kAnalysis) && final != std::string_view::npos) {
      result_.reasoning =
          std::string(text_.substr(0, final).substr(kAnalysis.size()));
      answer.remove_prefix(final + kFinal.size());
      result_.marker_state = MarkerState::kLeaked;
    }
    result_.answer = std::string(answer);
    return std::move(result_);
  }

  // "final" and its text with <|message|> left out, as real models do.
  void EndHeaderWithoutMessage() {
    for (std::string_view name : {"final", "analysis", "commentary"}) {
      if (!channel_.starts_with(name)) continue;
      const std::string_view body = Trimmed(channel_.substr(name.size()));
      if (body.empty() || body.starts_with("to=")) return;
      malformed_ = true;
      if (name == "analysis")
        AppendBlock(result_.reasoning, body);
      else
        AppendBlock(answer_, body);
      return;
    }
  }

  Sink SinkOfHeader() {
    if (!role_.empty() && !role_.starts_with("assistant")) return Sink::kNobody;
    for (std::string_view header : {role_, channel_}) {
      const size_t to = header.find("to=");
      if (to != std::string_view::npos &&
          !header.substr(to).starts_with("to=assistant"))
        return Sink::kNobody;
    }
    if (channel_.starts_with("analysis")) return Sink::kReasoning;
    if (!channel_.empty() && !channel_.starts_with("final") &&
        !channel_.starts_with("commentary"))
      malformed_ = true;
    return Sink::kAnswer;
  }

  const std::string_view text_;
  std::vector<MarkerHit> hits_;
  size_t cursor_ = 0;
  Part part_ = Part::kOutside;
  Sink sink_ = Sink::kAnswer;
  std::string_view role_;
  std::string_view channel_;
  std::optional<std::string> answer_;
  SplitResult result_;
  bool unclosed_ = false;
  bool malformed_ = false;
};

const FormatRow* FindByName(std::string_view model) {
  const std::string name = absl::AsciiStrToLower(AbslView(model));
  for (const NameRule& rule : kNameRules) {
    if (name.find(rule.needle) != std::string::npos &&
        name.find(rule.also) != std::string::npos)
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

// The first row, of those that a text can tell, with the marker in that role.
const FormatRow* OwnerOf(uint8_t marker, MarkerRole role) {
  for (const FormatRow& row : kFormats) {
    if (row.found_by_text && RoleOf(row, marker) == role) return &row;
  }
  return nullptr;
}

const FormatRow* FormatOfText(std::string_view text,
                              std::span<const MarkerHit> hits) {
  const FormatRow* plain = FindFormat("plain");
  const size_t first = SkipSpace(text, 0);
  if (!hits.empty() && hits[0].begin == first) {
    if (HarmonyTokenOf(hits[0].marker) != HarmonyToken::kNone)
      return FindFormat("openai_gptoss");
    const FormatRow* owner = OwnerOf(hits[0].marker, MarkerRole::kStart);
    if (owner != nullptr) return owner;
  }
  for (std::string_view start : kForeignStarts) {
    if (text.substr(first).starts_with(start)) return nullptr;
  }
  QuoteTracker quotes(text, 0);
  const FormatRow* started = nullptr;  // a start was seen, its end not yet
  bool in_mention = false;
  for (const MarkerHit& hit : hits) {
    if (quotes.At(hit.begin, hit.end) != Quote::kNone) continue;
    const FormatRow* start = OwnerOf(hit.marker, MarkerRole::kStart);
    const FormatRow* end = OwnerOf(hit.marker, MarkerRole::kEnd);
    if (start != nullptr) {
      if (started != nullptr && started != start) return nullptr;
      started = start;
      in_mention = !AtLineStart(text, hit.begin) &&
                   quotes.LineEnd(hit.end) == text.size();
    } else if (end != nullptr) {
      // Two families in one text are no ground to choose either.
      if (started != nullptr && started != end) return nullptr;
      if (!in_mention) return end;
    }
  }
  return started != nullptr && !in_mention ? started : plain;
}

bool HasMarkerOf(const FormatRow& row, std::span<const MarkerHit> hits) {
  return std::ranges::any_of(hits, [&row](const MarkerHit& hit) {
    return row.grammar == Grammar::kHarmony
               ? HarmonyTokenOf(hit.marker) != HarmonyToken::kNone
               : RoleOf(row, hit.marker) != MarkerRole::kNone;
  });
}

}  // namespace

SplitRules RulesFor(const FormatRow& row, Thinking thinking) {
  SplitRules rules = {.opened = row.opener == Opener::kTemplate,
                      .no_marker = row.no_marker};
  if (!row.follows_request) return rules;
  if (thinking == Thinking::kOn)
    rules = {.opened = true, .no_marker = TextIs::kReasoning};
  if (thinking == Thinking::kOff)
    rules = {.opened = false, .bare_end_closes = false};
  return rules;
}

const FormatRow* ChooseFormat(std::string_view format, std::string_view model,
                              std::string_view text,
                              std::span<const MarkerHit> hits) {
  if (format != "auto") return FindFormat(format);
  const FormatRow* named = FormatOfName(model);
  if (named != nullptr && (hits.empty() || HasMarkerOf(*named, hits)))
    return named;
  const FormatRow* of_text = FormatOfText(text, hits);
  // The text contradicts the name only with markers of its own.
  const bool silent = of_text != nullptr && of_text->grammar == Grammar::kPlain;
  return named != nullptr && silent ? named : of_text;
}

SplitResult SplitWith(const FormatRow* row, const SplitRules& rules,
                      std::string_view text, std::span<const MarkerHit> hits) {
  SplitResult result;
  if (row == nullptr) {
    result.answer = std::string(text);
    result.format = "unknown";
    return result;
  }
  switch (row->grammar) {
    case Grammar::kTags:
      return TagSplitter(*row, rules, text, hits).Split();
    case Grammar::kHarmony:
      return HarmonySplitter(row->name, text, hits).Split();
    case Grammar::kAppendsStart:
      result.answer = std::string(row->starts[0]);
      result.marker_state = MarkerState::kLeaked;
      break;
    case Grammar::kPlain:
      break;
  }
  result.answer.append(text);
  result.format = std::string(row->name);
  return result;
}

}  // namespace reasonwatch
