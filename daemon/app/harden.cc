// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/harden.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace reasonwatch {
namespace {

// The leak check of AddressSanitizer attaches to its own process.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kIsTraced = true;
#elif defined(__has_feature)
constexpr bool kIsTraced = __has_feature(address_sanitizer);
#else
constexpr bool kIsTraced = false;
#endif

}  // namespace

void HardenProcess() {
  const rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  // A core limit of 0 does not stop a core_pattern that is a pipe.
  if (!kIsTraced) prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace reasonwatch
