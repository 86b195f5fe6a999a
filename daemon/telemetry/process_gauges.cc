// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/process_gauges.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

#include "daemon/telemetry/scraped_gauges.h"

namespace reasonwatch {
namespace {

// A field of /proc/self/stat by its number in proc(5), from 3 on; the fields
// begin behind the program's name, which may hold anything.
double StatField(const std::string& stat, int number) {
  std::istringstream in(stat.substr(stat.rfind(')') + 1));
  std::string field;
  for (int i = 3; i <= number; ++i) in >> field;
  std::istringstream text(field);
  double value = 0;
  text >> value;
  return value;
}

std::string ReadAll(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Since 1970, in seconds.
double BootTime() {
  std::ifstream file("/proc/stat");
  std::string word;
  double seconds = 0;
  while (file >> word)
    if (word == "btime") {
      file >> seconds;
      break;
    }
  return seconds;
}

double OpenFiles() {
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (error) return 0;
  double count = 0;
  for (auto it = begin(files); it != end(files); it.increment(error)) {
    if (error) break;
    ++count;
  }
  return count;
}

void Add(ScrapedSeries& out, Metric metric, double value) {
  prometheus::ClientMetric& series =
      out[static_cast<size_t>(metric)].emplace_back();
  if (InfoOf(metric).type == MetricType::kCounter)
    series.counter.value = value;
  else
    series.gauge.value = value;
}

}  // namespace

void AddProcess(ScrapedSeries& out) {
  static const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  static const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  static const double boot = BootTime();
  const std::string stat = ReadAll("/proc/self/stat");
  if (stat.empty()) return;
  Add(out, Metric::kProcessCpu,
      (StatField(stat, 14) + StatField(stat, 15)) / ticks);
  Add(out, Metric::kProcessOpenFiles, OpenFiles());
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    Add(out, Metric::kProcessMaxFiles, static_cast<double>(limit.rlim_cur));
  Add(out, Metric::kProcessVirtualMemory, StatField(stat, 23));
  Add(out, Metric::kProcessResidentMemory, StatField(stat, 24) * page);
  Add(out, Metric::kProcessStart, boot + StatField(stat, 22) / ticks);
}

std::vector<MetricInfo> ProcessRows() {
  using enum MetricType;
  return {
      {Metric::kProcessCpu,
       "process_cpu_seconds_total",
       kCounter,
       "seconds",
       {},
       "Processor time of the daemon, user and system.",
       "Its rate is the cores in use."},
      {Metric::kProcessOpenFiles,
       "process_open_fds",
       kGauge,
       "files",
       {},
       "Files and connections that the daemon has open.",
       "Near process_max_fds new connections are refused."},
      {Metric::kProcessMaxFiles,
       "process_max_fds",
       kGauge,
       "files",
       {},
       "The limit of process_open_fds.",
       "Set by the supervisor."},
      {Metric::kProcessVirtualMemory,
       "process_virtual_memory_bytes",
       kGauge,
       "bytes",
       {},
       "Address space of the daemon.",
       "Says little; resident memory is what it costs."},
      {Metric::kProcessResidentMemory,
       "process_resident_memory_bytes",
       kGauge,
       "bytes",
       {},
       "Memory of the daemon.",
       "docs/sizing.md says how much to expect."},
      {Metric::kProcessStart,
       "process_start_time_seconds",
       kGauge,
       "seconds",
       {},
       "Unix time of the start of the daemon.",
       "A restart that nobody planned shows here."},
  };
}

}  // namespace reasonwatch
