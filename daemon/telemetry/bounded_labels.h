// SPDX-License-Identifier: Apache-2.0
// Every bound on the number of label sets, and on the memory behind them.
//
// Label values come from outside: without a bound, a client that invents names
// would grow the process and the scrape. A value over its bound shares the
// label `other`, or has no series; the caller counts it in
// telemetry_series_overflow_total. Nothing else in this room caps a label.
//
// Not thread-safe.
#ifndef REASONWATCH_DAEMON_TELEMETRY_BOUNDED_LABELS_H_
#define REASONWATCH_DAEMON_TELEMETRY_BOUNDED_LABELS_H_

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/telemetry/catalogue.h"

namespace reasonwatch {

inline constexpr std::string_view kOtherLabel = "other";

// More reasons than any part of the daemon has; the rest is a mistake or comes
// from outside.
inline constexpr size_t kMaxReasons = 32;
// Taps of one daemon.
inline constexpr size_t kMaxSources = 16;
// Shards with gauges of their own; the daemon starts at most 8.
inline constexpr int kMaxShards = 256;
// Latest regimes of a model: two replicas that roll over twice are four.
inline constexpr size_t kMaxRegimes = 8;
// Far more than one operator can act on; keeps the map of ids bounded.
inline constexpr size_t kMaxOpenIncidents = 4096;

inline bool HasSeries(int shard) { return shard >= 0 && shard < kMaxShards; }

// `raw` itself if it can be a label as it is, else the copy repaired by
// LabelValue() in `buffer`. Allocates nothing for plain names.
std::string_view AsLabel(std::string_view raw, std::string& buffer);

struct StreamKey {
  std::string model;
  std::string route;
};

// Series by model and route, at most `max` pairs and `other`.
template <typename Series>
class BoundedStreams {
 public:
  explicit BoundedStreams(size_t max) : max_(max) {}

  // The pair's series; `make(model, route)` makes new ones. `overflow`: they
  // are those of `other`.
  template <typename Make>
  Series& Get(std::string_view raw_model, std::string_view raw_route,
              bool& overflow, Make make) {
    std::string model_buffer;
    std::string route_buffer;
    std::string_view model = AsLabel(raw_model, model_buffer);
    std::string_view route = AsLabel(raw_route, route_buffer);
    auto it = series_.find(View(model, route));
    overflow = it == series_.end() && series_.size() >= max_;
    if (overflow) {
      model = route = kOtherLabel;
      it = series_.find(View(model, route));
    }
    if (it != series_.end()) return it->second;
    Series made = make(model, route);
    return series_
        .emplace(StreamKey{std::string(model), std::string(route)},
                 std::move(made))
        .first->second;
  }
  auto begin() const { return series_.begin(); }
  auto end() const { return series_.end(); }
  size_t size() const { return series_.size(); }

 private:
  struct View {
    std::string_view model;
    std::string_view route;
    View(std::string_view m, std::string_view r) : model(m), route(r) {}
    // NOLINTNEXTLINE(google-explicit-constructor): heterogeneous look-up.
    View(const StreamKey& key) : model(key.model), route(key.route) {}
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(View key) const {
      const std::hash<std::string_view> hash;
      return hash(key.model) * 31 + hash(key.route);
    }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(View a, View b) const {
      return a.model == b.model && a.route == b.route;
    }
  };

  const size_t max_;
  std::unordered_map<StreamKey, Series, Hash, Equal> series_;
};

// Series by model, at most `max` names and `other`.
template <typename Series>
class BoundedModels {
 public:
  explicit BoundedModels(size_t max) : max_(max) {}

  // As BoundedStreams::Get().
  template <typename Make>
  Series& Get(std::string_view raw_model, bool& overflow, Make make) {
    std::string buffer;
    std::string_view model = AsLabel(raw_model, buffer);
    auto it = series_.find(model);
    overflow = it == series_.end() && series_.size() >= max_;
    if (overflow) {
      model = kOtherLabel;
      it = series_.find(model);
    }
    if (it != series_.end()) return it->second;
    Series made = make(model);
    return series_.emplace(std::string(model), std::move(made)).first->second;
  }
  // By the label; null = there is none.
  Series* Find(std::string_view label) {
    const auto it = series_.find(label);
    return it == series_.end() ? nullptr : &it->second;
  }
  auto begin() const { return series_.begin(); }
  auto end() const { return series_.end(); }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>()(name);
    }
  };

  const size_t max_;
  std::unordered_map<std::string, Series, Hash, std::equal_to<>> series_;
};

// Values by names that have no `other`: taps, open incidents.
template <typename Value>
class BoundedNames {
 public:
  explicit BoundedNames(size_t max) : max_(max) {}

  // The name's value, made if it is new; null = there is no room.
  Value* GetOrMake(const std::string& name) {
    if (values_.size() >= max_ && !values_.contains(name)) return nullptr;
    return &values_[name];
  }
  Value* Find(const std::string& name) {
    const auto it = values_.find(name);
    return it == values_.end() ? nullptr : &it->second;
  }
  void Erase(const std::string& name) { values_.erase(name); }
  auto begin() { return values_.begin(); }
  auto end() { return values_.end(); }

 private:
  const size_t max_;
  std::map<std::string, Value> values_;
};

// Values of the label `reason`, kMaxReasons for each metric and other label.
class BoundedReasons {
 public:
  // `reason` repaired, or `other`, which `overflow` says.
  std::string Label(Metric metric, const std::string& other_label,
                    std::string_view reason, bool& overflow);

 private:
  std::map<std::pair<Metric, std::string>, std::set<std::string>> known_;
};

// How many of the oldest are over the bound.
template <typename T>
size_t OverTheLatest(const std::vector<T>& latest, size_t max) {
  return latest.size() > max ? latest.size() - max : 0;
}

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_BOUNDED_LABELS_H_
