// SPDX-License-Identifier: Apache-2.0
// One exchange is one easy handle in a multi handle of its own: libcurl's
// blocking call can't be stopped from another thread, a multi handle is polled
// and can. Every way in which libcurl can fail becomes one ClientFailure.
//
// In order: receiving, libcurl's errors by name, options, the polling loop, the
// exchange.
#include "rescore/client/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// For how long the stop flag may go unseen: well under the second that
// SampleRequest::stop promises.
constexpr int kPollMilliseconds = 100;
// A stream that was still sending within this before its time was up is called
// endless, one that paused for longer is called slow. Servers send tokens many
// times a second.
constexpr absl::Duration kStillSending = absl::Seconds(5);

struct EasyDeleter {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;
using Multi = std::unique_ptr<CURLM, MultiDeleter>;
using List = std::unique_ptr<curl_slist, ListDeleter>;

struct Receiver {
  HttpReply reply;
  int64_t max_bytes = 0;
  absl::Time last = absl::InfinitePast();
};

size_t AppendBody(char* data, size_t size, size_t count, void* user) {
  auto& receiver = *static_cast<Receiver*>(user);
  const size_t bytes = size * count;
  if (static_cast<int64_t>(receiver.reply.body.size() + bytes) >
      receiver.max_bytes) {
    return 0;
  }
  receiver.reply.body.append(data, bytes);
  receiver.last = absl::Now();
  return bytes;
}

size_t ReadHeader(char* data, size_t size, size_t count, void* user) {
  auto& receiver = *static_cast<Receiver*>(user);
  const std::string_view line(data, size * count);
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  const std::string_view name = line.substr(0, colon);
  const std::string_view value =
      StdView(absl::StripAsciiWhitespace(AbslView(line.substr(colon + 1))));
  int64_t seconds = 0;
  if (absl::EqualsIgnoreCase(AbslView(name), "content-type"))
    receiver.reply.content_type = value;
  else if (absl::EqualsIgnoreCase(AbslView(name), "retry-after") &&
           absl::SimpleAtoi(AbslView(value), &seconds) && seconds >= 0)
    receiver.reply.retry_after = absl::Seconds(seconds);
  return line.size();
}

bool IsStream(const HttpReply& reply) {
  return absl::StartsWithIgnoreCase(reply.content_type, "text/event-stream");
}

HttpFailure FailureOf(CURLcode code, CURL* easy, Receiver& receiver) {
  HttpFailure f;
  f.detail = curl_easy_strerror(code);
  f.part = std::move(receiver.reply);
  curl_off_t connected = 0;
  curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connected);
  f.unsent = connected == 0;
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      f.failure = ClientFailure::kRefused;
      break;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      f.failure = ClientFailure::kUnreachable;
      break;
    case CURLE_OPERATION_TIMEDOUT:
      f.failure =
          f.unsent ? ClientFailure::kUnreachable : ClientFailure::kTimeout;
      break;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_USE_SSL_FAILED:
      f.failure = ClientFailure::kTls;
      break;
    case CURLE_WRITE_ERROR:
      f.failure = IsStream(f.part) ? ClientFailure::kEndlessStream
                                   : ClientFailure::kTooLarge;
      f.detail = "the answer is over the size cap";
      break;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      f.failure = ClientFailure::kBadRequest;
      break;
    case CURLE_WEIRD_SERVER_REPLY:
      f.failure = ClientFailure::kBadBody;
      break;
    default:
      if (f.part.status == 0 && f.part.body.empty())
        f.failure = ClientFailure::kConnectionLost;
      else
        f.failure = IsStream(f.part) ? ClientFailure::kTruncatedStream
                                     : ClientFailure::kTruncatedBody;
      break;
  }
  return f;
}

// Options of one exchange. `request`, `headers` and `receiver` must live as
// long as the handle.
void SetUp(CURL* c, const HttpRequest& request, curl_slist* headers,
           Receiver& receiver) {
  curl_easy_setopt(c, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c, CURLOPT_PROXY, "");
  curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_USERAGENT, "reasonwatch");
  curl_easy_setopt(c, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(
      c, CURLOPT_CONNECTTIMEOUT_MS,
      std::max<long>(1, absl::ToInt64Milliseconds(request.connect_timeout)));
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, &AppendBody);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &receiver);
  curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, &ReadHeader);
  curl_easy_setopt(c, CURLOPT_HEADERDATA, &receiver);
  if (!request.ca_file.empty())
    curl_easy_setopt(c, CURLOPT_CAINFO, request.ca_file.c_str());
  if (request.post.has_value()) {
    curl_easy_setopt(c, CURLOPT_POST, 1L);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, request.post->data());
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.post->size()));
  }
}

struct Outcome {
  std::optional<CURLcode> code;  // none: stopped, or out of time
  bool stopped = false;
};

// Runs the only handle of `multi` to its end, the stop flag or the deadline.
Outcome Perform(CURLM* multi, const std::atomic<bool>* stop,
                absl::Time deadline) {
  Outcome outcome;
  while (true) {
    int running = 0;
    curl_multi_perform(multi, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left))
      if (message->msg == CURLMSG_DONE) outcome.code = message->data.result;
    if (outcome.code.has_value()) return outcome;
    outcome.stopped = stop != nullptr && *stop;
    if (outcome.stopped || absl::Now() >= deadline) return outcome;
    curl_multi_poll(multi, nullptr, 0, kPollMilliseconds, nullptr);
  }
}

}  // namespace

HttpResult Exchange(const HttpRequest& request) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });

  HttpResult result;
  Receiver receiver;
  receiver.max_bytes = request.max_body_bytes;
  List headers;
  for (const std::string& header : request.headers)
    headers.reset(curl_slist_append(headers.release(), header.c_str()));
  // Without this a body over 1 MiB would wait for a "100 Continue" that few
  // servers send.
  headers.reset(curl_slist_append(headers.release(), "Expect:"));

  const Easy easy(curl_easy_init());
  const Multi multi(curl_multi_init());
  CURL* c = easy.get();
  SetUp(c, request, headers.get(), receiver);
  curl_multi_add_handle(multi.get(), c);
  const absl::Time deadline = absl::Now() + request.timeout;
  const Outcome outcome = Perform(multi.get(), request.stop, deadline);
  long status = 0;  // NOLINT(google-runtime-int): libcurl's own type
  curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
  receiver.reply.status = static_cast<int>(status);

  if (outcome.stopped) {
    result.failure =
        HttpFailure{ClientFailure::kCancelled, "stopped", false, {}};
  } else if (!outcome.code.has_value()) {
    const bool sending =
        IsStream(receiver.reply) && receiver.last > deadline - kStillSending;
    result.failure = FailureOf(CURLE_OPERATION_TIMEDOUT, c, receiver);
    result.failure->detail = "no whole answer in time";
    if (sending) {
      result.failure->failure = ClientFailure::kEndlessStream;
      result.failure->detail = "still sending when time was up";
    }
  } else if (*outcome.code != CURLE_OK) {
    result.failure = FailureOf(*outcome.code, c, receiver);
  } else {
    result.reply = std::move(receiver.reply);
  }
  curl_multi_remove_handle(multi.get(), c);
  return result;
}

}  // namespace reasonwatch
