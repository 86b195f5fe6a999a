// SPDX-License-Identifier: Apache-2.0
// Answers drawn at random from a grammar, with a known truth: a value of some
// kind, a notation for it, a sentence of some language that states it, markup
// around it, and a tail that is no part of it. The right value must be found,
// and another one must never pass for it. Below: values, sentences, wrappings
// and tails, then the tests.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "answers/grading.h"

namespace reasonwatch {
namespace {

constexpr int kDraws = 6000;
// Shares of right answers: that must be graded correct, that may be graded
// incorrect.
constexpr double kMinCorrect = 0.98;
constexpr double kMaxIncorrect = 0.003;

class Draw {
 public:
  explicit Draw(uint32_t seed) : random_(seed) {}

  int Int(int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random_);
  }
  bool Chance(int percent) { return Int(1, 100) <= percent; }
  template <typename Container>
  const auto& From(const Container& choices) {
    return choices[static_cast<size_t>(
        Int(0, static_cast<int>(std::size(choices)) - 1))];
  }

 private:
  std::mt19937 random_;
};

// "1234567" as "1,234,567".
std::string Grouped(const std::string& digits, std::string_view separator) {
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += separator;
    out += digits[i];
  }
  return out;
}

std::string InDigits(const std::string& number, char32_t zero) {
  std::string out;
  for (char c : number) {
    if (c < '0' || c > '9') {
      out += c;
      continue;
    }
    const char32_t point = zero + static_cast<char32_t>(c - '0');
    out += static_cast<char>(0xE0 | (point >> 12));
    out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
  return out;
}

// A whole number in a notation that is unambiguous.
std::string Write(Draw& draw, int64_t value) {
  const bool negative = value < 0;
  const std::string digits = std::to_string(negative ? -value : value);
  std::string out = digits;
  switch (draw.Int(0, 6)) {
    case 0:
      if (digits.size() > 6) out = Grouped(digits, draw.Chance(50) ? "," : "'");
      break;
    case 1:
      if (digits.size() > 3) out = Grouped(digits, " ");
      break;
    case 2:
      if (digits.size() > 3) out = Grouped(digits, "\xe2\x80\xaf");
      break;
    case 3:
      out = InDigits(digits, draw.Chance(50) ? 0x0966 : 0xFF10);
      break;
    case 4:
      if (digits.size() > 6) out = Grouped(digits, ".") + ",00";
      break;
    default:
      break;
  }
  if (!negative) return out;
  return (draw.Chance(50) ? "-" : "−") + out;
}

struct Sentence {
  std::string_view language;
  std::string_view text;  // % is the value
};
// table: statements of an answer in languages of the table, by their own words.
constexpr Sentence kSentences[] = {{"en", "The answer is %."},
                                   {"en", "So the final answer is %."},
                                   {"en", "Answer: %"},
                                   {"en", "Final answer: %"},
                                   {"en", "The correct answer is %."},
                                   {"en", "My answer would be %."},
                                   {"de", "Die Antwort lautet %."},
                                   {"de", "Antwort: %"},
                                   {"fr", "La réponse est %."},
                                   {"fr", "Réponse finale : %"},
                                   {"es", "La respuesta es %."},
                                   {"es", "Respuesta final: %"},
                                   {"pt", "A resposta é %."},
                                   {"pt", "Resposta: %"},
                                   {"it", "La risposta è %."},
                                   {"it", "Risposta: %"},
                                   {"nl", "Het antwoord is %."},
                                   {"sv", "Svaret är %."},
                                   {"da", "Svaret er %."},
                                   {"fi", "Vastaus on %."},
                                   {"pl", "Odpowiedź: %"},
                                   {"cs", "Odpověď je %."},
                                   {"ro", "Răspunsul este %."},
                                   {"hu", "A válasz: %"},
                                   {"tr", "Cevap: %"},
                                   {"id", "Jawabannya adalah %."},
                                   {"vi", "Đáp án là %."},
                                   {"ru", "Ответ: %"},
                                   {"ru", "Окончательный ответ — %."},
                                   {"uk", "Відповідь: %"},
                                   {"bg", "Отговорът е %."},
                                   {"el", "Η απάντηση είναι %."},
                                   {"ar", "الإجابة هي %."},
                                   {"fa", "پاسخ: %"},
                                   {"he", "התשובה היא %."},
                                   {"hi", "उत्तर: %"},
                                   {"hi", "उत्तर % है।"},
                                   {"bn", "উত্তর: %"},
                                   {"th", "คำตอบคือ %"},
                                   {"zh", "答案是%。"},
                                   {"zh", "最终答案：%"},
                                   {"ja", "答えは%です。"},
                                   {"ja", "答え：%"},
                                   {"ko", "정답은 %입니다."},
                                   {"ko", "답: %"}};

// Markup around the value.
constexpr std::string_view kAround[] = {
    "%",   "**%**", "*%*",     "__%__",    "`%`",    "\"%\"",
    "“%”", "$%$",   "***%***", "<b>%</b>", "\\(%\\)"};
// Markup around the sentence.
constexpr std::string_view kOutside[] = {"%",
                                         "**%**",
                                         "> %",
                                         "- %",
                                         "### %",
                                         "✅ %",
                                         "---\n\n%",
                                         "<p>%</p>",
                                         "1. %",
                                         "%\n\n---",
                                         "<strong>%</strong>"};
// A whole wrapping of the value.
constexpr std::string_view kWhole[] = {
    "\\boxed{%}",
    "$$\\boxed{%}$$",
    "<answer>%</answer>",
    "{\"answer\": \"%\"}",
    "```json\n{\"reasoning\": \"two steps\", \"answer\": \"%\"}\n```",
    "#### %",
    "## Final Answer\n\n%",
    "**Final Answer**\n\n**%**",
    "**Final Answer:**\n\n%",
    "Final Answer\n------------\n%",
    "| Step | Value |\n|---|---|\n| one | done |\n| **Answer** | **%** |",
    "Answer:\n\\[\n%\n\\]",
    "<table><tr><td>Answer</td><td>%</td></tr></table>"};
// Steps before the answer. They hold numbers of their own.
constexpr std::string_view kSteps[] = {
    "",
    "",
    "First we take 3 boxes, then 14 more.\n\n",
    "Step 1: 5 + 6 = 11.\nStep 2: double it.\n\n",
    "<think>\nperhaps 77, or \\boxed{88}\n</think>\n\n",
    "~~The answer is 99.~~\n\n",
    "<s>Answer: 98</s>\n\n"};
// Parts behind the answer that are none of it.
constexpr std::string_view kTails[] = {
    "",
    "",
    "",
    "\n\nNote: I assumed 7 days in a week.",
    "\n\nLet me know if you want the 3 other ways to see it.",
    "\n\n---\n\n*Sources: 2 books, 1998.*",
    "\n\nWould you like 5 more examples?",
    "\n\n[1] Smith, 2019, p. 12",
    "\n\nHinweis: Es gibt 2 weitere Wege.",
    "\n\n**Sources:**\n- Report 2021\n- Table 4",
    "\n\nNota: hay 3 formas más.",
    "\n\nIs there anything else? I have 4 ideas."};

std::string Fill(std::string_view pattern, const std::string& value) {
  return absl::StrReplaceAll(std::string(pattern), {{"%", value}});
}

std::string Response(Draw& draw, const std::string& value) {
  std::string stated;
  if (draw.Chance(35)) {
    stated = Fill(draw.From(kWhole), value);
  } else {
    const std::string inner = Fill(draw.From(kAround), value);
    stated = Fill(draw.From(kOutside), Fill(draw.From(kSentences).text, inner));
  }
  return absl::StrCat(std::string(draw.From(kSteps)), stated,
                      std::string(draw.From(kTails)));
}

int64_t Value(Draw& draw) {
  // Away from the numbers of steps and tails.
  const int size = draw.Int(0, 2);
  const int64_t value = size == 0   ? draw.Int(101, 997)
                        : size == 1 ? draw.Int(3001, 99999)
                                    : draw.Int(1000001, 9999999);
  return draw.Chance(20) ? -value : value;
}

struct Tally {
  int all = 0;
  int correct = 0;
  int incorrect = 0;
  std::string examples;

  void Add(Grade grade, std::string_view gold, std::string_view answer,
           Grade want) {
    ++all;
    correct += grade == Grade::kCorrect;
    incorrect += grade == Grade::kIncorrect;
    if (grade != want && examples.size() < 4000)
      absl::StrAppend(&examples, "gold ", std::string(gold), " answer [",
                      std::string(answer), "]: ", std::string(GradeName(grade)),
                      "\n");
  }
};

TEST(GradingGrammar, FindsTheRightNumberInAnyWrapping) {
  Draw draw(20240601);
  Tally tally;
  for (int i = 0; i < kDraws; ++i) {
    const int64_t value = Value(draw);
    const std::string answer = Response(draw, Write(draw, value));
    const std::string gold = std::to_string(value);
    const AnswerKind kind =
        draw.Chance(50) ? AnswerKind::kUnknown : AnswerKind::kNumber;
    tally.Add(GradeAnswer(kind, gold, answer), gold, answer, Grade::kCorrect);
  }
  EXPECT_GE(tally.correct, kMinCorrect * tally.all) << tally.examples;
  EXPECT_LE(tally.incorrect, kMaxIncorrect * tally.all) << tally.examples;
}

TEST(GradingGrammar, NeverTakesAnotherNumberForTheRightOne) {
  Draw draw(20240602);
  for (int i = 0; i < kDraws; ++i) {
    const int64_t gold = Value(draw);
    int64_t other = gold;
    std::string written;
    switch (draw.Int(0, 6)) {
      case 0:
        other = -gold;
        break;
      case 1:
        other = gold + draw.Int(1, 9);
        break;
      case 2:
        other = gold * 10;
        break;
      case 3:
        written = absl::StrCat(gold, draw.Chance(50) ? " million" : " 万");
        break;
      case 4:
        written = absl::StrCat("±", gold < 0 ? -gold : gold);
        break;
      case 5:
        written = absl::StrCat(gold, draw.Chance(50) ? " or " : " oder ",
                               gold + draw.Int(1, 50));
        break;
      default:
        written = absl::StrCat("~~", gold, "~~ ", gold + draw.Int(1, 50));
    }
    if (written.empty()) written = Write(draw, other);
    const std::string answer = Response(draw, written);
    EXPECT_NE(GradeAnswer(
                  draw.Chance(50) ? AnswerKind::kUnknown : AnswerKind::kNumber,
                  std::to_string(gold), answer),
              Grade::kCorrect)
        << "gold " << gold << " answer " << answer;
  }
}

TEST(GradingGrammar, KnowsOptionsInAnyWrapping) {
  Draw draw(20240603);
  Tally right, wrong;
  for (int i = 0; i < kDraws; ++i) {
    const std::string gold(1, static_cast<char>('A' + draw.Int(0, 4)));
    std::string other = gold;
    while (other == gold)
      other = std::string(1, static_cast<char>('A' + draw.Int(0, 4)));
    const auto written = [&draw](const std::string& letter) {
      constexpr std::string_view kForms[] = {"%", "(%)", "%)", "**%**"};
      return Fill(draw.From(kForms), letter);
    };
    const auto response = [&](const std::string& value) {
      return draw.Chance(30) ? Fill(draw.From(kWhole), value)
                             : Fill(draw.From(kOutside),
                                    Fill(draw.From(kSentences).text, value));
    };
    const std::string yes = response(written(gold));
    const std::string no = response(written(other));
    right.Add(GradeAnswer(AnswerKind::kChoice, gold, yes), gold, yes,
              Grade::kCorrect);
    wrong.Add(GradeAnswer(AnswerKind::kChoice, gold, no), gold, no,
              Grade::kIncorrect);
  }
  EXPECT_GE(right.correct, kMinCorrect * right.all) << right.examples;
  EXPECT_EQ(wrong.correct, 0) << wrong.examples;
}

TEST(GradingGrammar, ComparesTextByContent) {
  Draw draw(20240604);
  constexpr std::string_view kNames[] = {
      "Lisbon",     "Blue whale", "Marie Curie", "Mount Kenya", "oxygen",
      "José Martí", "Zürich",     "Киев",        "東京",        "Lake Chad"};
  constexpr std::string_view kFrames[] = {"%",
                                          "%.",
                                          "It is %.",
                                          "**%**",
                                          "\"%\"",
                                          "The answer is %.",
                                          "That was %, as everybody knows.",
                                          "<answer>%</answer>",
                                          "\\boxed{\\text{%}}",
                                          "Answer: **%**",
                                          "La respuesta es %.",
                                          "Die Antwort lautet %.",
                                          "### Answer\n\n%"};
  Tally right;
  for (int i = 0; i < kDraws / 10; ++i) {
    const std::string gold(draw.From(kNames));
    std::string other(draw.From(kNames));
    const std::string_view frame = draw.From(kFrames);
    const std::string answer = Fill(frame, gold);
    right.Add(GradeAnswer(AnswerKind::kText, gold, answer), gold, answer,
              Grade::kCorrect);
    if (other == gold) continue;
    for (const std::string& bad :
         {Fill(frame, other), absl::StrCat("It is not ", gold, "."),
          absl::StrCat("It is ", gold, " or ", other, "."),
          absl::StrCat("It is ", other, ", not ", gold, ".")})
      EXPECT_NE(GradeAnswer(AnswerKind::kText, gold, bad), Grade::kCorrect)
          << "gold " << gold << " answer " << bad;
  }
  EXPECT_GE(right.correct, kMinCorrect * right.all) << right.examples;
}

TEST(GradingGrammar, AbstainsWhereNothingMarksOneOfSeveralNumbers) {
  // Words of no language, so no marker and no joining word is known.
  Draw draw(20240605);
  constexpr std::string_view kWords[] = {"zorv",  "mip",   "quenda", "talu",
                                         "brixo", "ferun", "glost"};
  int judged = 0;
  for (int i = 0; i < kDraws / 10; ++i) {
    const int gold = draw.Int(30, 900);
    std::string answer;
    for (int n = 0; n < 3; ++n)
      absl::StrAppend(&answer, std::string(draw.From(kWords)), " ",
                      n == 1 ? gold : draw.Int(1000, 9000), " ",
                      std::string(draw.From(kWords)), " ");
    judged += GradeAnswer(AnswerKind::kNumber, std::to_string(gold), answer) !=
              Grade::kUngradable;
  }
  EXPECT_EQ(judged, 0);
}

}  // namespace
}  // namespace reasonwatch
