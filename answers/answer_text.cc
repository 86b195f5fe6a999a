// SPDX-License-Identifier: Apache-2.0
// Two readers of the marks of a response. The live readings ask for the last
// one of those that they know (LastMark); grading for all of them, in the order
// in which they count (FindMarks). Both look into marks within marks. Then the
// parts of a response that are no answer: reasoning, control tokens, refusals.
#include "answers/answer_text.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "answers/announcements.h"
#include "answers/languages.h"
#include "answers/marks.h"
#include "answers/plain_text.h"
#include "answers/words.h"
#include "util/ascii.h"
#include "util/strings.h"
#include "util/utf8.h"

namespace reasonwatch {
namespace {

using ascii::IsBeyond;
using ascii::IsDigit;
using ascii::IsLetter;
using ascii::Trim;
using marks::Boxes;
using marks::Connects;
using marks::JoinLast;
using marks::Mark;
using marks::Span;

// Marks inside marks: a boxed answer in a phrase in a JSON string is three.
constexpr size_t kMaxPasses = 4;
// A response of at most this many bytes may be a bare answer.
constexpr size_t kShortAnswer = 120;
// A phrase is followed by an answer, and not by an opinion of it ("the answer
// is plausible because ..."), if at most this many bytes follow.
constexpr size_t kShortPhrase = 24;
// Marks of one response; those before the last ones are overruled.
constexpr size_t kMaxMarks = 32;
// A longer response answers something after all.
constexpr size_t kMaxRefusal = 1200;
constexpr size_t kRefusalBegin = 160;  // bytes that hold its first words

// A short text without any of the bytes that each mark has one of: most marks
// hold a number and nothing else.
bool IsBare(std::string_view s) {
  return s.size() <= kShortAnswer &&
         std::none_of(s.begin(), s.end(), [](char c) {
           return c == 'w' || c == 'W' || c == 'p' || c == 'P' || c == '#' ||
                  c == ':' || c == 'x' || IsBeyond(c);
         });
}

// Content of the last mark of any sort.
std::optional<std::string> LastMark(std::string_view s) {
  // The bytes are of answer, antwort, respuesta, ####, A: and boxed.
  if (IsBare(s)) return std::nullopt;
  std::optional<Mark> best;
  const auto offer = [&best](std::optional<Mark> candidate) {
    if (candidate && (!best || candidate->at >= best->at))
      best = std::move(candidate);
  };
  // A phrase counts behind a box only if it names something to grade; "the
  // answer is plausible" does not.
  if (const auto spans = Boxes(s); !spans.empty())
    offer(Mark{spans.back().begin, JoinLast(s, spans)});
  if (auto phrase = marks::LastPhrase(s)) {
    const bool gradable =
        std::any_of(phrase->text.begin(), phrase->text.end(), IsDigit) ||
        phrase->text.size() <= kShortPhrase ||
        phrase->text.find('$') != std::string::npos ||
        phrase->text.find('(') != std::string::npos;
    if (!best || gradable) offer(std::move(phrase));
  }
  // Structured answers carry their own reasoning, with its own markers.
  if (auto tag = marks::LastTag(s)) best = std::move(tag);
  if (auto json = marks::LastJson(s)) {
    if (!best || json->at >= best->at ||
        s.find("```json") != std::string_view::npos ||
        Trim(s).substr(0, 1) == "{")
      best = std::move(json);
  }
  if (!best) return std::nullopt;
  return std::move(best->text);
}

// A mark and the sort of its announcement.
struct Found {
  size_t at = 0;
  std::string text;
  bool option = false;
};

// The boxes of a text; those that words or signs join are one.
void AddBoxes(std::string_view s, std::vector<Found>& found) {
  const std::vector<Span> spans = Boxes(s);
  for (size_t i = 0; i < spans.size(); ++i) {
    const bool joined =
        i > 0 && Connects(s.substr(spans[i - 1].after,
                                   spans[i].begin - spans[i - 1].after));
    const std::string_view content = spans[i].Content(s);
    if (joined) {
      found.back().text += " , ";
      found.back().text += content;
    } else {
      found.push_back({spans[i].begin, std::string(content), false});
    }
  }
}

// Names a phrase something to grade? "The answer is plausible" does not.
bool IsGradable(std::string_view text) {
  return text.size() <= kShortPhrase ||
         std::any_of(text.begin(), text.end(), IsDigit) ||
         text.find('$') != std::string_view::npos ||
         text.find('(') != std::string_view::npos;
}

bool HoldsDigit(std::string_view s) {
  return std::any_of(s.begin(), s.end(), IsDigit);
}

// The marks of a text, the one that counts most last.
std::vector<Found> FindMarks(std::string_view s) {
  std::vector<Found> found;
  const bool bare = std::none_of(s.begin(), s.end(), [](char c) {
    return IsLetter(c) || IsBeyond(c) || c == '#';
  });
  if (bare) return found;
  AddBoxes(s, found);
  const size_t boxes = found.size();
  const std::vector<Announcement> announced = Announcements(s);
  for (const Announcement& a : announced) {
    if (a.kind == languages::NounKind::kResult) continue;
    const bool option = a.kind == languages::NounKind::kOption;
    if (option && languages::Denies(a.statement)) continue;
    if (boxes > 0 && found[0].at < a.at && !IsGradable(a.statement)) continue;
    found.push_back({a.at, std::string(a.statement), option});
  }
  // "The result is 12" may be a step's: unless something counts for more, and
  // if no other number comes behind it.
  if (found.empty() && !announced.empty()) {
    const Announcement& last = announced.back();
    const size_t end = static_cast<size_t>(last.statement.data() - s.data()) +
                       last.statement.size();
    if (last.kind == languages::NounKind::kResult && !HoldsDigit(s.substr(end)))
      found.push_back({last.at, std::string(last.statement), false});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Found& a, const Found& b) { return a.at < b.at; });
  // Structured answers carry their own reasoning, with its own marks.
  if (auto tag = marks::LastTag(s))
    found.push_back({tag->at, std::move(tag->text), false});
  if (auto json = marks::LastJson(s)) {
    if (found.empty() || json->at >= found.back().at ||
        s.find("```json") != std::string_view::npos ||
        Trim(s).substr(0, 1) == "{")
      found.push_back({json->at, std::move(json->text), false});
  }
  return found;
}

// The end of reasoning in the text, npos if there is none.
size_t ReasoningEnd(std::string_view s) {
  size_t end = std::string_view::npos;
  for (std::string_view close :
       {"</thinking>", "</thought>", "</reasoning>", "</scratchpad>"})
    if (const size_t at = words::FindLast(s, close);
        at != std::string_view::npos &&
        (end == std::string_view::npos || at + close.size() > end))
      end = at + close.size();
  return end;
}

// A reasoning block that begins the text and has no end.
bool IsUnfinished(std::string_view s) {
  for (std::string_view name :
       {"think", "thinking", "thought", "reasoning", "scratchpad"}) {
    const std::string open = "<" + std::string(name) + ">";
    if (s.starts_with(open) &&
        s.find("</" + std::string(name) + ">") == std::string_view::npos)
      return true;
  }
  return false;
}

}  // namespace

std::string_view AnswerPart(std::string_view response) {
  if (response.size() > kMaxScannedBytes)
    response.remove_prefix(response.size() - kMaxScannedBytes);
  for (std::string_view token : {"<|im_", "<|end", "<|eot", "</s>"}) {
    const size_t at = response.find(token);
    // "<s>41</s>" is struck through.
    if (token == "</s>" && response.find("<s>") < at) continue;
    if (at != std::string_view::npos && at > 0 &&
        !Trim(response.substr(0, at)).empty())
      response = response.substr(0, at);
  }
  const size_t think = words::FindLast(response, std::string_view("</think>"));
  if (think != std::string_view::npos &&
      !Trim(response.substr(think + 8)).empty())
    response.remove_prefix(think + 8);
  response = Trim(response);
  constexpr std::string_view kHope = "I hope it is correct.";
  if (response.size() > kHope.size() &&
      response.substr(response.size() - kHope.size()) == kHope)
    response = Trim(response.substr(0, response.size() - kHope.size()));
  return response;
}

std::optional<std::string> MarkedAnswer(std::string_view answer_part) {
  std::optional<std::string> marked = LastMark(answer_part);
  for (size_t pass = 1; marked && pass < kMaxPasses; ++pass) {
    auto inner = LastMark(*marked);
    if (!inner || Trim(*inner).empty()) break;
    marked = std::move(inner);
  }
  return marked;
}

AnswerText ReadAnswerText(std::string_view response) {
  AnswerText text;
  std::string_view part = AnswerPart(response);
  if (IsUnfinished(part)) return text;
  if (const size_t end = ReasoningEnd(part);
      end != std::string_view::npos && !Trim(part.substr(end)).empty())
    part = Trim(part.substr(end));
  PlainText plain = ReadPlainText(part);
  // "<answer></answer>" holds none.
  constexpr std::string_view kOpen = "<answer>";
  if (const size_t open = words::FindLast(plain.text, kOpen);
      open != std::string::npos) {
    const size_t close = plain.text.find("</answer>", open);
    if (close != std::string::npos &&
        Trim(std::string_view(plain.text)
                 .substr(open + kOpen.size(), close - open - kOpen.size()))
            .empty())
      return text;
  }
  text.body = std::string(WithoutTail(plain.text));
  std::vector<Found> marks = FindMarks(plain.text);
  // The last ones decide.
  const size_t first = marks.size() > kMaxMarks ? marks.size() - kMaxMarks : 0;
  for (size_t i = first; i < marks.size(); ++i) {
    std::string inner = std::move(marks[i].text);
    for (size_t pass = 1; pass < kMaxPasses; ++pass) {
      std::vector<Found> within = FindMarks(inner);
      if (within.empty() || Trim(within.back().text).empty()) break;
      inner = std::move(within.back().text);
    }
    text.marks.push_back({std::move(inner), marks[i].option});
  }
  // "So **70 dollars** are left after 2 days."
  const size_t line = text.body.rfind('\n') + 1;  // or 0
  const size_t body = plain.text.find(text.body);
  for (const Emphasis& part_of : plain.emphasised) {
    if (body == std::string::npos || part_of.begin < body + line ||
        part_of.end > body + text.body.size() || part_of.end < part_of.begin)
      continue;
    const std::string bold =
        plain.text.substr(part_of.begin, part_of.end - part_of.begin);
    if (HoldsDigit(bold)) text.bold = bold;
  }
  return text;
}

bool IsRefusal(std::string_view response) {
  const std::string_view part = AnswerPart(response);
  if (part.size() > kMaxRefusal) return false;
  const PlainText plain = ReadPlainText(utf8::Head(part, kRefusalBegin));
  return languages::Refuses(Trim(plain.text));
}

}  // namespace reasonwatch
