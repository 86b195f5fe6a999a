// SPDX-License-Identifier: Apache-2.0
// The front on a free port of the loopback, before a handler that says what it
// was given, against senders that are slow, too large, too many or silent.
#include "front/front.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace reasonwatch {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// One connection of a hostile or a good sender.
class Peer {
 public:
  explicit Peer(int port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit = {.tv_sec = 20, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address),
                           sizeof(address)) == 0;
  }
  Peer(Peer&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
  Peer& operator=(Peer&&) = delete;
  ~Peer() {
    if (fd_ >= 0) ::close(fd_);
  }

  bool connected() const { return connected_; }
  // False once the front has cut the connection.
  bool Send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }
  // All until the front ends the connection.
  std::string ReadAll() const {
    std::string all;
    char buffer[4096];
    ssize_t n = 0;
    while ((n = ::recv(fd_, buffer, sizeof(buffer), 0)) > 0)
      all.append(buffer, static_cast<size_t>(n));
    return all;
  }
  std::string ReadSome() const {
    char buffer[4096];
    const ssize_t n = ::recv(fd_, buffer, sizeof(buffer), 0);
    return n > 0 ? std::string(buffer, static_cast<size_t>(n)) : std::string();
  }

 private:
  int fd_;
  bool connected_ = false;
};

constexpr char kGet[] =
    "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

class FrontTest : public ::testing::Test {
 protected:
  FrontTest() {
    ports_.judge = [](const HttpHead& head) {
      FrontVerdict verdict;
      verdict.is_proven = head.Find("Authorization") == "Bearer good";
      if (head.HasBody() && !verdict.is_proven)
        verdict.refusal = Refusal::kUnauthenticated;
      verdict.max_body_bytes = 1 << 20;
      return verdict;
    };
    ports_.serve = [this](const FrontRequest& request) {
      if (request.head.starts_with("GET /wait")) {
        while (!released_) absl::SleepFor(absl::Milliseconds(1));
      }
      const std::string body =
          request.head.starts_with("GET /large")
              ? std::string(size_t{16} << 20, 'x')
              : absl::StrCat(request.head, "|", request.body.size(), "|",
                             request.body.substr(0, 20));
      ++served_;
      return absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", body.size(),
                          "\r\n\r\n", body);
    };
  }

  void Start() {
    auto front = StartFront(options_, ports_);
    ASSERT_TRUE(front.ok()) << front.status();
    front_ = *std::move(front);
  }
  Peer Connect() const { return Peer(front_->port()); }
  std::string Ask(std::string_view request) const {
    const Peer peer = Connect();
    peer.Send(request);
    return peer.ReadAll();
  }
  int64_t Refused(Refusal refusal) const {
    return front_->Counts("x").refused.at(
        std::string(NameOf(kRefusalNames, refusal)));
  }
  // Waits until it holds; the test fails if it does not.
  static void Await(const std::function<bool()>& holds) {
    for (int i = 0; i < 20000 && !holds(); ++i)
      absl::SleepFor(absl::Milliseconds(1));
    EXPECT_TRUE(holds());
  }

  FrontOptions options_;
  FrontPorts ports_;
  std::atomic<bool> released_ = false;
  std::atomic<int> served_ = 0;
  std::unique_ptr<Front> front_;
};

TEST_F(FrontTest, HandsOnWholeRequestsOfOneConnectionInTheirOrder) {
  Start();
  const Peer peer = Connect();
  peer.Send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n");
  peer.Send(
      "\r\nPOST /3 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n"
      "Content-Length: 5\r\nConnection: close\r\n\r\nhel");
  peer.Send("lo");
  const std::string answers = peer.ReadAll();
  const size_t first = answers.find("GET /1");
  const size_t second = answers.find("GET /2");
  const size_t third = answers.find("POST /3");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_THAT(answers, HasSubstr("|5|hello"));
}

TEST_F(FrontTest, DecodesChunksAndBoundsThem) {
  Start();
  const std::string head =
      "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n"
      "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
  const std::string answer = Ask(head + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(answer, HasSubstr("|5|abcde"));
  EXPECT_THAT(Ask(head + "200000\r\n"), StartsWith("HTTP/1.1 413 "));
  EXPECT_EQ(Refused(Refusal::kTooLarge), 1);
  EXPECT_THAT(Ask(head + "z\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(Refused(Refusal::kMalformed), 1);
}

TEST_F(FrontTest, RefusesABodyWithoutATokenBeforeItComes) {
  Start();
  const Peer peer = Connect();
  peer.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  const std::string answer = peer.ReadSome();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(answer, HasSubstr("WWW-Authenticate: Bearer\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  Await([this] { return front_->Counts("x").held_bytes == 0; });
  EXPECT_EQ(served_, 0);
  EXPECT_EQ(Refused(Refusal::kUnauthenticated), 1);
}

TEST_F(FrontTest, ASenderThatWaitsIsAskedToGoOnOnlyIfItMay) {
  Start();
  const Peer peer = Connect();
  peer.Send(
      "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n"
      "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(peer.ReadSome(), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.Send("ok");
  EXPECT_THAT(peer.ReadSome(), HasSubstr("|2|ok"));
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                  "Expect: 100-continue\r\n\r\n"),
              StartsWith("HTTP/1.1 401 "));
}

TEST_F(FrontTest, RefusesHeadsThatAreTooLargeOrNoHttp) {
  Start();
  EXPECT_THAT(
      Ask("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(100000, 'a')),
      StartsWith("HTTP/1.1 431 "));
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 200; ++i) absl::StrAppend(&many, "A", i, ": b\r\n");
  EXPECT_THAT(Ask(many + "\r\n"), StartsWith("HTTP/1.1 431 "));
  EXPECT_EQ(Refused(Refusal::kHeadTooLarge), 2);
  EXPECT_THAT(Ask("\x16\x03\x01\x02\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(Refused(Refusal::kMalformed), 1);
  EXPECT_EQ(served_, 0);
}

TEST_F(FrontTest, SlowAndSilentSendersAreCut) {
  options_.head_timeout = absl::Milliseconds(50);
  options_.grace = absl::Milliseconds(50);
  options_.min_bytes_per_second = 1 << 30;
  Start();
  EXPECT_EQ(Connect().ReadAll(), "");
  EXPECT_EQ(Refused(Refusal::kSilent), 1);
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nHo"), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(Refused(Refusal::kHeadTooSlow), 1);
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n"
                  "Content-Length: 1000\r\n\r\nabc"),
              StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(Refused(Refusal::kTooSlow), 1);
}

// Each byte comes in time, and yet the head does not.
TEST_F(FrontTest, ADrippingHeadIsCutWhileItDrips) {
  options_.head_timeout = absl::Milliseconds(200);
  Start();
  const Peer peer = Connect();
  peer.Send("GET / HTTP/1.1\r\nHost: x\r\nA: ");
  int dripped = 0;
  while (dripped < 10000 && peer.Send("a")) {
    ++dripped;
    absl::SleepFor(absl::Milliseconds(5));
    if (Refused(Refusal::kHeadTooSlow) == 1) break;
  }
  EXPECT_LT(dripped, 10000);
  EXPECT_EQ(Refused(Refusal::kHeadTooSlow), 1);
}

TEST_F(FrontTest, AnAnswerThatNobodyReadsIsGivenUp) {
  options_.grace = absl::Milliseconds(100);
  options_.min_bytes_per_second = 1 << 30;
  Start();
  const Peer peer = Connect();
  peer.Send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  Await([this] { return Refused(Refusal::kAnswerNotRead) == 1; });
  Await([this] { return front_->Counts("x").answer_bytes == 0; });
}

TEST_F(FrontTest, ANewConnectionTakesThePlaceOfASilentOne) {
  options_.max_connections = 8;
  options_.max_of_peer = 8;
  options_.least_stay = absl::Milliseconds(20);
  options_.head_timeout = absl::Minutes(10);
  Start();
  std::vector<Peer> silent;
  for (int i = 0; i < 20; ++i) {
    silent.push_back(Connect());
    ASSERT_TRUE(silent.back().connected());
  }
  EXPECT_THAT(Ask(kGet), StartsWith("HTTP/1.1 200 "));
  EXPECT_LE(front_->Counts("x").connections, 8);
  EXPECT_GE(Refused(Refusal::kEvicted), 12);
}

TEST_F(FrontTest, OneAddressDoesNotTakeThePlacesOfOthers) {
  options_.max_connections = 100;
  options_.max_of_peer = 4;
  options_.head_timeout = absl::Minutes(10);
  Start();
  std::vector<Peer> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(Connect());
  EXPECT_THAT(Ask(kGet), StartsWith("HTTP/1.1 200 "));
  EXPECT_LE(front_->Counts("x").connections, 4);
}

TEST_F(FrontTest, ConnectionsBeyondThoseThatAreServedWaitForAPlace) {
  options_.max_connections = 2;
  options_.workers = 2;
  Start();
  const std::string wait =
      "GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  std::vector<Peer> peers;
  for (int i = 0; i < 5; ++i) {
    peers.push_back(Connect());
    peers.back().Send(wait);
  }
  Await([this] { return front_->Counts("x").connections == 2; });
  released_ = true;
  for (const Peer& peer : peers)
    EXPECT_THAT(peer.ReadAll(), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(Refused(Refusal::kEvicted), 0);
}

TEST_F(FrontTest, HalfSentBodiesStayUnderTheBoundInAll) {
  options_.max_held_bytes = 2 << 20;
  options_.grace = absl::Minutes(10);
  Start();
  const std::string head =
      "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n"
      "Content-Length: 1000000\r\nConnection: close\r\n\r\n";
  std::vector<Peer> half;
  for (int i = 0; i < 10; ++i) {
    half.push_back(Connect());
    half.back().Send(head + std::string(900000, 'x'));
  }
  Await([this] { return Refused(Refusal::kMemory) >= 7; });
  Await([this] {
    return front_->Counts("x").held_bytes <= options_.max_held_bytes;
  });
  // A sender whose body fits is none of those that hold most.
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n"
                  "Content-Length: 2\r\nConnection: close\r\n\r\nok"),
              HasSubstr("|2|ok"));
}

TEST_F(FrontTest, UnreadAnswersStayUnderTheBoundInAll) {
  options_.max_answer_bytes = 40 << 20;
  Start();
  std::vector<Peer> readers;
  for (int i = 0; i < 5; ++i) {
    readers.push_back(Connect());
    readers.back().Send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  Await([this] { return served_ == 5 && Refused(Refusal::kMemory) >= 3; });
  Await([this] {
    return front_->Counts("x").answer_bytes <= options_.max_answer_bytes;
  });
  EXPECT_THAT(Ask(kGet), StartsWith("HTTP/1.1 200 "));
}

TEST_F(FrontTest, AcceptsAgainOnceThereAreDescriptors) {
  options_.accept_retry = absl::Milliseconds(10);
  Start();
  std::vector<Peer> waiting;
  for (int i = 0; i < 4; ++i) waiting.push_back(Connect());
  Await([this] { return front_->Counts("x").connections == 4; });
  // None may be left to make room by its end.
  for (const Peer& peer : waiting)
    peer.Send("GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  rlimit before = {};
  getrlimit(RLIMIT_NOFILE, &before);
  Await([this] { return front_->Counts("x").held_bytes > 0; });
  const int lowest = dup(0);
  ::close(lowest);
  rlimit low = before;
  low.rlim_cur = static_cast<rlim_t>(lowest) + 1;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  const Peer last = Connect();  // has the last descriptor
  EXPECT_TRUE(last.connected());
  Await([this] { return !front_->Counts("x").accepting; });
  EXPECT_EQ(Refused(Refusal::kDescriptors), 1);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  Await([this] { return front_->Counts("x").accepting; });
  last.Send(kGet);
  released_ = true;
  EXPECT_THAT(last.ReadAll(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(FrontTest, StopWaitsForRequestsAndForNobodyElse) {
  options_.head_timeout = absl::Minutes(10);
  Start();
  const Peer silent = Connect();
  const Peer half = Connect();
  half.Send("GET / HT");
  const Peer served = Connect();
  served.Send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  Await([this] { return front_->Counts("x").held_bytes > 0; });
  std::thread stopper([this] { front_->Stop(); });
  EXPECT_EQ(silent.ReadAll(), "");
  EXPECT_EQ(half.ReadAll(), "");
  released_ = true;
  EXPECT_THAT(served.ReadSome(), StartsWith("HTTP/1.1 200 "));
  stopper.join();
  front_->Stop();
  EXPECT_FALSE(Connect().connected());
}

TEST_F(FrontTest, StopDoesNotWaitForAReaderThatReadsNothing) {
  options_.stop_timeout = absl::Milliseconds(50);
  options_.grace = absl::Minutes(10);
  Start();
  const Peer peer = Connect();
  peer.Send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  Await([this] { return served_ == 1; });
  front_->Stop();
  EXPECT_EQ(front_->Counts("x").connections, 0);
}

TEST_F(FrontTest, AHalfOpenHandshakeHoldsNobody) {
  if (std::system("command -v openssl > /dev/null") != 0)
    GTEST_SKIP() << "openssl is not installed";
  const std::filesystem::path dir =
      std::filesystem::temp_directory_path() /
      ("reasonwatch_front_test." + std::to_string(getpid()));
  std::filesystem::create_directories(dir);
  options_.tls_cert = dir / "cert.pem";
  options_.tls_key = dir / "key.pem";
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 "
      "-nodes -days 1 -subj /CN=localhost -keyout " +
      options_.tls_key + " -out " + options_.tls_cert + " 2> /dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  options_.handshake_timeout = absl::Milliseconds(100);
  Start();
  std::vector<Peer> half;
  for (int i = 0; i < 10; ++i) half.push_back(Connect());
  const Peer plain = Connect();
  plain.Send(kGet);
  plain.ReadAll();
  for (const Peer& peer : half) EXPECT_EQ(peer.ReadAll(), "");
  EXPECT_EQ(Refused(Refusal::kHandshake), 11);
  std::filesystem::remove_all(dir);
}

TEST_F(FrontTest, BadOptionsAreRefused) {
  const auto code = [this] {
    return StartFront(options_, ports_).status().code();
  };
  options_.workers = 0;
  EXPECT_EQ(code(), absl::StatusCode::kInvalidArgument);
  options_ = {};
  options_.tls_cert = options_.tls_key = "/nonexistent.pem";
  EXPECT_EQ(code(), absl::StatusCode::kInvalidArgument);
  options_ = {};
  options_.host = "no.such.host.invalid";
  EXPECT_EQ(code(), absl::StatusCode::kUnavailable);
  options_ = {};
  Start();
  options_.port = front_->port();
  EXPECT_EQ(code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace reasonwatch
