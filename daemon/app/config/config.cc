// SPDX-License-Identifier: Apache-2.0
// Reading and printing of the whole configuration.
//
// describe.h names every key once; reader.h and printer.h walk the same
// description. Here are the checks before yaml-cpp sees a file, those after all
// keys are read, and the functions of config.h.
#include "daemon/app/config/config.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/signal.h"
#include "daemon/app/config/describe.h"
#include "daemon/app/config/printer.h"
#include "daemon/app/config/reader.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// A thousand models with every key set need a tenth of this.
constexpr size_t kMaxFileBytes = size_t{1} << 20;
// The deepest key is four levels down; yaml-cpp's stack bears thousands.
constexpr int kMaxFlowDepth = 64;

// yaml-cpp recurses by nesting; brackets inside quotes are counted too, and
// balance there in any sane pattern.
bool NestsTooDeep(std::string_view yaml) {
  int depth = 0;
  for (char c : yaml) {
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (depth > kMaxFlowDepth) return true;
  }
  return false;
}

class IgnoreEvents : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// YAML::Load() drops everything behind the first document, and LoadAll() never
// returns if that begins with a stray "," or "}".
bool GoesOnBehindDocument(const std::string& yaml) {
  std::istringstream in(yaml);
  YAML::Parser parser(in);
  IgnoreEvents ignore;
  return parser.HandleNextDocument(ignore) && parser.HandleNextDocument(ignore);
}

// Checks that need the whole file: names that refer to each other.
absl::Status Resolve(Config& config) {
  if (!config.formats.custom.empty()) {
    auto compiled = CustomFormats::Compile(config.formats.custom);
    if (!compiled.ok())
      return absl::InvalidArgumentError(
          absl::StrCat("formats.custom: ", compiled.status().message()));
    config.formats.compiled = *std::move(compiled);
  }
  const auto known = [&config](std::string_view name) {
    return IsFormat(name, config.formats.compiled.get());
  };
  for (const auto& [name, model] : config.models) {
    if (model.format != "auto" && !known(model.format))
      return absl::InvalidArgumentError(absl::StrFormat(
          "models.%s.format: no format is named %s", name, model.format));
    for (const std::string& family : model.families) {
      if (!known(family))
        return absl::InvalidArgumentError(absl::StrFormat(
            "models.%s.families: no format is named %s", name, family));
    }
  }
  return absl::OkStatus();
}

// Plain numbers and truth values of YAML are those of JSON too.
bool IsJsonScalar(const YAML::Node& node) {
  double number = 0;
  return node.Tag() != "!" &&
         (node.Scalar() == "true" || node.Scalar() == "false" ||
          absl::SimpleAtod(node.Scalar(), &number));
}

void AppendJson(const YAML::Node& node, std::string& out) {
  const char* between = "";
  if (node.IsMap()) {
    out += '{';
    for (const auto& entry : node) {
      absl::StrAppend(&out, between, JsonString(entry.first.Scalar()), ":");
      AppendJson(entry.second, out);
      between = ",";
    }
    out += '}';
  } else if (node.IsSequence()) {
    out += '[';
    for (const auto& item : node) {
      out += between;
      AppendJson(item, out);
      between = ",";
    }
    out += ']';
  } else if (node.IsScalar()) {
    out += IsJsonScalar(node) ? node.Scalar() : JsonString(node.Scalar());
  } else {
    out += "{}";  // a section without keys
  }
}

absl::Status ReadInto(Config& config, const YAML::Node& root,
                      std::string_view file_name) {
  ConfigReader reader(root, file_name);
  return reader.Read([&] { Describe(reader, config); });
}

}  // namespace

Config DefaultConfig() {
  Config config;
  for (int i = 0; i < kSignalCount; ++i)
    config.signals[std::string(SignalName(static_cast<Signal>(i)))] = {};
  return config;
}

absl::StatusOr<Config> ParseConfig(std::string_view yaml,
                                   std::string_view file_name) {
  const auto invalid = [file_name](int line, std::string_view message) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s:%d: %s", file_name, line, message));
  };
  if (yaml.size() > kMaxFileBytes) return invalid(1, "file over 1 MiB");
  if (NestsTooDeep(yaml)) return invalid(1, "brackets nested too deeply");
  // yaml-cpp reports by throwing; nothing may leave this function that way.
  try {
    const std::string text(yaml);
    if (GoesOnBehindDocument(text))
      return invalid(1, "more than one document, or stray characters");
    Config config = DefaultConfig();
    const absl::Status status = ReadInto(config, YAML::Load(text), file_name);
    if (!status.ok()) return status;
    const absl::Status resolved = Resolve(config);
    if (!resolved.ok())
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: %s", file_name, StdView(resolved.message())));
    return config;
  } catch (const YAML::Exception& e) {
    return invalid(std::max(0, e.mark.line) + 1, e.msg);
  } catch (const std::exception& e) {
    return invalid(1, e.what());
  }
}

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot open ", path));
  // One byte more than allowed, so that ParseConfig() sees the excess.
  std::string yaml(kMaxFileBytes + 1, '\0');
  file.read(yaml.data(), static_cast<std::streamsize>(yaml.size()));
  if (file.bad())
    return absl::DataLossError(absl::StrCat("cannot read ", path));
  yaml.resize(static_cast<size_t>(file.gcount()));
  return ParseConfig(yaml, path);
}

FormatPolicy FormatPolicyOf(const Config& config, const std::string& model) {
  FormatPolicy policy;
  policy.custom = config.formats.compiled;
  const auto it = config.models.find(model);
  if (it == config.models.end()) return policy;
  policy.format = it->second.format;
  policy.families = it->second.families;
  return policy;
}

std::string PrintConfig(const Config& config) {
  Config copy = config;
  ConfigPrinter printer;
  Describe(printer, copy);
  return printer.DrainOutput();
}

std::string ConfigJson(const Config& config) {
  std::string out;
  AppendJson(YAML::Load(PrintConfig(config)), out);
  return out;
}

}  // namespace reasonwatch