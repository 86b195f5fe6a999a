// SPDX-License-Identifier: Apache-2.0
#include "tap/grpc/token.h"

#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "util/secret.h"

namespace reasonwatch {
absl::StatusOr<TokenCheck> TokenCheck::FromFile(const std::string& path) {
  if (path.empty()) return TokenCheck("");
  const absl::StatusOr<std::string> text = ReadSecret(path);
  if (!text.ok()) return absl::InvalidArgumentError(text.status().message());
  std::string token(absl::StripAsciiWhitespace(*text));
  if (token.empty())
    return absl::InvalidArgumentError(
        absl::StrFormat("%s holds no token", path));
  return TokenCheck(std::move(token));
}

bool TokenCheck::Passes(const grpc::ServerContextBase& context) const {
  if (token_.empty()) return true;
  const auto found = context.client_metadata().find("authorization");
  if (found == context.client_metadata().end()) return false;
  std::string_view value(found->second.data(), found->second.size());
  constexpr std::string_view kScheme = "Bearer ";
  if (!value.starts_with(kScheme)) return false;
  value.remove_prefix(kScheme.size());
  return SameSecret(value, token_);
}

}  // namespace reasonwatch
