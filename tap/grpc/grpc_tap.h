// The gRPC tap: reasonwatch.v1.Tap with health and reflection services.
#ifndef REASONWATCH_TAP_GRPC_GRPC_TAP_H_
#define REASONWATCH_TAP_GRPC_GRPC_TAP_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tap/tap_sink.h"

namespace reasonwatch {

struct GrpcTapOptions {
  std::string listen = "127.0.0.1:9095";  // port 0: any; "" = off
  std::string unix_socket;                // path; "" = off
  // Of one message, encoded; larger ones are RESOURCE_EXHAUSTED. Compressed
  // messages are UNIMPLEMENTED, because their size is only known afterwards.
  int64_t max_message_bytes = int64_t{64} << 20;
  int32_t max_streams = 1024;       // concurrent calls a connection
  int32_t max_open_streams = 4096;  // Stream calls, all connections together
  // A connection is asked to end after this and has a minute to do so.
  absl::Duration max_connection_age = absl::Hours(24);
  absl::Duration max_connection_idle = absl::Minutes(30);
  // PEM files, for `listen` only. client_ca "" = no client certificate.
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;
  // Holds the token that calls must bear; "" = none is asked for.
  std::string token_file;
};

// records = accepted + all of dropped_by_reason. A message that can't be read
// or used is dropped as "invalid"; the other reasons are the sink's.
struct TapStatistics {
  int64_t records = 0;
  int64_t accepted = 0;
  std::map<std::string, int64_t> dropped_by_reason;
  // "malformed", "missing_model", "label_too_long": invalid records;
  // "unauthenticated", "too_many_streams", "message_too_large", "cancelled"
  // (the client went away before its answer): calls.
  std::map<std::string, int64_t> errors_by_reason;
  int64_t invalid_utf8 = 0;  // text fields that were repaired
};

// One thread serves all calls and calls the sink. All methods are thread-safe.
class GrpcTap {
 public:
  // Stops at once where Stop() was not called.
  ~GrpcTap();

  int BoundPort() const;  // of `listen`; 0 where it is off
  // What the health service answers; true from the start.
  void SetServing(bool serving);
  TapStatistics Statistics() const;
  // Takes no new call, gives those in progress until `deadline` (a stream that
  // pauses is ended earlier, with UNAVAILABLE) and waits for the thread.
  // Nothing is offered to the sink afterwards. May be called again.
  void Stop(absl::Duration deadline);

 private:
  class Impl;
  friend absl::StatusOr<std::unique_ptr<GrpcTap>> StartGrpcTap(
      const GrpcTapOptions& options, TapSink& sink);
  explicit GrpcTap(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// `sink` must outlive the tap. InvalidArgument: options or unreadable files;
// Unavailable: the address can't be listened on, or another process serves it.
absl::StatusOr<std::unique_ptr<GrpcTap>> StartGrpcTap(
    const GrpcTapOptions& options, TapSink& sink);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_GRPC_GRPC_TAP_H_
