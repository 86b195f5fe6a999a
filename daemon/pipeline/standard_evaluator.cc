#include "daemon/pipeline/standard_evaluator.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "baseline/grading/extraction.h"
#include "baseline/grading/grading.h"
#include "core/strings.h"
#include "features/answer/ending.h"
#include "features/answer_readings.h"
#include "features/readings.h"
#include "features/strata/strata.h"
#include "features/text_readings.h"
#include "formats/api/finish_reason.h"
#include "formats/formats.h"

namespace reasonwatch {
namespace {

// The first character keeps apart what is hashed.
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

// Of the digest, so that it costs the same for a prompt of any length.
uint64_t PromptHash(const std::string& key, uint64_t digest) {
  return KeyedHash(key, absl::StrFormat("prompt\n%016x", digest));
}

constexpr size_t kMaxComparedAnswer = 256;
// "Paris", "about 42 km": a longer one is worded anew each time.
constexpr size_t kMaxWholeAnswer = 48;

// The final answer as it is compared with other answers to the same prompt:
// what the text marks, else a number where the prompt asks for one, else the
// whole of a short answer; "" where there is none of them.
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
        absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
        static_cast<unsigned char>(c) >= 0x80 ||
        std::string_view("+-*/^=<>._(){}[]").find(c) != std::string_view::npos;
    if (kept)
      compared.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
  }
  // Emphasis and the full stop are not part of it.
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

void StandardEvaluator::SetProblems(
    const std::string& model, std::shared_ptr<const ProblemIndex> problems) {
  ModelProfile profile = *ProfileOf(model);
  profile.problems = std::move(problems);
  SetProfile(model, std::move(profile));
}

bool StandardEvaluator::LearnsPrefix(const std::string& model) const {
  return ProfileOf(model)->learn_prefix;
}

std::shared_ptr<const ModelProfile> StandardEvaluator::ProfileOf(
    const std::string& model) const {
  MutexLock lock(mutex_);
  const auto it = profiles_.find(model);
  return it == profiles_.end() ? default_ : it->second;
}

namespace {

// What a grader is sent of an answer, from a whole character on.
std::string Tail(std::string_view answer) {
  if (answer.size() <= kMaxAskedBytes) return std::string(answer);
  size_t begin = answer.size() - kMaxAskedBytes;
  while (begin < answer.size() && (answer[begin] & '\xC0') == '\x80') ++begin;
  return std::string(answer.substr(begin));
}

std::string RouteOf(const Response& response, RouteFrom from,
                    uint64_t system_prompt_digest) {
  std::string route;
  if (from == RouteFrom::kRoute) route = response.route;
  if (from == RouteFrom::kTask) route = response.task;
  if (from == RouteFrom::kSystemPrompt && system_prompt_digest != 0)
    route = absl::StrFormat("system-%08x", system_prompt_digest >> 32);
  return route.empty() ? "default" : route;
}

// What the words of a response say that was delivered to its end.
void ReadWords(const Trace& trace, std::string_view question,
               std::string_view final_answer, const ModelProfile& profile,
               Scored& scored) {
  if (!trace.has_text || scored.lower_bound ||
      WasCut(trace, TransportEnd::kComplete))
    return;
  const std::string_view reasoning = trace.reasoning.has_value()
                                         ? std::string_view(*trace.reasoning)
                                         : std::string_view();
  // A tool call is no answer, and its text an aside.
  if (trace.tool_calls == 0)
    ReadAnswer({question, reasoning, trace.answer, final_answer}, scored);
  if (profile.habits == nullptr || trace.tool_calls > 0) return;
  scored.habits =
      profile.habits->Find(reasoning) | profile.habits->Find(trace.answer);
  scored.habits_known = static_cast<uint8_t>(profile.habits->habits().size());
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
  Scored s;
  s.id = response.id;
  s.start = response.time;
  s.end = response.end_time;
  s.model = response.model;
  s.replica = response.replica;
  s.session = SessionHash(session_key_, response.session);
  s.origin = response.origin;
  s.choices = response.sampling.n;
  s.choice_index = response.sampling.choice_index;
  s.lower_bound = response.transport_end != TransportEnd::kComplete;

  const Trace trace = ParseResponse(response, profile->format);
  s.regime = trace.regime;
  // Servers say so themselves where no tap saw the client go, or fail in the
  // middle of a stream.
  const bool failed = BodyErrorName(trace.error) == "server_error";
  if (trace.finish_reason == kFinishAbort || failed) s.lower_bound = true;
  const PromptText prompt = ReadPrompt(response);
  const auto stripped = profile->prefix.Strip(prompt.user);
  s.stratum = MakeStratum(response, prompt, profile->context_window);
  s.prompt_terms = PromptTerms(stripped.rest);
  s.prefix_digest = stripped.prefix_digest;
  if (profile->learn_prefix)
    s.prompt_beginnings =
        BeginningDigests(prompt.user, PromptBoundaries(prompt.user));
  if (!prompt.system.empty())
    s.system_prompt_digest = StableHash(prompt.system);
  s.route = RouteOf(response, profile->route_from, s.system_prompt_digest);

  // Which problem, and is the answer right?
  const IndexedProblem* known = nullptr;
  const uint64_t by_text = ProblemDigest(stripped.rest);
  const std::string& id = !response.problem_id.empty()   ? response.problem_id
                          : response.problem.has_value() ? response.problem->id
                                                         : response.problem_id;
  const uint64_t by_id = ProblemIdDigest(id);
  // The wording decides; an id is all that a row without text has.
  s.match.problem = by_text != 0 ? by_text : by_id;
  if (profile->problems != nullptr) {
    known = profile->problems->Find(s.match.problem);
    if (known == nullptr && by_id != 0) {
      // Words that are not the problem's are another problem, whatever its id.
      const uint64_t digest =
          by_text == 0 ? profile->problems->DigestOfId(id) : by_id;
      known = profile->problems->Find(digest);
      if (known != nullptr) s.match.problem = digest;
    }
  }
  if (known != nullptr) {
    s.match.kind = MatchKind::kExact;
  } else if (profile->problems != nullptr && profile->problems->has_text()) {
    const Match found = profile->problems->FindByText(stripped.rest);
    s.match.kind = found.kind;
    if (found.kind == MatchKind::kExact) {
      s.match.problem = found.problem;
      known = profile->problems->Find(found.problem);
    } else if (found.kind == MatchKind::kNear) {
      s.match.neighbour = found.problem;
      s.match.distance = found.distance;
    }
  }
  AnswerKind kind = AnswerKind::kUnknown;
  std::string_view gold;
  if (response.problem.has_value() && !response.problem->answer.empty()) {
    gold = response.problem->answer;
    kind = response.problem->answer_kind;
  } else if (known != nullptr) {
    gold = known->gold;
    kind = known->answer_kind;
  }
  if (response.verdict != CallerVerdict::kNone) {
    s.grade = response.verdict == CallerVerdict::kCorrect ? Grade::kCorrect
                                                          : Grade::kIncorrect;
  } else if (!gold.empty() && trace.has_text) {
    if (grader_) {
      s.grade = Grade::kUngradable;
      *question = {known != nullptr && !known->id.empty() ? known->id : id,
                   kind, std::string(gold), Tail(trace.answer)};
    } else {
      s.grade = GradeAnswer(kind, gold, trace.answer);
    }
  }
  // Only an answer that the text itself marks; what a grader would guess (the
  // last number, say) stands in many a first sentence by chance. It must not
  // depend on whether the problem is known, or known ones would look different.
  const std::string final_answer =
      trace.has_text ? MarkedAnswer(AnswerPart(trace.answer)).value_or("") : "";
  if (s.grade == Grade::kNotGraded && by_text != 0 && trace.has_text &&
      !s.lower_bound && trace.tool_calls == 0) {
    const std::string compared =
        ComparedAnswer(final_answer, stripped.rest, AnswerPart(trace.answer));
    if (!compared.empty()) {
      s.prompt_key = PromptHash(session_key_, by_text);
      s.answer_key = KeyedHash(session_key_, "answer\n" + compared);
    }
  }
  ReadTrace(trace, final_answer, s);
  ReadTextQuality(trace, prompt, response.intent, s);
  ReadEnding(trace, response, s);
  ReadWords(trace, stripped.rest, final_answer, *profile, s);
  // An error alone is no response, whatever the tap says of it.
  if (failed && !trace.has_text) s.readings.fill(kNoReading);
  s.markup = {.state = trace.marker_state,
              .source = trace.source,
              .reasoning_field = trace.reasoning_field,
              .unknown_shape = trace.unknown_shape,
              .body_error = BodyErrorName(trace.error)};
  s.digest = StableHash(trace.answer, s.match.problem ^ 6);
  return s;
}

}  // namespace reasonwatch
