// SPDX-License-Identifier: Apache-2.0
// Words of reasons first, then the steps, each with its own question to the
// facts, then the JSON.
#include "daemon/api/setup_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/provisional.h"
#include "util/grouped.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

// Under this share of a model's responses, reasoning is rather lost on its way
// than not thought: models that think at all do so in most of their answers.
constexpr double kFewWithReasoning = .1;
// Names that one step lists.
constexpr size_t kMaxNamed = 3;

struct Reason {
  std::string_view name;
  std::string_view text;
};

// table: the reasons of taps and stages, and the remedy of each.
constexpr Reason kReasons[] = {
    {"queue_full",
     "more came at once than is read; raise queue.records, or send with "
     "?wait=true"},
    {"invalid", "could not be read; the errors and the log say why"},
    {"duplicate", "came before, by id or by text; counted once"},
    {"startup", "began before the model was heard for the first time"},
    {"stream_limit", "over streams.max; counted, not watched"},
    {"replica_limit", "over the number of replicas that are watched"},
    {"stopping", "the daemon was stopping"},
    {"unauthenticated", "without the token of the port; set it at the sender"},
    {"unsupported_content_type", "of a content type that this port is not for"},
    {"unknown_format", "of a form that has no name here; see ?format="},
    {"unreadable_record", "no JSON object of the expected form"},
    {"missing_model", "without the name of a model"},
    {"no_text_no_counts", "with neither text nor counts"},
    {"label_too_long", "with a name that is too long"},
    {"line_too_long", "with a line over the limit"},
    {"message_too_large", "over tap.grpc.max_message"},
    {"body_too_large", "with a body over the limit"},
    {"malformed_gzip", "compressed in a way that can't be undone"},
    {"no_response_body", "Envoy sent no body of the response"},
    {"no_llm_request", "requests of another kind than a chat"},
    {"not_a_post", "requests that ask no model"},
    {"too_many_exchanges", "more exchanges at once than are read"},
    {"unknown_key", "with a key that is misspelt or not known; read without"},
    {"lost_by_sender", "lost at the sender before it sent them, as it says"},
    {"busy", "the port had too many requests at once; the sender tries again"},
    {"invalid_utf8", "with text that is no UTF-8; mended and read"},
    {"cancelled", "the sender hung up before its end"},
    {"bad_id", "with a trace or span id that is none"},
    {"bad_time", "with a time that is none; read with the time of arrival"},
    {"join_overflow", "waited too long for its other half"},
    {"metrics_not_read", "OTLP metrics, which are not needed"},
    {"request_too_large", "with a request over the limit; read without it"},
    {"malformed_encoding", "compressed in a way that can't be undone"},
    {"request_unread", "without a request that can be read; read without it"},
    {"no_bodies",
     "Envoy sends no bodies: request_body_mode and "
     "response_body_mode must be set"},
    {"misconfigured", "Envoy's modes are not those of the documentation"},
    {"cut_by_stop", "under way when the daemon stopped"},
    {"unreadable_file", "a file that may not be read"},
    {"too_many_files", "more files than are followed"},
};

}  // namespace

std::string_view ReasonText(std::string_view reason) {
  for (const Reason& r : kReasons)
    if (r.name == reason) return r.text;
  return "";
}

namespace {

struct Step {
  const char* name;
  const char* title;
  bool done;
  std::string text;
  const char* document;  // of docs/, with its anchor
};

int64_t Total(const SetupCounts& counts) {
  int64_t total = 0;
  for (const auto& [reason, n] : counts) total += n;
  return total;
}

// "a, b, c and 4 more"
std::string Named(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kMaxNamed); ++i)
    absl::StrAppend(&text, i == 0 ? "" : ", ", names[i]);
  if (names.size() > kMaxNamed)
    absl::StrAppend(&text, " and ", names.size() - kMaxNamed, " more");
  return text;
}

Step Arrives(const SetupFacts& facts) {
  int64_t received = 0;
  std::vector<std::string> addresses;
  for (const SetupSource& source : facts.sources) {
    received += source.received;
    for (const std::string& address : source.addresses)
      addresses.push_back(absl::StrCat(source.source, " at ", address));
  }
  return {"traffic", "Responses arrive", received > 0,
          received > 0
              ? absl::StrCat(Grouped(received), " have arrived.")
              : absl::StrCat("None has. Send to ", Named(addresses),
                             "; `reasonwatch init` writes the configuration of "
                             "the usual senders."),
          "traffic.md"};
}

Step Readable(const SetupFacts& facts) {
  int64_t scored = 0, unreadable = 0, refused = 0;
  for (const SetupModel& m : facts.models) {
    scored += m.scored;
    unreadable += m.unreadable;
  }
  for (const SetupSource& s : facts.sources) refused += Total(s.refused);
  std::string text = scored == 0 ? std::string("None of them could be read.")
                                 : absl::StrCat(Grouped(scored), " were read.");
  if (unreadable > 0)
    absl::StrAppend(&text, " ", Grouped(unreadable),
                    " had no number in them, or were errors of the server.");
  if (refused > 0)
    absl::StrAppend(&text, " ", Grouped(refused),
                    refused == 1 ? " was" : " were",
                    " refused: the reasons are below.");
  return {"read", "They can be read",
          scored > 0 && unreadable + refused <= scored, text,
          "troubleshooting.md#nothing-arrives"};
}

Step Reasoning(const SetupFacts& facts) {
  std::vector<std::string> without;
  bool any = false;
  for (const SetupModel& m : facts.models) {
    if (m.scored == 0) continue;
    any = true;
    if (static_cast<double>(m.with_reasoning) <
        kFewWithReasoning * static_cast<double>(m.scored))
      without.push_back(m.model);
  }
  return {"reasoning", "Their reasoning arrives", any && without.empty(),
          !any ? std::string("No response was read yet.")
          : without.empty()
              ? std::string("All models' responses have it.")
              : absl::StrCat("Almost no response of ", Named(without),
                             " has any. If the model does reason, the sender "
                             "drops it, or the server keeps it."),
          "troubleshooting.md#no-reasoning-arrives"};
}

Step Learnt(const SetupFacts& facts) {
  std::vector<const StreamSnapshot*> by_traffic;
  for (const StreamSnapshot& s : facts.streams) by_traffic.push_back(&s);
  std::stable_sort(
      by_traffic.begin(), by_traffic.end(),
      [](const auto* a, const auto* b) { return a->responses > b->responses; });
  std::vector<std::string> young;
  std::string how;
  for (const StreamSnapshot* s : by_traffic) {
    const std::string text = HowToLeave(*s);
    if (text.empty()) continue;
    young.push_back(s->route.empty() ? s->model : s->model + " " + s->route);
    if (how.empty()) how = text;
  }
  return {"reference", "The usual is known",
          !facts.streams.empty() && young.empty(),
          facts.streams.empty() ? std::string("No stream is watched yet.")
          : young.empty()
              ? absl::StrFormat("For all %d streams.", facts.streams.size())
              : absl::StrCat("Not yet for ", Named(young), ". ", young[0], ": ",
                             how, "."),
          "troubleshooting.md#the-stream-stays-learning-or-provisional"};
}

Step Problems(const SetupFacts& facts) {
  return {"baseline", "Problems with known answers are stored",
          facts.has_problems,
          facts.has_problems
              ? std::string("Their answers are graded.")
              : std::string("None are. They show wrong answers that look like "
                            "right ones: `reasonwatch baseline import`."),
          "baseline.md"};
}

Step AskedAgain(const SetupFacts& facts) {
  return {"rescore", "A suspect model is asked again", facts.asks_again,
          facts.asks_again
              ? std::string("The server of rescore.endpoint is asked.")
              : std::string("It is not: set rescore.endpoint, so that an alarm "
                            "is confirmed before anybody is woken."),
          "rescoring.md"};
}

Step Heard(const SetupFacts& facts) {
  std::string text =
      facts.scraped ? "The metrics are read"
      : facts.has_webhook
          ? "The metrics are not read; the webhook is told of confirmed "
            "incidents"
          : "Nobody reads the metrics and no webhook is set: point Prometheus "
            "at this port, load dashboards/prometheus, and prove it with "
            "`reasonwatch selftest`";
  if (!facts.has_address)
    text += ". Set http.external_url, so that links in alerts lead here";
  return {"alerts", "An alarm reaches somebody",
          facts.scraped || facts.has_webhook, text + ".", "self-test.md"};
}

Json ReasonsJson(const SetupCounts& counts) {
  Json list = Json::array();
  for (const auto& [reason, n] : counts)
    if (n > 0)
      list.push_back(
          {{"reason", reason}, {"count", n}, {"text", ReasonText(reason)}});
  return list;
}

Json SourceJson(const SetupSource& s) {
  return {{"source", s.source},
          {"addresses", s.addresses},
          {"received", s.received},
          {"accepted", s.received - Total(s.refused)},
          {"refused", ReasonsJson(s.refused)},
          {"errors", ReasonsJson(s.errors)},
          {"ignored", ReasonsJson(s.ignored)}};
}

}  // namespace

std::string SetupJson(const SetupFacts& facts) {
  Json json = {{"sources", Json::array()}, {"models", Json::array()}};
  for (const SetupSource& s : facts.sources)
    json["sources"].push_back(SourceJson(s));
  for (const SetupModel& m : facts.models)
    json["models"].push_back({{"model", m.model},
                              {"scored", m.scored},
                              {"with_reasoning", m.with_reasoning},
                              {"unreadable", m.unreadable},
                              {"not_live", m.not_live}});
  json["left_out"] = ReasonsJson(facts.left_out);
  json["steps"] = Json::array();
  for (const Step& step :
       {Arrives(facts), Readable(facts), Reasoning(facts), Learnt(facts),
        Problems(facts), AskedAgain(facts), Heard(facts)})
    json["steps"].push_back({{"step", step.name},
                             {"done", step.done},
                             {"title", step.title},
                             {"text", step.text},
                             {"document", step.document}});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace reasonwatch
