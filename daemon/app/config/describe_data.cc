// SPDX-License-Identifier: Apache-2.0
// Sections of the data folder, the baseline and its grading.
#include "daemon/app/config/config_walk.h"
#include "daemon/app/config/describe.h"
#include "daemon/app/config/printer.h"
#include "daemon/app/config/reader.h"
#include "daemon/app/config/units.h"

namespace reasonwatch {

template <typename V>
void DescribeData(V& v, Config& c) {
  v.Section("storage", [&] {
    StorageConfig& storage = c.storage;
    v.String("path", storage.path);
    v.Check(!storage.path.empty(), "path must not be empty");
    v.Size("max_size", storage.max_bytes, 16 * kMiB, 1024 * kGiB);
    v.Duration("retention", storage.retention, absl::Hours(24),
               absl::Hours(24 * 3650));
    v.Duration("checkpoint_interval", storage.checkpoint_interval,
               absl::Seconds(1), absl::Hours(1));
    v.Section("evidence", [&] {
      v.Bool("enabled", storage.evidence.enabled);
      v.Size("max_size", storage.evidence.max_bytes, kMiB, 1024 * kGiB);
      v.Duration("ttl", storage.evidence.ttl, absl::Minutes(1),
                 absl::Hours(24 * 365));
      v.Patterns("redact", storage.evidence.redact);
    });
  });
  v.Section("baseline", [&] {
    v.String("path", c.baseline.path);
    v.Section("canaries", [&] {
      v.Number("per_hour", c.baseline.canaries.per_hour, 0, 3600);
    });
  });
  v.Section("grading", [&] {
    v.String("command", c.grading.command);
    v.Duration("timeout", c.grading.timeout, absl::Seconds(1),
               absl::Minutes(1));
    v.Size("max_memory", c.grading.max_memory, 16 * kMiB, 64 * kGiB);
    v.Integer("queue", c.grading.queue, int64_t{1}, int64_t{1} << 16);
  });
}

template void DescribeData(ConfigReader&, Config&);
template void DescribeData(ConfigPrinter&, Config&);
template void DescribeData(ConfigWalk&, Config&);

}  // namespace reasonwatch
