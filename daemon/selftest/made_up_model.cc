// SPDX-License-Identifier: Apache-2.0
#include "daemon/selftest/made_up_model.h"

#include <cstdint>
#include <random>

#include "absl/strings/str_format.h"
#include "core/selftest.h"

namespace reasonwatch {
namespace {

// A healthy response works through 12 to 30 steps, a collapsed one through one.
constexpr int kFewestSteps = 12;
constexpr int kMostSteps = 30;

struct Sum {
  std::string steps;
  int64_t total = 0;
};

Sum AddUp(std::minstd_rand& draw, int steps) {
  Sum sum;
  for (int i = 1; i <= steps; ++i) {
    const auto next = static_cast<int64_t>(draw() % 90 + 10);
    absl::StrAppendFormat(&sum.steps,
                          "Step %d: %d plus %d gives %d, so the sum is now "
                          "%d. ",
                          i, sum.total, next, sum.total + next,
                          sum.total + next);
    sum.total += next;
  }
  return sum;
}

}  // namespace

std::string MadeUpResponses(MadeUpState state, int first, int count,
                            absl::Time start) {
  std::string rows;
  for (int n = first; n < first + count; ++n) {
    // minstd_rand's first draws of neighbouring seeds are alike.
    std::minstd_rand draw(static_cast<uint32_t>(n) * 7919u + 1);
    draw.discard(3);
    const int steps =
        state == MadeUpState::kHealthy
            ? kFewestSteps +
                  static_cast<int>(draw() % (kMostSteps - kFewestSteps + 1))
            : 1;
    const Sum sum = AddUp(draw, steps);
    absl::StrAppendFormat(
        &rows,
        "{\"id\":\"rw-selftest-%d-%d\",\"origin\":\"selftest\",\"model\":\"%"
        "s\","
        "\"session\":\"selftest-%d\",\"time\":\"%s\",\"prompt\":\"Add up the "
        "numbers of list %d and give the sum.\",\"reasoning\":\"%s\","
        "\"content\":\"The sum is %d.\",\"finish_reason\":\"stop\"}\n",
        absl::ToUnixSeconds(start), n,
        absl::string_view(kSelftestModel.data(), kSelftestModel.size()), n,
        absl::FormatTime(absl::RFC3339_full, start + absl::Seconds(n),
                         absl::UTCTimeZone()),
        n, sum.steps, sum.total);
  }
  return rows;
}

}  // namespace reasonwatch
