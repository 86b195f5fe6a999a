// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/version.h"

#include "core/version.h"
#include "daemon/app/commit.h"

namespace reasonwatch {

std::string VersionText() {
  return std::string("reasonwatch ") + kVersion + " (commit " + kCommit + ")";
}

}  // namespace reasonwatch
