// SPDX-License-Identifier: Apache-2.0
// Walks the configuration's strings by its description (describe.h): the files
// that it names, and the URLs, which may hold secrets.
#ifndef REASONWATCH_DAEMON_APP_CONFIG_CONFIG_WALK_H_
#define REASONWATCH_DAEMON_APP_CONFIG_CONFIG_WALK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "util/strings.h"

namespace reasonwatch {

// Has the methods of ConfigReader; only strings count here.
class ConfigWalk {
 public:
  // `path`: "tap.grpc.tls.key"; `key`: the last part of it.
  using OnString = std::function<void(
      const std::string& path, std::string_view key, std::string& value)>;

  explicit ConfigWalk(OnString on_string) : on_string_(std::move(on_string)) {}

  template <typename F>
  void Section(std::string_view key, F describe) {
    const size_t before = path_.size();
    absl::StrAppend(&path_, path_.empty() ? "" : ".", AbslView(key));
    describe();
    path_.resize(before);
  }
  template <typename T, typename F>
  void OpenMap(std::string_view key, std::map<std::string, T>& entries, size_t,
               F describe) {
    ClosedMap(key, entries, describe);
  }
  template <typename T, typename F>
  void ClosedMap(std::string_view key, std::map<std::string, T>& entries,
                 F describe) {
    Section(key, [&] {
      for (auto& [name, entry] : entries)
        Section(name, [&, &value = entry] { describe(value); });
    });
  }
  template <typename T, typename F>
  void Items(std::string_view key, std::vector<T>& items, size_t, F describe) {
    for (size_t i = 0; i < items.size(); ++i)
      Section(absl::StrCat(std::string(key), "[", i, "]"),
              [&] { describe(items[i]); });
  }
  void String(std::string_view key, std::string& field) {
    on_string_(absl::StrCat(path_, path_.empty() ? "" : ".", AbslView(key)),
               key, field);
  }
  void Listen(std::string_view key, std::string& field, bool) {
    String(key, field);
  }

  void Pattern(std::string_view, const std::string&) {}
  void OneOf(std::string_view, const std::string&,
             std::initializer_list<std::string_view>) {}
  void Bool(std::string_view, bool) {}
  void Either(std::string_view, bool, std::string_view, std::string_view) {}
  template <typename T>
  void Integer(std::string_view, T, T, T) {}
  void Number(std::string_view, double, double, double) {}
  void Size(std::string_view, int64_t, int64_t, int64_t) {}
  void Duration(std::string_view, absl::Duration, absl::Duration,
                absl::Duration) {}
  void Patterns(std::string_view, const std::vector<std::string>&) {}
  void MarkerPatterns(std::string_view, const std::vector<std::string>&,
                      size_t) {}
  void Strings(std::string_view, const std::vector<std::string>&, size_t) {}
  void Check(bool, std::string_view) {}

 private:
  const OnString on_string_;
  std::string path_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_CONFIG_CONFIG_WALK_H_
