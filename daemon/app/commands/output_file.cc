// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/output_file.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/str_format.h"

namespace reasonwatch {

namespace fs = std::filesystem;

OutputFile::OutputFile(const std::string& path) : path_(path), target_(path) {
  std::error_code error;
  const fs::path canonical = fs::canonical(path, error);
  if (!error) target_ = canonical.string();
  const fs::file_status there = fs::status(target_, error);
  const bool writable =
      !fs::exists(there) || access(target_.c_str(), W_OK) == 0;
  if (!writable || (fs::exists(there) && !fs::is_regular_file(there))) {
    out_.open(target_, std::ios::binary);
    return;
  }
  temporary_ = absl::StrFormat("%s.%d.partial", target_, getpid());
  out_.open(temporary_, std::ios::binary);
  if (out_ && fs::exists(there))
    fs::permissions(temporary_, there.permissions(), error);
}

OutputFile::~OutputFile() {
  if (temporary_.empty()) return;
  out_.close();
  std::error_code ignored;
  fs::remove(temporary_, ignored);
}

absl::Status OutputFile::Failure() const {
  return absl::InternalError("can't write " + path_);
}

absl::Status OutputFile::status() const {
  return out_ ? absl::OkStatus() : Failure();
}

absl::Status OutputFile::Commit() {
  out_.close();
  if (!out_) return Failure();
  if (temporary_.empty()) return absl::OkStatus();
  std::error_code error;
  fs::rename(temporary_, target_, error);
  if (error) return Failure();
  temporary_.clear();
  return absl::OkStatus();
}

}  // namespace reasonwatch
