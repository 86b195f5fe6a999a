// SPDX-License-Identifier: Apache-2.0
// A way names its cause by an interval that excludes 0, so everything here is
// about pairs: the plan of ways, the pairs of samples, the interval. The last
// part rewrites questions: a variant in the problem's place, and a filled
// context.
#include "rescore/statistics/paired_ways.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Error of the intervals of all ways together.
constexpr double kError = .05;

// Upper quantile of the standard normal by bisection of erfc.
double NormalQuantile(double upper_tail) {
  double low = 0;
  double high = 40;
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    if (std::erfc(middle / std::sqrt(2.)) / 2 > upper_tail)
      low = middle;
    else
      high = middle;
  }
  return high;
}

// Turns of neutral prose, and about how many tokens each takes.
constexpr std::string_view kProse[] = {
    "The harbour was quiet in the morning. Two boats came in with the tide and "
    "the men on the pier took their lines without a word. Later the wind rose.",
    "She kept the seeds in small paper bags and wrote the name of each plant "
    "and the month on them. In spring the boxes on the sill were full again.",
    "The old road runs along the river and crosses it at the mill. Carts used "
    "to wait there for the ferry before the bridge was built of grey stone.",
    "In the evening the library closes late. People read under the green lamps "
    "and the clerk goes round with a trolley to bring the volumes back.",
};
constexpr int64_t kTurnTokens = 45;  // of some 30 words

}  // namespace

std::vector<Way> PlanWays(const WaysAvailable& available) {
  std::vector<Way> ways;
  if (available.thinking)
    ways.push_back({kThinkingOn, "effort_or_thinking_switch"});
  ways.push_back({kFreshCache, "cache_or_batching"});
  ways.push_back({kOtherStream, "server_parser_split"});
  for (const std::string& name : available.replicas)
    ways.push_back({kReplicaPrefix + name, "replica_fault", /*by_loss=*/false,
                    /*by_either=*/true});
  if (available.filled_context)
    ways.push_back({kFilledContext, "context_saturation", /*by_loss=*/true});
  if (available.variants)
    ways.push_back({kVariant, "surface_pattern", /*by_loss=*/true});
  if (available.reference)
    ways.push_back({kReference, "quantization_or_weights"});
  return ways;
}

namespace {

// The reward of a sample. An answer that can't be graded counts as failed if
// its form is broken too.
int8_t RewardOf(const RescoreSample& s, Reward reward) {
  const int8_t own = s.rewards[static_cast<size_t>(reward)];
  const bool broken = s.rewards[static_cast<size_t>(Reward::kFormat)] == 0;
  return own < 0 && reward == Reward::kOutcome && broken ? int8_t{0} : own;
}

}  // namespace

Pairs PairsOf(const std::vector<GroupView>& groups, std::string_view way,
              Reward reward, std::string_view partner) {
  Pairs pairs;
  for (const GroupView& g : groups) {
    std::map<int32_t, int8_t> usual;
    for (const RescoreSample& s : g.job->samples)
      if (s.way == partner) usual[s.index] = RewardOf(s, reward);
    for (const RescoreSample& s : g.job->samples) {
      if (s.way != way) continue;
      const auto it = usual.find(s.index);
      const int8_t mine = RewardOf(s, reward);
      if (it == usual.end() || it->second < 0 || mine < 0) continue;
      if (mine == 1) {
        ++(it->second == 1 ? pairs.both : pairs.better);
      } else {
        ++(it->second == 1 ? pairs.worse : pairs.neither);
      }
    }
  }
  return pairs;
}

Difference PairedDifference(const Pairs& pairs, int ways) {
  Difference d;
  d.pairs = pairs.count();
  const double n = pairs.count() + 2.;
  const double better = (pairs.better + .5) / n;
  const double worse = (pairs.worse + .5) / n;
  const double middle = better - worse;
  const double z = NormalQuantile(kError / 2 / std::max(1, ways));
  const double half =
      z * std::sqrt(std::max(0., better + worse - middle * middle) / n);
  d.value =
      pairs.count() == 0
          ? 0
          : static_cast<double>(pairs.better - pairs.worse) / pairs.count();
  d.low = std::max(-1., middle - half);
  d.high = std::min(1., middle + half);
  return d;
}

std::vector<Difference> CompareWays(const std::vector<GroupView>& groups,
                                    const std::vector<Way>& ways,
                                    Reward reward) {
  std::vector<Difference> differences;
  std::vector<const Way*> compared;  // of each difference
  bool some_replica_fails = false;
  for (const Way& way : ways) {
    const Pairs pairs = PairsOf(groups, way.name, reward);
    if (pairs.count() == 0) continue;
    Difference d = PairedDifference(pairs, static_cast<int>(ways.size()));
    d.name = way.name;
    some_replica_fails |= way.by_either && d.high < 0;
    differences.push_back(std::move(d));
    compared.push_back(&way);
  }
  for (size_t i = 0; i < differences.size(); ++i) {
    const Way& way = *compared[i];
    const bool by_loss = way.by_loss || (way.by_either && some_replica_fails);
    if (by_loss ? differences[i].high < 0 : differences[i].low > 0) {
      differences[i].cause = way.cause;
      break;
    }
  }
  return differences;
}

std::optional<Response> AskVariant(const Response& question,
                                   const ProblemVariant& variant) {
  Response r = question;
  const auto replace = [](std::string& text, const std::string& from,
                          const std::string& to) {
    const size_t at = from.empty() ? std::string::npos : text.rfind(from);
    if (at == std::string::npos) return false;
    text.replace(at, from.size(), to);
    return true;
  };
  const auto inside = [](const std::string& text) {
    const std::string quoted = JsonString(text);
    return quoted.substr(1, quoted.size() - 2);
  };
  const bool replaced =
      r.messages_json.empty()
          ? replace(r.prompt, variant.original, variant.prompt)
          : replace(r.messages_json, inside(variant.original),
                    inside(variant.prompt));
  if (!replaced) return std::nullopt;
  if (r.problem.has_value()) r.problem->answer = variant.answer;
  return r;
}

absl::StatusOr<std::string> FillContext(const Response& question,
                                        int64_t tokens) {
  std::string system;
  std::string rest;
  const auto add = [](std::string& list, std::string_view message) {
    absl::StrAppend(&list, list.empty() ? "" : ",", AbslView(message));
  };
  const auto message = [](std::string_view role, std::string_view text) {
    return absl::StrCat("{\"role\":\"", AbslView(role),
                        "\",\"content\":", JsonString(text), "}");
  };
  if (question.messages_json.empty()) {
    add(rest, message("user", question.prompt));
  } else {
    simdjson::dom::parser parser;
    const simdjson::padded_string padded(question.messages_json);
    simdjson::dom::array messages;
    if (parser.parse(padded).get(messages) != simdjson::SUCCESS)
      return absl::InvalidArgumentError("messages that are no array");
    for (const simdjson::dom::element element : messages) {
      std::string_view role;
      if (element["role"].get(role) != simdjson::SUCCESS)
        return absl::InvalidArgumentError("a message without a role");
      // The filling goes after it: templates refuse a system message that is
      // not the first.
      const bool first = role == "system" || role == "developer";
      add(first && rest.empty() ? system : rest, simdjson::minify(element));
    }
  }
  if (system.empty() && !question.system_prompt.empty())
    add(system, message("system", question.system_prompt));
  const int64_t turns = std::clamp<int64_t>(tokens / kTurnTokens, 0, 4096);
  for (int64_t i = 0; i < turns; ++i)
    add(system, message(i % 2 == 0 ? "user" : "assistant",
                        kProse[static_cast<size_t>(i) % std::size(kProse)]));
  // Templates want roles to alternate, so the question follows an assistant.
  if (turns % 2 != 0) add(system, message("assistant", "I see."));
  if (!rest.empty()) add(system, rest);
  return absl::StrCat("[", system, "]");
}

}  // namespace reasonwatch
