// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/data_folder.h"

#include <openssl/rand.h>
#include <sys/stat.h>

#include <fstream>

#include "absl/strings/str_format.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

// As many as XXH3 and SHA-256 make use of.
constexpr size_t kKeyBytes = 32;

}  // namespace

absl::StatusOr<std::string> NewSessionKey() {
  std::string key(kKeyBytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()),
                 static_cast<int>(key.size())) != 1)
    return absl::InternalError("no random bytes for the session key");
  return key;
}

absl::StatusOr<std::string> SessionKey(const std::string& folder) {
  const std::string path = folder + "/session.key";
  {
    // One byte more, so that a longer file is not taken for a key.
    std::string key(kKeyBytes + 1, '\0');
    std::ifstream in(path, std::ios::binary);
    in.read(key.data(), static_cast<std::streamsize>(key.size()));
    key.resize(static_cast<size_t>(in.gcount()));
    if (key.size() == kKeyBytes) return key;
  }
  RW_ASSIGN_OR_RETURN(const std::string key, NewSessionKey());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  if (out) ::chmod(path.c_str(), 0600);
  out << key;
  out.flush();
  if (!out)
    return absl::PermissionDeniedError(absl::StrFormat("can't write %s", path));
  return key;
}

}  // namespace reasonwatch
