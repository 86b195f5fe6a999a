// SPDX-License-Identifier: Apache-2.0
// A response waits under its keys: trace and span id, and the id that the
// server gave it. It is complete once it has a span and a text. A span without
// text, or a log record without its span, waits for the other; when nobody
// comes, it goes as it is. Keys of what is gone are remembered, so that a late
// record, a second span of the same call and the server's own span are not
// counted again.
//
// In order: the remembered keys, merging, keys, the joiner.
#include "tap/otlp/joiner.h"

#include <algorithm>
#include <utility>

namespace reasonwatch {
namespace {

void Fill(std::string&& from, std::string& into) {
  if (into.empty()) into = std::move(from);
}
template <typename T>
void Fill(std::optional<T>&& from, std::optional<T>& into) {
  if (!into.has_value()) into = std::move(from);
}

void MergeHead(Response&& from, Response& into) {
  Fill(std::move(from.id), into.id);
  Fill(std::move(from.model), into.model);
  Fill(std::move(from.asked_model), into.asked_model);
  Fill(std::move(from.route), into.route);
  Fill(std::move(from.replica), into.replica);
  Fill(std::move(from.session), into.session);
  Fill(std::move(from.user), into.user);
  Fill(std::move(from.client), into.client);
  Fill(std::move(from.task), into.task);
  Fill(std::move(from.problem_id), into.problem_id);
  Fill(std::move(from.prompt), into.prompt);
  Fill(std::move(from.messages_json), into.messages_json);
  Fill(std::move(from.system_prompt), into.system_prompt);
  Fill(std::move(from.finish_reason), into.finish_reason);
  Fill(std::move(from.tools_json), into.tools_json);
  Fill(std::move(from.response_format_json), into.response_format_json);
  Fill(std::move(from.regime.fingerprint), into.regime.fingerprint);
  Fill(std::move(from.intent.effort), into.intent.effort);
  Fill(std::move(from.intent.thinking_budget), into.intent.thinking_budget);
  Fill(std::move(from.usage.input_tokens), into.usage.input_tokens);
  Fill(std::move(from.usage.output_tokens), into.usage.output_tokens);
  Fill(std::move(from.usage.reasoning_tokens), into.usage.reasoning_tokens);
  Fill(std::move(from.sampling.temperature), into.sampling.temperature);
  Fill(std::move(from.sampling.top_p), into.sampling.top_p);
  into.sampling.n = std::max(into.sampling.n, from.sampling.n);
  into.streamed = into.streamed || from.streamed;
  if (into.intent.thinking == Thinking::kUnstated)
    into.intent.thinking = from.intent.thinking;
  if (into.intent.max_tokens == 0)
    into.intent.max_tokens = from.intent.max_tokens;
  if (into.http_status == 0) into.http_status = from.http_status;
  if (into.origin == Origin::kLive) into.origin = from.origin;
  if (into.transport_end == TransportEnd::kComplete)
    into.transport_end = from.transport_end;
}

constexpr char kSpanKey = 's';
constexpr char kIdKey = 'i';

std::string SpanKey(std::string_view trace, std::string_view span) {
  if (trace.empty() || span.empty()) return "";
  return kSpanKey + std::string(trace) + std::string(span);
}

std::vector<std::string> KeysOf(const Observation& o) {
  std::vector<std::string> keys;
  if (std::string key = SpanKey(o.trace_id, o.span_id); !key.empty())
    keys.push_back(std::move(key));
  if (!o.head.id.empty()) keys.push_back(kIdKey + o.head.id);
  return keys;
}

}  // namespace

void RecentKeys::Add(const std::string& key, uint64_t value) {
  if (young_.size() >= size_) {
    old_ = std::move(young_);
    young_.clear();
  }
  young_[key] = value;
}

const uint64_t* RecentKeys::Find(const std::string& key) const {
  for (const auto* keys : {&young_, &old_})
    if (const auto found = keys->find(key); found != keys->end())
      return &found->second;
  return nullptr;
}

void Merge(Observation&& from, Observation& into) {
  // The client's span knows more of the call than the server's.
  if (into.without_text && !from.without_text) std::swap(from, into);
  const bool no_texts = into.input.empty() && into.choices.empty();
  if (from.is_part && (into.is_part || no_texts)) {
    into.is_part = true;
    for (std::string& message : from.input)
      into.input.push_back(std::move(message));
    for (ChoiceText& choice : from.choices)
      into.choices.push_back(std::move(choice));
  } else {
    if (into.input.empty()) into.input = std::move(from.input);
    if (into.choices.empty()) into.choices = std::move(from.choices);
    for (size_t i = 0; i < std::min(from.choices.size(), into.choices.size());
         ++i) {
      Fill(std::move(from.choices[i].reasoning), into.choices[i].reasoning);
      Fill(std::move(from.choices[i].content), into.choices[i].content);
    }
  }
  if (from.is_span && !into.is_span) {
    into.is_span = true;
    into.head.time = from.head.time;
    into.head.end_time = from.head.end_time;
    into.parent_span_id = std::move(from.parent_span_id);
    into.dialect = from.dialect;
    into.failed = from.failed;
  }
  if (into.content_hash == 0) into.content_hash = from.content_hash;
  Fill(std::move(from.raw_body), into.raw_body);
  Fill(std::move(from.trace_id), into.trace_id);
  Fill(std::move(from.span_id), into.span_id);
  Fill(std::move(from.api_type), into.api_type);
  MergeHead(std::move(from.head), into.head);
}

int64_t BytesOf(const Observation& o) {
  size_t bytes = sizeof(Observation) + o.raw_body.size() + o.service.size() +
                 o.api_type.size();
  for (const std::string* text :
       {&o.head.id, &o.head.model, &o.head.asked_model, &o.head.prompt,
        &o.head.messages_json, &o.head.system_prompt, &o.head.tools_json,
        &o.head.response_format_json, &o.head.session, &o.head.user})
    bytes += text->size();
  for (const std::string& message : o.input) bytes += message.size();
  for (const ChoiceText& c : o.choices)
    bytes += c.content.value_or("").size() + c.reasoning.value_or("").size() +
             c.tool_calls_json.size() + c.finish_reason.size();
  return static_cast<int64_t>(bytes);
}

// Some servers give every response the same id: two spans of clients are two
// calls, whatever their ids say, unless their texts are the same.
bool Joiner::IsSameCall(const Observation& a, const Observation& b) {
  if (a.trace_id == b.trace_id && a.span_id == b.span_id) return true;
  return !a.is_span || !b.is_span || a.without_text || b.without_text ||
         (a.content_hash != 0 && a.content_hash == b.content_hash);
}

Joiner::Entries::iterator Joiner::Find(const std::vector<std::string>& keys,
                                       const Observation& observation) {
  for (const std::string& key : keys)
    if (const auto found = by_key_.find(key);
        found != by_key_.end() &&
        IsSameCall(observation, found->second->joined.observation))
      return found->second;
  return entries_.end();
}

bool Joiner::IsGone(const std::vector<std::string>& keys,
                    const Observation& observation) const {
  for (const std::string& key : keys) {
    const uint64_t* hash = gone_.Find(key);
    if (hash == nullptr) continue;
    if (key.starts_with(kSpanKey) || *hash == 0 ||
        observation.content_hash == 0 || *hash == observation.content_hash)
      return true;
  }
  return false;
}

void Joiner::Add(Observation&& observation, Time now) {
  std::vector<std::string> keys = KeysOf(observation);
  auto entry = Find(keys, observation);
  if (entry == entries_.end()) {
    if (IsGone(keys, observation)) {
      ++counts_.repeated;
      return;
    }
    entry = entries_.insert(entries_.end(),
                            Entry{{std::move(observation), now}, false, 0, {}});
    entry->has_span = entry->joined.observation.is_span;
    if (keys.empty()) unkeyed_.push_back(entry);
  } else {
    bytes_ -= entry->bytes;
    entry->has_span = entry->has_span || observation.is_span;
    Merge(std::move(observation), entry->joined.observation);
    keys = KeysOf(entry->joined.observation);
  }
  entry->bytes = BytesOf(entry->joined.observation);
  bytes_ += entry->bytes;
  for (std::string& key : keys) {
    if (by_key_.try_emplace(key, entry).second) entry->keys.push_back(key);
    touched_.push_back(std::move(key));
  }
}

// A second span of a call, by its parent or its child with the same text, or a
// server's span in a trace whose client reports.
bool Joiner::WasCounted(const Observation& o) {
  if (o.without_text)
    return !o.trace_id.empty() && traces_.Find(o.trace_id) != nullptr;
  if (o.content_hash == 0) return false;
  const uint64_t* child = children_.Find(SpanKey(o.trace_id, o.span_id));
  if (child != nullptr && *child == o.content_hash) return true;
  const uint64_t* parent = gone_.Find(SpanKey(o.trace_id, o.parent_span_id));
  return parent != nullptr && *parent == o.content_hash;
}

void Joiner::Remove(Entries::iterator entry, std::vector<Joined>& out) {
  Observation& o = entry->joined.observation;
  for (const std::string& key : entry->keys) by_key_.erase(key);
  std::erase(unkeyed_, entry);
  bytes_ -= entry->bytes;
  const bool counted = WasCounted(o);
  for (const std::string& key : entry->keys) gone_.Add(key, o.content_hash);
  if (!o.trace_id.empty() && !o.without_text &&
      (o.HasText() || o.head.usage.output_tokens.has_value()))
    traces_.Add(o.trace_id, 1);
  if (const std::string key = SpanKey(o.trace_id, o.parent_span_id);
      !key.empty())
    children_.Add(key, o.content_hash);
  if (counted)
    ++counts_.repeated;
  else
    out.push_back(std::move(entry->joined));
  entries_.erase(entry);
}

std::vector<Joiner::Joined> Joiner::Ready() {
  std::vector<Joined> out;
  for (const std::string& key : std::exchange(touched_, {})) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) continue;
    const Entry& entry = *found->second;
    if (entry.has_span && entry.joined.observation.HasText())
      Remove(found->second, out);
  }
  for (const Entries::iterator entry : std::exchange(unkeyed_, {}))
    Remove(entry, out);
  while (entries_.size() > limits_.waiting || bytes_ > limits_.waiting_bytes) {
    ++counts_.overflowed;
    Remove(entries_.begin(), out);
  }
  return out;
}

std::vector<Joiner::Joined> Joiner::Expired(Time now, bool all) {
  std::vector<Joined> out;
  while (!entries_.empty() &&
         (all || now - entries_.front().joined.arrived >= limits_.wait))
    Remove(entries_.begin(), out);
  return out;
}

Joiner::Counts Joiner::TakeCounts() { return std::exchange(counts_, {}); }

}  // namespace reasonwatch
