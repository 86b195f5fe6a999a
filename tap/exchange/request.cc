// SPDX-License-Identifier: Apache-2.0
#include "tap/exchange/request.h"

#include <string>
#include <string_view>

#include "tap/exchange/json.h"
#include "tap/exchange/messages.h"
#include "tap/exchange/tools.h"
#include "tap/exchange/wishes.h"

namespace reasonwatch {
namespace {

using simdjson::dom::object;

void SetFirst(std::string& to, std::string_view value) {
  if (to.empty()) to = std::string(value);
}

void ReadWho(const object& from, Response& r) {
  for (std::string_view key :
       {"session_id", "sessionId", "conversation_id", "chat_id", "thread_id",
        "litellm_session_id", "conversation"})
    SetFirst(r.session, TextIn(from, key));
  InObject(from, "conversation", [&r](const object& conversation) {
    SetFirst(r.session, TextIn(conversation, "id"));
  });
  for (std::string_view key :
       {"user", "user_id", "safety_identifier", "end_user_id"})
    SetFirst(r.user, TextIn(from, key));
}

}  // namespace

void ReadRequestParameters(const object& body, Response& r) {
  ReadWishes(body, r);
}

bool ReadRequestBody(const object& body, Response& r) {
  if (!ReadMessages(body, r)) return false;
  for (std::string_view key : {"model", "model_name", "modelId"})
    SetFirst(r.asked_model, TextIn(body, key));
  ReadWishes(body, r);
  // A template that was told not to think does not read the words for it.
  if (r.intent.thinking != Thinking::kOff) {
    const Thinking said = SwitchInMessages(body, r);
    if (said != Thinking::kUnstated) r.intent.thinking = said;
  }
  ReadTools(body, r);
  ReadResponseFormat(body, r);
  ReadWho(body, r);
  for (std::string_view inside : {"metadata", "extra_body"})
    InObject(body, inside, [&r](const object& inner) { ReadWho(inner, r); });
  for (std::string_view key : {"request_id", "rid"})
    SetFirst(r.request_id, TextIn(body, key));
  return true;
}

}  // namespace reasonwatch
