// SPDX-License-Identifier: Apache-2.0
// The schema as the steps that led to it: a new database runs all of them, an
// older one those after its user_version. A released step never changes,
// because databases exist that have run it; a change is a new step at the end.
#include "storage/migrations/migrations.h"

namespace reasonwatch {
namespace {

// Times are nanoseconds since 1970; the two ends of the range mean
// infinity. REAL columns are NULL if the value is NaN. Enumerations are
// stored by name. A digest is the uint64 with its bits read as int64.
constexpr const char* kState = R"sql(
CREATE TABLE state (
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  version INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  updated_ns INTEGER NOT NULL,
  PRIMARY KEY (kind, key)
) STRICT;

CREATE TABLE facts (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL,
  updated_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE problems (
  model TEXT NOT NULL,
  digest INTEGER NOT NULL,
  id TEXT NOT NULL,
  answer_kind TEXT NOT NULL,
  gold TEXT NOT NULL,
  trials INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  PRIMARY KEY (model, digest)
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kIncidents = R"sql(
CREATE TABLE incidents (
  id TEXT NOT NULL PRIMARY KEY,
  model TEXT NOT NULL,
  route TEXT NOT NULL,
  replica TEXT NOT NULL,
  scope TEXT NOT NULL,
  severity TEXT NOT NULL,
  confirmation TEXT NOT NULL,
  opened_ns INTEGER NOT NULL,
  updated_ns INTEGER NOT NULL,
  closed_ns INTEGER NOT NULL,
  close_reason TEXT NOT NULL,
  onset_id TEXT NOT NULL,
  onset_ns INTEGER NOT NULL
) STRICT;
CREATE INDEX incidents_by_opened ON incidents (opened_ns);
CREATE INDEX incidents_by_closed ON incidents (closed_ns);

CREATE TABLE incident_signals (
  incident TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  signal TEXT NOT NULL,
  open INTEGER NOT NULL,
  finding_signal TEXT NOT NULL,
  event TEXT NOT NULL,
  scope TEXT NOT NULL,
  model TEXT NOT NULL,
  route TEXT NOT NULL,
  replica TEXT NOT NULL,
  response_id TEXT NOT NULL,
  time_ns INTEGER NOT NULL,
  statistic REAL,
  threshold REAL,
  passed_critical INTEGER NOT NULL,
  provisional INTEGER NOT NULL,
  low_coverage INTEGER NOT NULL,
  onset_id TEXT NOT NULL,
  onset_ns INTEGER NOT NULL,
  responses_since_onset INTEGER NOT NULL,
  effect_value REAL,
  effect_low REAL,
  effect_high REAL,
  effect_unit TEXT NOT NULL,
  affected_share REAL,
  channel TEXT NOT NULL,
  channel_share REAL,
  PRIMARY KEY (incident, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE incident_channels (
  incident TEXT NOT NULL,
  signal_position INTEGER NOT NULL,
  position INTEGER NOT NULL,
  channel TEXT NOT NULL,
  share REAL,
  PRIMARY KEY (incident, signal_position, position),
  FOREIGN KEY (incident, signal_position)
    REFERENCES incident_signals (incident, position) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE incident_strata (
  incident TEXT NOT NULL,
  signal_position INTEGER NOT NULL,
  position INTEGER NOT NULL,
  stratum TEXT NOT NULL,
  PRIMARY KEY (incident, signal_position, position),
  FOREIGN KEY (incident, signal_position)
    REFERENCES incident_signals (incident, position) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE incident_hints (
  incident TEXT NOT NULL,
  signal_position INTEGER NOT NULL,
  position INTEGER NOT NULL,
  cause TEXT NOT NULL,
  weight REAL,
  evidence TEXT NOT NULL,
  PRIMARY KEY (incident, signal_position, position),
  FOREIGN KEY (incident, signal_position)
    REFERENCES incident_signals (incident, position) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE incident_causes (
  incident TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  cause TEXT NOT NULL,
  weight REAL,
  evidence TEXT NOT NULL,
  PRIMARY KEY (incident, position)
) STRICT, WITHOUT ROWID;
)sql";

// problem_texts holds words of prompts: only those that an operator imported.
// baseline_rows has the digests of the responses that a baseline was made of,
// so that an import may be repeated. golden_state has the kinds of `state`.
// sampling is temperature and top_p as text.
constexpr const char* kBaselines = R"sql(
ALTER TABLE problems ADD COLUMN kind TEXT NOT NULL DEFAULT 'gold';

CREATE TABLE problem_texts (
  model TEXT NOT NULL,
  digest INTEGER NOT NULL,
  prompt TEXT NOT NULL,
  messages TEXT NOT NULL,
  system_prompt TEXT NOT NULL,
  PRIMARY KEY (model, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE regimes (
  id INTEGER PRIMARY KEY,
  model TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  weights_version TEXT NOT NULL,
  template_hash TEXT NOT NULL,
  engine TEXT NOT NULL,
  sampling TEXT NOT NULL,
  UNIQUE (model, fingerprint, weights_version, template_hash, engine, sampling)
) STRICT;

CREATE TABLE problem_trials (
  model TEXT NOT NULL,
  digest INTEGER NOT NULL,
  regime INTEGER NOT NULL REFERENCES regimes (id),
  trials INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  PRIMARY KEY (model, digest, regime)
) STRICT, WITHOUT ROWID;

CREATE TABLE baseline_rows (
  model TEXT NOT NULL,
  digest INTEGER NOT NULL,
  PRIMARY KEY (model, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE baselines (
  model TEXT NOT NULL PRIMARY KEY,
  prefix TEXT NOT NULL,
  revision INTEGER NOT NULL,
  reference_revision INTEGER NOT NULL,
  responses INTEGER NOT NULL,
  updated_ns INTEGER NOT NULL,
  frozen_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE golden_state (
  model TEXT NOT NULL,
  kind TEXT NOT NULL,
  version INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (model, kind)
) STRICT;

CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  time_ns INTEGER NOT NULL,
  model TEXT NOT NULL,
  kind TEXT NOT NULL,
  old TEXT NOT NULL,
  new TEXT NOT NULL,
  expected INTEGER NOT NULL,
  note TEXT NOT NULL,
  pending INTEGER NOT NULL
) STRICT;
CREATE INDEX events_by_model ON events (model, time_ns);
CREATE INDEX events_by_time ON events (time_ns);
)sql";

// Re-runs: one row a group, one a sample, and an incident's verdict. A
// reward is 1, 0, or -1 if the response did not say.
constexpr const char* kRescore = R"sql(
CREATE TABLE rescore_jobs (
  id TEXT NOT NULL PRIMARY KEY,
  incident TEXT NOT NULL,
  model TEXT NOT NULL,
  problem INTEGER NOT NULL,
  trigger_name TEXT NOT NULL,
  created_ns INTEGER NOT NULL,
  finished_ns INTEGER NOT NULL,
  sample_limit INTEGER NOT NULL,
  result TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE INDEX rescore_jobs_by_finished ON rescore_jobs (finished_ns);

CREATE TABLE rescore_samples (
  job TEXT NOT NULL REFERENCES rescore_jobs (id) ON DELETE CASCADE,
  way TEXT NOT NULL,
  number INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  format INTEGER NOT NULL,
  not_short INTEGER NOT NULL,
  not_long INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  PRIMARY KEY (job, way, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE incident_verdicts (
  incident TEXT NOT NULL PRIMARY KEY
    REFERENCES incidents (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  reward TEXT NOT NULL,
  problem INTEGER NOT NULL,
  bayes_factor REAL,
  samples INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  pass_rate REAL,
  baseline_pass_rate REAL,
  group_mean REAL,
  group_deviation REAL,
  advantage REAL,
  statistic REAL,
  time_ns INTEGER NOT NULL,
  fingerprint_p REAL
) STRICT, WITHOUT ROWID;

CREATE TABLE incident_differences (
  incident TEXT NOT NULL
    REFERENCES incident_verdicts (incident) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  value REAL,
  low REAL,
  high REAL,
  pairs INTEGER NOT NULL,
  cause TEXT NOT NULL,
  PRIMARY KEY (incident, position)
) STRICT, WITHOUT ROWID;
)sql";

// More of a verdict: the chat template behind the endpoint, and a judge
// model's ratings of the chains.
constexpr const char* kVerdictEvidence = R"sql(
ALTER TABLE incident_verdicts ADD COLUMN template_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE incident_verdicts
  ADD COLUMN healthy_template_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE incident_verdicts ADD COLUMN rated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE incident_verdicts ADD COLUMN low INTEGER NOT NULL DEFAULT 0;
ALTER TABLE incident_verdicts ADD COLUMN healthy_rated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE incident_verdicts ADD COLUMN healthy_low INTEGER NOT NULL DEFAULT 0;
)sql";

// Subjects of problems, and which solved ones fail since an incident's change.
constexpr const char* kFamilies = R"sql(
ALTER TABLE problems ADD COLUMN family TEXT NOT NULL DEFAULT '';

CREATE TABLE incident_families (
  incident TEXT NOT NULL,
  signal_position INTEGER NOT NULL,
  position INTEGER NOT NULL,
  family TEXT NOT NULL,
  asked INTEGER NOT NULL,
  failing INTEGER NOT NULL,
  PRIMARY KEY (incident, signal_position, position),
  FOREIGN KEY (incident, signal_position)
    REFERENCES incident_signals (incident, position) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE incident_problems (
  incident TEXT NOT NULL,
  signal_position INTEGER NOT NULL,
  position INTEGER NOT NULL,
  problem INTEGER NOT NULL,
  id TEXT NOT NULL,
  family TEXT NOT NULL,
  trials_before INTEGER NOT NULL,
  passed_before INTEGER NOT NULL,
  trials_now INTEGER NOT NULL,
  passed_now INTEGER NOT NULL,
  PRIMARY KEY (incident, signal_position, position),
  FOREIGN KEY (incident, signal_position)
    REFERENCES incident_signals (incident, position) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
)sql";

// An incident in words and pictures, as JSON. Not a child of its incident,
// which every write deletes and inserts anew.
constexpr const char* kStories = R"sql(
CREATE TABLE incident_stories (
  incident TEXT PRIMARY KEY,
  story TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// Why a way of asking that a failure needs was not asked.
constexpr const char* kUntriedWays = R"sql(
ALTER TABLE incident_differences ADD COLUMN untried TEXT NOT NULL DEFAULT '';
)sql";

constexpr const char* kMigrations[] = {kState,   kIncidents,       kBaselines,
                                       kRescore, kVerdictEvidence, kFamilies,
                                       kStories, kUntriedWays};

}  // namespace

std::span<const char* const> Migrations() { return kMigrations; }

}  // namespace reasonwatch
