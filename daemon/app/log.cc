// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "absl/strings/str_format.h"
#include "util/plain_text.h"

namespace reasonwatch {
namespace {

constexpr size_t kMaxValue = 512;  // bytes; a line stays readable

void AppendValue(std::string_view raw, std::string& out) {
  std::string value(raw.substr(0, kMaxValue));
  const auto control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  };
  std::replace_if(value.begin(), value.end(), control, ' ');
  value = PlainText(value);
  const bool plain =
      !value.empty() && std::none_of(value.begin(), value.end(), [](char c) {
        return c == ' ' || c == '=' || c == '"' || c == '\\';
      });
  if (plain) {
    out += value;
    return;
  }
  out += '"';
  for (char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

}  // namespace

std::string Logfmt(std::string_view event, const LogFields& fields) {
  std::string line = "event=";
  AppendValue(event, line);
  for (const auto& [key, value] : fields) {
    line += ' ';
    line += key;
    line += '=';
    AppendValue(value, line);
  }
  return line;
}

absl::Status StartLog(std::string_view level) {
  const auto parsed = spdlog::level::from_str(std::string(level));
  if (parsed == spdlog::level::off && level != "off")
    return absl::InvalidArgumentError(
        absl::StrFormat("log level %s: expected debug, info, warn or error",
                        std::string(level)));
  auto logger = spdlog::get("reasonwatch");
  if (logger == nullptr) logger = spdlog::stderr_logger_mt("reasonwatch");
  logger->set_level(parsed);
  logger->set_pattern("ts=%Y-%m-%dT%H:%M:%S.%e%z level=%l %v");
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(logger);
  return absl::OkStatus();
}

void LogInfo(std::string_view event, const LogFields& fields) {
  spdlog::info("{}", Logfmt(event, fields));
}
void LogWarning(std::string_view event, const LogFields& fields) {
  spdlog::warn("{}", Logfmt(event, fields));
}
void LogError(std::string_view event, const LogFields& fields) {
  spdlog::error("{}", Logfmt(event, fields));
}

}  // namespace reasonwatch
