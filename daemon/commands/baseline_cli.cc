#include "daemon/commands/baseline_cli.h"

#include <signal.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "core/status_macros.h"
#include "core/strings.h"
#include "daemon/commands/baseline.h"
#include "daemon/commands/compare.h"
#include "daemon/config.h"
#include "daemon/pipeline/settings.h"

namespace reasonwatch {
namespace {

constexpr char kHowTaken[] =
    "A running daemon takes this over at `systemctl reload reasonwatch` "
    "(SIGHUP, or POST /-/reload); one that is not running, at its start.\n";

// Read by the handler of SIGINT.
std::atomic<bool> g_stop = false;

struct Shared {
  std::string config_path;
  std::string folder;
  std::string model;
  BaselineImportOptions import;
  std::string from = "auto";
  std::string problem;
  int limit = 20;
  std::string out;
  bool off = false;
  RebaseOptions rebase;
  BaselineRecordOptions record;
  double timeout_seconds = 300;
};

int Report(const absl::Status& status) {
  if (status.ok()) return 0;
  std::cerr << "reasonwatch: " << status.message() << "\n";
  return 1;
}

absl::StatusOr<Config> ConfigOf(const Shared& s) {
  Config config = DefaultConfig();
  if (!s.config_path.empty()) {
    RW_ASSIGN_OR_RETURN(config, LoadConfig(s.config_path));
  }
  if (!s.folder.empty()) config.storage.path = s.folder;
  return config;
}

// `must_exist`: what a mistyped folder has not should not be made there.
absl::StatusOr<std::unique_ptr<BaselineStore>> StoreOf(
    const Config& config, bool read_only, bool must_exist = false) {
  if (must_exist) {
    const absl::Status there =
        OpenBaselineStore({.folder = config.storage.path, .read_only = true})
            .status();
    if (absl::IsNotFound(there)) return there;
  }
  return OpenBaselineStore({.folder = config.storage.path,
                            .read_only = read_only,
                            .max_bytes = config.storage.max_bytes});
}

void PrintImport(const BaselineImportOptions& options,
                 const BaselineImportReport& r, absl::Duration took) {
  std::string models;
  for (const std::string& m : r.models)
    models += (models.empty() ? "" : ", ") + m;
  std::cout << absl::StrFormat(
      "%s %s (%s) for %s\n", options.dry_run ? "would import" : "imported",
      options.path, AbslView(BaselineFormatName(r.format)), models);
  if (r.responses > 0)
    std::cout << absl::StrFormat(
        "  responses  %d, %d of them new; %d graded, %d correct\n", r.responses,
        r.learnt, r.graded, r.correct);
  std::cout << absl::StrFormat(
      "  problems   %d, %d of them new, %d with another answer than before\n",
      r.problems, r.fresh, r.changed);
  if (r.agreed > 0)
    std::cout << absl::StrFormat(
        "  agreed     %d problems without an answer that were asked again and "
        "again\n",
        r.agreed);
  std::cout << absl::StrFormat("  bad lines  %d\n", r.bad_lines);
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const double seconds = absl::ToDoubleSeconds(took);
  std::cout << absl::StrFormat(
      "  took       %.2f s, %.0f rows/s, %d MiB of memory at most\n", seconds,
      static_cast<double>(r.responses > 0 ? r.responses : r.problems) /
          std::max(seconds, 1e-3),
      static_cast<int64_t>(usage.ru_maxrss >> 10));
  if (options.dry_run) return;
  const bool news = r.fresh > 0 || r.changed > 0 || r.learnt > 0;
  std::cout << (news ? kHowTaken : "Nothing of it is new.\n");
}

absl::Status Import(Shared& s) {
  RW_ASSIGN_OR_RETURN(const Config config, ConfigOf(s));
  RW_ASSIGN_OR_RETURN(s.import.format, ParseBaselineFormat(s.from));
  s.import.model = s.model;
  // Before a database is made for it.
  RW_RETURN_IF_ERROR(CheckImport(s.import).status());
  std::unique_ptr<BaselineStore> store;
  if (!s.import.dry_run) {
    RW_ASSIGN_OR_RETURN(store, StoreOf(config, /*read_only=*/false));
  }
  const absl::Time began = absl::Now();
  RW_ASSIGN_OR_RETURN(
      const BaselineImportReport report,
      ImportBaselineFile(s.import, config, store.get(), std::cerr));
  PrintImport(s.import, report, absl::Now() - began);
  return absl::OkStatus();
}

absl::Status Export(const Shared& s) {
  RW_ASSIGN_OR_RETURN(const Config config, ConfigOf(s));
  RW_ASSIGN_OR_RETURN(const auto store, StoreOf(config, /*read_only=*/true));
  if (s.out.empty()) return ExportBaseline(*store, s.model, std::cout).status();
  // Before an earlier export is written over.
  RW_RETURN_IF_ERROR(CheckHasBaseline(*store, s.model));
  std::ofstream out(s.out, std::ios::binary | std::ios::trunc);
  if (!out)
    return absl::PermissionDeniedError(
        absl::StrFormat("can't write %s", s.out));
  RW_ASSIGN_OR_RETURN(const int64_t written,
                      ExportBaseline(*store, s.model, out));
  std::cerr << written << " problems in " << s.out << "\n";
  return absl::OkStatus();
}

absl::Status Freeze(const Shared& s) {
  RW_ASSIGN_OR_RETURN(const Config config, ConfigOf(s));
  RW_ASSIGN_OR_RETURN(const auto store, StoreOf(config, /*read_only=*/false,
                                                /*must_exist=*/true));
  RW_RETURN_IF_ERROR(store->Freeze(s.model, !s.off, absl::Now()));
  RW_ASSIGN_OR_RETURN(const auto learnt, store->Rolling(s.model));
  std::cout << (s.off ? "imports are let in again\n"
                : learnt.empty()
                    ? "the daemon has learnt nothing of the model yet, so its "
                      "baseline stays as it is; imports are refused until "
                      "`--off`\n"
                    : "what the daemon has learnt is the golden reference "
                      "now; imports are refused until `--off`\n");
  return absl::OkStatus();
}

absl::Status Rebase(Shared& s) {
  RW_ASSIGN_OR_RETURN(const Config config, ConfigOf(s));
  RW_ASSIGN_OR_RETURN(const auto store, StoreOf(config, /*read_only=*/false,
                                                /*must_exist=*/true));
  s.rebase.model = s.model;
  RW_RETURN_IF_ERROR(RebaseBaseline(*store, s.rebase, absl::Now()));
  std::cout << "noted: open incidents of " << s.model
            << " close as accepted, and "
            << (s.rebase.to_golden ? "the golden reference is back"
                                   : "the reference starts anew")
            << ". The golden reference is kept.\n"
            << kHowTaken;
  return absl::OkStatus();
}

absl::Status Record(Shared& s, const MakeModelClient& make_client) {
  RW_ASSIGN_OR_RETURN(const Config config, ConfigOf(s));
  RW_ASSIGN_OR_RETURN(const auto store, StoreOf(config, /*read_only=*/false,
                                                /*must_exist=*/true));
  s.record.model = s.model;
  s.record.timeout = absl::Seconds(s.timeout_seconds);
  RW_ASSIGN_OR_RETURN(const auto client, make_client(s.record));
  // The handler falls back to the default: a second SIGINT ends at once.
  struct sigaction action = {};
  action.sa_handler = [](int) { g_stop = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  RW_ASSIGN_OR_RETURN(
      const BaselineRecordReport r,
      RecordBaseline(s.record, *store, *client, g_stop, std::cerr));
  std::cout << absl::StrFormat(
      "%d problems, %d new answers, %d from before, %d failed requests; they "
      "are in %s\n",
      r.problems, r.answers, r.had, r.failures, s.record.out);
  if (r.answers == 0 && r.had == 0 && !r.stopped)
    return absl::UnavailableError(
        "the model has given no answer; nothing is imported");
  if (r.stopped) {
    std::cout << "stopped: the same command goes on from here\n";
    return absl::CancelledError("stopped before the end");
  }
  s.import.path = s.record.out;
  s.from = "reasonwatch";
  return Import(s);
}

}  // namespace

CLI::App* AddBaselineCommands(CLI::App& app, int& exit_code,
                              MakeModelClient make_client) {
  auto* baseline = app.add_subcommand(
      "baseline",
      "problems and healthy responses that a model is measured against");
  baseline->require_subcommand(1);
  // Shared by the callbacks, which live as long as the app.
  const auto s = std::make_shared<Shared>();
  const auto add = [&](const char* name, const char* what,
                       std::function<absl::Status(Shared&)> run) {
    auto* command = baseline->add_subcommand(name, what);
    command->add_option("--config", s->config_path, "configuration (YAML)");
    command->add_option("--data", s->folder,
                        "data folder of `serve`; default: storage.path of the "
                        "configuration");
    command->callback(
        [s, run = std::move(run), &exit_code] { exit_code = Report(run(*s)); });
    return command;
  };
  const auto read = [](auto run) {
    return [run](Shared& shared) -> absl::Status {
      RW_ASSIGN_OR_RETURN(const Config config, ConfigOf(shared));
      RW_ASSIGN_OR_RETURN(const auto store,
                          StoreOf(config, /*read_only=*/true));
      return run(shared, config, *store);
    };
  };
  const auto model = [&](CLI::App* command, bool required) {
    command->add_option("--model", s->model, "model, named as in its responses")
        ->required(required);
  };

  auto* import = add("import",
                     "bring in problems with answers, or recorded healthy "
                     "responses; the same again changes nothing",
                     Import);
  import->add_option("file", s->import.path, "JSONL or CSV")->required();
  import->add_option(
      "--from", s->from,
      "auto, reasonwatch (recorded responses), openai-batch, litellm, gsm8k, "
      "math (MATH-500), aime, "
      "choice (MMLU and the like), csv (a header with question and answer), "
      "export (of `baseline export`)");
  model(import, false);
  import->add_flag("--replace", s->import.replace,
                   "forget the model's stored baseline first");
  import->add_flag("--dry-run", s->import.dry_run, "read and count only");

  if (make_client) {
    auto* record = add(
        "record",
        "ask the model the imported problems and learn its answers; ended by "
        "Ctrl-C or a crash, the same command goes on",
        [make_client = std::move(make_client)](Shared& shared) {
          return Record(shared, make_client);
        });
    BaselineRecordOptions& r = s->record;
    record
        ->add_option("--endpoint", r.endpoint,
                     "base URL of an OpenAI-compatible server, with /v1")
        ->required();
    model(record, true);
    record
        ->add_option("--out", r.out,
                     "file for the recorded responses, with their text")
        ->required();
    record->add_option("--served-model", r.served_model,
                       "what the server calls the model, where not so");
    record->add_option("--api-key-file", r.api_key_file, "file with its key");
    record->add_option("--ca-file", r.ca_file,
                       "certificates to trust instead of the system's");
    record->add_option("-n,--answers", r.n, "answers a problem")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    record->add_option("--limit", r.limit, "problems at most, 0 = all")
        ->check(CLI::NonNegativeNumber);
    record->add_option("--temperature", r.temperature)
        ->check(CLI::Range(0.0, 5.0))
        ->capture_default_str();
    record->add_option("--top-p", r.top_p)
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    record->add_option("--max-tokens", r.max_tokens)
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    record->add_option("--timeout", s->timeout_seconds, "seconds a request")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    record->add_flag("!--no-progress", r.progress, "no progress bar");
  }

  add("list", "one line a model",
      read([](Shared&, const Config&, BaselineStore& store) {
        return ListBaselines(store, std::cout);
      }));

  auto* show =
      add("show", "a model's baseline, or one of its problems",
          read([](Shared& shared, const Config&, BaselineStore& store) {
            return ShowBaseline(store, shared.model, shared.problem,
                                shared.limit, std::cout);
          }));
  model(show, true);
  show->add_option("problem", s->problem, "id or digest of a problem");
  show->add_option("--limit", s->limit, "problems to list")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();

  auto* exported =
      add("export", "write the problems as JSONL, for import", Export);
  model(exported, true);
  exported->add_option("--out", s->out, "file; default: standard output");

  auto* freeze = add("freeze",
                     "make what the daemon has learnt of a model its golden "
                     "reference, and refuse imports",
                     Freeze);
  model(freeze, true);
  freeze->add_flag("--off", s->off, "let imports in again");

  auto* diff =
      add("diff",
          "the golden reference against what the daemon has learnt "
          "since",
          read([](Shared& shared, const Config& config, BaselineStore& store) {
            return DiffBaseline(store, config, shared.model, std::cout);
          }));
  model(diff, true);

  auto* rebase = add("rebase",
                     "a change is wanted: close open incidents as accepted and "
                     "learn the model anew",
                     Rebase);
  model(rebase, true);
  rebase->add_option("--version", s->rebase.version, "of the new model");
  rebase->add_option("--note", s->rebase.note, "why; stands in the incidents");
  rebase->add_flag("--to-golden", s->rebase.to_golden,
                   "go back to the golden reference instead");
  return baseline;
}

void AddCompareCommand(CLI::App& app, int& exit_code) {
  struct Options {
    std::string a, b, config;
    std::string format = "text";
    CompareOptions compare;
  };
  const auto o = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "compare",
      "two recordings of the same problems: has the second regressed? Exit "
      "code 0: no, 1: yes, 2: it could not be told");
  command->add_option("a", o->a, "recorded responses before (JSONL)")
      ->required();
  command->add_option("b", o->b, "recorded responses after (JSONL)")
      ->required();
  command->add_option("--config", o->config,
                      "configuration (YAML), for a grader of your own");
  command->add_option("--format", o->format)
      ->check(CLI::IsMember({"text", "json", "junit"}))
      ->capture_default_str();
  command
      ->add_option("--min-drop", o->compare.min_drop,
                   "smallest drop of the pass rate that counts, 0 to 1")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->callback([o, &exit_code] {
    const auto compare = [&]() -> absl::StatusOr<CompareReport> {
      if (!o->config.empty()) {
        RW_ASSIGN_OR_RETURN(const Config config, LoadConfig(o->config));
        o->compare.grader =
            GraderOf(config, /*lasting=*/false, TellGraderFailures(std::cerr));
      }
      return CompareFiles(o->a, o->b, o->compare, std::cerr);
    };
    const auto report = compare();
    if (!report.ok()) {
      std::cerr << "reasonwatch: " << report.status().message() << "\n";
      exit_code = 2;
      return;
    }
    std::cout << (o->format == "json"    ? CompareJson(*report)
                  : o->format == "junit" ? CompareJunit(*report)
                                         : CompareText(*report));
    exit_code = report->verdict == CompareVerdict::kRegressed ? 1 : 0;
  });
}

}  // namespace reasonwatch
