// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/suggest.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <numeric>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace reasonwatch {
namespace {

constexpr size_t kMostChanges = 3;  // further off is another word

// Levenshtein's distance.
size_t Changes(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string Nearest(std::string_view word,
                    const std::vector<std::string>& names) {
  std::string nearest;
  size_t fewest = std::min(kMostChanges + 1, word.size());
  for (const std::string& name : names) {
    const bool begun = word.size() >= 2 && name.substr(0, word.size()) == word;
    const size_t changes = begun ? 0 : Changes(word, name);
    if (changes >= fewest) continue;
    fewest = changes;
    nearest = name;
  }
  return nearest;
}

std::string UnknownCommand(const CLI::App& app,
                           const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  std::string path = "reasonwatch";
  for (const std::string& word : words) {
    const auto commands =
        at->get_subcommands([](const CLI::App*) { return true; });
    // Only the levels above a command have no options with values.
    if (commands.empty() || word.empty() || word[0] == '-') return "";
    const auto found =
        std::find_if(commands.begin(), commands.end(),
                     [&](const auto* c) { return c->get_name() == word; });
    if (found != commands.end()) {
      at = *found;
      path += " " + word;
      continue;
    }
    std::vector<std::string> names;
    names.reserve(commands.size());
    for (const CLI::App* command : commands)
      names.push_back(command->get_name());
    const std::string nearest = Nearest(word, names);
    return absl::StrFormat(
        "no command '%s %s'; %s", path, word,
        nearest.empty()
            ? "there are " + absl::StrJoin(names, ", ")
            : absl::StrFormat("the nearest is '%s %s'", path, nearest));
  }
  return "";
}

}  // namespace reasonwatch
