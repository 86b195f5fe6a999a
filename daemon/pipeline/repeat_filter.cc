// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/repeat_filter.h"

#include "features/prompt.h"
#include "tap/answer_digest.h"
#include "util/ascii.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// As docs/traffic.md states.
constexpr absl::Duration kWindow = absl::Minutes(10);
constexpr size_t kMaxModels = 4096;  // as large as any fleet

// 0 if the response says neither.
uint64_t DigestOf(const Response& r) {
  const auto choice = static_cast<uint64_t>(r.sampling.choice_index);
  const uint64_t model = StableHash(r.model, choice);
  if (const uint64_t answer = AnswerDigest(r); answer != 0) {
    const PromptText prompt = ReadPrompt(r);
    return StableHash(ascii::Trim(prompt.user), model ^ answer);
  }
  return r.request_id.empty() ? 0 : StableHash(r.request_id, model + 1);
}

}  // namespace

bool RepeatFilter::HasOtherWay(const std::string& model, uint64_t way,
                               absl::Time now) {
  if (ways_.size() >= kMaxModels && !ways_.contains(model)) ways_.clear();
  Ways& ways = ways_[model];
  if (ways.last.size() >= kMaxWays && !ways.last.contains(way))
    ways.last.clear();
  ways.last[way] = now;
  bool other = false;
  for (const auto& [name, last] : ways.last)
    other = other || (name != way && now - last <= kWindow);
  return other;
}

void RepeatFilter::Tidy(absl::Time now) {
  absl::erase_if(entries_, [now](const auto& entry) {
    return now - entry.second.last > kWindow;
  });
  if (entries_.size() >= kMaxEntries) entries_.clear();
}

bool RepeatFilter::Meet(uint64_t digest, uint64_t way, absl::Time now) {
  if (entries_.size() >= kMaxEntries) Tidy(now);
  Entry& entry = entries_[digest];
  if (entry.count > 0 && entry.way != way && now - entry.last <= kWindow) {
    --entry.count;
    return true;
  }
  if (entry.count == 0 || now - entry.last > kWindow) entry = {way, 0, now};
  ++entry.count;
  entry.last = now;
  return false;
}

bool RepeatFilter::Repeats(const Response& response, absl::Time now) {
  if (response.origin != Origin::kLive) return false;
  const uint64_t way = StableHash(response.source);
  if (!HasOtherWay(response.model, way, now)) return false;
  const uint64_t digest = DigestOf(response);
  return digest != 0 && Meet(digest, way, now);
}

}  // namespace reasonwatch
