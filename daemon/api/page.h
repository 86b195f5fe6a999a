// SPDX-License-Identifier: Apache-2.0
// The page and the runbooks, embedded when the program is built: files of
// page/, a plotting library of the distribution, and docs/runbooks as HTML.
#ifndef REASONWATCH_DAEMON_API_PAGE_H_
#define REASONWATCH_DAEMON_API_PAGE_H_

#include <span>
#include <string>
#include <string_view>

namespace reasonwatch {

struct Asset {
  std::string_view name;
  std::string_view body;
};

// Made by cmake/embed.cmake, by name.
std::span<const Asset> PageAssets();
std::span<const Asset> RunbookAssets();

// Null if there is none.
const Asset* FindAsset(std::string_view name);
const char* TypeOf(const Asset& asset);

// The shell of the page "overview", "incident" or "setup"; `root` leads from
// its address to "/".
std::string PageHtml(std::string_view root, std::string_view page);
// A whole page; "" if there is no such runbook.
std::string RunbookHtml(std::string_view name);
std::string RunbookListHtml(const std::string& root);

struct PageSettings {
  std::string external_url;
  std::string trace_url;
  bool evidence = false;    // texts of incidents may be kept
  bool asks_again = false;  // there is a server to ask again
};
std::string PageSettingsJson(const PageSettings& settings);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_API_PAGE_H_
