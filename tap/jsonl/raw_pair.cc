// SPDX-License-Identifier: Apache-2.0
#include "tap/jsonl/raw_pair.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "tap/exchange/exchange.h"
#include "tap/exchange/request.h"
#include "util/ascii.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

namespace dom = simdjson::dom;

absl::Status Wrong(std::string_view key, std::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: expected %s", key, expected));
}

bool Find(const dom::object& row, std::string_view key, dom::element& value) {
  return row[key].get(value) == simdjson::SUCCESS && !value.is_null();
}

absl::Status ReadBody(const dom::object& row, std::string_view key,
                      std::string& to) {
  dom::element value;
  if (!Find(row, key, value)) return absl::OkStatus();
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS)
    to = std::string(text);
  else if (value.is_object() || value.is_array())
    to = simdjson::minify(value);
  else
    return Wrong(key, "a body: JSON, or its text");
  return absl::OkStatus();
}

absl::Status ReadText(const dom::object& row, std::string_view key,
                      std::string& to) {
  dom::element value;
  if (!Find(row, key, value)) return absl::OkStatus();
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return Wrong(key, "a string");
  to = std::string(text);
  return absl::OkStatus();
}

absl::Status ReadHeaders(const dom::object& row, std::string_view key,
                         HttpHeaders& to) {
  constexpr size_t kMaxHeaders = 256;  // as tap/ext_proc
  dom::element value;
  if (!Find(row, key, value)) return absl::OkStatus();
  dom::object headers;
  if (value.get(headers) != simdjson::SUCCESS)
    return Wrong(key, "an object of texts");
  for (const auto& [name, entry] : headers) {
    std::string_view text;
    if (entry.get(text) != simdjson::SUCCESS || to.size() >= kMaxHeaders)
      continue;
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), ascii::Lower);
    to.emplace_back(std::move(lower), std::string(text));
  }
  return absl::OkStatus();
}

}  // namespace

bool IsRawPair(const dom::object& row) {
  dom::element value;
  return row["request"].get(value) == simdjson::SUCCESS ||
         row["response"].get(value) == simdjson::SUCCESS;
}

bool IsBareBody(const dom::object& row) {
  dom::array list;
  std::string_view object;
  if (row["choices"].get(list) == simdjson::SUCCESS ||
      row["candidates"].get(list) == simdjson::SUCCESS)
    return true;
  return row["object"].get(object) == simdjson::SUCCESS &&
         object == "response" && row["output"].get(list) == simdjson::SUCCESS;
}

Response ReadBareBody(const dom::object& row, std::string_view body) {
  Response r;
  r.body = std::string(body);
  r.body_type = BodyType::kJson;
  std::string_view text;
  for (std::string_view key : {"model", "modelVersion"})
    if (r.model.empty() && row[key].get(text) == simdjson::SUCCESS)
      r.model = std::string(text);
  for (std::string_view key : {"id", "responseId"})
    if (r.id.empty() && row[key].get(text) == simdjson::SUCCESS)
      r.id = std::string(text);
  return r;
}

absl::StatusOr<Response> ReadRawPair(const dom::object& row,
                                     TransportEnd transport_end) {
  HttpExchange exchange;
  exchange.transport_end = transport_end;
  RW_RETURN_IF_ERROR(ReadBody(row, "request", exchange.request_body));
  RW_RETURN_IF_ERROR(ReadBody(row, "response", exchange.response_body));
  RW_RETURN_IF_ERROR(ReadText(row, "path", exchange.path));
  RW_RETURN_IF_ERROR(ReadText(row, "method", exchange.method));
  RW_RETURN_IF_ERROR(
      ReadHeaders(row, "request_headers", exchange.request_headers));
  RW_RETURN_IF_ERROR(
      ReadHeaders(row, "response_headers", exchange.response_headers));
  dom::element value;
  if (Find(row, "status", value)) {
    int64_t status = 0;
    if (value.get(status) != simdjson::SUCCESS || status < 0 || status > 999)
      return Wrong("status", "an HTTP status");
    exchange.status = static_cast<int32_t>(status);
  }
  auto read = ReadHttpExchange(std::move(exchange));
  if (!read.ok())
    return absl::InvalidArgumentError(
        absl::StrFormat("request, response: not an exchange with an LLM (%s)",
                        std::string(read.status().message())));
  Response r = std::move(read->response);
  dom::object sent;
  if (row["sent_request"].get(sent) == simdjson::SUCCESS) {
    Response after;
    if (!ReadRequestBody(sent, after)) ReadRequestParameters(sent, after);
    r.sent_intent = after.intent;
  }
  RW_RETURN_IF_ERROR(ReadText(row, "served_by", r.regime.weights_version));
  return r;
}

}  // namespace reasonwatch
