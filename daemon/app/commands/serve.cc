// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/serve.h"

#include "daemon/app/app.h"
#include "util/status_macros.h"

namespace reasonwatch {

absl::Status Serve(const Config& config, const std::string& config_path) {
  App app(config, config_path);
  RW_RETURN_IF_ERROR(app.Start());
  app.WaitForEnd();
  app.Stop();
  return absl::OkStatus();
}

}  // namespace reasonwatch
