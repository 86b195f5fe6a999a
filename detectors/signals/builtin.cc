// SPDX-License-Identifier: Apache-2.0
// The list of every channel. A new signal is one file of rows, its include and
// one entry at the end of the list.
#include <initializer_list>
#include <vector>

#include "detectors/signals/answer_channels.h"
#include "detectors/signals/channel.h"
#include "detectors/signals/consistency_channels.h"
#include "detectors/signals/empty_channels.h"
#include "detectors/signals/format_channels.h"
#include "detectors/signals/further_channels.h"
#include "detectors/signals/language_channels.h"
#include "detectors/signals/length_channels.h"
#include "detectors/signals/loop_channels.h"
#include "detectors/signals/refusal_channels.h"
#include "detectors/signals/served_model_channels.h"
#include "detectors/signals/structured_channels.h"
#include "detectors/signals/symbol_channels.h"
#include "detectors/signals/tool_channels.h"

namespace reasonwatch {
namespace {

std::vector<ChannelSpec> JoinFamilies() {
  const std::initializer_list<std::span<const ChannelSpec>> families = {
      channels::kLengthChannels,      channels::kFormatChannels,
      channels::kConsistencyChannels, channels::kLoopChannels,
      channels::kLanguageChannels,    channels::kSymbolChannels,
      channels::kEmptyChannels,       channels::kAnswerChannels,
      channels::kToolChannels,        channels::kStructuredChannels,
      channels::kRefusalChannels,     channels::kServedModelChannels,
      channels::kFurtherChannels};
  std::vector<ChannelSpec> all;
  for (const auto family : families)
    all.insert(all.end(), family.begin(), family.end());
  return all;
}

}  // namespace

std::span<const ChannelSpec> Channels() {
  static const auto& all = *new std::vector<ChannelSpec>(JoinFamilies());
  return all;
}

const ChannelSpec* FindChannel(std::string_view name) {
  for (const ChannelSpec& spec : Channels())
    if (spec.name == name) return &spec;
  return nullptr;
}

}  // namespace reasonwatch
