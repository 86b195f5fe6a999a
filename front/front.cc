// SPDX-License-Identifier: Apache-2.0
// One epoll loop. Every event ends in Settle(), which compares a connection
// with its last known state: it counts the memory, submits a whole request,
// asks epoll for other events, or removes the connection.
//
// In order: the loop, accepting, one connection, eviction, the start.
#include "front/front.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "front/connection.h"
#include "front/listener.h"
#include "front/places.h"
#include "front/port_connection.h"
#include "front/relay.h"
#include "front/transport.h"
#include "front/workers.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

using Clock = std::chrono::steady_clock;

using State = PortConnection::State;

// Tags of epoll: that of a connection is its id for each of its descriptors,
// followed by a bit that says which.
constexpr uint64_t kWakeTag = 0;
constexpr uint64_t kListenTag = 1;
constexpr uint64_t kFirstConnection = 1;

// One read; larger ones win nothing over the loopback.
constexpr size_t kScratch = size_t{64} << 10;
constexpr int kMaxEvents = 64;
// Connections that are accepted in one round, so that a flood of them does not
// keep the others waiting.
constexpr int kMaxAccepts = 64;
constexpr std::chrono::milliseconds kLongestWait{1000};
// Between two looks for a place, while all are taken.
constexpr std::chrono::milliseconds kRoomRetry{10};

class EpollFront final : public Front {
 public:
  // With `hand_on` the front relays, and serves nothing itself.
  EpollFront(FrontOptions options, FrontPorts ports,
             std::function<bool(int)> hand_on, Listener listener)
      : options_(std::move(options)),
        ports_(std::move(ports)),
        hand_on_(std::move(hand_on)),
        listener_(std::move(listener)),
        port_(listener_.port()),
        scratch_(kScratch) {
    ports_.count = [this, also = std::move(ports_.count)](Refusal refusal) {
      ++refused_[static_cast<size_t>(refusal)];
      if (also) also(refusal);
    };
  }
  ~EpollFront() override {
    Stop();
    if (epoll_ >= 0) close(epoll_);
    if (wake_ >= 0) close(wake_);
  }

  absl::Status Start();
  int port() const override { return port_; }
  PortCounts Counts(std::string_view name) const override;
  void StopAccepting() override {
    accept_ended_ = true;
    Wake();
  }
  void Stop() override {
    std::call_once(stopped_, [this] {
      stop_requested_ = true;
      if (!thread_.joinable()) return;
      Wake();
      thread_.join();
      workers_.reset();
    });
  }

 private:
  struct Entry {
    std::unique_ptr<PortConnection> connection;
    PortConnection::Watches watches;  // as epoll knows them
    int64_t held = 0;                 // as it is in held_
    int64_t answer = 0;               // as it is in answers_
  };

  void Wake() const {
    const uint64_t one = 1;
    // A full counter wakes as well.
    [[maybe_unused]] const ssize_t n = write(wake_, &one, sizeof(one));
  }
  void Run();
  int WaitTime(FrontTime now) const;
  void OnEvent(const epoll_event& event, FrontTime now);
  void OnDone(FrontTime now);
  void Expire(FrontTime now);
  bool Stopped(FrontTime now);
  void BeginStop(FrontTime now);

  void Accept(FrontTime now);
  bool Admit(int fd, std::string address, FrontTime now);
  std::unique_ptr<PortConnection> Make(int fd, std::string address,
                                       FrontTime now);
  bool HasRoom(FrontTime now);
  bool HasRoomFor(const std::string& peer, FrontTime now);
  void PauseAccepting(FrontTime now, std::chrono::nanoseconds pause);
  void WatchListener(bool on);

  void AdvanceOne(uint64_t id, FrontTime now);
  void Settle(uint64_t id);
  void Erase(uint64_t id);
  void BoundMemory();
  std::vector<Place> PlacesOlderThan(FrontTime since) const;
  std::vector<Place> PlacesWith(int64_t Entry::*bytes) const;
  bool EvictOne(std::optional<uint64_t> id,
                Refusal refusal = Refusal::kEvicted);

  const FrontOptions options_;
  FrontPorts ports_;  // `count` also counts in refused_
  const std::function<bool(int)> hand_on_;
  SslContext context_;  // refers to options_
  Listener listener_;
  const int port_;
  int epoll_ = -1;
  int wake_ = -1;
  std::unique_ptr<FrontWorkers> workers_;
  std::thread thread_;
  std::once_flag stopped_;
  std::atomic<bool> stop_requested_ = false;
  std::atomic<bool> accept_ended_ = false;

  // The loop's own.
  std::vector<char> scratch_;
  std::unordered_map<uint64_t, Entry> connections_;
  std::unordered_map<std::string, int> of_peer_;
  std::vector<uint64_t> unfinished_;  // have more to do at once
  uint64_t next_id_ = kFirstConnection;
  FrontTime next_deadline_ = FrontTime::max();
  FrontTime accept_again_ = FrontTime::max();  // max() = not paused
  FrontTime stop_at_ = FrontTime::max();       // max() = not stopping

  // Written by the loop, read by everybody.
  std::atomic<int64_t> connection_count_ = 0;
  std::atomic<int64_t> held_ = 0;
  std::atomic<int64_t> answers_ = 0;
  std::atomic<bool> accepting_ = true;
  std::array<std::atomic<int64_t>, kRefusalNames.names.size()> refused_{};
};

PortCounts EpollFront::Counts(std::string_view name) const {
  PortCounts counts;
  counts.port = name;
  counts.connections = connection_count_;
  counts.held_bytes = held_;
  counts.answer_bytes = answers_;
  counts.accepting = accepting_;
  for (size_t i = 0; i < refused_.size(); ++i)
    counts.refused[std::string(kRefusalNames.names[i])] = refused_[i];
  return counts;
}

absl::Status EpollFront::Start() {
  RW_ASSIGN_OR_RETURN(context_, MakeSslContext(options_));
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = kWakeTag;
  bool ready = epoll_ >= 0 && wake_ >= 0 &&
               epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) == 0;
  event.data.u64 = kListenTag;
  ready =
      ready && epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_.fd(), &event) == 0;
  if (!ready) return absl::UnavailableError("no descriptors for a port");
  // OpenSSL writes without a way to leave the signal out.
  signal(SIGPIPE, SIG_IGN);
  if (!hand_on_)
    workers_ = std::make_unique<FrontWorkers>(options_.workers, ports_.serve,
                                              [this] { Wake(); });
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void EpollFront::Run() {
  std::array<epoll_event, kMaxEvents> events;
  while (true) {
    const int n =
        epoll_wait(epoll_, events.data(), kMaxEvents, WaitTime(Clock::now()));
    const FrontTime now = Clock::now();
    for (int i = 0; i < n; ++i) OnEvent(events[static_cast<size_t>(i)], now);
    for (const uint64_t id : std::exchange(unfinished_, {}))
      AdvanceOne(id, now);
    if (workers_ != nullptr) OnDone(now);
    if (accept_ended_) {
      listener_.Close();
      accept_again_ = FrontTime::max();
    }
    if (now >= next_deadline_) Expire(now);
    if (now >= accept_again_) {
      WatchListener(true);
      Accept(now);
    }
    if (stop_requested_ && Stopped(now)) return;
  }
}

int EpollFront::WaitTime(FrontTime now) const {
  if (!unfinished_.empty()) return 0;
  FrontTime until = std::min({next_deadline_, accept_again_, stop_at_});
  until = std::min(until, now + kLongestWait);
  if (until <= now) return 0;
  // Rounded up, or the last millisecond would be spent in a busy loop.
  return 1 +
         static_cast<int>(
             std::chrono::duration_cast<std::chrono::milliseconds>(until - now)
                 .count());
}

void EpollFront::OnEvent(const epoll_event& event, FrontTime now) {
  // A copy: the structure is packed, and its field may not be referred to.
  const uint64_t tag = event.data.u64;
  if (tag == kWakeTag) {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t n = read(wake_, &count, sizeof(count));
    return;
  }
  if (tag == kListenTag) return Accept(now);
  const auto found = connections_.find(tag >> 1);
  if (found == connections_.end()) return;
  Watch& watch = found->second.watches[tag & 1];
  if (watch.events == 0) {
    // Asked for before the connection's other descriptor was served.
    if ((event.events & (EPOLLERR | EPOLLHUP)) == 0) return;
    // Only an error or a hang-up comes now, and would come again and again.
    found->second.connection->OnGone(tag & 1);
    epoll_ctl(epoll_, EPOLL_CTL_DEL, watch.fd, nullptr);
    watch.fd = -1;
  }
  AdvanceOne(tag >> 1, now);
}

void EpollFront::OnDone(FrontTime now) {
  for (FrontWorkers::Done& done : workers_->DrainDone()) {
    const auto found = connections_.find(done.id);
    if (found == connections_.end()) continue;
    found->second.connection->Answer(std::move(done.answer), now);
    AdvanceOne(done.id, now);
  }
}

void EpollFront::Expire(FrontTime now) {
  std::vector<uint64_t> due;
  next_deadline_ = FrontTime::max();
  for (const auto& [id, entry] : connections_) {
    const FrontTime deadline = entry.connection->Deadline();
    if (deadline <= now)
      due.push_back(id);
    else
      next_deadline_ = std::min(next_deadline_, deadline);
  }
  for (const uint64_t id : due) {
    // The one before may have made it give up its memory.
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    found->second.connection->OnDeadline(now);
    Settle(id);
  }
}

void EpollFront::BeginStop(FrontTime now) {
  listener_.Close();
  accept_again_ = FrontTime::max();
  stop_at_ = now + absl::ToChronoNanoseconds(options_.stop_timeout);
  std::vector<uint64_t> ids;
  for (const auto& [id, entry] : connections_) ids.push_back(id);
  for (const uint64_t id : ids) {
    connections_.at(id).connection->EndSoon();
    Settle(id);  // removes none but this one, as it only gives memory back
  }
}

// Requests that are being answered are waited for; answers that nobody reads
// are not, and neither is the end of a peer.
bool EpollFront::Stopped(FrontTime now) {
  if (stop_at_ == FrontTime::max()) BeginStop(now);
  const bool late = now >= stop_at_;
  bool serving = false;
  bool answering = false;
  for (const auto& [id, entry] : connections_) {
    const State state = entry.connection->state();
    serving = serving || state == State::kServing;
    answering =
        answering || state == State::kAnswering || state == State::kRelaying;
  }
  if (serving || (answering && !late)) {
    // The deadline is over, but a worker is not: no busy loop.
    if (late) stop_at_ = now + kLongestWait;
    return false;
  }
  connections_.clear();
  connection_count_ = 0;
  return true;
}

void EpollFront::WatchListener(bool on) {
  epoll_event event = {};
  if (on) event.events = EPOLLIN;
  event.data.u64 = kListenTag;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, listener_.fd(), &event);
  if (on) accept_again_ = FrontTime::max();
}

void EpollFront::PauseAccepting(FrontTime now, std::chrono::nanoseconds pause) {
  WatchListener(false);
  accept_again_ = now + pause;
}

// A descriptor is asked for before the queue is looked at, so that an empty
// queue says as well that there are descriptors again.
void EpollFront::Accept(FrontTime now) {
  for (int i = 0; i < kMaxAccepts; ++i) {
    if (!HasRoom(now)) return PauseAccepting(now, kRoomRetry);
    int fd = -1;
    std::string address;
    Listener::Result result = listener_.Accept(fd, address);
    if (result == Listener::Result::kNoDescriptors &&
        EvictOne(ChooseForPlace(PlacesOlderThan(now))))
      result = listener_.Accept(fd, address);
    switch (result) {
      case Listener::Result::kAccepted:
        if (Admit(fd, std::move(address), now)) {
          accepting_ = true;
          break;
        }
        [[fallthrough]];
      case Listener::Result::kNoDescriptors:
        if (accepting_.exchange(false)) ports_.count(Refusal::kDescriptors);
        return PauseAccepting(now,
                              absl::ToChronoNanoseconds(options_.accept_retry));
      case Listener::Result::kNone:
        accepting_ = true;
        return;
      case Listener::Result::kFailed:
        break;
    }
  }
}

// Others wait in the kernel until a connection ends or has stayed long enough.
bool EpollFront::HasRoom(FrontTime now) {
  if (static_cast<int>(connections_.size()) < options_.max_connections)
    return true;
  const FrontTime since = now - absl::ToChronoNanoseconds(options_.least_stay);
  return EvictOne(ChooseForPlace(PlacesOlderThan(since)));
}

// The address is known only when the connection is accepted, so it can't wait.
bool EpollFront::HasRoomFor(const std::string& peer, FrontTime now) {
  const auto found = of_peer_.find(peer);
  return found == of_peer_.end() || found->second < options_.max_of_peer ||
         EvictOne(ChooseForPlace(PlacesOlderThan(now), peer));
}

std::unique_ptr<PortConnection> EpollFront::Make(int fd, std::string address,
                                                 FrontTime now) {
  if (hand_on_)
    return MakeRelay(fd, std::move(address), context_.get(), options_, ports_,
                     hand_on_, now);
  return std::make_unique<FrontConnection>(
      fd, std::move(address), context_.get(), options_, ports_, now);
}

// False: there are too few descriptors.
bool EpollFront::Admit(int fd, std::string address, FrontTime now) {
  std::unique_ptr<PortConnection> connection =
      Make(fd, std::move(address), now);
  if (connection == nullptr) return false;
  if (!HasRoomFor(connection->peer(), now)) {
    ports_.count(Refusal::kConnections);
    return true;
  }
  const uint64_t id = next_id_++;
  const PortConnection::Watches watches = connection->Watched();
  for (size_t i = 0; i < watches.size(); ++i) {
    epoll_event event = {};
    event.events = watches[i].events;
    event.data.u64 = id << 1 | i;
    if (watches[i].fd >= 0 &&
        epoll_ctl(epoll_, EPOLL_CTL_ADD, watches[i].fd, &event) != 0)
      return false;
  }
  ++of_peer_[connection->peer()];
  connections_[id] = {.connection = std::move(connection), .watches = watches};
  connection_count_ = static_cast<int64_t>(connections_.size());
  // The first bytes are usually there already.
  AdvanceOne(id, now);
  return true;
}

void EpollFront::AdvanceOne(uint64_t id, FrontTime now) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  if (found->second.connection->Advance(now, scratch_))
    unfinished_.push_back(id);
  Settle(id);
}

void EpollFront::Settle(uint64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Entry& entry = found->second;
  PortConnection& connection = *entry.connection;
  const int64_t held = connection.HeldBytes();
  const int64_t answer = connection.AnswerBytes();
  held_ += held - std::exchange(entry.held, held);
  answers_ += answer - std::exchange(entry.answer, answer);
  if (connection.state() == State::kClosed) return Erase(id);
  if (auto request = connection.TakeRequest(); request.has_value())
    workers_->Submit(id, std::move(*request));
  const PortConnection::Watches now = connection.Watched();
  for (size_t i = 0; i < now.size(); ++i) {
    Watch& known = entry.watches[i];
    if (known.fd < 0 || known.events == now[i].events) continue;
    epoll_event event = {};
    event.events = known.events = now[i].events;
    event.data.u64 = id << 1 | i;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, known.fd, &event);
  }
  next_deadline_ = std::min(next_deadline_, connection.Deadline());
  if (held_ > options_.max_held_bytes || answers_ > options_.max_answer_bytes)
    BoundMemory();
}

void EpollFront::Erase(uint64_t id) {
  const auto found = connections_.find(id);
  const auto peer = of_peer_.find(found->second.connection->peer());
  if (--peer->second == 0) of_peer_.erase(peer);
  held_ -= found->second.held;
  answers_ -= found->second.answer;
  connections_.erase(found);
  connection_count_ = static_cast<int64_t>(connections_.size());
}

// A connection may go if it has been in its state since this time or longer.
std::vector<Place> EpollFront::PlacesOlderThan(FrontTime since) const {
  std::vector<Place> places;
  places.reserve(connections_.size());
  for (const auto& [id, entry] : connections_) {
    const PortConnection& connection = *entry.connection;
    const State state = connection.state();
    places.push_back(
        {.id = id,
         .peer = connection.peer(),
         .may_go = state == State::kLingering ||
                   (state != State::kServing && connection.since() <= since),
         .is_proven = connection.is_proven(),
         .since = connection.since()});
  }
  return places;
}

std::vector<Place> EpollFront::PlacesWith(int64_t Entry::*bytes) const {
  std::vector<Place> places;
  for (const auto& [id, entry] : connections_) {
    const PortConnection& connection = *entry.connection;
    if (entry.*bytes > 0)
      places.push_back({.id = id,
                        .peer = connection.peer(),
                        .may_go = connection.state() != State::kServing,
                        .since = connection.since(),
                        .bytes = entry.*bytes});
  }
  return places;
}

bool EpollFront::EvictOne(std::optional<uint64_t> id, Refusal refusal) {
  if (!id.has_value()) return false;
  connections_.at(*id).connection->Evict(refusal);
  Settle(*id);
  return true;
}

void EpollFront::BoundMemory() {
  const auto bound = [this](const std::atomic<int64_t>& total, int64_t most,
                            int64_t Entry::*bytes) {
    while (total > most)
      if (!EvictOne(ChooseForMemory(PlacesWith(bytes)), Refusal::kMemory))
        return;
  };
  bound(held_, options_.max_held_bytes, &Entry::held);
  bound(answers_, options_.max_answer_bytes, &Entry::answer);
}

bool AreInRange(const FrontOptions& o) {
  return o.port >= 0 && o.port <= 65535 && o.workers >= 1 &&
         o.max_connections >= 1 && o.max_of_peer >= 1 &&
         o.max_head_bytes >= 256 && o.max_headers >= 1 &&
         o.min_bytes_per_second >= 1 && o.max_requests_per_connection >= 1;
}

absl::StatusOr<std::unique_ptr<Front>> StartEpollFront(
    FrontOptions options, FrontPorts ports, std::function<bool(int)> hand_on) {
  if (!AreInRange(options))
    return absl::InvalidArgumentError("an option of the front is out of range");
  RW_ASSIGN_OR_RETURN(Listener listener,
                      Listener::Open(options.host, options.port));
  auto front =
      std::make_unique<EpollFront>(std::move(options), std::move(ports),
                                   std::move(hand_on), std::move(listener));
  RW_RETURN_IF_ERROR(front->Start());
  return std::unique_ptr<Front>(std::move(front));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Front>> StartFront(FrontOptions options,
                                                  FrontPorts ports) {
  if (!ports.judge || !ports.serve)
    return absl::InvalidArgumentError("a port of the front is missing");
  return StartEpollFront(std::move(options), std::move(ports), {});
}

absl::StatusOr<std::unique_ptr<Front>> StartRelay(
    FrontOptions options, std::function<bool(int)> hand_on) {
  if (!hand_on)
    return absl::InvalidArgumentError("a port of the front is missing");
  return StartEpollFront(std::move(options), {}, std::move(hand_on));
}

}  // namespace reasonwatch
