// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/status.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/commands.h"
#include "daemon/app/commands/daemon_client.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kStreams[] = "/api/v1/streams";
constexpr char kIncidents[] = "/api/v1/incidents?open=1";

// The list `key` of a document.
absl::StatusOr<Json> ListOf(std::string_view body, const char* key) {
  const Json json = Json::parse(body.begin(), body.end(), nullptr,
                                /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains(key) || !json[key].is_array())
    return absl::UnavailableError(
        absl::StrFormat("the daemon's answer has no list of %s", key));
  return json[key];
}

std::string TextOf(const Json& json, const char* key) {
  const auto it = json.find(key);
  return it != json.end() && it->is_string() ? it->get<std::string>() : "";
}

double NumberOf(const Json& json, const char* key) {
  const auto it = json.find(key);
  return it != json.end() && it->is_number() ? it->get<double>() : -1;
}

// A young state's way out, and else the reason why the state is no protection.
std::string NoteOf(const Json& stream, const std::string& state) {
  const auto young = stream.find("provisional");
  if (young != stream.end() && young->is_object())
    return TextOf(*young, "text");
  if (state == "blind")
    return "most responses are of kinds that the reference lacks";
  if (state == "stale") return "no response for a day";
  if (state == "frozen") return "learns nothing more, as configured";
  return "";
}

void AppendStream(const Json& stream, const Painter& paint, std::string& text) {
  const std::string state = TextOf(stream, "state");
  const std::string route = TextOf(stream, "route");
  const double rate = NumberOf(stream, "responses_per_hour");
  absl::StrAppendFormat(
      &text, "%-32s  %s  %9.0f  %8s  %s\n",
      TextOf(stream, "model") + (route.empty() ? "" : "/" + route),
      paint(state == "watching" ? Paint::kGreen : Paint::kYellow,
            absl::StrFormat("%-11s", state)),
      NumberOf(stream, "responses"),
      rate > 0 ? absl::StrFormat("%.0f", rate) : "-", NoteOf(stream, state));
}

void AppendIncident(const Json& incident, const Painter& paint,
                    std::string& text) {
  const std::string severity = TextOf(incident, "severity");
  const std::string route = TextOf(incident, "route");
  std::string cause;
  if (const auto causes = incident.find("causes");
      causes != incident.end() && !causes->empty())
    cause = "; likely " + TextOf(causes->front(), "cause");
  absl::StrAppendFormat(
      &text, "%s  %s  %s%s%s\n",
      paint(severity == "critical" ? Paint::kRed : Paint::kYellow,
            absl::StrFormat("%-8s", severity)),
      TextOf(incident, "id"), TextOf(incident, "model"),
      route.empty() ? "" : "/" + route, cause);
}

struct Flags {
  DaemonAddress daemon;
  Output output = Output::kText;
};

absl::Status Run(const Flags& flags) {
  RW_ASSIGN_OR_RETURN(const std::string streams,
                      GetFromDaemon(flags.daemon, kStreams));
  RW_ASSIGN_OR_RETURN(const std::string incidents,
                      GetFromDaemon(flags.daemon, kIncidents));
  if (flags.output == Output::kJson) {
    RW_ASSIGN_OR_RETURN(Json stream_list, ListOf(streams, "streams"));
    RW_ASSIGN_OR_RETURN(Json incident_list, ListOf(incidents, "incidents"));
    Json out;
    out["streams"] = std::move(stream_list);
    out["open_incidents"] = std::move(incident_list);
    std::cout << out.dump(-1, ' ', false, Json::error_handler_t::replace)
              << "\n";
    return absl::OkStatus();
  }
  RW_ASSIGN_OR_RETURN(const std::string text,
                      StatusText(streams, incidents, Painter::OfOutput()));
  std::cout << text;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> StatusText(std::string_view streams,
                                       std::string_view incidents,
                                       const Painter& paint) {
  RW_ASSIGN_OR_RETURN(const Json stream_list, ListOf(streams, "streams"));
  RW_ASSIGN_OR_RETURN(const Json incident_list, ListOf(incidents, "incidents"));
  std::string text;
  if (stream_list.empty()) {
    text =
        "no stream yet: nothing has come in; `reasonwatch taps` shows "
        "the ways in\n";
  } else {
    text = absl::StrFormat("%-32s  %-11s  %9s  %8s  %s\n", "MODEL/ROUTE",
                           "STATE", "RESPONSES", "PER HOUR", "NOTE");
  }
  for (const Json& stream : stream_list) AppendStream(stream, paint, text);
  text += incident_list.empty() ? "\nno open incident\n"
                                : "\nopen incidents, newest first\n";
  for (const Json& incident : incident_list)
    AppendIncident(incident, paint, text);
  return text;
}

void AddStatus(CLI::App& app, ExitStatus& result) {
  const auto flags = std::make_shared<Flags>();
  auto* command = app.add_subcommand(
      "status", "how far each stream of a running daemon is protected");
  AddDaemonOptions(command, flags->daemon);
  AddOutputOption(command, flags->output);
  OnRun(command, result, [flags] { return Run(*flags); });
}

}  // namespace reasonwatch
