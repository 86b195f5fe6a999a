// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/page.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "core/version.h"

namespace reasonwatch {
namespace {

const Asset* Find(std::span<const Asset> assets, std::string_view name) {
  const auto found =
      std::find_if(assets.begin(), assets.end(),
                   [&](const Asset& a) { return a.name == name; });
  return found == assets.end() ? nullptr : &*found;
}

// Runbooks have the page's style, no script.
std::string RunbookPage(const std::string& title, const std::string& root,
                        const std::string& body) {
  return absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<title>",
      title,
      " · Reasonwatch</title>\n<link rel=\"icon\" href=\"data:,\">\n"
      "<link rel=\"stylesheet\" href=\"",
      root,
      "assets/page.css\">\n</head>\n<body>\n<header class=\"bar\"><a "
      "class=\"home\" href=\"",
      root, "\">Reasonwatch</a> <a href=\"", root,
      "runbooks\">Runbooks</a></header>\n<main class=\"runbook\">\n", body,
      "</main>\n</body>\n</html>\n");
}

}  // namespace

const Asset* FindAsset(std::string_view name) {
  const Asset* asset = Find(PageAssets(), name);
  return asset != nullptr && TypeOf(*asset) != nullptr ? asset : nullptr;
}

// The shell has no address of its own among the assets.
const char* TypeOf(const Asset& asset) {
  if (asset.name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (asset.name.ends_with(".css")) return "text/css; charset=utf-8";
  return nullptr;
}

std::string PageHtml(std::string_view root, std::string_view page) {
  const Asset* shell = Find(PageAssets(), "index.html");
  return shell == nullptr
             ? ""
             : absl::StrReplaceAll(std::string(shell->body),
                                   {{"{root}", std::string(root)},
                                    {"{page}", std::string(page)}});
}

std::string RunbookHtml(std::string_view name) {
  const Asset* runbook = Find(RunbookAssets(), name);
  return runbook == nullptr ? ""
                            : RunbookPage(std::string(runbook->name), "../",
                                          std::string(runbook->body));
}

std::string RunbookListHtml(const std::string& root) {
  std::string list = "<h1>Runbooks</h1>\n<ul>\n";
  for (const Asset& runbook : RunbookAssets())
    absl::StrAppendFormat(&list, "<li><a href=\"%srunbooks/%s\">%s</a></li>\n",
                          root, runbook.name, runbook.name);
  return RunbookPage("Runbooks", root, list + "</ul>\n");
}

std::string PageSettingsJson(const PageSettings& settings) {
  return nlohmann::json({{"version", kVersion},
                         {"external_url", settings.external_url},
                         {"trace_url", settings.trace_url},
                         {"evidence", settings.evidence},
                         {"asks_again", settings.asks_again}})
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace reasonwatch
