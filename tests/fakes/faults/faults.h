// SPDX-License-Identifier: Apache-2.0
// Faults that are put into healthy responses, and a drill that reports how soon
// each is found, by which signal and in which part of the traffic.
#ifndef REASONWATCH_TESTS_FAKES_FAULTS_FAULTS_H_
#define REASONWATCH_TESTS_FAKES_FAULTS_FAULTS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/incident.h"
#include "core/response.h"
#include "core/signal.h"

namespace reasonwatch::testing {

enum class Fault {
  kStripMarkers,  // the reasoning tags are gone, their text stays
  kSymbols,       // decorations between the words
  kGarbage,       // a run of one character, as a broken sampler makes
  kLoop,          // a passage of the chain comes again and again
  kLanguage,      // chain and answer in another language
  kContradict,    // another answer than the chain's
  kTruncate,      // ends inside the chain, and the server says "stop"
  kShorten,       // keeps a part of the chain
  kOneSentence,   // no chain, and the answer in one sentence
  kFail,          // chain and answer agree, and are wrong
  kPad            // twice as long, in perfect form, and wrong
};

// The part of the traffic that has the fault.
enum class Where {
  kEverywhere,
  kOneReplica,
  kLateTurns,
  kFullContext,
  kCanary,
  kAskedAgain  // a session's first question, asked again in a fifth of its
               // turns
};

struct Plan {
  Fault fault = Fault::kShorten;
  double share = 1;  // of the responses in that part
  Where where = Where::kEverywhere;
  double keep = .1;  // of the chain, for kShorten
};

std::string_view FaultName(Fault fault);
std::string_view WhereName(Where where);
// The signal that is meant to find the fault.
Signal OwnSignal(Fault fault);

// Returns the response as the fault leaves it. Changes the content only, which
// must have a <think> block, as HealthyTraffic makes it.
Response Spoil(Response healthy, const Plan& plan);

struct DrillReport {
  bool clean_before = false;  // nothing was opened before the fault
  int delay = -1;             // responses until OwnSignal() opened; -1 = never
  std::vector<Signal> opened;
  Incident incident;  // of OwnSignal(), in its final state
};

// Imports `baseline` healthy responses, sends `before` more and then up to
// `limit` with the fault, through the product's own pipeline at its default
// budget. Deterministic.
DrillReport Drill(const Plan& plan, uint64_t seed, int limit = 600,
                  int baseline = 800, int before = 200);

}  // namespace reasonwatch::testing

#endif  // REASONWATCH_TESTS_FAKES_FAULTS_FAULTS_H_
