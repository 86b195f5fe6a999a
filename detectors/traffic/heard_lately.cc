// SPDX-License-Identifier: Apache-2.0
#include "detectors/traffic/heard_lately.h"

#include <algorithm>
#include <cmath>

namespace reasonwatch {
namespace {

// Turns of a session that are as good as independent.
constexpr double kTurns = 6;
// It may be heard once more than is usual before it counts less.
constexpr double kOnceMore = 1;
// A session may have half as many turns again as is usual.
constexpr double kMore = 1.5;
// Standard deviations of chance in such a number.
constexpr double kChance = 2;
// Responses over which the usual number of turns is taken.
constexpr double kHorizon = 20000;

// The session of a response without one is not looked for.
uint32_t Short(uint64_t session) {
  return session == 0 ? 0
                      : std::max<uint32_t>(1, static_cast<uint32_t>(session));
}

double CountOf(const std::vector<uint32_t>& ring, uint32_t key) {
  return key == 0
             ? 0
             : static_cast<double>(std::count(ring.begin(), ring.end(), key));
}

// An expected number with a margin for chance.
double Usual(double expected) {
  return expected + kOnceMore + kChance * std::sqrt(expected);
}

double ShareOfEvidence(double others, double usual) {
  return 1 / (1 + std::max(0.0, others - usual));
}

}  // namespace

double HeardLately::Observe(uint32_t prompt, uint64_t session,
                            double usual_share) {
  const uint32_t short_session = Short(session);
  const double copies = CountOf(prompts_, prompt);
  const double turns = CountOf(sessions_, short_session);
  const double copies_expected =
      usual_share * static_cast<double>(prompts_.size());
  const double turns_expected = kMore * std::exp(session_log_mean_) - 1;
  const double weight = std::min(
      ShareOfEvidence(copies, Usual(copies_expected)),
      ShareOfEvidence(turns, std::max(kTurns - 1, Usual(turns_expected))));
  const auto at = static_cast<size_t>(heard_++) % kRing;
  if (at == prompts_.size()) {
    prompts_.push_back(prompt);
    sessions_.push_back(short_session);
  } else {
    prompts_[at] = prompt;
    sessions_[at] = short_session;
  }
  // A plain mean at first.
  session_log_mean_ += (std::log1p(turns) - session_log_mean_) /
                       std::min(kHorizon, static_cast<double>(heard_));
  return weight;
}

template <typename Archive>
void Describe(Archive& archive, HeardLately& h) {
  archive.Field("prompts", h.prompts_);
  archive.Field("sessions", h.sessions_);
  archive.InRange("heard", h.heard_, 0, kMaxStored);
  archive.Field("session_log_mean", h.session_log_mean_);
  const auto kept = static_cast<size_t>(
      std::min<int64_t>(h.heard_, static_cast<int64_t>(HeardLately::kRing)));
  archive.Require(h.prompts_.size() == kept && h.sessions_.size() == kept);
  archive.Require(h.session_log_mean_ >= 0);
}
REASONWATCH_DESCRIBE(HeardLately);

}  // namespace reasonwatch
