// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/stream_admission.h"

#include <algorithm>
#include <cstddef>

namespace reasonwatch {

bool StreamAdmission::Admit(const std::string& model,
                            const std::string& route) {
  MutexLock lock(mutex_);
  auto key = std::pair(model, route);
  if (streams_.contains(key)) return true;
  if (streams_.size() >= static_cast<size_t>(max_streams_)) return false;
  streams_.insert(std::move(key));
  return true;
}

bool StreamAdmission::Admitted(const std::string& model,
                               const std::string& route) const {
  MutexLock lock(mutex_);
  return streams_.contains(std::pair(model, route));
}

void StreamAdmission::Forget(const std::string& model) {
  MutexLock lock(mutex_);
  std::erase_if(streams_,
                [&](const auto& stream) { return stream.first == model; });
}

int StreamAdmission::count() const {
  MutexLock lock(mutex_);
  return std::max(1, static_cast<int>(streams_.size()));
}

}  // namespace reasonwatch
