// SPDX-License-Identifier: Apache-2.0
// `reasonwatch envoy`: writes the configuration of an Envoy that shows a
// model's traffic to the daemon, and runs it if asked to.
#include <stdlib.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/commands.h"
#include "daemon/app/commands/envoy_config.h"
#include "daemon/app/commands/envoy_process.h"
#include "util/secret.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

struct Flags {
  std::string upstream;
  std::string listen = "127.0.0.1:8080";
  std::string admin = "127.0.0.1:0";
  std::string tap;
  std::string token_file, tap_ca, config, out;
  std::string upstream_ca = "/etc/ssl/certs/ca-certificates.crt";
  std::string envoy = "envoy";
  bool run = false;
};

absl::StatusOr<EnvoyAddress> AddressOf(std::string_view flag,
                                       const std::string& text) {
  absl::StatusOr<EnvoyAddress> address = ParseEnvoyAddress(text);
  if (address.ok()) return address;
  return UsageError(
      absl::StrCat(AbslView(flag), " ", address.status().message()));
}

// The address of the daemon of this configuration, as its neighbour sees it.
std::string TapOf(const GrpcTapOptions& grpc) {
  if (!grpc.unix_socket.empty()) return "unix:" + grpc.unix_socket;
  for (const std::string_view any : {"0.0.0.0:", "[::]:"})
    if (grpc.listen.starts_with(any))
      return "127.0.0.1:" + grpc.listen.substr(any.size());
  return grpc.listen;
}

absl::StatusOr<EnvoySettings> SettingsOf(Flags flags) {
  RW_ASSIGN_OR_RETURN(const Config config, ConfigFrom(flags.config));
  if (flags.tap.empty()) flags.tap = TapOf(config.tap.grpc);
  if (flags.tap.empty())
    return UsageError("the configuration has no tap.grpc: say --tap");
  if (flags.token_file.empty()) flags.token_file = config.tap.grpc.token_file;
  if (flags.tap_ca.empty() && !flags.tap.starts_with("unix:"))
    flags.tap_ca = config.tap.grpc.tls_cert;
  EnvoySettings settings;
  RW_ASSIGN_OR_RETURN(settings.upstream,
                      ParseUpstream(flags.upstream, settings.upstream_tls));
  RW_ASSIGN_OR_RETURN(settings.listen, AddressOf("--listen", flags.listen));
  RW_ASSIGN_OR_RETURN(settings.admin, AddressOf("--admin", flags.admin));
  RW_ASSIGN_OR_RETURN(settings.tap, AddressOf("--tap", flags.tap));
  if (!flags.token_file.empty()) {
    RW_ASSIGN_OR_RETURN(const std::string token, ReadSecret(flags.token_file));
    settings.tap_token = std::string(absl::StripAsciiWhitespace(token));
  }
  settings.tap_tls_ca = flags.tap_ca;
  settings.upstream_ca = flags.upstream_ca;
  return settings;
}

// A folder of its own for a configuration that nobody asked to keep.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code none;
    path_ = std::filesystem::temp_directory_path(none) / "reasonwatch-XXXXXX";
    std::string name = path_.string();
    path_ = mkdtemp(name.data()) == nullptr ? "" : name;
  }
  ~TemporaryFolder() {
    std::error_code none;
    if (!path_.empty()) std::filesystem::remove_all(path_, none);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  // "" if it could not be made.
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

absl::Status Write(const std::string& path, const std::string& text) {
  return WriteFile(path, [&](std::ostream& out) {
    out << text;
    return absl::OkStatus();
  });
}

absl::Status Run(const Flags& flags) {
  RW_ASSIGN_OR_RETURN(const EnvoySettings settings, SettingsOf(flags));
  const std::string text = EnvoyConfig(settings);
  // The file may hold the tap's token.
  umask(S_IRWXG | S_IRWXO);
  const TemporaryFolder folder;
  if (folder.path().empty())
    return absl::InternalError("can't make a temporary folder");
  // Checked before an existing file is replaced.
  const std::string draft = folder.path() / "envoy.yaml";
  RW_RETURN_IF_ERROR(Write(draft, text));
  const absl::StatusOr<std::string> envoy = FindProgram(flags.envoy);
  if (envoy.ok()) {
    RW_RETURN_IF_ERROR(ValidateEnvoyConfig(*envoy, draft));
  } else if (flags.run || flags.envoy != "envoy") {
    return envoy.status();
  } else {
    std::cerr << "reasonwatch: no Envoy here has checked the configuration\n";
  }
  if (!flags.out.empty()) RW_RETURN_IF_ERROR(Write(flags.out, text));
  if (!flags.run) {
    if (flags.out.empty()) std::cout << text;
    return absl::OkStatus();
  }
  std::cerr << "reasonwatch: Envoy serves " << flags.upstream << " at "
            << flags.listen << " and shows it to the tap\n";
  return RunEnvoy(*envoy, flags.out.empty() ? draft : flags.out);
}

}  // namespace

void AddEnvoy(CLI::App& app, ExitStatus& result) {
  const auto flags = std::make_shared<Flags>();
  auto* command = app.add_subcommand(
      "envoy", "put an Envoy before a model that shows its traffic");
  command->add_option("--upstream", flags->upstream, "http(s)://HOST[:PORT]")
      ->required();
  command
      ->add_option("--listen", flags->listen,
                   "HOST:PORT; :PORT = every address")
      ->capture_default_str();
  command->add_option("--tap", flags->tap,
                      "the daemon, HOST:PORT or unix:PATH; else as --config");
  command->add_option("--token-file", flags->token_file,
                      "the tap's token; else as --config");
  command->add_option("--tap-ca", flags->tap_ca,
                      "PEM that certifies the tap; else as --config");
  command
      ->add_option("--upstream-ca", flags->upstream_ca,
                   "PEM that certifies an https upstream")
      ->capture_default_str();
  command->add_option("--admin", flags->admin, "Envoy's own page")
      ->capture_default_str();
  AddConfigOption(command, flags->config);
  command->add_option("--out", flags->out, "file for the configuration");
  command->add_flag("--run", flags->run,
                    "start Envoy, stop it again at the end");
  command->add_option("--envoy", flags->envoy, "the program")
      ->capture_default_str();
  OnRun(command, result, [flags] { return Run(*flags); });
}

}  // namespace reasonwatch
