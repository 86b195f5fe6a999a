// SPDX-License-Identifier: Apache-2.0
#include "front/own_host.h"

#include <gtest/gtest.h>

namespace reasonwatch {
namespace {

TEST(OwnHostTest, KnowsAddressesAndNamesThatNobodyCanRegister) {
  for (const char* host :
       {"", "127.0.0.1", "10.1.2.3:9096", "[::1]", "[fe80::1]:9096",
        "localhost", "LocalHost:9096", "a.localhost", "reasonwatch:9096",
        "reasonwatch.monitoring.svc:9096",
        "reasonwatch.monitoring.svc.cluster.local", "host.docker.internal"})
    EXPECT_TRUE(IsOwnHost(host, {})) << host;
}

TEST(OwnHostTest, RefusesOtherNamesUnlessTheyAreListed) {
  for (const char* host :
       {"evil.example", "evil.example:9096", "127.0.0.1.evil.example",
        "localhost.evil.example", "svc.evil.example", "evilsvc.example",
        "1.2.3.4.nip.io"})
    EXPECT_FALSE(IsOwnHost(host, {"https://rw.example/x"})) << host;
  EXPECT_TRUE(IsOwnHost("RW.example:443", {"https://rw.example/x"}));
  EXPECT_TRUE(IsOwnHost("rw.example.", {"rw.example"}));
  EXPECT_TRUE(IsOwnHost("rw.example", {"other.example", "rw.example:9096"}));
  EXPECT_FALSE(IsOwnHost("x.rw.example", {"rw.example"}));
}

}  // namespace
}  // namespace reasonwatch
