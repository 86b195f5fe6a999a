// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/feature.h"
#include "core/signal.h"
#include "core/stratum.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

TEST(Names, EveryFeatureAndSignalHasItsOwnName) {
  std::set<std::string> names;
  for (int i = 0; i < kFeatureCount; ++i)
    names.insert(std::string(FeatureName(static_cast<Feature>(i))));
  EXPECT_EQ(names.size(), static_cast<size_t>(kFeatureCount));
  EXPECT_FALSE(names.contains("invalid"));
  names.clear();
  for (int i = 0; i < kSignalCount; ++i)
    names.insert(std::string(SignalName(static_cast<Signal>(i))));
  EXPECT_EQ(names.size(), static_cast<size_t>(kSignalCount));
}

TEST(StableHash, IsTheSameOnEveryMachineBecauseItIsStored) {
  EXPECT_EQ(StableHash("reasonwatch"), StableHash("reasonwatch"));
  EXPECT_NE(StableHash("a"), StableHash("b"));
  EXPECT_NE(StableHash("a", 1), StableHash("a", 2));
  // XXH3_64bits of the empty string, from the specification.
  EXPECT_EQ(StableHash(""), 0x2D06800538D394C2ULL);
}

TEST(Stratum, KeysDifferWhereStrataDiffer) {
  Stratum a, b;
  b.turn = 1;
  EXPECT_NE(a.Key(), b.Key());
  b = a;
  b.task = 3;
  EXPECT_NE(a.Key(), b.Key());
  EXPECT_EQ(Stratum().Key(), a.Key());
}

TEST(JsonString, EscapesWhatJsonMustHaveEscaped) {
  EXPECT_EQ(JsonString("a\"b\\c\n\x01 \u00e9"),
            "\"a\\\"b\\\\c\\u000a\\u0001 \u00e9\"");
}

}  // namespace
}  // namespace reasonwatch
