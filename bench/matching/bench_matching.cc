// SPDX-License-Identifier: Apache-2.0
// The cost of a large baseline: building its index, its memory, and finding a
// prompt in it.
//
//   bench_matching [PROBLEMS]    (100,000 by default)
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "baseline/matching/problem_index.h"
#include "baseline/variants/variants.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using Clock = std::chrono::steady_clock;

double Seconds(Clock::time_point since) {
  return std::chrono::duration<double>(Clock::now() - since).count();
}

int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

struct Asked {
  const char* how;
  std::vector<std::string> prompts;
};

// Returns a story that differs from the next one in more than its numbers.
std::string Story(size_t i) {
  const auto templates = BuiltinTemplates();
  const auto a = Instantiate(templates[i % templates.size()], i);
  const auto b = Instantiate(templates[(i / 7 + 3) % templates.size()], i + 1);
  return absl::StrCat("In town ", i, " people tell this. ", a->prompt,
                      " And then: ", b->prompt);
}

int Run(size_t problems) {
  std::vector<std::string> stories;
  for (size_t i = 0; i < problems; ++i) stories.push_back(Story(i));
  const int64_t before = ResidentBytes();
  const auto begin = Clock::now();
  ProblemIndex index;
  for (size_t i = 0; i < problems; ++i)
    index.Add(StableHash(stories[i]), {"42", AnswerKind::kNumber}, stories[i]);
  index.Build();
  const double build = Seconds(begin);
  std::printf(
      "%zu problems: built in %.2f s, %.1f MiB counted, %.1f MiB more "
      "resident\n",
      index.size(), build, static_cast<double>(index.memory()) / (1 << 20),
      static_cast<double>(ResidentBytes() - before) / (1 << 20));

  std::vector<Asked> asked = {{"the same wording", {}},
                              {"with an instruction", {}},
                              {"inside other text", {}},
                              {"with other numbers", {}},
                              {"unknown, 4 KB", {}}};
  for (size_t i = 0; i < 2000; ++i) {
    const size_t k = i * 7919 % problems;
    asked[0].prompts.push_back(stories[k]);
    asked[1].prompts.push_back(
        absl::StrCat(stories[k],
                     "\nPlease reason step by step, and put your final answer "
                     "within \\boxed{}."));
    asked[2].prompts.push_back(
        absl::StrCat("Hi there, this is homework: ", stories[k], "\nThanks!"));
    asked[3].prompts.push_back(Story(problems + k));
    std::string long_text;
    while (long_text.size() < 4096)
      absl::StrAppend(&long_text, "Paragraph ", i, " of a letter about roof ",
                      long_text.size(), " and the weather over the sea. ");
    asked[4].prompts.push_back(std::move(long_text));
  }
  std::printf("%-22s %9s %9s %9s   exact / near / none\n", "asked", "p50 us",
              "p99 us", "max us");
  for (const Asked& set : asked) {
    std::vector<double> times;
    int kinds[3] = {};
    for (const std::string& prompt : set.prompts) {
      const auto start = Clock::now();
      const Match match = index.FindByText(prompt);
      times.push_back(Seconds(start) * 1e6);
      ++kinds[static_cast<int>(match.kind)];
    }
    std::sort(times.begin(), times.end());
    std::printf("%-22s %9.1f %9.1f %9.1f   %d / %d / %d\n", set.how,
                times[times.size() / 2], times[times.size() * 99 / 100],
                times.back(), kinds[static_cast<int>(MatchKind::kExact)],
                kinds[static_cast<int>(MatchKind::kNear)],
                kinds[static_cast<int>(MatchKind::kNone)]);
  }
  return 0;
}

}  // namespace
}  // namespace reasonwatch

int main(int argc, char** argv) {
  const int64_t problems = argc > 1 ? std::atoll(argv[1]) : 100000;
  if (problems < 1) {
    std::fprintf(stderr, "usage: bench_matching [PROBLEMS]\n");
    return 2;
  }
  return reasonwatch::Run(static_cast<size_t>(problems));
}
