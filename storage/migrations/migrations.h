// SPDX-License-Identifier: Apache-2.0
// The schema, as the list of steps that led to it.
#ifndef REASONWATCH_STORAGE_MIGRATIONS_MIGRATIONS_H_
#define REASONWATCH_STORAGE_MIGRATIONS_MIGRATIONS_H_

#include <cstdint>
#include <span>

namespace reasonwatch {

// Step i takes a database from user_version i to i + 1. A step that was
// released is never changed; a new one is appended.
std::span<const char* const> Migrations();

// "RWat", so that another program's database is recognised as such.
inline constexpr int64_t kApplicationId = 0x52576174;

}  // namespace reasonwatch

#endif  // REASONWATCH_STORAGE_MIGRATIONS_MIGRATIONS_H_
