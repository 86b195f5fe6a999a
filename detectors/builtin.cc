// The list of every channel. A new signal is one folder and one line here.
#include <vector>

#include "detectors/sequential/channel.h"

namespace reasonwatch {

std::span<const ChannelSpec> Channels() {
  static const std::vector<ChannelSpec>& all = *[] {
    auto* list = new std::vector<ChannelSpec>;
    for (auto family :
         {LengthChannels(), FormatChannels(), ConsistencyChannels(),
          LoopChannels(), LanguageChannels(), SymbolChannels(), EmptyChannels(),
          AnswerChannels()})
      list->insert(list->end(), family.begin(), family.end());
    return list;
  }();
  return all;
}

}  // namespace reasonwatch
