// SPDX-License-Identifier: Apache-2.0
// A connection is a state and a step for each state; a step reads or writes
// once, or interprets bytes that came, and says whether another may follow.
//
// In order: answers of refusals, life and bounds, the steps in the order in
// which a request passes them.
#include "front/connection.h"

#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "front/places.h"
#include "util/ascii.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Steps at one readiness, so that a fast sender does not hold the thread.
constexpr int kMaxSteps = 16;

constexpr std::string_view kEndOfHead = "\r\n\r\n";

FrontTime After(FrontTime from, absl::Duration duration) {
  return from + absl::ToChronoNanoseconds(duration);
}

// Outside of the string itself.
int64_t MemoryOf(const std::string& s) {
  return s.capacity() == std::string().capacity()
             ? 0
             : static_cast<int64_t>(s.capacity());
}

// An assignment would keep the memory.
void Free(std::string& s) { std::string().swap(s); }

struct RefusalAnswer {
  std::string_view line;  // "" = the connection ends without a word
  std::string_view message;
  std::string_view header = "";
};

RefusalAnswer AnswerOf(Refusal refusal) {
  switch (refusal) {
    case Refusal::kHeadTooSlow:
      return {"408 Request Timeout", "the head of the request came too slowly"};
    case Refusal::kHeadTooLarge:
      return {"431 Request Header Fields Too Large",
              "the head of the request is too large"};
    case Refusal::kMalformed:
      return {"400 Bad Request", "not a request of HTTP/1.1"};
    case Refusal::kForeignHost:
      return {"421 Misdirected Request",
              "Host is not a name of this daemon; http.allowed_hosts lists "
              "more"};
    case Refusal::kUnauthenticated:
      return {"401 Unauthorized", "a bearer token is needed",
              "WWW-Authenticate: Bearer\r\n"};
    case Refusal::kTooLarge:
      return {"413 Payload Too Large",
              "the body is too large; send it in parts"};
    case Refusal::kTooSlow:
      return {"408 Request Timeout", "the body came too slowly"};
    default:
      return {};
  }
}

bool SaysClose(std::string_view answer) {
  std::string_view head = answer.substr(0, answer.find(kEndOfHead));
  while (!head.empty()) {
    const size_t end = head.find("\r\n");
    if (ascii::EqualsIgnoringCase(head.substr(0, end), "Connection: close"))
      return true;
    head.remove_prefix(end == head.npos ? head.size() : end + 2);
  }
  return false;
}

}  // namespace

FrontConnection::FrontConnection(int fd, std::string address, SSL_CTX* context,
                                 const FrontOptions& options,
                                 const FrontPorts& ports, FrontTime now)
    : PortConnection(std::move(address), now),
      options_(options),
      ports_(ports),
      transport_(fd, context) {
  if (context == nullptr) {
    state_ = State::kHead;
  } else if (!transport_.is_encrypted()) {
    state_ = State::kClosed;
  }
}

void FrontConnection::Enter(State state, FrontTime now) {
  state_ = state;
  since_ = now;
  want_ = state == State::kAnswering ? Io::kWantWrite : Io::kWantRead;
}

void FrontConnection::Close() {
  state_ = State::kClosed;
  Free(in_);
  Free(body_);
  Free(out_);
}

void FrontConnection::Evict(Refusal refusal) {
  // One that lingers has had all that it came for.
  if (state_ != State::kLingering) ports_.count(refusal);
  Close();
}

void FrontConnection::EndSoon() {
  close_after_ = true;
  if (state_ != State::kServing && state_ != State::kAnswering) Close();
}

FrontTime FrontConnection::Deadline() const {
  const auto at_rate = [this](size_t bytes) {
    return After(
        since_,
        options_.grace +
            absl::Seconds(static_cast<double>(bytes) /
                          static_cast<double>(options_.min_bytes_per_second)));
  };
  switch (state_) {
    case State::kHandshake:
      return After(since_, options_.handshake_timeout);
    case State::kHead:
      if (!in_.empty()) return After(first_byte_, options_.head_timeout);
      return After(since_, requests_ == 0 ? options_.head_timeout
                                          : options_.idle_timeout);
    case State::kBody:
      return at_rate(body_.size());
    case State::kAnswering:
      return at_rate(sent_);
    case State::kLingering:
      return After(since_, options_.linger);
    default:
      return FrontTime::max();
  }
}

void FrontConnection::OnDeadline(FrontTime now) {
  switch (state_) {
    case State::kHandshake:
      ports_.count(Refusal::kHandshake);
      return Close();
    case State::kHead:
      if (!in_.empty()) return Refuse(Refusal::kHeadTooSlow, now);
      if (requests_ == 0) ports_.count(Refusal::kSilent);
      return Close();
    case State::kBody:
      return Refuse(Refusal::kTooSlow, now);
    case State::kAnswering:
      ports_.count(Refusal::kAnswerNotRead);
      return Close();
    default:
      return Close();
  }
}

PortConnection::Watches FrontConnection::Watched() const {
  Watch watch = {.fd = transport_.fd()};
  if (state_ != State::kServing && state_ != State::kClosed)
    watch.events = want_ == Io::kWantWrite ? EPOLLOUT : EPOLLIN;
  return {watch, Watch{}};
}

int64_t FrontConnection::HeldBytes() const {
  return MemoryOf(in_) + MemoryOf(body_) + serving_bytes_;
}

int64_t FrontConnection::AnswerBytes() const { return MemoryOf(out_); }

void FrontConnection::Refuse(Refusal refusal, FrontTime now) {
  ports_.count(refusal);
  const RefusalAnswer answer = AnswerOf(refusal);
  if (answer.line.empty()) return Close();
  Free(in_);
  Free(body_);
  const std::string json = absl::StrCat("{", JsonString(options_.error_key),
                                        ":", JsonString(answer.message), "}");
  out_ = absl::StrCat("HTTP/1.1 ", AbslView(answer.line), "\r\n",
                      AbslView(answer.header),
                      "Connection: close\r\nContent-Type: application/json\r\n"
                      "Cache-Control: no-store\r\n"
                      "X-Content-Type-Options: nosniff\r\nContent-Length: ",
                      json.size(), "\r\n\r\n", json);
  sent_ = 0;
  close_after_ = true;
  Enter(State::kAnswering, now);
  StepAnswer(now);
}

bool FrontConnection::Advance(FrontTime now, std::span<char> scratch) {
  for (int i = 0; i < kMaxSteps; ++i)
    if (!Step(now, scratch)) return false;
  return true;
}

bool FrontConnection::Step(FrontTime now, std::span<char> scratch) {
  switch (state_) {
    case State::kHandshake:
      return StepHandshake(now);
    case State::kHead:
      return StepHead(now, scratch);
    case State::kBody:
      return StepBody(now, scratch);
    case State::kAnswering:
      return StepAnswer(now);
    case State::kLingering:
      return StepLinger(scratch);
    default:
      return false;
  }
}

bool FrontConnection::StepHandshake(FrontTime now) {
  want_ = transport_.Handshake();
  if (want_ == Io::kDone) {
    Enter(State::kHead, now);
    return true;
  }
  if (want_ != Io::kWantRead && want_ != Io::kWantWrite) {
    ports_.count(Refusal::kHandshake);
    Close();
  }
  return false;
}

bool FrontConnection::Read(std::span<char> into, size_t& n) {
  const Io result = transport_.Read(into, n);
  if (result == Io::kDone) return true;
  want_ = result;
  if (result == Io::kWantRead || result == Io::kWantWrite) return false;
  // A sender that ends in the middle of a request has given it up.
  Close();
  return false;
}

bool FrontConnection::StepHead(FrontTime now, std::span<char> scratch) {
  // An empty line before a request is forgiven.
  if (in_.starts_with("\r\n")) in_.erase(0, 2);
  const size_t from = searched_ < 3 ? 0 : searched_ - 3;
  searched_ = in_.size();
  if (in_.find(kEndOfHead, from) != std::string::npos ||
      in_.size() > options_.max_head_bytes) {
    searched_ = 0;
    size_t length = 0;
    switch (ReadHead(in_, options_, head_, length)) {
      case HeadResult::kWhole:
        OnHead(length, now);
        return true;
      case HeadResult::kTooLarge:
        Refuse(Refusal::kHeadTooLarge, now);
        return true;
      default:
        Refuse(Refusal::kMalformed, now);
        return true;
    }
  }
  size_t n = 0;
  const size_t room = options_.max_head_bytes + 1 - in_.size();
  if (!Read(scratch.first(std::min(scratch.size(), room)), n)) return false;
  if (in_.empty()) first_byte_ = now;
  in_.append(scratch.data(), n);
  return true;
}

void FrontConnection::OnHead(size_t length, FrontTime now) {
  in_.erase(0, length);
  first_byte_ = now;
  ++requests_;
  const FrontVerdict verdict = ports_.judge(head_);
  is_proven_ = is_proven_ || verdict.is_proven;
  max_body_ = verdict.max_body_bytes;
  if (verdict.refusal.has_value()) return Refuse(*verdict.refusal, now);
  if (head_.content_length > max_body_) return Refuse(Refusal::kTooLarge, now);
  Free(body_);
  chunks_.reset();
  if (!head_.HasBody()) return FinishRequest(now);
  if (head_.chunked) chunks_.emplace(static_cast<size_t>(max_body_));
  Enter(State::kBody, now);
  if (!head_.expects_continue || !in_.empty()) return;
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  size_t n = 0;
  // Nothing else is on its way to the sender, so there is room for the line.
  if (transport_.Write(kContinue, n) != Io::kDone || n < kContinue.size())
    Close();
}

void FrontConnection::TakeBody(std::string_view piece, size_t& used,
                               FrontTime now) {
  if (!chunks_.has_value()) {
    const auto length = static_cast<size_t>(head_.content_length);
    used = std::min(piece.size(), length - body_.size());
    if (body_.size() + used > body_.capacity())
      body_.reserve(
          std::min(length, std::max(2 * body_.size(), body_.size() + used)));
    body_.append(piece.substr(0, used));
    if (body_.size() == length) FinishRequest(now);
    return;
  }
  switch (chunks_->Feed(piece, body_, used)) {
    case ChunkReader::Result::kMore:
      return;
    case ChunkReader::Result::kDone:
      return FinishRequest(now);
    case ChunkReader::Result::kTooLarge:
      return Refuse(Refusal::kTooLarge, now);
    case ChunkReader::Result::kMalformed:
      return Refuse(Refusal::kMalformed, now);
  }
}

bool FrontConnection::StepBody(FrontTime now, std::span<char> scratch) {
  if (!in_.empty()) {
    const std::string piece = std::exchange(in_, {});
    size_t used = 0;
    TakeBody(piece, used, now);
    if (state_ == State::kServing) in_ = piece.substr(used);
    return true;
  }
  size_t n = 0;
  if (!Read(scratch, n)) return false;
  size_t used = 0;
  TakeBody({scratch.data(), n}, used, now);
  if (state_ == State::kServing && used < n)
    in_.assign(scratch.data() + used, n - used);
  return true;
}

void FrontConnection::FinishRequest(FrontTime now) {
  close_after_ = close_after_ || !head_.keep_alive ||
                 requests_ >= options_.max_requests_per_connection;
  FrontRequest request;
  request.head = head_.ForWholeBody(body_.size(), close_after_);
  request.body = std::exchange(body_, {});
  request.peer = address();
  request.close = close_after_;
  serving_bytes_ =
      static_cast<int64_t>(request.head.size() + request.body.capacity());
  request_ = std::move(request);
  Enter(State::kServing, now);
}

std::optional<FrontRequest> FrontConnection::TakeRequest() {
  return std::exchange(request_, std::nullopt);
}

void FrontConnection::Answer(std::string bytes, FrontTime now) {
  serving_bytes_ = 0;
  if (gone_ || bytes.empty()) return Close();
  close_after_ = close_after_ || SaysClose(bytes);
  out_ = std::move(bytes);
  sent_ = 0;
  Enter(State::kAnswering, now);
}

bool FrontConnection::StepAnswer(FrontTime now) {
  size_t n = 0;
  const Io result = transport_.Write(std::string_view(out_).substr(sent_), n);
  if (result == Io::kDone) {
    sent_ += n;
    if (sent_ < out_.size()) return true;
    Free(out_);
    sent_ = 0;
    if (close_after_) {
      transport_.EndWriting();
      Enter(State::kLingering, now);
    } else {
      Enter(State::kHead, now);
      searched_ = 0;
      first_byte_ = now;
    }
    return true;
  }
  want_ = result;
  if (result != Io::kWantRead && result != Io::kWantWrite) Close();
  return false;
}

bool FrontConnection::StepLinger(std::span<char> scratch) {
  switch (transport_.Discard(scratch)) {
    case Io::kDone:
      return true;
    case Io::kWantRead:
      return false;
    default:
      Close();
      return false;
  }
}

}  // namespace reasonwatch
