#include "daemon/commands/data_folder.h"

#include <openssl/rand.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "absl/strings/str_format.h"

namespace reasonwatch {

absl::StatusOr<std::string> SessionKey(const std::string& folder) {
  const std::string path = folder + "/session.key";
  {
    std::ifstream in(path, std::ios::binary);
    std::string key((std::istreambuf_iterator<char>(in)),
                    std::istreambuf_iterator<char>());
    if (key.size() == 32) return key;
  }
  std::string key(32, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()),
                 static_cast<int>(key.size())) != 1)
    return absl::InternalError("no random bytes for the session key");
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  ::chmod(path.c_str(), 0600);
  out << key;
  out.flush();
  if (!out)
    return absl::PermissionDeniedError(absl::StrFormat("can't write %s", path));
  return key;
}

}  // namespace reasonwatch
