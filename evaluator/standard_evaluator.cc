// SPDX-License-Identifier: Apache-2.0
// The steps from a response to its Scored.
//
// A response is parsed into a trace (reasoning, answer, usage, markers), and
// its prompt is read and freed of the model's usual prefix. From then on each
// step is a function that reads the struct Evaluation and fills its own fields
// of Scored: request, problem, grade, keys of a repeated prompt, text. No step
// keeps text: Scored holds numbers, digests and keyed hashes only.
//
// Order of this file: hashes and comparable answers, the profiles of models,
// the steps, and last EvaluateUnasked(), which calls them one by one.
#include "evaluator/standard_evaluator.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstring>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "answers/final_answer.h"
#include "answers/grading.h"
#include "core/scored.h"
#include "features/answer_readings.h"
#include "features/citations.h"
#include "features/ending.h"
#include "features/form/structured_answer.h"
#include "features/form/tool_calls.h"
#include "features/gateway.h"
#include "features/prompt_overlap.h"
#include "features/readings.h"
#include "features/refusal.h"
#include "features/served_model.h"
#include "features/strata/strata.h"
#include "features/text_readings.h"
#include "formats/api/finish_reason.h"
#include "formats/formats.h"
#include "util/ascii.h"
#include "util/strings.h"
#include "util/utf8.h"

namespace reasonwatch {
namespace {

// Returns the first 64 bits of HMAC-SHA-256; 1 in place of 0, because 0 means
// "none". Prompts and answers begin with a word of their own, so that equal
// texts of the two kinds get different hashes.
uint64_t KeyedHash(const std::string& key, const std::string& bytes) {
  unsigned char mac[EVP_MAX_MD_SIZE] = {};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), mac,
       &size);
  uint64_t hash = 0;
  std::memcpy(&hash, mac, sizeof(hash));
  return hash == 0 ? 1 : hash;
}

uint64_t SessionHash(const std::string& key, const std::string& session) {
  return session.empty() ? 0 : KeyedHash(key, session);
}

// Hashes the digest instead of the text, so that a long prompt costs no more.
uint64_t PromptHash(const std::string& key, uint64_t digest) {
  return KeyedHash(key, absl::StrFormat("prompt\n%016x", digest));
}

// Bytes. A longer marked answer is a text rather than a value, and two texts
// are hardly ever equal.
constexpr size_t kMaxComparedAnswer = 256;
// Bytes of an unmarked answer that is compared as a whole: enough for "Paris"
// or "about 42 km". Models word a longer one differently each time.
constexpr size_t kMaxWholeAnswer = 48;

// Returns the final answer in the form in which it is compared with other
// answers to the same prompt: the answer that the text marks; if it marks none
// and the prompt is a mathematical task, the number that the text ends with; if
// there is no such number, the whole text, if it is short. Returns "" if none
// of these exists.
std::string ComparedAnswer(const std::string& marked, std::string_view prompt,
                           std::string_view answer) {
  std::string text = marked;
  if (text.empty() && TaskKind(prompt) == "mathematics")
    text = ExtractFinalAnswer(AnswerKind::kNumber, answer);
  if (text.empty() && answer.size() <= kMaxWholeAnswer) text = answer;
  if (text.size() > kMaxComparedAnswer) return "";
  std::string compared;
  for (char c : text) {
    const bool kept =
        ascii::IsAlnum(c) || ascii::IsBeyond(c) ||
        std::string_view("+-*/^=<>._(){}[]").find(c) != std::string_view::npos;
    if (kept) compared.push_back(ascii::Lower(c));
  }
  // Drop Markdown's emphasis and the full stop: neither belongs to the answer.
  const size_t begin = compared.find_first_not_of("*_.");
  if (begin == std::string::npos) return "";
  return compared.substr(begin, compared.find_last_not_of("*_.") + 1 - begin);
}

}  // namespace

StandardEvaluator::StandardEvaluator(std::string session_key)
    : session_key_(std::move(session_key)),
      default_(std::make_shared<ModelProfile>()) {}

void StandardEvaluator::SetDefaultProfile(ModelProfile profile) {
  auto shared = std::make_shared<const ModelProfile>(std::move(profile));
  MutexLock lock(mutex_);
  default_ = std::move(shared);
}

void StandardEvaluator::SetProfile(const std::string& model,
                                   ModelProfile profile) {
  auto shared = std::make_shared<const ModelProfile>(std::move(profile));
  MutexLock lock(mutex_);
  profiles_[model] = std::move(shared);
}

void StandardEvaluator::SetPrefix(const std::string& model,
                                  PrefixProfile prefix) {
  ModelProfile profile = *ProfileOf(model);
  profile.prefix = std::move(prefix);
  profile.learn_prefix = false;
  SetProfile(model, std::move(profile));
}

void StandardEvaluator::SetHabits(const std::string& model,
                                  std::shared_ptr<const HabitProfile> habits) {
  ModelProfile profile = *ProfileOf(model);
  profile.habits = std::move(habits);
  SetProfile(model, std::move(profile));
}

std::map<std::string, std::shared_ptr<const HabitProfile>>
StandardEvaluator::Habits() const {
  std::map<std::string, std::shared_ptr<const HabitProfile>> habits;
  MutexLock lock(mutex_);
  for (const auto& [model, profile] : profiles_)
    if (profile->habits != nullptr && !profile->habits->empty())
      habits[model] = profile->habits;
  return habits;
}

int64_t StandardEvaluator::FramesForgotten() const {
  std::set<const FrameBook*> books;  // models without a profile share one
  MutexLock lock(mutex_);
  if (default_ != nullptr) books.insert(default_->frames.get());
  for (const auto& [model, profile] : profiles_)
    books.insert(profile->frames.get());
  uint64_t forgotten = 0;
  for (const FrameBook* book : books)
    if (book != nullptr) forgotten += book->forgotten();
  return static_cast<int64_t>(forgotten);
}

void StandardEvaluator::SetProblems(
    const std::string& model, std::shared_ptr<const ProblemIndex> problems) {
  ModelProfile profile = *ProfileOf(model);
  profile.problems = std::move(problems);
  SetProfile(model, std::move(profile));
}

bool StandardEvaluator::LearnsPrefix(const std::string& model) const {
  return ProfileOf(model)->learn_prefix;
}

bool StandardEvaluator::IsWatched(const std::string& model) const {
  MutexLock lock(mutex_);
  return profiles_.contains(model);
}

std::shared_ptr<const ModelProfile> StandardEvaluator::ProfileOf(
    const std::string& model) const {
  MutexLock lock(mutex_);
  const auto it = profiles_.find(model);
  return it == profiles_.end() ? default_ : it->second;
}

namespace {

// One response while it is evaluated. `stripped` is a view into `prompt`, so an
// Evaluation is neither copied nor moved.
struct Evaluation {
  const Response& response;
  const ModelProfile& profile;
  Trace trace;
  PromptText prompt;
  PrefixProfile::Stripped stripped = {};
  // The server reported an error of its own.
  bool failed = false;
  // The client asked for a model that is watched, and another answered.
  bool other_model = false;
  // The answer that the text itself marks; "" if it marks none or is missing.
  // Weaker evidence, such as the last number in the text, is left to the
  // grader: such a number appears in many a first sentence by chance. Does not
  // depend on the problem, or else answers to known problems would give other
  // readings than answers to unknown ones.
  std::string final_answer = {};
};

std::string RouteOf(const Response& response, RouteFrom from,
                    uint64_t system_prompt_digest) {
  std::string route;
  if (from == RouteFrom::kRoute) route = response.route;
  if (from == RouteFrom::kTask) route = response.task;
  if (from == RouteFrom::kSystemPrompt && system_prompt_digest != 0)
    route = absl::StrFormat("system-%08x", system_prompt_digest >> 32);
  return route.empty() ? "default" : route;
}

// Copies the fields that the tap reported and that need no reading.
void CopyIdentity(const Response& response, Scored& scored) {
  scored.id = response.id;
  scored.start = response.time;
  scored.end = response.end_time;
  scored.model = response.model;
  scored.replica = response.replica;
  scored.trace_id = response.trace_id;
  scored.streamed = response.streamed || response.body_type == BodyType::kSse;
  scored.origin = response.origin;
  scored.choices = response.sampling.n;
  scored.choice_index = response.sampling.choice_index;
}

// Fills stratum, prompt terms, digests of the prompt's parts, and route.
void ReadRequest(const Evaluation& e, Scored& scored) {
  scored.stratum = MakeStratum(e.response, e.prompt, e.profile.context_window);
  scored.prompt_terms = PromptTerms(e.stripped.rest);
  scored.prefix_digest = e.stripped.prefix_digest;
  if (e.profile.learn_prefix)
    scored.prompt_beginnings =
        BeginningDigests(e.prompt.user, PromptBoundaries(e.prompt.user));
  if (!e.prompt.system.empty())
    scored.system_prompt_digest = StableHash(e.prompt.system);
  scored.route =
      RouteOf(e.response, e.profile.route_from, scored.system_prompt_digest);
}

// The id that the caller gave the problem, "" if none.
const std::string& ProblemIdOf(const Response& response) {
  if (response.problem_id.empty() && response.problem.has_value())
    return response.problem->id;
  return response.problem_id;
}

// Finds a problem by its exact digest or its id, and corrects
// `match.problem` to the digest under which it is indexed.
const IndexedProblem* FindByDigestOrId(const ProblemIndex& problems,
                                       const std::string& id, uint64_t by_text,
                                       Match& match) {
  const IndexedProblem* known = problems.Find(match.problem);
  const uint64_t by_id = ProblemIdDigest(id);
  if (known != nullptr || by_id == 0) return known;
  // If the prompt's text is known but differs from the problem's, an id alone
  // does not make it that problem; only a problem indexed by its id fits.
  const uint64_t digest = by_text == 0 ? problems.DigestOfId(id) : by_id;
  known = problems.Find(digest);
  if (known != nullptr) match.problem = digest;
  return known;
}

// Fills Scored::match. Returns the baseline's problem if it is exactly known,
// else null. Text decides; an id counts only if a response carries no text.
const IndexedProblem* MatchProblem(const Evaluation& e, uint64_t by_text,
                                   Scored& scored) {
  const std::string& id = ProblemIdOf(e.response);
  scored.match.problem = by_text != 0 ? by_text : ProblemIdDigest(id);
  if (e.profile.problems == nullptr) return nullptr;
  const ProblemIndex& problems = *e.profile.problems;
  const IndexedProblem* known =
      FindByDigestOrId(problems, id, by_text, scored.match);
  if (known != nullptr) {
    scored.match.kind = MatchKind::kExact;
    return known;
  }
  if (!problems.has_text()) return nullptr;
  const bool learns =
      e.response.origin == Origin::kLive && e.profile.frames != nullptr;
  const Match found =
      learns ? problems.FindAndLearn(e.stripped.rest, *e.profile.frames)
             : problems.FindByText(e.stripped.rest, e.profile.frames.get());
  scored.match.kind = found.kind;
  if (found.kind == MatchKind::kExact) {
    scored.match.problem = found.problem;
    return problems.Find(found.problem);
  }
  if (found.kind == MatchKind::kNear) {
    scored.match.neighbour = found.problem;
    scored.match.distance = found.distance;
  }
  return nullptr;
}

// Fills Scored::grade: the caller's verdict, else the comparison of the answer
// with the right one. With `ask_grader` the comparison is left to the caller:
// `question` is filled and the grade is kUngradable for now. A response that
// was cut off on its way, or that another model gave, says nothing of the model
// and is not graded.
void GradeResponse(const Evaluation& e, const IndexedProblem* known,
                   bool ask_grader, GradingQuestion* question, Scored& scored) {
  if (scored.lower_bound || e.other_model) return;
  if (e.response.verdict != CallerVerdict::kNone) {
    scored.grade = e.response.verdict == CallerVerdict::kCorrect
                       ? Grade::kCorrect
                       : Grade::kIncorrect;
    return;
  }
  AnswerKind kind = AnswerKind::kUnknown;
  std::string_view gold;
  if (e.response.problem.has_value() && !e.response.problem->answer.empty()) {
    gold = e.response.problem->answer;
    kind = e.response.problem->answer_kind;
  } else if (known != nullptr) {
    gold = known->gold;
    kind = known->answer_kind;
  }
  if (gold.empty()) return;
  // Without a body nobody knows whether there was an answer.
  if (!e.trace.has_text && e.response.body.empty()) return;
  if (ascii::Trim(e.trace.answer).empty()) {
    // A tool call is a step, not an answer.
    if (e.trace.tool_calls == 0) scored.grade = Grade::kNoAnswer;
    return;
  }
  if (!ask_grader) {
    scored.grade = GradeAnswer(kind, gold, e.trace.answer);
    return;
  }
  scored.grade = Grade::kUngradable;
  *question = {known != nullptr && !known->id.empty() ? known->id
                                                      : ProblemIdOf(e.response),
               kind, std::string(gold),
               std::string(utf8::Tail(e.trace.answer, kMaxAskedBytes))};
}

// Fills prompt_key and answer_key, by which answers to a repeated prompt are
// compared if nobody knows the right one. Only for whole answers in words.
void KeyAnswer(const Evaluation& e, uint64_t by_text, const std::string& key,
               Scored& scored) {
  if (scored.grade != Grade::kNotGraded || by_text == 0 || !e.trace.has_text ||
      scored.lower_bound || e.other_model || e.trace.tool_calls != 0)
    return;
  const std::string compared = ComparedAnswer(e.final_answer, e.stripped.rest,
                                              AnswerPart(e.trace.answer));
  if (compared.empty()) return;
  scored.prompt_key = PromptHash(key, by_text);
  scored.answer_key = KeyedHash(key, "answer\n" + compared);
}

// Fills the readings that compare an answer with its chain, and the habits.
// Reads only responses that were delivered to their end: a missing part could
// have held the answer or the phrase.
void ReadWords(const Evaluation& e, Scored& scored) {
  const Trace& trace = e.trace;
  if (!trace.has_text || scored.lower_bound ||
      WasCut(trace, TransportEnd::kComplete))
    return;
  // The text beside a tool call is a remark, not an answer.
  if (trace.tool_calls > 0) return;
  const std::string_view reasoning = trace.reasoning.has_value()
                                         ? std::string_view(*trace.reasoning)
                                         : std::string_view();
  ReadAnswer({e.stripped.rest, reasoning, trace.answer, e.final_answer},
             scored);
  // A filter, or the server's own word for it, leaves no text to tell by.
  const bool filtered = scored.finish == Finish::kContentFilter;
  scored.reading(Feature::kRefusal) =
      filtered || Declines(trace.answer) ? 1 : 0;
  if (const auto off = IsOffPrompt(e.stripped.rest, reasoning, trace.answer))
    scored.reading(Feature::kOffPrompt) = *off ? 1 : 0;
  const HabitProfile* habits = e.profile.habits.get();
  if (habits == nullptr) return;
  scored.habits = habits->Find(reasoning) | habits->Find(trace.answer);
  scored.habits_known = static_cast<uint8_t>(habits->habits().size());
}

// Fills all readings and the markup.
void ReadText(const Evaluation& e, Scored& scored) {
  ReadTrace(e.trace, e.final_answer, scored);
  ReadTextQuality(e.trace, e.prompt, e.response.intent, scored);
  ReadEnding(e.trace, e.response, scored);
  ReadGateway(e.trace, e.response, scored);
  ReadWords(e, scored);
  ReadToolCalls(e.trace, e.response, e.prompt, scored);
  ReadStructuredAnswer(e.trace, e.response, e.prompt, scored);
  ReadCitations(e.trace, e.prompt, scored);
  const std::string& asked = e.response.asked_model.empty()
                                 ? e.response.model
                                 : e.response.asked_model;
  if (!e.trace.model.empty() && !asked.empty())
    scored.reading(Feature::kOtherModelServed) =
        MayBeSameModel(asked, e.trace.model) ? 0 : 1;
  // A body that holds only an error has nothing to read, even if the tap
  // reported a status or token counts with it.
  if (e.failed && !e.trace.has_text) scored.readings.fill(kNoReading);
  scored.markup = {.state = e.trace.marker_state,
                   .source = e.trace.source,
                   .reasoning_field = e.trace.reasoning_field,
                   .unknown_shape = e.trace.unknown_shape,
                   .body_error = BodyErrorName(e.trace.error)};
}

}  // namespace

Scored StandardEvaluator::Evaluate(const Response& response) const {
  GradingQuestion question;
  Scored scored = EvaluateUnasked(response, &question);
  if (!question.gold.empty()) scored.grade = grader_(question);
  return scored;
}

Scored StandardEvaluator::EvaluateUnasked(const Response& response,
                                          GradingQuestion* question) const {
  const std::shared_ptr<const ModelProfile> profile = ProfileOf(response.model);
  Evaluation e = {.response = response,
                  .profile = *profile,
                  .trace = ParseResponse(response, profile->format),
                  .prompt = ReadPrompt(response)};
  e.stripped = profile->prefix.Strip(e.prompt.user);
  e.failed = BodyErrorName(e.trace.error) == "server_error";
  e.other_model = !response.asked_model.empty() &&
                  response.asked_model != response.model &&
                  IsWatched(response.asked_model);
  if (e.trace.has_text)
    e.final_answer = MarkedAnswer(AnswerPart(e.trace.answer)).value_or("");

  Scored scored;
  CopyIdentity(response, scored);
  scored.session = SessionHash(session_key_, response.session);
  scored.regime = e.trace.regime;
  // The body itself can show that a response is incomplete: a server reports an
  // abort that no tap noticed, or fails in the middle of a stream.
  scored.lower_bound = response.transport_end != TransportEnd::kComplete ||
                       e.trace.finish_reason == kFinishAbort || e.failed;
  ReadRequest(e, scored);
  const uint64_t by_text = ProblemDigest(e.stripped.rest);
  const IndexedProblem* known = MatchProblem(e, by_text, scored);
  GradeResponse(e, known, grader_ != nullptr, question, scored);
  KeyAnswer(e, by_text, session_key_, scored);
  ReadText(e, scored);
  return scored;
}

}  // namespace reasonwatch
