// SPDX-License-Identifier: Apache-2.0
// A reader parses a line (JSON) or a record (CSV), looks its keys up without
// regard to case, and hands the object to the function of its format. First the
// formats' names and the lookup, then a function a published form, then the
// readers of JSON lines and of CSV.
#include "daemon/recordings/problem_sets.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "answers/grading.h"
#include "simdjson.h"
#include "util/ascii.h"
#include "util/json.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

constexpr size_t kMaxProblemBytes = size_t{16} << 20;
constexpr size_t kMaxOptions = 26;    // A to Z
constexpr size_t kByteOrderMark = 3;  // bytes of it in UTF-8

constexpr std::array<std::pair<std::string_view, BaselineFormat>, 10> kFormats =
    {{{"auto", BaselineFormat::kAuto},
      {"reasonwatch", BaselineFormat::kResponses},
      {"openai-batch", BaselineFormat::kOpenAiBatch},
      {"litellm", BaselineFormat::kLiteLlm},
      {"gsm8k", BaselineFormat::kGsm8k},
      {"math", BaselineFormat::kMath},
      {"aime", BaselineFormat::kAime},
      {"choice", BaselineFormat::kChoice},
      {"csv", BaselineFormat::kCsv},
      {"export", BaselineFormat::kExport}}};

std::string Trimmed(std::string_view text) {
  return std::string(ascii::Trim(text));
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = ascii::Lower(c);
  return lower;
}

using simdjson::dom::element;

// A number as JSON wrote it, or the string; "" for anything else.
std::string Scalar(const element& e) {
  std::string_view text;
  int64_t integer = 0;
  uint64_t large = 0;
  double number = 0;
  if (e.get(text) == simdjson::SUCCESS) return std::string(text);
  if (e.get(integer) == simdjson::SUCCESS) return std::to_string(integer);
  if (e.get(large) == simdjson::SUCCESS) return std::to_string(large);
  if (e.get(number) == simdjson::SUCCESS)
    return absl::StrFormat("%.15g", number);
  return "";
}

class Object {
 public:
  explicit Object(simdjson::dom::object object) {
    for (const auto& field : object)
      keys_.emplace(Lower(field.key), field.value);
  }
  std::optional<element> Find(std::string_view key) const {
    const auto it = keys_.find(std::string(key));
    if (it == keys_.end() || it->second.is_null()) return std::nullopt;
    return it->second;
  }
  // The first that is there and a string or number.
  std::string Text(std::initializer_list<std::string_view> keys) const {
    for (std::string_view key : keys) {
      const auto found = Find(key);
      if (!found.has_value()) continue;
      std::string text = Scalar(*found);
      if (!text.empty()) return text;
    }
    return "";
  }
  int32_t Count(std::string_view key) const {
    const auto found = Find(key);
    int64_t value = 0;
    if (!found.has_value() ||
        found->get_int64().get(value) != simdjson::SUCCESS)
      return 0;
    return static_cast<int32_t>(std::clamp<int64_t>(value, 0, 1 << 30));
  }

 private:
  std::map<std::string, element> keys_;
};

absl::Status Missing(const char* what) {
  return absl::InvalidArgumentError(absl::StrFormat("%s is missing", what));
}

absl::Status CheckWhole(const ImportedProblem& p) {
  if (Trimmed(p.text.prompt).empty() && p.text.messages_json.empty())
    return Missing("the problem's text");
  if (p.problem.gold.empty()) return Missing("the answer");
  return absl::OkStatus();
}

// The family by its published names: MATH has subjects, MMLU-Pro categories.
std::string NamedFamily(const Object& object) {
  return Trimmed(object.Text({"family", "subject", "category"}));
}

absl::StatusOr<ImportedProblem> FromGsm8k(const Object& object) {
  ImportedProblem p;
  p.text.prompt = object.Text({"question"});
  if (p.text.prompt.empty()) return Missing("question");
  const std::string solution = object.Text({"answer"});
  if (solution.empty()) return Missing("answer");
  const size_t mark = solution.rfind("####");
  if (mark == std::string::npos)
    return absl::InvalidArgumentError(
        "answer has no line '#### 42' with the result");
  p.problem.gold =
      absl::StrReplaceAll(Trimmed(solution.substr(mark + 4)), {{",", ""}});
  p.problem.answer_kind = AnswerKind::kNumber;
  p.problem.id = object.Text({"id"});
  p.problem.family = NamedFamily(object);
  RW_RETURN_IF_ERROR(CheckWhole(p));
  return p;
}

absl::StatusOr<ImportedProblem> FromMath(const Object& object,
                                         AnswerKind kind) {
  ImportedProblem p;
  p.text.prompt = object.Text({"problem", "question"});
  if (p.text.prompt.empty()) return Missing("problem");
  p.problem.gold = Trimmed(object.Text({"answer"}));
  if (p.problem.gold.empty()) return Missing("answer");
  p.problem.answer_kind = kind;
  p.problem.id = object.Text({"unique_id", "id", "problem_id"});
  p.problem.family = NamedFamily(object);
  return p;
}

struct Option {
  std::string label;
  std::string text;
};

absl::StatusOr<std::vector<Option>> OptionsOf(const element& e) {
  std::vector<Option> options;
  const auto add = [&](std::string label, const element& text) {
    if (label.empty())
      label = std::string(1, static_cast<char>('A' + options.size()));
    options.push_back({std::move(label), Scalar(text)});
  };
  simdjson::dom::array list;
  simdjson::dom::object object;
  simdjson::dom::array labels;
  simdjson::dom::array texts;
  if (e.get(list) == simdjson::SUCCESS) {
    for (const element text : list) {
      if (options.size() > kMaxOptions) break;
      add("", text);
    }
  } else if (e["label"].get(labels) == simdjson::SUCCESS &&
             e["text"].get(texts) == simdjson::SUCCESS) {
    auto label = labels.begin();
    for (const element text : texts) {
      if (options.size() > kMaxOptions || !(label != labels.end())) break;
      add(Scalar(*label), text);
      ++label;
    }
  } else if (e.get(object) == simdjson::SUCCESS) {
    for (const auto field : object) {
      if (options.size() > kMaxOptions) break;
      add(std::string(field.key), field.value);
    }
  }
  if (options.size() < 2 || options.size() > kMaxOptions)
    return absl::InvalidArgumentError("options are not 2 to 26 of them");
  return options;
}

absl::StatusOr<ImportedProblem> FromChoice(const Object& object) {
  ImportedProblem p;
  p.text.prompt = object.Text({"question", "problem", "prompt"});
  if (p.text.prompt.empty()) return Missing("question");
  auto given = object.Find("options");
  if (!given.has_value()) given = object.Find("choices");
  if (!given.has_value()) return Missing("options");
  RW_ASSIGN_OR_RETURN(const std::vector<Option> options, OptionsOf(*given));
  const std::string answer =
      Trimmed(object.Text({"answer", "answerkey", "answer_index", "label"}));
  if (answer.empty()) return Missing("answer");
  for (const Option& o : options)
    if (absl::EqualsIgnoreCase(o.label, answer)) p.problem.gold = o.label;
  size_t index = 0;
  if (p.problem.gold.empty() && absl::SimpleAtoi(answer, &index) &&
      index < options.size())
    p.problem.gold = options[index].label;
  for (const Option& o : options)
    if (p.problem.gold.empty() && o.text == answer) p.problem.gold = o.label;
  if (p.problem.gold.empty())
    return absl::InvalidArgumentError(
        absl::StrFormat("answer '%s' is none of the options", answer));
  p.text.prompt += "\n";
  for (const Option& o : options)
    p.text.prompt += absl::StrFormat("\n%s. %s", o.label, o.text);
  p.problem.answer_kind = AnswerKind::kChoice;
  p.problem.id = object.Text({"id", "question_id", "problem_id"});
  p.problem.family = NamedFamily(object);
  return p;
}

absl::StatusOr<AnswerKind> KindOf(const std::string& name) {
  if (name.empty() || name == "unknown") return AnswerKind::kUnknown;
  const AnswerKind kind = ParseAnswerKind(name);
  if (kind == AnswerKind::kUnknown)
    return absl::InvalidArgumentError(absl::StrFormat(
        "answer_kind '%s' is none of boolean, number, math, choice, text",
        name));
  return kind;
}

// One problem, once for each regime that it has trials of.
absl::StatusOr<std::vector<ImportedProblem>> FromExport(const Object& object) {
  ImportedProblem p;
  p.problem.model = object.Text({"model"});
  p.text.prompt = object.Text({"prompt"});
  p.text.system_prompt = object.Text({"system_prompt"});
  if (const auto messages = object.Find("messages"); messages.has_value())
    p.text.messages_json = simdjson::minify(*messages);
  const auto given = object.Find("problem");
  simdjson::dom::object inner;
  if (!given.has_value() || given->get(inner) != simdjson::SUCCESS)
    return Missing("problem");
  const Object problem(inner);
  p.problem.id = problem.Text({"id"});
  p.problem.gold = problem.Text({"answer"});
  p.problem.family = problem.Text({"family"});
  RW_ASSIGN_OR_RETURN(p.problem.answer_kind,
                      KindOf(problem.Text({"answer_kind"})));
  if (p.text.prompt.empty() && p.text.messages_json.empty() &&
      p.problem.id.empty())
    return Missing("prompt, messages or problem.id");
  std::vector<ImportedProblem> all;
  const auto regimes = object.Find("regimes");
  simdjson::dom::array list;
  if (regimes.has_value() && regimes->get(list) == simdjson::SUCCESS) {
    for (const element e : list) {
      if (e.get(inner) != simdjson::SUCCESS)
        return absl::InvalidArgumentError("a regime is no object");
      const Object regime(inner);
      ImportedProblem& one = all.emplace_back(p);
      one.regime.regime = {
          regime.Text({"fingerprint"}), regime.Text({"weights_version"}),
          regime.Text({"template_hash"}), regime.Text({"engine"})};
      one.regime.sampling = regime.Text({"sampling"});
      one.problem.trials = regime.Count("trials");
      one.problem.failures =
          std::min(one.problem.trials, regime.Count("failures"));
    }
  }
  if (all.empty()) all.push_back(std::move(p));
  return all;
}

class JsonLines : public ProblemReader {
 public:
  JsonLines(BaselineFormat format, std::istream& in)
      : format_(format), in_(in) {}

  absl::StatusOr<bool> Next(std::vector<ImportedProblem>& problem) override {
    problem.clear();
    std::string text;
    while (std::getline(in_, text)) {
      ++line_;
      if (line_ == 1 && text.rfind("\xEF\xBB\xBF", 0) == 0)
        text.erase(0, kByteOrderMark);
      if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
      if (text.size() > kMaxProblemBytes)
        return absl::InvalidArgumentError("longer than 16 MiB");
      RW_RETURN_IF_ERROR(Parse(text, problem));
      return true;
    }
    if (in_.bad()) return absl::DataLossError("can't be read to its end");
    return false;
  }
  int64_t line() const override { return line_; }

 private:
  absl::Status Parse(const std::string& text,
                     std::vector<ImportedProblem>& problem) {
    simdjson::dom::element root;
    const auto error = ParseJson(parser_, text).get(root);
    if (error != simdjson::SUCCESS)
      return absl::InvalidArgumentError(
          absl::StrFormat("not JSON: %s", simdjson::error_message(error)));
    simdjson::dom::object keys;
    if (root.get(keys) != simdjson::SUCCESS)
      return absl::InvalidArgumentError("not a JSON object");
    const Object object(keys);
    if (format_ == BaselineFormat::kExport) {
      RW_ASSIGN_OR_RETURN(problem, FromExport(object));
      return absl::OkStatus();
    }
    absl::StatusOr<ImportedProblem> one =
        format_ == BaselineFormat::kGsm8k ? FromGsm8k(object)
        : format_ == BaselineFormat::kChoice
            ? FromChoice(object)
            : FromMath(object, format_ == BaselineFormat::kAime
                                   ? AnswerKind::kNumber
                                   : AnswerKind::kMath);
    if (!one.ok()) return one.status();
    problem.push_back(*std::move(one));
    return absl::OkStatus();
  }

  const BaselineFormat format_;
  std::istream& in_;
  simdjson::dom::parser parser_;
  int64_t line_ = 0;
};

// RFC 4180: fields in double quotes may hold commas, line breaks and doubled
// quotes.
class Csv : public ProblemReader {
 public:
  Csv(std::istream& in, AnswerKind kind) : in_(in), kind_(kind) {}

  absl::StatusOr<bool> Next(std::vector<ImportedProblem>& problem) override {
    problem.clear();
    std::vector<std::string> fields;
    if (columns_.empty()) {
      RW_ASSIGN_OR_RETURN(const bool any, ReadRecord(fields));
      if (!any) return absl::DataLossError("has no header");
      RW_RETURN_IF_ERROR(ReadHeader(fields));
    }
    RW_ASSIGN_OR_RETURN(const bool any, ReadRecord(fields));
    if (!any) return false;
    if (fields.size() != columns_.size())
      return absl::InvalidArgumentError(
          absl::StrFormat("%d fields where the header has %d",
                          static_cast<int64_t>(fields.size()),
                          static_cast<int64_t>(columns_.size())));
    ImportedProblem& p = problem.emplace_back();
    p.problem.answer_kind = kind_;
    for (size_t i = 0; i < fields.size(); ++i) {
      if (columns_[i] == Column::kPrompt) p.text.prompt = fields[i];
      if (columns_[i] == Column::kAnswer) p.problem.gold = Trimmed(fields[i]);
      if (columns_[i] == Column::kId) p.problem.id = Trimmed(fields[i]);
      if (columns_[i] == Column::kFamily) p.problem.family = Trimmed(fields[i]);
      if (columns_[i] == Column::kKind) {
        RW_ASSIGN_OR_RETURN(p.problem.answer_kind,
                            KindOf(Lower(Trimmed(fields[i]))));
      }
    }
    for (const std::string* text : {&p.text.prompt, &p.problem.gold})
      if (!simdjson::validate_utf8(text->data(), text->size()))
        return absl::InvalidArgumentError("not UTF-8");
    RW_RETURN_IF_ERROR(CheckWhole(p));
    return true;
  }
  int64_t line() const override { return began_; }

 private:
  enum class Column : uint8_t { kOther, kPrompt, kAnswer, kId, kKind, kFamily };

  absl::Status ReadHeader(const std::vector<std::string>& names) {
    std::vector<Column> columns;
    for (const std::string& given : names) {
      const std::string name = Lower(Trimmed(given));
      columns.push_back(
          name == "prompt" || name == "question" || name == "problem"
              ? Column::kPrompt
          : name == "answer"                     ? Column::kAnswer
          : name == "id" || name == "problem_id" ? Column::kId
          : name == "answer_kind"                ? Column::kKind
          : name == "family" || name == "subject" || name == "category"
              ? Column::kFamily
              : Column::kOther);
    }
    for (const Column needed : {Column::kPrompt, Column::kAnswer})
      if (std::count(columns.begin(), columns.end(), needed) != 1)
        return absl::DataLossError(
            "the first line must name the columns: one of prompt, question or "
            "problem, and answer");
    columns_ = std::move(columns);
    return absl::OkStatus();
  }

  // A record without the empty ones before it; false at the end.
  absl::StatusOr<bool> ReadRecord(std::vector<std::string>& fields) {
    fields.assign(1, "");
    began_ = line_ + 1;
    bool quoted = false;
    bool any = false;
    size_t bytes = 0;
    for (int c = in_.get(); c != std::istream::traits_type::eof();
         c = in_.get()) {
      if (first_ && c == 0xEF && in_.peek() == 0xBB) {
        in_.ignore(kByteOrderMark - 1);
        first_ = false;
        continue;
      }
      first_ = false;
      line_ += c == '\n';
      if (++bytes > kMaxProblemBytes)
        return absl::DataLossError(
            "a record is longer than 16 MiB: a quote "
            "that is not closed?");
      if (quoted) {
        if (c != '"') {
          fields.back().push_back(static_cast<char>(c));
        } else if (in_.peek() == '"') {
          fields.back().push_back('"');
          in_.ignore();
        } else {
          quoted = false;
        }
        continue;
      }
      if (c == '\r') continue;
      if (c == '\n') {
        if (any) return true;
        began_ = line_ + 1;
        continue;
      }
      any = true;
      if (c == '"' && fields.back().empty()) {
        quoted = true;
      } else if (c == ',') {
        fields.emplace_back();
      } else {
        fields.back().push_back(static_cast<char>(c));
      }
    }
    if (in_.bad()) return absl::DataLossError("can't be read to its end");
    if (quoted) return absl::DataLossError("a quote is not closed");
    return any;
  }

  std::istream& in_;
  const AnswerKind kind_;
  std::vector<Column> columns_;
  int64_t line_ = 0;
  int64_t began_ = 0;
  bool first_ = true;
};

}  // namespace

absl::StatusOr<BaselineFormat> ParseBaselineFormat(std::string_view name) {
  std::string names;
  for (const auto& [known, format] : kFormats) {
    if (known == name) return format;
    names += (names.empty() ? "" : ", ") + std::string(known);
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "unknown format '%s'; known are %s", std::string(name), names));
}

std::string_view BaselineFormatName(BaselineFormat format) {
  for (const auto& [name, known] : kFormats)
    if (known == format) return name;
  return "invalid";
}

absl::StatusOr<BaselineFormat> GuessBaselineFormat(std::string_view line) {
  if (line.rfind("\xEF\xBB\xBF", 0) == 0) line.remove_prefix(kByteOrderMark);
  simdjson::dom::parser parser;
  element root;
  const simdjson::padded_string text(line.data(), line.size());
  if (ParseJson(parser, text).get(root) != simdjson::SUCCESS) {
    const std::string lower = Lower(line);
    if (lower.find("answer") != std::string::npos &&
        lower.find(',') != std::string::npos && lower.front() != '{')
      return BaselineFormat::kCsv;
    return absl::InvalidArgumentError(
        "the first line is neither JSON nor the header of a CSV file with a "
        "column 'answer'");
  }
  simdjson::dom::object keys;
  if (root.get(keys) == simdjson::SUCCESS) {
    const Object object(keys);
    if (object.Find("regimes").has_value() &&
        object.Find("problem").has_value())
      return BaselineFormat::kExport;
    if (object.Find("custom_id").has_value() &&
        object.Find("response").has_value())
      return BaselineFormat::kOpenAiBatch;
    if (object.Find("model").has_value() &&
        object.Find("call_type").has_value())
      return BaselineFormat::kLiteLlm;
    if (object.Find("model").has_value()) return BaselineFormat::kResponses;
    if (object.Find("options").has_value() ||
        object.Find("choices").has_value())
      return BaselineFormat::kChoice;
    if (!object.Text({"question"}).empty() &&
        object.Text({"answer"}).find("####") != std::string::npos)
      return BaselineFormat::kGsm8k;
    if (!object.Text({"problem", "question"}).empty() &&
        !object.Text({"answer"}).empty())
      return BaselineFormat::kMath;
  }
  return absl::InvalidArgumentError(
      "can't tell the format from the first line; say it with --from");
}

std::unique_ptr<ProblemReader> ProblemReader::Make(BaselineFormat format,
                                                   std::istream& in) {
  const bool csv = format == BaselineFormat::kCsv ||
                   (format == BaselineFormat::kAime && in.peek() != '{');
  if (csv)
    return std::make_unique<Csv>(in, format == BaselineFormat::kAime
                                         ? AnswerKind::kNumber
                                         : AnswerKind::kUnknown);
  return std::make_unique<JsonLines>(format, in);
}

}  // namespace reasonwatch
