// SPDX-License-Identifier: Apache-2.0
#include "tap/builtin.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/time/clock.h"
#include "tap/agento11y/agento11y_tap.h"
#include "tap/ext_proc/ext_proc_tap.h"
#include "tap/files/file_tap.h"
#include "tap/grpc/grpc_tap.h"
#include "tap/grpc/guests.h"
#include "tap/http/http_tap.h"
#include "tap/otlp/otlp_tap.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

template <typename T, auto kMember>
std::unique_ptr<Tap> Make(const TapOptions& options, TapContext context) {
  if (!(options.*kMember).enabled()) return nullptr;
  return std::make_unique<T>(options.*kMember, std::move(context));
}

// A guest of the gRPC tap, so it needs that one.
std::unique_ptr<Tap> MakeExtProc(const TapOptions& options,
                                 TapContext context) {
  if (!options.ext_proc.enabled || !options.grpc.enabled()) return nullptr;
  ExtProcOptions ext_proc = options.ext_proc;
  ext_proc.max_body_bytes = options.grpc.max_message_bytes;
  return std::make_unique<ExtProcTap>(ext_proc, options.grpc.token_file,
                                      std::move(context));
}

// A guest too.
std::unique_ptr<Tap> MakeAgento11y(const TapOptions& options,
                                   TapContext context) {
  if (!options.agento11y.enabled || !options.grpc.enabled()) return nullptr;
  return std::make_unique<Agento11yTap>(
      options.agento11y, options.grpc.token_file,
      options.grpc.max_message_bytes, std::move(context));
}

// Guests of the gRPC tap come before it.
constexpr std::array kTaps = {
    TapFactory{"ext_proc", &MakeExtProc},
    TapFactory{"agento11y", &MakeAgento11y},
    TapFactory{"grpc", &Make<GrpcTap, &TapOptions::grpc>},
    TapFactory{"otlp", &Make<OtlpTap, &TapOptions::otlp>},
    TapFactory{"http", &Make<HttpTap, &TapOptions::http>},
    TapFactory{"files", &Make<FileTap, &TapOptions::files>},
};

}  // namespace

std::span<const TapFactory> BuiltinTaps() { return kTaps; }

absl::StatusOr<std::unique_ptr<Taps>> Taps::Start(
    std::span<const TapFactory> list, const TapOptions& options, TapSink& sink,
    const ObserveTapDuration& observe, const ObserveTapNotice& notice,
    OffsetStore* offsets) {
  std::unique_ptr<Taps> taps(new Taps);
  const auto guests = std::make_shared<GrpcGuests>();
  for (const TapFactory& factory : list) {
    std::function<void(absl::Duration)> on_duration;
    if (observe)
      on_duration = [observe, source = factory.source](absl::Duration d) {
        observe(source, d);
      };
    std::function<void(std::string_view)> on_notice;
    if (notice)
      on_notice = [notice, source = factory.source](std::string_view text) {
        notice(source, text);
      };
    std::unique_ptr<Tap> tap = factory.make(
        options, TapContext{sink, std::move(on_duration), std::move(on_notice),
                            guests, offsets});
    if (tap == nullptr) continue;
    RW_RETURN_IF_ERROR(tap->Start());
    taps->running_.push_back({factory.source, std::move(tap)});
  }
  return taps;
}

Taps::~Taps() {
  Stop(absl::ZeroDuration());
  // A guest outlives the tap that carries it.
  while (!running_.empty()) running_.pop_back();
}

void Taps::Stop(absl::Duration deadline) {
  const absl::Time until = absl::Now() + deadline;
  for (const Running& r : running_)
    r.tap->Stop(std::max(until - absl::Now(), absl::ZeroDuration()));
}

}  // namespace reasonwatch
