#include "daemon/commands/baseline.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "baseline/grading/grading.h"
#include "core/status_macros.h"
#include "core/strings.h"
#include "daemon/commands/data_folder.h"
#include "daemon/input_file.h"
#include "daemon/pipeline/model_pipeline.h"
#include "daemon/pipeline/settings.h"
#include "daemon/pipeline/standard_evaluator.h"
#include "daemon/pipeline/stored_baseline.h"
#include "features/prompt.h"
#include "tap/jsonl/import.h"
#include "tap/jsonl/recorded.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

// Problems of one transaction: short ones, for the daemon writes too.
constexpr size_t kBatch = 1000;
// Prompts of a model that its usual prefix is found in.
constexpr size_t kPrefixPrompts = 2000;
constexpr int kMaxRegimesShown = 20;
constexpr int64_t kMaxBadLinesTold = 100;
// Means that differ by over so many standard errors are pointed out.
constexpr double kNotableErrors = 3;

// The wrong format makes a bad line of every line.
void TellBadLine(const std::string& path, int64_t line, std::string_view why,
                 BaselineImportReport& report, std::ostream& messages) {
  ++report.bad_lines;
  if (report.bad_lines <= kMaxBadLinesTold)
    messages << path << ":" << line << ": " << why << "\n";
  if (report.bad_lines == kMaxBadLinesTold)
    messages << "further bad lines are counted, not told\n";
}

absl::StatusOr<BaselineFormat> FormatOf(const BaselineImportOptions& options) {
  RW_ASSIGN_OR_RETURN(std::ifstream in, OpenInput(options.path));
  if (options.format != BaselineFormat::kAuto) return options.format;
  std::string line;
  while (std::getline(in, line)) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto format = GuessBaselineFormat(line);
    if (format.ok()) return format;
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: %s", options.path, StdView(format.status().message())));
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("%s is empty", options.path));
}

RecordFormat RecordFormatOf(BaselineFormat format) {
  return format == BaselineFormat::kOpenAiBatch ? RecordFormat::kOpenAiBatch
         : format == BaselineFormat::kLiteLlm   ? RecordFormat::kLiteLlm
                                                : RecordFormat::kReasonwatch;
}

// How it was asked, so that it can be asked again in that way. Room is given
// in powers of two: clients that work it out anew for each request would make
// a regime each time.
std::string SamplingOf(const Response& r) {
  std::vector<std::string> parts;
  if (r.sampling.temperature.has_value())
    parts.push_back(absl::StrFormat("temperature=%g", *r.sampling.temperature));
  if (r.sampling.top_p.has_value())
    parts.push_back(absl::StrFormat("top_p=%g", *r.sampling.top_p));
  if (r.intent.thinking != Thinking::kUnstated)
    parts.push_back(r.intent.thinking == Thinking::kOn ? "thinking=on"
                                                       : "thinking=off");
  if (!r.intent.effort.empty() &&
      std::all_of(r.intent.effort.begin(), r.intent.effort.end(),
                  absl::ascii_islower))
    parts.push_back("effort=" + r.intent.effort);
  if (r.intent.max_tokens > 0)
    parts.push_back(absl::StrFormat(
        "max_tokens=%d", std::bit_ceil(static_cast<uint64_t>(std::min<int64_t>(
                             r.intent.max_tokens, int64_t{1} << 20)))));
  if (r.streamed) parts.push_back("streamed");
  return absl::StrJoin(parts, " ");
}

// Of the words that are asked, without what the model's prompts share.
uint64_t DigestOf(const ImportedProblem& p, const PrefixProfile& prefix) {
  const uint64_t by_text = ProblemDigest(AskedText(p.text, prefix));
  return by_text != 0 ? by_text : ProblemIdDigest(p.problem.id);
}

absl::StatusOr<BaselineInfo> InfoOf(BaselineStore& store,
                                    const std::string& model) {
  RW_ASSIGN_OR_RETURN(const std::vector<BaselineInfo> all, store.Baselines());
  std::string names;
  for (const BaselineInfo& info : all) {
    if (info.model == model) return info;
    names += (names.empty() ? "" : ", ") + info.model;
  }
  return absl::NotFoundError(
      absl::StrFormat("no baseline of model '%s'; there %s", model,
                      names.empty() ? "is none yet" : "are those of " + names));
}

// A problem set: a line a problem, written batch by batch.
class ProblemImport {
 public:
  ProblemImport(const BaselineImportOptions& options, BaselineStore* store,
                BaselineImportReport& report)
      : options_(options), store_(store), report_(report) {}

  absl::Status Run(std::ostream& messages) {
    // What is there is only given up for a file that can be read to its end.
    if (options_.replace && store_ != nullptr) {
      BaselineImportReport dry = report_;
      std::ostringstream told_below;
      RW_RETURN_IF_ERROR(ProblemImport(options_, nullptr, dry).Run(told_below));
    }
    RW_ASSIGN_OR_RETURN(std::ifstream in, OpenInput(options_.path));
    const auto reader = ProblemReader::Make(report_.format, in);
    std::vector<ImportedProblem> read;
    while (true) {
      const absl::StatusOr<bool> more = reader->Next(read);
      if (!more.ok()) {
        if (absl::IsDataLoss(more.status()))
          return absl::InvalidArgumentError(
              absl::StrFormat("%s:%d: %s", options_.path, reader->line(),
                              StdView(more.status().message())));
        TellBadLine(options_.path, reader->line(),
                    StdView(more.status().message()), report_, messages);
        continue;
      }
      if (!*more) break;
      ++report_.problems;
      RW_RETURN_IF_ERROR(Take(read));
    }
    for (auto& [model, target] : targets_) {
      RW_RETURN_IF_ERROR(Write(model, target));
      report_.models.push_back(model);
    }
    return absl::OkStatus();
  }

 private:
  struct Target {
    PrefixProfile prefix;
    absl::flat_hash_set<uint64_t> known;
    std::vector<ImportedProblem> batch;
  };

  absl::Status Take(std::vector<ImportedProblem>& read) {
    const std::string model =
        options_.model.empty() ? read.front().problem.model : options_.model;
    if (model.empty())
      return absl::InvalidArgumentError(
          "the problems name no model; say it with --model");
    auto it = targets_.find(model);
    if (it == targets_.end()) {
      it = targets_.emplace(model, Target()).first;
      RW_RETURN_IF_ERROR(Start(model, it->second));
    }
    Target& target = it->second;
    const uint64_t digest = DigestOf(read.front(), target.prefix);
    const bool known = !target.known.insert(digest).second;
    if (!known && store_ == nullptr) ++report_.fresh;
    for (ImportedProblem& p : read) {
      p.problem.model = model;
      p.problem.digest = digest;
      if (p.problem.id.empty()) p.problem.id = absl::StrFormat("%016x", digest);
      // The trials of an export were counted when it was first imported.
      if (known) p.problem.trials = p.problem.failures = 0;
      target.batch.push_back(std::move(p));
    }
    return target.batch.size() < kBatch ? absl::OkStatus()
                                        : Write(model, target);
  }

  absl::Status Start(const std::string& model, Target& target) {
    if (store_ == nullptr) return absl::OkStatus();
    if (options_.replace) RW_RETURN_IF_ERROR(store_->Clear(model));
    RW_ASSIGN_OR_RETURN(const auto problems, store_->Problems(model));
    for (const BaselineProblem& p : problems) target.known.insert(p.digest);
    RW_ASSIGN_OR_RETURN(const auto infos, store_->Baselines());
    for (const BaselineInfo& info : infos)
      if (info.model == model) target.prefix = PrefixProfile(info.prefix);
    return absl::OkStatus();
  }

  absl::Status Write(const std::string& model, Target& target) {
    if (store_ == nullptr) {
      target.batch.clear();
      return absl::OkStatus();
    }
    RW_ASSIGN_OR_RETURN(const BaselineStore::Added added,
                        store_->AddProblems(model, target.batch, absl::Now()));
    report_.fresh += added.fresh;
    report_.changed += added.changed;
    target.batch.clear();
    return absl::OkStatus();
  }

  const BaselineImportOptions& options_;
  BaselineStore* const store_;
  BaselineImportReport& report_;
  std::map<std::string, Target> targets_;
};

// Recorded responses: read three times, so that no more than one of them is in
// memory: for the prefix that the prompts share, for the problems, to learn.
class ResponseImport {
 public:
  ResponseImport(const BaselineImportOptions& options, const Config& config,
                 BaselineStore* store, std::string key,
                 BaselineImportReport& report)
      : options_(options),
        config_(config),
        store_(store),
        evaluator_(std::move(key)),
        report_(report) {}

  absl::Status Run(std::ostream& messages) {
    evaluator_.SetGrader(
        GraderOf(config_, /*lasting=*/false, TellGraderFailures(messages)));
    RW_RETURN_IF_ERROR(EachRow(
        [&](int64_t line, std::string_view why) {
          TellBadLine(options_.path, line, why, report_, messages);
        },
        [&](Response& r) -> absl::Status {
          std::vector<std::string>& prompts = targets_[r.model].prompts;
          if (prompts.size() < kPrefixPrompts)
            prompts.push_back(ReadPrompt(r).user);
          return absl::OkStatus();
        }));
    const auto told = [](int64_t, std::string_view) {};
    for (auto& [model, target] : targets_)
      RW_RETURN_IF_ERROR(Start(model, target));
    RW_RETURN_IF_ERROR(EachRow(told, [&](Response& r) -> absl::Status {
      if (!r.problem.has_value()) return absl::OkStatus();
      Target& target = targets_[r.model];
      const ImportedProblem asked = AsProblem(r);
      target.index->Add(
          DigestOf(asked, target.prefix),
          {r.problem->answer, r.problem->answer_kind, r.problem->id, ""},
          AskedText(asked.text, target.prefix));
      return absl::OkStatus();
    }));
    for (auto& [model, target] : targets_) {
      target.index->Build();
      ModelProfile profile = ProfileOf(config_, model);
      profile.prefix = target.prefix;
      profile.learn_prefix = false;
      profile.problems = target.index;
      evaluator_.SetProfile(model, std::move(profile));
    }
    RW_RETURN_IF_ERROR(EachRow(told, [&](Response& r) { return Learn(r); }));
    for (auto& [model, target] : targets_)
      RW_RETURN_IF_ERROR(Finish(model, target));
    return absl::OkStatus();
  }

 private:
  using Key = std::tuple<uint64_t, std::string, std::string, std::string,
                         std::string, std::string>;
  struct Target {
    std::vector<std::string> prompts;
    std::string prefix_text;
    PrefixProfile prefix;
    std::shared_ptr<ProblemIndex> index = std::make_shared<ProblemIndex>();
    std::unique_ptr<ModelPipeline> pipeline;
    absl::flat_hash_set<uint64_t> known_rows;
    std::vector<uint64_t> rows;                      // new ones
    absl::flat_hash_map<uint64_t, int32_t> repeats;  // the same row again
    std::map<Key, ImportedProblem> problems;
    absl::flat_hash_set<uint64_t> digests;
  };

  absl::Status EachRow(
      const std::function<void(int64_t, std::string_view)>& bad_line,
      const std::function<absl::Status(Response&)>& take) {
    RW_ASSIGN_OR_RETURN(std::ifstream in, OpenInput(options_.path));
    RecordReader reader(RecordFormatOf(report_.format));
    std::string line;
    std::vector<Response> rows;
    std::vector<std::string> errors;
    for (int64_t number = 1; std::getline(in, line); ++number) {
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      rows.clear();
      errors.clear();
      reader.Read(line, rows, errors);
      for (const std::string& why : errors) bad_line(number, why);
      for (Response& row : rows) {
        if (row.origin != Origin::kLive) continue;
        if (!options_.model.empty()) row.model = options_.model;
        RW_RETURN_IF_ERROR(take(row));
      }
    }
    if (in.bad())
      return absl::DataLossError(
          absl::StrFormat("can't read %s to its end", options_.path));
    return absl::OkStatus();
  }

  static ImportedProblem AsProblem(const Response& r) {
    ImportedProblem p;
    p.problem.model = r.model;
    p.text = {r.prompt, r.messages_json, r.system_prompt};
    p.regime = {r.regime, SamplingOf(r)};
    if (!r.problem.has_value()) return p;
    p.problem.id = r.problem->id;
    p.problem.gold = r.problem->answer;
    p.problem.answer_kind = r.problem->answer_kind;
    p.problem.family = r.problem->family.empty() ? r.task : r.problem->family;
    return p;
  }

  absl::Status Start(const std::string& model, Target& target) {
    target.prefix_text =
        SharedPrefix({target.prompts.begin(), target.prompts.end()});
    target.prompts = {};
    target.pipeline = std::make_unique<ModelPipeline>(
        model, WatchOptionsOf(config_), IncidentOptionsOf(config_));
    if (store_ != nullptr) {
      if (options_.replace) RW_RETURN_IF_ERROR(store_->Clear(model));
      RW_ASSIGN_OR_RETURN(const auto rows, store_->Rows(model));
      target.known_rows.insert(rows.begin(), rows.end());
      RW_ASSIGN_OR_RETURN(const auto golden, store_->Golden(model));
      if (!golden.empty()) {
        const absl::Status restored = target.pipeline->RestoreReference(golden);
        if (!restored.ok())
          return absl::FailedPreconditionError(absl::StrFormat(
              "the stored baseline of %s can't be continued (%s); import it "
              "again with --replace",
              model, StdView(restored.message())));
      }
      RW_ASSIGN_OR_RETURN(const auto infos, store_->Baselines());
      // What is stored is known by its digests behind that prefix.
      for (const BaselineInfo& info : infos)
        if (info.model == model && info.has_reference)
          target.prefix_text = info.prefix;
    }
    target.prefix = PrefixProfile(target.prefix_text);
    if (store_ == nullptr) return absl::OkStatus();
    RW_ASSIGN_OR_RETURN(const auto problems, store_->Problems(model));
    RW_ASSIGN_OR_RETURN(const auto texts, store_->Texts(model));
    for (const BaselineProblem& p : problems) {
      if (p.kind != ProblemKind::kGold) continue;
      const auto text = texts.find(p.digest);
      target.index->Add(
          p.digest, {p.gold, p.answer_kind, p.id, ""},
          text == texts.end() ? "" : AskedText(text->second, target.prefix));
    }
    return absl::OkStatus();
  }

  absl::Status Learn(Response& r) {
    Target& target = targets_[r.model];
    ++report_.responses;
    const uint64_t row = StableHash(WriteRecorded(r));
    const int32_t repeat = target.repeats[row]++;
    const uint64_t digest = StableHash(absl::StrFormat("%016x", row),
                                       static_cast<uint64_t>(repeat));
    Scored scored = evaluator_.Evaluate(r);
    const bool graded =
        scored.grade == Grade::kCorrect || scored.grade == Grade::kIncorrect;
    const bool correct = scored.grade == Grade::kCorrect;
    report_.graded += graded;
    report_.correct += correct;
    const bool fresh = target.known_rows.insert(digest).second;
    if (r.problem.has_value() || graded) {
      const ImportedProblem asked = AsProblem(r);
      const uint64_t problem = scored.match.problem;
      if (problem != 0) {
        if (target.digests.insert(problem).second) ++report_.problems;
        const Regime& g = asked.regime.regime;
        ImportedProblem& p =
            target.problems
                .try_emplace(
                    Key(problem, g.fingerprint, g.weights_version,
                        g.template_hash, g.engine, asked.regime.sampling),
                    asked)
                .first->second;
        p.problem.digest = problem;
        if (p.problem.id.empty())
          p.problem.id = !r.problem_id.empty()
                             ? r.problem_id
                             : absl::StrFormat("%016x", problem);
        if (fresh && graded) {
          ++p.problem.trials;
          p.problem.failures += !correct;
        }
      }
    }
    if (!fresh) return absl::OkStatus();
    const bool readable =
        graded || std::any_of(scored.readings.begin(), scored.readings.end(),
                              [](float value) { return !std::isnan(value); });
    if (!readable) return absl::OkStatus();
    target.rows.push_back(digest);
    ++report_.learnt;
    target.pipeline->LearnImported(std::move(scored));
    return absl::OkStatus();
  }

  absl::Status Finish(const std::string& model, Target& target) {
    report_.models.push_back(model);
    std::vector<ImportedProblem> problems;
    for (auto& [key, p] : target.problems) problems.push_back(std::move(p));
    // Each as it was counted, for the operator; the posteriors have them too.
    for (const BaselineProblem& agreed : target.pipeline->TakeAgreed()) {
      ++report_.agreed;
      ImportedProblem& p = problems.emplace_back();
      p.problem = agreed;
      p.problem.id = absl::StrFormat("%016x", agreed.digest);
    }
    if (store_ == nullptr) return absl::OkStatus();
    BaselineStore::Added added;
    if (target.rows.empty()) {
      for (size_t i = 0; i < problems.size(); i += kBatch) {
        const std::vector<ImportedProblem> batch(
            std::make_move_iterator(problems.begin() +
                                    static_cast<std::ptrdiff_t>(i)),
            std::make_move_iterator(problems.begin() +
                                    static_cast<std::ptrdiff_t>(std::min(
                                        problems.size(), i + kBatch))));
        RW_ASSIGN_OR_RETURN(added,
                            store_->AddProblems(model, batch, absl::Now()));
        report_.fresh += added.fresh;
        report_.changed += added.changed;
      }
      return absl::OkStatus();
    }
    target.pipeline->watch().FinishImport();
    // One transaction: rows that are marked as learnt must be in the reference.
    RW_ASSIGN_OR_RETURN(
        added,
        store_->PutReference(model, target.prefix_text, problems, target.rows,
                             target.pipeline->SaveReference(), absl::Now()));
    report_.fresh += added.fresh;
    report_.changed += added.changed;
    return absl::OkStatus();
  }

  const BaselineImportOptions& options_;
  const Config& config_;
  BaselineStore* const store_;
  StandardEvaluator evaluator_;
  BaselineImportReport& report_;
  std::map<std::string, Target> targets_;
};

std::string Day(absl::Time t) {
  if (t == absl::InfinitePast()) return "-";
  return absl::FormatTime("%Y-%m-%d %H:%M", t, absl::UTCTimeZone());
}

std::string RegimeText(const TrialRegime& r) {
  std::string text;
  const auto add = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    text += absl::StrFormat("%s%s=%s", text.empty() ? "" : " ", name, value);
  };
  add("fingerprint", r.regime.fingerprint);
  add("weights", r.regime.weights_version);
  add("template", r.regime.template_hash);
  add("engine", r.regime.engine);
  if (!r.sampling.empty()) text += (text.empty() ? "" : " ") + r.sampling;
  return text.empty() ? "not stated" : text;
}

std::string PassCount(int64_t trials, int64_t failures) {
  if (trials == 0) return "not asked yet";
  return absl::StrFormat("%d of %d", trials - failures, trials);
}

std::string FirstLine(const std::string& text, size_t limit) {
  std::string line = text.substr(0, text.find('\n'));
  if (line.size() <= limit) return line;
  size_t cut = limit;
  while (cut > 0 && (line[cut] & 0xC0) == 0x80) --cut;
  return line.substr(0, cut) + "...";
}

absl::Status ShowProblem(BaselineStore& store, const BaselineProblem& p,
                         std::ostream& out) {
  out << absl::StrFormat(
      "%s\n  digest   %016x\n  kind     %s\n", p.id, p.digest,
      p.kind == ProblemKind::kAgreed ? "agreed: the model's own usual answer"
                                     : "gold");
  if (!p.gold.empty())
    out << absl::StrFormat(
        "  answer   %s%s\n", p.gold,
        p.answer_kind == AnswerKind::kUnknown
            ? ""
            : absl::StrFormat(" (%s)",
                              AbslView(AnswerKindName(p.answer_kind))));
  if (!p.family.empty()) out << absl::StrFormat("  family   %s\n", p.family);
  out << absl::StrFormat("  passed   %s\n", PassCount(p.trials, p.failures));
  RW_ASSIGN_OR_RETURN(const auto trials, store.Trials(p.model));
  for (const RegimeTrials& t : trials)
    if (t.digest == p.digest)
      out << absl::StrFormat("           %s with %s\n",
                             PassCount(t.trials, t.failures),
                             RegimeText(t.regime));
  const auto text = store.Text(p.model, p.digest);
  if (absl::IsNotFound(text.status())) {
    out << "  words    not stored\n";
    return absl::OkStatus();
  }
  RW_RETURN_IF_ERROR(text.status());
  if (!text->system_prompt.empty())
    out << "  system prompt\n" << text->system_prompt << "\n";
  out << "  prompt\n"
      << (text->prompt.empty() ? text->messages_json : text->prompt) << "\n";
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BaselineFormat> CheckImport(
    const BaselineImportOptions& options) {
  RW_ASSIGN_OR_RETURN(const BaselineFormat format, FormatOf(options));
  if (options.model.empty() && !HoldsResponses(format) &&
      format != BaselineFormat::kExport)
    return absl::InvalidArgumentError(
        "say whose baseline it is: --model NAME, as in the model's responses");
  return format;
}

absl::StatusOr<BaselineImportReport> ImportBaselineFile(
    const BaselineImportOptions& options, const Config& config,
    BaselineStore* store, std::ostream& messages) {
  BaselineImportReport report;
  RW_ASSIGN_OR_RETURN(report.format, CheckImport(options));
  if (HoldsResponses(report.format)) {
    std::string key = "dry run";
    if (store != nullptr) {
      RW_ASSIGN_OR_RETURN(key, SessionKey(config.storage.path));
    }
    ResponseImport import(options, config, store, std::move(key), report);
    RW_RETURN_IF_ERROR(import.Run(messages));
  } else {
    ProblemImport import(options, store, report);
    RW_RETURN_IF_ERROR(import.Run(messages));
  }
  if (report.problems == 0 && report.responses == 0)
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s holds no usable row (read as %s, %d bad lines)", options.path,
        std::string(BaselineFormatName(report.format)), report.bad_lines));
  return report;
}

absl::Status ListBaselines(BaselineStore& store, std::ostream& out) {
  RW_ASSIGN_OR_RETURN(const auto infos, store.Baselines());
  if (infos.empty()) {
    out << "no baseline; `reasonwatch baseline import FILE --model NAME` makes "
           "one\n";
    return absl::OkStatus();
  }
  out << absl::StrFormat("%-32s %9s %9s %9s %9s  %-16s  %s\n", "MODEL",
                         "PROBLEMS", "SOLVED", "AGREED", "RESPONSES",
                         "UPDATED (UTC)", "FROZEN (UTC)");
  for (const BaselineInfo& b : infos) {
    RW_ASSIGN_OR_RETURN(const auto problems, store.Problems(b.model));
    const auto solved = std::count_if(
        problems.begin(), problems.end(), [](const BaselineProblem& p) {
          return p.trials > 0 && p.failures * 4 <= p.trials;
        });
    out << absl::StrFormat("%-32s %9d %9d %9d %9d  %-16s  %s\n", b.model,
                           b.problems, static_cast<int64_t>(solved), b.agreed,
                           b.responses, Day(b.updated), Day(b.frozen));
  }
  return absl::OkStatus();
}

std::string BaselinesJson(const std::vector<BaselineInfo>& baselines) {
  const auto time = [](absl::Time t) -> Json {
    if (t == absl::InfinitePast()) return nullptr;
    return absl::FormatTime(absl::RFC3339_full, t, absl::UTCTimeZone());
  };
  Json list = Json::array();
  for (const BaselineInfo& b : baselines)
    list.push_back(Json::object({{"model", b.model},
                                 {"problems", b.problems},
                                 {"agreed", b.agreed},
                                 {"responses", b.responses},
                                 {"revision", b.revision},
                                 {"has_reference", b.has_reference},
                                 {"updated", time(b.updated)},
                                 {"frozen", time(b.frozen)}}));
  Json out;
  out["baselines"] = std::move(list);
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::Status ShowBaseline(BaselineStore& store, const std::string& model,
                          const std::string& problem, int limit,
                          std::ostream& out) {
  RW_ASSIGN_OR_RETURN(const BaselineInfo info, InfoOf(store, model));
  RW_ASSIGN_OR_RETURN(const auto problems, store.Problems(model));
  if (!problem.empty()) {
    bool found = false;
    for (const BaselineProblem& p : problems) {
      if (p.id != problem && absl::StrFormat("%016x", p.digest) != problem)
        continue;
      found = true;
      RW_RETURN_IF_ERROR(ShowProblem(store, p, out));
    }
    if (found) return absl::OkStatus();
    return absl::NotFoundError(absl::StrFormat(
        "no problem '%s' in the baseline of %s", problem, model));
  }
  out << absl::StrFormat(
      "%s\n  problems   %d, %d of them agreed\n  reference  %s\n  updated    "
      "%s\n  frozen     %s\n",
      model, info.problems, info.agreed,
      info.has_reference
          ? absl::StrFormat("golden, of %d responses", info.responses)
          : "none: what the daemon learns live",
      Day(info.updated), Day(info.frozen));
  if (!info.prefix.empty())
    out << absl::StrFormat("  prefix     %s\n", FirstLine(info.prefix, 60));
  RW_ASSIGN_OR_RETURN(const auto trials, store.Trials(model));
  std::map<std::string, std::pair<int64_t, int64_t>> by_regime;
  for (const RegimeTrials& t : trials) {
    auto& [count, failures] = by_regime[RegimeText(t.regime)];
    count += t.trials;
    failures += t.failures;
  }
  int shown = 0;
  for (const auto& [name, counts] : by_regime)
    if (++shown <= kMaxRegimesShown)
      out << absl::StrFormat("  regime     %s: passed %s\n", name,
                             PassCount(counts.first, counts.second));
  if (problems.empty()) return absl::OkStatus();
  out << absl::StrFormat("\n%-24s %-16s %-8s %-16s %s\n", "PROBLEM", "DIGEST",
                         "KIND", "PASSED", "ANSWER");
  shown = 0;
  for (const BaselineProblem& p : problems) {
    if (++shown > limit) break;
    out << absl::StrFormat(
        "%-24s %016x %-8s %-16s %s\n", FirstLine(p.id, 24), p.digest,
        p.kind == ProblemKind::kAgreed ? "agreed" : "gold",
        PassCount(p.trials, p.failures), FirstLine(p.gold, 40));
  }
  if (shown > limit)
    out << absl::StrFormat("and %d more (--limit)\n",
                           static_cast<int64_t>(problems.size()) - limit);
  return absl::OkStatus();
}

absl::Status CheckHasBaseline(BaselineStore& store, const std::string& model) {
  return InfoOf(store, model).status();
}

absl::StatusOr<int64_t> ExportBaseline(BaselineStore& store,
                                       const std::string& model,
                                       std::ostream& out) {
  RW_RETURN_IF_ERROR(InfoOf(store, model).status());
  RW_ASSIGN_OR_RETURN(const auto problems, store.Problems(model));
  RW_ASSIGN_OR_RETURN(const auto trials, store.Trials(model));
  int64_t written = 0;
  auto t = trials.begin();
  // Both are ordered, but SQLite orders digests as signed numbers.
  const auto before = [](uint64_t a, uint64_t b) {
    return static_cast<int64_t>(a) < static_cast<int64_t>(b);
  };
  for (const BaselineProblem& p : problems) {
    if (p.kind == ProblemKind::kAgreed) continue;
    Json row;
    row["model"] = p.model;
    row["problem"] = Json::object(
        {{"id", p.id},
         {"answer", p.gold},
         {"answer_kind", std::string(AnswerKindName(p.answer_kind))}});
    if (!p.family.empty()) row["problem"]["family"] = p.family;
    const auto text = store.Text(p.model, p.digest);
    if (text.ok()) {
      if (!text->system_prompt.empty())
        row["system_prompt"] = text->system_prompt;
      if (!text->prompt.empty()) row["prompt"] = text->prompt;
      if (!text->messages_json.empty())
        row["messages"] = Json::parse(text->messages_json, nullptr,
                                      /*allow_exceptions=*/false);
    } else if (!absl::IsNotFound(text.status())) {
      return text.status();
    }
    Json regimes = Json::array();
    while (t != trials.end() && before(t->digest, p.digest)) ++t;
    for (; t != trials.end() && t->digest == p.digest; ++t)
      regimes.push_back(
          Json::object({{"fingerprint", t->regime.regime.fingerprint},
                        {"weights_version", t->regime.regime.weights_version},
                        {"template_hash", t->regime.regime.template_hash},
                        {"engine", t->regime.regime.engine},
                        {"sampling", t->regime.sampling},
                        {"trials", t->trials},
                        {"failures", t->failures}}));
    row["regimes"] = std::move(regimes);
    out << row.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
    ++written;
  }
  out.flush();
  if (!out) return absl::DataLossError("can't write the export");
  return written;
}

absl::Status DiffBaseline(BaselineStore& store, const Config& config,
                          const std::string& model, std::ostream& out) {
  RW_ASSIGN_OR_RETURN(const auto golden_blobs, store.Golden(model));
  RW_ASSIGN_OR_RETURN(const auto rolling_blobs, store.Rolling(model));
  if (golden_blobs.empty())
    return absl::NotFoundError(absl::StrFormat(
        "model '%s' has no golden reference: import recorded responses, or "
        "`reasonwatch baseline freeze --model %s`",
        model, model));
  if (rolling_blobs.empty())
    return absl::NotFoundError(absl::StrFormat(
        "the daemon has learnt nothing of model '%s' yet", model));
  ModelWatch golden(model, WatchOptionsOf(config));
  ModelWatch rolling(model, WatchOptionsOf(config));
  RW_RETURN_IF_ERROR(golden.Restore(golden_blobs));
  RW_RETURN_IF_ERROR(rolling.Restore(rolling_blobs));
  out << absl::StrFormat("%-34s %12s %12s %12s\n", model, "GOLDEN", "ROLLING",
                         "CHANGE");
  const auto line = [&](const std::string& name, const std::string& before,
                        const std::string& after, const std::string& change,
                        bool notable) {
    out << absl::StrFormat("%-34s %12s %12s %12s%s\n", name, before, after,
                           change, notable ? "  notable" : "");
  };
  const Posteriors& g = golden.posteriors();
  const Posteriors& r = rolling.posteriors();
  if (g.trials() > 0 && r.trials() > 0) {
    const double before = 1 - g.pooled_rate();
    const double after = 1 - r.pooled_rate();
    const double error =
        std::sqrt(before * (1 - before) / static_cast<double>(g.trials()) +
                  after * (1 - after) / static_cast<double>(r.trials()));
    line("pass rate", absl::StrFormat("%.1f %%", 100 * before),
         absl::StrFormat("%.1f %%", 100 * after),
         absl::StrFormat("%+.1f", 100 * (after - before)),
         std::abs(after - before) > kNotableErrors * error);
  }
  for (const std::string& route : golden.routes()) {
    const StreamReference* a = golden.reference(route);
    const StreamReference* b = rolling.reference(route);
    if (b == nullptr) {
      out << "route " << route << ": not seen live\n";
      continue;
    }
    line("route " + route + ", responses", std::to_string(a->responses()),
         std::to_string(b->responses()), "", false);
    const StreamReference::Means before = a->MeanReadings();
    const StreamReference::Means after = b->MeanReadings();
    for (size_t f = 0; f < kFeatureCount; ++f) {
      if (before.count[f] < 2 || after.count[f] < 2) continue;
      const auto feature = static_cast<Feature>(f);
      const double x = before.mean[f];
      const double y = after.mean[f];
      const double error =
          std::sqrt(before.variance[f] / static_cast<double>(before.count[f]) +
                    after.variance[f] / static_cast<double>(after.count[f]));
      const bool notable = std::abs(y - x) > kNotableErrors * error;
      const std::string name = "  " + std::string(FeatureName(feature));
      if (feature == Feature::kOutputTokens ||
          feature == Feature::kReasoningTokens) {
        line(name, absl::StrFormat("%.0f", std::exp2(x) - 1),
             absl::StrFormat("%.0f", std::exp2(y) - 1),
             absl::StrFormat("x%.2f", std::exp2(y - x)), notable);
      } else if (RankIndex(feature) == kRankFeatures.size() &&
                 (x > 0 || y > 0)) {
        line(name, absl::StrFormat("%.1f %%", 100 * x),
             absl::StrFormat("%.1f %%", 100 * y),
             absl::StrFormat("%+.1f", 100 * (y - x)), notable);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status RebaseBaseline(BaselineStore& store, const RebaseOptions& options,
                            absl::Time now) {
  if (options.to_golden) {
    RW_ASSIGN_OR_RETURN(const auto golden, store.Golden(options.model));
    if (golden.empty())
      return absl::NotFoundError(absl::StrFormat(
          "model '%s' has no golden reference to go back to", options.model));
  } else {
    RW_ASSIGN_OR_RETURN(const auto rolling, store.Rolling(options.model));
    if (rolling.empty())
      return absl::NotFoundError(absl::StrFormat(
          "the daemon has learnt nothing of model '%s' that could start anew",
          options.model));
  }
  ModelEvent event;
  event.time = now;
  event.model = options.model;
  event.kind = options.to_golden ? "rebase_to_golden" : "rebase";
  event.new_value = options.version;
  event.expected = true;
  event.note = options.note;
  return store.AddEvent(event, /*pending=*/true);
}

}  // namespace reasonwatch
