// SPDX-License-Identifier: Apache-2.0
// The conditions of each incident under investigation, kept over a restart:
// live responses of before it are not known afterwards.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_RESCORE_WAYS_CONDITIONS_BOOK_H_
#define REASONWATCH_RESCORE_WAYS_CONDITIONS_BOOK_H_

#include <cstddef>
#include <map>
#include <string>

#include "rescore/ways/live_conditions.h"

namespace reasonwatch {

class Store;

class ConditionsBook {
 public:
  // `store` may be null: nothing survives. It must outlive the book.
  explicit ConditionsBook(Store* store) : store_(store) {}

  // Reads the conditions that an earlier run has kept.
  void Restore();
  // The default for an incident that has none.
  FailureConditions Find(const std::string& incident) const;
  // Keeps those that are read from more failures: after a restart few responses
  // are known.
  void Put(const std::string& incident, const FailureConditions& conditions);
  void Drop(const std::string& incident);

  // One fact of the store holds them all, so they are few: as many as there are
  // campaigns. Beyond them none is kept.
  static constexpr size_t kMaxIncidents = 64;

 private:
  void Save() const;

  Store* const store_;
  std::map<std::string, FailureConditions> of_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_WAYS_CONDITIONS_BOOK_H_
