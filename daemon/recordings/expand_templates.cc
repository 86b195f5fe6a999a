// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/expand_templates.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"
#include "util/input_file.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxTemplates = 10000;  // far over any set of templates

absl::StatusOr<VariantTemplate> ReadTemplate(const std::string& line) {
  const Json row = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!row.is_object()) return absl::InvalidArgumentError("not a JSON object");
  VariantTemplate form;
  for (const auto& [key, value] : row.items()) {
    std::string* text = key == "name"        ? &form.name
                        : key == "family"    ? &form.family
                        : key == "text"      ? &form.text
                        : key == "condition" ? &form.condition
                        : key == "formula"   ? &form.formula
                                             : nullptr;
    if (text != nullptr) {
      if (!value.is_string())
        return absl::InvalidArgumentError("\"" + key + "\" is no string");
      *text = value.get<std::string>();
    } else if (key == "parameters" && value.is_object()) {
      for (const auto& [name, range] : value.items()) {
        if (!range.is_array() || range.size() != 2 ||
            !range[0].is_number_integer() || !range[1].is_number_integer())
          return absl::InvalidArgumentError("parameter \"" + name +
                                            "\" is no [low, high]");
        form.parameters.push_back(
            {name, range[0].get<int64_t>(), range[1].get<int64_t>()});
      }
    } else {
      return absl::InvalidArgumentError("unknown or bad key \"" + key + "\"");
    }
  }
  // Every error of a template shows at its first instance.
  if (const auto variant = Instantiate(form, 1); !variant.ok())
    return variant.status();
  return form;
}

}  // namespace

absl::StatusOr<std::vector<VariantTemplate>> ReadTemplates(
    const std::string& path) {
  RW_ASSIGN_OR_RETURN(std::ifstream in, OpenInput(path));
  std::vector<VariantTemplate> templates;
  std::string line;
  for (int64_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    auto form = ReadTemplate(line);
    const bool repeated =
        form.ok() && FindTemplate(templates, form->name) != nullptr;
    if (!form.ok() || repeated || templates.size() >= kMaxTemplates)
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s line %d: %s", path, number,
          !form.ok() ? std::string(form.status().message())
          : repeated ? "the name \"" + form->name + "\" stands twice"
                     : std::string("over 10,000 templates")));
    templates.push_back(*std::move(form));
  }
  if (templates.empty())
    return absl::InvalidArgumentError(path + " holds no template");
  return templates;
}

absl::StatusOr<int64_t> ExpandBaseline(const ExpandOptions& options,
                                       std::ostream& out) {
  std::vector<VariantTemplate> templates(BuiltinTemplates().begin(),
                                         BuiltinTemplates().end());
  if (!options.templates.empty()) {
    RW_ASSIGN_OR_RETURN(templates, ReadTemplates(options.templates));
  }
  const auto chosen = [&](const VariantTemplate& form) {
    return options.names.empty() ||
           std::any_of(options.names.begin(), options.names.end(),
                       [&](const std::string& name) {
                         return name == form.name || name == form.family;
                       });
  };
  for (const std::string& name : options.names) {
    if (std::none_of(templates.begin(), templates.end(),
                     [&](const VariantTemplate& form) {
                       return name == form.name || name == form.family;
                     }))
      return absl::NotFoundError("no template or family \"" + name + "\"");
  }
  int64_t written = 0;
  for (const VariantTemplate& form : templates) {
    if (!chosen(form)) continue;
    for (int64_t i = 0; i < options.count; ++i) {
      const auto variant =
          Instantiate(form, options.seed + static_cast<uint64_t>(i));
      if (!variant.ok()) return variant.status();
      const Json row = {{"id", variant->id},
                        {"model", options.model},
                        {"prompt", variant->prompt},
                        {"task", form.family},
                        {"problem",
                         {{"id", variant->id},
                          {"answer", variant->answer},
                          {"answer_kind", "number"}}}};
      out << row.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
      ++written;
    }
  }
  out.flush();
  if (!out) return absl::InternalError("cannot write the instances");
  return written;
}

}  // namespace reasonwatch
