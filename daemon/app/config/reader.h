// SPDX-License-Identifier: Apache-2.0
// Reads the configuration from YAML by walking its description (describe.h).
#ifndef REASONWATCH_DAEMON_APP_CONFIG_READER_H_
#define REASONWATCH_DAEMON_APP_CONFIG_READER_H_

#include <yaml-cpp/yaml.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace reasonwatch {

// Each method reads one key of the section that it is called in. A key that is
// absent leaves its field as it is. The first error is kept, with file, line
// and path of the key, and ends the reading; keys that no method asked for are
// errors. yaml-cpp's exceptions pass through.
class ConfigReader {
 public:
  ConfigReader(const YAML::Node& root, std::string_view file)
      : file_(file), node_(root) {}

  // `describe` walks the top-level sections.
  template <typename F>
  absl::Status Read(F describe) {
    InMap(node_, describe);
    return status_;
  }

  // A map of keys that `describe` reads.
  template <typename F>
  void Section(std::string_view key, F describe) {
    const YAML::Node* value = Find(key);
    if (value == nullptr) return;
    Within(key, *value, describe);
  }

  // A map whose names are the operator's.
  template <typename T, typename F>
  void OpenMap(std::string_view key, std::map<std::string, T>& entries,
               size_t limit, F describe) {
    Section(key, [&] {
      if (values_.size() > limit)
        return Fail(node_, absl::StrFormat("more than %d entries", limit));
      for (const std::string& name : Names()) {
        if (name.empty() || name.size() > kMaxNameBytes)
          return Fail(node_, absl::StrFormat("a name has 1 to %d bytes",
                                             kMaxNameBytes));
        Section(name, [&] { describe(entries[name]); });
      }
    });
  }

  // A map that may have the names of `entries` and no others.
  template <typename T, typename F>
  void ClosedMap(std::string_view key, std::map<std::string, T>& entries,
                 F describe) {
    Section(key, [&] {
      for (auto& [name, entry] : entries)
        Section(name, [&, &value = entry] { describe(value); });
    });
  }

  // A list of maps.
  template <typename T, typename F>
  void Items(std::string_view key, std::vector<T>& items, size_t limit,
             F describe) {
    const YAML::Node* node = List(key, limit, "entries");
    if (node == nullptr) return;
    items.clear();
    const YAML::Node list = *node;
    for (size_t i = 0; i < list.size(); ++i) {
      items.emplace_back();
      Within(absl::StrFormat("%s[%d]", key, i), list[i],
             [&] { describe(items.back()); });
    }
  }

  template <typename T>
  void Integer(std::string_view key, T& field, T low, T high) {
    const auto text = Scalar(key);
    if (!text) return;
    T value = 0;
    if (!absl::SimpleAtoi(*text, &value))
      return Fail(key, "must be a whole number");
    if (value < low || value > high)
      return Fail(key, absl::StrFormat("must be from %d to %d", low, high));
    field = value;
  }

  void String(std::string_view key, std::string& field);
  // host:port, or "" if it may be off.
  void Listen(std::string_view key, std::string& field, bool may_be_off);
  void Bool(std::string_view key, bool& field);
  // `field` is true for the second name.
  void Either(std::string_view key, bool& field, std::string_view first,
              std::string_view second);
  void OneOf(std::string_view key, std::string& field,
             std::initializer_list<std::string_view> names);
  void Number(std::string_view key, double& field, double low, double high);
  void Size(std::string_view key, int64_t& field, int64_t low, int64_t high);
  void Duration(std::string_view key, absl::Duration& field, absl::Duration low,
                absl::Duration high);
  // A pattern that finds a marker; "" = none.
  void Pattern(std::string_view key, std::string& field);
  void MarkerPatterns(std::string_view key, std::vector<std::string>& field,
                      size_t limit);
  void Strings(std::string_view key, std::vector<std::string>& field,
               size_t limit);
  // A list of RE2 patterns.
  void Patterns(std::string_view key, std::vector<std::string>& field);

  // A condition over several keys of this section.
  void Check(bool holds, std::string_view message) {
    if (!holds) Fail(node_, message);
  }

 private:
  using Values = std::map<std::string, YAML::Node, std::less<>>;

  // A YAML key ends at 1,024 characters, and an escape is four characters long.
  static constexpr size_t kMaxNameBytes = 250;

  std::vector<std::string> Names() const;

  template <typename F>
  void Within(std::string_view key, const YAML::Node& value, F describe) {
    const size_t length = path_.size();
    path_ = PathOf(key);
    InMap(value, describe);
    path_.resize(length);
  }

  template <typename F>
  void InMap(const YAML::Node& node, F describe) {
    Values values;
    if (!ReadMap(node, values)) return;
    const YAML::Node outer_node = node_;
    node_.reset(node);
    std::swap(values_, values);
    std::set<std::string, std::less<>> outer_known;
    std::swap(known_, outer_known);
    describe();
    RefuseUnknown(node);
    std::swap(known_, outer_known);
    std::swap(values_, values);
    node_.reset(outer_node);
  }

  // The entries of a map; false after an error.
  bool ReadMap(const YAML::Node& node, Values& values);
  void RefuseUnknown(const YAML::Node& node);

  // The value of a key, which is known from then on; null if it is absent or
  // after an error.
  const YAML::Node* Find(std::string_view key);
  // The same, or null with an error if it is not a list of at most `limit`.
  const YAML::Node* List(std::string_view key, size_t limit,
                         std::string_view items);
  std::optional<std::string> Scalar(std::string_view key);

  std::string PathOf(std::string_view key) const;
  void Report(int line, std::string_view path, std::string_view message);
  void Fail(const YAML::Node& node, std::string_view message);
  void FailKey(const YAML::Node& key, std::string_view message);
  void Fail(std::string_view key, std::string_view message);

  const std::string file_;
  std::string path_;                          // of the section, "a.b"
  YAML::Node node_;                           // the section
  Values values_;                             // its entries
  std::set<std::string, std::less<>> known_;  // keys that were asked for
  absl::Status status_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_CONFIG_READER_H_
