// SPDX-License-Identifier: Apache-2.0
// A month of traffic through the product's own detectors and incidents.
#ifndef REASONWATCH_BENCH_BUDGET_MONTH_H_
#define REASONWATCH_BENCH_BUDGET_MONTH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "bench/budget/kinds.h"
#include "core/finding.h"
#include "core/signal.h"
#include "core/state_blob.h"

namespace reasonwatch::budget {

struct Alarm {
  std::string id;                           // of the incident
  double day = 0;                           // of its opening
  Signal signal = Signal::kLengthCollapse;  // that opened it
  Scope scope = Scope::kRoute;
  std::string channel;
  bool critical = false;  // at any time
};

struct Month {
  std::vector<Alarm> alarms;
  int64_t responses = 0;
  // Only of a degradation. Responses of the model and hours from its onset to
  // the opening of length_collapse at any level, and to the first page; below
  // 0: never.
  double delay = -1;
  double hours = -1;
  double page_hours = -1;
  int early = 0;  // incidents before the onset
};

// The state of the detectors after the first week, imported. It is the same for
// every kind of a seed but kIndependent, as the changes come later.
using Learnt = std::vector<StateBlob>;
Learnt LearnFirstWeek(Kind kind, uint64_t seed, const Size& size);

// The days after it: the default budget, one model, nobody to ask
// again. Pure: the same arguments give the same month.
Month LiveThrough(Kind kind, uint64_t seed, const Size& size,
                  const Learnt& learnt);

}  // namespace reasonwatch::budget

#endif  // REASONWATCH_BENCH_BUDGET_MONTH_H_
