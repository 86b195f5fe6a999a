// SPDX-License-Identifier: Apache-2.0
// The parts of the reader that are no templates: the reading of single keys,
// then of maps and lists, then the errors with their line and path.
#include "daemon/app/config/reader.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "daemon/app/config/units.h"
#include "formats/reasoning/custom.h"
#include "re2/re2.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

constexpr size_t kMaxRedactPatterns = 100;  // each runs over each text

// "host:port"; the host may be a name, an IPv4 address or [IPv6].
bool IsListenAddress(std::string_view s) {
  const size_t colon = s.rfind(':');
  int port = 0;
  return colon != std::string_view::npos && colon > 0 &&
         absl::SimpleAtoi(AbslView(s.substr(colon + 1)), &port) && port >= 0 &&
         port <= 65535;
}

}  // namespace

void ConfigReader::String(std::string_view key, std::string& field) {
  if (auto text = Scalar(key)) field = *std::move(text);
}

void ConfigReader::Listen(std::string_view key, std::string& field,
                          bool may_be_off) {
  auto text = Scalar(key);
  if (!text) return;
  if (!IsListenAddress(*text) && !(text->empty() && may_be_off))
    return Fail(key, "must be host:port");
  field = *std::move(text);
}

void ConfigReader::Bool(std::string_view key, bool& field) {
  Either(key, field, "false", "true");
}

void ConfigReader::Either(std::string_view key, bool& field,
                          std::string_view first, std::string_view second) {
  const auto text = Scalar(key);
  if (!text) return;
  if (*text != first && *text != second)
    return Fail(key, absl::StrFormat("must be %s or %s", first, second));
  field = *text == second;
}

void ConfigReader::OneOf(std::string_view key, std::string& field,
                         std::initializer_list<std::string_view> names) {
  auto text = Scalar(key);
  if (!text) return;
  if (std::find(names.begin(), names.end(), *text) == names.end()) {
    std::string all;
    for (std::string_view name : names)
      absl::StrAppend(&all, all.empty() ? "" : ", ", AbslView(name));
    return Fail(key, absl::StrCat("must be one of ", all));
  }
  field = *std::move(text);
}

void ConfigReader::Number(std::string_view key, double& field, double low,
                          double high) {
  const auto text = Scalar(key);
  if (!text) return;
  double value = 0;
  if (!absl::SimpleAtod(*text, &value) || !std::isfinite(value))
    return Fail(key, "must be a number");
  if (value < low || value > high)
    return Fail(key, absl::StrFormat("must be from %g to %g", low, high));
  field = value;
}

void ConfigReader::Size(std::string_view key, int64_t& field, int64_t low,
                        int64_t high) {
  const auto text = Scalar(key);
  if (!text) return;
  const auto value = ParseUnits(*text, kSizeUnits);
  if (!value)
    return Fail(key, "must be a size with its unit B, KiB, MiB or GiB");
  if (*value < low || *value > high)
    return Fail(key, absl::StrFormat("must be from %s to %s",
                                     PrintUnits(low, kSizeUnits),
                                     PrintUnits(high, kSizeUnits)));
  field = *value;
}

void ConfigReader::Duration(std::string_view key, absl::Duration& field,
                            absl::Duration low, absl::Duration high) {
  const auto text = Scalar(key);
  if (!text) return;
  const auto seconds = ParseUnits(*text, kTimeUnits);
  if (!seconds)
    return Fail(key, "must be a duration with its unit s, m, h or d");
  const absl::Duration value = absl::Seconds(*seconds);
  if (value < low || value > high)
    return Fail(key, absl::StrFormat(
                         "must be from %s to %s",
                         PrintUnits(absl::ToInt64Seconds(low), kTimeUnits),
                         PrintUnits(absl::ToInt64Seconds(high), kTimeUnits)));
  field = value;
}

void ConfigReader::Pattern(std::string_view key, std::string& field) {
  auto text = Scalar(key);
  if (!text) return;
  if (!text->empty()) {
    const absl::Status status = CheckMarkerPattern(*text);
    if (!status.ok()) return Fail(key, StdView(status.message()));
  }
  field = *std::move(text);
}

void ConfigReader::MarkerPatterns(std::string_view key,
                                  std::vector<std::string>& field,
                                  size_t limit) {
  Strings(key, field, limit);
  for (const std::string& pattern : field) {
    const absl::Status status = CheckMarkerPattern(pattern);
    if (!status.ok()) return Fail(key, StdView(status.message()));
  }
}

void ConfigReader::Strings(std::string_view key,
                           std::vector<std::string>& field, size_t limit) {
  const YAML::Node* node = List(key, limit, "entries");
  if (node == nullptr) return;
  field.clear();
  for (const YAML::Node& item : *node) {
    if (!item.IsScalar()) return Fail(key, "must be a list of words");
    field.push_back(item.Scalar());
  }
}

void ConfigReader::Patterns(std::string_view key,
                            std::vector<std::string>& field) {
  const YAML::Node* node = List(key, kMaxRedactPatterns, "patterns");
  if (node == nullptr) return;
  field.clear();
  for (const YAML::Node& item : *node) {
    if (!item.IsScalar()) return Fail(key, "must be a list of patterns");
    const RE2 pattern(item.Scalar(), RE2::Quiet);
    if (!pattern.ok())
      return Fail(key, absl::StrCat("bad pattern: ", pattern.error()));
    field.push_back(item.Scalar());
  }
}

std::vector<std::string> ConfigReader::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, node] : values_) names.push_back(name);
  return names;
}

bool ConfigReader::ReadMap(const YAML::Node& node, Values& values) {
  if (!status_.ok()) return false;
  if (!node.IsMap() && !node.IsNull()) {
    Fail(node, "must be a map");
    return false;
  }
  if (!node.IsMap()) return true;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) {
      Fail(entry.first, "a key must be a word");
      return false;
    }
    if (!values.emplace(entry.first.Scalar(), entry.second).second) {
      FailKey(entry.first, "stands twice");
      return false;
    }
  }
  return true;
}

void ConfigReader::RefuseUnknown(const YAML::Node& node) {
  if (!status_.ok() || !node.IsMap()) return;
  for (const auto& entry : node)
    if (!known_.contains(entry.first.Scalar()))
      FailKey(entry.first, "unknown key");
}

const YAML::Node* ConfigReader::Find(std::string_view key) {
  if (!status_.ok()) return nullptr;
  known_.emplace(key);
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

const YAML::Node* ConfigReader::List(std::string_view key, size_t limit,
                                     std::string_view items) {
  const YAML::Node* node = Find(key);
  if (node == nullptr) return nullptr;
  if (!node->IsSequence()) {
    Fail(key, "must be a list");
    return nullptr;
  }
  if (node->size() > limit) {
    Fail(key, absl::StrFormat("more than %d %s", limit, items));
    return nullptr;
  }
  return node;
}

std::optional<std::string> ConfigReader::Scalar(std::string_view key) {
  const YAML::Node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->IsScalar()) {
    Fail(key, node->IsNull() ? "needs a value" : "must be a single value");
    return std::nullopt;
  }
  return node->Scalar();
}

std::string ConfigReader::PathOf(std::string_view key) const {
  return absl::StrCat(path_, path_.empty() ? "" : ".", AbslView(key));
}

void ConfigReader::Report(int line, std::string_view path,
                          std::string_view message) {
  // The first error is the one to repair.
  if (!status_.ok()) return;
  status_ = absl::InvalidArgumentError(
      absl::StrFormat("%s:%d: %s%s%s", file_, line + 1, path,
                      path.empty() ? "" : ": ", message));
}

void ConfigReader::Fail(const YAML::Node& node, std::string_view message) {
  Report(std::max(0, node.Mark().line), path_, message);
}

void ConfigReader::FailKey(const YAML::Node& key, std::string_view message) {
  Report(std::max(0, key.Mark().line), PathOf(key.Scalar()), message);
}

void ConfigReader::Fail(std::string_view key, std::string_view message) {
  const auto found = values_.find(key);
  const int line =
      found == values_.end() ? 0 : std::max(0, found->second.Mark().line);
  Report(line, PathOf(key), message);
}

}  // namespace reasonwatch
