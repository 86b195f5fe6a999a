// SPDX-License-Identifier: Apache-2.0
// First the counts of a slot, added and subtracted place by place; then a
// response's marks, four features at a time; then the rings of slots.
#include "daemon/history/stream_history.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/scored.h"

namespace reasonwatch {
namespace {

constexpr size_t kMaxId = 128;  // of an id that is kept

template <size_t N>
void AddAll(const std::array<uint16_t, N>& from, std::array<uint16_t, N>& to) {
  for (size_t i = 0; i < N; ++i) to[i] = static_cast<uint16_t>(to[i] + from[i]);
}

template <size_t N>
bool Holds(const std::array<uint16_t, N>& whole,
           const std::array<uint16_t, N>& part) {
  for (size_t i = 0; i < N; ++i)
    if (part[i] > whole[i]) return false;
  return true;
}

template <size_t N>
void TakeAll(const std::array<uint16_t, N>& part,
             std::array<uint16_t, N>& from) {
  for (size_t i = 0; i < N; ++i)
    from[i] = static_cast<uint16_t>(from[i] - part[i]);
}

// Features above a half, and those that could not be read.
struct Marks {
  std::array<uint64_t, FeatureBits::kWords> shown{};
  std::array<uint64_t, FeatureBits::kWords> unknown{};
};

// Four features at a time where the processor can: each response pays for it.
Marks MarksOf(const std::array<float, kFeatureCount>& readings) {
  Marks marks;
  size_t i = 0;
#ifdef __SSE2__
  const __m128 half = _mm_set1_ps(.5f);
  for (; i + 4 <= readings.size(); i += 4) {
    const __m128 four = _mm_loadu_ps(readings.data() + i);
    const auto bits = [&](__m128 mask) {
      return static_cast<uint64_t>(_mm_movemask_ps(mask)) << (i % 64);
    };
    marks.shown[i / 64] |= bits(_mm_cmpgt_ps(four, half));
    marks.unknown[i / 64] |= bits(_mm_cmpunord_ps(four, four));
  }
#endif
  for (; i < readings.size(); ++i) {
    marks.shown[i / 64] |= static_cast<uint64_t>(readings[i] > .5f) << (i % 64);
    marks.unknown[i / 64] |= static_cast<uint64_t>(readings[i] != readings[i])
                             << (i % 64);
  }
  return marks;
}

void Assign(const std::string& from, std::string& to) {
  to.assign(from, 0, std::min(from.size(), kMaxId));
}

}  // namespace

int LengthBin(float reading) {
  const float bin = reading / static_cast<float>(kBinWidth);
  if (!(bin > 0)) return 0;
  return static_cast<int>(std::min(bin, static_cast<float>(kLengthBins) - 1));
}

double TokensAt(double bin) { return std::exp2(bin * kBinWidth) - 1; }

void HistorySlot::Add(const HistorySlot& other) {
  if (responses + other.responses > UINT16_MAX) return;
  responses = static_cast<uint16_t>(responses + other.responses);
  graded = static_cast<uint16_t>(graded + other.graded);
  wrong = static_cast<uint16_t>(wrong + other.wrong);
  AddAll(other.shown, shown);
  AddAll(other.unknown, unknown);
  AddAll(other.output, output);
  AddAll(other.reasoning, reasoning);
}

bool HistorySlot::Subtract(const HistorySlot& part) {
  if (part.responses > responses || part.graded > graded ||
      part.wrong > wrong || !Holds(shown, part.shown) ||
      !Holds(unknown, part.unknown) || !Holds(output, part.output) ||
      !Holds(reasoning, part.reasoning))
    return false;
  responses = static_cast<uint16_t>(responses - part.responses);
  graded = static_cast<uint16_t>(graded - part.graded);
  wrong = static_cast<uint16_t>(wrong - part.wrong);
  TakeAll(part.shown, shown);
  TakeAll(part.unknown, unknown);
  TakeAll(part.output, output);
  TakeAll(part.reasoning, reasoning);
  return true;
}

void HistorySlot::Count(const RecentRow& row) {
  if (full()) return;
  ++responses;
  row.shown.ForEach([&](size_t i) { ++shown[i]; });
  row.unknown.ForEach([&](size_t i) { ++unknown[i]; });
  if (row.output == row.output)
    ++output[static_cast<size_t>(LengthBin(row.output))];
  if (row.reasoning == row.reasoning)
    ++reasoning[static_cast<size_t>(LengthBin(row.reasoning))];
  if (row.grade == Grade::kCorrect || row.grade == Grade::kIncorrect) {
    ++graded;
    if (row.grade == Grade::kIncorrect) ++wrong;
  }
}

HistorySlot* StreamHistory::CoarseAt(int64_t number) {
  const auto place = static_cast<size_t>(number) % kCoarseSlots;
  if (coarse_.size() <= place) coarse_.resize(place + 1);
  Numbered& held = coarse_[place];
  if (held.number > number) return nullptr;  // older than a day
  if (held.number < number) held = {number, {}};
  return &held.slot;
}

HistorySlot* StreamHistory::SlotAt(int64_t minute) {
  const int64_t kMinutesOfCoarse = kCoarse / kFine;
  const auto place = static_cast<size_t>(minute) % kFineSlots;
  if (fine_.size() <= place) fine_.resize(place + 1);
  Numbered& held = fine_[place];
  if (held.number > minute) return CoarseAt(minute / kMinutesOfCoarse);
  if (held.number < minute) {
    if (held.slot.responses > 0)
      if (HistorySlot* coarse = CoarseAt(held.number / kMinutesOfCoarse);
          coarse != nullptr)
        coarse->Add(held.slot);
    held = {minute, {}};
  }
  return &held.slot;
}

uint8_t StreamHistory::IndexOf(const std::string& name) {
  if (name.empty()) return 0;
  const std::string_view wanted = std::string_view(name).substr(0, kMaxId);
  for (size_t i = 1; i < names_.size(); ++i)
    if (names_[i] == wanted) return static_cast<uint8_t>(i);
  if (names_.size() > kMaxNames) return static_cast<uint8_t>(kMaxNames);
  names_.emplace_back(names_.size() == kMaxNames ? "other" : wanted);
  return static_cast<uint8_t>(names_.size() - 1);
}

void StreamHistory::Observe(const Scored& scored) {
  const int64_t start_ns = absl::ToUnixNanos(scored.start);
  if (start_ns <= 0) return;
  if (recent_.size() < kRecent) recent_.emplace_back();
  RecentRow& row = recent_[next_];
  next_ = (next_ + 1) % kRecent;
  row.start_ns = start_ns;
  const Marks marks = MarksOf(scored.readings);
  row.shown = FeatureBits(marks.shown);
  row.unknown = FeatureBits(marks.unknown);
  row.output = scored.reading(Feature::kOutputTokens);
  row.reasoning = scored.reading(Feature::kReasoningTokens);
  row.grade = scored.grade;
  row.replica = IndexOf(scored.replica);
  row.version =
      IndexOf(scored.regime.fingerprint.empty() ? scored.regime.weights_version
                                                : scored.regime.fingerprint);
  row.turn = scored.stratum.turn;
  row.fill = scored.stratum.fill;
  row.tool = scored.stratum.tool;
  Assign(scored.id, row.id);
  Assign(scored.trace_id, row.trace_id);

  HistorySlot* slot = SlotAt(start_ns / absl::ToInt64Nanoseconds(kFine));
  if (slot != nullptr) slot->Count(row);
}

void StreamHistory::ForEachSlot(const Visit& visit) const {
  const auto in_order = [&](const std::vector<Numbered>& slots,
                            absl::Duration span) {
    std::vector<const Numbered*> used;
    for (const Numbered& n : slots)
      if (n.number >= 0 && n.slot.responses > 0) used.push_back(&n);
    std::sort(used.begin(), used.end(),
              [](const Numbered* a, const Numbered* b) {
                return a->number < b->number;
              });
    for (const Numbered* n : used)
      visit(absl::UnixEpoch() + n->number * span, span, n->slot);
  };
  in_order(coarse_, kCoarse);
  in_order(fine_, kFine);
}

}  // namespace reasonwatch
