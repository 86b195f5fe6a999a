// SPDX-License-Identifier: Apache-2.0
// The stored form of a Scored: of those that wait for their turn, and of those
// that are kept for a replay.
#ifndef REASONWATCH_DAEMON_PIPELINE_STORED_SCORED_H_
#define REASONWATCH_DAEMON_PIPELINE_STORED_SCORED_H_

#include <cstdint>

#include "core/scored.h"
#include "util/state_archive.h"

namespace reasonwatch {

template <typename Archive>
void Describe(Archive& archive, Stratum& s) {
  archive.Field("intent", s.intent);
  archive.Field("task", s.task);
  archive.Field("fill", s.fill);
  archive.Field("turn", s.turn);
  archive.Field("tool", s.tool);
  archive.Field("prompt_length", s.prompt_length);
  archive.Field("language", s.language);
}

template <typename Archive>
void Describe(Archive& archive, Scored& s) {
  const int32_t version = archive.Version("scored", 2);
  archive.Field("id", s.id);
  archive.Field("start", s.start);
  archive.Field("end", s.end);
  archive.Field("model", s.model);
  archive.Field("route", s.route);
  archive.Field("replica", s.replica);
  archive.Field("fingerprint", s.regime.fingerprint);
  archive.Field("weights_version", s.regime.weights_version);
  archive.Field("template_hash", s.regime.template_hash);
  archive.Field("engine", s.regime.engine);
  archive.Field("session", s.session);
  archive.Field("origin", s.origin);
  archive.Field("stratum", s.stratum);
  DescribePerFeature(archive, "readings", s.readings);
  archive.Field("lower_bound", s.lower_bound);
  archive.Field("prompt_terms", s.prompt_terms);
  archive.Field("prefix_digest", s.prefix_digest);
  archive.Field("system_prompt_digest", s.system_prompt_digest);
  archive.Field("expected_language", s.expected_language);
  archive.Field("answer_language", s.answer_language);
  archive.Field("habits", s.habits);
  archive.Field("habits_known", s.habits_known);
  archive.Field("finish", s.finish);
  archive.Field("prompt_key", s.prompt_key);
  archive.Field("answer_key", s.answer_key);
  archive.Field("match_kind", s.match.kind);
  archive.Field("match_problem", s.match.problem);
  archive.Field("match_neighbour", s.match.neighbour);
  archive.Field("match_distance", s.match.distance);
  archive.Field("grade", s.grade);
  // A digest that version 0.1.0 stored and nothing read.
  uint64_t unread_digest = 0;
  archive.Field("unread_digest", unread_digest);
  archive.Field("choices", s.choices);
  archive.Field("choice_index", s.choice_index);
  if (version < 2) return;
  archive.Field("output_estimated", s.lengths.output_estimated);
  archive.Field("reasoning_estimated", s.lengths.reasoning_estimated);
}

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_STORED_SCORED_H_
