// SPDX-License-Identifier: Apache-2.0
// An incident as the responses themselves show it: how a reading moved, how
// many responses are affected, which part of the traffic they are, examples.
// Plain values; numbers and ids only.
#ifndef REASONWATCH_CORE_PICTURE_H_
#define REASONWATCH_CORE_PICTURE_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace reasonwatch {

inline constexpr double kNotKnown = std::numeric_limits<double>::quiet_NaN();

// Responses that began in one span of time. Tokens: the median with the 10th
// and the 90th percentile. Share: a rate, without the two.
struct PicturePoint {
  absl::Time time = absl::InfinitePast();  // the beginning of the span
  int64_t responses = 0;
  double low = kNotKnown;
  double value = kNotKnown;
  double high = kNotKnown;
};

// Responses whose reading is in [from, to) tokens.
struct PictureBucket {
  double from = 0;
  double to = 0;
  int64_t before = 0;  // before the onset
  int64_t since = 0;
};

// The leading channel of one signal.
struct SignalPicture {
  std::string signal;
  std::string channel;
  std::string feature;
  std::string title;      // "reasoning tokens", "responses that are empty"
  std::string unit;       // "tokens" or "share"
  PicturePoint expected;  // of the responses before the onset
  PicturePoint now;       // of those since
  std::vector<PicturePoint> points;
  std::vector<PictureBucket> buckets;  // only tokens
  // Responses since the onset that are outside the expected band in the
  // direction of the change, or show the fault, of all since.
  int64_t affected = 0;
  int64_t seen = 0;
};

// A part of the latest responses since the onset.
struct PictureCarrier {
  std::string kind;  // "replica", "version", "turns", "context fill", "tools"
  std::string name;
  int64_t affected = 0;  // by the first signal
  int64_t seen = 0;
};

struct PictureExample {
  std::string id;
  std::string trace_id;  // "" = the tap did not give one
  std::string replica;
  absl::Time time = absl::InfinitePast();
  double value = kNotKnown;  // of the first signal's reading
  bool affected = false;
};

struct Picture {
  std::vector<SignalPicture> signals;
  std::vector<PictureCarrier> carriers;
  std::vector<PictureExample> examples;  // the strongest first, then healthy
};

// An incident in words and numbers, as they were at a time.
struct Story {
  absl::Time as_of = absl::InfinitePast();
  std::string sentence;
  Picture picture;
};

// Reasoning length of one stream over the last day, for a small plot.
struct StreamSpark {
  std::string model;
  std::string route;
  PicturePoint expected;  // over all points
  absl::Duration step = absl::ZeroDuration();
  std::vector<PicturePoint> points;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_PICTURE_H_
