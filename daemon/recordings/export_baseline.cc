// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/export_baseline.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "answers/grading.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

// The problem without its trials.
absl::StatusOr<Json> ProblemRow(BaselineStore& store,
                                const BaselineProblem& p) {
  Json row;
  row["model"] = p.model;
  row["problem"] = Json::object(
      {{"id", p.id},
       {"answer", p.gold},
       {"answer_kind", std::string(AnswerKindName(p.answer_kind))}});
  if (!p.family.empty()) row["problem"]["family"] = p.family;
  const auto text = store.Text(p.model, p.digest);
  if (absl::IsNotFound(text.status())) return row;
  RW_RETURN_IF_ERROR(text.status());
  if (!text->system_prompt.empty()) row["system_prompt"] = text->system_prompt;
  if (!text->prompt.empty()) row["prompt"] = text->prompt;
  if (!text->messages_json.empty())
    row["messages"] = Json::parse(text->messages_json, nullptr,
                                  /*allow_exceptions=*/false);
  return row;
}

}  // namespace

absl::StatusOr<BaselineInfo> FindBaseline(BaselineStore& store,
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

absl::StatusOr<int64_t> ExportBaseline(BaselineStore& store,
                                       const std::string& model,
                                       std::ostream& out) {
  RW_RETURN_IF_ERROR(FindBaseline(store, model).status());
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
    RW_ASSIGN_OR_RETURN(Json row, ProblemRow(store, p));
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
  if (!out) return absl::InternalError("can't write the export");
  return written;
}

}  // namespace reasonwatch
