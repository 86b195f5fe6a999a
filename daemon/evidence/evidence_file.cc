// SPDX-License-Identifier: Apache-2.0
#include "daemon/evidence/evidence_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/evidence/private_file.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json JsonOf(const EvidenceExample& example) {
  return {{"side", example.healthy ? "healthy" : "incident"},
          {"id", example.id},
          {"trace_id", example.trace_id},
          {"time", example.time == absl::InfinitePast()
                       ? Json()
                       : Json(absl::FormatTime(absl::RFC3339_sec, example.time,
                                               absl::UTCTimeZone()))},
          {"prompt", example.prompt},
          {"reasoning", example.reasoning},
          {"answer", example.answer}};
}

}  // namespace

std::vector<EvidenceFile::Line> EvidenceFile::ReadLines(absl::Time now) const {
  std::vector<Line> lines;
  std::ifstream file(path_);
  for (std::string text; std::getline(file, text);) {
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || !json.contains("incident") ||
        !json["incident"].is_string() || !json.contains("written") ||
        !json["written"].is_number_integer() || !json.contains("examples"))
      continue;
    Line line;
    line.incident = json["incident"].get<std::string>();
    line.written = json["written"].get<int64_t>();
    line.text = std::move(text);
    if (absl::FromUnixSeconds(line.written) + ttl_ > now)
      lines.push_back(std::move(line));
  }
  return lines;
}

absl::Status EvidenceFile::WriteLines(std::vector<Line> lines) {
  int64_t bytes = 0;
  for (const Line& line : lines)
    bytes += static_cast<int64_t>(line.text.size()) + 1;
  size_t first = 0;
  for (; bytes > max_bytes_ && first < lines.size(); ++first)
    bytes -= static_cast<int64_t>(lines[first].text.size()) + 1;
  std::string text;
  text.reserve(static_cast<size_t>(bytes));
  for (; first < lines.size(); ++first) text += lines[first].text + "\n";
  return WritePrivateFile(path_, text);
}

absl::Status EvidenceFile::Put(std::string_view incident,
                               const std::vector<EvidenceExample>& examples,
                               absl::Time now) {
  Json json = {{"incident", incident},
               {"written", absl::ToUnixSeconds(now)},
               {"examples", Json::array()}};
  for (const EvidenceExample& example : examples)
    json["examples"].push_back(JsonOf(example));
  Line line{std::string(incident), absl::ToUnixSeconds(now), Dump(json)};
  if (static_cast<int64_t>(line.text.size()) >= max_bytes_)
    return absl::ResourceExhaustedError(
        "the examples of one incident are over storage.evidence.max_size");
  MutexLock lock(mutex_);
  std::vector<Line> lines = ReadLines(now);
  std::erase_if(lines, [&](const Line& l) { return l.incident == incident; });
  lines.push_back(std::move(line));
  return WriteLines(std::move(lines));
}

std::string EvidenceFile::ExamplesJson(std::string_view incident,
                                       absl::Time now) const {
  Json out = {{"examples", Json::array()}};
  MutexLock lock(mutex_);
  for (const Line& line : ReadLines(now))
    if (line.incident == incident)
      out["examples"] = Json::parse(line.text)["examples"];
  return Dump(out);
}

absl::Status EvidenceFile::Expire(absl::Time now) {
  MutexLock lock(mutex_);
  struct stat info = {};
  if (::stat(path_.c_str(), &info) != 0) return absl::OkStatus();  // no file
  std::vector<Line> lines = ReadLines(now);
  int64_t bytes = 0;
  for (const Line& line : lines)
    bytes += static_cast<int64_t>(line.text.size()) + 1;
  if (bytes == info.st_size) return absl::OkStatus();
  return WriteLines(std::move(lines));
}

int64_t EvidenceFile::bytes() const {
  MutexLock lock(mutex_);
  struct stat info = {};
  return ::stat(path_.c_str(), &info) == 0 ? info.st_size : 0;
}

}  // namespace reasonwatch
