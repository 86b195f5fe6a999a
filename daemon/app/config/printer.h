// SPDX-License-Identifier: Apache-2.0
// Prints the configuration as YAML by walking its description (describe.h).
#ifndef REASONWATCH_DAEMON_APP_CONFIG_PRINTER_H_
#define REASONWATCH_DAEMON_APP_CONFIG_PRINTER_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "daemon/app/config/units.h"

namespace reasonwatch {

// `s` as a YAML string with its quotes.
std::string Quote(std::string_view s);

// Has the methods of ConfigReader; ranges and conditions are of no use here.
class ConfigPrinter {
 public:
  std::string DrainOutput() { return std::move(out_); }

  template <typename F>
  void Section(std::string_view key, F describe) {
    Line(key, "");
    ++depth_;
    describe();
    --depth_;
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
        Section(Quote(name), [&, &value = entry] { describe(value); });
    });
  }
  template <typename T, typename F>
  void Items(std::string_view key, std::vector<T>& items, size_t, F describe) {
    if (items.empty()) return Line(key, "[]");
    Line(key, "");
    for (T& item : items) {
      // The mark of an item replaces a space of its first key's indentation.
      const size_t begin = out_.size();
      depth_ += 2;
      describe(item);
      depth_ -= 2;
      out_.replace(begin + 2 * depth_ + 2, 1, "-");
    }
  }

  void String(std::string_view key, const std::string& field) {
    Line(key, Quote(field));
  }
  void Listen(std::string_view key, const std::string& field, bool) {
    String(key, field);
  }
  void Pattern(std::string_view key, const std::string& field) {
    String(key, field);
  }
  void OneOf(std::string_view key, const std::string& field,
             std::initializer_list<std::string_view>) {
    Line(key, field);
  }
  void Bool(std::string_view key, bool field) {
    Line(key, field ? "true" : "false");
  }
  void Either(std::string_view key, bool field, std::string_view first,
              std::string_view second) {
    Line(key, field ? second : first);
  }
  template <typename T>
  void Integer(std::string_view key, T field, T, T) {
    Line(key, absl::StrCat(field));
  }
  void Number(std::string_view key, double field, double, double);
  void Size(std::string_view key, int64_t field, int64_t, int64_t) {
    Line(key, PrintUnits(field, kSizeUnits));
  }
  void Duration(std::string_view key, absl::Duration field, absl::Duration,
                absl::Duration) {
    Line(key, PrintUnits(absl::ToInt64Seconds(field), kTimeUnits));
  }
  void Patterns(std::string_view key, const std::vector<std::string>& field);
  void MarkerPatterns(std::string_view key,
                      const std::vector<std::string>& field, size_t) {
    Patterns(key, field);
  }
  void Strings(std::string_view key, const std::vector<std::string>& field,
               size_t) {
    Patterns(key, field);
  }
  void Check(bool, std::string_view) {}

 private:
  void Line(std::string_view key, std::string_view value);

  std::string out_;
  size_t depth_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_CONFIG_PRINTER_H_
