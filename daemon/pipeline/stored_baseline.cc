#include "daemon/pipeline/stored_baseline.h"

#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "core/status_macros.h"
#include "daemon/log.h"

namespace reasonwatch {

std::string AskedText(const ProblemText& text, const PrefixProfile& prefix) {
  Response asked;
  asked.prompt = text.prompt;
  asked.messages_json = text.messages_json;
  return std::string(prefix.Strip(ReadPrompt(asked).user).rest);
}

std::string FamilyOf(const std::string& named, std::string_view asked) {
  return named.empty() && !asked.empty() ? std::string(TaskKind(asked)) : named;
}

std::shared_ptr<const ProblemIndex> IndexOf(
    const std::vector<BaselineProblem>& problems,
    const std::map<uint64_t, ProblemText>& texts, const PrefixProfile& prefix) {
  auto index = std::make_shared<ProblemIndex>();
  for (const BaselineProblem& p : problems) {
    if (p.kind != ProblemKind::kGold) continue;
    const auto text = texts.find(p.digest);
    const std::string asked =
        text == texts.end() ? "" : AskedText(text->second, prefix);
    index->Add(p.digest,
               {p.gold, p.answer_kind, p.id, FamilyOf(p.family, asked)}, asked);
  }
  index->Build();
  return index;
}

std::string AcceptedEvidence(const ModelEvent& event) {
  std::string text = "the operator expects it";
  if (!event.new_value.empty())
    text += absl::StrFormat(": %s %s", event.kind, event.new_value);
  if (!event.note.empty()) text += absl::StrFormat(" (%s)", event.note);
  return text;
}

absl::Status TakeStoredBaselines(BaselineStore& store, bool all_problems,
                                 Shards& shards, Telemetry& telemetry) {
  RW_ASSIGN_OR_RETURN(const std::vector<BaselineInfo> infos, store.Baselines());
  for (const BaselineInfo& info : infos) {
    telemetry.SetBaseline(info.model, info.problems,
                          std::numeric_limits<double>::quiet_NaN());
    // Made by the daemon alone.
    if (info.revision == 0) continue;
    const std::string name = "baseline_taken/" + info.model;
    const std::string reference =
        absl::StrFormat("%d", info.reference_revision);
    const std::string value =
        absl::StrFormat("%s/%d", reference, info.revision);
    const std::string taken = store.Fact(name).value_or("0/0");
    const bool same_reference =
        taken.substr(0, taken.find('/')) == reference || !info.has_reference;
    if (!all_problems && taken == value) continue;
    Shards::Baseline baseline;
    baseline.model = info.model;
    baseline.prefix = info.prefix;
    RW_ASSIGN_OR_RETURN(const std::vector<BaselineProblem> problems,
                        store.Problems(info.model));
    RW_ASSIGN_OR_RETURN(const auto texts, store.Texts(info.model));
    baseline.problems = IndexOf(problems, texts, PrefixProfile(info.prefix));
    if (!same_reference) {
      RW_ASSIGN_OR_RETURN(baseline.golden, store.Golden(info.model));
    }
    if (taken != value) {
      baseline.fact = {name, value};
      LogInfo("baseline",
              {{"model", info.model},
               {"problems", std::to_string(info.problems)},
               {"responses", std::to_string(info.responses)},
               {"reference", same_reference ? "kept" : "replaced"}});
    }
    shards.TakeBaseline(std::move(baseline));
  }
  RW_ASSIGN_OR_RETURN(const std::vector<ModelEvent> pending, store.Pending());
  for (const ModelEvent& event : pending) {
    std::vector<StateBlob> golden;
    if (event.kind == "rebase_to_golden") {
      RW_ASSIGN_OR_RETURN(golden, store.Golden(event.model));
    }
    telemetry.SetDeployment(event.model, event.time);
    shards.Accept(event.model, AcceptedEvidence(event), std::move(golden),
                  {"events_acted/" + event.model, std::to_string(event.id)});
  }
  return absl::OkStatus();
}

absl::Status TakeDeployment(const ModelEvent& event, Store& store,
                            Shards& shards, Telemetry& telemetry) {
  RW_RETURN_IF_ERROR(store.PutEvent(event));
  telemetry.SetDeployment(event.model, event.time);
  LogInfo("deployment", {{"model", event.model},
                         {"version", event.new_value},
                         {"expected", event.expected ? "true" : "false"}});
  if (event.expected)
    shards.Accept(event.model, AcceptedEvidence(event), {}, {});
  return absl::OkStatus();
}

}  // namespace reasonwatch
