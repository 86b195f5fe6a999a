// SPDX-License-Identifier: Apache-2.0
#include "detectors/level/carriers.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/scored.h"
#include "util/state_archive.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

constexpr size_t kRecent = 256;   // recent responses whose parts are compared
constexpr size_t kMaxNames = 63;  // one more is "others": 64
constexpr size_t kMaxName = 128;  // as a label of a metric
// When a part carries a change: as the header says.
constexpr double kMinShare = .6;
constexpr double kMinExcess = .2;
constexpr double kMinStandardErrors = 3;  // chance reaches it once in 740
// As a cause that is seen directly (incidents/causes.cc).
constexpr double kHintWeight = 6;

constexpr std::array<std::string_view, 3> kTurns = {"turn 1", "turns 2-5",
                                                    "turns 6 and later"};
constexpr std::array<std::string_view, 3> kFills = {
    "context fill under 50 %", "context fill 50-75 %",
    "context fill 75 % and over"};

std::string VersionOf(const Regime& regime) {
  if (!regime.fingerprint.empty())
    return absl::StrCat("fingerprint ", regime.fingerprint);
  if (!regime.weights_version.empty())
    return absl::StrCat("weights ", regime.weights_version);
  return "";
}

}  // namespace

static_assert(kSignalCount <= 16, "a signal is four bits of Carriers::Seen");

uint8_t Carriers::SlotOf(std::string_view name,
                         std::vector<std::string>& names) {
  if (name.empty()) return 0;
  name = name.substr(0, kMaxName);
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<uint8_t>(i + 1);
  if (names.size() >= kMaxNames) return 0;
  names.emplace_back(name);
  return static_cast<uint8_t>(names.size());
}

void Carriers::Observe(const Scored& scored, const Evidence& evidence) {
  if (recent_.size() < kRecent) recent_.emplace_back();
  Seen& seen = recent_[next_];
  next_ = (next_ + 1) % kRecent;
  seen.part[kReplica] = SlotOf(scored.replica, replicas_);
  seen.part[kBuild] = SlotOf(VersionOf(scored.regime), versions_);
  seen.part[kTurn] = std::min<uint8_t>(scored.stratum.turn, 2);
  seen.part[kFilled] = std::min<uint8_t>(scored.stratum.fill, 2);
  seen.asked = 0;
  if (scored.session != 0 && scored.match.problem != 0) {
    const auto asked = static_cast<uint32_t>(
        (scored.session ^ std::rotl(scored.match.problem, 32)) *
            0x9E3779B97F4A7C15ULL >>
        33 << 1);
    const bool again = std::any_of(
        recent_.begin(), recent_.end(),
        [asked](const Seen& s) { return (s.asked & ~1u) == asked; });
    seen.asked = asked | static_cast<uint32_t>(again && asked != 0);
  }
  seen.evidence = 0;
  for (size_t s = 0; s < evidence.size(); ++s)
    seen.evidence |= uint64_t{std::min<uint8_t>(evidence[s], 15)} << 4 * s;
}

Carriers::Explanation Carriers::Explain(Signal signal, int64_t since) const {
  Explanation explanation;
  const auto window = static_cast<size_t>(
      std::clamp<int64_t>(since, 0, static_cast<int64_t>(recent_.size())));
  std::array<std::array<int, kMaxNames + 1>, kParts> all{};
  std::array<std::array<int, kMaxNames + 1>, kParts> own{};
  double total = 0;
  double squares = 0;
  for (size_t back = 1; back <= window; ++back) {
    const Seen& seen = recent_[(next_ + kRecent - back) % kRecent];
    const int evidence =
        static_cast<int>(seen.evidence >> 4 * static_cast<int>(signal) & 15);
    total += evidence;
    squares += evidence * evidence;
    for (size_t p = 0; p < kParts; ++p) {
      ++all[p][seen.Slot(p)];
      own[p][seen.Slot(p)] += evidence;
    }
  }
  if (total == 0) return explanation;
  const double effective = total * total / squares;
  for (size_t p = 0; p < kParts; ++p) {
    const auto best = std::max_element(own[p].begin(), own[p].end());
    const auto slot = static_cast<size_t>(best - own[p].begin());
    const double share = *best / total;
    const double traffic = all[p][slot] / static_cast<double>(window);
    const double error = std::sqrt(traffic * (1 - traffic) / effective);
    if (share < kMinShare ||
        share - traffic < std::max(kMinExcess, kMinStandardErrors * error))
      continue;
    const auto carries = [&](const std::string& what) {
      return absl::StrFormat(
          "%s carries %.0f %% of it (%.0f %% of the traffic)", what,
          100 * share, 100 * traffic);
    };
    switch (p) {
      case kReplica:
        if (slot > 0)
          explanation.hints.push_back(
              {"replica_fault", kHintWeight,
               carries(absl::StrCat("replica ", replicas_[slot - 1]))});
        break;
      case kBuild:
        if (slot > 0)
          explanation.hints.push_back(
              {"version_change", kHintWeight, carries(versions_[slot - 1])});
        break;
      case kTurn:
        explanation.strata.emplace_back(kTurns[slot]);
        break;
      case kFilled:
        explanation.strata.emplace_back(kFills[slot]);
        break;
      case kRepeated:
        if (slot == 1)
          explanation.strata.emplace_back("what a session asks again");
        break;
      default:
        break;
    }
  }
  return explanation;
}

template <typename Archive>
void Describe(Archive& archive, Carriers& c) {
  archive.List("recent", c.recent_, kRecent);
  archive.InRange("next", c.next_, 0, kRecent - 1);
  archive.List("replicas", c.replicas_, kMaxNames);
  archive.List("versions", c.versions_, kMaxNames);
  if constexpr (Archive::kReads) {
    archive.Require(c.recent_.size() == kRecent || c.recent_.size() == c.next_);
    for (const Carriers::Seen& seen : c.recent_)
      archive.Require(seen.part[Carriers::kReplica] <= c.replicas_.size() &&
                      seen.part[Carriers::kBuild] <= c.versions_.size() &&
                      seen.part[Carriers::kTurn] <= 2 &&
                      seen.part[Carriers::kFilled] <= 2);
    // Nothing is read through slots that do not hold.
    if (!archive.ok()) c = Carriers();
  }
}
REASONWATCH_DESCRIBE(Carriers);

}  // namespace reasonwatch
