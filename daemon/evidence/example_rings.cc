// SPDX-License-Identifier: Apache-2.0
#include "daemon/evidence/example_rings.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "detectors/signals/channel.h"

namespace reasonwatch {
namespace {

using Kept = std::shared_ptr<const KeptResponse>;

size_t TextBytes(const Response& r) {
  return r.prompt.size() + r.messages_json.size() + r.body.size() +
         r.content.value_or("").size() + r.reasoning.value_or("").size();
}

// How much the response shows the channel's fault; 0 = not at all, or nobody
// knows.
double ShownBy(const KeptResponse& kept, const ChannelSpec* channel) {
  if (channel == nullptr || channel->feature == Feature::kCount) return 0;
  const float reading = kept.readings[static_cast<size_t>(channel->feature)];
  if (std::isnan(reading)) return 0;
  switch (channel->question) {
    case Question::kLow:
      return 100 - static_cast<double>(reading);
    case Question::kHigh:
    case Question::kPresent:
      return static_cast<double>(reading);
    case Question::kMissing:
      return reading > 0 ? 0 : 1;
    default:
      return 0;
  }
}

// Asked of a rate only; for a rank there is no line between both.
bool IsRateShown(const KeptResponse& kept, const ChannelSpec* channel) {
  return channel != nullptr && !IsRank(channel->question) &&
         ShownBy(kept, channel) > .5;
}

bool InScope(const Incident& incident, const Response& response) {
  if (incident.scope == Scope::kModel) return true;
  if (incident.scope == Scope::kReplica)
    return response.replica == incident.replica;
  return response.route == incident.route;
}

}  // namespace

void ExampleRings::Keep(Response&& response,
                        const std::array<float, kFeatureCount>& now) {
  const uint64_t number = seen_++;
  if (TextBytes(response) > kMaxBytes) return;
  // No reader needs them, and they may be large.
  response.tools_json = {};
  response.response_format_json = {};
  response.system_prompt = {};
  const Kept kept = std::make_shared<const KeptResponse>(
      KeptResponse{std::move(response), now});
  for (Ring& ring : rings_) {
    if (number % ring.every != 0) continue;
    if (ring.kept.size() < ring.slots) {
      ring.kept.push_back(kept);
      continue;
    }
    ring.kept[ring.next] = kept;
    ring.next = (ring.next + 1) % ring.slots;
  }
}

ExampleRings::Choice ExampleRings::Choose(const Incident& incident,
                                          size_t n) const {
  std::set<Kept> all;
  for (const Ring& ring : rings_)
    all.insert(ring.kept.begin(), ring.kept.end());
  const ChannelSpec* channel =
      incident.signals.empty()
          ? nullptr
          : FindChannel(incident.signals.front().finding.channel);
  const absl::Time onset = incident.onset_time != absl::InfinitePast()
                               ? incident.onset_time
                               : incident.opened;
  Choice choice;
  for (const Kept& kept : all) {
    if (!InScope(incident, kept->response)) continue;
    (kept->response.time >= onset ? choice.incident : choice.healthy)
        .push_back(kept);
  }
  const auto keep_first = [n](std::vector<Kept>& list, const auto& before) {
    std::sort(list.begin(), list.end(), before);
    list.resize(std::min(list.size(), n));
  };
  keep_first(choice.incident, [&](const Kept& a, const Kept& b) {
    const double shown_a = ShownBy(*a, channel);
    const double shown_b = ShownBy(*b, channel);
    if (shown_a != shown_b) return shown_a > shown_b;
    return a->response.time < b->response.time;
  });
  keep_first(choice.healthy, [&](const Kept& a, const Kept& b) {
    const bool shown_a = IsRateShown(*a, channel);
    const bool shown_b = IsRateShown(*b, channel);
    if (shown_a != shown_b) return shown_b;
    return a->response.time > b->response.time;
  });
  return choice;
}

}  // namespace reasonwatch
