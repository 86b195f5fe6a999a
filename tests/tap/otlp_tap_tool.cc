// SPDX-License-Identifier: Apache-2.0
// Runs the OTLP tap and agento11y's ingest by themselves, and writes each
// response that they take in as one recorded line to stdout, for the tests with
// real emitters. Writes the ports first: "GRPC HTTP TAP". Ends when stdin does.
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "tap/agento11y/agento11y_tap.h"
#include "tap/grpc/grpc_tap.h"
#include "tap/grpc/guests.h"
#include "tap/jsonl/recorded.h"
#include "tap/otlp/otlp_tap.h"
#include "util/mutex.h"

namespace reasonwatch {
namespace {

class PrintingSink : public TapSink {
 public:
  TapOutcome Offer(Response&& response, int64_t) override {
    const std::string line = WriteRecorded(response);
    MutexLock lock(mutex_);
    std::cout << line << std::endl;
    return {};
  }

 private:
  Mutex mutex_;
};

int Run() {
  PrintingSink sink;
  OtlpTapOptions options;
  options.grpc_listen = "127.0.0.1:0";
  options.http_listen = "127.0.0.1:0";
  options.join_wait = absl::Seconds(2);
  OtlpTap tap(options, TapContext{sink, {}});
  TapContext context{sink, {}};
  context.guests = std::make_shared<GrpcGuests>();
  GrpcTapOptions grpc_options;
  grpc_options.listen = "127.0.0.1:0";
  Agento11yTap agento11y({}, "", grpc_options.max_message_bytes, context);
  GrpcTap grpc(grpc_options, context);
  for (Tap* one : {static_cast<Tap*>(&tap), static_cast<Tap*>(&agento11y),
                   static_cast<Tap*>(&grpc)}) {
    const absl::Status started = one->Start();
    if (started.ok()) continue;
    std::cerr << started << "\n";
    return 1;
  }
  std::cout << tap.GrpcPort() << " " << tap.HttpPort() << " "
            << grpc.BoundPort() << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {
  }
  grpc.Stop(absl::Seconds(1));
  tap.Stop(absl::Seconds(1));
  for (const Tap* one :
       {static_cast<Tap*>(&tap), static_cast<Tap*>(&agento11y)})
    for (const auto& [reason, count] : one->Counters().errors)
      std::cerr << reason << " " << count << "\n";
  return 0;
}

}  // namespace
}  // namespace reasonwatch

int main() { return reasonwatch::Run(); }
