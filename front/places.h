// SPDX-License-Identifier: Apache-2.0
// Who gives way if places or memory are short. Pure, thread-safe.
#ifndef REASONWATCH_FRONT_PLACES_H_
#define REASONWATCH_FRONT_PLACES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "front/options.h"

namespace reasonwatch {

// One connection.
struct Place {
  uint64_t id = 0;
  std::string_view peer;   // PeerKey()
  bool may_go = true;      // false: its request is being answered
  bool is_proven = false;  // has had a request accepted, with its token if any
  FrontTime since;         // of its present state
  int64_t bytes = 0;       // of memory
};

// The connection that gives its place to a new one: of the peer with the most
// connections, one that has proved nothing before one that has, and the one
// that has been in its state for longest. With `peer` only its connections are
// looked at. nullopt: none may go.
std::optional<uint64_t> ChooseForPlace(std::span<const Place> places,
                                       std::string_view peer = "");

// The connection that gives up its memory: the largest of the peer that holds
// most. nullopt: none may go.
std::optional<uint64_t> ChooseForMemory(std::span<const Place> places);

// The part of an address that one party usually has for itself: an IPv4
// address, or the first 64 bits of an IPv6 address.
std::string PeerKey(std::string_view address);

}  // namespace reasonwatch

#endif  // REASONWATCH_FRONT_PLACES_H_
