// SPDX-License-Identifier: Apache-2.0
// First the observations of an incident are gathered from its findings, then
// the rules turn them into weights. The weights are relative and were set by
// hand: 6 for a cause that is seen directly (only one replica shows it), 4 to 5
// for a strong sign, 1 to 2 for a pattern of signals that other causes show
// too, against .5 for "unknown". The verdict's own causes come last, as they
// are put before the others.
#include "incidents/causes.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "core/verdict.h"
#include "detectors/signals/channel.h"

namespace reasonwatch {
namespace {

constexpr double kUnknown = .5;
// A channel with under a tenth of the evidence says little of the cause.
constexpr double kHeard = .1;
// p-value of the fingerprint from which the weights are not those of before:
// one false hint in 200 verdicts.
constexpr double kOtherWeights = .005;
// Shares of the verdict's causes: an interval of 95 % over paired runs, or a
// different template, are measured; a fingerprint takes some templates for
// other weights.
constexpr double kMeasured = .8;
constexpr double kFingerprinted = .6;
// The operator's word weighs more than the channels' hints together.
constexpr double kAcceptedWeight = 9;

constexpr char kSwitch[] = "effort_or_thinking_switch";
constexpr char kWeights[] = "quantization_or_weights";
constexpr char kTemplate[] = "prompt_or_template_change";
constexpr char kVersion[] = "version_change";
constexpr char kGateway[] = "gateway";

class Weights {
 public:
  void Add(const std::string& cause, double weight,
           const std::string& evidence) {
    Cause& c = causes_[cause];
    c.cause = cause;
    c.weight += weight;
    // Two findings of one incident often carry the same observation.
    if (evidence.empty() || c.evidence.find(evidence) != std::string::npos)
      return;
    c.evidence += (c.evidence.empty() ? "" : "; ") + evidence;
  }
  std::vector<Cause> Ranked() const {
    std::vector<Cause> ranked;
    double sum = 0;
    for (const auto& [name, cause] : causes_) {
      ranked.push_back(cause);
      sum += cause.weight;
    }
    std::stable_sort(
        ranked.begin(), ranked.end(),
        [](const Cause& a, const Cause& b) { return a.weight > b.weight; });
    for (Cause& c : ranked) c.weight /= sum;
    return ranked;
  }

 private:
  std::map<std::string, Cause> causes_;
};

// The content of an incident's findings, without their figures.
struct Observations {
  bool shorter = false;
  bool longer = false;
  bool failing = false;
  bool markers = false;
  bool loops = false;
  bool reasoning_gone = false;
  bool split = false;
  uint32_t hinted = 0;                 // bit a CauseHint
  std::string saturated;               // the late turns and full contexts
  std::map<std::string, Cause> hints;  // the strongest of each name
};

void ObserveSignal(Signal signal, Observations& seen) {
  seen.shorter = seen.shorter || signal == Signal::kLengthCollapse;
  seen.longer = seen.longer || signal == Signal::kLengthRunaway;
  seen.failing = seen.failing || signal == Signal::kConsistencyRegression;
  seen.markers = seen.markers || signal == Signal::kFormatMarkers;
  seen.loops = seen.loops || signal == Signal::kRepetitionLoop;
}

void ObserveFinding(const Finding& f, Observations& seen) {
  for (const auto& [name, share] : f.channels) {
    if (share < kHeard) continue;
    const ChannelSpec* channel = FindChannel(name);
    const CauseHint hint =
        channel == nullptr ? CauseHint::kNone : channel->hints_at;
    seen.reasoning_gone =
        seen.reasoning_gone || hint == CauseHint::kReasoningGone;
    seen.split = seen.split || hint == CauseHint::kServerSplit;
    seen.hinted |= 1u << static_cast<int>(hint);
  }
  for (const std::string& stratum : f.strata) {
    if (stratum != "context fill 50-75 %" &&
        stratum != "context fill 75 % and over" &&
        stratum != "turns 6 and later")
      continue;
    if (seen.saturated.find(stratum) == std::string::npos)
      seen.saturated += (seen.saturated.empty() ? "" : ", ") + stratum;
  }
  for (const Cause& hint : f.hints) {
    // Levels say the same with other figures; the first one stays.
    Cause& kept =
        seen.hints[hint.cause +
                   hint.evidence.substr(0, hint.evidence.find(" carries"))];
    if (hint.weight > kept.weight) kept = hint;
  }
}

// Hints of channels that name a cause by themselves.
struct HintRow {
  CauseHint hint;
  const char* cause;
  double weight;
  const char* evidence;
};
constexpr HintRow kHintRows[] = {
    {CauseHint::kToolParser, "tool_parser", 4,
     "calls of tools are not read out of the text as they were"},
    {CauseHint::kDecoding, "decoding", 4,
     "the text is damaged behind the model: spaces, characters or escapes"},
    {CauseHint::kMixedUp, "cache_or_batching", 3,
     "answers come twice, or do not speak of what was asked"},
    {CauseHint::kDeclined, "policy_or_filter", 4,
     "the model declines, or a filter answers in its place"},
    {CauseHint::kOtherModel, kVersion, 6,
     "responses name another model than was asked for"},
};

// Signs that are seen directly.
void WeighSigns(const Observations& seen, const Incident& incident,
                Weights& w) {
  for (const auto& [name, hint] : seen.hints)
    w.Add(hint.cause, hint.weight, hint.evidence);
  // Reasoning that was lost on its way was not switched off by anybody.
  const bool on_its_way = std::any_of(
      seen.hints.begin(), seen.hints.end(),
      [](const auto& hint) { return hint.second.cause == kGateway; });
  if (seen.reasoning_gone && !on_its_way)
    w.Add(kSwitch, 3, "responses came without the reasoning they used to have");
  if (seen.split)
    w.Add("server_parser_split", 4,
          "reasoning markers stand where the server's parser should have "
          "taken them away");
  for (const HintRow& row : kHintRows)
    if ((seen.hinted >> static_cast<int>(row.hint) & 1) != 0)
      w.Add(row.cause, row.weight, row.evidence);
  if (!seen.saturated.empty())
    w.Add("context_saturation", 4,
          absl::StrFormat("the change sits in responses with %s",
                          seen.saturated));
  if (incident.scope == Scope::kReplica)
    w.Add("replica_fault", 6,
          absl::StrFormat("only replica %s shows it", incident.replica));
}

// Which signals changed together, and which held. Answers alone do not name a
// prompt or template: that takes a sign of the requests.
void WeighPatterns(const Observations& seen, Weights& w) {
  const auto& [shorter, longer, failing, markers, loops, reasoning_gone, split,
               hinted, saturated, hints] = seen;
  if (failing && !shorter && !longer && !markers)
    w.Add(kWeights, 2, "form held while answers failed");
  if (failing && longer && !markers)
    w.Add(kWeights, 1.5, "longer and less often right");
  // Text that grows without saying more, in perfect form, and answers fail.
  if (failing && longer && !markers && !reasoning_gone)
    w.Add("reward_hacking", loops ? 4 : 2.5,
          loops ? "longer and repeating itself, form held, answers failed"
                : "longer, form held, answers failed");
  if (markers && !shorter && !failing)
    w.Add(kVersion, 1, "markers changed, lengths held");
  if (failing && (shorter || markers))
    w.Add(kVersion, 1, "form and answers changed together");
}

// Puts a cause before the others, with `weight` of the whole.
void Lead(std::vector<Cause>& causes, const std::string& cause, double weight,
          std::string evidence) {
  std::erase_if(causes, [&](const Cause& c) { return c.cause == cause; });
  double rest = 0;
  for (const Cause& c : causes) rest += c.weight;
  for (Cause& c : causes) c.weight *= (1 - weight) / rest;
  causes.insert(causes.begin(),
                {cause, causes.empty() ? 1 : weight, std::move(evidence)});
}

bool Names(const std::vector<Cause>& causes, std::string_view cause) {
  return std::any_of(causes.begin(), causes.end(),
                     [&](const Cause& c) { return c.cause == cause; });
}

}  // namespace

std::vector<Cause> RankCauses(const Incident& incident) {
  Observations seen;
  for (const IncidentSignal& s : incident.signals) {
    ObserveSignal(s.signal, seen);
    ObserveFinding(s.finding, seen);
  }
  Weights w;
  w.Add("unknown", kUnknown, "");
  WeighSigns(seen, incident, w);
  WeighPatterns(seen, w);
  return w.Ranked();
}

std::vector<Cause> ExplainIncident(const Incident& incident) {
  std::vector<Cause> causes = RankCauses(incident);
  if (!incident.verdict.has_value()) return causes;
  const Verdict& v = *incident.verdict;
  const auto measured =
      std::find_if(v.differences.begin(), v.differences.end(),
                   [](const Difference& d) { return !d.cause.empty(); });
  if (measured != v.differences.end()) {
    Lead(causes, measured->cause, kMeasured,
         absl::StrFormat("asked again as %s, the reward differs by %+.2f "
                         "(%.2f to %.2f, %d pairs)",
                         measured->name, measured->value, measured->low,
                         measured->high, measured->pairs));
  } else if (v.fingerprint_p <= kOtherWeights) {
    // The same messages give other log-probabilities under other weights and
    // under another template; only the latter takes the reasoning away too.
    const bool reasoning_gone = Names(causes, kSwitch);
    Lead(causes, reasoning_gone ? kTemplate : kWeights, kFingerprinted,
         absl::StrFormat("log-probabilities on fixed prompts are not those of "
                         "before (p = %.4f)%s",
                         v.fingerprint_p,
                         reasoning_gone ? " and reasoning is gone" : ""));
  }
  // Another template switches thinking, and moves log-probabilities: it is
  // behind those two causes. A whole other server beats it.
  const bool elsewhere = measured != v.differences.end() &&
                         measured->cause != kSwitch &&
                         measured->cause != kWeights;
  if (!v.healthy_template_hash.empty() && !v.template_hash.empty() &&
      v.template_hash != v.healthy_template_hash && !elsewhere &&
      v.kind != VerdictKind::kNotReproduced)
    Lead(causes, kTemplate, kMeasured,
         absl::StrFormat("the endpoint renders a fixed conversation to %s, "
                         "which was %s while all was well",
                         v.template_hash, v.healthy_template_hash));
  return causes;
}

std::vector<Cause> ExplainAccepted(const Incident& incident,
                                   const std::string& evidence) {
  std::vector<Cause> causes = {{kVersion, kAcceptedWeight, evidence}};
  for (const Cause& c : incident.causes) {
    if (c.cause != causes.front().cause) {
      causes.push_back(c);
      continue;
    }
    causes.front().weight += c.weight;
    if (!c.evidence.empty()) causes.front().evidence += "; " + c.evidence;
  }
  double sum = 0;
  for (const Cause& c : causes) sum += c.weight;
  for (Cause& c : causes) c.weight /= sum;
  return causes;
}

}  // namespace reasonwatch
