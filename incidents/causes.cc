// Likely causes, ranked from evidence: what the channels say together, and what
// else changed around the onset (Finding::hints).
#include <algorithm>
#include <map>

#include "absl/strings/str_format.h"
#include "core/strings.h"
#include "incidents/incident_book.h"

namespace reasonwatch {
namespace {

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

}  // namespace

std::vector<Cause> RankCauses(const Incident& incident) {
  Weights w;
  w.Add("unknown", .5, "");
  bool shorter = false;
  bool longer = false;
  bool failing = false;
  bool markers = false;
  bool reasoning_gone = false;
  bool split = false;
  bool saturated = false;
  bool loops = false;
  std::string where;
  std::map<std::string, Cause> hints;  // the strongest of each name
  for (const IncidentSignal& s : incident.signals) {
    const Finding& f = s.finding;
    shorter = shorter || s.signal == Signal::kLengthCollapse;
    longer = longer || s.signal == Signal::kLengthRunaway;
    failing = failing || s.signal == Signal::kConsistencyRegression;
    markers = markers || s.signal == Signal::kFormatMarkers;
    loops = loops || s.signal == Signal::kRepetitionLoop;
    for (const auto& entry : f.channels) {
      if (entry.second < .1) continue;
      // A structured binding can't be captured by clang 14.
      const std::string& channel = entry.first;
      const auto ends = [&](std::string_view tail) {
        return channel.size() >= tail.size() &&
               channel.compare(channel.size() - tail.size(), tail.size(),
                               tail) == 0;
      };
      reasoning_gone = reasoning_gone || ends("/zero_thinking") ||
                       ends("/reasoning_field_vanishes") ||
                       ends("/think_tags_vanishes");
      split = split || ends("/split_differs") || ends("/leaked") ||
              ends("/unclosed") || ends("/doubled");
    }
    for (const std::string& stratum : f.strata) {
      if (stratum != "context fill 50-75 %" &&
          stratum != "context fill 75 % and over" &&
          stratum != "turns 6 and later")
        continue;
      saturated = true;
      if (where.find(stratum) == std::string::npos)
        where += (where.empty() ? "" : ", ") + stratum;
    }
    for (const Cause& hint : f.hints) {
      // Levels say the same with other figures; the first one stays.
      Cause& kept = hints[hint.cause + hint.evidence.substr(
                                           0, hint.evidence.find(" carries"))];
      if (hint.weight > kept.weight) kept = hint;
    }
  }
  for (const auto& [name, hint] : hints)
    w.Add(hint.cause, hint.weight, hint.evidence);
  if (reasoning_gone)
    w.Add("effort_or_thinking_switch", 3,
          "responses came without the reasoning they used to have");
  if (split)
    w.Add("server_parser_split", 4,
          "reasoning markers stand where the server's parser should have "
          "taken them away");
  if (saturated)
    w.Add("context_saturation", 4,
          absl::StrFormat("the change sits in responses with %s", where));
  if (incident.scope == Scope::kReplica)
    w.Add("replica_fault", 6,
          absl::StrFormat("only replica %s shows it", incident.replica));
  if (shorter && markers && !reasoning_gone)
    w.Add("prompt_or_template_change", 1.5,
          "length and markers changed together");
  if (shorter && !markers)
    w.Add("prompt_or_template_change", 1, "lengths changed, markers held");
  if (failing && !shorter && !longer && !markers)
    w.Add("quantization_or_weights", 2, "form held while answers failed");
  if (failing && longer && !markers)
    w.Add("quantization_or_weights", 1.5, "longer and less often right");
  // Text that grows without saying more, in perfect form, and answers fail.
  if (failing && longer && !markers && !reasoning_gone)
    w.Add("reward_hacking", loops ? 4 : 2.5,
          loops ? "longer and repeating itself, form held, answers failed"
                : "longer, form held, answers failed");
  if (markers && !shorter && !failing)
    w.Add("version_change", 1, "markers changed, lengths held");
  if (failing && (shorter || markers))
    w.Add("version_change", 1, "form and answers changed together");
  return w.Ranked();
}

}  // namespace reasonwatch
