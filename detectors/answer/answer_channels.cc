// The stated answer does not follow from the chain.
#include "detectors/sequential/channel.h"

namespace reasonwatch {
namespace {

using enum Signal;
using enum Question;

constexpr ChannelSpec kAnswerChannels[] = {
    {.name = "answer_chain_mismatch/not_in_chain",
     .signal = kAnswerChainMismatch,
     .question = kPresent,
     .feature = Feature::kAnswerNotInChain},
    {.name = "answer_chain_mismatch/contradicts_chain",
     .signal = kAnswerChainMismatch,
     .question = kPresent,
     .feature = Feature::kAnswerContradictsChain},
    {.name = "answer_chain_mismatch/contradictory_answers",
     .signal = kAnswerChainMismatch,
     .question = kPresent,
     .feature = Feature::kContradictoryAnswers},
    {.name = "answer_chain_mismatch/rubric_low",
     .signal = kAnswerChainMismatch,
     .question = kPresent,
     .feature = Feature::kRubricLow,
     .weight = .5,
     .supporting = true},
};

}  // namespace

std::span<const ChannelSpec> AnswerChannels() { return kAnswerChannels; }

}  // namespace reasonwatch
