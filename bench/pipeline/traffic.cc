// SPDX-License-Identifier: Apache-2.0
#include "bench/pipeline/traffic.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_format.h"

namespace reasonwatch::bench {
namespace {

constexpr const char* kOpenings[] = {
    "First, I note that ",   "So the total is then ",
    "Wait, let me check ",   "This means that ",
    "Now consider ",         "Let me compute ",
    "We can also see that ", "Therefore, "};
constexpr const char* kSubjects[] = {"the number of boxes on the second shelf",
                                     "the distance of the first leg",
                                     "the remainder after the division",
                                     "the cost of one ticket",
                                     "the area between the two paths",
                                     "the rate at which the tank fills",
                                     "the sum of the first terms",
                                     "the share that each child gets"};
constexpr const char* kTopics[] = {"harvest", "railway",   "library",
                                   "orchard", "reservoir", "workshop",
                                   "museum",  "bakery"};
constexpr const char* kWords[] = {
    "morning",    "afternoon",  "carries", "wooden",   "baskets",
    "neighbour",  "distance",   "twice",   "quarter",  "remaining",
    "altogether", "visitors",   "evenly",  "between",  "children",
    "tickets",    "kilometres", "hours",   "finally",  "another",
    "shelves",    "several",    "workers", "customers"};

}  // namespace

std::string ModelName(int number) {
  return absl::StrFormat("qwen3-bench-%03d", number);
}

absl::Time StartOf(int64_t number_on_stream) {
  return absl::FromUnixSeconds(1700000000) +
         absl::Minutes(10) * number_on_stream;
}

std::string Traffic::Sentence() {
  return absl::StrFormat("%s%s is %d + %d = %d, which leaves %d for %s.",
                         kOpenings[Below(std::size(kOpenings))],
                         kSubjects[Below(std::size(kSubjects))], Below(90),
                         Below(90), Below(180), Below(900),
                         kSubjects[Below(std::size(kSubjects))]);
}

Response Traffic::Make() {
  Response r;
  const int topic = Below(std::size(kTopics));
  r.prompt = absl::StrFormat("At the %s, %d people arrive. ", kTopics[topic],
                             10 + Below(90));
  const size_t prompt_size = 300 + static_cast<size_t>(Below(300));
  while (r.prompt.size() < prompt_size) {
    r.prompt += kWords[Below(std::size(kWords))];
    r.prompt += Below(9) == 0 ? absl::StrFormat(" %d. ", Below(1000)) : " ";
  }
  r.prompt += "How many are left in the end?";
  // The mean length differs by up to 840 bytes, about a fifth, between topics,
  // which the regression can learn.
  const size_t size =
      3400 + static_cast<size_t>(topic) * 120 + static_cast<size_t>(Below(700));
  std::string text = "<think>\n";
  while (text.size() < size) {
    text += Sentence();
    text += Below(4) == 0 ? "\n\n" : " ";
  }
  const int result = Below(1000);
  text += absl::StrFormat(
      "\n</think>\n\n**Step 1.** Add the boxes.\n\n**Step 2.** Take away what "
      "was sold: $%d - %d$.\n\nThe final answer is $\\boxed{%d}$.",
      result + 40, 40, result);
  r.usage.input_tokens = static_cast<int64_t>(r.prompt.size() / 4);
  r.usage.output_tokens = static_cast<int64_t>(text.size() / 4);
  r.content = std::move(text);
  r.finish_reason = "stop";
  r.intent.thinking = Thinking::kOn;
  r.streamed = true;
  return r;
}

}  // namespace reasonwatch::bench
