// SPDX-License-Identifier: Apache-2.0
// Stories of incidents in the store.
#include <gtest/gtest.h>

#include <string>

#include "storage/sqlite_store.h"
#include "tests/fakes/fake_clock.h"
#include "tests/storage/store_test_util.h"

namespace reasonwatch {
namespace {

TEST(Story, OutlivesWritesOfItsIncidentAndGoesWithIt) {
  TempFolder folder;
  FakeClock clock(absl::FromUnixSeconds(1700000000));
  SqliteStoreOptions options = InFolder(folder);
  options.retention = absl::Hours(24);
  options.clock = &clock;
  {
    auto store = OpenOrDie(options);
    Incident i;
    i.id = "inc-000000000001";
    i.opened = clock.Now();
    i.closed = clock.Now() + absl::Hours(1);
    ASSERT_TRUE(store->PutStory(i.id, "early").ok());
    ASSERT_TRUE(store->PutIncidents({i}, {}).ok());
    ASSERT_TRUE(store->PutStory(i.id, R"({"sentence":"s"})").ok());
    ASSERT_TRUE(store->PutIncidents({i}, {}).ok());
    ASSERT_TRUE(store->Flush(absl::Seconds(10)).ok());
    EXPECT_EQ(store->LoadStory(i.id).value(), R"({"sentence":"s"})");
    EXPECT_TRUE(absl::IsNotFound(store->LoadStory("inc-none").status()));
  }
  clock.Advance(absl::Hours(300));
  auto store = OpenOrDie(options);  // looks at once
  EXPECT_TRUE(absl::IsNotFound(store->LoadStory("inc-000000000001").status()));
}

}  // namespace
}  // namespace reasonwatch
