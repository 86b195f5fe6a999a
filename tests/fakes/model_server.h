// SPDX-License-Identifier: Apache-2.0
// An OpenAI-compatible server with a scripted behaviour: healthy by default,
// else one fault, for all requests or for the first ones. Listens on a free
// loopback port, with TLS if it gets a certificate.
#ifndef REASONWATCH_TESTS_FAKES_MODEL_SERVER_H_
#define REASONWATCH_TESTS_FAKES_MODEL_SERVER_H_

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "util/mutex.h"

namespace httplib {
class Server;
struct Request;
struct Response;
}  // namespace httplib

namespace reasonwatch {

// The reaction to a request for a sample.
enum class Fault {
  kNone,
  kStatus,         // answers `status`
  kErrorIn200,     // an error object under 200
  kErrorInStream,  // an event with an error after some text
  kHalfBody,       // hangs up within the body that it announced
  kHalfStream,     // hangs up after some events, no [DONE]
  kCleanHalf,      // ends the stream as if it were whole
  kEndless,        // never stops sending events
  kFlood,          // a megabyte of blanks at once
  kSilent,         // accepts the request and sends nothing
  kWrongModel,     // answers as another model
  kNotJson,        // a page of a proxy
  kNull,           // `null`, the reply of some servers that gave up
  kNoChoices
};

struct Script {
  Fault fault = Fault::kNone;
  int status = 500;
  std::string retry_after;        // header, "" = none
  int times = -1;                 // how many requests meet the fault; -1 = all
  bool one_choice_only = false;   // n > 1 gives one, without an error
  bool refuses_choices = false;   // n > 1 is a 400
  bool refuses_priority = false;  // a priority is a 400
  std::string owned_by = "nobody";  // in /v1/models
  std::string metrics;              // "" = 404
  std::string slots;                // "" = 404
  std::string api_key;              // "" = none is needed
};

struct SeenRequest {
  std::string path;
  std::string body;
  std::string origin;         // header x-reasonwatch-origin
  std::string id;             // header x-request-id
  std::string authorization;  // as sent
  std::string route;          // header x-route
};

class ModelServer {
 public:
  // `cert`, `key`: paths of PEM files; "" = no TLS.
  explicit ModelServer(Script script, const std::string& cert = "",
                       const std::string& key = "");
  ~ModelServer();

  std::string url() const;
  int port() const { return port_; }
  void Set(Script script);
  // Returns the requests for samples, in order of arrival.
  std::vector<SeenRequest> Seen() const;

 private:
  void Route();
  // Remembers the request, and returns the script that it meets.
  Script Note(const httplib::Request& request);
  // Answers a request for samples.
  void Answer(const httplib::Request& request, httplib::Response& response);
  // Keeps the connection open until the server stops: sends events for ever
  // (kEndless), or nothing (kSilent).
  void Hold(Fault fault, bool stream, httplib::Response& response);

  std::unique_ptr<httplib::Server> server_;
  bool tls_ = false;
  int port_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
  mutable Mutex mutex_;
  Script script_ ABSL_GUARDED_BY(mutex_);
  std::vector<SeenRequest> seen_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_FAKES_MODEL_SERVER_H_
