// SPDX-License-Identifier: Apache-2.0
#include "tap/otlp/parameters.h"

#include "tap/exchange/request.h"
#include "tap/exchange/tools.h"
#include "util/json.h"

namespace reasonwatch {

bool ReadParameters(std::string_view json, simdjson::dom::parser& parser,
                    Response& r) {
  simdjson::dom::object root;
  if (ParseJson(parser, json).get(root) != simdjson::SUCCESS) return false;
  ReadRequestParameters(root, r);
  std::string_view user;
  if (root["user"].get(user) == simdjson::SUCCESS) r.user = std::string(user);
  ReadTools(root, r);
  ReadResponseFormat(root, r);
  return true;
}

}  // namespace reasonwatch
