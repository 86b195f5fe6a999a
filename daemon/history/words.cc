// SPDX-License-Identifier: Apache-2.0
// An incident in one sentence, built of its leading signal: the fault from the
// table of faults, its size from the picture, or from the finding where the
// past is not known.
//
// In order: the table, numbers and times in words, the parts of the sentence,
// the sentence.
#include "daemon/history/words.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "detectors/signals/channel.h"
#include "util/grouped.h"

namespace reasonwatch {
namespace {

// "N responses ..." if they show a feature, and if they have lost it.
struct FaultRow {
  Feature feature;
  const char* shown;
  const char* gone;
};
constexpr FaultRow kFaults[] = {
    {Feature::kZeroThinking, "come without reasoning", "come with reasoning"},
    {Feature::kSingleSentence, "have at most one sentence of reasoning", ""},
    {Feature::kDirectAnswer, "answer at once, without a chain", ""},
    {Feature::kFinishLength, "run into the token limit", ""},
    {Feature::kThinkTags, "have reasoning between tags",
     "have no reasoning between tags"},
    {Feature::kReasoningField, "have reasoning in a field of its own",
     "have no reasoning in its field"},
    {Feature::kSteps, "have steps", "have no steps"},
    {Feature::kBoxed, "have a boxed answer", "have no boxed answer"},
    {Feature::kAnswerTag, "have an answer tag", "have no answer tag"},
    {Feature::kCodeFence, "have a code fence", "have no code fence"},
    {Feature::kJsonKeys, "have named keys", "have no named keys"},
    {Feature::kUnclosed, "leave the reasoning block open", ""},
    {Feature::kDoubled, "have markers twice", ""},
    {Feature::kLeaked, "have markers in the answer", ""},
    {Feature::kSplitDiffers, "are split wrongly by the server", ""},
    {Feature::kUnknownFormat, "have an unknown format", ""},
    {Feature::kHabitsShown, "show the model's habits",
     "show fewer of the model's habits"},
    {Feature::kLanguageMismatch, "answer in another language",
     "answer in the asked language"},
    {Feature::kMinorityScript, "mix in letters of other scripts", ""},
    {Feature::kSymbolDensity, "are full of decorative symbols", ""},
    {Feature::kGarbageRun, "have runs of garbage", ""},
    {Feature::kExactPeriod, "end in an endless loop", ""},
    {Feature::kShingleRecurrence, "repeat whole passages", ""},
    {Feature::kStopEmpty, "are empty", ""},
    {Feature::kReasoningWithoutAnswer, "have reasoning and no answer", ""},
    {Feature::kCutInTransport, "are cut in transport", ""},
    {Feature::kAnswerNotInChain, "give an answer that their reasoning lacks",
     ""},
    {Feature::kAnswerContradictsChain, "contradict their own reasoning", ""},
    {Feature::kContradictoryAnswers, "give two answers that differ", ""},
    {Feature::kRubricLow, "have reasoning that does not hold together", ""},
    {Feature::kRefusal, "decline to answer", ""},
    {Feature::kToolCallInvalid, "have invalid tool calls", ""},
    {Feature::kToolMarkup, "have tool markup in the text", ""},
    {Feature::kToolCalled, "call tools", "call no tool"},
    {Feature::kClaimedWork, "claim work that no tool did", ""},
    {Feature::kFormBroken, "have broken JSON", ""},
    {Feature::kJsonAnswer, "are JSON", "are no JSON, which was asked for"},
    {Feature::kJsonKeysUnasked, "have keys that nobody asked for", ""},
    {Feature::kOffPrompt, "speak of something else than the prompt", ""},
    {Feature::kReasoningMismatch, "reason in another language than the prompt",
     "reason in the prompt's language"},
    {Feature::kReasoningThirdLanguage, "reason in a third language",
     "reason in no third language"},
    {Feature::kSpacesLost, "have words run together", ""},
    {Feature::kSpacesDoubled, "have doubled spaces", ""},
    {Feature::kWordsDoubled, "have doubled words", ""},
    {Feature::kBrokenCharacters, "have broken characters", ""},
    {Feature::kEscapedText, "have escapes in the text", ""},
    {Feature::kAnswerTwice, "have the answer twice", ""},
    {Feature::kEndsMidSentence, "end within a sentence", ""},
    {Feature::kCitations, "cite sources", "cite no sources"},
    {Feature::kCitationUnknown, "cite sources that do not exist", ""},
    {Feature::kCodeStub, "leave code out behind a comment", ""},
    {Feature::kOtherModelServed, "name another model than was asked for", ""},
};

std::string Words(std::string_view name) {
  return absl::StrReplaceAll(std::string(name), {{"_", " "}});
}

std::string Count(double value) { return Grouped(std::llround(value)); }

std::string Percent(double share) {
  const double percent = 100 * share;
  return percent > 0 && percent < 1 ? absl::StrFormat("%.1f %%", percent)
                                    : absl::StrFormat("%.0f %%", percent);
}

std::string When(absl::Time time, absl::Time now) {
  const bool of_today = absl::ToCivilDay(time, absl::UTCTimeZone()) ==
                        absl::ToCivilDay(now, absl::UTCTimeZone());
  return absl::FormatTime(of_today ? "%H:%M UTC" : "%-d %b %Y, %H:%M UTC", time,
                          absl::UTCTimeZone());
}

std::string Where(const Incident& incident) {
  std::string where = absl::StrCat(" of ", incident.model);
  if (!incident.route.empty())
    absl::StrAppend(&where, ", route ", incident.route);
  if (!incident.replica.empty())
    absl::StrAppend(&where, ", replica ", incident.replica);
  return where;
}

std::string Since(const Incident& incident, absl::Time now) {
  const absl::Time began = incident.onset_time == absl::InfinitePast()
                               ? incident.opened
                               : incident.onset_time;
  if (began == absl::InfinitePast()) return "";
  if (incident.open()) return absl::StrCat(", since ", When(began, now));
  return absl::StrCat(", from ", When(began, now), " to ",
                      When(incident.closed, now));
}

// The signal that opened the incident, or the first.
const IncidentSignal* LeadOf(const Incident& incident) {
  return incident.signals.empty() ? nullptr : &incident.signals.front();
}

const SignalPicture* PictureOf(const IncidentSignal& lead,
                               const Picture& picture) {
  for (const SignalPicture& p : picture.signals)
    if (p.signal == SignalName(lead.signal) && p.seen > 0) return &p;
  return nullptr;
}

std::string Responses(const Finding& f, const SignalPicture* picture) {
  if (picture != nullptr)
    return absl::StrCat(Count(static_cast<double>(picture->affected)), " of ",
                        Count(static_cast<double>(picture->seen)),
                        " responses");
  if (f.responses_since_onset <= 0) return "responses";
  const auto seen = static_cast<double>(f.responses_since_onset);
  const double share = std::clamp(f.affected_share, 0., 1.);
  return absl::StrCat("about ", Count(std::round(share * seen)), " of ",
                      Count(seen), " responses");
}

std::string LengthWords(const Finding& f, const SignalPicture* picture) {
  const ChannelSpec* spec = FindChannel(f.channel);
  std::string text = spec != nullptr && spec->feature == Feature::kOutputTokens
                         ? "The output is "
                         : "Reasoning is ";
  double ratio = f.effect.value;
  std::string tokens;
  if (picture != nullptr && picture->expected.value > 0 &&
      std::isfinite(picture->now.value)) {
    ratio = picture->now.value / picture->expected.value;
    tokens = absl::StrCat(" (", Count(std::round(picture->now.value)),
                          " tokens, usually ",
                          Count(std::round(picture->expected.value)), ")");
  }
  if (!std::isfinite(ratio)) {
    text += "not as long as usual";
  } else if (ratio >= 2) {
    absl::StrAppend(&text, absl::StrFormat("%.1f", ratio),
                    " times its usual length");
  } else {
    absl::StrAppend(&text, Percent(ratio), " of its usual length");
  }
  return absl::StrCat(text, tokens, " in ", Responses(f, picture));
}

std::string RateWords(const Finding& f, const SignalPicture* picture) {
  std::string text = absl::StrCat(Responses(f, picture));
  text.front() = static_cast<char>(text.front() >= 'a' && text.front() <= 'z'
                                       ? text.front() - 'a' + 'A'
                                       : text.front());
  return text;
}

std::string ProblemWords(const Finding& f) {
  int64_t asked = 0;
  int64_t failing = 0;
  for (const FamilyCount& family : f.families) {
    asked += family.asked;
    failing += family.failing;
  }
  if (asked == 0) return "Problems that used to be solved fail now";
  return absl::StrCat(Count(static_cast<double>(failing)), " of ",
                      Count(static_cast<double>(asked)),
                      " problems that used to be solved fail now");
}

std::string RateTail(const Finding& f, const SignalPicture* picture) {
  if (picture != nullptr && std::isfinite(picture->expected.value))
    return absl::StrCat(" (usually ", Percent(picture->expected.value), ")");
  if (picture == nullptr && std::isfinite(f.effect.value) &&
      f.effect.unit == "points")
    return absl::StrFormat(" (%+.0f points)", 100 * f.effect.value);
  return "";
}

}  // namespace

std::string FaultOf(std::string_view channel) {
  const ChannelSpec* spec = FindChannel(channel);
  if (spec == nullptr || spec->feature == Feature::kCount) {
    if (spec != nullptr && spec->question == Question::kRarePair)
      return "answer in another language than was asked for";
    const size_t slash = channel.rfind('/');
    return absl::StrCat(
        "show ",
        Words(channel.substr(slash == std::string_view::npos ? 0 : slash + 1)));
  }
  const bool gone =
      spec->question == Question::kMissing || spec->question == Question::kLow;
  for (const FaultRow& row : kFaults)
    if (row.feature == spec->feature && *(gone ? row.gone : row.shown) != 0)
      return gone ? row.gone : row.shown;
  return absl::StrCat(gone ? "lack " : "show ",
                      Words(FeatureName(spec->feature)));
}

std::string SentenceOf(const Incident& incident, const Picture& picture,
                       absl::Time now) {
  const IncidentSignal* lead = LeadOf(incident);
  std::string text;
  if (lead == nullptr) {
    text = absl::StrCat("A change", Where(incident), Since(incident, now));
  } else {
    const Finding& f = lead->finding;
    const ChannelSpec* spec = FindChannel(f.channel);
    const SignalPicture* painted = PictureOf(*lead, picture);
    if (lead->signal == Signal::kConsistencyRegression) {
      text =
          absl::StrCat(ProblemWords(f), Where(incident), Since(incident, now));
    } else if (spec != nullptr && IsLength(spec->feature)) {
      text = absl::StrCat(LengthWords(f, painted), Where(incident),
                          Since(incident, now));
    } else {
      text = absl::StrCat(
          RateWords(f, painted), Where(incident), " ",
          f.channel.empty()
              ? absl::StrCat("show ", Words(SignalName(lead->signal)))
              : FaultOf(f.channel),
          RateTail(f, painted), Since(incident, now));
    }
  }
  if (!incident.causes.empty() && incident.causes.front().cause != "unknown")
    absl::StrAppend(&text, "; likely ", Words(incident.causes.front().cause));
  return text;
}

std::string SentenceOf(const Incident& incident, absl::Time now) {
  return SentenceOf(incident, Picture(), now);
}

}  // namespace reasonwatch
