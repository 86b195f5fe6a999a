// SPDX-License-Identifier: Apache-2.0
// The structure around a problem is known by its form: a word for a turn
// between signs, a label that recurs, a short line of filing words. First the
// words of turns, the labels of examples and of filing, then the four calls.
#include "baseline/matching/frame_template.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "baseline/matching/frame.h"
#include "baseline/matching/frame_words.h"
#include "re2/re2.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using ascii::IsAlnum;
using ascii::IsBeyond;
using ascii::IsDigit;
using ascii::IsLetter;
using ascii::IsSpace;
using ascii::IsUpper;
using ascii::Trim;

// Bytes of a label ("Question 12:").
constexpr size_t kMaxLabel = 40;

// Who speaks for the user in a template, and what closes its system text.
bool IsUserMark(std::string_view word, bool closing) {
  const auto is = [&](std::string_view other) {
    return ascii::EqualsIgnoringCase(word, other);
  };
  if (closing) return is("sys") || is("system");
  return is("user") || is("human") || is("instruction") || is("inst") ||
         is("usuario") || is("benutzer") || is("utilisateur");
}

// The label that begins a line ("Question 2:"): its letters in lower case, ""
// if it begins with none. Sets `length` to its bytes.
std::string LabelOf(std::string_view line, size_t* length) {
  std::string key;
  const size_t most = std::min(line.size(), kMaxLabel);
  for (size_t i = 0; i < most; ++i) {
    const char c = line[i];
    if (c == '\n') break;
    if (c == ':' || line.substr(i).starts_with("\xef\xbc\x9a")) {
      *length = i + 1;
      return key;
    }
    if (IsLetter(c) || IsBeyond(c)) key += ascii::Lower(c);
  }
  *length = 0;
  return "";
}

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// table: words by which exercises are filed: of marks, difficulty, subject,
// source and place, by language.
constexpr std::string_view kFilingWords =
    "points point pts marks mark score id uid uuid no nr category "
    "difficulty level class course subject topic source dataset domain "
    "type tags date name student author exam test quiz contest year "
    "page chapter section part version lang grade session user time "
    "limit sheet lesson split thread post forum board ticket item "
    "channel punkte punkt kategorie schwierigkeit "
    "schwierigkeitsgrad stufe fach thema quelle klasse datum prüfung "
    "klausur seite kapitel abschnitt teil zeit catégorie difficulté "
    "niveau matière sujet classe examen chapitre partie temps puntos "
    "categoría dificultad nivel materia tema fuente clase fecha "
    "nombre página capítulo parte tiempo pontos categoria "
    "dificuldade nível matéria fonte punti difficoltà livello "
    "argomento баллов балла балл категория "
    "сложность уровень предмет тема "
    "источник класс дата экзамен "
    "страница глава часть 分 类别 类型 难度 "
    "级别 科目 主题 来源 年级 日期 姓名 考试 页 章 "
    "点 難易度 出典 分野 점 난이도 과목 출처";

bool IsFilingWord(std::string_view word) {
  static const auto& words = *[] {
    auto* set = new absl::flat_hash_set<std::string_view>;
    for (std::string_view rest = kFilingWords; !rest.empty();) {
      const size_t space = std::min(rest.find(' '), rest.size());
      set->insert(rest.substr(0, space));
      rest.remove_prefix(std::min(space + 1, rest.size()));
    }
    return set;
  }();
  return words.contains(word);
}

// The words of a line, in lower case, digits apart from letters.
std::vector<std::string> WordsOf(std::string_view line) {
  std::vector<std::string> words;
  for (size_t i = 0; i < line.size();) {
    std::string word;
    const bool digits = IsDigit(line[i]);
    while (i < line.size() &&
           (digits ? IsDigit(line[i]) : IsLetter(line[i]) || IsBeyond(line[i])))
      word += ascii::Lower(line[i++]);
    if (word.empty())
      ++i;
    else
      words.push_back(std::move(word));
  }
  return words;
}

// Does the value of a label ask for something, or add to the problem?
bool AsksOrAdds(std::string_view value) {
  if (ChangesTheAnswer(value) || value.find('?') != std::string_view::npos)
    return true;
  for (const std::string& word : WordsOf(value)) {
    switch (FrameWordOf(word)) {
      case FrameWord::kAbout:
      case FrameWord::kSolve:
      case FrameWord::kFind:
      case FrameWord::kGive:
      case FrameWord::kAnswer:
      case FrameWord::kProblem:
      case FrameWord::kLanguage:
      case FrameWord::kNot:
        return true;
      default:
        break;
    }
  }
  return false;
}

// "From: kai@example.com", "/set think": of a letter, and of a program that
// the prompt was typed into.
bool IsAddressLine(std::string_view line) {
  static const RE2& address = *new RE2(
      R"((?i)(?:from|to|cc|bcc|reply-to)\s*:\s*(?:[\w.' -]+<)?[\w.+-]+@[\w.-]+>?|/(?:set |mode )?(?:no_?)?think(?:ing)?(?: \w+)?)");
  return RE2::FullMatch(re2::StringPiece(line.data(), line.size()), address);
}

// Filing words, numbers and single letters: "Exam 2023, part B", "5 points".
// With a colon, the last filing word and a few words about it.
bool IsMetadata(std::string_view line, std::string_view problem) {
  constexpr size_t kMaxLine = 64;
  constexpr size_t kMaxKey = 3;    // words
  constexpr size_t kMaxValue = 4;  // words
  line = Trim(line);
  while (!line.empty() &&
         (line.front() == '[' || line.front() == '(' || line.front() == '*' ||
          line.front() == '#' || line.front() == '-' || line.front() == ' '))
    line.remove_prefix(1);
  while (!line.empty() && (line.back() == ']' || line.back() == ')' ||
                           line.back() == '*' || line.back() == '.'))
    line.remove_suffix(1);
  if (line.empty() || line.size() > kMaxLine || SpeaksOfIt(line, problem))
    return false;
  if (IsAddressLine(line)) return true;
  const size_t colon = line.find(':');
  const std::vector<std::string> key = WordsOf(line.substr(0, colon));
  const bool files =
      std::any_of(key.begin(), key.end(), IsFilingWord) &&
      std::all_of(key.begin(), key.end(), [](const auto& word) {
        return IsFilingWord(word) || IsDigit(word[0]) || word.size() == 1;
      });
  if (!files || colon == std::string_view::npos)
    return files && (std::any_of(line.begin(), line.end(), IsDigit) ||
                     (key.size() == 2 && key[1].size() == 1));
  const std::string_view value = line.substr(colon + 1);
  const size_t words = WordsOf(value).size();
  const bool limit = key.back() == "limit";  // "5 minutes" to solve it
  return key.size() <= kMaxKey && words > 0 && words <= kMaxValue &&
         (limit || !AsksOrAdds(value));
}

// "Category: general | Level: 2 | Points: 10".
bool AllIsMetadata(std::string_view line, std::string_view problem) {
  constexpr size_t kMaxParts = 8;
  for (size_t part = 0; part < kMaxParts; ++part) {
    const size_t bar = line.find(" | ");
    if (!IsMetadata(line.substr(0, bar), problem)) return false;
    if (bar == std::string_view::npos) return true;
    line.remove_prefix(bar + 3);
  }
  return false;
}

}  // namespace

std::string_view WithoutMetadata(std::string_view text,
                                 std::string_view problem, std::string& kept) {
  std::vector<std::string_view> lines = LinesOf(text);
  bool dropped = false;
  for (std::string_view& line : lines) {
    if (AllIsMetadata(line, problem)) {
      line = {};
      dropped = true;
      continue;
    }
    // "[5 points]" beside the problem, or behind another label.
    std::string_view trimmed = Trim(line);
    while (!trimmed.empty() && (trimmed.back() == '.' || trimmed.back() == ':'))
      trimmed.remove_suffix(1);
    const char close = trimmed.empty() ? ' ' : trimmed.back();
    if (close != ']' && close != ')') continue;
    const size_t open = trimmed.rfind(close == ']' ? '[' : '(');
    if (open == std::string_view::npos ||
        !IsMetadata(trimmed.substr(open), problem))
      continue;
    line = trimmed.substr(0, open);
    dropped = true;
  }
  if (!dropped) return text;
  for (std::string_view line : lines) {
    kept += line;
    kept += '\n';
  }
  kept.pop_back();
  return kept;
}

std::string_view BehindUserMark(std::string_view before) {
  size_t behind = 0;
  for (size_t i = 0; i < before.size();) {
    if (!IsLetter(before[i])) {
      ++i;
      continue;
    }
    const size_t begin = i;
    while (i < before.size() && IsLetter(before[i])) ++i;
    const char left = begin == 0 ? '\n' : before[begin - 1];
    const char right = i < before.size() ? before[i] : '\n';
    const bool closing = left == '/';
    if (!IsUserMark(before.substr(begin, i - begin), closing)) continue;
    const bool set_off = !IsSpace(left) || left == '\n';
    const bool colon = right == ':' && (IsUpper(before[begin]) || set_off);
    const bool between = set_off && left != '\'' && left != '"' &&
                         left != '-' && left != '(' &&
                         (right == '\n' || right == '>' || right == '|' ||
                          right == ']' || right == '<' || right == '_');
    if (!colon && !between) continue;
    // The mark ends with its own signs; text between would be the user's.
    size_t end = i;
    while (end < before.size() && !IsSpace(before[end]) &&
           !IsBeyond(before[end]) &&
           (before[end] == '>' || before[end] == '|' || before[end] == ']' ||
            before[end] == ':' || before[end] == '_'))
      ++end;
    // "_TOKEN|>": the rest of the mark's name.
    if (right == '_') {
      const size_t close = before.find('>', end);
      if (close != std::string_view::npos && close - end < kMaxLabel)
        end = close + 1;
    }
    behind = end;
  }
  return before.substr(behind);
}

void DropExamples(std::string_view& before, std::string_view& after) {
  if (before.find('\n') == std::string_view::npos) return;
  std::vector<std::string_view> lines = LinesOf(before);
  size_t length = 0;
  while (lines.size() > 1 && Trim(lines.back()).empty()) lines.pop_back();
  const std::string question = LabelOf(lines.back(), &length);
  if (question.empty() || !Trim(lines.back().substr(length)).empty()) return;
  lines.pop_back();
  const std::string_view behind = Trim(after);
  std::string answer = LabelOf(behind, &length);
  const std::string_view rest = behind.substr(length);
  size_t first = before.size();
  bool answered = true;
  // A paragraph of its own behind the last answer is none of its example.
  bool apart = false;
  bool blank = false;
  for (std::string_view line : lines) {
    const std::string label = LabelOf(line, &length);
    if (Trim(line).empty()) {
      blank = true;
      continue;
    }
    if (blank && first < before.size() && answered && label != question)
      apart |= ReadSentence(line, "") != FrameVerdict::kWrapping;
    blank = false;
    if (label == question) {
      if (!answered) return;
      if (first == before.size())
        first = static_cast<size_t>(line.data() - before.data());
      if (apart) return;
      answered = false;
    } else if (!label.empty() && first < before.size() &&
               (answer.empty() || label == answer)) {
      answer = label;
      answered = true;
    }
  }
  if (!answered || apart || first == before.size()) return;
  before = before.substr(0, first);
  if (LabelOf(behind, &length) == answer) after = rest;
}

bool TouchesFormula(std::string_view before, std::string_view problem,
                    std::string_view after) {
  constexpr std::string_view kSigns = "+-*/^=<>%!_";
  while (!before.empty() && !after.empty() && before.back() == after.front() &&
         std::string_view("*_`~\"'").find(before.back()) !=
             std::string_view::npos) {
    before.remove_suffix(1);
    after.remove_prefix(1);
  }
  while (!before.empty() && before.back() == ' ') before.remove_suffix(1);
  // A quotation's mark at the line's begin is no sign.
  while (before == ">" || before.ends_with("\n>")) before.remove_suffix(1);
  while (!after.empty() && after.front() == ' ') after.remove_prefix(1);
  const bool formula_begins = !problem.empty() && !IsLetter(problem.front()) &&
                              !IsBeyond(problem.front());
  const char last = problem.empty() ? ' ' : problem.back();
  const bool formula_ends = IsAlnum(last) || last == ')' || last == '}';
  const bool sign_before = !before.empty() && (kSigns.find(before.back()) !=
                                                   std::string_view::npos ||
                                               IsDigit(before.back()));
  // A tag's bracket is no sign.
  const bool tag_before = !before.empty() && before.back() == '>' &&
                          before.rfind('<') != std::string_view::npos;
  const bool sign_after =
      !after.empty() && (kSigns.find(after.front()) != std::string_view::npos ||
                         IsDigit(after.front()));
  const bool tag_after = !after.empty() && after.front() == '<' &&
                         after.find('>') != std::string_view::npos;
  const bool switch_after =
      !after.empty() && (after.front() == '/' || after.front() == '-') &&
      after.size() > 1 && !IsDigit(after[1]) && !IsSpace(after[1]);
  return (formula_begins && sign_before && !tag_before) ||
         (formula_ends && sign_after && !tag_after && !switch_after);
}

}  // namespace reasonwatch
