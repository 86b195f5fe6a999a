#include "features/answer/answer_chain.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "features/answer/quantities.h"
#include "features/answer/words.h"

namespace reasonwatch {
namespace {

using words::Find;
using words::FindLast;
using words::HasWord;
using words::IsDigit;
using words::IsLetter;
using words::IsOneOf;
using words::IsSpace;
using words::IsWord;
using words::Lower;
using words::Same;
using words::SentenceBefore;
using words::StartsWith;
using words::Trim;
using words::WordAfter;
using words::WordBefore;

constexpr size_t kNone = std::string_view::npos;
// Of a chain, only so much of its end is read for what it concludes.
constexpr size_t kTail = 1536;
// The last steps, which the answer should follow from.
constexpr size_t kLastSteps = 320;
// A text with less than that before its answer has no chain.
constexpr size_t kMinChain = 24;
constexpr size_t kMaxStated = 96;
// A claim may stand so many sentences before the end.
constexpr int kMaxSentences = 24;

std::string_view Tail(std::string_view text, size_t size) {
  return text.size() <= size ? text : text.substr(text.size() - size);
}

// Without brackets, emphasis, quotes, \boxed{} and final punctuation.
std::string_view Bare(std::string_view s) {
  constexpr std::string_view kAround = " \n\t\r*_`\"'$[](){}<>.,:;!";
  while (true) {
    const size_t before = s.size();
    while (!s.empty() && kAround.find(s.front()) != kNone) {
      // ".5" begins with its point.
      if (s.front() == '.' && s.size() > 1 && IsDigit(s[1])) break;
      s.remove_prefix(1);
    }
    while (!s.empty() && kAround.find(s.back()) != kNone) s.remove_suffix(1);
    for (std::string_view opening :
         {"\\boxed{", "\\text{", "\\textbf{", "\\mathrm{", "\\(", "\\["})
      if (s.starts_with(opening)) s.remove_prefix(opening.size());
    for (std::string_view closing : {"\\)", "\\]", "\\n", "\\"})
      if (s.ends_with(closing)) s.remove_suffix(closing.size());
    if (s.size() == before) return s;
  }
}

std::optional<bool> Verdict(std::string_view word) {
  if (Same(word, "yes") || Same(word, "true")) return true;
  if (Same(word, "no") || Same(word, "false")) return false;
  return std::nullopt;
}

// "[No]", "**Yes**,": an answer that comes before its reasons. `after` is set
// behind it.
std::optional<bool> LeadingVerdict(std::string_view answer, size_t& after) {
  size_t i = 0;
  while (i < answer.size() && i < 8 && !IsWord(answer[i])) ++i;
  const size_t begin = i;
  while (i < answer.size() && i - begin < 6 && IsWord(answer[i])) ++i;
  const auto verdict = Verdict(answer.substr(begin, i - begin));
  if (!verdict.has_value()) return std::nullopt;
  // "No natural number is ..." is a sentence.
  if (i < answer.size() && answer[i] == ' ') return std::nullopt;
  while (i < answer.size() && !IsWord(answer[i]) && !IsSpace(answer[i])) ++i;
  after = i;
  return verdict;
}

// The last verdict in brackets; one of a pair of offered ones ("[Yes] or
// [No]") is none.
std::optional<bool> LastBracketedVerdict(std::string_view text) {
  for (size_t close = FindLast(text, ']'); close != kNone && close > 0;
       close = FindLast(text, ']', close - 1)) {
    const size_t open = FindLast(text, '[', close);
    if (open == kNone) break;
    const auto verdict = Verdict(Trim(text.substr(open + 1, close - open - 1)));
    if (verdict.has_value()) {
      std::string_view next = Trim(text.substr(close + 1, 8));
      std::string_view before = text.substr(0, open);
      while (!before.empty() && !IsWord(before.back())) before.remove_suffix(1);
      const bool offered = StartsWith(next, "or ") ||
                           StartsWith(next, "\" or") || next.starts_with("/") ||
                           (before.size() >= 3 && Same(Tail(before, 3), " or"));
      if (!offered) return verdict;
    }
    close = open;
    if (close == 0) break;
  }
  return std::nullopt;
}

// What a yes-or-no question asks of its subject: "prime number" of "Is 17 a
// prime number?".
struct Predicate {
  std::string_view phrase;
  std::string_view head;     // its first word
  std::string_view subject;  // the last word before it
};

std::optional<Predicate> AskedPredicate(std::string_view question) {
  question = Tail(question, kTail);
  size_t begin = question.size();
  while (begin > 0) {
    const size_t mark = FindLast(question, '?', begin - 1);
    if (mark == kNone) break;
    begin = mark;
    std::string_view sentence = SentenceBefore(question, begin);
    // "Tell me: is 7 a prime number"
    const size_t colon = sentence.rfind(": ");
    if (colon != kNone) sentence.remove_prefix(colon + 2);
    size_t at = 0;
    const std::string_view verb = WordAfter(sentence, at);
    if (!IsOneOf(verb, {"is", "are", "was", "were"})) continue;
    Predicate asked;
    std::string_view previous;
    bool article = false;
    size_t phrase_begin = kNone;
    std::string_view last;
    std::string_view before_last;
    for (size_t i = at; i < sentence.size();) {
      const std::string_view word = WordAfter(sentence, i);
      if (word.empty()) break;
      // A question that is turned round already.
      if (IsOneOf(word, {"not", "isn't", "or", "it"})) return std::nullopt;
      if (IsOneOf(word, {"a", "an"}) && !previous.empty()) {
        asked.subject = previous;
        article = true;
        phrase_begin = kNone;
      } else if (article && phrase_begin == kNone) {
        phrase_begin = static_cast<size_t>(word.data() - sentence.data());
        asked.head = word;
      }
      before_last = last;
      last = word;
      previous = word;
    }
    if (article && phrase_begin != kNone) {
      asked.phrase = Bare(sentence.substr(phrase_begin));
      while (asked.phrase.ends_with('?')) asked.phrase.remove_suffix(1);
    } else if (!article && before_last.data() != nullptr && !last.empty()) {
      asked.phrase = last;
      asked.head = last;
      asked.subject = before_last;
    }
    if (asked.head.size() < 3 || asked.phrase.size() > 48 ||
        asked.subject.empty() || !IsLetter(asked.head[0]))
      return std::nullopt;
    return asked;
  }
  return std::nullopt;
}

// Where the first word is behind which a sentence is a condition or a task, or
// the end.
size_t FindCondition(std::string_view sentence) {
  for (size_t i = 0; i < sentence.size();) {
    const std::string_view word = WordAfter(sentence, i);
    if (IsOneOf(word, {"if", "whether", "unless", "suppose", "assume",
                       "assuming", "would", "could", "might", "may", "check",
                       "prove", "asks", "question"}))
      return i - word.size();
  }
  return sentence.size();
}

// What `sentence` says of the subject: true, false, or nothing.
std::optional<bool> ClaimOf(std::string_view sentence, const Predicate& asked) {
  std::optional<bool> claim;
  std::optional<size_t> condition;
  for (size_t i = 0; i < sentence.size();) {
    const std::string_view head = WordAfter(sentence, i);
    if (head.size() != asked.head.size()) continue;
    if (!std::equal(head.begin(), head.end(), asked.head.begin(),
                    [](char a, char b) { return Lower(a) == Lower(b); }))
      continue;
    const auto at = static_cast<size_t>(head.data() - sentence.data());
    // "prime factors" is another word's adjective; the head alone is enough
    // only at the end of its clause.
    size_t next = at + head.size();
    const std::string_view rest = sentence.substr(next);
    const std::string_view tail = asked.phrase.substr(asked.head.size());
    const bool whole =
        rest.size() >= tail.size() &&
        std::equal(tail.begin(), tail.end(), rest.begin(),
                   [](char a, char b) { return Lower(a) == Lower(b); });
    if (!whole && !rest.empty() && rest[0] == ' ' && rest.size() > 1 &&
        IsLetter(rest[1])) {
      const std::string_view follower = WordAfter(sentence, next);
      if (!IsOneOf(follower, {"and", "because", "since", "as", "so"})) continue;
    }
    // Back over article, adverbs and negation to the verb, then the subject.
    size_t end = at;
    bool negated = false;
    std::optional<bool> says;
    for (int step = 0; step < 6; ++step) {
      const std::string_view word = WordBefore(sentence, end);
      if (word.empty()) break;
      if (IsOneOf(word,
                  {"a", "an", "the", "indeed", "also", "itself", "in", "fact",
                   "therefore", "thus", "actually", "definitely", "only"}))
        continue;
      if (IsOneOf(word, {"not", "never", "neither"})) {
        negated = !negated;
        continue;
      }
      const bool is_not =
          IsOneOf(word, {"isn't", "aren't", "wasn't", "weren't"});
      if (!is_not && !IsOneOf(word, {"is", "are", "was", "were"})) break;
      negated = negated != is_not;
      // The subject, or one left out after a conjunction.
      const std::string_view subject = WordBefore(sentence, end);
      const bool known =
          subject.empty() ||
          (subject.size() == asked.subject.size() &&
           std::equal(subject.begin(), subject.end(), asked.subject.begin(),
                      [](char a, char b) { return Lower(a) == Lower(b); })) ||
          IsOneOf(subject, {"it", "this", "that", "they", "number", "and",
                            "but", "therefore", "so", "thus", "hence"});
      if (known) says = !negated;
      break;
    }
    if (!says.has_value()) continue;
    if (!condition.has_value()) condition = FindCondition(sentence);
    if (at <= *condition) claim = says;
  }
  return claim;
}

// The last claim of the chain about what was asked.
std::optional<bool> ConcludedVerdict(std::string_view chain,
                                     const std::optional<Predicate>& asked) {
  if (asked.has_value()) {
    const std::string_view tail = Tail(chain, kTail);
    size_t end = tail.size();
    for (int i = 0; i < kMaxSentences && end > 0; ++i) {
      const auto claim = ClaimOf(SentenceBefore(tail, end), *asked);
      if (claim.has_value()) return claim;
    }
  }
  return std::nullopt;
}

// Behind the last "answer is", "answer:" of `text` ("" = there is none), to
// the end of its sentence. `at` is set to the phrase.
std::string_view ToldAnswer(std::string_view text, size_t& at) {
  std::string_view told;
  for (size_t hit = Find(text, "nswer"); hit != kNone;
       hit = Find(text, "nswer", hit + 5)) {
    size_t i = hit + 5;
    const size_t limit = std::min(text.size(), i + 64);
    while (i < limit && (text[i] == '*' || text[i] == '"' || text[i] == '\\'))
      ++i;
    size_t content = kNone;
    if (i < limit && text[i] == ':') {
      content = i + 1;
    } else {
      // "answer is", "answer to the question is", not "answers are".
      for (; i + 3 < limit && !words::EndsSentence(text, i); ++i) {
        if (text[i] == ' ' && text[i + 1] == 'i' && text[i + 2] == 's' &&
            !IsWord(text[i + 3])) {
          content = i + 3;
          break;
        }
      }
    }
    if (content == kNone) continue;
    while (content < text.size() &&
           (IsSpace(text[content]) || text[content] == '*' ||
            text[content] == ':'))
      ++content;
    size_t end = content;
    while (end < text.size() && end - content < kMaxStated &&
           !words::EndsSentence(text, end))
      ++end;
    const std::string_view found = Trim(text.substr(content, end - content));
    if (found.empty() || StartsWith(found, "not ") ||
        StartsWith(found, "correct") || StartsWith(found, "indeed"))
      continue;
    told = found;
    at = hit;
  }
  return told;
}

// "C", "(C)", "C) Paris", "option C": the letter, 0 where it is none.
char ChoiceOf(std::string_view s) {
  s = Trim(s);
  for (std::string_view word : {"option ", "choice "})
    if (StartsWith(s, word)) s.remove_prefix(word.size());
  const bool bracket = s.find_first_of("([") < 4;
  while (!s.empty() && !IsLetter(s.front())) {
    if (IsDigit(s.front())) return 0;
    s.remove_prefix(1);
  }
  if (s.empty() || s[0] < 'A' || s[0] > 'Z') return 0;
  if (s.size() == 1) return s[0];
  const char next = s[1];
  if (next == ')' || next == ']' || next == '.' || next == ':' || next == '*' ||
      next == '}')
    return s[0];
  return bracket && !IsWord(next) ? s[0] : '\0';
}

bool IsNumberLike(std::string_view stated, Quantity& quantity) {
  if (stated.size() > 40) return false;
  // Formulas, times and lists are compared as texts.
  size_t letters = 0;
  for (size_t i = 0; i < stated.size(); ++i) {
    const char c = stated[i];
    letters += IsLetter(c);
    if (c == '=' || c == '^' || c == '_' || c == '(' || c == '[' || c == '+' ||
        c == ':' || c == '|' || c == '*')
      return false;
    // "x3", "2x": a formula or a name.
    if (IsLetter(c) && ((i > 0 && IsDigit(stated[i - 1])) ||
                        (i + 1 < stated.size() && IsDigit(stated[i + 1]))))
      return false;
    if (c == '\\' && Find(stated, "\\frac", i) != i &&
        Find(stated, "\\dfrac", i) != i && Find(stated, "\\text", i) != i &&
        i + 1 < stated.size() && IsLetter(stated[i + 1]))
      return false;
  }
  // "007", "0101" are names.
  size_t first = 0;
  while (first < stated.size() && !IsDigit(stated[first])) ++first;
  if (first + 1 < stated.size() && stated[first] == '0' &&
      IsDigit(stated[first + 1]))
    return false;
  return letters <= 20 && SingleQuantity(stated, quantity);
}

constexpr std::string_view kNumberWords[] = {
    "zero",     "one",      "two",      "three",   "four",    "five",
    "six",      "seven",    "eight",    "nine",    "ten",     "eleven",
    "twelve",   "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
    "eighteen", "nineteen", "twenty"};

// Counting leaves no number behind.
bool MayBeCounted(const Quantity& q) {
  return q.decimals == 0 && q.value <= 20;
}

bool HoldsNumber(std::string_view text, const Quantity& q) {
  if (HoldsQuantity(text, q)) return true;
  return MayBeCounted(q) &&
         HasWord(text, kNumberWords[static_cast<size_t>(q.value)]);
}

// A fraction whose numerator and denominator the chain came to one by one.
bool HoldsParts(std::string_view text, std::string_view fraction) {
  Quantity q;
  if (!NextQuantity(fraction, 0, q) || !NextQuantity(fraction, q.end, q))
    return false;
  for (size_t from = 0; NextQuantity(fraction, from, q); from = q.end)
    if (!HoldsQuantity(text, q)) return false;
  return true;
}

bool Concludes(std::string_view sentence) {
  for (size_t i = 0; i < sentence.size();)
    if (IsOneOf(WordAfter(sentence, i),
                {"so", "therefore", "thus", "hence", "total", "conclude",
                 "altogether", "consequently", "finally"}))
      return true;
  return false;
}

// Does a sentence name an operation and not its result? "The cost is 40 + 120."
// ends a chain that is sound all the same.
bool LeavesOpen(std::string_view sentence) {
  const auto has_operator = [](std::string_view text) {
    for (std::string_view sign : {"+", " - ", "*", "\xC3\x97", "/", "\xC3\xB7",
                                  "\\times", "\\cdot", "%", " x "})
      if (Find(text, sign) != kNone) return true;
    for (size_t i = 0; i < text.size();) {
      const std::string_view word = WordAfter(text, i);
      for (std::string_view stem :
           {"add", "sum", "multipl", "divi", "subtract", "product", "combin",
            "differ", "times", "percent", "calculat", "together", "convert",
            "round", "twice", "half", "double", "triple"})
        if (StartsWith(word, stem)) return true;
    }
    return false;
  };
  // Behind the last sign or word that brings a result.
  size_t result = 0;
  if (const size_t equals = sentence.rfind('='); equals != kNone)
    result = equals + 1;
  for (std::string_view sign : {"\xE2\x89\x88", "\\approx"})
    if (const size_t at = sentence.rfind(sign); at != kNone)
      result = std::max(result, at + sign.size());
  for (size_t i = result; i < sentence.size();)
    if (IsOneOf(WordAfter(sentence, i),
                {"is", "are", "be", "was", "gives", "give", "giving", "get",
                 "gets", "equals", "equal", "makes", "leaves", "leaving",
                 "yields", "results", "resulting"}))
      result = i;
  Quantity any;
  const std::string_view rest = sentence.substr(result);
  if (result > 0 && NextQuantity(rest, 0, any)) return has_operator(rest);
  return has_operator(sentence);
}

void CompareNumber(std::string_view written, const Quantity& stated,
                   std::string_view chain, AnswerChain& result) {
  const std::string_view tail = Tail(chain, kTail);
  // What the chain calls its answer counts before anything else.
  size_t at = 0;
  Quantity told;
  const std::string_view phrase = ToldAnswer(tail, at);
  const bool explicit_answer =
      !phrase.empty() && IsNumberLike(Bare(phrase), told);
  if (explicit_answer) {
    const bool same = SameQuantity(told, stated);
    if (same) {
      result.contradicts_chain = 0;
      result.not_in_chain = 0;
      result.support = AnswerSupport::kConclusion;
      return;
    }
    // Nothing behind it takes it back.
    if (!HoldsNumber(tail.substr(at), stated)) {
      const bool earlier = HoldsNumber(chain, stated);
      result.contradicts_chain = 1;
      result.not_in_chain = earlier ? 0.0F : 1.0F;
      result.support = earlier ? AnswerSupport::kEarlier : AnswerSupport::kNone;
      return;
    }
  }
  // The last sentences that hold numbers.
  size_t end = tail.size();
  int with_numbers = 0;
  bool concluded = false;
  bool open = false;
  for (int i = 0; i < 8 && end > 0 && with_numbers < 3; ++i) {
    const std::string_view sentence = SentenceBefore(tail, end);
    const bool here = HoldsNumber(sentence, stated);
    Quantity any;
    if (here) {
      result.contradicts_chain = 0;
      result.not_in_chain = 0;
      result.support = AnswerSupport::kConclusion;
      return;
    }
    // Read only where it is asked for: most answers are found at once.
    if (i < 2 || with_numbers == 0) open = open || LeavesOpen(sentence);
    if (!NextQuantity(sentence, 0, any)) continue;
    ++with_numbers;
    concluded =
        concluded || (with_numbers == 1 &&
                      (Concludes(sentence) || sentence.find('=') != kNone));
  }
  if (with_numbers == 0) return;
  const bool anywhere =
      HoldsNumber(chain, stated) || HoldsParts(chain, written);
  result.support = anywhere ? AnswerSupport::kEarlier : AnswerSupport::kNone;
  if (anywhere) {
    result.not_in_chain = 0;
  } else if (open || MayBeCounted(stated)) {
    result.support = AnswerSupport::kUnknown;
  } else {
    result.not_in_chain = 1;
  }
  if (concluded && !open && !anywhere && !MayBeCounted(stated))
    result.contradicts_chain = 1;
}

void CompareChoice(char stated, std::string_view chain, AnswerChain& result) {
  const std::string_view tail = Tail(chain, kTail);
  size_t at = 0;
  char told = ChoiceOf(ToldAnswer(tail, at));
  if (told == 0) {
    // "Therefore, option (C) is correct."
    size_t end = tail.size();
    for (int i = 0; i < 2 && end > 0 && told == 0; ++i) {
      const std::string_view sentence = SentenceBefore(tail, end);
      for (std::string_view name : {"ption ", "hoice "}) {
        const size_t hit = Find(sentence, name);
        if (hit == kNone) continue;
        const char found = ChoiceOf(sentence.substr(hit + name.size()));
        const bool denied = HasWord(sentence, "not") ||
                            HasWord(sentence, "incorrect") ||
                            HasWord(sentence, "wrong");
        // Several are weighed against each other.
        if (!denied && Find(sentence, name, hit + 1) == kNone) told = found;
      }
    }
  }
  if (told == 0) return;
  const bool same = told == stated;
  result.contradicts_chain = same ? 0.0F : 1.0F;
  result.not_in_chain = result.contradicts_chain;
  result.support = same ? AnswerSupport::kConclusion : AnswerSupport::kNone;
}

// Without regard to case and white space, by Knuth, Morris and Pratt's search:
// a text may begin like what is wanted at every place.
bool HoldsText(std::string_view text, std::string_view wanted) {
  if (wanted.empty() || wanted.size() > text.size()) return false;
  std::array<char, kMaxStated> pattern;
  std::array<uint8_t, kMaxStated> shorter;  // the longest border, by length
  size_t n = 0;
  for (char c : wanted) {
    if (IsSpace(c)) continue;
    if (n == pattern.size()) return false;
    pattern[n++] = Lower(c);
  }
  if (n == 0) return false;
  shorter[0] = 0;
  for (size_t i = 1, k = 0; i < n; ++i) {
    while (k > 0 && pattern[i] != pattern[k]) k = shorter[k - 1];
    k += pattern[i] == pattern[k];
    shorter[i] = static_cast<uint8_t>(k);
  }
  size_t matched = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (matched == 0) {
      i = words::FindByte(text, i, pattern[0]);
      if (i == kNone) return false;
    }
    const char c = Lower(text[i]);
    if (IsSpace(c)) continue;
    while (matched > 0 && pattern[matched] != c) matched = shorter[matched - 1];
    matched += pattern[matched] == c;
    if (matched == n) return true;
  }
  return false;
}

// Plain words, at most four.
bool IsPhrase(std::string_view s) {
  int count = 0;
  for (char c : s)
    if (!IsLetter(c) && c != ' ' && c != '-' && c != '\'') return false;
  for (size_t i = 0; i < s.size();) count += !WordAfter(s, i).empty();
  return count >= 1 && count <= 4;
}

bool SharesWord(std::string_view text, std::string_view phrase) {
  for (size_t i = 0; i < phrase.size();) {
    const std::string_view word = WordAfter(phrase, i);
    if (word.size() >= 3 && HoldsText(text, word.substr(0, 5))) return true;
  }
  return false;
}

void CompareText(std::string_view stated, std::string_view chain,
                 AnswerChain& result) {
  if (HoldsText(Tail(chain, kLastSteps), stated)) {
    result.contradicts_chain = 0;
    result.not_in_chain = 0;
    result.support = AnswerSupport::kConclusion;
    return;
  }
  const std::string_view tail = Tail(chain, kTail);
  size_t at = 0;
  const std::string_view told = Bare(ToldAnswer(tail, at));
  const bool phrase = IsPhrase(stated);
  if (HoldsText(chain, stated)) {
    result.not_in_chain = 0;
    result.support = AnswerSupport::kEarlier;
  }
  // A text that is made rather than found (a word spelt backwards, a ladder of
  // words) need not stand in its chain; what the chain calls its answer must.
  if (!phrase || !IsPhrase(told) || tail.size() - at >= kLastSteps) return;
  const bool same = SharesWord(told, stated) || SharesWord(stated, told);
  result.contradicts_chain = same ? 0.0F : 1.0F;
  if (!same && result.support == AnswerSupport::kUnknown) {
    result.not_in_chain = 1;
    result.support = AnswerSupport::kNone;
  }
}

void CompareVerdict(bool stated, const AnswerTexts& texts,
                    AnswerChain& result) {
  const auto concluded =
      ConcludedVerdict(result.chain, AskedPredicate(texts.question));
  size_t at = 0;
  std::optional<bool> told = concluded;
  if (!told.has_value()) {
    const std::string_view phrase =
        Bare(ToldAnswer(Tail(result.chain, kTail), at));
    size_t end = 0;
    told = Verdict(WordAfter(phrase, end));
  }
  if (!told.has_value()) return;
  result.contradicts_chain = *told == stated ? 0.0F : 1.0F;
  result.not_in_chain = result.contradicts_chain;
  result.support =
      *told == stated ? AnswerSupport::kConclusion : AnswerSupport::kNone;
}

// Two statements of the final answer, both of a kind that can be compared.
std::optional<bool> SameStatement(std::string_view a, std::string_view b) {
  a = Bare(a);
  b = Bare(b);
  Quantity x;
  Quantity y;
  if (IsNumberLike(a, x) && IsNumberLike(b, y)) return SameQuantity(x, y);
  const char c = ChoiceOf(a);
  const char d = ChoiceOf(b);
  if (c != 0 && d != 0) return c == d;
  return std::nullopt;
}

// The contents of the last two \boxed{} that are not parts of one answer.
std::optional<bool> SameBoxes(std::string_view text) {
  std::string_view last;
  size_t last_end = 0;
  std::optional<bool> same;
  for (size_t hit = Find(text, "boxed{"); hit != kNone;
       hit = Find(text, "boxed{", hit + 6)) {
    const size_t end = text.find('}', hit);
    if (end == kNone) break;
    const std::string_view content = text.substr(hit + 6, end - hit - 6);
    // Parts of one answer stand side by side; "(a)", "(b)" name parts.
    if (!last.empty() && hit - last_end > 80) {
      const std::string_view between = text.substr(last_end, hit - last_end);
      const bool parts = between.find("\n(") != kNone ||
                         Find(between, "art ") != kNone ||
                         Find(between, "uestion ") != kNone;
      if (!parts) same = SameStatement(last, content);
    }
    last = content;
    last_end = end;
  }
  return same;
}

}  // namespace

AnswerChain ReadAnswerChain(const AnswerTexts& texts) {
  AnswerChain result;
  const std::string_view answer = Trim(texts.answer);
  if (answer.empty()) return result;
  const std::string_view reasoning = Trim(texts.reasoning);

  // A verdict that comes first, and what the end of the text says.
  size_t after = 0;
  const auto leading = LeadingVerdict(answer, after);
  const std::string_view marked = Bare(texts.final_answer);
  size_t word_end = 0;
  std::optional<bool> closing = Verdict(WordAfter(marked, word_end));
  if (!closing.has_value() || word_end < marked.size())
    closing = LastBracketedVerdict(Tail(answer, kTail));
  if (leading.has_value() || closing.has_value()) {
    result.leads = leading.has_value();
    const bool stated = leading.has_value() ? *leading : *closing;
    result.stated =
        leading.has_value() ? answer.substr(0, after) : texts.final_answer;
    result.contradictory_answers =
        leading.has_value() && closing.has_value() && *leading != *closing
            ? 1.0F
            : 0.0F;
    result.chain = !reasoning.empty()    ? reasoning
                   : leading.has_value() ? Trim(answer.substr(after))
                                         : answer;
    if (result.chain.size() < kMinChain) {
      result.chain = {};
      return result;
    }
    CompareVerdict(stated, texts, result);
    return result;
  }

  // Where the answer was marked; without a mark a short answer is its own.
  std::string_view stated = marked;
  if (stated.empty() && !reasoning.empty() && answer.size() <= kMaxStated)
    stated = Bare(answer);
  if (stated.empty() || stated.size() > kMaxStated) {
    if (!reasoning.empty()) result.chain = reasoning;
    return result;
  }
  result.stated = stated;
  const auto same_boxes = SameBoxes(Tail(answer, kTail));
  result.contradictory_answers = same_boxes.value_or(true) ? 0.0F : 1.0F;

  size_t told_at = 0;
  if (!reasoning.empty()) {
    result.chain = reasoning;
    const std::string_view tail = Tail(answer, kTail);
    const std::string_view told = ToldAnswer(tail, told_at);
    const auto same = SameStatement(told, stated);
    if (!same.value_or(true)) result.contradictory_answers = 1;
  } else {
    const size_t place = FindLast(answer, stated);
    if (place == kNone) return result;
    // The answer with its mark is no part of the chain: back to the mark, and
    // over the phrase that brings it.
    std::string_view before = answer.substr(0, place);
    size_t sentence_begin = before.size();
    const std::string_view lead = SentenceBefore(before, sentence_begin);
    const bool derives = lead.find('=') != kNone;
    // "x = 4 + 5 = \boxed{9}": the last step brings the answer itself.
    if (derives) {
      result.chain = answer.substr(0, place + stated.size());
    } else {
      result.chain = Trim(before.substr(0, sentence_begin));
    }
    // JSON may give the answer first.
    if (result.chain.size() < kMinChain &&
        answer.size() - place > stated.size() + kMinChain)
      result.chain = Trim(answer.substr(place + stated.size()));
  }
  if (result.chain.size() < kMinChain) {
    result.chain = {};
    return result;
  }

  Quantity quantity;
  if (const char choice = ChoiceOf(stated); choice != 0) {
    CompareChoice(choice, result.chain, result);
  } else if (IsNumberLike(stated, quantity)) {
    CompareNumber(stated, quantity, result.chain, result);
  } else {
    CompareText(stated, result.chain, result);
  }
  return result;
}

}  // namespace reasonwatch
