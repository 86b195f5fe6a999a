// SPDX-License-Identifier: Apache-2.0
#include "evaluator/asked_problems.h"

#include "core/response.h"

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

}  // namespace reasonwatch
