// SPDX-License-Identifier: Apache-2.0
#include "features/served_model.h"

#include <algorithm>
#include <string>

#include "answers/words.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

// The name in lower case, with one hyphen for each run of other signs.
std::string Plain(std::string_view name) {
  while (!name.empty() && name.back() == '/') name.remove_suffix(1);
  name = name.substr(name.find_last_of("/\\") + 1);
  if (name.ends_with(".gguf")) name.remove_suffix(5);
  std::string plain;
  for (char c : name) {
    const bool sign =
        c == '-' || c == '_' || c == '.' || c == ':' || c == '@' || c == ' ';
    if (!sign)
      plain.push_back(ascii::Lower(c));
    else if (!plain.empty() && plain.back() != '-')
      plain.push_back('-');
  }
  return plain;
}

// A date, a version, or a word that says no more than those.
bool IsVersion(std::string_view part) {
  if (words::IsOneOf(part, {"latest", "preview", "exp", "experimental",
                            "stable", "default"}))
    return true;
  if (part.starts_with('v')) part.remove_prefix(1);
  return !part.empty() && std::all_of(part.begin(), part.end(), ascii::IsDigit);
}

}  // namespace

bool MayBeSameModel(std::string_view asked, std::string_view served) {
  const std::string a = Plain(asked);
  const std::string b = Plain(served);
  const std::string_view shorter = a.size() <= b.size() ? a : b;
  const std::string_view longer = a.size() <= b.size() ? b : a;
  if (!longer.starts_with(shorter)) return false;
  std::string_view rest = longer.substr(shorter.size());
  if (rest.empty()) return true;
  if (rest[0] != '-') return false;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const size_t end = std::min(rest.find('-'), rest.size());
    if (!IsVersion(rest.substr(0, end))) return false;
    rest.remove_prefix(end);
  }
  return true;
}

}  // namespace reasonwatch
