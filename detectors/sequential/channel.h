// A channel: one number of a response, asked one question.
#ifndef REASONWATCH_DETECTORS_SEQUENTIAL_CHANNEL_H_
#define REASONWATCH_DETECTORS_SEQUENTIAL_CHANNEL_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "core/incident.h"
#include "core/scored.h"

namespace reasonwatch {

enum class Question : uint8_t {
  kLow,      // rank: is it lower than the reference?
  kHigh,     // rank: is it higher?
  kPresent,  // rate: is it there more often?
  kMissing,  // rate: is it there less often?
  kFailed,   // rate: is a problem of the baseline failed?
  // rate: is it a pair of asked and answered language that the reference
  // hardly has (stream_reference.h)?
  kRarePair
};

struct ChannelSpec {
  // Persisted and shown to operators; never renamed, never reused.
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
  // Only where at least this share of the reference has the feature above 0.
  double min_reference_share = 0;
  // Adds no more evidence than the signal's other channels have together, so
  // that it never opens anything by itself.
  bool supporting = false;
  // A response that was cut off in transport says something here.
  bool reads_cut_responses = false;
};

// Every channel of every signal, in a fixed order. The index into this list is
// not persisted, the name is.
std::span<const ChannelSpec> Channels();

// The channels of one family; joined in detectors/builtin.cc.
std::span<const ChannelSpec> LengthChannels();
std::span<const ChannelSpec> FormatChannels();
std::span<const ChannelSpec> ConsistencyChannels();
std::span<const ChannelSpec> LoopChannels();
std::span<const ChannelSpec> LanguageChannels();
std::span<const ChannelSpec> SymbolChannels();
std::span<const ChannelSpec> EmptyChannels();
std::span<const ChannelSpec> AnswerChannels();

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_SEQUENTIAL_CHANNEL_H_
