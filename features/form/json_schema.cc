// SPDX-License-Identifier: Apache-2.0
// A schema becomes a list of nodes that name each other by index, so that one
// that refers to itself is a circle and not endless. First the compiler, then
// the checks of a value.
#include "features/form/json_schema.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

namespace reasonwatch {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// Values that one check looks at: more than any answer has, and a fraction of
// a millisecond.
constexpr int kMostChecks = 20'000;
// Entries of an enumeration or of alternatives that are kept; a longer list
// accepts anything.
constexpr size_t kMaxEntries = 512;

}  // namespace

class JsonSchemaCompiler {
 public:
  JsonSchemaCompiler(const element& root, std::vector<JsonSchema::Node>& nodes)
      : root_(root), nodes_(nodes) {}

  // The index of the node of `schema`, kAnything if it asks for nothing.
  int Compile(const element& schema, int depth) {
    object fields;
    if (schema.get(fields) != simdjson::SUCCESS || depth >= kMaxSchemaDepth ||
        nodes_.size() >= kMaxSchemaNodes)
      return JsonSchema::kAnything;
    std::string_view reference;
    if (fields["$ref"].get(reference) == simdjson::SUCCESS)
      return Resolve(reference, depth);
    const auto index = static_cast<int>(nodes_.size());
    nodes_.emplace_back();
    Fill(fields, index, depth);
    return index;
  }

 private:
  using Node = JsonSchema::Node;

  int Resolve(std::string_view reference, int depth) {
    const auto known = references_.find(std::string(reference));
    if (known != references_.end()) return known->second;
    if (reference == "#") return 0;
    if (!reference.starts_with("#/")) return JsonSchema::kAnything;
    element target;
    if (root_.at_pointer(reference.substr(1)).get(target) != simdjson::SUCCESS)
      return JsonSchema::kAnything;
    object fields;
    if (target.get(fields) != simdjson::SUCCESS ||
        nodes_.size() >= kMaxSchemaNodes)
      return JsonSchema::kAnything;
    // The place is known before its content is, which may refer to it again.
    const auto index = static_cast<int>(nodes_.size());
    nodes_.emplace_back();
    references_.emplace(std::string(reference), index);
    std::string_view further;
    if (fields["$ref"].get(further) == simdjson::SUCCESS) {
      const int next = Resolve(further, depth + 1);
      nodes_[static_cast<size_t>(index)].all_of = {next};
      return index;
    }
    Fill(fields, index, depth + 1);
    return index;
  }

  void Fill(const object& fields, int index, int depth) {
    Node node;
    ReadTypes(fields, node);
    ReadValues(fields, node);
    ReadProperties(fields, node, depth);
    element items;
    if (fields["items"].get(items) == simdjson::SUCCESS)
      node.items = Compile(items, depth + 1);
    for (std::string_view key : {"anyOf", "oneOf"})
      ReadEntries(fields, key, node.any_of, depth);
    ReadEntries(fields, "allOf", node.all_of, depth);
    nodes_[static_cast<size_t>(index)] = std::move(node);
  }

  static void ReadTypes(const object& fields, Node& node) {
    element type;
    if (fields["type"].get(type) != simdjson::SUCCESS) return;
    std::string_view name;
    if (type.get(name) == simdjson::SUCCESS) node.types = TypeOf(name);
    if (array names; type.get(names) == simdjson::SUCCESS)
      for (const element& entry : names)
        if (entry.get(name) == simdjson::SUCCESS) node.types |= TypeOf(name);
    bool nullable = false;
    if (node.types != 0 &&
        fields["nullable"].get(nullable) == simdjson::SUCCESS && nullable)
      node.types |= JsonSchema::kNull;
  }

  // Gemini writes the names in capitals.
  static uint8_t TypeOf(std::string_view name) {
    std::string lower(name.substr(0, 16));
    for (char& c : lower)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    return JsonSchema::TypeOf(lower);
  }

  static void ReadValues(const object& fields, Node& node) {
    array entries;
    if (fields["enum"].get(entries) != simdjson::SUCCESS) return;
    for (const element& entry : entries) {
      std::string_view text;
      if (entry.get(text) != simdjson::SUCCESS ||
          node.values.size() >= kMaxEntries) {
        node.values.clear();
        return;
      }
      node.values.emplace_back(text);
    }
    std::sort(node.values.begin(), node.values.end());
  }

  void ReadProperties(const object& fields, Node& node, int depth) {
    if (object properties;
        fields["properties"].get(properties) == simdjson::SUCCESS)
      for (const auto& [name, schema] : properties)
        node.properties.push_back(
            {std::string(name), Compile(schema, depth + 1), false});
    if (array names; fields["required"].get(names) == simdjson::SUCCESS)
      for (const element& entry : names) {
        std::string_view name;
        if (entry.get(name) == simdjson::SUCCESS)
          node.properties.push_back(
              {std::string(name), JsonSchema::kAnything, true});
      }
    // A required property is there twice: keep the one with a schema.
    std::stable_sort(
        node.properties.begin(), node.properties.end(),
        [](const auto& a, const auto& b) { return a.name < b.name; });
    std::vector<JsonSchema::Property> joined;
    for (JsonSchema::Property& property : node.properties) {
      if (!joined.empty() && joined.back().name == property.name)
        joined.back().required |= property.required;
      else
        joined.push_back(std::move(property));
    }
    node.properties = std::move(joined);
    node.required = static_cast<size_t>(std::ranges::count_if(
        node.properties, [](const auto& p) { return p.required; }));
    bool additional = true;
    if (fields["additionalProperties"].get(additional) == simdjson::SUCCESS)
      node.closed = !additional;
  }

  void ReadEntries(const object& fields, std::string_view key,
                   std::vector<int>& into, int depth) {
    array entries;
    if (fields[key].get(entries) != simdjson::SUCCESS) return;
    for (const element& entry : entries) {
      if (into.size() >= kMaxEntries) return;
      into.push_back(Compile(entry, depth + 1));
    }
  }

  const element root_;
  std::vector<Node>& nodes_;
  std::map<std::string, int> references_;
};

JsonSchema::JsonSchema(const element& schema) {
  JsonSchemaCompiler compiler(schema, nodes_);
  // A root that is a mere reference has no node of its own.
  std::string_view reference;
  object fields;
  if (schema.get(fields) == simdjson::SUCCESS &&
      fields["$ref"].get(reference) == simdjson::SUCCESS && reference != "#")
    nodes_.emplace_back();
  const int root = compiler.Compile(schema, 0);
  if (root > 0) nodes_[0].all_of = {root};
}

uint8_t JsonSchema::TypeOf(std::string_view name) {
  constexpr std::pair<std::string_view, Type> kTypes[] = {
      {"object", kObject},   {"array", kArray},   {"string", kString},
      {"integer", kInteger}, {"number", kNumber}, {"boolean", kBoolean},
      {"null", kNull}};
  for (const auto& [known, type] : kTypes)
    if (known == name) return type;
  return 0;
}

bool JsonSchema::Accepts(const element& value) const {
  int budget = kMostChecks;
  return nodes_.empty() || Check(0, value, 0, budget);
}

bool JsonSchema::Check(int index, const element& value, int depth,
                       int& budget) const {
  if (index < 0 || depth >= 2 * kMaxSchemaDepth || --budget < 0) return true;
  const Node& node = nodes_[static_cast<size_t>(index)];
  uint8_t is = 0;
  switch (value.type()) {
    case simdjson::dom::element_type::OBJECT:
      is = kObject;
      break;
    case simdjson::dom::element_type::ARRAY:
      is = kArray;
      break;
    case simdjson::dom::element_type::STRING:
      is = kString;
      break;
    case simdjson::dom::element_type::BOOL:
      is = kBoolean;
      break;
    case simdjson::dom::element_type::NULL_VALUE:
      is = kNull;
      break;
    case simdjson::dom::element_type::DOUBLE: {
      const double number = value.get_double().value_unsafe();
      is = kNumber;
      if (number == std::floor(number)) is |= kInteger;
      break;
    }
    default:
      is = kNumber | kInteger;
      break;
  }
  if (node.types != 0 && (node.types & is) == 0) return false;
  if (!node.values.empty()) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS)
      return (node.types & is & kNull) != 0;
    if (!std::binary_search(node.values.begin(), node.values.end(), text))
      return false;
  }
  const auto accepted = [&](int entry) {
    return Check(entry, value, depth + 1, budget);
  };
  if (!std::ranges::all_of(node.all_of, accepted)) return false;
  if (!node.any_of.empty() && !std::ranges::any_of(node.any_of, accepted))
    return false;
  if (object fields; value.get(fields) == simdjson::SUCCESS)
    return CheckObject(node, fields, depth, budget);
  if (array entries;
      node.items >= 0 && value.get(entries) == simdjson::SUCCESS) {
    for (const element& entry : entries)
      if (!Check(node.items, entry, depth + 1, budget)) return false;
  }
  return true;
}

bool JsonSchema::CheckObject(const Node& node, const object& fields, int depth,
                             int& budget) const {
  if (node.properties.empty() && !node.closed) return true;
  std::vector<bool> seen(node.properties.size(), false);
  size_t required = 0;
  for (const auto& [name, value] : fields) {
    if (--budget < 0) return true;
    const auto at = std::lower_bound(
        node.properties.begin(), node.properties.end(), name,
        [](const Property& p, std::string_view key) { return p.name < key; });
    if (at == node.properties.end() || at->name != name) {
      if (node.closed) return false;
      continue;
    }
    const auto place = static_cast<size_t>(at - node.properties.begin());
    if (at->required && !seen[place]) ++required;
    seen[place] = true;
    if (!Check(at->node, value, depth + 1, budget)) return false;
  }
  return required == node.required;
}

}  // namespace reasonwatch
