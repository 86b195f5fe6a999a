// SPDX-License-Identifier: Apache-2.0
// The command lines of `reasonwatch baseline`: first the work of each command,
// then Registration, which gives each its flags.
#include <signal.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "daemon/app/commands/baseline.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/commands.h"
#include "daemon/app/settings.h"
#include "daemon/recordings/expand_templates.h"
#include "daemon/recordings/export_baseline.h"
#include "daemon/recordings/match_lines.h"
#include "daemon/recordings/record_baseline.h"
#include "daemon/recordings/recording_check.h"
#include "rescore/client/model_client.h"
#include "util/input_file.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

constexpr char kHowTaken[] =
    "A running daemon takes this over at `systemctl reload reasonwatch` "
    "(SIGHUP, or POST /-/reload); one that is not running, at its start.\n";

// Read by the handler of SIGINT.
std::atomic<bool> g_stop = false;

// The flags of all commands, which have many in common.
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
  std::string system_prompt_file;
  std::string thinking;
  bool candidate = false;
  bool accept = false;
  double timeout_seconds = 300;
  Output output = Output::kText;
};

absl::StatusOr<Config> ConfigOf(const Shared& s) {
  Config config = DefaultConfig();
  if (!s.config_path.empty()) {
    RW_ASSIGN_OR_RETURN(config, LoadConfig(s.config_path));
  }
  if (!s.folder.empty()) config.storage.path = s.folder;
  return config;
}

// `must_exist`: NotFound instead of a new database, as in a mistyped folder.
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

std::string ImportJson(const BaselineImportOptions& options,
                       const BaselineImportReport& r) {
  using Json = nlohmann::ordered_json;
  const Json json = Json::object({{"file", options.path},
                                  {"dry_run", options.dry_run},
                                  {"format", BaselineFormatName(r.format)},
                                  {"models", r.models},
                                  {"responses", r.responses},
                                  {"new_responses", r.learnt},
                                  {"graded", r.graded},
                                  {"correct", r.correct},
                                  {"problems", r.problems},
                                  {"new_problems", r.fresh},
                                  {"changed_problems", r.changed},
                                  {"agreed_problems", r.agreed},
                                  {"bad_lines", r.bad_lines}});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
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
  if (s.output == Output::kJson)
    std::cout << ImportJson(s.import, report) << "\n";
  else
    PrintImport(s.import, report, absl::Now() - began);
  return absl::OkStatus();
}

absl::Status Export(const Shared& s) {
  RW_ASSIGN_OR_RETURN(const Config config, ConfigOf(s));
  RW_ASSIGN_OR_RETURN(const auto store, StoreOf(config, /*read_only=*/true));
  if (s.out.empty()) return ExportBaseline(*store, s.model, std::cout).status();
  return WriteFile(s.out, [&](std::ostream& out) -> absl::Status {
    RW_ASSIGN_OR_RETURN(const int64_t written,
                        ExportBaseline(*store, s.model, out));
    std::cerr << written << " problems in " << s.out << "\n";
    return absl::OkStatus();
  });
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

absl::Status ReadRecordFlags(Shared& s) {
  BaselineRecordOptions& r = s.record;
  r.model = s.model;
  r.timeout = absl::Seconds(s.timeout_seconds);
  if (s.thinking == "on") r.thinking = Thinking::kOn;
  if (s.thinking == "off") r.thinking = Thinking::kOff;
  if (s.system_prompt_file.empty()) return absl::OkStatus();
  RW_ASSIGN_OR_RETURN(std::ifstream in, OpenInput(s.system_prompt_file));
  r.system_prompt = {std::istreambuf_iterator<char>(in),
                     std::istreambuf_iterator<char>()};
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<ModelClient>> ClientOf(
    const BaselineRecordOptions& record) {
  ModelClientOptions options;
  options.endpoint = record.endpoint;
  options.served_model = record.served_model;
  options.api_key_file = record.api_key_file;
  options.ca_file = record.ca_file;
  options.extra_body = record.extra_body;
  return OpenModelClient(std::move(options));
}

// Is the recording fit to be learnt? A candidate's is looked at as well, but
// nothing depends on it.
absl::Status CheckRecorded(const Shared& s, const Config& config) {
  RW_ASSIGN_OR_RETURN(
      const RecordingCheck check,
      CheckRecording(s.record.out, GraderOf(config, /*lasting=*/false,
                                            ReportGraderFailures(std::cerr))));
  std::cout << absl::StrFormat(
      "  right      %d of %d; %d with no answer in a known form, %d cut at the "
      "token limit\n",
      check.correct, check.asked, check.unexpected, check.cut);
  std::string why = MixedLengths(check);
  const bool mixed = !why.empty();
  if (!mixed) why = BrokenPassRate(check);
  if (why.empty()) return absl::OkStatus();
  if (s.candidate || (s.accept && !mixed)) {
    std::cerr << "warning: " << why << "\n";
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrFormat(
      "%s; nothing is imported. %s", why,
      mixed ? "Record all of them anew, into another file"
            : "Look at a few answers, at --system-prompt-file, --thinking and "
              "--max-tokens; --accept learns them all the same"));
}

absl::Status Record(Shared& s) {
  RW_ASSIGN_OR_RETURN(const Config config, ConfigOf(s));
  RW_RETURN_IF_ERROR(ReadRecordFlags(s));
  RW_ASSIGN_OR_RETURN(auto store, StoreOf(config, /*read_only=*/s.candidate,
                                          /*must_exist=*/true));
  RW_ASSIGN_OR_RETURN(const auto client, ClientOf(s.record));
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
  RW_RETURN_IF_ERROR(CheckRecorded(s, config));
  if (s.candidate) {
    std::cout
        << "a candidate: the baseline is as it was; `reasonwatch compare` "
           "compares the file with another\n";
    return absl::OkStatus();
  }
  s.import.path = s.record.out;
  s.from = "reasonwatch";
  return Import(s);
}

absl::Status Match(const std::string& baseline, const std::string& in_path,
                   const std::string& out_path) {
  return OverLines(in_path, out_path, [&](std::istream& in, std::ostream& out) {
    MatchCounts counts;
    const absl::Status status =
        RunBaselineMatch(baseline, in, out, std::cerr, &counts);
    if (status.ok())
      std::cerr << counts.problems << " problems, " << counts.rows
                << " prompts: " << counts.exact << " exact, " << counts.near
                << " near, " << counts.bad_lines << " bad lines\n";
    return status;
  });
}

absl::Status Expand(const ExpandOptions& options, const std::string& path) {
  return WriteFile(path, [&](std::ostream& out) -> absl::Status {
    RW_ASSIGN_OR_RETURN(const int64_t written, ExpandBaseline(options, out));
    std::cerr << written << " instances written to " << path << "\n";
    return absl::OkStatus();
  });
}

// Adds the commands one by one, in the order of the help text.
class Registration {
 public:
  Registration(CLI::App* baseline, ExitStatus& result)
      : baseline_(baseline), result_(result) {}

  void AddImport() {
    auto* command = Add("import",
                        "bring in problems with answers, or recorded healthy "
                        "responses; the same again changes nothing",
                        Import);
    command->add_option("file", shared_->import.path, "JSONL or CSV")
        ->required();
    command->add_option(
        "--from", shared_->from,
        "auto, reasonwatch (recorded responses), openai-batch, litellm, gsm8k, "
        "math (MATH-500), aime, "
        "choice (MMLU and the like), csv (a header with question and answer), "
        "export (of `baseline export`)");
    AddModel(command, /*required=*/false);
    command->add_flag("--replace", shared_->import.replace,
                      "forget the model's stored baseline first");
    command->add_flag("--dry-run", shared_->import.dry_run,
                      "read and count only");
    AddOutputOption(command, shared_->output);
  }

  void AddRecord() {
    auto* command = Add(
        "record",
        "ask the model the imported problems and learn its answers; ended by "
        "Ctrl-C or a crash, the same command goes on",
        Record);
    BaselineRecordOptions& r = shared_->record;
    command
        ->add_option("--endpoint", r.endpoint,
                     "base URL of an OpenAI-compatible server, with /v1")
        ->required();
    AddModel(command, /*required=*/true);
    command
        ->add_option("--out", r.out,
                     "file for the recorded responses, with their text")
        ->required();
    command->add_option("--served-model", r.served_model,
                        "what the server calls the model, where not so");
    command->add_option("--api-key-file", r.api_key_file, "file with its key");
    command->add_option("--ca-file", r.ca_file,
                        "certificates to trust instead of the system's");
    AddRecordAsking(command);
    command->add_flag("--candidate", shared_->candidate,
                      "only write the file: the baseline stays as it is");
    command->add_flag("--accept", shared_->accept,
                      "learn the answers even if their pass rate looks broken");
    command->add_flag("!--no-progress", r.progress, "no progress bar");
  }

  // The flags of how the model is asked.
  void AddRecordAsking(CLI::App* command) {
    BaselineRecordOptions& r = shared_->record;
    command->add_option("-n,--answers", r.n, "answers a problem")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    command->add_option("--limit", r.limit, "problems at most, 0 = all")
        ->check(CLI::NonNegativeNumber);
    command->add_option("--temperature", r.temperature)
        ->check(CLI::Range(0.0, 5.0))
        ->capture_default_str();
    command->add_option("--top-p", r.top_p)
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    command->add_option("--max-tokens", r.max_tokens)
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command
        ->add_option("--timeout", shared_->timeout_seconds, "seconds a request")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--system-prompt-file", shared_->system_prompt_file,
                        "file with a system prompt, in place of the problems'");
    command
        ->add_option("--thinking", shared_->thinking,
                     "switch of the chat template")
        ->check(CLI::IsMember({"on", "off"}));
    command->add_option("--extra-body", r.extra_body,
                        "JSON object that is added to each request");
    command->add_option("--route", r.route, "route of the responses");
    command->add_option("--concurrency", r.concurrency, "requests at once")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
  }

  void AddListAndShow() {
    auto* list =
        Add("list", "one line a model",
            Reading([](const Shared& s, const Config&,
                       BaselineStore& store) -> absl::Status {
              if (s.output == Output::kText)
                return ListBaselines(store, std::cout);
              RW_ASSIGN_OR_RETURN(const auto baselines, store.Baselines());
              std::cout << BaselinesJson(baselines) << "\n";
              return absl::OkStatus();
            }));
    auto* show = Add(
        "show", "a model's baseline, or one of its problems",
        Reading([](const Shared& s, const Config&, BaselineStore& store) {
          if (s.output == Output::kJson)
            return ShowBaselineJson(store, s.model, s.problem, std::cout);
          return ShowBaseline(store, s.model, s.problem, s.limit, std::cout);
        }));
    for (auto* command : {list, show})
      AddOutputOption(command, shared_->output);
    AddModel(show, /*required=*/true);
    show->add_option("problem", shared_->problem, "id or digest of a problem");
    show->add_option("--limit", shared_->limit, "problems to list")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
  }

  void AddExport() {
    auto* command =
        Add("export", "write the problems as JSONL, for import", Export);
    AddModel(command, /*required=*/true);
    command->add_option("--out", shared_->out,
                        "file; default: standard output");
  }

  void AddFreeze() {
    auto* command = Add("freeze",
                        "make what the daemon has learnt of a model its golden "
                        "reference, and refuse imports",
                        Freeze);
    AddModel(command, /*required=*/true);
    command->add_flag("--off", shared_->off, "let imports in again");
  }

  void AddDiff() {
    auto* command = Add(
        "diff", "the golden reference against what the daemon has learnt since",
        Reading(
            [](const Shared& s, const Config& config, BaselineStore& store) {
              return DiffBaseline(store, config, s.model, s.output, std::cout);
            }));
    AddOutputOption(command, shared_->output);
    AddModel(command, /*required=*/true);
  }

  void AddRebase() {
    auto* command =
        Add("rebase",
            "a change is wanted: close open incidents as accepted and "
            "learn the model anew",
            Rebase);
    AddModel(command, /*required=*/true);
    RebaseOptions& r = shared_->rebase;
    command->add_option("--version", r.version, "of the new model");
    command->add_option("--note", r.note, "why; stands in the incidents");
    command->add_flag("--to-golden", r.to_golden,
                      "go back to the golden reference instead");
  }

  void AddMatch() {
    struct Flags {
      std::string baseline, in, out;
    };
    const auto flags = std::make_shared<Flags>();
    auto* command = baseline_->add_subcommand(
        "match", "which problem of a baseline each prompt asks");
    command
        ->add_option("--baseline", flags->baseline,
                     "recorded responses (JSONL)")
        ->required();
    command->add_option("--in", flags->in, "JSONL with prompt or messages")
        ->required();
    command->add_option("--out", flags->out, "JSONL")->required();
    OnRun(command, result_,
          [flags] { return Match(flags->baseline, flags->in, flags->out); });
  }

  void AddExpand() {
    struct Flags {
      ExpandOptions expand;
      std::string out;
    };
    const auto flags = std::make_shared<Flags>();
    auto* command = baseline_->add_subcommand(
        "expand", "draw instances of problem templates, with their answers");
    ExpandOptions& o = flags->expand;
    command->add_option("--templates", o.templates,
                        "own templates (JSONL) instead of the built-in ones");
    command->add_option("--template", o.names,
                        "template or family, repeatable; all by default");
    command->add_option("--count", o.count, "instances of each template")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    command->add_option("--seed", o.seed, "of the first instance")
        ->capture_default_str();
    command->add_option("--model", o.model, "model of the rows")
        ->capture_default_str();
    command->add_option("--out", flags->out, "JSONL")->required();
    OnRun(command, result_,
          [flags] { return Expand(flags->expand, flags->out); });
  }

 private:
  CLI::App* Add(const char* name, const char* description,
                std::function<absl::Status(Shared&)> run) {
    auto* command = baseline_->add_subcommand(name, description);
    AddConfigOption(command, shared_->config_path);
    command->add_option("--data", shared_->folder,
                        "data folder of `serve`; default: storage.path of the "
                        "configuration");
    OnRun(command, result_,
          [s = shared_, run = std::move(run)] { return run(*s); });
    return command;
  }

  void AddModel(CLI::App* command, bool required) {
    command
        ->add_option("--model", shared_->model,
                     "model, named as in its responses")
        ->required(required);
  }

  // A command that only reads the stored baselines.
  template <typename Run>
  static std::function<absl::Status(Shared&)> Reading(Run run) {
    return [run](Shared& shared) -> absl::Status {
      RW_ASSIGN_OR_RETURN(const Config config, ConfigOf(shared));
      RW_ASSIGN_OR_RETURN(const auto store,
                          StoreOf(config, /*read_only=*/true));
      return run(shared, config, *store);
    };
  }

  CLI::App* const baseline_;
  ExitStatus& result_;
  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace

void AddBaseline(CLI::App& app, ExitStatus& result) {
  auto* baseline = app.add_subcommand(
      "baseline",
      "problems and healthy responses that a model is measured against");
  baseline->require_subcommand(1);
  Registration registration(baseline, result);
  registration.AddImport();
  registration.AddRecord();
  registration.AddListAndShow();
  registration.AddExport();
  registration.AddFreeze();
  registration.AddDiff();
  registration.AddRebase();
  registration.AddMatch();
  registration.AddExpand();
}

}  // namespace reasonwatch
