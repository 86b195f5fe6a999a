// SPDX-License-Identifier: Apache-2.0
#include "front/places.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>
#include <map>
#include <tuple>

namespace reasonwatch {
namespace {

// The peer with the largest sum of `weight` that has a connection that may go.
template <typename Weight>
std::string_view Heaviest(std::span<const Place> places, Weight weight) {
  std::map<std::string_view, std::pair<int64_t, bool>> peers;
  for (const Place& place : places) {
    auto& [sum, may_go] = peers[place.peer];
    sum += weight(place);
    may_go = may_go || place.may_go;
  }
  std::string_view heaviest;
  int64_t most = -1;
  for (const auto& [peer, entry] : peers) {
    if (!entry.second || entry.first <= most) continue;
    most = entry.first;
    heaviest = peer;
  }
  return heaviest;
}

}  // namespace

std::optional<uint64_t> ChooseForPlace(std::span<const Place> places,
                                       std::string_view peer) {
  if (peer.empty()) peer = Heaviest(places, [](const Place&) { return 1; });
  const Place* best = nullptr;
  for (const Place& place : places) {
    if (!place.may_go || place.peer != peer) continue;
    if (best == nullptr || std::tie(place.is_proven, place.since) <
                               std::tie(best->is_proven, best->since))
      best = &place;
  }
  return best == nullptr ? std::nullopt : std::optional(best->id);
}

std::optional<uint64_t> ChooseForMemory(std::span<const Place> places) {
  const std::string_view peer =
      Heaviest(places, [](const Place& p) { return p.bytes; });
  const Place* best = nullptr;
  for (const Place& place : places)
    if (place.may_go && place.peer == peer &&
        (best == nullptr || place.bytes > best->bytes))
      best = &place;
  return best == nullptr ? std::nullopt : std::optional(best->id);
}

std::string PeerKey(std::string_view address) {
  constexpr size_t kPrefix = 8;
  const std::string text(address.substr(0, address.find('%')));
  std::array<unsigned char, 16> bytes = {};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  // ::ffff:a.b.c.d
  constexpr std::array<unsigned char, 12> kMapped = {0, 0, 0, 0, 0,    0,
                                                     0, 0, 0, 0, 0xFF, 0xFF};
  std::array<char, INET6_ADDRSTRLEN> out = {};
  if (std::memcmp(bytes.data(), kMapped.data(), kMapped.size()) == 0) {
    inet_ntop(AF_INET, bytes.data() + kMapped.size(), out.data(), out.size());
    return out.data();
  }
  // The loopback address has no network of its own.
  if (text == "::1") return text;
  std::memset(bytes.data() + kPrefix, 0, bytes.size() - kPrefix);
  inet_ntop(AF_INET6, bytes.data(), out.data(), out.size());
  return out.data();
}

}  // namespace reasonwatch
