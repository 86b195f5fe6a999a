// SPDX-License-Identifier: Apache-2.0
#include "daemon/evidence/run_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/version.h"
#include "daemon/evidence/private_file.h"

namespace reasonwatch {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr char kSuffix[] = ".jsonl";
constexpr size_t kMaxId = 64;

std::string Line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json JsonOf(const Finding& f) {
  return {{"signal", SignalName(f.signal)},
          {"scope", ScopeName(f.scope)},
          {"route", f.route},
          {"replica", f.replica},
          {"channel", f.channel},
          {"statistic", f.statistic},
          {"threshold", f.threshold},
          {"response_id", f.response_id},
          {"onset_id", f.onset_id}};
}

std::string TextOf(const IncidentRun& run, const std::string& config_yaml) {
  Json head = {
      {"part", "run"},
      {"incident", run.incident.id},
      {"model", run.incident.model},
      {"version", kVersion},
      {"opened", absl::FormatTime(absl::RFC3339_sec, run.incident.opened,
                                  absl::UTCTimeZone())},
      {"rows", run.take.rows.size()},
      {"findings", Json::array()}};
  for (const Finding& finding : run.findings)
    head["findings"].push_back(JsonOf(finding));
  std::string text = Line(head);
  text += Line({{"part", "config"}, {"yaml", config_yaml}});
  for (const StateBlob& blob : run.take.state)
    text += Line({{"part", "state"},
                  {"kind", blob.kind},
                  {"key", blob.key},
                  {"version", blob.version},
                  {"bytes", absl::Base64Escape(blob.bytes)}});
  for (const StateBlob& row : run.take.rows)
    text += Line({{"part", "row"},
                  {"kind", row.kind},
                  {"key", row.key},
                  {"version", row.version},
                  {"bytes", absl::Base64Escape(row.bytes)}});
  return text;
}

struct Found {
  fs::path path;
  absl::Time written;
  int64_t bytes = 0;
};

// The files of the folder, the oldest first.
std::vector<Found> FilesOf(const std::string& folder) {
  std::vector<Found> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    struct stat info = {};
    if (it->path().extension() != kSuffix ||
        ::lstat(it->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode))
      continue;
    found.push_back({it->path(), absl::TimeFromTimespec(info.st_mtim),
                     static_cast<int64_t>(info.st_size)});
  }
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return std::tie(a.written, a.path) < std::tie(b.written, b.path);
  });
  return found;
}

}  // namespace

std::string RunFiles::PathOf(std::string_view incident) const {
  const bool name =
      !incident.empty() && incident.size() <= kMaxId &&
      std::all_of(incident.begin(), incident.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_';
      });
  return name ? absl::StrCat(folder_, "/", std::string(incident), kSuffix) : "";
}

absl::Status RunFiles::Put(const IncidentRun& run,
                           const std::string& config_yaml, absl::Time now) {
  const std::string path = PathOf(run.incident.id);
  if (path.empty())
    return absl::InvalidArgumentError("the incident's id is no name of a file");
  const std::string text = TextOf(run, config_yaml);
  if (static_cast<int64_t>(text.size()) > max_bytes_)
    return absl::ResourceExhaustedError(
        "the numbers of one incident are over storage.evidence.max_size");
  MutexLock lock(mutex_);
  std::error_code error;
  if (fs::exists(path, error)) return absl::OkStatus();
  if (fs::create_directory(folder_, error))
    fs::permissions(folder_, fs::perms::owner_all, error);
  const absl::Status written = WritePrivateFile(path, text);
  ExpireLocked(now);
  return written;
}

void RunFiles::Expire(absl::Time now) {
  MutexLock lock(mutex_);
  ExpireLocked(now);
}

void RunFiles::ExpireLocked(absl::Time now) {
  const std::vector<Found> files = FilesOf(folder_);
  int64_t bytes = 0;
  for (const Found& file : files) bytes += file.bytes;
  for (const Found& file : files) {
    if (file.written + ttl_ > now && bytes <= max_bytes_) continue;
    std::error_code error;
    fs::remove(file.path, error);
    bytes -= file.bytes;
  }
}

int64_t RunFiles::bytes() const {
  MutexLock lock(mutex_);
  int64_t bytes = 0;
  for (const Found& file : FilesOf(folder_)) bytes += file.bytes;
  return bytes;
}

}  // namespace reasonwatch
