// SPDX-License-Identifier: Apache-2.0
// The texts of `reasonwatch baseline`: first the words for regimes and counts,
// then a problem, the lines of `diff`, and the calls that print each.
#include "daemon/app/commands/baseline.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_format.h"
#include "answers/grading.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/progress.h"
#include "daemon/app/data_folder.h"
#include "daemon/app/settings.h"
#include "daemon/recordings/export_baseline.h"
#include "detectors/model_watch.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

// A screen of them; clients that compute their settings have thousands.
constexpr int kMaxRegimesShown = 20;
// Means that differ by more standard errors are pointed out: one line in 400 by
// chance, so that a screen of them has none.
constexpr double kNotableErrors = 3;

std::string Dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json TimeJson(absl::Time t) {
  if (t == absl::InfinitePast()) return nullptr;
  return absl::FormatTime(absl::RFC3339_full, t, absl::UTCTimeZone());
}

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

// A line of `baseline diff`.
struct DiffLine {
  std::string name, before, after, change;
  bool notable = false;
};
using DiffLines = std::vector<DiffLine>;

void PrintDiff(const DiffLine& line, std::ostream& out) {
  if (line.before.empty()) {
    out << line.name << "\n";
    return;
  }
  out << absl::StrFormat("%-34s %12s %12s %12s%s\n", line.name, line.before,
                         line.after, line.change,
                         line.notable ? "  notable" : "");
}

void AddPassRates(const Posteriors& golden, const Posteriors& rolling,
                  DiffLines& lines) {
  if (golden.trials() == 0 || rolling.trials() == 0) return;
  const double before = 1 - golden.pooled_rate();
  const double after = 1 - rolling.pooled_rate();
  const double error =
      std::sqrt(before * (1 - before) / static_cast<double>(golden.trials()) +
                after * (1 - after) / static_cast<double>(rolling.trials()));
  lines.push_back({"pass rate", absl::StrFormat("%.1f %%", 100 * before),
                   absl::StrFormat("%.1f %%", 100 * after),
                   absl::StrFormat("%+.1f", 100 * (after - before)),
                   std::abs(after - before) > kNotableErrors * error});
}

// `rolling` is null if the route has not been seen live.
void AddRoute(const std::string& route, const StreamReference& golden,
              const StreamReference* rolling, DiffLines& lines) {
  if (rolling == nullptr) {
    lines.push_back({"route " + route + ": not seen live", "", "", ""});
    return;
  }
  lines.push_back({"route " + route + ", responses",
                   std::to_string(golden.responses()),
                   std::to_string(rolling->responses()), ""});
  const StreamReference::Means before = golden.MeanReadings();
  const StreamReference::Means after = rolling->MeanReadings();
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
    if (IsLength(feature)) {
      lines.push_back({name, absl::StrFormat("%.0f", std::exp2(x) - 1),
                       absl::StrFormat("%.0f", std::exp2(y) - 1),
                       absl::StrFormat("x%.2f", std::exp2(y - x)), notable});
    } else if (RankIndex(feature) == kRankFeatures.size() && (x > 0 || y > 0)) {
      lines.push_back({name, absl::StrFormat("%.1f %%", 100 * x),
                       absl::StrFormat("%.1f %%", 100 * y),
                       absl::StrFormat("%+.1f", 100 * (y - x)), notable});
    }
  }
}

}  // namespace

absl::StatusOr<BaselineImportReport> ImportBaselineFile(
    const BaselineImportOptions& options, const Config& config,
    BaselineStore* store, std::ostream& messages) {
  RW_ASSIGN_OR_RETURN(const BaselineFormat format, CheckImport(options));
  RecordingSettings settings = RecordingSettingsOf(config, messages);
  Progress progress(messages, /*on=*/true);
  settings.on_rows = [&](std::string_view things, int64_t done, int64_t total) {
    return progress.Show(things, done, total);
  };
  // Only a stored baseline keeps hashes that must agree with the daemon's.
  if (HoldsResponses(format) && !options.dry_run) {
    RW_ASSIGN_OR_RETURN(settings.session_key, SessionKey(config.storage.path));
  }
  return ImportBaseline(options, settings, store, messages);
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
  Json list = Json::array();
  for (const BaselineInfo& b : baselines)
    list.push_back(Json::object({{"model", b.model},
                                 {"problems", b.problems},
                                 {"agreed", b.agreed},
                                 {"responses", b.responses},
                                 {"revision", b.revision},
                                 {"has_reference", b.has_reference},
                                 {"updated", TimeJson(b.updated)},
                                 {"frozen", TimeJson(b.frozen)}}));
  Json out;
  out["baselines"] = std::move(list);
  return Dumped(out);
}

absl::Status ShowBaselineJson(BaselineStore& store, const std::string& model,
                              const std::string& problem, std::ostream& out) {
  RW_ASSIGN_OR_RETURN(const BaselineInfo info, FindBaseline(store, model));
  RW_ASSIGN_OR_RETURN(const auto problems, store.Problems(model));
  Json list = Json::array();
  for (const BaselineProblem& p : problems) {
    const std::string digest = absl::StrFormat("%016x", p.digest);
    if (!problem.empty() && p.id != problem && digest != problem) continue;
    list.push_back(Json::object(
        {{"id", p.id},
         {"digest", digest},
         {"kind", p.kind == ProblemKind::kAgreed ? "agreed" : "gold"},
         {"answer", p.gold},
         {"family", p.family},
         {"trials", p.trials},
         {"passed", p.trials - p.failures}}));
  }
  if (!problem.empty() && list.empty())
    return absl::NotFoundError(absl::StrFormat(
        "no problem '%s' in the baseline of %s", problem, model));
  out << Dumped(Json::object({{"model", model},
                              {"reference_responses", info.responses},
                              {"has_reference", info.has_reference},
                              {"updated", TimeJson(info.updated)},
                              {"frozen", TimeJson(info.frozen)},
                              {"problems", std::move(list)}}))
      << "\n";
  return absl::OkStatus();
}

absl::Status ShowBaseline(BaselineStore& store, const std::string& model,
                          const std::string& problem, int limit,
                          std::ostream& out) {
  RW_ASSIGN_OR_RETURN(const BaselineInfo info, FindBaseline(store, model));
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

absl::Status DiffBaseline(BaselineStore& store, const Config& config,
                          const std::string& model, Output output,
                          std::ostream& out) {
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
  DiffLines lines;
  AddPassRates(golden.posteriors(), rolling.posteriors(), lines);
  for (const std::string& route : golden.routes())
    AddRoute(route, *golden.reference(route), rolling.reference(route), lines);
  if (output == Output::kJson) {
    Json list = Json::array();
    for (const DiffLine& line : lines)
      list.push_back(Json::object({{"name", line.name},
                                   {"golden", line.before},
                                   {"rolling", line.after},
                                   {"change", line.change},
                                   {"notable", line.notable}}));
    out << Dumped({{"model", model}, {"lines", std::move(list)}}) << "\n";
    return absl::OkStatus();
  }
  PrintDiff({model, "GOLDEN", "ROLLING", "CHANGE"}, out);
  for (const DiffLine& line : lines) PrintDiff(line, out);
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
