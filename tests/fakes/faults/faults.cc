// SPDX-License-Identifier: Apache-2.0
// Faults that are put into healthy responses, and the drill that times their
// discovery.
//
// Spoil() takes the content apart at its <think> block, changes chain and
// answer, and joins them again. Drill() imports healthy responses as a
// reference, lets healthy traffic through the product's pipeline, then spoils
// the part of the traffic that the plan names, and records each incident until
// OwnSignal() has opened and its description is final.
//
// Order: parts of a content, edits, names, Spoil(), Drill().
#include "tests/fakes/faults/faults.h"

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "daemon/pipeline/model_pipeline.h"
#include "daemon/pipeline/pipeline_sink.h"
#include "daemon/recordings/importer.h"
#include "daemon/recordings/recording_source.h"
#include "evaluator/standard_evaluator.h"
#include "tests/fakes/faults/healthy_traffic.h"

namespace reasonwatch::testing {
namespace {

constexpr std::string_view kOpen = "<think>\n";
constexpr std::string_view kClose = "\n</think>\n\n";
constexpr char kCanaryFingerprint[] = "fp-canary";

constexpr const char kGerman[] =
    "Zuerst schreibe ich auf, was bekannt ist, und gehe dann der Reihe nach "
    "vor. Am Anfang liegt die Anzahl fest, danach kommen einige hinzu und "
    "andere werden wieder abgegeben. Ich rechne jeden Schritt einzeln nach, "
    "damit sich kein Fehler einschleicht. Zum Schluss vergleiche ich das "
    "Ergebnis mit einer groben Schätzung, und beides passt gut zusammen.";

struct Parts {
  std::string chain;
  std::string answer;
};

Parts Split(const std::string& content) {
  const size_t close = content.find(kClose);
  if (content.rfind(kOpen, 0) != 0 || close == std::string::npos)
    return {"", content};
  return {content.substr(kOpen.size(), close - kOpen.size()),
          content.substr(close + kClose.size())};
}

std::string Joined(const Parts& p) {
  return absl::StrCat(std::string(kOpen), p.chain, std::string(kClose),
                      p.answer);
}

// Returns the number in the box.
std::string Boxed(const std::string& answer) {
  const size_t at = answer.rfind("\\boxed{");
  if (at == std::string::npos) return "";
  const size_t begin = at + 7;
  return answer.substr(begin, answer.find('}', begin) - begin);
}

// Replaces every mention of a number by another number.
void Change(const std::string& number, std::string& text) {
  if (number.empty()) return;
  text = absl::StrReplaceAll(text, {{number, number + "3"}});
}

std::string Decorated(const std::string& text) {
  std::string out;
  int words = 0;
  for (const char c : text) {
    out += c;
    if (c == ' ' && ++words % 6 == 0) out += "✨🔥★ ";
  }
  return out;
}

bool Hits(const Plan& plan, const Response& r, double coin) {
  switch (plan.where) {
    case Where::kOneReplica:
      if (r.replica != kFaultyReplica) return false;
      break;
    case Where::kLateTurns:
      if (r.turn < 6) return false;
      break;
    case Where::kFullContext:
      if (4 * r.usage.input_tokens.value_or(0) < 3 * r.context_window)
        return false;
      break;
    case Where::kEverywhere:
    case Where::kCanary:
    case Where::kAskedAgain:
      break;
  }
  return coin < plan.share;
}

}  // namespace

std::string_view FaultName(Fault fault) {
  switch (fault) {
    case Fault::kStripMarkers:
      return "reasoning tags stripped";
    case Fault::kSymbols:
      return "symbols inserted";
    case Fault::kGarbage:
      return "garbage run";
    case Fault::kLoop:
      return "passage loops";
    case Fault::kLanguage:
      return "other language";
    case Fault::kContradict:
      return "answer contradicts chain";
    case Fault::kTruncate:
      return "ends inside the chain";
    case Fault::kShorten:
      return "chain shortened";
    case Fault::kOneSentence:
      return "one sentence";
    case Fault::kFail:
      return "wrong throughout";
    case Fault::kPad:
      return "padded and wrong";
  }
  return "";
}

std::string_view WhereName(Where where) {
  switch (where) {
    case Where::kEverywhere:
      return "all";
    case Where::kOneReplica:
      return "one of 4 replicas";
    case Where::kLateTurns:
      return "turns 6 and later";
    case Where::kFullContext:
      return "context fill 75 % and over";
    case Where::kCanary:
      return "a new version";
    case Where::kAskedAgain:
      return "the same query again in a session";
  }
  return "";
}

Signal OwnSignal(Fault fault) {
  switch (fault) {
    case Fault::kStripMarkers:
      return Signal::kFormatMarkers;
    case Fault::kSymbols:
    case Fault::kGarbage:
      return Signal::kDecorativeSymbols;
    case Fault::kLoop:
      return Signal::kRepetitionLoop;
    case Fault::kLanguage:
      return Signal::kLanguageMixing;
    case Fault::kContradict:
      return Signal::kAnswerChainMismatch;
    case Fault::kTruncate:
      return Signal::kEmptyOrTruncated;
    case Fault::kShorten:
    case Fault::kOneSentence:
      return Signal::kLengthCollapse;
    case Fault::kFail:
    case Fault::kPad:
      return Signal::kConsistencyRegression;
  }
  return Signal::kCount;
}

Response Spoil(Response r, const Plan& plan) {
  std::string content = r.content.value_or("");
  Parts p = Split(content);
  const std::string number = Boxed(p.answer);
  switch (plan.fault) {
    case Fault::kStripMarkers:
      content = absl::StrCat(p.chain, "\n\n", p.answer);
      break;
    case Fault::kSymbols:
      p.answer = Decorated(p.answer);
      p.chain = Decorated(p.chain);
      content = Joined(p);
      break;
    case Fault::kGarbage:
      p.answer = absl::StrCat(std::string(120, '!'), p.answer);
      content = Joined(p);
      break;
    case Fault::kLoop: {
      const std::string passage =
          p.chain.substr(0, std::min<size_t>(p.chain.size(), 160));
      for (int i = 0; i < 40; ++i) p.chain += passage;
      content = Joined(p);
      break;
    }
    case Fault::kLanguage:
      p.chain = kGerman;
      p.answer = absl::StrCat(
          "Am Ende bleiben also noch genau so viele Stücke übrig, wie oben "
          "berechnet wurde.\n\n**Antwort:** \\boxed{",
          number, "}");
      content = Joined(p);
      break;
    case Fault::kContradict:
      Change(number, p.answer);
      content = Joined(p);
      break;
    case Fault::kTruncate:
      content = absl::StrCat(std::string(kOpen),
                             p.chain.substr(0, p.chain.size() * 6 / 10));
      break;
    case Fault::kShorten: {
      const auto size =
          static_cast<size_t>(static_cast<double>(p.chain.size()) * plan.keep);
      const size_t end = p.chain.find('.', size);
      p.chain.resize(end == std::string::npos ? p.chain.size() : end + 1);
      content = Joined(p);
      break;
    }
    case Fault::kOneSentence:
      content = absl::StrCat("The answer is \\boxed{", number, "}.");
      break;
    case Fault::kFail:
      Change(number, p.chain);
      Change(number, p.answer);
      content = Joined(p);
      break;
    case Fault::kPad: {
      Change(number, p.chain);
      Change(number, p.answer);
      const size_t last = p.chain.rfind("So ");
      std::string padding;
      for (const char* const sentence :
           {"It is important to be thorough here. ",
            "A careful reader will appreciate every detail of this. ",
            "Every part of the question deserves full attention. ",
            "This approach is both rigorous and complete. "})
        for (int i = 0; i < 6; ++i) padding += sentence;
      p.chain.insert(last == std::string::npos ? 0 : last, padding);
      content = Joined(p);
      break;
    }
  }
  r.content = std::move(content);
  return r;
}

DrillReport Drill(const Plan& plan, uint64_t seed, int limit, int baseline,
                  int before) {
  // Share of repeated first questions, enough to find the fault within the
  // drill.
  constexpr double kAskedAgainShare = .2;
  HealthyTraffic traffic(
      seed, plan.where == Where::kAskedAgain ? kAskedAgainShare : 0);
  std::set<std::pair<std::string, std::string>> asked;
  std::mt19937_64 coins(seed ^ 0x5eed);
  StandardEvaluator evaluator("drill");
  WatchOptions watch;
  watch.budget.mean_responses = 1e5;
  std::unique_ptr<ModelPipeline> pipeline;
  const auto pipeline_of = [&](const std::string& model) -> ModelPipeline& {
    if (pipeline == nullptr)
      pipeline =
          std::make_unique<ModelPipeline>(model, watch, IncidentOptions());
    return *pipeline;
  };
  std::vector<Response> healthy;
  for (int i = 0; i < baseline; ++i) healthy.push_back(traffic.Next());
  RecordedRows source(healthy);
  PipelineSink sink(/*learn=*/true, pipeline_of);
  RecordingImporter importer(
      {.profile_of = [](const std::string&) { return ModelProfile(); }},
      evaluator, sink);
  DrillReport report;
  if (!importer.Run(source).ok()) return report;
  report.clean_before = true;
  int found_at = -1;
  // A few more responses, so that the incident has its final description.
  constexpr int kAfter = 60;
  for (int i = 0; i < before + limit; ++i) {
    Response r = traffic.Next();
    r.problem.reset();
    const double coin = static_cast<double>(coins() >> 11) * 0x1p-53;
    const bool canary = plan.where == Where::kCanary;
    if (canary) r.regime.fingerprint = "fp-stable";
    const bool again = !asked.emplace(r.session, r.prompt).second;
    if (i >= before && Hits(plan, r, coin) &&
        (again || plan.where != Where::kAskedAgain)) {
      r = Spoil(std::move(r), plan);
      if (canary) r.regime.fingerprint = kCanaryFingerprint;
    }
    for (const IncidentEvent& event :
         pipeline->Observe(evaluator.Evaluate(r), /*low_coverage=*/false)) {
      if (i < before) report.clean_before = false;
      if (event.kind == IncidentEvent::Kind::kOpened)
        report.opened.push_back(event.signal);
      if (event.signal != OwnSignal(plan.fault)) continue;
      report.incident = event.incident;
      if (event.kind != IncidentEvent::Kind::kOpened || i < before ||
          report.delay >= 0)
        continue;
      report.delay = i - before + 1;
      found_at = i;
    }
    if (found_at >= 0 && i >= found_at + kAfter) break;
  }
  return report;
}

}  // namespace reasonwatch::testing
