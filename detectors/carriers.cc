#include "detectors/carriers.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/strings.h"

namespace reasonwatch {
namespace {

constexpr size_t kRecent = 256;
constexpr size_t kMaxNames = 63;
constexpr size_t kMaxName = 128;
constexpr int kMinChanged = 4;
constexpr double kMinShare = .6;
constexpr double kMinExcess = .2;
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

static_assert(kSignalCount <= 16, "a signal is a bit of Carriers::Seen");

std::string_view TurnName(uint8_t bucket) {
  return kTurns[std::min<size_t>(bucket, 2)];
}
std::string_view FillName(uint8_t bucket) {
  return kFills[std::min<size_t>(bucket, 2)];
}

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

void Carriers::Observe(const Scored& scored, uint32_t changed) {
  if (recent_.size() < kRecent) recent_.emplace_back();
  Seen& seen = recent_[next_];
  next_ = (next_ + 1) % kRecent;
  seen.part[kReplica] = SlotOf(scored.replica, replicas_);
  seen.part[kVersion] = SlotOf(VersionOf(scored.regime), versions_);
  seen.part[kTurn] = std::min<uint8_t>(scored.stratum.turn, 2);
  seen.part[kFill] = std::min<uint8_t>(scored.stratum.fill, 2);
  seen.changed = static_cast<uint16_t>(changed);
}

Carriers::Explanation Carriers::Of(Signal signal, int64_t since) const {
  Explanation explanation;
  const auto window = static_cast<size_t>(
      std::clamp<int64_t>(since, 0, static_cast<int64_t>(recent_.size())));
  std::array<std::array<int, kMaxNames + 1>, kParts> all{};
  std::array<std::array<int, kMaxNames + 1>, kParts> changed{};
  int total = 0;
  for (size_t back = 1; back <= window; ++back) {
    const Seen& seen = recent_[(next_ + kRecent - back) % kRecent];
    const bool bad = (seen.changed >> static_cast<int>(signal) & 1) != 0;
    total += bad;
    for (size_t p = 0; p < kParts; ++p) {
      ++all[p][seen.part[p]];
      changed[p][seen.part[p]] += bad;
    }
  }
  if (total < kMinChanged) return explanation;
  for (size_t p = 0; p < kParts; ++p) {
    const auto best = std::max_element(changed[p].begin(), changed[p].end());
    const auto slot = static_cast<size_t>(best - changed[p].begin());
    const double share = static_cast<double>(*best) / total;
    const double traffic = all[p][slot] / static_cast<double>(window);
    if (share < kMinShare || share - traffic < kMinExcess) continue;
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
      case kVersion:
        if (slot > 0)
          explanation.hints.push_back(
              {"version_change", kHintWeight, carries(versions_[slot - 1])});
        break;
      case kTurn:
        explanation.strata.emplace_back(TurnName(static_cast<uint8_t>(slot)));
        break;
      case kFill:
        explanation.strata.emplace_back(FillName(static_cast<uint8_t>(slot)));
        break;
      default:
        break;
    }
  }
  return explanation;
}

void Carriers::Save(StateWriter& out) const {
  out.PutVector(recent_);
  out.Put(next_);
  for (const auto* names : {&replicas_, &versions_}) {
    out.Put(static_cast<uint32_t>(names->size()));
    for (const std::string& name : *names) out.PutString(name);
  }
}

void Carriers::Restore(StateReader& in) {
  in.GetVector(recent_);
  in.GetIn(next_, 0u, static_cast<uint32_t>(kRecent - 1));
  in.Require(recent_.size() == kRecent || recent_.size() == next_);
  for (auto* names : {&replicas_, &versions_}) {
    names->clear();
    const uint32_t n = in.GetCount(kMaxNames);
    for (uint32_t i = 0; i < n && in.ok(); ++i)
      names->push_back(in.GetString());
  }
  for (const Seen& seen : recent_)
    in.Require(seen.part[kReplica] <= replicas_.size() &&
               seen.part[kVersion] <= versions_.size() &&
               seen.part[kTurn] <= 2 && seen.part[kFill] <= 2);
  // Nothing is read through what does not hold.
  if (!in.ok()) *this = Carriers();
}

}  // namespace reasonwatch
