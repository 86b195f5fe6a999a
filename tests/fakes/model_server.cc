// SPDX-License-Identifier: Apache-2.0
// A model's server with scripted faults: its bodies, its faults, its routes.
//
// A handler first notes the request and copies the script under the lock, then
// answers from the copy, so that no lock is held while it sends or waits.
#include "tests/fakes/model_server.h"

#include <httplib.h>

#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace reasonwatch {
namespace {

constexpr char kJson[] = "application/json";
constexpr char kSse[] = "text/event-stream";

bool Asks(const std::string& body, const std::string& what) {
  return absl::StrContains(body, what);
}

int ChoicesAsked(const std::string& body) {
  const size_t at = body.find("\"n\": ");
  return at == std::string::npos ? 1 : std::stoi(body.substr(at + 5));
}

std::string Whole(const std::string& model, int choices) {
  std::string body = absl::StrCat(
      R"({"id": "x", "object": "chat.completion", "model": ")", model,
      R"(", "system_fingerprint": "fake-1", "prompt_text": "<S><A>", "choices": [)");
  for (int i = 0; i < choices; ++i)
    absl::StrAppend(
        &body, i > 0 ? "," : "", R"({"index": )", i,
        R"(, "message": {"role": "assistant", "reasoning_content": )"
        R"("First this.", "content": "It is 4."},)"
        R"( "finish_reason": "stop"})");
  return body + R"(], "usage": {"prompt_tokens": 3, "completion_tokens": 9}})";
}

std::string Event(const std::string& model, int choice, const std::string& text,
                  const std::string& finish) {
  return absl::StrCat(
      R"(data: {"model": ")", model,
      R"(", "system_fingerprint": "fake-1", )"
      R"("choices": [{"index": )",
      choice, R"(, "delta": {"content": ")", text, R"("}, "finish_reason": )",
      finish.empty() ? "null" : "\"" + finish + "\"", "}]}\n\n");
}

std::string Stream(const std::string& model, int choices) {
  std::string body;
  for (int i = 0; i < choices; ++i)
    body += Event(model, i, "It is", "") + Event(model, i, " 4.", "stop");
  return body + "data: {\"model\": \"" + model +
         "\", \"choices\": [], \"usage\": {\"completion_tokens\": 9}}\n\n"
         "data: [DONE]\n\n";
}

void Refuse(int status, httplib::Response& response) {
  response.status = status;
  response.set_content(
      R"({"error": {"type": "refused_error", "message": "what was asked"}})",
      kJson);
}

void Serve(const std::string& model, int choices, bool stream,
           httplib::Response& response) {
  if (stream)
    response.set_content(Stream(model, choices), kSse);
  else
    response.set_content(Whole(model, choices), kJson);
}

// Sends `body` and hangs up before the `announced` bytes are complete; 0 =
// sends in chunks and hangs up before the last.
void Cut(const std::string& body, size_t announced, const char* type,
         httplib::Response& response) {
  const auto provide = [body](size_t offset, size_t, httplib::DataSink& sink) {
    if (offset > 0) return false;
    sink.write(body.data(), body.size());
    return true;
  };
  if (announced > 0)
    response.set_content_provider(announced, type, provide);
  else
    response.set_chunked_content_provider(
        type, [provide](size_t offset, httplib::DataSink& sink) {
          return provide(offset, 0, sink);
        });
}

// Faults that keep the connection open until the server stops.
bool Waits(Fault fault) {
  return fault == Fault::kEndless || fault == Fault::kSilent;
}

// The faults that end by themselves.
void Fail(const Script& script, bool stream, httplib::Response& response) {
  switch (script.fault) {
    case Fault::kStatus:
      if (!script.retry_after.empty())
        response.set_header("Retry-After", script.retry_after);
      return Refuse(script.status, response);
    case Fault::kErrorIn200:
      return Refuse(200, response);
    case Fault::kErrorInStream:
      response.set_content(
          Event("m", 0, "It", "") +
              R"(data: {"error": {"code": 500, "message": "text"}})" +
              "\n\ndata: [DONE]\n\n",
          kSse);
      return;
    case Fault::kHalfBody:
      return Cut(R"({"choices": [{"index": 0, "message")", 4096, kJson,
                 response);
    case Fault::kHalfStream:
      return Cut(Event("m", 0, "It", "") + "data: {\"mod", 0, kSse, response);
    case Fault::kCleanHalf:
      response.set_content(Event("m", 0, "It", ""), kSse);
      return;
    case Fault::kFlood:
      response.set_content(std::string(size_t{1} << 20, ' '),
                           stream ? kSse : kJson);
      return;
    case Fault::kWrongModel:
      return Serve("m-mini", 1, stream, response);
    case Fault::kNotJson:
      response.set_content("<html>Bad gateway</html>", "text/html");
      return;
    case Fault::kNull:
      response.set_content("null", kJson);
      return;
    case Fault::kNoChoices:
      response.set_content(R"({"model": "m", "choices": []})", kJson);
      return;
    case Fault::kNone:
    case Fault::kEndless:
    case Fault::kSilent:
      return;
  }
}

}  // namespace

ModelServer::ModelServer(Script script, const std::string& cert,
                         const std::string& key)
    : server_(cert.empty() ? std::make_unique<httplib::Server>()
                           : std::make_unique<httplib::SSLServer>(cert.c_str(),
                                                                  key.c_str())),
      tls_(!cert.empty()),
      script_(std::move(script)) {
  Route();
  port_ = server_->bind_to_any_port("127.0.0.1");
  thread_ = std::thread([this] { server_->listen_after_bind(); });
  while (!server_->is_running()) std::this_thread::yield();
}

ModelServer::~ModelServer() {
  stop_ = true;
  server_->stop();
  thread_.join();
}

std::string ModelServer::url() const {
  return absl::StrCat(tls_ ? "https" : "http", "://127.0.0.1:", port_);
}

void ModelServer::Set(Script script) {
  MutexLock lock(mutex_);
  script_ = std::move(script);
}

std::vector<SeenRequest> ModelServer::Seen() const {
  MutexLock lock(mutex_);
  return seen_;
}

void ModelServer::Route() {
  // A client that keeps its connection open holds up the destructor for this
  // many seconds at most.
  server_->set_keep_alive_timeout(1);
  const auto text = [this](std::string Script::*page, const char* type) {
    return [this, page, type](const httplib::Request&,
                              httplib::Response& response) {
      MutexLock lock(mutex_);
      if ((script_.*page).empty())
        response.status = 404;
      else
        response.set_content(script_.*page, type);
    };
  };
  server_->Get("/metrics", text(&Script::metrics, "text/plain"));
  server_->Get("/slots", text(&Script::slots, kJson));
  server_->Get("/v1/models", [this](const httplib::Request&,
                                    httplib::Response& response) {
    MutexLock lock(mutex_);
    response.set_content(
        R"({"data": [{"id": "m", "root": "weights/m", "owned_by": ")" +
            script_.owned_by + "\"}]}",
        kJson);
  });
  server_->Get("/version", [](const httplib::Request&, httplib::Response& r) {
    r.set_content(R"({"version": "9.9"})", kJson);
  });
  server_->Get("/props", [](const httplib::Request&, httplib::Response& r) {
    r.set_content(R"({"build_info": "b1-fake"})", kJson);
  });
  server_->Post("/apply-template",
                [](const httplib::Request& request, httplib::Response& r) {
                  r.set_content(absl::StrCat(R"({"prompt": "rendered )",
                                             request.body.size(), "\"}"),
                                kJson);
                });
  server_->Post(
      R"(/v1/(chat/)?completions)",
      [this](const httplib::Request& request, httplib::Response& response) {
        Answer(request, response);
      });
}

Script ModelServer::Note(const httplib::Request& request) {
  MutexLock lock(mutex_);
  seen_.push_back({request.path, request.body,
                   request.get_header_value("x-reasonwatch-origin"),
                   request.get_header_value("x-request-id"),
                   request.get_header_value("authorization"),
                   request.get_header_value("x-route")});
  Script script = script_;
  if (script_.times == 0) script.fault = Fault::kNone;
  if (script_.times > 0) --script_.times;
  return script;
}

void ModelServer::Answer(const httplib::Request& request,
                         httplib::Response& response) {
  const Script script = Note(request);
  if (!script.api_key.empty() &&
      request.get_header_value("authorization") != "Bearer " + script.api_key)
    return Refuse(401, response);
  const int choices = ChoicesAsked(request.body);
  if (script.refuses_choices && choices > 1) return Refuse(400, response);
  if (script.refuses_priority && Asks(request.body, "\"priority\""))
    return Refuse(400, response);
  const bool stream = Asks(request.body, R"("stream": true)");
  if (script.fault == Fault::kNone)
    return Serve("m", script.one_choice_only ? 1 : choices, stream, response);
  if (Waits(script.fault)) return Hold(script.fault, stream, response);
  Fail(script, stream, response);
}

void ModelServer::Hold(Fault fault, bool stream, httplib::Response& response) {
  if (fault == Fault::kEndless) {
    response.set_chunked_content_provider(
        kSse, [this](size_t, httplib::DataSink& sink) {
          const std::string event = Event("m", 0, "and on", "");
          std::this_thread::sleep_for(std::chrono::milliseconds(10));
          return !stop_ && sink.write(event.data(), event.size());
        });
    return;
  }
  response.set_chunked_content_provider(
      stream ? kSse : kJson, [this](size_t, httplib::DataSink&) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return !stop_;
      });
}

}  // namespace reasonwatch
