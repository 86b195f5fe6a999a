// SPDX-License-Identifier: Apache-2.0
// A channel: one number of a response, asked one question.
//
// The tables of this folder are data: a row a channel, a file a family of
// channels, joined in builtin.cc. They depend on core alone, so that rooms
// other than detectors can read a channel's row by its name.
#ifndef REASONWATCH_DETECTORS_SIGNALS_CHANNEL_H_
#define REASONWATCH_DETECTORS_SIGNALS_CHANNEL_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "core/feature.h"
#include "core/signal.h"

namespace reasonwatch {

enum class Question : uint8_t {
  kLow,      // rank: is it lower than the reference?
  kHigh,     // rank: is it higher?
  kPresent,  // rate: is it there more often?
  kMissing,  // rate: is it there less often?
  kFailed,   // rate: is a problem of the baseline failed?
  // rate: is it a pair of asked and answered language that the reference
  // hardly has (reference/language_pairs.h)?
  kRarePair,
  kSpread  // rank: is it nearer to the middle of the reference, or farther off?
};

// A number that is ranked among the reference; every other question is asked
// of a rate.
constexpr bool IsRank(Question q) {
  return q == Question::kLow || q == Question::kHigh || q == Question::kSpread;
}
// More of it is worse. The other rates are losses: missing markers, failed
// problems.
constexpr bool IsGain(Question q) {
  return q == Question::kPresent || q == Question::kRarePair;
}

// The cause that evidence on a channel hints at (incidents/causes.h).
enum class CauseHint : uint8_t {
  kNone,
  kReasoningGone,  // responses come without the reasoning they used to have
  kServerSplit,    // the server's parser leaves markers in the text
  kToolParser,     // calls are not read out of the text as they should be
  kDecoding,       // text is damaged between tokens and reader
  kMixedUp,        // answers to other questions, or twice
  kDeclined,       // the model, or a filter before it, declines
  kOtherModel      // another model answers
};

struct ChannelSpec {
  // Stored and shown to operators; never renamed, never reused.
  std::string_view name;
  Signal signal;
  Question question;
  Feature feature = Feature::kCount;  // unused by kFailed and kRarePair
  double weight = 1;  // share within the signal, before scaling to sum 1
  // Also asked of each turn bucket and context-fill bucket by itself, so that
  // a part of the traffic is enough to show.
  bool by_turn_and_fill = false;
  // Tolerance of a rate: a rise this large is still healthy.
  double kappa = .003;
  // The same of a rank, in standard deviations.
  double tolerance = 0;
  // The channel takes part only if at least this share of the reference has
  // the feature above 0.
  double min_reference_share = 0;
  // Adds no more evidence than the signal's other channels have together, so
  // that it never opens anything by itself.
  bool supporting = false;
  // A response that was cut off in transport says something here.
  bool reads_cut_responses = false;
  // No healthy response shows it: a large rise waits for no second opinion
  // (incidents/severity.h).
  bool broken_output = false;
  CauseHint hints_at = CauseHint::kNone;
};

// Every channel of every signal, in a fixed order: new ones go to the end of
// the list. Names are stored, and so is the index of the channel that leads an
// open alarm.
std::span<const ChannelSpec> Channels();

// The channel of this name; nullptr if this build has none.
const ChannelSpec* FindChannel(std::string_view name);

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_SIGNALS_CHANNEL_H_
