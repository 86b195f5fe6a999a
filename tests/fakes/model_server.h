// An OpenAI-compatible server that does what a test tells it: healthy by
// default, else one fault, for good or for the first requests. On a free
// loopback port; TLS where it is given a certificate.
#ifndef REASONWATCH_TESTS_FAKES_MODEL_SERVER_H_
#define REASONWATCH_TESTS_FAKES_MODEL_SERVER_H_

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "core/mutex.h"

namespace httplib {
class Server;
}  // namespace httplib

namespace reasonwatch {

// What the server does with a request for a sample.
enum class Fault {
  kNone,
  kStatus,         // answers `status`
  kErrorIn200,     // an error object under 200
  kErrorInStream,  // an event with an error after some text
  kHalfBody,       // hangs up within the body that it announced
  kHalfStream,     // hangs up after some events, no [DONE]
  kCleanHalf,      // ends the stream as if it were whole
  kEndless,        // never stops sending events
  kFlood,          // more than anybody wants, at once
  kSilent,         // takes the request and says nothing
  kWrongModel,     // answers as another model
  kNotJson,        // a page of a proxy
  kNull,           // `null`, as some servers say when they gave up
  kNoChoices
};

struct Script {
  Fault fault = Fault::kNone;
  int status = 500;
  std::string retry_after;        // header, "" = none
  int times = -1;                 // how many requests meet the fault; -1 = all
  bool one_choice_only = false;   // n > 1 gives one, without a word
  bool refuses_choices = false;   // n > 1 is a 400
  bool refuses_priority = false;  // a priority is a 400
  std::string owned_by = "nobody";  // of /v1/models
  std::string metrics;              // "" = 404
  std::string slots;                // "" = 404
  std::string api_key;              // "" = none is asked for
};

struct SeenRequest {
  std::string path;
  std::string body;
  std::string origin;         // of x-reasonwatch-origin
  std::string id;             // of x-request-id
  std::string authorization;  // as sent
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
  // Requests for samples, in the order in which they came.
  std::vector<SeenRequest> Seen() const;

 private:
  void Route();

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
