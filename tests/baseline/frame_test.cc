// SPDX-License-Identifier: Apache-2.0
// Frames drawn at random round random problems: templates, instructions in many
// languages, personas, markup, switches and examples must be taken off;
// requests about the problem must never be. Then frames that nobody knows,
// which are learnt where they recur, and single cases that the grammar can't
// reach.
#include "baseline/matching/frame.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "baseline/matching/frame_book.h"
#include "baseline/matching/problem_index.h"
#include "baseline/variants/variants.h"

namespace reasonwatch {
namespace {

using Texts = std::vector<const char*>;

class Draw {
 public:
  explicit Draw(uint32_t seed) : random_(seed) {}
  size_t Below(size_t n) { return random_() % n; }
  bool Maybe() { return Below(2) == 0; }
  std::string From(const Texts& texts) { return texts[Below(texts.size())]; }
  // A word that no language has.
  std::string Nonsense() {
    std::string word;
    for (size_t i = 0, n = 2 + Below(3); i < n; ++i) {
      word += "bdfgklmnprstvz"[Below(14)];
      word += "aeiou"[Below(5)];
    }
    return word;
  }

 private:
  std::mt19937 random_;
};

struct Framed {
  std::string before, after;
  std::string Round(const std::string& problem) const {
    return absl::StrCat(before, problem, after);
  }
};

// The parts of a sentence that asks for the solution. `finish` says how.
struct Language {
  Texts solve;   // with the object
  Texts manner;  // begins with a space
  Texts finish;
  Texts courtesy;
};
// table: how people ask for an answer in several languages.
const std::vector<Language>& Languages() {
  static const auto& languages = *new std::vector<Language>{
      {{"Solve this problem", "Please answer the following question",
        "Work out the exercise below", "Answer the question",
        "Consider the task carefully", "Now solve the following math problem"},
       {"", " step by step", " carefully", ", thinking through every step",
        " and show your work", " and explain your reasoning"},
       {"Put the final answer in \\boxed{}.", "Give only the final answer.",
        "End your response with the answer.", "Answer in Italian.",
        "Write the result on the last line.", "Do not explain.",
        "Reply with the answer only, no explanation."},
       {"Please", "Thanks a lot!", "Thank you", "Good luck!"}},
      {{"Löse diese Aufgabe", "Bitte beantworte die folgende Frage"},
       {"", " Schritt für Schritt", " sorgfältig"},
       {"Gib die Antwort am Ende an.", "Schreibe nur das Ergebnis."},
       {"Danke!", "Vielen Dank"}},
      {{"Résous ce problème", "Réponds à la question suivante"},
       {"", " étape par étape", " pas à pas"},
       {"Donne la réponse finale.", "Écris seulement le résultat."},
       {"Merci !", "Merci beaucoup"}},
      {{"Resuelve este problema", "Responde a la siguiente pregunta"},
       {"", " paso a paso", " cuidadosamente"},
       {"Da la respuesta final.", "Escribe solo el resultado."},
       {"Gracias", "Muchas gracias"}},
      {{"Risolvi il seguente problema", "Rispondi alla domanda"},
       {"", " passo dopo passo", " passo per passo"},
       {"Scrivi solo la risposta finale."},
       {"Grazie"}},
      {{"Resolva o problema", "Responda à seguinte questão"},
       {"", " passo a passo"},
       {"Escreva a resposta final."},
       {"Obrigado"}},
      {{"Los de volgende opgave op", "Beantwoord de vraag"},
       {"", " stap voor stap"},
       {"Geef alleen het antwoord."},
       {"Bedankt"}},
      {{"Rozwiąż zadanie", "Odpowiedz na pytanie"},
       {"", " krok po kroku"},
       {"Podaj wynik."},
       {"Dziękuję"}},
      {{"Реши задачу", "Ответь на следующий вопрос"},
       {"", " шаг за шагом", " внимательно"},
       {"Напиши только ответ.", "Запиши ответ в конце."},
       {"Спасибо"}},
      {{"Aşağıdaki problemi çöz", "Soruyu yanıtla"},
       {"", " adım adım"},
       {"Sonucu yaz."},
       {"Teşekkürler"}},
      {{"请解答以下问题", "请回答下面的题目"},
       {"", "，一步一步思考"},
       {"请给出最终答案。", "只写出答案。"},
       {"谢谢"}},
      {{"次の問題を解いてください"},
       {""},
       {"最後に答えを書いてください。"},
       {"ありがとうございます"}},
      {{"다음 문제를 풀어 주세요"},
       {"", " 단계별로"},
       {"최종 답만 쓰세요."},
       {"감사합니다"}},
  };
  return languages;
}

std::string Instruction(Draw& draw, const Language& language) {
  return absl::StrCat(draw.From(language.solve), draw.From(language.manner),
                      draw.From({".", ":", ".", "!"}));
}

std::string Persona(Draw& draw) {
  return absl::StrCat(
      draw.From({"You are", "Act as", "You're"}), " ",
      draw.From({"a patient", "an expert", "a world-class", "a senior"}), " ",
      draw.From({"tutor", "physicist", "librarian", "chess master"}), " ",
      draw.From({"who teaches at a university.", "called Ada.",
                 "with 20 years of experience.", "and you love puzzles."}));
}

// A chat template of a family that was made up now.
Framed Template(Draw& draw) {
  const std::string family = draw.Nonsense();
  const std::string open = draw.From({"<|", "<", "[|", "<｜", "<|"});
  const std::string close = open == "<"     ? ">"
                            : open == "[|"  ? "|]"
                            : open == "<｜" ? "｜>"
                                            : "|>";
  const auto mark = [&](const std::string& name) {
    return absl::StrCat(open, name, close);
  };
  const std::string user = draw.From({"user", "User", "human", "Human"});
  const std::string assistant = draw.From({"assistant", "model", "bot"});
  const std::string system = absl::StrCat("Be ", draw.Nonsense(), " today.");
  switch (draw.Below(4)) {
    case 0:
      return {absl::StrCat(mark(family + "_start"), "system\n", system,
                           mark(family + "_end"), "\n", mark(family + "_start"),
                           user, "\n"),
              absl::StrCat(mark(family + "_end"), "\n", mark(family + "_start"),
                           assistant, "\n")};
    case 1:
      return {absl::StrCat(mark("system"), system, mark(user)),
              absl::StrCat(mark(assistant))};
    case 2:
      return {absl::StrCat("### System:\n", system, "\n\n### ",
                           draw.From({"User", "Human", "Instruction"}), ":\n"),
              absl::StrCat("\n\n### ", draw.From({"Assistant", "Response"}),
                           ":\n")};
    default:
      return {absl::StrCat(mark(family), mark(family + "_" + user), "\n"),
              absl::StrCat("\n", mark(family + "_" + assistant))};
  }
}

Framed Markup(Draw& draw) {
  const std::string name = draw.From({"problem", "question", "task", "input"});
  switch (draw.Below(6)) {
    case 0:
      return {absl::StrCat("## ", name, "\n\n**"), "**"};
    case 1:
      return {absl::StrCat("<", name, ">"), absl::StrCat("</", name, ">")};
    case 2:
      return {"```text\n", "\n```"};
    case 3:
      return {"> ", ""};
    case 4:
      return {absl::StrCat("\\begin{", name, "}\n"),
              absl::StrCat("\n\\end{", name, "}")};
    default:
      return {absl::StrCat(draw.From({"Question ", "Problem ", "Exercise "}),
                           draw.Below(90), ": "),
              "\nAnswer:"};
  }
}

Framed Examples(Draw& draw) {
  const auto [question, answer] = std::vector<
      std::pair<const char*, const char*>>{{"Question", "Answer"},
                                           {"Q", "A"},
                                           {"Input", "Output"},
                                           {"Frage", "Antwort"},
                                           {"Zorb", "Flim"},
                                           {"问题", "答案"}}[draw.Below(6)];
  Framed framed;
  for (size_t i = 0, n = 1 + draw.Below(4); i < n; ++i)
    absl::StrAppend(&framed.before, question, ": How many ", draw.Nonsense(),
                    " are ", draw.Below(50), " and ", draw.Below(50), "?\n",
                    answer, ": ", draw.Below(100), "\n\n");
  absl::StrAppend(&framed.before, question, ": ");
  framed.after = absl::StrCat("\n", answer, ":");
  return framed;
}

Framed Wrapping(Draw& draw) {
  const Language& language = Languages()[draw.Below(Languages().size())];
  Framed framed;
  if (draw.Below(3) == 0) framed = Markup(draw);
  if (draw.Below(5) == 0) framed = Examples(draw);
  if (draw.Maybe())
    framed.before = absl::StrCat(Instruction(draw, language),
                                 draw.From({"\n", "\n\n"}), framed.before);
  if (draw.Maybe())
    framed.after = absl::StrCat(framed.after, draw.From({"\n", "\n\n"}),
                                draw.From(language.finish));
  if (draw.Below(4) == 0)
    framed.before = absl::StrCat(Persona(draw), "\n", framed.before);
  if (draw.Below(4) == 0)
    framed.after =
        absl::StrCat(framed.after, "\n", draw.From(language.courtesy));
  if (draw.Below(6) == 0)
    framed.after =
        absl::StrCat(framed.after, draw.From({" /no_think", " /think"}));
  if (draw.Below(3) == 0) {
    const Framed outer = Template(draw);
    framed = {outer.before + framed.before, framed.after + outer.after};
  }
  return framed;
}

// A request about a problem: a verb, the problem as its object, and more.
std::string Request(Draw& draw) {
  const std::string object =
      draw.From({"this problem", "the question", "this exercise",
                 "the following task", "the puzzle", "the statement"});
  switch (draw.Below(6)) {
    case 0:
      return absl::StrCat(
          draw.From({"Translate", "Rewrite", "Shorten", "Paraphrase",
                     "Summarise", "Proofread", "Classify", "Rephrase",
                     "Simplify", "Repeat", "Illustrate", "Rank", "Index"}),
          " ", object,
          draw.From({"", " into French", " in plain words", " for my class",
                     " by topic"}),
          ".");
    case 1:
      return absl::StrCat(draw.From({"Please make ", "Turn ", "Can you make "}),
                          object, " ",
                          draw.From({"harder", "easier", "funnier",
                                     "into a song", "shorter", "about cats"}),
                          draw.From({".", "!", "?"}));
    case 2:
      return absl::StrCat(draw.From({"Give", "Write", "Show", "Invent"}), " ",
                          draw.From({"a similar problem", "the question again",
                                     "a wrong answer", "a hint only",
                                     "three problems like this", "its title"}),
                          ".");
    case 3:
      return absl::StrCat(
          draw.From({"Do not solve ", "Don't answer ", "Never solve "}), object,
          draw.From({".", ", only tell me its topic.", " yet."}));
    case 4:
      return draw.From(
          {"Übersetze diese Aufgabe ins Englische.",
           "Formuliere die Frage einfacher.", "Traduis ce problème en anglais.",
           "Réécris l'exercice.", "Traduce este problema al inglés.",
           "Reescribe la pregunta.", "Traduci questo problema in inglese.",
           "Traduza o problema para o inglês.", "Przetłumacz to zadanie.",
           "Переведи задачу на английский.", "Перефразируй вопрос.",
           "Bu soruyu İngilizceye çevir.", "请把这道题翻译成英文。",
           "请改写这个问题。", "この問題を英語に翻訳してください。",
           "다음 문제를 영어로 번역해 주세요.", "Vertaal deze opgave.",
           "Översätt uppgiften till engelska."});
    default:
      return absl::StrCat(draw.From({"Is ", "Would ", "Why is "}), object, " ",
                          draw.From({"clear enough", "hard for pupils",
                                     "a good one", "well worded"}),
                          "?");
  }
}

class Frames : public testing::Test {
 protected:
  static constexpr size_t kProblems = 60;
  Frames() {
    const auto templates = BuiltinTemplates();
    for (size_t i = 0; i < kProblems; ++i) {
      problems_.push_back(
          Instantiate(templates[i % templates.size()], 100 + i)->prompt);
      index_.Add(i + 1, {"1", AnswerKind::kNumber}, problems_.back());
    }
    index_.Build();
  }
  bool IsExact(const std::string& prompt, size_t problem) const {
    const Match match = index_.FindByText(prompt);
    return match.kind == MatchKind::kExact && match.problem == problem + 1;
  }
  ProblemIndex index_;
  std::vector<std::string> problems_;
};

TEST_F(Frames, WrappingsAreTakenOff) {
  Draw draw(11);
  constexpr size_t kDraws = 3000;
  size_t exact = 0;
  std::string missed;
  size_t shown = 0;
  for (size_t i = 0; i < kDraws; ++i) {
    const size_t k = draw.Below(kProblems);
    const std::string prompt = Wrapping(draw).Round(problems_[k]);
    const bool found = IsExact(prompt, k);
    exact += found;
    if (!found && ++shown <= 12) absl::StrAppend(&missed, prompt, "\n----\n");
  }
  EXPECT_GE(exact, kDraws * 98 / 100) << missed;
}

TEST_F(Frames, RequestsAboutTheProblemAreNeverExact) {
  Draw draw(12);
  for (size_t i = 0; i < 3000; ++i) {
    const size_t k = draw.Below(kProblems);
    Framed framed = draw.Maybe() ? Wrapping(draw) : Framed();
    const std::string request = Request(draw);
    if (draw.Maybe() && framed.before.find("user") == std::string::npos &&
        framed.before.find("User") == std::string::npos)
      framed = {absl::StrCat(draw.From({"", "Please help. ", "Hello! "}),
                             request, "\n"),
                ""};
    else
      framed.after = absl::StrCat(framed.after, "\n", request);
    EXPECT_FALSE(IsExact(framed.Round(problems_[k]), k))
        << framed.Round(problems_[k]);
  }
}

// Nobody has listed these words. One prompt says nothing; several problems do.
TEST_F(Frames, AFrameThatRecursRoundSeveralProblemsIsLearnt) {
  Draw draw(13);
  for (int i = 0; i < 200; ++i) {
    FrameBook book;
    Framed framed = {absl::StrCat(draw.Nonsense(), " ", draw.Nonsense(), " ",
                                  draw.Nonsense(), ".\n"),
                     draw.Maybe() ? absl::StrCat("\n", draw.Nonsense(), " ",
                                                 draw.Nonsense(), ".")
                                  : ""};
    const size_t first = draw.Below(kProblems - kFrameProblems);
    for (size_t k = 0; k < kFrameProblems; ++k) {
      const std::string prompt = framed.Round(problems_[first + k]);
      // The same problem again teaches nothing.
      EXPECT_EQ(
          index_.FindAndLearn(framed.Round(problems_[first]), book).kind ==
              MatchKind::kExact,
          false)
          << framed.Round(problems_[first]);
      const Match match = index_.FindAndLearn(prompt, book);
      EXPECT_EQ(match.kind == MatchKind::kExact, k + 1 == kFrameProblems);
    }
    const Match match = index_.FindByText(
        framed.Round(problems_[first + kFrameProblems]), &book);
    EXPECT_EQ(match.kind, MatchKind::kExact);
  }
}

TEST_F(Frames, ARequestIsNotLearntHoweverOftenItRecurs) {
  Draw draw(14);
  for (int i = 0; i < 100; ++i) {
    FrameBook book;
    const std::string request = Request(draw);
    for (size_t k = 0; k < kProblems; ++k)
      EXPECT_NE(index_
                    .FindAndLearn(absl::StrCat("Translate: ", request, "\n",
                                               problems_[k]),
                                  book)
                    .kind,
                MatchKind::kExact)
          << request;
    EXPECT_EQ(book.size(), 0u);
  }
}

TEST(FrameBook, ForgetsWhatItHasNotSeenForLong) {
  FrameBook book;
  for (uint64_t problem : {1, 2, 3}) book.Note(7, problem);
  EXPECT_TRUE(book.Knows(7));
  for (uint64_t half = 100; half < 100 + 4 * kMaxFrames; ++half)
    book.Note(half, 1);
  EXPECT_FALSE(book.Knows(7));
  EXPECT_LE(book.size(), 2 * kMaxFrames);
  // All that were noted and are not there any more.
  EXPECT_EQ(book.forgotten() + book.size(), 4 * kMaxFrames + 1);
}

TEST(ReadSentence, SpeaksOfTheAnswerOnly) {
  for (const char* yes :
       {"Please reason step by step, and put your final answer within "
        "\\boxed{}.",
        "Solve the following math problem.", "You are a careful mathematician.",
        "Let's think step by step.", "Answer with the letter of the option.",
        "Give only the final answer.", "Show your work.", "Hello Ada!",
        "Do not explain.", "Problem 12", "Answer with A, B, C or D.",
        "Express your answer in simplest radical form.", "Speak like a pirate.",
        "Hatua kwa hatua."})
    EXPECT_EQ(ReadSentence(yes, ""), FrameVerdict::kWrapping) << yes;
  for (const char* unsure :
       {"Answer for my sister.", "Write it.", "In German, please.",
        "Only write the first step.", "Find the number."})
    EXPECT_NE(ReadSentence(unsure, ""), FrameVerdict::kWrapping) << unsure;
  for (const char* foreign :
       {"Explain the question.", "Write the problem.", "Don't answer it.",
        "Never give the answer.", "Round to the nearest ten.", "Is he right?",
        "Assume that the coin is fair.", "How many rolls are left?",
        "Verbeautify this problem.", "Is this answer correct?", "<translate>"})
    EXPECT_EQ(ReadSentence(foreign, ""), FrameVerdict::kForeign) << foreign;
}

// A sign at its side makes another formula of the problem.
TEST(ProblemIndexFrames, TellsASignFromMarkup) {
  ProblemIndex index;
  index.Add(1, {"8", AnswerKind::kNumber}, "5 + 3 * 2 - 4 + 1");
  index.Add(2, {"8", AnswerKind::kNumber}, "What is 5 times 3?");
  index.Build();
  for (const char* exact :
       {"**5 + 3 * 2 - 4 + 1**", "`5 + 3 * 2 - 4 + 1`",
        "<task>5 + 3 * 2 - 4 + 1</task>", "Please solve: 5 + 3 * 2 - 4 + 1",
        "5 + 3 * 2 - 4 + 1 /no_think"})
    EXPECT_EQ(index.FindByText(exact).kind, MatchKind::kExact) << exact;
  for (const char* other :
       {"-5 + 3 * 2 - 4 + 1", "2 * 5 + 3 * 2 - 4 + 1", "15 + 3 * 2 - 4 + 1",
        "5 + 3 * 2 - 4 + 1 - 7", "5 + 3 * 2 - 4 + 1!", "5 + 3 * 2 - 4 + 1.5",
        "5 + 3 * 2 - 4 + 1 = x"})
    EXPECT_NE(index.FindByText(other).kind, MatchKind::kExact) << other;
  EXPECT_EQ(index.FindByText("Hello! Please help me: What is 5 times 3?").kind,
            MatchKind::kExact);
  EXPECT_NE(index.FindByText("What is 5 times 3? Give half of it.").kind,
            MatchKind::kExact);
}

}  // namespace
}  // namespace reasonwatch
