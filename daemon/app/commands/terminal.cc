// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/terminal.h"

#include <unistd.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

const char* CodeOf(Paint paint) {
  switch (paint) {
    case Paint::kBold:
      return "\x1b[1m";
    case Paint::kRed:
      return "\x1b[1;31m";
    case Paint::kYellow:
      return "\x1b[33m";
    case Paint::kGreen:
      return "\x1b[32m";
    case Paint::kFaint:
      return "\x1b[2m";
  }
  return "";
}

// The value of an environment variable, "" if it is not set.
std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? "" : value;
}

}  // namespace

Painter Painter::OfOutput() {
  return Painter(::isatty(STDOUT_FILENO) == 1 && Variable("NO_COLOR").empty() &&
                 Variable("TERM") != "dumb");
}

std::string Painter::operator()(Paint paint, std::string_view text) const {
  if (!colours_) return std::string(text);
  return absl::StrCat(CodeOf(paint), AbslView(text), "\x1b[0m");
}

}  // namespace reasonwatch
