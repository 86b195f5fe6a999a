// SPDX-License-Identifier: Apache-2.0
// Metrics of re-scoring, of its judge, of webhooks, of the operator's grader
// and of the frames of matching: totals that others keep.
//
// Not thread-safe; the owner (Telemetry) locks.
#ifndef REASONWATCH_DAEMON_TELEMETRY_RESCORE_SECTION_H_
#define REASONWATCH_DAEMON_TELEMETRY_RESCORE_SECTION_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/telemetry/catalogue.h"
#include "daemon/telemetry/families.h"
#include "daemon/telemetry/rescore_totals.h"

namespace reasonwatch {

class RescoreSection {
 public:
  static std::vector<MetricInfo> Rows();

  // `families` must outlive the section.
  explicit RescoreSection(Families& families) : families_(families) {}

  void Set(const RescoreTotals& now);
  // Answers by their result, and processes that were started.
  void SetGrader(const std::map<std::string, int64_t>& answers, int64_t starts);
  void SetFramesForgotten(int64_t frames);

 private:
  void Add(Metric metric, const Labels& labels, int64_t now, int64_t before);
  void AddAll(Metric metric, const char* label,
              const std::map<std::string, int64_t>& now,
              const std::map<std::string, int64_t>& before);

  Families& families_;
  RescoreTotals seen_;
  std::map<std::string, int64_t> grader_answers_;
  int64_t grader_starts_ = 0;
  int64_t frames_forgotten_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_RESCORE_SECTION_H_
