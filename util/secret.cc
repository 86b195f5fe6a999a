// SPDX-License-Identifier: Apache-2.0
#include "util/secret.h"

#include <fstream>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "util/input_file.h"
#include "util/status_macros.h"

namespace reasonwatch {

absl::StatusOr<std::string> ReadSecret(const std::string& path) {
  RW_ASSIGN_OR_RETURN(std::ifstream in, OpenInput(path));
  std::string secret(kMaxSecretBytes + 1, '\0');
  in.read(secret.data(), static_cast<std::streamsize>(secret.size()));
  if (in.bad())
    return absl::InvalidArgumentError(
        absl::StrFormat("can't read a secret from %s", path));
  secret.resize(static_cast<size_t>(in.gcount()));
  if (secret.size() > kMaxSecretBytes)
    return absl::InvalidArgumentError(
        absl::StrFormat("can't read a secret from %s: it is longer than %d KiB",
                        path, kMaxSecretBytes >> 10));
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r'))
    secret.pop_back();
  // A line end inside would begin another header of a request.
  for (const char c : secret)
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n')
      return absl::InvalidArgumentError(absl::StrFormat(
          "can't read a secret from %s: it holds control bytes", path));
  if (secret.empty())
    return absl::InvalidArgumentError(
        absl::StrFormat("can't read a secret from %s: it is empty", path));
  return secret;
}

bool SameSecret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  // Volatile, or a compiler might end the loop at the first difference.
  volatile unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i)
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

}  // namespace reasonwatch
