// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/faults/healthy_traffic.h"

#include <cstdlib>
#include <vector>

#include "absl/strings/str_cat.h"

namespace reasonwatch::testing {
namespace {

constexpr int64_t kWindow = 16000;  // tokens; long sessions fill it
constexpr double kWrong = .05;      // share of wrong answers
constexpr int kProblems = 400;      // two of each in a reference of 800

constexpr const char* kNames[] = {"Mara",  "Jonas", "Priya", "Tomas",
                                  "Aiko",  "Leila", "Oskar", "Nadia",
                                  "Bruno", "Helen", "Iris",  "Samuel"};
constexpr const char* kThings[] = {
    "marbles", "pencils", "seedlings", "postcards", "bricks", "lanterns",
    "apples",  "ribbons", "notebooks", "candles",   "shells", "tickets"};
constexpr const char* kPlaces[] = {
    "at the market",     "in the old workshop",    "behind the library",
    "near the harbour",  "during the festival",    "on the way to school",
    "after the concert", "in the community garden"};

constexpr const char* kBegins[] = {
    "Okay, let me work through this carefully, one change at a time.",
    "I need to follow the count through every event in the story.",
    "Let me write down what is known before calculating anything.",
    "The question asks for the final count, so I will track it.",
    "Alright, this is a sequence of additions and subtractions."};
constexpr const char* kAsides[] = {
    "That seems reasonable so far, so I can go on.",
    "Let me double-check that the direction of the change is right.",
    "Nothing in the wording suggests that any of them are counted twice.",
    "I should be careful to use the updated number and not the first one.",
    "The place where it happens does not matter for the calculation.",
    "A quick estimate with rounded numbers gives about the same size.",
    "Wait, was that before or after the previous event? After, clearly.",
    "It would be easy to forget this part, but it does change the total.",
    "Going back over the sentence once more, I read it the same way.",
    "Both the sign and the size of this change look correct to me."};
template <size_t N>
const char* Pick(const char* const (&list)[N], int draw) {
  return list[static_cast<size_t>(draw) % N];
}

struct Story {
  std::string name;
  std::string thing;
  std::string prompt;
  int begin = 0;
  std::vector<int> changes;
};

Story MakeStory(uint64_t number) {
  std::mt19937_64 random(number);
  const auto below = [&](int n) {
    return static_cast<int>(random() % static_cast<uint64_t>(n));
  };
  Story s;
  s.name = Pick(kNames, below(1 << 16));
  s.thing = Pick(kThings, below(1 << 16));
  s.begin = 100 + below(300);
  s.prompt = absl::StrCat(s.name, " has ", s.begin, " ", s.thing, " ",
                          Pick(kPlaces, below(1 << 16)), ".");
  const int steps = 2 + below(5);
  for (int i = 0; i < steps; ++i) {
    const int size = 2 + below(18);
    const bool plus = below(2) == 0;
    s.changes.push_back(plus ? size : -size);
    absl::StrAppend(&s.prompt, plus ? " Then " : " Later ", s.name,
                    plus ? " gets " : " gives away ", size,
                    plus ? " more." : ".");
  }
  absl::StrAppend(&s.prompt, " How many ", s.thing, " does ", s.name,
                  " have in the end?");
  return s;
}

}  // namespace

HealthyTraffic::Session& HealthyTraffic::NextTurn() {
  Session& session =
      active_[static_cast<size_t>(Below(static_cast<int>(active_.size())))];
  if (session.turn >= session.turns) {
    session = {.id = ++sessions_,
               .turn = 0,
               .turns = 1 + Below(9),
               .long_document = Chance(.15),
               .first_problem = 0};
  }
  ++session.turn;
  return session;
}

std::string HealthyTraffic::Aside() { return Pick(kAsides, Below(1 << 16)); }

Response HealthyTraffic::Next() {
  Session& session = NextTurn();
  Response r;
  r.id = absl::StrCat("f", index_);
  r.time = absl::FromUnixSeconds(1700000000) + absl::Minutes(index_++);
  r.model = "deepseek-r1-drill";
  r.route = "default";
  r.session = absl::StrCat("session-", session.id);
  r.turn = session.turn;
  r.replica = absl::StrCat("replica-", Below(4));
  r.context_window = kWindow;
  r.finish_reason = "stop";
  r.usage.input_tokens = 400 + 600 * session.turn + Below(400) +
                         (session.long_document ? kWindow * 3 / 4 : 0);

  uint64_t number = 1 + static_cast<uint64_t>(Below(kProblems));
  if (session.turn == 1) session.first_problem = number;
  if (repeats_ > 0 && Chance(repeats_)) number = session.first_problem;
  const Story story = MakeStory(number);
  std::string chain =
      absl::StrCat(Pick(kBegins, Below(1 << 16)), " ", story.name,
                   " begins with ", story.begin, " ", story.thing, ".\n");
  int count = story.begin;
  for (const int change : story.changes) {
    const int size = std::abs(change);
    const std::string sum = absl::StrCat(count, change > 0 ? " + " : " - ",
                                         size, " = ", count + change);
    count += change;
    switch (Below(3)) {
      case 0:
        absl::StrAppend(&chain, story.name,
                        change > 0 ? " then gets " : " gives away ", size,
                        ", so ", sum, ".");
        break;
      case 1:
        absl::StrAppend(&chain, "With ", size,
                        change > 0 ? " more it is " : " fewer it is ", sum,
                        ".");
        break;
      default:
        absl::StrAppend(&chain, change > 0 ? "Adding " : "Taking off ", size,
                        " leaves ", sum, " ", story.thing, ".");
        break;
    }
    for (int aside = Below(4); aside > 0; --aside)
      absl::StrAppend(&chain, " ", Aside());
    chain += Chance(.4) ? "\n" : " ";
  }
  const int stated = Chance(kWrong) ? count + 1 + Below(9) : count;
  absl::StrAppend(&chain, "So ", story.name, " has ", stated, " ", story.thing,
                  " in the end.");
  r.prompt = story.prompt;
  r.content = absl::StrCat("<think>\n", chain, "\n</think>\n\nAfter ",
                           story.changes.size(), " changes ", story.name,
                           " has ", stated, " ", story.thing,
                           ".\n\n**Answer:** \\boxed{", stated, "}");
  r.problem = Problem{.id = absl::StrCat("problem-", number),
                      .answer = absl::StrCat(count),
                      .answer_kind = AnswerKind::kNumber};
  return r;
}

}  // namespace reasonwatch::testing
