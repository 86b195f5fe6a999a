// SPDX-License-Identifier: Apache-2.0
// The description of the configuration (describe.h) is walked once for each
// question, with a function that sees the path of a key and its value; nothing
// else knows the keys of files and addresses.
//
// In order: files and their modes, printed lines, the questions, URLs.
#include "daemon/app/config/config_files.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "daemon/app/config/config_walk.h"
#include "daemon/app/config/describe.h"
#include "util/input_file.h"
#include "util/secret.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

bool IsSecretFile(std::string_view key) {
  return key == "token_file" || key == "secret_file" || key == "api_key_file" ||
         key == "routing_key_file" || key == "key";
}

bool IsPlainFile(const std::string& path, std::string_view key) {
  return key == "cert" || key == "client_ca" || key == "ca_file" ||
         path == "baseline.path";
}

// Others than the owner and the group of the file.
absl::Status CheckMode(const std::string& file) {
  struct stat status = {};
  struct statvfs mount = {};
  if (stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
    return absl::OkStatus();
  const bool read_only =
      statvfs(file.c_str(), &mount) == 0 && (mount.f_flag & ST_RDONLY) != 0;
  const mode_t loose = read_only ? S_IWOTH : S_IROTH | S_IWOTH | S_IWGRP;
  if ((status.st_mode & loose) == 0) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrFormat(
      "%s holds a secret and has mode %04o: others may read or change it; "
      "chmod 600 it, or 640",
      file, status.st_mode & 07777));
}

absl::Status CheckFile(const std::string& path, std::string_view key,
                       const std::string& file) {
  if (file.empty()) return absl::OkStatus();
  if (IsPlainFile(path, key)) return OpenInput(file).status();
  if (!IsSecretFile(key)) return absl::OkStatus();
  // A private key is a secret that openssl reads.
  const absl::Status read =
      key == "key" ? OpenInput(file).status() : ReadSecret(file).status();
  return read.ok() ? CheckMode(file) : read;
}

void WalkStrings(Config& config, ConfigWalk::OnString on_string) {
  ConfigWalk walk(std::move(on_string));
  Describe(walk, config);
}

// The lines of a printed configuration by "section.key", at most two sections
// deep; a deeper line, or an item of a list, belongs to the key above it.
std::map<std::string, std::string> LinesByKey(const std::string& printed) {
  constexpr size_t kDepth = 3;
  std::map<std::string, std::string> lines;
  std::vector<std::string> path;
  std::string_view rest = printed;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size() - 1);
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    const size_t depth = line.find_first_not_of(' ') / 2;
    const std::string_view words =
        line.substr(std::min(2 * depth, line.size()));
    if (depth < kDepth && depth <= path.size() && !words.starts_with("-")) {
      path.resize(depth);
      path.emplace_back(words.substr(0, words.find(':')));
    }
    std::string key;
    for (const std::string& part : path)
      absl::StrAppend(&key, key.empty() ? "" : ".", part);
    absl::StrAppend(&lines[key], AbslView(line), "\n");
  }
  return lines;
}

bool IsLocal(std::string_view listen) {
  const std::string_view host = listen.substr(0, listen.rfind(':'));
  return host.empty() || host.starts_with("127.") || host == "localhost" ||
         host == "[::1]";
}

// The errors of `check`, which gets path, key and value of each string, in one.
absl::Status CheckAll(
    const Config& config,
    const std::function<absl::Status(const std::string&, std::string_view,
                                     const std::string&)>& check) {
  Config copy = config;
  std::string errors;
  absl::StatusCode code = absl::StatusCode::kOk;
  WalkStrings(copy, [&](const std::string& path, std::string_view key,
                        std::string& value) {
    const absl::Status checked = check(path, key, value);
    if (checked.ok()) return;
    if (errors.empty()) code = checked.code();
    absl::StrAppend(&errors, errors.empty() ? "" : "; ", path, ": ",
                    checked.message());
  });
  return errors.empty() ? absl::OkStatus() : absl::Status(code, errors);
}

}  // namespace

absl::Status CheckConfigFiles(const Config& config) {
  return CheckAll(config, CheckFile);
}

absl::Status CheckSecretModes(const Config& config) {
  return CheckAll(config, [](const std::string&, std::string_view key,
                             const std::string& value) {
    return IsSecretFile(key) ? CheckMode(value) : absl::OkStatus();
  });
}

std::vector<std::string> OpenListeners(const Config& config) {
  Config copy = config;
  // By section: the address, and whether its TLS and its token are set.
  struct Port {
    std::vector<std::string> listens;
    bool tls = false;
    bool token = false;
  };
  std::map<std::string, Port> ports;
  WalkStrings(copy, [&](const std::string& path, std::string_view key,
                        std::string& value) {
    for (const std::string section : {"tap.grpc", "tap.otlp", "http"}) {
      if (value.empty()) continue;
      if (path == absl::StrCat(section, ".listen") ||
          (section == "tap.otlp" &&
           (path == "tap.otlp.grpc" || path == "tap.otlp.http")))
        ports[section].listens.push_back(value);
      if (path == absl::StrCat(section, ".tls.cert")) ports[section].tls = true;
      if (path == absl::StrCat(section, ".token_file") && key == "token_file")
        ports[section].token = true;
    }
  });
  std::vector<std::string> open;
  for (const auto& [section, port] : ports) {
    for (const std::string& listen : port.listens) {
      if (IsLocal(listen) || (port.tls && port.token)) continue;
      open.push_back(absl::StrFormat(
          "%s listens on %s without %s: anybody who reaches it %s", section,
          listen,
          port.tls     ? "a token"
          : port.token ? "TLS"
                       : "TLS or a token",
          port.token ? "may read the token on its way" : "is let in"));
    }
  }
  return open;
}

std::vector<std::string> NeedsRestart(const Config& before,
                                      const Config& after) {
  const std::map<std::string, std::string> a = LinesByKey(PrintConfig(before));
  const std::map<std::string, std::string> b = LinesByKey(PrintConfig(after));
  std::vector<std::string> changed;
  const auto note = [&](const std::string& key) {
    for (const char* applied : {"false_alarms", "signals", "log"})
      if (key == applied || key.starts_with(std::string(applied) + ".")) return;
    if (std::find(changed.begin(), changed.end(), key) == changed.end())
      changed.push_back(key);
  };
  for (const auto& [key, value] : a) {
    const auto other = b.find(key);
    if (other == b.end() || other->second != value) note(key);
  }
  for (const auto& [key, value] : b)
    if (!a.contains(key)) note(key);
  return changed;
}

std::string MaskedUrl(std::string_view url, bool mask_path) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  std::string out(url.substr(0, scheme + 3));
  std::string_view rest = url.substr(scheme + 3);
  const size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  std::string_view host = rest.substr(0, end);
  rest.remove_prefix(end);
  if (const size_t at = host.rfind('@'); at != std::string_view::npos) {
    out += "***@";
    host.remove_prefix(at + 1);
  }
  out += host;
  const size_t query = std::min(rest.find_first_of("?#"), rest.size());
  if (mask_path && query > 1)
    out += "/***";
  else
    out += rest.substr(0, query);
  // Names of the query's values stay, so that a person knows it again.
  bool value = false;
  for (const char c : rest.substr(query)) {
    if (c == '&' || c == '#') value = false;
    if (!value) out += c;
    if (c == '=' && !value) {
      value = true;
      out += "***";
    }
  }
  return out;
}

Config WithMaskedUrls(const Config& config) {
  Config copy = config;
  WalkStrings(copy, [](const std::string& path, std::string_view key,
                       std::string& value) {
    if (key == "endpoint" || key == "metrics_url" || key == "url")
      value = MaskedUrl(value, path == "webhook.url");
  });
  return copy;
}

}  // namespace reasonwatch
