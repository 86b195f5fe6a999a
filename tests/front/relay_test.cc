// SPDX-License-Identifier: Apache-2.0
// A relay before a server that only keeps its end of each connection: bytes of
// both ways, the ends of both sides, clients that break a bound or do not read,
// and a stop.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "front/front.h"
#include "util/mutex.h"

namespace reasonwatch {
namespace {

constexpr char kPreface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
// DATA, 3 bytes, of stream 1.
constexpr std::string_view kData("\0\0\3\0\0\0\0\0\1abc", 12);

class RelayTest : public ::testing::Test {
 protected:
  ~RelayTest() override {
    // The front waits for the server's side to end.
    for (const int fd : inner_) ::close(fd);
    front_.reset();
    for (const int fd : outer_) ::close(fd);
  }
  void Start() {
    auto front = StartRelay(options_, [this](int fd) {
      MutexLock lock(mutex_);
      inner_.push_back(fd);
      return true;
    });
    ASSERT_TRUE(front.ok()) << front.status();
    front_ = *std::move(front);
  }
  int Connect() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(front_->port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(
        ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
        0);
    outer_.push_back(fd);
    return fd;
  }
  // The server's end of the connection of this number.
  int Inner(size_t i) {
    Await([&] {
      MutexLock lock(mutex_);
      return inner_.size() > i;
    });
    MutexLock lock(mutex_);
    return inner_[i];
  }
  static bool Send(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EAGAIN) continue;
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }
  // At least `n` bytes, fewer only if the other side ends.
  static std::string Receive(int fd, size_t n) {
    std::string all;
    char buffer[65536];
    while (all.size() < n) {
      const ssize_t got = ::recv(fd, buffer, sizeof(buffer), 0);
      if (got < 0 && errno == EAGAIN) continue;
      if (got <= 0) break;
      all.append(buffer, static_cast<size_t>(got));
    }
    return all;
  }
  static void Await(const std::function<bool()>& holds) {
    for (int i = 0; i < 20000 && !holds(); ++i)
      absl::SleepFor(absl::Milliseconds(1));
    EXPECT_TRUE(holds());
  }
  int64_t Refused(Refusal refusal) const {
    return front_->Counts("x").refused.at(
        std::string(NameOf(kRefusalNames, refusal)));
  }

  FrontOptions options_;
  std::unique_ptr<Front> front_;
  Mutex mutex_;
  std::vector<int> inner_;
  std::vector<int> outer_;
};

TEST_F(RelayTest, PassesBothWaysWhateverTheSize) {
  Start();
  const int client = Connect();
  std::string sent(kPreface);
  const std::string frame =
      std::string("\x00\x40\x00\x00\x00\x00\x00\x00\x01", 9) +
      std::string(0x4000, 'd');
  for (int i = 0; i < 100; ++i) sent += frame;
  std::thread sender([&] { Send(client, sent); });
  EXPECT_EQ(Receive(Inner(0), sent.size()), sent);
  sender.join();
  std::string answer;
  for (int i = 0; i < 20000; ++i) answer += kData;
  std::thread server([&] { Send(Inner(0), answer); });
  EXPECT_EQ(Receive(client, answer.size()), answer);
  server.join();
}

// Both descriptors of a connection are ready at once, and serving one changes
// what is asked of the other.
TEST_F(RelayTest, KeepsConnectionsThatAreBusyOnBothSides) {
  Start();
  std::string sent(kPreface);
  const std::string frame =
      std::string("\x00\x40\x00\x00\x00\x00\x00\x00\x01", 9) +
      std::string(0x4000, 'd');
  for (int i = 0; i < 300; ++i) sent += frame;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < 24; ++i) {
    const int client = Connect();
    const int server = Inner(i);
    threads.emplace_back([&sent, client] { EXPECT_TRUE(Send(client, sent)); });
    // Answers between its reads, as a server tells how much more it takes.
    threads.emplace_back([&sent, client, server] {
      size_t received = 0;
      size_t answered = 0;
      while (received < sent.size()) {
        ASSERT_TRUE(Send(server, kData));
        answered += kData.size();
        const size_t n = Receive(server, 1).size();
        if (n == 0) break;
        received += n;
      }
      EXPECT_EQ(received, sent.size());
      EXPECT_EQ(Receive(client, answered).size(), answered);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(RelayTest, EndsTheServersSideWithTheClientsAndTheOtherWay) {
  Start();
  const int client = Connect();
  Send(client, kPreface);
  EXPECT_EQ(Receive(Inner(0), 24), kPreface);
  ::shutdown(client, SHUT_RDWR);
  EXPECT_EQ(Receive(Inner(0), 1), "");

  const int other = Connect();
  Send(other, kPreface);
  Send(Inner(1), kData);
  ::shutdown(Inner(1), SHUT_RDWR);
  EXPECT_EQ(Receive(other, 1000), kData);
}

TEST_F(RelayTest, CutsAClientThatBreaksABound) {
  options_.max_head_bytes = 1000;
  options_.head_timeout = absl::Milliseconds(100);
  Start();
  const int large = Connect();
  Send(large, std::string(kPreface) +
                  std::string("\x00\x40\x00\x01\x00\x00\x00\x00\x01", 9));
  EXPECT_EQ(Receive(large, 1), "");
  EXPECT_EQ(Refused(Refusal::kHeadTooLarge), 1);
  const int wrong = Connect();
  Send(wrong, "GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(Receive(wrong, 1), "");
  EXPECT_EQ(Refused(Refusal::kMalformed), 1);
  const int slow = Connect();
  Send(slow, "PRI * ");
  EXPECT_EQ(Receive(slow, 1), "");
  const int half = Connect();
  Send(half, std::string(kPreface) +
                 std::string("\x00\x00\x40\x01\x04\x00\x00\x00\x01xy", 11));
  EXPECT_EQ(Receive(half, 1), "");
  EXPECT_EQ(Refused(Refusal::kHeadTooSlow), 2);
}

// Calls that the server has not accepted yet; an answer with data is proof.
TEST_F(RelayTest, BoundsTheCallsOfAClientThatHasProvedNothing) {
  Start();
  const std::string_view call("\0\0\1\1\5\0\0\0\1h", 10);
  std::string calls;
  for (int i = 0; i < 200; ++i) calls += call;
  const int good = Connect();
  Send(good, kPreface + calls);
  EXPECT_EQ(Receive(Inner(0), 24 + calls.size()).size(), 24 + calls.size());
  Send(Inner(0), kData);
  EXPECT_EQ(Receive(good, kData.size()), kData);
  Send(good, calls);
  EXPECT_EQ(Receive(Inner(0), calls.size()), calls);

  const int hostile = Connect();
  Send(hostile, kPreface + calls + calls);
  EXPECT_EQ(Receive(hostile, 1), "");
  EXPECT_EQ(Refused(Refusal::kFlood), 1);
}

TEST_F(RelayTest, HoldsLittleForAClientThatDoesNotRead) {
  options_.grace = absl::Milliseconds(300);
  Start();
  const int client = Connect();
  Send(client, kPreface);
  const int server = Inner(0);
  std::string answer;
  for (int i = 0; i < 2000000; ++i) answer += kData;
  std::thread sender([&] { Send(server, answer); });
  Await([this] { return Refused(Refusal::kAnswerNotRead) == 1; });
  sender.join();
  EXPECT_EQ(front_->Counts("x").connections, 0);
}

TEST_F(RelayTest, StopWaitsForTheServersLastBytes) {
  Start();
  const int client = Connect();
  Send(client, kPreface);
  const int server = Inner(0);
  front_->StopAccepting();
  Send(server, kData);
  ::shutdown(server, SHUT_RDWR);
  front_->Stop();
  EXPECT_EQ(Receive(client, 1000), kData);
}

}  // namespace
}  // namespace reasonwatch
