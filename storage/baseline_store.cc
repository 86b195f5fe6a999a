// SPDX-License-Identifier: Apache-2.0
// Every call prepares its own statements: commands run once, so nothing is
// cached but the ids of regimes within one import. A call that writes is one
// transaction, which waits for the daemon's and fails as a whole.
//
// In order: reads, writes, their helpers, opening beside a daemon.
#include "storage/baseline_store.h"

#include <unistd.h>

#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_format.h"
#include "storage/baseline_table.h"
#include "storage/migrations/migrations.h"
#include "storage/sqlite.h"
#include "storage/sqlite_store.h"
#include "storage/state_table.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

int64_t Signed(uint64_t digest) { return static_cast<int64_t>(digest); }

class BaselineStoreImpl : public BaselineStore {
 public:
  BaselineStoreImpl(Connection connection, const BaselineStoreOptions& options)
      : connection_(std::move(connection)), options_(options) {}

  absl::StatusOr<std::vector<BaselineInfo>> Baselines() override {
    RW_ASSIGN_OR_RETURN(
        Statement query,
        connection_.Prepare(
            "SELECT m.model, coalesce(b.prefix, ''), coalesce(b.revision, 0),"
            " coalesce(b.reference_revision, 0), coalesce(b.responses, 0),"
            " (SELECT count(*) FROM problems p WHERE p.model = m.model),"
            " (SELECT count(*) FROM problems p WHERE p.model = m.model AND"
            " p.kind = 'agreed'),"
            " coalesce(b.updated_ns, ?1), coalesce(b.frozen_ns, ?1),"
            " EXISTS (SELECT 1 FROM golden_state g WHERE g.model = m.model)"
            " FROM (SELECT model FROM problems UNION"
            " SELECT model FROM baselines) m"
            " LEFT JOIN baselines b ON b.model = m.model ORDER BY m.model"));
    query.Time(absl::InfinitePast());
    std::vector<BaselineInfo> all;
    RW_RETURN_IF_ERROR(ForEachRow(query, [&](Statement& row) {
      BaselineInfo& b = all.emplace_back();
      b.model = row.NextText();
      b.prefix = row.NextText();
      b.revision = row.NextInt();
      b.reference_revision = row.NextInt();
      b.responses = row.NextInt();
      b.problems = row.NextInt();
      b.agreed = row.NextInt();
      b.updated = row.NextTime();
      b.frozen = row.NextTime();
      b.has_reference = row.NextInt() != 0;
    }));
    return all;
  }

  absl::StatusOr<std::vector<BaselineProblem>> Problems(
      std::string_view model) override {
    return ReadProblems(connection_, model);
  }

  absl::StatusOr<std::vector<RegimeTrials>> Trials(
      std::string_view model) override {
    RW_ASSIGN_OR_RETURN(
        Statement query,
        connection_.Prepare(
            "SELECT r.fingerprint, r.weights_version, r.template_hash,"
            " r.engine, r.sampling, t.digest, t.trials, t.failures FROM"
            " problem_trials t JOIN regimes r ON r.id = t.regime WHERE"
            " t.model = ?1 ORDER BY t.digest, r.id"));
    query.Text(model);
    std::vector<RegimeTrials> all;
    RW_RETURN_IF_ERROR(ForEachRow(query, [&](Statement& row) {
      RegimeTrials& t = all.emplace_back();
      t.regime.regime.fingerprint = row.NextText();
      t.regime.regime.weights_version = row.NextText();
      t.regime.regime.template_hash = row.NextText();
      t.regime.regime.engine = row.NextText();
      t.regime.sampling = row.NextText();
      t.digest = static_cast<uint64_t>(row.NextInt());
      t.trials = static_cast<int32_t>(row.NextInt());
      t.failures = static_cast<int32_t>(row.NextInt());
    }));
    return all;
  }

  absl::StatusOr<ProblemText> Text(std::string_view model,
                                   uint64_t digest) override {
    return ReadProblemText(connection_, model, digest);
  }

  absl::StatusOr<std::map<uint64_t, ProblemText>> Texts(
      std::string_view model) override {
    RW_ASSIGN_OR_RETURN(
        Statement query,
        connection_.Prepare("SELECT digest, prompt, messages, system_prompt"
                            " FROM problem_texts WHERE model = ?1"));
    query.Text(model);
    std::map<uint64_t, ProblemText> texts;
    RW_RETURN_IF_ERROR(ForEachRow(query, [&](Statement& row) {
      ProblemText& text = texts[static_cast<uint64_t>(row.NextInt())];
      text.prompt = row.NextText();
      text.messages_json = row.NextText();
      text.system_prompt = row.NextText();
    }));
    return texts;
  }

  absl::StatusOr<std::vector<uint64_t>> Rows(std::string_view model) override {
    RW_ASSIGN_OR_RETURN(
        Statement query,
        connection_.Prepare("SELECT digest FROM baseline_rows WHERE model = ?1"
                            " ORDER BY digest"));
    query.Text(model);
    std::vector<uint64_t> rows;
    RW_RETURN_IF_ERROR(ForEachRow(query, [&](Statement& row) {
      rows.push_back(static_cast<uint64_t>(row.NextInt()));
    }));
    return rows;
  }

  absl::StatusOr<std::vector<StateBlob>> Golden(
      std::string_view model) override {
    return Blobs(model,
                 "SELECT kind, version, bytes FROM golden_state WHERE model ="
                 " ?1 ORDER BY kind");
  }
  absl::StatusOr<std::vector<StateBlob>> Rolling(
      std::string_view model) override {
    return Blobs(model,
                 "SELECT kind, version, bytes FROM state WHERE key = ?1 ORDER"
                 " BY kind");
  }

  absl::StatusOr<Added> AddProblems(
      const std::string& model, const std::vector<ImportedProblem>& problems,
      absl::Time now) override {
    Added added;
    const absl::Status done = Transact([&]() -> absl::Status {
      RW_RETURN_IF_ERROR(CheckNotFrozen(model));
      RW_ASSIGN_OR_RETURN(added, Write(model, problems));
      // Nothing new is no new revision, so that a repeat wakes nobody.
      const bool news = added.fresh > 0 || added.changed > 0;
      return Touch(model, std::nullopt, news, /*reference=*/false, 0, now);
    });
    if (!done.ok()) return done;
    return added;
  }

  absl::StatusOr<Added> PutReference(
      const std::string& model, const std::string& prefix,
      const std::vector<ImportedProblem>& problems,
      const std::vector<uint64_t>& rows, const std::vector<StateBlob>& golden,
      absl::Time now) override {
    Added added;
    const absl::Status done = Transact([&]() -> absl::Status {
      RW_RETURN_IF_ERROR(CheckNotFrozen(model));
      RW_ASSIGN_OR_RETURN(added, Write(model, problems));
      RW_ASSIGN_OR_RETURN(
          Statement insert,
          connection_.Prepare("INSERT OR IGNORE INTO baseline_rows (model,"
                              " digest) VALUES (?1,?2)"));
      for (uint64_t digest : rows)
        RW_RETURN_IF_ERROR(insert.Text(model).Int(Signed(digest)).Run());
      RW_RETURN_IF_ERROR(WriteGolden(model, golden));
      return Touch(model, prefix, true, true, static_cast<int64_t>(rows.size()),
                   now);
    });
    if (!done.ok()) return done;
    return added;
  }

  absl::Status Clear(const std::string& model) override {
    return Transact([&]() -> absl::Status {
      RW_RETURN_IF_ERROR(CheckNotFrozen(model));
      constexpr char kEmptied[] =
          "UPDATE baselines SET prefix = '', responses = 0, revision ="
          " revision + 1 WHERE model = ?1";
      // Agreed problems are the daemon's.
      for (const char* sql :
           {"DELETE FROM problem_texts WHERE model = ?1",
            "DELETE FROM problem_trials WHERE model = ?1",
            "DELETE FROM problems WHERE model = ?1 AND kind != 'agreed'",
            "DELETE FROM baseline_rows WHERE model = ?1",
            "DELETE FROM golden_state WHERE model = ?1", kEmptied}) {
        RW_ASSIGN_OR_RETURN(Statement remove, connection_.Prepare(sql));
        RW_RETURN_IF_ERROR(remove.Text(model).Run());
      }
      return absl::OkStatus();
    });
  }

  absl::Status Freeze(const std::string& model, bool frozen,
                      absl::Time now) override {
    return Transact([&]() -> absl::Status {
      RW_ASSIGN_OR_RETURN(
          Statement known,
          connection_.Prepare("SELECT EXISTS (SELECT 1 FROM baselines WHERE"
                              " model = ?1) OR EXISTS (SELECT 1 FROM state"
                              " WHERE key = ?1)"));
      RW_ASSIGN_OR_RETURN(const bool row, known.Text(model).Step());
      if (!row || known.NextInt() == 0)
        return absl::NotFoundError(absl::StrFormat(
            "nothing is known of model %s: import a baseline, or let the "
            "daemon see it",
            model));
      known.Reset();
      RW_RETURN_IF_ERROR(Touch(model, std::nullopt, true, false, 0, now));
      RW_ASSIGN_OR_RETURN(
          Statement mark,
          connection_.Prepare(
              "UPDATE baselines SET frozen_ns = ?2 WHERE model = ?1"));
      RW_RETURN_IF_ERROR(
          mark.Text(model).Time(frozen ? now : absl::InfinitePast()).Run());
      if (!frozen) return absl::OkStatus();
      RW_ASSIGN_OR_RETURN(std::vector<StateBlob> learnt, Rolling(model));
      if (learnt.empty()) return absl::OkStatus();
      return WriteGolden(model, learnt);
    });
  }

  absl::Status AddEvent(const ModelEvent& event, bool pending) override {
    return Transact([&]() -> absl::Status {
      RW_ASSIGN_OR_RETURN(EventWriter events,
                          EventWriter::Prepare(connection_));
      return events.Add(event, pending).status();
    });
  }
  absl::StatusOr<std::vector<ModelEvent>> Pending() override {
    return ReadPendingEvents(connection_);
  }

  absl::StatusOr<std::string> Fact(std::string_view name) override {
    return ReadFact(connection_, name);
  }
  absl::Status PutFact(std::string_view name, std::string_view value) override {
    return Transact([&]() -> absl::Status {
      RW_ASSIGN_OR_RETURN(StateWriter state, StateWriter::Prepare(connection_));
      return state.WriteFact(name, value, absl::Now());
    });
  }

 private:
  template <typename Body>
  absl::Status Transact(const Body& body) {
    if (options_.read_only)
      return absl::FailedPreconditionError("database is open for reading only");
    RW_RETURN_IF_ERROR(connection_.Execute("BEGIN IMMEDIATE"));
    absl::Status status = CheckRoom();
    if (status.ok()) status = body();
    if (status.ok()) status = connection_.Execute("COMMIT");
    if (!status.ok()) (void)connection_.Execute("ROLLBACK");
    return status;
  }

  absl::Status CheckRoom() {
    RW_ASSIGN_OR_RETURN(
        const int64_t bytes,
        connection_.ReadInt("SELECT page_count * page_size FROM"
                            " pragma_page_count, pragma_page_size"));
    if (bytes <= options_.max_bytes) return absl::OkStatus();
    return absl::ResourceExhaustedError(
        absl::StrFormat("database is at its limit of %d bytes; raise "
                        "storage.max_size",
                        options_.max_bytes));
  }

  absl::Status CheckNotFrozen(const std::string& model) {
    RW_ASSIGN_OR_RETURN(
        Statement query,
        connection_.Prepare(
            "SELECT frozen_ns FROM baselines WHERE model = ?1"));
    RW_ASSIGN_OR_RETURN(const bool row, query.Text(model).Step());
    if (!row) return absl::OkStatus();
    const absl::Time frozen = query.NextTime();
    if (frozen == absl::InfinitePast()) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrFormat(
        "the baseline of %s is frozen since %s; `reasonwatch baseline freeze "
        "--off --model %s` opens it",
        model, absl::FormatTime("%Y-%m-%d", frozen, absl::UTCTimeZone()),
        model));
  }

  absl::StatusOr<std::vector<StateBlob>> Blobs(std::string_view model,
                                               const char* sql) {
    RW_ASSIGN_OR_RETURN(Statement query, connection_.Prepare(sql));
    query.Text(model);
    std::vector<StateBlob> blobs;
    RW_RETURN_IF_ERROR(ForEachRow(query, [&](Statement& row) {
      StateBlob& b = blobs.emplace_back();
      b.kind = row.NextText();
      b.key = model;
      b.version = static_cast<int32_t>(row.NextInt());
      b.bytes = row.NextText();
    }));
    return blobs;
  }

  absl::Status WriteGolden(const std::string& model,
                           const std::vector<StateBlob>& golden) {
    RW_ASSIGN_OR_RETURN(
        Statement clear,
        connection_.Prepare("DELETE FROM golden_state WHERE model = ?1"));
    RW_RETURN_IF_ERROR(clear.Text(model).Run());
    RW_ASSIGN_OR_RETURN(
        Statement put,
        connection_.Prepare("INSERT INTO golden_state (model, kind, version,"
                            " bytes) VALUES (?1,?2,?3,?4)"));
    for (const StateBlob& b : golden)
      RW_RETURN_IF_ERROR(
          put.Text(model).Text(b.kind).Int(b.version).Blob(b.bytes).Run());
    return absl::OkStatus();
  }

  absl::Status Touch(const std::string& model,
                     const std::optional<std::string>& prefix, bool news,
                     bool reference, int64_t responses, absl::Time now) {
    RW_ASSIGN_OR_RETURN(
        Statement touch,
        connection_.Prepare(
            "INSERT INTO baselines (model, prefix, revision,"
            " reference_revision, responses, updated_ns, frozen_ns) VALUES"
            " (?1, coalesce(?2, ''), ?3, ?4, ?5, ?6, ?7) ON CONFLICT (model)"
            " DO UPDATE SET revision = revision + ?3, reference_revision ="
            " reference_revision + ?4, responses = responses + ?5,"
            " prefix = iif(?4 > 0, coalesce(?2, ''), prefix),"
            " updated_ns = iif(?3 > 0, ?6, updated_ns)"));
    return touch.Text(model)
        .Text(prefix.value_or(""))
        .Int(news)
        .Int(reference)
        .Int(responses)
        .Time(now)
        .Time(absl::InfinitePast())
        .Run();
  }

  absl::StatusOr<int64_t> RegimeId(const std::string& model,
                                   const TrialRegime& r) {
    const auto key =
        std::tuple(model, r.regime.fingerprint, r.regime.weights_version,
                   r.regime.template_hash, r.regime.engine, r.sampling);
    const auto it = regimes_.find(key);
    if (it != regimes_.end()) return it->second;
    // The update that changes nothing makes RETURNING give the row's id.
    RW_ASSIGN_OR_RETURN(
        Statement put,
        connection_.Prepare(
            "INSERT INTO regimes (model, fingerprint, weights_version,"
            " template_hash, engine, sampling) VALUES (?1,?2,?3,?4,?5,?6)"
            " ON CONFLICT DO UPDATE SET model = model RETURNING id"));
    RW_ASSIGN_OR_RETURN(const bool row, put.Text(model)
                                            .Text(r.regime.fingerprint)
                                            .Text(r.regime.weights_version)
                                            .Text(r.regime.template_hash)
                                            .Text(r.regime.engine)
                                            .Text(r.sampling)
                                            .Step());
    const int64_t id = row ? put.NextInt() : 0;
    put.Reset();
    regimes_[key] = id;
    return id;
  }

  absl::StatusOr<Added> Write(const std::string& model,
                              const std::vector<ImportedProblem>& problems) {
    Added added;
    regimes_.clear();
    RW_ASSIGN_OR_RETURN(ProblemWriter writer,
                        ProblemWriter::Prepare(connection_));
    RW_ASSIGN_OR_RETURN(
        Statement known,
        connection_.Prepare("SELECT gold FROM problems WHERE model = ?1 AND"
                            " digest = ?2"));
    RW_ASSIGN_OR_RETURN(
        Statement words,
        connection_.Prepare("INSERT OR REPLACE INTO problem_texts (model,"
                            " digest, prompt, messages, system_prompt) VALUES"
                            " (?1,?2,?3,?4,?5)"));
    RW_ASSIGN_OR_RETURN(
        Statement trials,
        connection_.Prepare(
            "INSERT INTO problem_trials (model, digest, regime, trials,"
            " failures) VALUES (?1,?2,?3,?4,?5) ON CONFLICT DO UPDATE SET"
            " trials = trials + excluded.trials,"
            " failures = failures + excluded.failures"));
    for (const ImportedProblem& p : problems) {
      RW_RETURN_IF_ERROR(CheckProblem(p.problem));
      RW_ASSIGN_OR_RETURN(
          const bool is_known,
          known.Text(model).Int(Signed(p.problem.digest)).Step());
      if (!is_known) {
        ++added.fresh;
      } else {
        const std::string gold = known.NextText();
        added.changed += !p.problem.gold.empty() && gold != p.problem.gold;
        known.Reset();
      }
      RW_RETURN_IF_ERROR(writer.Add(p.problem));
      if (!p.text.prompt.empty() || !p.text.messages_json.empty())
        RW_RETURN_IF_ERROR(words.Text(model)
                               .Int(Signed(p.problem.digest))
                               .Text(p.text.prompt)
                               .Text(p.text.messages_json)
                               .Text(p.text.system_prompt)
                               .Run());
      if (p.problem.trials == 0) continue;
      RW_ASSIGN_OR_RETURN(const int64_t regime, RegimeId(model, p.regime));
      RW_RETURN_IF_ERROR(trials.Text(model)
                             .Int(Signed(p.problem.digest))
                             .Int(regime)
                             .Int(p.problem.trials)
                             .Int(p.problem.failures)
                             .Run());
    }
    return added;
  }

  Connection connection_;
  const BaselineStoreOptions options_;
  std::map<std::tuple<std::string, std::string, std::string, std::string,
                      std::string, std::string>,
           int64_t>
      regimes_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<BaselineStore>> OpenBaselineStore(
    const BaselineStoreOptions& options) {
  if (options.folder.empty())
    return absl::InvalidArgumentError("storage without a folder");
  const std::string path = options.database.empty()
                               ? options.folder + "/reasonwatch.db"
                               : options.database;
  const auto known = static_cast<int64_t>(Migrations().size());
  const bool exists = IsInMemory(path) || access(path.c_str(), F_OK) == 0;
  std::optional<Connection> connection;
  if (exists) {
    absl::StatusOr<Connection> opened = Connection::Open(path);
    if (opened.ok()) {
      const auto version = opened->ReadInt("PRAGMA user_version");
      const auto application = opened->ReadInt("PRAGMA application_id");
      if (version.ok() && *version == known && application.ok() &&
          *application == kApplicationId)
        connection = *std::move(opened);
    }
  }
  if (!connection.has_value()) {
    // The daemon's store makes and migrates the file, checks it and says why it
    // is wrong; beside a running daemon it needs no lock for the checks.
    SqliteStoreOptions store;
    store.folder = options.folder;
    if (exists) {
      store.read_only = true;
      const absl::Status readable = OpenSqliteStore(store).status();
      if (absl::IsDataLoss(readable)) return readable;
    }
    store.read_only = options.read_only;
    RW_RETURN_IF_ERROR(OpenSqliteStore(store).status());
    RW_ASSIGN_OR_RETURN(connection, Connection::Open(path));
  }
  RW_RETURN_IF_ERROR(connection->Execute(
      options.read_only ? "PRAGMA query_only = ON"
                        : "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                          "PRAGMA journal_size_limit = 8388608"));
  return std::make_unique<BaselineStoreImpl>(*std::move(connection), options);
}

}  // namespace reasonwatch
