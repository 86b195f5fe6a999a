// SPDX-License-Identifier: Apache-2.0
// A JSON schema as far as servers promise to keep one: types, required and
// unknown keys, items, enumerations of strings, alternatives, and references
// within the schema.
//
// Everything else of a schema (formats, ranges, patterns) is not checked. A
// schema deeper than kMaxSchemaDepth, or larger than kMaxSchemaNodes, accepts
// anything in the parts beyond. Compiled schemas are immutable and safe to
// share.
#ifndef REASONWATCH_FEATURES_FORM_JSON_SCHEMA_H_
#define REASONWATCH_FEATURES_FORM_JSON_SCHEMA_H_

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace reasonwatch {

inline constexpr int kMaxSchemaDepth = 32;       // far over those in use
inline constexpr size_t kMaxSchemaNodes = 4096;  // a hundred tools have fewer

class JsonSchema {
 public:
  // Accepts anything.
  JsonSchema() = default;
  explicit JsonSchema(const simdjson::dom::element& schema);

  // Does the value keep to the schema? Looks at a bounded number of values, so
  // that alternatives within alternatives cost no more; accepts the rest.
  bool Accepts(const simdjson::dom::element& value) const;

 private:
  // Bits of Node::types; 0 = any.
  enum Type : uint8_t {
    kObject = 1,
    kArray = 2,
    kString = 4,
    kInteger = 8,
    kNumber = 16,
    kBoolean = 32,
    kNull = 64
  };
  static constexpr int kAnything = -1;  // in place of the index of a node
  struct Property {
    std::string name;
    int node = kAnything;
    bool required = false;
  };
  struct Node {
    uint8_t types = 0;
    bool closed = false;  // has no other keys than its properties
    int items = kAnything;
    size_t required = 0;               // properties
    std::vector<Property> properties;  // by name, ascending
    std::vector<std::string> values;   // the only ones, if any; ascending
    std::vector<int> any_of;           // one of these, if any
    std::vector<int> all_of;
  };
  friend class JsonSchemaCompiler;

  static uint8_t TypeOf(std::string_view name);
  bool Check(int index, const simdjson::dom::element& value, int depth,
             int& budget) const;
  bool CheckObject(const Node& node, const simdjson::dom::object& object,
                   int depth, int& budget) const;

  std::vector<Node> nodes_;  // the first is the root
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_FORM_JSON_SCHEMA_H_
