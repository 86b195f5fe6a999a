// SPDX-License-Identifier: Apache-2.0
// First the sentences that an expression knows whole, then those whose first
// words are of a closed class.
#include "baseline/matching/frame_remark.h"

#include <algorithm>
#include <span>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "baseline/matching/frame.h"
#include "baseline/matching/frame_statement.h"
#include "baseline/matching/frame_words.h"
#include "re2/re2.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using Words = std::span<const SentenceWord>;
using Set = absl::flat_hash_set<std::string_view>;

constexpr size_t kMaxWords = 16;  // a longer sentence tells a story

re2::StringPiece Piece(std::string_view s) { return {s.data(), s.size()}; }

// For English, in any case; by bytes, as classes of Unicode that repeat make
// large programs.
const RE2* Expression(const std::string& pattern) {
  RE2::Options options;
  options.set_case_sensitive(false);
  options.set_encoding(RE2::Options::EncodingLatin1);
  return new RE2(pattern, options);
}

bool HasOneOf(Words words, const Set& any) {
  return std::any_of(words.begin(), words.end(), [&](const SentenceWord& w) {
    return any.contains(w.text);
  });
}

// "This question has exactly one correct answer", "if several options seem
// right, pick the best one", "it's okay to be unsure, but give your best
// guess", "rate your confidence from 0 to 1".
bool IsRuleOfTheAnswer(std::string_view raw) {
  constexpr char kAnswer[] =
      "(?:answers?|solutions?|options?|choices?|responses?)";
  constexpr char kRight[] =
      "(?:correct|right|valid|possible|acceptable|plausible)";
  constexpr char kBest[] =
      "(?:best|closest|simplest|clearest|strongest|most \\w+)";
  static const RE2& rule = *Expression(absl::StrCat(
      R"([^a-z0-9]*(?:)"
      R"((?:(?:this|the|each|every) (?:question|problem|exercise|item|puzzle|task) has|there(?: is|'s| are)) (?:exactly |only |just )?(?:one|a single|a unique|multiple|several|more than one) )",
      kRight, "? ?", kAnswer, "|if (?:multiple|several|more than one|two) (?:",
      kAnswer, " )?(?:seem|are|look|appear|might be|may be) ", kRight,
      ",? (?:please )?(?:choose|pick|select|give|report|return|use) (?:only |"
      "just )?(?:the )?",
      kBest, "(?: (?:one|", kAnswer,
      "))?"
      R"(|the following (?:is|are) (?:an? |some |the )?(?:[\w-]+ ){0,4}(?:questions?|problems?|exercises?|puzzles?|tasks?)(?: \(with answers?\)| with answers?)?(?: (?:about|on|from|in) [\w ,_-]{2,60})?)"
      R"(|(?:it(?: is|'s) (?:okay|ok|fine|alright|all right) (?:to be|if you(?: are|'re)) (?:uncertain|unsure|not sure|wrong),?(?: but)? )?(?:please )?(?:just |always )?(?:give|provide|take|make|offer)(?: me| us)? (?:your|a) best (?:guess|answer|estimate|shot|effort|try|attempt))"
      R"(|(?:(?:after|when|once) [\w ]{3,30}, |then |also |finally )?(?:rate|state|give|report|include|add|mention|indicate|estimate|express)(?: me)? (?:your|a) (?:confidence|certainty)[\w ,.%()-]{0,40})"
      R"()[^a-z0-9]*)"));
  return RE2::FullMatch(Piece(raw), rule);
}

// "Use a friendly tone", "skip the pleasantries", "assume the reader is an
// engineer", "address me as Captain".
bool IsStyle(std::string_view raw) {
  static const RE2& style = *Expression(
      R"([^a-z0-9]*(?:please )?(?:)"
      R"((?:use|adopt|keep|maintain|(?:answer|respond|reply|speak|write) (?:in|with)) an? (?:[\w-]+ ){1,3}(?:tone|style|voice|manner|register))"
      R"(|(?:skip|omit|drop|avoid|spare me|no|without) (?:the |any |all |your )?(?:pleasantries|small talk|preamble|introductions?|fluff|filler|chit-?chat|disclaimers?|caveats?|formalities|hints|spoilers|shortcuts)(?:,? please)?)"
      R"(|(?:assume|imagine) (?:the|your|that the) (?:reader|audience|listener|user|student)s? (?:is|are|knows?|has|have|understands?) [a-z ,'-]{2,60})"
      R"(|(?:address|call) me(?: as)? [a-z ]{2,20})"
      R"(|no need for (?:any |the )?(?:units|steps|details?|explanations?|formatting|working|proofs?|justifications?|latex|markdown)(?:,? please)?)"
      R"(|(?:pretend|imagine|treat|consider) (?:this|it)(?: is| as)? (?:an? )?(?:[\w-]+ ){0,3}(?:exam|test|quiz|interview|competition|contest|homework|olympiad|assignment|class))"
      R"(|(?:[\w-]+ )?(?:attempts|tries|guesses|answers|calculators?|notes|books|tools) (?:are |is )?(?:not )?(?:allowed|permitted|forbidden|accepted))"
      R"()[^a-z0-9]*)");
  return RE2::FullMatch(Piece(raw), style);
}

// "Show me how you would do this": the way, which ends in the answer.
bool AsksForTheWay(std::string_view raw) {
  static const RE2& way = *Expression(
      R"([^a-z0-9]*(?:please |can you |could you )?(?:show|tell|walk|talk|teach|demonstrate)(?: to)?(?: me| us)?(?: through)? how (?:you|one|to|we|i)(?: would|'d| should| could| can| might)? (?:do|solve|approach|tackle|work out|go about|handle|answer|figure out|get) (?:this|it|the)(?: one| problem| question| exercise| answer| solution| following)?(?: here| step by step)?[^a-z0-9]*)");
  return RE2::FullMatch(Piece(raw), way);
}

// "Not sure where to start with this", "I have no clue how to do it", "any
// help is welcome": the writer does not know.
bool AsksForAnybody(std::string_view raw) {
  static const RE2& lost = *Expression(
      R"([^a-z0-9]*(?:and |but |so |honestly,? )?(?:)"
      R"((?:(?:i|we)(?:'m| am|'ve| have|'re| are)?(?: just| really| honestly| still| completely| totally)? )?(?:not sure|unsure|no (?:clue|idea)|not a (?:clue|idea)|(?:do not|don't|didn't) (?:know|get|understand)|(?:cannot|can't|couldn't) (?:figure|work) (?:this |it )?out|stumped|confused)(?: (?:where|how|what|why|to|start|begin|do|solve|approach|tackle|proceed|go|even|with|on|about|from|by|here|this|it|that|one|at|all|next|first|yet|problem|question|exercise))*)"
      R"(|any (?:help|advice|input|guidance|assistance|ideas?|thoughts?)(?: (?:is|are|would be|will be) (?:very |much |greatly |highly )?(?:welcome|appreciated|great|nice|helpful))?)"
      R"(|what (?:do|would) you (?:think|say)|(?:your|any) (?:thoughts|ideas|take))"
      R"(|(?:hey |hi |hello |please |pls )*(?:can|could|would|will) (?:you|u|ya|someone|anyone|somebody|anybody)(?: here)? (?:please |pls |plz |maybe |possibly )?(?:take a (?:quick )?look at|have a look at|look at|look into|help|give me a hand|walk me through|assist|give this a try)(?: (?:me|us|out|with|w|on|this|it|the|my|here|one|question|problem|exercise|homework|assignment|task|below|please|when|you|u|get|a|chance|have|time|moment|can))*)"
      R"(|(?:does |do )?(?:any|some)(?:one|body)(?: here| out there)?(?: (?:know|knows|knew|can|able|to|solve|help|how|do|the|answer|this|it|that|one|question|problem|with|me|please))*)"
      R"(|(?:the |a |an |one |my )?(?:user|student|client|customer|caller|pupil|reader|listener|kid|friend|player|someone|somebody) (?:said|says|asks?|asked|wrote|writes|wants to know|is asking|sent|submitted)(?: us| you| me)?(?: this| the following)?)"
      R"()[^a-z0-9]*)");
  return RE2::FullMatch(Piece(raw), lost);
}

// "Okay, new topic", "next question please", "let's try another": turns to the
// problem behind it.
bool TurnsToTheNext(std::string_view raw) {
  static const RE2& next = *Expression(
      R"([^a-z0-9]*(?:(?:ok|okay|alright|right|great|good|cool|perfect|thanks|thank you|now|so)[ ,.!]+)*(?:)"
      R"((?:on to )?(?:a |the )?(?:new|next) (?:topic|one|question|problem|subject|round|item|thing|up)(?: please| now| up)?)"
      R"(|here(?:'s| is) (?:another|one more|the next|a new)(?: one| question| problem)?(?: for you)?)"
      R"(|(?:yes,? |great,? |nice,? |correct,? |awesome,? |perfect,? |thanks,? )*(?:that was|that's|that is|you were|you got it) (?:right|correct|great|perfect|helpful|it|all))"
      R"(|(?:yeah |yes |ok )?that(?:'s| is) (?:it|all|the question|the whole question))"
      R"(|(?:ignore|forget|disregard|never mind) (?:about )?(?:(?:the|that|all|everything|any|our|my|of) )*(?:earlier|previous|prior|last|past|above) (?:conversation|messages?|chat|context|questions?|instructions|one)(?:,? (?:and |i have a new question|this is a new question|here is a new one))?)"
      R"(|(?:let's|let us) (?:try|do|move on to|go on to|go on with|continue with|tackle|start with) (?:another|the next|a new|one more|something new|something easy)(?: one| question| problem)?(?: now)?)"
      R"()[^a-z0-9]*)");
  return RE2::FullMatch(Piece(raw), next);
}

// "Round 1, question 5", "Level 3 ***", "Test case 12", "Section 2.1".
bool IsPlaceInAList(std::string_view raw) {
  static const RE2& place = *Expression(
      R"([^a-z0-9]*(?:(?:round|level|test|case|item|part|section|chapter|set|card|stage|day|week|lesson|unit|module|page|question|problem|exercise|task|puzzle|sample|example|prompt|instance|grade|row|no|nr|id|q)[^a-z0-9]{0,3}(?:\d+(?:[.\-/]\d+)*)?[^a-z0-9]{0,8}){1,3})");
  return std::any_of(raw.begin(), raw.end(),
                     [](char c) { return c >= '0' && c <= '9'; }) &&
         RE2::FullMatch(Piece(raw), place);
}

// "English is not my first language, sorry."
bool ExcusesTheLanguage(std::string_view raw) {
  static const RE2& excuse = *Expression(
      R"([^a-z0-9]*(?:sorry,? |apologies,? |excuse my english,? |note:? )?(?:but |as |because |since )?(?:my english is|english is(?: not|n't)|i(?:'m| am) not)[a-z ,'-]{2,50}(?:language|tongue|bad|poor|good|great|speaker|perfect)(?:,? (?:sorry|so [a-z ]{3,40}))?[^a-z0-9]*)");
  return RE2::FullMatch(Piece(raw), excuse);
}

// Makes another text, as the object of "trying to" or "I want".
bool MakesSomething(Words words) {
  static const Set& makes = *new Set{
      "write",  "compose", "draft",   "create", "make",  "produce", "invent",
      "build",  "design",  "sketch",  "sing",   "print", "output",  "return",
      "render", "craft",   "turn",    "put",    "say",   "name",    "count",
      "into",   "version", "instead", "rather", "poem",  "haiku",   "story",
      "song",   "list",    "essay",   "letter", "tweet", "code"};
  return HasOneOf(words, makes);
}

// Without "okay, great, thanks" in front.
Words WithoutOpening(Words words) {
  static const Set& openings =
      *new Set{"ok",     "okay", "great",  "alright", "cool", "perfect",
               "nice",   "good", "sure",   "right",   "yes",  "well",
               "thanks", "thx",  "cheers", "so",      "and",  "hm",
               "hmm",    "now",  "anyway", "just",    "oh",   "ah"};
  while (words.size() > 1 && (openings.contains(words[0].text) ||
                              words[0].kind == FrameWord::kGreeting))
    words = words.subspan(1);
  return words;
}

// "Moving on", "next up", "same format as before", "bear with me", "just
// curious", "sorry for the easy question": no verb that could be an order.
bool IsFragment(Words words) {
  if (words.empty()) return false;
  const std::string& first = words[0].text;
  const std::string_view second =
      words.size() > 1 ? std::string_view(words[1].text) : std::string_view();
  constexpr size_t kParticiple = 5;  // "going"
  // "Going over old exams", not "everything costs more".
  if (first.size() >= kParticiple && first.ends_with("ing"))
    return !IsAny(first, {"requesting", "wanting",   "needing",  "asking",
                          "seeking",    "expecting", "writing",  "looking",
                          "assuming",   "supposing", "using",    "making",
                          "including",  "excluding", "counting", "starting",
                          "beginning",  "ignoring",  "giving",   "taking"}) &&
           (words.size() == 1 ||
            IsAny(second,
                  {"on", "up", "to", "for", "with", "back", "ahead", "my",
                   "our", "you", "someone", "through", "hard", "here", "about",
                   "over", "along", "from", "around"}));
  if (first == "been") return true;
  if (IsAny(first, {"sorry", "apologies", "thanks", "thank"}))
    return words.size() == 1 ||
           IsAny(second, {"for", "about", "in", "if", "you", "to"});
  if (first == "same" || (second == "same" && IsAny(first, {"the", "use"})) ||
      (words.size() > 2 && words[2].text == "same" && first == "use"))
    return HasAny(words, {"before", "earlier", "previous", "previously",
                          "always", "again", "last"}) &&
           !HasAny(words, {"but", "except", "only", "with", "in"});
  if (IsAny(first, {"curious", "stuck", "confused", "lost", "desperate"}))
    return true;
  // Set phrases.
  return (IsAny(first, {"bear", "stay", "stick"}) && second == "with") ||
         (IsAny(first, {"hang", "hold"}) && second == "on") ||
         (first == "wish" && second == "me") ||
         (first == "hear" && second == "me");
}

// "My boss wants this by noon": the problem's answer is wanted, and behind it
// comes a time or a purpose.
bool WantsThis(Words words) {
  for (size_t i = 1; i + 1 < words.size(); ++i) {
    if (!IsAny(words[i].text, {"want", "wants", "need", "needs", "needed",
                               "wanted", "require", "requires", "expects"}))
      continue;
    size_t object = i + 1;
    if (IsAny(words[object].text, {"the", "an", "your", "a", "some", "this"}) &&
        object + 1 < words.size() &&
        (words[object + 1].kind == FrameWord::kAnswer ||
         IsAny(words[object + 1].text, {"help", "hand", "one"})))
      ++object;
    else if (!IsAny(words[object].text, {"this", "it", "that", "help"}))
      return false;
    return object + 1 == words.size() ||
           IsAny(words[object + 1].text,
                 {"by", "for", "before", "asap", "today", "tonight", "tomorrow",
                  "soon", "quickly", "urgently", "now", "first"});
  }
  return false;
}

// "No one in my class could get this one."
bool NobodySolvedIt(Words words) {
  static const Set& subjects =
      *new Set{"nobody", "everyone", "everybody", "someone", "somebody",
               "people", "students", "none",      "few",     "most"};
  const bool subject =
      subjects.contains(words[0].text) ||
      (words.size() > 2 && words[0].text == "no" && words[1].text == "one") ||
      IsAny(words[0].text, {"my", "our", "i", "we"});
  static const Set& verbs =
      *new Set{"get",     "got",    "solve",   "solved", "crack",    "manage",
               "managed", "figure", "figured", "failed", "struggled"};
  constexpr size_t kNear = 3;
  return subject && words.size() > kNear && HasOneOf(words, verbs) &&
         (IsAny(words.back().text, {"this", "it", "one", "out", "right"}) ||
          words.back().kind == FrameWord::kProblem);
}

// "Das ist eine Aufgabe aus dem Buch", "es para mi examen": "this is" begins no
// order in any language, and a word of problems or "for" follows.
bool PresentsIt(const FrameSentence& sentence) {
  static const RE2& begins = *new RE2(
      R"((?i)[^\pL\pN]*(?:(?:das|dies|hier) ist|c['’]est|ceci est|voici|es|esta es|este es|é|esta é|este é|è|questo è|questa è|это|вот|це|ось|to jest|oto|tohle je|toto je|dit is|det här är|det er|dette er|tämä on|ez egy|acesta este|bu|ini|ini adalah|đây là|هذا|هذه|این|यह|αυτό είναι|αυτή είναι)[ ,]|(?:这是|這是|これは|이것은|이건|นี่คือ))");
  static const Set& for_words = *new Set{
      "für", "pour", "para", "per",   "voor", "för",    "til", "for", "для",
      "dla", "pro",  "için", "untuk", "cho",  "pentru", "για", "до",  "na"};
  std::string_view raw = sentence.raw;
  while (!raw.empty() && !ascii::IsAlnum(raw[0]) && !ascii::IsBeyond(raw[0]))
    raw.remove_prefix(1);
  // "Für eine Prüfung:"
  if (raw.ends_with(':') && for_words.contains(sentence.words[0].text))
    return true;
  return begins.Match(Piece(raw), 0, raw.size(), RE2::ANCHOR_START, nullptr,
                      0) &&
         (Has(sentence.words, FrameWord::kProblem) ||
          HasOneOf(sentence.words, for_words));
}

}  // namespace

bool IsKnownRemark(const FrameSentence& sentence) {
  const std::string_view raw = sentence.raw;
  return IsRuleOfTheAnswer(raw) || IsStyle(raw) || AsksForTheWay(raw) ||
         AsksForAnybody(raw) || TurnsToTheNext(raw) || IsPlaceInAList(raw) ||
         ExcusesTheLanguage(raw);
}

bool IsRemark(const FrameSentence& sentence, std::string_view problem) {
  Words words = sentence.words;
  if (words.empty() || words.size() > kMaxWords || sentence.question ||
      sentence.numbers > 0 || Has(words, FrameWord::kAbout) ||
      Has(words, FrameWord::kLanguage) || SpeaksOfIt(sentence.raw, problem))
    return false;
  if (words.size() == 1 && IsAny(words[0].text, {"none", "empty", "null"}))
    return true;
  if (PresentsIt(sentence)) return true;
  if (!IsAscii(words) || MayReportAnAnswer(words) || MakesSomething(words) ||
      SpeaksInPerson(problem))
    return false;
  // In front of a colon a fragment may name the text that the problem is to
  // become.
  const bool leads = sentence.raw.ends_with(':') || sentence.raw.ends_with('-');
  words = WithoutOpening(words);
  return (!leads && IsFragment(words)) || WantsThis(words) ||
         NobodySolvedIt(words);
}

}  // namespace reasonwatch
